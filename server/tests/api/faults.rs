//! Faults of the disk while a lot opens.

use std::fs;
use std::time::Duration;

use kaibiao_api::DocumentList;
use kaibiao_app::deciding;
use kaibiao_core::act::Announce;
use kaibiao_core::event::{Outcome, Rule};
use kaibiao_core::platform::{Health, Platform, What};
use kaibiao_core::state::Stage;
use kaibiao_store::StreamId;

use crate::hall::{Hall, Sealed, lot};
use crate::world::{World, nonce};

/// A lot of which everybody has unlocked and nobody released, in a platform that
/// looks at its own health every second.
async fn unlocked(bidders: usize, opening: u32) -> (Hall, Vec<Sealed>) {
    let world = World::with(|config| config.trust.reload_seconds = 1).await;
    let hall = Hall::publish_with(world, bidders, 8.0, |draft| {
        let lot = draft.lots.get_mut(&lot("1")).unwrap();
        lot.policy.stays.opening = opening;
    })
    .await;
    let all = hall.submit_all().await;
    hall.until_stage("checking").await;
    hall.start_window().await;
    for (bidder, sealed) in all.iter().enumerate() {
        hall.unlock(bidder, sealed, false).await.unwrap();
    }
    hall.until_stage("releasing").await;
    (hall, all)
}

impl Hall {
    async fn secrets(&self) -> Vec<String> {
        let stream = deciding::stream(self.project.parse().unwrap());
        let names = self.world.running.app.store.secret_names(&stream).await;
        let is_key = |name: &String| name.starts_with("unlock/") || name.starts_with("share/");
        names.unwrap().into_iter().filter(is_key).collect()
    }

    async fn blob_errors(&self) -> usize {
        let store = &self.world.running.app.store;
        let stream = StreamId::platform();
        let events = store.events::<Platform>(&stream, 0, 10_000);
        let is_one = |what: &What| matches!(what, What::HealthNoted { sign: Health::BlobErrors, measured } if *measured > 0);
        let events = events.await.unwrap();
        events.iter().filter(|it| is_one(&it.facts.what)).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_read_for_a_while_is_opened_when_it_is_back() {
    let (hall, sealed) = unlocked(2, 3600).await;
    let data = hall.world.running.app.config.data.clone();
    let (blobs, temp) = (data.join("blobs"), data.join("temp"));
    let away = |path: &std::path::Path| path.with_extension("away");
    for place in [&blobs, &temp] {
        fs::rename(place, away(place)).unwrap();
    }
    hall.release(0, false).await.unwrap();
    hall.release(1, false).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(hall.lot().await.stage, Stage::Releasing);
    assert_eq!(hall.blob_errors().await, 1);

    fs::rename(away(&blobs), &blobs).unwrap();
    hall.until_stage("opened").await;
    let outcomes: Vec<_> = hall
        .lot()
        .await
        .parties
        .values()
        .map(|it| it.outcome)
        .collect();
    assert_eq!(outcomes, [Some(Outcome::Opened); 2]);

    // Documents cannot be written yet: they wait, and the keys stay for them.
    let announce = Announce {
        nonce: nonce(),
        lots: vec![lot("1")],
    };
    hall.act(hall.host(), announce).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let documents: DocumentList = hall.get("documents").await;
    assert_eq!((documents.done, documents.total), (0, 2));
    assert!(documents.documents.iter().all(|it| it.state != "failed"));
    // b and two shares of each bid.
    assert_eq!(hall.secrets().await.len(), sealed.len() * 3);

    fs::rename(away(&temp), &temp).unwrap();
    for _ in 0..200 {
        if hall.secrets().await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(hall.secrets().await, Vec::<String>::new());
    let documents: DocumentList = hall.get("documents").await;
    assert_eq!(documents.done, 2);
    assert!(documents.documents.iter().all(|it| it.state == "ready"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_damaged_to_the_end_of_the_term_costs_only_its_own_bid() {
    let (hall, sealed) = unlocked(2, 15).await;
    let blobs = hall.world.running.app.config.data.join("blobs");
    let name = sealed[1].header.digest().to_string();
    let blob = blobs.join(&name[..2]).join(&name);
    let mut bytes = fs::read(&blob).unwrap();
    bytes[0] ^= 1;
    fs::write(&blob, bytes).unwrap();
    hall.release(0, false).await.unwrap();
    hall.release(1, false).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(hall.lot().await.stage, Stage::Releasing);

    hall.until_stage("opened").await;
    let state = hall.lot().await;
    let of = |bidder: usize| {
        let bid = sealed[bidder].header.digest();
        &state.parties[&state.party_of(&bid).unwrap()]
    };
    assert_eq!(of(0).outcome, Some(Outcome::Opened));
    assert_eq!(of(1).outcome, Some(Outcome::StoreCorrupt));
    assert_eq!(of(1).finding.as_ref().unwrap().rule, Rule::StoreFailed);
}
