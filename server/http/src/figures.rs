//! What centre and supervisor count of their openings.

use actix_web::http::header;
use actix_web::web::{Data, Json, Query};
use actix_web::{HttpResponse, get};
use kaibiao_api::FiguresView;
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_app::exports::record::Language;
use kaibiao_app::figures::{self, Sheet, Span};
use kaibiao_app::{App, exports};
use kaibiao_core::act::Exported;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::Caller;
use crate::Rejected;
use crate::opening::{disposition, language};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(view).service(csv);
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Months {
    /// The first month, `2026-01`, Beijing time; eleven before the last where it is
    /// left out.
    from: Option<String>,
    /// The last month; the present one where it is left out.
    to: Option<String>,
}

impl Months {
    fn span(&self) -> Result<Span, Problem> {
        let month = |text: &Option<String>| text.as_deref().map(str::parse).transpose();
        Ok(Span {
            from: month(&self.from)?,
            to: month(&self.to)?,
        })
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WhichTable {
    /// `months` or `authorities`.
    table: Option<String>,
    /// `zh` or `en`: the language of headings and words.
    lang: Option<String>,
}

/// Figures of the lots that have ended, of the projects that name the caller's
/// organisation: by month and in sum, at most 60 months. Nothing of a lot is counted
/// before it has ended.
#[utoipa::path(
    operation_id = "figures",
    tag = "desk",
    security(("session" = ["centre"]), ("session" = ["supervisor"])),
    params(Months),
    responses((status = 200, body = FiguresView))
)]
#[get("/figures")]
async fn view(
    app: Data<App>,
    caller: Caller,
    months: Query<Months>,
) -> Result<Json<FiguresView>, Rejected> {
    Ok(Json(figures::view(&app, &caller, months.span()?).await?))
}

/// The same as CSV: a line for each month, or one for each authority. That it was
/// fetched goes on record.
#[utoipa::path(
    operation_id = "figures_csv",
    tag = "desk",
    security(("session" = ["centre"]), ("session" = ["supervisor"])),
    params(Months, WhichTable),
    responses((status = 200, content_type = "text/csv"))
)]
#[get("/figures/csv")]
async fn csv(
    app: Data<App>,
    caller: Caller,
    months: Query<Months>,
    which: Query<WhichTable>,
) -> Result<HttpResponse, Rejected> {
    let sheet = match which.table.as_deref() {
        None => Sheet::default(),
        Some(name) => {
            Sheet::named(name).ok_or_else(|| Transport::Malformed.with("reason", "table"))?
        }
    };
    let language: Language = language(which.lang.as_deref())?;
    let file = figures::csv(&app, &caller, months.span()?, sheet, language).await?;
    exports::note(&app, None, Exported::Figures, &caller).await?;
    Ok(HttpResponse::Ok()
        .content_type(file.media)
        .insert_header((header::CONTENT_DISPOSITION, disposition(&file.name)))
        .body(file.bytes))
}
