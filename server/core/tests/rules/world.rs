//! A project in the hands of tests: actors, a clock that is set by hand, and a
//! stream that is folded as the store does it.

use std::collections::BTreeSet;

use kaibiao_core::act::*;
use kaibiao_core::book::{Book, note};
use kaibiao_core::command::*;
use kaibiao_core::compose;
use kaibiao_core::details::{Author, OpenedSheet};
use kaibiao_core::due::{due, next_due};
use kaibiao_core::event::*;
use kaibiao_core::ids::*;
use kaibiao_core::refusal::{Refusal, RefusalCode};
use kaibiao_core::role::Role;
use kaibiao_core::schema::*;
use kaibiao_core::signed::{Signature, Signed};
use kaibiao_core::state::{Lot, Stage, State};
use kaibiao_core::terms::*;
use kaibiao_core::{decide, evolve};
use kaibiao_crypto::certificate::OrganisationCode;
use kaibiao_crypto::{Digest, canonical};

/// Nine o'clock on some morning.
pub const T0: Millis = 1_800_000_000_000;
pub const SECOND: Millis = 1000;
pub const MINUTE: Millis = 60 * SECOND;
pub const HOUR: Millis = 60 * MINUTE;

pub struct World {
    pub now: Millis,
    pub clock: Clock,
    pub state: State,
    pub book: Book,
    pub stream: Vec<Recorded>,
    /// The state after each event.
    pub count: u64,
}

pub fn lot(id: &str) -> LotId {
    id.parse().unwrap()
}

pub fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

pub fn organisation(number: usize) -> Organisation {
    Organisation {
        issuer: "demo".into(),
        code: OrganisationCode::complete(&format!("91350100M0{number:07}")).unwrap(),
    }
}

pub fn actor(number: usize, name: &str, roles: &[Role]) -> Actor {
    Actor {
        author: Author {
            organisation: organisation(number),
            name: name.into(),
            person: format!("{name}的人员"),
            certificate: digest(name),
        },
        roles: roles.iter().copied().collect::<BTreeSet<_>>(),
        agent: None,
    }
}

pub fn tenderer() -> Actor {
    actor(1, "榕江水务", &[Role::Host])
}
pub fn host() -> Actor {
    actor(2, "闽招代理", &[Role::Host])
}
pub fn centre() -> Actor {
    actor(3, "交易中心", &[Role::Centre])
}
pub fn supervisor() -> Actor {
    actor(4, "行政监督", &[Role::Supervisor])
}
pub fn machine() -> Actor {
    actor(5, "交易平台", &[Role::Machine])
}
pub fn bidder(number: usize) -> Actor {
    actor(100 + number, &format!("投标人{number}"), &[Role::Bidder])
}

pub fn named(actor: &Actor) -> Named {
    Named {
        organisation: actor.author.organisation.clone(),
        name: actor.author.name.clone(),
    }
}

pub fn stays() -> Stays {
    Stays {
        checking: 600,
        starting: 300,
        window: 1800,
        extensions: 1800,
        rescue: 900,
        quorum: 1200,
        releasing: 600,
        opening: 300,
        announcing: 600,
        confirming: 300,
        objections: 1200,
        signing: 3600,
        suspension: 7200,
    }
}

pub fn lot_draft() -> LotDraft {
    LotDraft {
        title: "一标段".into(),
        external_id: None,
        control_price: Some("1000000000".into()),
        schema: Schema {
            fields: vec![Field {
                id: "price".into(),
                label: "投标报价".into(),
                label_en: None,
                kind: FieldType::Money,
                required: true,
                public: true,
            }],
            price: Some("price".into()),
            better: Better::Low,
        },
        custodians: vec![named(&host()), named(&centre()), named(&supervisor())],
        release: 2,
        rescue: Some(3),
        policy: Policy {
            minimum: 3,
            fails_after_unlock: false,
            masked: false,
            reading: ReadingOrder::Received,
            stays: stays(),
        },
    }
}

pub fn draft() -> Draft {
    Draft {
        number: "FJ-2026-001".into(),
        title: "供水管网改造".into(),
        notice: "招标公告".into(),
        external_id: Some("ext-1".into()),
        predecessor: None,
        officials: Officials {
            tenderer: named(&tenderer()),
            agency: Some(named(&host())),
            centre: named(&centre()),
            supervisor: named(&supervisor()),
        },
        t0: T0,
        lots: [(lot("1"), lot_draft()), (lot("2"), lot_draft())].into(),
        outage_moves_t0: true,
    }
}

pub fn trust() -> Trust {
    Trust {
        origin: "kaibiao.example".into(),
        statement_key: "c3RhdGVtZW50".into(),
        receipt_key: "cmVjZWlwdA==".into(),
        log_key: None,
        witnesses: Vec::new(),
        quorum: 0,
        tsas: Vec::new(),
    }
}

pub const LEGAL: Legal = Legal {
    notice: 3600,
    amendment: 3600,
    window: 60,
};

pub fn project() -> ProjectId {
    "0192f0a1-7b3c-7def-8123-456789abcdef".parse().unwrap()
}

impl World {
    pub fn new() -> Self {
        Self {
            now: T0 - 24 * HOUR,
            clock: Clock::Steady,
            state: State::default(),
            book: Book::default(),
            stream: Vec::new(),
            count: 0,
        }
    }

    /// A published project as `change` makes its draft.
    pub fn published_as(change: impl FnOnce(&mut Draft)) -> Self {
        let mut world = Self::new();
        let mut draft = draft();
        change(&mut draft);
        world.ok(&host(), |nonce| DraftProject { nonce, draft });
        for custodian in [host(), centre(), supervisor()] {
            world.certify(&custodian).unwrap();
        }
        world.publish(&host()).unwrap();
        world
    }

    pub fn published() -> Self {
        Self::published_as(|_| ())
    }

    /// T0 has passed; so many bidders have bid in lot 1.
    pub fn checking(bidders: usize) -> Self {
        let mut world = Self::published();
        world.close_with(bidders);
        world
    }

    pub fn close_with(&mut self, bidders: usize) {
        for number in 1..=bidders {
            self.submit(number, "1").unwrap();
        }
        self.now = T0;
        self.tick();
        assert!(self.state.deadline.is_some());
        self.sign_statement(None);
    }

    /// The window of lot 1 is running.
    pub fn unlocking(bidders: usize) -> Self {
        let mut world = Self::checking(bidders);
        world.start_window();
        world
    }

    pub fn start_window(&mut self) {
        self.ok(&host(), |nonce| PublishList {
            nonce,
            lot: lot("1"),
        });
        self.ok(&host(), |nonce| StartWindow {
            nonce,
            lots: vec![lot("1")],
            seconds: None,
        });
    }

    /// All bidders have unlocked; the accepted statement stands.
    pub fn releasing(bidders: usize) -> Self {
        let mut world = Self::unlocking(bidders);
        for number in 1..=bidders {
            world.unlock(number).unwrap();
        }
        world.sign_statement(Some("1"));
        world
    }

    pub fn opened(bidders: usize) -> Self {
        let mut world = Self::releasing(bidders);
        world.release(&host()).unwrap();
        world.release(&centre()).unwrap();
        world.open(|_| Outcome::Opened).unwrap();
        world
    }

    pub fn announced(bidders: usize) -> Self {
        let mut world = Self::opened(bidders);
        world.ok(&host(), |nonce| Announce {
            nonce,
            lots: vec![lot("1")],
        });
        world
    }

    pub fn signing(bidders: usize) -> Self {
        let mut world = Self::announced(bidders);
        world.ok(&host(), |nonce| OpenObjections {
            nonce,
            lots: vec![lot("1")],
            seconds: None,
        });
        world.ok(&host(), |nonce| CloseObjections {
            nonce,
            lots: vec![lot("1")],
        });
        world
    }

    // Commands.

    pub fn run(&mut self, command: &Command) -> Result<Vec<Event>, Refusal> {
        self.count += 1;
        let context = self.context();
        let before = self.state.clone();
        let answer = decide(&self.state, &self.book, command, &context);
        assert_eq!(self.state, before);
        let events = match &answer {
            Ok(events) => events.clone(),
            Err(refusal) => refusal.evidence.clone(),
        };
        for event in events {
            self.append(event);
        }
        if self.clock == Clock::Steady {
            assert_eq!(due(&self.state, self.now), None, "nothing due is left");
        }
        answer
    }

    pub fn context(&self) -> Context {
        let fresh = digest(&format!("handle {}", self.count)).into_bytes();
        Context {
            project: project(),
            now: self.now,
            clock: self.clock,
            fresh: Party(fresh[..16].try_into().unwrap()),
            legal: LEGAL,
            trust: trust(),
        }
    }

    fn append(&mut self, event: Event) {
        let recorded = Recorded {
            seq: self.state.events + 1,
            time: self.now,
            facts: event.facts,
            details: Some(event.details),
        };
        self.state = evolve(self.state.clone(), &recorded).expect("what is decided is lawful");
        self.book = note(std::mem::take(&mut self.book), &recorded);
        self.stream.push(recorded);
    }

    pub fn nonce(&self) -> Nonce {
        let bytes = digest(&format!("nonce {}", self.count)).into_bytes();
        Nonce(bytes[..16].try_into().unwrap())
    }

    pub fn checked<A: Into<Act>>(
        &mut self,
        actor: &Actor,
        checked: Checked,
        act: impl FnOnce(Nonce) -> A,
    ) -> Result<Vec<Event>, Refusal> {
        self.count += 1;
        let act = act(self.nonce()).into();
        let command = performed(actor, act, checked);
        self.run(&command)
    }

    pub fn act<A: Into<Act>>(
        &mut self,
        actor: &Actor,
        act: impl FnOnce(Nonce) -> A,
    ) -> Result<Vec<Event>, Refusal> {
        self.checked(actor, Checked::Nothing, act)
    }

    #[track_caller]
    pub fn ok<A: Into<Act>>(&mut self, actor: &Actor, act: impl FnOnce(Nonce) -> A) {
        self.act(actor, act).unwrap();
    }

    #[track_caller]
    pub fn refused<A: Into<Act>>(
        &mut self,
        code: RefusalCode,
        actor: &Actor,
        act: impl FnOnce(Nonce) -> A,
    ) {
        let before = self.stream.len();
        let refusal = self.act(actor, act).unwrap_err();
        assert_eq!(refusal.code, code);
        assert_eq!(self.stream.len(), before + refusal.evidence.len());
    }

    pub fn system(&mut self, system: System) -> Result<Vec<Event>, Refusal> {
        self.run(&Command::System(system))
    }

    pub fn tick(&mut self) {
        self.system(System::Tick).unwrap();
    }

    /// Lets time pass up to the next thing it does.
    pub fn wait(&mut self) -> bool {
        match next_due(&self.state) {
            Some(next) => {
                self.now = next.max(self.now);
                self.tick();
                true
            }
            None => false,
        }
    }

    pub fn certify(&mut self, custodian: &Actor) -> Result<Vec<Event>, Refusal> {
        let key = "A".repeat(87) + "=";
        self.checked(custodian, Checked::Certified, |nonce| CertifyKey {
            nonce,
            key,
            agent: None,
        })
    }

    pub fn publish(&mut self, host: &Actor) -> Result<Vec<Event>, Refusal> {
        let draft = self.book.draft.clone().unwrap();
        let terms = compose::compose(project(), &draft, &self.book.keys, &trust())?;
        let terms = terms.iter().map(|(id, it)| (id.clone(), it.digest()));
        let terms = terms.collect();
        let t0 = draft.t0;
        self.act(host, |nonce| Publish { nonce, terms, t0 })
    }

    /// A bid of its own digest each time.
    pub fn submit(&mut self, number: usize, id: &str) -> Result<Vec<Event>, Refusal> {
        let bid = digest(&format!("bid {}", self.count));
        self.submit_as(number, id, bid, |_, _| ())
    }

    pub fn submit_as(
        &mut self,
        number: usize,
        id: &str,
        bid: Digest,
        change: impl FnOnce(&mut Submit, &mut CheckedBid),
    ) -> Result<Vec<Event>, Refusal> {
        let actor = bidder(number);
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
        };
        change(&mut body, &mut checked);
        self.run(&performed(&actor, body.into(), Checked::Bid(checked)))
    }

    pub fn withdraw(&mut self, number: usize, id: &str) -> Result<Vec<Event>, Refusal> {
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

    pub fn attempt(&mut self, number: usize, failed: Option<Check>) -> Result<Vec<Event>, Refusal> {
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

    pub fn unlock(&mut self, number: usize) -> Result<Vec<Event>, Refusal> {
        self.attempt(number, None)
    }

    pub fn sign_statement(&mut self, id: Option<&str>) {
        self.system(System::StatementSigned {
            lot: id.map(lot),
            statement: digest("statement"),
        })
        .unwrap();
    }

    pub fn release(&mut self, custodian: &Actor) -> Result<Vec<Event>, Refusal> {
        self.release_as(custodian, |_| true)
    }

    pub fn release_as(
        &mut self,
        custodian: &Actor,
        is_good: impl Fn(usize) -> bool,
    ) -> Result<Vec<Event>, Refusal> {
        let accepted = self.lot1().accepted.clone();
        let x = ["闽招代理", "交易中心", "行政监督"]
            .iter()
            .position(|name| *name == custodian.author.name)
            .map_or(9, |index| u8::try_from(index).unwrap() + 1);
        let shares: Vec<_> = accepted
            .iter()
            .map(|bid| Share {
                bid: *bid,
                envelope: 0,
                x,
                share: digest("share"),
            })
            .collect();
        let verdicts = (0..shares.len()).map(is_good).collect();
        self.checked(custodian, Checked::Shares(verdicts), |nonce| Release {
            nonce,
            lot: lot("1"),
            accepted: digest("statement"),
            shares,
        })
    }

    /// The platform opens lot 1: with this outcome what can be opened.
    pub fn open(&mut self, outcome: impl Fn(usize) -> Outcome) -> Result<Vec<Event>, Refusal> {
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

    // Questions.

    pub fn lot1(&self) -> &Lot {
        &self.state.lots[&lot("1")]
    }

    pub fn stage(&self) -> Stage {
        self.lot1().stage
    }

    pub fn party(&self, number: usize, id: &str) -> Option<Party> {
        let organisation = bidder(number).author.organisation;
        self.book.handle(&lot(id), &organisation)
    }

    pub fn live(&self, number: usize, id: &str) -> Option<Digest> {
        let party = self.party(number, id)?;
        self.state.lots[&lot(id)].parties[&party].live
    }

    pub fn finding(&self, number: usize) -> Option<(Finding, Rule)> {
        let party = self.party(number, "1").unwrap();
        let finding = self.lot1().parties[&party].finding.as_ref()?;
        Some((finding.finding, finding.rule))
    }

    pub fn kinds(&self) -> Vec<String> {
        let kinds = self.stream.iter().map(|event| event.facts.what.kind());
        kinds.collect()
    }

    pub fn last_kind(&self) -> String {
        self.kinds().pop().unwrap_or_default()
    }

    pub fn last_seq(&self) -> Seq {
        self.state.events
    }
}

/// An act as the service hands it over: signed where it must be.
pub fn performed(actor: &Actor, act: Act, checked: Checked) -> Command {
    let body = String::from_utf8(canonical::to_bytes(&act)).unwrap();
    let signature = act.must_be_signed().then(|| Signature {
        algorithm: "ed25519".into(),
        value: "c2lnbmF0dXJl".into(),
        chain: Vec::new(),
    });
    Command::Act(Box::new(Performed {
        actor: actor.clone(),
        act,
        signed: Signed { body, signature },
        checked,
    }))
}
