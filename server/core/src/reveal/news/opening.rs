//! The news in which the bidders of a lot first show: T0, how the window goes,
//! the sheets.

use std::collections::BTreeMap;

use kaibiao_crypto::Digest;
use serde_json::{Value, json};

use super::News;
use crate::act::Withheld;
use crate::event::{Order, Outcome};
use crate::ids::{LotId, Party};
use crate::view::counts;
use crate::viewer::Audience;

impl News<'_> {
    /// Tells how far a custodian's release goes, and whom a share is withheld
    /// from, and why, those whom it concerns.
    pub(super) fn released(
        &mut self,
        id: &LotId,
        x: u8,
        (good, wrong): (usize, usize),
        withheld: &[Withheld],
    ) {
        let body =
            json!({ "lot": id, "x": x, "good": good, "wrong": wrong, "withheld": withheld.len() });
        self.tell(Audience::Public, body);
        let Some(lot) = self.state.lots.get(id) else {
            return;
        };
        for Withheld { bid, why } in withheld {
            let body = json!({ "lot": id, "x": x, "bid": bid, "why": why });
            self.add(Audience::Host, "withheld", body.clone());
            let owner = lot.party_of(bid).and_then(|it| self.book.parties.get(&it));
            if let Some(owner) = owner {
                let to = Audience::Own(owner.organisation.clone());
                self.add(to, "withheld", body);
            }
        }
    }

    /// Tells at T0 how many have bid, and officials who. The supervisor also
    /// learns all that happened before.
    pub(super) fn deadline(&mut self, t0: i64) {
        let lots: BTreeMap<_, _> = self
            .state
            .lots
            .iter()
            .map(|(id, lot)| (id, json!({ "count": lot.closing.len() })))
            .collect();
        self.tell(Audience::Public, json!({ "t0": t0, "lots": lots }));
        let lots: Vec<_> = self.state.lots.keys().cloned().collect();
        self.bidders(Audience::Host, &lots);
        let before: Vec<_> = self
            .book
            .entries
            .values()
            .filter(|entry| entry.seq < self.event.seq && entry.party.is_some())
            .map(|entry| {
                let name = entry.party.map(|party| self.book.name(&party));
                json!({ "seq": entry.seq, "time": entry.time, "kind": entry.kind, "lot": entry.lot, "name": name })
            })
            .collect();
        self.add(
            Audience::Supervisor,
            "before_deadline",
            json!({ "events": before }),
        );
    }

    /// Tells officials how far documents are, and a bidder what became of one of its
    /// own that did not open.
    pub(super) fn document(&mut self, id: &LotId, bid: &Digest, outcome: Outcome, body: Value) {
        self.tell(Audience::Host, body.clone());
        let party = self.state.lots.get(id).and_then(|lot| lot.party_of(bid));
        if let Some(party) = party.filter(|_| outcome != Outcome::Opened) {
            self.tell_own(party, body);
        }
    }

    /// Tells who bids in lots whose window begins, by codes where they are masked.
    /// Until then, and where it never begins, only officials know.
    pub(super) fn bidders(&mut self, to: Audience, lots: &[LotId]) {
        let lots: BTreeMap<_, _> = lots.iter().map(|id| (id, self.names(&to, id))).collect();
        self.add(to, "bidders", json!({ "lots": lots }));
    }

    /// Tells the sheets of a lot, all at once and in reading order, with the
    /// keys by which anybody can repeat their opening.
    pub(super) fn announce(&mut self, order: &Order) {
        let Some(lot) = self.state.lots.get(&order.lot) else {
            return;
        };
        let sheets: Vec<_> = order
            .parties
            .iter()
            .filter_map(|party| {
                let bid = lot.parties.get(party)?.live?;
                let sheet = self.book.sheets.get(&bid)?;
                let fields: Option<Value> = sheet
                    .sheet
                    .as_ref()
                    .and_then(|text| serde_json::from_str(text).ok());
                Some(json!({
                    "party": party, "name": self.name_for(&Audience::Public, lot, *party), "bid": bid, "fields": fields,
                    "segment_key": sheet.segment_key, "salt": sheet.salt,
                }))
            })
            .collect();
        let unopened: Vec<_> = lot
            .counted()
            .filter(|(_, bidder, _)| bidder.outcome != Some(Outcome::Opened))
            .map(|(party, bidder, bid)| {
                let finding = bidder.finding.as_ref().map(|finding| finding.finding);
                json!({ "party": party, "name": self.name_for(&Audience::Public, lot, *party), "bid": bid, "finding": finding })
            })
            .collect();
        let body = json!({ "lot": order.lot, "sheets": sheets, "unopened": unopened });
        self.tell(Audience::Public, body);
    }

    /// Tells of an unlocking: everybody learns the counts, and officials the
    /// bidder's name.
    pub(super) fn progress(&mut self, id: &LotId, party: Party, mut body: Value) {
        let Some(lot) = self.state.lots.get(id) else {
            return;
        };
        let counts = counts(lot);
        self.add(
            Audience::Public,
            "progress",
            json!({ "lot": id, "counts": counts }),
        );
        body["lot"] = json!(id);
        self.tell_own(party, body.clone());
        self.tell_of(Audience::Host, id, party, body);
    }

    /// The parties of a lot by name, where everybody may know them.
    pub(super) fn told_names(&self, id: &LotId) -> Option<Vec<Value>> {
        let lot = self.state.lots.get(id)?;
        self.are_named(lot)
            .then(|| self.names(&Audience::Public, id))
    }

    /// The parties of a lot whose bids stood at T0.
    fn names(&self, to: &Audience, id: &LotId) -> Vec<Value> {
        let Some(lot) = self.state.lots.get(id) else {
            return Vec::new();
        };
        let stood = lot.parties.iter().filter_map(|(party, bidder)| {
            let bid = bidder.live.filter(|bid| lot.closing.contains(bid))?;
            let name = self.name_for(to, lot, *party);
            Some(json!({ "party": party, "name": name, "bid": bid, "signed_in": bidder.signed_in.is_some() }))
        });
        stood.collect()
    }
}
