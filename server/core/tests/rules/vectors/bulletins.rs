//! `webhooks/facts.json`: what a message tells of an event, and of which events
//! there is none.

use kaibiao_core::act::*;
use kaibiao_core::bulletin::Bulletin;
use kaibiao_core::compose::compose_lot;
use kaibiao_crypto::canonical;
use serde_json::{Value, json};

use super::hold;
use crate::world::*;

#[test]
fn messages_tell_what_their_vectors_say() {
    let mut world = World::published();
    world.submit(1, "1").unwrap();
    world.ok(&host(), |nonce| Clarify {
        nonce,
        title: "澄清".into(),
        text: "图纸以附件为准。".into(),
        attachments: vec![],
    });
    world.ok(&host(), |nonce| Postpone {
        nonce,
        t0: T0 + HOUR,
        reason: "现场踏勘".into(),
    });
    let mut draft = lot_draft();
    draft.title = "一标段（修改）".into();
    let project_draft = world.book.draft.clone().unwrap();
    let keys = &world.book.keys;
    let terms = compose_lot(
        project(),
        &lot("1"),
        2,
        &draft,
        &project_draft,
        keys,
        &trust(),
    );
    let terms = terms.unwrap().digest();
    world.ok(&host(), |nonce| AmendTerms {
        nonce,
        lot: lot("1"),
        draft,
        terms,
        t0: None,
        reason: "工期调整".into(),
    });
    for number in 1..=3 {
        world.submit(number, "1").unwrap();
    }
    while world.wait() {}
    let events: Vec<_> = world
        .stream
        .iter()
        .map(|event| {
            let facts = String::from_utf8(canonical::to_bytes(&event.facts)).unwrap();
            let told = Bulletin::of(&event.facts.what).map(|bulletin| {
                let kind: &'static str = (&bulletin).into();
                json!({"type": format!("project.{kind}"), "facts": bulletin})
            });
            json!({"event": facts, "message": told})
        })
        .collect();
    let types: Vec<_> = events
        .iter()
        .filter_map(|event| event["message"]["type"].as_str())
        .collect();
    for kind in ["published", "clarified", "postponed", "amended", "failed"] {
        let kind = format!("project.{kind}");
        assert!(types.contains(&kind.as_str()), "{kind}: {types:?}");
    }
    // Before T0 nothing tells how many bids there are.
    let amended = events
        .iter()
        .find(|it| it["message"]["type"] == "project.amended");
    let amended = amended.unwrap();
    assert!(amended["event"].as_str().unwrap().contains("\"stale\":["));
    assert_eq!(amended["message"]["facts"]["stale"], Value::Null);
    hold(
        "webhooks/facts.json",
        &json!({
            "about": "docs/spec/webhooks.md: of each event of a project (`event`: its facts, exactly) the `type` and the `facts` of the message, or null where there is none.",
            "events": events,
        }),
    );
}
