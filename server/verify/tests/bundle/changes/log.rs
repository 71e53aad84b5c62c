//! Changes of files, of the log, of statements and of terms.

use kaibiao_crypto::Digest;
use kaibiao_verify::Check;
use serde_json::json;

use super::Changed;
use crate::export::Files;
use crate::rewriting::{at, flip_hex};

pub const CHANGES: &[Changed] = &[
    // Files.
    (
        "a revocation list that is not there",
        |files| {
            let name = files.first("crls/");
            files.0.remove(&name);
        },
        Check::Files,
        "file-missing",
    ),
    (
        "a revocation list of other bytes",
        |files| {
            let name = files.first("crls/");
            files.0.get_mut(&name).unwrap().push(0);
        },
        Check::Files,
        "file-missing",
    ),
    (
        "a header of another bid",
        |files| {
            let [one, other] = files.two("headers/");
            files.swap(&one, &other);
        },
        Check::Files,
        "file-missing",
    ),
    (
        "a file too many",
        |files| {
            let name = format!("headers/{}.bin", Digest::of(b"another bid"));
            files.0.insert(name, Vec::new());
        },
        Check::Files,
        "file-surplus",
    ),
    (
        "no receipts",
        |files| {
            files.0.remove("receipts.jsonl");
        },
        Check::Files,
        "file-missing",
    ),
    // The log.
    (
        "an older checkpoint",
        |files| {
            let proof = files.json("accepted/1.json")["proof"]["anchored"]["proof"].clone();
            let (_, note) = proof.as_str().unwrap().split_once("\n\n").unwrap();
            files
                .0
                .insert("checkpoint".into(), note.as_bytes().to_vec());
        },
        Check::Log,
        "log-quorum",
    ),
    (
        "a checkpoint that witnesses have not signed",
        |files| {
            edit_lines(files, |lines| lines.truncate(5));
        },
        Check::Log,
        "log-quorum",
    ),
    (
        "a checkpoint that the log has not signed",
        |files| {
            edit_lines(files, |lines| drop(lines.remove(4)));
        },
        Check::Log,
        "log-unsigned",
    ),
    (
        "witnesses in another order",
        |files| {
            edit_lines(files, |lines| lines.swap(5, 6));
        },
        Check::Log,
        "log-signature",
    ),
    (
        "a witness twice",
        |files| {
            edit_lines(files, |lines| lines.push(lines[6].clone()));
        },
        Check::Log,
        "log-signature",
    ),
    (
        "a cosignature of another text",
        |files| {
            let text = String::from_utf8(files.0["checkpoint"].clone()).unwrap();
            let other = files.json("closing.json")["proof"]["anchored"]["proof"].clone();
            let line = other
                .as_str()
                .unwrap()
                .trim_end()
                .lines()
                .last()
                .unwrap()
                .to_owned();
            let mut lines: Vec<&str> = text.lines().collect();
            lines[6] = &line;
            files
                .0
                .insert("checkpoint".into(), (lines.join("\n") + "\n").into_bytes());
        },
        Check::Log,
        "log-signature",
    ),
    (
        "an anchor left out",
        |files| {
            files.change_lines("anchors.jsonl", |lines| drop(lines.remove(1)));
        },
        Check::Anchors,
        "anchor-tick",
    ),
    (
        "two roots of one size",
        |files| {
            files.change_lines("anchors.jsonl", |lines| flip_hex(&mut lines[2]["root"]));
        },
        Check::Anchors,
        "log-inclusion",
    ),
    (
        "anchors at each other's place",
        |files| {
            files.change_lines("anchors.jsonl", |lines| {
                let (one, other) = (lines[1]["index"].clone(), lines[2]["index"].clone());
                (lines[1]["index"], lines[2]["index"]) = (other, one);
            });
        },
        Check::Anchors,
        "log-inclusion",
    ),
    (
        "no anchor of the end",
        |files| {
            files.change_lines("anchors.jsonl", |lines| drop(lines.pop()));
        },
        Check::Anchors,
        "anchor-end",
    ),
    (
        "no anchor of the closing statement's tree",
        |files| {
            files.change_lines("anchors.jsonl", |lines| lines[2]["size"] = json!(3));
        },
        Check::Statements,
        "anchor-differs",
    ),
    // Statements.
    (
        "a statement of another signature",
        |files| {
            let other = files.json("accepted/1.json")["statement"]["signature"].clone();
            files.change("closing.json", |it| it["statement"]["signature"] = other);
        },
        Check::Statements,
        "statement-signature",
    ),
    (
        "another list in the closing statement",
        |files| {
            files.change("closing.json", |it| {
                let body = it["statement"]["body"]
                    .as_str()
                    .unwrap()
                    .replace("\"lot\":\"2\"", "\"lot\":\"3\"");
                it["statement"]["body"] = json!(body);
            });
        },
        Check::Statements,
        "statement-signature",
    ),
    (
        "a statement without its proof",
        |files| {
            files.change("closing.json", |it| {
                drop(it.as_object_mut().unwrap().remove("proof"))
            });
        },
        Check::Statements,
        "log-quorum",
    ),
    (
        "the proof of another statement",
        |files| {
            let other = files.json("closing.json")["proof"].clone();
            files.change("accepted/1.json", |it| it["proof"] = other);
        },
        Check::Statements,
        "anchor-differs",
    ),
    (
        "another last event in a proof",
        |files| {
            files.change("closing.json", |it| {
                flip_hex(&mut it["proof"]["event"]["salt"])
            });
        },
        Check::Statements,
        "event-differs",
    ),
    // Terms.
    (
        "other terms",
        |files| {
            let name = files.first("terms/");
            files.change(&name, |terms| terms["policy"]["minimum"] = json!(1));
        },
        Check::Terms,
        "rules-differ",
    ),
    (
        "rules that the terms do not give",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "published");
                events[seq].facts["what"]["lots"][0]["stays"]["signing"] = json!(7200);
            });
        },
        Check::Terms,
        "rules-differ",
    ),
    (
        "another T0 than the host has signed",
        |files| {
            files.rewrite(|events| {
                let seq = at(events, "published");
                let t0 = events[seq].facts["what"]["t0"].as_i64().unwrap();
                events[seq].facts["what"]["t0"] = json!(t0 - 1);
            });
        },
        Check::Terms,
        "rules-differ",
    ),
    (
        "terms that are not in the log",
        |files| {
            files.change_lines("logged.jsonl", |lines| drop(lines.remove(0)));
        },
        Check::Terms,
        "terms-unlogged",
    ),
    (
        "terms at another place of the log",
        |files| {
            files.change_lines("logged.jsonl", |lines| lines[0]["index"] = json!(0));
        },
        Check::Terms,
        "terms-unlogged",
    ),
    // Notices.
    (
        "a notice that is not in the log",
        |files| {
            files.change_lines("notices.jsonl", |lines| drop(lines.remove(1)));
        },
        Check::Notices,
        "notice-unlogged",
    ),
    (
        "a notice at another place of the log",
        |files| {
            files.change_lines("notices.jsonl", |lines| lines[1]["index"] = json!(0));
        },
        Check::Notices,
        "notice-unlogged",
    ),
    (
        "a notice of another act",
        |files| {
            files.change_lines("notices.jsonl", |lines| flip_hex(&mut lines[1]["act"]));
        },
        Check::Notices,
        "notice-unlogged",
    ),
    (
        "another draft than was published",
        |files| {
            files.change_lines("notices.jsonl", |lines| {
                let draft = lines[0]["draft"].as_str().unwrap();
                lines[0]["draft"] = json!(draft.replacen("\"t0\":1", "\"t0\":2", 1));
            });
        },
        Check::Notices,
        "notice-unlogged",
    ),
    (
        "a publication without its draft",
        |files| {
            files.change_lines("notices.jsonl", |lines| {
                drop(lines[0].as_object_mut().unwrap().remove("draft"));
            });
        },
        Check::Notices,
        "notice-unlogged",
    ),
    (
        "a notice too many",
        |files| {
            files.change_lines("notices.jsonl", |lines| lines.push(lines[0].clone()));
        },
        Check::Notices,
        "notice-unlogged",
    ),
];

fn edit_lines(files: &mut Files, change: impl FnOnce(&mut Vec<String>)) {
    let text = String::from_utf8(files.0["checkpoint"].clone()).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    let text = lines.join("\n") + "\n";
    files.0.insert("checkpoint".into(), text.into_bytes());
}
