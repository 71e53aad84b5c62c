//! An opening in which nearly everything happens that may: each act of it is decided
//! again by the verifier, and none may be taken for a wrong one.

use kaibiao_core::act::*;
use kaibiao_core::agents::Authorisation;
use kaibiao_core::command::*;
use kaibiao_core::event::Check as Failed;
use kaibiao_core::permissions::agent_digest;
use kaibiao_crypto::act::{Place, Signed, SignedAct};
use kaibiao_crypto::certificate::Use;
use kaibiao_crypto::encoding::to_base64;
use kaibiao_crypto::signer::{FileKey, Signer as _};
use kaibiao_crypto::wrap::Role as Wrapped;
use kaibiao_crypto::{Digest, canonical};
use kaibiao_verify::{Check, Edition, Outcome, Verdict};

use crate::cast::{Cast, Member, Seeded};
use crate::log::ORIGIN;
use crate::opening::{Opening, T0, digest, lot, project};
use crate::{checked, outcome};

fn one() -> kaibiao_core::ids::LotId {
    lot("1")
}

fn agent() -> FileKey {
    let (_, pkcs8) = kaibiao_crypto::platform_key::PlatformKey::generate(&mut Seeded::new("agent"));
    FileKey::bare(&pkcs8).unwrap()
}

/// The agent's key as terms spell it.
fn agents_key() -> String {
    let kaibiao_crypto::signature::PublicKey::Ed25519(key) = agent().public_key() else {
        panic!("an agent's key is Ed25519");
    };
    to_base64(&key)
}

impl Opening {
    fn by<A: Into<Act>>(
        &mut self,
        who: impl Fn(&Cast) -> &Member,
        act: impl FnOnce(kaibiao_core::ids::Nonce) -> A,
    ) {
        self.act(who, Checked::Nothing, act);
    }

    /// The supervisor's agent acts by its own key.
    fn by_agent(&mut self, act: Act, checked: Checked) {
        let id = project().to_string();
        let place = Place {
            origin: ORIGIN,
            project: &id,
        };
        let signed = SignedAct::sign(&agent(), place, &act).unwrap();
        let actor = Actor {
            agent: agent_digest(Some(&agents_key())),
            ..self.cast.supervisor.actor.clone()
        };
        let command = Command::Act(Box::new(Performed {
            actor,
            act,
            signed: Signed::on(&signed, None),
            checked,
        }));
        self.run_command(&command);
    }

    /// The supervisor authorises its agent, which certifies its key.
    pub fn certify_by_agent(&mut self) {
        let body = AuthoriseAgent {
            nonce: self.nonce(),
            agent: agents_key(),
            from: self.now - 1000,
            until: self.now + 1_000_000_000,
            hosts: vec![],
        };
        let member = &self.cast.supervisor;
        let place = Place {
            origin: ORIGIN,
            project: "",
        };
        let signed = SignedAct::sign(&member.signer, place, &Act::from(body.clone())).unwrap();
        let chain: Vec<&[u8]> = member.signer.chain().iter().map(Vec::as_slice).collect();
        let judged = self
            .cast
            .trust()
            .judge(&chain, self.now, Use::Sign)
            .unwrap();
        let signed = Signed::on(&signed, Some(judged.into_inner().grounds));
        let authorisation = Authorisation {
            author: member.actor.author.clone(),
            body,
            signed: signed.clone(),
            revoked: None,
        };
        let key = member.point();
        self.agents.insert(signed.digest(), authorisation);
        let act = CertifyKey {
            nonce: self.nonce(),
            key,
            agent: Some(agents_key()),
            authorisation: Some(signed.digest()),
            suite: kaibiao_crypto::Suite::Intl,
        };
        self.by_agent(act.into(), Checked::Certified);
    }

    pub fn rich(mut self) -> Self {
        self.certified = 2;
        self.prepare();
        self.before_t0();
        self.close();
        self.checking();
        self.unlocking();
        self.releasing();
        self.announced();
        self.signing();
        self
    }

    fn before_t0(&mut self) {
        self.now = T0 - 20 * 3_600_000;
        let reason = || "招标文件有误".to_owned();
        let custodian = self.cast.bidders[4].named();
        self.by(
            |cast| &cast.agency,
            |nonce| InviteCustodian {
                nonce,
                custodian,
                reason: reason(),
            },
        );
        self.submit(1);
        let mut draft = self.book.draft.as_ref().unwrap().lots[&one()].clone();
        draft.title = "一标段（修改）".into();
        draft.policy.stays.signing += 60;
        let terms = kaibiao_core::compose::compose_lot(
            project(),
            &one(),
            2,
            &draft,
            self.book.draft.as_ref().unwrap(),
            &self.book.keys,
            &self.book.terms[&one()].terms.trust,
        );
        let terms = terms.unwrap().digest();
        self.act(
            |cast| &cast.agency,
            Checked::Certified,
            |nonce| AmendTerms {
                nonce,
                lot: one(),
                draft,
                terms,
                t0: None,
                reason: reason(),
            },
        );
        self.log_terms(&one());
        self.by(
            |cast| &cast.agency,
            |nonce| Postpone {
                nonce,
                t0: T0 + 20,
                reason: reason(),
            },
        );
        self.anchor();
        self.now = T0 - 3 * 3_600_000;
        self.submit(1);
        self.submit_with(2, Some(5));
        self.submit(3);
        self.submit(4);
        self.withdraw(4);
        self.submit(4);
    }

    fn checking(&mut self) {
        let reason = || "另有原因".to_owned();
        let parties: Vec<_> = (1..=4).map(|number| self.party(number).unwrap()).collect();
        let party = |number: usize| parties[number - 1];
        // Late, and on record.
        let bid = digest("a late bid");
        let checked = CheckedBid {
            bid,
            project: project(),
            lot: one(),
            terms: self.book.terms[&one()].terms.digest(),
            organisation: self.cast.bidders[0].organisation().clone(),
            certificate: self.cast.bidders[0].actor.author.certificate,
            segments: 2,
            size: 1,
            rescue: true,
            consents: vec![],
        };
        self.act(
            |cast| &cast.bidders[0],
            Checked::Bid(checked),
            |nonce| Submit {
                nonce,
                lot: one(),
                bid,
                sequence: 3,
                previous: None,
                members: vec![],
                paper_agreement: false,
            },
        );
        self.by(
            |cast| &cast.centre,
            |nonce| TakeOver {
                nonce,
                reason: reason(),
            },
        );
        self.by(
            |cast| &cast.centre,
            |nonce| AllowSignIn {
                nonce,
                lot: one(),
                party: party(1),
                reason: reason(),
                others: vec![LeaveFor {
                    party: party(2),
                    reason: reason(),
                }],
            },
        );
        self.by(
            |cast| &cast.centre,
            |nonce| MarkDeposit {
                nonce,
                lot: one(),
                party: party(1),
                deposit: Deposit::Paid,
                note: String::new(),
                others: [2, 3, 4]
                    .map(|number| DepositFor {
                        party: party(number),
                        deposit: Deposit::Guarantee,
                        note: "保函".into(),
                    })
                    .into(),
            },
        );
        self.by(
            |cast| &cast.centre,
            |nonce| MarkAbsence {
                nonce,
                lot: one(),
                party: party(3),
                absence: Absence::Late,
                note: String::new(),
                others: vec![],
            },
        );
        let bid = self.live(4);
        self.by(
            |cast| &cast.centre,
            |nonce| RefuseBid {
                nonce,
                lot: one(),
                party: party(4),
                bid,
                reason: reason(),
                others: vec![],
            },
        );
        self.by(
            |cast| &cast.agency,
            |nonce| Message {
                nonce,
                text: "请各投标人留意。".into(),
                lot: Some(one()),
            },
        );
        self.by(
            |cast| &cast.bidders[1],
            |nonce| Question {
                nonce,
                lot: one(),
                text: "何时开始？".into(),
            },
        );
        let question = self.state.events;
        self.by(
            |cast| &cast.centre,
            |nonce| Answer {
                nonce,
                lot: one(),
                question,
                text: "马上。".into(),
            },
        );
        self.by(
            |cast| &cast.bidders[1],
            |nonce| Help {
                nonce,
                lot: one(),
                text: "打不开".into(),
                diagnosis: "{}".into(),
            },
        );
        let help = self.state.events;
        self.by(
            |cast| &cast.centre,
            |nonce| AnswerHelp {
                nonce,
                lot: one(),
                help,
                text: "请重试。".into(),
            },
        );
        self.by(
            |cast| &cast.centre,
            |nonce| PrivateMessage {
                nonce,
                lot: one(),
                party: Some(party(1)),
                text: "请来电。".into(),
            },
        );
        self.by(
            |cast| &cast.bidders[0],
            |nonce| PrivateMessage {
                nonce,
                lot: one(),
                party: None,
                text: "好的。".into(),
            },
        );
        self.by(
            |cast| &cast.centre,
            |nonce| Mute {
                nonce,
                lot: one(),
                party: party(2),
                reason: reason(),
            },
        );
        self.by(
            |cast| &cast.centre,
            |nonce| Unmute {
                nonce,
                lot: one(),
                party: party(2),
                reason: String::new(),
            },
        );
        self.by(
            |cast| &cast.supervisor,
            |nonce| Remark {
                nonce,
                text: "已监督。".into(),
                lot: None,
            },
        );
        self.complained();
    }

    /// Somebody without a certificate complains; the supervisor deals with it.
    fn complained(&mut self) {
        let body = Complain {
            nonce: self.nonce(),
            // Its lot has ended for want of bids.
            lot: lot("2"),
            matter: Matter::Platform,
            request: "请求查处".into(),
            text: "事实".into(),
            cites: vec![],
            attachments: vec![],
        };
        let text = canonical::to_bytes(&Act::from(body.clone()));
        let signed = Signed {
            body: String::from_utf8(text).unwrap(),
            signature: None,
            grounds: None,
        };
        self.system(System::Complained {
            body: Box::new(body),
            signed: Box::new(signed),
            name: "某人".into(),
            reach: "电话".into(),
            secret: digest("secret"),
        });
        let complaint = self.state.events;
        self.by(
            |cast| &cast.supervisor,
            |nonce| TakeUpComplaint { nonce, complaint },
        );
        self.by(
            |cast| &cast.supervisor,
            |nonce| AnswerComplaint {
                nonce,
                complaint,
                text: "查无实据。".into(),
                attachments: vec![],
            },
        );
    }

    fn unlocking(&mut self) {
        let reason = || "另有原因".to_owned();
        self.by(
            |cast| &cast.centre,
            |nonce| PublishList { nonce, lot: one() },
        );
        self.by(
            |cast| &cast.centre,
            |nonce| StartWindow {
                nonce,
                lots: vec![one()],
                seconds: Some(1200),
            },
        );
        self.by(
            |cast| &cast.supervisor,
            |nonce| Extend {
                nonce,
                lots: vec![one()],
                seconds: 60,
                reason: reason(),
            },
        );
        self.by(
            |cast| &cast.supervisor,
            |nonce| Suspend {
                nonce,
                lots: vec![one()],
                reason: reason(),
            },
        );
        self.by(
            |cast| &cast.supervisor,
            |nonce| Resume {
                nonce,
                lots: vec![one()],
                reason: String::new(),
            },
        );
        self.attempt(3, Some(Failed::KeyMismatch));
        self.attempt(1, None);
        self.attempt(2, None);
        let bid = self.live(3);
        let party = self.party(3).unwrap();
        self.by(
            |cast| &cast.bidders[2],
            |nonce| AskRescue {
                nonce,
                lot: one(),
                bid,
                reason: reason(),
            },
        );
        self.by(
            |cast| &cast.supervisor,
            |nonce| OrderRescue {
                nonce,
                lot: one(),
                party,
                bid,
                reason: reason(),
            },
        );
        for at in 0..3 {
            let share = self.share(&bid, at, Wrapped::Rescue);
            let share = Share {
                bid,
                envelope: 0,
                x: u8::try_from(at).unwrap() + 1,
                share: Digest::of(share.secret().as_bytes()),
            };
            let checked = Checked::Shares {
                good: vec![true],
                wraps: vec![],
            };
            if at < 2 {
                self.act(
                    |cast| cast.custodians()[at],
                    checked,
                    |nonce| Rescue {
                        nonce,
                        lot: one(),
                        share,
                    },
                );
            } else {
                let nonce = self.nonce();
                let act = Rescue {
                    nonce,
                    lot: one(),
                    share,
                };
                self.by_agent(act.into(), checked);
            }
        }
        self.system(System::Rescued {
            lot: one(),
            bid,
            matches: true,
        });
        self.fix();
    }

    fn releasing(&mut self) {
        self.now += 1000;
        let accepted: Vec<Digest> = self.state.lots[&one()].accepted.iter().copied().collect();
        let share = |opening: &Self, bid: &Digest, at: usize| Share {
            bid: *bid,
            envelope: 0,
            x: u8::try_from(at).unwrap() + 1,
            share: Digest::of(opening.share(bid, at, Wrapped::Release).secret().as_bytes()),
        };
        let statement = self.accepted.as_ref().unwrap().0.digest();
        // The centre cannot prove the first, and sends the others.
        let shares: Vec<_> = accepted[1..]
            .iter()
            .map(|bid| share(self, bid, 1))
            .collect();
        let withheld = vec![Withheld {
            bid: accepted[0],
            why: Withholding::NotProved {
                cause: Unproved::UnlockMissing,
            },
        }];
        let checked = Checked::Shares {
            good: vec![true; shares.len()],
            wraps: vec![],
        };
        self.act(
            |cast| &cast.centre,
            checked,
            |nonce| Release {
                nonce,
                lot: one(),
                accepted: statement,
                shares,
                withheld,
            },
        );
        let shares: Vec<_> = accepted.iter().map(|bid| share(self, bid, 2)).collect();
        let checked = Checked::Shares {
            good: vec![true; shares.len()],
            wraps: vec![],
        };
        let act = Release {
            nonce: self.nonce(),
            lot: one(),
            accepted: statement,
            shares,
            withheld: vec![],
        };
        self.by_agent(act.into(), checked);
        self.release(0);
        self.open_sheets();
    }

    fn announced(&mut self) {
        let (first, second) = (self.live(1), self.live(2));
        let party = self.party(1).unwrap();
        self.by(
            |cast| &cast.centre,
            |nonce| RemarkLine {
                nonce,
                lot: one(),
                party,
                exception: Some(LineException::AmountsDiffer),
                text: String::new(),
            },
        );
        self.by(
            |cast| &cast.centre,
            |nonce| Announce {
                nonce,
                lots: vec![one()],
            },
        );
        self.by(
            |cast| &cast.bidders[0],
            |nonce| Confirm {
                nonce,
                lot: one(),
                bid: first,
            },
        );
        self.by(
            |cast| &cast.bidders[1],
            |nonce| Dispute {
                nonce,
                lot: one(),
                bid: second,
                text: "金额有误".into(),
            },
        );
        self.by(
            |cast| &cast.centre,
            |nonce| OpenObjections {
                nonce,
                lots: vec![one()],
                seconds: Some(600),
            },
        );
        self.by(
            |cast| &cast.bidders[0],
            |nonce| NoObjection { nonce, lot: one() },
        );
        self.by(
            |cast| &cast.bidders[1],
            |nonce| Object {
                nonce,
                lot: one(),
                text: "异议".into(),
                attachments: vec![],
            },
        );
        let objection = self.state.events;
        self.by(
            |cast| &cast.centre,
            |nonce| Reply {
                nonce,
                lot: one(),
                objection,
                text: "答复".into(),
                attachments: vec![],
            },
        );
        self.by(
            |cast| &cast.centre,
            |nonce| CloseObjections {
                nonce,
                lots: vec![one()],
            },
        );
    }

    fn signing(&mut self) {
        let record = self.record("1");
        self.by(
            |cast| &cast.centre,
            |nonce| CorrectRecord {
                nonce,
                lot: one(),
                record,
                text: "有误".into(),
            },
        );
        let record = self.record("1");
        self.by(
            |cast| &cast.centre,
            |nonce| SignRecord {
                nonce,
                lot: one(),
                record,
                cms: None,
            },
        );
        self.by(
            |cast| &cast.bidders[1],
            |nonce| Countersign {
                nonce,
                lot: one(),
                record,
                remark: "保留意见".into(),
                cms: None,
            },
        );
        self.by(
            |cast| &cast.centre,
            |nonce| Close {
                nonce,
                lots: vec![one()],
            },
        );
        self.anchor();
    }
}

#[test]
fn whatever_lawfully_happens_is_found_lawful_and_signed() {
    let opening = Opening::new().rich();
    let policy = opening.policy();
    let report = checked(&opening.files(Edition::Supervisor), &policy).unwrap();
    assert_eq!(report.verdict, Verdict::Holds, "{}", report.json());
    let report = checked(&opening.files(Edition::Public), &policy).unwrap();
    assert_eq!(
        report.verdict,
        Verdict::HoldsWithoutSigners,
        "{}",
        report.json()
    );
    let all = opening.state.events;
    let complaints = outcome(&report, Check::Complaints);
    assert_eq!(*complaints, Outcome::Withheld { some: 3, all });
}
