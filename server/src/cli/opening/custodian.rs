//! The supervisor's ruling on what was found of a custodian.

use clap::Args;
use kaibiao_client::failure::Outcome;
use kaibiao_core::act::{Act, ConfirmFault, OverruleFault};
use kaibiao_core::event::Fault;
use kaibiao_crypto::Digest;

use super::lots::OfLot;
use crate::cli::connect::nonce;
use crate::cli::output::Output;
use crate::cli::text;

#[derive(Debug, Args)]
pub struct OnCustodian {
    #[command(flatten)]
    of: OfLot,
    /// 保管人序号 · the custodian's number in the lot
    #[arg(long)]
    custodian: u8,
    /// 投标文件摘要 · the bid's digest
    #[arg(long)]
    bid: Digest,
    #[command(flatten)]
    ruling: Ruling,
    /// 推翻后认定仍成立 · the finding stands again
    #[arg(long, requires = "reason")]
    stands: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Ruling {
    /// 确认:wrong_share 份额不符、false_complaint 所称不实 · confirms this finding
    #[arg(long, value_parser = text::one_of::<Fault>)]
    fault: Option<Fault>,
    /// 给出理由即为推翻 · a reason makes it an overruling
    #[arg(long)]
    reason: Option<String>,
}

impl OnCustodian {
    pub async fn perform(self, output: &Output) -> Outcome<()> {
        let OfLot { at, lot } = self.of;
        let (nonce, x, bid) = (nonce(), self.custodian, self.bid);
        let Ruling { fault, reason } = self.ruling;
        let act: Act = match fault {
            Some(fault) => ConfirmFault {
                nonce,
                lot,
                x,
                bid,
                fault,
            }
            .into(),
            None => OverruleFault {
                nonce,
                lot,
                x,
                bid,
                stands: self.stands,
                reason: reason.unwrap_or_default(),
            }
            .into(),
        };
        at.perform(act, output).await
    }
}
