//! `kaibiao export`: what leaves the hall for good.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use kaibiao_client::failure::{Failure, Outcome};
use kaibiao_client::http::Server;
use kaibiao_crypto::Digest;
use serde_json::json;

use super::output::Output;
use super::project::At;

#[derive(Debug, Subcommand)]
pub enum ExportCommand {
    /// 开标证据包:可离线核验的一个文件 · the bundle of evidence: one file, verified offline
    #[command(
        after_help = "示例 · example:\n  kaibiao export bundle ID -o ZB-2026-001.kev\n  kaibiao export bundle ID --edition supervisor --key supervisor.p12 -o ZB-2026-001.supervisor.kev\n  kaibiao-verify ZB-2026-001.kev --policy policy.json"
    )]
    Bundle(BundleArgs),
    /// 归档包(DA/T 103):招标人、代理机构、投标人、平台各一种 · what a party puts into its archive
    #[command(
        after_help = "示例 · example:\n  kaibiao export archive ID --for bidder --key company.p12 -o archive.zip"
    )]
    Archive(ArchiveArgs),
}

#[derive(Debug, Args)]
pub struct BundleArgs {
    #[command(flatten)]
    at: At,
    /// 版本 · the edition
    #[arg(long, value_enum, default_value = "public")]
    edition: Edition,
    /// 保存到 · where to keep it
    #[arg(long, short, default_value = "bundle.kev")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Edition {
    /// 公开版,人人可取 · for everybody
    Public,
    /// 监督版,含人员和签名 · for the project's supervisor, with persons and signatures
    Supervisor,
}

#[derive(Debug, Args)]
pub struct ArchiveArgs {
    #[command(flatten)]
    at: At,
    /// 归档方 · whose archive it is for
    #[arg(long = "for", value_enum)]
    party: Party,
    /// 保存到 · where to keep it
    #[arg(long, short, default_value = "archive.zip")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Party {
    /// 招标人:全套 · the tenderer: the full set
    Tenderer,
    /// 招标代理机构 · its agency
    Agency,
    /// 投标人:自己的投标文件和回执 · a bidder: its own bids and receipts
    Bidder,
    /// 交易平台:提交时的全部密文和回执 · the platform: all bids as they were handed in
    Platform,
}

impl Party {
    const fn name(self) -> &'static str {
        match self {
            Self::Tenderer => "tenderer",
            Self::Agency => "agency",
            Self::Bidder => "bidder",
            Self::Platform => "platform",
        }
    }
}

pub async fn run(command: ExportCommand, output: &Output) -> Outcome<()> {
    match command {
        ExportCommand::Bundle(args) => bundle(args, output).await,
        ExportCommand::Archive(args) => archive(&args, output).await,
    }
}

async fn archive(args: &ArchiveArgs, output: &Output) -> Outcome<()> {
    let server = args.at.connect.session().await?.server;
    let address = format!("projects/{}/archive/{}", args.at.project, args.party.name());
    server.save(&address, &args.output).await?;
    output.say(
        format!(
            "已保存 {}。解压后可用 sha256sum --check SHA256SUMS 核对。",
            args.output.display()
        ),
        format!(
            "Saved {}. Unpack it and check it with sha256sum --check SHA256SUMS.",
            args.output.display()
        ),
    );
    output.result(&json!({
        "archive": args.output.display().to_string(),
        "party": args.party.name(),
    }))
}

async fn bundle(args: BundleArgs, output: &Output) -> Outcome<()> {
    let server: Server = match args.edition {
        Edition::Supervisor => args.at.connect.session().await?.server,
        Edition::Public => args.at.connect.server.connect()?,
    };
    let edition = match args.edition {
        Edition::Public => "public",
        Edition::Supervisor => "supervisor",
    };
    let address = format!("projects/{}/bundle?edition={edition}", args.at.project);
    server.save(&address, &args.output).await?;
    let digest = digest(&args.output)?;
    output.say(
        format!("已保存 {},SHA-256 {digest}。", args.output.display()),
        format!("Saved {}, SHA-256 {digest}.", args.output.display()),
    );
    output.result(&json!({
        "bundle": args.output.display().to_string(),
        "digest": digest,
        "edition": edition,
    }))
}

/// The digest by which two of them are compared, of a file however large.
fn digest(path: &std::path::Path) -> Outcome<Digest> {
    let failed = |error: std::io::Error| Failure::file(path, &error);
    let mut file = std::fs::File::open(path).map_err(failed)?;
    Digest::of_reader(&mut file).map_err(failed)
}
