//! `kaibiao timestamp`: checks a time stamp (RFC 3161) on this machine alone.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files;
use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::{TimeAuthorities, TimeAuthority};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::timestamp::{Response, TimestampProblem, verify};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;

use super::output::Output;

#[derive(Debug, Subcommand)]
pub enum TimestampCommand {
    /// 离线核验时间戳(RFC 3161) · checks a time stamp offline
    #[command(
        after_help = "示例 · example:\n  kaibiao timestamp verify checkpoint.tsr --file checkpoint --root tsa-root.pem"
    )]
    Verify(Verify),
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

pub fn run(command: TimestampCommand, output: &Output) -> Outcome<()> {
    let TimestampCommand::Verify(args) = command;
    let authorities = authorities(&args)?;
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
