//! A bidder's commands that are about one sealed bid and need the server.

use std::path::PathBuf;

use clap::Args;
use kaibiao_api::BidList;
use kaibiao_client::consortium::Joint;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::http::Session;
use kaibiao_client::identity::Openers;
use kaibiao_client::{bid, lost, submission, unlock};
use kaibiao_core::act::{AskRescue, Confirm, Dispute, Withdraw};
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::Header;
use kaibiao_crypto::secret::Secret;
use kaibiao_os::random;
use serde_json::json;

use super::consortium::ConsortiumArgs;
use crate::cli::connect::{Connect, nonce};
use crate::cli::output::Output;
use crate::cli::project::{At, view};
use crate::cli::roots::now;
use crate::cli::witnesses::Witnesses;

#[derive(Debug, Args)]
pub struct OfBid {
    /// .kbid 文件 · the sealed bid
    pub bid: PathBuf,
    #[command(flatten)]
    pub connect: Connect,
}

#[derive(Debug, Args)]
pub struct OfProject {
    #[command(flatten)]
    at: At,
}

#[derive(Debug, Args)]
pub struct OfLotArgs {
    #[command(flatten)]
    pub at: At,
    /// 标段 · the lot
    #[arg(long)]
    pub lot: LotId,
}

#[derive(Debug, Args)]
pub struct WithText {
    #[command(flatten)]
    of: OfLotArgs,
    /// 内容 · what is to be said
    #[arg(long)]
    text: String,
}

#[derive(Debug, Args)]
pub struct WithReason {
    #[command(flatten)]
    of: OfLotArgs,
    /// 理由 · the reason
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
pub struct SubmitArgs {
    #[command(flatten)]
    of: OfBid,
    /// 上传若干字节后停止,以演示断点续传 · stop after so many bytes, to show that it goes on later
    #[arg(long, value_name = "BYTES")]
    cut_after: Option<u64>,
    #[command(flatten)]
    consortium: ConsortiumArgs,
    /// 成员均已签名的联合体待签文件 · a consortium's file that its members have signed
    #[arg(long, value_name = "FILE", conflicts_with_all = ["member", "paper_agreement"])]
    joint: Option<PathBuf>,
    /// 提交到另一标段,以演示拒绝 · hand it in for another lot, to show its refusal
    #[arg(long, hide = true)]
    lot: Option<LotId>,
    /// 不在本机检查,原样发送,以演示服务器的拒绝 · send as it is, unchecked, to show the server's refusal
    #[arg(long, hide = true)]
    as_is: bool,
    /// 项目编号,仅 --as-is 需要 · the project, for --as-is
    #[arg(long, hide = true, requires = "as_is")]
    project: Option<ProjectId>,
}

#[derive(Debug, Args)]
pub struct UnlockArgs {
    #[command(flatten)]
    of: OfBid,
    /// 用备用密钥文件解出密钥;证书只用来签名 · open with a spare key file; the certificate only signs
    #[arg(long, value_name = "FILE", conflicts_with = "with")]
    keyfile: Option<PathBuf>,
    /// 备用密钥文件的口令文件 · file with the key file's passphrase
    #[arg(long, value_name = "FILE", requires = "keyfile")]
    keyfile_passphrase_file: Option<PathBuf>,
    /// 用另一张证书解出密钥(例如换证前的) · open with another certificate, such as the one before renewal
    #[arg(long, value_name = "P12")]
    with: Option<PathBuf>,
    #[command(flatten)]
    witnesses: Witnesses,
    /// 发送一个随机的错误密钥,以演示拒绝与留痕 · send a random wrong secret, to show its refusal
    #[arg(long, hide = true)]
    wrong_key: bool,
}

pub async fn submit(args: SubmitArgs, output: &Output) -> Outcome<()> {
    let session = args.of.connect.session().await?;
    let manner = submission::Manner {
        stop_after: args.cut_after,
        unchecked: args.as_is,
        lot: args.lot.map(|lot| lot.to_string()),
        project: args.project.map(|project| project.to_string()),
        consortium: args.consortium.into(),
        joint: args.joint.as_deref().map(Joint::read).transpose()?,
    };
    lost::look(&session, &args.of.bid).await?;
    let submitted = submission::submit(&session, &args.of.bid, &manner, output).await?;
    output.say(
        format!(
            "已提交并核验回执:{}。回执保存在 {}。",
            submitted.bid,
            submitted.saved.display()
        ),
        format!(
            "Submitted, and the receipt verified: {}. It is kept in {}.",
            submitted.bid,
            submitted.saved.display()
        ),
    );
    output.result(&json!({
        "bid": submitted.bid, "received": submitted.receipt.received, "leaf": submitted.receipt.leaf,
        "receipt": submitted.saved,
    }))
}

pub async fn withdraw(args: OfLotArgs, output: &Output) -> Outcome<()> {
    let session = args.at.connect.session().await?;
    let project = args.at.project.to_string();
    let (sequence, previous) = submission::link(&session, &project, args.lot.as_str()).await?;
    let previous = previous.ok_or_else(|| {
        Failure::new(
            Kind::Input,
            "nothing-to-withdraw",
            format!("本单位在标段 {} 没有投标,无可撤回。", args.lot),
            format!("There is no bid of yours in lot {}.", args.lot),
        )
    })?;
    let act = Withdraw {
        nonce: nonce(),
        lot: args.lot,
        sequence,
        previous,
    };
    args.at.perform_as(&session, act, output).await
}

pub async fn list(args: OfProject, output: &Output) -> Outcome<()> {
    let session = args.at.connect.session().await?;
    let path = format!("projects/{}/bids", args.at.project);
    let list: BidList = session.server.get(&path).await?;
    for bid in &list.bids {
        output.row(format!(
            "{}  {}  {}  #{}",
            bid.lot,
            bid.bid,
            bid.state.name(),
            bid.sequence
        ));
    }
    output.result(&list)
}

pub async fn unlock(args: UnlockArgs, output: &Output) -> Outcome<()> {
    let connect = &args.of.connect;
    let path = &args.of.bid;
    let session = connect.session().await?;
    lost::look(&session, path).await?;
    let prepare = async || unlock::prepare(&session, path, now()).await;
    let ready = args.witnesses.awaited(output, prepare).await?;
    for doubt in &ready.doubts {
        output.warn(&doubt.zh, &doubt.en);
    }
    output.say(
        "截止声明已核验:签名成立,本投标在截止清单和记录树中,本机时钟已过开标时间。",
        "The closing statement holds: signed, this bid in its list and tree, and T0 is past by this clock.",
    );
    let unlocked = if args.wrong_key {
        ready
            .send(&session, path, &Secret::from_bytes(random::bytes()))
            .await?
    } else {
        ready.unlock(&session, path, &keys(&args)?).await?
    };
    let place = unlocked.saved.display();
    let mut stage = None;
    if unlocked.before {
        stage = stage_of(&session, ready.header()).await;
        let now = stage.as_deref().unwrap_or("?");
        output.say(
            format!("此前已解密,无需重复;平台签名确认在 {place}。标段现为 {now}。"),
            format!(
                "Unlocked before; nothing more is needed. The platform's signed acknowledgement: {place}. The lot is at {now}."
            ),
        );
    } else {
        output.say(
            format!("已解密并取得平台签名确认,保存在 {place}。"),
            format!("Unlocked, and acknowledged under the platform's signature: {place}."),
        );
    }
    output.result(&json!({
        "bid": unlocked.bid, "received": unlocked.acknowledgement.received,
        "acknowledgement": unlocked.saved, "before": unlocked.before, "stage": stage,
    }))
}

/// The stage of a bid's lot, where the server tells it.
async fn stage_of(session: &Session, header: &Header) -> Option<String> {
    let context = header.context();
    let project = context.project.parse().ok()?;
    let shown = view(&session.server, &project).await.ok()?;
    shown["lots"][&context.lot]["stage"]
        .as_str()
        .map(str::to_owned)
}

pub async fn ask_rescue(args: WithReason, output: &Output) -> Outcome<()> {
    let (session, lot, bid) = own_bid(&args.of).await?;
    let act = AskRescue {
        nonce: nonce(),
        lot,
        bid,
        reason: args.reason,
    };
    args.of.at.perform_as(&session, act, output).await
}

pub async fn confirm(args: OfLotArgs, output: &Output) -> Outcome<()> {
    let (session, lot, bid) = own_bid(&args).await?;
    let act = Confirm {
        nonce: nonce(),
        lot,
        bid,
    };
    args.at.perform_as(&session, act, output).await
}

pub async fn dispute(args: WithText, output: &Output) -> Outcome<()> {
    let (session, lot, bid) = own_bid(&args.of).await?;
    let act = Dispute {
        nonce: nonce(),
        lot,
        bid,
        text: args.text,
    };
    args.of.at.perform_as(&session, act, output).await
}

/// The bid of one's own that counts in a lot: the last one that is complete.
async fn own_bid(args: &OfLotArgs) -> Outcome<(Session, LotId, Digest)> {
    let session = args.at.connect.session().await?;
    let path = format!("projects/{}/bids", args.at.project);
    let list: BidList = session.server.get(&path).await?;
    let bid = list
        .bids
        .iter()
        .filter(|bid| bid.lot == args.lot.as_str() && bid.received.is_some())
        .max_by_key(|bid| bid.sequence)
        .and_then(|bid| bid.bid.parse().ok())
        .ok_or_else(|| {
            Failure::new(
                Kind::Input,
                "no-bid",
                format!("本单位在标段 {} 没有投标。", args.lot),
                format!("There is no bid of yours in lot {}.", args.lot),
            )
        })?;
    Ok((session, args.lot.clone(), bid))
}

fn keys(args: &UnlockArgs) -> Outcome<Vec<kaibiao_crypto::wrap::PrivateKey>> {
    let connect = &args.of.connect;
    if let Some(path) = &args.keyfile {
        let passphrase = crate::cli::passphrase::PassphraseArgs {
            passphrase_file: args
                .keyfile_passphrase_file
                .clone()
                .or_else(|| connect.passphrase.passphrase_file.clone()),
        };
        return Ok(vec![bid::open_keyfile(path, &|path| {
            passphrase.existing(path)
        })?]);
    }
    let path = match &args.with {
        Some(path) => path,
        None => connect.key_path()?,
    };
    Ok(Openers::load(path, &|path| connect.passphrase.existing(path))?.keys)
}
