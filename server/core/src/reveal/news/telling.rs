//! Decides under which name and from when an audience is told of a bidder.

use kaibiao_crypto::Digest;
use serde_json::{Value, json};

use super::News;
use crate::access::{Point, Thing, is_public};
use crate::book::Entry;
use crate::ids::{LotId, Party};
use crate::reveal::Item;
use crate::state::Lot;
use crate::viewer::Audience;

impl News<'_> {
    pub(super) fn tell_owner_of_stale(&mut self, id: &LotId, bid: &Digest) {
        let lot = self.state.lots.get(id);
        let party = lot.and_then(|lot| lot.bids.get(bid));
        if let Some(known) = party.and_then(|party| self.book.parties.get(party)) {
            let to = Audience::Own(known.organisation.clone());
            self.add(to, "bid_stale", json!({ "lot": id, "bid": bid }));
        }
    }

    /// Tells one bidder about itself.
    pub(super) fn tell_own(&mut self, party: Party, body: Value) {
        if let Some(known) = self.book.parties.get(&party) {
            self.tell(Audience::Own(known.organisation.clone()), body);
        }
    }

    /// Tells about a bidder by its name, or by its code to those who may not know
    /// the name.
    pub(super) fn tell_of(&mut self, to: Audience, id: &LotId, party: Party, mut body: Value) {
        let Some(lot) = self.state.lots.get(id) else {
            return;
        };
        body["party"] = json!(party);
        body["name"] = json!(self.name_for(&to, lot, party));
        self.tell(to, body);
    }

    /// Tells everybody about a bidder by its name, or officials alone until names
    /// are told.
    pub(super) fn tell_room_of(&mut self, id: &LotId, party: Party, body: Value) {
        let lot = self.state.lots.get(id);
        let named = lot.is_some_and(|lot| lot.masked || self.are_named(lot));
        let to = if named {
            Audience::Public
        } else {
            Audience::Host
        };
        self.tell_of(to, id, party, body);
    }

    /// Tells officials about a bidder, of whom they may know from T0 on.
    pub(super) fn tell_officials_from_t0(&mut self, party: Party, to: Audience, mut body: Value) {
        if self.open() {
            body["party"] = json!(party);
            body["name"] = json!(self.book.name(&party));
            self.tell(to, body);
        }
    }

    pub(super) fn tell(&mut self, to: Audience, mut body: Value) {
        if let Some(text) = self
            .entry()
            .map(|entry| &entry.text)
            .filter(|it| !it.is_empty())
        {
            body["text"] = json!(text);
        }
        let kind = self.event.facts.what.kind();
        self.add(to, kind, body);
    }

    pub(super) fn add(&mut self, to: Audience, kind: &str, mut body: Value) {
        if self.open() {
            body["seq"] = json!(self.event.seq);
        }
        // What an item does not tell of has no field in it.
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        let kind = kind.to_owned();
        self.items.push(Item { to, kind, body });
    }

    /// What a bidder is called before an audience.
    pub(super) fn name_for(&self, to: &Audience, lot: &Lot, party: Party) -> String {
        let official = matches!(to, Audience::Host | Audience::Supervisor);
        if official || self.are_named(lot) {
            self.book.name(&party)
        } else {
            party.code()
        }
    }

    /// Whether everybody may know who bids in a lot.
    pub(super) fn are_named(&self, lot: &Lot) -> bool {
        is_public(Thing::Names, Point::lot(self.state, lot))
    }

    pub(super) fn entry(&self) -> Option<&Entry> {
        self.book.entry(self.event.seq)
    }

    /// Who spoke: the organisation and the person.
    pub(super) fn speaker(&self) -> Option<String> {
        let author = self.entry()?.author.as_ref()?;
        Some(format!("{} {}", author.name, author.person))
    }

    pub(super) fn due(&self, lot: &LotId) -> Option<i64> {
        self.state.lots.get(lot).and_then(|lot| lot.due)
    }

    /// Whether T0 has passed.
    pub(super) fn open(&self) -> bool {
        self.state.deadline.is_some()
    }
}
