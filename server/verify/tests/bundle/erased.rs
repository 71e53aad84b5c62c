//! Details that were erased: on record they are told and nothing fails; without a record,
//! or where they may not be, that is found.

use kaibiao_core::anchored::{ErasureProof, ProvedEvent};
use kaibiao_crypto::anchor::{AnchorSalt, Anchored};
use kaibiao_crypto::canonical;
use kaibiao_crypto::merkle::Tree;
use kaibiao_crypto::shell::{Shell, facts_digest};
use kaibiao_verify::{Check, Edition, Outcome, Report, Verdict};
use serde_json::{Value, json};

use crate::export::Files;
use crate::log::anchor;
use crate::opening::{Opening, digest, project};
use crate::rewriting::withhold;
use crate::{checked, outcome};

impl Opening {
    /// What the platform's stream has of an erasure, in the public log at this second.
    fn on_record(&mut self, facts: &Value, second: u64) -> ErasureProof {
        let text = String::from_utf8(canonical::to_bytes(facts)).unwrap();
        let salt = digest("salt of the record").into_bytes();
        let shell = |seq: u64| Shell {
            seq,
            time: i64::try_from(second).unwrap() * 1_000,
            facts: facts_digest(&salt, text.as_bytes()),
            details: digest("who, and why"),
        };
        // It is the third of five events.
        let tree = Tree::from_leaves((1..6).map(|seq| shell(seq).leaf()));
        let anchor = anchor("platform", 7, 5, tree.root());
        let index = self.log.put(&anchor.entry());
        ErasureProof {
            anchored: Some(Anchored {
                anchor,
                proof: self.log.proof(index, second + 1),
            }),
            event: ProvedEvent {
                facts: text.clone(),
                path: tree.inclusion(2, 5).unwrap().path,
                salt: AnchorSalt(salt),
                shell: String::from_utf8(shell(3).to_bytes()).unwrap(),
            },
        }
    }

    /// The supervisor's edition after the details of the first event of a kind were erased
    /// on record; with the event's number and the facts of the record.
    fn erased(&mut self, kind: &str) -> (Files, usize, Value) {
        let seq = self.seq(|what| what.kind() == kind);
        let shell = Shell::from_bytes(self.kept[seq - 1].shell.as_bytes()).unwrap();
        let facts = json!({
            "act": digest("the act"),
            "by": "administrator",
            "what": {
                "details": shell.details,
                "event": seq,
                "kind": "details_erased",
                "stream": project(),
            },
        });
        let second = u64::try_from(self.state.time / 1_000).unwrap() + 60;
        let proof = self.on_record(&facts, second);
        let mut files = self.files(Edition::Supervisor);
        erase(&mut files, seq);
        files.0.insert("erasures.jsonl".to_owned(), line(&proof));
        (files, seq, facts)
    }
}

fn line(proof: &ErasureProof) -> Vec<u8> {
    let mut line = canonical::to_bytes(proof);
    line.push(b'\n');
    line
}

fn erase(files: &mut Files, seq: usize) {
    withhold(files, seq - 1, "details");
    files.change_lines("events.jsonl", |lines| {
        lines[seq - 1]["erased"] = json!(true);
    });
}

fn fault(report: &Report) -> Option<(&str, String)> {
    match outcome(report, Check::Disclosure) {
        Outcome::Fails(fault) => Some((&fault.code, fault.place.to_string())),
        _ => None,
    }
}

#[test]
fn erased_details_are_told_and_all_else_holds() {
    let mut opening = Opening::new().rich();
    let (files, seq, _) = opening.erased("complaint_answered");
    let policy = opening.policy();
    let report = checked(&files, &policy).unwrap();
    assert_eq!(
        report.verdict,
        Verdict::HoldsWithoutSigners,
        "{}",
        report.json()
    );
    // Its own signature alone: every other act is decided again, and each record is made
    // again.
    assert!(matches!(
        outcome(&report, Check::Authenticity),
        Outcome::Withheld { some: 1, .. }
    ));
    assert_eq!(*outcome(&report, Check::Record), Outcome::Holds);
    let found = report.found.iter().find(|it| it.what == "details-erased");
    assert_eq!(found.unwrap().seq, Some(seq as u64));
}

#[test]
fn what_is_erased_without_a_record_is_found() {
    let mut opening = Opening::new().rich();
    let (whole, seq, facts) = opening.erased("complaint_answered");
    let (policy, place) = (opening.policy(), format!("seq {seq}"));
    let judged = |files: &Files| {
        let report = checked(files, &policy).unwrap();
        assert_eq!(report.verdict, Verdict::Fails);
        let (code, at) = fault(&report).unwrap();
        assert_eq!(at, place, "{code}");
        code.to_owned()
    };
    let mut files = whole.clone();
    files.0.remove("erasures.jsonl");
    assert_eq!(judged(&files), "erasure-unrecorded");

    // The record is of another event, stream, or text; or is no erasure.
    let second = u64::try_from(opening.state.time / 1_000).unwrap() + 60;
    for (member, value) in [
        ("event", json!(seq - 1)),
        ("stream", json!("platform")),
        ("details", json!(digest("another text"))),
        ("kind", json!("stopped")),
    ] {
        let mut other = facts.clone();
        other["what"][member] = value;
        let mut files = whole.clone();
        let proof = opening.on_record(&other, second);
        files.0.insert("erasures.jsonl".to_owned(), line(&proof));
        assert_eq!(judged(&files), "erasure-unrecorded", "{member}");
    }

    // It is in no log that anybody has cosigned since.
    let proof = opening.on_record(&facts, second);
    let anchored = proof.anchored.clone().unwrap();
    let event = &proof.event;
    let changed = |anchored: Option<Anchored>, event: &ProvedEvent| ErasureProof {
        anchored,
        event: event.clone(),
    };
    let elsewhere = Anchored {
        anchor: anchor("project", 7, 5, anchored.anchor.root),
        ..anchored.clone()
    };
    let mut unlike = event.clone();
    unlike.path.swap(0, 1);
    let (note, _) = anchored.proof.trim_end().rsplit_once('\n').unwrap();
    let (note, _) = note.rsplit_once('\n').unwrap();
    let uncosigned = Anchored {
        proof: format!("{note}\n"),
        ..anchored.clone()
    };
    for (proof, code) in [
        (changed(None, event), "log-quorum"),
        (changed(Some(elsewhere), event), "anchor-differs"),
        (changed(Some(anchored), &unlike), "event-differs"),
        (changed(Some(uncosigned), event), "log-quorum"),
    ] {
        let mut files = whole.clone();
        files.0.insert("erasures.jsonl".to_owned(), line(&proof));
        assert_eq!(judged(&files), code);
    }
}

#[test]
fn what_may_not_be_erased_is_found_although_it_is_on_record() {
    // What everybody is given, who bid, what was opened, and what the record says too.
    for kind in ["published", "bid_received", "opened", "asked"] {
        let mut opening = Opening::new().rich();
        let (files, seq, _) = opening.erased(kind);
        let report = checked(&files, &opening.policy()).unwrap();
        assert_eq!(report.verdict, Verdict::Fails, "{kind}");
        let expected = ("details-withheld", format!("seq {seq}"));
        assert_eq!(fault(&report), Some(expected), "{kind}");
    }
}

#[test]
fn a_record_of_an_erasure_of_what_is_there_is_too_much() {
    let mut opening = Opening::new().rich();
    let (mut files, seq, _) = opening.erased("complaint_answered");
    let whole = opening.files(Edition::Supervisor);
    let line = whole.lines("events.jsonl")[seq - 1].clone();
    files.change_lines("events.jsonl", |lines| lines[seq - 1] = line);
    let report = checked(&files, &opening.policy()).unwrap();
    let expected = ("erasure-unrecorded", "erasures.jsonl".to_owned());
    assert_eq!(fault(&report), Some(expected));
}
