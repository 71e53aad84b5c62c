//! `kaibiao trust policy`: whom to believe when a bundle is verified, in one file
//! (docs/spec/bundle.md, 4).

use std::path::PathBuf;

use clap::Args;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files::{self, Readers};
use kaibiao_client::http::Server;
use kaibiao_client::terms::Terms;
use kaibiao_core::ids::ProjectId;
use kaibiao_core::terms::Trust;
use kaibiao_crypto::certificate::Ca;
use kaibiao_crypto::encoding::Base64;
use serde::Serialize;
use serde_json::{Value, json};

use super::connect::ServerArgs;
use super::output::Output;
use super::roots::RootsArgs;
use super::timestamp::certificate;

#[derive(Debug, Args)]
pub struct PolicyArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// 平台上任一已发布的项目,其密封条款写明平台公钥和见证方
    /// · any published project of the platform: its sealing terms name keys and witnesses
    #[arg(long, value_name = "PROJECT", required_unless_present = "terms")]
    project: Option<ProjectId>,
    /// 或者:已保存的密封条款 · or sealing terms that were kept
    #[arg(long, value_name = "FILE", conflicts_with = "project")]
    terms: Option<PathBuf>,
    #[command(flatten)]
    roots: RootsArgs,
    /// 所信任的时间戳机构根证书(PEM 或 DER),可多次给出
    /// · root certificate of an authority of time, PEM or DER; may be given several times
    #[arg(long = "tsa", value_name = "FILE")]
    tsas: Vec<PathBuf>,
    /// 只认监督版证据包 · a public edition is not enough
    #[arg(long)]
    supervisor: bool,
    /// 不要求证据包载有公告在公开日志中的位置:仅用于早期版本发布的项目
    /// · does not ask bundles for where notices lie in the log: for projects that an earlier version published
    #[arg(long)]
    before_notices: bool,
    /// 保存到 · where to keep it
    #[arg(long, short, default_value = "policy.json")]
    output: PathBuf,
}

/// The file.
#[derive(Serialize)]
struct Policy {
    format: &'static str,
    origin: String,
    statement_key: String,
    receipt_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_key: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    witnesses: Vec<String>,
    quorum: u8,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sm2_chain: Vec<String>,
    cas: Vec<Ca>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tsas: Vec<Tsa>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edition: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    notices: bool,
}

#[derive(Serialize)]
struct Tsa {
    root: Base64,
}

pub async fn run(args: PolicyArgs, output: &Output) -> Outcome<()> {
    let authorities = args.roots.read()?;
    let server = args.server.connect()?;
    let terms = match (&args.terms, &args.project) {
        (Some(path), _) => files::read(path)?,
        (None, Some(project)) => fetched(&server, project).await?,
        (None, None) => return Err(no_terms()),
    };
    let terms = Terms::parse(terms)?;
    server.known().accepts(terms.content())?;
    let trust = terms.content().trust.clone();
    ensure_pinned(&server, &trust)?;
    // Lists come with the bundle, and those of today are not asked.
    let cas = authorities.configured().iter().map(|ca| Ca {
        crls: Vec::new(),
        ..ca.clone()
    });
    let tsas = args.tsas.iter().map(|path| {
        Ok(Tsa {
            root: certificate(path)?,
        })
    });
    let has_log = trust.log_key.is_some();
    let policy = Policy {
        format: "kaibiao/1 policy",
        origin: trust.origin,
        statement_key: trust.statement_key,
        receipt_key: trust.receipt_key,
        log_key: trust.log_key,
        witnesses: trust.witnesses,
        quorum: trust.quorum,
        sm2_chain: trust.sm2_chain,
        cas: cas.collect(),
        tsas: tsas.collect::<Outcome<_>>()?,
        edition: args.supervisor.then_some("supervisor"),
        notices: has_log && !args.before_notices,
    };
    let json = serde_json::to_vec_pretty(&policy).map_err(Failure::unexpected)?;
    files::write(&args.output, &json, Readers::Everyone)?;
    let path = args.output.display();
    output.say(
        format!(
            "已写入 {path}:平台 {},声明公钥 {},见证方 {} 家中须有 {} 家,CA {} 家。其中回执公钥、日志公钥和见证方取自密封条款;请与交易中心公布的核对后再使用。",
            policy.origin,
            policy.statement_key,
            policy.witnesses.len(),
            policy.quorum,
            policy.cas.len(),
        ),
        format!(
            "Wrote {path}: platform {}, statement key {}, {} of {} witnesses, {} authorities. Receipt key, log key and witnesses are what the sealing terms say; compare them with what the trading centre publishes before you rely on them.",
            policy.origin,
            policy.statement_key,
            policy.quorum,
            policy.witnesses.len(),
            policy.cas.len(),
        ),
    );
    output.result(&json!({
        "policy": path.to_string(),
        "origin": policy.origin,
        "statement_key": policy.statement_key,
        "receipt_key": policy.receipt_key,
        "log_key": policy.log_key,
        "witnesses": policy.witnesses,
        "quorum": policy.quorum,
        "cas": policy.cas.iter().map(|ca| &ca.id).collect::<Vec<_>>(),
    }))
}

/// The sealing terms of any lot of a project.
async fn fetched(server: &Server, project: &ProjectId) -> Outcome<Vec<u8>> {
    server.identity().await?;
    let view: Value = server.get(&format!("projects/{project}")).await?;
    let lot = view["lots"].as_object().and_then(|lots| lots.keys().next());
    let lot = lot.ok_or_else(no_terms)?;
    let path = format!("projects/{project}/lots/{lot}/terms");
    server.get_bytes(&path).await
}

/// Terms may be anybody's: what they call the platform has to be pinned here, under the
/// same key.
fn ensure_pinned(server: &Server, trust: &Trust) -> Outcome<()> {
    let platforms = server.known().platforms()?;
    let mut pinned = platforms.values();
    if pinned.any(|it| it.origin == trust.origin && it.statement_key == trust.statement_key) {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Unproved,
        "platform-unpinned",
        format!(
            "本机没有记下平台 {}(声明公钥 {})。请先向交易中心核对声明公钥,再执行 kaibiao trust accept --server <地址> --statement-key <核对过的公钥>。",
            trust.origin, trust.statement_key
        ),
        format!(
            "This machine has not pinned the platform {} (statement key {}). Ask the trading centre for its statement key, then run: kaibiao trust accept --server <address> --statement-key <the key you were told>.",
            trust.origin, trust.statement_key
        ),
    ))
}

fn no_terms() -> Failure {
    Failure::new(
        Kind::Input,
        "no-terms",
        "该项目没有已发布的标段。请换一个已发布的项目,或用 --terms 指定已保存的密封条款。",
        "The project has no published lot. Name a published one, or sealing terms that were kept, with --terms.",
    )
}
