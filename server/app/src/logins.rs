//! Who logs in and out, as the platform's stream tells it: gathered over five minutes,
//! of those who have a role here, one line for each certificate
//! (docs/adr/0024-what-the-platforms-stream-holds.md).

use kaibiao_api::problem::Problem;
use kaibiao_core::ids::Millis;
use kaibiao_core::platform::{Command, Sessions, Whose};

use crate::failure::of_store;
use crate::login::Session;
use crate::{App, platform};

/// How long they are gathered, in milliseconds. The instants are the clock's, so that
/// when an event is written tells nothing of when somebody came.
pub const EVERY: Millis = 300_000;

/// A session began. For somebody without a role here nothing is written.
pub async fn began(app: &App, session: &Session, at: Millis) {
    add(app, session, at, true).await;
}

/// A session was ended.
pub async fn ended(app: &App, session: &Session, at: Millis) {
    add(app, session, at, false).await;
}

async fn add(app: &App, session: &Session, at: Millis, began: bool) {
    let standing = match platform::standing(app, session).await {
        Ok(Ok(standing)) => standing,
        // Its certificate may not act for the organisation.
        Ok(Err(_)) => return,
        Err(problem) => {
            tracing::error!(%problem, "a log-in or log-out will not be on record");
            return;
        }
    };
    let Some(whose) = Whose::of(&standing.roles) else {
        return;
    };
    let author = standing.author(session.author());
    let sessions = Sessions {
        organisation: author.organisation,
        name: author.name,
        person: author.person,
        authority: author.authority,
        certificate: author.certificate,
        agent: session.agent,
        began: u64::from(began),
        ended: u64::from(!began),
        first: at,
        last: at,
    };
    app.memory.logins.add(whose, sessions);
}

/// Puts on record what waits.
///
/// # Errors
/// When the store fails; it waits for the next time then.
pub async fn note(app: &App) -> Result<(), Problem> {
    let gathered = app.memory.logins.take();
    if gathered.is_empty() {
        return Ok(());
    }
    let command = Command::Sessions {
        until: app.now(),
        gathered: gathered.clone(),
    };
    if let Err(problem) = platform::put(app, command).await {
        for (whose, sessions) in gathered {
            app.memory.logins.add(whose, sessions);
        }
        return Err(problem);
    }
    Ok(())
}

/// Finds the sessions again that a killed process had not put on record. Those that
/// were ended meanwhile are not known any more.
///
/// # Errors
/// When the store fails.
pub async fn recover(app: &App) -> Result<(), Problem> {
    let platform = platform::load(app).await.map_err(of_store)?;
    let until = platform.state.sessions_until;
    let unnoted = |session: &Session| session.began.is_some_and(|began| began > until);
    let found = app.store.sessions().list(app.now(), unnoted).await;
    for (_, session) in found.map_err(of_store)? {
        if let Some(at) = session.began {
            began(app, &session, at).await;
        }
    }
    Ok(())
}
