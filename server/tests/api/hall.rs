//! A published project with its officials, custodians and bidders.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao::serve::Running;
use kaibiao_api::{
    ActReply, BidList, NewProject, ProjectCreated, StatementView, SubmitAccepted, SubmitRequest,
};
use kaibiao_app::config::Config;
use kaibiao_app::deciding;
use kaibiao_client::http::{Server, Session};
use kaibiao_core::act::{Act, CertifyKey, Publish, Register, Submit};
use kaibiao_core::ids::{LotId, Millis};
use kaibiao_core::role::Role;
use kaibiao_core::schema::{Better, Field, FieldType, Schema};
use kaibiao_core::state::Lot;
use kaibiao_core::terms::{
    Draft, LotDraft, Named, Officials, Policy, ReadingOrder, SealingTerms, Stays,
};
use kaibiao_crypto::bid::{self, Document, Header, SealRequest, chunk_digests, seal};
use kaibiao_crypto::wrap::PrivateKey;
use kaibiao_crypto::{Digest, Suite, keyfile};
use kaibiao_os::random::SystemRng;
use kaibiao_store::Clock;
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::world::{Person, World, bind, nonce};

pub struct Hall {
    pub world: World,
    pub project: String,
    pub t0: Millis,
    pub administrator: Session,
    /// Host, centre and supervisor: custodians in this order, with their keys
    /// for this project.
    pub custodians: Vec<(Session, PrivateKey)>,
    /// The key file of the second custodian's key, under [`PASSPHRASE`].
    pub keyfile: Vec<u8>,
    /// The same custodians as persons.
    pub officials: Vec<Person>,
    pub bidders: Vec<Bidder>,
    pub terms: BTreeMap<LotId, SealingTerms>,
}

pub struct Bidder {
    pub person: Person,
    pub session: Session,
    /// What b is wrapped to.
    pub key: PrivateKey,
}

/// A bid as its bidder has it.
pub struct Sealed {
    pub header: Header,
    pub body: Vec<u8>,
}

/// What the key file is sealed under.
pub const PASSPHRASE: &str = "not a secret";

pub fn lot(id: &str) -> LotId {
    id.parse().unwrap()
}

impl Hall {
    /// Publishes a project with lot "1", T0 in `seconds`, and this many bidders.
    pub async fn publish(world: World, bidders: usize, seconds: f64) -> Self {
        Self::publish_with(world, bidders, seconds, |_| ()).await
    }

    /// Publishes such a project from a draft that `change` has altered first.
    pub async fn publish_with(
        mut world: World,
        bidders: usize,
        seconds: f64,
        change: impl FnOnce(&mut Draft),
    ) -> Self {
        let administrator = world.administrator().await;
        let mut officials = Vec::new();
        for (number, company, role) in [
            (2, "城建投资有限公司", Role::Host),
            (3, "市公共资源交易中心", Role::Centre),
            (4, "市公共资源交易监督局", Role::Supervisor),
        ] {
            let person = world.person(number, company, "经办人");
            let act = bind(&person, role);
            administrator.act("", &act, Vec::new()).await.unwrap();
            let session = world.log_in(&person).await;
            officials.push((person, session));
        }
        let named: Vec<Named> = officials.iter().map(|(person, _)| name(person)).collect();
        let t0 = world.running.app.now() + (seconds * 1000.0) as Millis;
        let mut draft = draft(&named, t0);
        change(&mut draft);
        let host = &officials[0].1;
        let new = NewProject {
            external_id: None,
            draft: draft.clone(),
        };
        let created: ProjectCreated = host.server.post("projects", &new).await.unwrap();
        let project = created.id;

        let suite = draft.suite;
        let (keyfile, kept) = keyfile::generate_for(suite, PASSPHRASE, &mut SystemRng).unwrap();
        let own = [
            PrivateKey::generate_for(suite, &mut SystemRng),
            kept,
            PrivateKey::generate_for(suite, &mut SystemRng),
        ];
        let mut keys = Vec::new();
        for ((_, session), key) in officials.iter().zip(own) {
            let spki = key.public().spki();
            let act = Act::CertifyKey(CertifyKey {
                nonce: nonce(),
                key: BASE64.encode(&spki[26..]),
                agent: None,
                authorisation: None,
                suite,
            });
            session.act(&project, &act, Vec::new()).await.unwrap();
            keys.push(key);
        }
        let mut terms = BTreeMap::new();
        for id in draft.lots.keys() {
            let path = format!("projects/{project}/lots/{id}/terms");
            let bytes = host.server.get_bytes(&path).await.unwrap();
            let parsed: SealingTerms = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(parsed.digest(), SealingTerms::digest_of(&bytes));
            terms.insert(id.clone(), parsed);
        }
        let digests = terms.iter().map(|(id, terms)| (id.clone(), terms.digest()));
        let act = Act::Publish(Publish {
            nonce: nonce(),
            terms: digests.collect(),
            t0,
        });
        host.act(&project, &act, Vec::new()).await.unwrap();

        let mut all = Vec::new();
        for number in 0..bidders {
            all.push(bidder(&mut world, suite, number).await);
        }
        let (persons, sessions): (Vec<_>, Vec<_>) = officials.into_iter().unzip();
        let custodians = sessions.into_iter().zip(keys).collect();
        Self {
            world,
            project,
            t0,
            administrator,
            custodians,
            keyfile,
            officials: persons,
            bidders: all,
            terms,
        }
    }

    pub fn host(&self) -> &Session {
        &self.custodians[0].0
    }

    pub fn supervisor(&self) -> &Session {
        &self.custodians[2].0
    }

    /// Seals a bid of one bidder for lot "1".
    pub fn seal(&self, bidder: usize, price: &str, documents: &[(&str, Vec<u8>)]) -> Sealed {
        self.seal_for(bidder, "1", price, documents, None)
    }

    pub fn seal_for(
        &self,
        bidder: usize,
        id: &str,
        price: &str,
        documents: &[(&str, Vec<u8>)],
        rescue: Option<u8>,
    ) -> Sealed {
        let bidder = &self.bidders[bidder];
        let terms = &self.terms[&lot(id)];
        let sheet: Map<String, Value> = [("price".to_owned(), json!(price))].into_iter().collect();
        let request = SealRequest {
            terms: bid::SealingTerms {
                suite: Suite::named(&terms.suite).unwrap(),
                project: self.project.clone(),
                lot: id.to_owned(),
                digest: terms.digest(),
                custodians: self
                    .custodians
                    .iter()
                    .map(|(_, key)| key.public())
                    .collect(),
                release: terms.release,
                rescue,
            },
            bidder: bidder.person.organisation.clone(),
            chain: bidder.person.chain(),
            recipients: vec![bidder.key.public()],
            sheet,
            private_sheet: Map::new(),
            documents: documents
                .iter()
                .map(|(name, bytes)| Document {
                    name: (*name).to_owned(),
                    media: "application/pdf".to_owned(),
                    size: bytes.len() as u64,
                    open: Box::new(move || Ok(Box::new(&bytes[..]))),
                })
                .collect(),
            time: u64::try_from(self.world.running.app.now()).unwrap(),
        };
        let mut file = Cursor::new(Vec::new());
        let header = seal(request, &mut file, &mut SystemRng).unwrap();
        let body = file
            .into_inner()
            .split_off(usize::try_from(header.length()).unwrap());
        Sealed { header, body }
    }

    pub fn submit_act(&self, sealed: &Sealed, sequence: u32, previous: Option<Digest>) -> Act {
        Act::Submit(Submit {
            nonce: nonce(),
            lot: lot("1"),
            bid: sealed.header.digest(),
            sequence,
            previous,
            members: Vec::new(),
            paper_agreement: false,
        })
    }

    /// Sends header and act; answers the status and the JSON.
    pub async fn begin(
        &self,
        bidder: usize,
        sealed: &Sealed,
        act: &Act,
        told: bool,
    ) -> (StatusCode, Value) {
        let chunks = told.then(|| chunks(sealed));
        self.begin_with(bidder, sealed.header.to_bytes(), act, chunks)
            .await
    }

    /// What begins an upload.
    pub fn request(
        &self,
        bidder: usize,
        header: Vec<u8>,
        act: &Act,
        chunks: Option<String>,
    ) -> SubmitRequest {
        let session = &self.bidders[bidder].session;
        let signed = session.sign(&self.project, act).unwrap();
        SubmitRequest {
            consents: Vec::new(),
            header: BASE64.encode(header),
            act: serde_json::from_value(serde_json::to_value(signed).unwrap()).unwrap(),
            chunks,
        }
    }

    /// What begins the upload of a first bid.
    pub fn first_request(&self, bidder: usize, sealed: &Sealed) -> SubmitRequest {
        let act = self.submit_act(sealed, 1, None);
        self.request(bidder, sealed.header.to_bytes(), &act, Some(chunks(sealed)))
    }

    pub async fn begin_with(
        &self,
        bidder: usize,
        header: Vec<u8>,
        act: &Act,
        chunks: Option<String>,
    ) -> (StatusCode, Value) {
        let session = &self.bidders[bidder].session;
        let body = self.request(bidder, header, act, chunks);
        let path = format!("projects/{}/lots/1/bids", self.project);
        let request = session.server.request(Method::POST, &path).json(&body);
        let reply = request.send().await.unwrap();
        (reply.status(), reply.json().await.unwrap())
    }

    /// Sends bytes of an upload; answers the reply.
    pub async fn patch(
        &self,
        bidder: usize,
        upload: &str,
        offset: u64,
        bytes: Vec<u8>,
    ) -> reqwest::Response {
        let session = &self.bidders[bidder].session;
        session
            .server
            .request(Method::PATCH, upload.strip_prefix("/api/v1/").unwrap())
            .header("Tus-Resumable", "1.0.0")
            .header("Upload-Offset", offset)
            .header("Content-Type", "application/offset+octet-stream")
            .body(bytes)
            .send()
            .await
            .unwrap()
    }

    /// Hands a bid in whole.
    pub async fn submit(&self, bidder: usize, sealed: &Sealed, act: &Act) -> reqwest::Response {
        let (status, begun) = self.begin(bidder, sealed, act, true).await;
        assert_eq!(status, StatusCode::CREATED, "{begun}");
        let begun: SubmitAccepted = serde_json::from_value(begun).unwrap();
        assert_eq!(begun.length, sealed.body.len() as u64);
        self.patch(
            bidder,
            begun.upload.as_deref().unwrap(),
            0,
            sealed.body.clone(),
        )
        .await
    }

    /// Every bidder seals a small bid and hands it in.
    pub async fn submit_all(&self) -> Vec<Sealed> {
        let mut all = Vec::new();
        for bidder in 0..self.bidders.len() {
            let sealed = self.seal(bidder, "100000", &[("a.pdf", vec![7; 1000])]);
            let act = self.submit_act(&sealed, 1, None);
            let reply = self.submit(bidder, &sealed, &act).await;
            assert!(reply.status().is_success());
            all.push(sealed);
        }
        all
    }

    pub async fn bids(&self, bidder: usize) -> BidList {
        let path = format!("projects/{}/bids", self.project);
        self.bidders[bidder]
            .session
            .server
            .get(&path)
            .await
            .unwrap()
    }

    pub async fn act(&self, session: &Session, act: impl Into<Act>) -> ActReply {
        session
            .act(&self.project, &act.into(), Vec::new())
            .await
            .unwrap()
    }

    /// Stops the service in good order and starts it again; everybody logs in
    /// again at its new address.
    pub async fn restart(self) -> Self {
        self.restart_after(Duration::ZERO).await
    }

    /// Restarts like this, with the service away for a while in between.
    pub async fn restart_after(self, away: Duration) -> Self {
        self.restart_by(away, Clock::system()).await
    }

    /// Restarts like this, by a clock of the test's own.
    pub async fn restart_by(self, away: Duration, clock: Clock) -> Self {
        let meanwhile = async |_: &Config| tokio::time::sleep(away).await;
        self.restart_as(meanwhile, clock).await
    }

    /// Restarts like this, with something done to the stopped service's files.
    pub async fn restart_meanwhile(self, meanwhile: impl AsyncFnOnce(&Config)) -> Self {
        self.restart_as(meanwhile, Clock::system()).await
    }

    async fn restart_as(mut self, meanwhile: impl AsyncFnOnce(&Config), clock: Clock) -> Self {
        let World {
            directory,
            running,
            authority,
        } = self.world;
        let config = running.app.config.clone();
        running.stop().await.unwrap();
        meanwhile(&config).await;
        let running = Running::start(config, clock).await.unwrap();
        self.world = World {
            directory,
            running,
            authority,
        };
        let url = self.world.url();
        self.log_in_at(&url).await;
        self
    }

    /// Logs bidders and officials in at another address.
    pub async fn log_in_at(&mut self, url: &str) {
        let log_in = async |person: &Person| {
            let server = Server::new(url, None).unwrap();
            server.login(Box::new(person.key())).await.unwrap()
        };
        for bidder in &mut self.bidders {
            bidder.session = log_in(&bidder.person).await;
        }
        for (person, (session, _)) in self.officials.iter().zip(&mut self.custodians) {
            *session = log_in(person).await;
        }
    }

    /// A lot's state, as the service holds it.
    pub async fn lot(&self) -> Lot {
        let project = self.project.parse().unwrap();
        let current = deciding::load(&self.world.running.app, project)
            .await
            .unwrap();
        current.state.lots[&lot("1")].clone()
    }

    /// The project as its host sees it, once `ready` says so.
    pub async fn until(&self, what: &str, ready: impl Fn(&Value) -> bool) -> Value {
        let path = format!("projects/{}", self.project);
        for _ in 0..400 {
            let view: Value = self.host().server.get(&path).await.unwrap();
            if ready(&view) {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let view: Value = self.host().server.get(&path).await.unwrap();
        panic!("never {what}: {view:#}");
    }

    pub async fn until_stage(&self, stage: &str) -> Value {
        self.until(stage, |view| view["lots"]["1"]["stage"] == stage)
            .await
    }
}

/// The receipt in the reply to the last byte.
pub fn receipt(reply: &reqwest::Response) -> StatementView {
    let header = reply.headers().get("Kaibiao-Receipt").expect("a receipt");
    serde_json::from_slice(&BASE64.decode(header).unwrap()).unwrap()
}

/// The digests of a body's chunks, as a client tells them.
fn chunks(sealed: &Sealed) -> String {
    let all = chunk_digests(sealed.header.promise(), &mut &sealed.body[..]);
    BASE64.encode(all.unwrap().unwrap())
}

async fn bidder(world: &mut World, suite: Suite, number: usize) -> Bidder {
    let number = u32::try_from(number).unwrap() + 100;
    let company = format!("第{number}建设有限公司");
    let person = world.person(number, &company, "张三");
    let session = world.log_in(&person).await;
    let register = Act::Register(Register {
        nonce: nonce(),
        name: person.company.clone(),
    });
    session.act("", &register, Vec::new()).await.unwrap();
    Bidder {
        person,
        session,
        key: PrivateKey::generate_for(suite, &mut SystemRng),
    }
}

pub fn name(person: &Person) -> Named {
    Named {
        organisation: person.organisation.clone(),
        name: person.company.clone(),
    }
}

pub fn draft(officials: &[Named], t0: Millis) -> Draft {
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
    let one = LotDraft {
        title: "一标段".to_owned(),
        external_id: Some("lot-1".to_owned()),
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
        custodians: officials.to_vec(),
        release: 2,
        rescue: Some(3),
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
            tenderer: officials[0].clone(),
            agency: None,
            centre: officials[1].clone(),
            supervisor: officials[2].clone(),
        },
        t0,
        lots: [(lot("1"), one)].into_iter().collect(),
        attachments: Vec::new(),
        outage_moves_t0: true,
        sign_in: None,
        suite: Suite::Intl,
    }
}
