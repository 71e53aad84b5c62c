//! The news of complaints: of each to the supervisor; to host and centre that there is
//! one, once it was taken up. What is in them nobody is told by a feed.

use super::Teller;
use crate::act::Act;
use crate::book::Entry;
use crate::event::What;
use crate::evolve::homes;
use crate::news::{Complained, ComplaintAnswered, ComplaintDeclined, ComplaintTakenUp};
use crate::viewer::Audience::{Host, Supervisor};

impl Teller<'_> {
    pub(super) fn complaining(&mut self, what: &What) {
        match what {
            What::Complained { lot } => {
                self.add(Supervisor, Complained { lot: lot.clone() });
            }
            What::ComplaintTakenUp { lot, complaint } => {
                let act = self.book.entry(*complaint).and_then(Entry::act);
                if let Some(Act::Complain(body)) = act {
                    let news = ComplaintTakenUp {
                        lot: lot.clone(),
                        complaint: *complaint,
                        matter: body.matter,
                    };
                    self.add(Host, news);
                }
            }
            What::ComplaintDeclined { lot, complaint } => {
                let (lot, complaint) = (lot.clone(), *complaint);
                self.add(Supervisor, ComplaintDeclined { lot, complaint });
            }
            What::ComplaintAnswered { lot, complaint } => {
                let (lot, complaint) = (lot.clone(), *complaint);
                self.add(Host, ComplaintAnswered { lot, complaint });
            }
            homes::preparing_and_bidding!()
            | homes::checking!()
            | homes::unlocking!()
            | homes::rescuing!()
            | homes::releasing!()
            | homes::announcing!()
            | homes::recording!()
            | homes::attending!()
            | homes::talking!() => {}
        }
    }
}
