//! Who calls: the session's holder and the roles bound to it now.

use std::collections::BTreeSet;
use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use kaibiao_core::role::Role;

use crate::app::App;
use crate::app::login::Session;
use crate::problem::{Problem, Transport};

/// Somebody who is logged in. Roles are those bound now, not those at login:
/// a revoked role ends at once.
#[derive(Clone, Debug)]
pub struct Caller {
    pub session: Arc<Session>,
    pub roles: BTreeSet<Role>,
}

/// Somebody, logged in or not.
#[derive(Clone, Debug, Default)]
pub struct Visitor(pub Option<Caller>);

impl Visitor {
    /// The caller, or that a login is needed.
    pub fn caller(&self) -> Result<&Caller, Problem> {
        self.0.as_ref().ok_or_else(|| Transport::NotLoggedIn.into())
    }
}

impl Caller {
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// Looks a token up. One that is unknown or expired is nobody.
pub async fn visitor(app: &App, token: &str) -> Result<Visitor, Problem> {
    let Some(session) = app.logins.find(app, token).await? else {
        return Ok(Visitor(None));
    };
    let roles = app.roles(&session).await?;
    Ok(Visitor(Some(Caller { session, roles })))
}

impl FromRequest for Visitor {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // The guard put it there; without a guard there is nobody.
        ready(Ok(request
            .extensions()
            .get::<Self>()
            .cloned()
            .unwrap_or_default()))
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let visitor = request
            .extensions()
            .get::<Visitor>()
            .cloned()
            .unwrap_or_default();
        ready(visitor.0.ok_or_else(|| Transport::NotLoggedIn.into()))
    }
}
