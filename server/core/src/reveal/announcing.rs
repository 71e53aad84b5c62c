//! The news from announcing to closing: the sheets, lines, objections, records.

use super::Teller;
use crate::event::{Order, Outcome, What};
use crate::evolve::homes;
use crate::news::{
    Announced, Closed, CorrectionAsked, Countersigned, LineConfirmed, LineDisputed, MaskLifted,
    NoObjection, Objected, ObjectionsClosed, ObjectionsOpened, Rated, RecordMade, RecordSigned,
    ReferenceRevealed, Replied, Sheet, Unopened,
};
use crate::viewer::Audience::{Host, Public};

impl Teller<'_> {
    pub(super) fn announcing(&mut self, what: &What) {
        match what {
            What::Announced { lots } => {
                for order in lots {
                    self.announce(order);
                    self.remarks(&order.lot);
                }
            }
            What::MaskLifted { lots } => {
                for lot in lots {
                    let parties = self.told_names(lot);
                    let lot = lot.clone();
                    self.tell(Public, MaskLifted { lot, parties });
                }
            }
            What::LineConfirmed { lot, party, bid } => {
                let news = LineConfirmed {
                    lot: lot.clone(),
                    bid: *bid,
                };
                self.tell_of(Public, lot, *party, news);
            }
            What::LineDisputed { lot, party, bid } => {
                let news = LineDisputed {
                    lot: lot.clone(),
                    bid: *bid,
                };
                self.tell_of(Public, lot, *party, news);
            }
            What::ObjectionsOpened { lots, ends } => {
                let news = ObjectionsOpened {
                    lots: lots.clone(),
                    ends: *ends,
                };
                self.tell(Public, news);
            }
            What::Objected { lot, party } => {
                let news = Objected {
                    lot: lot.clone(),
                    attachments: self.attachments(),
                };
                self.tell_of(Public, lot, *party, news);
            }
            What::NoObjection { lot, party } => {
                self.tell_of(Public, lot, *party, NoObjection { lot: lot.clone() });
            }
            What::Replied { lot, objection } => {
                let news = Replied {
                    lot: lot.clone(),
                    objection: *objection,
                    by: self.speaker(),
                    attachments: self.attachments(),
                };
                self.tell(Public, news);
            }
            What::ObjectionsClosed { lots } => {
                self.tell(Public, ObjectionsClosed { lots: lots.clone() });
            }
            What::RecordMade {
                lot,
                record,
                pdf,
                corrects,
            } => {
                let news = RecordMade {
                    lot: lot.clone(),
                    record: *record,
                    pdf: *pdf,
                    corrects: *corrects,
                };
                self.tell(Public, news);
            }
            What::CorrectionAsked { lot, record } => {
                let (lot, record) = (lot.clone(), *record);
                self.tell(Public, CorrectionAsked { lot, record });
            }
            What::RecordSigned { lot, record } => {
                let (lot, record) = (lot.clone(), *record);
                self.tell(Public, RecordSigned { lot, record });
            }
            What::Countersigned { lot, party, record } => {
                let news = Countersigned {
                    lot: lot.clone(),
                    record: *record,
                };
                self.tell_of(Public, lot, *party, news);
            }
            What::Closed { lots } => self.tell(Public, Closed { lots: lots.clone() }),
            What::Rated { score } => self.tell(Host, Rated { score: *score }),
            What::ReferenceRevealed { lot, value, salt } => {
                let sealed = self.state.lots.get(lot).and_then(|it| it.rules.reference);
                if let Some(sealed) = sealed {
                    let news = ReferenceRevealed {
                        lot: lot.clone(),
                        reference: sealed.kind,
                        value: value.clone(),
                        salt: *salt,
                    };
                    self.tell(Public, news);
                }
            }
            homes::preparing_and_bidding!()
            | homes::checking!()
            | homes::unlocking!()
            | homes::rescuing!()
            | homes::releasing!()
            | homes::attending!()
            | homes::complaining!()
            | homes::talking!() => {}
        }
    }

    /// Tells the sheets of a lot, all at once and in reading order, with the
    /// keys by which anybody can repeat their opening.
    fn announce(&mut self, order: &Order) {
        let Some(lot) = self.state.lots.get(&order.lot) else {
            return;
        };
        let sheets = order.parties.iter().filter_map(|party| {
            let bid = lot.parties.get(party)?.live?;
            let sheet = self.book.sheets.get(&bid)?;
            let fields = sheet.sheet.as_ref();
            Some(Sheet {
                party: *party,
                name: self.name_for(&Public, lot, *party),
                bid,
                fields: fields.and_then(|text| serde_json::from_str(text).ok()),
                segment_key: sheet.segment_key.clone(),
                salt: sheet.salt.clone(),
            })
        });
        let failed = lot
            .counted()
            .filter(|(_, bidder, _)| bidder.outcome != Some(Outcome::Opened));
        let unopened = failed.map(|(party, bidder, bid)| Unopened {
            party: *party,
            name: self.name_for(&Public, lot, *party),
            bid,
            finding: bidder.finding.as_ref().map(|finding| finding.finding),
        });
        let news = Announced {
            lot: order.lot.clone(),
            sheets: sheets.collect(),
            unopened: unopened.collect(),
        };
        self.tell(Public, news);
    }
}
