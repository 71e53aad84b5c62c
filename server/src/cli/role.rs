//! `kaibiao role`: what an organisation, or one person of it, may do.

use clap::{Args, Subcommand};
use kaibiao_client::failure::Outcome;
use kaibiao_core::act::{BindRole, RevokeRole};
use kaibiao_core::ids::Organisation;
use kaibiao_core::role::Role;

use super::connect::{Connect, nonce};
use super::output::Output;
use super::text;

/// 角色绑定(中心管理员) · binding of roles, by the centre's administrator
#[derive(Debug, Subcommand)]
pub enum RoleCommand {
    /// 绑定角色 · binds a role
    #[command(
        after_help = "示例 · example:\n  kaibiao role bind --key admin.p12 --authority demo --code 91350100M000100Y43 --name 某某建设局 --role host"
    )]
    Bind {
        #[command(flatten)]
        connect: Connect,
        #[command(flatten)]
        whom: Whom,
        /// 签发其证书的 CA 标识 · the id of the CA that vouches for it
        #[arg(long, alias = "issuer", value_name = "ID")]
        authority: String,
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
    code: Organisation,
    /// 仅限此人(证书通用名) · only this person (the certificate's common name)
    #[arg(long)]
    person: Option<String>,
    /// administrator、centre、supervisor、host、bidder、machine
    #[arg(long, value_parser = text::one_of::<Role>)]
    role: Role,
}

pub async fn run(command: RoleCommand, output: &Output) -> Outcome<()> {
    match command {
        RoleCommand::Bind {
            connect,
            whom,
            authority,
            name,
        } => {
            let act = BindRole {
                nonce: nonce(),
                organisation: whom.code,
                authority,
                name,
                person: whom.person,
                role: whom.role,
            };
            connect.perform("", act, output).await
        }
        RoleCommand::Revoke { connect, whom } => {
            let act = RevokeRole {
                nonce: nonce(),
                organisation: whom.code,
                person: whom.person,
                role: whom.role,
            };
            connect.perform("", act, output).await
        }
    }
}
