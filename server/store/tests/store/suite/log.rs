//! The public log's entries, anchors and last checkpoint.

use futures_util::future::join_all;
use kaibiao_crypto::merkle::Tree;
use kaibiao_store::{Head, Store, StoreError};

use super::Factory;
use super::ledger::{Ledger, commit, entry, stream};

type Refused = &'static str;

async fn grow(store: &Store, name: &str) -> Head {
    let stream = stream(name);
    let grown = store.append::<Ledger, (), Refused, _>(&stream, move |at| {
        Ok(commit(vec![entry(at.version + 1, "it grew")]))
    });
    grown.await.unwrap().head
}

pub async fn anchors_commit_to_the_tree_at_their_place_among_the_appends(factory: &Factory) {
    let store = factory.open().await;
    assert!(
        store
            .leases()
            .take("log", 3_600_000)
            .await
            .unwrap()
            .is_own()
    );
    let one = stream("one");
    let none = store.log().anchor(&one, None).await;
    assert!(matches!(none, Err(StoreError::NoStream(_))), "{none:?}");
    assert_eq!(store.log().size().await.unwrap(), 0);

    let first = grow(&store, "one").await;
    let anchor = store.log().anchor(&one, None).await.unwrap();
    assert_eq!((anchor.anchor.tick, anchor.place), (1, 0));
    assert_eq!((anchor.anchor.size, anchor.anchor.root), (1, first.root));

    // Appends and anchors at once: each anchor is over what was answered before it was
    // asked for, and no tick is left out.
    let work = (2..40u64).map(|number| {
        let (store, one) = (&store, &one);
        async move {
            if number % 3 == 0 {
                store.log().anchor(one, None).await.map(|it| it.anchor.size)
            } else {
                Ok(grow(store, "one").await.size)
            }
        }
    });
    for done in join_all(work).await {
        done.unwrap();
    }
    grow(&store, "two").await;
    store.log().anchor(&stream("two"), None).await.unwrap();
    let earlier = store.log().anchor(&one, Some(first)).await.unwrap();
    assert_eq!((earlier.anchor.size, earlier.anchor.root), (1, first.root));

    let check = async |store: &Store| {
        let anchors = store.log().anchors(&one, 0).await.unwrap();
        let head = store.load::<Ledger>(&one).await.unwrap().head;
        let leaves = store.leaves(&one, head.size).await.unwrap();
        let entries = store.log().entries(0, 100).await.unwrap();
        assert_eq!(entries.len() as u64, store.log().size().await.unwrap());
        for (tick, it) in (1..).zip(&anchors) {
            assert_eq!(it.anchor.tick, tick);
            let size = usize::try_from(it.anchor.size).unwrap();
            let root = Tree::from_leaves(leaves[..size].iter().copied()).root();
            assert_eq!(it.anchor.root, root);
            let place = usize::try_from(it.place).unwrap();
            assert_eq!(entries[place], it.anchor.entry());
        }
        let sizes: Vec<_> = anchors.iter().map(|it| it.anchor.size).collect();
        let (last, before) = sizes.split_last().unwrap();
        assert!(before.is_sorted() && *last == 1, "{sizes:?}");
        let salts: std::collections::BTreeSet<_> =
            anchors.iter().map(|it| it.anchor.salt.0).collect();
        assert_eq!(salts.len(), anchors.len());
        assert_eq!(
            store.log().last_anchor(&one).await.unwrap().as_ref(),
            anchors.last()
        );
        assert_eq!(
            store.log().anchor_of(&one, 1).await.unwrap().as_ref(),
            anchors.first()
        );
        anchors
    };
    let before = check(&store).await;
    store.close().await.unwrap();
    let store = factory.open().await;
    assert!(
        store
            .leases()
            .take("log", 3_600_000)
            .await
            .unwrap()
            .is_own()
    );
    assert_eq!(check(&store).await, before);
}

pub async fn entries_follow_each_other_and_a_smaller_checkpoint_is_never_kept(factory: &Factory) {
    let store = factory.open().await;
    assert!(
        store
            .leases()
            .take("log", 3_600_000)
            .await
            .unwrap()
            .is_own()
    );
    let adding = (0..20u8).map(|number| {
        let store = &store;
        async move { store.log().add(vec![number]).await.unwrap() }
    });
    let mut places = join_all(adding).await;
    places.sort_unstable();
    assert_eq!(places, (0..20).collect::<Vec<_>>());
    assert_eq!(store.log().entries(18, 9).await.unwrap().len(), 2);
    assert_eq!(store.log().entries(20, 9).await.unwrap().len(), 0);

    assert_eq!(store.log().head().await.unwrap(), None);
    let keep = async |size: u64, note: &str| store.log().keep_head(size, note.into()).await;
    assert!(keep(7, "seven").await.unwrap());
    assert!(keep(7, "seven, cosigned").await.unwrap());
    assert!(!keep(6, "six").await.unwrap());
    store.close().await.unwrap();
    let store = factory.open().await;
    assert!(
        store
            .leases()
            .take("log", 3_600_000)
            .await
            .unwrap()
            .is_own()
    );
    let head = store.log().head().await.unwrap();
    assert_eq!(head, Some((7, "seven, cosigned".to_owned())));
}
