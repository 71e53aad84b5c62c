//! The news beside the course: attendance, the operator's seat, suspension,
//! outages, help and talk.

use std::collections::BTreeMap;

use super::Teller;
use crate::event::What;
use crate::evolve::homes;
use crate::news::{
    AbsenceMarked, Answered, Asked, HelpAnswered, HelpAsked, Muted, OperatorChanged, OutageNoted,
    Remarked, Resumed, Said, SaidPrivately, SignInAllowed, SignedIn, Suspended, Terminated,
    Unmuted,
};
use crate::role::By;
use crate::viewer::Audience::{Host, Public};

impl Teller<'_> {
    pub(super) fn room(&mut self, what: &What) {
        match what {
            What::SignedIn { lot, party } => {
                let news = SignedIn { lot: lot.clone() };
                self.tell_own(*party, news.clone());
                if self.open() {
                    self.tell_room_of(lot, *party, news);
                }
            }
            What::SignInAllowed { lot, party } => {
                let news = SignInAllowed { lot: lot.clone() };
                self.tell_own(*party, news.clone());
                self.tell_of(Host, lot, *party, news);
            }
            What::OperatorChanged { operator, seat } => {
                let who = self.book.operator(*operator);
                let news = OperatorChanged {
                    seat: *seat,
                    name: who.map(|who| who.person.clone()),
                };
                let to = if self.open() { Public } else { Host };
                self.tell(to, news);
            }
            What::Suspended { lots } => self.tell(Public, Suspended { lots: lots.clone() }),
            What::Resumed { lots } => {
                let news = Resumed {
                    lots: lots.clone(),
                    ends: self.ends(lots),
                };
                self.tell(Public, news);
            }
            What::OutageNoted {
                from,
                to,
                cause,
                t0,
            } => {
                let noted = self.state.outages.last();
                let noted = noted.filter(|outage| outage.seq == self.event.seq);
                let news = OutageNoted {
                    from: *from,
                    to: *to,
                    cause: *cause,
                    t0: *t0,
                    ends: noted.map_or_else(BTreeMap::new, |outage| outage.ends.clone()),
                };
                self.tell(Public, news);
            }
            What::Terminated {
                lots,
                cause,
                ending,
            } => {
                let news = Terminated {
                    lots: lots.clone(),
                    cause: *cause,
                    ending: *ending,
                };
                self.tell(Public, news);
            }
            What::HelpAsked { lot, party } => {
                let news = HelpAsked { lot: lot.clone() };
                self.tell_own(*party, news.clone());
                self.tell_officials_from_t0(Host, lot, *party, news);
            }
            What::HelpAnswered { lot, help } => {
                let asked = self.state.lots.get(lot).and_then(|lot| lot.helps.get(help));
                let news = HelpAnswered {
                    lot: lot.clone(),
                    help: self.open().then_some(*help),
                };
                if let Some(party) = asked.map(|asked| asked.party) {
                    self.tell_own(party, news.clone());
                }
                if self.open() {
                    self.tell(Host, news);
                }
            }
            What::Said { lot } => {
                let (lot, by) = (lot.clone(), self.speaker());
                self.tell(Public, Said { lot, by });
            }
            What::Remarked { lot } => {
                let (lot, by) = (lot.clone(), self.speaker());
                self.tell(Public, Remarked { lot, by });
            }
            What::SaidPrivately { lot, party } => {
                let writer = self.event.facts.by;
                let news = SaidPrivately {
                    lot: lot.clone(),
                    writer,
                    by: self.speaker().filter(|_| writer != By::Bidder),
                };
                self.tell_own(*party, news.clone());
                self.tell_of(Host, lot, *party, news);
            }
            What::Muted { lot, party } => {
                self.tell_of(Public, lot, *party, Muted { lot: lot.clone() });
            }
            What::Unmuted { lot, party } => {
                self.tell_of(Public, lot, *party, Unmuted { lot: lot.clone() });
            }
            What::AbsenceMarked {
                lot,
                party,
                absence,
            } => {
                let news = AbsenceMarked {
                    lot: lot.clone(),
                    absence: *absence,
                };
                self.tell_own(*party, news.clone());
                self.tell_of(Host, lot, *party, news);
            }
            What::LineRemarked { lot, party, .. } => self.remark(lot, *party),
            What::Asked { lot, party } => {
                let news = Asked {
                    lot: lot.clone(),
                    attachments: self.attachments(),
                };
                self.tell_of(Public, lot, *party, news);
            }
            What::Answered { lot, question } => {
                let news = Answered {
                    lot: lot.clone(),
                    question: *question,
                    by: self.speaker(),
                };
                self.tell(Public, news);
            }
            homes::preparing_and_bidding!()
            | homes::checking!()
            | homes::unlocking!()
            | homes::rescuing!()
            | homes::releasing!()
            | homes::announcing!()
            | homes::complaining!()
            | homes::recording!() => {}
        }
    }
}
