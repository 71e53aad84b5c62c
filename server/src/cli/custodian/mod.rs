//! `kaibiao custodian`: keeping a project's opening key, by hand or unattended.

mod agent;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use kaibiao_api::{AcceptedView, ClosingView, CustodyView};
use kaibiao_client::custody::{Custody, Proved, Released, check_order};
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::http::Session;
use kaibiao_client::terms::{Doubt, Terms};
use kaibiao_client::{anchored, lists, statements};
use kaibiao_core::act::{Unproved, Withheld, Withholding};
use kaibiao_core::ids::LotId;
use kaibiao_core::signed::Signed;
use kaibiao_crypto::certificate::Trust;
use kaibiao_crypto::{Digest, Suite};
use serde_json::json;

use crate::cli::connect::tell;
use crate::cli::output::Output;
use crate::cli::passphrase::PassphraseArgs;
use crate::cli::project::{At, view};
use crate::cli::roots::{RootsArgs, now};
use crate::cli::witnesses::{AWAITED, Witnesses};

#[derive(Debug, Subcommand)]
pub enum CustodianCommand {
    /// 在本机生成本项目的保管密钥,并以本单位证书签发公钥
    /// · make this project's key on this machine and certify its public half
    #[command(
        after_help = "示例 · example:\n  kaibiao custodian key ID --custody 保管 --key host.p12\n\n私钥留在本机的目录里,请备份;丢失后由其他保管人(t < n)补足。\nThe private half stays in the directory; keep a copy."
    )]
    Key(KeyArgs),
    /// 核验条件后释放本标段的份额 · release the shares of a lot once everything is proved
    Release(OfLotArgs),
    /// 按监督令为一份投标释放补救份额 · release the share for an ordered rescue
    Rescue(RescueArgs),
    /// 无人值守:条件一经证明即自动释放,仅此而已
    /// · unattended: releases by itself when, and only when, the conditions are proved
    #[command(
        after_help = "示例 · example:\n  KAIBIAO_PASSPHRASE_FILE=口令 kaibiao custodian serve ID --custody 保管 --roots ca --key host.p12"
    )]
    Serve(ServeArgs),
    /// 一个进程为本单位保管的所有项目服务:凭常设授权签发密钥、释放份额
    /// · one process for all projects of one's organisation, by a standing authorisation
    #[command(
        after_help = "示例 · example:\n  kaibiao custodian authorise --agent 代理 --days 365 --key host.p12\n  KAIBIAO_PASSPHRASE_FILE=口令 kaibiao custodian serve-all --agent 代理 --roots ca"
    )]
    ServeAll(agent::ServeAllArgs),
    /// 以本单位证书签一份常设授权,由代理自行签发各项目的密钥
    /// · sign once, with the certificate, that the agent certifies each project's key by itself
    Authorise(agent::AuthoriseArgs),
    /// 撤销常设授权 · revoke a standing authorisation
    Revoke(agent::RevokeArgs),
    /// 显示代理公钥,供在网页上签常设授权 · say the agent's public key, for an authorisation signed in the page
    AgentKey(agent::ShowArgs),
    /// 收下在网页上签的常设授权 · take up an authorisation that was signed in the page
    #[command(
        after_help = "示例 · example:\n  kaibiao custodian agent-key --agent 代理\n  kaibiao custodian accept --agent 代理 authorisation.json"
    )]
    Accept(agent::AcceptArgs),
    /// 把所有项目的保管密钥备份为一个文件(.kkeys) · all projects' keys into one file
    Backup(agent::BackupArgs),
    /// 从备份恢复保管密钥,已有的不动 · put keys of a backup back; those that are there stay
    Restore(agent::RestoreArgs),
}

#[derive(Debug, Args)]
struct CustodyArgs {
    #[command(flatten)]
    at: At,
    /// 保管目录 · the custody directory
    #[arg(long, value_name = "DIR", alias = "output")]
    custody: PathBuf,
    /// 保管密钥的口令文件,默认与证书口令相同 · file with the custody key's passphrase
    #[arg(long, value_name = "FILE")]
    custody_passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct KeyArgs {
    #[command(flatten)]
    of: CustodyArgs,
    /// 不设代理密钥:每次释放都用证书签名 · no agent's key: every release is signed by certificate
    #[arg(long)]
    no_agent: bool,
}

#[derive(Debug, Args)]
pub struct OfLotArgs {
    #[command(flatten)]
    of: CustodyArgs,
    /// 标段 · the lot
    #[arg(long)]
    lot: LotId,
    #[command(flatten)]
    roots: RootsArgs,
    #[command(flatten)]
    witnesses: Witnesses,
}

#[derive(Debug, Args)]
pub struct RescueArgs {
    #[command(flatten)]
    lot: OfLotArgs,
    /// 投标摘要 · the bid's digest
    #[arg(long)]
    bid: Digest,
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    of: CustodyArgs,
    #[command(flatten)]
    roots: RootsArgs,
    /// 查询间隔(秒) · seconds between looks
    #[arg(long, default_value_t = 2)]
    every: u64,
    /// 所有标段都处理完后退出 · end when every lot has been answered or has ended
    #[arg(long)]
    once: bool,
}

pub async fn run(command: CustodianCommand, output: &Output) -> Outcome<()> {
    match command {
        CustodianCommand::Key(args) => key(args, output).await,
        CustodianCommand::Release(args) => release(args, output).await,
        CustodianCommand::Rescue(args) => rescue(args, output).await,
        CustodianCommand::Serve(args) => serve(args, output).await,
        CustodianCommand::ServeAll(args) => agent::serve_all(args, output).await,
        CustodianCommand::Authorise(args) => agent::authorise(args, output).await,
        CustodianCommand::Revoke(args) => agent::revoke(args, output).await,
        CustodianCommand::AgentKey(args) => agent::show(&args, output),
        CustodianCommand::Accept(args) => agent::accept(&args, output),
        CustodianCommand::Backup(args) => agent::backup(&args, output),
        CustodianCommand::Restore(args) => agent::restore(&args, output),
    }
}

async fn key(args: KeyArgs, output: &Output) -> Outcome<()> {
    let session = args.of.at.connect.session().await?;
    let suite = suite_asked(&session, &args.of.at.project.to_string()).await?;
    let custody = if args.of.custody.join("custody.kkey").exists() {
        args.of.open()?
    } else {
        let passphrase = args.of.passphrase().new_for(&args.of.custody)?;
        Custody::create(&args.of.custody, suite, &passphrase, !args.no_agent)?
    };
    custody.is_for(suite)?;
    let reply = custody
        .certify(&session, &args.of.at.project.to_string())
        .await?;
    output.say(
        format!(
            "保管公钥已签发,私钥在 {};请备份该目录。",
            args.of.custody.display()
        ),
        format!(
            "The key is certified; its private half is in {}. Keep a copy.",
            args.of.custody.display()
        ),
    );
    output.result(&json!({ "public": custody.public(), "events": reply.events }))
}

/// The suite that a project asks its custodians' keys of. Before it is published only
/// the list of one's own duties says so. Whoever has none in it is refused by the
/// platform, whatever the key.
async fn suite_asked(session: &Session, project: &str) -> Outcome<Suite> {
    let duties: CustodyView = session.server.get("custody").await?;
    let mut projects = duties.projects.iter();
    let own = projects.find(|it| it.id == project);
    Ok(own.map(|it| it.suite).unwrap_or_default())
}

async fn release(args: OfLotArgs, output: &Output) -> Outcome<()> {
    let authorities = args.roots.read()?;
    let custody = args.of.open()?;
    let session = args.of.at.connect.session().await?;
    let project = args.of.at.project.to_string();
    let terms = Terms::fetch(&session.server, &project, args.lot.as_str()).await?;
    custody
        .place(&terms)
        .ok_or_else(|| not_this_key(&args.lot))?;
    let prove = async || {
        let view = accepted(&session, &project, &args.lot).await?;
        let trust = &authorities.trust;
        proved(&custody, &session, &terms, &view, trust, output).await
    };
    let proved = args.witnesses.awaited(output, prove).await?;
    let released = custody.release(&session, &project, &proved).await?;
    tell_released(args.lot.as_str(), &released, output)
}

/// Says what was released, and of which bids no share was given, and why.
fn tell_released(lot: &str, released: &Released, output: &Output) -> Outcome<()> {
    for Withheld { bid, why } in &released.withheld {
        let (zh, en) = withholding(why);
        output.warn(
            format!("标段 {lot}:投标 {bid} 未给出份额:{zh}。"),
            format!("Lot {lot}: no share was given of bid {bid}: {en}."),
        );
    }
    let Some(reply) = &released.reply else {
        output.say(
            format!("标段 {lot}:已作过相同的答复,没有新的内容。"),
            format!("Lot {lot}: the same was answered before; there is nothing new to say."),
        );
        return Ok(());
    };
    if released.withheld.is_empty() {
        output.say(
            format!("标段 {lot}:条件已逐项证明,份额已释放。"),
            format!("Lot {lot}: everything is proved; the shares are released."),
        );
    } else {
        output.say(
            format!("标段 {lot}:已答复,其余投标的份额已释放。"),
            format!("Lot {lot}: answered; the shares of the other bids are released."),
        );
    }
    let withheld = &released.withheld;
    output.result(
        &json!({ "lot": lot, "released": true, "withheld": withheld, "events": reply.events }),
    )
}

fn withholding(why: &Withholding) -> (&'static str, &'static str) {
    match why {
        Withholding::WrapDoesNotOpen { .. } => (
            "写给本保管人的封装打不开",
            "the wrap for this custodian does not open",
        ),
        Withholding::ShareDoesNotMatch { .. } => (
            "封装内的份额与承诺不符",
            "the share inside the wrap is not the committed one",
        ),
        Withholding::NotProved { cause } => match cause {
            Unproved::Header => (
                "投标文件头与条款或清单不符",
                "its header is not of these terms or of this list",
            ),
            Unproved::UnlockMissing => (
                "没有其投标人签名的解密",
                "there is no unlock that its bidder signed",
            ),
            Unproved::UnlockUnproved => (
                "解密签名或其证书不成立",
                "the signature of its unlock, or the certificate under it, does not hold",
            ),
            Unproved::UnlockOther => (
                "解密签名不属于该投标人或该投标",
                "its unlock is another bidder's or another bid's",
            ),
        },
    }
}

async fn rescue(args: RescueArgs, output: &Output) -> Outcome<()> {
    let OfLotArgs {
        of,
        lot,
        roots,
        witnesses,
    } = args.lot;
    let authorities = roots.read()?;
    let custody = of.open()?;
    let session = of.at.connect.session().await?;
    let project = of.at.project.to_string();
    let terms = Terms::fetch(&session.server, &project, lot.as_str()).await?;
    custody.place(&terms).ok_or_else(|| not_this_key(&lot))?;
    let path = format!("projects/{project}/closing?bid={}", args.bid);
    let prove = async || {
        let view: ClosingView = session.server.get(&path).await?;
        let closing = statements::closed(&view, &terms, now())?;
        let doubts = anchored::closing(view.proof.as_ref(), &closing, &terms)?;
        Ok((closing, doubts))
    };
    let (closing, doubts) = witnesses.awaited(output, prove).await?;
    tell_doubts(&doubts, output);
    let order: Signed = session
        .server
        .get(&format!(
            "projects/{project}/bids/{}/rescue-order",
            args.bid
        ))
        .await?;
    let acts = terms.certified().chain([&order]);
    let lists = lists::fetch(&session.server, &authorities.trust, acts).await?;
    tell_doubts(&terms.check_own(&authorities.trust, &lists, now())?, output);
    check_order(&order, &terms, args.bid, &authorities.trust, &lists)?;
    let header = session
        .server
        .get_bytes(&format!("projects/{project}/bids/{}/header", args.bid))
        .await?;
    let reply = custody
        .rescue(&session, &terms, &closing, args.bid, &header)
        .await?;
    output.say("补救份额已释放。", "The share for the rescue is released.");
    tell(&reply, output)
}

async fn serve(args: ServeArgs, output: &Output) -> Outcome<()> {
    let custody = args.of.open()?;
    args.roots.read()?;
    let project = args.of.at.project.to_string();
    output.say(
        format!("保管代理已启动,项目 {project}。条件证明之前不会释放任何份额。"),
        format!("The custodian's agent is up for {project}. It releases nothing before everything is proved."),
    );
    let mut session = None;
    let mut last = String::new();
    loop {
        // Log-ins expire and servers restart; the agent outlives both.
        if session.is_none() {
            session = match args.of.at.connect.session().await {
                Ok(session) => Some(session),
                Err(failure) => {
                    tell_once(&mut last, &failure, output);
                    None
                }
            };
        }
        if let Some(logged_in) = &session {
            match look(&args, &custody, logged_in, &project, output).await {
                Ok(ControlFlow::Break(())) if args.once => return Ok(()),
                Ok(_) => {}
                Err(failure) => {
                    tell_once(&mut last, &failure, output);
                    if matches!(failure.kind, Kind::Refused | Kind::Network) {
                        session = None;
                    }
                }
            }
        }
        tokio::time::sleep(Duration::from_secs(args.every.max(1))).await;
    }
}

/// Looks at every lot once; answers `Break` when none is left to wait for.
async fn look(
    args: &ServeArgs,
    custody: &Custody,
    session: &Session,
    project: &str,
    output: &Output,
) -> Outcome<ControlFlow<()>> {
    let shown = view(&session.server, &args.of.at.project).await?;
    let lots = shown["lots"].as_object().into_iter().flatten();
    let mut waiting = false;
    for (lot, about) in lots {
        let stage = about["stage"].as_str().unwrap_or_default();
        if custody.has_released(project, lot) && stage != "releasing" {
            continue;
        }
        match stage {
            "releasing" => {
                waiting = true;
                if !custody.has_released(project, lot) {
                    release_lot(&args.roots, custody, session, project, lot, output).await?;
                }
            }
            "preparing" | "bidding" | "checking" | "unlocking" => waiting = true,
            _ => {}
        }
    }
    Ok(if waiting {
        ControlFlow::Continue(())
    } else {
        ControlFlow::Break(())
    })
}

async fn release_lot(
    roots: &RootsArgs,
    custody: &Custody,
    session: &Session,
    project: &str,
    lot: &str,
    output: &Output,
) -> Outcome<()> {
    let terms = Terms::fetch(&session.server, project, lot).await?;
    if custody.place(&terms).is_none() {
        return Ok(());
    }
    let id: LotId = lot.parse().map_err(Failure::unexpected)?;
    let view = accepted(session, project, &id).await?;
    let authorities = roots.read()?;
    let proved = proved(custody, session, &terms, &view, &authorities.trust, output).await?;
    let released = custody.release(session, project, &proved).await?;
    if released.reply.is_some() {
        tell_released(lot, &released, output)?;
    }
    Ok(())
}

impl CustodyArgs {
    fn passphrase(&self) -> PassphraseArgs {
        PassphraseArgs {
            passphrase_file: self
                .custody_passphrase_file
                .clone()
                .or_else(|| self.at.connect.passphrase.passphrase_file.clone()),
        }
    }

    fn open(&self) -> Outcome<Custody> {
        let passphrase = self.passphrase();
        Custody::open(&self.custody, &|path| passphrase.existing(path))
    }
}

async fn accepted(session: &Session, project: &str, lot: &LotId) -> Outcome<AcceptedView> {
    let path = format!("projects/{project}/lots/{lot}/accepted");
    session.server.get(&path).await
}

/// Proves what can be proved, on the lists that the acts were judged by, and
/// tells what is doubted.
async fn proved(
    custody: &Custody,
    session: &Session,
    terms: &Terms,
    view: &AcceptedView,
    trust: &Trust,
    output: &Output,
) -> Outcome<Proved> {
    let unlocks = view.bids.iter().filter_map(|bid| bid.unlock.as_ref());
    let acts = terms.certified().chain(unlocks);
    let lists = lists::fetch(&session.server, trust, acts).await?;
    let proved = custody.prove(terms, view, trust, &lists, now())?;
    tell_doubts(&proved.doubts, output);
    Ok(proved)
}

fn tell_doubts(doubts: &[Doubt], output: &Output) {
    for doubt in doubts {
        output.warn(&doubt.zh, &doubt.en);
    }
}

/// The same trouble is told once, not every two seconds.
fn tell_once(last: &mut String, failure: &Failure, output: &Output) {
    let text = text_of(failure);
    if *last != text {
        tell_failure("", failure, output);
        *last = text;
    }
}

/// What two failures have in common that need not be told twice: how many witnesses
/// have come so far changes nothing.
fn text_of(failure: &Failure) -> String {
    if anchored::is_awaited(failure) {
        return failure.code.clone();
    }
    failure.to_string()
}

/// Says what went wrong in a project, which is named or "" for all; that witnesses are
/// awaited is no trouble.
fn tell_failure(project: &str, failure: &Failure, output: &Output) {
    let named = |text: &str| format!("{project} {text}").trim_start().to_owned();
    if anchored::is_awaited(failure) {
        output.say(named(AWAITED.0), named(AWAITED.1));
    } else {
        output.warn(named(&failure.zh), named(&failure.en));
    }
}

fn not_this_key(lot: &LotId) -> Failure {
    Failure::new(
        Kind::Key,
        "not-this-custodian",
        format!("标段 {lot} 的密封条款中没有这把保管密钥;请核对 --custody 目录。"),
        format!("The sealing terms of lot {lot} do not name this key; check --custody."),
    )
}
