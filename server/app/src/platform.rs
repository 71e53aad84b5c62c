//! The platform's own stream: who holds which role, starts and stops, health.

use std::collections::BTreeSet;
use std::sync::Arc;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{AccountList, AccountView};
use kaibiao_core::act::Act;
use kaibiao_core::command::{Actor, Checked, Performed};
use kaibiao_core::ids::{Organisation, Party};
use kaibiao_core::platform::{self, Command, Context, Platform, Recorded, Subject};
use kaibiao_core::refusal::{Refusal, RefusalCode};
use kaibiao_core::role::Role;
use kaibiao_core::signed::Signed;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::{Place, SignedAct};
use kaibiao_os::random;
use kaibiao_store::{AppendError, At, Commit, Current, StoreError, StreamId};

use super::App;
use super::login::Session;
use super::signing::{self, Signer};
use crate::failure::of_store;

/// How many events are read at a time when one is looked for.
const PAGE: u64 = 200;

/// The roles bound to an organisation, or to one person of it.
pub async fn roles(
    app: &App,
    organisation: &Organisation,
    person: &str,
) -> Result<BTreeSet<Role>, StoreError> {
    let platform = load(app).await?;
    Ok(platform.book.roles(organisation, person))
}

/// Performs an act on the platform: binding, revoking, registering.
pub async fn perform(
    app: &App,
    session: &Session,
    act: &SignedAct,
) -> Result<Vec<Recorded>, Problem> {
    let body = signing::read(act)?;
    // The platform itself notes what is downloaded, when it is.
    if matches!(body, Act::Export(_)) {
        return Err(RefusalCode::NotPermitted.into());
    }
    let place = Place {
        origin: &app.keys.origin,
        project: "",
    };
    let Signer { author, grounds } = signing::signer(app, session, act, &body, place).await?;
    let known = load(app).await.map_err(of_store)?;
    if known.state.acts.contains(&act.digest()) {
        return Err(RefusalCode::Replayed.into());
    }
    let roles = roles(app, &author.organisation, &author.person)
        .await
        .map_err(of_store)?;
    // Somebody without roles can only register, as the rules say.
    let performed = Performed {
        actor: Actor {
            author,
            roles,
            agent: None,
        },
        act: body.clone(),
        signed: Signed::on(act, grounds),
        checked: Checked::Nothing,
    };
    let recorded = put(app, Command::Act(Box::new(performed))).await?;
    if matches!(body, Act::SetClock(_)) {
        app.store.clock().accept();
    }
    Ok(recorded)
}

/// The event of an act that was received before, for the organisation that
/// performed it and lost the answer.
///
/// # Errors
/// `not-found` where no act of this organisation has that digest.
pub async fn taken(app: &App, session: &Session, digest: Digest) -> Result<Recorded, Problem> {
    let platform = load(app).await.map_err(of_store)?;
    if !platform.state.acts.contains(&digest) {
        return Err(Transport::NotFound.into());
    }
    // It was lost a moment ago, so it is looked for from the end.
    let mut end = platform.version;
    while end > 0 {
        let start = end.saturating_sub(PAGE);
        let stream = StreamId::platform();
        let events = app.store.events::<Platform>(&stream, start, end - start);
        let events = events.await.map_err(of_store)?;
        let mut events = events.into_iter().rev();
        if let Some(event) = events.find(|event| event.facts.act == Some(digest)) {
            let author = event.details.as_ref().and_then(|it| it.author.as_ref());
            let own = author.is_some_and(|it| it.organisation == session.organisation);
            return own.then_some(event).ok_or(Transport::NotFound.into());
        }
        end = start;
    }
    Err(Transport::NotFound.into())
}

/// Makes the first administrator; refused once there is one.
pub async fn first_administrator(app: &App, subject: Subject) -> Result<(), Problem> {
    put(app, Command::FirstAdministrator(subject))
        .await
        .map(drop)
}

/// Puts a command to the platform's rules and appends what follows.
pub async fn put(app: &App, command: Command) -> Result<Vec<Recorded>, Problem> {
    let clock = app.store.clock().clone();
    let decide = move |at: At<'_, Platform>| {
        let context = Context {
            now: at.now,
            wall: clock.read().wall,
            fresh: Party(random::bytes()),
        };
        let events = platform::decide(at.state, at.book, &command, &context)?;
        Ok::<_, Refusal>(Commit::new(events, ()))
    };
    match app
        .store
        .append::<Platform, _, _, _>(&StreamId::platform(), decide)
        .await
    {
        Ok(appended) => Ok(appended.recorded),
        Err(AppendError::Refused(refusal)) => Err((&refusal).into()),
        Err(AppendError::Claimed(_)) => Err(Transport::Malformed.with("reason", "claimed")),
        Err(AppendError::Store(error)) => Err(of_store(error)),
    }
}

/// Everybody who holds a role.
///
/// # Errors
/// When the store fails.
pub async fn accounts(app: &App) -> Result<AccountList, Problem> {
    let platform = load(app).await.map_err(of_store)?;
    let accounts = platform.book.bindings.values().map(|binding| AccountView {
        organisation: binding.subject.organisation.clone(),
        authority: binding.subject.authority.clone(),
        name: binding.subject.name.clone(),
        person: binding.subject.person.clone(),
        role: binding.role.name().to_owned(),
        since: binding.since,
    });
    Ok(AccountList {
        accounts: accounts.collect(),
    })
}

async fn load(app: &App) -> Result<Arc<Current<Platform>>, StoreError> {
    app.store.load::<Platform>(&StreamId::platform()).await
}
