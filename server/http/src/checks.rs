//! The environment check (环境检测): is this certificate good, is this line fast
//! enough. Public, since it comes before the login.

use actix_web::post;
use actix_web::web::{Data, Json, Payload};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::StreamExt as _;
use kaibiao_api::problem::{Language, Problem, Transport};
use kaibiao_api::{
    CertificateCheck, CertificateFinding, CertificateUse, CertificateView, ProbeView,
};
use kaibiao_app::App;
use kaibiao_app::memory::limits::{Counted, Who};
use kaibiao_crypto::certificate::{Certificate, Use};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::Rejected;
use crate::client::Client;
use crate::json::JsonBody;

/// The most bytes that a probe sends.
const PROBE: usize = 4 << 20;

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(check).service(probe);
}

/// Judges a certificate as a login would, and says what is wrong with it and
/// what to do. Nothing is kept.
#[utoipa::path(
    tag = "login",
    security(()),
    request_body = CertificateCheck,
    responses((status = 200, body = CertificateView))
)]
#[post("/certificates/check")]
async fn check(
    app: Data<App>,
    client: Client,
    asked: JsonBody<CertificateCheck>,
) -> Result<Json<CertificateView>, Rejected> {
    app.admit(Counted::Check(Who::at(client.address))).await?;
    let decoded: Result<Vec<Vec<u8>>, _> = asked.chain.iter().map(|it| BASE64.decode(it)).collect();
    let chain = decoded.map_err(|error| Transport::Malformed.with("reason", error))?;
    Ok(Json(judge(&app, &chain, &asked)))
}

fn judge(app: &App, chain: &[Vec<u8>], asked: &CertificateCheck) -> CertificateView {
    let now = app.now();
    let usage = match asked.usage {
        CertificateUse::Sign => Use::Sign,
        CertificateUse::Encrypt => Use::Encrypt,
    };
    let parts: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
    let leaf = chain.first().and_then(|der| Certificate::parse(der).ok());
    let judged = app.memory.authorities.now().trust.judge(&parts, now, usage);
    let at = asked.at.unwrap_or(now);
    let valid = |leaf: &Certificate| leaf.not_before() <= at && at <= leaf.not_after() + 999;
    let valid_at = leaf.as_ref().is_some_and(valid);
    let text = |text: Option<&str>| text.map(ToOwned::to_owned);
    let mut view = CertificateView {
        ok: false,
        name: leaf.as_ref().and_then(|it| text(it.common_name())),
        organisation_name: leaf.as_ref().and_then(|it| text(it.organisation_name())),
        issuer: leaf.as_ref().map(|it| it.issuer().to_owned()),
        serial: leaf.as_ref().map(|it| it.serial().to_owned()),
        not_before: leaf.as_ref().map(Certificate::not_before),
        not_after: leaf.as_ref().map(Certificate::not_after),
        organisation: None,
        valid_at,
        revocation_checked: false,
        revocation_until: None,
        problem: None,
        now,
    };
    let problem = match judged {
        Ok(holder) => {
            let lists = &holder.grounds.crls;
            view.organisation = Some(holder.organisation.clone());
            view.organisation_name.clone_from(&holder.name);
            view.revocation_checked = lists.iter().all(Option::is_some);
            view.revocation_until = lists.iter().flatten().map(|it| it.next_update).min();
            // It is good now; it may not be at the time asked for.
            (!valid_at).then(|| match leaf.as_ref() {
                Some(leaf) if at < leaf.not_before() => Transport::CertificateNotYetValid.into(),
                _ => Transport::CertificateExpired.into(),
            })
        }
        Err(problem) => Some(Problem::from(problem)),
    };
    view.ok = problem.is_none();
    view.problem = problem.map(|problem| {
        let body = problem.body(Language::Chinese, None);
        CertificateFinding {
            code: body.code,
            detail_zh: body.detail_zh,
            detail_en: body.detail_en,
        }
    });
    view
}

/// Takes up to 4 MiB and throws them away: how fast is the way here?
#[utoipa::path(
    tag = "platform",
    security(()),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = ProbeView))
)]
#[post("/probe")]
async fn probe(
    app: Data<App>,
    client: Client,
    mut body: Payload,
) -> Result<Json<ProbeView>, Rejected> {
    app.admit(Counted::Check(Who::at(client.address))).await?;
    let mut received = 0;
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| Transport::Malformed.with("reason", error))?;
        received += piece.len();
        if received > PROBE {
            return Err(Transport::TooLarge.with("limit", PROBE).into());
        }
    }
    Ok(Json(ProbeView {
        received: u64::try_from(received).unwrap_or(u64::MAX),
        now: app.now(),
    }))
}
