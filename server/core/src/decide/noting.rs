//! What is noted of one bidder, and what it says to that.

use super::opening::own;
use super::texts::{SHORT, is_optional};
use super::{Acting, Work};
use crate::act::{LineException, Mute, NoObjection, PrivateMessage, RemarkLine, Unmute};
use crate::event::What;
use crate::refusal::{Refusal, RefusalCode};
use crate::text::is_text;

type Made = Result<What, Refusal>;

/// A remark says something: in words, or by an exception that needs none.
pub(super) fn remark_line(body: &RemarkLine) -> Made {
    is_optional(&body.text)?;
    let is_said = body.exception.is_some_and(|it| it != LineException::Other);
    if body.text.is_empty() && !is_said {
        return Err(RefusalCode::WrongText.into());
    }
    Ok(What::LineRemarked {
        lot: body.lot.clone(),
        party: body.party,
        exception: body.exception,
    })
}

pub(super) fn private_message(work: &Work<'_>, acting: &Acting<'_>, body: &PrivateMessage) -> Made {
    is_text(&body.text, SHORT)?;
    let lot = body.lot.clone();
    let party = match body.party {
        Some(party) => party,
        None => own(work, acting, &body.lot)?,
    };
    if body.party.is_none() && !work.lot(&lot)?.has_standing(party) {
        return Err(RefusalCode::NoStanding.into());
    }
    Ok(What::SaidPrivately { lot, party })
}

pub(super) fn mute(body: &Mute) -> Made {
    is_text(&body.reason, SHORT)?;
    let (lot, party) = (body.lot.clone(), body.party);
    Ok(What::Muted { lot, party })
}

pub(super) fn unmute(body: &Unmute) -> Made {
    is_optional(&body.reason)?;
    let (lot, party) = (body.lot.clone(), body.party);
    Ok(What::Unmuted { lot, party })
}

pub(super) fn no_objection(work: &Work<'_>, acting: &Acting<'_>, body: &NoObjection) -> Made {
    let party = own(work, acting, &body.lot)?;
    let lot = body.lot.clone();
    Ok(What::NoObjection { lot, party })
}
