//! What the service tells collectors, what is written of it, and the examples of a
//! deployment that anybody may copy.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kaibiao_app::config::{Config, Overrides};
use reqwest::{Method, StatusCode};

use crate::hall::Hall;
use crate::nodes::{database, until};
use crate::redis::Redis;
use crate::world::World;

fn docs(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/ops")
        .join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(docs(path)).unwrap()
}

/// The names of metrics in a text, without what the exposition adds to them.
fn named(text: &str) -> BTreeSet<String> {
    let is_name = |it: char| it.is_ascii_lowercase() || it == '_';
    let names = text.match_indices("kaibiao_").map(|(at, _)| {
        let rest = &text[at..];
        let end = rest.find(|it| !is_name(it)).unwrap_or(rest.len());
        rest[..end].to_owned()
    });
    let added = ["_total", "_bucket", "_sum", "_count", "_info"];
    let plain = |name: String| {
        let bare = added.iter().find_map(|it| name.strip_suffix(it));
        bare.map_or(name.clone(), str::to_owned)
    };
    names.map(plain).collect()
}

/// The metrics that a service exposes, by their descriptions.
fn exposed(text: &str) -> BTreeSet<String> {
    let described = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    described
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_is_documented_and_none_is_that_is_not_exposed() {
    let mut redis = Redis::anywhere();
    let url = database("monitoring").await;
    let world = World::with(|config| {
        config.store.url = Some(url);
        config.redis.url = Some(redis.url());
        config.public_url = None;
    })
    .await;
    let hall = Hall::publish(world, 0, 3_600.0).await;
    let app = &hall.world.running.app;
    let well = || app.bus.is_heard() && app.counts.are_common();
    until("hearing and counting by Redis", well).await;
    let metrics = async || {
        let request = hall.world.server().request(Method::GET, "/metrics");
        let text = request.send().await.unwrap().text().await.unwrap();
        // No labels are written as none, or as an empty set.
        text.replace("{}", "")
    };
    // One that is only told once there was one.
    app.metrics.refused("requests");

    let text = metrics().await;
    let (exposed, page) = (exposed(&text), named(&read("monitoring.md")));
    assert_eq!(page, exposed, "docs/ops/monitoring.md");
    let rules = named(&read("deploy/alerts.yml"));
    let unknown: Vec<_> = rules.difference(&exposed).collect();
    assert!(
        unknown.is_empty(),
        "docs/ops/deploy/alerts.yml: {unknown:?}"
    );

    for told in [
        "kaibiao_ready 1",
        "kaibiao_check{check=\"store\"} 1",
        "kaibiao_check{check=\"nodes\"} 1",
        "kaibiao_lease_held{lease=\"log\"} 1",
        "kaibiao_synchronous_standby_demanded 0",
        "kaibiao_limits_common 1",
        "kaibiao_limit_refusals_total{limit=\"requests\"} 1",
        "kaibiao_openings{stage=\"unlocking\"} 0",
    ] {
        assert!(text.lines().any(|line| line == told), "{told}\n{text}");
    }
    let left = text
        .lines()
        .find_map(|it| it.strip_prefix("kaibiao_next_opening_seconds "));
    let left: f64 = left.unwrap().parse().unwrap();
    assert!((3_000.0..3_601.0).contains(&left), "{left}");

    redis.end();
    until("noticing that Redis is gone", || !well()).await;
    let text = metrics().await;
    assert!(text.contains("kaibiao_check{check=\"nodes\"} 0"), "{text}");
    // That keeps no node from serving.
    assert!(text.contains("kaibiao_ready 1"), "{text}");
}

#[test]
fn every_alert_says_what_to_do() {
    let rules = read("deploy/alerts.yml");
    let page = read("monitoring.md");
    let alerts = rules.lines().filter_map(|line| {
        let name = line.trim().strip_prefix("- alert: ")?;
        Some(name.to_owned())
    });
    let mut alerts: BTreeSet<String> = alerts.collect();
    assert!(alerts.len() > 20, "{alerts:?}");
    let rows = page.lines().filter(|line| line.starts_with("| `Kaibiao"));
    for row in rows {
        for name in row.split('|').nth(1).unwrap().split(',') {
            let name = name.trim().trim_matches('`');
            assert!(
                alerts.remove(name),
                "{name} does not ring, or is told twice"
            );
        }
    }
    assert!(alerts.is_empty(), "nothing is said of {alerts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_told_to_collectors_that_are_named_and_not_through_a_proxy() {
    // Programs on this machine are told in any case, so the collector's address is used
    // as a proxy's here: then it is told nothing.
    let world = World::with(|config| {
        config.metrics.collectors = vec!["127.0.0.0/8".parse().unwrap()];
        config.proxies.trusted = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    let request = world.server().request(Method::GET, "/metrics");
    let status = request.send().await.unwrap().status();
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_says_whether_a_service_is_ready() {
    let world = World::start().await;
    let url = world.url();
    let ask = async || {
        let url = url.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let mut program = Command::new(env!("CARGO_BIN_EXE_kaibiao"));
            program.args(["--json", "ready", "--wait", "1", "--server", &url]);
            program.output().unwrap()
        });
        asked.await.unwrap()
    };
    let told = ask().await;
    assert!(told.status.success(), "{told:?}");
    let view: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(view["ready"], true);
    world.running.stop().await.unwrap();
    let told = ask().await;
    assert_eq!(told.status.code(), Some(6), "{told:?}");
    let said = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(said.contains("not-ready"), "{told:?}");
}

/// The fenced examples of a page that are TOML.
fn examples(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find("```toml\n") {
        let begun = &rest[at + "```toml\n".len()..];
        let end = begun.find("```").unwrap();
        found.push(begun[..end].to_owned());
        rest = &begun[end..];
    }
    found
}

#[test]
fn every_example_of_a_configuration_is_one() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("kaibiao.toml");
    let mut looked = 0;
    let mut look = |name: &str, text: &str| {
        fs::write(&file, text).unwrap();
        if let Err(error) = Config::read(Some(&file), &Overrides::default()) {
            panic!("{name}: {error}\n{text}");
        }
        looked += 1;
    };
    for entry in fs::read_dir(docs("")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "md") {
            let page = fs::read_to_string(&path).unwrap();
            for example in examples(&page) {
                look(&path.display().to_string(), &example);
            }
        }
    }
    for file in ["deploy/node.toml", "../../scripts/systemd/kaibiao.toml"] {
        look(file, &read(file));
    }
    assert!(looked >= 4, "{looked}");
}
