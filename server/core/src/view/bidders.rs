//! A lot's bidders, and what they ask, as one viewer may see them.

use std::collections::BTreeMap;

use super::shapes::{AskedView, Course, CustodianView, FindingView, OwnView, PartyView, Released};
use super::{is_announced, names_are_told};
use crate::act::Act;
use crate::asks::Asks;
use crate::book::{Book, Entry};
use crate::ids::{LotId, Organisation, Party};
use crate::number::count_u64;
use crate::state::{Bidder, Lot};
use crate::terms::LotDraft;
use crate::viewer::{Seat, Viewer};

/// One lot as far as one viewer may know of it.
pub(super) struct LotForViewer<'a> {
    pub id: &'a LotId,
    pub book: &'a Book,
    pub viewer: &'a Viewer,
    /// Whether T0 has passed.
    pub open: bool,
}

impl LotForViewer<'_> {
    fn officially(&self) -> bool {
        self.viewer.seat >= Seat::Host
    }

    fn own_party(&self) -> Option<Party> {
        let organisation = self.viewer.organisation.as_ref();
        let bidder = organisation.filter(|_| self.viewer.seat == Seat::Bidder)?;
        self.book.handle(self.id, bidder)
    }

    pub fn own(&self, lot: &Lot) -> Option<OwnView> {
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

    /// The bidders whose bids stood at T0, announced ones in reading order.
    pub fn parties(&self, lot: &Lot) -> Vec<PartyView> {
        let own = self.own_party();
        let told = self.officially() || names_are_told(lot);
        let mut shown: Vec<_> = lot
            .parties
            .iter()
            .filter(|(_, bidder)| bidder.live.is_some_and(|bid| lot.closing.contains(&bid)))
            .filter(|(party, _)| told || own == Some(**party))
            .collect();
        let places: BTreeMap<&Party, usize> = lot.order.iter().zip(0..).collect();
        shown.sort_by_key(|(party, _)| places.get(party).copied().unwrap_or(usize::MAX));
        shown
            .into_iter()
            .map(|(party, bidder)| self.party(lot, *party, bidder, own == Some(*party)))
            .collect()
    }

    fn party(&self, lot: &Lot, party: Party, bidder: &Bidder, own: bool) -> PartyView {
        let inside = own || self.officially();
        let known = self.book.parties.get(&party);
        let unmasked = inside || !lot.masked;
        let name = if unmasked {
            self.book.name(&party)
        } else {
            party.code()
        };
        let announced = is_announced(lot);
        let sheet = bidder
            .live
            .and_then(|bid| self.book.sheets.get(&bid)?.sheet.as_ref());
        PartyView {
            party: party.to_string(),
            name,
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
                rescue_until: bidder.rescue.until,
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

    pub fn asked(&self, lot: &Lot, asked: &Asks, for_all: bool) -> Vec<AskedView> {
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
                    time: entry.map_or(0, |entry| entry.time),
                    by: self.name(lot, it.party),
                    text: entry.map_or_else(String::new, |entry| entry.text.clone()),
                    attachments: entry.map_or_else(Vec::new, |it| it.attachments.clone()),
                    diagnosis: entry
                        .filter(|_| self.officially())
                        .map(diagnosis)
                        .unwrap_or_default(),
                    answer: answer.map(|entry| entry.text.clone()),
                    answer_attachments: answer
                        .map_or_else(Vec::new, |entry| entry.attachments.clone()),
                    answered: answer.map(|entry| entry.time),
                    answered_by: answer.and_then(|entry| {
                        let author = entry.author.as_ref()?;
                        Some(format!("{} {}", author.name, author.person))
                    }),
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

/// What a help request's client found out by itself.
fn diagnosis(entry: &Entry) -> String {
    if let Some(Act::Help(help)) = entry.act() {
        help.diagnosis
    } else {
        String::new()
    }
}

/// The custodians: of the sealing terms, or of the draft before that.
pub(super) fn custodians(
    book: &Book,
    id: &LotId,
    draft: &LotDraft,
    lot: Option<&Lot>,
) -> Vec<CustodianView> {
    let terms = book.terms.get(id).map(|fixed| &fixed.terms);
    let fixed = lot.filter(|lot| lot.accepted_at.is_some());
    let released = |x: u8| {
        let release = fixed?.releases.get(&x);
        Some(release.map_or_else(Released::default, |release| Released {
            good: count_u64(release.good.len()),
            wrong: count_u64(release.wrong.len()),
        }))
    };
    let has_agent = |organisation: &Organisation| {
        let mut keys = book.keys.iter();
        keys.any(|key| key.organisation == *organisation && key.key.agent.is_some())
    };
    match terms {
        Some(terms) => terms
            .custodians
            .iter()
            .map(|it| CustodianView {
                x: it.x,
                agent: it.agent.is_some(),
                released: released(it.x),
                organisation: it.organisation.clone(),
                name: it.name.clone(),
            })
            .collect(),
        None => (1..)
            .zip(&draft.custodians)
            .map(|(x, named)| CustodianView {
                x,
                organisation: named.organisation.clone(),
                name: named.name.clone(),
                agent: has_agent(&named.organisation),
                released: None,
            })
            .collect(),
    }
}
