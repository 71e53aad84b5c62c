//! The news of the window and of rescues: everybody learns numbers, officials
//! how each bidder fares.

use std::collections::BTreeMap;

use super::Teller;
use crate::event::What;
use crate::evolve::homes;
use crate::ids::{LotId, Millis, Party};
use crate::news::{
    AcceptedFixed, News, Progress, RescueAsked, RescueOrdered, RescueShared, Rescued, UnlockFailed,
    Unlocked, WindowExtended, WindowStarted,
};
use crate::number::count_u64;
use crate::view::counts;
use crate::viewer::Audience::{Host, Public};

impl Teller<'_> {
    pub(super) fn unlocking(&mut self, what: &What) {
        match what {
            What::WindowStarted { lots, ends } => {
                let news = WindowStarted {
                    lots: lots.clone(),
                    ends: *ends,
                };
                self.tell(Public, news);
                self.bidders(Public, lots);
            }
            What::WindowExtended { lots, seconds } => {
                let news = WindowExtended {
                    lots: lots.clone(),
                    seconds: *seconds,
                    ends: self.ends(lots),
                };
                self.tell(Public, news);
            }
            What::Unlocked { lot, party, bid } => {
                let news = Unlocked {
                    lot: lot.clone(),
                    bid: *bid,
                };
                self.progress(lot, *party, news);
            }
            What::UnlockFailed {
                lot,
                party,
                bid,
                check,
            } => {
                let news = UnlockFailed {
                    lot: lot.clone(),
                    bid: *bid,
                    check: *check,
                };
                self.progress(lot, *party, news);
            }
            What::AcceptedFixed { lot, bids } => {
                let (lot, count) = (lot.clone(), count_u64(bids.len()));
                self.tell(Public, AcceptedFixed { lot, count });
            }
            What::RescueAsked { lot, party, bid } => {
                let news = RescueAsked {
                    lot: lot.clone(),
                    bid: *bid,
                };
                self.tell_own(*party, news.clone());
                self.tell_of(Host, lot, *party, news);
            }
            What::RescueOrdered { lot, party, bid } => {
                let news = RescueOrdered {
                    lot: lot.clone(),
                    bid: *bid,
                };
                self.tell_own(*party, news.clone());
                self.tell_of(Host, lot, *party, news);
            }
            What::RescueShared {
                lot,
                party,
                x,
                good,
                ..
            } => {
                let news = RescueShared {
                    lot: lot.clone(),
                    x: *x,
                    good: *good,
                };
                self.tell_of(Host, lot, *party, news);
            }
            What::Rescued {
                lot,
                party,
                bid,
                matches,
            } => {
                let news = Rescued {
                    lot: lot.clone(),
                    bid: *bid,
                    matches: *matches,
                };
                self.progress(lot, *party, news);
            }
            homes::preparing_and_bidding!()
            | homes::checking!()
            | homes::releasing!()
            | homes::announcing!()
            | homes::recording!()
            | homes::attending!()
            | homes::complaining!()
            | homes::talking!() => {}
        }
    }

    /// Tells of one bidder: everybody learns the lot's counts, itself and officials
    /// what happened.
    pub(super) fn progress(&mut self, id: &LotId, party: Party, news: impl Into<News>) {
        let Some(lot) = self.state.lots.get(id) else {
            return;
        };
        let (lot, counts) = (id.clone(), counts(lot));
        self.add(Public, Progress { lot, counts });
        let news = news.into();
        self.tell_own(party, news.clone());
        self.tell_of(Host, id, party, news);
    }

    /// When the stage of each of these lots ends now.
    pub(super) fn ends(&self, lots: &[LotId]) -> BTreeMap<LotId, Millis> {
        let ends = lots.iter();
        ends.filter_map(|lot| Some((lot.clone(), self.due(lot)?)))
            .collect()
    }
}
