//! What the cast does over and over.

use kaibiao_core::act::*;
use kaibiao_core::command::*;
use kaibiao_core::compose;
use kaibiao_core::decide::RefusedCommand;
use kaibiao_core::details::OpenedSheet;
use kaibiao_core::event::*;
use kaibiao_crypto::{Digest, Suite};

use super::*;

/// What a custodian answers for one accepted bid.
#[derive(Debug, Clone, Copy)]
pub enum Word {
    /// Its share, which matches or does not.
    Share(bool),
    Withheld(Withholding),
}

/// A wrap that gives no share.
pub fn complaint() -> Word {
    Word::Withheld(Withholding::WrapDoesNotOpen {
        wrap: digest("wrap"),
    })
}

/// What a custodian says of a bid whose unlock it does not believe yet.
pub fn not_proved() -> Word {
    Word::Withheld(Withholding::NotProved {
        cause: Unproved::UnlockUnproved,
    })
}

pub fn shares_checked(good: &[bool]) -> Checked {
    Checked::Shares {
        good: good.to_vec(),
        wraps: Vec::new(),
    }
}

/// What has the shape of a custodian's key, and is none other's.
pub fn key_of(custodian: &Actor) -> String {
    format!("{:A<87}=", custodian.author.organisation.as_str())
}

impl World {
    /// Each custodian has a key of its own.
    pub fn certify(&mut self, custodian: &Actor) -> Result<Vec<Event>, RefusedCommand> {
        self.certify_key(custodian, &key_of(custodian))
    }

    pub fn certify_key(
        &mut self,
        custodian: &Actor,
        key: &str,
    ) -> Result<Vec<Event>, RefusedCommand> {
        let draft = self.book.draft.as_ref();
        let suite = draft.map_or(Suite::Intl, |draft| draft.suite);
        self.certify_key_of(custodian, key, suite)
    }

    pub fn certify_key_of(
        &mut self,
        custodian: &Actor,
        key: &str,
        suite: Suite,
    ) -> Result<Vec<Event>, RefusedCommand> {
        let key = key.to_owned();
        self.checked(custodian, Checked::Certified, |nonce| CertifyKey {
            nonce,
            key,
            agent: None,
            authorisation: None,
            suite,
        })
    }

    pub fn publish(&mut self, host: &Actor) -> Result<Vec<Event>, RefusedCommand> {
        let draft = self.book.draft.clone().unwrap();
        let terms = compose::compose(project(), &draft, &self.book.keys, &trust());
        let terms = terms.map_err(|refusal| RefusedCommand {
            refusal,
            evidence: Vec::new(),
        })?;
        let terms = terms.iter().map(|(id, it)| (id.clone(), it.digest()));
        let terms = terms.collect();
        let t0 = draft.t0;
        self.act(host, |nonce| Publish { nonce, terms, t0 })
    }

    /// A bid of its own digest each time.
    pub fn submit(&mut self, number: usize, id: &str) -> Result<Vec<Event>, RefusedCommand> {
        let bid = digest(&format!("bid {}", self.count));
        self.submit_as(number, id, bid, |_, _| ())
    }

    pub fn submit_as(
        &mut self,
        number: usize,
        id: &str,
        bid: Digest,
        change: impl FnOnce(&mut Submit, &mut CheckedBid),
    ) -> Result<Vec<Event>, RefusedCommand> {
        self.submit_by(&bidder(number), number, id, bid, change)
    }

    /// The same by an actor as the platform takes this bidder for.
    pub fn submit_by(
        &mut self,
        actor: &Actor,
        number: usize,
        id: &str,
        bid: Digest,
        change: impl FnOnce(&mut Submit, &mut CheckedBid),
    ) -> Result<Vec<Event>, RefusedCommand> {
        let id = lot(id);
        let known = self.party(number, id.as_str());
        let chain = known.map(|party| &self.state.lots[&id].parties[&party]);
        self.count += 1;
        let mut body = Submit {
            nonce: self.nonce(),
            lot: id.clone(),
            bid,
            sequence: chain.map_or(1, |bidder| bidder.next_sequence()),
            previous: chain.and_then(|bidder| bidder.last()),
            members: Vec::new(),
            paper_agreement: false,
        };
        let mut checked = CheckedBid {
            bid,
            project: project(),
            terms: self.state.lots[&id].rules.terms,
            lot: id,
            organisation: actor.author.organisation.clone(),
            certificate: actor.author.certificate,
            segments: 3,
            size: 1 << 20,
            rescue: true,
            consents: Vec::new(),
        };
        change(&mut body, &mut checked);
        self.run(&performed(actor, body.into(), Checked::Bid(checked)))
    }

    pub fn withdraw(&mut self, number: usize, id: &str) -> Result<Vec<Event>, RefusedCommand> {
        let party = self.party(number, id).unwrap();
        let bidder_state = &self.state.lots[&lot(id)].parties[&party];
        let sequence = bidder_state.next_sequence();
        let previous = bidder_state.last().unwrap();
        self.act(&bidder(number), |nonce| Withdraw {
            nonce,
            lot: lot(id),
            sequence,
            previous,
        })
    }

    pub fn attempt(
        &mut self,
        number: usize,
        failed: Option<Check>,
    ) -> Result<Vec<Event>, RefusedCommand> {
        let bid = self.live(number, "1").unwrap_or(digest("none"));
        let checked = Checked::Key {
            failed,
            milliseconds: 12,
        };
        self.checked(&bidder(number), checked, |nonce| Unlock {
            nonce,
            lot: lot("1"),
            bid,
            key: digest("b"),
        })
    }

    pub fn unlock(&mut self, number: usize) -> Result<Vec<Event>, RefusedCommand> {
        self.attempt(number, None)
    }

    pub fn sign_statement(&mut self, id: Option<&str>) {
        self.system(System::StatementSigned {
            lot: id.map(lot),
            statement: digest("statement"),
        })
        .unwrap();
    }

    pub fn release(&mut self, custodian: &Actor) -> Result<Vec<Event>, RefusedCommand> {
        self.release_as(custodian, |_| true)
    }

    pub fn release_as(
        &mut self,
        custodian: &Actor,
        is_good: impl Fn(usize) -> bool,
    ) -> Result<Vec<Event>, RefusedCommand> {
        self.answer(custodian, |index| Word::Share(is_good(index)))
    }

    /// A custodian's release, with this answer for each of the accepted bids.
    pub fn answer(
        &mut self,
        custodian: &Actor,
        answer: impl Fn(usize) -> Word,
    ) -> Result<Vec<Event>, RefusedCommand> {
        let accepted = self.lot1().accepted.clone();
        let x = ["闽招代理", "交易中心", "行政监督"]
            .iter()
            .position(|name| *name == custodian.author.name)
            .map_or(9, |index| u8::try_from(index).unwrap() + 1);
        let (mut shares, mut withheld) = (Vec::new(), Vec::new());
        let (mut good, mut wraps) = (Vec::new(), Vec::new());
        for (index, bid) in accepted.iter().copied().enumerate() {
            match answer(index) {
                Word::Share(is_good) => {
                    good.push(is_good);
                    shares.push(Share {
                        bid,
                        envelope: 0,
                        x,
                        share: digest("share"),
                    });
                }
                Word::Withheld(why) => {
                    wraps.extend(why.wrap().map(|_| x));
                    withheld.push(Withheld { bid, why });
                }
            }
        }
        self.checked(custodian, Checked::Shares { good, wraps }, |nonce| {
            Release {
                nonce,
                lot: lot("1"),
                accepted: digest("statement"),
                shares,
                withheld,
            }
        })
    }

    /// The platform opens lot 1: with this outcome what can be opened.
    pub fn open(
        &mut self,
        outcome: impl Fn(usize) -> Outcome,
    ) -> Result<Vec<Event>, RefusedCommand> {
        let lot1 = self.lot1();
        let results: Vec<_> = lot1
            .accepted
            .iter()
            .enumerate()
            .map(|(index, bid)| Opening {
                party: lot1.party_of(bid).unwrap(),
                bid: *bid,
                outcome: if lot1.openable(bid) {
                    outcome(index)
                } else {
                    Outcome::SharesMissing
                },
            })
            .collect();
        let sheets = results
            .iter()
            .filter(|result| result.outcome == Outcome::Opened)
            .map(|result| OpenedSheet {
                bid: result.bid,
                sheet: Some(r#"{"price":"987654321"}"#.into()),
                segment_key: Some("a2V5".into()),
                salt: Some("c2FsdA==".into()),
                manifest: Some(r#"{"documents":[{"name":"秘密.pdf"}]}"#.into()),
                note: String::new(),
            })
            .collect();
        self.system(System::Opened {
            lot: lot("1"),
            results,
            sheets,
        })
    }
}
