//! A bidder in the room: signing in, asking, objecting, countersigning.

use std::path::PathBuf;

use clap::Args;
use kaibiao_client::failure::Outcome;
use kaibiao_client::files;
use kaibiao_client::record::carried;
use kaibiao_core::act::{
    Countersign, Help, NoObjection, Object, PrivateMessage, Question, Rate, Representative, SignIn,
};

use super::online::OfLotArgs;
use crate::cli::connect::nonce;
use crate::cli::opening::OfLot;
use crate::cli::output::Output;
use crate::cli::project::{At, attach};
use crate::cli::record;
use crate::cli::roots::now;

/// The last of a log goes along as diagnosis, so many characters at most.
const DIAGNOSIS: usize = 4000;

#[derive(Debug, Args)]
pub struct SignInArgs {
    #[command(flatten)]
    of: OfLotArgs,
    /// 授权代表姓名 · the representative's name
    #[arg(long)]
    name: String,
    #[arg(long)]
    phone: String,
    /// 证件类型 · kind of identity document
    #[arg(long, default_value = "居民身份证")]
    identity: String,
    /// 证件号码 · its number
    #[arg(long, alias = "number")]
    identity_number: String,
    /// 授权委托书 · the authorisation
    #[arg(long, value_name = "FILE")]
    authorisation: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct TextArgs {
    #[command(flatten)]
    of: OfLotArgs,
    /// 内容 · what is to be said
    #[arg(long)]
    text: String,
}

#[derive(Debug, Args)]
pub struct TextWithFiles {
    #[command(flatten)]
    text: TextArgs,
    /// 附件 · a file that goes with it
    #[arg(long = "attach", value_name = "FILE")]
    attachments: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct HelpArgs {
    #[command(flatten)]
    text: TextArgs,
    /// 诊断信息文件,例如 投标.kbid.log · a diagnosis, such as B.kbid.log
    #[arg(long, value_name = "FILE")]
    diagnosis: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct CountersignArgs {
    #[command(flatten)]
    of: OfLotArgs,
    /// 备注 · a remark
    #[arg(long, default_value = "")]
    remark: String,
}

#[derive(Debug, Args)]
pub struct RateArgs {
    #[command(flatten)]
    at: At,
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=5))]
    score: u8,
    #[arg(long, default_value = "")]
    comment: String,
}

pub async fn sign_in(args: SignInArgs, output: &Output) -> Outcome<()> {
    let OfLotArgs { at, lot } = args.of;
    let session = at.connect.session().await?;
    let authorisation = attach(&session, &at.project, args.authorisation.as_slice()).await?;
    let act = SignIn {
        nonce: nonce(),
        lot,
        representative: Representative {
            name: args.name,
            phone: args.phone,
            identity: args.identity,
            identity_number: args.identity_number,
            authorisation: authorisation.first().map(|file| file.digest),
        },
    };
    at.perform_as(&session, act, output).await
}

pub async fn object(args: TextWithFiles, output: &Output) -> Outcome<()> {
    let OfLotArgs { at, lot } = args.text.of;
    let session = at.connect.session().await?;
    let act = Object {
        nonce: nonce(),
        lot,
        text: args.text.text,
        attachments: attach(&session, &at.project, &args.attachments).await?,
    };
    at.perform_as(&session, act, output).await
}

pub async fn private(args: TextArgs, output: &Output) -> Outcome<()> {
    let OfLotArgs { at, lot } = args.of;
    let act = PrivateMessage {
        nonce: nonce(),
        lot,
        party: None,
        text: args.text,
    };
    at.perform(act, output).await
}

pub async fn no_objection(of: OfLotArgs, output: &Output) -> Outcome<()> {
    let OfLotArgs { at, lot } = of;
    let nonce = nonce();
    at.perform(NoObjection { nonce, lot }, output).await
}

pub async fn question(args: TextArgs, output: &Output) -> Outcome<()> {
    let OfLotArgs { at, lot } = args.of;
    let act = Question {
        nonce: nonce(),
        lot,
        text: args.text,
    };
    at.perform(act, output).await
}

pub async fn help(args: HelpArgs, output: &Output) -> Outcome<()> {
    let OfLotArgs { at, lot } = args.text.of;
    let diagnosis = match &args.diagnosis {
        Some(path) => tail(&files::read_text(path)?),
        None => String::new(),
    };
    let act = Help {
        nonce: nonce(),
        lot,
        text: args.text.text,
        diagnosis,
    };
    at.perform(act, output).await
}

pub async fn countersign(args: CountersignArgs, output: &Output) -> Outcome<()> {
    let OfLotArgs { at, lot } = args.of;
    let session = at.connect.session().await?;
    let of = OfLot { at, lot };
    let (record, bytes) = record::read(&session.server, &of).await?;
    let OfLot { at, lot } = of;
    let act = Countersign {
        nonce: nonce(),
        lot,
        record,
        remark: args.remark,
        cms: carried(&bytes, session.signer(), now())?,
    };
    at.perform_as(&session, act, output).await
}

pub async fn rate(args: RateArgs, output: &Output) -> Outcome<()> {
    let act = Rate {
        nonce: nonce(),
        score: args.score,
        comment: args.comment,
    };
    args.at.perform(act, output).await
}

fn tail(log: &str) -> String {
    let skip = log.chars().count().saturating_sub(DIAGNOSIS);
    log.chars().skip(skip).collect()
}
