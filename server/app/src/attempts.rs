//! Calls to unlock that reached the platform and were answered with an error of its
//! own. They are attempts all the same, and go on record as soon as they can.

use kaibiao_core::act::Unlock;
use kaibiao_core::command::{Command, System};
use kaibiao_core::ids::{Organisation, ProjectId};

use crate::App;
use crate::deciding::{self, Beside};
use crate::memory::unanswered::Unanswered;

/// Puts such a call on record, now or when the store works again.
pub async fn unanswered(
    app: &App,
    project: ProjectId,
    organisation: &Organisation,
    unlock: &Unlock,
) {
    let call = Unanswered {
        project,
        organisation: organisation.clone(),
        lot: unlock.lot.clone(),
        bid: unlock.bid,
    };
    if !record(app, &call).await {
        app.memory.unanswered.keep(call);
    }
}

/// Puts on record what could not be before.
pub async fn catch_up(app: &App) {
    for call in app.memory.unanswered.kept() {
        if record(app, &call).await {
            app.memory.unanswered.forget(&call);
        }
    }
}

/// Whether nothing is left to do: it is on record, or the rules want none of it,
/// because the bid is another's or its window is over.
async fn record(app: &App, call: &Unanswered) -> bool {
    let command = Command::System(System::UnlockUnanswered {
        organisation: call.organisation.clone(),
        lot: call.lot.clone(),
        bid: call.bid,
    });
    match deciding::put(app, call.project, command, Beside::nothing).await {
        Ok(_) => true,
        Err(problem) => problem.status < 500,
    }
}
