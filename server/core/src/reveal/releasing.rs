//! The news of releases, of the opening and of findings.

use kaibiao_crypto::Digest;

use super::Teller;
use crate::act;
use crate::event::{Opening, Outcome, What};
use crate::evolve::homes;
use crate::ids::LotId;
use crate::news::{
    CustodianFound, DocumentOpened, FaultConfirmed, FaultOverruled, FindingConfirmed, FindingMade,
    FindingOverruled, News, Opened, OpeningClosed, ReleaseClosed, ReleaseExtended, Released,
    Withheld,
};
use crate::number::count_u64;
use crate::viewer::Audience::{Host, Own, Public};

impl Teller<'_> {
    pub(super) fn releasing(&mut self, what: &What) {
        match what {
            What::Released {
                lot,
                x,
                good,
                wrong,
                withheld,
            } => {
                let news = Released {
                    lot: lot.clone(),
                    x: *x,
                    good: count_u64(good.len()),
                    wrong: count_u64(wrong.len()),
                    withheld: count_u64(withheld.len()),
                };
                self.tell(Public, news);
                self.withheld(lot, *x, withheld);
            }
            What::ReleaseExtended { lot } => {
                self.tell(Public, ReleaseExtended { lot: lot.clone() });
            }
            What::ReleaseClosed { lot } => self.tell(Public, ReleaseClosed { lot: lot.clone() }),
            What::OpeningClosed { lot } => self.tell(Public, OpeningClosed { lot: lot.clone() }),
            What::Opened { lot, results } => self.opened(lot, results),
            What::DocumentOpened {
                lot,
                bid,
                segment,
                outcome,
            } => {
                let news = DocumentOpened {
                    lot: lot.clone(),
                    bid: *bid,
                    segment: *segment,
                    outcome: *outcome,
                };
                self.document(lot, bid, news);
            }
            What::FindingMade {
                lot,
                party,
                bid,
                finding,
                rule,
                cites,
            } => {
                let news = FindingMade {
                    lot: lot.clone(),
                    bid: *bid,
                    finding: *finding,
                    rule: *rule,
                    cites: cites.clone(),
                };
                self.tell_own(*party, news.clone());
                self.tell_of(Host, lot, *party, news);
            }
            What::CustodianFound {
                lot,
                x,
                bid,
                fault,
                cites,
            } => {
                let news = CustodianFound {
                    lot: lot.clone(),
                    x: *x,
                    bid: *bid,
                    fault: *fault,
                    cites: cites.clone(),
                };
                self.tell_custodian(lot, *x, news);
            }
            What::FaultConfirmed { lot, x, bid, fault } => {
                let news = FaultConfirmed {
                    lot: lot.clone(),
                    x: *x,
                    bid: *bid,
                    fault: *fault,
                };
                self.tell_custodian(lot, *x, news);
            }
            What::FaultOverruled {
                lot,
                x,
                bid,
                stands,
            } => {
                let news = FaultOverruled {
                    lot: lot.clone(),
                    x: *x,
                    bid: *bid,
                    stands: *stands,
                };
                self.tell_custodian(lot, *x, news);
            }
            What::FindingConfirmed {
                lot,
                party,
                finding,
            } => {
                let news = FindingConfirmed {
                    lot: lot.clone(),
                    finding: *finding,
                };
                self.tell_of(Public, lot, *party, news);
            }
            What::FindingOverruled {
                lot,
                party,
                finding,
            } => {
                let news = FindingOverruled {
                    lot: lot.clone(),
                    finding: *finding,
                };
                self.tell_of(Public, lot, *party, news);
            }
            homes::preparing_and_bidding!()
            | homes::checking!()
            | homes::unlocking!()
            | homes::rescuing!()
            | homes::announcing!()
            | homes::recording!()
            | homes::attending!()
            | homes::complaining!()
            | homes::talking!() => {}
        }
    }

    /// Tells whom a custodian withholds a share from, and why, those whom it
    /// concerns.
    fn withheld(&mut self, id: &LotId, x: u8, withheld: &[act::Withheld]) {
        let Some(lot) = self.state.lots.get(id) else {
            return;
        };
        for &act::Withheld { bid, why } in withheld {
            let news = Withheld {
                lot: id.clone(),
                x,
                bid,
                why,
            };
            self.add(Host, news.clone());
            let owner = lot.party_of(&bid).and_then(|it| self.book.parties.get(&it));
            if let Some(owner) = owner {
                self.add(Own(owner.organisation.clone()), news);
            }
        }
    }

    /// Tells officials about a custodian, and the custodian itself.
    fn tell_custodian(&mut self, id: &LotId, x: u8, news: impl Into<News> + Clone) {
        self.tell(Host, news.clone());
        if let Some(custodian) = self.book.custodian(id, x) {
            self.tell(Own(custodian.organisation.clone()), news);
        }
    }

    /// Tells officials how far documents are, and a bidder what became of one of its
    /// own that did not open.
    fn document(&mut self, id: &LotId, bid: &Digest, news: DocumentOpened) {
        let failed = news.outcome != Outcome::Opened;
        self.tell(Host, news.clone());
        let party = self.state.lots.get(id).and_then(|lot| lot.party_of(bid));
        if let Some(party) = party.filter(|_| failed) {
            self.tell_own(party, news);
        }
    }

    /// Tells everybody how many opened, and each bidder and the officials which.
    fn opened(&mut self, lot: &LotId, results: &[Opening]) {
        let good = |it: &&Opening| it.outcome == Outcome::Opened;
        let opened = results.iter().filter(good).count();
        let news = |opened, failed, result: Option<&Opening>| Opened {
            lot: lot.clone(),
            opened,
            failed,
            bid: result.map(|it| it.bid),
            outcome: result.map(|it| it.outcome),
        };
        let failed = count_u64(results.len() - opened);
        self.tell(Public, news(Some(count_u64(opened)), Some(failed), None));
        for result in results {
            let news = news(None, None, Some(result));
            self.tell_own(result.party, news.clone());
            self.tell_of(Host, lot, result.party, news);
        }
    }
}
