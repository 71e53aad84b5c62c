//! `kaibiao bid recheck`: why a bid did not open, repeated offline.

use std::fs::File;
use std::path::PathBuf;

use clap::Args;
use kaibiao_api::recheck::Recheck;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files;
use kaibiao_client::recheck::{self, Rechecked, Verdict};
use kaibiao_core::ids::LotId;
use kaibiao_crypto::Digest;

use crate::cli::output::Output;
use crate::cli::project::At;

#[derive(Debug, Args)]
pub struct FetchArgs {
    #[command(flatten)]
    at: At,
    /// 标段 · the lot
    #[arg(long)]
    lot: LotId,
    /// 投标文件摘要 · the bid's digest
    #[arg(long)]
    bid: Digest,
    /// 写到哪个文件 · where to write it
    #[arg(long)]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub struct RecheckArgs {
    /// 从平台下载的复核文件 · the file that the platform gave
    file: PathBuf,
    /// 加密的投标文件,复核其中的文件时需要 · the sealed bid, to check a document
    #[arg(long)]
    sealed: Option<PathBuf>,
}

pub async fn fetch(args: FetchArgs, output: &Output) -> Outcome<()> {
    let session = args.at.connect.session().await?;
    let (project, lot, bid) = (args.at.project, &args.lot, args.bid);
    let path = format!("projects/{project}/lots/{lot}/bids/{bid}/recheck");
    let bytes = session.server.get_bytes(&path).await?;
    // It holds keys of a bid that was not announced.
    files::write(&args.out, &bytes, files::Readers::Owner)?;
    output.say(
        format!(
            "已写入 {};可离线复核:kaibiao bid recheck",
            args.out.display()
        ),
        format!(
            "Written to {}; check it offline: kaibiao bid recheck",
            args.out.display()
        ),
    );
    output.result(&serde_json::json!({ "file": args.out }))
}

pub fn recheck(args: &RecheckArgs, output: &Output) -> Outcome<()> {
    let file: Recheck = serde_json::from_slice(&files::read(&args.file)?).map_err(|error| {
        Failure::new(
            Kind::Input,
            "recheck-file",
            format!("{} 不是复核文件:{error}。", args.file.display()),
            format!("{} is no file of this kind: {error}.", args.file.display()),
        )
    })?;
    let mut sealed = match &args.sealed {
        None => None,
        Some(path) => Some(File::open(path).map_err(|error| Failure::file(path, &error))?),
    };
    let found = recheck::recheck(&file, sealed.as_mut())?;
    tell(&found, output);
    output.result(&found)?;
    if found.is_borne_out() {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Unproved,
        "not-borne-out",
        "复核结果与平台所述不符;请将此文件交监督部门。",
        "What was found is not what the platform says; take this file to the supervisor.",
    ))
}

fn tell(found: &Rechecked, output: &Output) {
    match &found.found {
        Some(code) => output.say(
            format!("投标 {} 在此项核验失败:{code}。", found.bid),
            format!("Bid {} fails this check: {code}.", found.bid),
        ),
        None => output.say(
            format!("投标 {} 的各项核验均成立。", found.bid),
            format!(
                "Every check of bid {} that can be repeated holds.",
                found.bid
            ),
        ),
    }
    for answer in &found.answers {
        let (zh, en) = verdict(answer.verdict);
        let x = answer.x;
        output.say(
            format!("保管人 {x}:{zh}。"),
            format!("Custodian {x}: {en}."),
        );
    }
}

fn verdict(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::WrongShare => (
            "所给份额与承诺不符",
            "the share that it sent is not the committed one",
        ),
        Verdict::RightShare => (
            "所给份额其实与承诺相符",
            "the share that it sent is the committed one",
        ),
        Verdict::FalseComplaint => (
            "所述不实,写给它的封装无误",
            "its complaint is false: the wrap made for it is right",
        ),
        Verdict::TrueComplaint => (
            "投标文件的份额分发有误,所述可信",
            "the bid is dealt wrongly, as it may have seen",
        ),
        Verdict::Undecided => (
            "份额不足,无从判断",
            "too few shares are known to tell who is right",
        ),
        Verdict::OtherWrap => (
            "所指的封装不是写给它的",
            "it names a wrap that was not made for it",
        ),
    }
}
