//! What persons are told outside the hall.

use kaibiao_core::act::*;
use kaibiao_core::alert::{self, Kind, To};
use kaibiao_core::event::Check;

use crate::world::*;

/// What the last event tells, and to whom.
fn told(world: &World) -> Vec<(Kind, To)> {
    let last = world.stream.last().unwrap();
    let told = alert::of(last, &world.state, &world.book);
    told.into_iter().map(|it| (it.kind, it.to)).collect()
}

fn due(world: &World) -> Vec<(Kind, To, String)> {
    let due = alert::due(&world.state, &world.book, world.now);
    due.into_iter()
        .map(|it| (it.kind, it.to, it.cause))
        .collect()
}

fn of_bidder(number: usize) -> To {
    To::Organisation(bidder(number).author.organisation)
}

#[test]
fn before_t0_everybody_who_follows_is_told_alike_whoever_bids() {
    let mut without = World::published();
    let mut with = World::published();
    for number in 1..=3 {
        with.submit(number, "1").unwrap();
        assert_eq!(told(&with), []);
    }
    for world in [&mut without, &mut with] {
        world.ok(&host(), |nonce| Clarify {
            nonce,
            title: "工期".into(),
            text: "工期为 90 天".into(),
            attachments: Vec::new(),
        });
        assert_eq!(told(world), [(Kind::Clarified, To::Followers)]);
    }
    for now in [T0 - 25 * HOUR, T0 - 23 * HOUR, T0 - 30 * MINUTE] {
        (without.now, with.now) = (now, now);
        assert_eq!(due(&without), due(&with));
    }
}

#[test]
fn the_day_and_the_hour_before_t0_are_told_once_and_anew_when_it_moves() {
    let mut world = World::published();
    world.now = T0 - 24 * HOUR - 1;
    assert_eq!(due(&world), []);
    world.now = T0 - 24 * HOUR;
    let near = due(&world);
    assert_eq!(near.len(), 1);
    assert_eq!(
        (near[0].0, &near[0].1),
        (Kind::DeadlineNear, &To::Followers)
    );
    world.now = T0 - 2 * HOUR;
    assert_eq!(due(&world), near, "the same cause");
    world.ok(&host(), |nonce| Postpone {
        nonce,
        t0: T0 + 24 * HOUR,
        reason: "补充图纸".into(),
    });
    assert_eq!(told(&world), [(Kind::Postponed, To::Followers)]);
    assert_eq!(due(&world), [], "T0 is more than a day away again");
    world.now = T0 + 12 * HOUR;
    assert_ne!(due(&world), near, "another instant");
    world.now = T0 + 23 * HOUR + 30 * MINUTE;
    let soon: Vec<Kind> = due(&world).into_iter().map(|it| it.0).collect();
    assert_eq!(soon, [Kind::OpeningSoon]);
    world.now = T0 + 24 * HOUR;
    world.tick();
    assert_eq!(due(&world), []);
}

#[test]
fn a_window_is_told_to_those_whose_bids_are_locked() {
    let mut world = World::unlocking(3);
    let of_all: Vec<To> = (1..=3).map(of_bidder).collect();
    let sorted = |mut told: Vec<To>| {
        told.sort_by_key(|to| format!("{to:?}"));
        told
    };
    let told_to = told(&world).into_iter().map(|(kind, to)| {
        assert_eq!(kind, Kind::WindowStarted);
        to
    });
    assert_eq!(sorted(told_to.collect()), sorted(of_all));
    world.unlock(1).unwrap();
    assert_eq!(told(&world), []);
    world.attempt(2, Some(Check::KeyMismatch)).unwrap_err();
    assert_eq!(told(&world), [(Kind::UnlockFailed, of_bidder(2))]);
    assert_eq!(due(&world), []);
    let ends = world.lot1().due.unwrap();
    world.now = ends - 5 * MINUTE;
    let told_to = due(&world).into_iter().map(|(kind, to, _)| {
        assert_eq!(kind, Kind::WindowClosing);
        to
    });
    assert_eq!(
        sorted(told_to.collect()),
        sorted(vec![of_bidder(2), of_bidder(3)])
    );
    world.ok(&host(), |nonce| Suspend {
        nonce,
        lots: vec![lot("1")],
        reason: "网络故障".into(),
    });
    assert_eq!(due(&world), [], "the window stands still");
}

#[test]
fn custodians_are_told_until_they_have_answered() {
    let mut world = World::releasing(3);
    let custodian = |it| To::Organisation(it);
    let told: Vec<To> = due(&world).into_iter().map(|it| it.1).collect();
    assert_eq!(told.len(), 3);
    world.release(&host()).unwrap();
    let told: Vec<To> = due(&world).into_iter().map(|it| it.1).collect();
    assert_eq!(
        told,
        [centre(), supervisor()].map(|it| custodian(it.author.organisation))
    );
}

#[test]
fn an_objection_is_told_to_the_host_and_its_answer_to_whoever_objected() {
    let mut world = World::announced(3);
    world.ok(&host(), |nonce| OpenObjections {
        nonce,
        lots: vec![lot("1")],
        seconds: None,
    });
    world.ok(&bidder(2), |nonce| Object {
        nonce,
        lot: lot("1"),
        text: "唱标有误".into(),
        attachments: Vec::new(),
    });
    let objection = world.last_seq();
    let hosts = [tenderer(), host()].map(|it| To::Organisation(it.author.organisation));
    assert_eq!(told(&world), hosts.map(|to| (Kind::Objected, to)));
    world.ok(&host(), |nonce| Reply {
        nonce,
        lot: lot("1"),
        objection,
        text: "已核对，无误".into(),
        attachments: Vec::new(),
    });
    assert_eq!(told(&world), [(Kind::ObjectionAnswered, of_bidder(2))]);
}

#[test]
fn a_complaint_is_told_to_the_supervisor_and_what_becomes_of_it_to_whoever_complained() {
    let mut world = World::announced(3);
    world.ok(&bidder(2), |nonce| Complain {
        nonce,
        lot: lot("1"),
        matter: Matter::Conduct,
        request: "请求查处".into(),
        text: "主持人泄露标底".into(),
        cites: Vec::new(),
        attachments: Vec::new(),
    });
    let complaint = world.last_seq();
    let to = To::Organisation(supervisor().author.organisation);
    assert_eq!(told(&world), [(Kind::Complained, to)]);
    world.ok(&supervisor(), |nonce| TakeUpComplaint { nonce, complaint });
    assert_eq!(told(&world), [(Kind::ComplaintDecided, of_bidder(2))]);
    world.ok(&supervisor(), |nonce| AnswerComplaint {
        nonce,
        complaint,
        text: "经查不属实".into(),
        attachments: Vec::new(),
    });
    assert_eq!(told(&world), [(Kind::ComplaintDecided, of_bidder(2))]);
}
