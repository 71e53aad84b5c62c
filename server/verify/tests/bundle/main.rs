//! Bundles of a whole opening: one that holds, and every way in which it may be wrong.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod carried;
mod cast;
mod changes;
mod command;
mod erased;
mod export;
mod holds;
mod log;
mod opening;
mod playing;
mod rewriting;
mod rich;
mod shown;
mod stamps;
mod vectors;
mod wrong;

use kaibiao_verify::{Check, Fault, Outcome, Report, verify};

use crate::export::Files;
use crate::shown::Believed;

/// Makes all checks of these files.
pub fn checked(files: &Files, policy: &Believed) -> Result<Report, Fault> {
    checked_with(files, policy, &[])
}

/// The same with receipts that somebody has kept.
pub fn checked_with(
    files: &Files,
    policy: &Believed,
    receipts: &[(&str, &[u8])],
) -> Result<Report, Fault> {
    let bundle = files.archive();
    let found = verify(&bundle, policy, receipts);
    policy.show(&bundle, receipts, &found);
    found
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
