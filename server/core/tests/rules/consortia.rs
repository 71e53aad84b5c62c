//! Custodians that are no officials, who is heard in a lot, and consortia.

use kaibiao_core::act::*;
use kaibiao_core::details::Consent;
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_core::role::Role;
use kaibiao_core::terms::Named;
use kaibiao_core::view::{Common, Flag, view};
use kaibiao_core::viewer::{Seat, Viewer};
use kaibiao_crypto::act::ActSignature;
use kaibiao_crypto::signature::Algorithm;

use crate::world::*;

/// An organisation that is no official of the project.
fn notary() -> kaibiao_core::command::Actor {
    actor(30, "公证处", &[Role::Bidder])
}

fn kept_by_a_notary() -> World {
    let mut world = World::new();
    let mut draft = draft();
    draft.lots.get_mut(&lot("1")).unwrap().custodians[1] = named(&notary());
    world.ok(&host(), |nonce| DraftProject { nonce, draft });
    world
}

fn member(number: usize) -> Named {
    named(&bidder(number))
}

fn consent(number: usize) -> Consent {
    Consent {
        author: bidder(number).author,
        signature: ActSignature {
            algorithm: Algorithm::Ed25519,
            value: b"signature".to_vec().into(),
            chain: Vec::new(),
        },
        grounds: None,
    }
}

/// A member that signs a bid of another's.
pub fn signing_member(number: usize) -> (Named, Consent) {
    (member(number), consent(number))
}

/// A bid with these members, of whom these have signed.
fn together(world: &mut World, lead: usize, members: &[usize], signers: &[usize]) -> Option<Code> {
    let bid = digest(&format!("bid {}", world.count));
    let submitted = world.submit_as(lead, "1", bid, |body, checked| {
        body.members = members.iter().map(|number| member(*number)).collect();
        checked.consents = signers.iter().map(|number| consent(*number)).collect();
    });
    submitted.err().map(|refused| refused.refusal.code)
}

#[test]
fn a_custodian_that_is_no_official_certifies_before_publication_and_does_not_bid() {
    let mut world = kept_by_a_notary();
    // Nobody else of the platform's centres and supervisors may.
    let foreign = actor(31, "别处中心", &[Role::Centre]);
    assert_eq!(
        world.certify(&foreign).unwrap_err().refusal.code,
        Code::NotPermitted
    );
    let nobody = actor(30, "公证处", &[]);
    assert_eq!(
        world.certify(&nobody).unwrap_err().refusal.code,
        Code::NotPermitted
    );
    for custodian in [host(), centre(), supervisor(), notary()] {
        world.certify(&custodian).unwrap();
    }
    world.publish(&host()).unwrap();
    let bid = digest("a bid of the notary's");
    let refused = world.act(&notary(), |nonce| Withdraw {
        nonce,
        lot: lot("2"),
        sequence: 1,
        previous: bid,
    });
    assert_eq!(refused.unwrap_err().refusal.code, Code::CustodianBids);
}

#[test]
fn an_organisation_that_the_host_invites_certifies_a_key() {
    let mut world = World::published();
    let invite = |nonce| InviteCustodian {
        nonce,
        custodian: named(&notary()),
        reason: "更换保管人".into(),
    };
    assert_eq!(
        world.certify(&notary()).unwrap_err().refusal.code,
        Code::NotPermitted
    );
    world.refused(Code::NotPermitted, &centre(), invite);
    world.ok(&host(), invite);
    world.refused(Code::AlreadyDone, &host(), invite);
    // An invitation alone shuts nobody out.
    assert!(!world.book.is_custodian(&notary().author.organisation));
    world.certify(&notary()).unwrap();
    assert!(world.book.is_custodian(&notary().author.organisation));
}

#[test]
fn a_bidder_keeps_no_key_of_the_project_that_it_bids_in() {
    let mut world = World::published();
    world.submit(1, "2").unwrap();
    world.ok(&host(), |nonce| InviteCustodian {
        nonce,
        custodian: named(&bidder(1)),
        reason: "更换保管人".into(),
    });
    assert_eq!(
        world.certify(&bidder(1)).unwrap_err().refusal.code,
        Code::CustodianBids
    );
}

#[test]
fn a_member_keeps_no_key_of_the_project_that_it_bids_in_either() {
    let mut world = World::published();
    assert_eq!(together(&mut world, 1, &[4], &[4]), None);
    world.ok(&host(), |nonce| InviteCustodian {
        nonce,
        custodian: named(&bidder(4)),
        reason: "更换保管人".into(),
    });
    assert_eq!(
        world.certify(&bidder(4)).unwrap_err().refusal.code,
        Code::CustodianBids
    );
}

#[test]
fn a_member_signs_under_its_own_name_only() {
    let mut world = World::published();
    let bid = digest("a bid under a great name");
    let refused = world.submit_as(1, "1", bid, |body, checked| {
        let mut great = member(4);
        great.name = "国家电网有限公司".into();
        body.members = vec![great];
        checked.consents = vec![consent(4)];
    });
    assert_eq!(refused.unwrap_err().refusal.code, Code::MemberName);
}

#[test]
fn a_key_may_be_certified_anew_and_not_without_end() {
    let mut world = kept_by_a_notary();
    for _ in 0..20 {
        world.certify(&notary()).unwrap();
    }
    assert_eq!(
        world.certify(&notary()).unwrap_err().refusal.code,
        Code::TooMany
    );
}

#[test]
fn a_refused_submission_leaves_evidence_and_no_party() {
    let mut world = World::published();
    for number in 1..=3 {
        world.submit(number, "1").unwrap();
    }
    world.now = T0;
    world.tick();
    world.sign_statement(None);
    assert_eq!(world.submit(9, "1").unwrap_err().refusal.code, Code::Late);
    let stranger = bidder(9);
    world.refused(Code::NoStanding, &stranger, |nonce| Question {
        nonce,
        lot: lot("1"),
        text: "还要多久？".into(),
    });
    world.refused(Code::NoStanding, &stranger, |nonce| Help {
        nonce,
        lot: lot("1"),
        text: "无法解密".into(),
        diagnosis: String::new(),
    });
    let head = kaibiao_core::record::Head {
        size: world.state.events,
        root: digest("root"),
    };
    let record =
        kaibiao_core::record::record(project(), &lot("1"), &world.state, &world.book, head);
    let refused = record.unwrap().refused;
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].name, None);
    world.ok(&bidder(1), |nonce| Question {
        nonce,
        lot: lot("1"),
        text: "何时公布名单？".into(),
    });
}

#[test]
fn whoever_has_withdrawn_is_not_heard() {
    let mut world = World::published();
    for number in 1..=4 {
        world.submit(number, "1").unwrap();
    }
    world.withdraw(4, "1").unwrap();
    world.now = T0;
    world.tick();
    world.refused(Code::NoStanding, &bidder(4), |nonce| Question {
        nonce,
        lot: lot("1"),
        text: "还要多久？".into(),
    });
}

#[test]
fn a_consortium_is_few_others_who_have_all_signed() {
    let mut world = World::published();
    let members: Vec<usize> = (20..31).collect();
    assert_eq!(
        together(&mut world, 1, &members, &members),
        Some(Code::InvalidConsortium)
    );
    assert_eq!(
        together(&mut world, 1, &[2, 2], &[2]),
        Some(Code::InvalidConsortium)
    );
    assert_eq!(
        together(&mut world, 1, &[1], &[1]),
        Some(Code::InvalidConsortium)
    );
    assert_eq!(
        together(&mut world, 1, &[2, 3], &[2]),
        Some(Code::ConsentMissing)
    );
    assert_eq!(
        together(&mut world, 1, &[2], &[2, 3]),
        Some(Code::InvalidConsortium)
    );
    assert_eq!(
        together(&mut world, 1, &[2], &[2, 2]),
        Some(Code::InvalidConsortium)
    );
    assert_eq!(together(&mut world, 1, &[2, 3], &[3, 2]), None);
    for official in [centre(), supervisor(), tenderer(), host()] {
        let bid = digest(&format!("bid {}", world.count));
        let refused = world.submit_as(4, "1", bid, |body, _| {
            body.members = vec![named(&official)];
            body.paper_agreement = true;
        });
        assert_eq!(refused.unwrap_err().refusal.code, Code::InvalidConsortium);
    }
}

#[test]
fn a_member_that_has_not_signed_is_shown_as_such() {
    let mut world = World::published();
    assert_eq!(together(&mut world, 1, &[4], &[4]), None);
    let bid = digest("on paper");
    let on_paper = world.submit_as(2, "1", bid, |body, _| {
        body.members = vec![member(5)];
        body.paper_agreement = true;
    });
    on_paper.unwrap();
    let signed = |number: usize| {
        let party = world.party(number, "1").unwrap();
        world.book.parties[&party].members[0].signed
    };
    assert!(signed(1));
    assert!(!signed(2));
}

#[test]
fn host_and_supervisor_see_from_t0_on_who_takes_part_twice() {
    let mut world = World::published();
    assert_eq!(together(&mut world, 1, &[2], &[2]), None);
    world.submit(2, "1").unwrap();
    world.submit(3, "1").unwrap();
    let seen = |world: &World, seat, organisation| {
        let viewer = Viewer::at(seat, organisation);
        let view = view(&world.state, &world.book, &viewer, None, world.now).unwrap();
        view.lots[&lot("1")].clone()
    };
    let own = Some(bidder(2).author.organisation);
    // The member itself is told that it bids twice, and before T0 nobody else is.
    let told = seen(&world, Seat::Bidder, own);
    assert_eq!(told.joint, [bidder(1).author.name]);
    assert!(seen(&world, Seat::Supervisor, None).parties.is_empty());
    world.now = T0;
    world.tick();
    for seat in [Seat::Host, Seat::Supervisor] {
        let parties = seen(&world, seat, None).parties;
        let flagged: Vec<_> = parties.iter().filter(|it| !it.flags.is_empty()).collect();
        assert_eq!(flagged.len(), 2);
        assert_eq!(flagged[0].flags[0].common, Common::Organisation);
    }
    // In the window names are public, and flags are not.
    world.sign_statement(None);
    world.start_window();
    let own = Some(bidder(2).author.organisation);
    for (seat, organisation) in [(Seat::Public, None), (Seat::Bidder, own)] {
        let parties = seen(&world, seat, organisation).parties;
        assert_eq!(parties.len(), 3);
        assert!(parties.iter().all(|party| party.flags.is_empty()));
    }
}

/// What host and supervisor are told where the first so many of the bidders have given
/// these telephone numbers.
fn flags_of(bidders: usize, phone: impl Fn(usize) -> &'static str) -> Vec<Flag> {
    let mut world = World::published();
    for number in 1..=bidders {
        world.submit(number, "1").unwrap();
    }
    world.now = T0 - MINUTE;
    for number in (1..=bidders).filter(|number| !phone(*number).is_empty()) {
        world.ok(&bidder(number), |nonce| SignIn {
            nonce,
            lot: lot("1"),
            representative: Representative {
                name: format!("代表{number}"),
                phone: phone(number).into(),
                identity: "居民身份证".into(),
                identity_number: format!("1101011990010{number:05}"),
                authorisation: None,
            },
        });
    }
    world.now = T0;
    world.tick();
    let viewer = Viewer::at(Seat::Supervisor, None);
    let view = view(&world.state, &world.book, &viewer, None, world.now).unwrap();
    let parties = view.lots[&lot("1")].parties.iter();
    parties.flat_map(|it| it.flags.clone()).collect()
}

#[test]
fn one_representative_for_two_bidders_is_pointed_at() {
    let flags = flags_of(3, |number| {
        ["", "13800000000", "+86 138-0000-0000", ""][number]
    });
    assert_eq!(flags.len(), 2);
    assert!(flags.iter().all(|flag| flag.common == Common::Phone));
    assert!(flags.iter().all(|flag| flag.others.len() == 1));
    assert!(flags.iter().all(|flag| flag.more == 0));
}

#[test]
fn of_many_with_one_representative_some_are_named_and_all_are_counted() {
    let flags = flags_of(30, |_| "13800000000");
    assert_eq!(flags.len(), 30);
    for flag in flags {
        assert_eq!((flag.others.len(), flag.more), (20, 9));
    }
}
