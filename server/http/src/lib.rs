//! The HTTP interface. Its handlers are thin: they parse, learn who calls, ask the
//! use case, and reply.

#![warn(clippy::pedantic)]
// What fails here fails as a problem, a refusal or a failure out of a closed
// list, which carries its own texts; a function says more where there is more.
#![allow(clippy::missing_errors_doc)]
// The compiler already tells of a value that nobody uses.
#![allow(clippy::must_use_candidate)]
// OpenAPI, WebSocket and SQLite are words of the language, not of the code.
#![allow(clippy::doc_markdown)]
// State and stage, caller and called, are the field's words.
#![allow(clippy::similar_names)]
// A header is short; clarity comes first.
#![allow(clippy::format_push_string)]
// The page's files are named by its build, in lower case.
#![allow(clippy::case_sensitive_file_extension_comparisons)]
// A match shows what each case answers.
#![allow(clippy::manual_let_else)]
// A match shows what each case answers.
#![allow(clippy::single_match_else)]

use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::{Data, PathConfig, PayloadConfig, QueryConfig};
use actix_web::{Error, HttpResponse, get, web};
use kaibiao_api::SESSION_COOKIE;
use kaibiao_api::problem::Transport;
use kaibiao_app::{App, Shared};
use tracing_actix_web::TracingLogger;
use utoipa::OpenApi as _;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, ResponseBuilder};
use utoipa_actix_web::AppExt as _;
use utoipa_actix_web::scope::scope;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::SwaggerUi;

use crate::connections::Connections;
use crate::guard::Guards;

mod account;
mod alerts;
mod arrival;
mod attachments;
mod audit;
pub mod bids;
pub mod caller;
mod checks;
pub mod client;
mod complaints;
pub mod connections;
mod custody;
pub mod description;
mod desk;
mod evidence;
mod figures;
pub mod guard;
mod json;
mod lists;
mod live;
pub mod log;
pub mod opening;
mod page;
pub mod probes;
pub mod projects;
mod public_log;
mod ranges;
mod record;
mod rejected;
mod replay;
mod replies;
pub mod uploads;

pub use caller::{Caller, Holder, Visitor};
pub use rejected::Rejected;

/// What all threads share.
#[derive(Clone)]
pub struct State {
    pub app: Data<App>,
    pub guards: Data<Guards>,
    pub connections: Data<Connections>,
    document: Data<Document>,
}

/// The OpenAPI document as it is served.
struct Document(web::Bytes);

impl State {
    /// The state of a service that may have `most` connections.
    ///
    /// # Errors
    /// The routes that do not say who may call them.
    pub fn new(app: Shared, most: usize) -> Result<Self, Vec<String>> {
        let document = describe();
        Ok(Self {
            guards: Data::new(Guards::read(&document)?),
            connections: Data::new(Connections::new(
                most,
                app.config.limits.connections_per_address,
                app.config.proxies.clone(),
            )),
            app: Data::from(app),
            document: Data::new(Document(description::written(&document).to_string().into())),
        })
    }
}

/// The OpenAPI document of everything served.
pub fn describe() -> OpenApi {
    #[derive(utoipa::OpenApi)]
    #[openapi(
        info(
            title = "开标 Kaibiao",
            description = "Remote electronic bid opening. Errors are RFC 9457 problems with a \
                code from one closed list. `security` names who may call an operation: nobody in \
                particular, anybody logged in, or a role; the server enforces what stands here.",
            license(name = "Apache-2.0")
        ),
        components(schemas(
            kaibiao_api::problem::ProblemBody,
            kaibiao_api::RoomMessage,
            // These travel inside an exact text: bodies of acts and statements.
            kaibiao_core::act::Act,
            kaibiao_crypto::statement::Receipt,
            kaibiao_crypto::statement::UnlockAck,
            kaibiao_crypto::statement::ClosingStatement,
            kaibiao_crypto::statement::AcceptedStatement,
        ))
    )]
    struct About;

    let (_, mut document) = actix_web::App::new()
        .into_utoipa_app()
        .openapi(About::openapi())
        .configure(probes::routes)
        .configure(public_log::files)
        .service(scope(guard::API).configure(api))
        .split_for_parts();
    if let Some(components) = &mut document.components {
        components.add_security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(SESSION_COOKIE))),
        );
    }
    for item in document.paths.paths.values_mut() {
        for operation in guard::operations_mut(item) {
            let problem = ResponseBuilder::new()
                .description("A problem (RFC 9457)")
                .content(
                    kaibiao_api::problem::MEDIA_TYPE,
                    Content::new(Some(Ref::from_schema_name("ProblemBody"))),
                );
            let responses = &mut operation.responses.responses;
            responses.insert("default".to_owned(), problem.build().into());
        }
    }
    document
}

/// Everything under `/api/v1`.
fn api(config: &mut ServiceConfig<'_>) {
    config.service(own_description);
    account::routes(config);
    alerts::routes(config);
    checks::routes(config);
    lists::routes(config);
    custody::routes(config);
    desk::routes(config);
    audit::routes(config);
    figures::routes(config);
    page::routes(config);
    uploads::routes(config);
    bids::routes(config);
    // Before the forms of a record, which any name there would be taken for.
    record::routes(config);
    opening::routes(config);
    replay::routes(config);
    evidence::routes(config);
    public_log::routes(config);
    attachments::routes(config);
    complaints::routes(config);
    projects::routes(config);
}

/// This description.
#[utoipa::path(tag = "platform", security(()), responses((status = 200, body = Object)))]
#[get("/openapi.json")]
async fn own_description(document: Data<Document>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(document.0.clone())
}

/// The application that one thread serves.
pub fn application(
    state: State,
) -> actix_web::App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl actix_web::body::MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let json_bytes = state.app.config.limits.json_bytes;
    actix_web::App::new()
        .app_data(state.app)
        .app_data(state.guards)
        .app_data(state.connections)
        .app_data(state.document)
        .app_data(PayloadConfig::new(json_bytes))
        .app_data(PathConfig::default().error_handler(|error, _| malformed(error)))
        .app_data(QueryConfig::default().error_handler(|error, _| malformed(error)))
        .into_utoipa_app()
        .configure(probes::routes)
        .configure(public_log::files)
        .service(scope(guard::API).configure(api))
        .into_app()
        .service(
            SwaggerUi::new("/docs/{_:.*}")
                .config(utoipa_swagger_ui::Config::from("/api/v1/openapi.json")),
        )
        .service(web::redirect("/docs", "/docs/"))
        .default_service(web::to(page::serve))
        .wrap(from_fn(guard::guard_request))
        .wrap(from_fn(replies::finish_replies))
        .wrap(TracingLogger::<log::RequestSpan>::new())
}

fn malformed(error: impl std::fmt::Display) -> Error {
    Rejected(Transport::Malformed.with("reason", error)).into()
}
