//! A project as one viewer may see it now (rules.md, "Who sees what").
//!
//! Before T0 everybody sees the notice and the clock, and a bidder its own
//! bids besides. From T0 on names appear, masked where the terms say so; how
//! single bidders fare in the window is for host, centre and supervisor, and
//! for each bidder itself; sheets are for all at once when they are announced.

use std::collections::BTreeMap;

use kaibiao_crypto::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::act::{Attachment, Deposit, Finding, Representative};
use crate::book::{Book, Entry};
use crate::event::{Check, Outcome, Rule};
use crate::ids::{LotId, Millis, Organisation, Party, ProjectId, Seq};
use crate::reveal::{Seat, Viewer};
use crate::schema::Schema;
use crate::signed::Signed;
use crate::state::{Bidder, Line, Lot, RecordState, Stage, State};
use crate::terms::{Named, Officials, ReadingOrder};

/// A project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    pub number: String,
    pub title: String,
    pub notice: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predecessor: Option<ProjectId>,
    pub officials: Officials,
    pub published: bool,
    pub t0: Millis,
    /// Whether T0 has passed.
    pub closed_for_bids: bool,
    pub now: Millis,
    /// The host's signed act of publication: over the digests of the terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publication: Option<Signed>,
    pub changes: Vec<Change>,
    /// The closing statement's digest, once it is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<Digest>,
    /// Who conducts it: told from T0 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// Custodians whose key is certified; for host and centre, while preparing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Named>,
    pub lots: BTreeMap<LotId, LotView>,
}

/// A clarification, an amendment or a postponement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub kind: String,
    pub time: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotId>,
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// The host's signed act, where it changed sealing terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
}

/// A lot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotView {
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_price: Option<String>,
    pub schema: Schema,
    pub minimum: u32,
    pub reading: ReadingOrder,
    pub masked: bool,
    /// The digest of its sealing terms, once published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Digest>,
    pub stage: Stage,
    pub since: Millis,
    /// When this stage is over, where time ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Millis>,
    /// Since when it has been suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Millis>,
    /// From T0 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// From T0 on: whose bids stood then. Not told to the public and to
    /// bidders where the lot failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parties: Vec<PartyView>,
    /// A bidder's own part, at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<OwnView>,
    /// The accepted statement's digest, once it is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Digest>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objections: Vec<AskedView>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<AskedView>,
    /// Host, centre and supervisor see all, a bidder its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub helps: Vec<AskedView>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordState>,
}

/// How the window goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Bids that stood at T0.
    pub bids: u64,
    pub refused: u64,
    pub waiting: u64,
    pub unlocked: u64,
    /// Not unlocked, after at least one attempt that failed.
    pub failed: u64,
    pub opened: u64,
}

/// A bidder in a lot, as far as the viewer may know.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyView {
    pub party: String,
    /// Its code where it is masked for this viewer.
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Organisation>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Named>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bid: Option<Digest>,
    pub signed_in: bool,
    pub refused: bool,
    /// Host, centre, supervisor, and itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<Course>,
    /// Host, centre and supervisor only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub representative: Option<Representative>,
    /// The sheet's public fields, once announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<FindingView>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Line>,
}

/// How one bidder fares.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Course {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit: Option<Deposit>,
    pub unlocked: bool,
    /// The checks that attempts failed, in order.
    pub attempts: Vec<Check>,
    pub rescue_asked: bool,
    pub rescue_ordered: bool,
    pub countersigned: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingView {
    pub finding: Finding,
    pub first: Finding,
    pub rule: Rule,
    pub cites: Vec<Seq>,
    pub decided: bool,
}

/// A bidder's own bids in a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnView {
    pub party: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Digest>,
    /// What the next submission or withdrawal must be numbered.
    pub sequence: u32,
    /// What it must name as previous.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    /// Whether the last bid is not live because the terms were amended.
    pub stale: bool,
    pub signed_in: bool,
}

/// An objection, a question or a help request, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskedView {
    /// What an answer names it by. Told from T0 on: before that it would tell
    /// how many bids there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Seq>,
    pub by: String,
    pub text: String,
    pub attachments: Vec<Attachment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// The project as `viewer` may see it, or nothing: a draft is for host and
/// centre only.
pub fn view(state: &State, book: &Book, viewer: &Viewer, now: Millis) -> Option<View> {
    let draft = book.draft.as_ref()?;
    if state.published.is_none() && !matches!(viewer.seat, Seat::Host | Seat::Centre) {
        return None;
    }
    let open = state.deadline.is_some();
    let lots = draft.lots.iter().map(|(id, draft)| {
        let lot = state.lots.get(id);
        let seen = Seen {
            id,
            book,
            viewer,
            open,
        };
        let view = LotView {
            title: draft.title.clone(),
            control_price: draft.control_price.clone(),
            schema: draft.schema.clone(),
            minimum: draft.policy.minimum,
            reading: draft.policy.reading,
            masked: lot.map_or(draft.policy.masked, |lot| lot.masked),
            terms: lot.map(|lot| lot.rules.terms),
            stage: lot.map_or(Stage::Preparing, |lot| lot.stage),
            since: lot.map_or(0, |lot| lot.since),
            due: lot.and_then(|lot| lot.due),
            suspended: lot.and_then(|lot| Some(lot.suspended?.since)),
            counts: lot.filter(|_| open).map(counts),
            parties: lot
                .filter(|_| open)
                .map_or_else(Vec::new, |lot| seen.parties(lot)),
            own: lot.and_then(|lot| seen.own(lot)),
            accepted: lot.and_then(|lot| lot.statement.digest),
            objections: lot.map_or_else(Vec::new, |lot| seen.asked(lot, &lot.objections, true)),
            questions: lot.map_or_else(Vec::new, |lot| seen.asked(lot, &lot.questions, true)),
            helps: lot.map_or_else(Vec::new, |lot| seen.asked(lot, &lot.helps, false)),
            records: lot.map_or_else(Vec::new, |lot| lot.records.clone()),
        };
        (id.clone(), view)
    });
    let officials = matches!(viewer.seat, Seat::Host | Seat::Centre);
    Some(View {
        number: draft.number.clone(),
        title: draft.title.clone(),
        notice: draft.notice.clone(),
        external_id: draft.external_id.clone(),
        predecessor: draft.predecessor,
        officials: draft.officials.clone(),
        published: state.published.is_some(),
        t0: if state.published.is_some() {
            state.t0
        } else {
            draft.t0
        },
        closed_for_bids: open,
        now,
        publication: publication(book),
        changes: changes(book),
        closing: state.closing.digest,
        operator: match (open || officials, state.operator) {
            (true, Some(seat)) => {
                let who = book.operators.get(seat.operator as usize);
                who.map(|who| format!("{} {}", who.name, who.person))
            }
            _ => None,
        },
        keys: match officials && !open {
            true => book
                .keys
                .iter()
                .map(|key| Named {
                    organisation: key.organisation.clone(),
                    name: key.name.clone(),
                })
                .collect(),
            false => Vec::new(),
        },
        lots: lots.collect(),
    })
}

/// How the window of a lot goes: told to all from T0 on.
pub fn counts(lot: &Lot) -> Counts {
    let mut counts = Counts {
        bids: lot.closing.len() as u64,
        ..Counts::default()
    };
    for bidder in lot.parties.values() {
        if !bidder.live.is_some_and(|bid| lot.closing.contains(&bid)) {
            continue;
        }
        let counter = if bidder.refused.is_some() {
            &mut counts.refused
        } else if bidder.unlocked.is_some() {
            &mut counts.unlocked
        } else if bidder.attempts.is_empty() {
            &mut counts.waiting
        } else {
            &mut counts.failed
        };
        *counter += 1;
        counts.opened += u64::from(bidder.outcome == Some(Outcome::Opened));
    }
    counts
}

/// Whether the sheets of a lot have been announced.
pub fn is_announced(lot: &Lot) -> bool {
    !lot.order.is_empty()
}

/// Whether public and bidders may know who bid: not where too few did.
pub fn names_are_told(lot: &Lot) -> bool {
    lot.stage != Stage::FailedFewBids
}

fn publication(book: &Book) -> Option<Signed> {
    let published = |entry: &&Entry| entry.kind == "published";
    book.entries.iter().find(published)?.signed.clone()
}

fn changes(book: &Book) -> Vec<Change> {
    const KINDS: &[&str] = &["clarified", "terms_amended", "postponed", "cancelled"];
    let entries = book.entries.iter();
    entries
        .filter(|entry| KINDS.contains(&entry.kind.as_str()))
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

/// One lot through one viewer's eyes.
struct Seen<'a> {
    id: &'a LotId,
    book: &'a Book,
    viewer: &'a Viewer,
    /// T0 has passed.
    open: bool,
}

impl Seen<'_> {
    fn officially(&self) -> bool {
        self.viewer.seat >= Seat::Host
    }

    fn own_party(&self) -> Option<Party> {
        let organisation = self.viewer.organisation.as_ref();
        let bidder = organisation.filter(|_| self.viewer.seat == Seat::Bidder)?;
        self.book.handle(self.id, bidder)
    }

    fn own(&self, lot: &Lot) -> Option<OwnView> {
        let party = self.own_party()?;
        let bidder = lot.parties.get(&party)?;
        let last = bidder.chain.last();
        Some(OwnView {
            party: party.to_string(),
            live: bidder.live,
            sequence: bidder.next_sequence(),
            previous: bidder.last(),
            stale: bidder.live.is_none() && last.is_some_and(|link| link.terms.is_some()),
            signed_in: bidder.signed_in.is_some(),
        })
    }

    /// Those whose bids stood at T0, announced ones in reading order.
    fn parties(&self, lot: &Lot) -> Vec<PartyView> {
        let own = self.own_party();
        let told = self.officially() || names_are_told(lot);
        let mut shown: Vec<_> = lot
            .parties
            .iter()
            .filter(|(_, bidder)| bidder.live.is_some_and(|bid| lot.closing.contains(&bid)))
            .filter(|(party, _)| told || own == Some(**party))
            .collect();
        let place = |party: &Party| lot.order.iter().position(|it| it == party);
        shown.sort_by_key(|(party, _)| place(party).unwrap_or(usize::MAX));
        shown
            .into_iter()
            .map(|(party, bidder)| self.party(lot, *party, bidder, own == Some(*party)))
            .collect()
    }

    fn party(&self, lot: &Lot, party: Party, bidder: &Bidder, own: bool) -> PartyView {
        let inside = own || self.officially();
        let known = self.book.parties.get(&party);
        let unmasked = inside || !lot.masked;
        let announced = is_announced(lot);
        let sheet = bidder
            .live
            .and_then(|bid| self.book.sheets.get(&bid)?.sheet.as_ref());
        PartyView {
            party: party.to_string(),
            name: self.name(lot, party),
            organisation: known.filter(|_| unmasked).map(|it| it.organisation.clone()),
            members: known
                .filter(|_| unmasked)
                .map_or_else(Vec::new, |it| it.members.clone()),
            bid: bidder.live,
            signed_in: bidder.signed_in.is_some(),
            refused: bidder.refused.is_some(),
            course: inside.then(|| Course {
                deposit: bidder.deposit,
                unlocked: bidder.unlocked.is_some(),
                attempts: bidder
                    .attempts
                    .iter()
                    .map(|attempt| attempt.check)
                    .collect(),
                rescue_asked: bidder.rescue.asked.is_some(),
                rescue_ordered: bidder.rescue.ordered.is_some(),
                countersigned: !bidder.countersigned.is_empty(),
            }),
            representative: known
                .filter(|_| self.officially())
                .and_then(|known| known.representative.clone()),
            sheet: sheet
                .filter(|_| announced)
                .and_then(|sheet| serde_json::from_str(sheet).ok()),
            outcome: bidder.outcome.filter(|_| announced || inside),
            finding: bidder
                .finding
                .as_ref()
                .filter(|_| announced || inside)
                .map(|it| FindingView {
                    finding: it.finding,
                    first: it.first,
                    rule: it.rule,
                    cites: it.cites.clone(),
                    decided: it.decided.is_some(),
                }),
            line: bidder.line,
        }
    }

    fn asked(
        &self,
        lot: &Lot,
        asked: &BTreeMap<Seq, crate::state::Asked>,
        for_all: bool,
    ) -> Vec<AskedView> {
        let own = self.own_party();
        let told = self.open && (for_all || self.officially());
        asked
            .iter()
            .filter(|(_, it)| told || own == Some(it.party))
            .map(|(seq, it)| {
                let entry = self.book.entry(*seq);
                let answer = it.answered.and_then(|seq| self.book.entry(seq));
                AskedView {
                    event: self.open.then_some(*seq),
                    by: self.name(lot, it.party),
                    text: entry.map_or_else(String::new, |entry| entry.text.clone()),
                    attachments: entry.map_or_else(Vec::new, |it| it.attachments.clone()),
                    answer: answer.map(|entry| entry.text.clone()),
                }
            })
            .collect()
    }

    fn name(&self, lot: &Lot, party: Party) -> String {
        if lot.masked && !self.officially() && self.own_party() != Some(party) {
            party.code()
        } else {
            self.book.name(&party)
        }
    }
}
