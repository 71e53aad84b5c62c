//! A platform of real processes with proxies between all of its parts.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::Arc;

use kaibiao_app::App;
use kaibiao_app::config::{Config, Overrides};
use kaibiao_app::fsck;
use kaibiao_core::event::What;
use kaibiao_core::project::Project;
use kaibiao_store::Clock;
use tempfile::TempDir;

use crate::dice::Dice;
use crate::journal::{Journal, Thing};
use crate::node::{Node, program};
use crate::proxy::{Proxy, Weather};
use crate::services::{self, Postgres, Redis};
use crate::town::{self, Town};

/// What there is of it.
pub struct Stand {
    pub nodes: Vec<Node>,
    /// Between clients and nodes, as a balancer.
    pub gate: Proxy,
    pub shared: Option<Shared>,
    pub journal: Arc<Journal>,
    pub dice: Dice,
    pub town: Arc<Town>,
    /// It goes with the stand.
    _directory: TempDir,
}

/// What nodes share, and the proxy of each node before it.
pub struct Shared {
    pub postgres: Postgres,
    pub to_postgres: Vec<Proxy>,
    pub redis: Redis,
    pub to_redis: Vec<Proxy>,
    /// None where there is no S3 server for this machine: a directory instead.
    pub to_bucket: Option<Vec<Proxy>>,
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

async fn proxies(nodes: usize, target: u16, dice: &Dice) -> Vec<Proxy> {
    let mut all = Vec::new();
    for _ in 0..nodes {
        all.push(Proxy::start(vec![local(target)], dice.split()).await);
    }
    all
}

impl Stand {
    /// One process over a data directory.
    pub async fn single(journal: Arc<Journal>, dice: Dice, bidders: usize) -> Self {
        Self::with(journal, dice, bidders, 1, false).await
    }

    /// Several nodes over PostgreSQL, Redis and a bucket.
    pub async fn nodes(journal: Arc<Journal>, dice: Dice, bidders: usize, nodes: usize) -> Self {
        Self::with(journal, dice, bidders, nodes, true).await
    }

    async fn with(
        journal: Arc<Journal>,
        dice: Dice,
        bidders: usize,
        many: usize,
        shared: bool,
    ) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("kaibiao-faults-")
            .tempdir()
            .unwrap();
        let folder = directory.path().to_owned();
        let mut authority = town::authority(&folder);
        authority.write_trust(&folder.join("trust")).unwrap();
        let mut nodes: Vec<Node> = (0..many)
            .map(|number| Node::new(&folder, &format!("node-{number}")))
            .collect();
        let gate = Proxy::start(nodes.iter().map(|it| it.address).collect(), dice.split()).await;
        let url = format!("http://127.0.0.1:{}", gate.port);

        let mut bucket = None;
        let shared = if shared {
            let (postgres, redis) = (Postgres::start().await, Redis::start());
            let to_postgres = proxies(many, postgres.port, &dice).await;
            let to_redis = proxies(many, redis.port, &dice).await;
            bucket = services::bucket().await;
            let to_bucket = match &bucket {
                Some(bucket) => {
                    let port = bucket.endpoint.rsplit(':').next().unwrap().parse().unwrap();
                    Some(proxies(many, port, &dice).await)
                }
                None => None,
            };
            Some(Shared {
                postgres,
                to_postgres,
                redis,
                to_redis,
                to_bucket,
            })
        } else {
            None
        };

        for (number, node) in nodes.iter().enumerate() {
            let data = folder.join(format!("data-{number}"));
            let mut text = format!(
                "data = {data:?}\nsecrets = {:?}\nlisten = \"{}\"\npublic_url = \"{url}\"\nworkers = 2\n\
                 [trust]\ndirectory = {:?}\n\
                 [limits]\nrequests_per_second = 100000\nrequests_burst = 100000\n\
                 logins_per_minute = 1000000\nlogins_burst = 1000000\n\
                 sockets_per_person = 10000\nconnections_per_address = 20000\nstop_seconds = 2\n\
                 [legal]\nnotice_seconds = 0\namendment_seconds = 0\nwindow_seconds = 1\n\
                 [log]\nlevel = \"warn\"\nformat = \"text\"\n",
                folder.join("secrets"),
                node.address,
                folder.join("trust"),
            );
            if let Some(shared) = &shared {
                let store = shared.postgres.url(shared.to_postgres[number].port, "hall");
                let redis = shared.to_redis[number].port;
                write!(
                    text,
                    "[store]\nurl = \"{store}\"\n[redis]\nurl = \"redis://127.0.0.1:{redis}\"\n"
                )
                .unwrap();
                match (&bucket, &shared.to_bucket) {
                    (Some(bucket), Some(proxies)) => {
                        let key = folder.join("bucket.key");
                        std::fs::write(&key, bucket.secret_key.as_bytes()).unwrap();
                        write!(
                            text,
                            "[blobs]\nurl = \"{}\"\nendpoint = \"http://127.0.0.1:{}\"\nregion = \"{}\"\n\
                             access_key = \"{}\"\nsecret_key_file = {key:?}\npatience_seconds = 5\n",
                            bucket.url, proxies[number].port, bucket.region, bucket.access_key,
                        ).unwrap();
                    }
                    _ if number > 0 => {
                        std::fs::create_dir(&data).unwrap();
                        for part in ["blobs", "lists", "documents", "uploads"] {
                            symlink(folder.join("data-0").join(part), data.join(part)).unwrap();
                        }
                    }
                    _ => {}
                }
            }
            std::fs::write(&node.config, text).unwrap();
        }
        let town = Town::new(&mut authority, &folder, &url, bidders);
        let made = Command::new(program())
            .env_remove("KAIBIAO_BIN")
            .args(["account", "admin", "--config"])
            .arg(&nodes[0].config)
            .arg("--cert")
            .arg(town.administrator.write_certificate())
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        for node in &mut nodes {
            node.start().await;
        }
        town.settle(&journal).await;
        Self {
            nodes,
            gate,
            shared,
            journal,
            dice,
            town: Arc::new(town),
            _directory: directory,
        }
    }

    /// One of the nodes.
    pub fn any(&self) -> usize {
        self.dice.roll(self.nodes.len() as u64) as usize
    }

    /// What nodes share.
    pub fn shared(&mut self) -> &mut Shared {
        self.shared.as_mut().expect("there are several nodes")
    }

    pub fn has_bucket(&self) -> bool {
        let shared = self.shared.as_ref();
        shared.is_some_and(|it| it.to_bucket.is_some())
    }

    /// The proxy between a node and the bucket.
    pub fn bucket(&self, node: usize) -> &Proxy {
        let shared = self.shared.as_ref().and_then(|it| it.to_bucket.as_ref());
        &shared.expect("there is a bucket")[node]
    }

    /// Everything is as it should be again.
    pub async fn mend(&mut self) {
        self.gate.weather(Weather::Fair);
        if let Some(shared) = &self.shared {
            let all = shared.to_postgres.iter().chain(&shared.to_redis);
            for proxy in all.chain(shared.to_bucket.iter().flatten()) {
                proxy.weather(Weather::Fair);
            }
        }
        for node in &mut self.nodes {
            node.start().await;
            self.gate.put(node.address);
        }
    }

    /// Stops all nodes in good order, and holds what was acknowledged against what is
    /// stored.
    pub async fn count(mut self, projects: &[String]) {
        self.mend().await;
        for node in &mut self.nodes {
            node.stop().await;
        }
        let overrides = Overrides::default();
        let config = Config::read(Some(&self.nodes[0].config), &overrides).unwrap();
        let app = App::open(config, Clock::system()).await.unwrap();
        let report = fsck::look_over(&app.store, Arc::new(|_, _| ()))
            .await
            .unwrap();
        for fault in report.faults {
            self.journal.wrong(format!("fsck: {fault}"));
        }
        for project in projects {
            let stream = kaibiao_app::deciding::stream(project.parse().unwrap());
            // Folds it from its first event, and checks each.
            let current = app.store.verify::<Project>(&stream).await.unwrap();
            let leaves = app.store.leaves(&stream, current.version).await.unwrap();
            let events = app
                .store
                .events::<Project>(&stream, 0, u32::MAX as _)
                .await
                .unwrap();
            assert_eq!(events.len() as u64, current.version);
            let times = |wanted: &dyn Fn(&What) -> bool| {
                events.iter().filter(|it| wanted(&it.facts.what)).count()
            };
            let mut once = BTreeSet::new();
            for event in &events {
                let (kind, bid) = match &event.facts.what {
                    What::BidReceived { bid, .. } => ("received", bid),
                    What::Unlocked { bid, .. } => ("unlocked", bid),
                    _ => continue,
                };
                if !once.insert((kind, *bid)) {
                    self.journal.wrong(format!("bid {bid} was {kind} twice"));
                }
            }
            if !events.is_sorted_by_key(|it| it.time) {
                self.journal
                    .wrong(format!("the times in {project} decrease"));
            }
            self.journal.count(project, |thing| match thing {
                Thing::Receipt { bid, leaf } => {
                    let received = times(&|what| matches!(what, What::BidReceived { bid: it, .. } if it == bid));
                    if leaves.contains(leaf) { received } else { 0 }
                }
                Thing::Act(act) => {
                    let mut all = events.iter().filter(|it| it.facts.act == Some(*act));
                    // An act may have several events, of different kinds.
                    all.next().map_or(0, |first| {
                        1 + all.filter(|it| it.facts.what.kind() == first.facts.what.kind()).count()
                    })
                }
                Thing::Unlock { bid } => times(&|what| matches!(what, What::Unlocked { bid: it, .. } if it == bid)),
                Thing::Late { bid } => {
                    let received = times(&|what| matches!(what, What::BidReceived { bid: it, .. } if it == bid));
                    let refused = times(&|what| matches!(what, What::SubmissionRefused { bid: Some(it), .. } if it == bid));
                    usize::from(received == 0 && refused > 0)
                }
            });
        }
        app.store.close().await.unwrap();
    }
}
