//! Shells in their order, and the root over them.

use crate::outcome::{Findings, Place};
use crate::reading::Reading;

pub(super) fn check(reading: &Reading<'_>) -> Findings {
    let mut findings = Findings::default();
    let mut last = None;
    for (seq, event) in (1..).zip(&reading.events) {
        let place = || Place::Seq(seq);
        let Some(shell) = event.shell else {
            findings.fail("event-sequence", place());
            continue;
        };
        findings.expect(shell.seq == seq, "event-sequence", place);
        findings.expect(last.is_none_or(|it| it <= shell.time), "event-time", place);
        last = Some(shell.time);
    }
    let head = &reading.bundle.head;
    let is_whole = reading.tree.size() == head.size && reading.tree.root() == head.root;
    findings.expect(is_whole, "tree-differs", || Place::file("bundle.json"));
    findings
}
