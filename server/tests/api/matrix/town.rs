//! Two projects with people of their own on one platform, and people of no project.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_api::{NewProject, ProjectCreated};
use kaibiao_client::http::{Server, Session};
use kaibiao_core::act::{
    Act, Announce, CertifyKey, Close, CloseObjections, OpenObjections, Publish, SignRecord,
};
use kaibiao_core::ids::{LotId, Millis};
use kaibiao_core::role::Role;
use kaibiao_core::terms::{Draft, SealingTerms};
use kaibiao_crypto::Digest;
use kaibiao_crypto::wrap::PrivateKey;
use kaibiao_os::random::SystemRng;

use crate::agents;
use crate::hall::{Bidder, Hall, draft, lot, name};
use crate::world::{Person, World, bind, nonce};

/// Everybody who calls, by the names of docs/states/routes.md.
pub const PLAYERS: [&str; 16] = [
    "nobody",
    "roleless",
    "own",
    "rival",
    "host",
    "centre",
    "supervisor",
    "custodian",
    "agent",
    "administrator",
    "machine",
    "other-host",
    "other-centre",
    "other-supervisor",
    "other-bidder",
    "other-custodian",
];

pub struct Player {
    pub name: &'static str,
    pub person: Option<Person>,
    pub session: Option<Session>,
    pub roles: Vec<Role>,
}

/// A project as it was published.
pub struct Published {
    pub id: String,
    pub t0: Millis,
    pub terms: BTreeMap<LotId, SealingTerms>,
    pub keys: Vec<PrivateKey>,
}

pub struct Town {
    /// The project under test, with its people.
    pub hall: Hall,
    pub players: Vec<Player>,
    /// A client without a login.
    pub public: Server,
    /// A project of others, before T0.
    pub other: String,
    /// A draft of the project's people.
    pub drafted: String,
    /// A draft of others.
    pub foreign: String,
}

impl Town {
    /// The hall is that of a project before T0.
    pub async fn found() -> Self {
        let mut world = World::with(|config| {
            config.limits.requests_per_second = 100_000;
            config.limits.requests_burst = 100_000;
        })
        .await;
        let administrator = world.administrator().await;
        let mut players = Vec::new();
        for (at, called) in PLAYERS.into_iter().enumerate() {
            let role = match called {
                "own" | "rival" | "custodian" | "other-bidder" | "other-custodian" => {
                    Some(Role::Bidder)
                }
                "host" | "other-host" => Some(Role::Host),
                "centre" | "other-centre" => Some(Role::Centre),
                "supervisor" | "other-supervisor" => Some(Role::Supervisor),
                "machine" => Some(Role::Machine),
                _ => None,
            };
            let number = u32::try_from(at).unwrap() + 40;
            let person = world.person(number, COMPANIES[at], &format!("{}经办", COMPANIES[at]));
            let session = match called {
                "nobody" | "agent" => None,
                "administrator" => {
                    let person = world_administrator(&mut world);
                    Some(world.log_in(&person).await)
                }
                _ => Some(world.log_in(&person).await),
            };
            if let Some(role) = role {
                let act = bind(&person, role);
                administrator.act("", &act, Vec::new()).await.unwrap();
            }
            let roles = match called {
                "administrator" => vec![Role::Administrator],
                _ => role.into_iter().collect(),
            };
            players.push(Player {
                name: called,
                person: Some(person),
                session,
                roles,
            });
        }
        let by = |called: &str| players.iter().find(|it| it.name == called).unwrap();
        let keepers = ["host", "centre", "supervisor", "custodian"];
        let drafted = begin(&world, &keepers.map(by), 3600.0).await;
        let first = publish(&world, &keepers.map(by), 3600.0).await;
        let others = [
            "other-host",
            "other-centre",
            "other-supervisor",
            "other-custodian",
        ];
        let other = publish(&world, &others.map(by), 3600.0).await;
        let foreign = begin(&world, &others.map(by), 3600.0).await;

        let (agent, pkcs8) = agents::key();
        let keeper = by("custodian").session.as_ref().unwrap();
        let standing = agents::authorise(&world, keeper, &agent).await.unwrap();
        let agent = agents::log_in(&world, &pkcs8, standing).await.unwrap();
        let mut bidders = Vec::new();
        for called in ["own", "rival"] {
            bidders.push(Bidder {
                person: copy(by(called)),
                session: world.log_in(&copy(by(called))).await,
                key: PrivateKey::generate(&mut SystemRng),
            });
        }
        let mut custodians = Vec::new();
        for (called, key) in keepers.into_iter().zip(first.keys) {
            custodians.push((world.log_in(&copy(by(called))).await, key));
        }
        let officials = keepers.map(|called| copy(by(called))).into();
        let place = PLAYERS.iter().position(|it| *it == "agent").unwrap();
        players[place].session = Some(agent);
        let public = world.server();
        let hall = Hall {
            world,
            project: first.id,
            t0: first.t0,
            administrator,
            custodians,
            keyfile: Vec::new(),
            officials,
            bidders,
            terms: first.terms,
        };
        Self {
            hall,
            players,
            public,
            other: other.id,
            drafted,
            foreign,
        }
    }

    pub fn player(&self, called: &str) -> &Player {
        self.players.iter().find(|it| it.name == called).unwrap()
    }

    pub fn session(&self, called: &str) -> &Session {
        self.player(called).session.as_ref().unwrap()
    }

    /// Goes on with another project of the same people, whose T0 is so many seconds away.
    pub async fn go_on(&mut self, seconds: f64) {
        let keepers = ["host", "centre", "supervisor", "custodian"].map(|it| self.player(it));
        let next = publish(&self.hall.world, &keepers, seconds).await;
        self.hall.project = next.id;
        self.hall.t0 = next.t0;
        self.hall.terms = next.terms;
        for ((_, kept), key) in self.hall.custodians.iter_mut().zip(next.keys) {
            *kept = key;
        }
    }

    /// From the unlocked bids to the end of the lot.
    pub async fn finish(&self) {
        let hall = &self.hall;
        hall.until_stage("releasing").await;
        for custodian in [0, 2, 3] {
            hall.release(custodian, false).await.unwrap();
        }
        hall.until_stage("opened").await;
        let lots = || vec![lot("1")];
        let announce = Announce {
            nonce: nonce(),
            lots: lots(),
        };
        hall.act(hall.host(), announce).await;
        let open = OpenObjections {
            nonce: nonce(),
            lots: lots(),
            seconds: None,
        };
        hall.act(hall.host(), open).await;
        let close = CloseObjections {
            nonce: nonce(),
            lots: lots(),
        };
        hall.act(hall.host(), close).await;
        let path = format!("projects/{}/lots/1/record.json", hall.project);
        let record = loop {
            match hall.host().server.get_bytes(&path).await {
                Ok(bytes) => break bytes,
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        };
        let cms = kaibiao_client::record::carried(
            &record,
            hall.host().signer(),
            jiff::Timestamp::now().as_millisecond(),
        );
        let sign = SignRecord {
            nonce: nonce(),
            lot: lot("1"),
            record: Digest::of(&record),
            cms: cms.unwrap(),
        };
        hall.act(hall.host(), sign).await;
        let close = Close {
            nonce: nonce(),
            lots: lots(),
        };
        hall.act(hall.host(), close).await;
        hall.until_stage("closed").await;
    }
}

const COMPANIES: [&str; 16] = [
    "无人",
    "苍梧贸易行",
    "甘棠建设集团",
    "白鹭市政工程局",
    "丹霞招标代理公司",
    "某市第一交易中心",
    "某市第一监督局",
    "某市公证处",
    "公证处的助手",
    "平台管理员",
    "交易平台甲",
    "青峰招标代理公司",
    "某市第二交易中心",
    "某市第二监督局",
    "乌江路桥公司",
    "某县公证处",
];

fn world_administrator(world: &mut World) -> Person {
    world.person(1, "市公共资源交易中心", "管理员")
}

/// The same person with the same certificate.
fn copy(player: &Player) -> Person {
    player.person.as_ref().unwrap().copy()
}

fn drafting(world: &World, keepers: &[&Player], seconds: f64) -> Draft {
    let named: Vec<_> = keepers
        .iter()
        .map(|keeper| name(keeper.person.as_ref().unwrap()))
        .collect();
    let t0 = world.running.app.now() + (seconds * 1000.0) as Millis;
    let mut draft = draft(&named, t0);
    for lot in draft.lots.values_mut() {
        lot.release = 3;
        lot.rescue = Some(4);
    }
    draft
}

/// Begins a draft and has its custodians' keys certified.
async fn begin(world: &World, keepers: &[&Player], seconds: f64) -> String {
    let new = NewProject {
        external_id: None,
        draft: drafting(world, keepers, seconds),
    };
    let host = keepers[0].session.as_ref().unwrap();
    let created: ProjectCreated = host.server.post("projects", &new).await.unwrap();
    created.id
}

async fn publish(world: &World, keepers: &[&Player], seconds: f64) -> Published {
    let project = begin(world, keepers, seconds).await;
    let host = keepers[0].session.as_ref().unwrap();
    let mut keys = Vec::new();
    for keeper in keepers {
        let key = PrivateKey::generate(&mut SystemRng);
        let act = Act::CertifyKey(CertifyKey {
            nonce: nonce(),
            key: BASE64.encode(&key.public().spki()[26..]),
            agent: None,
            authorisation: None,
            suite: kaibiao_crypto::Suite::Intl,
        });
        let keeper = keeper.session.as_ref().unwrap();
        keeper.act(&project, &act, Vec::new()).await.unwrap();
        keys.push(key);
    }
    let view: serde_json::Value = host
        .server
        .get(&format!("projects/{project}"))
        .await
        .unwrap();
    let path = format!("projects/{project}/lots/1/terms");
    let bytes = host.server.get_bytes(&path).await.unwrap();
    let terms: SealingTerms = serde_json::from_slice(&bytes).unwrap();
    let t0 = view["t0"].as_i64().unwrap();
    let publish = Act::Publish(Publish {
        nonce: nonce(),
        terms: [(lot("1"), terms.digest())].into(),
        t0,
    });
    host.act(&project, &publish, Vec::new()).await.unwrap();
    Published {
        id: project,
        t0,
        terms: [(lot("1"), terms)].into(),
        keys,
    }
}
