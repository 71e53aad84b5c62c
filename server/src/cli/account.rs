//! `kaibiao account` and `kaibiao role`: organisations and what they may do.

use clap::{Args, Subcommand};
use kaibiao_api::AccountList;
use kaibiao_client::failure::Outcome;
use kaibiao_core::act::{BindRole, Register, RevokeRole};
use kaibiao_core::ids::Organisation;
use kaibiao_core::role::Role;
use kaibiao_crypto::certificate::OrganisationCode;

use super::connect::{Connect, nonce};
use super::output::Output;
use super::text;

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
}

/// 角色绑定(中心管理员) · binding of roles, by the centre's administrator
#[cfg(feature = "server")]
#[derive(Debug, Subcommand)]
pub enum RoleCommand {
    /// 绑定角色 · binds a role
    #[command(
        after_help = "示例 · example:\n  kaibiao role bind --key admin.p12 --issuer demo --code 91350100M000100Y43 --name 某某建设局 --role host"
    )]
    Bind {
        #[command(flatten)]
        connect: Connect,
        #[command(flatten)]
        whom: Whom,
        /// 单位名称 · the organisation's name
        #[arg(long)]
        name: String,
    },
    /// 撤销角色 · revokes a role
    Revoke {
        #[command(flatten)]
        connect: Connect,
        #[command(flatten)]
        whom: Whom,
    },
}

/// A role and the certificate subject it is bound to.
#[derive(Debug, Args)]
pub struct Whom {
    /// 统一社会信用代码 · unified social credit code
    #[arg(long)]
    code: OrganisationCode,
    /// CA 标识 · the CA's id
    #[arg(long)]
    issuer: String,
    /// 仅限此人(证书通用名) · only this person (the certificate's common name)
    #[arg(long)]
    person: Option<String>,
    /// administrator、centre、supervisor、host、bidder、machine
    #[arg(long, value_parser = text::one_of::<Role>)]
    role: Role,
}

impl Whom {
    fn organisation(&self) -> Organisation {
        Organisation {
            issuer: self.issuer.clone(),
            code: self.code.clone(),
        }
    }
}

pub async fn account(command: AccountCommand, output: &Output) -> Outcome<()> {
    match command {
        AccountCommand::List { connect } => {
            let session = connect.session().await?;
            let list: AccountList = session.server.get("platform/accounts").await?;
            for account in &list.accounts {
                let organisation = &account.organisation;
                output.row(format!(
                    "{}  {}:{}  {}",
                    account.name, organisation.issuer, organisation.code, account.role
                ));
            }
            output.result(&list)
        }
        #[cfg(feature = "server")]
        AccountCommand::Admin(args) => super::administrator::run(args, output).await,
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

#[cfg(feature = "server")]
pub async fn role(command: RoleCommand, output: &Output) -> Outcome<()> {
    match command {
        RoleCommand::Bind {
            connect,
            whom,
            name,
        } => {
            let act = BindRole {
                nonce: nonce(),
                organisation: whom.organisation(),
                name,
                person: whom.person,
                role: whom.role,
            };
            connect.perform("", act, output).await
        }
        RoleCommand::Revoke { connect, whom } => {
            let act = RevokeRole {
                nonce: nonce(),
                organisation: whom.organisation(),
                person: whom.person,
                role: whom.role,
            };
            connect.perform("", act, output).await
        }
    }
}
