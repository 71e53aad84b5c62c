//! The news in which the bidders of a lot first show: T0, how the window goes,
//! the sheets.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::News;
use crate::event::{Order, Outcome};
use crate::ids::{LotId, Party};
use crate::view::{counts, names_are_told};
use crate::viewer::Audience;

impl News<'_> {
    /// Tells at T0 who has bid, masked where the terms say so. Officials also
    /// learn the representatives and all that was refused before.
    pub(super) fn deadline(&mut self, t0: i64) {
        let lots: BTreeMap<_, _> = self
            .state
            .lots
            .iter()
            .map(|(id, lot)| {
                let parties = names_are_told(lot).then(|| self.names(id, lot.masked));
                let told = json!({ "count": lot.closing.len(), "parties": parties });
                (id, told)
            })
            .collect();
        self.tell(Audience::Public, json!({ "t0": t0, "lots": lots }));
        let lots: BTreeMap<_, _> = self
            .state
            .lots
            .keys()
            .map(|id| (id, self.names(id, false)))
            .collect();
        self.add(Audience::Host, "bidders", json!({ "lots": lots }));
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
                    "party": party, "name": self.name(lot, *party), "bid": bid, "fields": fields,
                    "segment_key": sheet.segment_key, "salt": sheet.salt,
                }))
            })
            .collect();
        let unopened: Vec<_> = lot
            .counted()
            .filter(|(_, bidder, _)| bidder.outcome != Some(Outcome::Opened))
            .map(|(party, bidder, bid)| {
                let finding = bidder.finding.as_ref().map(|finding| finding.finding);
                json!({ "party": party, "name": self.name(lot, *party), "bid": bid, "finding": finding })
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

    /// The parties of a lot whose bids stood at T0.
    pub(super) fn names(&self, id: &LotId, masked: bool) -> Vec<Value> {
        let Some(lot) = self.state.lots.get(id) else {
            return Vec::new();
        };
        let stood = lot.parties.iter().filter_map(|(party, bidder)| {
            let bid = bidder.live.filter(|bid| lot.closing.contains(bid))?;
            let name = if masked { party.code() } else { self.book.name(party) };
            Some(json!({ "party": party, "name": name, "bid": bid, "signed_in": bidder.signed_in.is_some() }))
        });
        stood.collect()
    }
}
