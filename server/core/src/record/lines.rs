//! The lines of a record: bids, words and moments.

use std::collections::BTreeMap;

use serde_json::Value;

use super::shapes::{
    AbsenceReason, Answer, Attached, Attendance, CustodianFound, Interruption, Leave, Line,
    LineRemarked, Moment, Objection, OnObjections, ReferencePart, Refused, RevealedPart, Row, Said,
    Signer, Status, Unopened,
};
use crate::book::{Book, Entry};
use crate::event::Outcome;
use crate::ids::{LotId, Millis, Party, Seq};
use crate::role::By;
use crate::state::{Bidder, Lot, Outage};
use crate::view::{self, on_objections, withheld};

/// One lot, and what is known of it beside its state.
pub(super) struct Lines<'a> {
    pub id: &'a LotId,
    pub lot: &'a Lot,
    pub book: &'a Book,
    /// Whether everybody may know who bids in it; a record is public once its lot
    /// has ended.
    pub named: bool,
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
            unvouched: self.is_unvouched(party),
            bid: link.digest,
            received: link.time,
            sheet: serde_json::from_str(sheet).unwrap_or(Value::Null),
            deposit: bidder.deposit,
            unlocked: self.time(bidder.unlocked),
            rescued: bidder.rescue.ordered.is_some(),
            line,
            dispute,
            remarks: self.remarks(bidder),
            documents: bidder.documents.clone(),
            members: match self.book.parties.get(party) {
                Some(known) if self.named => known.members.clone(),
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
                    unvouched: self.is_unvouched(party),
                    bid,
                    finding: finding.map(|finding| finding.finding),
                    rule: finding.map(|finding| finding.rule),
                    cites: finding.map_or_else(Vec::new, |finding| finding.cites.clone()),
                    withheld: withheld(self.lot, &bid),
                    status: match finding {
                        Some(it) if decided.is_some() && it.first != it.finding => {
                            Status::Overruled
                        }
                        Some(_) if decided.is_some() => Status::Confirmed,
                        _ => Status::First,
                    },
                    reason: decided.map_or_else(String::new, |seq| self.text(seq)),
                    remarks: self.remarks(bidder),
                }
            })
            .collect()
    }

    pub fn custodians(&self) -> Vec<CustodianFound> {
        let faults = self.lot.releases.iter().flat_map(|(x, release)| {
            let faults = release.faults.iter();
            faults.map(|(bid, found)| CustodianFound {
                x: *x,
                name: self.custodian(*x),
                bid: *bid,
                fault: found.fault,
                seq: found.seq,
                status: match found.decided {
                    Some(_) if !found.stands => Status::Overruled,
                    Some(_) => Status::Confirmed,
                    None => Status::First,
                },
                reason: found.decided.map_or_else(String::new, |seq| self.text(seq)),
            })
        });
        let mut faults: Vec<_> = faults.collect();
        faults.sort_by_key(|found| found.seq);
        faults
    }

    /// A custodian's name in the sealing terms.
    fn custodian(&self, x: u8) -> String {
        let named = self.book.custodian(self.id, x);
        named.map_or_else(String::new, |custodian| custodian.name.clone())
    }

    pub fn refused(&self) -> Vec<Refused> {
        self.entries(&["bid_refused", "submission_refused"])
            .map(|entry| Refused {
                name: refused_party(entry).map(|party| self.name(&party)),
                bid: refused_party(entry).and_then(|party| self.lot.parties.get(&party)?.live),
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

    /// What each bidder said to objections, where one has said that it has none.
    pub fn answers(&self) -> Vec<Answer> {
        let bidders = self.stood();
        if bidders.iter().all(|(_, it)| it.no_objection.is_none()) {
            return Vec::new();
        }
        let answer = |(party, bidder): (&Party, &Bidder)| Answer {
            name: self.name(party),
            answer: match on_objections(self.lot, *party, bidder) {
                Some(view::OnObjections::Objected) => OnObjections::Objected,
                Some(view::OnObjections::None) => OnObjections::None,
                None => OnObjections::Silent,
            },
            at: self.time(bidder.no_objection),
        };
        bidders.into_iter().map(answer).collect()
    }

    /// The reference value that the host has sealed, and what it has revealed of it.
    pub fn reference(&self) -> Option<ReferencePart> {
        let sealed = self.lot.rules.reference?;
        let revealed = self.lot.reference.as_ref().and_then(|revealed| {
            Some(RevealedPart {
                seq: revealed.seq,
                at: self.time(Some(revealed.seq))?,
                value: revealed.value.clone(),
                salt: revealed.salt,
            })
        });
        Some(ReferencePart {
            kind: sealed.kind,
            commitment: sealed.commitment,
            revealed,
        })
    }

    fn remarks(&self, bidder: &Bidder) -> Vec<LineRemarked> {
        let remarks = bidder.remarks.iter().filter_map(|remark| {
            let entry = self.book.entry(remark.seq)?;
            Some(LineRemarked {
                seq: entry.seq,
                at: entry.time,
                by: self.by(entry).unwrap_or_default(),
                exception: remark.exception,
                text: entry.text.clone(),
            })
        });
        remarks.collect()
    }

    pub fn said(&self, kinds: &[&str]) -> Vec<Said> {
        let there = self.entries(kinds).filter(|entry| !entry.is_withheld());
        there.map(|entry| self.words(entry)).collect()
    }

    pub fn timeline(&self, outages: &[Outage]) -> Vec<Moment> {
        let outages: BTreeMap<Seq, &Outage> = outages.iter().map(|it| (it.seq, it)).collect();
        self.entries(MOMENTS)
            .map(|entry| Moment {
                seq: entry.seq,
                at: entry.time,
                kind: entry.kind.clone(),
                by: self.by(entry),
                text: Some(entry.text.clone()).filter(|text| !text.is_empty()),
                outage: outages.get(&entry.seq).map(|it| self.interruption(it)),
                stands: entry.stands,
                of: entry
                    .party
                    .filter(|_| ["muted", "unmuted"].contains(&entry.kind.as_str()))
                    .map(|party| self.name(&party)),
            })
            .collect()
    }

    fn interruption(&self, outage: &Outage) -> Interruption {
        Interruption {
            from: outage.from,
            to: outage.to,
            cause: outage.cause,
            t0: outage.t0,
            ends: outage.ends.get(self.id).copied(),
        }
    }

    pub fn attendance(&self) -> Vec<Attendance> {
        let leaves: BTreeMap<Party, &Entry> = self
            .entries(&["sign_in_allowed"])
            .filter_map(|entry| Some((entry.party?, entry)))
            .collect();
        self.stood()
            .into_iter()
            .map(|(party, bidder)| Attendance {
                name: self.name(party),
                signed_in: self.time(bidder.signed_in),
                allowed: leaves.get(party).map(|entry| Leave {
                    seq: entry.seq,
                    at: entry.time,
                    reason: entry.text.clone(),
                }),
                absence: self.absence(bidder),
            })
            .collect()
    }

    fn absence(&self, bidder: &Bidder) -> Option<AbsenceReason> {
        let mark = bidder.absence.filter(|_| bidder.signed_in.is_none())?;
        let entry = self.book.entry(mark.seq)?;
        Some(AbsenceReason {
            seq: mark.seq,
            at: entry.time,
            absence: mark.absence,
            note: entry.text.clone(),
        })
    }

    /// The bidders whose bids stood at T0, those that were read out first.
    fn stood(&self) -> Vec<(&Party, &Bidder)> {
        let places: BTreeMap<&Party, usize> = self.lot.order.iter().zip(0..).collect();
        let bidders = self.lot.parties.iter();
        let mut stood: Vec<(&Party, &Bidder)> = bidders
            .filter(|(_, it)| it.live.is_some_and(|bid| self.lot.closing.contains(&bid)))
            .map(|(party, bidder)| (party, &**bidder))
            .collect();
        stood.sort_by_key(|(party, _)| places.get(party).copied().unwrap_or(usize::MAX));
        stood
    }

    /// Who signs: the host, the centre where it has the operator's seat, the
    /// supervisor, and the bidders who were there or have signed before.
    pub fn signers(&self, seat: Option<By>) -> Vec<Signer> {
        let Some(draft) = &self.book.draft else {
            return Vec::new();
        };
        let officials = &draft.officials;
        let host = match &officials.agency {
            Some(agency) => format!("{}(代理:{})", officials.tenderer.name, agency.name),
            None => officials.tenderer.name.clone(),
        };
        let centre = (seat == Some(By::Centre)).then(|| officials.centre.name.clone());
        let official = [
            Some((By::Host, host)),
            centre.map(|name| (By::Centre, name)),
            Some((By::Supervisor, officials.supervisor.name.clone())),
        ];
        let there =
            |bidder: &Bidder| bidder.signed_in.is_some() || !bidder.countersigned.is_empty();
        let bidders = self.stood().into_iter().filter(|(_, it)| there(it));
        let bidders = bidders.map(|(party, _)| (By::Bidder, self.name(party)));
        let all = official.into_iter().flatten().chain(bidders);
        all.map(|(role, name)| Signer { role, name }).collect()
    }

    /// The entries of some kinds that concern this lot.
    fn entries<'b>(&'b self, kinds: &'b [&str]) -> impl Iterator<Item = &'b Entry> {
        let all = self.book.entries.values().map(|entry| &**entry);
        all.filter(move |entry| kinds.contains(&entry.kind.as_str()) && entry.concerns(self.id))
    }

    fn words(&self, entry: &Entry) -> Said {
        Said {
            seq: entry.seq,
            at: entry.time,
            by: self.by(entry).unwrap_or_default(),
            text: entry.text.clone(),
            attachments: attached(entry),
            private: is_private(entry),
            to: entry
                .party
                .filter(|_| is_private(entry) && entry.by != By::Bidder)
                .map(|party| self.name(&party)),
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

    /// A bidder's name, or its code in a lot that is masked or was not opened.
    fn name(&self, party: &Party) -> String {
        if self.named {
            self.book.name(party)
        } else {
            party.code()
        }
    }

    /// Whether the name that is shown is the bidder's own word.
    fn is_unvouched(&self, party: &Party) -> bool {
        self.named && self.book.is_unvouched(party)
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
    "custodian_found",
    "finding_confirmed",
    "finding_overruled",
    "fault_confirmed",
    "fault_overruled",
    "announced",
    "mask_lifted",
    "objections_opened",
    "objections_closed",
    "correction_asked",
    "terminated",
    "muted",
    "unmuted",
    "reference_revealed",
];

/// Whose bid was refused. A submission that never became a bid makes nobody a
/// party.
fn refused_party(entry: &Entry) -> Option<Party> {
    entry.party.filter(|_| entry.kind == "bid_refused")
}

/// Whether it was said to one party alone.
fn is_private(entry: &Entry) -> bool {
    entry.kind == "said_privately"
}

fn attached(entry: &Entry) -> Vec<Attached> {
    let attachments = entry.attachments.iter();
    attachments
        .map(|attachment| Attached {
            name: attachment.name.clone(),
            digest: attachment.digest,
        })
        .collect()
}
