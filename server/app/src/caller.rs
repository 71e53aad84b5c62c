//! Who calls: the session's holder, and what its certificate may do here now.

use std::collections::BTreeSet;
use std::sync::Arc;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::command::Actor;
use kaibiao_core::details::Author;
use kaibiao_core::ids::ProjectId;
use kaibiao_core::platform::Standing;
use kaibiao_core::refusal::RefusalCode;
use kaibiao_core::role::Role;

use crate::bus::Told;
use crate::login::{self, Session};
use crate::{App, agents, platform};

/// Whoever holds a session. Its standing is that of now and not that at login, so
/// that a revoked role or an ended link ends at once.
#[derive(Clone, Debug)]
pub struct Holder {
    pub session: Arc<Session>,
    /// Refused where another authority vouches for the organisation here, and no
    /// link lets this one's certificates act for it.
    pub standing: Result<Standing, RefusalCode>,
}

/// Somebody who is logged in and may act for the organisation.
#[derive(Clone, Debug)]
pub struct Caller {
    pub session: Arc<Session>,
    pub roles: BTreeSet<Role>,
    /// The author of what this caller does without a signature.
    pub author: Author,
}

/// Somebody who may act for an organisation, or anybody.
#[derive(Clone, Debug, Default)]
pub struct Visitor(pub Option<Caller>);

impl Holder {
    /// Finds what a session's certificate may do now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of(app: &App, session: Arc<Session>) -> Result<Self, Problem> {
        let mut standing = platform::standing(app, &session).await?;
        if let (Some(_), Ok(standing)) = (session.agent, &mut standing) {
            // An agent acts by its authorisation, and by no role of who signed it.
            standing.roles.clear();
        }
        Ok(Self { session, standing })
    }

    /// Whether what an author did is the holder's: of its organisation, or where
    /// its certificate counts for that no more, by this very certificate.
    pub fn performed(&self, author: &Author) -> bool {
        let by_it = || author.certificate == self.session.certificate;
        author.organisation == self.session.organisation && (self.standing.is_ok() || by_it())
    }

    /// The holder as somebody who acts for the organisation.
    ///
    /// # Errors
    /// `not-linked`.
    pub fn caller(&self) -> Result<Caller, Problem> {
        let standing = self.standing.clone()?;
        Ok(Caller {
            session: Arc::clone(&self.session),
            author: standing.author(self.session.author()),
            roles: standing.roles,
        })
    }
}

impl Visitor {
    /// The caller, if the visitor is logged in.
    pub fn caller(&self) -> Result<&Caller, Problem> {
        self.0.as_ref().ok_or_else(|| Transport::NotLoggedIn.into())
    }
}

impl Caller {
    /// The caller as the rules know somebody who acts.
    pub fn actor(&self) -> Actor {
        Actor {
            author: self.author.clone(),
            roles: self.roles.clone(),
            agent: None,
        }
    }

    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// Notes that somebody looks at a project, and tells other nodes of an official.
pub fn noticed(app: &App, project: ProjectId, caller: &Caller, program: bool) {
    let at = app.now();
    if app.memory.presence.note(project, caller, program, at) {
        app.tell(Told::Seen {
            project,
            organisation: caller.session.organisation.clone(),
            program,
            at,
        });
    }
}

/// Looks a token up. An unknown or expired token belongs to nobody.
pub async fn holder(app: &App, token: &str) -> Result<Option<Holder>, Problem> {
    match login::find(app, token).await? {
        Some(session) if agents::stands(app, &session).await? => {
            Holder::of(app, session).await.map(Some)
        }
        Some(_) => {
            login::logout(app, token).await?;
            Ok(None)
        }
        None => Ok(None),
    }
}
