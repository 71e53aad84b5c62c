//! Holds bytes that must never change, and pages that must tell what the code
//! does.

use std::collections::BTreeSet;

use kaibiao_core::act::*;
use kaibiao_core::event::What;
use kaibiao_core::news::News;
use kaibiao_core::platform;
use kaibiao_core::refusal::RefusalCode;
use kaibiao_crypto::{Digest, canonical};
use serde_json::{Value, json};

use crate::histories::STARTS;
use crate::world::*;

const EVENTS: &str = include_str!("../../../../docs/spec/events.md");
const ACTS: &str = include_str!("../../../../docs/spec/acts.md");
const ANSWERS: &str = include_str!("../../../../docs/spec/public.md");
const INTERFACE: &str = include_str!("../../../../web/openapi.json");

#[test]
fn every_act_is_in_the_specification() {
    for name in Act::NAMES {
        assert!(ACTS.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn every_event_and_every_code_word_is_in_the_specification() {
    for kind in What::KINDS {
        assert!(EVENTS.contains(&format!("`{kind}`")), "{kind}");
    }
}

/// Whatever is answered without a session is on the page that lists it, and what
/// that page names is answered.
#[test]
fn every_route_without_a_session_is_in_the_specification() {
    let interface: Value = serde_json::from_str(INTERFACE).unwrap();
    let mut routes = BTreeSet::new();
    for (path, methods) in interface["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api/v1/").unwrap_or(path);
        for (method, operation) in methods.as_object().unwrap() {
            let route = format!("`{} {path}`", method.to_uppercase());
            let demands = operation["security"].as_array();
            if demands.is_some_and(|demands| demands.contains(&json!({}))) {
                assert!(ANSWERS.contains(&route), "{route}");
            }
            routes.insert(route);
        }
    }
    let named: Vec<_> = ANSWERS
        .split('`')
        .filter(|code| {
            ["GET ", "POST ", "OPTIONS "]
                .iter()
                .any(|it| code.starts_with(it))
        })
        .filter(|code| !code.contains("/api/v1/"))
        .collect();
    assert!(named.len() > 30);
    for code in named {
        assert!(routes.contains(&format!("`{code}`")), "{code}");
    }
}

#[test]
fn every_event_has_news_of_its_kind() {
    for kind in What::KINDS {
        assert!(News::KINDS.contains(kind), "{kind}");
    }
    let own = News::KINDS
        .iter()
        .filter(|kind| !What::KINDS.contains(kind));
    let own: Vec<_> = own.copied().collect();
    let expected = [
        "bid_stale",
        "bidders",
        "before_deadline",
        "progress",
        "withheld",
    ];
    assert_eq!(own, expected);
}

#[test]
fn an_event_is_of_the_kind_that_its_json_names() {
    for event in &golden().stream {
        let json = serde_json::to_value(&event.facts.what).unwrap();
        assert_eq!(json["kind"], event.facts.what.kind());
    }
    for kind in What::KINDS {
        assert!(is_kind::<What>(kind), "{kind}");
    }
    for kind in platform::What::KINDS {
        assert!(is_kind::<platform::What>(kind), "{kind}");
    }
    assert!(!is_kind::<What>("no_such_kind"));
}

/// Whether serde knows an event of this kind, by its refusal to read one that
/// has nothing else.
fn is_kind<T: serde::de::DeserializeOwned>(kind: &str) -> bool {
    let read = serde_json::from_value::<T>(serde_json::json!({ "kind": kind }));
    read.err()
        .is_none_or(|error| !error.to_string().contains("unknown variant"))
}

/// One opening from draft to signing.
fn golden() -> World {
    let mut world = World::published();
    world.submit(5, "1").unwrap();
    world.withdraw(5, "1").unwrap();
    world.reach(STARTS);
    let bid = world.live(2, "1").unwrap();
    world.ok(&bidder(2), |nonce| Question {
        nonce,
        lot: lot("1"),
        text: "记录何时签署？".into(),
    });
    assert!(world.lot1().closing.contains(&bid));
    world.wait();
    world
}

#[test]
fn a_whole_opening_has_the_same_bytes_as_ever() {
    let world = golden();
    let mut lines = String::new();
    for event in &world.stream {
        let facts = String::from_utf8(canonical::to_bytes(&event.facts)).unwrap();
        let details = Digest::of(&canonical::to_bytes(&event.details));
        lines.push_str(&format!("{} {} {facts} {details}\n", event.seq, event.time));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rules/golden.txt");
    if std::env::var_os("KAIBIAO_GOLDEN").is_some() {
        std::fs::write(path, &lines).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    for (now, then) in lines.lines().zip(golden.lines()) {
        assert_eq!(now, then);
    }
    assert_eq!(lines.lines().count(), golden.lines().count());
}

#[test]
fn the_list_of_refusals_only_grows() {
    let codes: Vec<_> = RefusalCode::ALL.iter().map(|code| code.code()).collect();
    for code in [
        "late",
        "not-a-bid",
        "altered",
        "foreign-project",
        "wrong-key",
        "clock-unsteady",
    ] {
        assert!(codes.contains(&code));
    }
}
