//! Submissions and withdrawals, and the evidence of those that are refused.

use std::collections::BTreeSet;

use super::{Acting, Work};
use crate::act::{Submit, Withdraw};
use crate::command::{Actor, Checked, CheckedBid};
use crate::compose::is_named;
use crate::details::{Author, Details, Extra};
use crate::event::{Facts, What};
use crate::evolve::EVIDENCE_CAP;
use crate::ids::{LotId, Party};
use crate::refusal::{Refusal, RefusalCode};
use crate::role::By;
use crate::signed::Signed;
use crate::state::Stage;
use crate::terms::Named;
use crate::text::is_alike;
use kaibiao_crypto::signature::Algorithm;
use kaibiao_crypto::{Digest, Suite};

pub(super) fn submit(
    work: &mut Work<'_>,
    acting: &Acting<'_>,
    body: &Submit,
) -> Result<(), Refusal> {
    work.lot(&body.lot)?;
    let Err(refusal) = try_submit(work, acting, body) else {
        return Ok(());
    };
    let is_evidence = matches!(
        refusal.code,
        RefusalCode::Late
            | RefusalCode::Altered
            | RefusalCode::ForeignProject
            | RefusalCode::ForeignBidder
    );
    if is_evidence {
        let performed = acting.performed;
        RefusedSubmission {
            actor: &performed.actor,
            lot: &body.lot,
            code: refusal.code,
            bid: Some(body.bid),
            note: String::new(),
            signed: Some(performed.signed.clone()),
        }
        .record(work)?;
    }
    Err(refusal)
}

fn try_submit(work: &mut Work<'_>, acting: &Acting<'_>, body: &Submit) -> Result<(), Refusal> {
    let Checked::Bid(checked) = &acting.performed.checked else {
        return Err(RefusalCode::NotABid.into());
    };
    if work.state.deadline.is_some() {
        return Err(RefusalCode::Late.into());
    }
    belongs(work, acting, body, checked)?;
    is_consortium(work, acting, body, checked)?;
    let actor = &acting.performed.actor;
    let party = handle(work, &body.lot, actor);
    let what = What::BidReceived {
        lot: body.lot.clone(),
        party,
        bid: body.bid,
        sequence: body.sequence,
        previous: body.previous,
        terms: checked.terms,
        rescue: checked.rescue,
    };
    let extra = Extra::Bid {
        segments: checked.segments,
        size: checked.size,
        consents: checked.consents.clone(),
    };
    work.act_with(acting, what, extra)
}

/// Checks that the bid is for this lot and the submitter's own.
fn belongs(
    work: &Work<'_>,
    acting: &Acting<'_>,
    body: &Submit,
    checked: &CheckedBid,
) -> Result<(), Refusal> {
    let author = &acting.performed.actor.author;
    if checked.bid != body.bid {
        return Err(RefusalCode::Altered.into());
    }
    if checked.project != work.context.project || checked.lot != body.lot {
        return Err(RefusalCode::ForeignProject.into());
    }
    if checked.organisation != author.organisation || checked.certificate != author.certificate {
        return Err(RefusalCode::ForeignBidder.into());
    }
    is_of_suite(work, acting, &body.lot)
}

/// Checks that the bidder's certificate signs with SM2 where the terms in force are of
/// suite `gm`: a bid is then of that suite whole. Terms of `intl` take any certificate,
/// and no other act asks (docs/spec/suite-gm.md, 8).
fn is_of_suite(work: &Work<'_>, acting: &Acting<'_>, lot: &LotId) -> Result<(), Refusal> {
    let terms = work.book.terms.get(lot);
    let is_gm = terms.is_some_and(|fixed| fixed.terms.suite == Suite::Gm.name());
    let signature = acting.performed.signed.signature.as_ref();
    let is_sm2 = signature.is_some_and(|it| it.algorithm == Algorithm::Sm2);
    if is_gm && !is_sm2 {
        return Err(RefusalCode::CertificateOtherSuite.into());
    }
    Ok(())
}

/// How many members a consortium may have beside its lead.
pub const MEMBERS: usize = 10;

/// Checks that the members are few, others than the lead and than whoever has
/// another part in the project, and have all signed, or all on paper.
fn is_consortium(
    work: &Work<'_>,
    acting: &Acting<'_>,
    body: &Submit,
    checked: &CheckedBid,
) -> Result<(), Refusal> {
    let wrong = |named: &Named| {
        Refusal::new(RefusalCode::InvalidConsortium).with("member", &named.organisation)
    };
    if body.members.len() > MEMBERS {
        return Err(Refusal::new(RefusalCode::InvalidConsortium).with("most", MEMBERS));
    }
    let officials = work.book.draft.as_ref().map(|draft| &draft.officials);
    let mut seen = BTreeSet::from([acting.performed.actor.organisation()]);
    for member in &body.members {
        is_named(member)?;
        let organisation = &member.organisation;
        let is_official = officials.is_some_and(|all| all.are(organisation));
        if !seen.insert(organisation) || is_official || work.book.is_custodian(organisation) {
            return Err(wrong(member));
        }
    }
    // The name that the lead has given is the one that is shown, signed for or not.
    for member in &body.members {
        if let Some(name) = work.context.register.other_name(member) {
            return Err(member_name(member, name));
        }
        work.context.register.own_name(member)?;
    }
    let mut signers = BTreeSet::new();
    for consent in &checked.consents {
        let Author {
            organisation, name, ..
        } = &consent.author;
        let mut members = body.members.iter();
        let member = members.find(|it| it.organisation == *organisation);
        let is_new = signers.insert(organisation);
        let member = member.filter(|_| is_new).ok_or_else(|| {
            Refusal::new(RefusalCode::InvalidConsortium).with("member", organisation)
        })?;
        // The record shows the name as signed; a name that cannot be read says nothing.
        if !name.trim().is_empty() && !is_alike(&member.name, name) {
            return Err(member_name(member, name));
        }
    }
    let mut missing = body.members.iter();
    let missing = missing.find(|member| !signers.contains(&member.organisation));
    match missing {
        Some(member) if !body.paper_agreement => {
            Err(Refusal::new(RefusalCode::ConsentMissing).with("member", &member.organisation))
        }
        Some(_) | None => Ok(()),
    }
}

fn member_name(member: &Named, name: &str) -> Refusal {
    let refusal = Refusal::new(RefusalCode::MemberName).with("member", &member.name);
    refusal.with("name", name)
}

pub(super) fn withdraw(
    work: &Work<'_>,
    acting: &Acting<'_>,
    body: &Withdraw,
) -> Result<What, Refusal> {
    work.lot(&body.lot)?;
    if work.state.deadline.is_some() {
        return Err(RefusalCode::Late.into());
    }
    let party = work
        .book
        .handle(&body.lot, acting.performed.actor.organisation())
        .ok_or(RefusalCode::NothingToWithdraw)?;
    Ok(What::BidWithdrawn {
        lot: body.lot.clone(),
        party,
        sequence: body.sequence,
        previous: body.previous,
    })
}

/// The handle of the actor's organisation in a lot: its own, or a fresh one.
fn handle(work: &Work<'_>, lot: &LotId, actor: &Actor) -> Party {
    work.book
        .handle(lot, actor.organisation())
        .unwrap_or(work.context.fresh)
}

/// A refused submission, which is recorded as evidence.
pub(super) struct RefusedSubmission<'a> {
    pub actor: &'a Actor,
    pub lot: &'a LotId,
    pub code: RefusalCode,
    pub bid: Option<Digest>,
    pub note: String,
    pub signed: Option<Signed>,
}

impl RefusedSubmission<'_> {
    /// Puts it on record, unless the lot is over or the actor has filled its
    /// share of the stream. That the share is full is recorded once.
    pub(super) fn record(self, work: &mut Work<'_>) -> Result<(), Refusal> {
        let lot = work.lot(self.lot)?;
        let party = handle(work, self.lot, self.actor);
        let before = lot.parties.get(&party).map_or(0, |it| it.evidence);
        let is_over = matches!(lot.stage, Stage::Cancelled | Stage::Closed);
        if is_over || before >= EVIDENCE_CAP {
            return Ok(());
        }
        let facts = Facts {
            by: By::Bidder,
            act: None,
            what: What::SubmissionRefused {
                lot: self.lot.clone(),
                party,
                code: self.code,
                bid: self.bid,
            },
        };
        let details = Details {
            author: Some(self.actor.author.clone()),
            signed: self.signed,
            extra: Some(Extra::Refused { note: self.note }),
        };
        work.push(facts, details)?;
        if before + 1 == EVIDENCE_CAP {
            let lot = self.lot.clone();
            work.platform(What::EvidenceCapped { lot, party }, None)?;
        }
        Ok(())
    }
}
