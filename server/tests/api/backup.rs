//! `kaibiao backup`, `restore` and `fsck` on a service that runs.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use kaibiao::serve::Running;
use kaibiao_api::BidState;
use kaibiao_app::config::Config;
use kaibiao_store::Clock;
use reqwest::StatusCode;

use crate::damage::edit;
use crate::hall::Hall;
use crate::world::World;

fn kaibiao(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kaibiao"))
        .args(arguments)
        .output()
        .unwrap()
}

fn ok(arguments: &[&str]) -> String {
    let done = kaibiao(arguments);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{arguments:?}: {said}");
    said
}

fn fails(arguments: &[&str]) -> String {
    let done = kaibiao(arguments);
    assert_eq!(done.status.code(), Some(3), "{arguments:?}");
    String::from_utf8_lossy(&done.stderr).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

async fn submit(hall: &Hall, bidder: usize) {
    let sealed = hall.seal(bidder, "100", &[("a.pdf", vec![0x5a; 200_000])]);
    let act = hall.submit_act(&sealed, 1, None);
    let reply = hall.submit(bidder, &sealed, &act).await;
    assert_eq!(reply.status(), StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_taken_under_load_is_restored_elsewhere_with_every_acknowledged_bid() {
    let hall = Hall::publish(World::start().await, 4, 3600.0).await;
    let config = hall.world.running.app.config.clone();
    let at = |name: &str| hall.world.directory.path().join(name);
    for bidder in 0..2 {
        submit(&hall, bidder).await;
    }
    let (data, to) = (config.data.clone(), at("backup"));
    let taken = tokio::task::spawn_blocking(move || {
        ok(&[
            "backup",
            "--data",
            text(&data),
            "--to",
            text(&to),
            "--with-secrets",
        ])
    });
    for bidder in 2..4 {
        submit(&hall, bidder).await;
    }
    let said = taken.await.unwrap();
    assert!(said.contains("keep them apart"), "{said}");
    let again = kaibiao(&[
        "backup",
        "--data",
        text(&config.data),
        "--to",
        text(&at("backup")),
    ]);
    assert!(!again.status.success(), "it never overwrites");

    let (from, new) = (at("backup"), at("elsewhere/data"));
    fs::create_dir(at("elsewhere")).unwrap();
    ok(&[
        "restore",
        "--from",
        text(&from),
        "--data",
        text(&new),
        "--with-secrets",
    ]);
    ok(&["fsck", "--data", text(&new)]);
    let restored = Config {
        data: new,
        ..config
    };
    let running = Running::start(restored, Clock::system()).await.unwrap();
    let project = hall.project.parse().unwrap();
    let current = kaibiao_app::deciding::load(&running.app, project)
        .await
        .unwrap();
    let live = |number: usize| {
        let organisation = &hall.bidders[number].person.organisation;
        kaibiao_app::bids::own(&running.app, project, organisation)
    };
    assert!(current.version > 0);
    for bidder in 0..2 {
        let list = live(bidder).await.unwrap();
        assert_eq!(list.bids[0].state, BidState::Live);
    }
    running.stop().await.unwrap();
    hall.world.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_or_altered_is_found_by_looking_over() {
    let hall = Hall::publish(World::start().await, 1, 3600.0).await;
    submit(&hall, 0).await;
    let config = hall.world.running.app.config.clone();
    let data = text(&config.data).to_owned();
    ok(&["fsck", "--data", &data]);
    hall.world.running.stop().await.unwrap();

    let blobs = config.data.join("blobs");
    let folder = fs::read_dir(&blobs)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let blob = fs::read_dir(folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let good = fs::read(&blob).unwrap();
    let mut bent = good.clone();
    bent[100] ^= 1;
    fs::write(&blob, bent).unwrap();
    assert!(fails(&["fsck", "--data", &data]).contains("not the one its header promised"));
    fs::remove_file(&blob).unwrap();
    assert!(fails(&["fsck", "--data", &data]).contains("blob is not there"));
    fs::write(&blob, &good).unwrap();
    let stray = "00".repeat(32);
    fs::create_dir_all(blobs.join("00")).unwrap();
    fs::write(blobs.join("00").join(&stray), b"x").unwrap();
    assert!(ok(&["fsck", "--data", &data]).contains(&stray));
    edit(&config, "UPDATE events SET details = x'00' WHERE seq = 1").await;
    assert!(fails(&["fsck", "--data", &data]).contains("is damaged"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_starts_only_after_it_was_accepted() {
    let world = World::start().await;
    let config = world.running.app.config.clone();
    let data = text(&config.data).to_owned();
    let older = world.directory.path().join("older");
    ok(&["backup", "--data", &data, "--to", text(&older)]);
    world.running.stop().await.unwrap();
    fs::remove_dir_all(&config.data).unwrap();
    assert!(
        Running::start(config.clone(), Clock::system())
            .await
            .is_err()
    );
    fs::rename(&older, &config.data).unwrap();
    let refused = Running::start(config.clone(), Clock::system()).await;
    let refused = format!("{:#}", refused.err().unwrap());
    assert!(refused.contains("older than the platform"), "{refused}");
    assert!(ok(&["restore", "--data", &data]).contains("compare their receipts"));
    let running = Running::start(config, Clock::system()).await.unwrap();
    running.stop().await.unwrap();
}
