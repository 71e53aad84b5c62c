//! Streams: order, time, trees, lists, readers.

use std::sync::Arc;

use kaibiao_crypto::merkle::{Frontier, Tree};
use kaibiao_crypto::shell::Shell;
use kaibiao_store::{
    AppendError, Commit, Head, RootSecret, Site, Store, StoreError, StreamId, backup,
};

use super::Factory;
use super::ledger::{Ledger, Other, commit, due_entry, entry, stream};

pub type Refused = &'static str;

/// Appends one entry, expecting it to work.
pub async fn add(store: &Store, stream: &StreamId, number: u64) -> u64 {
    let outcome = store
        .append::<Ledger, (), Refused, _>(stream, move |_| {
            Ok(commit(vec![entry(number, "张三建设")]))
        })
        .await;
    outcome.unwrap().first_seq
}

/// Reads everything from the table and holds it against memory and the tree.
pub async fn check(store: &Store, stream: &StreamId) -> Vec<u64> {
    let held = store.load::<Ledger>(stream).await.unwrap();
    let table = store.verify::<Ledger>(stream).await.unwrap();
    assert_eq!((&held.state, &held.book), (&table.state, &table.book));
    assert_eq!((held.version, held.head), (table.version, table.head));
    assert_eq!(held.last_time, table.last_time);

    let exact = store.exact_events(stream, 0, u64::MAX).await.unwrap();
    let mut frontier = Frontier::new();
    let mut last = 0;
    for (event, seq) in exact.iter().zip(1..) {
        let shell = Shell::from_bytes(&event.shell).unwrap();
        assert_eq!((shell.seq, shell.time), (seq, event.time));
        assert!(shell.holds_facts(&event.facts.salt, &event.facts.bytes));
        assert!(
            event
                .details
                .as_ref()
                .is_none_or(|it| shell.holds_details(&it.salt, &it.bytes))
        );
        assert_eq!(shell.leaf(), event.leaf);
        assert!(event.time >= last);
        last = event.time;
        frontier.append(event.leaf);
    }
    let recomputed = Head {
        size: frontier.size(),
        root: frontier.root(),
    };
    assert_eq!(held.head, recomputed);
    assert_eq!(held.version, exact.len() as u64);
    held.state.order.clone()
}

pub async fn concurrent_appends_to_one_stream_are_contiguous_and_none_is_lost(factory: &Factory) {
    let store = factory.open().await;
    let id = stream("one");
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let (store, id) = (store.clone(), id.clone());
            tokio::spawn(async move { (add(&store, &id, number).await, number) })
        })
        .collect();
    let mut answered = Vec::new();
    for task in tasks {
        answered.push(task.await.unwrap());
    }
    answered.sort();
    assert!(
        answered
            .iter()
            .zip(1..)
            .all(|((seq, _), expected)| *seq == expected)
    );
    let order = check(&store, &id).await;
    assert_eq!(
        order,
        answered
            .iter()
            .map(|(_, number)| *number)
            .collect::<Vec<_>>()
    );
}

pub async fn concurrent_appends_to_many_streams_do_not_disturb_each_other(factory: &Factory) {
    let store = factory.open().await;
    let ids: Vec<_> = (0..20).map(|n| stream(&format!("s{n}"))).collect();
    let mut tasks = Vec::new();
    for id in &ids {
        for writer in 0..3 {
            let (store, id) = (store.clone(), id.clone());
            tasks.push(tokio::spawn(async move {
                for number in 0..10 {
                    add(&store, &id, writer * 100 + number).await;
                }
            }));
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
    for id in &ids {
        let order = check(&store, id).await;
        assert_eq!(order.len(), 30);
        for writer in 0..3 {
            let own = order.iter().filter(|number| **number / 100 == writer);
            assert!(own.is_sorted(), "each writer's entries keep their order");
        }
    }
}

pub async fn event_times_never_decrease_and_an_unsteady_clock_is_told(factory: &Factory) {
    let store = factory.open().await;
    let id = stream("one");
    let look = async |number: u64| {
        store
            .append::<Ledger, (i64, bool), Refused, _>(&id, move |at| {
                Ok(Commit::new(vec![entry(number, "t")], (at.now, at.steady)))
            })
            .await
            .unwrap()
    };
    let first = look(1).await;
    assert_eq!(first.reply, (super::START, true));
    factory.hands().step(-60_000);
    let second = look(2).await;
    assert_eq!(second.reply, (super::START, false));
    assert_eq!(second.recorded[0].time, super::START);
    factory.hands().step(60_000);
    assert!(!look(3).await.reply.1, "it has only just come back");
    factory.hands().advance(3_000);
    assert_eq!(look(4).await.reply, (super::START + 3_000, true));
    factory.hands().step(3_000);
    // Not dated ahead: the last believed time goes on.
    assert_eq!(look(5).await.reply, (super::START + 3_000, false));
    store.clock().accept();
    assert_eq!(look(6).await.reply, (super::START + 6_000, true));
    check(&store, &id).await;
}

pub async fn events_of_one_commit_share_their_time_and_follow_each_other(factory: &Factory) {
    let store = factory.open().await;
    let id = stream("one");
    add(&store, &id, 1).await;
    let appended = store
        .append::<Ledger, (), Refused, _>(&id, |_| {
            Ok(commit(
                (10..20).map(|number| entry(number, "many")).collect(),
            ))
        })
        .await
        .unwrap();
    assert_eq!(appended.first_seq, 2);
    assert!(
        appended
            .recorded
            .iter()
            .zip(2..)
            .all(|(event, seq)| event.seq == seq)
    );
    assert!(
        appended
            .recorded
            .iter()
            .all(|event| event.time == super::START)
    );
    assert_eq!(store.load::<Ledger>(&id).await.unwrap().head, appended.head);
    let empty = store
        .append::<Ledger, (), Refused, _>(&id, |_| Ok(commit(Vec::new())))
        .await
        .unwrap();
    assert_eq!((empty.first_seq, empty.head), (12, appended.head));
    check(&store, &id).await;
}

pub async fn a_stream_reads_the_same_after_the_store_is_opened_again(factory: &Factory) {
    let store = factory.open().await;
    let id = stream("one");
    for number in 0..50 {
        add(&store, &id, number).await;
    }
    let before = store.load::<Ledger>(&id).await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(
        store
            .append::<Ledger, (), Refused, _>(&id, |_| Ok(commit(Vec::new())))
            .await,
        Err(AppendError::Store(StoreError::Closed))
    ));
    drop(store);
    let store = factory.open().await;
    let after = store.load::<Ledger>(&id).await.unwrap();
    assert_eq!((&before.state, &before.book), (&after.state, &after.book));
    assert_eq!((before.version, before.head), (after.version, after.head));
    add(&store, &id, 50).await;
    let order = check(&store, &id).await;
    assert_eq!(order, (0..=50).collect::<Vec<_>>());
}

pub async fn events_are_read_in_pages_from_any_place(factory: &Factory) {
    let store = factory.open().await;
    let id = stream("one");
    for number in 0..10 {
        add(&store, &id, number).await;
    }
    let seqs = async |after, limit| -> Vec<u64> {
        let events = store.events::<Ledger>(&id, after, limit).await.unwrap();
        events.iter().map(|event| event.seq).collect()
    };
    assert_eq!(seqs(0, 3).await, [1, 2, 3]);
    assert_eq!(seqs(8, 100).await, [9, 10]);
    assert!(seqs(10, 100).await.is_empty());
    assert!(seqs(99, 100).await.is_empty());
    assert!(seqs(u64::MAX, u64::MAX).await.is_empty());
    assert!(
        store
            .events::<Ledger>(&stream("none"), 0, 9)
            .await
            .unwrap()
            .is_empty()
    );
}

pub async fn proofs_from_the_stored_leaves_hold_for_every_head(factory: &Factory) {
    let store = factory.open().await;
    let id = stream("one");
    let mut heads = Vec::new();
    for number in 0..20 {
        add(&store, &id, number).await;
        heads.push(store.load::<Ledger>(&id).await.unwrap().head);
    }
    let leaves = store.leaves(&id, 20).await.unwrap();
    let tree = Tree::from_leaves(leaves.clone());
    for head in &heads {
        for index in 0..head.size {
            let proof = tree.inclusion(index, head.size).unwrap();
            proof.verify(&leaves[index as usize], &head.root).unwrap();
        }
        let proof = tree.consistency(head.size, 20).unwrap();
        proof.verify(&head.root, &heads[19].root).unwrap();
    }
    assert_eq!(store.leaves(&id, 7).await.unwrap(), leaves[..7]);
    assert!(store.leaves(&id, 21).await.is_err());
}

pub async fn a_stream_of_one_kind_is_not_read_as_another(factory: &Factory) {
    let store = factory.open().await;
    let id = stream("one");
    add(&store, &id, 1).await;
    let is_kind = |error: &StoreError| matches!(error, StoreError::Kind { .. });
    assert!(
        store
            .verify::<Other>(&id)
            .await
            .is_err_and(|error| is_kind(&error))
    );
    assert!(
        store
            .load::<Other>(&id)
            .await
            .is_err_and(|error| is_kind(&error))
    );
    let refused = store
        .append::<Other, (), Refused, _>(&id, |_| Ok(Commit::new(Vec::new(), ())))
        .await;
    assert!(matches!(refused, Err(AppendError::Store(error)) if is_kind(&error)));
    add(&store, &id, 2).await;
}

pub async fn lists_and_timers_follow_the_streams(factory: &Factory) {
    let store = factory.open().await;
    assert_eq!(store.next_due().await.unwrap(), None);
    let put = async |name: &str, number, due| {
        store
            .append::<Ledger, (), Refused, _>(&stream(name), move |_| {
                Ok(commit(vec![due_entry(number, due)]))
            })
            .await
            .unwrap();
    };
    put("a", 1, Some(3_000)).await;
    put("b", 1, Some(1_000)).await;
    put("c", 1, None).await;
    assert_eq!(store.next_due().await.unwrap(), Some(1_000));
    assert!(store.due(999).await.unwrap().is_empty());
    assert_eq!(store.due(3_000).await.unwrap(), [stream("b"), stream("a")]);
    put("b", 2, None).await;
    assert_eq!(store.due(3_000).await.unwrap(), [stream("a")]);
    let listed = store.list::<Ledger>().await.unwrap();
    let seen: Vec<_> = listed
        .iter()
        .map(|row| (row.stream.as_str(), row.version, row.summary.0))
        .collect();
    assert_eq!(seen, [("a", 1, 1), ("b", 2, 2), ("c", 1, 1)]);
}

pub async fn watchers_are_woken_after_what_they_can_read(factory: &Factory) {
    let store = factory.open().await;
    let mut wakes = store.subscribe();
    let id = stream("one");
    add(&store, &id, 1).await;
    let changed = wakes.recv().await.unwrap();
    assert_eq!((changed.stream, changed.version), (id.clone(), 1));
    assert_eq!(store.load::<Ledger>(&id).await.unwrap().version, 1);
    let refused = store
        .append::<Ledger, (), Refused, _>(&id, |_| Err("no"))
        .await;
    assert!(refused.is_err());
    assert!(wakes.try_recv().is_err());
}

pub async fn readers_never_see_less_than_was_answered(factory: &Factory) {
    let store = factory.open().await;
    let ids: Arc<Vec<_>> = Arc::new((0..8).map(|n| stream(&format!("s{n}"))).collect());
    let tasks: Vec<_> = (0..8usize)
        .map(|n| {
            let (store, ids) = (store.clone(), Arc::clone(&ids));
            tokio::spawn(async move {
                for number in 0..20 {
                    let seq = add(&store, &ids[n], number).await;
                    let held = store.load::<Ledger>(&ids[n]).await.unwrap();
                    assert!(held.version >= seq);
                    // Others' streams push this one out of a small cache.
                    store.load::<Ledger>(&ids[(n + 3) % 8]).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    for id in ids.iter() {
        assert_eq!(check(&store, id).await.len(), 20);
    }
}

pub async fn a_backup_taken_under_load_verifies_elsewhere(factory: &Factory) {
    let store = factory.open().await;
    let id = stream("one");
    for number in 0..20 {
        add(&store, &id, number).await;
    }
    let blob = store.blobs().put(b"terms".to_vec()).await.unwrap();
    let (copy, busy) = (tempfile::tempdir().unwrap(), store.clone());
    let load = tokio::spawn(async move {
        for number in 100..200 {
            add(&busy, &stream("one"), number).await;
        }
    });
    let (target, place) = (copy.path().join("copy"), factory.place());
    let quiet: kaibiao_store::Progress = std::sync::Arc::new(|_, _| ());
    let (root, place) = (RootSecret::from_bytes([42; 32]), Site::directory(place));
    let copy = || backup(&root, &place, &target, quiet.clone());
    copy().await.unwrap();
    assert!(copy().await.is_err(), "it never overwrites");
    load.await.unwrap();
    let restored = factory.open_at(&target).await;
    let version = check(&restored, &id).await.len();
    assert!((20..=120).contains(&version));
    assert_eq!(restored.blobs().get(blob).await.unwrap(), b"terms");
    add(&restored, &id, 1_000).await;
}
