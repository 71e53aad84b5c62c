//! The primary is lost, and its standby becomes the primary.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use kaibiao_store::{AppendError, Store, StoreError};

use crate::postgres::Nodes;
use crate::stands::{Cluster, cluster};
use crate::suite::ledger::{Ledger, commit, entry, stream};
use crate::suite::streams::{Refused, check};

/// A primary, a standby that it waits for, and nodes that know of both.
async fn pair(name: &str) -> (Cluster, Cluster, Nodes) {
    let servers = tokio::task::spawn_blocking(|| {
        let primary = cluster(&[]);
        let standby = primary.standby(None);
        (primary, standby)
    });
    let (primary, standby) = servers.await.unwrap();
    let mut nodes = Nodes::over(primary.port, name).await;
    nodes.url = format!(
        "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/{name}?target_session_attrs=read-write",
        // The order says nothing of which is the primary.
        standby.port,
        primary.port
    );
    (primary, standby, nodes)
}

async fn promoted(standby: Cluster) -> Cluster {
    let promoting = tokio::task::spawn_blocking(|| {
        standby.promote();
        standby
    });
    promoting.await.unwrap()
}

/// Appends a number, and asks again where it is in doubt, as clients do: what was written
/// all the same is not written a second time. How often it asked again.
async fn insist(store: &Store, number: u64) -> u32 {
    let began = Instant::now();
    let (id, mut again) = (stream("one"), 0);
    loop {
        let outcome = store
            .append::<Ledger, (), Refused, _>(&id, move |_| Ok(commit(vec![entry(number, "t")])));
        match outcome.await {
            Ok(_) => return again,
            Err(AppendError::Store(StoreError::Unavailable(_))) => again += 1,
            Err(error) => panic!("{number}: {error}"),
        }
        assert!(began.elapsed() < Duration::from_secs(120), "{number}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promoted_standby_is_gone_on_with_and_has_all_that_was_answered() {
    let (mut primary, standby, mut nodes) = pair("promoted").await;
    let (one, two) = (nodes.another().await, nodes.another().await);
    for number in 0..5 {
        insist(&one, number).await;
    }
    let storm: Vec<_> = (5..105)
        .map(|number| {
            let store = if number % 2 == 0 { &one } else { &two };
            let store = store.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(number * 10)).await;
                insist(&store, number).await
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let primary = tokio::task::spawn_blocking(move || {
        primary.kill();
        primary
    });
    let mut primary = primary.await.unwrap();
    // A node that starts before that waits for it.
    let starting = tokio::spawn(async move {
        nodes.another().await;
        nodes
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!starting.is_finished());
    let standby = promoted(standby).await;
    let _nodes = starting.await.unwrap();
    for it in storm {
        it.await.unwrap();
    }
    let stored = check(&one, &stream("one")).await;
    assert_eq!(stored, check(&two, &stream("one")).await);
    let all: BTreeSet<u64> = stored.into_iter().collect();
    assert_eq!(all, (0..105).collect());
    // The former primary comes back, knows nothing of it and waits for nobody; the other
    // one is restarted.
    let restarted = tokio::task::spawn_blocking(move || {
        primary.start();
        primary.sql("ALTER SYSTEM RESET synchronous_standby_names");
        primary.sql("SELECT pg_reload_conf()");
        let mut standby = standby;
        standby.kill();
        (primary, standby)
    });
    let (_primary, mut standby) = restarted.await.unwrap();
    let adding = {
        let one = one.clone();
        tokio::spawn(async move { insist(&one, 105).await })
    };
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(
        !adding.is_finished(),
        "written to a primary that was replaced"
    );
    let back = tokio::task::spawn_blocking(move || {
        standby.start();
        standby
    });
    let _standby = back.await.unwrap();
    adding.await.unwrap();
    assert!(check(&two, &stream("one")).await.contains(&105));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_of_which_nothing_is_heard_any_more_holds_nobody_up_for_ever() {
    let (primary, standby, mut nodes) = pair("silent").await;
    let (one, two) = (nodes.another().await, nodes.another().await);
    insist(&one, 0).await;
    // All connections are in use, or were.
    let read = async |store: &Store| {
        let began = Instant::now();
        while store.events::<Ledger>(&stream("one"), 0, 9).await.is_err() {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "it waits for ever"
            );
        }
    };
    join_all((0..16).map(|_| read(&one))).await;
    let _primary = tokio::task::spawn_blocking(move || {
        primary.freeze();
        primary
    });
    let reading: Vec<_> = (0..16)
        .map(|_| {
            let one = one.clone();
            tokio::spawn(async move {
                loop {
                    let _ = one.events::<Ledger>(&stream("one"), 0, 9).await;
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let _standby = promoted(standby).await;
    insist(&one, 1).await;
    insist(&two, 2).await;
    reading.iter().for_each(tokio::task::JoinHandle::abort);
    join_all((0..16).map(|_| read(&one))).await;
    // Each hears of the other's, and heartbeats go on.
    let mut changes = two.subscribe();
    insist(&one, 3).await;
    let woken = tokio::time::timeout(Duration::from_secs(30), changes.recv()).await;
    assert_eq!(woken.expect("nobody was woken").unwrap().version, 4);
    for store in [&one, &two] {
        let beat = store.condition().beat;
        let began = Instant::now();
        while store.condition().beat == beat {
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "its heart stands still"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
