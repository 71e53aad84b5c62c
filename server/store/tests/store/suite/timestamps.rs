//! Time stamps over checkpoints.

use kaibiao_crypto::Digest;

use super::{Factory, START};

pub async fn a_checkpoint_waits_for_its_stamp_and_keeps_the_first_one(factory: &Factory) {
    let store = factory.open().await;
    let stamps = store.timestamps();
    assert_eq!(stamps.last_wanted().await.unwrap(), None);
    assert!(stamps.want("one").await.unwrap());
    factory.hands().advance(1_000);
    assert!(stamps.want("two").await.unwrap());
    factory.hands().advance(1_000);
    assert!(!stamps.want("one").await.unwrap(), "it is known");
    assert_eq!(stamps.last_wanted().await.unwrap(), Some(START + 1_000));
    let imprint = |note: &str| Digest::of(note.as_bytes());
    let unstamped = stamps.unstamped(9).await.unwrap();
    let imprints: Vec<_> = unstamped.iter().map(|it| it.imprint).collect();
    assert_eq!(imprints, [imprint("one"), imprint("two")]);
    assert_eq!(unstamped[0].wanted, START);
    assert_eq!(stamps.unstamped(1).await.unwrap().len(), 1);

    // Numbers follow the tokens, so that whoever reads on misses none.
    assert!(stamps.put(imprint("two"), vec![2]).await.unwrap());
    assert_eq!(stamps.newest(1).await.unwrap()[0].note, "two");
    assert!(stamps.put(imprint("one"), vec![1]).await.unwrap());
    assert!(!stamps.put(imprint("one"), vec![9]).await.unwrap());
    assert!(!stamps.put(imprint("three"), vec![3]).await.unwrap());
    assert!(!stamps.want("two").await.unwrap(), "it is stamped");
    store.close().await.unwrap();

    let store = factory.open().await;
    let stamps = store.timestamps();
    assert!(stamps.unstamped(9).await.unwrap().is_empty());
    let all = stamps.after(0, 9).await.unwrap();
    let told: Vec<_> = all
        .iter()
        .map(|it| (it.number, it.note.as_str(), it.token.as_slice()))
        .collect();
    assert_eq!(told, [(1, "two", &[2][..]), (2, "one", &[1])]);
    assert_eq!(stamps.after(1, 9).await.unwrap(), all[1..]);
    assert_eq!(stamps.after(0, 1).await.unwrap(), all[..1]);
    assert_eq!(stamps.newest(9).await.unwrap(), all);
    let of = stamps.of(imprint("one")).await.unwrap();
    assert_eq!(of.as_ref(), all.get(1));
    assert_eq!(stamps.of(imprint("three")).await.unwrap(), None);
}
