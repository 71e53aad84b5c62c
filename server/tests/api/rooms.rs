//! The live room.

use std::time::Duration;

use kaibiao_api::{FeedItem, RoomMessage};
use kaibiao_client::http::Server;
use kaibiao_client::room::Room;
use kaibiao_core::platform::{Platform, What};
use kaibiao_store::StreamId;

use crate::tender::{Tender, clarify, postpone};
use crate::world::World;

/// Joins and reads the greeting: where the feed continues, and its length.
async fn join(server: &Server, project: &str, after: u64) -> (Room, u64, u64) {
    let mut room = Room::join(server, project, after).await.unwrap();
    match room.next().await.unwrap() {
        RoomMessage::Hello {
            after,
            length,
            now,
            steady,
        } => {
            assert!(steady);
            assert!(now > 1_700_000_000_000);
            (room, after, length)
        }
        other => panic!("{other:?}"),
    }
}

async fn item(room: &mut Room) -> FeedItem {
    loop {
        match tokio::time::timeout(Duration::from_secs(10), room.next())
            .await
            .unwrap()
            .unwrap()
        {
            RoomMessage::Item(item) => return item,
            RoomMessage::Clock { .. } => {}
            RoomMessage::Hello { .. } => panic!("greeted twice"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_hears_what_happens_and_goes_on_where_it_was() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.published(t0).await;
    let server = world.server();
    let (mut room, after, length) = join(&server, &project, 0).await;
    assert_eq!((after, length), (0, 1));
    assert_eq!(item(&mut room).await.kind, "published");
    tender
        .host
        .act(&project, &clarify("澄清"), Vec::new())
        .await
        .unwrap();
    let heard = item(&mut room).await;
    assert_eq!((heard.n, heard.kind.as_str()), (2, "clarified"));
    drop(room);
    tender
        .host
        .act(&project, &postpone(t0 + 1000), Vec::new())
        .await
        .unwrap();
    let (mut room, after, length) = join(&server, &project, 2).await;
    assert_eq!((after, length), (2, 3));
    let heard = item(&mut room).await;
    assert_eq!((heard.n, heard.kind.as_str()), (3, "postponed"));
    let (_, after, _) = join(&server, &project, 99).await;
    assert_eq!(after, 3, "a place beyond the end is the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn t0_is_heard_by_everybody_at_the_same_place_before_anybody_asks() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 4_000;
    let project = tender.published(t0).await;
    let (mut public, ..) = join(&world.server(), &project, 1).await;
    let (mut host, ..) = join(&tender.host.server, &project, 0).await;
    let heard = item(&mut public).await;
    assert_eq!(heard.kind, "deadline_reached");
    assert!(heard.time >= t0);
    loop {
        if item(&mut host).await.kind == "deadline_reached" {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_of_a_draft_is_closed_to_strangers_and_of_nothing_to_all() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.begin(t0).await;
    let nothing = "0192f0a1-7b3c-7def-8123-456789abcdef";
    for id in [project.as_str(), nothing] {
        let Err(refused) = Room::join(&world.server(), id, 0).await else {
            panic!("let in");
        };
        assert_eq!(refused.code, "not-found");
    }
    join(&tender.host.server, &project, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_sends_watchers_away_and_does_not_wait_for_them() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.published(t0).await;
    let (mut room, ..) = join(&world.server(), &project, 1).await;
    let began = std::time::Instant::now();
    let world = world.restart().await;
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!(room.next().await.is_err());
    let store = &world.running.app.store;
    let stream = StreamId::platform();
    let events = store.events::<Platform>(&stream, 0, 10_000);
    let events = events.await.unwrap();
    let unclean = events.iter().filter_map(|event| {
        if let What::Started { unclean, .. } = event.facts.what {
            Some(unclean)
        } else {
            None
        }
    });
    assert_eq!(unclean.collect::<Vec<_>>(), [false, false]);
    join(&world.server(), &project, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_logs_out_watches_no_longer() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.published(t0).await;
    let (mut room, _, length) = join(&tender.host.server, &project, 0).await;
    for _ in 0..length {
        item(&mut room).await;
    }
    let reply = tender.host.server.request(reqwest::Method::POST, "logout");
    assert!(reply.send().await.unwrap().status().is_success());
    let left = async { while room.next().await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(40), left)
        .await
        .unwrap();
}
