//! The first administrator is made on the data directory itself: whoever may
//! write there holds the platform anyway, and no password or code exists that
//! could leak. It is refused as soon as there is an administrator.

use std::path::PathBuf;

use clap::Args;
use kaibiao_app::{App, platform};
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::identity;
use kaibiao_client::keys::store;
use kaibiao_core::platform::Subject;
use kaibiao_crypto::certificate::Use;
use kaibiao_store::Clock;
use serde_json::json;

use super::output::Output;
use super::serve::ConfigArgs;

#[derive(Debug, Args)]
pub struct Admin {
    #[command(flatten)]
    at: ConfigArgs,
    /// 管理员的签名证书(PEM 或 DER) · the administrator's signing certificate
    #[arg(long, value_name = "FILE")]
    cert: PathBuf,
    /// 绑定到整个单位,而非持证人本人 · bind the organisation instead of the person
    #[arg(long)]
    any_person: bool,
}

pub async fn run(args: Admin, output: &Output) -> Outcome<()> {
    let config = args.at.read()?;
    let app = App::open(config, Clock::system()).await.map_err(|error| {
        Failure::new(
            Kind::Input,
            "data-directory",
            format!("打不开数据目录:{error:#}。请先停止正在运行的服务,并检查路径与权限。"),
            format!("Cannot open the data directory: {error:#}. Stop the service that uses it; check path and permissions."),
        )
    })?;
    let done = make(&app, &args).await;
    app.store.close().await.map_err(Failure::unexpected)?;
    let subject = done?;
    let person = subject.person.clone().unwrap_or_default();
    output.say(
        format!(
            "已登记第一个管理员:{} {person}({})。",
            subject.name, subject.organisation
        ),
        format!(
            "First administrator: {} {person} ({}).",
            subject.name, subject.organisation
        ),
    );
    output.result(&json!({
        "organisation": subject.organisation, "name": subject.name, "person": subject.person,
    }))
}

async fn make(app: &App, args: &Admin) -> Outcome<Subject> {
    let chain = store::read_certificates(&args.cert)?;
    let signing = chain
        .iter()
        .find(|der| {
            kaibiao_crypto::certificate::Certificate::parse(der)
                .is_ok_and(|certificate| certificate.allows(Use::Sign))
        })
        .or_else(|| chain.first())
        .map(Vec::as_slice)
        .unwrap_or_default();
    let holder = app
        .memory
        .authorities
        .now()
        .trust
        .judge(&[signing], app.now(), Use::Sign)
        .map_err(|problem| identity::certificate_failure(&args.cert, &problem))?;
    let certificate = &holder.certificate;
    let person = certificate.common_name().map(str::to_owned);
    let subject = Subject {
        organisation: holder.organisation.clone(),
        authority: holder.authority.clone(),
        name: holder.name.clone().unwrap_or_default(),
        person: if args.any_person { None } else { person },
        unvouched: false,
    };
    platform::first_administrator(app, subject.clone())
        .await
        .map_err(|problem| {
            Failure::new(
                Kind::Refused,
                problem.code,
                problem.detail.zh,
                problem.detail.en,
            )
        })?;
    Ok(subject)
}
