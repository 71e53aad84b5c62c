//! The one way in which anything happens to a project: a command is decided and
//! its events, secrets and messages are appended in one transaction.

use std::sync::Arc;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::command::{Clock, Command, Context, System};
use kaibiao_core::event::{Cause, Event, Recorded, What};
use kaibiao_core::ids::{Party, ProjectId};
use kaibiao_core::project::Project;
use kaibiao_core::refusal::{Refusal, RefusalCode};
use kaibiao_os::random;
use kaibiao_store::{AppendError, Appended, At, Claim, Commit, Current, Head, StreamId};
use zeroize::Zeroizing;

use super::{App, outbox};
use crate::failure::of_store;
use crate::kept::rescues_over;
use crate::register::Registered;

/// What is written beside the events of a command, in their transaction.
#[derive(Default)]
pub struct Beside {
    pub put: Vec<(String, Zeroizing<Vec<u8>>)>,
    pub wiped: Vec<String>,
    /// What may happen only once in a project, by scope and name.
    pub once: Vec<(&'static str, String)>,
}

impl Beside {
    /// Writes nothing beside the events, as for commands that carry no secrets.
    pub fn nothing(_: &[Event]) -> Self {
        Self::default()
    }
}

/// What became of a command.
pub struct Put {
    /// The events, as they stand in the stream now.
    pub recorded: Vec<Recorded>,
    /// The project's tree after them.
    pub head: Head,
}

/// The store's name of a project.
pub fn stream(project: ProjectId) -> StreamId {
    StreamId::project(project.0)
}

/// The project whose stream this is; `None` for a stream of another kind.
pub fn project_of(stream: &StreamId) -> Option<ProjectId> {
    stream.as_str().parse().ok()
}

/// A project as last committed.
///
/// # Errors
/// `not-found` when there is no such project.
pub async fn load(app: &App, project: ProjectId) -> Result<Arc<Current<Project>>, Problem> {
    let current = app
        .store
        .load::<Project>(&stream(project))
        .await
        .map_err(of_store)?;
    if current.version == 0 {
        Err(Transport::NotFound.into())
    } else {
        Ok(current)
    }
}

/// What was asked of one of many projects; `None` of one that is damaged, which hides
/// no other.
///
/// # Errors
/// Every other failure.
pub fn unless_damaged<T>(asked: Result<T, Problem>) -> Result<Option<T>, Problem> {
    match asked {
        Ok(found) => Ok(Some(found)),
        Err(problem) if problem.code == Transport::ProjectDamaged.code() => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// Puts a command to a project. Inside the transaction `beside` is asked what to
/// keep or wipe with the events that the command led to. When a command is
/// refused, its evidence is appended before the refusal is returned.
///
/// # Errors
/// The rules' refusal, or a failure of the store, after which nothing changed.
pub async fn put(
    app: &App,
    project: ProjectId,
    command: Command,
    beside: impl FnMut(&[Event]) -> Beside + Send + 'static,
) -> Result<Put, Problem> {
    decided(app, project, command, true, beside).await
}

async fn decided(
    app: &App,
    project: ProjectId,
    command: Command,
    perform: bool,
    mut beside: impl FnMut(&[Event]) -> Beside + Send + 'static,
) -> Result<Put, Problem> {
    let (legal, trust) = (app.legal(), app.trust_terms());
    let registered = Registered::read(app, &command).await?;
    let unserved = app.memory.unserved.of(project);
    let appended: Appended<Project, Result<(), Refusal>> = app
        .store
        .append(&stream(project), move |at: At<'_, Project>| {
            let context = Context {
                project,
                now: at.now,
                clock: if at.steady {
                    Clock::Steady
                } else {
                    Clock::Doubtful { by: at.drift }
                },
                away: at.away,
                unserved,
                fresh: Party(random::bytes()),
                legal,
                trust: trust.clone(),
                register: registered.of(&command, at.book),
            };
            let (events, reply) =
                match kaibiao_core::decide::decide(at.state, at.book, &command, &context) {
                    Ok(events) if perform => (events, Ok(())),
                    Ok(_) => (Vec::new(), Ok(())),
                    Err(refused) if refused.evidence.is_empty() => return Err(refused.refusal),
                    Err(refused) => (refused.evidence, Err(refused.refusal)),
                };
            let Beside {
                put,
                mut wiped,
                once,
            } = beside(&events);
            wiped.extend(rescues_over(at.state, &events));
            let outbox = outbox::messages(project, at.state, at.book, at.now, &events);
            let mut commit = Commit::new(events, reply);
            commit.secrets_put = put;
            commit.secrets_wiped = wiped;
            commit.outbox = outbox;
            commit.claims = once
                .into_iter()
                .map(|(scope, id)| claim(project, scope, id))
                .collect();
            Ok(commit)
        })
        .await
        .map_err(|error| match error {
            AppendError::Refused(refusal) => Problem::from(&refusal),
            AppendError::Claimed(_) => RefusalCode::SameBid.into(),
            AppendError::Store(error) => of_store(error),
        })?;
    if appended.recorded.iter().any(makes_terms) {
        app.memory.log.bell.notify_one();
    }
    if let (Some(run), true) = (unserved, appended.recorded.iter().any(tells_of_errors)) {
        app.memory.unserved.noted(project, run);
    }
    appended.reply.map_err(|refusal| Problem::from(&refusal))?;
    Ok(Put {
        recorded: appended.recorded,
        head: appended.head,
    })
}

fn makes_terms(event: &Recorded) -> bool {
    matches!(
        event.facts.what,
        What::Published { .. } | What::TermsAmended { .. }
    )
}

fn tells_of_errors(event: &Recorded) -> bool {
    let cause = Cause::Unserved;
    matches!(&event.facts.what, What::OutageNoted { cause: of, .. } if *of == cause)
}

/// Asks the rules whether a command would be accepted now, without performing
/// it. What is due by time, and the evidence of a refusal, are appended.
///
/// # Errors
/// As [`put`].
pub async fn rehearse(app: &App, project: ProjectId, command: Command) -> Result<(), Problem> {
    decided(app, project, command, false, Beside::nothing)
        .await
        .map(drop)
}

fn claim(project: ProjectId, scope: &str, id: String) -> Claim {
    Claim {
        scope: format!("{scope}/{project}"),
        id,
        value: Vec::new(),
    }
}

/// Appends what is due by now.
///
/// # Errors
/// As [`put`].
pub async fn tick(app: &App, project: ProjectId) -> Result<(), Problem> {
    put(app, project, Command::System(System::Tick), Beside::nothing)
        .await
        .map(drop)
}

/// Keeps something among a project's secrets without an event.
///
/// # Errors
/// A failure of the store.
pub async fn keep(
    app: &App,
    project: ProjectId,
    name: &str,
    value: Vec<u8>,
) -> Result<(), Problem> {
    let put = vec![(name.to_owned(), Zeroizing::new(value))];
    without_event(
        app,
        project,
        Beside {
            put,
            ..Beside::default()
        },
    )
    .await
}

/// Wipes secrets whose use is over.
///
/// # Errors
/// A failure of the store.
pub async fn wipe(app: &App, project: ProjectId, wiped: Vec<String>) -> Result<(), Problem> {
    without_event(
        app,
        project,
        Beside {
            wiped,
            ..Beside::default()
        },
    )
    .await
}

async fn without_event(app: &App, project: ProjectId, beside: Beside) -> Result<(), Problem> {
    let stream = stream(project);
    let written = app.store.append::<Project, (), (), _>(&stream, move |_| {
        let mut commit = Commit::new(Vec::new(), ());
        commit.secrets_put.clone_from(&beside.put);
        commit.secrets_wiped.clone_from(&beside.wiped);
        Ok(commit)
    });
    match written.await {
        Ok(_) => Ok(()),
        Err(AppendError::Store(error)) => Err(of_store(error)),
        Err(AppendError::Refused(()) | AppendError::Claimed(_)) => Err(Transport::Internal.into()),
    }
}
