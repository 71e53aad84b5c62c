//! Calls to the centre's desk: whose they are, who is shown them, who answers.
//!
//! Nothing here looks at what a caller has handed in. Of the project that a call is
//! about only its notice and its centre are asked for.

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{CallList, CallProject, CallView};
use kaibiao_core::act::Act;
use kaibiao_core::ids::{Organisation, Party, ProjectId};
use kaibiao_core::platform::Call;
use kaibiao_core::refusal::RefusalCode;
use kaibiao_core::role::Role;

use super::{App, deciding, platform};
use crate::caller::Caller;
use crate::failure::of_store;

/// The calls of the caller's own organisation.
///
/// # Errors
/// When the store fails.
pub async fn own(app: &App, caller: &Caller) -> Result<CallList, Problem> {
    let platform = platform::load(app).await.map_err(of_store)?;
    let own = platform.book.calls_of(&caller.session.organisation);
    let own = own.map(|(handle, call)| (*handle, call)).collect();
    Ok(CallList {
        calls: views(app, own)
            .await?
            .into_iter()
            .map(|it| it.view)
            .collect(),
        now: app.now(),
    })
}

/// The calls that the centre's desk is shown: those about a project only at the centre
/// that the project names.
///
/// # Errors
/// When the store fails.
pub async fn at_the_desk(app: &App, caller: &Caller) -> Result<Vec<CallView>, Problem> {
    if !caller.has(Role::Centre) {
        return Ok(Vec::new());
    }
    let platform = platform::load(app).await.map_err(of_store)?;
    let all = platform.book.calls.iter();
    let all = all.map(|(handle, call)| (*handle, call)).collect();
    let shown = views(app, all).await?.into_iter();
    let shown = shown.filter(|it| it.is_for(&caller.session.organisation));
    Ok(shown.map(|it| it.view).collect())
}

/// Refuses a call about a project that is not published, and an answer by another
/// centre than the call's.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "no other act of the platform names a project or a call"
)]
pub async fn check(app: &App, organisation: &Organisation, act: &Act) -> Result<(), Problem> {
    match act {
        Act::CallDesk(body) => match body.project {
            Some(project) => about(app, project).await.map(drop),
            None => Ok(()),
        },
        Act::AnswerCall(body) => {
            let platform = platform::load(app).await.map_err(of_store)?;
            let call = platform.book.calls.get(&body.call);
            let call = call.ok_or(RefusalCode::NoSuchEvent)?;
            let seen = views(app, vec![(body.call, call)]).await?;
            if seen.iter().any(|it| it.is_for(organisation)) {
                Ok(())
            } else {
                Err(RefusalCode::NoSuchEvent.into())
            }
        }
        _ => Ok(()),
    }
}

/// A call, and the one centre that it is for, where it is for one.
struct Seen {
    view: CallView,
    centre: Option<Organisation>,
}

impl Seen {
    fn is_for(&self, centre: &Organisation) -> bool {
        self.centre.as_ref().is_none_or(|named| named == centre)
    }
}

/// What a project's notice says, as far as a call needs it.
async fn about(app: &App, project: ProjectId) -> Result<(CallProject, Organisation), Problem> {
    let current = deciding::load(app, project).await?;
    let draft = current.book.draft.as_ref();
    let draft = draft.filter(|_| current.state.published.is_some());
    let draft = draft.ok_or(Transport::NotFound)?;
    let named = CallProject {
        id: project.to_string(),
        number: draft.number.clone(),
        title: draft.title.clone(),
    };
    Ok((named, draft.officials.centre.organisation.clone()))
}

/// The newest first.
async fn views(app: &App, calls: Vec<(Party, &Call)>) -> Result<Vec<Seen>, Problem> {
    let mut seen = Vec::with_capacity(calls.len());
    for (handle, call) in calls {
        let about = match call.project {
            // A damaged project hides no call: every centre sees it then.
            Some(project) => deciding::unless_damaged(about(app, project).await)?,
            None => None,
        };
        let (project, centre) = about.unzip();
        let answer = call.answer.as_ref();
        let author = &call.author;
        seen.push(Seen {
            view: CallView {
                call: handle,
                organisation: author.organisation.clone(),
                name: author.name.clone(),
                unvouched: author.unvouched,
                person: author.person.clone(),
                project,
                text: call.text.clone(),
                time: call.time,
                answer: answer.map(|it| it.text.clone()),
                answered: answer.map(|it| it.time),
                answered_by: answer.map(|it| format!("{} {}", it.author.name, it.author.person)),
            },
            centre,
        });
    }
    seen.sort_by_key(|it| std::cmp::Reverse(it.view.time));
    Ok(seen)
}
