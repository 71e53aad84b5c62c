//! Who may read which event's facts and details: one rule, which the route that serves
//! events and the maker of bundles both ask (docs/spec/bundle.md, 1 and 3).

use crate::access::{Moment, Point, Thing, is_public, may_read};
use crate::act::Act;
use crate::book::{Book, Entry};
use crate::event::{Facts, Recorded, What};
use crate::ids::{Millis, Organisation, Seq};
use crate::role::By;
use crate::state::{Evidence, Lot, Stage, State};
use crate::viewer::Viewer;

impl State {
    /// Whether a bundle may end here: every lot has ended, what the platform owes of
    /// statements and records is there, and no correction is awaited. An accepted
    /// statement is signed while its lot goes on and never later, so none is awaited.
    pub fn is_evidence(&self) -> bool {
        let is_told = |lot: &Lot| {
            lot.stage == Stage::Cancelled || (!lot.records.is_empty() && lot.correction.is_none())
        };
        let is_closed = self.deadline.is_none() || self.closing.digest.is_some();
        let mut lots = self.lots.values();
        self.ended_at.is_some() && is_closed && lots.all(|lot| lot.stage.is_end() && is_told(lot))
    }

    /// Whether T0 has passed. Of a project that was cancelled before, no event says so.
    pub fn is_past_t0(&self, now: Millis) -> bool {
        self.deadline.is_some() || (self.evidence.is_some() && now >= self.t0)
    }

    /// The part of the stream that everybody may read in a bundle, once T0 has passed.
    pub fn disclosed(&self, now: Millis) -> Option<&Evidence> {
        self.evidence.as_ref().filter(|_| self.is_past_t0(now))
    }
}

/// What a state that ends a bundle fixes.
pub(crate) fn evidence(state: &State) -> Evidence {
    let lots = state.lots.iter();
    let named = lots.filter(|(_, lot)| is_public(Thing::Names, Point::lot(state, lot)));
    Evidence {
        end: state.events,
        at: state.time,
        named: named.map(|(id, _)| id.clone()).collect(),
    }
}

/// What somebody may read of an event beside its shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Disclosed {
    /// The facts with their salt.
    pub facts: bool,
    /// The details with theirs.
    pub details: bool,
}

impl Disclosed {
    const NOTHING: Self = Self {
        facts: false,
        details: false,
    };
    const WHOLE: Self = Self {
        facts: true,
        details: true,
    };
}

/// What a viewer may read of an event at an instant. `state` and `book` may be those
/// after any event from this one on: a bundle's end is kept in the state, and what comes
/// later changes nothing in it.
pub fn disclosed(
    viewer: &Viewer,
    state: &State,
    book: &Book,
    now: Millis,
    event: &Recorded,
) -> Disclosed {
    if !state.is_past_t0(now) {
        return Disclosed::NOTHING;
    }
    let own = viewer.organisation.as_ref();
    if supervises(viewer, state, now) || own.is_some_and(|own| is_own(event, own)) {
        return Disclosed::WHOLE;
    }
    let complained = own.is_some_and(|own| is_of_complaint_by(&event.facts.what, book, own));
    let Some(evidence) = state.disclosed(now).filter(|it| event.seq <= it.end) else {
        return Disclosed {
            facts: complained,
            details: false,
        };
    };
    Disclosed {
        facts: complained || !is_complaint(&event.facts.what),
        details: is_public_of(event, evidence),
    }
}

/// Up to which event a viewer may read the shells: 0 for none. They are those of the
/// bundle, and from T0 on those up to the last event of one's own.
pub fn shells(viewer: &Viewer, state: &State, book: &Book, now: Millis) -> Seq {
    if !state.is_past_t0(now) {
        return 0;
    }
    if supervises(viewer, state, now) {
        return state.events;
    }
    let public = state.disclosed(now).map_or(0, |it| it.end);
    let own = viewer.organisation.as_ref();
    let own = own.and_then(|own| {
        let later = book.entries.after(&public).map(|(_, entry)| entry);
        later
            .filter(|it| is_own_entry(it, own))
            .map(|it| it.seq)
            .last()
    });
    own.unwrap_or(public)
}

fn supervises(viewer: &Viewer, state: &State, now: Millis) -> bool {
    let at = Point::project(state);
    // A project that was cancelled before T0 has no moment after it.
    let at = if state.is_past_t0(now) {
        Point {
            moment: Moment::Checking,
            ..at
        }
    } else {
        at
    };
    may_read(viewer, Thing::Events, at, false)
}

/// Whether an event is an organisation's: it is the author, or has signed it too.
fn is_own(event: &Recorded, own: &Organisation) -> bool {
    event.details.as_ref().is_some_and(|details| {
        let consents = details.consents().iter().map(|it| &it.author);
        let mut authors = details.author.iter().chain(consents);
        authors.any(|author| author.organisation == *own)
    })
}

/// The same of what the book has of an event: the members that a signed submission
/// names have signed it, unless it says that they did so on paper.
fn is_own_entry(entry: &Entry, own: &Organisation) -> bool {
    let author = entry.author.as_ref();
    let has_consented = || {
        let act = entry.act().filter(|_| entry.kind == "bid_received");
        let Some(Act::Submit(submit)) = act else {
            return false;
        };
        let mut members = submit.members.iter();
        !submit.paper_agreement && members.any(|member| member.organisation == *own)
    };
    author.is_some_and(|author| author.organisation == *own) || has_consented()
}

/// Complaints stay with the supervisor and whoever complained, whatever became of them.
pub fn is_complaint(what: &What) -> bool {
    matches!(
        what,
        What::Complained { .. }
            | What::ComplaintTakenUp { .. }
            | What::ComplaintDeclined { .. }
            | What::ComplaintAnswered { .. }
    )
}

/// Whether an event tells what became of an organisation's complaint.
fn is_of_complaint_by(what: &What, book: &Book, own: &Organisation) -> bool {
    let (What::ComplaintTakenUp { complaint, .. }
    | What::ComplaintDeclined { complaint, .. }
    | What::ComplaintAnswered { complaint, .. }) = what
    else {
        return false;
    };
    let author = book.entry(*complaint).and_then(|it| it.author.as_ref());
    author.is_some_and(|author| author.organisation == *own)
}

/// Whether everybody may read an event's details: notices are signed in public, and so is
/// the record; what nobody did says nothing of anybody, but for what was in a bid.
fn is_public_of(event: &Recorded, evidence: &Evidence) -> bool {
    let Facts { by, what, .. } = &event.facts;
    if let What::Countersigned { lot, .. } = what {
        return evidence.named.contains(lot);
    }
    let is_signed_in_public = what.is_notice() || matches!(what, What::RecordSigned { .. });
    let is_of_a_bid = matches!(what, What::Opened { .. } | What::DocumentOpened { .. });
    let is_nobodys = matches!(by, By::Time | By::Platform) && !is_of_a_bid;
    is_signed_in_public || is_nobodys
}
