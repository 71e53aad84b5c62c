//! A bundle replayed: the room as it was seen, from the file alone.

use std::path::Path;

use kaibiao_core::ids::Organisation;
use kaibiao_core::player::{Frame, Onlooker};
use kaibiao_crypto::canonical;
use kaibiao_verify::{At, Edition, NotReplayed, replay};

use crate::opening::{Opening, T0};

/// After every event, through everybody's eyes, a supervisor's edition shows the bytes
/// that the stream itself gives.
#[test]
fn a_supervisors_edition_shows_what_the_stream_shows() {
    let opening = Opening::new().run();
    let bundle = opening.files(Edition::Supervisor).archive();
    let bidder: Organisation = opening.cast.bidders[0].actor.author.organisation.clone();
    let eyes = [
        Onlooker::Supervisor,
        Onlooker::Host,
        Onlooker::Bidder(bidder),
        Onlooker::Public,
    ];
    let mut frame = Frame::default();
    for event in &opening.stream {
        frame = frame.after(event).unwrap();
        for onlooker in &eyes {
            let played = replay(&bundle, At::Seq(event.seq), Some(onlooker.clone())).unwrap();
            let seen = frame.seen(onlooker, event.time);
            assert_eq!(
                canonical::to_bytes(&played.scene),
                canonical::to_bytes(&seen),
                "{onlooker} {}",
                event.seq
            );
        }
    }
    // Between two events the clock goes on, and no later event is seen.
    let before = replay(&bundle, At::Instant(T0 - 1), None).unwrap().scene;
    assert_eq!(before.now, T0 - 1);
    assert!(before.time < T0 && !before.view.unwrap().closed_for_bids);
    let last = replay(&bundle, At::Last, None).unwrap();
    assert_eq!((last.scene.seq, last.size), (frame.seq(), frame.seq()));
}

#[test]
fn a_public_edition_shows_what_everybody_saw_but_for_what_only_details_tell() {
    let opening = Opening::new().run();
    let files = opening.files(Edition::Public);
    let bundle = files.archive();
    let (mut frame, mut announced) = (Frame::default(), false);
    for event in &opening.stream {
        frame = frame.after(event).unwrap();
        let played = replay(&bundle, At::Seq(event.seq), None).unwrap();
        let seen = frame.seen(&Onlooker::Public, event.time);
        let (Some(told), Some(seen)) = (played.scene.view, seen.view) else {
            assert!(frame.state.published.is_none(), "{}", event.seq);
            continue;
        };
        assert_eq!(
            (&told.title, &told.notice, told.t0, &told.changes),
            (&seen.title, &seen.notice, seen.t0, &seen.changes)
        );
        for (id, lot) in &seen.lots {
            let told = &told.lots[id];
            assert_eq!(
                (told.stage, told.due, &told.counts),
                (lot.stage, lot.due, &lot.counts)
            );
            assert!(told.parties.iter().all(|it| it.sheet.is_none()));
            announced |= lot.parties.iter().any(|it| it.sheet.is_some());
        }
    }
    assert!(announced, "what was read out is in the stream alone");
    let host = replay(&bundle, At::Last, Some(Onlooker::Host));
    assert!(matches!(host, Err(NotReplayed::Public)));
    // Before notices were entered there is none to show.
    let mut files = files;
    files.0.remove("notices.jsonl");
    let old = replay(&files.archive(), At::Last, None);
    assert!(matches!(old, Err(NotReplayed::NoNotice)));
}

#[test]
fn what_is_not_there_or_not_whole_is_not_shown() {
    let opening = Opening::new().run();
    let mut files = opening.files(Edition::Supervisor);
    let bundle = files.archive();
    let size = opening.state.events;
    for at in [At::Seq(0), At::Seq(size + 1), At::Instant(0)] {
        assert!(matches!(
            replay(&bundle, at, None),
            Err(NotReplayed::NotThere)
        ));
    }
    files.change_lines("events.jsonl", |lines| drop(lines.remove(7)));
    assert!(matches!(
        replay(&files.archive(), At::Last, None),
        Err(NotReplayed::Broken(_))
    ));
    assert!(matches!(
        replay(b"no bundle", At::Last, None),
        Err(NotReplayed::Unreadable(_))
    ));
}

/// Bundles of real openings.
#[test]
fn the_supervisors_editions_of_the_vectors_are_replayed() {
    for opening in ["plain", "masked", "failed", "cancelled", "notices"] {
        let path = Path::new(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../crypto/vectors/bundle"
        ));
        let bundle = std::fs::read(path.join(format!("{opening}.supervisor.kev"))).unwrap();
        let scene = replay(&bundle, At::Last, None).unwrap().scene;
        assert!(
            scene
                .view
                .unwrap()
                .lots
                .values()
                .all(|lot| lot.stage.is_end())
        );
    }
}
