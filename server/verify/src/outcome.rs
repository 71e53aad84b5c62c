//! What becomes of a check.

use std::fmt;

use serde::{Serialize, Serializer};

/// The checks, in the order in which they are told (docs/spec/bundle.md, 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// What can be seen without facts.
    Form,
    /// Whose platform it is.
    Platform,
    /// Shells and their root.
    Tree,
    /// Texts and what their shells commit to.
    Disclosure,
    /// Which files there are.
    Files,
    /// That the facts fold.
    Rules,
    /// That withheld facts are complaints.
    Complaints,
    /// The checkpoint.
    Log,
    /// The anchors under it.
    Anchors,
    /// Closing and accepted statements.
    Statements,
    /// Time stamps.
    Timestamps,
    /// Sealing terms.
    Terms,
    /// Notices in the log.
    Notices,
    /// Receipts.
    Receipts,
    /// Who did it.
    Authenticity,
    /// Announced sheets, opened again.
    Sheets,
    /// The records, made again.
    Record,
    /// Failed checks, repeated.
    Rechecks,
    /// A receipt that was given beside the bundle.
    Receipt,
}

impl Check {
    /// All that are made of a bundle itself.
    pub const ALL: [Self; 18] = [
        Self::Form,
        Self::Platform,
        Self::Tree,
        Self::Disclosure,
        Self::Files,
        Self::Rules,
        Self::Complaints,
        Self::Log,
        Self::Anchors,
        Self::Statements,
        Self::Timestamps,
        Self::Terms,
        Self::Notices,
        Self::Receipts,
        Self::Authenticity,
        Self::Sheets,
        Self::Record,
        Self::Rechecks,
    ];

    /// The checks whose failure takes away what this one rests on.
    pub(crate) const fn needs(self) -> &'static [Self] {
        match self {
            Self::Form | Self::Platform | Self::Tree | Self::Receipt => &[],
            Self::Disclosure | Self::Log => &[Self::Tree],
            Self::Files
            | Self::Rules
            | Self::Complaints
            | Self::Statements
            | Self::Terms
            | Self::Receipts => &[Self::Disclosure],
            Self::Anchors | Self::Notices => &[Self::Disclosure, Self::Log],
            Self::Timestamps => &[Self::Log],
            Self::Authenticity => &[Self::Rules, Self::Terms],
            Self::Sheets | Self::Record | Self::Rechecks => &[Self::Rules],
        }
    }
}

/// Where a fault is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// An event, by its number.
    Seq(u64),
    /// An anchor, by its tick.
    Tick(u64),
    /// A file of the bundle.
    File(String),
}

impl Place {
    /// A file of the bundle.
    pub fn file(name: impl fmt::Display) -> Self {
        Self::File(name.to_string())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seq(seq) => write!(f, "seq {seq}"),
            Self::Tick(tick) => write!(f, "tick {tick}"),
            Self::File(name) => f.write_str(name),
        }
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A fault: its stable code and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The code.
    pub code: String,
    /// The place.
    pub place: Place,
}

/// The one outcome of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All that is asked holds.
    Holds,
    /// Something that is there is wrong.
    Fails(Fault),
    /// So many of so many things are not in this edition; the others hold.
    Withheld {
        /// How many are not there.
        some: u64,
        /// Of how many.
        all: u64,
    },
    /// The policy has nothing to ask it by.
    NotAsked,
    /// It needs what a failed check should have shown.
    NotMade,
}

impl Outcome {
    /// Its name in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails(_) => "fails",
            Self::Withheld { .. } => "withheld",
            Self::NotAsked => "not-asked",
            Self::NotMade => "not-made",
        }
    }
}

/// What one check comes upon.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    least: Option<Fault>,
    some: u64,
    all: u64,
    lacks: bool,
    unasked: bool,
}

impl Findings {
    /// Something is wrong. The fault at the least place is kept, of one place the first.
    pub(crate) fn fail(&mut self, code: impl Into<String>, place: Place) {
        if self.least.as_ref().is_none_or(|least| place < least.place) {
            let code = code.into();
            self.least = Some(Fault { code, place });
        }
    }

    /// Something holds, or is wrong.
    pub(crate) fn expect(&mut self, holds: bool, code: &str, place: impl FnOnce() -> Place) {
        if !holds {
            self.fail(code, place());
        }
    }

    /// One more thing that an edition may withhold; whether it is there.
    pub(crate) fn told(&mut self, is_there: bool) {
        self.all += 1;
        self.some += u64::from(!is_there);
    }

    /// What another check has found missing is needed here.
    pub(crate) fn lacks(&mut self) {
        self.lacks = true;
    }

    /// There is nothing to ask by.
    pub(crate) fn not_asked() -> Self {
        Self {
            unasked: true,
            ..Self::default()
        }
    }

    pub(crate) fn outcome(self) -> Outcome {
        match self.least {
            Some(fault) => Outcome::Fails(fault),
            None if self.lacks => Outcome::NotMade,
            None if self.unasked => Outcome::NotAsked,
            None if self.some > 0 => Outcome::Withheld {
                some: self.some,
                all: self.all,
            },
            None => Outcome::Holds,
        }
    }
}
