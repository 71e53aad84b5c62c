//! `kaibiao account`: organisations that the platform knows.

use clap::Subcommand;
use kaibiao_api::AccountList;
use kaibiao_client::failure::Outcome;
use kaibiao_core::act::Register;

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
    /// 投标人用自己的证书注册 · a bidder registers by its own certificate
    #[command(after_help = "示例 · example:\n  kaibiao account register --key bidder.p12")]
    Register {
        #[command(flatten)]
        connect: Connect,
        /// 单位名称,默认取证书中的名称 · the organisation's name; the certificate's by default
        #[arg(long)]
        name: Option<String>,
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

pub async fn account(command: AccountCommand, output: &Output) -> Outcome<()> {
    match command {
        AccountCommand::List { connect } => {
            let session = connect.session().await?;
            let list: AccountList = session.server.get("platform/accounts").await?;
            for account in &list.accounts {
                output.row(format!(
                    "{}  {}  {}",
                    account.name, account.organisation, account.role
                ));
            }
            output.result(&list)
        }
        #[cfg(feature = "server")]
        AccountCommand::Admin(args) => super::administrator::run(args, output).await,
        #[cfg(feature = "server")]
        AccountCommand::SetClock(args) => super::clock::run(args, output).await,
        AccountCommand::Register { connect, name } => {
            let session = connect.session().await?;
            let act = Register {
                nonce: nonce(),
                name: name.unwrap_or_else(|| session.who.organisation_name.clone()),
            };
            let reply = session.act("", &act.into(), Vec::new()).await?;
            super::connect::tell(&reply, output)
        }
    }
}
