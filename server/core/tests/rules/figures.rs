//! What a centre counts of openings that have ended.

use kaibiao_core::act::*;
use kaibiao_core::command::System;
use kaibiao_core::event::{Cause, Check, Rule};
use kaibiao_core::figures::{self, Figures};
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
        let told = world.figures().told();
        assert_eq!((told.ratings, told.scores), (rated, None));
        world.ok(&who, |nonce| Rate {
            nonce,
            score,
            comment: String::new(),
        });
    }
    assert_eq!(world.figures().scores, [0, 1, 0, 0, 2]);
    assert_eq!(world.figures().told().scores, Some([0, 1, 0, 0, 2]));
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
        let told = with(bids).told();
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

    let few = with(&[("a", 2)]).told();
    assert!(few.unlocking.is_none() && few.causes.is_empty());
    let enough = with(&[("a", 2), ("b", 1)]).told();
    assert_eq!(enough.unlocking.unwrap().untried, 2);
    assert_eq!(enough.causes[&Rule::NoAttempt], 1);
}
