//! Arbitrary histories: anybody does anything at any time.

mod acts;

use acts::ACTS;
use kaibiao_core::act::*;
use kaibiao_core::command::{Actor, Away, Clock, System};
use kaibiao_core::decide::RefusedCommand;
use kaibiao_core::event::{Cause, Check, Event, Outcome};
use kaibiao_core::ids::{LotId, Party};
use kaibiao_core::refusal::RefusalCode;
use kaibiao_core::state::Stage;
use kaibiao_crypto::Digest;
use proptest::prelude::*;

use crate::world::*;

/// One step of a history.
#[derive(Debug, Clone)]
pub enum Step {
    /// Time passes, in milliseconds.
    Wait(i64),
    /// Time passes up to the next thing it does, and so many ms more or less.
    ToDue(i64),
    /// The opening's natural next act, so that histories get anywhere.
    Onward {
        lot: bool,
    },
    /// An act by its proper actor or by anybody.
    Act {
        act: usize,
        lot: bool,
        number: usize,
        by: Option<usize>,
    },
    /// A bidder submits.
    Submit {
        number: usize,
        lot: bool,
        wrong: u8,
    },
    Unlock {
        number: usize,
        check: u8,
    },
    Release {
        custodian: usize,
        wrong: u8,
    },
    System {
        system: u8,
        lot: bool,
    },
    Outage {
        ago: i64,
        length: i64,
    },
    Clock {
        by: i64,
    },
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..90)
}

fn step() -> impl Strategy<Value = Step> {
    let number = 1usize..6;
    prop_oneof![
        3 => prop_oneof![Just(0), Just(1), 1..5000i64, 1..900_000i64].prop_map(Step::Wait),
        4 => prop_oneof![Just(0), Just(-1), Just(1), 1..100_000i64].prop_map(Step::ToDue),
        12 => prop::bool::weighted(0.3).prop_map(|lot| Step::Onward { lot }),
        25 => (some_number(), prop::bool::weighted(0.3), number.clone(), prop::option::weighted(0.2, 0..10usize))
            .prop_map(|(act, lot, number, by)| Step::Act { act, lot, number, by }),
        10 => (number.clone(), any::<bool>(), 0..12u8)
            .prop_map(|(number, lot, wrong)| Step::Submit { number, lot, wrong }),
        6 => (number, 0..6u8).prop_map(|(number, check)| Step::Unlock { number, check }),
        4 => (0..4usize, 0..9u8).prop_map(|(custodian, wrong)| Step::Release { custodian, wrong }),
        3 => (0..8u8, any::<bool>()).prop_map(|(system, lot)| Step::System { system, lot }),
        1 => (0..1_000_000i64, 0..4_000_000i64).prop_map(|(ago, length)| Step::Outage { ago, length }),
        1 => prop_oneof![Just(0), 2001..100_000i64].prop_map(|by| Step::Clock { by }),
    ]
}

/// How far an opening has come before a history begins.
pub const STARTS: usize = 8;

impl World {
    /// Carries lot 1 on, with four bidders in it and three in lot 2, as far as
    /// the number says.
    pub fn reach(&mut self, start: usize) {
        if start == 0 {
            return;
        }
        for number in 1..=3 {
            self.submit(number, "2").unwrap();
        }
        self.now = T0 - 10 * MINUTE;
        self.close_with(4);
        if start >= 2 {
            self.start_window();
        }
        if start >= 3 {
            let _ = self.attempt(1, Some(Check::KeyMismatch));
            for number in 2..=4 {
                self.unlock(number).unwrap();
            }
        }
        if start >= 4 {
            while self.stage() == Stage::Unlocking {
                self.wait();
            }
            self.sign_statement(Some("1"));
            self.release(&host()).unwrap();
        }
        if start >= 5 {
            self.release(&centre()).unwrap();
            self.open(|_| Outcome::Opened).unwrap();
        }
        for _ in 5..start {
            self.onward(false).unwrap();
        }
    }
}

/// Acts that are lawful for a short while only are tried more often.
fn some_number() -> impl Strategy<Value = usize> {
    prop_oneof![3 => 0..ACTS, 1 => Just(3usize), 1 => Just(13), 1 => 20..22usize]
}

type Told = Result<Vec<Event>, RefusedCommand>;

impl World {
    /// Takes a step; what was answered, unless it was no command.
    pub fn take(&mut self, step: &Step) -> Option<Told> {
        match *step {
            Step::Wait(by) => {
                self.now += by;
                None
            }
            Step::ToDue(by) => {
                if let Some(next) = kaibiao_core::due::next_due(&self.state) {
                    self.now = self.now.max(next + by);
                }
                Some(self.system(System::Tick))
            }
            Step::Onward { lot: second } => Some(self.onward(second)),
            Step::Act {
                act,
                lot: second,
                number,
                by,
            } => {
                let (proper, act, checked) = self.some_act(act, second, number);
                let actor = by.map_or(proper, anybody);
                self.count += 1;
                let nonce = self.nonce();
                let act = with_nonce(act, nonce);
                Some(self.run(&performed(&actor, act, checked)))
            }
            Step::Submit {
                number,
                lot: second,
                wrong,
            } => Some(self.some_submission(number, second, wrong)),
            Step::Unlock { number, check } => {
                let failed = [Some(Check::KeyMismatch), Some(Check::StoreFailed)];
                Some(self.attempt(number, failed.get(usize::from(check)).copied().flatten()))
            }
            Step::Release { custodian, wrong } => {
                let who = [host(), centre(), supervisor(), tenderer()];
                let (at, kind) = (usize::from(wrong % 3), wrong / 3);
                Some(self.answer(&who[custodian], |index| match (at, kind) {
                    (1.., 0) if index % 3 == at => Word::Share(false),
                    (1.., 1) if index % 3 == at => complaint(),
                    (1.., 2) if index % 3 == at => not_proved(),
                    _ => Word::Share(true),
                }))
            }
            Step::System { system, lot } => Some(self.some_system(system, lot)),
            Step::Outage { ago, length } => {
                let to = self.now - ago;
                let from = to - length;
                let causes = [Cause::Stopped, Cause::Killed, Cause::Stalled, Cause::Clock];
                let cause = causes[usize::try_from(length % 4).unwrap_or_default()];
                let reach = to + ago;
                self.away = Some(Away {
                    from,
                    to,
                    cause,
                    reach,
                });
                Some(self.system(System::Tick))
            }
            Step::Clock { by } => {
                self.clock = if by == 0 {
                    Clock::Steady
                } else {
                    Clock::Doubtful { by }
                };
                None
            }
        }
    }

    fn onward(&mut self, second: bool) -> Told {
        let id = which(second);
        let lots = vec![id.clone()];
        let Some(it) = self.state.lots.get(&id).cloned() else {
            return self.system(System::Tick);
        };
        let (lot, seconds) = (id, None);
        match it.stage {
            Stage::Checking if self.state.closing.digest.is_none() => {
                self.system(System::StatementSigned {
                    lot: None,
                    statement: digest("statement"),
                })
            }
            Stage::Checking if it.listed.is_none() => {
                self.act(&host(), |nonce| PublishList { nonce, lot })
            }
            Stage::Checking => self.act(&host(), |nonce| StartWindow {
                nonce,
                lots,
                seconds,
            }),
            Stage::Releasing if it.statement.digest.is_none() => {
                self.system(System::StatementSigned {
                    lot: Some(lot),
                    statement: digest("statement"),
                })
            }
            Stage::Releasing if it.may_open() => self.open(|_| Outcome::Opened),
            Stage::Releasing => {
                let who = [host(), centre(), supervisor()];
                self.release(&who[it.releases.len() % 3])
            }
            Stage::Unlocking if it.parties.values().any(|it| it.rescue.asked.is_some()) => {
                self.rescue_onward(&lot)
            }
            Stage::Unlocking => {
                let waits = (1..=5).find(|number| {
                    let party = self.party(*number, lot.as_str());
                    let bidder = party.and_then(|party| it.parties.get(&party));
                    bidder.is_some_and(|it| it.live.is_some() && it.unlocked.is_none())
                });
                self.unlock(waits.unwrap_or(1))
            }
            Stage::Bidding => self.submit(it.parties.len() % 5 + 1, lot.as_str()),
            Stage::Opened => self.act(&host(), |nonce| Announce { nonce, lots }),
            Stage::Announced => self.act(&host(), |nonce| OpenObjections {
                nonce,
                lots,
                seconds,
            }),
            Stage::Objections => self.act(&host(), |nonce| CloseObjections { nonce, lots }),
            Stage::Signing if it.records.is_empty() => self.some_system(4, second),
            Stage::Signing => self.act(&host(), |nonce| SignRecord {
                nonce,
                lot,
                record: digest("record"),
                cms: None,
            }),
            _ => self.system(System::Tick),
        }
    }

    /// An asked rescue goes on: ordered, shared by each custodian, put together.
    fn rescue_onward(&mut self, id: &LotId) -> Told {
        let lot = id.clone();
        let it = self.state.lots[id].clone();
        let asked = it.parties.iter().find(|(_, it)| it.rescue.asked.is_some());
        let (party, bidder) = asked.unwrap();
        let (party, bid) = (*party, bidder.live.unwrap_or(digest("none")));
        let reason = String::from("补救");
        if bidder.rescue.ordered.is_none() {
            return self.act(&supervisor(), |nonce| OrderRescue {
                nonce,
                lot,
                party,
                bid,
                reason,
            });
        }
        let given = bidder.rescue.shares.len();
        let Some(who) = [host(), centre(), supervisor()].get(given).cloned() else {
            let matches = true;
            return self.system(System::Rescued { lot, bid, matches });
        };
        let x = u8::try_from(given).unwrap() + 1;
        let share = Share {
            bid,
            envelope: 0,
            x,
            share: digest("share"),
        };
        self.checked(&who, shares_checked(&[true]), |nonce| Rescue {
            nonce,
            lot,
            share,
        })
    }

    fn some_submission(&mut self, number: usize, second: bool, wrong: u8) -> Told {
        let id = which(second);
        let old = self.state.lots[&id].parties.values().next();
        let old = old.and_then(|it| it.chain.first()).map(|link| link.digest);
        let fresh = digest(&format!("bid {}", self.count));
        let bid = if wrong == 5 {
            old.unwrap_or(fresh)
        } else {
            fresh
        };
        self.submit_as(number, id.as_str(), bid, |body, checked| match wrong {
            0 => body.sequence += 1,
            1 => checked.lot = which(!second),
            2 => checked.organisation = organisation(999),
            3 => checked.terms = digest("old terms"),
            4 => checked.rescue = false,
            _ => {}
        })
    }

    fn some_system(&mut self, system: u8, second: bool) -> Told {
        let lot = which(second);
        let it = self.state.lots.get(&lot);
        let bid = it.and_then(|it| it.closing.first().copied());
        let bid = bid.unwrap_or(digest("none"));
        let statement = digest("statement");
        self.system(match system {
            0 => System::StatementSigned {
                lot: None,
                statement,
            },
            1 => System::StatementSigned {
                lot: Some(lot),
                statement,
            },
            2 => System::QuorumReached {
                lot: None,
                statement,
                witnesses: 1,
            },
            3 => System::Rescued {
                lot,
                bid,
                matches: true,
            },
            4 => System::RecordMade {
                lot,
                size: self.last_seq(),
                record: digest("record"),
                pdf: None,
            },
            5 => return self.open(|index| OUTCOMES[index % OUTCOMES.len()]),
            6 => System::SubmissionRefused {
                actor: Box::new(bidder(1)),
                lot,
                code: RefusalCode::NotABid,
                bid: None,
                note: "%PDF".into(),
            },
            _ => System::DocumentOpened {
                lot,
                bid,
                segment: 2,
                outcome: Outcome::Opened,
                name: "秘密.pdf".into(),
                size: 1,
                digest: digest("document"),
            },
        })
    }

    fn someone(&self, id: &LotId, number: usize) -> Option<(Party, Digest)> {
        let party = self.party(number, id.as_str())?;
        let bidder = self.state.lots[id].parties.get(&party)?;
        Some((party, bidder.live.unwrap_or(digest("none"))))
    }
}

const OUTCOMES: [Outcome; 4] = [
    Outcome::Opened,
    Outcome::KeyMismatch,
    Outcome::Opened,
    Outcome::StoreCorrupt,
];

fn which(second: bool) -> LotId {
    lot(if second { "2" } else { "1" })
}

fn anybody(number: usize) -> Actor {
    match number {
        0 => host(),
        1 => centre(),
        2 => supervisor(),
        3 => machine(),
        4 => tenderer(),
        number => bidder(number - 4),
    }
}

/// The same act under another nonce.
fn with_nonce(act: Act, nonce: kaibiao_core::ids::Nonce) -> Act {
    let mut json = serde_json::to_value(&act).unwrap();
    json["nonce"] = serde_json::to_value(nonce).unwrap();
    serde_json::from_value(json).unwrap()
}
