//! The news of what is noted of one bidder.

use super::{Item, Teller};
use crate::access::{Point, Thing, is_public};
use crate::ids::{LotId, Party};
use crate::news::{LineRemarked, News};
use crate::state::{LineRemark, Lot};
use crate::viewer::Audience::{self, Host, Own, Public};

impl Teller<'_> {
    /// Tells of a remark on a line: everybody once the lot is announced, officials and
    /// the bidder before that, for it may speak of what is in the bid.
    pub(super) fn remark(&mut self, id: &LotId, party: Party) {
        let Some(lot) = self.state.lots.get(id) else {
            return;
        };
        let bidder = lot.parties.get(&party);
        let Some(remark) = bidder.and_then(|bidder| bidder.remarks.last().copied()) else {
            return;
        };
        if is_public(Thing::Outcome, Point::lot(self.state, lot)) {
            self.tell_remark(Public, id, lot, party, remark);
            return;
        }
        self.tell_remark(Host, id, lot, party, remark);
        if let Some(known) = self.book.parties.get(&party) {
            let own = Own(known.organisation.clone());
            self.tell_remark(own, id, lot, party, remark);
        }
    }

    /// Tells everybody, with the announcement, what was remarked before it.
    pub(super) fn remarks(&mut self, id: &LotId) {
        let Some(lot) = self.state.lots.get(id) else {
            return;
        };
        for (party, bidder, _) in lot.counted() {
            for remark in &bidder.remarks {
                self.tell_remark(Public, id, lot, *party, *remark);
            }
        }
    }

    fn tell_remark(
        &mut self,
        to: Audience,
        id: &LotId,
        lot: &Lot,
        party: Party,
        remark: LineRemark,
    ) {
        let entry = self.book.entry(remark.seq);
        let text = entry.map(|entry| entry.text.clone());
        let author = entry.and_then(|entry| entry.author.as_ref());
        let news = LineRemarked {
            lot: id.clone(),
            remark: remark.seq,
            exception: remark.exception,
            by: author.map(|author| format!("{} {}", author.name, author.person)),
        };
        self.items.push(Item {
            bidder: Some((party, self.name_for(&to, lot, party))),
            to,
            news: News::from(news),
            seq: Some(self.event.seq),
            text: text.filter(|text| !text.is_empty()),
        });
    }
}
