//! The project's anchors: all of them, in the log, and prefixes of the events.

use kaibiao_core::event::What;
use kaibiao_core::ids::Seq;
use kaibiao_crypto::merkle::{InclusionProof, leaf_hash};

use super::log;
use crate::outcome::{Findings, Place};
use crate::reading::Reading;

pub(super) fn check(reading: &Reading<'_>) -> Findings {
    let mut findings = Findings::default();
    if reading.policy.log.is_none() {
        return Findings::not_asked();
    }
    let Some(checkpoint) = log::head(reading) else {
        findings.lacks();
        return findings;
    };
    let anchors = &reading.bundle.anchors;
    let mut before = None;
    for (tick, line) in (1..).zip(anchors) {
        let place = || Place::Tick(line.tick);
        findings.expect(line.tick == tick, "anchor-tick", place);
        let is_later = before.is_none_or(|before| before < line.index);
        findings.expect(is_later, "anchor-index", place);
        before = Some(line.index);
        let entry = line.anchor(&reading.project).entry();
        let inclusion = InclusionProof {
            index: line.index,
            size: checkpoint.size,
            path: line.path.clone(),
        };
        let holds = inclusion.verify(&leaf_hash(&entry), &checkpoint.root);
        findings.expect(holds.is_ok(), "log-inclusion", place);
        let is_prefix = reading.root(line.size) == Some(line.root);
        findings.expect(is_prefix, "anchor-prefix", place);
    }
    let head = &reading.bundle.head;
    let ends = anchors.last();
    let is_end = ends.is_some_and(|last| last.size == head.size && last.root == head.root);
    let last = || Place::Tick(ends.map_or(0, |last| last.tick));
    findings.expect(is_end, "anchor-end", last);
    for seq in fixed(reading) {
        let is_anchored = anchors.iter().any(|line| line.size == seq);
        findings.expect(is_anchored, "anchor-missing", || Place::Seq(seq));
    }
    findings
}

/// The events by which a list was fixed of which there is a statement.
fn fixed(reading: &Reading<'_>) -> Vec<Seq> {
    let signed = reading
        .facts()
        .filter_map(|(_, _, facts)| match &facts.what {
            What::StatementSigned { lot, .. } => Some(lot.clone()),
            _ => None,
        });
    let signed: Vec<_> = signed.collect();
    let fixed = reading.facts().filter_map(|(seq, _, facts)| {
        let of = match &facts.what {
            What::DeadlineReached { .. } => None,
            What::AcceptedFixed { lot, .. } => Some(lot.clone()),
            _ => return None,
        };
        signed.contains(&of).then_some(seq)
    });
    fixed.collect()
}
