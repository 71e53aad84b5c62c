//! One signed act on several bidders: an event for each, all or none.

use kaibiao_core::act::*;
use kaibiao_core::details::Extra;
use kaibiao_core::event::{Outcome, Recorded};
use kaibiao_core::ids::Party;
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_crypto::canonical;

use crate::world::*;

fn parties(world: &World, numbers: &[usize]) -> Vec<Party> {
    let party = |number: &usize| world.party(*number, "1").unwrap();
    numbers.iter().map(party).collect()
}

/// `paid` for all of these.
fn paid(nonce: kaibiao_core::ids::Nonce, all: &[Party]) -> MarkDeposit {
    let others = all[1..].iter().map(|party| DepositFor {
        party: *party,
        deposit: Deposit::Paid,
        note: String::new(),
    });
    MarkDeposit {
        nonce,
        lot: lot("1"),
        party: all[0],
        deposit: Deposit::Paid,
        note: String::new(),
        others: others.collect(),
    }
}

/// A refusal of all of these, each for a reason of its own.
fn refusal(world: &World, numbers: &[usize]) -> RefuseBid {
    let of = |number: usize| RefusalFor {
        party: world.party(number, "1").unwrap(),
        bid: world.live(number, "1").unwrap(),
        reason: format!("理由 {number}"),
    };
    let first = of(numbers[0]);
    RefuseBid {
        nonce: world.nonce(),
        lot: lot("1"),
        party: first.party,
        bid: first.bid,
        reason: first.reason,
        others: numbers[1..].iter().map(|number| of(*number)).collect(),
    }
}

fn last(world: &World, count: usize) -> &[Recorded] {
    &world.stream[world.stream.len() - count..]
}

#[test]
fn one_signature_marks_the_deposits_of_several_and_the_first_event_bears_it() {
    let mut world = World::checking(4);
    let all = parties(&world, &[1, 2, 4]);
    let events = world.act(&host(), |nonce| paid(nonce, &all)).unwrap();
    assert_eq!(events.len(), 3);
    let deposit = |number| world.lot1().parties[&world.party(number, "1").unwrap()].deposit;
    assert_eq!(
        [1, 2, 3, 4].map(deposit),
        [
            Some(Deposit::Paid),
            Some(Deposit::Paid),
            None,
            Some(Deposit::Paid)
        ]
    );
    let recorded = last(&world, 3);
    let (first, rest) = recorded.split_first().unwrap();
    assert!(first.facts.act.is_some());
    let details = first.details.as_ref().unwrap();
    assert!(details.signed.as_ref().unwrap().signature.is_some());
    for event in rest {
        assert_eq!(event.facts.act, None);
        assert_eq!(event.facts.by, first.facts.by);
        let details = event.details.as_ref().unwrap();
        assert_eq!(details.signed, None);
        assert!(details.author.is_some());
        let Some(Extra::Item { bearer, .. }) = details.extra else {
            panic!("names no event that bears its act");
        };
        assert_eq!(bearer, Some(first.seq));
    }
}

#[test]
fn an_act_on_one_bidder_keeps_its_bytes_and_its_event() {
    let mut world = World::checking(3);
    let all = parties(&world, &[2]);
    let body = Act::from(paid(world.nonce(), &all));
    let text = String::from_utf8(canonical::to_bytes(&body)).unwrap();
    assert!(!text.contains("others"), "{text}");
    world.ok(&host(), |nonce| paid(nonce, &all));
    assert_eq!(last(&world, 1)[0].details.as_ref().unwrap().extra, None);
}

#[test]
fn each_refusal_has_its_own_reason_in_the_record() {
    let mut world = World::checking(6);
    let act = refusal(&world, &[2, 4]);
    world.ok(&host(), |nonce| RefuseBid { nonce, ..act });
    let reasons = |world: &World| -> Vec<(Party, String)> {
        let entries = world.book.entries.values();
        let refused = entries.filter(|entry| entry.kind == "bid_refused");
        refused
            .map(|entry| (entry.party.unwrap(), entry.text.clone()))
            .collect()
    };
    let [second, fourth] = parties(&world, &[2, 4])[..] else {
        unreachable!()
    };
    let told = [(second, "理由 2".to_owned()), (fourth, "理由 4".to_owned())];
    assert_eq!(reasons(&world), told);
}

/// Another operator has refused one of them meanwhile: that one is passed over, the
/// event that bears the act is another bidder's, and its reason is that bidder's.
#[test]
fn who_is_so_already_is_passed_over() {
    let mut world = World::checking(6);
    let first = refusal(&world, &[2]);
    world.ok(&host(), |nonce| RefuseBid { nonce, ..first });
    let both = refusal(&world, &[2, 4]);
    let events = world.act(&host(), |nonce| RefuseBid { nonce, ..both });
    assert_eq!(events.unwrap().len(), 1);
    let fourth = world.party(4, "1").unwrap();
    let event = &last(&world, 1)[0];
    assert_eq!(event.facts.what.party(), Some(fourth));
    assert!(event.facts.act.is_some());
    assert_eq!(world.book.entry(event.seq).unwrap().text, "理由 4");

    let all = parties(&world, &[1, 3]);
    world.ok(&host(), |nonce| paid(nonce, &all));
    let before = world.stream.len();
    let again = world.act(&host(), |nonce| paid(nonce, &all)).unwrap();
    assert_eq!((again.len(), world.stream.len()), (0, before));
}

#[test]
fn one_that_does_not_fit_is_named_and_nothing_is_done() {
    let mut world = World::checking(4);
    let third = world.party(3, "1").unwrap();
    world.ok(&host(), |nonce| AllowSignIn {
        nonce,
        lot: lot("1"),
        party: third,
        reason: "堵车".into(),
        others: Vec::new(),
    });
    world.ok(&bidder(3), |nonce| SignIn {
        nonce,
        lot: lot("1"),
        representative: Representative {
            name: "张三".into(),
            phone: "138".into(),
            identity: "身份证".into(),
            identity_number: "35".into(),
            authorisation: None,
        },
    });
    let all = parties(&world, &[1, 2, 3, 4]);
    let absent = |nonce| MarkAbsence {
        nonce,
        lot: lot("1"),
        party: all[0],
        absence: Absence::Unreachable,
        note: String::new(),
        others: all[1..]
            .iter()
            .map(|party| AbsenceFor {
                party: *party,
                absence: Absence::Unreachable,
                note: String::new(),
            })
            .collect(),
    };
    let before = (world.stream.clone(), world.state.clone());
    let refused = world.act(&host(), absent).unwrap_err();
    assert_eq!(refused.refusal.code, Code::NotAbsent);
    let name = world.book.name(&all[2]);
    assert_eq!(refused.refusal.params.get("bidder"), Some(&name));
    assert_eq!(refused.evidence, []);
    assert_eq!((world.stream.clone(), world.state.clone()), before);
}

#[test]
fn what_the_lot_refuses_is_about_no_bidder() {
    let mut world = World::checking(4);
    world.ok(&host(), |nonce| PublishList {
        nonce,
        lot: lot("1"),
    });
    let all = parties(&world, &[1, 2]);
    let refused = world.act(&host(), |nonce| paid(nonce, &all)).unwrap_err();
    assert_eq!(refused.refusal.code, Code::ListPublished);
    assert!(refused.refusal.params.is_empty());
}

#[test]
fn nobody_is_named_twice_and_a_thousand_are_the_most() {
    let mut world = World::checking(3);
    let all = parties(&world, &[1, 2, 1]);
    world.refused(Code::NamedTwice, &host(), |nonce| paid(nonce, &all));
    let many: Vec<_> = (0..1001_u32)
        .map(|number| {
            let mut bytes = [7; 16];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            Party(bytes)
        })
        .collect();
    world.refused(Code::TooManyAtOnce, &host(), |nonce| paid(nonce, &many));
    world.refused(Code::NoSuchParty, &host(), |nonce| {
        paid(nonce, &many[..1000])
    });
}

/// Six have bid, and three of them have not unlocked.
fn three_silent() -> World {
    let mut world = World::unlocking(6);
    for number in 1..=3 {
        world.unlock(number).unwrap();
    }
    world.now += 1800 * 1000;
    world.tick();
    world.sign_statement(Some("1"));
    world.release(&host()).unwrap();
    world.release(&centre()).unwrap();
    world.open(|_| Outcome::Opened).unwrap();
    world
}

#[test]
fn a_supervisor_rules_on_several_findings_at_once() {
    let mut world = three_silent();
    let all = parties(&world, &[4, 5, 6]);
    let confirm = |finding, others: &[Party]| {
        let (party, others) = (all[0], others.to_vec());
        move |nonce| ConfirmFinding {
            nonce,
            lot: lot("1"),
            party,
            finding: Finding::Forfeited,
            others: others
                .into_iter()
                .map(|party| ConfirmationFor { party, finding })
                .collect(),
        }
    };
    let decided = |world: &World| {
        let parties = &world.lot1().parties;
        let ruled = |party: &Party| parties[party].finding.as_ref().unwrap().decided;
        all.iter().filter_map(ruled).count()
    };
    // Of a bid that opened there is no finding: none of them is ruled on.
    let opened = world.party(1, "1").unwrap();
    let act = confirm(Finding::Forfeited, &[all[1], opened]);
    world.refused(Code::NoFinding, &supervisor(), act);
    let act = confirm(Finding::Returned, &all[1..2]);
    world.refused(Code::FindingDiffers, &supervisor(), act);
    assert_eq!(decided(&world), 0);
    world.ok(&supervisor(), confirm(Finding::Forfeited, &all[1..2]));
    assert_eq!(decided(&world), 2);
    // What was confirmed before is no error.
    world.ok(&supervisor(), confirm(Finding::Forfeited, &all[1..]));
    assert_eq!(decided(&world), 3);
    assert_eq!(last(&world, 1)[0].facts.what.party(), Some(all[2]));

    let (first, second) = (all[0], all[1]);
    world.ok(&supervisor(), |nonce| OverruleFinding {
        nonce,
        lot: lot("1"),
        party: first,
        finding: Finding::Returned,
        reason: "平台原因".into(),
        others: vec![OverrulingFor {
            party: second,
            finding: Finding::Returned,
            reason: "网络原因".into(),
        }],
    });
    let why = |party: &Party| {
        let finding = world.lot1().parties[party].finding.as_ref().unwrap();
        let entry = world.book.entry(finding.decided.unwrap()).unwrap();
        (finding.finding, entry.text.clone())
    };
    assert_eq!(why(&first), (Finding::Returned, "平台原因".to_owned()));
    assert_eq!(why(&second), (Finding::Returned, "网络原因".to_owned()));
    let third = world.finding(6).unwrap();
    assert_eq!(third.0, Finding::Forfeited);
}

#[test]
fn several_are_let_in_late_at_once() {
    let mut world = World::checking(4);
    let all = parties(&world, &[1, 2, 3]);
    let leave = |nonce| AllowSignIn {
        nonce,
        lot: lot("1"),
        party: all[0],
        reason: "堵车".into(),
        others: all[1..]
            .iter()
            .map(|party| LeaveFor {
                party: *party,
                reason: "堵车".into(),
            })
            .collect(),
    };
    world.ok(&host(), leave);
    let allowed = world.lot1().parties.values();
    assert_eq!(allowed.filter(|it| it.sign_in_allowed).count(), 3);
}
