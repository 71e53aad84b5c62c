//! The project as it stood after the last event of its bundle, and what of its events
//! asks for a file.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_api::problem::Problem;
use kaibiao_core::book::{self, Book};
use kaibiao_core::details::{Details, Extra};
use kaibiao_core::event::{Recorded, What};
use kaibiao_core::evolve;
use kaibiao_core::ids::{LotId, ProjectId, Seq};
use kaibiao_core::state::State;
use kaibiao_core::terms::{FixedTerms, SealingTerms};
use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::Grounds;
use kaibiao_crypto::merkle::Frontier;
use kaibiao_store::Exact;

use super::archive::Sum;
use super::line::Reader;
use crate::failure::of_store;
use crate::{App, deciding};

/// How many events are read at a time.
pub const PAGE: u64 = 64;

/// What a bundle tells of.
#[derive(Default)]
pub struct Outline {
    pub state: State,
    pub book: Book,
    pub root: Option<Digest>,
    /// The file of events.
    pub events: Sum,
    /// All bids that were received, in order.
    pub bids: Vec<Digest>,
    /// Those whose rescue was ordered.
    pub rescued: BTreeSet<Digest>,
    /// All records that were made.
    pub records: BTreeSet<Digest>,
    /// All sealing terms, by their digest.
    pub terms: BTreeMap<Digest, (LotId, FixedTerms)>,
    /// The events whose details were erased, of those that the reader may read.
    pub erased: Vec<Seq>,
    /// The revocation lists that grounds in it name.
    pub lists: BTreeSet<Digest>,
}

impl Outline {
    /// Folds the first `end` events as a reader finds them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of(
        app: &App,
        project: ProjectId,
        end: Seq,
        reader: &Reader,
    ) -> Result<Self, Problem> {
        let mut outline = Self::default();
        let mut tree = Frontier::new();
        while outline.state.events < end {
            for exact in page(app, project, outline.state.events, end).await? {
                let event = recorded(&exact)?;
                tree.append(exact.leaf);
                outline.events.add(&reader.line(&exact, &event)?);
                if exact.details.is_none() && reader.reads(&event).details {
                    outline.erased.push(exact.seq);
                }
                outline.ask(&event, reader);
                outline.state = evolve(outline.state, &event).map_err(Problem::internal)?;
                outline.book = book::note(outline.book, &event);
            }
        }
        outline.root = Some(tree.root());
        let terms = outline.terms.values();
        let grounds = terms.flat_map(|(_, fixed)| fixed.terms.grounds());
        let lists: Vec<_> = grounds.flat_map(Grounds::lists).collect();
        outline.lists.extend(lists);
        Ok(outline)
    }

    /// Notes what an event asks for.
    fn ask(&mut self, event: &Recorded, reader: &Reader) {
        if let What::BidReceived { bid, .. } = &event.facts.what {
            self.bids.push(*bid);
        }
        if let What::RescueOrdered { bid, .. } = &event.facts.what {
            self.rescued.insert(*bid);
        }
        if let What::RecordMade { record, .. } = &event.facts.what {
            self.records.insert(*record);
        }
        let Some(details) = &event.details else {
            return;
        };
        for (lot, fixed) in terms_of(details) {
            let digest = SealingTerms::digest_of(fixed.text.as_bytes());
            self.terms.insert(digest, (lot, fixed));
        }
        if reader.reads(event).details {
            let lists = details.grounds().flat_map(Grounds::lists);
            self.lists.extend(lists);
        }
    }
}

/// The sealing terms that an event fixed.
pub fn terms_of(details: &Details) -> Vec<(LotId, FixedTerms)> {
    let Some(Extra::Terms { terms }) = &details.extra else {
        return Vec::new();
    };
    let read = terms.iter().filter_map(|(lot, text)| {
        let fixed = FixedTerms::try_from(text.clone()).ok()?;
        Some((lot.clone(), fixed))
    });
    read.collect()
}

/// The next events after one, none beyond the end.
///
/// # Errors
/// When the store fails.
pub async fn page(
    app: &App,
    project: ProjectId,
    after: Seq,
    end: Seq,
) -> Result<Vec<Exact>, Problem> {
    let stream = deciding::stream(project);
    let found = app
        .store
        .exact_events(&stream, after, PAGE.min(end - after));
    let found = found.await.map_err(of_store)?;
    if found.is_empty() {
        return Err(Problem::internal("an event of a bundle is missing"));
    }
    Ok(found)
}

/// An event as the rules read it.
///
/// # Errors
/// When facts or details are not read by this version.
pub fn recorded(exact: &Exact) -> Result<Recorded, Problem> {
    Ok(Recorded {
        seq: exact.seq,
        time: exact.time,
        facts: serde_json::from_slice(&exact.facts.bytes).map_err(Problem::internal)?,
        details: exact
            .details
            .as_ref()
            .map(|details| serde_json::from_slice(&details.bytes))
            .transpose()
            .map_err(Problem::internal)?,
    })
}
