//! The news of T0 and of checking: how many have bid, and to officials who.

use std::collections::BTreeMap;

use super::Teller;
use crate::event::What;
use crate::evolve::homes;
use crate::ids::{LotId, Millis};
use crate::news::{
    BeforeDeadline, BidRefused, Bidders, Bids, DeadlineReached, DepositMarked, Earlier,
    ListPublished, LotFailed, Named, QuorumOrdered, QuorumReached, StatementSigned,
};
use crate::number::count_u64;
use crate::viewer::Audience::{self, Host, Public, Supervisor};

impl Teller<'_> {
    pub(super) fn checking(&mut self, what: &What) {
        match what {
            What::DeadlineReached { t0, .. } => self.deadline(*t0),
            What::StatementSigned { lot, statement } => {
                let (lot, statement) = (lot.clone(), *statement);
                self.tell(Public, StatementSigned { lot, statement });
            }
            What::QuorumReached {
                lot,
                statement,
                witnesses,
            } => {
                let news = QuorumReached {
                    lot: lot.clone(),
                    statement: *statement,
                    witnesses: *witnesses,
                };
                self.tell(Public, news);
            }
            What::QuorumOrdered { lot } => self.tell(Public, QuorumOrdered { lot: lot.clone() }),
            What::DepositMarked {
                lot,
                party,
                deposit,
            } => {
                let news = DepositMarked {
                    lot: lot.clone(),
                    deposit: *deposit,
                };
                self.tell_own(*party, news.clone());
                self.tell_of(Host, lot, *party, news);
            }
            What::BidRefused { lot, party, bid } => {
                let news = BidRefused {
                    lot: lot.clone(),
                    bid: *bid,
                };
                self.progress(lot, *party, news);
            }
            What::ListPublished { lot, bids } => {
                let (lot, count) = (lot.clone(), count_u64(bids.len()));
                self.tell(Public, ListPublished { lot, count });
            }
            What::LotFailed {
                lot,
                failure,
                count,
            } => {
                let news = LotFailed {
                    lot: lot.clone(),
                    failure: *failure,
                    count: *count,
                };
                self.tell(Public, news);
            }
            homes::preparing_and_bidding!()
            | homes::unlocking!()
            | homes::rescuing!()
            | homes::releasing!()
            | homes::announcing!()
            | homes::recording!()
            | homes::attending!()
            | homes::complaining!()
            | homes::talking!() => {}
        }
    }

    /// Tells at T0 how many have bid, and officials who. The supervisor also
    /// learns all that happened before.
    fn deadline(&mut self, t0: Millis) {
        let counted = self.state.lots.iter().map(|(id, lot)| {
            let count = count_u64(lot.closing.len());
            (id.clone(), Bids { count })
        });
        let lots = counted.collect();
        self.tell(Public, DeadlineReached { t0, lots });
        let lots: Vec<_> = self.state.lots.keys().cloned().collect();
        self.bidders(Host, &lots);
        let entries = self.book.entries.values();
        let before = entries.filter(|entry| entry.seq < self.event.seq && entry.party.is_some());
        let events = before.map(|entry| Earlier {
            seq: entry.seq,
            time: entry.time,
            kind: entry.kind.clone(),
            lot: entry.lot.clone(),
            name: entry.party.map(|party| self.book.name(&party)),
        });
        let events = events.collect();
        self.add(Supervisor, BeforeDeadline { events });
    }

    /// Tells who bids in lots whose window begins, by codes where they are masked.
    /// Until then, and where it never begins, only officials know.
    pub(super) fn bidders(&mut self, to: Audience, lots: &[LotId]) {
        let named: BTreeMap<_, _> = lots
            .iter()
            .map(|id| (id.clone(), self.stood(&to, id)))
            .collect();
        self.add(to, Bidders { lots: named });
    }

    /// The parties of a lot by name, where everybody may know them.
    pub(super) fn told_names(&self, id: &LotId) -> Option<Vec<Named>> {
        let lot = self.state.lots.get(id)?;
        self.are_named(lot).then(|| self.stood(&Public, id))
    }

    /// The parties of a lot whose bids stood at T0.
    fn stood(&self, to: &Audience, id: &LotId) -> Vec<Named> {
        let Some(lot) = self.state.lots.get(id) else {
            return Vec::new();
        };
        let stood = lot.parties.iter().filter_map(|(party, bidder)| {
            let bid = bidder.live.filter(|bid| lot.closing.contains(bid))?;
            Some(Named {
                party: *party,
                name: self.name_for(to, lot, *party),
                bid,
                signed_in: bidder.signed_in.is_some(),
            })
        });
        stood.collect()
    }
}
