//! The kind of a project's stream.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::access::{Point, Thing, is_public};
use crate::book::{self, Book};
use crate::command::Away;
use crate::details::Details;
use crate::due;
use crate::event::{Facts, Recorded, What};
use crate::evolve::{self, LAST_MINUTES};
use crate::figures::{self, Figures};
use crate::filter::Filter;
use crate::ids::{LotId, Millis, Organisation};
use crate::lists;
use crate::state::{Lot, Stage, State};
use crate::stream::{Place, Stream, Unlawful};

/// The kind of a project's stream.
#[derive(Debug, Clone, Copy)]
pub struct Project;

/// The line by which a project is listed and its timers are found. It names no
/// bidder but those whom everybody may know of by then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// The stage of the lot that is least far, of those that have not ended;
    /// how the project ended otherwise.
    pub stage: Stage,
    /// Whether it is published.
    pub published: bool,
    /// Deadline and opening; as drafted before publication.
    pub t0: Option<Millis>,
    /// When time acts next if nobody does.
    pub next_due: Option<Millis>,
    /// The tender's number (招标编号).
    pub number: String,
    /// What it is called.
    pub title: String,
    /// The transaction platform's id of it.
    pub external_id: Option<String>,
    /// How many lots it has.
    pub lots: usize,
    /// The organisations that may see it before it is published, the supervisor's last.
    pub officials: Vec<Organisation>,
    /// The organisations that hold opening keys, or were asked to.
    #[serde(default)]
    pub custodians: BTreeSet<Organisation>,
    /// Each lot's stage, once it is published.
    #[serde(default)]
    pub stages: BTreeMap<LotId, Stage>,
    /// Whether a lot is suspended.
    #[serde(default)]
    pub suspended: bool,
    /// When its last lot came to its end.
    #[serde(default)]
    pub ended: Option<Millis>,
    /// Who may have bid, or tried to, once it is published: it says with certainty
    /// only who did not. None in what an earlier version wrote.
    #[serde(default)]
    pub bidders: Option<Filter>,
    /// How many help requests there were, from T0 on.
    #[serde(default)]
    pub helps: Option<usize>,
    /// How many have rated the service.
    #[serde(default)]
    pub rated: Option<usize>,
    /// How many complaints there were. None in what an earlier version wrote.
    #[serde(default)]
    pub complaints: Option<usize>,
    /// By which names it is found: its tenderer and agency once it is published, and
    /// of the lots that have ended the bidders whom everybody may know. None in what
    /// an earlier version wrote.
    #[serde(default)]
    pub names: Option<BTreeSet<String>>,
    /// What is counted of its lots that have ended. None in what an earlier version
    /// wrote.
    #[serde(default)]
    pub figures: Option<Figures>,
    /// Whose draft it is, while it is not published. None in what an earlier version
    /// wrote.
    #[serde(default)]
    pub drafted_by: Option<Organisation>,
    /// When it was published; absent in what an earlier version wrote.
    #[serde(default)]
    pub published_at: Option<Millis>,
}

impl Summary {
    /// Since when it takes bids, where it does: from its publication until T0 has
    /// passed. One that was cancelled is taken for one that does, until the T0 that
    /// was set. 0 where that was not noted.
    pub fn takes_bids_since(&self, now: Millis) -> Option<Millis> {
        let is_before = self.t0.is_some_and(|t0| now < t0)
            || (self.ended.is_none() && self.stage <= Stage::Bidding);
        (self.published && is_before).then(|| self.published_at.unwrap_or_default())
    }

    /// Whether an organisation is the project's supervisor.
    pub fn is_supervised_by(&self, organisation: &Organisation) -> bool {
        self.officials.last() == Some(organisation)
    }

    /// Whether an absence may make something later here, so that the project should
    /// note it even if nothing else happens: one that was published, has not ended,
    /// and was not far from T0.
    pub fn feels(&self, away: &Away) -> bool {
        let is_near = |t0: Millis| self.stage > Stage::Bidding || away.to > t0 - LAST_MINUTES;
        self.published && self.ended.is_none() && self.t0.is_some_and(is_near)
    }
}

impl Stream for Project {
    const KIND: &'static str = "project";
    type State = State;
    type Book = Book;
    type Facts = Facts;
    type Details = Details;
    type Summary = Summary;

    fn evolve(state: State, event: &Recorded) -> Result<State, Unlawful> {
        evolve::evolve(state, event)
    }

    fn note(book: Book, event: &Recorded) -> Book {
        book::note(book, event)
    }

    fn next_due(state: &State) -> Option<Millis> {
        due::next_due(state)
    }

    fn lists(summary: &Summary) -> Vec<Place> {
        lists::of(summary)
    }

    /// Bids are on the shelf of whoever handed them in.
    fn owner(book: &Book, event: &Recorded) -> Option<String> {
        let What::BidReceived { party, .. } = &event.facts.what else {
            return None;
        };
        let known = book.parties.get(party)?;
        Some(known.organisation.as_str().to_owned())
    }

    fn owners(state: &State, book: &Book) -> BTreeSet<String> {
        let parties = state.lots.values().flat_map(|lot| lot.parties.iter());
        let bidders = parties.filter(|(_, bidder)| !bidder.chain.is_empty());
        let known = bidders.filter_map(|(party, _)| book.parties.get(party));
        known
            .map(|known| known.organisation.as_str().to_owned())
            .collect()
    }

    fn summary(state: &State, book: &Book) -> Summary {
        let draft = book.draft.as_ref();
        let text = |field: fn(&crate::terms::Draft) -> &String| {
            draft.map(|draft| field(draft).clone()).unwrap_or_default()
        };
        Summary {
            stage: stage(state),
            published: state.published.is_some(),
            t0: state
                .published
                .map(|_| state.t0)
                .or(draft.map(|draft| draft.t0)),
            next_due: due::next_due(state),
            number: text(|draft| &draft.number),
            title: text(|draft| &draft.title),
            external_id: draft.and_then(|draft| draft.external_id.clone()),
            lots: draft.map_or(0, |draft| draft.lots.len()),
            officials: draft
                .map(|draft| draft.officials.organisations())
                .unwrap_or_default(),
            custodians: draft
                .into_iter()
                .flat_map(|draft| draft.lots.values())
                .flat_map(|lot| &lot.custodians)
                .chain(&book.invited)
                .map(|named| named.organisation.clone())
                .collect(),
            stages: state
                .lots
                .iter()
                .map(|(id, lot)| (id.clone(), lot.stage))
                .collect(),
            suspended: state.lots.values().any(|lot| lot.suspended.is_some()),
            ended: state.ended_at,
            bidders: state.published.map(|_| Filter::clone(&book.bidders)),
            helps: Some(if state.deadline.is_some() {
                state.lots.values().map(|lot| lot.helps.len()).sum()
            } else {
                0
            }),
            rated: Some(book.rated.len()),
            complaints: Some(state.complaints.len()),
            names: Some(names(state, book)),
            figures: Some(figures::of(state, book)),
            published_at: state
                .published
                .and_then(|seq| book.entry(seq))
                .map(|entry| entry.time),
            drafted_by: book
                .entry(1)
                .and_then(|entry| entry.author.as_ref())
                .filter(|_| state.published.is_none())
                .map(|author| author.organisation.clone()),
        }
    }
}

/// The names by which everybody may find it.
fn names(state: &State, book: &Book) -> BTreeSet<String> {
    let Some(draft) = book.draft.as_ref().filter(|_| state.published.is_some()) else {
        return BTreeSet::new();
    };
    let hosts = [
        Some(&draft.officials.tenderer),
        draft.officials.agency.as_ref(),
    ];
    let hosts = hosts.into_iter().flatten().map(|host| host.name.clone());
    // Until a lot has ended its bidders are for those who watch it, and a summary is
    // written with every event.
    let is_told =
        |lot: &&Lot| lot.stage.is_end() && is_public(Thing::Names, Point::lot(state, lot));
    let bidders = state.lots.values().filter(is_told).flat_map(|lot| {
        let stood = lot.counted().map(|(party, _, _)| party);
        stood.filter_map(|party| book.parties.get(party))
    });
    let bidders = bidders.flat_map(|known| {
        let members = known.members.iter().map(|member| member.name.clone());
        std::iter::once(known.name.clone()).chain(members)
    });
    hosts.chain(bidders).collect()
}

/// The project's stage: of its lots that have not ended the one least far, and
/// when all have, the furthest end.
fn stage(state: &State) -> Stage {
    let running = state
        .lots
        .values()
        .map(|lot| lot.stage)
        .filter(|stage| !stage.is_end())
        .min();
    let ended = state.lots.values().map(|lot| lot.stage).min();
    running.or(ended).unwrap_or(Stage::Preparing)
}
