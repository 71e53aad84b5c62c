//! The platform's own stream, for supervisors.

use actix_web::get;
use actix_web::web::{Data, Json, Query};
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{AuditPage, Millis, PlatformAnchors};
use kaibiao_app::App;
use kaibiao_app::audit::{self, Place};
use kaibiao_core::ids::ProjectId;
use kaibiao_core::platform::Search;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Caller;
use crate::Rejected;

/// How many events a page has where nothing is said.
const PAGE: u64 = 100;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(events).service(anchors);
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Sought {
    /// Upwards from the event after this number.
    after: Option<u64>,
    /// Downwards from the event before this number; from the last one where neither
    /// is given.
    before: Option<u64>,
    /// From this instant on.
    from: Option<Millis>,
    /// Before this instant.
    to: Option<Millis>,
    /// Of these kinds (docs/spec/events.md), with commas between.
    kind: Option<String>,
    /// A capacity (`administrator`, `platform`), or a part of a name, a person or a
    /// code.
    actor: Option<String>,
    /// About this project.
    project: Option<String>,
    /// At most 200.
    limit: Option<u64>,
}

impl Sought {
    fn search(&self) -> Result<Search, Problem> {
        let wrong = |_| Transport::Malformed.with("reason", "project");
        let project = self.project.as_deref().map(str::parse::<ProjectId>);
        let actor = self.actor.as_deref().map(str::trim);
        Ok(Search {
            from: self.from,
            to: self.to,
            kinds: audit::kinds(self.kind.as_deref().unwrap_or_default())?,
            actor: actor.filter(|it| !it.is_empty()).map(str::to_owned),
            project: project.transpose().map_err(wrong)?,
        })
    }

    fn place(&self) -> Result<Place, Problem> {
        match (self.after, self.before) {
            (Some(_), Some(_)) => Err(Transport::Malformed.with("reason", "after and before")),
            (Some(after), None) => Ok(Place::After(after)),
            (None, before) => Ok(Place::Before(before)),
        }
    }
}

/// Events of the platform's own stream, each with what proves that it is in the tree.
/// Facts are shown to every supervisor; which details are, docs/states/access.md says.
/// That a supervisor has read here goes on record once a day.
#[utoipa::path(
    operation_id = "platform_events",
    tag = "platform",
    security(("session" = ["supervisor"])),
    params(Sought),
    responses((status = 200, body = AuditPage))
)]
#[get("/platform/events")]
async fn events(
    app: Data<App>,
    caller: Caller,
    sought: Query<Sought>,
) -> Result<Json<AuditPage>, Rejected> {
    let (search, place) = (sought.search()?, sought.place()?);
    let limit = sought.limit.unwrap_or(PAGE);
    Ok(Json(
        audit::page(&app, &caller, &search, place, limit).await?,
    ))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AfterTick {
    /// Anchors after this tick.
    after: Option<u64>,
}

/// The anchors of the platform's stream in the public log, opened: which tree each of
/// them is over, and of the newest that the log has signed its proof.
#[utoipa::path(
    operation_id = "platform_anchors",
    tag = "platform",
    security(("session" = ["supervisor"])),
    params(AfterTick),
    responses((status = 200, body = PlatformAnchors))
)]
#[get("/platform/anchors")]
async fn anchors(
    app: Data<App>,
    _caller: Caller,
    which: Query<AfterTick>,
) -> Result<Json<PlatformAnchors>, Rejected> {
    let after = which.after.unwrap_or(0);
    Ok(Json(audit::anchors(&app, after).await?))
}
