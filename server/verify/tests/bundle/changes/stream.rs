//! Changes of the stream, of what is disclosed of it, of the rules and of whose it is.

use kaibiao_verify::Check;
use serde_json::json;

use super::Changed;
use crate::rewriting::{Written, at, flip_hex};

pub const CHANGES: &[Changed] = &[
    // The stream.
    (
        "an event dropped",
        |files| {
            files.change_lines("events.jsonl", |lines| drop(lines.remove(9)));
        },
        Check::Tree,
        "event-sequence",
    ),
    (
        "an event doubled",
        |files| {
            files.change_lines("events.jsonl", |lines| lines.insert(9, lines[9].clone()));
        },
        Check::Tree,
        "event-sequence",
    ),
    (
        "two events in each other's place",
        |files| {
            files.change_lines("events.jsonl", |lines| lines.swap(8, 9));
        },
        Check::Tree,
        "event-sequence",
    ),
    (
        "an event dropped and the others renumbered",
        |files| {
            let root = files.json("bundle.json")["root"].clone();
            files.rewrite(|events| drop(events.remove(9)));
            files.change("bundle.json", |head| head["root"] = root);
        },
        Check::Tree,
        "tree-differs",
    ),
    (
        "the whole history written anew, with a root that fits",
        |files| files.rewrite(|_| ()),
        Check::Anchors,
        "anchor-prefix",
    ),
    (
        "an event of before the one before it",
        |files| {
            files.rewrite(|events| events[20].time = events[2].time);
        },
        Check::Tree,
        "event-time",
    ),
    (
        "the tail cut",
        |files| {
            files.rewrite(|events| drop(events.pop()));
        },
        Check::Rules,
        "bundle-end",
    ),
    (
        "an event beyond the end",
        |files| {
            files.rewrite(|events| {
                let rated = json!({"by": "host", "what": {"kind": "rated", "score": 5}});
                let time = events.last().unwrap().time;
                events.push(Written {
                    time,
                    facts: rated,
                    details: json!({}),
                });
            });
        },
        Check::Rules,
        "bundle-end",
    ),
    (
        "a shell in another spelling",
        |files| {
            files.change_lines("events.jsonl", |lines| {
                let shell = lines[4]["shell"]
                    .as_str()
                    .unwrap()
                    .replace(",\"seq\"", ", \"seq\"");
                lines[4]["shell"] = json!(shell);
            });
        },
        Check::Tree,
        "event-sequence",
    ),
    (
        "facts of another text",
        |files| {
            files.change_lines("events.jsonl", |lines| {
                lines[4]["facts"] = lines[5]["facts"].clone();
            });
        },
        Check::Disclosure,
        "facts-differ",
    ),
    (
        "facts with a member twice",
        |files| {
            files.change_lines("events.jsonl", |lines| {
                let facts = lines[4]["facts"].as_str().unwrap();
                let twice = facts.replacen("\"by\":", "\"by\":\"host\",\"by\":", 1);
                lines[4]["facts"] = json!(twice);
            });
        },
        Check::Disclosure,
        "facts-differ",
    ),
    (
        "details of another salt",
        |files| {
            files.change_lines("events.jsonl", |lines| {
                flip_hex(&mut lines[4]["details_salt"])
            });
        },
        Check::Disclosure,
        "details-differ",
    ),
    (
        "facts withheld of the supervisor",
        |files| {
            files.change_lines("events.jsonl", |lines| {
                let line = lines.last_mut().unwrap().as_object_mut().unwrap();
                line.remove("facts");
                line.remove("facts_salt");
            });
        },
        Check::Disclosure,
        "facts-withheld",
    ),
    (
        "details withheld of the supervisor",
        |files| {
            files.change_lines("events.jsonl", |lines| {
                let line = lines[1].as_object_mut().unwrap();
                line.remove("details");
                line.remove("details_salt");
            });
        },
        Check::Disclosure,
        "details-withheld",
    ),
    (
        "something told of what nobody did",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "deadline_reached");
                events[seq].details = json!({"extra": {"extra": "refused", "note": "x"}});
            });
        },
        Check::Disclosure,
        "details-differ",
    ),
    // The rules.
    (
        "an illegal transition",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "window_started");
                events[seq].facts["what"] = json!({"kind": "closed", "lots": ["1"]});
            });
        },
        Check::Rules,
        "unlawful",
    ),
    (
        "an unknown event",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "clarified");
                events[seq].facts["what"] = json!({"kind": "forgotten"});
            });
        },
        Check::Rules,
        "unlawful",
    ),
    (
        "a bid after T0",
        |files| {
            files.rewrite(|events| {
                let bid = events.remove(at(events, "bid_received"));
                let seq = at(events, "deadline_reached") + 1;
                let time = events[seq].time;
                events.insert(seq, Written { time, ..bid });
            });
        },
        Check::Rules,
        "unlawful",
    ),
    (
        "T0 passed without its event",
        |files| {
            files.rewrite(|events| drop(events.remove(at(events, "deadline_reached"))));
        },
        Check::Rules,
        "unlawful",
    ),
    (
        "a bid that the deadline's event leaves out",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "deadline_reached");
                let bids = &mut events[seq].facts["what"]["lots"][0]["bids"];
                bids.as_array_mut().unwrap().pop();
            });
        },
        Check::Rules,
        "unlawful",
    ),
    // Whose it is.
    (
        "another origin",
        |files| {
            files.change("bundle.json", |head| {
                head["origin"] = json!("kaibiao.other")
            });
        },
        Check::Platform,
        "origin-differs",
    ),
    (
        "rules of a version to come",
        |files| {
            files.change("bundle.json", |head| head["rules"] = json!(2));
        },
        Check::Platform,
        "rules-version",
    ),
    (
        "another key in the terms",
        |files| {
            let name = files.first("terms/");
            let other = files.json(&name)["trust"]["receipt_key"].clone();
            files.change(&name, |terms| terms["trust"]["statement_key"] = other);
        },
        Check::Platform,
        "key-differs",
    ),
    (
        "another project's record",
        |files| {
            let name = files.first("records/");
            files.change(&name, |record| {
                record["project"]["id"] = json!("0192f0a1-7b3c-7def-8123-456789abcdee");
            });
        },
        Check::Platform,
        "project-differs",
    ),
];
