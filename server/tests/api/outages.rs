//! A service of its own that stands still or dies, over the end of a window and
//! over T0. What is lost is given back, and nobody is late by it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_api::{EventPage, SubmitRequest};
use kaibiao_app::config::Config;
use kaibiao_client::http::Session;
use kaibiao_crypto::bid::chunk_digests;
use reqwest::StatusCode;
use serde_json::Value;
use tempfile::TempDir;

use crate::hall::{Bidder, Hall, Sealed, lot};
use crate::process::{Service, begin, patch};
use crate::world::World;

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

async fn sleep_until(at: i64) {
    let left = u64::try_from(at - now()).unwrap_or_default();
    tokio::time::sleep(Duration::from_millis(left)).await;
}

/// For how long after the end of the window the service dies again and again;
/// `KAIBIAO_CRASH_SECONDS` makes it longer.
fn crash_seconds() -> i64 {
    let told = std::env::var("KAIBIAO_CRASH_SECONDS");
    told.map_or(2, |seconds| seconds.parse().unwrap())
}

/// A project whose service is the real program.
struct Stage {
    config: Config,
    service: Service,
    project: String,
    bidders: Vec<Bidder>,
    sealed: Vec<Sealed>,
    supervisor: Session,
    /// What the data lies in.
    _directory: TempDir,
}

impl Stage {
    /// Stops the service of this process and starts the program on its data.
    async fn of(hall: Hall, sealed: Vec<Sealed>) -> Self {
        let Hall {
            world,
            project,
            officials,
            mut bidders,
            ..
        } = hall;
        let World {
            directory, running, ..
        } = world;
        let config = running.app.config.clone();
        running.stop().await.unwrap();
        let service = Service::start(&config);
        for bidder in &mut bidders {
            bidder.session = service.log_in(&bidder.person).await;
        }
        let supervisor = service.log_in(&officials[2]).await;
        Self {
            config,
            service,
            project,
            bidders,
            sealed,
            supervisor,
            _directory: directory,
        }
    }

    /// Two bidders whose window ends `window` seconds after it began.
    async fn unlocking(window: u32) -> Self {
        let hall = Hall::publish_with(World::start().await, 2, 8.0, |draft| {
            let lot = draft.lots.get_mut(&lot("1")).unwrap();
            lot.policy.stays.window = window;
        });
        let hall = hall.await;
        let all = hall.submit_all().await;
        hall.until_stage("checking").await;
        hall.start_window().await;
        Self::of(hall, all).await
    }

    /// A member of the lot, as the supervisor sees it.
    async fn lot(&self) -> Value {
        let path = format!("projects/{}", self.project);
        let view: Value = self.supervisor.server.get(&path).await.unwrap();
        view["lots"]["1"].clone()
    }

    async fn due(&self) -> i64 {
        self.lot().await["due"].as_i64().unwrap()
    }

    async fn unlock(&self, bidder: usize) -> Result<Value, String> {
        let sealed = &self.sealed[bidder];
        self.bidders[bidder]
            .unlock(&self.project, sealed, false)
            .await
    }

    /// Stands still from one instant to another.
    async fn stall(&self, from: i64, to: i64) {
        sleep_until(from).await;
        self.service.signal("STOP");
        sleep_until(to).await;
        self.service.signal("CONT");
    }

    /// The causes of the outages on record.
    async fn causes(&self) -> Vec<String> {
        let path = format!("projects/{}/events?after=0&limit=1000", self.project);
        let page: EventPage = self.supervisor.server.get(&path).await.unwrap();
        let facts = page.events.iter().filter_map(|event| event.facts.as_ref());
        let what = facts.map(|facts| &facts["what"]);
        what.filter(|what| what["kind"] == "outage_noted")
            .map(|what| what["cause"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unlock_sent_in_a_stall_over_the_end_of_the_window_is_in_time() {
    let stage = Stage::unlocking(25).await;
    let due = stage.due().await;
    let back = due + 7_000;
    let (told, ()) = tokio::join!(
        async {
            sleep_until(due - 500).await;
            stage.unlock(0).await
        },
        stage.stall(due - 1_000, back),
    );
    told.unwrap();
    assert!(stage.due().await >= back + 115_000);
    assert!(stage.causes().await.contains(&"stalled".to_owned()));
    stage.unlock(1).await.unwrap();
    assert_eq!(stage.lot().await["stage"], "releasing");
    stage.service.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_loop_over_the_end_of_the_window_forfeits_nobodys_bid() {
    let mut stage = Stage::unlocking(20).await;
    let due = stage.due().await;
    // So much of the window is left after each start; a start takes some of it.
    sleep_until(due - 4_000).await;
    while now() < due + 1_000 * crash_seconds() {
        stage.service.restart(&stage.config);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(stage.lot().await["stage"], "unlocking");
    assert!(stage.causes().await.contains(&"killed".to_owned()));
    for bidder in 0..2 {
        stage.unlock(bidder).await.unwrap();
    }
    assert_eq!(stage.lot().await["stage"], "releasing");
    stage.service.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bid_sent_in_a_stall_over_t0_is_in_time() {
    let hall = Hall::publish(World::start().await, 1, 25.0).await;
    let t0 = hall.t0;
    let sealed = hall.seal(0, "100000", &[("a.pdf", vec![7; 1000])]);
    let act = hall.submit_act(&sealed, 1, None);
    let signed = hall.bidders[0].session.sign(&hall.project, &act).unwrap();
    let chunks = chunk_digests(sealed.header.promise(), &mut &sealed.body[..]);
    let request = SubmitRequest {
        consents: Vec::new(),
        header: BASE64.encode(sealed.header.to_bytes()),
        act: serde_json::from_value(serde_json::to_value(signed).unwrap()).unwrap(),
        chunks: Some(BASE64.encode(chunks.unwrap().unwrap())),
    };
    let body = sealed.body.clone();
    let stage = Stage::of(hall, vec![sealed]).await;
    let session = &stage.bidders[0].session;
    let (begun, ()) = tokio::join!(
        async {
            sleep_until(t0 - 500).await;
            begin(session, &stage.project, &request, body.len()).await
        },
        stage.stall(t0 - 1_000, t0 + 7_000),
    );
    let upload = begun.upload.unwrap();
    let reply = patch(session, &upload, 0, body).send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::NO_CONTENT);
    assert!(reply.headers().contains_key("Kaibiao-Receipt"));
    stage.service.kill();
}
