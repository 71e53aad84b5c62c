//! `kaibiao trust`: which platform this machine believes at an address.

use clap::{Args, Subcommand};
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::known::Platform;
use serde_json::json;

use super::connect::ServerArgs;
use super::output::Output;
use super::policy::{self, PolicyArgs};

/// 本机信任的平台 · the platforms that this machine trusts
#[derive(Debug, Subcommand)]
pub enum TrustCommand {
    /// 列出本机所记的平台 · lists the platforms that are pinned here
    Show {
        #[command(flatten)]
        server: ServerArgs,
    },
    /// 核对声明公钥后,改为信任此地址现在的平台
    /// · trusts the platform that answers at this address now, after its statement key was checked
    #[command(
        after_help = "示例 · example:\n  kaibiao trust accept --server https://kaibiao.example.cn --statement-key BASE64"
    )]
    Accept(Accept),
    /// 写出核验开标证据包的策略文件:认谁的公钥和证书
    /// · writes the policy by which bundles are verified: whose keys and certificates are believed
    #[command(
        after_help = "示例 · example:\n  kaibiao trust policy --server https://kaibiao.example.cn --project ID --roots trust -o policy.json"
    )]
    Policy(PolicyArgs),
}

#[derive(Debug, Args)]
pub struct Accept {
    #[command(flatten)]
    server: ServerArgs,
    /// 从交易中心(电话、纸质公告等)得知的声明公钥 · the statement key as the centre told it, by telephone or on paper
    #[arg(long, value_name = "BASE64")]
    statement_key: String,
}

pub async fn run(command: TrustCommand, output: &Output) -> Outcome<()> {
    match command {
        TrustCommand::Show { server } => {
            let platforms = server.connect()?.known().platforms()?;
            for (address, platform) in &platforms {
                let Platform {
                    origin,
                    statement_key,
                } = platform;
                output.row(format!("{address}  {origin}  {statement_key}"));
            }
            output.result(&platforms)
        }
        TrustCommand::Accept(args) => accept(args, output).await,
        TrustCommand::Policy(args) => policy::run(args, output).await,
    }
}

async fn accept(args: Accept, output: &Output) -> Outcome<()> {
    let server = args.server.connect()?;
    let told = server.platform().await?;
    if told.log_key != args.statement_key {
        return Err(Failure::new(
            Kind::Unproved,
            "statement-key-other",
            format!(
                "此地址的平台声明公钥是 {},与您核对的不同,没有改动。请重新向交易中心核对,或检查地址。",
                told.log_key
            ),
            format!(
                "The statement key at this address is {}, not the one you were told; nothing was changed. Ask the trading centre again, or check the address.",
                told.log_key
            ),
        ));
    }
    let address = server.location()?;
    let platform = Platform {
        origin: told.origin,
        statement_key: told.log_key,
    };
    server.known().pin(&address, &platform)?;
    output.say(
        format!("今后信任 {address} 的平台 {}。", platform.origin),
        format!(
            "{address} is trusted to be {} from now on.",
            platform.origin
        ),
    );
    output.result(&json!({ "address": address, "platform": platform }))
}
