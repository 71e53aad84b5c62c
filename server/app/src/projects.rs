//! Beginning and finding projects, and the seat from which somebody looks at one.

use std::sync::Arc;
use std::time::Duration;

use kaibiao_api::ProjectCreated;
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::access::{Point, Thing, may_read};
use kaibiao_core::act::{Act, DraftProject, ImportDraft};
use kaibiao_core::book::Book;
use kaibiao_core::command::{Clock, Command, Context};
use kaibiao_core::compose::compose_lot;
use kaibiao_core::ids::{LotId, Nonce, Party, ProjectId};
use kaibiao_core::lists;
use kaibiao_core::project::Project;
use kaibiao_core::refusal::{Refusal, RefusalCode};
use kaibiao_core::role::Role;
use kaibiao_core::terms::Draft;
use kaibiao_core::viewer::Viewer;
use kaibiao_crypto::canonical;
use kaibiao_os::random;
use kaibiao_store::{AppendError, At, Claim, Commit, Current};
use tokio::time::timeout;

use super::{App, deciding, signing, walk};
use crate::caller::{Caller, Visitor};
use crate::desk::Span;
use crate::failure::of_store;
use crate::register::Registered;
use crate::walk::Walk;

/// How long a reader waits until what is due is written.
const PATIENCE: Duration = Duration::from_secs(3);

/// A project as of now. What is due by time is appended first.
///
/// # Errors
/// `not-found` where there is none.
pub async fn current(app: &App, project: ProjectId) -> Result<Arc<Current<Project>>, Problem> {
    let current = deciding::load(app, project).await?;
    let due = kaibiao_core::due::next_due(&current.state);
    if due.is_none_or(|due| due > app.now()) {
        return Ok(current);
    }
    match timeout(PATIENCE, deciding::tick(app, project)).await {
        Ok(Ok(())) => deciding::load(app, project).await,
        // While the clock is in doubt, or the store cannot be written, time does not act;
        // but projects can be read as they stand.
        Ok(Err(problem)) if problem.retry_after.is_some() => Ok(current),
        Ok(Err(problem)) => Err(problem),
        Err(_) => Ok(current),
    }
}

/// A project as of now, for a visitor. One that is not published exists only for
/// its officials, its custodians and for machine accounts.
pub async fn seen(
    app: &App,
    project: ProjectId,
    visitor: &Visitor,
) -> Result<(Arc<Current<Project>>, Viewer), Problem> {
    let current = current(app, project).await?;
    let viewer = viewer(&current.book, visitor);
    let at = Point::project(&current.state);
    if may_read(&viewer, Thing::Project, at, false) {
        Ok((current, viewer))
    } else {
        Err(Transport::NotFound.into())
    }
}

/// The seat from which a visitor looks at a project.
pub fn viewer(book: &Book, visitor: &Visitor) -> Viewer {
    let Some(caller) = &visitor.0 else {
        return Viewer::public();
    };
    // An agent has no role of its own; whether whoever authorised it has one is asked at
    // each of its requests.
    let certifies = !caller.roles.is_empty() || caller.session.agent.is_some();
    let organisation = caller.session.organisation.clone();
    Viewer::in_project(book, organisation, &caller.roles, certifies)
}

/// Begins a project from a draft of a host or of the machine account. A machine's
/// draft that is sent again leads to the same project.
pub async fn begin(
    app: &App,
    caller: &Caller,
    external_id: Option<String>,
    mut draft: Draft,
) -> Result<ProjectCreated, Problem> {
    if external_id.is_some() {
        draft.external_id = external_id;
    }
    let nonce = Nonce(random::bytes());
    let external_id = draft.external_id.clone();
    let act = if caller.has(Role::Machine) {
        Act::ImportDraft(ImportDraft { nonce, draft })
    } else {
        Act::DraftProject(DraftProject { nonce, draft })
    };
    let performed = signing::unsigned(caller, act)
        .map_err(|error| Transport::Malformed.with("reason", error))?;
    let id = ProjectId(uuid::Uuid::now_v7());
    let claims: Vec<Claim> = external_id
        .iter()
        .map(|external_id| Claim {
            scope: format!("project:{}", caller.session.organisation),
            id: external_id.clone(),
            value: id.to_string().into_bytes(),
        })
        .collect();
    let command = Command::Act(Box::new(performed));
    let mut registered = Registered::read(app, &command).await?;
    registered.drafts = unpublished(app, caller, external_id.as_deref()).await?;
    let (legal, trust) = (app.legal(), app.trust_terms());
    let stream = deciding::stream(id);
    let appended = app.store.append(&stream, move |at: At<'_, Project>| {
        let context = Context {
            project: id,
            now: at.now,
            // Nothing about a draft depends on the time, so a clock in doubt does
            // not stop it.
            clock: Clock::Steady,
            away: None,
            unserved: None,
            fresh: Party(random::bytes()),
            legal,
            trust: trust.clone(),
            register: registered.of(&command, at.book),
        };
        let events = kaibiao_core::decide(at.state, at.book, &command, &context)?;
        let mut commit = Commit::new(events, ());
        commit.claims.clone_from(&claims);
        Ok::<_, Refusal>(commit)
    });
    match appended.await {
        Ok(_) => Ok(ProjectCreated {
            id: id.to_string(),
            created: true,
        }),
        Err(AppendError::Claimed(former)) => Ok(ProjectCreated {
            id: String::from_utf8(former).map_err(Problem::internal)?,
            created: false,
        }),
        Err(AppendError::Refused(refusal)) => Err((&refusal).into()),
        Err(AppendError::Store(error)) => Err(of_store(error)),
    }
}

/// How many drafts the caller's organisation has begun that are not published. None where
/// it has begun this one before, since that begins no other.
async fn unpublished(
    app: &App,
    caller: &Caller,
    external_id: Option<&str>,
) -> Result<usize, Problem> {
    let drafts = vec![lists::drafts_of(&caller.session.organisation)];
    let mut drafts = Walk::through(app, drafts, Span::default(), None, walk::PAGE);
    let mut own = Vec::new();
    while let Some(found) = drafts.next().await? {
        own.push(found.listed.summary.external_id);
    }
    let is_again = external_id.is_some() && own.iter().any(|it| it.as_deref() == external_id);
    Ok(if is_again { 0 } else { own.len() })
}

/// The exact bytes of a lot's sealing terms. While a project is prepared its
/// officials are shown what a publication would fix.
pub async fn terms(
    app: &App,
    project: ProjectId,
    lot: &LotId,
    visitor: &Visitor,
) -> Result<String, Problem> {
    let (current, _) = seen(app, project, visitor).await?;
    if let Some(text) = current.book.terms.get(lot) {
        return Ok(text.text.clone());
    }
    let refused = |refusal: Refusal| Problem::from(&refusal);
    let book = &current.book;
    let draft = book.draft.as_ref().ok_or(Transport::NotFound)?;
    let lot_draft = draft
        .lots
        .get(lot)
        .ok_or_else(|| refused(RefusalCode::NoSuchLot.into()))?;
    let trust = app.trust_terms();
    let preview = compose_lot(project, lot, 1, lot_draft, draft, &book.keys, &trust);
    let preview = preview.map_err(refused)?;
    String::from_utf8(canonical::to_bytes(&preview)).map_err(Problem::internal)
}
