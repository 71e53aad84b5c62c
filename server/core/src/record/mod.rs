//! The opening record (开标记录表, 电子招标投标办法 art. 32) as data. It is made from
//! the stream's events and nothing else, so that anybody who has them makes the
//! same bytes. docs/spec/record.md has its JSON.

mod lines;
mod shapes;
mod signatures;

pub use shapes::{
    AbsenceReason, Answer, Attached, Attendance, Head, Interruption, Leave, Line, LineRemarked,
    LotPart, Moment, Objection, OnObjections, ProjectPart, Record, ReferencePart, Refused,
    RevealedPart, Row, Said, Signer, Status, Unopened,
};
pub use signatures::{Signature, signatures};

use self::lines::Lines;
use crate::access::{Point, Thing, is_public};
use crate::book::Book;
use crate::ids::{LotId, ProjectId};
use crate::number::count_u64;
use crate::state::State;

/// The record of a lot as it stands after the first `head.size` events, which
/// `state` and `book` are folded from. None where nothing was published.
pub fn record(
    project: ProjectId,
    lot: &LotId,
    state: &State,
    book: &Book,
    head: Head,
) -> Option<Record> {
    let draft = book.draft.as_ref()?;
    let lot_draft = draft.lots.get(lot)?;
    let lot_state = state.lots.get(lot)?;
    let of = Lines {
        id: lot,
        lot: lot_state,
        book,
        named: is_public(Thing::Names, Point::lot(state, lot_state)),
    };
    let officials = &draft.officials;
    Some(Record {
        project: ProjectPart {
            id: project,
            number: draft.number.clone(),
            title: draft.title.clone(),
            external_id: draft.external_id.clone(),
            tenderer: officials.tenderer.name.clone(),
            agency: officials.agency.as_ref().map(|agency| agency.name.clone()),
            centre: officials.centre.name.clone(),
            supervisor: officials.supervisor.name.clone(),
            t0: state.t0,
        },
        lot: LotPart {
            id: lot.clone(),
            title: lot_draft.title.clone(),
            control_price: lot_draft.control_price.clone(),
            reference: of.reference(),
            minimum: of.lot.rules.minimum,
            reading: of.lot.rules.reading,
            bids: count_u64(of.lot.closing.len()),
            state: of.lot.stage,
            ending: of.lot.ending,
            coded: !of.named,
            schema: lot_draft.schema.clone(),
        },
        corrects: of.lot.correction,
        rows: of.rows(),
        unopened: of.unopened(),
        custodians: of.custodians(),
        refused: of.refused(),
        objections: of.objections(),
        answers: of.answers(),
        messages: of.said(&[
            "said",
            "asked",
            "answered",
            "help_asked",
            "help_answered",
            "said_privately",
        ]),
        remarks: of.said(&["remarked"]),
        attendance: of.attendance(),
        timeline: of.timeline(&state.outages),
        signers: of.signers(state.operator.map(|operator| operator.seat)),
        stream: head,
    })
}
