//! T0, outages before it, and time that acts by itself.

use kaibiao_core::act::*;
use kaibiao_core::command::{Away, Clock, Unserved};
use kaibiao_core::due::next_due;
use kaibiao_core::event::Cause;
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_core::state::Stage;

use proptest::prelude::*;

use crate::world::*;

fn away(world: &mut World, from: i64, to: i64) {
    world.absent(from, to, Cause::Killed);
    world.tick();
}

#[test]
fn an_outage_shortly_before_t0_moves_it_to_the_return_plus_the_time_lost() {
    let mut world = World::published();
    away(&mut world, T0 - 10 * MINUTE, T0 - 2 * MINUTE);
    assert_eq!(world.state.t0, T0 + 6 * MINUTE);
    world.now = T0 + MINUTE;
    world.submit(1, "1").unwrap();
}

#[test]
fn an_outage_across_t0_is_noted_first_and_t0_waits() {
    let mut world = World::published();
    away(&mut world, T0 - 5 * MINUTE, T0 + 20 * MINUTE);
    assert_eq!(world.state.deadline, None);
    assert_eq!(world.state.t0, T0 + 25 * MINUTE);
    assert!(world.submit(1, "1").is_ok());
}

#[test]
fn an_outage_of_which_more_time_is_left_than_was_lost_leaves_t0_alone() {
    let mut world = World::published();
    away(&mut world, T0 - 2 * HOUR, T0 - HOUR);
    assert_eq!(
        world.last_kind(),
        "published",
        "long ago, it concerns nobody"
    );
    away(&mut world, T0 - 29 * MINUTE, T0 - 29 * MINUTE + 30 * SECOND);
    away(&mut world, T0 - 20 * MINUTE, T0 - 19 * MINUTE);
    assert_eq!(world.state.t0, T0);
}

#[test]
fn many_short_absences_before_t0_are_made_up_for_in_sum() {
    let mut world = World::published();
    for piece in 0..60 {
        let from = T0 - MINUTE + piece * SECOND;
        away(&mut world, from, from + 900);
    }
    assert_eq!(world.state.t0, T0 - 100 + 60 * 900);
    assert_eq!(world.state.deadline, None);
}

#[test]
fn a_doubt_by_whose_clock_t0_was_over_is_made_up_for() {
    for (reach, moved) in [(T0 + HOUR, 24 * SECOND), (T0 - SECOND, 0)] {
        let mut world = World::published();
        world.away_as(Away {
            from: T0 - 26 * SECOND,
            to: T0 - SECOND,
            cause: Cause::Clock,
            reach,
        });
        world.tick();
        assert_eq!(world.state.t0, T0 + moved);
    }
}

#[test]
fn a_row_of_short_absences_over_t0_leaves_time_to_come_back() {
    let mut world = World::published();
    for piece in 0..30 {
        let from = T0 - 10 * SECOND + piece * SECOND;
        away(&mut world, from, from + 900);
    }
    let back = T0 - 10 * SECOND + 29 * SECOND + 900;
    assert_eq!(world.state.t0, back + 120 * SECOND);
    assert_eq!(world.state.deadline, None);
}

#[test]
fn an_absence_over_t0_leaves_time_to_come_back_however_short_it_is() {
    let mut world = World::published();
    away(&mut world, T0 - 500, T0 + 500);
    assert_eq!(world.state.t0, T0 + 500 + 120 * SECOND);
    world.submit(1, "1").unwrap();
}

#[test]
fn a_stall_over_t0_that_cut_nobody_off_gives_back_what_it_took() {
    let mut world = World::published();
    world.absent(T0 - SECOND, T0 + 600, Cause::Stalled);
    world.submit(1, "1").unwrap();
    assert_eq!(world.state.t0, T0 + 600 + SECOND);
}

#[test]
fn what_stops_nobody_is_not_noted() {
    let mut world = World::published();
    world.absent(T0 - MINUTE, T0 - MINUTE + 900, Cause::Stalled);
    world.tick();
    world.absent(T0 - MINUTE, T0 - SECOND, Cause::Clock);
    world.tick();
    assert_eq!(world.last_kind(), "published");
    assert_eq!(world.state.t0, T0);
}

#[test]
fn a_clock_in_doubt_over_t0_moves_it_once_it_is_believed_again() {
    let mut world = World::published();
    world.now = T0 - SECOND;
    world.clock = Clock::Doubtful { by: 60 * SECOND };
    assert!(world.submit(1, "1").is_err());
    world.now = T0 + 9 * SECOND;
    world.tick();
    assert_eq!(world.last_kind(), "published");
    world.clock = Clock::Steady;
    world.absent(T0 - SECOND, T0 + 10 * SECOND, Cause::Clock);
    world.submit(1, "1").unwrap();
    assert_eq!(world.state.t0, T0 + 130 * SECOND);
}

#[test]
fn what_was_sent_before_a_stall_over_the_end_of_a_window_is_decided_as_of_before_it() {
    for (stall, left) in [(8 * SECOND, 120 * SECOND), (1500, 1500)] {
        let mut world = World::unlocking(3);
        let due = world.lot1().due.unwrap();
        // The stall ends right after the window would have.
        world.absent(due - stall + 1, due + 1, Cause::Stalled);
        world.unlock(1).unwrap();
        let later = world.lot1().due.unwrap();
        assert!(later - (due + 1) >= left - 1, "{}", later - due);
        world.unlock(2).unwrap();
    }
}

#[test]
fn a_crash_loop_over_the_end_of_a_window_convicts_nobody() {
    let mut world = World::unlocking(3);
    let due = world.lot1().due.unwrap();
    let mut from = due - 9 * SECOND;
    for _ in 0..155 {
        away(&mut world, from, from + 110);
        from += 116;
    }
    assert_eq!(world.stage(), Stage::Unlocking);
    for number in 1..=3 {
        assert_eq!(world.finding(number), None);
        world.unlock(number).unwrap();
    }
}

/// Errors are answered from one instant to another, and time passes until `now`.
fn unserved(world: &mut World, from: i64, to: i64, now: i64) {
    world.unserved = Some(Unserved { from, to });
    world.now = now;
    world.tick();
}

#[test]
fn a_window_does_not_end_while_bidders_are_answered_with_errors() {
    let mut world = World::unlocking(3);
    let end = world.lot1().due.unwrap();
    unserved(
        &mut world,
        end - 90 * SECOND,
        end - 20 * SECOND,
        end - SECOND,
    );
    assert_eq!(world.lot1().due.unwrap(), end, "more may come");
    unserved(
        &mut world,
        end - 90 * SECOND,
        end - 20 * SECOND,
        end + SECOND,
    );
    assert_eq!(world.last_kind(), "outage_noted");
    let later = world.lot1().due.unwrap();
    assert_eq!(later, end + SECOND + 2 * MINUTE, "time to come back");
    // It goes on: the window waits once more, and what is on record counts once.
    unserved(&mut world, end - 90 * SECOND, later - SECOND, later);
    assert_eq!(world.lot1().due.unwrap(), later + 2 * MINUTE);
    let outages = &world.state.outages;
    assert_eq!(outages[1].from, outages[0].to);
    // Errors that ended before hold nothing up.
    let end = world.lot1().due.unwrap();
    unserved(&mut world, later, later + SECOND, end);
    assert_eq!(world.stage(), Stage::FailedAfterUnlock);
}

#[test]
fn errors_within_a_window_are_given_back_once_they_are_over() {
    let mut world = World::unlocking(3);
    let end = world.lot1().due.unwrap();
    let from = world.now + SECOND;
    world.now += 30 * SECOND;
    world.unlock(1).unwrap();
    unserved(&mut world, from, from + 50 * SECOND, from + 81 * SECOND);
    assert_eq!(
        world.lot1().due.unwrap(),
        end + 50 * SECOND,
        "others were served meanwhile"
    );
}

#[test]
fn errors_within_an_outage_that_is_on_record_hold_nothing_up_once_more() {
    let mut world = World::published_as(|draft| {
        for lot in draft.lots.values_mut() {
            lot.policy.stays.returning = 10;
        }
    });
    let back = T0 + SECOND;
    world.absent(T0 - 5 * SECOND, back, Cause::Stalled);
    unserved(&mut world, T0 - 4 * SECOND, back - SECOND, back);
    let t0 = world.state.t0;
    assert_eq!(t0, back + 10 * SECOND);
    // T0 comes within 30 s of the last error, but nobody has met one since.
    unserved(&mut world, T0 - 4 * SECOND, back - SECOND, t0);
    assert_eq!(world.state.deadline.map(|_| world.state.t0), Some(t0));
    assert_eq!(world.state.outages.len(), 1);
}

#[test]
fn short_errors_that_come_again_and_again_hold_nothing_up_for_longer_than_an_hour() {
    let mut world = World::published();
    while world.state.deadline.is_none() {
        let now = world.state.t0;
        unserved(&mut world, now - 300, now - 280, now);
    }
    assert_eq!(world.state.t0, T0 + HOUR);
    let mut world = World::unlocking(3);
    let end = world.lot1().due.unwrap();
    while world.stage() == Stage::Unlocking {
        let now = world.lot1().due.unwrap();
        unserved(&mut world, now - 300, now - 280, now);
    }
    assert_eq!(world.lot1().since, end + HOUR);
}

#[test]
fn t0_waits_for_errors_no_longer_than_an_hour_in_all() {
    let mut world = World::published();
    let begun = T0 - 3 * HOUR;
    let mut waits = 0;
    while world.state.deadline.is_none() {
        let now = world.state.t0;
        unserved(&mut world, begun, now - SECOND, now);
        waits += 1;
    }
    assert_eq!(world.state.t0, T0 + HOUR);
    assert_eq!(waits, 3);
}

/// Absences, each with the time that was served before it, in milliseconds.
fn absences() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((1..3000i64, 1..9000i64), 1..60)
}

proptest! {
    #[test]
    fn a_window_ends_only_after_its_whole_length_was_served(
        start in 0..40_000i64,
        absences in absences(),
    ) {
        let mut world = World::unlocking(3);
        let begun = world.now;
        let length = world.lot1().due.unwrap() - begun;
        world.now += length - start;
        world.tick();
        let mut lost = 0;
        for (served, length) in absences {
            let from = world.now + served;
            world.now = from;
            world.tick();
            if world.stage() != Stage::Unlocking {
                break;
            }
            away(&mut world, from, from + length);
            lost += length;
            prop_assert_eq!(world.stage(), Stage::Unlocking);
        }
        while world.stage() == Stage::Unlocking {
            world.wait();
        }
        prop_assert!(world.now - begun - lost >= length);
    }

    #[test]
    fn at_every_return_before_t0_at_least_as_much_time_is_left_as_was_lost(
        start in 0..40_000i64,
        absences in absences(),
    ) {
        let mut world = World::published();
        world.now = T0 - start;
        let mut lost = 0;
        for (served, length) in absences {
            let from = world.now + served;
            world.now = from;
            world.tick();
            if world.state.deadline.is_some() {
                break;
            }
            let before = world.state.t0;
            away(&mut world, from, from + length);
            lost += (from + length).min(before) - from;
            prop_assert_eq!(world.state.deadline, None);
            prop_assert!(world.state.t0 - world.now >= lost);
            prop_assert!(world.state.t0 >= before);
        }
    }
}

#[test]
fn where_the_terms_say_so_an_outage_does_not_move_t0() {
    let mut world = World::published_as(|draft| draft.outage_moves_t0 = false);
    away(&mut world, T0 - 5 * MINUTE, T0 + 20 * MINUTE);
    assert!(world.state.deadline.is_some());
    assert!(world.kinds().contains(&"outage_noted"));
}

#[test]
fn any_command_at_t0_first_records_the_deadline() {
    let mut world = World::published();
    world.now = T0 + HOUR;
    world.refused(Code::WrongStage, &host(), |nonce| Clarify {
        nonce,
        title: "太晚".into(),
        text: "太晚".into(),
        attachments: vec![],
    });
    assert!(world.kinds().contains(&"deadline_reached"));
}

#[test]
fn nobody_does_anything_and_every_lot_ends() {
    for bidders in [0, 2, 3, 5] {
        let mut world = World::published();
        for number in 1..=bidders {
            world.submit(number, "1").unwrap();
        }
        while world.wait() {}
        assert!(world.state.ended_at.is_some());
        assert_eq!(next_due(&world.state), None);
    }
}

#[test]
fn an_opened_lot_that_everybody_leaves_closes_with_its_record_unsigned() {
    let mut world = World::opened(3);
    while world.wait() {}
    assert_eq!(world.stage(), Stage::Closed);
}

#[test]
fn lots_that_start_together_share_a_window_and_then_go_their_own_ways() {
    let mut world = World::published();
    for number in 1..=3 {
        world.submit(number, "1").unwrap();
        world.submit(number, "2").unwrap();
    }
    world.now = T0;
    world.tick();
    world.sign_statement(None);
    for id in ["1", "2"] {
        world.ok(&host(), |nonce| PublishList {
            nonce,
            lot: lot(id),
        });
    }
    world.ok(&host(), |nonce| StartWindow {
        nonce,
        lots: vec![lot("1"), lot("2")],
        seconds: Some(600),
    });
    assert_eq!(world.lot1().due, world.state.lots[&lot("2")].due);
    for number in 1..=3 {
        world.unlock(number).unwrap();
    }
    assert_eq!(world.stage(), Stage::Releasing);
    assert_eq!(world.state.lots[&lot("2")].stage, Stage::Unlocking);
    world.refused(Code::NoLots, &host(), |nonce| Announce {
        nonce,
        lots: vec![],
    });
    world.refused(Code::NoLots, &host(), |nonce| Extend {
        nonce,
        lots: vec![lot("2"), lot("2")],
        seconds: 1,
        reason: "重复".into(),
    });
}
