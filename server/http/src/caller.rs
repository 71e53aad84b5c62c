//! The caller as a handler is given it. The guard has put it into the request.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use kaibiao_api::problem::Transport;
use kaibiao_app::caller;

use crate::Rejected;

/// Somebody who is logged in.
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
        ready(Ok(Self(visitor(request))))
    }
}

impl FromRequest for Caller {
    type Error = Rejected;
    type Future = Ready<Result<Self, Rejected>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = visitor(request).0.map(Self);
        ready(caller.ok_or_else(|| Transport::NotLoggedIn.into()))
    }
}

/// The visitor whom the guard has put into the request; nobody where it put none.
fn visitor(request: &HttpRequest) -> caller::Visitor {
    let extensions = request.extensions();
    extensions.get().cloned().unwrap_or_default()
}
