//! Bundles of a whole opening: one that holds, and every way in which it may be wrong.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod cast;
mod changes;
mod command;
mod export;
mod holds;
mod log;
mod opening;
mod rewriting;
mod rich;
mod stamps;
mod vectors;
mod wrong;

use kaibiao_verify::{Check, Fault, Outcome, Policy, Report, verify};

use crate::export::Files;

/// Makes all checks of these files.
pub fn checked(files: &Files, policy: &Policy) -> Result<Report, Fault> {
    verify(&files.archive(), policy, &[])
}

/// The outcome of one check.
pub fn outcome(report: &Report, check: Check) -> &Outcome {
    &report
        .checks
        .iter()
        .find(|it| it.check == check)
        .unwrap()
        .outcome
}
