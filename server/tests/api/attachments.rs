//! Files that go with an objection.

use kaibiao_api::AttachmentView;
use kaibiao_crypto::Digest;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::hall::Hall;
use crate::world::World;

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
    assert_eq!(problem["code"], "too-many");
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
