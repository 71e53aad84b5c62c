//! The checkpoint: the log's, and cosigned by the quorum.

use kaibiao_crypto::tlog::{self, Checkpoint, SignedNote};

use crate::outcome::{Findings, Place};
use crate::reading::Reading;

pub(super) fn check(reading: &Reading<'_>) -> Findings {
    let mut findings = Findings::default();
    let Some(log) = &reading.policy.log else {
        return Findings::not_asked();
    };
    let Some(text) = &reading.bundle.checkpoint else {
        findings.lacks();
        return findings;
    };
    let place = || Place::file("checkpoint");
    let since = reading.last_time().div_euclid(1000);
    if let Err(code) = judge(text, log, u64::try_from(since).unwrap_or(0)) {
        findings.fail(code, place());
    }
    findings
}

/// Judges a note over a checkpoint of this log, of which no cosignature may be from
/// before the second `since`.
fn judge(text: &str, log: &tlog::Policy, since: u64) -> Result<(), &'static str> {
    let note: SignedNote = text.parse().map_err(|_| "log-unsigned")?;
    let checkpoint: Checkpoint = note.text().parse().map_err(|_| "log-unsigned")?;
    let of_log = checkpoint.origin == *log.log().name();
    if !of_log || !log.log().signed(&note).unwrap_or(false) {
        return Err("log-unsigned");
    }
    let (normal, cosigned) = log.normal(&note, since).map_err(|_| "log-signature")?;
    if cosigned < log.quorum() {
        return Err("log-quorum");
    }
    if normal.to_string() == text {
        Ok(())
    } else {
        Err("log-signature")
    }
}

/// The head of the log as the bundle's checkpoint says.
pub(super) fn head(reading: &Reading<'_>) -> Option<Checkpoint> {
    let note: SignedNote = reading.bundle.checkpoint.as_ref()?.parse().ok()?;
    note.text().parse().ok()
}
