//! What leaves the hall, and who takes documents or bundles with persons out: that is recorded in the
//! platform's stream once a day for each person and project, however many files
//! and ranges are read.

pub mod archive;
pub mod handover;
pub mod record;
pub mod sending;

use kaibiao_api::problem::Problem;
use kaibiao_core::act::{Act, Export, Exported};
use kaibiao_core::ids::{Nonce, ProjectId};
use kaibiao_core::platform::Command;
use kaibiao_os::random;

use crate::caller::Caller;
use crate::{App, platform, signing};

/// Records an export of documents, of a bundle or an archive, before anything is sent.
///
/// # Errors
/// When the store fails. What cannot be recorded is not sent.
pub async fn note(
    app: &App,
    project: ProjectId,
    caller: &Caller,
    what: Exported,
) -> Result<(), Problem> {
    let now = app.now();
    let who = (project, caller.session.certificate, what);
    if !app.memory.exports.is_new(who, now) {
        return Ok(());
    }
    let act = Act::Export(Export {
        nonce: Nonce(random::bytes()),
        project,
        what,
    });
    let performed = signing::unsigned(caller, act).map_err(Problem::internal)?;
    platform::put(app, Command::Act(Box::new(performed))).await?;
    app.memory.exports.done(who, now);
    Ok(())
}
