//! Whatever was erased is on record in the platform's stream, by the public log.

use kaibiao_core::anchored::ErasureProof;
use kaibiao_core::ids::{Millis, Seq};
use kaibiao_crypto::tlog::SignedNote;

use crate::outcome::{Findings, Place};
use crate::reading::Reading;

const FILE: &str = "erasures.jsonl";

/// Holds each erased line against the record of it.
pub(super) fn check(findings: &mut Findings, reading: &Reading<'_>) {
    let mut proofs = reading.bundle.erasures.iter();
    for seq in reading.erased() {
        let proof = proofs.next();
        if let Err(code) = judge(reading, seq, proof) {
            findings.fail(code, Place::Seq(seq));
        }
    }
    let is_all = proofs.next().is_none();
    findings.expect(is_all, "erasure-unrecorded", || Place::file(FILE));
}

fn judge(
    reading: &Reading<'_>,
    seq: Seq,
    proof: Option<&ErasureProof>,
) -> Result<(), &'static str> {
    let unrecorded = "erasure-unrecorded";
    let proof = proof.ok_or(unrecorded)?;
    let shell = reading.event(seq).and_then(|event| event.shell);
    let details = shell.ok_or(unrecorded)?.details;
    let at = proof.records(&reading.project, seq, &details);
    let at = at.ok_or(unrecorded)?;
    match (&proof.anchored, &reading.policy.log) {
        (Some(anchored), Some(log)) => {
            let verified = proof.verify(anchored, log);
            verified.map_err(|problem| problem.code())?;
            let (_, note) = anchored.proof.split_once("\n\n").unwrap_or_default();
            let normal = note.parse::<SignedNote>().ok();
            let normal = normal.and_then(|note| log.normal(&note, second(at)).ok());
            if normal.is_some_and(|(normal, _)| normal.to_string() == note) {
                Ok(())
            } else {
                Err("log-signature")
            }
        }
        // It says so in the stream of a platform without a log, and rests on its word.
        (None, None) if proof.event.path.is_empty() => Ok(()),
        (None, _) => Err("log-quorum"),
        (Some(_), None) => Err("file-surplus"),
    }
}

fn second(at: Millis) -> u64 {
    u64::try_from(at.div_euclid(1_000)).unwrap_or(0)
}
