//! A project as one viewer may see it now.
//!
//! Before T0 everybody sees the notice and the clock, and a bidder its own
//! bids besides. When the window begins names appear, masked where the terms say
//! so; how single bidders fare in it is for host, centre and supervisor, and for
//! each bidder itself; sheets are for all at once when they are announced.
//! [`crate::access`] decides all of it.

mod bidders;
mod board;
mod shapes;

pub use shapes::{
    AbsenceView, AskedView, Change, Counts, Course, CustodianView, FaultView, FindingView, KeyView,
    LotView, OnObjections, OwnView, PartyView, PrivateView, RatingView, ReferenceView, Released,
    RemarkView, RevealedView, View, WithheldView,
};

use std::collections::BTreeMap;

use self::bidders::{LotForViewer, custodians};
pub(crate) use self::bidders::{on_objections, withheld};
pub use self::board::{RoomLot, RoomView, room};
use crate::access::{Point, Thing, has_bid, may_read};
use crate::book::Book;
use crate::command::Actor;
use crate::evolve::RATING;
pub use crate::flags::{Common, Flag};
use crate::ids::{LotId, Millis};
use crate::lawful::{Phase, lawful, reached};
use crate::missing::missing;
use crate::signed::Signed;
use crate::state::{Lot, Stage, State, sign_in_from};
use crate::terms::Draft;
use crate::viewer::{Seat, Viewer};

/// The project as `viewer` may see it, or nothing: a draft is for host and
/// centre only. To somebody who can act it also says which acts are lawful.
pub fn view(
    state: &State,
    book: &Book,
    viewer: &Viewer,
    actor: Option<&Actor>,
    now: Millis,
) -> Option<View> {
    let draft = book.draft.as_ref()?;
    let project = Point::project(state);
    let may = |thing| may_read(viewer, thing, project, false);
    if state.published.is_none() && !may(Thing::Draft) {
        return None;
    }
    let open = state.deadline.is_some();
    let lots = draft.lots.iter().map(|(id, draft)| {
        let lot = state.lots.get(id);
        let at = lot.map_or(project, |lot| Point::lot(state, lot));
        let told = LotForViewer {
            id,
            book,
            viewer,
            at,
            now,
        };
        let view = LotView {
            title: draft.title.clone(),
            control_price: draft.control_price.clone(),
            reference: draft.reference.map(|sealed| ReferenceView {
                kind: sealed.kind,
                commitment: sealed.commitment,
                revealed: lot
                    .filter(|_| may_read(viewer, Thing::Reference, at, false))
                    .and_then(|lot| revealed(lot, book)),
            }),
            schema: draft.schema.clone(),
            minimum: draft.policy.minimum,
            reading: draft.policy.reading,
            masked: lot.map_or(draft.policy.masked, |lot| lot.masked),
            policy: draft.policy.clone(),
            custodians: custodians(book, id, draft, lot),
            release: draft.release,
            rescue: draft.rescue,
            terms: lot.map(|lot| lot.rules.terms),
            stage: lot.map_or(Stage::Preparing, |lot| lot.stage),
            phase: Phase::of(lot.map_or(Stage::Preparing, |lot| lot.stage)),
            reached: lot.map_or(Stage::Preparing, |lot| reached(book, id, lot)),
            lawful: actor.map_or_else(BTreeMap::new, |actor| {
                let verdicts = lawful(actor, state, book, id, now).into_iter();
                let told = verdicts
                    .map(|(act, verdict)| (act.to_owned(), verdict.code().map(str::to_owned)));
                told.collect()
            }),
            since: lot.map_or(0, |lot| lot.since),
            due: lot.and_then(|lot| lot.due),
            suspended: lot.and_then(|lot| Some(lot.suspended?.since)),
            suspended_by: lot.and_then(|lot| Some(lot.suspended?.by)),
            ending: lot.and_then(Lot::ending),
            listed: lot.is_some_and(|lot| lot.listed.is_some()),
            extended: lot.map_or(0, |lot| lot.extended),
            objecting: draft.policy.stays.objecting(),
            waits_for_quorum: lot.is_some_and(|lot| lot.quorum_due.is_some()),
            counts: lot
                .filter(|_| may_read(viewer, Thing::Counts, at, false))
                .map(counts),
            parties: lot
                .filter(|_| open)
                .map_or_else(Vec::new, |lot| told.parties(lot)),
            faults: lot.map_or_else(Vec::new, |lot| told.faults(lot)),
            own: lot.and_then(|lot| told.own(lot)),
            joint: lot.map_or_else(Vec::new, |lot| told.joint(lot)),
            accepted: lot.and_then(|lot| lot.statement.digest),
            objections: lot.map_or_else(Vec::new, |lot| told.asked(Thing::Talk, &lot.objections)),
            questions: lot.map_or_else(Vec::new, |lot| told.asked(Thing::Talk, &lot.questions)),
            helps: lot.map_or_else(Vec::new, |lot| told.asked(Thing::Help, &lot.helps)),
            private: lot.map_or_else(Vec::new, |lot| told.private(lot)),
            records: lot.map_or_else(Vec::new, |lot| lot.records.clone()),
            missing: lot
                .filter(|_| may_read(viewer, Thing::Missing, at, false))
                .map_or_else(Vec::new, missing),
        };
        (id.clone(), view)
    });
    let operator = state.operator.filter(|_| may(Thing::Operator));
    let operator = operator.and_then(|it| Some((it.seat, book.operator(it.operator)?)));
    Some(View {
        number: draft.number.clone(),
        title: draft.title.clone(),
        notice: draft.notice.clone(),
        attachments: draft.attachments.clone(),
        external_id: draft.external_id.clone(),
        predecessor: draft.predecessor,
        officials: draft.officials.clone(),
        suite: draft.suite,
        seat: Some(viewer.seat).filter(|seat| *seat >= Seat::Host),
        published: state.published.is_some(),
        draft: may(Thing::Draft).then(|| Draft::clone(draft)),
        t0: if state.published.is_some() {
            state.t0
        } else {
            draft.t0
        },
        sign_in_from: if state.published.is_some() {
            state.sign_in_from()
        } else {
            sign_in_from(draft.t0, draft.sign_in)
        },
        closed_for_bids: open,
        now,
        publication: publication(book),
        changes: changes(book),
        closing: state.closing.digest,
        operator: operator.map(|(_, who)| format!("{} {}", who.name, who.person)),
        operator_seat: operator.map(|(seat, _)| seat),
        operator_certificate: operator
            .filter(|_| may(Thing::OperatorCertificate))
            .map(|(_, who)| who.certificate),
        keys: if may(Thing::Keys) {
            book.keys
                .iter()
                .map(|key| KeyView {
                    organisation: key.organisation.clone(),
                    name: key.name.clone(),
                    key: key.key.key.clone(),
                    agent: key.key.agent.clone(),
                    certified: key.signed.clone(),
                    authorised: key.authorised.clone(),
                })
                .collect()
        } else {
            Vec::new()
        },
        rating: rating(state, book, viewer),
        lots: lots.collect(),
    })
}

/// The help requests of all lots, as far as the viewer may read them.
pub fn helps(state: &State, book: &Book, viewer: &Viewer) -> Vec<(LotId, AskedView)> {
    let lots = state.lots.iter().flat_map(|(id, lot)| {
        let told = LotForViewer {
            id,
            book,
            viewer,
            at: Point::lot(state, lot),
            now: state.time,
        };
        let asked = told.asked(Thing::Help, &lot.helps);
        asked.into_iter().map(|asked| (id.clone(), asked))
    });
    lots.collect()
}

fn revealed(lot: &Lot, book: &Book) -> Option<RevealedView> {
    let revealed = lot.reference.as_ref()?;
    Some(RevealedView {
        seq: revealed.seq,
        time: book.entry(revealed.seq)?.time,
        value: revealed.value.clone(),
        salt: revealed.salt,
    })
}

/// How the window of a lot goes, which everybody is told from T0 on.
pub(crate) fn counts(lot: &Lot) -> Counts {
    let tally = &lot.tally;
    Counts {
        bids: tally.closed.into(),
        refused: tally.refused.into(),
        unlocked: tally.unlocked.into(),
        failed: tally.failed.into(),
        waiting: (tally.counted() - tally.unlocked - tally.failed).into(),
        opened: tally.opened.into(),
    }
}

/// What the viewer's organisation may still say of the service, or has said.
fn rating(state: &State, book: &Book, viewer: &Viewer) -> Option<RatingView> {
    let ended = state.ended_at?;
    let organisation = viewer.organisation.as_ref()?;
    let took_part = match viewer.seat {
        Seat::Public => false,
        Seat::Bidder => has_bid(viewer, state, book),
        Seat::Host | Seat::Centre | Seat::Supervisor => true,
    };
    took_part.then(|| RatingView {
        given: book.rating_of(organisation).map(|rate| rate.score),
        until: ended + RATING,
    })
}

fn publication(book: &Book) -> Option<Signed> {
    book.entry(*book.notices.first()?)?.signed.clone()
}

fn changes(book: &Book) -> Vec<Change> {
    let after = book.notices.iter().skip(1);
    let entries = after.filter_map(|seq| book.entry(*seq));
    entries
        .map(|entry| Change {
            kind: entry.kind.clone(),
            time: entry.time,
            lot: entry.lot.clone(),
            text: entry.text.clone(),
            attachments: entry.attachments.clone(),
            signed: entry
                .signed
                .clone()
                .filter(|_| entry.kind == "terms_amended"),
        })
        .collect()
}
