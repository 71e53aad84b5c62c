//! Decisions: what they see, and what a refused, unlawful or abandoned one does.

use std::collections::BTreeSet;
use std::time::Duration;

use kaibiao_store::{AppendError, Claim, Commit, Store, StoreError};

use super::Factory;
use super::ledger::{Ledger, PANICS, commit, entry, stream};
use super::streams::{Refused, add, check};

pub async fn a_decision_sees_everything_appended_before_it(factory: &Factory) {
    let store = factory.open().await;
    let id = stream("counter");
    // Each takes the next number it sees free: a lost update would be unlawful.
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let (store, id) = (store.clone(), id.clone());
            tokio::spawn(async move {
                store
                    .append::<Ledger, u64, Refused, _>(&id, |at| {
                        assert_eq!(at.version, at.state.order.len() as u64);
                        let next = at.version;
                        Ok(Commit::new(vec![entry(next, "下一个")], next))
                    })
                    .await
                    .unwrap()
                    .reply
            })
        })
        .collect();
    let mut replies = BTreeSet::new();
    for task in tasks {
        replies.insert(task.await.unwrap());
    }
    assert_eq!(replies, (0..100).collect());
    assert_eq!(check(&store, &id).await, (0..100).collect::<Vec<_>>());
}

pub async fn a_refusal_changes_nothing_and_spoils_nobody_elses_append(factory: &Factory) {
    let store = factory.open().await;
    let id = stream("one");
    let tasks: Vec<_> = (0..100u64)
        .map(|number| {
            let (store, id) = (store.clone(), id.clone());
            tokio::spawn(async move {
                store
                    .append::<Ledger, (), Refused, _>(&id, move |_| match number % 2 {
                        0 => Ok(commit(vec![entry(number, "even")])),
                        _ => Err("odd"),
                    })
                    .await
            })
        })
        .collect();
    for (task, number) in tasks.into_iter().zip(0u64..) {
        match task.await.unwrap() {
            Ok(_) => assert_eq!(number % 2, 0),
            Err(AppendError::Refused("odd")) => assert_eq!(number % 2, 1),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(check(&store, &id).await.len(), 50);
    assert!(store.load::<Ledger>(&stream("two")).await.unwrap().version == 0);
}

pub async fn an_unlawful_or_panicking_decision_fails_alone(factory: &Factory) {
    let store = factory.open().await;
    let (good, bad) = (stream("good"), stream("bad"));
    add(&store, &bad, 1).await;
    let tasks: Vec<_> = (0..60u64)
        .map(|number| {
            let (store, good, bad) = (store.clone(), good.clone(), bad.clone());
            tokio::spawn(async move {
                let twice = number % 4;
                let id = if twice == 0 { good } else { bad };
                store
                    .append::<Ledger, (), Refused, _>(&id, move |_| match twice {
                        0 => Ok(commit(vec![entry(number, "good")])),
                        1 => Ok(commit(vec![entry(1000 + number, "new"), entry(1, "again")])),
                        2 => Ok(commit(vec![entry(2000 + number, PANICS)])),
                        _ => panic!("a decision that panics, on purpose"),
                    })
                    .await
            })
        })
        .collect();
    for (task, number) in tasks.into_iter().zip(0u64..) {
        match (number % 4, task.await.unwrap()) {
            (0, Ok(_))
            | (1, Err(AppendError::Store(StoreError::Unlawful { .. })))
            | (2 | 3, Err(AppendError::Store(StoreError::Panicked(_)))) => {}
            (_, Ok(_)) => panic!("{number} was written"),
            (_, Err(error)) => panic!("{number}: {error}"),
        }
    }
    assert_eq!(check(&store, &good).await.len(), 15);
    assert_eq!(check(&store, &bad).await, [1]);
}

pub async fn a_caller_that_goes_away_harms_nobody(factory: &Factory) {
    let store = factory.open().await;
    let id = stream("one");
    for number in 0..100 {
        let append = add(&store, &id, number);
        // Dropped after the first poll: the order is given, nobody waits for it.
        let _ = tokio::time::timeout(Duration::ZERO, append).await;
    }
    add(&store, &id, 1_000).await;
    let order = check(&store, &id).await;
    assert!(order.is_sorted());
    assert_eq!(order.last(), Some(&1_000));
    assert_eq!(order.len(), 101, "what was handed in is written");
}

pub async fn an_external_id_is_used_once_whoever_comes_first(factory: &Factory) {
    let store = factory.open().await;
    let import = async |store: Store, number: u64, scope: &'static str, id: &'static str| {
        store
            .append::<Ledger, (), Refused, _>(&stream(&format!("p{number}")), move |_| {
                let mut commit = commit(vec![entry(number, "import")]);
                commit.claims.push(Claim {
                    scope: scope.into(),
                    id: id.into(),
                    value: number.to_be_bytes().to_vec(),
                });
                Ok(commit)
            })
            .await
    };
    let tasks: Vec<_> = (0..20u64)
        .map(|number| tokio::spawn(import(store.clone(), number, "machine", "EXT-1")))
        .collect();
    let (mut made, mut told) = (Vec::new(), Vec::new());
    for (task, number) in tasks.into_iter().zip(0u64..) {
        match task.await.unwrap() {
            Ok(_) => made.push(number.to_be_bytes().to_vec()),
            Err(AppendError::Claimed(value)) => told.push(value),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(made.len(), 1);
    assert!(told.iter().all(|value| *value == made[0]));
    assert_eq!(store.list::<Ledger>().await.unwrap().len(), 1);
    for (number, scope, id) in [(20, "machine", "EXT-2"), (21, "other", "EXT-1")] {
        let appended = import(store.clone(), number, scope, id).await;
        assert!(appended.is_ok(), "{id} of {scope} is another id");
    }
}
