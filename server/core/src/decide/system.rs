//! What the platform itself did or found.

use super::submitting::RefusedSubmission;
use super::{Work, complaining};
use crate::command::System;
use crate::details::Extra;
use crate::event::{Check, What};
use crate::refusal::{Refusal, RefusalCode};

pub(super) fn run(work: &mut Work<'_>, system: &System) -> Result<(), Refusal> {
    match system {
        // Time acts before and after every command.
        System::Tick => Ok(()),
        System::SubmissionRefused {
            actor,
            lot,
            code,
            bid,
            note,
        } => RefusedSubmission {
            actor,
            lot,
            code: *code,
            bid: *bid,
            note: note.clone(),
            signed: None,
        }
        .record(work),
        System::RefusalsCounted { lot, party, count } => {
            let (lot, party, count) = (lot.clone(), *party, *count);
            work.platform(What::RefusalsCounted { lot, party, count }, None)
        }
        System::UnlockUnanswered {
            organisation,
            lot,
            bid,
        } => {
            let party = work.book.handle(lot, organisation);
            let party = party.ok_or(RefusalCode::NoSuchParty)?;
            let what = What::UnlockFailed {
                lot: lot.clone(),
                party,
                bid: *bid,
                check: Check::Unanswered,
            };
            work.platform(what, None)
        }
        System::StatementSigned { lot, statement } => {
            let (lot, statement) = (lot.clone(), *statement);
            work.platform(What::StatementSigned { lot, statement }, None)
        }
        System::QuorumReached {
            lot,
            statement,
            witnesses,
        } => {
            let what = What::QuorumReached {
                lot: lot.clone(),
                statement: *statement,
                witnesses: *witnesses,
            };
            work.platform(what, None)
        }
        System::Rescued { lot, bid, matches } => {
            let party = work.lot(lot)?.party_of(bid).ok_or(RefusalCode::NoSuchBid)?;
            let what = What::Rescued {
                lot: lot.clone(),
                party,
                bid: *bid,
                matches: *matches,
            };
            work.platform(what, None)
        }
        System::Opened {
            lot,
            results,
            sheets,
        } => {
            let mut results = results.clone();
            results.sort_by_key(|result| result.bid);
            let lot = lot.clone();
            let sheets = sheets.clone();
            work.platform(
                What::Opened { lot, results },
                Some(Extra::Sheets { sheets }),
            )
        }
        System::DocumentOpened {
            lot,
            bid,
            segment,
            outcome,
            name,
            size,
            digest,
        } => {
            let what = What::DocumentOpened {
                lot: lot.clone(),
                bid: *bid,
                segment: *segment,
                outcome: *outcome,
            };
            let extra = Extra::Document {
                name: name.clone(),
                size: *size,
                digest: *digest,
            };
            work.platform(what, Some(extra))
        }
        System::Complained {
            body,
            signed,
            name,
            reach,
            secret,
        } => complaining::of_the_public(work, body, signed, name, reach, *secret),
        System::RecordMade {
            lot,
            size,
            record,
            pdf,
        } => {
            let of = work.lot(lot)?;
            if of.ruled.is_some_and(|ruled| ruled > *size) {
                return Err(RefusalCode::RecordDiffers.into());
            }
            let corrects = of.correction;
            let what = What::RecordMade {
                lot: lot.clone(),
                record: *record,
                pdf: *pdf,
                corrects,
            };
            work.platform(what, None)
        }
    }
}
