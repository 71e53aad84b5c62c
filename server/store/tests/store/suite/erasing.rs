//! Erasing details: what stays, what goes, and that nothing is half done.

use kaibiao_crypto::Digest;
use kaibiao_crypto::merkle::Frontier;
use kaibiao_crypto::shell::Shell;
use kaibiao_store::{AppendError, Erasure, Head, Store, StoreError, StreamId};
use zeroize::Zeroizing;

use super::Factory;
use super::ledger::{Ledger, commit, entry, stream};
use super::streams::{Refused, add};

const NAME: &str = "李四工程";

/// A stream of three events, the second of which names somebody, with a secret beside.
pub async fn named(store: &Store) -> StreamId {
    let id = stream("one");
    add(store, &id, 1).await;
    let outcome = store.append::<Ledger, (), Refused, _>(&id, |_| {
        let mut commit = commit(vec![entry(2, NAME)]);
        let file = ("file".into(), Zeroizing::new(vec![7; 32]));
        commit.secrets_put.push(file);
        Ok(commit)
    });
    outcome.await.unwrap();
    add(store, &id, 3).await;
    id
}

/// That event 2 of a stream is to lose its details.
pub async fn second(store: &Store, stream: &StreamId) -> Erasure {
    let exact = store.exact_events(stream, 1, 1).await.unwrap();
    Erasure {
        stream: stream.clone(),
        seq: 2,
        details: Shell::from_bytes(&exact[0].shell).unwrap().details,
        secrets: vec!["file".into()],
    }
}

/// Has it on record in another stream.
pub async fn record(
    store: &Store,
    number: u64,
    erasure: Erasure,
) -> Result<(), AppendError<Refused>> {
    let id = stream("record");
    let outcome = store.append::<Ledger, (), Refused, _>(&id, move |_| {
        let mut commit = commit(vec![entry(number, "erased")]);
        commit.erased.push(erasure.clone());
        Ok(commit)
    });
    outcome.await.map(drop)
}

/// What does not change: the tree of what is stored, and the state.
async fn kept(store: &Store, id: &StreamId) -> (Head, Vec<u64>, Vec<Vec<u8>>) {
    let exact = store.exact_events(id, 0, u64::MAX).await.unwrap();
    let mut frontier = Frontier::new();
    for event in &exact {
        frontier.append(event.leaf);
    }
    let current = store.verify::<Ledger>(id).await.unwrap();
    assert_eq!(current.head.root, frontier.root());
    let shells = exact.into_iter().map(|event| event.shell).collect();
    (current.head, current.state.order.clone(), shells)
}

pub async fn erased_details_are_gone_and_all_else_stays(factory: &Factory) {
    let store = factory.open().await;
    let id = named(&store).await;
    let before = kept(&store, &id).await;
    let erasure = second(&store, &id).await;
    record(&store, 1, erasure.clone()).await.unwrap();
    assert_eq!(kept(&store, &id).await, before);
    let names = |book: &[String]| book.to_vec();
    let current = store.load::<Ledger>(&id).await.unwrap();
    assert_eq!(names(&current.book), ["张三建设", "张三建设"]);
    assert_eq!(current.erased, [(2, erasure.details)].into());
    let events = store.events::<Ledger>(&id, 0, 9).await.unwrap();
    let has_details: Vec<_> = events.iter().map(|it| it.details.is_some()).collect();
    assert_eq!(has_details, [true, false, true]);
    assert!(store.secret(&id, "file").await.unwrap().is_none());

    // Once is enough, and whoever goes on finds a sound stream.
    record(&store, 2, erasure.clone()).await.unwrap();
    store.erase(erasure).await.unwrap();
    add(&store, &id, 4).await;
    store.close().await.unwrap();
    let store = factory.open().await;
    add(&store, &id, 5).await;
    let current = store.load::<Ledger>(&id).await.unwrap();
    assert_eq!((current.version, current.erased.len()), (5, 1));
    assert_eq!(store.verify::<Ledger>(&id).await.unwrap().book.len(), 4);
}

pub async fn what_is_erased_is_on_record_in_the_same_transaction_or_not_at_all(factory: &Factory) {
    let store = factory.open().await;
    let id = named(&store).await;
    let sound = second(&store, &id).await;
    for wrong in [
        Erasure {
            details: Digest::of(b"others"),
            ..sound.clone()
        },
        Erasure {
            seq: 9,
            ..sound.clone()
        },
        Erasure {
            stream: stream("nowhere"),
            ..sound.clone()
        },
    ] {
        let outcome = record(&store, 1, wrong).await;
        assert!(matches!(
            outcome,
            Err(AppendError::Store(StoreError::Damaged { .. }))
        ));
    }
    let current = store.load::<Ledger>(&stream("record")).await.unwrap();
    assert_eq!(current.version, 0);
    let current = store.verify::<Ledger>(&id).await.unwrap();
    assert!(current.erased.is_empty() && current.book.contains(&NAME.to_owned()));
    // Beside an append to the same stream, in whatever order.
    let both = tokio::join!(record(&store, 1, sound), add(&store, &id, 4));
    both.0.unwrap();
    let current = store.verify::<Ledger>(&id).await.unwrap();
    assert_eq!((current.version, current.erased.len()), (4, 1));
    assert_eq!(store.load::<Ledger>(&id).await.unwrap().book.len(), 3);
}
