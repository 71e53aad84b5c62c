//! Changes of receipts, and of who did it.

use kaibiao_crypto::Digest;
use kaibiao_verify::Check;
use serde_json::json;

use super::Changed;
use crate::rewriting::{at, flip_hex};

pub const CHANGES: &[Changed] = &[
    // Receipts.
    (
        "a receipt too few",
        |files| {
            files.change_lines("receipts.jsonl", |lines| drop(lines.pop()));
        },
        Check::Receipts,
        "receipt-differs",
    ),
    (
        "receipts in each other's place",
        |files| {
            files.change_lines("receipts.jsonl", |lines| lines.swap(0, 1));
        },
        Check::Receipts,
        "receipt-differs",
    ),
    (
        "a receipt of another signature",
        |files| {
            files.change_lines("receipts.jsonl", |lines| {
                lines[0]["signature"] = lines[1]["signature"].clone();
            });
        },
        Check::Receipts,
        "receipt-signature",
    ),
    // Who did it.
    (
        "an event without its act",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "line_confirmed");
                drop(
                    events[seq]
                        .details
                        .as_object_mut()
                        .unwrap()
                        .remove("signed"),
                );
            });
        },
        Check::Authenticity,
        "act-missing",
    ),
    (
        "another act than the facts name",
        |files| {
            files.rewrite(|events| {
                let (seq, other) = (at(events, "line_confirmed"), at(events, "objected"));
                events[seq].details["signed"] = events[other].details["signed"].clone();
            });
        },
        Check::Authenticity,
        "act-differs",
    ),
    (
        "an act without a signature",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "line_confirmed");
                let signed = events[seq].details["signed"].as_object_mut().unwrap();
                drop(signed.remove("signature"));
            });
        },
        Check::Authenticity,
        "act-unsigned",
    ),
    (
        "a signature of another act",
        |files| {
            files.rewrite(|events| {
                let (seq, other) = (at(events, "line_confirmed"), at(events, "signed_in"));
                let value = events[other].details["signed"]["signature"]["value"].clone();
                events[seq].details["signed"]["signature"]["value"] = value;
            });
        },
        Check::Authenticity,
        "signature-invalid",
    ),
    (
        "a certificate that was judged long before",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "line_confirmed");
                let at = events[seq].details["signed"]["grounds"]["at"]
                    .as_i64()
                    .unwrap();
                events[seq].details["signed"]["grounds"]["at"] = json!(at - 121_000);
            });
        },
        Check::Authenticity,
        "grounds-time",
    ),
    (
        "a judgement by another's certificate",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "line_confirmed");
                flip_hex(&mut events[seq].details["signed"]["grounds"]["path"][0]);
            });
        },
        Check::Authenticity,
        "grounds-path",
    ),
    (
        "a certificate that was judged when it was not valid",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "bid_received");
                events[seq].details["signed"]["grounds"]["at"] = json!(1_500_000_000_000_i64);
            });
        },
        Check::Authenticity,
        "certificate-not-yet-valid",
    ),
    (
        "an act without its grounds",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "line_confirmed");
                drop(
                    events[seq].details["signed"]
                        .as_object_mut()
                        .unwrap()
                        .remove("grounds"),
                );
            });
        },
        Check::Authenticity,
        "act-no-grounds",
    ),
    (
        "another author than the certificate's",
        |files| {
            files.rewrite(|events| {
                let (seq, other) = (at(events, "line_confirmed"), at(events, "objected"));
                events[seq].details["author"] = events[other].details["author"].clone();
            });
        },
        Check::Authenticity,
        "author-differs",
    ),
    (
        "another name than the certificate's",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "line_confirmed");
                events[seq].details["author"]["name"] = json!("另一家公司");
            });
        },
        Check::Authenticity,
        "author-differs",
    ),
    (
        "another size of a bid than its header promised",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "bid_received");
                events[seq].details["extra"]["size"] = json!(5);
            });
        },
        Check::Authenticity,
        "author-differs",
    ),
    (
        "an act without a signature, called a stranger's complaint",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "line_confirmed");
                let signed = events[seq].details["signed"].as_object_mut().unwrap();
                signed.retain(|name, _| name == "body");
                events[seq].details["extra"] = json!({
                    "extra": "complainant",
                    "name": "某人",
                    "reach": "13800000000",
                    "secret": Digest::of(b"secret"),
                });
            });
        },
        Check::Authenticity,
        "act-unsigned",
    ),
    (
        "another valid certificate",
        |files| {
            files.rewrite(|events| {
                let (seq, other) = (at(events, "line_confirmed"), at(events, "objected"));
                let chain = events[other].details["signed"]["signature"]["chain"].clone();
                events[seq].details["signed"]["signature"]["chain"] = chain;
            });
        },
        Check::Authenticity,
        "signature-invalid",
    ),
    (
        "an act of one bidder under another's handle",
        |files| {
            files.rewrite(|events| {
                let (seq, other) = (at(events, "signed_in"), 7);
                let other = events[other].facts["what"]["party"].clone();
                events[seq].facts["what"]["party"] = other;
            });
        },
        Check::Authenticity,
        "author-differs",
    ),
    (
        "facts that the act does not make",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "bid_received");
                events[seq].facts["what"]["rescue"] = json!(false);
            });
        },
        Check::Authenticity,
        "act-unfit",
    ),
    (
        "a window of another length than was ordered",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "window_started");
                let ends = events[seq].facts["what"]["ends"].as_i64().unwrap();
                events[seq].facts["what"]["ends"] = json!(ends - 1000);
            });
        },
        Check::Authenticity,
        "act-unfit",
    ),
];
