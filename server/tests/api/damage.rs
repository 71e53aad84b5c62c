//! What somebody does who can write to the data directory and holds no key, and what a
//! disk does by itself: it is found, named, and never believed.

use std::fs;
use std::path::{Path, PathBuf};

use kaibiao::serve::Running;
use kaibiao_api::{BidState, ProjectList, ReadyView, SubmitAccepted, Trouble};
use kaibiao_app::config::Config;
use kaibiao_store::Clock;
use reqwest::StatusCode;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use crate::hall::{Hall, Sealed};
use crate::world::World;

/// Changes the database of a stopped service.
pub async fn edit(config: &Config, statement: &str) {
    let file = config.data.join("kaibiao.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let mut conn = options.connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut conn)
        .await
        .unwrap();
    conn.close().await.unwrap();
}

/// A hall with a bid of which the first half is on disk, and the upload's address.
async fn half_uploaded() -> (Hall, Sealed, String, usize) {
    let hall = Hall::publish(World::start().await, 1, 3600.0).await;
    let sealed = hall.seal(0, "100", &[("a.pdf", vec![0x5a; 3 << 20])]);
    let act = hall.submit_act(&sealed, 1, None);
    let (status, begun) = hall.begin(0, &sealed, &act, false).await;
    assert_eq!(status, StatusCode::CREATED, "{begun}");
    let begun: SubmitAccepted = serde_json::from_value(begun).unwrap();
    let upload = begun.upload.unwrap();
    let half = sealed.body.len() / 2;
    let reply = hall
        .patch(0, &upload, 0, sealed.body[..half].to_vec())
        .await;
    assert_eq!(reply.status(), StatusCode::NO_CONTENT);
    (hall, sealed, upload, half)
}

fn upload_file(config: &Config) -> PathBuf {
    let mut found = fs::read_dir(config.data.join("uploads")).unwrap();
    found.next().unwrap().unwrap().path()
}

fn lengthen(file: &Path, length: usize) {
    let file = fs::File::options().write(true).open(file).unwrap();
    file.set_len(length as u64).unwrap();
}

/// Sends what the service says it lacks, until it has all of it.
async fn finish(hall: &Hall, sealed: &Sealed, upload: &str, from: usize) {
    let mut offset = from;
    for _ in 0..8 {
        let rest = sealed.body[offset..].to_vec();
        let reply = hall.patch(0, upload, offset as u64, rest).await;
        if reply.status() == StatusCode::NO_CONTENT {
            assert!(reply.headers().contains_key("Kaibiao-Receipt"));
            return;
        }
        let refused: serde_json::Value = reply.json().await.unwrap();
        assert_eq!(refused["code"], "upload-offset", "{refused}");
        offset = refused["params"]["offset"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
    }
    panic!("the upload never came to its end");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_only_its_row_calls_whole_becomes_no_bid() {
    let (hall, sealed, upload, half) = half_uploaded().await;
    let length = sealed.body.len();
    let hall = hall
        .restart_meanwhile(async |config| {
            lengthen(&upload_file(config), length);
            edit(config, "UPDATE uploads SET offset = length").await;
        })
        .await;
    let list = hall.bids(0).await;
    assert_eq!(list.bids.len(), 1);
    assert_eq!(list.bids[0].state, BidState::Uploading);
    finish(&hall, &sealed, &upload, half).await;
    assert_eq!(hall.bids(0).await.bids[0].state, BidState::Live);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_changed_or_went_while_the_service_was_away_are_sent_again() {
    let (hall, sealed, upload, half) = half_uploaded().await;
    let hall = hall
        .restart_meanwhile(async |config| {
            let file = upload_file(config);
            let mut bytes = fs::read(&file).unwrap();
            bytes[half - 1] ^= 1;
            bytes.truncate(half - 100);
            fs::write(&file, bytes).unwrap();
        })
        .await;
    finish(&hall, &sealed, &upload, half).await;
    assert_eq!(hall.bids(0).await.bids[0].state, BidState::Live);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_not_the_promised_ones_are_never_counted_after_a_restart() {
    let (hall, sealed, upload, half) = half_uploaded().await;
    let hall = hall
        .restart_meanwhile(async |config| {
            let file = upload_file(config);
            let mut bytes = fs::read(&file).unwrap();
            bytes[0] ^= 1;
            fs::write(&file, bytes).unwrap();
        })
        .await;
    finish(&hall, &sealed, &upload, half).await;
    assert_eq!(hall.bids(0).await.bids[0].state, BidState::Live);
}

async fn ready(hall: &Hall) -> (StatusCode, ReadyView) {
    let url = format!("{}/readyz", hall.world.url());
    let reply = reqwest::get(url).await.unwrap();
    (reply.status(), reply.json().await.unwrap())
}

async fn code(hall: &Hall, path: &str) -> (StatusCode, String) {
    let request = hall.world.server().request(reqwest::Method::GET, path);
    let reply = request.send().await.unwrap();
    let status = reply.status();
    let body: serde_json::Value = reply.json().await.unwrap();
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

/// A hall with one whole bid.
async fn with_a_bid() -> Hall {
    let hall = Hall::publish(World::start().await, 1, 3600.0).await;
    let sealed = hall.seal(0, "100", &[("a.pdf", vec![0x5a; 3000])]);
    let act = hall.submit_act(&sealed, 1, None);
    let reply = hall.submit(0, &sealed, &act).await;
    assert_eq!(reply.status(), StatusCode::NO_CONTENT);
    hall
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_project_stands_still_by_name_and_the_service_goes_on() {
    for damage in [
        "UPDATE events SET facts = x'00' WHERE seq = 2 AND stream = \
         (SELECT id FROM streams WHERE kind = 'project')",
        "UPDATE streams SET summary = x'00' WHERE kind = 'project'",
    ] {
        let hall = with_a_bid().await;
        let hall = hall
            .restart_meanwhile(async |config| edit(config, damage).await)
            .await;
        let project = format!("projects/{}", hall.project);
        let told = (
            StatusCode::SERVICE_UNAVAILABLE,
            "project-damaged".to_owned(),
        );
        assert_eq!(code(&hall, &project).await, told);
        let (status, view) = ready(&hall).await;
        assert_eq!(status, StatusCode::OK, "{view:?}");
        assert_eq!(view.troubled.len(), 1, "{view:?}");
        assert_eq!(view.troubled[0].project, hall.project);
        for path in ["projects", "projects?stage=open"] {
            let _: ProjectList = hall.world.server().get(path).await.unwrap();
        }
        let supervisor = &hall.supervisor().server;
        let mine: ProjectList = supervisor.get("projects?mine=true").await.unwrap();
        assert_eq!(mine.troubled.len(), 1);
        assert_eq!(mine.troubled[0].trouble, Trouble::Damaged);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_that_are_gone_from_the_database_make_readiness_fail() {
    let hall = with_a_bid().await;
    let hall = hall
        .restart_meanwhile(async |config| edit(config, "DELETE FROM secrets").await)
        .await;
    let (status, view) = ready(&hall).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!view.checks["secrets"]);
    assert_eq!(view.troubled[0].project, hall.project);
    assert!(view.troubled[0].number.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_key_that_is_gone_while_it_runs_makes_readiness_fail() {
    let hall = with_a_bid().await;
    let secrets = hall.world.running.app.config.secrets();
    fs::remove_file(secrets.join("root")).unwrap();
    let (status, view) = ready(&hall).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!view.checks["secrets"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ciphertexts_that_are_gone_are_told_before_the_unlock() {
    let hall = with_a_bid().await;
    let hall = hall
        .restart_meanwhile(async |config| {
            fs::remove_dir_all(config.data.join("blobs")).unwrap();
        })
        .await;
    let (status, view) = ready(&hall).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!view.checks["ciphertexts"]);
    let path = format!("projects/{}", hall.project);
    let seen: serde_json::Value = hall.host().server.get(&path).await.unwrap();
    assert_eq!(seen["troubles"][0], "ciphertexts_missing", "{seen}");
    let public: serde_json::Value = hall.world.server().get(&path).await.unwrap();
    assert!(public.get("troubles").is_none());
}

async fn refused(config: &Config) -> String {
    let started = Running::start(config.clone(), Clock::system()).await;
    format!("{:#}", started.err().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_platform_is_never_taken_for_an_empty_one() {
    let world = World::start().await;
    let config = world.running.app.config.clone();
    let older = world.directory.path().join("older.db");
    world.running.stop().await.unwrap();
    fs::copy(config.data.join("kaibiao.db"), &older).unwrap();
    let again = Running::start(config.clone(), Clock::system()).await;
    again.unwrap().stop().await.unwrap();

    fs::copy(&older, config.data.join("kaibiao.db")).unwrap();
    let told = refused(&config).await;
    assert!(told.contains("older than the platform"), "{told}");
    fs::remove_file(config.data.join("kaibiao.db")).unwrap();
    let told = refused(&config).await;
    assert!(told.contains("kaibiao restore"), "{told}");
    fs::remove_dir_all(&config.data).unwrap();
    let told = refused(&config).await;
    assert!(told.contains("does not hold its database"), "{told}");
    assert!(!config.data.join("kaibiao.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_was_deleted_altogether_is_missed() {
    let mut hall = Hall::publish(World::start().await, 1, 3600.0).await;
    let whole = async |hall: &Hall| ready(hall).await.1.checks["streams"];
    assert!(whole(&hall).await);
    let every = "PRAGMA foreign_keys = OFF; DELETE FROM streams WHERE kind = 'project'";
    for _ in 0..2 {
        hall = hall
            .restart_meanwhile(async |config| edit(config, every).await)
            .await;
        assert!(!whole(&hall).await, "at every start from then on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unfinished_uploads_keep_no_bidder_out_the_oldest_goes() {
    let hall = Hall::publish(World::start().await, 1, 3600.0).await;
    let mut begun: Vec<SubmitAccepted> = Vec::new();
    for _ in 0..17 {
        let sealed = hall.seal(0, "100", &[]);
        let act = hall.submit_act(&sealed, 1, None);
        let (status, answer) = hall.begin(0, &sealed, &act, false).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        begun.push(serde_json::from_value(answer).unwrap());
    }
    let list = hall.bids(0).await;
    assert_eq!(list.bids.len(), 16);
    assert!(list.bids.iter().all(|bid| bid.bid != begun[0].bid));
}
