//! Whose details may be erased (docs/spec/events.md, *Erased details*). State never needs
//! details, so what is asked is what the law keeps, and what the book would lack.

use crate::book::Book;
use crate::disclosure::is_complaint;
use crate::event::{Recorded, What};
use crate::ids::{LotId, Millis, Seq};
use crate::project::Project;
use crate::refusal::RefusalCode;
use crate::state::{Lot, State};
use crate::stream::{self, Stream};

/// An event of a stream in its place.
pub type RecordedOf<S> = stream::Recorded<<S as Stream>::Facts, <S as Stream>::Details>;

/// A kind of stream of which some events can lose their details.
pub trait Erasable: Stream {
    /// Whether the details of an event may be erased in the state of `now` (UTC ms).
    ///
    /// # Errors
    /// Why not.
    fn may_be_erased(
        state: &Self::State,
        event: &RecordedOf<Self>,
        now: Millis,
    ) -> Result<(), RefusalCode>;

    /// Whether two books differ in nothing but what one event itself said.
    fn are_alike(one: &Self::Book, other: &Self::Book, of: Seq) -> bool;
}

/// The book with and without the details of one event, folded side by side: whether
/// anything else rests on them.
pub struct Trial<S: Stream> {
    of: Seq,
    with: S::Book,
    without: S::Book,
}

impl<S: Erasable> Trial<S> {
    /// Before the first event.
    pub fn of(seq: Seq) -> Self {
        Self {
            of: seq,
            with: S::Book::default(),
            without: S::Book::default(),
        }
    }

    /// After the next event of the stream.
    pub fn add(&mut self, event: RecordedOf<S>) {
        self.with = S::note(std::mem::take(&mut self.with), &event);
        let event = RecordedOf::<S> {
            details: event.details.filter(|_| event.seq != self.of),
            ..event
        };
        self.without = S::note(std::mem::take(&mut self.without), &event);
    }

    /// Whether nothing else rests on the details.
    pub fn holds(&self) -> bool {
        S::are_alike(&self.with, &self.without, self.of)
    }
}

/// Whether the details of a project's event may ever have been erased, by a state after
/// it: what was not over then may be since.
pub fn could_be_erased(state: &State, event: &Recorded) -> bool {
    matches!(
        Project::may_be_erased(state, event, event.time),
        Ok(()) | Err(RefusalCode::EraseEarly)
    )
}

impl Erasable for Project {
    fn may_be_erased(state: &State, event: &Recorded, _: Millis) -> Result<(), RefusalCode> {
        let what = &event.facts.what;
        let is_talk = is_talk(what);
        if !is_talk && !is_complaint(what) {
            return Err(RefusalCode::NotErasable);
        }
        if is_talk && stands_in_a_record(state, event) {
            return Err(RefusalCode::KeptInRecord);
        }
        if state.evidence.is_none() || !state.is_evidence() || is_open(state, event.seq, what) {
            return Err(RefusalCode::EraseEarly);
        }
        Ok(())
    }

    fn are_alike(one: &Book, other: &Book, of: Seq) -> bool {
        let mut other = other.clone();
        if let Some(entry) = one.entries.get(&of) {
            other.entries.insert(of, entry.clone());
        }
        if let Some(complainant) = one.complainants.get(&of) {
            other.complainants.insert(of, complainant.clone());
        }
        *one == other
    }
}

/// What was said in the room, and that somebody was to be silent.
fn is_talk(what: &What) -> bool {
    matches!(
        what,
        What::Said { .. }
            | What::SaidPrivately { .. }
            | What::Asked { .. }
            | What::Answered { .. }
            | What::HelpAsked { .. }
            | What::HelpAnswered { .. }
            | What::Remarked { .. }
            | What::Muted { .. }
            | What::Unmuted { .. }
    )
}

/// Whether an event is about a complaint on which the supervisor has not said its last.
fn is_open(state: &State, seq: Seq, what: &What) -> bool {
    let (What::ComplaintTakenUp { complaint, .. }
    | What::ComplaintDeclined { complaint, .. }
    | What::ComplaintAnswered { complaint, .. }) = what
    else {
        let own = state.complaints.get(&seq);
        return own.is_some_and(|it| it.due().is_some());
    };
    let of = state.complaints.get(complaint);
    of.is_none_or(|it| it.due().is_some())
}

/// Whether a record was made of a lot that the event concerns, after it: the record says
/// what was said in the room.
fn stands_in_a_record(state: &State, event: &Recorded) -> bool {
    let (lot, lots) = (event.facts.what.lot(), event.facts.what.lots());
    let concerns = |id: &LotId| match &lot {
        Some(its) => its == id,
        None => lots.is_empty() || lots.contains(id),
    };
    let has_later = |lot: &Lot| lot.records.iter().any(|it| it.seq > event.seq);
    let mut of = state.lots.iter().filter(|(id, _)| concerns(id));
    of.any(|(_, lot)| has_later(lot))
}
