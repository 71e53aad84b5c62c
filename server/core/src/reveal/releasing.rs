//! The news of releases, of the opening and of findings.

use super::Teller;
use crate::event::{Opening, Outcome, What};
use crate::evolve::homes;
use crate::ids::LotId;
use crate::news::{
    DocumentOpened, FindingConfirmed, FindingMade, FindingOverruled, Opened, OpeningClosed,
    ReleaseClosed, ReleaseExtended, Released,
};
use crate::number::count_u64;
use crate::viewer::Audience::{Host, Public};

impl Teller<'_> {
    pub(super) fn releasing(&mut self, what: &What) {
        match what {
            What::Released {
                lot,
                x,
                good,
                wrong,
            } => {
                let news = Released {
                    lot: lot.clone(),
                    x: *x,
                    good: count_u64(good.len()),
                    wrong: count_u64(wrong.len()),
                };
                self.tell(Public, news);
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
                self.tell(Host, news);
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
            | homes::talking!() => {}
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
