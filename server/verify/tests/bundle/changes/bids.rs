//! Changes of bids and of the record.

use kaibiao_crypto::Digest;
use kaibiao_verify::Check;
use serde_json::json;

use super::Changed;
use crate::export::Files;
use crate::rewriting::{at, flip_hex};

pub const CHANGES: &[Changed] = &[
    // Bids.
    (
        "two sheets in each other's place",
        |files| {
            let [one, other] = files.two("sheets/");
            files.swap(&one, &other);
        },
        Check::Sheets,
        "bid-digest",
    ),
    (
        "two ciphertexts in each other's place",
        |files| {
            let [one, other] = files.two("sheets/");
            let ciphertext = files.json(&other)["ciphertext"].clone();
            files.change(&one, |sheet| sheet["ciphertext"] = ciphertext);
        },
        Check::Sheets,
        "ciphertext-mismatch",
    ),
    (
        "other wraps",
        |files| {
            let name = files.first("sheets/");
            files.change(&name, |sheet| flip_hex(&mut sheet["wraps"]));
        },
        Check::Sheets,
        "bid-digest",
    ),
    (
        "the key of another price",
        |files| {
            let [one, other] = files.two("sheets/");
            let key = files.json(&other)["segment_key"].clone();
            files.change(&one, |sheet| sheet["segment_key"] = key);
        },
        Check::Sheets,
        "segment-key-mismatch",
    ),
    (
        "a context that is not told",
        |files| {
            let name = files.first("sheets/");
            files.change(&name, |sheet| {
                let members = sheet.as_object_mut().unwrap();
                members.retain(|name, _| !["chain", "context", "wraps"].contains(&name.as_str()));
                sheet["context_digest"] = json!(Digest::of(b"context"));
            });
        },
        Check::Sheets,
        "context-differs",
    ),
    // The record.
    (
        "another price in the record",
        |files| {
            let name = record_of_lot_1(files);
            files.change(&name, |record| {
                record["rows"][0]["sheet"]["price"] = json!("1")
            });
        },
        Check::Record,
        "record-differs",
    ),
    (
        "another price in what was opened",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "opened");
                let sheet = &mut events[seq].details["extra"]["sheets"][0]["sheet"];
                *sheet = json!("{\"price\":\"1\"}");
            });
        },
        Check::Record,
        "record-differs",
    ),
];

fn record_of_lot_1(files: &Files) -> String {
    let mut records = files.0.keys().filter(|name| name.starts_with("records/"));
    records
        .find(|name| files.json(name)["lot"]["id"] == "1")
        .unwrap()
        .clone()
}
