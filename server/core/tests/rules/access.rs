//! Who may read what: the table and its page, and the names of lots that are not
//! opened.

use kaibiao_core::access::{self, Point};
use kaibiao_core::access::{Moment, Thing};
use kaibiao_core::act::*;
use kaibiao_core::book::{Book, note};
use kaibiao_core::event::Cause;
use kaibiao_core::evolve;
use kaibiao_core::news::News;
use kaibiao_core::record::{Head, Interruption, Record, record};
use kaibiao_core::reveal::{Item, reveal};
use kaibiao_core::state::{Stage, State};
use kaibiao_core::view::view;
use kaibiao_core::viewer::{Seat, Viewer};
use strum::VariantArray;

use crate::world::*;

const PAGE: &str = include_str!("../../../../docs/states/access.md");

/// The table as the page prints it.
fn table() -> String {
    let mut lines = String::from("| thing |");
    for moment in Moment::VARIANTS {
        lines.push_str(&format!(" {} |", moment.name()));
    }
    lines.push_str("\n|---|");
    lines.push_str(&"---|".repeat(Moment::VARIANTS.len()));
    for thing in Thing::VARIANTS {
        let circles = |masked: bool| {
            let moments = Moment::VARIANTS.iter().copied();
            let points = moments.map(|moment| Point { moment, masked });
            points.map(|at| thing.circle(at)).collect::<Vec<_>>()
        };
        let open = circles(false);
        let mask = if open == circles(true) { "" } else { " \\*" };
        lines.push_str(&format!("\n| `{}`{mask} |", thing.name()));
        for circle in open {
            let circle = circle.name();
            let circle = if circle == "nobody" { "–" } else { circle };
            lines.push_str(&format!(" {circle} |"));
        }
    }
    lines
}

#[test]
fn the_page_prints_the_table_that_everything_asks() {
    assert!(
        PAGE.contains(&table()),
        "docs/states/access.md wants:\n{}",
        table()
    );
    for thing in Thing::VARIANTS {
        assert!(PAGE.contains(&format!("`{}`", thing.name())));
    }
}

#[test]
fn what_is_told_to_everybody_stays_told_until_the_lot_ends() {
    let moments = &Moment::VARIANTS[..8];
    for thing in Thing::VARIANTS {
        for pair in moments.windows(2) {
            let public = |moment| {
                let masked = false;
                access::is_public(*thing, Point { moment, masked })
            };
            assert!(public(pair[1]) || !public(pair[0]), "{thing:?} {pair:?}");
        }
    }
}

fn sign_in(world: &mut World, number: usize) {
    let representative = Representative {
        name: "张三".into(),
        phone: "13800000000".into(),
        identity: "居民身份证".into(),
        identity_number: "350100199001011234".into(),
        authorisation: None,
    };
    world.ok(&bidder(number), |nonce| SignIn {
        nonce,
        lot: lot("1"),
        representative,
    });
}

/// Everything that a viewer is told from the first event to the last.
fn feed(world: &World, viewer: &Viewer) -> Vec<Item> {
    let (mut state, mut book) = (State::default(), Book::default());
    let mut heard = Vec::new();
    for event in &world.stream {
        let mut bare = event.clone();
        bare.details = None;
        state = evolve(state, &bare).unwrap();
        book = note(book, event);
        let items = reveal(&state, &book, event).into_iter();
        heard.extend(items.filter(|item| viewer.hears(&item.to)));
    }
    heard
}

fn record_of(world: &World, id: &str) -> Record {
    let head = Head {
        size: world.state.events,
        root: digest("root"),
    };
    record(project(), &lot(id), &world.state, &world.book, head).unwrap()
}

/// Everything that a viewer can read of a project: view, feed, record.
fn all_told(world: &World, viewer: &Viewer) -> String {
    let shown = view(&world.state, &world.book, viewer, None, world.now).unwrap();
    let mut told = serde_json::to_string(&(shown, feed(world, viewer))).unwrap();
    if world.stage().is_end() {
        told.push_str(&serde_json::to_string(&record_of(world, "1")).unwrap());
    }
    told
}

#[track_caller]
fn names_nobody_to_public_and_bidders(world: &World) {
    let stranger = bidder(9).author.organisation;
    for viewer in [Viewer::public(), Viewer::at(Seat::Bidder, Some(stranger))] {
        let told = all_told(world, &viewer);
        for number in 1..=4 {
            assert!(!told.contains(&bidder(number).author.name), "{told}");
        }
    }
    for seat in [Seat::Host, Seat::Centre, Seat::Supervisor] {
        let told = all_told(world, &Viewer::at(seat, None));
        assert!(told.contains(&bidder(1).author.name), "{seat:?}");
    }
}

#[test]
fn a_lot_with_too_few_bids_names_its_bidders_to_officials_only() {
    let world = World::checking(2);
    assert_eq!(world.stage(), Stage::FailedFewBids);
    names_nobody_to_public_and_bidders(&world);
    let record = record_of(&world, "1");
    assert_eq!(record.unopened.len(), 2);
}

#[test]
fn a_lot_that_fails_for_refused_bids_has_named_nobody_before() {
    let mut world = World::checking(3);
    let (party, bid) = (world.party(1, "1").unwrap(), world.live(1, "1").unwrap());
    world.ok(&host(), |nonce| RefuseBid {
        nonce,
        lot: lot("1"),
        party,
        bid,
        reason: "未缴纳保证金".into(),
        others: Vec::new(),
    });
    world.ok(&bidder(1), |nonce| Object {
        nonce,
        lot: lot("1"),
        text: "已缴纳".into(),
        attachments: vec![],
    });
    world.ok(&host(), |nonce| PublishList {
        nonce,
        lot: lot("1"),
    });
    assert_eq!(world.stage(), Stage::FailedFewBids);
    names_nobody_to_public_and_bidders(&world);
}

#[test]
fn a_lot_terminated_before_its_window_names_nobody() {
    let mut world = World::checking(3);
    world.ok(&supervisor(), |nonce| Terminate {
        nonce,
        lots: vec![lot("1")],
        reason: "招标公告有误".into(),
        ending: None,
    });
    names_nobody_to_public_and_bidders(&world);
}

#[test]
fn the_window_tells_everybody_who_bids() {
    let world = World::unlocking(3);
    let told = all_told(&world, &Viewer::public());
    for number in 1..=3 {
        assert!(told.contains(&bidder(number).author.name), "{told}");
    }
    let items = feed(&world, &Viewer::public());
    assert!(items.iter().any(|item| item.kind() == "bidders"));
}

#[test]
fn a_refused_submission_makes_nobody_a_party() {
    let mut world = World::checking(3);
    world.now += MINUTE;
    let late = digest("late bid");
    assert!(world.submit_as(4, "1", late, |_, _| {}).is_err());
    world.start_window();
    let told = all_told(&world, &Viewer::public());
    assert!(!told.contains(&bidder(4).author.name), "{told}");
    world.ok(&supervisor(), |nonce| Terminate {
        nonce,
        lots: vec![lot("1")],
        reason: "停电".into(),
        ending: None,
    });
    let record = record_of(&world, "1");
    let [refused] = &record.refused[..] else {
        panic!("{:?}", record.refused);
    };
    assert_eq!((&refused.name, refused.bid), (&None, None));
    let told = serde_json::to_string(&record).unwrap();
    assert!(!told.contains(&bidder(4).author.name), "{told}");
}

#[test]
fn a_record_tells_of_its_own_lot_only() {
    let mut world = World::published();
    for number in 1..=3 {
        world.submit(number, "2").unwrap();
    }
    world.close_with(3);
    let both = ["1", "2"].map(lot).to_vec();
    for lot in both.clone() {
        world.ok(&host(), |nonce| PublishList { nonce, lot });
    }
    world.ok(&host(), |nonce| StartWindow {
        nonce,
        lots: vec![lot("2")],
        seconds: None,
    });
    let second = world.last_seq();
    world.ok(&host(), |nonce| StartWindow {
        nonce,
        lots: vec![lot("1")],
        seconds: None,
    });
    let first = world.last_seq();
    world.ok(&supervisor(), |nonce| Terminate {
        nonce,
        lots: both,
        reason: "停电".into(),
        ending: None,
    });
    let record = record_of(&world, "1");
    let seqs: Vec<_> = record.timeline.iter().map(|moment| moment.seq).collect();
    assert!(seqs.contains(&first) && !seqs.contains(&second), "{seqs:?}");
    assert_eq!(record.timeline.last().unwrap().kind, "terminated");
}

#[test]
fn a_record_says_when_the_platform_was_away_and_what_that_made_later() {
    let mut world = World::published();
    world.absent(T0 - 10 * MINUTE, T0 - 2 * MINUTE, Cause::Killed);
    world.tick();
    let t0 = world.state.t0;
    for number in 1..=3 {
        world.submit(number, "1").unwrap();
    }
    world.now = t0;
    world.tick();
    world.sign_statement(None);
    world.start_window();
    let due = world.lot1().due.unwrap();
    let (from, to) = (world.now + MINUTE, world.now + 2 * MINUTE);
    world.absent(from, to, Cause::Stopped);
    world.tick();
    world.ok(&supervisor(), |nonce| Terminate {
        nonce,
        lots: vec![lot("1")],
        reason: "停电".into(),
        ending: None,
    });
    let outages = |id| -> Vec<Interruption> {
        let moments = record_of(&world, id).timeline.into_iter();
        moments.filter_map(|moment| moment.outage).collect()
    };
    let [before, within] = outages("1").try_into().unwrap();
    assert_eq!((before.t0, before.ends), (Some(t0), None));
    let later = Some(due + MINUTE);
    assert_eq!(
        (within.from, within.to, within.cause),
        (from, to, Cause::Stopped)
    );
    assert_eq!((within.t0, within.ends), (None, later));
    // The other lot had no bids and no window that could end later.
    assert_eq!(outages("2")[1].ends, None);

    let heard = feed(&world, &Viewer::public());
    let told = heard.iter().filter_map(|item| {
        let News::OutageNoted(noted) = &item.news else {
            return None;
        };
        Some((noted.t0, noted.ends.get(&lot("1")).copied()))
    });
    assert_eq!(told.collect::<Vec<_>>(), [(Some(t0), None), (None, later)]);
}

#[test]
fn a_record_says_who_signed_in_who_stayed_away_and_who_was_let_in_late() {
    let mut world = World::published();
    for number in 1..=3 {
        world.submit(number, "1").unwrap();
    }
    world.now = T0 - 10 * MINUTE;
    sign_in(&mut world, 1);
    let at = world.now;
    world.now = T0;
    world.tick();
    world.sign_statement(None);
    let party = world.party(2, "1").unwrap();
    world.ok(&host(), |nonce| AllowSignIn {
        nonce,
        lot: lot("1"),
        party,
        reason: "交通事故".into(),
        others: Vec::new(),
    });
    sign_in(&mut world, 2);
    world.start_window();
    world.ok(&supervisor(), |nonce| Terminate {
        nonce,
        lots: vec![lot("1")],
        reason: "停电".into(),
        ending: None,
    });
    let record = record_of(&world, "1");
    let of = |number: usize| {
        let name = bidder(number).author.name;
        let mut all = record.attendance.iter();
        all.find(|it| it.name == name).unwrap()
    };
    assert_eq!((of(1).signed_in, &of(1).allowed), (Some(at), &None));
    let leave = of(2).allowed.as_ref().unwrap();
    assert_eq!(
        (of(2).signed_in, leave.reason.as_str()),
        (Some(T0), "交通事故")
    );
    assert_eq!((of(3).signed_in, &of(3).allowed), (None, &None));
    let signers: Vec<_> = record.signers.iter().map(|it| it.name.clone()).collect();
    assert!(signers.contains(&bidder(2).author.name));
    assert!(!signers.contains(&bidder(3).author.name));
}
