//! A service of its own, killed without warning in the middle of an upload.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_api::{BidList, StatementView, SubmitRequest};
use kaibiao_client::http::Session;
use reqwest::{Method, StatusCode};

use crate::hall::{Hall, Sealed};
use crate::process::{Service, begin, patch};
use crate::world::World;

const MIB: usize = 1 << 20;

async fn offset(session: &Session, upload: &str) -> usize {
    let request = session
        .server
        .request(Method::HEAD, upload.strip_prefix("/api/v1/").unwrap());
    let reply = request
        .header("Tus-Resumable", "1.0.0")
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status(), StatusCode::OK);
    reply.headers()["Upload-Offset"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap()
}

/// A published project whose service has been stopped, and a sealed bid for it.
async fn prepared(size: usize) -> (Hall, Sealed, SubmitRequest) {
    let hall = Hall::publish(World::start().await, 1, 3600.0).await;
    let sealed = hall.seal(0, "100", &[("a.pdf", vec![0x5a; size])]);
    let request = hall.first_request(0, &sealed);
    (hall, sealed, request)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_where_it_was_acknowledged_after_every_kill() {
    let (hall, sealed, request) = prepared(24 * MIB).await;
    let Hall {
        world,
        project,
        bidders,
        ..
    } = hall;
    let config = world.running.app.config.clone();
    world.running.stop().await.unwrap();

    let mut service = Service::start(&config);
    let mut session = service.log_in(&bidders[0].person).await;
    let begun = begin(&session, &project, &request, sealed.body.len()).await;
    let mut acknowledged = 0;
    let mut receipt = None;
    for round in 0_u64.. {
        // The pieces are uneven, and the kill falls somewhere among them.
        let until = Instant::now() + Duration::from_millis(20 + round * 37 % 120);
        while Instant::now() < until && acknowledged < sealed.body.len() {
            let end = sealed.body.len().min(acknowledged + 1_300_000);
            let bytes = sealed.body[acknowledged..end].to_vec();
            let reply = patch(
                &session,
                begun.upload.as_deref().unwrap(),
                acknowledged,
                bytes,
            )
            .send()
            .await
            .unwrap();
            assert_eq!(reply.status(), StatusCode::NO_CONTENT);
            acknowledged = end;
            receipt = reply.headers().get("Kaibiao-Receipt").cloned();
        }
        if acknowledged == sealed.body.len() {
            break;
        }
        let rest = sealed.body[acknowledged..].to_vec();
        let under_way = tokio::spawn(
            patch(
                &session,
                begun.upload.as_deref().unwrap(),
                acknowledged,
                rest,
            )
            .send(),
        );
        tokio::time::sleep(Duration::from_millis(round * 13 % 40)).await;
        service.kill();
        let _ = under_way.await.unwrap();
        service = Service::start(&config);
        session = service.log_in(&bidders[0].person).await;
        // What was acknowledged is there, and the client may ask for the upload
        // by its header again.
        let again = begin(&session, &project, &request, sealed.body.len()).await;
        if again.state == kaibiao_api::BidState::Live {
            // The last byte was in before the kill, and the start made it a bid.
            break;
        }
        assert_eq!(again.upload, begun.upload);
        let stands = offset(&session, begun.upload.as_deref().unwrap()).await;
        assert!(stands >= acknowledged, "{stands} < {acknowledged}");
        acknowledged = stands;
    }
    let path = format!("projects/{project}/bids/{}/receipt", begun.bid);
    let kept: StatementView = session.server.get(&path).await.unwrap();
    if let Some(receipt) = receipt {
        let told: StatementView = serde_json::from_slice(&BASE64.decode(receipt).unwrap()).unwrap();
        assert_eq!(told, kept);
    }
    service.kill();
    let service = Service::start(&config);
    let session = service.log_in(&bidders[0].person).await;
    assert_eq!(
        session.server.get::<StatementView>(&path).await.unwrap(),
        kept
    );
    let list: BidList = session
        .server
        .get(&format!("projects/{project}/bids"))
        .await
        .unwrap();
    assert_eq!(list.bids.len(), 1);
    assert_eq!(list.bids[0].state, kaibiao_api::BidState::Live);
    service.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_stays_flat_whatever_the_size_of_a_bid() {
    let (hall, sealed, request) = prepared(256 * MIB).await;
    let Hall {
        world,
        project,
        bidders,
        ..
    } = hall;
    let config = world.running.app.config.clone();
    world.running.stop().await.unwrap();

    let service = Service::start(&config);
    let session = service.log_in(&bidders[0].person).await;
    let begun = begin(&session, &project, &request, sealed.body.len()).await;
    let before = service.peak();
    let began = Instant::now();
    let reply = patch(
        &session,
        begun.upload.as_deref().unwrap(),
        0,
        sealed.body.clone(),
    )
    .send()
    .await
    .unwrap();
    assert_eq!(reply.status(), StatusCode::NO_CONTENT);
    assert!(reply.headers().contains_key("Kaibiao-Receipt"));
    let seconds = began.elapsed().as_secs_f64();
    let grown = service.peak().saturating_sub(before);
    println!(
        "256 MiB in {seconds:.2} s, {:.0} MB/s, {:.1} MiB more memory",
        sealed.body.len() as f64 / 1e6 / seconds,
        grown as f64 / MIB as f64
    );
    assert!(grown < 16 << 20, "{} MiB", grown >> 20);
    service.kill();
}
