//! What an event lets whom know: items for the feeds.

use std::collections::BTreeMap;

use kaibiao_crypto::Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::book::{Book, Entry};
use crate::event::{Opening, Order, Outcome, Recorded, What};
use crate::ids::{LotId, Organisation, Party};
use crate::state::{Lot, State};
use crate::view::{counts, names_are_told};

/// Whom an item is for. Each audience sees what those before it see, but `Own`
/// is one organisation's only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "to", content = "organisation", rename_all = "snake_case")]
pub enum Audience {
    Public,
    /// Every registered bidder.
    Bidders,
    /// One bidder's own bids, attempts and receipts.
    Own(Organisation),
    /// Host and centre.
    Host,
    Supervisor,
}

/// One piece of news for one audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub to: Audience,
    /// What it is about; the kind of its event, or of what it discloses.
    pub kind: String,
    pub body: Value,
}

/// Who looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    pub seat: Seat,
    pub organisation: Option<Organisation>,
}

/// In what capacity somebody looks at one project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seat {
    Public,
    Bidder,
    Host,
    Centre,
    Supervisor,
}

impl Viewer {
    /// Somebody without a login.
    pub const fn public() -> Self {
        Self {
            seat: Seat::Public,
            organisation: None,
        }
    }

    /// Whether an item is for this viewer.
    pub fn hears(&self, to: &Audience) -> bool {
        match to {
            Audience::Public => true,
            Audience::Bidders => self.seat >= Seat::Bidder,
            Audience::Own(organisation) => {
                self.seat == Seat::Bidder && self.organisation.as_ref() == Some(organisation)
            }
            Audience::Host => self.seat >= Seat::Host,
            Audience::Supervisor => self.seat == Seat::Supervisor,
        }
    }
}

/// What one event lets whom know. `state` and `book` are those after it.
///
/// Before T0 items carry no event number, which would count the bids, and
/// nothing of any bid but to its own bidder. What T0 discloses is new items of
/// the event that records T0.
pub fn reveal(state: &State, book: &Book, event: &Recorded) -> Vec<Item> {
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
            What::Drafted { .. } | What::Edited { .. } | What::KeyCertified { .. } => {
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
                    self.tell_of(Public, lot, *party, body);
                }
            }
            What::SignInAllowed { lot, party } => {
                self.tell_own(*party, json!({ "lot": lot }));
                self.tell_of(Host, lot, *party, json!({ "lot": lot }));
            }
            What::OperatorChanged { operator, seat } => {
                let who = self.book.operators.get(*operator as usize);
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
                self.tell_of(Public, lot, *party, json!({ "lot": lot, "bid": bid }));
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
            What::OutageNoted { from, to, t0 } => {
                self.tell(Public, json!({ "from": from, "to": to, "t0": t0 }));
            }

            What::AcceptedFixed { lot, bids } => {
                self.tell(Public, json!({ "lot": lot, "count": bids.len() }));
            }
            What::Released {
                lot,
                x,
                good,
                wrong,
            } => self.tell(
                Public,
                json!({ "lot": lot, "x": x, "good": good.len(), "wrong": wrong.len() }),
            ),
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
                self.tell(Host, body);
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
                    let parties = self.names(lot, false);
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
                self.tell(Public, json!({ "lot": lot, "objection": objection }));
            }
            What::Answered { lot, question } => {
                self.tell(Public, json!({ "lot": lot, "question": question }));
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
                let by = self.entry().and_then(|entry| entry.author.as_ref());
                let by = by.map(|author| format!("{} {}", author.name, author.person));
                self.tell(Public, json!({ "lot": lot, "by": by }));
            }
            What::Terminated { lots, cause } => {
                self.tell(Public, json!({ "lots": lots, "cause": cause }));
            }
        }
    }

    /// T0: who has bid, masked where the terms say so; to the officials with
    /// representatives and all that was refused before.
    fn deadline(&mut self, t0: i64) {
        let lots: BTreeMap<_, _> = self
            .state
            .lots
            .iter()
            .map(|(id, lot)| {
                let parties = names_are_told(lot).then(|| self.names(id, lot.masked));
                let told = json!({ "count": lot.closing.len(), "parties": parties });
                (id, told)
            })
            .collect();
        self.tell(Audience::Public, json!({ "t0": t0, "lots": lots }));
        let lots: BTreeMap<_, _> = self
            .state
            .lots
            .keys()
            .map(|id| (id, self.names(id, false)))
            .collect();
        self.add(Audience::Host, "bidders", json!({ "lots": lots }));
        let before: Vec<_> = self
            .book
            .entries
            .iter()
            .filter(|entry| entry.seq < self.event.seq && entry.party.is_some())
            .map(|entry| {
                let name = entry.party.map(|party| self.book.name(&party));
                json!({ "seq": entry.seq, "time": entry.time, "kind": entry.kind, "lot": entry.lot, "name": name })
            })
            .collect();
        self.add(
            Audience::Supervisor,
            "before_deadline",
            json!({ "events": before }),
        );
    }

    /// The sheets of a lot, all at once, in reading order, with the keys by
    /// which anybody repeats their opening.
    fn announce(&mut self, order: &Order) {
        let Some(lot) = self.state.lots.get(&order.lot) else {
            return;
        };
        let sheets: Vec<_> = order
            .parties
            .iter()
            .filter_map(|party| {
                let bid = lot.parties.get(party)?.live?;
                let sheet = self.book.sheets.get(&bid)?;
                let fields: Option<Value> = sheet
                    .sheet
                    .as_ref()
                    .and_then(|text| serde_json::from_str(text).ok());
                Some(json!({
                    "party": party, "name": self.name(lot, *party), "bid": bid, "fields": fields,
                    "segment_key": sheet.segment_key, "salt": sheet.salt,
                }))
            })
            .collect();
        let unopened: Vec<_> = lot
            .counted()
            .filter(|(_, bidder, _)| bidder.outcome != Some(Outcome::Opened))
            .map(|(party, bidder, bid)| {
                let finding = bidder.finding.as_ref().map(|finding| finding.finding);
                json!({ "party": party, "name": self.name(lot, *party), "bid": bid, "finding": finding })
            })
            .collect();
        let body = json!({ "lot": order.lot, "sheets": sheets, "unopened": unopened });
        self.tell(Audience::Public, body);
    }

    /// An unlocking: counts for all, and the bidder's name for the officials.
    fn progress(&mut self, id: &LotId, party: Party, mut body: Value) {
        let Some(lot) = self.state.lots.get(id) else {
            return;
        };
        let counts = counts(lot);
        self.add(
            Audience::Public,
            "progress",
            json!({ "lot": id, "counts": counts }),
        );
        body["lot"] = json!(id);
        self.tell_own(party, body.clone());
        self.tell_of(Audience::Host, id, party, body);
    }

    /// The parties of a lot whose bids stood at T0.
    fn names(&self, id: &LotId, masked: bool) -> Vec<Value> {
        let Some(lot) = self.state.lots.get(id) else {
            return Vec::new();
        };
        let stood = lot.parties.iter().filter_map(|(party, bidder)| {
            let bid = bidder.live.filter(|bid| lot.closing.contains(bid))?;
            let name = if masked { party.code() } else { self.book.name(party) };
            Some(json!({ "party": party, "name": name, "bid": bid, "signed_in": bidder.signed_in.is_some() }))
        });
        stood.collect()
    }

    fn tell_owner_of_stale(&mut self, id: &LotId, bid: &Digest) {
        let party = self.state.lots.get(id).and_then(|lot| {
            let mut parties = lot.parties.iter();
            parties.find_map(|(party, bidder)| (bidder.last() == Some(*bid)).then_some(*party))
        });
        if let Some(known) = party.and_then(|party| self.book.parties.get(&party)) {
            let to = Audience::Own(known.organisation.clone());
            self.add(to, "bid_stale", json!({ "lot": id, "bid": bid }));
        }
    }

    /// To one bidder about itself.
    fn tell_own(&mut self, party: Party, body: Value) {
        if let Some(known) = self.book.parties.get(&party) {
            self.tell(Audience::Own(known.organisation.clone()), body);
        }
    }

    /// About a bidder, by name, or by code to those for whom it is masked.
    fn tell_of(&mut self, to: Audience, id: &LotId, party: Party, mut body: Value) {
        let lot = self.state.lots.get(id);
        let masked = to == Audience::Public && lot.is_some_and(|lot| lot.masked);
        body["party"] = json!(party);
        body["name"] = json!(if masked {
            party.code()
        } else {
            self.book.name(&party)
        });
        self.tell(to, body);
    }

    /// About a bidder to officials, who may know of it from T0 on.
    fn tell_officials_from_t0(&mut self, party: Party, to: Audience, mut body: Value) {
        if self.open() {
            body["party"] = json!(party);
            body["name"] = json!(self.book.name(&party));
            self.tell(to, body);
        }
    }

    fn tell(&mut self, to: Audience, mut body: Value) {
        if let Some(text) = self
            .entry()
            .map(|entry| &entry.text)
            .filter(|it| !it.is_empty())
        {
            body["text"] = json!(text);
        }
        let kind = self.event.facts.what.kind();
        self.add(to, &kind, body);
    }

    fn add(&mut self, to: Audience, kind: &str, mut body: Value) {
        if self.open() {
            body["seq"] = json!(self.event.seq);
        }
        let kind = kind.to_owned();
        self.items.push(Item { to, kind, body });
    }

    fn name(&self, lot: &Lot, party: Party) -> String {
        if lot.masked {
            party.code()
        } else {
            self.book.name(&party)
        }
    }

    fn entry(&self) -> Option<&Entry> {
        self.book.entry(self.event.seq)
    }

    fn due(&self, lot: &LotId) -> Option<i64> {
        self.state.lots.get(lot).and_then(|lot| lot.due)
    }

    /// T0 has passed.
    fn open(&self) -> bool {
        self.state.deadline.is_some()
    }
}
