//! T0, outages before it, and time that acts by itself.

use kaibiao_core::act::*;
use kaibiao_core::command::System;
use kaibiao_core::due::next_due;
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_core::state::Stage;

use crate::world::*;

fn away(world: &mut World, from: i64, to: i64) {
    world.now = to;
    let outage = System::Outage {
        from,
        to,
        note: String::new(),
    };
    world.system(outage).unwrap();
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
fn an_outage_that_is_short_or_long_ago_leaves_t0_alone() {
    let mut world = World::published();
    away(&mut world, T0 - 2 * HOUR, T0 - HOUR);
    away(&mut world, T0 - 29 * MINUTE, T0 - 29 * MINUTE + 30 * SECOND);
    away(&mut world, T0 - 20 * MINUTE, T0 - 19 * MINUTE);
    assert_eq!(world.state.t0, T0);
}

#[test]
fn where_the_terms_say_so_an_outage_does_not_move_t0() {
    let mut world = World::published_as(|draft| draft.outage_moves_t0 = false);
    away(&mut world, T0 - 5 * MINUTE, T0 + 20 * MINUTE);
    assert!(world.state.deadline.is_some());
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
