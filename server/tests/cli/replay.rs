//! Bundles replayed without a network.

use serde_json::Value;

use super::desk::Desk;

fn bundle(name: &str) -> String {
    format!(
        "{}/../crypto/vectors/bundle/{name}.kev",
        env!("CARGO_MANIFEST_DIR")
    )
}

#[test]
fn a_bundle_shows_the_room_as_everybody_saw_it() {
    let desk = Desk::new();
    let whole = bundle("notices.supervisor");
    let scene = desk.ok(&["replay", &whole, "--at", "1", "--as", "public"]);
    assert_eq!((&scene["seq"], &scene["view"]), (&1.into(), &Value::Null));
    let scene = desk.ok(&["replay", &whole]);
    assert_eq!(scene["as"], "supervisor");
    let parties = scene["view"]["lots"]["1"]["parties"].as_array().unwrap();
    assert!(parties.iter().any(|party| party["sheet"].is_object()));
    // In public there is one view, without what was read out.
    let scene = desk.ok(&["replay", &bundle("notices")]);
    assert_eq!(scene["as"], "public");
    let parties = scene["view"]["lots"]["1"]["parties"].as_array().unwrap();
    assert!(parties.iter().all(|party| party.get("sheet").is_none()));
    let public = bundle("notices");
    desk.fails(&["replay", &public, "--as", "host"], 3, "edition-public");
    desk.fails(&["replay", &bundle("plain")], 3, "notice-missing");
    desk.fails(&["replay", &whole, "--at", "100000"], 3, "no-such-event");
    desk.write("no.kev", "no bundle");
    desk.fails(&["replay", "no.kev"], 3, "bundle-form");
}
