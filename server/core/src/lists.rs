//! The lists on which projects stand, so that what a screen shows is found without looking
//! at what it does not show. Who may see what stands there is judged by its summary still.
//!
//! Whoever reads the database learns which projects stand on a list together, and nothing
//! else of it ([`crate::stream::Stream::lists`]). Therefore no list is of bidders: until a
//! lot has ended, whom two projects have in common would tell who bids. Official and
//! custodian of published projects are public.

use std::collections::BTreeSet;

use crate::ids::{Millis, Organisation};
use crate::project::Summary;
use crate::state::Stage;
use crate::stream::Place;

/// Every project, published or not, as they began.
pub const ALL: &str = "all";

/// Every published project, as they began.
pub const PUBLISHED: &str = "published";

/// Every published project, by T0.
pub const OPENINGS: &str = "openings";

/// Every published project that has not ended, by T0.
pub const RUNNING: &str = "running";

/// Projects of which a lot may hold bids that are not opened, by T0.
pub const HOLDING: &str = "holding";

/// Projects that came to their end, by when they did.
pub const ENDED: &str = "ended";

/// The three phases of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Before T0.
    Waiting,
    /// From T0 to the end.
    Open,
    /// Over.
    Ended,
}

impl Phase {
    /// The phase of a project in a stage.
    pub const fn of(stage: Stage) -> Self {
        match stage {
            Stage::Preparing | Stage::Bidding => Self::Waiting,
            Stage::Checking
            | Stage::Unlocking
            | Stage::Releasing
            | Stage::Opened
            | Stage::Announced
            | Stage::Objections
            | Stage::Signing => Self::Open,
            Stage::Closed
            | Stage::Cancelled
            | Stage::FailedFewBids
            | Stage::FailedAfterUnlock
            | Stage::Terminated => Self::Ended,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Open => "open",
            Self::Ended => "ended",
        }
    }

    /// The phase of this name.
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Waiting, Self::Open, Self::Ended];
        all.into_iter().find(|it| it.name() == name)
    }
}

/// A list of published projects, narrowed down to a phase or a stage by its name.
pub fn narrowed(list: &str, to: &str) -> String {
    format!("{list}/{to}")
}

/// Drafts that name an organisation as an official, as they began.
pub fn drafts_with(organisation: &Organisation) -> String {
    format!("drafts/{}", organisation.as_str())
}

/// Drafts that an organisation has begun, as they began.
pub fn drafts_of(organisation: &Organisation) -> String {
    format!("drafts-of/{}", organisation.as_str())
}

/// Projects in which an organisation is an official or a custodian, as they began.
pub fn part_of(organisation: &Organisation) -> String {
    format!("part/{}", organisation.as_str())
}

/// Projects of which an organisation keeps a key, or was asked to, and which have not
/// ended, as they began.
pub fn kept_by(organisation: &Organisation) -> String {
    format!("kept/{}", organisation.as_str())
}

/// What is listed of the published projects that name an organisation as an official.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overseen {
    /// All of them, by T0.
    All,
    /// Those that have not ended, by T0.
    Running,
    /// Those that have, by when they did.
    Ended,
    /// Those with requests for help, by T0.
    Helped,
    /// Those with complaints, as they began.
    Complained,
}

impl Overseen {
    /// The list's name.
    pub fn by(self, organisation: &Organisation) -> String {
        let what = match self {
            Self::All => "all",
            Self::Running => "running",
            Self::Ended => "ended",
            Self::Helped => "helped",
            Self::Complained => "complained",
        };
        format!("overseen/{}/{what}", organisation.as_str())
    }
}

/// The lists on which a project stands.
pub fn of(summary: &Summary) -> Vec<Place> {
    let mut places = Vec::new();
    let mut put = |list: String, at: Millis| places.push(Place { list, at });
    let t0 = summary.t0.unwrap_or_default();
    let phase = Phase::of(summary.stage).name();
    put(ALL.to_owned(), 0);
    if let Some(organisation) = &summary.drafted_by {
        put(drafts_of(organisation), 0);
    }
    let officials: BTreeSet<&Organisation> = summary.officials.iter().collect();
    for organisation in officials.iter().copied().chain(&summary.custodians) {
        let list = part_of(organisation);
        put(narrowed(&list, phase), 0);
        put(list, 0);
    }
    if summary.ended.is_none() {
        for organisation in &summary.custodians {
            put(kept_by(organisation), 0);
        }
    }
    if !summary.published {
        for organisation in &officials {
            put(drafts_with(organisation), 0);
        }
        return places;
    }
    for (list, at) in [(PUBLISHED, 0), (OPENINGS, t0)] {
        put(list.to_owned(), at);
        put(narrowed(list, phase), at);
        put(narrowed(list, summary.stage.name()), at);
    }
    if summary.stages.values().copied().any(holds_bids) {
        put(HOLDING.to_owned(), t0);
    }
    match summary.ended {
        None => put(RUNNING.to_owned(), t0),
        Some(at) => put(ENDED.to_owned(), at),
    }
    for organisation in officials {
        put(Overseen::All.by(organisation), t0);
        match summary.ended {
            None => put(Overseen::Running.by(organisation), t0),
            Some(at) => put(Overseen::Ended.by(organisation), at),
        }
        if summary.helps.is_some_and(|asked| asked > 0) {
            put(Overseen::Helped.by(organisation), t0);
        }
        if summary.complaints.is_some_and(|filed| filed > 0) {
            put(Overseen::Complained.by(organisation), 0);
        }
    }
    // An official who is a custodian too stands on a list once.
    places.sort_unstable();
    places.dedup();
    places
}

/// Whether a lot in this stage may hold bids that are not opened.
pub const fn holds_bids(stage: Stage) -> bool {
    matches!(
        stage,
        Stage::Bidding | Stage::Checking | Stage::Unlocking | Stage::Releasing
    )
}
