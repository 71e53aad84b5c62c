//! Decides under which name and from when an audience is told of a bidder.

use super::{Item, Teller};
use crate::access::{Point, Thing, is_public};
use crate::act::Attachment;
use crate::book::Entry;
use crate::ids::{LotId, Millis, Party};
use crate::news::News;
use crate::state::Lot;
use crate::viewer::Audience;

impl Teller<'_> {
    /// Tells an audience, with what was written.
    pub(super) fn tell(&mut self, to: Audience, news: impl Into<News>) {
        let item = self.item(to, news.into());
        let text = self.text();
        self.items.push(Item { text, ..item });
    }

    /// Tells an audience what is of no text.
    pub(super) fn add(&mut self, to: Audience, news: impl Into<News>) {
        let item = self.item(to, news.into());
        self.items.push(item);
    }

    /// Tells one bidder about itself.
    pub(super) fn tell_own(&mut self, party: Party, news: impl Into<News>) {
        if let Some(known) = self.book.parties.get(&party) {
            self.tell(Audience::Own(known.organisation.clone()), news);
        }
    }

    /// Tells about a bidder by its name, or by its code to those who may not know
    /// the name.
    pub(super) fn tell_of(
        &mut self,
        to: Audience,
        id: &LotId,
        party: Party,
        news: impl Into<News>,
    ) {
        let Some(lot) = self.state.lots.get(id) else {
            return;
        };
        let name = self.name_for(&to, lot, party);
        let item = self.item(to, news.into());
        let (text, bidder) = (self.text(), Some((party, name)));
        self.items.push(Item {
            text,
            bidder,
            ..item
        });
    }

    /// Tells everybody about a bidder by its name, or officials alone until names
    /// are told.
    pub(super) fn tell_room_of(&mut self, id: &LotId, party: Party, news: impl Into<News>) {
        let lot = self.state.lots.get(id);
        let named = lot.is_some_and(|lot| lot.masked || self.are_named(lot));
        let to = if named {
            Audience::Public
        } else {
            Audience::Host
        };
        self.tell_of(to, id, party, news);
    }

    /// Tells officials about a bidder, of whom they may know from T0 on.
    pub(super) fn tell_officials_from_t0(
        &mut self,
        to: Audience,
        id: &LotId,
        party: Party,
        news: impl Into<News>,
    ) {
        if self.open() {
            self.tell_of(to, id, party, news);
        }
    }

    fn item(&self, to: Audience, news: News) -> Item {
        Item {
            to,
            news,
            seq: self.open().then_some(self.event.seq),
            text: None,
            bidder: None,
        }
    }

    fn text(&self) -> Option<String> {
        let text = &self.entry()?.text;
        (!text.is_empty()).then(|| text.clone())
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

    pub(super) fn attachments(&self) -> Vec<Attachment> {
        self.entry()
            .map_or_else(Vec::new, |entry| entry.attachments.clone())
    }

    /// Who spoke: the organisation and the person.
    pub(super) fn speaker(&self) -> Option<String> {
        let author = self.entry()?.author.as_ref()?;
        Some(format!("{} {}", author.name, author.person))
    }

    pub(super) fn due(&self, lot: &LotId) -> Option<Millis> {
        self.state.lots.get(lot).and_then(|lot| lot.due)
    }

    /// Whether T0 has passed.
    pub(super) fn open(&self) -> bool {
        self.state.deadline.is_some()
    }
}
