//! `terms/sealed.json`: terms with a control price or base that is sealed until the
//! opening (docs/spec/terms.md, 10). They are the first of `terms.json` with that
//! member, so that the same authority stands behind them.

use kaibiao_crypto::{Digest, canonical};
use serde_json::{Value, json};

use crate::{folder, write};

/// A name, the outcome, and the member.
fn references() -> Vec<(&'static str, &'static str, Value)> {
    let commitment = Digest::of(b"of a value and its salt").to_string();
    let with = |kind: &str| json!({"kind": kind, "commitment": commitment});
    let mut open = with("base");
    open["value"] = json!("860000000");
    vec![
        ("a sealed base", "accepted", with("base")),
        ("a sealed control price", "accepted", with("control-price")),
        ("of an unknown kind", "terms-malformed", with("estimate")),
        ("with its value in the clear", "terms-malformed", open),
        (
            "without a commitment",
            "terms-malformed",
            json!({"kind": "base"}),
        ),
        (
            "a commitment of 31 bytes",
            "terms-malformed",
            json!({"kind": "base", "commitment": &commitment[2..]}),
        ),
        (
            "a commitment in capitals",
            "terms-malformed",
            json!({"kind": "base", "commitment": commitment.to_uppercase()}),
        ),
        ("null", "terms-malformed", Value::Null),
    ]
}

#[test]
#[ignore = "writes the vectors"]
fn write_sealed_terms_vectors() {
    let text = std::fs::read(folder("terms/terms.json")).unwrap();
    let file: Value = serde_json::from_slice(&text).unwrap();
    let published = &file["cases"][0];
    let cases = references().into_iter().map(|(name, expect, reference)| {
        let text = published["terms"].as_str().unwrap();
        let mut terms: Value = serde_json::from_str(text).unwrap();
        terms["reference"] = reference;
        let terms = String::from_utf8(canonical::to_bytes(&terms)).unwrap();
        let mut case = published.clone();
        if expect != "accepted" {
            case.as_object_mut().unwrap().remove("since");
        }
        case["name"] = json!(name);
        case["expect"] = json!(expect);
        case["digest"] = json!(Digest::labelled("kaibiao/1 terms", &[terms.as_bytes()]));
        case["terms"] = json!(terms);
        case
    });
    let cases: Vec<Value> = cases.collect();
    let about = "docs/spec/terms.md, 10; read like `terms.json`: terms with the member `reference`, right and wrong.";
    write(
        "terms/sealed.json",
        &json!({"about": about, "cases": cases}),
    );
}
