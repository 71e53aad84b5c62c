//! The player: the room of the past is the room that was, for everybody who was in it.

use kaibiao_core::act::*;
use kaibiao_core::event::Check;
use kaibiao_core::ids::{Millis, Seq};
use kaibiao_core::player::{Frame, HeardItem, Onlooker, Reel, Scene, onlookers};
use kaibiao_core::reveal::reveal;
use kaibiao_core::role::Role;
use kaibiao_core::state::Stage;
use kaibiao_core::view::view;
use kaibiao_core::viewer::Viewer;
use kaibiao_crypto::{Digest, canonical};
use proptest::prelude::*;
use serde_json::Value;

use crate::histories::{STARTS, steps};
use crate::world::*;

/// Everybody whose eyes there are, with the seat from which it looked at the live room.
fn everybody() -> Vec<(Onlooker, Viewer)> {
    let seat = |who: &kaibiao_core::command::Actor| who.author.organisation.clone();
    let named = [
        (Onlooker::Supervisor, supervisor()),
        (Onlooker::Host, tenderer()),
        (Onlooker::Agency, host()),
        (Onlooker::Centre, centre()),
        (Onlooker::Custodian(seat(&centre())), centre()),
        (Onlooker::Bidder(seat(&bidder(1))), bidder(1)),
        (Onlooker::Bidder(seat(&bidder(2))), bidder(2)),
        // Registered, and without a bid.
        (Onlooker::Bidder(seat(&bidder(9))), bidder(9)),
    ];
    let mut world = World::published();
    world.tick();
    let seats = named.into_iter().map(|(onlooker, actor)| {
        let organisation = seat(&actor);
        let viewer = Viewer::in_project(&world.book, organisation, &actor.roles, true);
        (onlooker, viewer)
    });
    seats
        .chain([(Onlooker::Public, Viewer::public())])
        .collect()
}

fn reel(world: &World) -> Reel {
    let mut reel = Reel::default();
    for event in &world.stream {
        reel.add(event).unwrap();
    }
    reel
}

/// The frame after event `seq`, from what the reel keeps and the events between.
fn frame(world: &World, reel: &Reel, seq: Seq) -> Frame {
    let mut frame = reel.before(seq).clone();
    assert!(frame.seq() <= seq);
    for event in &world.stream[usize::try_from(frame.seq()).unwrap()..] {
        if event.seq > seq {
            break;
        }
        frame = frame.after(event).unwrap();
    }
    frame
}

fn bytes(scene: &Scene) -> Vec<u8> {
    canonical::to_bytes(scene)
}

/// Whether each scene of the past is, but for what the viewer could do, the view that
/// the live room made then, and each feed what it told.
fn was_so(world: &World) -> Result<(), TestCaseError> {
    let everybody = everybody();
    let reel = reel(world);
    let mut live = Frame::default();
    for event in &world.stream {
        live = live.after(event).unwrap();
        let past = frame(world, &reel, event.seq);
        for (onlooker, viewer) in &everybody {
            // Before the first draft was published an official's seat is by its name too.
            let then = onlooker_seat(&live, onlooker, viewer);
            let shown = view(&live.state, &live.book, &then, None, event.time);
            let scene = past.seen(onlooker, event.time);
            prop_assert_eq!(&scene.view, &shown, "{} at {}", onlooker, event.seq);
            prop_assert_eq!(bytes(&scene), bytes(&live.seen(onlooker, event.time)));
            let told = reveal(&live.state, &live.book, event).into_iter();
            let told: Vec<_> = told.filter(|item| then.hears(&item.to)).collect();
            let heard = past.heard(onlooker, event);
            prop_assert_eq!(heard.len(), told.len());
            for (heard, told) in heard.iter().zip(&told) {
                prop_assert_eq!((&*heard.kind, &heard.body), (told.kind(), &told.body()));
            }
        }
    }
    Ok(())
}

/// An invitation makes a viewer an insider from then on; everything else stays.
fn onlooker_seat(live: &Frame, onlooker: &Onlooker, viewer: &Viewer) -> Viewer {
    if *onlooker == Onlooker::Public {
        return Viewer::public();
    }
    let Some(organisation) = viewer.organisation.clone() else {
        return Viewer::public();
    };
    let roles = match onlooker {
        Onlooker::Supervisor => vec![Role::Supervisor],
        Onlooker::Host | Onlooker::Agency => vec![Role::Host],
        Onlooker::Centre | Onlooker::Custodian(_) => vec![Role::Centre],
        Onlooker::Bidder(_) => vec![Role::Bidder],
        Onlooker::Public => Vec::new(),
    };
    Viewer::in_project(&live.book, organisation, &roles.into_iter().collect(), true)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_room_of_the_past_is_the_room_that_was(
        steps in steps(),
        masked in any::<bool>(),
        start in 0..STARTS,
    ) {
        let mut world = World::published_as(|draft| {
            for lot in draft.lots.values_mut() {
                lot.policy.masked = masked;
            }
        });
        world.reach(start);
        for step in &steps {
            drop(world.take(step));
        }
        was_so(&world)?;
    }
}

/// An opening of which every part has something to show.
fn opening() -> World {
    let mut world = World::published();
    world.submit(5, "1").unwrap();
    world.withdraw(5, "1").unwrap();
    world.reach(STARTS);
    world.ok(&bidder(2), |nonce| Question {
        nonce,
        lot: lot("1"),
        text: "记录何时签署？".into(),
    });
    world
}

#[test]
fn the_past_has_the_same_bytes_as_ever() {
    let world = opening();
    let reel = reel(&world);
    let mut lines = String::new();
    for event in &world.stream {
        let past = frame(&world, &reel, event.seq);
        for (onlooker, _) in everybody() {
            let scene = Digest::of(&bytes(&past.seen(&onlooker, event.time)));
            let heard = past.heard(&onlooker, event);
            let heard = Digest::of(&canonical::to_bytes(&heard));
            lines.push_str(&format!("{} {onlooker} {scene} {heard}\n", event.seq));
        }
    }
    // The last scene in full, so that what differs can be read.
    let last = frame(&world, &reel, reel.last().seq());
    for onlooker in [Onlooker::Supervisor, Onlooker::Public] {
        let scene = String::from_utf8(bytes(&last.seen(&onlooker, world.now))).unwrap();
        lines.push_str(&format!("{scene}\n"));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rules/player.txt");
    if std::env::var_os("KAIBIAO_GOLDEN").is_some() {
        std::fs::write(path, &lines).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    for (now, then) in lines.lines().zip(golden.lines()) {
        assert_eq!(now, then);
    }
    assert_eq!(lines.lines().count(), golden.lines().count());
}

#[test]
fn every_source_is_of_an_element_that_is_shown_and_of_the_event_that_put_it_there() {
    let world = opening();
    let reel = reel(&world);
    let mut seen = 0;
    for seq in 1..=reel.last().seq() {
        let (past, before) = (frame(&world, &reel, seq), frame(&world, &reel, seq - 1));
        for (onlooker, _) in everybody() {
            let scene = past.seen(&onlooker, world.now);
            let shown = serde_json::to_value(&scene.view).unwrap();
            let former = before.seen(&onlooker, world.now);
            let former_shown = serde_json::to_value(&former.view).unwrap();
            for (pointer, source) in &scene.sources {
                seen += 1;
                let element = shown.pointer(pointer);
                let element = element.unwrap_or_else(|| panic!("{pointer} in {shown}"));
                assert!(*source <= seq && *source > 0, "{pointer}");
                assert!(
                    !element.is_null() && *element != Value::Bool(false),
                    "{pointer}"
                );
                // What this event is the source of was otherwise before it, unless the
                // viewer is shown it only since.
                if *source == seq && !pointer.ends_with("/stage") {
                    assert_ne!(
                        (former_shown.pointer(pointer), former.sources.get(pointer)),
                        (Some(element), Some(source)),
                        "{pointer}"
                    );
                }
            }
        }
    }
    assert!(seen > 1000, "{seen}");
    let last = frame(&world, &reel, reel.last().seq());
    let scene = last.seen(&Onlooker::Supervisor, world.now);
    let view = scene.view.as_ref().unwrap();
    let parties = &view.lots[&lot("1")].parties;
    let kind = |pointer: &str| {
        let seq = usize::try_from(scene.sources[pointer]).unwrap();
        world.stream[seq - 1].facts.what.kind()
    };
    for (place, party) in parties.iter().enumerate() {
        let at = format!("/lots/1/parties/{place}");
        assert_eq!(kind(&at), "bid_received");
        if party.sheet.is_some() {
            assert_eq!(kind(&format!("{at}/sheet")), "announced");
            assert_eq!(kind(&format!("{at}/outcome")), "opened");
            assert_eq!(kind(&format!("{at}/course/unlocked")), "unlocked");
        } else {
            assert_eq!(kind(&format!("{at}/course/attempts/0")), "unlock_failed");
            assert_eq!(kind(&format!("{at}/finding")), "finding_made");
        }
    }
    assert_eq!(kind("/closing"), "statement_signed");
    assert_eq!(kind("/publication"), "published");
    assert_eq!(kind("/lots/1/questions/0"), "asked");
}

#[test]
fn between_two_events_time_goes_on_in_the_room() {
    let mut world = World::unlocking(3);
    let _ = world.attempt(1, Some(Check::KeyMismatch));
    let bid = world.live(1, "1").unwrap();
    world.ok(&bidder(1), |nonce| AskRescue {
        nonce,
        lot: lot("1"),
        bid,
        reason: "证书介质损坏".into(),
    });
    let reel = reel(&world);
    let last = reel.last();
    let due = last.state.lots[&lot("1")].due.unwrap();
    let scene = |now: Millis| last.seen(&Onlooker::Supervisor, now).view.unwrap();
    let orderable = |now: Millis| {
        let lot = &scene(now).lots[&lot("1")];
        let course = lot.parties.iter().filter_map(|it| it.course.clone());
        assert_eq!(lot.due, Some(due), "a window ends when it ends");
        course.filter(|it| it.rescue_orderable).count()
    };
    assert_eq!(scene(due - SECOND).now, due - SECOND);
    assert_eq!(orderable(due - SECOND), 1);
    assert_eq!(orderable(due), 0, "nobody orders a rescue after the window");
}

#[test]
fn what_one_could_not_see_it_does_not_see_in_the_past() {
    let world = opening();
    let reel = reel(&world);
    let published = last_before(&world, "published");
    let drafted = frame(&world, &reel, published - 1);
    assert!(drafted.seen(&Onlooker::Public, world.now).view.is_none());
    let own = Onlooker::Bidder(organisation_of(1));
    assert!(drafted.seen(&own, world.now).view.is_none());
    assert!(drafted.seen(&Onlooker::Host, world.now).view.is_some());
    // A bidder before T0 sees its own bid and no other.
    let before = frame(&world, &reel, last_before(&world, "deadline_reached") - 1);
    let view = before.seen(&own, world.now).view.unwrap();
    assert!(view.lots[&lot("1")].own.is_some() && view.lots[&lot("1")].parties.is_empty());
    let all = onlookers(reel.last());
    let all: Vec<_> = all.iter().map(|it| it.onlooker.as_str()).collect();
    assert_eq!(&all[..4], ["supervisor", "host", "agency", "centre"]);
    assert_eq!(all.last(), Some(&"public"));
    for text in &all {
        assert_eq!(text.parse::<Onlooker>().unwrap().to_string(), **text);
    }
    for number in 1..=5 {
        let own = Onlooker::Bidder(organisation_of(number)).to_string();
        assert!(all.contains(&own.as_str()), "{number}");
    }
    for wrong in [
        "",
        "machine",
        "bidder",
        "bidder:",
        "bidder:91",
        "host:1",
        "Public",
    ] {
        assert!(wrong.parse::<Onlooker>().is_err(), "{wrong}");
    }
}

fn organisation_of(number: usize) -> kaibiao_core::ids::Organisation {
    bidder(number).author.organisation
}

fn last_before(world: &World, kind: &str) -> Seq {
    let mut stream = world.stream.iter();
    let found = stream.find(|event| event.facts.what.kind() == kind);
    found.unwrap().seq
}

#[test]
fn a_long_stream_is_never_folded_from_its_beginning() {
    let mut world = World::checking(60);
    world.ok(&host(), |nonce| Message {
        nonce,
        lot: None,
        text: "请各投标人准备解密。".into(),
    });
    // The host goes on talking.
    let said = world.stream.last().unwrap().clone();
    for seq in said.seq + 1..=6_000 {
        let mut again = said.clone();
        again.seq = seq;
        again.time = said.time + i64::try_from(seq).unwrap();
        again.facts.act = Some(digest(&format!("said {seq}")));
        world.stream.push(again);
    }
    world.now += HOUR;
    let reel = reel(&world);
    let most = (1..=reel.last().seq())
        .map(|seq| seq - reel.before(seq).seq())
        .max();
    assert!(most.unwrap() <= reel.last().seq() / 32, "{most:?}");
    for seq in [1, 2, 31, 32, 33, 4_095, 4_096, 5_999] {
        assert_eq!(frame(&world, &reel, seq).seq(), seq);
        assert_eq!(
            reel.time_of(seq),
            Some(world.stream[usize::try_from(seq).unwrap() - 1].time)
        );
    }
    // To be read with --nocapture: how long the furthest scene takes.
    let furthest = reel.last().seq() / 2 - 1;
    let began = std::time::Instant::now();
    let scene = frame(&world, &reel, furthest).seen(&Onlooker::Supervisor, world.now);
    let length = bytes(&scene).len();
    println!("event {furthest}: {:?}, {length} bytes", began.elapsed());
    assert_eq!(reel.time_of(0), None);
    assert_eq!(reel.time_of(reel.last().seq() + 1), None);
    assert_eq!(reel.seq_at(world.stream[0].time - 1), 0);
    assert_eq!(reel.seq_at(world.now), reel.last().seq());
}

#[test]
fn the_steps_tell_which_stages_began() {
    let world = opening();
    let mut before = Frame::default();
    let mut stages = Vec::new();
    for event in &world.stream {
        let after = before.clone().after(event).unwrap();
        let step = after.step(&before, event);
        assert_eq!((step.seq, step.time), (event.seq, event.time));
        if event.facts.act.is_some() && event.details.as_ref().is_some_and(|it| it.author.is_some())
        {
            assert!(step.who.is_some() && step.organisation.is_some());
        }
        stages.extend(step.stages.get(&lot("1")).copied());
        before = after;
    }
    let course = [
        Stage::Bidding,
        Stage::Checking,
        Stage::Unlocking,
        Stage::Releasing,
        Stage::Opened,
        Stage::Announced,
        Stage::Objections,
        Stage::Signing,
    ];
    assert_eq!(stages, course[..stages.len()]);
    assert!(stages.len() > 5);
    let heard: Vec<HeardItem> = before.heard(&Onlooker::Public, world.stream.last().unwrap());
    assert_eq!(heard[0].seq, before.seq());
}
