//! Custodians release, the platform opens, and what does not open is ruled on.

use kaibiao_core::act::*;
use kaibiao_core::command::System;
use kaibiao_core::event::{Outcome, Rule};
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_core::state::Stage;
use kaibiao_core::view::view;
use kaibiao_core::viewer::{Seat, Viewer};

use crate::world::*;

#[test]
fn two_of_three_custodians_release_and_everything_opens_at_once() {
    let mut world = World::releasing(3);
    world.release(&host()).unwrap();
    assert!(!world.lot1().may_open());
    assert_eq!(
        world.open(|_| Outcome::Opened).unwrap_err().refusal.code,
        Code::WrongStage
    );
    world.release(&supervisor()).unwrap();
    assert!(world.lot1().may_open());
    world.open(|_| Outcome::Opened).unwrap();
    assert_eq!(world.stage(), Stage::Opened);
    assert_eq!(world.lot1().tally.opened, 3);
}

#[test]
fn custodians_wait_for_the_accepted_statement_and_release_for_it_alone() {
    let mut world = World::unlocking(3);
    for number in 1..=3 {
        world.unlock(number).unwrap();
    }
    assert_eq!(
        world.release(&host()).unwrap_err().refusal.code,
        Code::NotCosigned
    );
    world.sign_statement(Some("1"));
    let shares: Vec<_> = world
        .lot1()
        .accepted
        .iter()
        .take(2)
        .map(|bid| share_of(*bid))
        .collect();
    let few = world.checked(&host(), shares_checked(&[true; 2]), |nonce| Release {
        nonce,
        lot: lot("1"),
        accepted: digest("statement"),
        shares: shares.clone(),
        withheld: Vec::new(),
    });
    assert_eq!(few.unwrap_err().refusal.code, Code::WrongShares);
    let other = world.checked(&host(), shares_checked(&[true; 2]), |nonce| Release {
        nonce,
        lot: lot("1"),
        accepted: digest("another statement"),
        shares,
        withheld: Vec::new(),
    });
    assert_eq!(other.unwrap_err().refusal.code, Code::WrongStatement);
    assert_eq!(
        world.release(&tenderer()).unwrap_err().refusal.code,
        Code::UnknownCustodian
    );
    assert_eq!(
        world.release(&bidder(1)).unwrap_err().refusal.code,
        Code::UnknownCustodian
    );
    world.release(&host()).unwrap();
    assert_eq!(
        world.release(&host()).unwrap_err().refusal.code,
        Code::AlreadyDone
    );
}

fn share_of(bid: kaibiao_crypto::Digest) -> Share {
    Share {
        bid,
        envelope: 0,
        x: 1,
        share: digest("share"),
    }
}

#[test]
fn a_wrong_share_is_evidence_and_the_others_make_up_for_it() {
    let mut world = World::releasing(3);
    world.release(&host()).unwrap();
    world.release_as(&centre(), |index| index != 0).unwrap();
    assert!(!world.lot1().may_open());
    let all_wrong = world.release_as(&supervisor(), |_| false).unwrap_err();
    assert_eq!(all_wrong.refusal.code, Code::ShareMismatch);
    assert_eq!(world.last_kind(), "released");
    world.release(&supervisor()).unwrap();
    assert!(world.lot1().may_open());
}

#[test]
fn late_custodians_get_one_extension_and_then_the_bids_are_returned() {
    let mut world = World::releasing(3);
    world.release(&host()).unwrap();
    world.now += 600 * SECOND;
    world.tick();
    assert!(world.lot1().release_extended);
    world.now += 600 * SECOND;
    world.tick();
    assert!(world.lot1().may_open());
    world.open(|_| Outcome::Opened).unwrap();
    assert_eq!(world.stage(), Stage::FailedAfterUnlock);
    for number in 1..=3 {
        assert_eq!(
            world.finding(number),
            Some((Finding::Returned, Rule::ShareMissing))
        );
    }
}

#[test]
fn a_platform_that_does_not_open_in_time_is_at_fault() {
    let mut world = World::releasing(3);
    world.release(&host()).unwrap();
    world.release(&centre()).unwrap();
    world.now += 300 * SECOND;
    world.tick();
    assert_eq!(world.stage(), Stage::FailedAfterUnlock);
    assert_eq!(
        world.finding(1),
        Some((Finding::Returned, Rule::NotOpenedInTime))
    );
}

#[test]
fn a_bid_whose_content_fails_is_forfeited_and_the_others_go_on() {
    let mut world = World::releasing(4);
    world.release(&host()).unwrap();
    world.release(&centre()).unwrap();
    let outcomes = [
        Outcome::Opened,
        Outcome::KeyMismatch,
        Outcome::StoreCorrupt,
        Outcome::Opened,
    ];
    world.now += 270 * SECOND;
    world.open(|index| outcomes[index]).unwrap();
    assert_eq!(world.stage(), Stage::Opened);
    let lot1 = world.lot1();
    let mut rules: Vec<_> = lot1
        .parties
        .values()
        .filter_map(|it| it.finding.as_ref())
        .map(|it| (it.finding, it.rule))
        .collect();
    rules.sort_by_key(|(_, rule)| format!("{rule:?}"));
    assert_eq!(
        rules,
        [
            (Finding::Forfeited, Rule::ContentFails),
            (Finding::Returned, Rule::StoreFailed)
        ]
    );
    assert_eq!(lot1.reading_order().len(), 2);
}

#[test]
fn what_the_platform_cannot_read_is_waited_for_until_the_last_tenth_of_its_term() {
    for outcome in [Outcome::StoreCorrupt, Outcome::NotOpened] {
        let mut world = World::releasing(4);
        world.release(&host()).unwrap();
        world.release(&centre()).unwrap();
        let one = |index| [Outcome::Opened, outcome][usize::from(index == 1)];
        world.now += 270 * SECOND - 1;
        let early = world.open(one).unwrap_err();
        assert_eq!(early.refusal.code, Code::NotDue);
        assert_eq!(world.stage(), Stage::Releasing);
        world.now += 1;
        world.open(one).unwrap();
        assert_eq!(world.stage(), Stage::Opened);
        assert_eq!(world.lot1().tally.opened, 3);
        let findings: Vec<_> = (1..=4).filter_map(|it| world.finding(it)).collect();
        let rule = match outcome {
            Outcome::NotOpened => Rule::NotOpenedInTime,
            _ => Rule::StoreFailed,
        };
        assert_eq!(findings, [(Finding::Returned, rule)]);
    }
}

#[test]
fn the_supervisor_confirms_or_overrules_and_nobody_else() {
    let mut world = silent_one();
    let party = world.party(4, "1").unwrap();
    let confirm = |finding| {
        move |nonce| ConfirmFinding {
            nonce,
            lot: lot("1"),
            party,
            finding,
            others: Vec::new(),
        }
    };
    for who in [host(), centre(), bidder(4)] {
        world.refused(Code::NotPermitted, &who, confirm(Finding::Forfeited));
    }
    world.refused(
        Code::FindingDiffers,
        &supervisor(),
        confirm(Finding::Returned),
    );
    world.ok(&supervisor(), confirm(Finding::Forfeited));
    world.refused(
        Code::AlreadyDone,
        &supervisor(),
        confirm(Finding::Forfeited),
    );
    world.ok(&supervisor(), |nonce| OverruleFinding {
        nonce,
        lot: lot("1"),
        party,
        finding: Finding::Returned,
        reason: "平台日志显示网络中断".into(),
        others: Vec::new(),
    });
    assert_eq!(world.finding(4), Some((Finding::Returned, Rule::NoAttempt)));
    let opened = world.party(1, "1").unwrap();
    world.refused(Code::NoFinding, &supervisor(), |nonce| ConfirmFinding {
        nonce,
        lot: lot("1"),
        party: opened,
        finding: Finding::Forfeited,
        others: Vec::new(),
    });
}

#[test]
fn whoever_reads_a_finding_reads_why_it_was_overruled() {
    let mut world = silent_one();
    let party = world.party(4, "1").unwrap();
    let overrule = |finding, reason: &str| {
        let reason = reason.to_owned();
        move |nonce| OverruleFinding {
            nonce,
            lot: lot("1"),
            party,
            finding,
            reason,
            others: Vec::new(),
        }
    };
    let read = |world: &World, viewer: &Viewer| {
        let seen = view(&world.state, &world.book, viewer, None, world.now).unwrap();
        let mut found = seen.lots[&lot("1")]
            .parties
            .iter()
            .map(|it| it.finding.clone());
        found.find_map(|it| it.map(|it| it.reason))
    };
    let own = Viewer::at(Seat::Bidder, Some(bidder(4).author.organisation));
    let other = Viewer::at(Seat::Bidder, Some(bidder(1).author.organisation));
    let official = Viewer::at(Seat::Host, None);
    assert_eq!(read(&world, &own).as_deref(), Some(""));
    world.ok(
        &supervisor(),
        overrule(Finding::Returned, "平台日志显示网络中断"),
    );
    for viewer in [&own, &official] {
        assert_eq!(
            read(&world, viewer).as_deref(),
            Some("平台日志显示网络中断")
        );
    }
    // The sheets are not announced: others do not know the finding yet.
    for viewer in [&other, &Viewer::public()] {
        assert_eq!(read(&world, viewer), None);
    }
    world.ok(&host(), |nonce| Announce {
        nonce,
        lots: vec![lot("1")],
    });
    for viewer in [&other, &Viewer::public()] {
        assert_eq!(
            read(&world, viewer).as_deref(),
            Some("平台日志显示网络中断")
        );
    }
}

#[test]
fn the_platform_cannot_say_that_a_bid_lacks_shares_when_it_does_not() {
    let mut world = World::releasing(3);
    world.release(&host()).unwrap();
    world.release(&centre()).unwrap();
    assert_eq!(
        world
            .open(|_| Outcome::SharesMissing)
            .unwrap_err()
            .refusal
            .code,
        Code::FactsDiffer
    );
    let nothing = System::Opened {
        lot: lot("1"),
        results: vec![],
        sheets: vec![],
    };
    assert_eq!(
        world.system(nothing).unwrap_err().refusal.code,
        Code::FactsDiffer
    );
}

/// Opened, but for bidder 4, who never unlocked.
fn silent_one() -> World {
    let mut world = World::unlocking(4);
    for number in 1..=3 {
        world.unlock(number).unwrap();
    }
    world.now += 1800 * SECOND;
    world.tick();
    world.sign_statement(Some("1"));
    world.release(&host()).unwrap();
    world.release(&centre()).unwrap();
    world.open(|_| Outcome::Opened).unwrap();
    world
}
