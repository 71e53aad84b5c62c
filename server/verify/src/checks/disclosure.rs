//! Texts that are there are what their shells commit to, and what may not be withheld
//! is there.

use std::collections::BTreeSet;

use kaibiao_core::details::Details;
use kaibiao_core::disclosure::disclosed;
use kaibiao_core::erasure::could_be_erased;
use kaibiao_core::event::What;
use kaibiao_core::ids::{Millis, Seq};
use kaibiao_core::role::By;
use kaibiao_core::viewer::Viewer;
use kaibiao_crypto::canonical;
use serde_json::Value;

use super::erasures;
use crate::form::Line;
use crate::outcome::{Findings, Place};
use crate::reading::{Reading, Told};

pub(super) fn check(reading: &Reading<'_>) -> Findings {
    let mut findings = Findings::default();
    let cited = cited(reading);
    let deadline = deadline(reading);
    for ((seq, event), line) in (1..).zip(&reading.events).zip(&reading.bundle.lines) {
        let place = || Place::Seq(seq);
        let is_told = line.facts.is_none() || event.facts.is_some() || is_committed(event, line);
        findings.expect(is_told, "facts-differ", place);
        if line.facts.is_none() {
            let may = reading.is_public()
                && deadline.is_some_and(|deadline| seq > deadline)
                && !cited.contains(&seq);
            findings.expect(may, "facts-withheld", place);
        }
        let is_told = line.details.is_none() || event.details.is_some();
        findings.expect(is_told, "details-differ", place);
        of_details(&mut findings, reading, event, line, seq);
    }
    erasures::check(&mut findings, reading);
    findings
}

/// Whether facts that the rules do not know are canonical, and the ones that the shell
/// commits to: then it is the rules that refuse them.
fn is_committed(event: &Told, line: &Line) -> bool {
    let text = line.facts.as_ref().zip(line.facts_salt).zip(event.shell);
    text.is_some_and(|((text, salt), shell)| {
        let is_canonical = canonical::from_bytes::<Value>(text.as_bytes()).is_ok();
        is_canonical && shell.holds_facts(&salt.0, text.as_bytes())
    })
}

/// What everybody is given is there, and of what nobody did there is nothing to tell.
fn of_details(findings: &mut Findings, reading: &Reading<'_>, event: &Told, line: &Line, seq: Seq) {
    let place = || Place::Seq(seq);
    let may_lack = reading.is_public() || line.erased.is_some();
    let (state, book) = (&reading.end.state, &reading.end.book);
    let public = event.recorded().is_some_and(|recorded| {
        disclosed(&Viewer::public(), state, book, Millis::MAX, &recorded).details
    });
    if line.details.is_none() {
        findings.expect(may_lack && !public, "details-withheld", place);
    }
    if line.erased.is_some() {
        let mut recorded = event.recorded().into_iter();
        let could = recorded.all(|recorded| could_be_erased(state, &recorded));
        findings.expect(could, "details-withheld", place);
    }
    let by = event.facts.as_ref().map(|facts| facts.by);
    let by_nobody = matches!(by, Some(By::Time | By::Platform));
    if public && by_nobody {
        let has_nothing = event
            .details
            .as_ref()
            .is_none_or(|it| *it == Details::default());
        findings.expect(has_nothing, "details-differ", place);
    }
}

/// The event by which T0 passed.
fn deadline(reading: &Reading<'_>) -> Option<Seq> {
    let mut facts = reading.facts();
    facts.find_map(|(seq, _, facts)| {
        matches!(facts.what, What::DeadlineReached { .. }).then_some(seq)
    })
}

/// The events that others rest on.
fn cited(reading: &Reading<'_>) -> BTreeSet<Seq> {
    let mut cited = BTreeSet::new();
    for (_, _, facts) in reading.facts() {
        match &facts.what {
            What::FindingMade { cites, .. } | What::CustodianFound { cites, .. } => {
                cited.extend(cites);
            }
            What::Replied { objection: of, .. }
            | What::Answered { question: of, .. }
            | What::HelpAnswered { help: of, .. } => {
                cited.insert(*of);
            }
            _ => {}
        }
    }
    cited
}
