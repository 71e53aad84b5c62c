//! The opening record (开标记录表, M32) as data: made from the stream's events
//! and nothing else, so that anybody who has them makes the same bytes.
//! docs/spec/record.md has its JSON.

use kaibiao_crypto::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::act::{Deposit, Finding};
use crate::book::{Book, Entry};
use crate::event::{Outcome, Rule};
use crate::ids::{LotId, Millis, Party, ProjectId, Seq};
use crate::role::By;
use crate::schema::Schema;
use crate::state::{Bidder, Lot, Stage, State};
use crate::terms::ReadingOrder;

/// The record of one lot. Its bytes are its canonical JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    pub project: ProjectPart,
    pub lot: LotPart,
    /// The record that this one corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Digest>,
    /// The opened bids in reading order.
    pub rows: Vec<Row>,
    /// Bids that stood at T0 and did not open.
    pub unopened: Vec<Unopened>,
    /// Bids and submissions that were refused.
    pub refused: Vec<Refused>,
    pub objections: Vec<Objection>,
    /// What was said, asked and answered in the room, help included.
    pub messages: Vec<Said>,
    /// The supervisor's remarks.
    pub remarks: Vec<Said>,
    pub timeline: Vec<Moment>,
    /// Who was there to sign.
    pub signers: Vec<Signer>,
    pub stream: Head,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectPart {
    pub id: ProjectId,
    pub number: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    pub tenderer: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    pub centre: String,
    pub supervisor: String,
    pub t0: Millis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotPart {
    pub id: LotId,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_price: Option<String>,
    pub minimum: u32,
    pub reading: ReadingOrder,
    /// How many bids stood at T0.
    pub bids: u64,
    pub state: Stage,
    pub schema: Schema,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub name: String,
    pub bid: Digest,
    pub received: Millis,
    /// The sheet's public fields.
    pub sheet: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit: Option<Deposit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlocked: Option<Millis>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub rescued: bool,
    pub line: Line,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispute: Option<String>,
    /// The members of a consortium beside its lead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
}

/// What a bidder said of its own line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    Confirmed,
    Disputed,
    Silent,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unopened {
    pub name: String,
    pub bid: Digest,
    /// Absent where the lot ended before there was one: the bid stays sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// The events that the finding rests on.
    pub cites: Vec<Seq>,
    /// `first`, `confirmed` or `overruled`.
    pub status: Status,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Whether a supervisor has decided on a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    First,
    Confirmed,
    Overruled,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bid: Option<Digest>,
    pub seq: Seq,
    pub at: Millis,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objection {
    pub seq: Seq,
    pub at: Millis,
    pub by: String,
    pub text: String,
    pub attachments: Vec<Attached>,
    pub replies: Vec<Said>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attached {
    pub name: String,
    pub digest: Digest,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    pub seq: Seq,
    pub at: Millis,
    pub by: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    pub seq: Seq,
    pub at: Millis,
    pub kind: String,
    /// Absent where the platform or the clock acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    pub role: By,
    pub name: String,
}

/// The events a record rests on: the first `size` of the stream, and the root
/// of their tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub size: u64,
    pub root: Digest,
}

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
    let of = Lines {
        id: lot,
        lot: state.lots.get(lot)?,
        book,
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
            minimum: of.lot.rules.minimum,
            reading: of.lot.rules.reading,
            bids: of.lot.closing.len() as u64,
            state: of.lot.stage,
            schema: lot_draft.schema.clone(),
        },
        corrects: of.lot.correction,
        rows: of.rows(),
        unopened: of.unopened(),
        refused: of.refused(),
        objections: of.objections(),
        messages: of.said(&["said", "asked", "answered", "help_asked", "help_answered"]),
        remarks: of.said(&["remarked"]),
        timeline: of.timeline(),
        signers: of.signers(),
        stream: head,
    })
}

/// One lot, and what is known of it beside its state.
struct Lines<'a> {
    id: &'a LotId,
    lot: &'a Lot,
    book: &'a Book,
}

impl Lines<'_> {
    fn rows(&self) -> Vec<Row> {
        let opened = self.lot.order.iter().filter_map(|party| {
            let bidder = self.lot.parties.get(party)?;
            (bidder.outcome == Some(Outcome::Opened)).then_some((party, bidder))
        });
        opened
            .filter_map(|(party, bidder)| self.row(party, bidder))
            .collect()
    }

    fn row(&self, party: &Party, bidder: &Bidder) -> Option<Row> {
        let link = bidder.standing()?;
        let sheet = self.book.sheets.get(&link.digest)?.sheet.as_ref()?;
        let (line, dispute) = match bidder.line {
            None => (Line::Silent, None),
            Some(line) if line.disputed => (Line::Disputed, Some(self.text(line.seq))),
            Some(_) => (Line::Confirmed, None),
        };
        Some(Row {
            name: self.name(party),
            bid: link.digest,
            received: link.time,
            sheet: serde_json::from_str(sheet).unwrap_or(Value::Null),
            deposit: bidder.deposit,
            unlocked: self.time(bidder.unlocked),
            rescued: bidder.rescue.ordered.is_some(),
            line,
            dispute,
            members: match self.book.parties.get(party) {
                Some(known) if !self.lot.masked => {
                    known.members.iter().map(|it| it.name.clone()).collect()
                }
                _ => Vec::new(),
            },
        })
    }

    fn unopened(&self) -> Vec<Unopened> {
        let closed = self.lot.counted();
        closed
            .filter(|(_, bidder, _)| bidder.outcome != Some(Outcome::Opened))
            .map(|(party, bidder, bid)| {
                let finding = bidder.finding.as_ref();
                let decided = finding.and_then(|finding| finding.decided);
                Unopened {
                    name: self.name(party),
                    bid,
                    finding: finding.map(|finding| finding.finding),
                    rule: finding.map(|finding| finding.rule),
                    cites: finding.map_or_else(Vec::new, |finding| finding.cites.clone()),
                    status: match finding {
                        Some(it) if decided.is_some() && it.first != it.finding => {
                            Status::Overruled
                        }
                        Some(_) if decided.is_some() => Status::Confirmed,
                        _ => Status::First,
                    },
                    reason: decided.map_or_else(String::new, |seq| self.text(seq)),
                }
            })
            .collect()
    }

    fn refused(&self) -> Vec<Refused> {
        self.entries(&["bid_refused", "submission_refused"])
            .map(|entry| Refused {
                name: entry.party.map_or_else(String::new, |it| self.name(&it)),
                bid: entry.party.and_then(|party| {
                    let bidder = self.lot.parties.get(&party)?;
                    bidder.refused.and(bidder.live)
                }),
                seq: entry.seq,
                at: entry.time,
                reason: entry.text.clone(),
            })
            .collect()
    }

    fn objections(&self) -> Vec<Objection> {
        self.entries(&["objected"])
            .map(|entry| Objection {
                seq: entry.seq,
                at: entry.time,
                by: self.by(entry).unwrap_or_default(),
                text: entry.text.clone(),
                attachments: attached(entry),
                replies: self
                    .entries(&["replied"])
                    .filter(|reply| reply.answers == Some(entry.seq))
                    .map(|reply| self.words(reply))
                    .collect(),
            })
            .collect()
    }

    fn said(&self, kinds: &[&str]) -> Vec<Said> {
        self.entries(kinds).map(|entry| self.words(entry)).collect()
    }

    fn timeline(&self) -> Vec<Moment> {
        self.entries(MOMENTS)
            .map(|entry| Moment {
                seq: entry.seq,
                at: entry.time,
                kind: entry.kind.clone(),
                by: self.by(entry),
                text: Some(entry.text.clone()).filter(|text| !text.is_empty()),
            })
            .collect()
    }

    fn signers(&self) -> Vec<Signer> {
        let Some(draft) = &self.book.draft else {
            return Vec::new();
        };
        let officials = &draft.officials;
        let host = match &officials.agency {
            Some(agency) => format!("{}(代理:{})", officials.tenderer.name, agency.name),
            None => officials.tenderer.name.clone(),
        };
        let bidders = self.lot.order.iter().map(|party| Signer {
            role: By::Bidder,
            name: self.name(party),
        });
        [
            Signer {
                role: By::Host,
                name: host,
            },
            Signer {
                role: By::Supervisor,
                name: officials.supervisor.name.clone(),
            },
        ]
        .into_iter()
        .chain(bidders)
        .collect()
    }

    /// This lot's entries of some kinds, and those that are for all lots.
    fn entries<'b>(&'b self, kinds: &'b [&str]) -> impl Iterator<Item = &'b Entry> {
        self.book.entries.iter().filter(move |entry| {
            kinds.contains(&entry.kind.as_str())
                && entry.lot.as_ref().is_none_or(|lot| lot == self.id)
        })
    }

    fn words(&self, entry: &Entry) -> Said {
        Said {
            seq: entry.seq,
            at: entry.time,
            by: self.by(entry).unwrap_or_default(),
            text: entry.text.clone(),
        }
    }

    /// Whom an entry is ascribed to: a bidder by name or code, an official by
    /// its organisation.
    fn by(&self, entry: &Entry) -> Option<String> {
        match (entry.party, entry.by, &entry.author) {
            (Some(party), By::Bidder, _) => Some(self.name(&party)),
            (_, _, Some(author)) => Some(author.name.clone()),
            _ => None,
        }
    }

    /// A bidder's name, or its code while the lot is masked.
    fn name(&self, party: &Party) -> String {
        if self.lot.masked {
            party.code()
        } else {
            self.book.name(party)
        }
    }

    fn time(&self, seq: Option<Seq>) -> Option<Millis> {
        Some(self.book.entry(seq?)?.time)
    }

    fn text(&self, seq: Seq) -> String {
        self.book
            .entry(seq)
            .map_or_else(String::new, |entry| entry.text.clone())
    }
}

/// The kinds of events that the timeline lists.
const MOMENTS: &[&str] = &[
    "published",
    "clarified",
    "terms_amended",
    "postponed",
    "cancelled",
    "operator_changed",
    "deadline_reached",
    "quorum_ordered",
    "list_published",
    "lot_failed",
    "window_started",
    "window_extended",
    "suspended",
    "resumed",
    "outage_noted",
    "rescue_ordered",
    "accepted_fixed",
    "released",
    "release_extended",
    "release_closed",
    "opened",
    "opening_closed",
    "finding_confirmed",
    "finding_overruled",
    "announced",
    "mask_lifted",
    "objections_opened",
    "objections_closed",
    "correction_asked",
    "terminated",
];

fn attached(entry: &Entry) -> Vec<Attached> {
    let attachments = entry.attachments.iter();
    attachments
        .map(|attachment| Attached {
            name: attachment.name.clone(),
            digest: attachment.digest,
        })
        .collect()
}

fn is_false(value: &bool) -> bool {
    !value
}
