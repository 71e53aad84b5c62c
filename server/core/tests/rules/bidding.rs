//! Submitting, replacing, withdrawing, and what is refused.

use kaibiao_core::act::*;
use kaibiao_core::command::{Clock, System};
use kaibiao_core::event::What;
use kaibiao_core::refusal::RefusalCode as Code;

use crate::world::*;

#[test]
fn the_last_complete_version_counts() {
    let mut world = World::published();
    world.submit(1, "1").unwrap();
    let first = world.live(1, "1");
    world.submit(1, "1").unwrap();
    assert_ne!(world.live(1, "1"), first);
    world.now = T0;
    world.tick();
    assert_eq!(world.lot1().closing.len(), 1);
    assert!(!world.lot1().closing.contains(&first.unwrap()));
}

#[test]
fn a_withdrawal_ends_all_versions_and_none_revives() {
    let mut world = World::published();
    world.submit_as(1, "1", digest("a"), |_, _| ()).unwrap();
    world.submit_as(1, "1", digest("b"), |_, _| ()).unwrap();
    world.withdraw(1, "1").unwrap();
    assert_eq!(world.live(1, "1"), None);
    for old in ["a", "b"] {
        let again = world.submit_as(1, "1", digest(old), |_, _| ());
        assert_eq!(again.unwrap_err().refusal.code, Code::SameBid);
    }
    assert_eq!(
        world.withdraw(1, "1").unwrap_err().refusal.code,
        Code::NothingToWithdraw
    );
    world.submit_as(1, "1", digest("c"), |_, _| ()).unwrap();
    assert_eq!(world.live(1, "1"), Some(digest("c")));
}

#[test]
fn the_chain_of_submissions_has_no_fork() {
    let mut world = World::published();
    world.submit(1, "1").unwrap();
    for wrong in [
        world.submit_as(1, "1", digest("x"), |body, _| body.sequence = 1),
        world.submit_as(1, "1", digest("x"), |body, _| body.sequence = 3),
        world.submit_as(1, "1", digest("x"), |body, _| body.previous = None),
        world.submit_as(1, "1", digest("x"), |body, _| {
            body.previous = Some(digest("y"))
        }),
    ] {
        assert_eq!(wrong.unwrap_err().refusal.code, Code::BrokenChain);
    }
}

#[test]
fn a_submission_after_a_withdrawal_names_the_withdrawal() {
    let mut world = World::published();
    world.submit(1, "1").unwrap();
    world.withdraw(1, "1").unwrap();
    let withdrawal = world.stream.last().unwrap().facts.act;
    world
        .submit_as(1, "1", digest("new"), |body, _| {
            assert_eq!(body.previous, withdrawal)
        })
        .unwrap();
}

#[test]
fn the_deadline_is_strict_and_a_late_bid_is_evidence() {
    let mut world = World::published();
    world.now = T0 - 1;
    world.submit(1, "1").unwrap();
    world.now = T0;
    let late = world.submit(2, "1").unwrap_err();
    assert_eq!(late.refusal.code, Code::Late);
    assert!(world.kinds().contains(&"deadline_reached"));
    let refused = world
        .stream
        .iter()
        .find_map(|event| match &event.facts.what {
            What::SubmissionRefused { code, party, .. } => Some((*code, *party)),
            _ => None,
        });
    assert_eq!(refused.unwrap().0, Code::Late);
    assert_eq!(world.lot1().closing.len(), 1);
    let late_again = world.submit(1, "2").unwrap_err();
    assert_eq!(late_again.refusal.code, Code::Late);
    assert_eq!(world.withdraw(1, "1").unwrap_err().refusal.code, Code::Late);
}

#[test]
fn foreign_bids_are_refused_with_evidence() {
    let mut world = World::published();
    for (refused, code) in [
        (
            world.submit_as(1, "1", digest("a"), |_, it| it.lot = lot("2")),
            Code::ForeignProject,
        ),
        (
            world.submit_as(1, "1", digest("a"), |_, it| {
                it.organisation = organisation(102);
            }),
            Code::ForeignBidder,
        ),
        (
            world.submit_as(1, "1", digest("a"), |_, it| {
                it.certificate = digest("another")
            }),
            Code::ForeignBidder,
        ),
        (
            world.submit_as(1, "1", digest("a"), |_, it| it.bid = digest("b")),
            Code::Altered,
        ),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.refusal.code, code);
        assert_eq!(refused.evidence.len(), 1);
    }
    assert_eq!(world.live(1, "1"), None);
    world.submit(1, "1").unwrap();
}

#[test]
fn nobody_floods_a_stream_with_refusals() {
    let mut world = World::published();
    let plaintext = || System::SubmissionRefused {
        actor: Box::new(bidder(1)),
        lot: lot("1"),
        code: Code::NotABid,
        bid: None,
        note: "%PDF-1.7".into(),
    };
    let before = world.stream.len();
    for _ in 0..50 {
        world.system(plaintext()).unwrap();
    }
    assert_eq!(world.stream.len() - before, 6);
    assert_eq!(world.last_kind(), "evidence_capped");
    let party = world.party(1, "1").unwrap();
    let count = System::RefusalsCounted {
        lot: lot("1"),
        party,
        count: 45,
    };
    world.system(count).unwrap();
    world.submit(1, "1").unwrap();
    let mut other = plaintext();
    if let System::SubmissionRefused { actor, .. } = &mut other {
        **actor = bidder(2);
    }
    world.system(other).unwrap();
    assert_eq!(world.last_kind(), "submission_refused");
}

#[test]
fn a_refusal_that_is_no_evidence_leaves_no_trace() {
    let mut world = World::published();
    let before = world.stream.len();
    let broken = world.submit_as(1, "1", digest("x"), |body, _| body.sequence = 9);
    assert_eq!(broken.unwrap_err().evidence, []);
    assert_eq!(world.stream.len(), before);
}

#[test]
fn officials_do_not_bid() {
    let mut world = World::published();
    let mut both = host();
    both.roles.insert(kaibiao_core::role::Role::Bidder);
    world.refused(Code::NotPermitted, &both, |nonce| Withdraw {
        nonce,
        lot: lot("1"),
        sequence: 1,
        previous: digest("x"),
    });
}

#[test]
fn a_doubtful_clock_says_try_again_and_nothing_else() {
    let mut world = World::published();
    world.clock = Clock::Doubtful { by: 5000 };
    world.now = T0 - 6000;
    world.submit(1, "1").unwrap();
    for now in [T0 - 4000, T0, T0 + HOUR] {
        world.now = now;
        let refused = world.submit(2, "1").unwrap_err();
        assert_eq!(refused.refusal.code, Code::ClockUnsteady);
        assert_eq!(refused.evidence, []);
    }
    assert_eq!(world.state.deadline, None);
    world.clock = Clock::Steady;
    assert_eq!(world.submit(2, "1").unwrap_err().refusal.code, Code::Late);
}

#[test]
fn representatives_sign_in_in_the_last_hour() {
    let mut world = World::published();
    world.submit(1, "1").unwrap();
    let sign_in = |nonce| SignIn {
        nonce,
        lot: lot("1"),
        representative: representative(),
    };
    world.now = T0 - HOUR - 1;
    world.refused(Code::SignInClosed, &bidder(1), sign_in);
    world.now = T0 - HOUR;
    world.ok(&bidder(1), sign_in);
    world.refused(Code::AlreadyDone, &bidder(1), sign_in);
    world.refused(Code::NoStanding, &bidder(2), sign_in);
}

#[test]
fn after_t0_sign_in_is_by_the_hosts_leave() {
    let mut world = World::checking(3);
    let sign_in = |nonce| SignIn {
        nonce,
        lot: lot("1"),
        representative: representative(),
    };
    world.refused(Code::SignInClosed, &bidder(1), sign_in);
    let party = world.party(1, "1").unwrap();
    world.ok(&host(), |nonce| AllowSignIn {
        nonce,
        lot: lot("1"),
        party,
        reason: "堵车".into(),
        others: Vec::new(),
    });
    world.ok(&bidder(1), sign_in);
}

fn representative() -> Representative {
    Representative {
        name: "张三".into(),
        phone: "13800000000".into(),
        identity: "居民身份证".into(),
        identity_number: "350100199001010011".into(),
        authorisation: None,
    }
}

#[test]
fn a_bidder_hands_in_fifty_versions_and_may_still_withdraw() {
    let mut world = World::published();
    for _ in 0..50 {
        world.submit(1, "1").unwrap();
    }
    let live = world.live(1, "1");
    let refused = world.submit(1, "1").unwrap_err();
    assert_eq!(refused.refusal.code, Code::TooManyVersions);
    assert_eq!(world.live(1, "1"), live, "the last one taken stands");
    world.submit(2, "1").unwrap();
    world.submit(1, "2").unwrap();
    world.withdraw(1, "1").unwrap();
    assert_eq!(world.live(1, "1"), None);
}
