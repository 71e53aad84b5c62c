//! `kaibiao account`: organisations that the platform knows.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use kaibiao_api::{AccountList, LinkedList, SessionView, TimeView};
use kaibiao_client::failure::{Failure, Outcome};
use kaibiao_core::act::{BridgeList, LinkAuthority, Register, UnlinkAuthority};
use kaibiao_core::ids::Organisation;
use kaibiao_crypto::Digest;

use super::connect::{Connect, nonce};
use super::output::Output;

/// 机构账户 · accounts of organisations
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// 列出账户(交易中心) · lists accounts (the centre)
    List {
        #[command(flatten)]
        connect: Connect,
    },
    /// 在数据目录上登记第一个管理员;服务须未运行,且只能做一次
    /// · makes the first administrator, on the data directory while nothing serves it; once only
    #[cfg(feature = "server")]
    #[command(
        after_help = "示例 · example:\n  kaibiao account admin --data /srv/kaibiao --cert admin.cert.pem"
    )]
    Admin(super::administrator::Admin),
    /// 吊销列表过期时准予继续使用数小时(交易中心;记录在案)
    /// · lets an authority's ended revocation list be relied on for some hours (the centre; on record)
    #[command(
        after_help = "示例 · example:\n  kaibiao account bridge-list --ca gdca --hours 2 --reason CA发布延迟 --key centre.p12"
    )]
    BridgeList {
        #[command(flatten)]
        connect: Connect,
        /// CA 代号 · the authority's id
        #[arg(long)]
        ca: String,
        /// 自现在起的小时数,最多 6 · hours from now, 6 at most
        #[arg(long, value_parser = clap::value_parser!(i64).range(1..=6))]
        hours: i64,
        /// 理由 · why
        #[arg(long)]
        reason: String,
    },
    /// 投标人用自己的证书注册 · a bidder registers by its own certificate
    #[command(after_help = "示例 · example:\n  kaibiao account register --key bidder.p12")]
    Register {
        #[command(flatten)]
        connect: Connect,
        /// 单位名称,默认取证书中的名称 · the organisation's name; the certificate's by default
        #[arg(long)]
        name: Option<String>,
    },
    /// 关联另一家 CA:其签发的证书此后可代表该单位
    /// · links a further authority: its certificates act for the organisation from then on
    #[command(
        after_help = "用原证书办理:kaibiao account link --key 原证书.p12 --authority gdca --reason 更换CA\n管理员凭证明材料办理:另加 --code 统一社会信用代码 --paper 证明.pdf\nBy the old certificate, or by the administrator with --code and --paper."
    )]
    Link {
        #[command(flatten)]
        connect: Connect,
        #[command(flatten)]
        which: Which,
        /// 出示的证明材料(只登记其摘要),可多次给出 · papers shown, whose digests go on record
        #[arg(long = "paper", value_name = "FILE")]
        papers: Vec<PathBuf>,
    },
    /// 取消关联(中心管理员) · ends a link, by the centre's administrator
    Unlink {
        #[command(flatten)]
        connect: Connect,
        #[command(flatten)]
        which: Which,
    },
    /// 列出已关联的 CA(交易中心、监督部门) · lists linked authorities (the centre, supervisors)
    Linked {
        #[command(flatten)]
        connect: Connect,
    },
    #[cfg(feature = "server")]
    /// 确认平台的系统时间正确(管理员签名)。时钟存疑期间,平台不判定开标时间,也不判定是否逾期
    /// · declares, signed by an administrator, that the platform's clock is right. While it is in
    /// doubt the platform judges neither T0 nor lateness
    #[command(
        after_help = "示例 · example:\n  kaibiao account set-clock --key admin.p12 --reason 已与国家授时中心核对"
    )]
    SetClock(super::clock::SetClock),
}

/// An authority of an organisation, and why.
#[derive(Debug, Args)]
pub struct Which {
    /// CA 标识 · the CA's id
    #[arg(long, value_name = "ID")]
    authority: String,
    /// 统一社会信用代码,默认本单位 · unified social credit code; one's own by default
    #[arg(long)]
    code: Option<Organisation>,
    /// 原因 · why
    #[arg(long)]
    reason: String,
}

pub async fn account(command: AccountCommand, output: &Output) -> Outcome<()> {
    match command {
        AccountCommand::List { connect } => {
            let session = connect.session().await?;
            let list: AccountList = session.server.get("platform/accounts").await?;
            for account in &list.accounts {
                output.row(format!(
                    "{}{}  {}  {}",
                    account.name,
                    if account.unvouched {
                        "(名称未经证书证明 · name not vouched for by the certificate)"
                    } else {
                        ""
                    },
                    account.organisation,
                    account.role
                ));
            }
            output.result(&list)
        }
        #[cfg(feature = "server")]
        AccountCommand::Admin(args) => super::administrator::run(args, output).await,
        AccountCommand::BridgeList {
            connect,
            ca,
            hours,
            reason,
        } => {
            let session = connect.session().await?;
            let time: TimeView = session.server.get("time").await?;
            let act = BridgeList {
                nonce: nonce(),
                ca,
                // A minute less, so that it is within six hours when it arrives.
                until: time.now + hours * 3_600_000 - 60_000,
                reason,
            };
            let reply = session.act("", &act.into(), Vec::new()).await?;
            super::connect::tell(&reply, output)
        }
        #[cfg(feature = "server")]
        AccountCommand::SetClock(args) => super::clock::run(args, output).await,
        AccountCommand::Register { connect, name } => {
            let session = connect.session().await?;
            let act = Register {
                nonce: nonce(),
                name: name.unwrap_or_else(|| session.who.organisation_name.clone()),
            };
            let reply = session.act("", &act.into(), Vec::new()).await?;
            let who: SessionView = session.server.get("session").await?;
            if who.unvouched {
                output.warn(
                    "证书中没有可读的单位名称,已按您填写的名称登记;该名称未经证书证明,招标人、监督部门和开标记录会注明,直至交易中心管理员核实。",
                    "Your certificate names nobody that can be read: you are registered under the name you gave, and host, supervisor and record see it as not vouched for by the certificate until the centre's administrator vouches for it.",
                );
            }
            super::connect::tell(&reply, output)
        }
        AccountCommand::Link {
            connect,
            which,
            papers,
        } => {
            let papers = papers.iter().map(|path| digest(path));
            let papers = papers.collect::<Outcome<Vec<_>>>()?;
            let session = connect.session().await?;
            let act = LinkAuthority {
                nonce: nonce(),
                organisation: which
                    .code
                    .unwrap_or_else(|| session.who.organisation.clone()),
                authority: which.authority,
                reason: which.reason,
                papers,
            };
            let reply = session.act("", &act.into(), Vec::new()).await?;
            super::connect::tell(&reply, output)
        }
        AccountCommand::Unlink { connect, which } => {
            let session = connect.session().await?;
            let act = UnlinkAuthority {
                nonce: nonce(),
                organisation: which
                    .code
                    .unwrap_or_else(|| session.who.organisation.clone()),
                authority: which.authority,
                reason: which.reason,
            };
            let reply = session.act("", &act.into(), Vec::new()).await?;
            super::connect::tell(&reply, output)
        }
        AccountCommand::Linked { connect } => {
            let session = connect.session().await?;
            let list: LinkedList = session.server.get("platform/linked").await?;
            for linked in &list.linked {
                let voucher = &linked.voucher;
                let by = voucher.link.as_ref().map_or_else(String::new, |link| {
                    format!("{} {}:{}", link.name, link.person, link.reason)
                });
                output.row(format!(
                    "{}  {}  {}  {by}",
                    linked.name, linked.organisation, voucher.authority
                ));
            }
            output.result(&list)
        }
    }
}

/// The digest of a paper, which itself stays where it is.
fn digest(paper: &Path) -> Outcome<Digest> {
    let bytes = std::fs::read(paper).map_err(|error| Failure::file(paper, &error))?;
    Ok(Digest::of(&bytes))
}
