//! The lines of a record: bids, words and moments.

use std::collections::BTreeMap;

use serde_json::Value;

use super::shapes::{
    Attached, Line, Moment, Objection, Refused, Row, Said, Signer, Status, Unopened,
};
use crate::book::{Book, Entry};
use crate::event::Outcome;
use crate::ids::{LotId, Millis, Party, Seq};
use crate::role::By;
use crate::state::{Bidder, Lot};

/// One lot, and what is known of it beside its state.
pub(super) struct Lines<'a> {
    pub id: &'a LotId,
    pub lot: &'a Lot,
    pub book: &'a Book,
}

impl Lines<'_> {
    pub fn rows(&self) -> Vec<Row> {
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

    pub fn unopened(&self) -> Vec<Unopened> {
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

    pub fn refused(&self) -> Vec<Refused> {
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

    pub fn objections(&self) -> Vec<Objection> {
        let mut replies: BTreeMap<Seq, Vec<Said>> = BTreeMap::new();
        for reply in self.entries(&["replied"]) {
            if let Some(objection) = reply.answers {
                replies
                    .entry(objection)
                    .or_default()
                    .push(self.words(reply));
            }
        }
        self.entries(&["objected"])
            .map(|entry| Objection {
                seq: entry.seq,
                at: entry.time,
                by: self.by(entry).unwrap_or_default(),
                text: entry.text.clone(),
                attachments: attached(entry),
                replies: replies.remove(&entry.seq).unwrap_or_default(),
            })
            .collect()
    }

    pub fn said(&self, kinds: &[&str]) -> Vec<Said> {
        self.entries(kinds).map(|entry| self.words(entry)).collect()
    }

    pub fn timeline(&self) -> Vec<Moment> {
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

    pub fn signers(&self) -> Vec<Signer> {
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
        let all = self.book.entries.values().map(|entry| &**entry);
        all.filter(move |entry| {
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
            attachments: attached(entry),
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
