//! `acts/chains.json`: submissions and withdrawals of one lot, one after the
//! other, and what becomes of each. Outcomes are written here and not computed.

use std::collections::BTreeMap;

use kaibiao_core::act::{Act, Submit, Withdraw};
use kaibiao_core::command::{Checked, CheckedBid};
use kaibiao_core::ids::Nonce;
use kaibiao_crypto::{Digest, canonical};
use serde::{Deserialize, Serialize};

use super::hold;
use crate::world::*;

#[derive(Serialize, Deserialize)]
struct File {
    about: String,
    chains: Vec<Chain>,
}

#[derive(Serialize, Deserialize)]
struct Chain {
    name: String,
    steps: Vec<Step>,
}

#[derive(Serialize, Deserialize)]
struct Step {
    /// Which of the bidders acts, from 1.
    bidder: usize,
    /// The act's exact body.
    body: String,
    /// `accepted`, or the code of the refusal.
    outcome: String,
    /// What stands in the lot for this bidder afterwards: a bid, or nothing.
    live: Option<Digest>,
}

/// One bidder's next act: how it is called, of what, after what.
struct Draft<'a> {
    chain: &'a mut Vec<Step>,
    live: BTreeMap<(usize, String), Digest>,
}

impl Draft<'_> {
    /// What stands afterwards, where the act is accepted; else what stood before.
    fn push(
        &mut self,
        bidder: usize,
        id: &str,
        act: Act,
        outcome: &str,
        live: Option<Digest>,
    ) -> Digest {
        let body = canonical::to_bytes(&act);
        let digest = Digest::of(&body);
        let place = (bidder, id.to_owned());
        if outcome == ACCEPTED {
            match live {
                Some(bid) => self.live.insert(place.clone(), bid),
                None => self.live.remove(&place),
            };
        }
        let live = self.live.get(&place).copied();
        self.chain.push(Step {
            bidder,
            body: String::from_utf8(body).unwrap(),
            outcome: outcome.into(),
            live,
        });
        digest
    }

    fn submit(
        &mut self,
        outcome: &str,
        lot: &str,
        sequence: u32,
        previous: Option<Digest>,
        bid: &str,
    ) -> Digest {
        self.submit_by(1, outcome, lot, sequence, previous, bid)
    }

    fn submit_by(
        &mut self,
        bidder: usize,
        outcome: &str,
        id: &str,
        sequence: u32,
        previous: Option<Digest>,
        bid: &str,
    ) -> Digest {
        let bid = digest(bid);
        let act = Submit {
            nonce: self.nonce(),
            lot: lot(id),
            bid,
            sequence,
            previous,
            members: vec![],
            paper_agreement: false,
        };
        self.push(bidder, id, act.into(), outcome, Some(bid));
        bid
    }

    fn withdraw(&mut self, outcome: &str, sequence: u32, previous: Digest) -> Digest {
        let act = Withdraw {
            nonce: self.nonce(),
            lot: lot("1"),
            sequence,
            previous,
        };
        self.push(1, "1", act.into(), outcome, None)
    }

    /// The last act once more, byte by byte.
    fn again(&mut self, outcome: &str) {
        let last = self.chain.last().unwrap();
        let (bidder, body, live) = (last.bidder, last.body.clone(), last.live);
        self.chain.push(Step {
            bidder,
            body,
            outcome: outcome.into(),
            live,
        });
    }

    fn nonce(&self) -> Nonce {
        let bytes = digest(&format!("step {}", self.chain.len())).into_bytes();
        Nonce(bytes[..16].try_into().unwrap())
    }
}

const ACCEPTED: &str = "accepted";
const BROKEN: &str = "broken-chain";

fn chains() -> Vec<Chain> {
    let mut chains = Vec::new();
    let mut chain = |name: &str, acts: &dyn Fn(&mut Draft<'_>)| {
        let mut steps = Vec::new();
        acts(&mut Draft {
            chain: &mut steps,
            live: BTreeMap::new(),
        });
        chains.push(Chain {
            name: name.into(),
            steps,
        });
    };
    chain("three versions", &|it| {
        let a = it.submit(ACCEPTED, "1", 1, None, "a");
        let b = it.submit(ACCEPTED, "1", 2, Some(a), "b");
        it.submit(ACCEPTED, "1", 3, Some(b), "c");
    });
    chain("withdrawn, and bid anew after the withdrawal", &|it| {
        let a = it.submit(ACCEPTED, "1", 1, None, "a");
        let gone = it.withdraw(ACCEPTED, 2, a);
        let b = it.submit(ACCEPTED, "1", 3, Some(gone), "b");
        it.withdraw(ACCEPTED, 4, b);
    });
    chain(
        "after a withdrawal the bid before it is not what comes before",
        &|it| {
            let a = it.submit(ACCEPTED, "1", 1, None, "a");
            let gone = it.withdraw(ACCEPTED, 2, a);
            it.submit(BROKEN, "1", 3, Some(a), "b");
            it.submit(BROKEN, "1", 2, Some(gone), "b");
            it.submit(BROKEN, "1", 1, None, "b");
            it.submit(ACCEPTED, "1", 3, Some(gone), "b");
        },
    );
    chain("the first one counts from 1 and names nothing", &|it| {
        it.submit(BROKEN, "1", 2, None, "a");
        it.submit(BROKEN, "1", 0, None, "a");
        it.submit(BROKEN, "1", 1, Some(digest("x")), "a");
        it.submit(ACCEPTED, "1", 1, None, "a");
    });
    chain("no fork", &|it| {
        let a = it.submit(ACCEPTED, "1", 1, None, "a");
        let b = it.submit(ACCEPTED, "1", 2, Some(a), "b");
        it.submit(BROKEN, "1", 2, Some(a), "c");
        it.submit(BROKEN, "1", 3, Some(a), "c");
        it.submit(BROKEN, "1", 4, Some(b), "c");
        it.submit(BROKEN, "1", 3, None, "c");
        it.withdraw(BROKEN, 2, b);
        it.withdraw(BROKEN, 3, a);
        it.submit(ACCEPTED, "1", 3, Some(b), "c");
    });
    chain("a bid that was in does not come back", &|it| {
        let a = it.submit(ACCEPTED, "1", 1, None, "a");
        it.submit("same-bid", "1", 2, Some(a), "a");
        let b = it.submit(ACCEPTED, "1", 2, Some(a), "b");
        it.submit("same-bid", "1", 3, Some(b), "a");
        let gone = it.withdraw(ACCEPTED, 3, b);
        it.submit("same-bid", "1", 4, Some(gone), "b");
        it.submit(ACCEPTED, "1", 4, Some(gone), "c");
    });
    chain("nothing to withdraw", &|it| {
        let a = it.submit(ACCEPTED, "1", 1, None, "a");
        let gone = it.withdraw(ACCEPTED, 2, a);
        it.withdraw("nothing-to-withdraw", 3, gone);
        it.submit(ACCEPTED, "1", 3, Some(gone), "b");
    });
    chain("the same body counts once", &|it| {
        let a = it.submit(ACCEPTED, "1", 1, None, "a");
        it.again("replayed");
        it.withdraw(ACCEPTED, 2, a);
        it.again("replayed");
    });
    chain("what is looked at before the chain", &|it| {
        let a = it.submit(ACCEPTED, "1", 1, None, "a");
        it.submit("same-bid", "1", 7, None, "a");
        it.submit_by(2, "same-bid", "1", 1, None, "a");
        it.withdraw(ACCEPTED, 2, a);
        it.withdraw("nothing-to-withdraw", 7, a);
    });
    chain("each lot has a chain of its own", &|it| {
        let a = it.submit(ACCEPTED, "1", 1, None, "a");
        it.submit(BROKEN, "2", 2, Some(a), "b");
        it.submit(ACCEPTED, "2", 1, None, "b");
        it.submit(ACCEPTED, "1", 2, Some(a), "c");
    });
    chain("and so has each bidder", &|it| {
        let a = it.submit(ACCEPTED, "1", 1, None, "a");
        it.submit_by(2, BROKEN, "1", 2, Some(a), "b");
        let b = it.submit_by(2, ACCEPTED, "1", 1, None, "b");
        it.submit(BROKEN, "1", 2, Some(b), "c");
        it.submit(ACCEPTED, "1", 2, Some(a), "c");
        it.submit_by(2, ACCEPTED, "1", 2, Some(b), "d");
    });
    chains
}

#[test]
fn chains_of_submissions_have_the_outcome_that_their_vector_names() {
    let file = File {
        about: "docs/spec/acts.md: submissions and withdrawals before T0, in order; every bid is whole and of the terms in force. `live` is what stands afterwards in the lot of the act for that bidder.".into(),
        chains: chains(),
    };
    hold("acts/chains.json", &file);
    for chain in file.chains {
        let mut world = World::published();
        for (at, step) in chain.steps.iter().enumerate() {
            let name = format!("{}, step {}", chain.name, at + 1);
            let act: Act = canonical::from_bytes(step.body.as_bytes()).unwrap();
            let (id, checked) = checked(&world, step.bidder, &act);
            let command = performed(&bidder(step.bidder), act, checked);
            let outcome = match world.run(&command) {
                Ok(_) => "accepted",
                Err(refused) => refused.refusal.code.code(),
            };
            assert_eq!(outcome, step.outcome, "{name}");
            let live = live(&world, step.bidder, &id);
            assert_eq!(live, step.live, "{name}");
        }
    }
}

/// What the service has checked of a whole bid under the terms in force.
fn checked(world: &World, number: usize, act: &Act) -> (String, Checked) {
    match act {
        Act::Submit(body) => {
            let author = bidder(number).author;
            let checked = CheckedBid {
                bid: body.bid,
                project: project(),
                terms: world.state.lots[&body.lot].rules.terms,
                lot: body.lot.clone(),
                organisation: author.organisation,
                certificate: author.certificate,
                segments: 3,
                size: 1 << 20,
                rescue: true,
                consents: vec![],
            };
            (body.lot.to_string(), Checked::Bid(checked))
        }
        Act::Withdraw(body) => (body.lot.to_string(), Checked::Nothing),
        other => panic!("not of a chain: {other:?}"),
    }
}

/// What stands in that lot for a bidder who may not have been there yet.
fn live(world: &World, number: usize, id: &str) -> Option<Digest> {
    let party = world.party(number, id)?;
    world.state.lots[&lot(id)].parties.get(&party)?.live
}
