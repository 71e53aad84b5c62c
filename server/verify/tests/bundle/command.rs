//! The program: what it prints, and its exit codes.

use std::process::Command;

use kaibiao_verify::Edition;
use serde_json::{Value, json};

use crate::export::short;
use crate::opening::Opening;

struct Desk(tempfile::TempDir);

impl Desk {
    fn with(opening: &Opening) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.write("public.kev", &opening.files(Edition::Public).archive());
        desk.write(
            "supervisor.kev",
            &opening.files(Edition::Supervisor).archive(),
        );
        desk.write("policy.json", opening.policy_json().to_string().as_bytes());
        desk.write(
            "receipt.json",
            short(&opening.receipts[0]).to_string().as_bytes(),
        );
        desk
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
    }

    /// The exit code, and what was printed.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let done = Command::new(env!("CARGO_BIN_EXE_kaibiao-verify"))
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            done.status.code().unwrap(),
            text(done.stdout),
            text(done.stderr),
        )
    }
}

#[test]
fn what_holds_ends_with_0_in_both_languages_and_json() {
    let opening = Opening::new().run();
    let desk = Desk::with(&opening);
    let asked = [
        "supervisor.kev",
        "--policy",
        "policy.json",
        "--receipt",
        "receipt.json",
    ];
    let (code, text, _) = desk.run(&asked);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("结论：成立。"), "{text}");
    let (code, text, _) = desk.run(&[&asked[..], &["--lang", "en"]].concat());
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("Verdict: holds."), "{text}");
    let (code, text, _) = desk.run(&[&asked[..], &["--json"]].concat());
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &report["verdict"]), (0, &json!("holds")));
    assert_eq!(report["checks"].as_array().unwrap().len(), 19);
    assert_eq!(report["checks"][18]["where"], "receipt.json");
    let (code, text, _) = desk.run(&["public.kev", "--policy", "policy.json", "--json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (code, &report["verdict"]),
        (0, &json!("holds-without-signers"))
    );
    let complaints = &report["checks"][6];
    assert_eq!(complaints["withheld"], json!([1, opening.state.events]));
}

#[test]
fn what_does_not_hold_ends_with_1_and_what_cannot_be_read_with_2() {
    let opening = Opening::new().run();
    let desk = Desk::with(&opening);
    let mut files = opening.files(Edition::Public);
    files.change("bundle.json", |head| {
        head["origin"] = json!("kaibiao.other")
    });
    desk.write("other.kev", &files.archive());
    let asked = ["other.kev", "--policy", "policy.json"];
    let (code, text, _) = desk.run(&asked);
    assert_eq!(code, 1);
    assert!(text.contains("[origin-differs] bundle.json"), "{text}");
    let (_, text, _) = desk.run(&[&asked[..], &["--json"]].concat());
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        report["checks"][1],
        json!({
            "check": "platform", "code": "origin-differs", "outcome": "fails", "where": "bundle.json",
        })
    );
    let mut asks = opening.policy_json();
    asks["edition"] = json!("supervisor");
    desk.write("asks.json", asks.to_string().as_bytes());
    let (code, text, _) = desk.run(&["public.kev", "--policy", "asks.json", "--lang", "en"]);
    assert_eq!(code, 1);
    assert!(text.contains("asks for the supervisor's edition"), "{text}");
    desk.write("none.kev", b"PK");
    for (asked, told) in [
        (["none.kev", "--policy", "policy.json"], "bundle-form"),
        (["public.kev", "--policy", "receipt.json"], "核验策略不能用"),
        (["public.kev", "--policy", "missing.json"], "不能读取"),
        (["missing.kev", "--policy", "policy.json"], "不能读取"),
    ] {
        let (code, _, text) = desk.run(&asked);
        assert_eq!(code, 2, "{asked:?}");
        assert!(text.contains(told), "{text}");
    }
}
