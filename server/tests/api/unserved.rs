//! Errors of the platform's own that bidders are answered while others are served:
//! what falls due meanwhile waits, and the time is given back.

use std::fs;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, Timestamp};
use kaibiao_app::deciding;
use kaibiao_core::act::{Act, Unlock};
use kaibiao_core::event::Cause;
use kaibiao_core::state::Stage;
use kaibiao_crypto::Digest;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::hall::{Hall, lot};
use crate::world::{Person, World, again, nonce};

impl Hall {
    /// Publishes the authority's list, which ends so many seconds from now.
    fn list_until(&mut self, seconds: i64) {
        let end = Timestamp::now() + SignedDuration::from_secs(seconds);
        self.world.authority.publish(end).unwrap();
        let trust = self.world.running.app.config.trust();
        self.world.authority.write_trust(&trust).unwrap();
        self.world.running.app.memory.authorities.refresh().unwrap();
    }

    /// The causes of the outages that are noted, also while nobody may read of them.
    async fn noted(&self) -> Vec<Cause> {
        let project = self.project.parse().unwrap();
        let current = deciding::load(&self.world.running.app, project).await;
        let outages = &current.unwrap().state.outages;
        outages.iter().map(|outage| outage.cause).collect()
    }

    /// The causes of the outages on record, as the supervisor reads them; but for the
    /// stalls of a machine that has much else to do, which are not what is tried here.
    async fn causes(&self) -> Vec<String> {
        let path = format!("projects/{}/events?after=0&limit=1000", self.project);
        let page: Value = self.supervisor().server.get(&path).await.unwrap();
        let events = page["events"].as_array().unwrap();
        let what = events.iter().map(|event| &event["facts"]["what"]);
        what.filter(|what| what["kind"] == "outage_noted")
            .map(|what| what["cause"].as_str().unwrap().to_owned())
            .filter(|cause| cause != "stalled")
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_waits_for_bidders_whose_authoritys_list_has_ended() {
    let mut hall = Hall::publish_with(World::start().await, 2, 8.0, |draft| {
        let lot = draft.lots.get_mut(&lot("1")).unwrap();
        lot.policy.stays.window = 10;
    })
    .await;
    let all = hall.submit_all().await;
    hall.until_stage("checking").await;
    hall.start_window().await;
    hall.list_until(2);
    tokio::time::sleep(Duration::from_secs(4)).await;
    let due = hall.lot().await.due.unwrap();
    for (bidder, sealed) in all.iter().enumerate() {
        let refused = hall.unlock(bidder, sealed, false).await.unwrap_err();
        assert!(refused.contains("certificate-crl-stale"), "{refused}");
    }
    while hall.world.running.app.now() < due + 1_000 {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let waiting = hall.lot().await;
    assert_eq!(waiting.stage, Stage::Unlocking);
    assert!(waiting.due.unwrap() >= due + 120_000);
    assert_eq!(hall.causes().await, ["unserved"]);

    hall.list_until(86_400);
    for (bidder, sealed) in all.iter().enumerate() {
        hall.unlock(bidder, sealed, false).await.unwrap();
    }
    assert_eq!(hall.lot().await.stage, Stage::Releasing);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_waits_for_bidders_whose_authoritys_list_cannot_be_read_after_a_restart() {
    let mut hall = Hall::publish_with(World::start().await, 1, 8.0, |draft| {
        let lot = draft.lots.get_mut(&lot("1")).unwrap();
        lot.policy.stays.window = 15;
    })
    .await;
    let sealed = hall.submit_all().await.remove(0);
    hall.until_stage("checking").await;
    hall.start_window().await;
    hall.world = hall
        .world
        .restart_meanwhile(|config| {
            for file in fs::read_dir(config.trust()).unwrap() {
                let path = file.unwrap().path();
                if path.to_string_lossy().ends_with(".crl.pem") {
                    fs::write(path, "no list").unwrap();
                }
            }
        })
        .await;
    let due = hall.lot().await.due.unwrap();
    // Who was logged in still is, and is told what is the matter.
    let bidder = &hall.bidders[0];
    let cookie = bidder.session.server.cookie().unwrap().to_owned();
    let (act, secrets) = bidder.unlock_act(&sealed, false);
    let mut unlock = bidder.session.sign(&hall.project, &act).unwrap();
    unlock.secrets = secrets;
    let path = format!("projects/{}/acts", hall.project);
    let send = |hall: &Hall| {
        let request = hall.world.server().request(Method::POST, &path);
        request.header("cookie", &cookie).json(&unlock).send()
    };
    // A busy machine's own stall may move the end of the window before this does.
    let now = || hall.world.running.app.now();
    while now() < due + 1_000 || !hall.noted().await.contains(&Cause::Unserved) {
        assert!(now() < due + 60_000, "nothing is noted");
        let refused: Value = send(&hall).await.unwrap().json().await.unwrap();
        let code = refused["code"].as_str().unwrap();
        assert!(code.starts_with("certificate-crl-"), "{refused}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(hall.lot().await.stage, Stage::Unlocking);
    hall.list_until(86_400);
    let taken = send(&hall).await.unwrap();
    assert_eq!(taken.status(), 200);
    assert_eq!(hall.lot().await.stage, Stage::Releasing);
}

#[tokio::test(flavor = "multi_thread")]
async fn t0_waits_while_no_upload_can_be_written() {
    let hall = Hall::publish(World::start().await, 1, 6.0).await;
    let uploads = hall.world.running.app.config.data.join("uploads");
    let away = uploads.with_extension("away");
    fs::rename(&uploads, &away).unwrap();
    let sealed = hall.seal(0, "100000", &[("a.pdf", vec![7; 1000])]);
    let act = hall.submit_act(&sealed, 1, None);
    while hall.world.running.app.now() < hall.t0 - 1_000 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (status, _) = hall.begin(0, &sealed, &act, true).await;
    assert_eq!(status.as_u16(), 503);
    while hall.world.running.app.now() < hall.t0 + 500 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(hall.lot().await.stage, Stage::Bidding);
    let view = hall.until("read", |view| view["t0"].is_i64()).await;
    assert!(view["t0"].as_i64().unwrap() >= hall.t0 + 120_000, "{view}");
    fs::rename(&away, &uploads).unwrap();
    let taken = hall.submit(0, &sealed, &act).await;
    assert!(taken.status().is_success());
}

/// An act of a bidder's with another certificate's chain in the place of its own.
fn with_chain(hall: &Hall, bidder: usize, act: &Act, of: &Person) -> Value {
    let session = &hall.bidders[bidder].session;
    let signed = session.sign(&hall.project, act).unwrap();
    let mut signed = serde_json::to_value(signed).unwrap();
    let chain = of.chain().into_iter().map(|der| BASE64.encode(der));
    signed["signature"]["chain"] = chain.collect();
    signed
}

async fn refused(hall: &Hall, bidder: usize, path: &str, body: &Value) {
    let path = format!("projects/{}/{path}", hall.project);
    let server = &hall.bidders[bidder].session.server;
    let request = server.request(Method::POST, &path).json(body);
    let refused = request.send().await.unwrap();
    let (status, problem): (_, Value) = (refused.status(), refused.json().await.unwrap());
    assert_eq!(status.as_u16(), 503, "{problem}");
    assert_eq!(problem["code"], "certificate-crl-stale");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_that_somebody_chose_moves_nothing_and_is_no_attempt() {
    let (world, mut other) = World::with_two_authorities().await;
    let hall = Hall::publish_with(world, 2, 12.0, |draft| {
        let lot = draft.lots.get_mut(&lot("1")).unwrap();
        lot.policy.stays.window = 6;
    })
    .await;
    let foreign = again(&mut other, &hall.bidders[0].person);
    let all = hall.submit_all().await;
    let end = Timestamp::now() + SignedDuration::from_secs(2);
    other.publish(end).unwrap();
    let trust = hall.world.running.app.config.trust();
    other.write_trust(&trust).unwrap();
    hall.world.running.app.memory.authorities.refresh().unwrap();
    while hall.world.running.app.now() < hall.t0 - 1_000 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let another = hall.seal(0, "90000", &[("a.pdf", vec![7; 1000])]);
    let act = hall.submit_act(&another, 2, Some(all[0].header.digest()));
    let chosen = with_chain(&hall, 0, &act, &foreign);
    let body = json!({ "header": BASE64.encode(another.header.to_bytes()), "act": chosen });
    refused(&hall, 0, "lots/1/bids", &body).await;
    let view = hall.until_stage("checking").await;
    assert_eq!(view["t0"], hall.t0);

    hall.start_window().await;
    let due = hall.lot().await.due.unwrap();
    hall.unlock(1, &all[1], false).await.unwrap();
    let unlock = Act::Unlock(Unlock {
        nonce: nonce(),
        lot: lot("1"),
        bid: all[0].header.digest(),
        key: Digest::of(b"nothing"),
    });
    let chosen = with_chain(&hall, 0, &unlock, &foreign);
    refused(&hall, 0, "acts", &chosen).await;
    hall.until("over", |view| view["lots"]["1"]["stage"] != "unlocking")
        .await;
    let over = hall.lot().await;
    assert!(over.since < due + 1_000);
    let silent = over
        .parties
        .values()
        .find(|it| it.live == Some(all[0].header.digest()));
    assert!(silent.unwrap().attempts.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_read_as_it_stands_while_the_store_cannot_be_written() {
    let hall = Hall::publish(World::start().await, 1, 4.0).await;
    let database = hall.world.running.app.config.data.join("kaibiao.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
    let mut other = options.connect().await.unwrap();
    // Somebody holds what every writer needs, for longer than a writer waits.
    let held = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    while hall.world.running.app.now() < hall.t0 + 500 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let path = format!("projects/{}", hall.project);
    let view: Value = hall.host().server.get(&path).await.unwrap();
    assert_eq!(view["lots"]["1"]["stage"], "bidding", "{view}");

    // When it can be written again, those who were kept waiting have time.
    held.rollback().await.unwrap();
    let later = |view: &Value| view["t0"].as_i64().unwrap() >= hall.t0 + 120_000;
    hall.until("later", later).await;
    assert_eq!(hall.noted().await, [Cause::Stalled]);
}
