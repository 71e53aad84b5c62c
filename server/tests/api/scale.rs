//! How the work of the service with its store grows with the number of bidders: one
//! lot from the first bid to the record, in CPU seconds of a process of its own.

use std::time::Duration;

use kaibiao_api::{AcceptedView, ProjectList};
use kaibiao_client::http::{Server, Session};
use kaibiao_core::act::{
    Act, Announce, CloseObjections, OpenObjections, Postpone, PublishList, Representative, SignIn,
    StartWindow,
};
use kaibiao_core::ids::Millis;
use kaibiao_core::state::Stage;
use serde_json::Value;

use crate::hall::{Bidder, Hall, lot};
use crate::opening::releasing;
use crate::process::{Service, begin, patch};
use crate::world::{World, nonce};

/// How often a view is fetched for one figure.
const VIEWS: usize = 20;

/// The seconds until T0 at first: everybody registers and seals until then.
fn until_t0(bidders: usize) -> f64 {
    30.0 + bidders as f64 * 0.3
}

/// T0, which the host postpones for as long as bids still come in: how long that takes
/// depends on the machine.
struct Deadline<'a> {
    host: &'a Session,
    project: &'a str,
    t0: Millis,
}

impl Deadline<'_> {
    async fn keep_ahead(&mut self) {
        let left = self.t0 - jiff::Timestamp::now().as_millisecond();
        if left > 15_000 {
            return;
        }
        self.t0 += 20_000;
        let act = Act::Postpone(Postpone {
            nonce: nonce(),
            t0: self.t0,
            reason: "投标人尚在递交".to_owned(),
        });
        let done = self.host.act(self.project, &act, Vec::new()).await;
        done.unwrap();
    }
}

/// What each part took, in CPU seconds of the service.
struct Costs {
    service: Service,
    so_far: f64,
    parts: Vec<(&'static str, f64)>,
}

impl Costs {
    fn of(service: Service) -> Self {
        let so_far = service.cpu();
        Self {
            service,
            so_far,
            parts: Vec::new(),
        }
    }

    /// Books what was used since the last part under a name.
    fn book(&mut self, name: &'static str) {
        let now = self.service.cpu();
        self.parts.push((name, now - self.so_far));
        self.so_far = now;
    }

    /// Forgets what was used since the last part: waiting, and asking how far it is.
    fn skip(&mut self) {
        self.so_far = self.service.cpu();
    }
}

/// The stage of the only lot, by the list, which costs the same however many bid.
async fn stage(server: &Server) -> Stage {
    let list: ProjectList = server.get("projects").await.unwrap();
    list.projects[0].stages[&lot("1")]
}

async fn until_stage(server: &Server, wanted: Stage) {
    while stage(server).await != wanted {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Fetches what is made after a while.
async fn until_there(server: &Server, path: &str) -> Vec<u8> {
    loop {
        match server.get_bytes(path).await {
            Ok(bytes) => return bytes,
            Err(_) => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    }
}

async fn logged_in(service: &Service, bidder: &mut Bidder) {
    bidder.session = service.log_in(&bidder.person).await;
}

/// The same person for all: the most that host and supervisor can be pointed at.
fn sign_in() -> Act {
    Act::SignIn(SignIn {
        nonce: nonce(),
        lot: lot("1"),
        representative: Representative {
            name: "张三".to_owned(),
            phone: "13800000000".to_owned(),
            identity: "居民身份证".to_owned(),
            identity_number: "350100199001011234".to_owned(),
            authorisation: None,
        },
    })
}

/// One lot with so many bidders; what each part took, and the peak of memory in MiB.
async fn opening(bidders: usize) -> (Vec<(&'static str, f64)>, f64) {
    let world = World::with(|config| {
        config.limits.logins_per_minute = 60_000;
        config.limits.logins_burst = 60_000;
    });
    let hall = Hall::publish(world.await, bidders, until_t0(bidders)).await;
    let sealed: Vec<_> = (0..bidders)
        .map(|bidder| hall.seal(bidder, "100000", &[("a.pdf", vec![7; 1000])]))
        .collect();
    let requests: Vec<_> = sealed
        .iter()
        .enumerate()
        .map(|(bidder, sealed)| hall.first_request(bidder, sealed))
        .collect();
    let Hall {
        world,
        project,
        custodians,
        officials,
        t0,
        bidders: mut all,
        ..
    } = hall;
    let config = world.running.app.config.clone();
    world.running.stop().await.unwrap();

    let service = Service::start(&config);
    let public = Server::new(&service.url, None).unwrap();
    let mut seats = Vec::new();
    for person in &officials {
        seats.push(service.log_in(person).await);
    }
    let (host, supervisor) = (&seats[0], &seats[2]);
    let path = format!("projects/{project}");
    let act = async |session: &Session, act: Act| {
        session.act(&project, &act, Vec::new()).await.unwrap();
    };

    let mut deadline = Deadline {
        host,
        project: &project,
        t0,
    };
    let mut costs = Costs::of(service);
    for bidder in &mut all {
        deadline.keep_ahead().await;
        logged_in(&costs.service, bidder).await;
    }
    costs.book("logins");
    for ((bidder, sealed), request) in all.iter().zip(&sealed).zip(&requests) {
        deadline.keep_ahead().await;
        let length = sealed.body.len();
        let begun = begin(&bidder.session, &project, request, length).await;
        let upload = begun.upload.unwrap();
        let sent = patch(&bidder.session, &upload, 0, sealed.body.clone());
        let reply = sent.send().await.unwrap();
        assert!(reply.headers().contains_key("Kaibiao-Receipt"));
    }
    costs.book("submissions");
    for bidder in &all {
        deadline.keep_ahead().await;
        act(&bidder.session, sign_in()).await;
    }
    costs.book("signing in");
    until_stage(&public, Stage::Checking).await;
    costs.skip();

    let list = PublishList {
        nonce: nonce(),
        lot: lot("1"),
    };
    act(host, list.into()).await;
    let window = StartWindow {
        nonce: nonce(),
        lots: vec![lot("1")],
        seconds: None,
    };
    // It waits for the closing statement.
    while host
        .act(&project, &window.clone().into(), Vec::new())
        .await
        .is_err()
    {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    costs.book("list and start");
    for (name, server) in [
        ("view, public", &public),
        ("view, host", &host.server),
        ("view, supervisor", &supervisor.server),
    ] {
        for _ in 0..VIEWS {
            let _: Value = server.get(&path).await.unwrap();
        }
        costs.book(name);
    }
    for (bidder, sealed) in all.iter().zip(&sealed) {
        bidder.unlock(&project, sealed, false).await.unwrap();
    }
    costs.book("unlocks");

    until_stage(&public, Stage::Releasing).await;
    let bytes = until_there(&host.server, &format!("{path}/lots/1/accepted")).await;
    let view: AcceptedView = serde_json::from_slice(&bytes).unwrap();
    for (session, (_, key)) in seats.iter().zip(&custodians).take(2) {
        let (act, secrets) = releasing(&view, key, false);
        session.act(&project, &act, secrets).await.unwrap();
    }
    until_stage(&public, Stage::Opened).await;
    costs.book("release and opening");
    let announce = Announce {
        nonce: nonce(),
        lots: vec![lot("1")],
    };
    act(host, announce.into()).await;
    costs.book("announcing");
    for _ in 0..VIEWS {
        let _: Value = public.get(&path).await.unwrap();
    }
    costs.book("view, public, announced");
    let objections = OpenObjections {
        nonce: nonce(),
        lots: vec![lot("1")],
        seconds: None,
    };
    act(host, objections.into()).await;
    // Documents are still being decrypted: they are part of no other figure.
    loop {
        let list: kaibiao_api::DocumentList =
            host.server.get(&format!("{path}/documents")).await.unwrap();
        if list.done == list.total {
            break;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    costs.book("documents");
    let close = CloseObjections {
        nonce: nonce(),
        lots: vec![lot("1")],
    };
    act(host, close.into()).await;
    let record = until_there(&host.server, &format!("{path}/lots/1/record.json")).await;
    let paper = until_there(&host.server, &format!("{path}/lots/1/record.pdf")).await;
    costs.book("record and its PDF");
    let record: Value = serde_json::from_slice(&record).unwrap();
    assert_eq!(record["lot"]["id"], "1");
    assert!(paper.starts_with(b"%PDF-"));
    let peak = costs.service.peak() as f64 / f64::from(1 << 20);
    let Costs { service, parts, .. } = costs;
    service.kill();
    (parts, peak)
}

/// Prints, for 100, 452 and 1,000 bidders, what each part took and by how much it
/// grew. Some minutes: `docs/ops/building.md` says how it is run.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes, and judges nothing but that everything goes through"]
async fn an_opening_with_a_thousand_bidders_is_measured() {
    let sizes = [100, 452, 1_000];
    let mut columns = Vec::new();
    for bidders in sizes {
        columns.push(opening(bidders).await);
    }
    println!("CPU seconds of the service; views {VIEWS} times each");
    let [a, b, c] = sizes;
    println!("{:26}{a:>9}{b:>9}{c:>9}{:>9}", "", "ratio");
    let line = |name: &str, figures: Vec<f64>| {
        let ratio = figures[2] / figures[0].max(0.01);
        let [a, b, c] = figures[..] else {
            unreachable!("one of each size")
        };
        println!("{name:26}{a:>9.2}{b:>9.2}{c:>9.2}{ratio:>9.1}");
    };
    for (index, (name, _)) in columns[0].0.iter().enumerate() {
        let figures = columns.iter().map(|(parts, _)| parts[index].1);
        line(name, figures.collect());
    }
    line(
        "peak of memory, MiB",
        columns.iter().map(|it| it.1).collect(),
    );
}
