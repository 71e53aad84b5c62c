//! Two nodes over one database, behind a balancer that knows nothing of sessions.

use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaibiao::serve::Running;
use kaibiao_app::App;
use kaibiao_app::config::Config;
use kaibiao_core::act::Announce;
use kaibiao_core::project::Project;
use kaibiao_store::{Clock, StreamId};
use reqwest::{Client, Method, StatusCode};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::hall::{Hall, lot};
use crate::redis::Redis;
use crate::stands;
use crate::world::{World, nonce};

/// Gives each connection to the next of the nodes that are up.
#[derive(Clone, Default)]
pub struct Balancer {
    nodes: Arc<Mutex<Vec<SocketAddr>>>,
    next: Arc<AtomicUsize>,
}

impl Balancer {
    pub async fn start() -> (Self, String) {
        let balancer = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let own = balancer.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(own.clone().carry(client));
            }
        });
        (balancer, address)
    }

    async fn carry(self, mut client: TcpStream) {
        let nodes = self.nodes.lock().unwrap().clone();
        for _ in &nodes {
            let turn = self.next.fetch_add(1, Ordering::Relaxed);
            let Ok(mut node) = TcpStream::connect(nodes[turn % nodes.len()]).await else {
                continue;
            };
            // What ends on one side is over on the other.
            let _ = copy_bidirectional(&mut client, &mut node).await;
            return;
        }
    }

    pub fn put(&self, node: SocketAddr) {
        self.nodes.lock().unwrap().push(node);
    }

    fn take(&self, node: SocketAddr) {
        self.nodes.lock().unwrap().retain(|it| *it != node);
    }
}

/// Another node of the same service: its own directory, the same secrets, and the files
/// of bids where the first has them.
async fn another(first: &Config, data: &Path) -> Running {
    another_by(first, data, Clock::system()).await
}

/// The same by a clock of its own.
pub async fn another_by(first: &Config, data: &Path, clock: Clock) -> Running {
    std::fs::create_dir(data).unwrap();
    for folder in ["blobs", "lists", "documents", "uploads", "trust"] {
        symlink(first.data.join(folder), data.join(folder)).unwrap();
    }
    let mut config = first.clone();
    config.data = data.to_owned();
    config.secrets = Some(first.secrets());
    Running::start(config, clock).await.unwrap()
}

/// The address of a new database of this name.
pub async fn database(name: &str) -> String {
    let port = tokio::task::spawn_blocking(stands::shared).await.unwrap();
    let server = format!("postgres://postgres@127.0.0.1:{port}");
    let mut conn = PgConnection::connect(&format!("{server}/postgres"))
        .await
        .unwrap();
    let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    format!("{server}/{name}")
}

/// What the service does by itself may still be written while one looks, so they are
/// asked until they agree.
pub async fn both_hold_the_same(nodes: [&App; 2], stream: &StreamId) {
    let mut heads = Vec::new();
    for _ in 0..100 {
        heads.clear();
        for app in nodes {
            heads.push(app.store.load::<Project>(stream).await.unwrap().head);
            heads.push(app.store.verify::<Project>(stream).await.unwrap().head);
        }
        if heads.windows(2).all(|pair| pair[0] == pair[1]) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the nodes never held the same: {heads:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_goes_on_over_two_nodes_while_one_is_replaced() {
    let (balancer, address) = Balancer::start().await;
    let url = database("opening").await;
    let world = World::with(|config| {
        config.store.url = Some(url);
        config.public_url = Some(address.clone());
    })
    .await;
    let config = world.running.app.config.clone();
    let place = world.directory.path().to_owned();
    let second = another(&config, &place.join("second")).await;
    balancer.put(world.running.address);
    balancer.put(second.address);

    let hall = Hall::publish(world, 4, 12.0).await;
    let sealed = hall.submit_all().await;
    hall.until_stage("checking").await;
    hall.start_window().await;
    for (bidder, sealed) in sealed.iter().enumerate().take(2) {
        hall.unlock(bidder, sealed, false).await.unwrap();
    }
    // One node is replaced in the window, as in a rolling restart.
    balancer.take(second.address);
    second.stop().await.unwrap();
    hall.unlock(2, &sealed[2], false).await.unwrap();
    let third = another(&config, &place.join("third")).await;
    balancer.put(third.address);
    hall.unlock(3, &sealed[3], false).await.unwrap();
    hall.until_stage("releasing").await;
    hall.release(0, false).await.unwrap();
    hall.release(2, false).await.unwrap();
    hall.until_stage("opened").await;
    let lots = vec![lot("1")];
    let announce = Announce {
        nonce: nonce(),
        lots,
    };
    hall.act(hall.host(), announce).await;

    // Both hold the same, to the byte, and nobody was away.
    let stream = kaibiao_app::deciding::stream(hall.project.parse().unwrap());
    let [one, other] = [&hall.world.running.app, &third.app];
    assert_eq!((one.store.away(), other.store.away()), (None, None));
    both_hold_the_same([one, other], &stream).await;
    let events = one
        .store
        .events::<Project>(&stream, 0, 10_000)
        .await
        .unwrap();
    let told: Vec<_> = events.iter().map(|event| event.facts.what.kind()).collect();
    assert!(!told.contains(&"outage_noted"), "{told:?}");
    assert_eq!(told.iter().filter(|kind| **kind == "unlocked").count(), 4);

    // A session ends everywhere.
    let cookie = hall.bidders[0].session.server.cookie().unwrap();
    let asked = async |node: SocketAddr, method: Method, path: &str| {
        let request = Client::new().request(method, format!("http://{node}/api/v1/{path}"));
        let request = request.header("cookie", cookie).header("origin", &address);
        request.send().await.unwrap().status()
    };
    let both = [hall.world.running.address, third.address];
    for node in both {
        assert_eq!(asked(node, Method::GET, "session").await, StatusCode::OK);
    }
    assert!(asked(both[0], Method::POST, "logout").await.is_success());
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for node in both {
        assert_ne!(asked(node, Method::GET, "session").await, StatusCode::OK);
    }
    third.stop().await.unwrap();
}

pub async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..200 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what} never came about");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_no_database_other_nodes_know_by_redis_as_long_as_there_is_one() {
    let mut redis = Redis::anywhere();
    let port = redis.port;
    let url = database("redis").await;
    let world = World::with(|config| {
        config.store.url = Some(url);
        config.redis.url = Some(redis.url());
        // Each node is reached at its own address here.
        config.public_url = None;
    })
    .await;
    let config = world.running.app.config.clone();
    let place = world.directory.path().join("second");
    let second = another(&config, &place).await;
    let hall = Hall::publish(world, 0, 3_600.0).await;
    let project = hall.project.parse().unwrap();
    let apps = [&hall.world.running.app, &second.app];
    let heard = || apps.iter().all(|app| app.bus.is_heard());
    until("hearing", heard).await;

    let host = &hall.officials[0].organisation;
    let seen = || second.app.memory.presence.of(project, host).map(|it| it.at);
    let _: serde_json::Value = hall.get("lots/1/terms").await;
    until("knowing whom the other has seen", || seen().is_some()).await;

    // Without it nodes look for themselves: slower, and nothing is lost.
    redis.end();
    until("noticing that it is gone", || {
        !apps.iter().any(|app| app.bus.is_heard())
    })
    .await;
    let mut changes = second.app.store.subscribe();
    let act = kaibiao_core::act::Clarify {
        nonce: nonce(),
        title: "补充说明".to_owned(),
        text: "请按补充说明报价".to_owned(),
        attachments: Vec::new(),
    };
    hall.act(hall.host(), act).await;
    let woken = tokio::time::timeout(Duration::from_secs(5), changes.recv()).await;
    assert!(!woken.expect("nobody was woken").unwrap().here);

    let before = seen();
    let _back = Redis::start(port);
    until("hearing again", heard).await;
    let _: serde_json::Value = hall.get("lots/1/terms").await;
    until("knowing it again", || seen() > before).await;
    second.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_holds_over_all_nodes_and_each_counts_alone_while_redis_is_gone() {
    const MOST: usize = 7;
    let mut redis = Redis::anywhere();
    let port = redis.port;
    let url = database("limits").await;
    let world = World::with(|config| {
        config.store.url = Some(url);
        config.redis.url = Some(redis.url());
        config.public_url = None;
        // One more takes a minute.
        config.limits.logins_per_minute = 1;
        config.limits.logins_burst = u32::try_from(MOST).unwrap();
    })
    .await;
    let config = world.running.app.config.clone();
    let second = another(&config, &world.directory.path().join("second")).await;
    let apps = [&world.running.app, &second.app];
    let common = || apps.iter().all(|app| app.counts.are_common());
    until("counting together", common).await;

    let client = Client::new();
    let ask = async |node: SocketAddr| {
        let request = client.post(format!("http://{node}/api/v1/login/challenge"));
        request.send().await.unwrap()
    };
    let nodes = [world.running.address, second.address];
    for turn in 0..MOST {
        let reply = ask(nodes[turn % 2]).await;
        assert_eq!(reply.status(), StatusCode::OK, "{turn}");
    }
    // Neither has met as many as the limit; both together have.
    for node in nodes {
        let reply = ask(node).await;
        assert_eq!(reply.status(), StatusCode::TOO_MANY_REQUESTS);
        let after = reply.headers()["retry-after"].to_str().unwrap();
        let after: u64 = after.parse().unwrap();
        assert!((1..=61).contains(&after), "{after}");
    }

    // Without Redis a node goes by what it has met itself.
    redis.end();
    let reply = ask(nodes[0]).await;
    assert_eq!(reply.status(), StatusCode::OK);
    until("noticing that it is gone", || {
        !apps.iter().any(|app| app.counts.are_common())
    })
    .await;
    let mut admitted = 1;
    while ask(nodes[0]).await.status() == StatusCode::OK {
        admitted += 1;
        assert!(admitted <= MOST, "it counts nothing");
    }
    assert!(admitted > 1, "it refuses without having met so many");

    let _back = Redis::start(port);
    until("counting together again", common).await;
    second.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_proves_by_the_public_log_every_node_proves_at_once() {
    let url = database("proves").await;
    let world = World::with(|config| config.store.url = Some(url)).await;
    let config = world.running.app.config.clone();
    let place = world.directory.path().join("second");
    let second = another(&config, &place).await;
    let both = [world.running.address, second.address];
    let hall = Hall::publish(world, 0, 3_600.0).await;
    let path = format!("projects/{}/lots/1/terms/logged", hall.project);
    let ask = async |node: SocketAddr| {
        let asked = Client::new()
            .get(format!("http://{node}/api/v1/{path}"))
            .send();
        asked.await.unwrap().status()
    };
    // Whichever node signs, the other one's files come after that.
    for _ in 0..600 {
        let [one, other] = both.map(&ask);
        let (one, other) = tokio::join!(one, other);
        for told in [one, other] {
            assert!(
                matches!(told, StatusCode::OK | StatusCode::NOT_FOUND),
                "{told}"
            );
        }
        if (one, other) == (StatusCode::OK, StatusCode::OK) {
            return second.stop().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("there was never a proof");
}
