//! `log/statements.json` and `log/terms.json`: what proves a statement, and that terms
//! are in the public log; and what does not, with the code of the step that fails
//! (docs/spec/evidence.md).

use kaibiao_core::anchored::{self, StatementProof, Unproved};
use kaibiao_core::event::{Bids, Facts, What};
use kaibiao_core::role::By;
use kaibiao_core::terms::Trust;
use kaibiao_crypto::anchor::{Anchor, AnchorSalt, Anchored, TermsEntry};
use kaibiao_crypto::merkle::{Tree, leaf_hash};
use kaibiao_crypto::platform_key::PlatformKey;
use kaibiao_crypto::rng::Rng;
use kaibiao_crypto::shell::{Shell, facts_digest};
use kaibiao_crypto::statement::{AcceptedStatement, ClosingStatement, LotBids};
use kaibiao_crypto::tlog::{Checkpoint, LogKey, LogProof, SignedNote, WitnessKey};
use kaibiao_crypto::{Digest, canonical};
use serde_json::{Value, json};

use super::hold;

pub(super) const ORIGIN: &str = "bid.example.cn";
pub(super) const PROJECT: &str = "0192d3a0-0000-7000-8000-000000000001";
/// The closing statement's instant, and its whole second.
pub(super) const AT: i64 = 1_795_000_000_250;
pub(super) const SECOND: u64 = 1_795_000_000;

/// Randomness that is none.
struct Counting(u8);

impl Rng for Counting {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
    }
}

pub(super) fn key(seed: u8) -> PlatformKey {
    PlatformKey::generate(&mut Counting(seed)).0
}

fn witness(number: u8) -> WitnessKey {
    let name = format!("witness{number}.example.org");
    WitnessKey::new(name.parse().unwrap(), key(100 + number).public_key())
}

pub(super) fn trust(witnesses: u8, quorum: u8) -> Trust {
    Trust {
        origin: ORIGIN.into(),
        statement_key: String::new(),
        receipt_key: String::new(),
        log_key: Some(LogKey::new(ORIGIN.parse().unwrap(), key(7).public_key()).to_string()),
        witnesses: (1..=witnesses).map(|it| witness(it).to_string()).collect(),
        quorum,
        tsas: Vec::new(),
        sm2_chain: Vec::new(),
    }
}

/// A project's events, a log with their anchors, and a checkpoint of it.
pub(super) struct World {
    pub(super) shells: Vec<String>,
    pub(super) facts: Vec<String>,
    pub(super) entries: Vec<Vec<u8>>,
}

pub(super) fn salt(number: u8) -> [u8; 32] {
    [number; 32]
}

impl World {
    fn new() -> Self {
        Self::told(|_| ())
    }

    /// One in which the facts of an event are written otherwise.
    pub(super) fn told(change: impl FnOnce(&mut Vec<String>)) -> Self {
        let bids = |seeds: &[u8]| -> Vec<Digest> {
            let mut bids: Vec<_> = seeds.iter().map(|it| Digest::of(&[*it])).collect();
            bids.sort_unstable();
            bids
        };
        let facts = |by, what| Facts {
            by,
            act: None,
            what,
        };
        let said = || facts(By::Host, What::Said { lot: None });
        let closed = What::DeadlineReached {
            t0: AT - 250,
            lots: vec![
                Bids {
                    lot: "1".parse().unwrap(),
                    bids: bids(&[1, 2, 3]),
                },
                Bids {
                    lot: "2".parse().unwrap(),
                    bids: Vec::new(),
                },
            ],
        };
        let fixed = What::AcceptedFixed {
            lot: "1".parse().unwrap(),
            bids: bids(&[1, 3]),
        };
        let events = [
            said(),
            said(),
            said(),
            said(),
            facts(By::Time, closed),
            said(),
            facts(By::Time, fixed),
        ];
        let mut facts: Vec<String> = events
            .iter()
            .map(|it| String::from_utf8(canonical::to_bytes(it)).unwrap())
            .collect();
        change(&mut facts);
        let shells = (1u8..).zip(&facts).map(|(seq, facts)| {
            let shell = Shell {
                seq: seq.into(),
                time: if seq < 5 {
                    AT - 9_000
                } else {
                    AT + i64::from(seq - 5) * 60_000
                },
                facts: facts_digest(&salt(seq), facts.as_bytes()),
                details: Digest::of(&[seq]),
            };
            String::from_utf8(shell.to_bytes()).unwrap()
        });
        let shells: Vec<_> = shells.collect();
        let mut world = Self {
            shells,
            facts,
            entries: Vec::new(),
        };
        world.entries = vec![
            world.terms().entry(),
            world.anchor(1, 2).entry(),
            world.anchor(2, 5).entry(),
            b"{\"kind\":\"another\"}".to_vec(),
            world.anchor(3, 7).entry(),
        ];
        world
    }

    fn terms(&self) -> TermsEntry<'static> {
        TermsEntry {
            lot: "1",
            project: PROJECT,
            terms: Digest::of(b"terms"),
        }
    }

    pub(super) fn tree(&self, size: u64) -> Tree {
        let size = usize::try_from(size).unwrap();
        let shells = self.shells[..size].iter();
        Tree::from_leaves(shells.map(|shell| leaf_hash(shell.as_bytes())))
    }

    pub(super) fn anchor(&self, tick: u64, size: u64) -> Anchor {
        Anchor {
            root: self.tree(size).root(),
            salt: AnchorSalt([u8::try_from(tick).unwrap() + 40; 32]),
            size,
            stream: PROJECT.into(),
            tick,
        }
    }

    pub(super) fn checkpoint(&self, times: &[(u8, u64)]) -> SignedNote {
        let checkpoint = Checkpoint {
            origin: ORIGIN.parse().unwrap(),
            size: self.entries.len() as u64,
            root: self.log().root(),
        };
        cosigned(&checkpoint, &key(7), times)
    }

    pub(super) fn log(&self) -> Tree {
        Tree::from_leaves(self.entries.iter().map(|entry| leaf_hash(entry)))
    }

    pub(super) fn log_proof(&self, index: u64, note: SignedNote) -> LogProof {
        let path = self.log().inclusion(index, self.entries.len() as u64);
        LogProof {
            extra: None,
            index,
            path: path.unwrap().path,
            note,
        }
    }

    fn proof(&self, tick: u64, size: u64, index: u64, times: &[(u8, u64)]) -> StatementProof {
        let at = usize::try_from(size).unwrap() - 1;
        StatementProof {
            anchored: Anchored {
                anchor: self.anchor(tick, size),
                proof: self.log_proof(index, self.checkpoint(times)).to_string(),
            },
            event: anchored::ProvedEvent {
                facts: self.facts[at].clone(),
                path: self.tree(size).inclusion(size - 1, size).unwrap().path,
                salt: AnchorSalt(salt(u8::try_from(size).unwrap())),
                shell: self.shells[at].clone(),
            },
        }
    }

    fn closing(&self) -> ClosingStatement {
        let bids = |seeds: &[u8]| {
            let mut bids: Vec<_> = seeds.iter().map(|it| Digest::of(&[*it])).collect();
            bids.sort_unstable();
            bids
        };
        let lot = |lot: &str, bids| LotBids {
            lot: lot.into(),
            bids,
        };
        ClosingStatement {
            at: AT,
            lots: vec![
                lot("1", bids(&[1, 2, 3])),
                lot("2", Vec::new()),
                lot("3", Vec::new()),
            ],
            project: PROJECT.into(),
            root: self.tree(5).root(),
            shell_seq: 5,
            size: 5,
        }
    }

    fn accepted(&self) -> AcceptedStatement {
        let mut bids = vec![Digest::of(&[1]), Digest::of(&[3])];
        bids.sort_unstable();
        AcceptedStatement {
            at: AT + 120_000,
            bids,
            closing: Digest::of(b"closing"),
            lot: "1".into(),
            project: PROJECT.into(),
            root: self.tree(7).root(),
            size: 7,
        }
    }
}

pub(super) fn cosigned(
    checkpoint: &Checkpoint,
    log: &PlatformKey,
    times: &[(u8, u64)],
) -> SignedNote {
    let mut note = checkpoint.sign(log).unwrap();
    let text = note.text().to_owned();
    for (number, time) in times {
        let name = format!("witness{number}.example.org").parse().unwrap();
        note.add(WitnessKey::sign(name, &key(100 + number), *time, &text).unwrap());
    }
    note
}

struct Cases(Vec<Value>);

impl Cases {
    fn closing(
        &mut self,
        name: &str,
        trust: &Trust,
        change: impl FnOnce(&mut ClosingStatement, &mut StatementProof),
    ) {
        let world = World::new();
        let times = [(1, SECOND), (2, SECOND + 3)];
        let (mut statement, mut proof) = (world.closing(), world.proof(2, 5, 2, &times));
        change(&mut statement, &mut proof);
        let outcome = judged(trust, |policy| {
            anchored::closing(&statement, &proof, policy)
        });
        self.0.push(json!({
            "name": name, "trust": trust, "kind": "closing", "statement": statement,
            "proof": proof, "outcome": outcome,
        }));
    }

    fn accepted(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut AcceptedStatement, &mut StatementProof),
    ) {
        let (world, trust) = (World::new(), trust(3, 2));
        let times = [(1, SECOND + 120), (3, SECOND + 500)];
        let (mut statement, mut proof) = (world.accepted(), world.proof(3, 7, 4, &times));
        change(&mut statement, &mut proof);
        let outcome = judged(&trust, |policy| {
            anchored::accepted(&statement, &proof, policy)
        });
        self.0.push(json!({
            "name": name, "trust": trust, "kind": "accepted", "statement": statement,
            "proof": proof, "outcome": outcome,
        }));
    }
}

fn judged<T>(
    trust: &Trust,
    judge: impl FnOnce(&kaibiao_crypto::tlog::Policy) -> Result<T, Unproved>,
) -> &'static str {
    let judged = trust.policy().and_then(|policy| judge(&policy.unwrap()));
    judged.err().map_or("ok", |problem| problem.code())
}

#[test]
fn statements_are_proved_as_their_vectors_say() {
    let three = trust(3, 2);
    let world = World::new();
    let mut cases = Cases(Vec::new());
    cases.closing("it holds", &three, |_, _| ());
    cases.closing("nobody is asked", &trust(0, 0), |_, proof| {
        *proof = World::new().proof(2, 5, 2, &[]);
    });
    cases.closing(
        "a witness that nobody asked has signed too",
        &trust(1, 1),
        |_, _| (),
    );
    cases.closing("another stream's anchor", &three, |_, proof| {
        proof.anchored.anchor.stream = "platform".into();
    });
    cases.closing("an anchor of another size", &three, |_, proof| {
        *proof = World::new().proof(1, 2, 1, &[(1, SECOND), (2, SECOND)]);
    });
    cases.closing("another root", &three, |statement, _| {
        statement.root = Digest::of(b"another");
    });
    cases.closing("tick 0", &three, |_, proof| proof.anchored.anchor.tick = 0);
    cases.closing("another salt", &three, |_, proof| {
        proof.anchored.anchor.salt = AnchorSalt([9; 32]);
    });
    cases.closing("another tick", &three, |_, proof| {
        proof.anchored.anchor.tick = 3
    });
    cases.closing("no proof at all", &three, |_, proof| {
        proof.anchored.proof.clear()
    });
    cases.closing("a proof with an extra line", &three, |_, proof| {
        let mut read: LogProof = proof.anchored.proof.parse().unwrap();
        read.extra = Some(b"more".to_vec());
        proof.anchored.proof = read.to_string();
    });
    cases.closing("another index", &three, |_, proof| {
        let mut read: LogProof = proof.anchored.proof.parse().unwrap();
        read.index = 1;
        proof.anchored.proof = read.to_string();
    });
    cases.closing("a path that is too short", &three, |_, proof| {
        let mut read: LogProof = proof.anchored.proof.parse().unwrap();
        read.path.pop();
        proof.anchored.proof = read.to_string();
    });
    let other = |origin: &str, log: u8| {
        let checkpoint = Checkpoint {
            origin: origin.parse().unwrap(),
            size: world.entries.len() as u64,
            root: world.log().root(),
        };
        let note = cosigned(&checkpoint, &key(log), &[(1, SECOND), (2, SECOND)]);
        world.log_proof(2, note).to_string()
    };
    cases.closing(
        "signed by another key of the log's name",
        &three,
        |_, proof| {
            proof.anchored.proof = other(ORIGIN, 8);
        },
    );
    cases.closing("another log's checkpoint", &three, |_, proof| {
        proof.anchored.proof = other("other.example.cn", 7);
    });
    cases.closing("one cosignature of two", &three, |_, proof| {
        *proof = World::new().proof(2, 5, 2, &[(1, SECOND)]);
    });
    cases.closing(
        "one of two is from a second too early",
        &three,
        |_, proof| {
            *proof = World::new().proof(2, 5, 2, &[(1, SECOND), (2, SECOND - 1)]);
        },
    );
    cases.closing("a cosignature that does not hold", &three, |_, proof| {
        let good = proof.anchored.proof.trim_end();
        let (head, last) = good.split_at(good.len() - 8);
        let other = if last.starts_with('A') { "B" } else { "A" };
        let bent = format!("{other}{}", &last[1..]);
        proof.anchored.proof = format!("{head}{bent}\n");
    });
    cases.closing(
        "more witnesses than half, but no quorum of them",
        &trust(4, 2),
        |_, _| (),
    );
    cases.closing(
        "a log of another name than the platform",
        &{
            let mut trust = trust(3, 2);
            trust.origin = "elsewhere.example.cn".into();
            trust
        },
        |_, _| (),
    );
    cases.closing(
        "one witness twice",
        &{
            let mut trust = trust(2, 2);
            trust.witnesses[1] = trust.witnesses[0].clone();
            trust
        },
        |_, _| (),
    );
    cases.closing("another event of the tree", &three, |_, proof| {
        let world = World::new();
        proof.event.shell = world.shells[3].clone();
        proof.event.facts = world.facts[3].clone();
        proof.event.salt = AnchorSalt(salt(4));
        proof.event.path = world.tree(5).inclusion(3, 5).unwrap().path;
    });
    cases.closing(
        "facts that the shell does not commit to",
        &three,
        |_, proof| {
            proof.event.facts = proof.event.facts.replacen("\"t0\":1", "\"t0\":2", 1);
        },
    );
    cases.closing("another salt of the facts", &three, |_, proof| {
        proof.event.salt = AnchorSalt(salt(6));
    });
    cases.closing("another time than the event's", &three, |statement, _| {
        statement.at += 1;
    });
    cases.closing("a bid more than the event has", &three, |statement, _| {
        statement.lots[0].bids.push(Digest::of(b"more"));
        statement.lots[0].bids.sort_unstable();
    });
    cases.closing("a bid less", &three, |statement, _| {
        statement.lots[0].bids.pop();
    });
    cases.closing("a lot of the event is left out", &three, |statement, _| {
        statement.lots.remove(0);
    });
    cases.closing(
        "bids of a lot that the event does not know",
        &three,
        |statement, _| {
            statement.lots[2].bids.push(Digest::of(b"more"));
        },
    );
    cases.closing(
        "the event is not the tree's last one by its number",
        &three,
        |statement, _| {
            statement.shell_seq = 4;
        },
    );
    for (name, from, to) in [
        (
            "facts in another spelling than the canonical one",
            "{\"by\":",
            "{ \"by\":",
        ),
        (
            "facts with a member that nobody knows",
            "{\"by\":",
            "{\"also\":1,\"by\":",
        ),
    ] {
        cases.closing(name, &three, |statement, proof| {
            let world = World::told(|facts| facts[4] = facts[4].replacen(from, to, 1));
            *statement = world.closing();
            *proof = world.proof(2, 5, 2, &[(1, SECOND), (2, SECOND)]);
        });
    }
    cases.closing("an accepted set's event", &three, |statement, proof| {
        let world = World::new();
        *proof = world.proof(3, 7, 4, &[(1, SECOND + 120), (2, SECOND + 120)]);
        statement.at = AT + 120_000;
        (statement.size, statement.shell_seq) = (7, 7);
        statement.root = world.tree(7).root();
    });
    cases.accepted("it holds", |_, _| ());
    cases.accepted("cosigned before the set was fixed", |_, proof| {
        *proof = World::new().proof(3, 7, 4, &[(1, SECOND), (3, SECOND + 500)]);
    });
    cases.accepted("another lot", |statement, _| statement.lot = "2".into());
    cases.accepted("a bid less", |statement, _| {
        statement.bids.pop();
    });
    cases.accepted("the closing event", |statement, proof| {
        let world = World::new();
        *proof = world.proof(2, 5, 2, &[(1, SECOND), (3, SECOND)]);
        statement.at = AT;
        statement.size = 5;
        statement.root = world.tree(5).root();
    });
    let outcomes: std::collections::BTreeSet<_> =
        cases.0.iter().map(|it| it["outcome"].to_string()).collect();
    assert_eq!(outcomes.len(), 9, "{outcomes:?}");
    hold(
        "log/statements.json",
        &json!({
            "about": "docs/spec/evidence.md, 4: whether a proof shows that a statement is what the anchored tree holds, under the trust of the terms: ok, or the code of the step that fails.",
            "cases": cases.0,
        }),
    );
}

#[test]
fn terms_are_in_the_log_as_their_vectors_say() {
    let world = World::new();
    let trust = trust(3, 2);
    let policy = trust.policy().unwrap().unwrap();
    let cosigned = world.checkpoint(&[(1, 5), (3, 9)]);
    let proof = world.log_proof(0, cosigned.clone()).to_string();
    let few = world.log_proof(0, world.checkpoint(&[])).to_string();
    let other = world.log_proof(1, cosigned).to_string();
    let mut cases = Vec::new();
    let mut case = |name: &str, lot: &str, terms: Digest, proof: &str, expected: &str| {
        let entry = TermsEntry {
            lot,
            project: PROJECT,
            terms,
        };
        let outcome = entry.prove(proof, &policy);
        let outcome = outcome.err().map_or("ok", |problem| problem.code());
        assert_eq!(outcome, expected, "{name}");
        cases.push(json!({
            "name": name, "lot": lot, "project": PROJECT, "terms": terms, "proof": proof,
            "outcome": outcome,
        }));
    };
    let terms = Digest::of(b"terms");
    case("it holds", "1", terms, &proof, "ok");
    case("nobody has cosigned", "1", terms, &few, "log-quorum");
    case(
        "other terms",
        "1",
        Digest::of(b"other"),
        &proof,
        "log-inclusion",
    );
    case("another lot", "2", terms, &proof, "log-inclusion");
    case("another entry's proof", "1", terms, &other, "log-inclusion");
    case("no proof", "1", terms, "", "anchor-malformed");
    hold(
        "log/terms.json",
        &json!({
            "about": "docs/spec/evidence.md, 5: whether a proof shows that a lot's terms are in the public log, under this trust.",
            "trust": trust,
            "cases": cases,
        }),
    );
}
