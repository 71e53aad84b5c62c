//! Files that go with an objection.

use kaibiao::api::AttachmentView;
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
async fn an_attachment_over_the_limit_is_refused() {
    let world = World::with(|config| config.limits.attachment_bytes = 1000).await;
    let hall = Hall::publish(world, 1, 3600.0).await;
    let reply = attach(&hall, vec![0; 1001]).await;
    assert_eq!(reply.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let problem: Value = reply.json().await.unwrap();
    assert_eq!(problem["code"], "too-large");
}
