//! Names of documents: what each list of names is refused for, and which name is
//! the culprit. The expected outcomes are written here and not computed.

mod reserved;
mod versions;

use serde_json::{Value, json};

use super::read;
use crate::bid::check_names;

/// Which name is refused, and for what.
type Refusal = Option<(usize, &'static str)>;

type Case = (&'static str, &'static [&'static str], Refusal);

const CASES: &[Case] = &[
    (
        "ordinary names",
        &[
            "投标函.pdf",
            "工程量清单（附件 1）.xlsx",
            "ﬁle.pdf",
            ".hidden",
        ],
        None,
    ),
    (
        "the same but for half and full width",
        &["A.pdf", "Ａ.pdf"],
        None,
    ),
    ("of private use", &["\u{e000}.pdf"], None),
    ("an ideograph of Unicode 15.1", &["\u{2ebf0}.pdf"], None),
    ("dotless and dotted i", &["\u{131}.pdf", "i.pdf"], None),
    ("empty", &["a", ""], Some((1, "name-length"))),
    (
        "a separator of paths",
        &["a/b"],
        Some((0, "name-character")),
    ),
    ("a backslash", &["a\\b"], Some((0, "name-character"))),
    ("a control", &["a\u{0}"], Some((0, "name-character"))),
    (
        "a control above U+007F",
        &["a\u{85}"],
        Some((0, "name-character")),
    ),
    (
        "a separator of lines",
        &["a\u{2028}b"],
        Some((0, "name-character")),
    ),
    (
        "a direction",
        &["fdp.\u{202e}exe"],
        Some((0, "name-character")),
    ),
    (
        "an invisible character",
        &["a\u{200b}"],
        Some((0, "name-character")),
    ),
    (
        "the replacement character",
        &["a\u{fffd}"],
        Some((0, "name-character")),
    ),
    (
        "a noncharacter",
        &["a\u{fdd0}"],
        Some((0, "name-character")),
    ),
    (
        "a noncharacter of plane 1",
        &["a\u{1ffff}"],
        Some((0, "name-character")),
    ),
    (
        "a character of Unicode 16.0",
        &["\u{10d50}.pdf"],
        Some((0, "name-character")),
    ),
    (
        "a code point that is not assigned",
        &["\u{378}.pdf"],
        Some((0, "name-character")),
    ),
    (
        "a character and not normal: the character wins",
        &["e\u{301}/"],
        Some((0, "name-character")),
    ),
    (
        "not normal",
        &["e\u{301}.pdf"],
        Some((0, "name-not-normal")),
    ),
    (
        "a compatibility ideograph, which is not normal",
        &["\u{f900}.pdf"],
        Some((0, "name-not-normal")),
    ),
    ("a space before", &[" a"], Some((0, "name-edge"))),
    (
        "an ideographic space after",
        &["a\u{3000}"],
        Some((0, "name-edge")),
    ),
    ("a dot after", &["a.pdf."], Some((0, "name-edge"))),
    ("only dots", &[".."], Some((0, "name-edge"))),
    (
        "case",
        &["A.pdf", "-", "a.PDF"],
        Some((2, "name-duplicate")),
    ),
    (
        "sharp s",
        &["straße.pdf", "STRASSE.pdf"],
        Some((1, "name-duplicate")),
    ),
    (
        "capital sharp s",
        &["\u{1e9e}", "\u{df}"],
        Some((1, "name-duplicate")),
    ),
    (
        "final sigma",
        &["ΟΔΟΣ", "οδος"],
        Some((1, "name-duplicate")),
    ),
    (
        "title case",
        &["\u{1c5}", "\u{1c6}"],
        Some((1, "name-duplicate")),
    ),
    ("full width", &["Ａ", "ａ"], Some((1, "name-duplicate"))),
    (
        "a ligature",
        &["\u{fb01}le.pdf", "FILE.pdf"],
        Some((1, "name-duplicate")),
    ),
    (
        "capitals of Unicode 11",
        &["\u{1c90}", "\u{10d0}"],
        Some((1, "name-duplicate")),
    ),
    (
        "capitals of Unicode 12",
        &["\u{a7c5}", "\u{282}"],
        Some((1, "name-duplicate")),
    ),
    (
        "capitals of Unicode 14",
        &["\u{a7d0}", "\u{a7d1}"],
        Some((1, "name-duplicate")),
    ),
    (
        "Cherokee folds to capitals",
        &["\u{13a0}", "\u{ab70}"],
        Some((1, "name-duplicate")),
    ),
    (
        "an i with a dot above",
        &["\u{130}", "i\u{307}"],
        Some((1, "name-duplicate")),
    ),
];

/// The longest name that there can be, and what is a byte longer.
fn longest() -> [(&'static str, String, Refusal); 2] {
    let most = format!("{}标.pdf", "a".repeat(248));
    let more = format!("a{most}");
    [
        ("255 bytes", most, None),
        ("256 bytes", more, Some((0, "name-length"))),
    ]
}

pub(super) fn names() -> Value {
    let case = |name: &str, names: Value, refusal: &Refusal| {
        let outcome = match refusal {
            None => json!("valid"),
            Some((index, code)) => json!({"index": index, "code": code}),
        };
        json!({"name": name, "names": names, "outcome": outcome})
    };
    let tables = [CASES, reserved::CASES, versions::CASES];
    let mut cases: Vec<_> = tables
        .into_iter()
        .flatten()
        .map(|(name, names, refusal)| case(name, json!(names), refusal))
        .collect();
    for (name, long, refusal) in longest() {
        cases.push(case(name, json!([long]), &refusal));
    }
    json!({"unicode": "15.1.0", "cases": cases})
}

#[test]
fn every_list_of_names_has_its_expected_outcome() {
    for case in read("names.json")["cases"].as_array().unwrap() {
        let names: Vec<_> = case["names"].as_array().unwrap().iter().collect();
        let outcome = match check_names(names.iter().map(|name| name.as_str().unwrap())) {
            Ok(()) => json!("valid"),
            Err((index, problem)) => json!({"index": index, "code": problem.code()}),
        };
        assert_eq!(outcome, case["outcome"], "{}", case["name"]);
    }
}
