//! The opening record, fetched and checked against its digest.

mod fetch;
mod verify;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files::{self, Readers};
use kaibiao_client::http::Server;
use kaibiao_crypto::Digest;
use serde_json::{Value, json};

use super::opening::OfLot;
use super::output::Output;
use super::project::view;

/// How long a record may take before waiting for it is given up.
const PATIENCE: Duration = Duration::from_mins(2);

#[derive(Debug, Subcommand)]
pub enum RecordCommand {
    /// 导出开标记录、开标一览表和移交包,供其他系统使用 · exports for other systems
    #[command(
        after_help = "示例 · example:\n  kaibiao record export ID --lot 1 --format xlsx --format ocds -o out\n  kaibiao record export ID --lot 1 --format documents --key host.p12 -o out"
    )]
    Export(ExportArgs),
    /// 下载开标记录及其全部核验材料 · a record with all that it is verified by
    #[command(after_help = "示例 · example:\n  kaibiao record fetch ID --lot 1 -o out")]
    Fetch(fetch::FetchArgs),
    /// 离线核验开标记录:摘要、签名、标准签名文件、公开日志的证明、唱标内容
    /// · verifies a record offline: digest, signatures, detached signatures, proof, sheets
    #[command(
        after_help = "示例 · example:\n  kaibiao record verify out/record-1.json --roots ca\n\n退出码 · exit codes: 0 成立 holds; 3 文件有误 not a readable file; 7 不成立 does not hold"
    )]
    Verify(verify::VerifyArgs),
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    #[command(flatten)]
    of: OfLot,
    /// 格式,可多次给出 · a format; may be given several times
    #[arg(long = "format", value_enum, required = true)]
    formats: Vec<Format>,
    /// 表头用英文 · headings in English
    #[arg(long)]
    english: bool,
    /// 保存目录 · where to keep it
    #[arg(long, short, default_value = ".")]
    output: PathBuf,
}

pub async fn run(command: RecordCommand, output: &Output) -> Outcome<()> {
    match command {
        RecordCommand::Export(args) => export(&args, output).await,
        RecordCommand::Fetch(args) => fetch::fetch(&args, output).await,
        RecordCommand::Verify(args) => verify::verify(&args, output),
    }
}

/// A form in which a record is handed to other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// 原件 · the original
    Json,
    /// 纸质版式 · on paper
    Pdf,
    /// 电子表格可直接打开的文本 · for spreadsheets and scripts
    Csv,
    /// 电子表格 · a workbook
    Xlsx,
    /// 开放缔约数据标准 · OCDS 1.1
    Ocds,
    /// 公共资源交易平台系统数据规范 · fields of the platform data standard, JSON
    PlatformJson,
    /// 同上,XML · the same as XML
    PlatformXml,
    /// 投标文件移交包(招标人、交易中心、行政监督) · the hand-off package of documents (officials)
    Documents,
}

impl Format {
    /// Where it is below the lot's address, and how its file ends.
    const fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("record.json", "json"),
            Self::Pdf => ("record.pdf", "pdf"),
            Self::Csv => ("record/csv", "csv"),
            Self::Xlsx => ("record/xlsx", "xlsx"),
            Self::Ocds => ("record/ocds", "ocds.json"),
            Self::PlatformJson => ("record/platform-json", "platform.json"),
            Self::PlatformXml => ("record/platform-xml", "platform.xml"),
            Self::Documents => ("documents.zip", "zip"),
        }
    }

    /// Whether it has headings, which are in Chinese or English.
    const fn has_headings(self) -> bool {
        matches!(self, Self::Csv | Self::Xlsx)
    }
}

/// Saves what is made of the lot's record. Before the record is made there are
/// tables of what is announced.
async fn export(args: &ExportArgs, output: &Output) -> Outcome<()> {
    let of = &args.of;
    let server = connected(of).await?;
    let base = format!("projects/{}/lots/{}", of.at.project, of.lot);
    let mut saved = Vec::new();
    for format in &args.formats {
        let (place, ending) = format.place();
        let language = if args.english && format.has_headings() {
            "?lang=en"
        } else {
            ""
        };
        let address = format!("{base}/{place}{language}");
        let what = if *format == Format::Documents {
            "documents"
        } else {
            "record"
        };
        let path = args.output.join(format!("{what}-{}.{ending}", of.lot));
        server.save(&address, &path).await?;
        output.row(path.display().to_string());
        saved.push(path.display().to_string());
    }
    output.result(&json!({ "files": saved }))
}

async fn connected(of: &OfLot) -> Outcome<Server> {
    Ok(match of.at.connect.key {
        Some(_) => of.at.connect.session().await?.server,
        None => of.at.connect.server.connect()?,
    })
}

/// Saves the lot's record as JSON and as PDF.
pub async fn save(of: &OfLot, folder: &Path, wait: bool, output: &Output) -> Outcome<()> {
    let server = connected(of).await?;
    if wait {
        until_made(&server, of).await?;
    }
    let (digest, original) = read(&server, of).await?;
    let paper = format!("projects/{}/lots/{}/record.pdf", of.at.project, of.lot);
    let paper = server.get_bytes(&paper).await?;
    let mut saved = Vec::new();
    for (ending, bytes) in [("json", original), ("pdf", paper)] {
        let path = folder.join(format!("record-{}.{ending}", of.lot));
        files::write(&path, &bytes, Readers::Everyone)?;
        output.row(path.display().to_string());
        saved.push(path.display().to_string());
    }
    output.result(&json!({ "record": digest, "files": saved }))
}

/// The digest of the lot's record that counts, as the room was told.
pub async fn digest(server: &Server, of: &OfLot) -> Outcome<Digest> {
    current(&view(server, &of.at.project).await?, of).ok_or_else(|| {
        Failure::new(
            Kind::Refused,
            "no-record",
            "开标记录尚未生成,请稍后再试。",
            "The record is not made yet; try again in a moment.",
        )
    })
}

/// That record's digest and exact bytes.
///
/// # Errors
/// `record-differs` where the server gives others.
pub async fn read(server: &Server, of: &OfLot) -> Outcome<(Digest, Vec<u8>)> {
    let digest = digest(server, of).await?;
    let (project, lot) = (&of.at.project, &of.lot);
    let address = format!("projects/{project}/lots/{lot}/record.json?digest={digest}");
    let bytes = server.get_bytes(&address).await?;
    if Digest::of(&bytes) == digest {
        return Ok((digest, bytes));
    }
    Err(Failure::new(
        Kind::Unproved,
        "record-differs",
        "服务器给出的开标记录与其公布的摘要不一致,请联系监督部门。",
        "The record is not the one whose digest was published; tell the supervisor.",
    ))
}

fn current(view: &Value, of: &OfLot) -> Option<Digest> {
    let records = view["lots"][of.lot.as_str()]["records"].as_array()?;
    records.last()?["record"].as_str()?.parse().ok()
}

async fn until_made(server: &Server, of: &OfLot) -> Outcome<()> {
    let began = std::time::Instant::now();
    while began.elapsed() < PATIENCE {
        if current(&view(server, &of.at.project).await?, of).is_some() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}
