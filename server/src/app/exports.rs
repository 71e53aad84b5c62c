//! Who took bidders' documents out: it goes on record in the platform's stream,
//! once a day for each person and project, however many files and ranges.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kaibiao_core::act::{Act, Export, Exported};
use kaibiao_core::command::{Actor, Checked, Performed};
use kaibiao_core::ids::{Millis, Nonce, ProjectId};
use kaibiao_core::platform::Command;
use kaibiao_core::signed::Signed;
use kaibiao_crypto::{Digest, canonical};

use super::{App, platform, random};
use crate::http::Caller;
use crate::problem::Problem;

const DAY: Millis = 24 * 3600 * 1000;

/// What is on record already, by person.
#[derive(Default)]
pub struct Exports(Mutex<HashMap<(ProjectId, Digest), Millis>>);

/// Records an export of documents before anything is sent.
///
/// # Errors
/// Of the store: what cannot be recorded is not sent.
pub async fn note(app: &App, project: ProjectId, caller: &Caller) -> Result<(), Problem> {
    let now = app.now();
    let who = (project, caller.session.certificate);
    if !app.exports.is_new(who, now) {
        return Ok(());
    }
    let act = Act::Export(Export {
        nonce: Nonce(random::bytes()),
        project,
        what: Exported::Documents,
    });
    let body = canonical::try_to_bytes(&act).map_err(Problem::internal)?;
    let performed = Performed {
        actor: Actor {
            author: platform::author(&caller.session),
            roles: caller.roles.clone(),
            agent: None,
        },
        act,
        signed: Signed {
            body: String::from_utf8(body).map_err(Problem::internal)?,
            signature: None,
        },
        checked: Checked::Nothing,
    };
    platform::put(app, Command::Act(Box::new(performed))).await?;
    app.exports.done(who, now);
    Ok(())
}

impl Exports {
    fn is_new(&self, who: (ProjectId, Digest), now: Millis) -> bool {
        // Every change under the lock is complete in itself.
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, at| now - *at < DAY);
        !held.contains_key(&who)
    }

    fn done(&self, who: (ProjectId, Digest), now: Millis) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(who, now);
    }
}
