//! Who may call what. The OpenAPI document declares it, and the guard enforces
//! the document: an operation's `security` is read at start and applied to every
//! request, so that what is documented is what happens. With a route that declares
//! nothing the service does not start, and a test fails.
//!
//! * `security(())`: everybody.
//! * `security(("session" = []))`: whoever is logged in.
//! * `security(("session" = ["host"]), ("session" = ["centre"]))`: a role out
//!   of these.
//!
//! Finer rights, on one project or on one's own bid, are checked by the rules.

use std::collections::{BTreeSet, HashMap};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, web};
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_app::caller::{self, Holder, Visitor};
use kaibiao_app::memory::limits::{Counted, Who};
use kaibiao_app::{App, agents, projects};
use kaibiao_core::ids::ProjectId;
use kaibiao_core::role::Role;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};

use crate::Rejected;
use crate::client::Client;
use crate::connections::Connections;

/// Where the API lives; everything else is the page, the documentation and the
/// probes, which are public.
pub const API: &str = "/api/v1";

/// What is answered however many connections there are: probes, and the way to
/// become somebody who is known.
const ALWAYS: &[&str] = &[
    "/healthz",
    "/readyz",
    "/metrics",
    "/api/v1/platform",
    "/api/v1/login/challenge",
    "/api/v1/login",
];

/// What a custodian's agent may call beside the projects that it works in.
const AGENTS: &[&str] = &[
    "/api/v1/custody",
    "/api/v1/session",
    "/api/v1/logout",
    "/api/v1/time",
    "/api/v1/revocation-lists/{digest}",
];

/// Where acts of a project are performed; which ones an agent may is said there.
const ACTS: &str = "/api/v1/projects/{id}/acts";

/// Who may call one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    Public,
    Session,
    AnyOf(BTreeSet<Role>),
}

/// The guards of all operations, by path pattern and method.
#[derive(Debug, Default)]
pub struct Guards(HashMap<String, HashMap<Method, Guard>>);

impl Guards {
    /// Reads them from the document.
    ///
    /// # Errors
    /// Lists the operations that declare nothing or an unknown role.
    pub fn read(document: &OpenApi) -> Result<Self, Vec<String>> {
        let mut guards = Self::default();
        let mut wrong = Vec::new();
        for (path, item) in &document.paths.paths {
            for (method, security) in operations(item) {
                match guard(security.as_ref()) {
                    Some(guard) => {
                        guards
                            .0
                            .entry(path.clone())
                            .or_default()
                            .insert(method, guard);
                    }
                    None => wrong.push(format!("{method} {path}")),
                }
            }
        }
        if wrong.is_empty() {
            Ok(guards)
        } else {
            Err(wrong)
        }
    }

    /// The guard of an operation.
    pub fn of(&self, pattern: &str, method: &Method) -> Option<&Guard> {
        self.0.get(pattern)?.get(method)
    }

    /// The methods of a path, for `Allow`.
    fn methods(&self, pattern: &str) -> Option<String> {
        let mut methods: Vec<&str> = self.0.get(pattern)?.keys().map(Method::as_str).collect();
        methods.sort_unstable();
        Some(methods.join(", "))
    }
}

impl Guard {
    /// Refuses a visitor who may not call the operation. What a holder may do whose
    /// certificate is not linked, the handler says by what it asks for.
    fn admit(&self, holder: Option<&Holder>) -> Result<(), Problem> {
        match self {
            Self::Session if holder.is_none() => Err(Transport::NotLoggedIn.into()),
            Self::Public | Self::Session => Ok(()),
            Self::AnyOf(roles) => {
                let caller = holder.ok_or(Transport::NotLoggedIn)?.caller()?;
                if caller.roles.is_disjoint(roles) {
                    let roles: Vec<_> = roles.iter().map(|role| role.name()).collect();
                    return Err(Transport::NotAllowed.with("roles", roles.join(", ")));
                }
                Ok(())
            }
        }
    }
}

/// The middleware: connections, limits, login, guard, in this order. Nothing of a
/// body is read before it is known who asks, and that what is asked about is there for
/// whoever asks.
pub async fn guard_request(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match admit(&request).await {
        Ok(()) => next
            .call(request)
            .await
            .map(ServiceResponse::map_into_left_body),
        Err(problem) => Ok(request
            .error_response(Rejected(problem))
            .map_into_right_body()),
    }
}

async fn admit(request: &ServiceRequest) -> Result<(), Problem> {
    let app = data::<App>(request)?;
    let guards = data::<Guards>(request)?;
    let pattern = request.match_pattern();
    let pattern = pattern.as_deref().map(described).unwrap_or_default();
    let pattern = pattern.as_str();
    let token = request.cookie(kaibiao_api::SESSION_COOKIE);
    let known = token.as_ref().map(actix_web::cookie::Cookie::value);
    let known = known.and_then(|token| app.memory.sessions.met(token));
    let crowded = if known.is_some() || ALWAYS.contains(&pattern) {
        None
    } else {
        let connections = data::<Connections>(request)?;
        connections.admit(request.request()).err()
    };
    // Who says that there is a session may be somebody whom this process has not met.
    if let (Some(problem), None) = (&crowded, &token) {
        return Err(problem.clone());
    }
    let guard = match guards.of(pattern, request.method()) {
        Some(guard) => guard,
        None => match guards.methods(pattern) {
            Some(methods) => return Err(Transport::MethodNotAllowed.with("allowed", methods)),
            // This is no operation of the API: a page, a probe, or nothing at all.
            None if !request.path().starts_with(API) => return Ok(()),
            None => return Err(Transport::NotFound.into()),
        },
    };
    let takes_a_body = request.method() != Method::GET && request.method() != Method::HEAD;
    if takes_a_body {
        own_origin(app, request.headers())?;
    }
    let peer = request.peer_addr().map(|peer| peer.ip());
    let address = Client::of(app, peer, request.headers()).address;
    let who = known.map_or_else(
        || Who::at(address),
        |known| Who::Person(known.session.certificate),
    );
    app.admit(Counted::Request(who)).await?;
    let holder = match token {
        Some(token) => caller::holder(app, token.value()).await?,
        None => None,
    };
    if let (Some(problem), None) = (crowded, &holder) {
        return Err(problem);
    }
    // What is no part of the API is everybody's, an agent's as well.
    if let Some(holder) = &holder
        && holder.session.agent.is_some()
        && pattern.starts_with(API)
    {
        let reads = !takes_a_body || pattern == ACTS;
        let project = project_of(request.path()).filter(|_| reads);
        agent_may(app, holder, pattern, project).await?;
    }
    guard.admit(holder.as_ref())?;
    let caller = holder.as_ref().and_then(|holder| holder.caller().ok());
    let project = project_of(request.path());
    if let (Some(caller), Some(project)) = (&caller, project) {
        let program = is_program(request.headers());
        caller::noticed(app, project, caller, program);
    }
    if let (true, Some(project)) = (takes_a_body, project) {
        projects::seen(app, project, &Visitor(caller)).await?;
    }
    let mut about = request.extensions_mut();
    about.insert(who);
    if let Some(holder) = holder {
        about.insert(holder);
    }
    Ok(())
}

/// Refuses a custodian's agent everything but what it works with: who the platform is,
/// its own session and duties, revocation lists, and the projects that its organisation
/// keeps a key of.
async fn agent_may(
    app: &App,
    holder: &Holder,
    pattern: &str,
    project: Option<ProjectId>,
) -> Result<(), Problem> {
    agents::hear(app, &holder.session.organisation);
    if let Some(project) = project {
        return agents::may_look(app, &holder.session, project, pattern == ACTS).await;
    }
    if ALWAYS.contains(&pattern) || AGENTS.contains(&pattern) {
        Ok(())
    } else {
        Err(Transport::AgentOnly.into())
    }
}

fn data<T: 'static>(request: &ServiceRequest) -> Result<&web::Data<T>, Problem> {
    let data = request.app_data::<web::Data<T>>();
    data.ok_or_else(|| Problem::internal(std::any::type_name::<T>()))
}

/// A route's pattern as the document writes it: without what a part has to look like
/// (`{path:.*}` is `{path}`).
fn described(pattern: &str) -> String {
    let mut parts = pattern.split('/').map(|part| match part.split_once(':') {
        Some((name, _)) if name.starts_with('{') => format!("{name}}}"),
        _ => part.to_owned(),
    });
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |path, part| path + "/" + &part)
}

/// The project that an operation is on.
pub fn project_of(path: &str) -> Option<ProjectId> {
    let mut parts = path.strip_prefix(API)?.split('/').skip(1);
    match (parts.next()?, parts.next()) {
        ("projects" | "openings", Some(id)) => id.parse().ok(),
        _ => None,
    }
}

/// Whether the request comes from our own command line.
pub fn is_program(headers: &HeaderMap) -> bool {
    let agent = headers.get(header::USER_AGENT);
    agent.is_some_and(|agent| agent.as_bytes().starts_with(b"kaibiao/"))
}

/// Refuses a request from a page of another site, which may not act in a visitor's
/// name. A request without `Origin` passes, because clients that are no browser
/// send none.
pub fn own_origin(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let own = if let Some(url) = &app.config.public_url {
        url.trim_end_matches('/').to_owned()
    } else {
        let scheme = if app.config.encrypted() {
            "https"
        } else {
            "http"
        };
        let host = headers.get(header::HOST);
        let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
        format!("{scheme}://{host}")
    };
    if origin.as_bytes() == own.as_bytes() {
        Ok(())
    } else {
        Err(Transport::ForeignOrigin.into())
    }
}

/// The methods of a path with their declarations.
fn operations(item: &PathItem) -> Vec<(Method, Option<serde_json::Value>)> {
    [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::DELETE, &item.delete),
        (Method::OPTIONS, &item.options),
        (Method::HEAD, &item.head),
        (Method::PATCH, &item.patch),
        (Method::TRACE, &item.trace),
    ]
    .into_iter()
    .filter_map(|(method, operation)| {
        let operation = operation.as_ref()?;
        let security = operation.security.as_ref();
        Some((
            method,
            security.and_then(|security| serde_json::to_value(security).ok()),
        ))
    })
    .collect()
}

/// All operations of a path.
pub fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.options,
        &mut item.head,
        &mut item.patch,
        &mut item.trace,
    ]
    .into_iter()
    .flatten()
}

/// Reads `security`: a list of alternatives, each of which is `{}` (everybody) or
/// `{"session": [role]}`.
fn guard(security: Option<&serde_json::Value>) -> Option<Guard> {
    let alternatives = security?.as_array()?;
    let mut roles = BTreeSet::new();
    for alternative in alternatives {
        let alternative = alternative.as_object()?;
        if alternative.is_empty() {
            return Some(Guard::Public);
        }
        let (true, Some(scopes)) = (alternative.len() == 1, alternative.get("session")) else {
            return None;
        };
        match scopes.as_array()?.as_slice() {
            [] => return Some(Guard::Session),
            [role] => roles.insert(serde_json::from_value(role.clone()).ok()?),
            _ => return None,
        };
    }
    (!roles.is_empty()).then_some(Guard::AnyOf(roles))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_declaration_is_read_as_openapi_means_it() {
        let read = |value| guard(Some(&value));
        assert_eq!(read(json!([{}])), Some(Guard::Public));
        assert_eq!(read(json!([{"session": []}])), Some(Guard::Session));
        assert_eq!(
            read(json!([{"session": ["host"]}, {"session": ["centre"]}])),
            Some(Guard::AnyOf([Role::Host, Role::Centre].into()))
        );
    }

    #[test]
    fn a_pattern_is_found_under_the_name_that_the_document_gives_it() {
        for (pattern, name) in [
            ("/log/tile/{path:.*}", "/log/tile/{path}"),
            ("/api/v1/projects/{id}/acts", "/api/v1/projects/{id}/acts"),
            ("/a:b/{seq}.p7s", "/a:b/{seq}.p7s"),
        ] {
            assert_eq!(described(pattern), name);
        }
    }

    #[test]
    fn a_route_that_declares_nothing_or_nonsense_is_refused() {
        assert_eq!(guard(None), None);
        for wrong in [
            json!([]),
            json!([{"session": ["emperor"]}]),
            json!([{"other": []}]),
            json!([{"session": ["host", "centre"]}]),
        ] {
            assert_eq!(guard(Some(&wrong)), None);
        }
    }
}
