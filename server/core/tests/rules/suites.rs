//! The suite of algorithms of a project: where it is named, and what is asked of it.

use kaibiao_core::act::*;
use kaibiao_core::command::{Checked, CheckedBid, Command};
use kaibiao_core::compose;
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_core::terms::Draft;
use kaibiao_crypto::signature::Algorithm;
use kaibiao_crypto::{Suite, canonical};

use crate::world::*;

fn gm() -> Draft {
    Draft {
        suite: Suite::Gm,
        ..draft()
    }
}

/// A drafted project, of which nobody has certified a key.
fn drafted(draft: Draft) -> World {
    let mut world = World::new();
    world.ok(&host(), |nonce| DraftProject { nonce, draft });
    world
}

#[test]
fn a_draft_names_no_suite_but_another_than_intl() {
    let text = |draft: &Draft| String::from_utf8(canonical::to_bytes(draft)).unwrap();
    assert!(!text(&draft()).contains("suite"));
    let named = text(&gm());
    assert!(named.contains("\"suite\":\"gm\""));
    // Said in so many words it is the same draft.
    let said = named.replace("\"suite\":\"gm\"", "\"suite\":\"intl\"");
    assert_eq!(serde_json::from_str::<Draft>(&said).unwrap(), draft());
    let unknown = named.replace("\"suite\":\"gm\"", "\"suite\":\"sm\"");
    assert!(serde_json::from_str::<Draft>(&unknown).is_err());
}

#[test]
fn the_suite_of_the_draft_is_that_of_all_terms_and_of_those_that_amend_them() {
    for suite in [Suite::Intl, Suite::Gm] {
        let mut world = World::published_as(|draft| draft.suite = suite);
        let terms = |world: &World| -> Vec<String> {
            let fixed = world.book.terms.values();
            fixed.map(|fixed| fixed.terms.suite.clone()).collect()
        };
        assert_eq!(terms(&world), [suite.name(), suite.name()]);
        let (lot, draft) = (lot("1"), lot_draft());
        let now = &world.book.terms[&lot].terms;
        let amended = compose::compose_lot(
            project(),
            &lot,
            2,
            &draft,
            world.book.draft.as_ref().unwrap(),
            &world.book.keys,
            &now.trust,
        );
        let terms_digest = amended.unwrap().digest();
        world.ok(&host(), |nonce| AmendTerms {
            nonce,
            lot,
            draft,
            terms: terms_digest,
            t0: None,
            reason: "更正".into(),
        });
        assert_eq!(terms(&world), [suite.name(), suite.name()]);
    }
}

#[test]
fn a_custodian_certifies_a_key_of_the_drafts_suite_and_says_so() {
    for (draft, own, other) in [
        (draft(), Suite::Intl, Suite::Gm),
        (gm(), Suite::Gm, Suite::Intl),
    ] {
        let mut world = drafted(draft);
        let key = key_of(&centre());
        let refused = world.certify_key_of(&centre(), &key, other).unwrap_err();
        assert_eq!(refused.refusal.code, Code::CustodianKeySuite);
        assert_eq!(refused.refusal.params["suite"], own.name());
        assert_eq!(refused.evidence, []);
        world.certify_key_of(&centre(), &key, own).unwrap();
    }
}

#[test]
fn keys_of_the_suite_of_before_are_in_no_terms() {
    let mut world = drafted(draft());
    for custodian in [host(), centre(), supervisor()] {
        world.certify(&custodian).unwrap();
    }
    world.ok(&host(), |nonce| EditDraft { nonce, draft: gm() });
    let refused = world.publish(&host()).unwrap_err();
    assert_eq!(refused.refusal.code, Code::CustodianKeySuite);
    assert_eq!(refused.refusal.params["custodian"], "闽招代理");
    for custodian in [host(), centre(), supervisor()] {
        world.certify(&custodian).unwrap();
    }
    world.publish(&host()).unwrap();
}

#[test]
fn a_body_certifies_a_key_for_the_suite_that_it_names_alone() {
    let world = World::published_as(|draft| draft.suite = Suite::Gm);
    let terms = &world.book.terms[&lot("1")].terms;
    for (custodian, key) in terms.custodians.iter().zip(world.book.keys.iter()) {
        assert!(custodian.is_certified_by(&key.key, Suite::Gm, None));
        assert!(!custodian.is_certified_by(&key.key, Suite::Intl, None));
    }
}

/// A bid of a bidder's in lot 1, signed by a key of this kind.
fn submission(world: &World, number: usize, algorithm: Algorithm) -> Command {
    let (lot, bid) = (lot("1"), digest("sealed"));
    let actor = bidder(number);
    let body = Submit {
        nonce: kaibiao_core::ids::Nonce([9; 16]),
        lot: lot.clone(),
        bid,
        sequence: 1,
        previous: None,
        members: Vec::new(),
        paper_agreement: false,
    };
    let checked = CheckedBid {
        bid,
        project: project(),
        terms: world.state.lots[&lot].rules.terms,
        lot,
        organisation: actor.author.organisation.clone(),
        certificate: actor.author.certificate,
        segments: 3,
        size: 1 << 20,
        rescue: true,
        consents: Vec::new(),
    };
    let mut command = performed(&actor, body.into(), Checked::Bid(checked));
    if let Command::Act(performed) = &mut command {
        performed.signed.signature.as_mut().unwrap().algorithm = algorithm;
    }
    command
}

#[test]
fn a_bid_in_a_project_of_gm_is_signed_with_sm2_and_in_one_of_intl_with_anything() {
    let others = [
        Algorithm::RsaPkcs1,
        Algorithm::RsaPss,
        Algorithm::EcdsaP256,
        Algorithm::Ed25519,
    ];
    let mut world = World::published_as(|draft| draft.suite = Suite::Gm);
    for algorithm in others {
        let refused = world.run(&submission(&world, 1, algorithm)).unwrap_err();
        assert_eq!(refused.refusal.code, Code::CertificateOtherSuite);
        // It is nobody's attempt at anything, and goes on no record.
        assert_eq!(refused.evidence, []);
    }
    world.run(&submission(&world, 1, Algorithm::Sm2)).unwrap();
    for algorithm in others.into_iter().chain([Algorithm::Sm2]) {
        let mut world = World::published();
        world.run(&submission(&world, 1, algorithm)).unwrap();
    }
}

#[test]
fn terms_of_gm_alone_name_the_platforms_sm2_certificate() {
    let chain = |suite: Suite| {
        let world = World::published_as(|draft| draft.suite = suite);
        let mut terms = world.book.terms.values();
        terms.next().unwrap().terms.trust.sm2_chain.clone()
    };
    assert_eq!(chain(Suite::Intl), [""; 0]);
    assert_eq!(chain(Suite::Gm), trust().sm2_chain);
}

#[test]
fn a_platform_without_an_sm2_certificate_publishes_none_of_gm() {
    let world = World::published_as(|draft| draft.suite = Suite::Gm);
    let without = kaibiao_core::terms::Trust {
        sm2_chain: Vec::new(),
        ..trust()
    };
    let composed = |draft: &Draft| {
        let keys = &world.book.keys;
        compose::compose(project(), draft, keys, &without).map(drop)
    };
    let draft = world.book.draft.as_ref().unwrap();
    assert_eq!(composed(draft).unwrap_err().code, Code::PlatformWithoutSm2);
}

#[test]
fn what_terms_call_the_platforms_certificate_is_one_of_sm2_that_signs() {
    use kaibiao_core::platform_keys::sm2_key;
    let chain = trust().sm2_chain;
    assert!(sm2_key(&chain).unwrap().is_some());
    assert!(sm2_key(&[]).unwrap().is_none());
    assert!(sm2_key(&vec![chain[0].clone(); 8]).is_ok());
    assert!(sm2_key(&vec![chain[0].clone(); 9]).is_err());
    assert!(sm2_key(&["AAAA".into()]).is_err());
    assert!(sm2_key(&[format!("{} ", chain[0])]).is_err());
    let is_of = |chain: Vec<String>, suite| {
        let trust = kaibiao_core::terms::Trust {
            sm2_chain: chain,
            ..trust()
        };
        trust.is_of(suite)
    };
    assert!(is_of(chain.clone(), Suite::Gm) && is_of(Vec::new(), Suite::Intl));
    assert!(!is_of(Vec::new(), Suite::Gm) && !is_of(chain, Suite::Intl));
}
