//! The news of each kind of event, one arm for each: which audiences hear of it,
//! and what.

mod opening;
mod telling;

use std::collections::BTreeMap;

use serde_json::json;

use super::Item;
use crate::book::Book;
use crate::event::{Opening, Outcome, Recorded, What};
use crate::state::State;
use crate::viewer::Audience;

/// The items of one event.
pub(super) fn of(state: &State, book: &Book, event: &Recorded) -> Vec<Item> {
    let mut news = News {
        state,
        book,
        event,
        items: Vec::new(),
    };
    news.gather();
    news.items
}

struct News<'a> {
    state: &'a State,
    book: &'a Book,
    event: &'a Recorded,
    items: Vec<Item>,
}

impl News<'_> {
    fn gather(&mut self) {
        use Audience::{Host, Public, Supervisor};
        match &self.event.facts.what {
            What::Drafted { .. }
            | What::Edited { .. }
            | What::KeyCertified { .. }
            | What::CustodianInvited => {
                self.tell(Host, json!({}));
            }
            What::Published { t0, .. } => {
                let title = self.book.draft.as_ref().map(|draft| &draft.title);
                self.tell(Public, json!({ "t0": t0, "title": title }));
            }
            What::Clarified { number } => {
                let attachments = self.entry().map(|entry| entry.attachments.clone());
                self.tell(
                    Public,
                    json!({ "number": number, "attachments": attachments }),
                );
            }
            What::Postponed { number, t0 } => {
                self.tell(Public, json!({ "number": number, "t0": t0 }));
            }
            What::TermsAmended {
                number,
                rules,
                t0,
                stale,
            } => {
                let body =
                    json!({ "number": number, "lot": rules.lot, "terms": rules.terms, "t0": t0 });
                self.tell(Public, body);
                for bid in stale {
                    self.tell_owner_of_stale(&rules.lot, bid);
                }
            }
            What::Cancelled { lots } => self.tell(Public, json!({ "lots": lots })),

            What::BidReceived {
                lot, party, bid, ..
            } => self.tell_own(*party, json!({ "lot": lot, "bid": bid })),
            What::BidWithdrawn { lot, party, .. } => self.tell_own(*party, json!({ "lot": lot })),
            What::SubmissionRefused {
                lot,
                party,
                code,
                bid,
            } => {
                let body = json!({ "lot": lot, "code": code, "bid": bid });
                self.tell_own(*party, body.clone());
                self.tell_officials_from_t0(*party, Host, body);
            }
            What::EvidenceCapped { lot, party } | What::RefusalsCounted { lot, party, .. } => {
                self.tell_officials_from_t0(*party, Supervisor, json!({ "lot": lot }));
            }

            What::SignedIn { lot, party } => {
                let body = json!({ "lot": lot });
                self.tell_own(*party, body.clone());
                if self.open() {
                    self.tell_room_of(lot, *party, body);
                }
            }
            What::SignInAllowed { lot, party } => {
                self.tell_own(*party, json!({ "lot": lot }));
                self.tell_of(Host, lot, *party, json!({ "lot": lot }));
            }
            What::OperatorChanged { operator, seat } => {
                let who = self.book.operator(*operator);
                let to = if self.open() { Public } else { Host };
                self.tell(
                    to,
                    json!({ "seat": seat, "name": who.map(|it| &it.person) }),
                );
            }

            What::DeadlineReached { t0, .. } => self.deadline(*t0),
            What::StatementSigned { lot, statement } => {
                self.tell(Public, json!({ "lot": lot, "statement": statement }));
            }
            What::QuorumReached {
                lot,
                statement,
                witnesses,
            } => self.tell(
                Public,
                json!({ "lot": lot, "statement": statement, "witnesses": witnesses }),
            ),
            What::QuorumOrdered { lot } => self.tell(Public, json!({ "lot": lot })),
            What::DepositMarked {
                lot,
                party,
                deposit,
            } => {
                let body = json!({ "lot": lot, "deposit": deposit });
                self.tell_own(*party, body.clone());
                self.tell_of(Host, lot, *party, body);
            }
            What::BidRefused { lot, party, bid } => {
                self.progress(lot, *party, json!({ "bid": bid }));
            }
            What::ListPublished { lot, bids } => {
                self.tell(Public, json!({ "lot": lot, "count": bids.len() }));
            }
            What::LotFailed {
                lot,
                failure,
                count,
            } => self.tell(
                Public,
                json!({ "lot": lot, "failure": failure, "count": count }),
            ),

            What::WindowStarted { lots, ends } => {
                self.tell(Public, json!({ "lots": lots, "ends": ends }));
                self.bidders(Public, lots);
            }
            What::WindowExtended { lots, seconds } => {
                let ends: BTreeMap<_, _> = lots.iter().map(|lot| (lot, self.due(lot))).collect();
                self.tell(
                    Public,
                    json!({ "lots": lots, "seconds": seconds, "ends": ends }),
                );
            }
            What::Suspended { lots } => self.tell(Public, json!({ "lots": lots })),
            What::Resumed { lots } => {
                let ends: BTreeMap<_, _> = lots.iter().map(|lot| (lot, self.due(lot))).collect();
                self.tell(Public, json!({ "lots": lots, "ends": ends }));
            }
            What::Unlocked { lot, party, bid } => self.progress(lot, *party, json!({ "bid": bid })),
            What::UnlockFailed {
                lot,
                party,
                bid,
                check,
            } => self.progress(lot, *party, json!({ "bid": bid, "check": check })),
            What::RescueAsked { lot, party, bid } | What::RescueOrdered { lot, party, bid } => {
                let body = json!({ "lot": lot, "bid": bid });
                self.tell_own(*party, body.clone());
                self.tell_of(Host, lot, *party, body);
            }
            What::RescueShared {
                lot,
                party,
                x,
                good,
                ..
            } => self.tell_of(
                Host,
                lot,
                *party,
                json!({ "lot": lot, "x": x, "good": good }),
            ),
            What::Rescued {
                lot,
                party,
                bid,
                matches,
            } => self.progress(lot, *party, json!({ "bid": bid, "matches": matches })),
            What::OutageNoted {
                from,
                to,
                cause,
                t0,
            } => {
                let told = json!({ "from": from, "to": to, "cause": cause, "t0": t0 });
                self.tell(Public, told);
            }

            What::AcceptedFixed { lot, bids } => {
                self.tell(Public, json!({ "lot": lot, "count": bids.len() }));
            }
            What::Released {
                lot,
                x,
                good,
                wrong,
                withheld,
            } => self.released(lot, *x, (good.len(), wrong.len()), withheld),
            What::ReleaseExtended { lot }
            | What::ReleaseClosed { lot }
            | What::OpeningClosed { lot } => self.tell(Public, json!({ "lot": lot })),
            What::Opened { lot, results } => {
                let good = |it: &&Opening| it.outcome == Outcome::Opened;
                let opened = results.iter().filter(good).count();
                self.tell(
                    Public,
                    json!({ "lot": lot, "opened": opened, "failed": results.len() - opened }),
                );
                for result in results {
                    let body = json!({ "lot": lot, "bid": result.bid, "outcome": result.outcome });
                    self.tell_own(result.party, body.clone());
                    self.tell_of(Host, lot, result.party, body);
                }
            }
            What::DocumentOpened {
                lot,
                bid,
                segment,
                outcome,
            } => {
                let body =
                    json!({ "lot": lot, "bid": bid, "segment": segment, "outcome": outcome });
                self.document(lot, bid, *outcome, body);
            }
            What::FindingMade {
                lot,
                party,
                bid,
                finding,
                rule,
                cites,
            } => {
                let body = json!({ "lot": lot, "bid": bid, "finding": finding, "rule": rule, "cites": cites });
                self.tell_own(*party, body.clone());
                self.tell_of(Host, lot, *party, body);
            }
            What::CustodianFound {
                lot,
                x,
                bid,
                fault,
                cites,
            } => self.tell(
                Host,
                json!({ "lot": lot, "x": x, "bid": bid, "fault": fault, "cites": cites }),
            ),
            What::FindingConfirmed {
                lot,
                party,
                finding,
            }
            | What::FindingOverruled {
                lot,
                party,
                finding,
            } => self.tell_of(
                Public,
                lot,
                *party,
                json!({ "lot": lot, "finding": finding }),
            ),

            What::Announced { lots } => {
                for order in lots {
                    self.announce(order);
                }
            }
            What::MaskLifted { lots } => {
                for lot in lots {
                    let parties = self.told_names(lot);
                    self.tell(Public, json!({ "lot": lot, "parties": parties }));
                }
            }
            What::LineConfirmed { lot, party, bid } | What::LineDisputed { lot, party, bid } => {
                self.tell_of(Public, lot, *party, json!({ "lot": lot, "bid": bid }));
            }
            What::ObjectionsOpened { lots, ends } => {
                self.tell(Public, json!({ "lots": lots, "ends": ends }));
            }
            What::Objected { lot, party } | What::Asked { lot, party } => {
                let attachments = self.entry().map(|entry| entry.attachments.clone());
                self.tell_of(
                    Public,
                    lot,
                    *party,
                    json!({ "lot": lot, "attachments": attachments }),
                );
            }
            What::Replied { lot, objection } => {
                let by = self.speaker();
                let attachments = self.entry().map(|entry| entry.attachments.clone());
                self.tell(
                    Public,
                    json!({ "lot": lot, "objection": objection, "by": by, "attachments": attachments }),
                );
            }
            What::Answered { lot, question } => {
                let by = self.speaker();
                self.tell(
                    Public,
                    json!({ "lot": lot, "question": question, "by": by }),
                );
            }
            What::ObjectionsClosed { lots } => self.tell(Public, json!({ "lots": lots })),
            What::RecordMade {
                lot,
                record,
                pdf,
                corrects,
            } => self.tell(
                Public,
                json!({ "lot": lot, "record": record, "pdf": pdf, "corrects": corrects }),
            ),
            What::CorrectionAsked { lot, record } | What::RecordSigned { lot, record } => {
                self.tell(Public, json!({ "lot": lot, "record": record }));
            }
            What::Countersigned { lot, party, record } => {
                self.tell_of(Public, lot, *party, json!({ "lot": lot, "record": record }));
            }
            What::Closed { lots } => self.tell(Public, json!({ "lots": lots })),
            What::Rated { score } => self.tell(Host, json!({ "score": score })),

            What::HelpAsked { lot, party } => {
                self.tell_own(*party, json!({ "lot": lot }));
                self.tell_officials_from_t0(*party, Host, json!({ "lot": lot }));
            }
            What::HelpAnswered { lot, help } => {
                let asked = self.state.lots.get(lot).and_then(|lot| lot.helps.get(help));
                let body = json!({ "lot": lot, "help": self.open().then_some(help) });
                if let Some(party) = asked.map(|asked| asked.party) {
                    self.tell_own(party, body.clone());
                }
                if self.open() {
                    self.tell(Host, body);
                }
            }
            What::Said { lot } | What::Remarked { lot } => {
                let by = self.speaker();
                self.tell(Public, json!({ "lot": lot, "by": by }));
            }
            What::Terminated { lots, cause } => {
                self.tell(Public, json!({ "lots": lots, "cause": cause }));
            }
        }
    }
}
