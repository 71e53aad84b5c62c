//! The caller as a handler is given it. The guard has put it into the request.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_app::caller;

use crate::Rejected;

/// Somebody who holds a session, whether or not its certificate may act for the
/// organisation.
pub struct Holder(pub caller::Holder);

/// Somebody who is logged in and may act for the organisation.
pub struct Caller(caller::Caller);

/// Somebody, logged in or not.
pub struct Visitor(caller::Visitor);

impl Deref for Caller {
    type Target = caller::Caller;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Deref for Visitor {
    type Target = caller::Visitor;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl FromRequest for Visitor {
    type Error = Rejected;
    type Future = Ready<Result<Self, Rejected>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = holder(request).and_then(|holder| holder.caller());
        ready(Ok(Self(caller::Visitor(caller.ok()))))
    }
}

impl FromRequest for Caller {
    type Error = Rejected;
    type Future = Ready<Result<Self, Rejected>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = holder(request).and_then(|holder| holder.caller());
        ready(caller.map(Self).map_err(Rejected))
    }
}

impl FromRequest for Holder {
    type Error = Rejected;
    type Future = Ready<Result<Self, Rejected>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(holder(request).map(Self).map_err(Rejected))
    }
}

/// The session's holder, whom the guard has put into the request.
fn holder(request: &HttpRequest) -> Result<caller::Holder, Problem> {
    let extensions = request.extensions();
    let holder = extensions.get().cloned();
    holder.ok_or_else(|| Transport::NotLoggedIn.into())
}
