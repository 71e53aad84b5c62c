//! `kaibiao opening order`: what a supervisor orders.

use clap::Subcommand;
use kaibiao_client::failure::Outcome;
use kaibiao_core::act::{Ending, EndingKind, EndingReason, OrderQuorum, OrderRescue, Terminate};
use kaibiao_core::ids::{LotId, Seconds};

use super::bidder::OfBidder;
use super::lots::OfLots;
use crate::cli::connect::nonce;
use crate::cli::output::Output;
use crate::cli::project::At;
use crate::cli::text;

/// 监督命令 · a supervisor's orders
#[derive(Debug, Subcommand)]
pub enum OrderCommand {
    /// 命令补救解密 · orders a rescue
    Rescue {
        #[command(flatten)]
        of: OfBidder,
        #[arg(long)]
        reason: String,
    },
    /// 命令暂停 · orders a suspension
    Suspend {
        #[command(flatten)]
        of: OfLots,
        #[arg(long)]
        reason: String,
    },
    /// 命令恢复 · orders to go on
    Resume {
        #[command(flatten)]
        of: OfLots,
        #[arg(long)]
        reason: String,
    },
    /// 命令延长窗口 · orders an extension
    Extend {
        #[command(flatten)]
        of: OfLots,
        #[arg(long)]
        seconds: Seconds,
        #[arg(long)]
        reason: String,
    },
    /// 代替见证法定数 · stands in for the witnesses' quorum
    Quorum {
        #[command(flatten)]
        at: At,
        #[arg(long)]
        lot: Option<LotId>,
        #[arg(long)]
        reason: String,
    },
    /// 命令终止 · ends these lots
    Terminate {
        #[command(flatten)]
        of: OfLots,
        #[arg(long)]
        reason: String,
        /// failed 流标、void 废标、terminated 终止
        #[arg(long, value_parser = text::one_of::<EndingKind>, requires = "code")]
        ending: Option<EndingKind>,
        /// 原因代码 · its reason's number
        #[arg(long, value_parser = ending_reason, requires = "ending")]
        code: Option<EndingReason>,
    },
}

fn ending_reason(text: &str) -> Result<EndingReason, String> {
    let number: u16 = text.parse().map_err(|_| "101–105".to_owned())?;
    EndingReason::try_from(number).map_err(str::to_owned)
}

pub async fn run(command: OrderCommand, output: &Output) -> Outcome<()> {
    use OrderCommand as C;
    let nonce = nonce();
    match command {
        C::Rescue { of, reason } => {
            of.perform(output, |lot, bidder| {
                Ok(OrderRescue {
                    nonce,
                    lot,
                    party: bidder.party,
                    bid: bidder.bid()?,
                    reason,
                })
            })
            .await
        }
        C::Suspend { of, reason } => of.suspend(reason, output).await,
        C::Resume { of, reason } => of.resume(reason, output).await,
        C::Extend {
            of,
            seconds,
            reason,
        } => of.extend(seconds, reason, output).await,
        C::Quorum { at, lot, reason } => {
            at.perform(OrderQuorum { nonce, lot, reason }, output).await
        }
        C::Terminate {
            of,
            reason,
            ending,
            code,
        } => {
            let ending = ending.zip(code);
            let ending = ending.map(|(kind, reason)| Ending { kind, reason });
            of.perform(output, |lots| Terminate {
                nonce,
                lots,
                reason,
                ending,
            })
            .await
        }
    }
}
