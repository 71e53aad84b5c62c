//! The window: unlocking, extending, suspending, rescuing, and its end.

use kaibiao_core::act::*;
use kaibiao_core::command::System;
use kaibiao_core::event::{Cause, Check, Outcome, Rule};
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_core::state::Stage;

use crate::world::*;

#[test]
fn when_all_are_in_the_accepted_set_is_fixed_at_once() {
    let mut world = World::unlocking(3);
    world.unlock(1).unwrap();
    world.unlock(2).unwrap();
    assert_eq!(world.stage(), Stage::Unlocking);
    world.unlock(3).unwrap();
    assert_eq!(world.stage(), Stage::Releasing);
    assert_eq!(world.lot1().accepted.len(), 3);
}

#[test]
fn when_the_window_is_over_the_silent_are_left_out() {
    let mut world = World::unlocking(4);
    for number in 1..=3 {
        world.unlock(number).unwrap();
    }
    world.now += 1800 * SECOND;
    assert_eq!(
        world.unlock(4).unwrap_err().refusal.code,
        Code::AcceptedFixed
    );
    assert_eq!(world.lot1().accepted.len(), 3);
    assert_eq!(
        world.finding(4),
        Some((Finding::Forfeited, Rule::NoAttempt))
    );
    assert_eq!(world.finding(1), None);
}

#[test]
fn a_wrong_key_is_evidence_and_can_be_tried_again() {
    let mut world = World::unlocking(3);
    let refused = world.attempt(1, Some(Check::KeyMismatch)).unwrap_err();
    assert_eq!(refused.refusal.code, Code::WrongKey);
    assert_eq!(world.last_kind(), "unlock_failed");
    world.unlock(1).unwrap();
    assert_eq!(world.unlock(1).unwrap_err().refusal.code, Code::AlreadyDone);
}

#[test]
fn attempts_are_recorded_up_to_a_limit_and_the_right_key_still_counts() {
    let mut world = World::unlocking(3);
    for _ in 0..40 {
        let refused = world.attempt(1, Some(Check::KeyMismatch)).unwrap_err();
        assert_eq!(refused.refusal.code, Code::WrongKey);
    }
    let failed = world
        .kinds()
        .iter()
        .filter(|kind| **kind == "unlock_failed")
        .count();
    assert_eq!(failed, 20);
    world.unlock(1).unwrap();
}

#[test]
fn attempts_that_never_matched_are_the_bidders_own() {
    let mut world = World::unlocking(3);
    world.attempt(1, Some(Check::KeyMismatch)).unwrap_err();
    over(&mut world);
    assert_eq!(world.finding(1), Some((Finding::Forfeited, Rule::WrongKey)));
}

#[test]
fn a_store_that_failed_is_the_platforms_fault() {
    let mut world = World::unlocking(3);
    let refused = world.attempt(1, Some(Check::StoreFailed)).unwrap_err();
    assert_eq!(refused.refusal.code, Code::PlatformFailed);
    over(&mut world);
    assert_eq!(
        world.finding(1),
        Some((Finding::Returned, Rule::StoreFailed))
    );
}

#[test]
fn a_call_for_help_that_nothing_explains_is_for_the_supervisor() {
    let mut world = World::unlocking(3);
    ask_help(&mut world, 1);
    over(&mut world);
    assert_eq!(world.finding(1), Some((Finding::Open, Rule::Unexplained)));
    let party = world.party(1, "1").unwrap();
    let help = *world.lot1().helps.keys().next().unwrap();
    let made = world.lot1().parties[&party].finding.clone().unwrap();
    assert!(made.cites.contains(&help));
    assert!(made.cites.contains(&world.lot1().window.unwrap()));
}

#[test]
fn a_call_for_help_followed_by_a_wrong_key_is_explained() {
    let mut world = World::unlocking(3);
    ask_help(&mut world, 1);
    world.attempt(1, Some(Check::KeyMismatch)).unwrap_err();
    over(&mut world);
    assert_eq!(world.finding(1), Some((Finding::Forfeited, Rule::WrongKey)));
}

#[test]
fn an_extension_gives_time_within_the_terms() {
    let mut world = World::unlocking(3);
    let extend = |seconds| {
        move |nonce| Extend {
            nonce,
            lots: vec![lot("1")],
            seconds,
            reason: "有投标人求助".into(),
        }
    };
    world.ok(&host(), extend(1200));
    world.refused(Code::ExtensionSpent, &host(), extend(601));
    world.ok(&supervisor(), extend(600));
    world.refused(Code::NotPermitted, &bidder(1), extend(1));
    world.now += 3599 * SECOND;
    world.unlock(1).unwrap();
    world.now += SECOND;
    assert_eq!(
        world.unlock(2).unwrap_err().refusal.code,
        Code::AcceptedFixed
    );
}

#[test]
fn a_suspension_stops_the_clocks_and_a_resumption_lets_them_run_on() {
    let mut world = World::unlocking(3);
    world.now += 1700 * SECOND;
    world.ok(&host(), |nonce| Suspend {
        nonce,
        lots: vec![lot("1")],
        reason: "网络故障".into(),
    });
    world.now += HOUR;
    assert_eq!(world.unlock(1).unwrap_err().refusal.code, Code::Suspended);
    world.ok(&host(), |nonce| Resume {
        nonce,
        lots: vec![lot("1")],
        reason: String::new(),
    });
    world.now += 99 * SECOND;
    world.unlock(1).unwrap();
    world.now += SECOND;
    world.tick();
    assert_eq!(world.stage(), Stage::Releasing);
}

#[test]
fn a_suspension_ends_by_itself_and_the_supervisors_only_by_the_supervisor() {
    let mut world = World::unlocking(3);
    world.ok(&supervisor(), |nonce| Suspend {
        nonce,
        lots: vec![lot("1")],
        reason: "核查".into(),
    });
    world.refused(Code::OrderedBySupervisor, &host(), |nonce| Resume {
        nonce,
        lots: vec![lot("1")],
        reason: String::new(),
    });
    world.now += 7200 * SECOND;
    world.tick();
    assert_eq!(world.lot1().suspended, None);
    world.unlock(1).unwrap();
}

#[test]
fn a_host_suspends_for_as_long_as_the_terms_say_in_all() {
    let mut world = World::unlocking(3);
    let suspend = |nonce| Suspend {
        nonce,
        lots: vec![lot("1")],
        reason: "网络故障".into(),
    };
    world.ok(&host(), suspend);
    world.now += 5000 * SECOND;
    world.ok(&host(), |nonce| Resume {
        nonce,
        lots: vec![lot("1")],
        reason: String::new(),
    });
    world.ok(&host(), suspend);
    let due = world.lot1().suspended.unwrap().due;
    assert_eq!(due, world.now + 2200 * SECOND, "what is left of two hours");
    world.now = due;
    world.tick();
    assert_eq!(world.lot1().suspended, None);
    world.refused(Code::SuspensionSpent, &host(), suspend);
    // What the supervisor finds needed is its own to order.
    world.ok(&supervisor(), suspend);
    let due = world.lot1().suspended.unwrap().due;
    assert_eq!(due, world.now + 7200 * SECOND);
}

#[test]
fn an_outage_lengthens_the_window_by_itself() {
    let mut world = World::unlocking(3);
    let from = world.now + 1000 * SECOND;
    world.now += 2500 * SECOND;
    let to = world.now;
    world.absent(from, to, Cause::Killed);
    world.tick();
    assert_eq!(world.stage(), Stage::Unlocking);
    world.now += 799 * SECOND;
    world.unlock(1).unwrap();
    world.now += SECOND;
    world.tick();
    assert_eq!(world.stage(), Stage::Releasing);
}

#[test]
fn a_platform_that_was_away_for_longer_than_the_window_is_at_fault() {
    let mut world = World::unlocking(3);
    let from = world.now + SECOND;
    world.now += 1900 * SECOND;
    let to = world.now;
    world.absent(from, to, Cause::Killed);
    world.tick();
    over(&mut world);
    assert_eq!(
        world.finding(1),
        Some((Finding::Returned, Rule::PlatformUnwell))
    );
}

#[test]
fn a_call_that_the_platform_answered_with_an_error_of_its_own_is_an_attempt() {
    let mut world = World::unlocking(3);
    let bid = world.live(1, "1").unwrap();
    let unanswered = |organisation| System::UnlockUnanswered {
        organisation,
        lot: lot("1"),
        bid,
    };
    let others = unanswered(bidder(2).author.organisation);
    assert!(world.system(others).is_err(), "it is not their bid");
    let own = unanswered(bidder(1).author.organisation);
    world.system(own).unwrap();
    over(&mut world);
    assert_eq!(
        world.finding(1),
        Some((Finding::Open, Rule::Unexplained)),
        "the supervisor decides"
    );
}

#[test]
fn a_rescue_is_asked_for_ordered_and_done_by_custodians() {
    let mut world = World::unlocking(3);
    let (party, bid) = (world.party(1, "1").unwrap(), world.live(1, "1").unwrap());
    let order = |nonce| OrderRescue {
        nonce,
        lot: lot("1"),
        party,
        bid,
        reason: "证书已更换".into(),
    };
    world.refused(Code::RescueTooSoon, &supervisor(), order);
    world.ok(&bidder(1), |nonce| AskRescue {
        nonce,
        lot: lot("1"),
        bid,
        reason: "证书已更换".into(),
    });
    assert_eq!(
        share(&mut world, &host(), 1, true)
            .unwrap_err()
            .refusal
            .code,
        Code::RescueNotOrdered
    );
    world.refused(Code::NotPermitted, &host(), order);
    let waiting = |world: &World| {
        let room = kaibiao_core::view::room(&world.state, &world.book).unwrap();
        room.lots[&lot("1")].rescues_asked
    };
    assert_eq!(waiting(&world), 1);
    world.ok(&supervisor(), order);
    assert_eq!(waiting(&world), 0);
    world.unlock(2).unwrap();
    world.unlock(3).unwrap();
    assert_eq!(
        share(&mut world, &host(), 1, false)
            .unwrap_err()
            .refusal
            .code,
        Code::ShareMismatch
    );
    assert_eq!(world.last_kind(), "rescue_shared");
    for (custodian, x) in [(host(), 1), (centre(), 2), (supervisor(), 3)] {
        share(&mut world, &custodian, x, true).unwrap();
    }
    world
        .system(System::Rescued {
            lot: lot("1"),
            bid,
            matches: true,
        })
        .unwrap();
    assert_eq!(world.stage(), Stage::Releasing);
    assert!(world.lot1().accepted.contains(&bid));
}

#[test]
fn a_rescue_that_was_dealt_wrongly_is_its_bidders_own_fault() {
    let mut world = World::unlocking(3);
    let (party, bid) = (world.party(1, "1").unwrap(), world.live(1, "1").unwrap());
    world.attempt(1, Some(Check::KeyMismatch)).unwrap_err();
    world.ok(&supervisor(), |nonce| OrderRescue {
        nonce,
        lot: lot("1"),
        party,
        bid,
        reason: "证书已更换".into(),
    });
    for (custodian, x) in [(host(), 1), (centre(), 2), (supervisor(), 3)] {
        share(&mut world, &custodian, x, true).unwrap();
    }
    let matches = false;
    let lot = lot("1");
    world.system(System::Rescued { lot, bid, matches }).unwrap();
    let outcome = world.lot1().parties[&party].outcome;
    assert_eq!(outcome, Some(Outcome::RescueMismatch));
    over(&mut world);
    let (finding, rule) = world.finding(1).unwrap();
    assert_eq!((finding, rule), (Finding::Forfeited, Rule::RescueFails));
    let cites = &world.lot1().parties[&party].finding.as_ref().unwrap().cites;
    let kinds = world.kinds();
    let cited = cites
        .iter()
        .map(|seq| kinds[usize::try_from(*seq).unwrap() - 1]);
    assert!(cited.collect::<Vec<_>>().contains(&"rescued"));
}

#[test]
fn a_rescue_delays_the_accepted_set_no_longer_than_the_terms_say() {
    let mut world = World::unlocking(3);
    world.attempt(1, Some(Check::KeyMismatch)).unwrap_err();
    let (party, bid) = (world.party(1, "1").unwrap(), world.live(1, "1").unwrap());
    world.now += 1799 * SECOND;
    world.ok(&supervisor(), |nonce| OrderRescue {
        nonce,
        lot: lot("1"),
        party,
        bid,
        reason: "设备故障".into(),
    });
    world.now += 2 * SECOND;
    assert_eq!(world.unlock(2).unwrap_err().refusal.code, Code::WindowOver);
    assert_eq!(world.stage(), Stage::Unlocking);
    world.now += 897 * SECOND;
    world.tick();
    assert_eq!(world.lot1().accepted_at, None);
    world.now += SECOND;
    world.tick();
    assert!(world.lot1().accepted_at.is_some());
}

#[test]
fn no_rescue_of_a_bid_that_was_not_sealed_for_it() {
    let mut world = World::published();
    world
        .submit_as(1, "1", digest("no rescue"), |_, it| it.rescue = false)
        .unwrap();
    for number in 2..=3 {
        world.submit(number, "1").unwrap();
    }
    world.now = T0;
    world.tick();
    world.sign_statement(None);
    world.start_window();
    world.refused(Code::RescueNotAllowed, &bidder(1), |nonce| AskRescue {
        nonce,
        lot: lot("1"),
        bid: digest("no rescue"),
        reason: "证书丢失".into(),
    });
}

#[test]
fn where_the_terms_say_so_too_few_unlocked_bids_stay_sealed() {
    let mut world = World::published_as(|draft| {
        draft
            .lots
            .get_mut(&lot("1"))
            .unwrap()
            .policy
            .fails_after_unlock = true;
    });
    world.close_with(3);
    world.start_window();
    world.unlock(1).unwrap();
    world.unlock(2).unwrap();
    world.now += 1800 * SECOND;
    world.tick();
    assert_eq!(world.stage(), Stage::FailedAfterUnlock);
    assert_eq!(
        world.finding(3),
        Some((Finding::Forfeited, Rule::NoAttempt))
    );
    assert_eq!(world.finding(1), None);
}

#[test]
fn after_the_accepted_set_nothing_changes_it() {
    let mut world = World::releasing(3);
    let (party, bid) = (world.party(1, "1").unwrap(), world.live(1, "1").unwrap());
    world.refused(Code::AcceptedFixed, &host(), |nonce| Extend {
        nonce,
        lots: vec![lot("1")],
        seconds: 60,
        reason: "再等等".into(),
    });
    world.refused(Code::AcceptedFixed, &supervisor(), |nonce| Suspend {
        nonce,
        lots: vec![lot("1")],
        reason: "再等等".into(),
    });
    world.refused(Code::AcceptedFixed, &supervisor(), |nonce| OrderRescue {
        nonce,
        lot: lot("1"),
        party,
        bid,
        reason: "再等等".into(),
    });
    assert_eq!(
        share(&mut world, &host(), 1, true)
            .unwrap_err()
            .refusal
            .code,
        Code::AcceptedFixed
    );
}

fn share(
    world: &mut World,
    custodian: &kaibiao_core::command::Actor,
    x: u8,
    good: bool,
) -> Result<Vec<kaibiao_core::event::Event>, kaibiao_core::decide::RefusedCommand> {
    share_of(world, 1, custodian, x, good)
}

/// A custodian's share of the bid of some bidder.
pub fn share_of(
    world: &mut World,
    number: usize,
    custodian: &kaibiao_core::command::Actor,
    x: u8,
    good: bool,
) -> Result<Vec<kaibiao_core::event::Event>, kaibiao_core::decide::RefusedCommand> {
    let bid = world.live(number, "1").unwrap();
    world.checked(custodian, shares_checked(&[good]), |nonce| Rescue {
        nonce,
        lot: lot("1"),
        share: Share {
            bid,
            envelope: 0,
            x,
            share: digest("share"),
        },
    })
}

fn ask_help(world: &mut World, number: usize) {
    world.ok(&bidder(number), |nonce| Help {
        nonce,
        lot: lot("1"),
        text: "点击解密没有反应".into(),
        diagnosis: String::new(),
    });
}

/// Everybody but bidder 1 unlocks, and the window ends.
fn over(world: &mut World) {
    for number in 2..=3 {
        world.unlock(number).unwrap();
    }
    while world.stage() == Stage::Unlocking {
        assert!(world.wait());
    }
}
