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

pub async fn run(command: ExportCommand, output: &Output) -> Outcome<()> {
    let ExportCommand::Bundle(args) = command;
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
