//! Files that go with an objection.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_api::{AttachmentView, NewProject, ProjectCreated};
use kaibiao_client::http::Server;
use kaibiao_core::act::{Act, Attachment, Cancel, CertifyKey, Clarify, EditDraft, Publish};
use kaibiao_core::terms::{Draft, SealingTerms};
use kaibiao_crypto::Digest;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::hall::{Hall, lot};
use crate::world::{World, nonce};

async fn attach(hall: &Hall, bytes: Vec<u8>) -> reqwest::Response {
    let path = format!("projects/{}/attachments", hall.project);
    let server = &hall.bidders[0].session.server;
    let request = server
        .request(Method::POST, &path)
        .header("Content-Type", "application/pdf");
    request.body(bytes).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_is_its_owners_until_it_is_said_in_the_room() {
    let world = World::with(|config| config.limits.attachment_bytes = 1_000_000).await;
    let hall = Hall::publish(world, 2, 3600.0).await;
    let content = b"%PDF-1.7 objection".to_vec();
    let reply = attach(&hall, content.clone()).await;
    assert_eq!(reply.status(), StatusCode::CREATED);
    let attached: AttachmentView = reply.json().await.unwrap();
    assert_eq!(attached.digest, Digest::of(&content).to_string());
    let path = format!("projects/{}/attachments/{}", hall.project, attached.digest);
    let own = &hall.bidders[0].session.server;
    assert_eq!(own.get_bytes(&path).await.unwrap(), content);
    for other in [
        &hall.bidders[1].session.server,
        &hall.host().server,
        &hall.world.server(),
    ] {
        let reply = other.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_of_two_bidders_tells_neither_of_the_other() {
    let hall = Hall::publish(World::start().await, 2, 3600.0).await;
    let content = b"%PDF-1.7 a form that everybody fills in".to_vec();
    let mut replies = Vec::new();
    for bidder in &hall.bidders {
        let server = &bidder.session.server;
        let path = format!("projects/{}/attachments", hall.project);
        let request = server
            .request(Method::POST, &path)
            .header("Content-Type", "application/pdf");
        let reply = request.body(content.clone()).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::CREATED);
        let attached: AttachmentView = reply.json().await.unwrap();
        let path = format!("{path}/{}", attached.digest);
        assert_eq!(server.get_bytes(&path).await.unwrap(), content);
        replies.push(serde_json::to_value(&attached).unwrap());
    }
    assert_eq!(replies[0], replies[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bidder_does_not_fill_the_disk_with_attachments() {
    let hall = Hall::publish(World::start().await, 1, 3600.0).await;
    for number in 0..200_u32 {
        let reply = attach(&hall, number.to_be_bytes().to_vec()).await;
        assert_eq!(reply.status(), StatusCode::CREATED);
    }
    let again = attach(&hall, 7_u32.to_be_bytes().to_vec()).await;
    assert_eq!(again.status(), StatusCode::CREATED);
    let reply = attach(&hall, 200_u32.to_be_bytes().to_vec()).await;
    assert_eq!(reply.status(), StatusCode::CONFLICT);
    let problem: Value = reply.json().await.unwrap();
    assert_eq!(problem["code"], "files-full");
    assert_eq!(problem["params"]["files"], "200");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_attachments_of_one_organisation_have_so_many_bytes_together() {
    let world = World::with(|config| config.limits.attachments_bytes = 2 << 20).await;
    let hall = Hall::publish(world, 1, 3600.0).await;
    for number in 0..2_u8 {
        let reply = attach(&hall, vec![number; 1 << 20]).await;
        assert_eq!(reply.status(), StatusCode::CREATED);
    }
    let reply = attach(&hall, vec![2; 1]).await;
    assert_eq!(reply.status(), StatusCode::CONFLICT);
    let problem: Value = reply.json().await.unwrap();
    assert_eq!(problem["code"], "files-full");
    assert_eq!(problem["params"]["megabytes"], "2");
    // What is there is there, and another organisation has its own part.
    let again = attach(&hall, vec![0; 1 << 20]).await;
    assert_eq!(again.status(), StatusCode::CREATED);
    let path = format!("projects/{}/attachments", hall.project);
    let request = hall.host().server.request(Method::POST, &path);
    let request = request.header("Content-Type", "application/pdf");
    let reply = request.body(vec![2; 1]).send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_was_cancelled_takes_no_attachment() {
    let hall = Hall::publish(World::start().await, 1, 3600.0).await;
    let cancel = Act::Cancel(Cancel {
        nonce: nonce(),
        lot: None,
        reason: "项目取消".to_owned(),
    });
    let cancelled = hall.host().act(&hall.project, &cancel, Vec::new());
    cancelled.await.unwrap();
    let reply = attach(&hall, b"%PDF-1.7 too late".to_vec()).await;
    assert_eq!(reply.status(), StatusCode::CONFLICT);
    let problem: Value = reply.json().await.unwrap();
    assert_eq!(problem["code"], "files-over");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_over_the_limit_is_refused() {
    let world = World::with(|config| config.limits.attachment_bytes = 1000).await;
    let hall = Hall::publish(world, 1, 3600.0).await;
    let reply = attach(&hall, vec![0; 1001]).await;
    assert_eq!(reply.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let problem: Value = reply.json().await.unwrap();
    assert_eq!(problem["code"], "too-large");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_notices_files_are_everybodys_once_it_is_published_and_an_earlier_drafts_never() {
    let mut kept = None;
    let keep = |draft: &mut Draft| kept = Some(draft.clone());
    let hall = Hall::publish_with(World::start().await, 1, 3600.0, keep).await;
    let mut draft = kept.unwrap();
    let content = b"%PDF-1.7 tender documents".to_vec();
    let dropped = b"%PDF-1.7 a first version".to_vec();
    let named = |name: &str, content: &[u8]| Attachment {
        name: name.to_owned(),
        digest: Digest::of(content),
        size: content.len() as u64,
        media_type: "application/pdf".to_owned(),
    };
    draft.number = "ZB-2".to_owned();
    draft.attachments = vec![named("招标文件.pdf", &content), named("图纸.pdf", &dropped)];
    let host = hall.host();
    let new = NewProject {
        external_id: None,
        draft: draft.clone(),
    };
    let created: ProjectCreated = host.server.post("projects", &new).await.unwrap();
    let project = created.id;
    for (session, key) in &hall.custodians {
        let act = Act::CertifyKey(CertifyKey {
            nonce: nonce(),
            key: BASE64.encode(&key.public().spki()[26..]),
            agent: None,
            authorisation: None,
            suite: kaibiao_crypto::Suite::Intl,
        });
        session.act(&project, &act, Vec::new()).await.unwrap();
    }
    draft.attachments.pop();
    let edit = EditDraft {
        nonce: nonce(),
        draft: draft.clone(),
    };
    let edit = Act::EditDraft(edit);
    host.act(&project, &edit, Vec::new()).await.unwrap();

    // Nobody could fetch what was not handed in.
    let path = format!("projects/{project}/lots/1/terms");
    let terms = SealingTerms::digest_of(&host.server.get_bytes(&path).await.unwrap());
    let publish = || {
        Act::Publish(Publish {
            nonce: nonce(),
            terms: [(lot("1"), terms)].into(),
            t0: draft.t0,
        })
    };
    let refused = host.act(&project, &publish(), Vec::new()).await;
    assert_eq!(refused.unwrap_err().code, "file-missing");
    for content in [&content, &dropped] {
        let path = format!("projects/{project}/attachments");
        let request = host.server.request(Method::POST, &path);
        let reply = request.body(content.clone()).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::CREATED);
    }
    let of = |content: &[u8]| format!("projects/{project}/attachments/{}", Digest::of(content));
    let centre = &hall.custodians[1].0.server;
    assert_eq!(centre.get_bytes(&of(&content)).await.unwrap(), content);
    let (bidder, public) = (&hall.bidders[0].session.server, hall.world.server());
    for other in [bidder, &public] {
        assert_eq!(status(other, &of(&content)).await, StatusCode::NOT_FOUND);
    }

    // Its size is that of what was handed in, or the notice would be untrue.
    let edited = |size| {
        let mut draft = draft.clone();
        draft.attachments[0].size = size;
        Act::EditDraft(EditDraft {
            nonce: nonce(),
            draft,
        })
    };
    host.act(&project, &edited(1), Vec::new()).await.unwrap();
    let refused = host.act(&project, &publish(), Vec::new()).await;
    assert_eq!(refused.unwrap_err().code, "file-missing");
    let size = content.len() as u64;
    host.act(&project, &edited(size), Vec::new()).await.unwrap();
    host.act(&project, &publish(), Vec::new()).await.unwrap();
    for other in [bidder, &public] {
        assert_eq!(other.get_bytes(&of(&content)).await.unwrap(), content);
        assert_eq!(status(other, &of(&dropped)).await, StatusCode::NOT_FOUND);
    }
    let path = format!("projects/{project}");
    let view: Value = public.get(&path).await.unwrap();
    let listed = &view["attachments"][0];
    assert_eq!(listed["name"], "招标文件.pdf");
    assert_eq!(listed["digest"], Digest::of(&content).to_string());

    // Who names a file in the room has handed it in itself.
    let clarify = |content: &[u8]| {
        Act::Clarify(Clarify {
            nonce: nonce(),
            title: "图纸".to_owned(),
            text: "见附件".to_owned(),
            attachments: vec![named("图纸.pdf", content)],
        })
    };
    let refused = host.act(&project, &clarify(b"nobody's"), Vec::new()).await;
    assert_eq!(refused.unwrap_err().code, "file-missing");
    host.act(&project, &clarify(&dropped), Vec::new())
        .await
        .unwrap();
    assert_eq!(public.get_bytes(&of(&dropped)).await.unwrap(), dropped);

    // What a stranger hands in under the same digest changes nothing for others.
    let request = bidder.request(Method::POST, &format!("projects/{project}/attachments"));
    let request = request.header("content-type", "text/html");
    let reply = request.body(content.clone()).send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::CREATED);
    let reply = public.request(Method::GET, &of(&content)).send().await;
    let media_type = reply.unwrap().headers()["content-type"].clone();
    assert_eq!(media_type, "application/octet-stream");
}

async fn status(server: &Server, path: &str) -> StatusCode {
    let reply = server.request(Method::GET, path).send().await.unwrap();
    reply.status()
}
