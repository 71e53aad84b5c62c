//! The time stamps over what a bundle rests on in the public log
//! (docs/spec/bundle.md, 2; timestamps.md, 6).

use kaibiao_api::problem::Problem;
use kaibiao_core::ids::ProjectId;
use kaibiao_crypto::Digest;
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::tlog::LogProof;
use serde::Serialize;

use super::kept::{self, Logged};
use super::line::line_of;
use crate::failure::of_store;
use crate::{App, statements};

#[derive(Serialize)]
struct StampLine {
    of: &'static str,
    token: Base64,
}

/// The lines of those that have come: over the checkpoint, and over the note in the
/// closing statement's proof.
///
/// # Errors
/// When the store fails.
pub async fn lines(app: &App, project: ProjectId, logged: &Logged) -> Result<Vec<u8>, Problem> {
    let mut notes = vec![("checkpoint", logged.checkpoint.to_string())];
    if let Some(proof) = statements::proof(app, project, None).await? {
        let (proof, _) = kept::normal(proof, &logged.policy)?;
        let proof: LogProof = proof.anchored.proof.parse().map_err(Problem::internal)?;
        notes.push(("closing", proof.note.to_string()));
    }
    let mut lines = Vec::new();
    for (of, note) in notes {
        let stamp = app.store.timestamps().of(Digest::of(note.as_bytes())).await;
        if let Some(stamp) = stamp.map_err(of_store)? {
            let token = Base64(stamp.token);
            lines.extend(line_of(&StampLine { of, token }));
        }
    }
    Ok(lines)
}
