//! Complaints (投诉).

use kaibiao_crypto::Digest;

use super::texts::{SHORT, says};
use super::{Acting, Work};
use crate::act::{AnswerComplaint, Complain, DeclineComplaint, Matter, TakeUpComplaint};
use crate::complaints::{gate, hears};
use crate::details::{Details, Extra};
use crate::event::{Facts, What};
use crate::ids::{LotId, Seq};
use crate::refusal::{Refusal, RefusalCode};
use crate::role::By;
use crate::signed::Signed;
use crate::text::is_text;

/// The most events that a complaint cites.
const CITED: usize = 20;

/// The most characters of a name, and of how somebody is reached.
const LINE: usize = 200;

type Made = Result<What, Refusal>;

pub(super) fn complain(work: &Work<'_>, acting: &Acting<'_>, body: &Complain) -> Made {
    let organisation = acting.performed.actor.organisation();
    let lot = work.lot(&body.lot)?;
    // First of all, for before T0 the stream's length would tell of bids.
    gate(&work.state, lot, acting.by, work.context.now)?;
    is_complaint(work, body)?;
    if acting.by == By::Bidder && body.matter == Matter::Opening {
        let party = work.book.handle(&body.lot, organisation);
        let objected = party.is_some_and(|party| !lot.objections.of(&party).is_empty());
        if !objected {
            return Err(RefusalCode::ObjectionFirst.into());
        }
    }
    if acting.by == By::Public {
        work.state.complaints.hears_the_public(work.context.now)?;
    }
    hears(&work.state, work.book, organisation, work.context.now)?;
    let lot = body.lot.clone();
    Ok(What::Complained { lot })
}

/// Takes a complaint of somebody without a certificate.
pub(super) fn of_the_public(
    work: &mut Work<'_>,
    body: &Complain,
    signed: &Signed,
    name: &str,
    reach: &str,
    secret: Digest,
) -> Result<(), Refusal> {
    let (now, lot) = (work.context.now, body.lot.clone());
    gate(&work.state, work.lot(&lot)?, By::Public, now)?;
    is_complaint(work, body)?;
    is_text(name, LINE)?;
    is_text(reach, LINE)?;
    work.state.complaints.hears_the_public(now)?;
    let facts = Facts {
        by: By::Public,
        act: Some(signed.digest()),
        what: What::Complained { lot },
    };
    let details = Details {
        author: None,
        signed: Some(signed.clone()),
        extra: Some(Extra::Complainant {
            name: name.to_owned(),
            reach: reach.to_owned(),
            secret,
        }),
    };
    work.push(facts, details)
}

pub(super) fn take_up(work: &Work<'_>, body: &TakeUpComplaint) -> Made {
    let complaint = body.complaint;
    let lot = of(work, complaint)?;
    Ok(What::ComplaintTakenUp { lot, complaint })
}

pub(super) fn decline(work: &Work<'_>, body: &DeclineComplaint) -> Made {
    is_text(&body.reason, SHORT)?;
    let complaint = body.complaint;
    let lot = of(work, complaint)?;
    Ok(What::ComplaintDeclined { lot, complaint })
}

pub(super) fn answer(work: &Work<'_>, body: &AnswerComplaint) -> Made {
    says(&body.text, &body.attachments)?;
    let complaint = body.complaint;
    let lot = of(work, complaint)?;
    Ok(What::ComplaintAnswered { lot, complaint })
}

fn of(work: &Work<'_>, complaint: Seq) -> Result<LotId, Refusal> {
    let found = work.state.complaints.get(&complaint);
    Ok(found.ok_or(RefusalCode::NoSuchEvent)?.lot.clone())
}

fn is_complaint(work: &Work<'_>, body: &Complain) -> Result<(), Refusal> {
    is_text(&body.request, SHORT)?;
    says(&body.text, &body.attachments)?;
    let ascend = body.cites.windows(2).all(|pair| pair[0] < pair[1]);
    let are_there = body
        .cites
        .iter()
        .all(|seq| (1..=work.state.events).contains(seq));
    if body.cites.len() <= CITED && ascend && are_there {
        Ok(())
    } else {
        Err(RefusalCode::NoSuchEvent.into())
    }
}
