//! Drafts, publication and the changes after it.

use std::collections::BTreeMap;

use kaibiao_crypto::{Digest, Suite, canonical};

use super::texts::{SHORT, are_attachments};
use super::{Acting, Work};
use crate::act::{AmendTerms, Cancel, CertifyKey, Clarify, InviteCustodian, Postpone, Publish};
use crate::book::Entry;
use crate::compose;
use crate::details::Extra;
use crate::event::What;
use crate::permissions::agent_digest;
use crate::refusal::{Refusal, RefusalCode};
use crate::register;
use crate::shared::Shared;
use crate::terms::{Draft, SealingTerms};
use crate::text::{is_text, is_title};

/// How many characters all clarifications of a project may have together: every visitor
/// is shown them with the notice.
const CLARIFIED: usize = 300_000;
/// How many drafts of one organisation wait for their publication at a time.
const DRAFTS: usize = 500;
/// How often a draft is changed: each version stays in the stream.
const EDITS: usize = 500;
/// How many changes a project may have, each of which is told to all who follow it.
const CHANGES: u32 = 100;

pub(super) fn clarify(work: &Work<'_>, body: &Clarify) -> Result<What, Refusal> {
    is_title(&body.title, 300)?;
    is_text(&body.text, 100_000)?;
    are_attachments(&body.attachments)?;
    let earlier = work.book.entries.values();
    let earlier = earlier.filter(|entry| entry.kind == "clarified");
    let said: usize = earlier.map(|entry| entry.text.chars().count()).sum();
    if said + body.text.chars().count() > CLARIFIED {
        return Err(RefusalCode::TooMany.into());
    }
    let number = next_change(work)?;
    Ok(What::Clarified { number })
}

fn next_change(work: &Work<'_>) -> Result<u32, Refusal> {
    if work.state.changes >= CHANGES {
        return Err(RefusalCode::TooMany.into());
    }
    Ok(work.state.changes + 1)
}

pub(super) fn postpone(work: &Work<'_>, body: &Postpone) -> Result<What, Refusal> {
    is_text(&body.reason, SHORT)?;
    let number = next_change(work)?;
    let t0 = body.t0;
    Ok(What::Postponed { number, t0 })
}

pub(super) fn cancel(work: &Work<'_>, body: &Cancel) -> Result<What, Refusal> {
    is_text(&body.reason, SHORT)?;
    let running = work
        .state
        .lots
        .iter()
        .filter(|(_, lot)| !lot.stage.is_end());
    let lots = match &body.lot {
        Some(lot) => vec![lot.clone()],
        None => running.map(|(id, _)| id.clone()).collect(),
    };
    Ok(What::Cancelled { lots })
}

/// A transaction platform's draft, which its external id makes idempotent.
pub(super) fn import(
    work: &mut Work<'_>,
    acting: &Acting<'_>,
    body: &Draft,
) -> Result<(), Refusal> {
    if body.external_id.is_none() {
        return Err(Refusal::new(RefusalCode::InvalidDraft).with("field", "external_id"));
    }
    let is_new = work.state.draft.is_none();
    draft(work, acting, body, is_new)
}

pub(super) fn draft(
    work: &mut Work<'_>,
    acting: &Acting<'_>,
    draft: &Draft,
    is_new: bool,
) -> Result<(), Refusal> {
    let edits = work.book.entries.values().filter(|it| it.kind == "edited");
    if is_new && work.context.register.drafts >= DRAFTS {
        return Err(Refusal::new(RefusalCode::DraftsFull).with("most", DRAFTS));
    }
    compose::check(draft)?;
    work.context.register.agrees(register::in_draft(draft))?;
    work.context.register.succeeds(draft)?;
    let digest = Digest::of(&canonical::to_bytes(draft));
    if !is_new && work.state.published.is_none() && work.state.draft == Some(digest) {
        // The same draft came again. Nothing changes, because an import is
        // idempotent.
        return Ok(());
    }
    if edits.count() >= EDITS {
        return Err(Refusal::new(RefusalCode::EditsFull).with("most", EDITS));
    }
    let what = if is_new {
        What::Drafted { draft: digest }
    } else {
        What::Edited { draft: digest }
    };
    work.act(acting, what)
}

/// How many organisations a host may invite, and how often one of them may certify
/// a key.
const INVITATIONS: usize = 20;

/// Asks an organisation to certify a key, for an amendment that is to name it.
pub(super) fn invite(work: &Work<'_>, body: &InviteCustodian) -> Result<What, Refusal> {
    is_text(&body.reason, SHORT)?;
    compose::is_named(&body.custodian)?;
    work.context.register.agrees([&body.custodian])?;
    let organisation = &body.custodian.organisation;
    if work.book.may_keep_keys(organisation) {
        return Err(RefusalCode::AlreadyDone.into());
    }
    if work.book.invited.len() >= INVITATIONS {
        return Err(RefusalCode::TooMany.into());
    }
    Ok(What::CustodianInvited)
}

pub(super) fn certify(
    work: &mut Work<'_>,
    acting: &Acting<'_>,
    body: &CertifyKey,
) -> Result<(), Refusal> {
    let organisation = acting.performed.actor.organisation();
    if work.bids(organisation) {
        return Err(RefusalCode::CustodianBids.into());
    }
    let is_own = |entry: &&Shared<Entry>| {
        let author = entry.author.as_ref();
        entry.kind == "key_certified"
            && author.is_some_and(|author| author.organisation == *organisation)
    };
    let before = work.book.entries.values().filter(is_own).count();
    if before >= INVITATIONS {
        return Err(RefusalCode::TooMany.into());
    }
    let is_key = is_base64_of(&body.key, 65);
    let is_agent = body
        .agent
        .as_ref()
        .is_none_or(|agent| is_base64_of(agent, 32));
    if !is_key || !is_agent {
        return Err(Refusal::new(RefusalCode::InvalidDraft).with("field", "key"));
    }
    let draft = work.book.draft.as_ref();
    let suite = draft.map_or(Suite::Intl, |draft| draft.suite);
    // Terms would not come about with it (`compose_lot`); here the custodian hears it
    // that can mend it.
    if body.suite != suite {
        let name = &acting.performed.actor.author.name;
        let refusal = Refusal::new(RefusalCode::CustodianKeySuite);
        return Err(refusal.with("custodian", name).with("suite", suite.name()));
    }
    let shares = |other: &CertifyKey| {
        let makes_keys = body.authorisation.is_some() || other.authorisation.is_some();
        let one_agent = body.agent.is_some() && body.agent == other.agent;
        other.key == body.key || (makes_keys && one_agent)
    };
    let mut others = work.book.keys.iter();
    if others.any(|it| it.organisation != *organisation && shares(&it.key)) {
        return Err(RefusalCode::CustodianKeyShared.into());
    }
    let key = Digest::of(body.key.as_bytes());
    let what = What::KeyCertified { key };
    let Some(digest) = &body.authorisation else {
        return work.act(acting, what);
    };
    let known = work.context.register.agents.get(digest);
    let authorisation = known
        .filter(|it| it.organisation() == organisation)
        .filter(|it| agent_digest(Some(&it.body.agent)) == acting.performed.actor.agent)
        .ok_or(RefusalCode::AuthorisationUnknown)?;
    let draft = draft.ok_or(RefusalCode::WrongStage)?;
    authorisation.covers(body, &draft.officials, work.context.now)?;
    let act = authorisation.signed.clone();
    work.act_with(acting, what, Extra::Authorised { act })
}

/// Standard base64 of so many bytes, by its shape: the caller has parsed keys.
fn is_base64_of(text: &str, bytes: usize) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    text.len() == bytes.div_ceil(3) * 4 && text.bytes().all(is_digit)
}

pub(super) fn publish(
    work: &mut Work<'_>,
    acting: &Acting<'_>,
    body: &Publish,
) -> Result<(), Refusal> {
    let Some(draft) = work.book.draft.as_ref() else {
        return Err(RefusalCode::WrongStage.into());
    };
    if work.state.published.is_some() {
        return Err(RefusalCode::AlreadyPublished.into());
    }
    let context = work.context;
    context.register.agrees(register::in_draft(draft))?;
    context.register.seats(draft)?;
    let custodians = draft.lots.values().flat_map(register::in_lot);
    context.register.unrevoked(&work.book.keys, custodians)?;
    let terms = compose::compose(context.project, draft, &work.book.keys, &context.trust)?;
    let digests: BTreeMap<_, _> = terms
        .iter()
        .map(|(lot, terms)| (lot.clone(), terms.digest()))
        .collect();
    if digests != body.terms || draft.t0 != body.t0 {
        return Err(RefusalCode::TermsDiffer.into());
    }
    let what = What::Published {
        t0: draft.t0,
        outage_moves_t0: draft.outage_moves_t0,
        legal: context.legal,
        lots: terms.values().map(SealingTerms::rules).collect(),
        sign_in: draft.sign_in,
    };
    let texts = terms
        .iter()
        .map(|(lot, terms)| (lot.clone(), text(terms)))
        .collect();
    work.act_with(acting, what, Extra::Terms { terms: texts })
}

pub(super) fn amend(
    work: &mut Work<'_>,
    acting: &Acting<'_>,
    body: &AmendTerms,
) -> Result<(), Refusal> {
    is_text(&body.reason, SHORT)?;
    let stale = work.lot(&body.lot)?.live();
    let (Some(draft), Some(now)) = (&work.book.draft, work.book.terms.get(&body.lot)) else {
        return Err(RefusalCode::WrongStage.into());
    };
    let custodians = register::in_lot(&body.draft);
    let register = &work.context.register;
    register.agrees(custodians)?;
    register.unrevoked(&work.book.keys, custodians)?;
    let terms = compose::compose_lot(
        work.context.project,
        &body.lot,
        now.terms.number + 1,
        &body.draft,
        draft,
        &work.book.keys,
        // All lots of a project, amended or not, are believed by the same keys.
        &now.terms.trust,
    )?;
    if terms.digest() != body.terms {
        return Err(RefusalCode::TermsDiffer.into());
    }
    let what = What::TermsAmended {
        number: work.state.changes + 1,
        rules: terms.rules(),
        t0: body.t0,
        stale,
    };
    let texts = [(body.lot.clone(), text(&terms))].into();
    work.act_with(acting, what, Extra::Terms { terms: texts })
}

fn text(terms: &SealingTerms) -> String {
    String::from_utf8(canonical::to_bytes(terms)).expect("canonical JSON is UTF-8")
}
