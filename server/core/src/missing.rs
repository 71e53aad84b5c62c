//! What is still missing in a lot before the host closes it: told to officials, so
//! that nobody closes what nobody has looked at. Only the record is demanded; all else
//! is known to be missing when the lot is closed.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::act::Finding;
use crate::asks::Asks;
use crate::event::Outcome;
use crate::ids::{Party, Seq};
use crate::number::count_u64;
use crate::state::{Bidder, Lot, Stage};
use crate::view::on_objections;

/// What is missing, in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = MissingKind)]
pub enum Kind {
    /// The record is not made, or is about to be made anew.
    Record,
    /// The host has not signed it.
    Signature,
    /// The host has not revealed the control price or base that it had sealed.
    Reference,
    /// Objections without a reply.
    Replies,
    /// Questions without an answer.
    Answers,
    /// Requests for help without an answer.
    Helps,
    /// Findings that are the supervisor's to make.
    Findings,
    /// Bidders who dispute their line, and the host has remarked nothing on it since.
    Disputes,
    /// Bidders who have neither confirmed nor disputed their line.
    Lines,
    /// Bidders who have neither objected nor said that they have no objection.
    Objections,
    /// Bidders who stayed away, and nobody has said why.
    Absences,
    /// Bidders who were there and have not signed the record that the host has signed.
    Countersignatures,
}

/// Something that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MissingView)]
pub struct Missing {
    pub what: Kind,
    /// How often; 1 for what is missing as a whole.
    pub count: u64,
    /// Whether the lot cannot be closed without it.
    pub demanded: bool,
    /// Whether it can still come.
    pub mendable: bool,
    /// The bidders whose it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parties: Vec<Party>,
    /// The events that wait.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Seq>,
}

/// What is missing in a lot, from the announcement until it is closed.
pub fn missing(lot: &Lot) -> Vec<Missing> {
    use Stage::{Announced, Objections, Signing};
    let stage = lot.stage;
    if !matches!(stage, Announced | Objections | Signing) {
        return Vec::new();
    }
    let signing = stage == Signing;
    let record = lot.records.last().filter(|_| lot.correction.is_none());
    let signed = record.filter(|it| it.signed.is_some());
    let of_record = [
        (Kind::Record, signing && record.is_none()),
        (Kind::Signature, signing && signed.is_none()),
    ];
    let whole = of_record.into_iter().filter(|(_, is)| *is);
    let whole = whole.map(|(what, _)| Missing {
        count: 1,
        demanded: true,
        ..nothing(what, true)
    });
    let is_sealed = lot.rules.reference.is_some() && lot.reference.is_none();
    let sealed = is_sealed.then(|| Missing {
        count: 1,
        ..nothing(Kind::Reference, signed.is_none())
    });
    let whole = whole.chain(sealed);
    let waiting = [
        waits(Kind::Replies, &lot.objections, !signing),
        waits(Kind::Answers, &lot.questions, true),
        waits(Kind::Helps, &lot.helps, true),
    ];
    let countersigns = |it: &Bidder| {
        let is_there = it.signed_in.is_some();
        signed.is_some_and(|made| is_there && !it.countersigned.contains_key(&made.record))
    };
    let parties = [
        lacks(lot, Kind::Findings, true, |_, it| {
            let finding = it.finding.as_ref();
            finding.is_some_and(|it| it.finding == Finding::Open)
        }),
        lacks(lot, Kind::Disputes, signed.is_none(), |_, it| {
            is_disputed(it)
        }),
        lacks(lot, Kind::Lines, stage == Announced, |_, it| {
            it.outcome == Some(Outcome::Opened) && it.line.is_none()
        }),
        lacks(lot, Kind::Objections, !signing, |party, it| {
            stage != Announced && on_objections(lot, *party, it).is_none()
        }),
        lacks(lot, Kind::Absences, signed.is_none(), |_, it| {
            it.signed_in.is_none() && it.absence.is_none()
        }),
        lacks(lot, Kind::Countersignatures, true, |_, it| countersigns(it)),
    ];
    let some = waiting.into_iter().chain(parties).filter(|it| it.count > 0);
    whole.chain(some).collect()
}

/// It disputes its line, and the host has not spoken to that.
fn is_disputed(bidder: &Bidder) -> bool {
    let disputed = bidder.line.filter(|line| line.disputed);
    disputed.is_some_and(|line| bidder.remarks.iter().all(|it| it.seq < line.seq))
}

fn nothing(what: Kind, mendable: bool) -> Missing {
    Missing {
        what,
        count: 0,
        demanded: false,
        mendable,
        parties: Vec::new(),
        events: Vec::new(),
    }
}

fn waits(what: Kind, asked: &Asks, mendable: bool) -> Missing {
    let open = asked.iter().filter(|(_, it)| it.answered.is_none());
    let events: Vec<Seq> = open.map(|(seq, _)| *seq).collect();
    Missing {
        count: count_u64(events.len()),
        events,
        ..nothing(what, mendable)
    }
}

/// Of whom it is missing, among those whose bids count.
fn lacks(
    lot: &Lot,
    what: Kind,
    mendable: bool,
    is_missing: impl Fn(&Party, &Bidder) -> bool,
) -> Missing {
    let lacking = lot.counted().filter(|(party, it, _)| is_missing(party, it));
    let parties: Vec<Party> = lacking.map(|(party, _, _)| *party).collect();
    Missing {
        count: count_u64(parties.len()),
        parties,
        ..nothing(what, mendable)
    }
}
