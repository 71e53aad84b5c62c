//! Time stamps over the checkpoint and the closing statement's note.

use kaibiao_core::ids::Millis;
use kaibiao_crypto::Digest;
use kaibiao_crypto::statement::ClosingStatement;
use kaibiao_crypto::timestamp;

use super::statements::note_of;
use crate::form::{Stamp, StampOf};
use crate::outcome::{Findings, Place};
use crate::reading::Reading;

/// A note that may be stamped.
struct Note<'a> {
    of: StampOf,
    text: &'a str,
    /// The instant of the last event of its tree.
    at: Millis,
    /// The last second in which a stamp is in time, where there is one.
    by: Option<i64>,
}

pub(super) fn check(reading: &Reading<'_>) -> Findings {
    let mut findings = Findings::default();
    if reading.policy.stamps.is_none() {
        return Findings::not_asked();
    }
    let notes: Vec<Note<'_>> = [of_checkpoint(reading), of_closing(reading)]
        .into_iter()
        .flatten()
        .collect();
    let place = || Place::file("timestamps.jsonl");
    for note in &notes {
        let mut stamps = reading.bundle.timestamps.iter();
        let is_there = stamps.any(|stamp| stamp.of == note.of);
        findings.expect(is_there, "timestamp-missing", place);
    }
    for stamp in &reading.bundle.timestamps {
        let note = notes.iter().find(|note| note.of == stamp.of);
        let judged = note
            .ok_or_else(|| "timestamp-imprint".to_owned())
            .and_then(|note| judge(reading, stamp, note));
        if let Err(code) = judged {
            findings.fail(code, place());
        }
    }
    findings
}

fn judge(reading: &Reading<'_>, stamp: &Stamp, note: &Note<'_>) -> Result<(), String> {
    let Some(authorities) = &reading.policy.stamps else {
        return Ok(());
    };
    let imprint = Digest::of(note.text.as_bytes());
    let stamped = timestamp::verify_normal(&stamp.token, imprint, authorities)
        .map_err(|problem| problem.code().to_owned())?;
    let second = stamped.at_micros.div_euclid(1_000_000);
    if second < note.at.div_euclid(1000) {
        return Err("timestamp-early".to_owned());
    }
    if note.by.is_some_and(|by| second > by) {
        return Err("timestamp-late".to_owned());
    }
    Ok(())
}

fn of_checkpoint<'a>(reading: &Reading<'a>) -> Option<Note<'a>> {
    Some(Note {
        of: StampOf::Checkpoint,
        text: reading.bundle.checkpoint.as_deref()?,
        at: reading.last_time(),
        by: None,
    })
}

fn of_closing<'a>(reading: &Reading<'a>) -> Option<Note<'a>> {
    let stated = reading.bundle.closing.as_ref()?;
    let policy = reading.policy;
    let signed = stated.statement.full();
    let verified = signed.verify::<ClosingStatement>(
        &policy.origin,
        &reading.project,
        policy.statement_keys(),
    );
    let at = verified.ok()?.at;
    Some(Note {
        of: StampOf::Closing,
        text: note_of(stated.proof.as_ref()?)?,
        at,
        by: Some(at.div_euclid(1000).saturating_add(i64::from(policy.late))),
    })
}
