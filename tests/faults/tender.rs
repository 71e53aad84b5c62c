//! A published project, and bidders who seal and hand in.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kaibiao_api::{NewProject, ProjectCreated};
use kaibiao_client::failure::Kind;
use kaibiao_client::http::Session;
use kaibiao_client::submission::{self, Manner};
use kaibiao_client::terms::Terms;
use kaibiao_client::{files, seal};
use kaibiao_core::act::{Act, CertifyKey, Clarify, Publish};
use kaibiao_core::ids::{LotId, Millis};
use kaibiao_core::schema::{Better, Field, FieldType, Schema};
use kaibiao_core::terms::{Draft, LotDraft, Named, Officials, Policy, ReadingOrder, Stays};
use kaibiao_crypto::bid::{self, Document, Header, SealRequest};
use kaibiao_crypto::encoding::to_base64;
use kaibiao_crypto::wrap::PrivateKey;
use kaibiao_os::random::SystemRng;
use serde_json::json;

use crate::dice::Dice;
use crate::journal::{Journal, Thing};
use crate::town::{Person, Town, act_by, nonce, put_up_with};

/// How often the host says something in one project at most.
const CLARIFICATIONS: u32 = 60;

/// How often one bidder hands in in one project at most: the service takes fifty.
const VERSIONS: u32 = 45;

pub fn lot() -> LotId {
    "1".parse().unwrap()
}

/// UTC milliseconds.
pub fn now() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

/// A published project of one lot.
pub struct Tender {
    pub id: String,
    pub t0: Millis,
    pub terms: Terms,
    pub town: Arc<Town>,
    pub journal: Arc<Journal>,
    /// Of the officials as custodians, in their order.
    pub keys: Vec<PrivateKey>,
}

impl Tender {
    /// Publishes one whose T0 is so many seconds away.
    pub async fn publish(town: &Arc<Town>, journal: &Arc<Journal>, seconds: i64) -> Self {
        let host = town.host().session(journal).await;
        let t0 = now() + seconds * 1000;
        let new = NewProject {
            external_id: None,
            draft: draft(town, t0),
        };
        let created: ProjectCreated = host.server.post("projects", &new).await.unwrap();
        let id = created.id;
        let mut keys = Vec::new();
        for official in &town.officials {
            let key = PrivateKey::generate(&mut SystemRng);
            let spki = key.public().spki();
            let certify = CertifyKey {
                nonce: nonce(),
                // The SPKI of a P-256 key is 26 fixed bytes followed by the point.
                key: to_base64(&spki[spki.len() - 65..]),
                agent: None,
                authorisation: None,
                suite: kaibiao_crypto::Suite::Intl,
            };
            let session = official.session(journal).await;
            session.act(&id, &certify.into(), Vec::new()).await.unwrap();
            keys.push(key);
        }
        let terms = Terms::fetch(&host.server, &id, "1").await.unwrap();
        let publish = Publish {
            nonce: nonce(),
            terms: BTreeMap::from([(lot(), terms.digest())]),
            t0,
        };
        host.act(&id, &publish.into(), Vec::new()).await.unwrap();
        Self {
            id,
            t0,
            terms,
            town: town.clone(),
            journal: journal.clone(),
            keys,
        }
    }

    /// Seals a bid with a document of so many bytes into a file.
    pub fn seal(&self, bidder: &Person, name: &str, size: usize) -> (PathBuf, Header) {
        let document = vec![0x5a; size];
        let sheet = json!({ "price": "100000" });
        let content = self.terms.content();
        let keys = content.custodians.iter();
        let request = SealRequest {
            terms: bid::SealingTerms {
                suite: self.terms.suite(),
                project: self.id.clone(),
                lot: "1".to_owned(),
                digest: self.terms.digest(),
                custodians: keys
                    .map(|it| {
                        kaibiao_client::terms::custodian_key(self.terms.suite(), &it.key).unwrap()
                    })
                    .collect(),
                release: content.release,
                rescue: None,
            },
            bidder: bidder.organisation.clone(),
            chain: bidder.chain.clone(),
            recipients: vec![bidder.key.public()],
            sheet: sheet.as_object().unwrap().clone(),
            private_sheet: serde_json::Map::new(),
            documents: vec![Document {
                name: "a.pdf".to_owned(),
                media: "application/pdf".to_owned(),
                size: document.len() as u64,
                open: Box::new(|| Ok(Box::new(&document[..]))),
            }],
            time: now() as u64,
        };
        let path = bidder.folder.join(format!("{}-{name}.kbid", self.id));
        let mut file = std::fs::File::create_new(&path).unwrap();
        let header = bid::seal(request, &mut file, &mut SystemRng).unwrap();
        file.flush().unwrap();
        let readers = files::Readers::Everyone;
        files::write(&seal::terms_path(&path), self.terms.bytes(), readers).unwrap();
        (path, header)
    }

    /// Hands a bid in, however often it has to be asked for; whether it came in time.
    pub async fn hand_in(&self, session: &Session, path: &Path, header: &Header) -> bool {
        let attempt = self.journal.attempt(&self.id);
        loop {
            attempt.tried();
            match submission::submit(session, path, &Manner::default(), &()).await {
                Ok(submitted) => {
                    let thing = Thing::Receipt {
                        bid: submitted.bid,
                        leaf: submitted.receipt.leaf,
                    };
                    attempt.done(thing);
                    return true;
                }
                Err(failure) if failure.kind == Kind::Refused && failure.code == "late" => {
                    attempt.answered("late");
                    let bid = header.digest();
                    attempt.done(Thing::Late { bid });
                    return false;
                }
                Err(failure) => put_up_with(&self.journal, &attempt, "submission", &failure).await,
            }
        }
    }

    /// Bidders hand in one version after the other until they are told to stop, the last
    /// one whole; the next bidder goes on when one has handed in often enough.
    pub async fn bid_on(&self, bidders: &[Arc<Person>], sizes: u64, dice: Dice, stop: &AtomicBool) {
        for bidder in bidders {
            let session = bidder.session(&self.journal).await;
            for number in 0..VERSIONS {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let size = dice.roll(sizes) as usize;
                let (path, header) = self.seal(bidder, &format!("v{number}"), size);
                self.hand_in(&session, &path, &header).await;
                // Many of them are a disk full.
                let _ = std::fs::remove_file(&path);
            }
        }
    }

    /// The host says something every now and then.
    pub async fn clarify_on(&self, stop: &AtomicBool) {
        let session = self.town.host().session(&self.journal).await;
        for number in 0..CLARIFICATIONS {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let act = Act::Clarify(Clarify {
                nonce: nonce(),
                title: format!("补充说明 {number}"),
                text: "请按补充说明报价".to_owned(),
                attachments: Vec::new(),
            });
            act_by(&self.journal, &session, &self.id, act).await;
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
}

fn draft(town: &Town, t0: Millis) -> Draft {
    let hour = 3600;
    let stays = Stays {
        checking: hour,
        starting: hour,
        window: hour,
        extensions: hour,
        rescue: hour,
        quorum: hour,
        releasing: hour,
        opening: hour,
        announcing: hour,
        confirming: hour,
        objections: hour,
        signing: hour,
        suspension: hour,
        returning: 120,
    };
    let named: Vec<Named> = town
        .officials
        .iter()
        .map(|it| Named {
            organisation: it.organisation.clone(),
            name: it.company.clone(),
        })
        .collect();
    let one = LotDraft {
        title: "一标段".to_owned(),
        external_id: None,
        control_price: None,
        reference: None,
        schema: Schema {
            fields: vec![Field {
                id: "price".to_owned(),
                label: "投标报价".to_owned(),
                label_en: None,
                kind: FieldType::Money,
                required: true,
                public: true,
            }],
            price: Some("price".to_owned()),
            better: Better::Low,
        },
        custodians: named.clone(),
        release: 2,
        rescue: None,
        policy: Policy {
            minimum: 1,
            fails_after_unlock: false,
            masked: false,
            reading: ReadingOrder::Received,
            stays,
        },
    };
    Draft {
        number: "ZB-2026-001".to_owned(),
        title: "道路改造工程".to_owned(),
        notice: String::new(),
        external_id: None,
        predecessor: None,
        officials: Officials {
            tenderer: named[0].clone(),
            agency: None,
            centre: named[1].clone(),
            supervisor: named[2].clone(),
        },
        t0,
        lots: [(lot(), one)].into_iter().collect(),
        attachments: Vec::new(),
        outage_moves_t0: true,
        sign_in: None,
        suite: kaibiao_crypto::Suite::Intl,
    }
}
