//! T0 and what is checked before the window.

use kaibiao_core::act::*;
use kaibiao_core::command::System;
use kaibiao_core::event::What;
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_core::state::Stage;

use crate::world::*;

#[test]
fn t0_fixes_each_lots_live_bids_sorted() {
    let mut world = World::published();
    for number in 1..=4 {
        world.submit(number, "1").unwrap();
    }
    world.withdraw(2, "1").unwrap();
    world.now = T0 + 5;
    world.tick();
    let event = world
        .stream
        .iter()
        .find(|it| it.facts.what.kind() == "deadline_reached");
    let What::DeadlineReached { t0, lots } = &event.unwrap().facts.what else {
        panic!("not the deadline");
    };
    assert_eq!(*t0, T0);
    assert_eq!(lots[0].bids.len(), 3);
    assert!(lots[0].bids.is_sorted());
    assert_eq!(lots[1].bids, []);
}

#[test]
fn a_lot_with_too_few_bids_is_not_opened() {
    let world = World::checking(2);
    assert_eq!(world.stage(), Stage::FailedFewBids);
    let world = World::checking(3);
    assert_eq!(world.stage(), Stage::Checking);
    assert_eq!(world.state.lots[&lot("2")].stage, Stage::FailedFewBids);
}

#[test]
fn a_refused_bid_does_not_count_towards_the_minimum() {
    let mut world = World::checking(3);
    refuse(&mut world, 3);
    assert_eq!(world.stage(), Stage::Checking);
    world.ok(&host(), |nonce| PublishList {
        nonce,
        lot: lot("1"),
    });
    assert_eq!(world.stage(), Stage::FailedFewBids);
}

#[test]
fn the_list_stands_once_published() {
    let mut world = World::checking(4);
    refuse(&mut world, 4);
    world.ok(&host(), |nonce| PublishList {
        nonce,
        lot: lot("1"),
    });
    assert_eq!(world.stage(), Stage::Checking);
    let (party, bid) = (world.party(1, "1").unwrap(), world.live(1, "1").unwrap());
    world.refused(Code::ListPublished, &host(), |nonce| RefuseBid {
        nonce,
        lot: lot("1"),
        party,
        bid,
        reason: "保证金未到账".into(),
        others: Vec::new(),
    });
    world.refused(Code::ListPublished, &host(), |nonce| MarkDeposit {
        nonce,
        lot: lot("1"),
        party,
        deposit: Deposit::Unpaid,
        note: String::new(),
        others: Vec::new(),
    });
}

#[test]
fn deposits_are_imported_after_t0_only_and_name_nobody_new() {
    let mut world = World::published();
    world.submit(1, "1").unwrap();
    let import = |nonce| ImportDeposits {
        nonce,
        lot: lot("1"),
        deposits: (1..=9)
            .map(|number| DepositOf {
                organisation: organisation(100 + number),
                deposit: Deposit::Paid,
            })
            .collect(),
    };
    world.refused(Code::AfterOpeningOnly, &machine(), import);
    let mut world = World::checking(3);
    world.ok(&machine(), import);
    let marked = world
        .kinds()
        .iter()
        .filter(|kind| **kind == "deposit_marked")
        .count();
    assert_eq!(marked, 3);
}

#[test]
fn the_host_marks_a_deposit_as_a_guarantee() {
    let mut world = World::checking(3);
    let party = world.party(2, "1").unwrap();
    world.ok(&host(), |nonce| MarkDeposit {
        nonce,
        lot: lot("1"),
        party,
        deposit: Deposit::Guarantee,
        note: "保函编号 88".into(),
        others: Vec::new(),
    });
    assert_eq!(
        world.lot1().parties[&party].deposit,
        Some(Deposit::Guarantee)
    );
}

#[test]
fn the_window_waits_for_list_and_closing_statement() {
    let mut world = World::published();
    for number in 1..=3 {
        world.submit(number, "1").unwrap();
    }
    world.now = T0;
    let start = |nonce| StartWindow {
        nonce,
        lots: vec![lot("1")],
        seconds: None,
    };
    world.refused(Code::ListMissing, &host(), start);
    world.ok(&host(), |nonce| PublishList {
        nonce,
        lot: lot("1"),
    });
    world.refused(Code::NotCosigned, &host(), start);
    world.sign_statement(None);
    world.ok(&host(), start);
    assert_eq!(world.stage(), Stage::Unlocking);
}

#[test]
fn a_silent_host_holds_nothing_up() {
    let mut world = World::checking(3);
    world.now += 599 * SECOND;
    world.tick();
    assert_eq!(world.lot1().listed, None);
    world.now += SECOND;
    world.tick();
    assert!(world.lot1().listed.is_some());
    world.now += 300 * SECOND;
    world.tick();
    assert_eq!(world.stage(), Stage::Unlocking);
}

#[test]
fn without_quorum_and_without_order_the_lot_ends_sealed() {
    let mut world = World::published();
    for number in 1..=3 {
        world.submit(number, "1").unwrap();
    }
    world.now = T0;
    world.tick();
    world.now = T0 + 1200 * SECOND;
    world.tick();
    assert_eq!(world.stage(), Stage::Terminated);
}

#[test]
fn a_supervisors_order_stands_in_for_the_witnesses() {
    let mut world = witnessed();
    world.refused(Code::NotPermitted, &host(), |nonce| OrderQuorum {
        nonce,
        lot: None,
        reason: "见证人不在线".into(),
    });
    world.ok(&supervisor(), |nonce| OrderQuorum {
        nonce,
        lot: None,
        reason: "见证人不在线".into(),
    });
    assert!(world.state.closing.stands);
}

#[test]
fn the_quorum_cosigns_the_statement_that_was_signed() {
    let mut world = witnessed();
    assert!(!world.state.closing.stands);
    let cosigned = |statement, witnesses| System::QuorumReached {
        lot: None,
        statement: digest(statement),
        witnesses,
    };
    let other = world.system(cosigned("other", 2)).unwrap_err();
    assert_eq!(other.refusal.code, Code::WrongStatement);
    let few = world.system(cosigned("statement", 1)).unwrap_err();
    assert_eq!(few.refusal.code, Code::NotCosigned);
    world.system(cosigned("statement", 2)).unwrap();
    assert!(world.state.closing.stands);
}

/// T0 has passed in a project whose terms ask for two witnesses.
fn witnessed() -> World {
    let mut world = World::published();
    for rules in world.state.lots.values_mut() {
        rules.rules.quorum = 2;
    }
    world.close_with(3);
    world
}

fn refuse(world: &mut World, number: usize) {
    let party = world.party(number, "1").unwrap();
    let bid = world.live(number, "1").unwrap();
    world.ok(&host(), |nonce| RefuseBid {
        nonce,
        lot: lot("1"),
        party,
        bid,
        reason: "未按要求提交保证金".into(),
        others: Vec::new(),
    });
}
