//! Drafts, publication, and what changes after it.

use kaibiao_core::act::*;
use kaibiao_core::compose;
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_core::role::Role;
use kaibiao_core::state::Stage;

use crate::world::*;

#[test]
fn a_project_is_drafted_completed_and_published() {
    let world = World::published();
    assert_eq!(
        world.kinds(),
        [
            "drafted",
            "key_certified",
            "key_certified",
            "key_certified",
            "published"
        ]
    );
    assert_eq!(world.stage(), Stage::Bidding);
    assert_eq!(world.state.t0, T0);
}

#[test]
fn an_import_is_idempotent_and_updates_until_published() {
    let mut world = World::new();
    world.ok(&machine(), |nonce| ImportDraft {
        nonce,
        draft: draft(),
    });
    let again = world.act(&machine(), |nonce| ImportDraft {
        nonce,
        draft: draft(),
    });
    assert_eq!(again.unwrap(), []);
    let mut other = draft();
    other.title = "另一个名称".into();
    world.ok(&machine(), |nonce| ImportDraft {
        nonce,
        draft: other,
    });
    assert_eq!(world.kinds(), ["drafted", "edited"]);
    let mut nameless = draft();
    nameless.external_id = None;
    world.refused(Code::InvalidDraft, &machine(), |nonce| ImportDraft {
        nonce,
        draft: nameless,
    });
    let mut published = World::published();
    published.refused(Code::AlreadyPublished, &machine(), |nonce| ImportDraft {
        nonce,
        draft: draft(),
    });
}

#[test]
fn only_the_host_of_the_project_drafts_edits_and_publishes() {
    let mut world = World::new();
    let stranger = actor(9, "别家代理", &[Role::Host]);
    world.refused(Code::NotPermitted, &stranger, |nonce| DraftProject {
        nonce,
        draft: draft(),
    });
    world.ok(&host(), |nonce| DraftProject {
        nonce,
        draft: draft(),
    });
    for who in [stranger, centre(), supervisor(), bidder(1), machine()] {
        world.refused(Code::NotPermitted, &who, |nonce| EditDraft {
            nonce,
            draft: draft(),
        });
    }
    let mut stolen = draft();
    stolen.officials.agency = None;
    world.refused(Code::NotPermitted, &host(), |nonce| EditDraft {
        nonce,
        draft: stolen,
    });
}

#[test]
fn terms_wait_for_every_custodians_key() {
    let mut world = World::new();
    world.ok(&host(), |nonce| DraftProject {
        nonce,
        draft: draft(),
    });
    world.certify(&host()).unwrap();
    world.certify(&centre()).unwrap();
    let refused = world.publish(&host()).unwrap_err();
    assert_eq!(refused.refusal.code, Code::CustodianKeyMissing);
    assert_eq!(refused.refusal.params["custodian"], "行政监督");
}

#[test]
fn no_custodian_certifies_the_key_of_another_one() {
    let mut world = World::new();
    world.ok(&host(), |nonce| DraftProject {
        nonce,
        draft: draft(),
    });
    world.certify(&host()).unwrap();
    let refused = world.certify_key(&centre(), &key_of(&host())).unwrap_err();
    assert_eq!(refused.refusal.code, Code::CustodianKeyShared);
    // Its own it may certify again, and another in its place, which frees the first.
    world.certify(&host()).unwrap();
    world.certify_key(&host(), &key_of(&supervisor())).unwrap();
    world.certify_key(&centre(), &key_of(&host())).unwrap();
}

/// A log may hold keys that were certified before the rule.
#[test]
fn no_terms_are_made_in_which_two_custodians_have_one_key() {
    let mut world = World::new();
    world.ok(&host(), |nonce| DraftProject {
        nonce,
        draft: draft(),
    });
    for custodian in [host(), centre(), supervisor()] {
        world.certify(&custodian).unwrap();
    }
    let mut keys = world.book.keys.to_vec();
    keys[2].key.key = keys[0].key.key.clone();
    let refused = compose::compose(project(), &draft(), &keys, &trust()).unwrap_err();
    assert_eq!(refused.code, Code::CustodianKeyShared);
    assert_eq!(refused.params["custodian"], "行政监督");
    world.book.keys = keys.into();
    let refused = world.publish(&host()).unwrap_err();
    assert_eq!(refused.refusal.code, Code::CustodianKeyShared);
}

#[test]
fn what_is_published_is_what_the_host_signed() {
    let mut world = World::new();
    world.ok(&host(), |nonce| DraftProject {
        nonce,
        draft: draft(),
    });
    for custodian in [host(), centre(), supervisor()] {
        world.certify(&custodian).unwrap();
    }
    let terms: std::collections::BTreeMap<_, _> =
        [(lot("1"), digest("other")), (lot("2"), digest("terms"))].into();
    world.refused(Code::TermsDiffer, &host(), |nonce| Publish {
        nonce,
        terms,
        t0: T0,
    });
}

#[test]
fn one_side_alone_never_reaches_the_threshold() {
    let mut world = World::new();
    let mut draft = draft();
    let lots = draft.lots.get_mut(&lot("1")).unwrap();
    lots.custodians = vec![named(&tenderer()), named(&host()), named(&centre())];
    world.refused(Code::OneSideReleases, &host(), |nonce| DraftProject {
        nonce,
        draft,
    });
}

#[test]
fn without_witnesses_two_sets_of_custodians_never_release_apart() {
    let others = [6, 7].map(|number| actor(number, &format!("公证处{number}"), &[Role::Centre]));
    let mut world = World::new();
    let mut draft = draft();
    let custodians = &mut draft.lots.get_mut(&lot("1")).unwrap().custodians;
    custodians[2] = named(&others[0]);
    custodians.push(named(&others[1]));
    world.ok(&host(), |nonce| DraftProject { nonce, draft });
    for custodian in [host(), centre(), supervisor()].iter().chain(&others) {
        world.certify(custodian).unwrap();
    }
    assert_eq!(
        world.publish(&host()).unwrap_err().refusal.code,
        Code::InvalidThreshold
    );
}

#[test]
fn a_rescue_needs_more_custodians_than_a_release() {
    let mut draft = draft();
    draft.lots.get_mut(&lot("2")).unwrap().rescue = Some(2);
    let mut world = World::new();
    world.refused(Code::InvalidThreshold, &host(), |nonce| DraftProject {
        nonce,
        draft,
    });
}

#[test]
fn a_publication_inside_the_legal_minimum_is_refused() {
    let mut world = World::new();
    world.ok(&host(), |nonce| DraftProject {
        nonce,
        draft: draft(),
    });
    for custodian in [host(), centre(), supervisor()] {
        world.certify(&custodian).unwrap();
    }
    world.now = T0 - 3599 * SECOND;
    assert_eq!(
        world.publish(&host()).unwrap_err().refusal.code,
        Code::TooEarly
    );
}

#[test]
fn clarifications_and_postponements_do_not_touch_sealed_bids() {
    let mut world = World::published();
    world.submit(1, "1").unwrap();
    let bid = world.live(1, "1");
    world.ok(&host(), |nonce| Clarify {
        nonce,
        title: "澄清一".into(),
        text: "管径以图纸为准".into(),
        attachments: vec![],
    });
    world.ok(&host(), |nonce| Postpone {
        nonce,
        t0: T0 + HOUR,
        reason: "应投标人要求".into(),
    });
    assert_eq!(world.live(1, "1"), bid);
    assert_eq!(world.state.t0, T0 + HOUR);
    assert_eq!(world.state.changes, 2);
    world.now = T0 + MINUTE;
    world.submit(2, "1").unwrap();
}

#[test]
fn t0_moves_only_later_and_never_once_it_has_passed() {
    let mut world = World::published();
    let postpone = |t0| {
        move |nonce| Postpone {
            nonce,
            t0,
            reason: "提前".into(),
        }
    };
    world.refused(Code::OnlyLater, &host(), postpone(T0));
    world.refused(Code::OnlyLater, &host(), postpone(T0 - HOUR));
    world.now = T0;
    world.refused(Code::WrongStage, &host(), postpone(T0 + HOUR));
    assert!(world.state.deadline.is_some());
}

fn amendment(
    world: &World,
    id: &str,
) -> (LotId, kaibiao_core::terms::LotDraft, kaibiao_crypto::Digest) {
    let mut changed = lot_draft();
    changed.policy.minimum = 2;
    let draft = world.book.draft.clone().unwrap();
    let terms = kaibiao_core::compose::compose_lot(
        project(),
        &lot(id),
        2,
        &changed,
        &draft,
        &world.book.keys,
        &trust(),
    );
    (lot(id), changed, terms.unwrap().digest())
}

use kaibiao_core::ids::LotId;

#[test]
fn changed_terms_make_the_lots_bids_stale_and_leave_other_lots_alone() {
    let mut world = World::published();
    world.submit(1, "1").unwrap();
    world.submit(1, "2").unwrap();
    let (id, changed, terms) = amendment(&world, "1");
    let old = world.lot1().rules.terms;
    world.ok(&host(), |nonce| AmendTerms {
        nonce,
        lot: id,
        draft: changed,
        terms,
        t0: None,
        reason: "修改".into(),
    });
    assert_eq!(world.live(1, "1"), None);
    assert!(world.live(1, "2").is_some());
    let stale = world.submit_as(1, "1", digest("old"), |_, checked| checked.terms = old);
    assert_eq!(stale.unwrap_err().refusal.code, Code::StaleTerms);
    world.submit(1, "1").unwrap();
    assert!(world.live(1, "1").is_some());
}

#[test]
fn changed_terms_inside_the_legal_minimum_must_postpone() {
    let mut world = World::published();
    world.now = T0 - MINUTE;
    let (id, changed, terms) = amendment(&world, "1");
    let amend = |t0| {
        let (lot, draft) = (id.clone(), changed.clone());
        move |nonce| AmendTerms {
            nonce,
            lot,
            draft,
            terms,
            t0,
            reason: "修改".into(),
        }
    };
    world.refused(Code::TooEarly, &host(), amend(None));
    world.refused(Code::TooEarly, &host(), amend(Some(T0 + MINUTE)));
    world.ok(&host(), amend(Some(T0 + HOUR)));
    assert_eq!(world.state.t0, T0 + HOUR);
}

#[test]
fn a_cancelled_lot_keeps_its_bids_sealed_and_the_others_go_on() {
    let mut world = World::published();
    world.submit(1, "2").unwrap();
    world.ok(&host(), |nonce| Cancel {
        nonce,
        lot: Some(lot("2")),
        reason: "重大变更".into(),
    });
    assert_eq!(world.stage(), Stage::Bidding);
    assert_eq!(
        world.submit(2, "2").unwrap_err().refusal.code,
        Code::WrongStage
    );
    world.submit(2, "1").unwrap();
    world.now = T0;
    world.tick();
    assert_eq!(world.state.lots[&lot("2")].stage, Stage::Cancelled);
    world.refused(Code::WrongStage, &host(), |nonce| Cancel {
        nonce,
        lot: None,
        reason: "太晚".into(),
    });
}

#[test]
fn an_act_without_its_signature_counts_for_nothing() {
    let mut world = World::published();
    let act: Act = Postpone {
        nonce: world.nonce(),
        t0: T0 + HOUR,
        reason: "延期".into(),
    }
    .into();
    let mut command = performed(&host(), act, kaibiao_core::command::Checked::Nothing);
    if let kaibiao_core::command::Command::Act(performed) = &mut command {
        performed.signed.signature = None;
    }
    assert_eq!(
        world.run(&command).unwrap_err().refusal.code,
        Code::SignatureRequired
    );
}

#[test]
fn the_same_signed_act_counts_once() {
    let mut world = World::published();
    let act: Act = Clarify {
        nonce: world.nonce(),
        title: "一".into(),
        text: "二".into(),
        attachments: vec![],
    }
    .into();
    let command = performed(&host(), act, kaibiao_core::command::Checked::Nothing);
    world.run(&command).unwrap();
    assert_eq!(
        world.run(&command).unwrap_err().refusal.code,
        Code::Replayed
    );
}

#[test]
fn what_was_taken_is_answered_as_such_although_its_actor_may_do_it_no_more() {
    let mut world = World::checking(3);
    let to = Operator {
        name: "李四".into(),
        certificate: digest("李四"),
    };
    let act: Act = HandOver {
        nonce: world.nonce(),
        to,
        reason: "轮班".into(),
    }
    .into();
    let command = performed(&host(), act, kaibiao_core::command::Checked::Nothing);
    world.run(&command).unwrap();
    world.refused(Code::NotOperator, &host(), |nonce| PublishList {
        nonce,
        lot: lot("1"),
    });
    assert_eq!(
        world.run(&command).unwrap_err().refusal.code,
        Code::Replayed
    );
}

#[test]
fn a_notice_lists_its_files_and_an_old_draft_keeps_its_bytes() {
    let mut draft = draft();
    let bytes = kaibiao_crypto::canonical::to_bytes(&draft);
    assert!(!String::from_utf8(bytes).unwrap().contains("attachments"));
    let file = |name: &str| Attachment {
        name: name.into(),
        digest: digest(name),
        size: 3,
        media_type: "application/pdf".into(),
    };
    let tried = |attachments: Vec<Attachment>| {
        let mut with = draft.clone();
        with.attachments = attachments;
        with
    };
    let mut world = World::new();
    world.ok(&host(), |nonce| DraftProject {
        nonce,
        draft: draft.clone(),
    });
    for wrong in [
        vec![file("a.pdf"), file("a.pdf")],
        vec![file("../a.pdf")],
        (0..51).map(|n| file(&format!("{n}.pdf"))).collect(),
    ] {
        world.refused(Code::InvalidDraft, &host(), |nonce| EditDraft {
            nonce,
            draft: tried(wrong),
        });
    }
    draft.attachments = (0..50).map(|n| file(&format!("{n}.pdf"))).collect();
    world.ok(&host(), |nonce| EditDraft {
        nonce,
        draft: draft.clone(),
    });
    assert_eq!(world.book.draft.as_ref().unwrap().attachments.len(), 50);
}

#[test]
fn a_host_has_so_many_drafts_and_changes_each_so_often() {
    let begin = |nonce| DraftProject {
        nonce,
        draft: draft(),
    };
    let mut world = World::new();
    world.register.drafts = 500;
    world.refused(Code::DraftsFull, &host(), begin);
    world.register.drafts = 499;
    world.ok(&host(), begin);
    // However many there are by now, each of them is changed and published.
    world.register.drafts = 500;
    for number in 0..500 {
        let mut draft = draft();
        draft.title = format!("第 {number} 稿");
        world.ok(&host(), |nonce| EditDraft { nonce, draft });
    }
    let refused = world.act(&host(), |nonce| EditDraft {
        nonce,
        draft: draft(),
    });
    assert_eq!(refused.unwrap_err().refusal.code, Code::EditsFull);
}
