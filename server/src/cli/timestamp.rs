//! `kaibiao timestamp`: fetches time stamps (RFC 3161) over the public log's
//! checkpoints, and checks a stamp on this machine alone.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use kaibiao_api::{ClosingView, StampList, StampView};
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files::{self, Readers};
use kaibiao_client::http::Server;
use kaibiao_core::ids::ProjectId;
use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::{TimeAuthorities, TimeAuthority};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::timestamp::{Response, TimestampProblem, verify};
use kaibiao_crypto::tlog::LogProof;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;

use super::connect::ServerArgs;
use super::output::Output;

#[derive(Debug, Subcommand)]
pub enum TimestampCommand {
    /// 下载平台公开日志检查点及其时间戳,供离线核验
    /// · fetches a checkpoint of the public log with its time stamp, to be checked offline
    #[command(
        after_help = "示例 · example:\n  kaibiao timestamp save --project ID -o closing\n  kaibiao timestamp verify closing.tsr --file closing --root tsa-root.pem"
    )]
    Save(Save),
    /// 离线核验时间戳(RFC 3161) · checks a time stamp offline
    #[command(
        after_help = "示例 · example:\n  kaibiao timestamp verify checkpoint.tsr --file checkpoint --root tsa-root.pem"
    )]
    Verify(Verify),
}

#[derive(Debug, Args)]
pub struct Save {
    #[command(flatten)]
    server: ServerArgs,
    /// 该项目截标声明所在的检查点;不给出时为最新的一份
    /// · the checkpoint of this project's closing statement; the newest stamped one without it
    #[arg(long, value_name = "ID")]
    project: Option<ProjectId>,
    /// 检查点存为此文件,时间戳(DER)存为同名加 .tsr
    /// · the checkpoint's file; the stamp (DER) goes beside it, with .tsr appended
    #[arg(long, short, value_name = "FILE", default_value = "checkpoint")]
    output: PathBuf,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// 时间戳或时间戳机构的完整应答,DER · the token, or all of the authority's answer, DER
    #[arg(value_name = "TOKEN")]
    token: PathBuf,
    /// 被加盖时间戳的文件 · what was stamped
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// 所信任的时间戳机构根证书(PEM 或 DER),可多次给出
    /// · root certificate of an authority of time that one believes, PEM or DER; may be given several times
    #[arg(long = "root", value_name = "FILE", required = true)]
    roots: Vec<PathBuf>,
    /// 时间戳中未附带的中间证书 · an intermediate certificate that the token leaves out
    #[arg(long = "intermediate", value_name = "FILE")]
    intermediates: Vec<PathBuf>,
}

pub async fn run(command: TimestampCommand, output: &Output) -> Outcome<()> {
    match command {
        TimestampCommand::Save(args) => save(&args, output).await,
        TimestampCommand::Verify(args) => check(&args, output),
    }
}

async fn save(args: &Save, output: &Output) -> Outcome<()> {
    let server = args.server.connect()?;
    let path = match args.project {
        None => "/log/timestamps".to_owned(),
        Some(project) => {
            let note = closing_note(&server, project).await?;
            format!("/log/timestamps?of={}", Digest::of(note.as_bytes()))
        }
    };
    let found: StampList = match server.get(&path).await {
        Err(failure) if failure.code == "not-found" => return Err(not_stamped()),
        found => found?,
    };
    let stamp = found.stamps.last().ok_or_else(not_stamped)?;
    let StampView {
        note,
        token,
        number,
    } = stamp;
    let beside = kaibiao_os::files::beside(&args.output, ".tsr");
    files::write(&args.output, note.as_bytes(), Readers::Everyone)?;
    files::write(&beside, token, Readers::Everyone)?;
    let (file, tsr) = (args.output.display(), beside.display());
    output.say(
        format!(
            "已保存检查点 {file} 与时间戳 {tsr}。请用 timestamp verify 和时间戳机构的根证书核验。"
        ),
        format!(
            "Saved the checkpoint {file} and its stamp {tsr}. Check them with timestamp verify and \
             the root of the authority of time."
        ),
    );
    output.result(&json!({
        "file": args.output,
        "token": beside,
        "number": number,
        "digest": Digest::of(note.as_bytes()),
    }))
}

/// The checkpoint, as a signed note, under which a project's closing statement is proved.
async fn closing_note(server: &Server, project: ProjectId) -> Outcome<String> {
    let view: ClosingView = server.get(&format!("projects/{project}/closing")).await?;
    let proof = view.proof.ok_or_else(not_stamped)?;
    let proof: LogProof = proof.anchored.proof.parse().map_err(Failure::unexpected)?;
    Ok(proof.note.to_string())
}

fn not_stamped() -> Failure {
    Failure::new(
        Kind::Refused,
        "timestamp-missing",
        "尚无时间戳:平台未配置时间戳机构,或时间戳机构尚未应答(平台会自动重试)。请稍后再试。",
        "There is no time stamp yet: the platform has no authority of time, or that has not answered \
         (the platform goes on asking). Try again later.",
    )
}

fn check(args: &Verify, output: &Output) -> Outcome<()> {
    let authorities = authorities(args)?;
    let imprint = Digest::of(&files::read(&args.file)?);
    let token = files::read(&args.token)?;
    let token = match Response::read(&token) {
        Ok(Response::Granted(token)) => token,
        Ok(Response::Rejected(why)) => {
            let words = [why.reasons.join(", "), why.words.join(", ")].join("; ");
            return Err(Failure::new(
                Kind::Input,
                "timestamp-rejected",
                format!(
                    "时间戳机构没有签发时间戳({},{words})。请重新申请。",
                    why.status
                ),
                format!(
                    "The authority gave no stamp ({}; {words}). Ask for another.",
                    why.status
                ),
            ));
        }
        // A token by itself is no answer.
        Err(_) => token,
    };
    let stamp = verify(&token, imprint, None, &authorities).map_err(|it| unproved(&it))?;
    let time = jiff::Timestamp::from_microsecond(stamp.at_micros).map_err(Failure::unexpected)?;
    output.say(
        format!(
            "时间戳成立:{time},依据 {}。文件摘要 {imprint}。",
            stamp.authority
        ),
        format!(
            "The time stamp holds: {time}, under {}. The file's digest is {imprint}.",
            stamp.authority
        ),
    );
    output.result(&json!({
        "time": time.to_string(),
        "accuracy_micros": stamp.accuracy_micros,
        "authority": stamp.authority,
        "policy": stamp.policy,
        "serial": stamp.serial,
        "digest": imprint,
    }))
}

fn unproved(problem: &TimestampProblem) -> Failure {
    Failure::new(
        Kind::Unproved,
        problem.code(),
        format!(
            "时间戳不成立({})。请核对文件与根证书是否正确;若均无误,请保留文件并联系监督部门。",
            problem.code()
        ),
        format!(
            "The time stamp does not hold: {problem}. See that file and root are the right ones; \
             if they are, keep the files and tell the supervisor."
        ),
    )
}

/// Each root under its file's name.
fn authorities(args: &Verify) -> Outcome<TimeAuthorities> {
    let intermediates = certificates(&args.intermediates)?;
    let roots = certificates(&args.roots)?;
    let authorities: Vec<TimeAuthority> = args
        .roots
        .iter()
        .zip(roots)
        .map(|(path, root)| TimeAuthority {
            id: path.display().to_string(),
            root,
            intermediates: intermediates.clone(),
            crls: vec![],
        })
        .collect();
    TimeAuthorities::new(&authorities).map_err(|problem| unusable(&problem.to_string()))
}

/// One certificate from each file, in PEM or DER.
fn certificates(paths: &[PathBuf]) -> Outcome<Vec<Base64>> {
    paths.iter().map(|path| certificate(path)).collect()
}

/// The certificate of a file, in PEM or DER.
pub fn certificate(path: &Path) -> Outcome<Base64> {
    let bytes = files::read(path)?;
    if bytes.first() == Some(&0x30) {
        return Ok(Base64(bytes));
    }
    let der = CertificateDer::from_pem_slice(&bytes);
    let der = der.map_err(|_| unusable(&path.display().to_string()))?;
    Ok(Base64(der.to_vec()))
}

fn unusable(what: &str) -> Failure {
    Failure::new(
        Kind::Input,
        "roots-unusable",
        format!("时间戳机构的证书不可用:{what}。请向时间戳机构索取 PEM 或 DER 格式的根证书。"),
        format!(
            "The authority's certificates cannot be used: {what}. Ask the authority for its root \
             in PEM or DER."
        ),
    )
}
