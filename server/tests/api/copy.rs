//! `kaibiao copy`, `backup`, `restore`, `fsck` and `migrate` between a directory, and a
//! database with a bucket.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use kaibiao::serve::Running;
use kaibiao_api::{BidState, ProjectList};
use kaibiao_app::config::{Blobs, Config};
use kaibiao_core::act::Announce;
use kaibiao_store::Clock;
use reqwest::StatusCode;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};

use crate::hall::{Hall, lot};
use crate::lost_end::{grow, head};
use crate::nodes::{both_hold_the_same, database};
use crate::public_log::Witnesses;
use crate::weed;
use crate::world::{World, nonce};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaibiao"));
    command.args(arguments);
    command
}

/// Runs the program beside the service that it may be about.
async fn run(arguments: &[&str]) -> Output {
    let mut command = command(arguments);
    let run = tokio::task::spawn_blocking(move || command.output());
    run.await.unwrap().unwrap()
}

async fn ok(arguments: &[&str]) -> String {
    let done = run(arguments).await;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{arguments:?}: {said}");
    said
}

async fn fails(arguments: &[&str]) -> String {
    let done = run(arguments).await;
    assert!(!done.status.success(), "{arguments:?}");
    String::from_utf8_lossy(&done.stderr).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The same platform in a directory of this name.
fn directory(first: &Config, data: PathBuf) -> Config {
    let mut config = first.clone();
    config.secrets = Some(first.secrets());
    (config.store.url, config.blobs) = (None, Blobs::default());
    config.data = data;
    config
}

/// The same platform over a database and a bucket of this name; None without a server of
/// buckets.
async fn shared(first: &Config, data: PathBuf, name: &str) -> Option<Config> {
    let Some(bucket) = tokio::task::spawn_blocking({
        let name = format!("api-{name}");
        move || weed::bucket(&name)
    })
    .await
    .unwrap() else {
        let is_asked = std::env::var_os("TESTS_REQUIRE_ALL").is_some();
        assert!(!is_asked, "no S3 server, and TESTS_REQUIRE_ALL is set");
        println!("skipped: no S3 server");
        return None;
    };
    let key = data.with_extension("key");
    fs::write(&key, bucket.secret_key.as_str()).unwrap();
    let mut config = directory(first, data);
    config.store.url = Some(database(name).await);
    config.blobs = Blobs {
        url: Some(bucket.url.clone()),
        endpoint: Some(bucket.endpoint.clone()),
        access_key: Some(bucket.access_key.clone()),
        secret_key_file: Some(key),
        ..Blobs::default()
    };
    Some(config)
}

/// Writes a configuration beside its data.
fn written(config: &Config) -> PathBuf {
    let file = config.data.with_extension("toml");
    fs::write(&file, config.to_toml().unwrap()).unwrap();
    file
}

/// Stops the service, copies everything, and goes on there.
async fn moved(mut hall: Hall, to: Config) -> Hall {
    let World {
        directory,
        running,
        authority,
    } = hall.world;
    let first = running.app.config.clone();
    let from = written(&first);
    let log = head(&running).await;
    let file = written(&to);
    let copied = ["copy", "--from", text(&from), "--to", text(&file)];
    let refused = fails(&copied).await;
    assert!(refused.contains("Stop the service first"), "{refused}");
    running.stop().await.unwrap();
    let said = ok(&copied).await;
    assert!(said.contains("the same to the byte"), "{said}");
    let refused = fails(&copied).await;
    assert!(refused.contains("not empty"), "{refused}");
    // Whoever starts it again where it was is told where it is.
    let again = Running::start(first, Clock::system()).await.err().unwrap();
    let again = format!("{again:#}");
    assert!(
        again.contains("was moved to") && again.contains(text(&file)),
        "{again}"
    );
    let running = Running::start(to, Clock::system()).await.unwrap();
    assert!(head(&running).await >= log);
    hall.world = World {
        directory,
        running,
        authority,
    };
    let url = hall.world.url();
    hall.log_in_at(&url).await;
    hall
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_moves_to_a_database_and_a_bucket_and_back_while_it_goes_on() {
    let hall = Hall::publish(World::start().await, 3, 8.0).await;
    let first = hall.world.running.app.config.clone();
    let at = |name: &str| hall.world.directory.path().join(name);
    let (there, back) = (at("there"), at("back"));
    let Some(there) = shared(&first, there, "moved").await else {
        return;
    };
    let sealed = hall.submit_all().await;
    hall.until_stage("checking").await;
    hall.start_window().await;
    hall.unlock(0, &sealed[0], false).await.unwrap();
    let hall = moved(hall, there).await;
    hall.unlock(1, &sealed[1], false).await.unwrap();
    hall.unlock(2, &sealed[2], false).await.unwrap();
    hall.until_stage("releasing").await;
    hall.release(0, false).await.unwrap();
    let hall = moved(hall, directory(&first, back)).await;
    hall.release(2, false).await.unwrap();
    hall.until_stage("opened").await;
    let lots = vec![lot("1")];
    let announce = Announce {
        nonce: nonce(),
        lots,
    };
    hall.act(hall.host(), announce).await;
    let app = &hall.world.running.app;
    let stream = kaibiao_app::deciding::stream(hall.project.parse().unwrap());
    both_hold_the_same([app, app], &stream).await;
    // The log goes on as one log.
    let size = head(&hall.world.running).await + 1;
    grow(&hall.world.running, size).await;
    let file = written(&app.config);
    ok(&["fsck", "--config", text(&file)]).await;
}

async fn submit(hall: &Hall, bidder: usize) {
    let sealed = hall.seal(bidder, "100", &[("a.pdf", vec![0x5a; 200_000])]);
    let act = hall.submit_act(&sealed, 1, None);
    let reply = hall.submit(bidder, &sealed, &act).await;
    assert_eq!(reply.status(), StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_and_a_bucket_are_backed_up_under_load_and_restored_into_either_kind() {
    let world = World::start().await;
    let config = world.running.app.config.clone();
    let dir = world.directory.path().to_owned();
    let Some(shared_config) = shared(&config, dir.join("nodes"), "load").await else {
        return;
    };
    drop(world);
    let world = World::with(|config| {
        config.store.url.clone_from(&shared_config.store.url);
        config.blobs = shared_config.blobs.clone();
        // Its directory went with the one that it was made in.
        let key = config.data.with_extension("key");
        fs::write(&key, "a key for tests").unwrap();
        config.blobs.secret_key_file = Some(key);
    })
    .await;
    let hall = Hall::publish(world, 4, 3600.0).await;
    let config = hall.world.running.app.config.clone();
    let file = written(&config);
    let at = |name: &str| hall.world.directory.path().join(name);
    for bidder in 0..2 {
        submit(&hall, bidder).await;
    }
    let backup = at("backup");
    let taken = tokio::spawn({
        let (file, backup) = (file.clone(), backup.clone());
        async move { ok(&["backup", "--config", text(&file), "--to", text(&backup)]).await }
    });
    for bidder in 2..4 {
        submit(&hall, bidder).await;
    }
    taken.await.unwrap();
    ok(&["fsck", "--config", text(&file)]).await;
    hall.world.running.stop().await.unwrap();

    let targets = [
        Some(directory(&config, at("single"))),
        shared(&config, at("again"), "again").await,
    ];
    for target in targets.into_iter().flatten() {
        let file = written(&target);
        let restored = ["restore", "--from", text(&backup), "--config", text(&file)];
        ok(&restored).await;
        ok(&["fsck", "--config", text(&file)]).await;
        let running = Running::start(target, Clock::system()).await.unwrap();
        let project = hall.project.parse().unwrap();
        for bidder in 0..2 {
            let organisation = &hall.bidders[bidder].person.organisation;
            let own = kaibiao_app::bids::own(&running.app, project, organisation);
            assert_eq!(own.await.unwrap().bids[0].state, BidState::Live);
        }
        running.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_restored_into_a_database_signs_nothing_below_what_was_seen() {
    let mut witnesses = Witnesses::new(1);
    let configured = witnesses.config(1);
    let url = database("seen").await;
    let world = World::with(|config| {
        config.public_log = configured;
        config.store.url = Some(url);
    })
    .await;
    let log = world.running.app.keys.log_key().unwrap().to_string();
    let config = world.running.app.config.clone();
    let at = |name: &str| world.directory.path().join(name);
    let file = written(&config);
    grow(&world.running, 3).await;
    let backup = at("backup");
    ok(&["backup", "--config", text(&file), "--to", text(&backup)]).await;
    witnesses.start(0, &log);
    grow(&world.running, 9).await;
    // The witness cosigns what is the newest.
    loop {
        let head = world.running.app.store.log().head().await.unwrap();
        if head.unwrap().1.lines().count() == 6 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    world.running.stop().await.unwrap();
    let mut older = config.clone();
    older.data = at("older");
    older.secrets = Some(config.secrets());
    older.store.url = Some(database("seen_older").await);
    let file = written(&older);
    let restored = ["restore", "--from", text(&backup), "--config", text(&file)];
    let said = ok(&restored).await;
    assert!(said.contains("compare their receipts"), "{said}");
    let running = Running::start(older, Clock::system()).await.unwrap();
    for _ in 0..100 {
        if let Err(fault) = kaibiao_app::log::publish(&running.app).await
            && fault.is_lost_past()
        {
            running.stop().await.unwrap();
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("it signs what was not seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_the_root_secret_and_other_signing_keys_does_not_start() {
    let url = database("other_keys").await;
    let world = World::with(|config| config.store.url = Some(url)).await;
    let config = world.running.app.config.clone();
    for file in ["log.pem", "receipt.pem", "public-log.pem"] {
        let at = |name: &str| world.directory.path().join(format!("{file}.{name}"));
        let mut other = config.clone();
        (other.data, other.secrets) = (at("data"), Some(at("secret")));
        fs::create_dir(at("secret")).unwrap();
        for name in ["root", "log.pem", "receipt.pem", "public-log.pem"] {
            fs::copy(config.secrets().join(name), at("secret").join(name)).unwrap();
        }
        // The data directory is this node's own and is new, so nothing in it says whose it is.
        other.origin = Some(world.running.app.keys.origin.clone());
        let swapped = if file == "log.pem" {
            "receipt.pem"
        } else {
            "log.pem"
        };
        fs::copy(config.secrets().join(swapped), at("secret").join(file)).unwrap();
        let refused = Running::start(other, Clock::system()).await.err().unwrap();
        let refused = format!("{refused:#}");
        assert!(refused.contains("other signing keys"), "{file}: {refused}");
    }
    world.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_of_a_new_version_that_start_at_once_migrate_once() {
    let url = database("migrated").await;
    let world = World::with(|config| config.store.url = Some(url.clone())).await;
    let hall = Hall::publish(world, 1, 3600.0).await;
    let config = hall.world.running.app.config.clone();
    let Hall { world, project, .. } = hall;
    let World {
        directory, running, ..
    } = world;
    running.stop().await.unwrap();
    // As the version before lists left it.
    let mut conn = PgConnection::connect(&url).await.unwrap();
    let former = "DROP TABLE lists; DELETE FROM _sqlx_migrations WHERE version = 8; \
        DELETE FROM claims";
    sqlx::raw_sql(AssertSqlSafe(former))
        .execute(&mut conn)
        .await
        .unwrap();
    let nodes: Vec<Config> = (0..4)
        .map(|number| Config {
            data: directory.path().join(format!("node{number}")),
            secrets: Some(config.secrets()),
            ..config.clone()
        })
        .collect();
    let file = written(&nodes[0]);
    let refused = fails(&["fsck", "--config", text(&file)]).await;
    assert!(refused.contains("kaibiao migrate"), "{refused}");
    let mut migrating = Vec::new();
    for node in &nodes {
        fs::create_dir(&node.data).unwrap();
        let trust = config.trust();
        std::os::unix::fs::symlink(trust, node.data.join("trust")).unwrap();
        let file = written(node);
        let mut migrate = command(&["migrate", "--config", text(&file)]);
        migrate.stdout(Stdio::null()).stderr(Stdio::piped());
        migrating.push(migrate.spawn().unwrap());
    }
    for migrate in migrating {
        let waiting = tokio::task::spawn_blocking(move || migrate.wait_with_output());
        let done = waiting.await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{said}");
    }
    let versions: i64 = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(versions, 8);
    ok(&["fsck", "--config", text(&file)]).await;
    let running = Running::start(nodes[0].clone(), Clock::system())
        .await
        .unwrap();
    let server = kaibiao_client::http::Server::new(&format!("http://{}", running.address), None);
    let list: ProjectList = server.unwrap().get("projects").await.unwrap();
    assert_eq!(list.projects.len(), 1);
    let project = project.parse().unwrap();
    let loaded = kaibiao_app::deciding::load(&running.app, project).await;
    assert!(loaded.is_ok());
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_half_a_copy_is_not_served_and_a_copy_needs_its_secrets() {
    let world = World::start().await;
    let config = world.running.app.config.clone();
    let to = world.directory.path().join("to");
    world.running.stop().await.unwrap();
    let data = text(&config.data);
    let copied = ["copy", "--from", data, "--to", text(&to)];
    let refused = fails(&copied).await;
    assert!(refused.contains("--with-secrets"), "{refused}");
    let inside = config.data.join("to");
    let refused = fails(&["copy", "--from", data, "--to", text(&inside)]).await;
    assert!(refused.contains("of their own"), "{refused}");
    // It is cut off as soon as there is a database.
    let with_secrets = [&copied[..], &["--with-secrets"]].concat();
    let mut cut_off = command(&with_secrets).spawn().unwrap();
    while !to.join("kaibiao.db").exists() {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    cut_off.kill().unwrap();
    cut_off.wait().unwrap();
    let half = Config {
        data: to.clone(),
        secrets: None,
        ..config.clone()
    };
    let refused = Running::start(half, Clock::system()).await.err().unwrap();
    let refused = format!("{refused:#}");
    assert!(
        refused.contains("half a copy") || refused.contains("restore"),
        "{refused}"
    );
    ok(&with_secrets).await;
    // The copy has secrets of its own, so that nothing but the mark keeps the source down.
    let again = Running::start(config.clone(), Clock::system()).await;
    let again = format!("{:#}", again.err().unwrap());
    assert!(
        again.contains("was moved to") && again.contains("/moved"),
        "{again}"
    );
    assert!(!to.join("moved").exists());
    // It can still be looked over and backed up, and whoever gives the copy up says so.
    let kept = to.with_file_name("kept");
    ok(&["backup", "--data", data, "--to", text(&kept)]).await;
    assert!(!kept.join("moved").exists());
    std::fs::remove_file(config.data.join("moved")).unwrap();
    let running = Running::start(config.clone(), Clock::system())
        .await
        .unwrap();
    running.stop().await.unwrap();
    let whole = Config {
        data: to,
        secrets: None,
        ..config
    };
    let running = Running::start(whole, Clock::system()).await.unwrap();
    assert_eq!(running.app.store.engine_faults().await.unwrap(), [""; 0]);
    running.stop().await.unwrap();
}
