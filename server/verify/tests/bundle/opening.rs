//! An opening as the platform carries it out, with real bids, keys and signatures.

use std::collections::BTreeMap;
use std::io::Cursor;

use kaibiao_core::act::*;
use kaibiao_core::anchored::{ProvedEvent, StatementProof};
use kaibiao_core::book::{Book, note};
use kaibiao_core::command::*;
use kaibiao_core::details::{Consent, OpenedSheet};
use kaibiao_core::due::next_due;
use kaibiao_core::event::*;
use kaibiao_core::ids::*;
use kaibiao_core::record::{Head, record};
use kaibiao_core::register::Register;
use kaibiao_core::schema::*;
use kaibiao_core::state::State;
use kaibiao_core::terms::*;
use kaibiao_core::{compose, decide, evolve};
use kaibiao_crypto::act::{Place, Signed, SignedAct};
use kaibiao_crypto::anchor::{Anchor, AnchorSalt, Anchored, NoticeEntry, TermsEntry};
use kaibiao_crypto::bid::{
    Document, Header, Kbid, SealRequest, SealingTerms as SealUnder, open_manifest, open_sheet, seal,
};
use kaibiao_crypto::certificate::{Grounds, Use};
use kaibiao_crypto::encoding::{Base64, to_base64};
use kaibiao_crypto::merkle::Tree;
use kaibiao_crypto::platform_key::PlatformKey;
use kaibiao_crypto::shell::{Shell, details_digest, facts_digest};
use kaibiao_crypto::signer::Signer as _;
use kaibiao_crypto::statement::*;
use kaibiao_crypto::wrap::{PublicKey, Role};
use kaibiao_crypto::{Digest, Suite, canonical};
use serde_json::{Map, Value, json};

use crate::cast::{Cast, Member, Seeded, platform_key};
use crate::log::{Log, ORIGIN, anchor, key_of};

/// Some day of February 2025, which is over wherever this runs.
pub const T0: Millis = 1_740_000_000_000;
const HOUR: Millis = 3_600_000;

/// What is written down of an event.
#[derive(Clone)]
pub struct Kept {
    pub shell: String,
    pub facts: String,
    pub facts_salt: AnchorSalt,
    pub details: String,
    pub details_salt: AnchorSalt,
}

/// A sealed bid.
pub struct Sealed {
    pub header: Header,
    pub file: Vec<u8>,
    bidder: usize,
}

pub struct Opening {
    pub cast: Cast,
    pub log: Log,
    pub statement_key: PlatformKey,
    pub receipt_key: PlatformKey,
    pub masked: bool,
    /// The terms know of no log.
    pub without_log: bool,
    /// How many custodians certify their keys themselves; the last one's agent does it
    /// otherwise.
    pub certified: usize,
    pub now: Millis,
    count: u64,
    /// Standing authorisations of agents.
    pub agents: BTreeMap<Digest, kaibiao_core::agents::Authorisation>,
    pub state: State,
    pub book: Book,
    pub stream: Vec<Recorded>,
    pub kept: Vec<Kept>,
    tree: Tree,
    /// With their places in the log.
    pub anchors: Vec<(Anchor, u64)>,
    /// All terms that there ever were.
    pub terms: BTreeMap<Digest, FixedTerms>,
    /// The places of the terms' entries.
    pub logged: BTreeMap<Digest, (LotId, u64)>,
    /// The last notice is entered at the end, and not at once.
    pub late_notice: bool,
    /// Lines of `notices.jsonl` without their paths.
    pub notices: Vec<Value>,
    pub receipts: Vec<SignedStatement>,
    pub bids: BTreeMap<Digest, Sealed>,
    pub closing: Option<(SignedStatement, StatementProof)>,
    pub accepted: Option<(SignedStatement, StatementProof)>,
    pub records: BTreeMap<Digest, Vec<u8>>,
    pub sheets: BTreeMap<Digest, OpenedSheet>,
    /// The detached signature over the record's bytes that its acts carry.
    pub cms: fn(&Cast, &[u8]) -> Option<Base64>,
}

pub fn project() -> ProjectId {
    "0192f0a1-7b3c-7def-8123-456789abcdef".parse().unwrap()
}

pub fn lot(id: &str) -> LotId {
    id.parse().unwrap()
}

pub fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

impl Opening {
    pub fn new() -> Self {
        Self {
            cast: Cast::new(),
            log: Log::new(),
            statement_key: platform_key("statements"),
            receipt_key: platform_key("receipts"),
            masked: false,
            without_log: false,
            certified: 3,
            now: T0 - 24 * HOUR,
            count: 0,
            agents: BTreeMap::new(),
            state: State::default(),
            book: Book::default(),
            stream: Vec::new(),
            kept: Vec::new(),
            tree: Tree::default(),
            anchors: Vec::new(),
            terms: BTreeMap::new(),
            logged: BTreeMap::new(),
            notices: Vec::new(),
            late_notice: false,
            receipts: Vec::new(),
            bids: BTreeMap::new(),
            closing: None,
            accepted: None,
            records: BTreeMap::new(),
            sheets: BTreeMap::new(),
            cms: |_, _| None,
        }
    }

    /// From the draft to the closed lot.
    pub fn run(mut self) -> Self {
        self.prepare();
        self.bid();
        self.close();
        self.unlock();
        self.open();
        self.talk();
        self.finish();
        self
    }

    /// The host gives it up before T0.
    pub fn cancelled(mut self) -> Self {
        self.prepare();
        self.bid();
        self.act(
            |cast| &cast.agency,
            Checked::Nothing,
            |nonce| Cancel {
                nonce,
                lot: None,
                reason: "项目取消".into(),
            },
        );
        self.anchor();
        self
    }

    pub fn prepare(&mut self) {
        let draft = self.draft();
        self.act(
            |cast| &cast.agency,
            Checked::Nothing,
            |nonce| DraftProject { nonce, draft },
        );
        for at in 0..self.certified {
            let key = self.cast.custodians()[at].point();
            self.act(
                |cast| cast.custodians()[at],
                Checked::Certified,
                |nonce| CertifyKey {
                    nonce,
                    key,
                    agent: None,
                    authorisation: None,
                    suite: Suite::Intl,
                },
            );
        }
        if self.certified < 3 {
            self.certify_by_agent();
        }
        let draft = self.book.draft.clone().unwrap();
        let composed = compose::compose(project(), &draft, &self.book.keys, &self.trust()).unwrap();
        let terms = composed.iter().map(|(id, it)| (id.clone(), it.digest()));
        let terms: BTreeMap<_, _> = terms.collect();
        let (t0, signed) = (draft.t0, terms.clone());
        self.act(
            |cast| &cast.agency,
            Checked::Certified,
            |nonce| Publish {
                nonce,
                terms: signed,
                t0,
            },
        );
        for id in terms.into_keys() {
            self.log_terms(&id);
        }
        self.anchor();
    }

    fn bid(&mut self) {
        self.now = T0 - 3 * HOUR;
        for number in 1..=5 {
            self.submit(number);
        }
        self.withdraw(4);
        self.submit(5);
        self.act(
            |cast| &cast.agency,
            Checked::Nothing,
            |nonce| Clarify {
                nonce,
                title: "澄清一".into(),
                text: "工期以招标文件为准。".into(),
                attachments: vec![],
            },
        );
        self.now = T0 - HOUR;
        self.anchor();
        self.act(
            |cast| &cast.bidders[0],
            Checked::Nothing,
            |nonce| SignIn {
                nonce,
                lot: lot("1"),
                representative: Representative {
                    name: "张三".into(),
                    phone: "13800000000".into(),
                    identity: "居民身份证".into(),
                    identity_number: "350100199001010011".into(),
                    authorisation: None,
                },
            },
        );
    }

    pub fn close(&mut self) {
        self.now = T0 + 40;
        self.system(System::Tick);
        let at = self.state.deadline_at;
        let seq = self.state.deadline.unwrap();
        let lots = ["1", "2"].map(|id| LotBids {
            lot: id.into(),
            bids: self.state.lots[&lot(id)].closing.iter().copied().collect(),
        });
        let statement = ClosingStatement {
            at,
            lots: lots.into(),
            project: project().to_string(),
            root: self.root(seq),
            shell_seq: seq,
            size: seq,
        };
        self.closing = Some(self.state_that(&statement, None, seq, at));
        self.record("2");
    }

    fn unlock(&mut self) {
        let one = || lot("1");
        self.act(
            |cast| &cast.agency,
            Checked::Nothing,
            |nonce| PublishList { nonce, lot: one() },
        );
        self.act(
            |cast| &cast.agency,
            Checked::Nothing,
            |nonce| StartWindow {
                nonce,
                lots: vec![one()],
                seconds: None,
            },
        );
        self.attempt(3, Some(Check::KeyMismatch));
        for number in [1, 2, 5] {
            self.attempt(number, None);
        }
        self.act(
            |cast| &cast.bidders[0],
            Checked::Nothing,
            |nonce| Complain {
                nonce,
                lot: one(),
                matter: Matter::Conduct,
                request: "请求查处".into(),
                text: "代理机构拒绝答复".into(),
                cites: vec![],
                attachments: vec![],
            },
        );
        self.fix();
    }

    /// Lets time fix the accepted set, and states it.
    pub fn fix(&mut self) {
        let one = || lot("1");
        while self.state.lots[&one()].accepted_at.is_none() {
            self.now = next_due(&self.state).unwrap();
            self.system(System::Tick);
        }
        let lot1 = &self.state.lots[&one()];
        let (seq, bids) = (lot1.accepted_at.unwrap(), lot1.accepted.iter().copied());
        let at = self.now;
        let statement = AcceptedStatement {
            at,
            bids: bids.collect(),
            closing: self.closing.as_ref().unwrap().0.digest(),
            lot: "1".into(),
            project: project().to_string(),
            root: self.root(seq),
            size: seq,
        };
        self.accepted = Some(self.state_that(&statement, Some(one()), seq, at));
    }

    fn open(&mut self) {
        self.now += 1000;
        self.release(0);
        self.release(1);
        self.open_sheets();
        self.act(
            |cast| &cast.agency,
            Checked::Nothing,
            |nonce| Announce {
                nonce,
                lots: vec![lot("1")],
            },
        );
    }

    /// The platform opens what was released.
    pub fn open_sheets(&mut self) {
        let lot1 = &self.state.lots[&lot("1")];
        let accepted: Vec<Digest> = lot1.accepted.iter().copied().collect();
        let results = accepted.iter().map(|bid| kaibiao_core::event::Opening {
            party: lot1.party_of(bid).unwrap(),
            bid: *bid,
            outcome: Outcome::Opened,
        });
        let results = results.collect();
        let sheets: Vec<_> = accepted.iter().map(|bid| self.opened(bid)).collect();
        for sheet in &sheets {
            self.sheets.insert(sheet.bid, sheet.clone());
        }
        self.system(System::Opened {
            lot: lot("1"),
            results,
            sheets,
        });
    }

    fn talk(&mut self) {
        self.now += 60_000;
        let bid = self.live(1);
        let one = || lot("1");
        self.act(
            |cast| &cast.bidders[0],
            Checked::Nothing,
            |nonce| Confirm {
                nonce,
                lot: one(),
                bid,
            },
        );
        self.act(
            |cast| &cast.bidders[1],
            Checked::Nothing,
            |nonce| Object {
                nonce,
                lot: one(),
                text: "唱标顺序有误？".into(),
                attachments: vec![],
            },
        );
        let objection = self.state.events;
        self.act(
            |cast| &cast.agency,
            Checked::Nothing,
            |nonce| Reply {
                nonce,
                lot: one(),
                objection,
                text: "顺序以条款为准。".into(),
                attachments: vec![],
            },
        );
        self.act(
            |cast| &cast.agency,
            Checked::Nothing,
            |nonce| OpenObjections {
                nonce,
                lots: vec![one()],
                seconds: None,
            },
        );
        self.act(
            |cast| &cast.agency,
            Checked::Nothing,
            |nonce| CloseObjections {
                nonce,
                lots: vec![one()],
            },
        );
    }

    pub fn finish(&mut self) {
        if std::mem::take(&mut self.late_notice) {
            let mut notices = self.stream.iter().map(|event| event.facts.clone());
            let late = notices.find(|facts| facts.what.kind() == "clarified");
            self.log_notice(&late.unwrap());
        }
        let record = self.record("1");
        let one = || lot("1");
        let cms = (self.cms)(&self.cast, &self.records[&record]);
        self.act(
            |cast| &cast.agency,
            Checked::Nothing,
            |nonce| SignRecord {
                nonce,
                lot: one(),
                record,
                cms,
            },
        );
        self.act(
            |cast| &cast.bidders[0],
            Checked::Nothing,
            |nonce| Countersign {
                nonce,
                lot: one(),
                record,
                remark: String::new(),
                cms: None,
            },
        );
        self.act(
            |cast| &cast.agency,
            Checked::Nothing,
            |nonce| Close {
                nonce,
                lots: vec![one()],
            },
        );
        assert_eq!(self.state.evidence.as_ref().unwrap().end, self.state.events);
        self.anchor();
    }

    // Commands.

    pub fn run_command(&mut self, command: &Command) {
        self.count += 1;
        self.now += 10;
        let fresh = digest(&format!("handle {}", self.count)).into_bytes();
        let context = Context {
            project: project(),
            now: self.now,
            clock: Clock::Steady,
            away: None,
            unserved: None,
            fresh: Party(fresh[..16].try_into().unwrap()),
            legal: Legal {
                notice: 3600,
                amendment: 3600,
                window: 60,
            },
            trust: self.trust(),
            register: Register {
                agents: self.agents.clone(),
                ..self.cast.register()
            },
        };
        let decided = decide(&self.state, &self.book, command, &context);
        let events = decided.unwrap_or_else(|refused| {
            assert!(!refused.evidence.is_empty(), "{refused}");
            refused.evidence
        });
        for event in events {
            self.append(event);
        }
    }

    /// Enters a notice into the log.
    fn log_notice(&mut self, facts: &Facts) {
        let what = &facts.what;
        if self.late_notice && what.kind() == "clarified" {
            return;
        }
        let draft = self.book.draft.as_deref().map(canonical::to_bytes);
        let draft = draft.filter(|_| what.kind() == "published");
        let entry = NoticeEntry {
            act: facts.act.unwrap(),
            draft: draft.as_deref().map(Digest::of),
            project: &project().to_string(),
            what: what.kind(),
        };
        let index = self.log.put(&entry.entry());
        let mut line = json!({"act": entry.act, "index": index});
        if let Some(draft) = draft {
            line["draft"] = json!(String::from_utf8(draft).unwrap());
        }
        self.notices.push(line);
    }

    fn append(&mut self, event: Event) {
        if event.facts.what.is_notice() {
            self.log_notice(&event.facts);
        }
        let seq = self.state.events + 1;
        let salt = |what: &str| AnchorSalt(digest(&format!("{what} salt {seq}")).into_bytes());
        let (facts_salt, details_salt) = (salt("facts"), salt("details"));
        let facts = canonical::to_bytes(&event.facts);
        let details = canonical::to_bytes(&event.details);
        let shell = Shell {
            seq,
            time: self.now,
            facts: facts_digest(&facts_salt.0, &facts),
            details: details_digest(&details_salt.0, &details),
        };
        let text = |bytes| String::from_utf8(bytes).unwrap();
        self.kept.push(Kept {
            shell: text(shell.to_bytes()),
            facts: text(facts),
            facts_salt,
            details: text(details),
            details_salt,
        });
        self.tree.append(shell.leaf());
        let recorded = Recorded {
            seq,
            time: self.now,
            facts: event.facts,
            details: Some(event.details),
        };
        self.state = evolve(std::mem::take(&mut self.state), &recorded).unwrap();
        self.book = note(std::mem::take(&mut self.book), &recorded);
        self.stream.push(recorded);
    }

    pub fn act<A: Into<Act>>(
        &mut self,
        who: impl Fn(&Cast) -> &Member,
        checked: Checked,
        act: impl FnOnce(Nonce) -> A,
    ) {
        let act = act(self.nonce()).into();
        let member = who(&self.cast);
        let (signed, grounds) = self.signed(member, &act);
        let command = Command::Act(Box::new(Performed {
            actor: member.actor.clone(),
            act,
            signed: Signed::on(&signed, Some(grounds)),
            checked,
        }));
        self.run_command(&command);
    }

    pub fn nonce(&self) -> Nonce {
        let nonce = digest(&format!("nonce {}", self.count)).into_bytes();
        Nonce(nonce[..16].try_into().unwrap())
    }

    /// A member's signature over its lead's submission.
    fn consent(&self, number: usize, submit: Submit) -> Consent {
        let member = &self.cast.bidders[number - 1];
        let (signed, grounds) = self.signed(member, &submit.into());
        Consent {
            author: member.actor.author.clone(),
            signature: signed.signature.unwrap(),
            grounds: Some(grounds),
        }
    }

    /// An act as its actor signs it, and on what its certificate is believed.
    fn signed(&self, member: &Member, act: &Act) -> (SignedAct, Grounds) {
        let id = project().to_string();
        let place = Place {
            origin: ORIGIN,
            project: &id,
        };
        let signed = SignedAct::sign(&member.signer, place, act).unwrap();
        let chain: Vec<&[u8]> = member.signer.chain().iter().map(Vec::as_slice).collect();
        let judged = self.cast.trust().judge(&chain, self.now, Use::Sign);
        (signed, judged.unwrap().into_inner().grounds)
    }

    pub fn system(&mut self, system: System) {
        self.run_command(&Command::System(system));
    }

    // The log.

    /// Enters a lot's terms of now into the log.
    pub fn log_terms(&mut self, id: &LotId) {
        let fixed = FixedTerms::clone(&self.book.terms[id]);
        let (project, terms) = (project().to_string(), fixed.terms.digest());
        let entry = TermsEntry {
            lot: id.as_str(),
            project: &project,
            terms,
        };
        let index = self.log.put(&entry.entry());
        self.logged.insert(terms, (id.clone(), index));
        self.terms.insert(terms, fixed);
    }

    pub fn anchor(&mut self) {
        let size = self.state.events;
        self.anchor_at(size);
    }

    fn anchor_at(&mut self, size: u64) -> (Anchor, u64) {
        let tick = u64::try_from(self.anchors.len()).unwrap() + 1;
        let anchor = anchor(&project().to_string(), tick, size, self.root(size));
        let index = self.log.put(&anchor.entry());
        self.log.put(b"{\"kind\":\"of somebody else\"}");
        self.anchors.push((anchor.clone(), index));
        (anchor, index)
    }

    pub fn root(&self, size: u64) -> Digest {
        kaibiao_crypto::merkle::cut::root(&self.tree, size).unwrap()
    }

    /// Signs a statement over the tree that ends with an event, and has it cosigned.
    pub fn state_that<T: Statement>(
        &mut self,
        statement: &T,
        of: Option<LotId>,
        seq: Seq,
        at: Millis,
    ) -> (SignedStatement, StatementProof) {
        let mut rng = Seeded::new(T::PURPOSE);
        let signed =
            SignedStatement::issue(statement, ORIGIN, &self.statement_key, &mut rng).unwrap();
        let (anchor, index) = self.anchor_at(seq);
        let second = u64::try_from(at / 1000).unwrap() + 1;
        let kept = &self.kept[usize::try_from(seq).unwrap() - 1];
        let proof = StatementProof {
            anchored: Anchored {
                anchor,
                proof: self.log.proof(index, second),
            },
            event: ProvedEvent {
                facts: kept.facts.clone(),
                path: self.tree.inclusion(seq - 1, seq).unwrap().path,
                salt: kept.facts_salt,
                shell: kept.shell.clone(),
            },
        };
        let statement = signed.digest();
        self.system(System::StatementSigned {
            lot: of.clone(),
            statement,
        });
        if !self.without_log {
            self.system(System::QuorumReached {
                lot: of,
                statement,
                witnesses: 2,
            });
        }
        (signed, proof)
    }

    // Bids.

    pub fn submit(&mut self, number: usize) {
        self.submit_with(number, None);
    }

    /// The same with a member of a consortium, who signs too.
    pub fn submit_with(&mut self, number: usize, with: Option<usize>) {
        let terms = self.book.terms[&lot("1")].terms.clone();
        let member = &self.cast.bidders[number - 1];
        let keys = self.cast.custodians().map(|it| it.wrap.public());
        let price = 900_000_000 + number;
        let request = SealRequest {
            terms: SealUnder {
                suite: Suite::Intl,
                project: project().to_string(),
                lot: "1".into(),
                digest: terms.digest(),
                custodians: keys.into(),
                release: terms.release,
                rescue: terms.rescue,
            },
            bidder: member.organisation().clone(),
            chain: vec![member.certificate.clone()],
            recipients: vec![member.wrap.public()],
            sheet: object(json!({"price": price.to_string()})),
            private_sheet: object(json!({"manager": "李四"})),
            documents: Vec::<Document<'_>>::new(),
            time: u64::try_from(self.now).unwrap(),
        };
        let mut file = Cursor::new(Vec::new());
        let mut rng = Seeded::new(&format!("bid {}", self.count));
        let header = seal(request, &mut file, &mut rng).unwrap();
        let bid = header.digest();
        let chain = self
            .party(number)
            .map(|it| &self.state.lots[&lot("1")].parties[&it]);
        let sequence = chain.map_or(1, |bidder| bidder.next_sequence());
        let previous = chain.and_then(|bidder| bidder.last());
        let nonce = self.nonce();
        let submit = Submit {
            nonce,
            lot: lot("1"),
            bid,
            sequence,
            previous,
            members: with
                .iter()
                .map(|it| self.cast.bidders[it - 1].named())
                .collect(),
            paper_agreement: false,
        };
        let consents = with.iter().map(|it| self.consent(*it, submit.clone()));
        let checked = CheckedBid {
            bid,
            project: project(),
            terms: terms.digest(),
            lot: lot("1"),
            organisation: member.organisation().clone(),
            certificate: member.actor.author.certificate,
            segments: 2,
            size: 8224,
            rescue: header.context().rescue.is_some(),
            consents: consents.collect(),
        };
        self.bids.insert(
            bid,
            Sealed {
                header,
                file: file.into_inner(),
                bidder: number,
            },
        );
        self.act(
            |cast| &cast.bidders[number - 1],
            Checked::Bid(checked),
            |_| submit,
        );
        let receipt = Receipt {
            bid,
            leaf: self.tree.leaf(self.state.events - 1).unwrap(),
            lot: "1".into(),
            project: project().to_string(),
            received: self.now,
            tick: if self.without_log {
                0
            } else {
                u64::try_from(self.anchors.len()).unwrap() + 1
            },
        };
        let mut rng = Seeded::new(&format!("receipt {}", self.count));
        let receipt =
            SignedStatement::issue(&receipt, ORIGIN, &self.receipt_key, &mut rng).unwrap();
        self.receipts.push(receipt);
    }

    pub fn withdraw(&mut self, number: usize) {
        let party = self.party(number).unwrap();
        let bidder = &self.state.lots[&lot("1")].parties[&party];
        let (sequence, previous) = (bidder.next_sequence(), bidder.last().unwrap());
        self.act(
            |cast| &cast.bidders[number - 1],
            Checked::Nothing,
            |nonce| Withdraw {
                nonce,
                lot: lot("1"),
                sequence,
                previous,
            },
        );
    }

    pub fn party(&self, number: usize) -> Option<Party> {
        self.book
            .handle(&lot("1"), self.cast.bidders[number - 1].organisation())
    }

    pub fn live(&self, number: usize) -> Digest {
        let party = self.party(number).unwrap();
        self.state.lots[&lot("1")].parties[&party].live.unwrap()
    }

    pub fn attempt(&mut self, number: usize, failed: Option<Check>) {
        let bid = self.live(number);
        let key = Digest::of(self.b(&bid).secret().as_bytes());
        let checked = Checked::Key {
            failed,
            milliseconds: 12,
        };
        self.act(
            |cast| &cast.bidders[number - 1],
            checked,
            |nonce| Unlock {
                nonce,
                lot: lot("1"),
                bid,
                key,
            },
        );
    }

    pub fn b(&self, bid: &Digest) -> kaibiao_crypto::bid::BidderSecret {
        let sealed = &self.bids[bid];
        let key = &self.cast.bidders[sealed.bidder - 1].wrap;
        sealed
            .header
            .unwrap_b(0, key, &mut Seeded::new("b"))
            .unwrap()
    }

    pub fn share(&self, bid: &Digest, at: usize, role: Role) -> kaibiao_crypto::bid::Share {
        let key = &self.cast.custodians()[at].wrap;
        let header = &self.bids[bid].header;
        header
            .unwrap_share(0, role, key, &mut Seeded::new("share"))
            .unwrap()
    }

    pub fn release(&mut self, at: usize) {
        let accepted: Vec<Digest> = self.state.lots[&lot("1")]
            .accepted
            .iter()
            .copied()
            .collect();
        let x = u8::try_from(at).unwrap() + 1;
        let shares = accepted.iter().map(|bid| Share {
            bid: *bid,
            envelope: 0,
            x,
            share: Digest::of(self.share(bid, at, Role::Release).secret().as_bytes()),
        });
        let shares = shares.collect();
        let statement = self.accepted.as_ref().unwrap().0.digest();
        let checked = Checked::Shares {
            good: vec![true; accepted.len()],
            wraps: vec![],
        };
        self.act(
            |cast| cast.custodians()[at],
            checked,
            |nonce| Release {
                nonce,
                lot: lot("1"),
                accepted: statement,
                shares,
                withheld: vec![],
            },
        );
    }

    /// Opens a bid with what its bidder and two custodians have given.
    pub fn opened(&self, bid: &Digest) -> OpenedSheet {
        let sealed = &self.bids[bid];
        let header = &sealed.header;
        let shares = [0, 1].map(|at| self.share(bid, at, Role::Release));
        let keys: Vec<PublicKey> = self.cast.custodians().map(|it| it.wrap.public()).into();
        let r = header.recover_release(0, &shares).unwrap();
        let r = header.audit_release(r, &keys).unwrap();
        let key = header.unlock(&self.b(bid), &r).unwrap();
        let mut file = Kbid::open(Cursor::new(&sealed.file)).unwrap();
        let promise = header.promise();
        let first = promise.segment_key(&key, 0).unwrap();
        let sheet = open_sheet(promise, &first, &mut file.segment(0, 0).unwrap().unwrap()).unwrap();
        let second = promise.segment_key(&key, 1).unwrap();
        let manifest =
            open_manifest(promise, &second, &mut file.segment(0, 1).unwrap().unwrap()).unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        OpenedSheet {
            bid: *bid,
            sheet: Some(text(canonical::to_bytes(&sheet))),
            segment_key: Some(to_base64(first.secret().as_bytes())),
            salt: None,
            manifest: Some(text(canonical::to_bytes(&manifest))),
            note: String::new(),
        }
    }

    /// The ciphertext of a bid's sheet.
    pub fn ciphertext(&self, bid: &Digest) -> Vec<u8> {
        let mut file = Kbid::open(Cursor::new(&self.bids[bid].file)).unwrap();
        let mut segment = file.segment(0, 0).unwrap().unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut segment, &mut bytes).unwrap();
        bytes
    }

    pub fn record(&mut self, id: &str) -> Digest {
        let size = self.state.events;
        let head = Head {
            size,
            root: self.root(size),
        };
        let made = record(project(), &lot(id), &self.state, &self.book, head).unwrap();
        let bytes = canonical::to_bytes(&made);
        let digest = Digest::of(&bytes);
        self.records.insert(digest, bytes);
        self.system(System::RecordMade {
            lot: lot(id),
            size,
            record: digest,
            pdf: None,
        });
        digest
    }

    // What it is about.

    pub fn trust(&self) -> Trust {
        Trust {
            origin: ORIGIN.into(),
            statement_key: key_of(&self.statement_key),
            receipt_key: key_of(&self.receipt_key),
            log_key: (!self.without_log).then(|| self.log.vkey()),
            witnesses: if self.without_log {
                vec![]
            } else {
                self.log.vkeys()
            },
            quorum: if self.without_log { 0 } else { 2 },
            tsas: vec![],
            sm2_chain: vec![],
        }
    }

    pub fn draft(&self) -> Draft {
        let cast = &self.cast;
        let one = LotDraft {
            title: "一标段".into(),
            external_id: None,
            control_price: Some("1000000000".into()),
            reference: None,
            schema: Schema {
                fields: vec![
                    field("price", FieldType::Money, true),
                    field("manager", FieldType::Text { max: 40 }, false),
                ],
                price: Some("price".into()),
                better: Better::Low,
            },
            custodians: cast.custodians().map(Member::named).into(),
            release: 2,
            rescue: Some(3),
            policy: Policy {
                minimum: 3,
                fails_after_unlock: false,
                masked: self.masked,
                reading: ReadingOrder::Digest,
                stays: Stays {
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
                    returning: 120,
                },
            },
        };
        Draft {
            number: "FJ-2026-001".into(),
            title: "供水管网改造".into(),
            notice: "招标公告".into(),
            attachments: vec![],
            external_id: None,
            predecessor: None,
            officials: Officials {
                tenderer: cast.tenderer.named(),
                agency: Some(cast.agency.named()),
                centre: cast.centre.named(),
                supervisor: cast.supervisor.named(),
            },
            t0: T0,
            lots: [(lot("1"), one.clone()), (lot("2"), one)].into(),
            outage_moves_t0: true,
            sign_in: None,
            suite: Suite::Intl,
        }
    }
}

fn field(id: &str, kind: FieldType, public: bool) -> Field {
    Field {
        id: id.into(),
        label: id.into(),
        label_en: None,
        kind,
        required: true,
        public,
    }
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}
