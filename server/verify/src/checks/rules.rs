//! Every event was lawful in the state that it met, and the last one is where a bundle
//! ends.

use crate::outcome::{Findings, Place};
use crate::reading::Reading;

pub(super) fn check(reading: &Reading<'_>) -> Findings {
    let mut findings = Findings::default();
    if let Some(seq) = reading.broken {
        findings.fail("unlawful", Place::Seq(seq));
        return findings;
    }
    let last = reading.tree.size();
    let evidence = reading.end.state.evidence.as_ref();
    let end = evidence.map_or(last, |evidence| evidence.end);
    let is_end = evidence.is_some() && end == last;
    findings.expect(is_end, "bundle-end", || Place::Seq(end));
    findings
}
