//! A custodian says of each bid what it saw, and what follows for the bid, for
//! its bidder and for the custodian.

use kaibiao_core::act::*;
use kaibiao_core::command::Checked;
use kaibiao_core::event::{Fault, Outcome, Rule, What};
use kaibiao_core::record::{Head, Status, record};
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_core::reveal::reveal;
use kaibiao_core::state::Stage;
use kaibiao_core::terms::Policy;
use kaibiao_core::view::view;
use kaibiao_core::viewer::{Audience, Seat, Viewer};
use kaibiao_crypto::Digest;
use proptest::prelude::*;

use crate::world::*;

/// The finding on the bid at a place in the accepted set.
fn found(world: &World, index: usize) -> Option<(Finding, Rule)> {
    let lot = world.lot1();
    let bid = accepted(world)[index];
    let finding = lot.parties[&lot.party_of(&bid).unwrap()].finding.as_ref()?;
    Some((finding.finding, finding.rule))
}

fn accepted(world: &World) -> Vec<Digest> {
    world.lot1().accepted.iter().copied().collect()
}

fn first(answer: Word) -> impl Fn(usize) -> Word {
    move |index| {
        if index == 0 {
            answer
        } else {
            Word::Share(true)
        }
    }
}

#[test]
fn a_bid_that_one_custodian_withholds_keeps_no_other_bid_shut() {
    let mut world = World::releasing(3);
    world.answer(&host(), first(complaint())).unwrap();
    world.release(&centre()).unwrap();
    assert!(!world.lot1().may_open());
    world.release(&supervisor()).unwrap();
    assert!(world.lot1().may_open(), "the other two make up for it");
    world.open(|_| Outcome::Opened).unwrap();
    assert_eq!(world.lot1().tally.opened, 3);
}

#[test]
fn when_every_custodian_has_answered_nobody_waits_any_longer() {
    let mut world = World::releasing(3);
    world.answer(&host(), first(complaint())).unwrap();
    world.answer(&centre(), first(complaint())).unwrap();
    assert!(!world.lot1().may_open());
    world.release(&supervisor()).unwrap();
    assert_eq!(world.last_kind(), "release_closed");
    assert!(world.lot1().may_open());
    assert!(!world.lot1().release_extended);
}

#[test]
fn what_a_custodian_could_not_prove_is_waited_for_one_term_and_can_be_put_right() {
    let mut world = World::releasing(3);
    world.answer(&host(), first(not_proved())).unwrap();
    world.answer(&centre(), first(not_proved())).unwrap();
    world.release(&supervisor()).unwrap();
    assert!(!world.lot1().may_open(), "a proof may still come");
    let mut corrected = World::releasing(3);
    std::mem::swap(&mut world, &mut corrected);
    corrected.release(&centre()).unwrap();
    assert!(corrected.lot1().ready.is_some());

    world.answer(&host(), first(not_proved())).unwrap();
    world.answer(&centre(), first(not_proved())).unwrap();
    world.release(&supervisor()).unwrap();
    world.now += 600 * SECOND;
    world.tick();
    assert!(world.lot1().may_open() && !world.lot1().release_extended);
    world.open(|_| Outcome::Opened).unwrap();
    assert_eq!(found(&world, 0), Some((Finding::Open, Rule::NotProved)));
}

#[test]
fn several_complaints_speak_against_the_sealer_and_one_alone_proves_nothing() {
    for (answers, expected) in [
        (
            [complaint(), complaint(), Word::Share(true)],
            (Finding::Forfeited, Rule::WrapsFail),
        ),
        (
            [complaint(), Word::Share(false), Word::Share(true)],
            (Finding::Open, Rule::OneComplaint),
        ),
        (
            [complaint(), not_proved(), Word::Share(true)],
            (Finding::Open, Rule::OneComplaint),
        ),
        (
            [Word::Share(false), Word::Share(false), Word::Share(true)],
            (Finding::Returned, Rule::ShareMissing),
        ),
    ] {
        let mut world = World::releasing(3);
        for (custodian, answer) in [host(), centre(), supervisor()].iter().zip(answers) {
            world.answer(custodian, first(answer)).unwrap();
        }
        if !world.lot1().may_open() {
            world.now += 600 * SECOND;
            world.tick();
        }
        world.open(|_| Outcome::Opened).unwrap();
        assert_eq!(found(&world, 0), Some(expected), "{answers:?}");
        assert_eq!(world.lot1().tally.opened, 2);
    }
}

#[test]
fn a_false_complaint_and_a_wrong_share_are_found_once_the_dealing_is_known_to_hold() {
    let mut world = World::releasing(4);
    world
        .answer(&host(), |index| match index {
            0 => complaint(),
            1 => Word::Share(false),
            2 => not_proved(),
            _ => complaint(),
        })
        .unwrap();
    world.release(&centre()).unwrap();
    world.release(&supervisor()).unwrap();
    let outcomes = [
        Outcome::Opened,
        Outcome::KeyMismatch,
        Outcome::Opened,
        Outcome::DealingMismatch,
    ];
    world.open(|index| outcomes[index]).unwrap();
    let faults = faults(&world);
    let bids = accepted(&world);
    let expected = [
        (1, bids[0], Fault::FalseComplaint),
        (1, bids[1], Fault::WrongShare),
    ];
    assert_eq!(faults.len(), 2);
    assert!(expected.iter().all(|fault| faults.contains(fault)));
    // Its complaint about the badly dealt one was right, and that is the bidder's
    // fault although the two others gave good shares.
    assert_eq!(
        found(&world, 3),
        Some((Finding::Forfeited, Rule::DealingFails))
    );
}

#[test]
fn the_supervisor_confirms_or_lifts_what_was_found_of_a_custodian_and_nobody_else() {
    let mut world = World::releasing(3);
    let words = |index: usize| [complaint(), Word::Share(false), Word::Share(true)][index];
    world.answer(&host(), words).unwrap();
    world.release(&centre()).unwrap();
    world.release(&supervisor()).unwrap();
    let bids = accepted(&world);
    let confirm = |bid, fault| {
        move |nonce| ConfirmFault {
            nonce,
            lot: lot("1"),
            x: 1,
            bid,
            fault,
        }
    };
    let overrule = |bid, stands| {
        move |nonce| OverruleFault {
            nonce,
            lot: lot("1"),
            x: 1,
            bid,
            stands,
            reason: "所称系网络中断所致".into(),
        }
    };
    let who = supervisor();
    let complained = confirm(bids[0], Fault::FalseComplaint);
    world.refused(Code::WrongStage, &who, complained);
    world.open(|_| Outcome::Opened).unwrap();
    for other in [host(), centre(), bidder(1)] {
        world.refused(Code::NotPermitted, &other, complained);
        world.refused(Code::NotPermitted, &other, overrule(bids[0], false));
    }
    let wrong = confirm(bids[0], Fault::WrongShare);
    world.refused(Code::FindingDiffers, &who, wrong);
    let right = confirm(bids[2], Fault::WrongShare);
    world.refused(Code::NoFinding, &who, right);
    world.refused(Code::NoFinding, &who, overrule(bids[2], false));
    world.refused(Code::FindingDiffers, &who, overrule(bids[0], true));

    world.refused(Code::OwnFault, &who, |nonce| ConfirmFault {
        nonce,
        lot: lot("1"),
        x: 3,
        bid: bids[0],
        fault: Fault::WrongShare,
    });
    world.ok(&who, complained);
    world.refused(Code::AlreadyDone, &who, complained);
    world.ok(&who, overrule(bids[1], false));
    let lifted = confirm(bids[1], Fault::WrongShare);
    world.refused(Code::FindingDiffers, &who, lifted);
    let faults = |world: &World| world.lot1().releases[&1].faults.clone();
    let stand = |world: &World| [0, 1].map(|it| faults(world)[&bids[it]].stands);
    assert_eq!(stand(&world), [true, false]);
    assert!(faults(&world).values().all(|found| found.decided.is_some()));

    // View, feed and record say so, with the reason.
    let seen = view(
        &world.state,
        &world.book,
        &Viewer::at(Seat::Supervisor, None),
        None,
        world.now,
    );
    let shown = &seen.unwrap().lots[&lot("1")];
    assert_eq!(shown.custodians[0].released.unwrap().faults, 1);
    let of = |bid| shown.faults.iter().find(|fault| fault.bid == bid).unwrap();
    assert!(of(bids[0]).stands && of(bids[0]).decided && of(bids[0]).reason.is_empty());
    assert!(!of(bids[1]).stands && of(bids[1]).reason.contains("网络"));
    let outside = view(
        &world.state,
        &world.book,
        &Viewer::public(),
        None,
        world.now,
    );
    assert!(outside.unwrap().lots[&lot("1")].faults.is_empty());
    let last = world.stream.last().unwrap();
    let told = reveal(&world.state, &world.book, last);
    assert!(told.iter().all(|item| item.to != Audience::Public));
    assert!(
        told.iter()
            .any(|item| item.kind() == "fault_overruled" && item.to == Audience::Host)
    );
    let head = Head {
        size: 1,
        root: digest("root"),
    };
    let record = record(project(), &lot("1"), &world.state, &world.book, head).unwrap();
    let row = |bid| {
        record
            .custodians
            .iter()
            .find(|found| found.bid == bid)
            .unwrap()
    };
    assert_eq!(row(bids[0]).status, Status::Confirmed);
    assert_eq!(row(bids[1]).status, Status::Overruled);
    assert!(row(bids[1]).reason.contains("网络"));
    let rulings = record.timeline.iter().filter_map(|moment| moment.stands);
    assert_eq!(rulings.collect::<Vec<_>>(), [false]);

    // It can be let stand again while the record is not closed.
    world.ok(&who, overrule(bids[1], true));
    assert_eq!(stand(&world), [true, true]);
}

/// The findings on custodians, as the stream has them.
fn faults(world: &World) -> Vec<(u8, Digest, Fault)> {
    let events = world.stream.iter();
    events
        .filter_map(|event| match &event.facts.what {
            What::CustodianFound { x, bid, fault, .. } => Some((*x, *bid, *fault)),
            _ => None,
        })
        .collect()
}

/// A complaint accuses the bidder. Another reason afterwards, or the share that
/// was said not to be there, takes nothing back.
#[test]
fn a_complaint_is_judged_as_it_stood_whatever_its_custodian_says_later() {
    let later = [not_proved(), Word::Share(false), Word::Share(true)];
    for later in later {
        let mut world = World::releasing(3);
        world.answer(&host(), first(complaint())).unwrap();
        let complained = world.stream.last().unwrap().seq;
        world.answer(&host(), first(later)).unwrap();
        world.release(&centre()).unwrap();
        world.release(&supervisor()).unwrap();
        world.open(|_| Outcome::Opened).unwrap();
        let bid = accepted(&world)[0];
        let expected = vec![(1, bid, Fault::FalseComplaint)];
        assert_eq!(faults(&world), expected, "{later:?}");
        let What::CustodianFound { cites, .. } = &world.stream.last().unwrap().facts.what else {
            panic!("{:?}", world.stream.last());
        };
        assert_eq!(cites[0], complained, "{later:?}");
        assert!(world.lot1().said_otherwise(1, &bid), "it can be repeated");
    }
    // A true one stays true, and is nobody's fault but the bidder's.
    let mut world = World::releasing(3);
    world.answer(&host(), first(complaint())).unwrap();
    world.answer(&host(), first(not_proved())).unwrap();
    world.release(&centre()).unwrap();
    world.release(&supervisor()).unwrap();
    let wrongly = |index| match index {
        0 => Outcome::DealingMismatch,
        _ => Outcome::Opened,
    };
    world.open(wrongly).unwrap();
    assert_eq!(faults(&world), []);
    let expected = Some((Finding::Forfeited, Rule::DealingFails));
    assert_eq!(found(&world, 0), expected);
}

#[test]
fn a_custodian_complains_of_its_own_wrap_and_answers_for_every_bid() {
    let mut world = World::releasing(3);
    let bids = accepted(&world);
    let withheld: Vec<_> = bids
        .iter()
        .map(|bid| Withheld {
            bid: *bid,
            why: Withholding::WrapDoesNotOpen {
                wrap: digest("wrap"),
            },
        })
        .collect();
    let release = |withheld: Vec<Withheld>| {
        move |nonce| Release {
            nonce,
            lot: lot("1"),
            accepted: digest("statement"),
            shares: Vec::new(),
            withheld,
        }
    };
    let wraps = |of: u8, count: usize| Checked::Shares {
        good: Vec::new(),
        wraps: vec![of; count],
    };
    let another = world.checked(&host(), wraps(2, 3), release(withheld.clone()));
    assert_eq!(another.unwrap_err().refusal.code, Code::WrongEvidence);
    let few = world.checked(&host(), wraps(1, 2), release(withheld[..2].to_vec()));
    assert_eq!(few.unwrap_err().refusal.code, Code::WrongShares);
    world
        .checked(&host(), wraps(1, 3), release(withheld))
        .unwrap();
    assert_eq!(world.last_kind(), "released");
}

/// The page's own rule is tried on the same table.
#[test]
fn a_lot_goes_on_with_few_bids_where_its_terms_say_so() {
    #[derive(serde::Deserialize)]
    struct Case {
        minimum: u32,
        fails_after_unlock: bool,
        bids: u32,
        goes_on: bool,
    }
    let table = include_str!("../../../../crypto/vectors/rules/goes-on.json");
    let cases: Vec<Case> = serde_json::from_str(table).unwrap();
    let draft = draft();
    let policy = &draft.lots[&lot("1")].policy;
    for case in cases {
        let policy = Policy {
            minimum: case.minimum,
            fails_after_unlock: case.fails_after_unlock,
            ..policy.clone()
        };
        assert_eq!(policy.goes_on_with(case.bids), case.goes_on, "{policy:?}");
    }
}

fn answers() -> impl Strategy<Value = Vec<Vec<Word>>> {
    let answer = prop_oneof![
        3 => Just(Word::Share(true)),
        1 => Just(Word::Share(false)),
        1 => Just(complaint()),
        1 => Just(not_proved()),
    ];
    prop::collection::vec(prop::collection::vec(answer, 4), 3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever three custodians answer for four bids: each bid is judged by what
    /// was said about it alone, and the lot does not wait for a fourth answer.
    #[test]
    fn one_participant_never_decides_about_the_others(answers in answers()) {
        let mut world = World::releasing(4);
        for (custodian, answers) in [host(), centre(), supervisor()].iter().zip(&answers) {
            let _ = world.answer(custodian, |index| answers[index]);
        }
        let good = |index: usize| {
            answers.iter().filter(|it| matches!(it[index], Word::Share(true))).count()
        };
        let accuse = |index: usize| {
            let by = |it: &&Vec<Word>| matches!(it[index], Word::Withheld(why) if why.wrap().is_some());
            answers.iter().filter(by).count()
        };
        // One term is for what could not be proved, two are for a custodian none
        // of whose shares was good.
        for _ in 0..2 {
            if !world.lot1().may_open() {
                world.now += 600 * SECOND;
                world.tick();
            }
        }
        prop_assert!(world.lot1().may_open());
        world.open(|_| Outcome::Opened).unwrap();
        let bids = accepted(&world);
        for (index, bid) in bids.iter().enumerate() {
            prop_assert_eq!(world.lot1().openable(bid), good(index) >= 2);
            let finding = found(&world, index).map(|(finding, _)| finding);
            prop_assert_eq!(finding.is_some(), good(index) < 2);
            if finding == Some(Finding::Forfeited) {
                prop_assert!(accuse(index) >= 2, "one custodian alone convicts nobody");
            }
            if finding == Some(Finding::Returned) {
                prop_assert_eq!(accuse(index), 0);
            }
        }
        let any = (0..4).any(|index| good(index) >= 2);
        prop_assert_eq!(world.stage() == Stage::Opened, any);
    }

    /// Whatever one custodian says, again and again, before the others release: each
    /// complaint is found false, and a wrong share unless the right one came.
    #[test]
    fn what_a_custodian_signed_is_judged_as_it_stood(rounds in answers()) {
        let mut world = World::releasing(4);
        let mut heard = vec![Vec::new(); 4];
        for words in &rounds {
            let is_good = |said: &Vec<Word>| said.iter().any(|it| matches!(it, Word::Share(true)));
            if heard.iter().all(is_good) {
                break;
            }
            let _ = world.answer(&host(), |index| words[index]);
            for (said, word) in heard.iter_mut().zip(words) {
                said.push(*word);
            }
        }
        world.release(&centre()).unwrap();
        world.release(&supervisor()).unwrap();
        world.open(|_| Outcome::Opened).unwrap();
        let expected = accepted(&world).into_iter().zip(&heard).filter_map(|(bid, said)| {
            let complains = |it: &Word| matches!(it, Word::Withheld(why) if why.wrap().is_some());
            let is = |it: bool| said.iter().any(|word| matches!(word, Word::Share(good) if *good == it));
            if said.iter().any(complains) {
                Some((1, bid, Fault::FalseComplaint))
            } else {
                (is(false) && !is(true)).then_some((1, bid, Fault::WrongShare))
            }
        });
        let expected: std::collections::BTreeSet<_> = expected.map(|(x, bid, fault)| (x, bid, fault as u8)).collect();
        let found = faults(&world);
        prop_assert_eq!(found.len(), expected.len());
        let found = found.into_iter().map(|(x, bid, fault)| (x, bid, fault as u8)).collect();
        prop_assert_eq!(expected, found);
    }
}
