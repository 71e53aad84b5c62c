//! What a centre counts of openings that have ended.

use kaibiao_core::act::*;
use kaibiao_core::command::System;
use kaibiao_core::event::{Cause, Check, Rule};
use kaibiao_core::figures::{self, Complaining, Figures};
use kaibiao_core::ids::{Millis, Seq};
use kaibiao_core::state::Stage;

use crate::unlocking::share_of;
use crate::world::*;

impl World {
    pub fn figures(&self) -> Figures {
        figures::of(&self.state, &self.book)
    }

    /// Time ends every lot.
    fn reach_the_end(&mut self) {
        while self.wait() {}
        assert!(self.state.ended_at.is_some());
    }

    fn submit_by_authority(&mut self, number: usize, authority: &str) {
        let mut actor = bidder(number);
        actor.author.authority = authority.into();
        let bid = digest(&format!("bid of {number}"));
        self.submit_by(&actor, number, "1", bid, |_, _| ()).unwrap();
    }
}

/// Five bidders of two authorities, one of each kind: at once, after a wrong key twice,
/// never tried, tried in vain, by a rescue.
fn mixed() -> World {
    let mut world = World::published();
    for number in 1..=3 {
        world.submit_by_authority(number, "one");
    }
    for number in 4..=6 {
        world.submit_by_authority(number, "two");
    }
    world.now = T0;
    world.tick();
    world.sign_statement(None);
    world.start_window();
    world.unlock(1).unwrap();
    for _ in 0..2 {
        world.attempt(2, Some(Check::KeyMismatch)).unwrap_err();
    }
    world.unlock(2).unwrap();
    world.attempt(4, Some(Check::DigestMismatch)).unwrap_err();
    world.unlock(6).unwrap();
    rescue(&mut world, 5);
    let help = |nonce| Help {
        nonce,
        lot: lot("1"),
        text: "解密失败".into(),
        diagnosis: String::new(),
    };
    world.ok(&bidder(1), help);
    world.ok(&host(), |nonce| Extend {
        nonce,
        lots: vec![lot("1")],
        seconds: 120,
        reason: "网络".into(),
    });
    let from = world.now;
    world.absent(from + SECOND, from + 31 * SECOND, Cause::Killed);
    world.tick();
    world
}

fn rescue(world: &mut World, number: usize) {
    let (party, bid) = (
        world.party(number, "1").unwrap(),
        world.live(number, "1").unwrap(),
    );
    let reason = || "证书已更换".to_owned();
    world.ok(&bidder(number), |nonce| AskRescue {
        nonce,
        lot: lot("1"),
        bid,
        reason: reason(),
    });
    world.ok(&supervisor(), |nonce| OrderRescue {
        nonce,
        lot: lot("1"),
        party,
        bid,
        reason: reason(),
    });
    for (custodian, x) in [(host(), 1), (centre(), 2), (supervisor(), 3)] {
        share_of(world, number, &custodian, x, true).unwrap();
    }
    let done = System::Rescued {
        lot: lot("1"),
        bid,
        matches: true,
    };
    world.system(done).unwrap();
}

#[test]
fn nothing_is_counted_before_a_lot_has_ended() {
    let mut world = World::published();
    let nothing = Figures::default();
    assert_eq!(world.figures(), nothing);
    world.submit(1, "1").unwrap();
    assert_eq!(world.figures(), nothing);
    // A lot that is cancelled before T0 has bids that nobody is told of.
    world.ok(&host(), |nonce| Cancel {
        nonce,
        lot: Some(lot("2")),
        reason: "不再需要".into(),
    });
    world.close_with(3);
    world.start_window();
    world.unlock(1).unwrap();
    assert_eq!(world.figures(), nothing);
    assert!(world.figures().is_empty());

    let ended = mixed();
    assert_eq!(ended.stage(), Stage::Unlocking);
    // Lot 2 had no bids and is over; what is counted is of that one alone.
    let of_lot_2 = ended.figures();
    assert_eq!(of_lot_2.lots, [(Stage::FailedFewBids, 1)].into());
    assert_eq!((of_lot_2.bids, of_lot_2.helps), (0, 0));
    assert!(of_lot_2.unlocking.is_empty() && of_lot_2.outages.is_empty());
}

#[test]
fn unlocking_is_counted_by_authority_and_by_what_failed() {
    let mut world = mixed();
    world.reach_the_end();
    let figures = world.figures();
    assert_eq!(
        figures.lots,
        [(world.stage(), 1), (Stage::FailedFewBids, 1)].into()
    );
    assert_eq!(figures.bids, 6);
    let one = &figures.unlocking["one"];
    assert_eq!(
        (
            one.bids,
            one.unlocked,
            one.at_once,
            one.rescued,
            one.untried
        ),
        (3, 2, 1, 0, 1)
    );
    assert_eq!(one.attempts, [(Check::KeyMismatch, 2)].into());
    let two = &figures.unlocking["two"];
    assert_eq!(
        (
            two.bids,
            two.unlocked,
            two.at_once,
            two.rescued,
            two.untried
        ),
        (3, 1, 1, 1, 0)
    );
    assert_eq!(two.attempts, [(Check::DigestMismatch, 1)].into());
    assert_eq!(figures.causes[&Rule::NoAttempt], 1);
    assert_eq!(figures.helps, 1);
    assert_eq!((figures.extended, figures.extended_seconds), (1, 120));
    let outages: Vec<_> = figures.outages.iter().collect();
    assert_eq!(outages.len(), 1);
    assert_eq!(*outages[0].0, Cause::Killed);
    assert_eq!(
        (outages[0].1.count, outages[0].1.milliseconds),
        (1, 30 * SECOND)
    );

    let mut twice = figures.clone();
    twice.add(&figures);
    assert_eq!(twice.unlocking["one"].attempts[&Check::KeyMismatch], 4);
    assert_eq!(twice.extended_seconds, 240);
    assert_eq!(twice.outages[&Cause::Killed].milliseconds, 60 * SECOND);
}

#[test]
fn ratings_are_counted_by_score() {
    let mut world = World::signing(3);
    world.make_record("record");
    world.sign_record("record");
    world.ok(&host(), |nonce| Close {
        nonce,
        lots: vec![lot("1")],
    });
    for (who, score) in [(bidder(1), 5), (bidder(2), 2), (host(), 5)] {
        let rated = world.figures().scores.iter().sum::<u32>();
        let told = world.figures().told(world.now);
        assert_eq!((told.ratings, told.scores), (rated, None));
        world.ok(&who, |nonce| Rate {
            nonce,
            score,
            comment: String::new(),
        });
    }
    assert_eq!(world.figures().scores, [0, 1, 0, 0, 2]);
    assert_eq!(
        world.figures().told(world.now).scores,
        Some([0, 1, 0, 0, 2])
    );
}

/// Figures with so many bids by each authority, of which one was never tried.
fn with(bids: &[(&str, u32)]) -> Figures {
    let mut figures = Figures::default();
    for (authority, bids) in bids {
        let unlocking = figures::Unlocking {
            bids: *bids,
            untried: 1,
            ..figures::Unlocking::default()
        };
        figures.unlocking.insert((*authority).to_owned(), unlocking);
        figures.causes.insert(Rule::NoAttempt, 1);
    }
    figures
}

#[test]
fn few_are_told_together_or_not_at_all() {
    let told = |bids: &[(&str, u32)]| -> Vec<_> {
        let told = with(bids).told(0);
        let lines = told.authorities.into_iter();
        lines
            .map(|it| (it.authority.unwrap_or_default(), it.unlocking.bids))
            .collect()
    };
    let named = |name: &str, bids| (name.to_owned(), bids);
    assert_eq!(
        told(&[("a", 3), ("b", 9)]),
        [named("b", 9), named("a", 3)],
        "enough each"
    );
    assert_eq!(
        told(&[("a", 2), ("b", 9), ("c", 1)]),
        [named("b", 9), named("", 3)],
        "together"
    );
    // Alone it would be what the sum leaves: the smallest of the others goes with it.
    assert_eq!(
        told(&[("a", 1), ("b", 4), ("c", 9)]),
        [named("c", 9), named("", 5)]
    );
    assert_eq!(told(&[("a", 2)]), []);

    let few = with(&[("a", 2)]).told(0);
    assert!(few.unlocking.is_none() && few.causes.is_empty());
    let enough = with(&[("a", 2), ("b", 1)]).told(0);
    assert_eq!(enough.unlocking.unwrap().untried, 2);
    assert_eq!(enough.causes[&Rule::NoAttempt], 1);
}

impl World {
    fn complain(&mut self, number: usize) -> Seq {
        self.ok(&bidder(number), |nonce| Complain {
            nonce,
            lot: lot("1"),
            matter: Matter::Collusion,
            request: "请求查处".into(),
            text: "两家投标人的代表是同一人".into(),
            cites: vec![],
            attachments: vec![],
        });
        self.last_seq()
    }
}

#[test]
fn complaints_are_counted_once_their_lot_has_ended() {
    const DAY: Millis = 24 * HOUR;
    let mut world = World::signing(3);
    let first = world.complain(1);
    let second = world.complain(2);
    // Lot 2 has ended; what is complained of lot 1 is counted when that has.
    let before = world.figures();
    assert!(!before.is_empty() && before.told(world.now).complaints == 0);
    world.reach_the_end();

    // Fewer than three tell by their number alone.
    let told = world.figures().told(world.now);
    assert_eq!((told.complaints, told.complaining), (2, None));
    world.complain(3);
    let told = |world: &World| world.figures().told(world.now).complaining.unwrap();
    assert_eq!(told(&world), Complaining::default());

    world.ok(&supervisor(), |nonce| TakeUpComplaint {
        nonce,
        complaint: first,
    });
    world.ok(&supervisor(), |nonce| DeclineComplaint {
        nonce,
        complaint: second,
        reason: "没有明确的请求".into(),
    });
    let sorted = Complaining {
        taken_up: 1,
        declined: 1,
        ..Complaining::default()
    };
    assert_eq!(told(&world), sorted);

    // The one that waits for a decision is late by the fifth day, and the one that was
    // taken up by the thirty-second. That it was late is told after its answer, too.
    world.now += 5 * DAY;
    assert_eq!(
        told(&world),
        Complaining {
            overdue: 1,
            ..sorted
        }
    );
    world.now += 27 * DAY;
    assert_eq!(
        told(&world),
        Complaining {
            overdue: 2,
            ..sorted
        }
    );
    world.ok(&supervisor(), |nonce| AnswerComplaint {
        nonce,
        complaint: first,
        text: "经查不属实".into(),
        attachments: vec![],
    });
    let late = Complaining {
        answered: 1,
        overdue: 2,
        ..sorted
    };
    assert_eq!(told(&world), late);

    // A centre is told nothing of what was not taken up, and sums keep what is due.
    let centre = world.figures().for_centre().told(world.now);
    assert_eq!((centre.complaints, centre.complaining), (1, None));
    let mut thrice = Figures::default();
    for _ in 0..3 {
        thrice.add(&world.figures().for_centre());
    }
    let answered = Complaining {
        taken_up: 3,
        answered: 3,
        overdue: 3,
        ..Complaining::default()
    };
    assert_eq!(thrice.told(world.now).complaining, Some(answered));
}

#[test]
fn a_line_keeps_the_complaints_it_counts() {
    let mut world = World::signing(3);
    world.complain(1);
    world.reach_the_end();
    let figures = world.figures();
    let line = serde_json::to_string(&figures).unwrap();
    assert_eq!(serde_json::from_str::<Figures>(&line).unwrap(), figures);
    // What an earlier version wrote says nothing of complaints, which is not none.
    let mut older: serde_json::Value = serde_json::from_str(&line).unwrap();
    older.as_object_mut().unwrap().remove("complaints");
    let older: Figures = serde_json::from_value(older).unwrap();
    assert_eq!((older.complaints, older.lots), (None, figures.lots));
}
