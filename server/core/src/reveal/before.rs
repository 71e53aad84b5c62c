//! The news until T0: drafts, publication and its changes, one's own bids.

use kaibiao_crypto::Digest;

use super::Teller;
use crate::event::What;
use crate::evolve::homes;
use crate::ids::LotId;
use crate::news::{
    BidReceived, BidStale, BidWithdrawn, Cancelled, Clarified, CustodianInvited, Drafted, Edited,
    EvidenceCapped, KeyCertified, Postponed, Published, RefusalsCounted, SubmissionRefused,
    TermsAmended,
};
use crate::viewer::Audience::{Host, Own, Public, Supervisor};

impl Teller<'_> {
    pub(super) fn before(&mut self, what: &What) {
        match what {
            What::Drafted { .. } => self.tell(Host, Drafted {}),
            What::Edited { .. } => self.tell(Host, Edited {}),
            What::KeyCertified { .. } => self.tell(Host, KeyCertified {}),
            What::CustodianInvited => self.tell(Host, CustodianInvited {}),
            What::Published { t0, .. } => {
                let title = self.book.draft.as_ref().map(|draft| draft.title.clone());
                self.tell(Public, Published { t0: *t0, title });
            }
            What::Clarified { number } => {
                let (number, attachments) = (*number, self.attachments());
                self.tell(
                    Public,
                    Clarified {
                        number,
                        attachments,
                    },
                );
            }
            What::Postponed { number, t0 } => {
                let (number, t0) = (*number, *t0);
                self.tell(Public, Postponed { number, t0 });
            }
            What::TermsAmended {
                number,
                rules,
                t0,
                stale,
            } => {
                let news = TermsAmended {
                    number: *number,
                    lot: rules.lot.clone(),
                    terms: rules.terms,
                    t0: *t0,
                };
                self.tell(Public, news);
                self.tell_owners_of_stale(&rules.lot, stale);
            }
            What::Cancelled { lots } => self.tell(Public, Cancelled { lots: lots.clone() }),
            What::BidReceived {
                lot, party, bid, ..
            } => {
                let (lot, bid) = (lot.clone(), *bid);
                self.tell_own(*party, BidReceived { lot, bid });
            }
            What::BidWithdrawn { lot, party, .. } => {
                self.tell_own(*party, BidWithdrawn { lot: lot.clone() });
            }
            What::SubmissionRefused {
                lot,
                party,
                code,
                bid,
            } => {
                let news = SubmissionRefused {
                    lot: lot.clone(),
                    code: code.code().to_owned(),
                    bid: *bid,
                };
                self.tell_own(*party, news.clone());
                self.tell_officials_from_t0(Host, lot, *party, news);
            }
            What::EvidenceCapped { lot, party } => {
                let news = EvidenceCapped { lot: lot.clone() };
                self.tell_officials_from_t0(Supervisor, lot, *party, news);
            }
            What::RefusalsCounted { lot, party, .. } => {
                let news = RefusalsCounted { lot: lot.clone() };
                self.tell_officials_from_t0(Supervisor, lot, *party, news);
            }
            homes::checking!()
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

    /// Tells the bidders whose bids amended terms have made stale.
    fn tell_owners_of_stale(&mut self, id: &LotId, stale: &[Digest]) {
        let Some(lot) = self.state.lots.get(id) else {
            return;
        };
        for bid in stale {
            let party = lot.bids.get(bid);
            if let Some(known) = party.and_then(|party| self.book.parties.get(party)) {
                let (to, lot, bid) = (Own(known.organisation.clone()), id.clone(), *bid);
                self.add(to, BidStale { lot, bid });
            }
        }
    }
}
