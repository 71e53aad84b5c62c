//! Who calls: the session's holder and the roles bound to it now.

use std::collections::BTreeSet;
use std::sync::Arc;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::command::Actor;
use kaibiao_core::role::Role;

use crate::App;
use crate::login::{self, Session};
use crate::signing;

/// Somebody who is logged in. The roles are those bound now and not those at
/// login, so that a revoked role ends at once.
#[derive(Clone, Debug)]
pub struct Caller {
    pub session: Arc<Session>,
    pub roles: BTreeSet<Role>,
}

/// Somebody, logged in or not.
#[derive(Clone, Debug, Default)]
pub struct Visitor(pub Option<Caller>);

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
            author: signing::author(&self.session),
            roles: self.roles.clone(),
            agent: None,
        }
    }

    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// Looks a token up. An unknown or expired token belongs to nobody.
pub async fn visitor(app: &App, token: &str) -> Result<Visitor, Problem> {
    let Some(session) = login::find(app, token).await? else {
        return Ok(Visitor(None));
    };
    let roles = app.roles(&session).await?;
    Ok(Visitor(Some(Caller { session, roles })))
}
