//! What leaves the hall, and who takes it out: that is recorded in the platform's
//! stream once a day for each person, project and kind of thing, however many files
//! and ranges are read.

pub mod archive;
pub mod handover;
pub mod record;
pub mod sending;

use kaibiao_api::problem::Problem;
use kaibiao_core::act::{Act, Export, Exported};
use kaibiao_core::ids::{Nonce, ProjectId};
use kaibiao_core::platform::Command;
use kaibiao_core::role::Role;
use kaibiao_os::random;

use crate::caller::Caller;
use crate::{App, platform, signing};

/// Records an export by an official before anything is sent. What others fetch is
/// public, or their own, and leaves nothing.
///
/// # Errors
/// When the store fails. What cannot be recorded is not sent.
pub async fn note(
    app: &App,
    project: Option<ProjectId>,
    what: Exported,
    caller: &Caller,
) -> Result<(), Problem> {
    let official = [Role::Supervisor, Role::Centre, Role::Host];
    if !official.iter().any(|role| caller.has(*role)) {
        return Ok(());
    }
    let now = app.now();
    let who = (project, what, caller.session.certificate);
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
