//! Events that a public edition withholds, which it says are complaints.

use crate::outcome::Findings;
use crate::reading::Reading;

pub(super) fn check(reading: &Reading<'_>) -> Findings {
    let mut findings = Findings::default();
    for line in &reading.bundle.lines {
        findings.told(line.facts.is_some());
    }
    findings
}
