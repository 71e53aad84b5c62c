//! Calls that reached the platform and were answered with an error of its own. The
//! time of such errors is made up for; calls to unlock are attempts all the same, and
//! go on record as soon as they can.

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::access::is_concerned;
use kaibiao_core::act::Unlock;
use kaibiao_core::command::{Command, System};
use kaibiao_core::ids::{Organisation, ProjectId};
use kaibiao_crypto::certificate::{ListStanding, ListState};

use crate::caller::{Caller, Visitor};
use crate::deciding::{self, Beside};
use crate::memory::unanswered::Unanswered;
use crate::{App, projects};

/// Notes an answer to what somebody has sent, where it is an error of the platform's
/// own and the project concerns that person. While the clock is in doubt nobody counts:
/// that is made up for as a whole.
pub async fn unserved(app: &App, caller: &Caller, project: ProjectId, answer: &Problem) {
    let reading = app.store.clock().read();
    if !reading.is_steady() || !is_ours(app, caller, answer) {
        return;
    }
    let Ok(current) = deciding::load(app, project).await else {
        return;
    };
    let viewer = projects::viewer(&current.book, &Visitor(Some(caller.clone())));
    if is_concerned(&viewer, &current.state, &current.book) {
        tracing::warn!(%project, code = answer.code, "somebody whom it concerns was not served");
        app.memory.unserved.note(project, reading.now);
    }
}

/// Whether an answer is an error of the platform's own, and no certificate that could
/// not be judged is one that its sender had no need to send: of another authority than
/// vouches for the sender, or of one that is well.
pub fn is_ours(app: &App, caller: &Caller, answer: &Problem) -> bool {
    let of_list = [
        Transport::CertificateCrlStale,
        Transport::CertificateCrlMissing,
        Transport::CertificateCrlBroken,
    ];
    let of_certificate = answer.code.starts_with("certificate-");
    let is_of_list = of_list.iter().any(|it| it.code() == answer.code);
    let is_by_choice = of_certificate && !(is_of_list && is_in_trouble(app, caller));
    answer.status >= 500 && !is_by_choice
}

/// Whether the authority that vouches for somebody has no list that certificates can be
/// judged on.
fn is_in_trouble(app: &App, caller: &Caller) -> bool {
    let (authorities, now) = (app.memory.authorities.now(), app.now());
    let own = &caller.author.authority;
    let has_none = |it: &ListStanding| {
        it.ca == *own && matches!(it.state(now), ListState::Ended | ListState::Missing)
    };
    let lists = authorities.trust.lists();
    lists.iter().any(has_none) || authorities.faults.iter().any(|fault| fault.ca == *own)
}

/// Lets every run of errors that is over be made up for where it matters.
pub async fn make_up(app: &App) {
    for (project, run) in app.memory.unserved.over(app.now()) {
        match deciding::tick(app, project).await {
            Err(problem) if problem.status >= 500 => {}
            Ok(()) | Err(_) => app.memory.unserved.noted(project, run),
        }
    }
}

/// Puts a call to unlock on record, now or when the store works again.
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
