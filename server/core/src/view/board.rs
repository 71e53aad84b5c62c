//! A project as one room on the centre's board: what is going on, in numbers.
//! It names no bidder, and before T0 it counts none.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shapes::{Counts, CustodianView};
use super::{counts, custodians};
use crate::asks::Asks;
use crate::book::Book;
use crate::ids::{LotId, Millis, Seq};
use crate::number::count_u64;
use crate::role::By;
use crate::state::{Lot, Stage, State};
use crate::terms::LotDraft;

/// A published project on the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomView {
    pub number: String,
    pub title: String,
    pub t0: Millis,
    /// Whether T0 has passed.
    pub closed_for_bids: bool,
    /// The host's organisations, the tenderer first.
    pub host: Vec<String>,
    pub centre: String,
    pub supervisor: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator_seat: Option<By>,
    pub lots: BTreeMap<LotId, RoomLot>,
    /// Help requests without an answer, from T0 on.
    pub helps_waiting: u64,
    /// Since when the oldest of them can be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helps_oldest: Option<Millis>,
    /// When something last happened, from T0 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_event: Option<Millis>,
    /// When the last lot came to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Millis>,
}

/// A lot on the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomLot {
    pub title: String,
    pub stage: Stage,
    pub since: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_by: Option<By>,
    pub minimum: u32,
    pub release: u8,
    /// From T0 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    pub listed: bool,
    /// Whether its unlocking window was started.
    pub window: bool,
    /// Whether its accepted set is fixed.
    pub accepted: bool,
    pub waits_for_quorum: bool,
    /// Objections and questions without an answer.
    pub objections_open: u64,
    pub questions_open: u64,
    /// Bidders who dispute their line.
    pub disputed: u64,
    /// Findings that wait for the supervisor.
    pub findings_open: u64,
    /// Rescues that bidders asked for and the supervisor has not ordered: it can until
    /// `due`.
    pub rescues_asked: u64,
    pub record_made: bool,
    pub record_signed: bool,
    pub custodians: Vec<CustodianView>,
}

/// A project as a room on the board; nothing for one that is not published.
pub fn room(state: &State, book: &Book) -> Option<RoomView> {
    state.published?;
    let draft = book.draft.as_ref()?;
    let open = state.deadline.is_some();
    let operator = state.operator.filter(|_| open);
    let who = operator.and_then(|it| book.operator(it.operator));
    let officials = &draft.officials;
    let host = [Some(&officials.tenderer), officials.agency.as_ref()];
    let helps = state
        .lots
        .values()
        .filter(|_| open)
        .flat_map(|lot| waiting(&lot.helps));
    let asked: Vec<Millis> = helps
        .map(|seq| book.entry(seq).map_or(state.time, |entry| entry.time))
        .map(|asked| asked.max(state.t0))
        .collect();
    let lots = draft.lots.iter().filter_map(|(id, draft)| {
        let lot = state.lots.get(id)?;
        Some((id.clone(), room_lot(book, id, draft, lot, open)))
    });
    Some(RoomView {
        number: draft.number.clone(),
        title: draft.title.clone(),
        t0: state.t0,
        closed_for_bids: open,
        host: host
            .into_iter()
            .flatten()
            .map(|it| it.name.clone())
            .collect(),
        centre: officials.centre.name.clone(),
        supervisor: officials.supervisor.name.clone(),
        operator: who.map(|who| format!("{} {}", who.name, who.person)),
        operator_seat: operator.map(|it| it.seat),
        lots: lots.collect(),
        helps_waiting: count_u64(asked.len()),
        helps_oldest: asked.into_iter().min(),
        last_event: open.then_some(state.time),
        ended: state.ended_at,
    })
}

fn room_lot(book: &Book, id: &LotId, draft: &LotDraft, lot: &Lot, open: bool) -> RoomLot {
    let bidders = lot.parties.values().filter(|_| open);
    let disputed = bidders
        .clone()
        .filter(|bidder| bidder.line.is_some_and(|line| line.disputed));
    let undecided = bidders.filter(|bidder| {
        let finding = bidder.finding.as_ref();
        finding.is_some_and(|it| it.finding == crate::act::Finding::Open && it.decided.is_none())
    });
    let rescues = lot.parties.values().filter(|bidder| {
        let is_open = lot.stage == Stage::Unlocking && bidder.unlocked.is_none();
        is_open && bidder.rescue.asked.is_some() && bidder.rescue.ordered.is_none()
    });
    let record = lot.records.last();
    RoomLot {
        title: draft.title.clone(),
        stage: lot.stage,
        since: lot.since,
        due: lot.due,
        suspended: lot.suspended.map(|it| it.since),
        suspended_by: lot.suspended.map(|it| it.by),
        minimum: draft.policy.minimum,
        release: draft.release,
        counts: open.then(|| counts(lot)),
        listed: lot.listed.is_some(),
        window: lot.window.is_some(),
        accepted: lot.accepted_at.is_some(),
        waits_for_quorum: lot.quorum_due.is_some(),
        objections_open: count_u64(waiting(&lot.objections).count()),
        questions_open: count_u64(waiting(&lot.questions).count()),
        disputed: count_u64(disputed.count()),
        findings_open: count_u64(undecided.count()),
        rescues_asked: count_u64(rescues.count()),
        record_made: record.is_some(),
        record_signed: record.is_some_and(|record| record.signed.is_some()),
        custodians: custodians(book, id, draft, lot.into()),
    }
}

fn waiting(asked: &Asks) -> impl Iterator<Item = Seq> {
    let open = asked.iter().filter(|(_, it)| it.answered.is_none());
    open.map(|(seq, _)| *seq)
}
