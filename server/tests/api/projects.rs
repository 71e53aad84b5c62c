//! Projects from the draft to T0, as each party sees them.

use kaibiao_api::{ActReply, FeedPage, NewProject, ProjectCreated, ProjectList, ProjectReply};
use kaibiao_client::http::Server;
use kaibiao_core::act::{Act, HandOver, Operator, RevokeRole};
use kaibiao_core::role::Role;
use kaibiao_crypto::Digest;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::hall::Hall;
use crate::tender::{Tender, clarify, postpone};
use crate::world::{World, bind, nonce};

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_the_same_project_however_often_it_is_sent() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let new = NewProject {
        external_id: Some("ext-7".to_owned()),
        draft: serde_json::from_value(tender.draft(t0)).unwrap(),
    };
    let import = || {
        tender
            .machine
            .server
            .post::<ProjectCreated>("projects", &new)
    };
    let first = import().await.unwrap();
    let second = import().await.unwrap();
    assert!(first.created && !second.created);
    assert_eq!(first.id, second.id);
    let list: ProjectList = tender.machine.server.get("projects").await.unwrap();
    assert_eq!(list.projects.len(), 1);
    assert_eq!(list.projects[0].external_id.as_deref(), Some("ext-7"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_there_for_host_and_centre_only() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.begin(t0).await;
    let path = format!("projects/{project}");
    for session in [&tender.host, &tender.centre] {
        let view: Value = session.server.get(&path).await.unwrap();
        assert_eq!(view["title"], "教学楼工程");
    }
    for server in [&world.server(), &tender.administrator.server] {
        for path in [
            path.clone(),
            format!("{path}/feed"),
            format!("{path}/lots/1/terms"),
        ] {
            let reply = server.request(Method::GET, &path).send().await.unwrap();
            assert_eq!(reply.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let list: ProjectList = server.get("projects").await.unwrap();
        assert!(list.projects.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_project_is_public_and_its_terms_are_exact_bytes() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.begin(t0).await;
    let reply = tender.publish(&project, t0).await;
    assert_eq!(reply.events[0].kind, "published");
    assert_eq!(reply.events[0].seq, None);

    let server = world.server();
    let path = format!("projects/{project}");
    let view: Value = server.get(&path).await.unwrap();
    assert_eq!(view["lots"]["1"]["stage"], "bidding");
    let bytes = server
        .get_bytes(&format!("{path}/lots/1/terms"))
        .await
        .unwrap();
    let digest = kaibiao_core::terms::SealingTerms::digest_of(&bytes);
    assert_eq!(view["lots"]["1"]["terms"], digest.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_before_t0_reach_everybodys_feed_in_order() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.published(t0).await;
    tender
        .host
        .act(&project, &clarify("第一次澄清"), Vec::new())
        .await
        .unwrap();
    tender
        .host
        .act(&project, &postpone(t0 + 1000), Vec::new())
        .await
        .unwrap();
    let server = world.server();
    let page: FeedPage = server
        .get(&format!("projects/{project}/feed"))
        .await
        .unwrap();
    let kinds: Vec<&str> = page.items.iter().map(|item| item.kind.as_str()).collect();
    assert_eq!(kinds, ["published", "clarified", "postponed"]);
    let numbers: Vec<u64> = page.items.iter().map(|item| item.n).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(page.next, 3);
    let rest: FeedPage = server
        .get(&format!("projects/{project}/feed?after=2"))
        .await
        .unwrap();
    assert_eq!(rest.items, page.items[2..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_counts_once_and_for_its_project_only() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let (first, second) = (tender.published(t0).await, tender.published(t0).await);
    let act = tender.host.sign(&first, &clarify("澄清")).unwrap();
    let send = |project: &str| {
        let path = format!("projects/{project}/acts");
        let act = act.clone();
        let server = &tender.host.server;
        async move { server.post::<Value>(&path, &act).await }
    };
    assert_eq!(send(&second).await.unwrap_err().code, "signature-wrong");
    send(&first).await.unwrap();
    assert_eq!(send(&first).await.unwrap_err().code, "replayed");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_the_answer_to_an_act_is_told_what_became_of_it() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.published(t0).await;
    let kinds = |reply: &ActReply| -> Vec<String> {
        let events = reply.events.iter();
        events.map(|event| event.kind.clone()).collect()
    };
    let act = tender.host.sign(&project, &clarify("澄清")).unwrap();
    tender.host.send(&project, &act).await.unwrap();
    let again = tender.host.send(&project, &act).await.unwrap();
    assert_eq!(kinds(&again), ["clarified"]);
    let path = format!("projects/{project}/acts/{}", act.digest());
    let strangers = tender.centre.server.get::<ActReply>(&path).await;
    assert_eq!(strangers.unwrap_err().code, "not-found");

    // An act that ends the right to perform it is told of all the same.
    let colleague = world.person(2, "市财政局", "另一位管理员");
    let own = world.person(1, "市公共资源交易中心", "管理员");
    let bound = bind(&colleague, Role::Administrator);
    let administrator = &tender.administrator;
    administrator.act("", &bound, Vec::new()).await.unwrap();
    let revoke = Act::RevokeRole(RevokeRole {
        nonce: nonce(),
        organisation: own.organisation,
        person: Some("管理员".to_owned()),
        role: Role::Administrator,
    });
    let revoke = administrator.sign("", &revoke).unwrap();
    administrator.send("", &revoke).await.unwrap();
    let again = administrator.send("", &revoke).await.unwrap();
    assert_eq!(kinds(&again), ["role_revoked"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_act_is_refused_for_what_is_wrong_with_it() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.published(t0).await;
    let path = format!("projects/{project}/acts");
    let nonce = "00".repeat(16);
    let cases = [
        (json!({"body": "{}"}), "not-canonical"),
        (
            json!({"body": format!("{{\"act\":\"fly\",\"nonce\":\"{nonce}\"}}")}),
            "unknown-act",
        ),
        (
            json!({"body": format!("{{\"nonce\":\"{nonce}\",\"act\":\"close\"}}")}),
            "not-canonical",
        ),
        (
            json!({"body": format!("{{\"act\":\"close\",\"lots\":[],\"nonce\":\"{nonce}\"}}")}),
            "signature-missing",
        ),
        (
            json!({"body": format!("{{\"act\":\"close\",\"extra\":1,\"lots\":[],\"nonce\":\"{nonce}\"}}")}),
            "not-canonical",
        ),
        (json!({"body": "{}", "more": 1}), "malformed"),
    ];
    for (body, code) in cases {
        let refused = tender
            .host
            .server
            .post::<Value>(&path, &body)
            .await
            .unwrap_err();
        assert_eq!(refused.code, code, "{body}");
    }
    let refused = tender
        .supervisor
        .act(&project, &clarify("澄清"), Vec::new())
        .await;
    assert_eq!(refused.unwrap_err().code, "not-permitted");
    let refused = tender
        .host
        .act(&project, &postpone(t0 - 1000), Vec::new())
        .await;
    assert_eq!(refused.unwrap_err().code, "only-later");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_says_how_long_the_callers_own_feed_was_and_nothing_of_others() {
    let hall = Hall::publish(World::start().await, 2, 60.0).await;
    let path = format!("projects/{}", hall.project);
    let look = async |server: &Server| {
        let view: ProjectReply = server.get(&path).await.unwrap();
        let page: FeedPage = server.get(&format!("{path}/feed")).await.unwrap();
        assert_eq!(view.feed, page.next);
        view.feed
    };
    let public = look(&hall.world.server()).await;
    let other = look(&hall.bidders[1].session.server).await;
    let host = look(&hall.host().server).await;
    let own = look(&hall.bidders[0].session.server).await;

    let sealed = hall.seal(0, "100", &[]);
    let reply = hall
        .submit(0, &sealed, &hall.submit_act(&sealed, 1, None))
        .await;
    assert_eq!(reply.status(), StatusCode::NO_CONTENT);

    assert_eq!(look(&hall.world.server()).await, public);
    assert_eq!(look(&hall.bidders[1].session.server).await, other);
    assert_eq!(look(&hall.host().server).await, host);
    assert_eq!(look(&hall.bidders[0].session.server).await, own + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_organisation_has_so_many_drafts_and_an_import_is_told_again() {
    let mut world = World::with(|config| config.limits.requests_burst = 10_000).await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let new = |number: u32| NewProject {
        external_id: Some(format!("ext-{number}")),
        draft: serde_json::from_value(tender.draft(t0)).unwrap(),
    };
    let machine = &tender.machine.server;
    for number in 0..500 {
        let created: ProjectCreated = machine.post("projects", &new(number)).await.unwrap();
        assert!(created.created);
    }
    let refused = machine.post::<ProjectCreated>("projects", &new(500)).await;
    assert_eq!(refused.unwrap_err().code, "drafts-full");
    let again: ProjectCreated = machine.post("projects", &new(7)).await.unwrap();
    assert!(!again.created);
    // Another's drafts are its own, and what is published makes room.
    let own = tender.begin(t0).await;
    tender.publish(&own, t0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_seat_goes_to_no_certificate_that_another_registered_with() {
    let hall = Hall::publish(World::start().await, 1, 3600.0).await;
    let hand_over = |certificate: &[u8]| {
        Act::HandOver(HandOver {
            nonce: nonce(),
            to: Operator {
                name: "李四".to_owned(),
                certificate: Digest::of(certificate),
            },
            reason: "轮班".to_owned(),
        })
    };
    let bidder = hand_over(&hall.bidders[0].person.chain()[0]);
    let refused = hall.host().act(&hall.project, &bidder, Vec::new()).await;
    assert_eq!(refused.unwrap_err().code, "operator-foreign");
    // Whose a certificate is that never acted, nobody knows; the host's own is good.
    let unknown = hand_over(b"a certificate that nobody has seen");
    hall.host()
        .act(&hall.project, &unknown, Vec::new())
        .await
        .unwrap();
}
