//! Acts on one bidder of a lot, named as people name it.

use clap::Args;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_core::act::Act;
use kaibiao_core::ids::{LotId, Party};
use kaibiao_crypto::Digest;
use serde_json::Value;

use super::lots::OfLot;
use crate::cli::output::Output;
use crate::cli::project::view;

#[derive(Debug, Args)]
pub struct OfBidder {
    #[command(flatten)]
    pub of: OfLot,
    /// 投标人:信用代码、名称或代号 · a bidder: its code, name or handle
    #[arg(long)]
    pub bidder: String,
}

impl OfBidder {
    pub async fn perform<A: Into<Act>>(
        self,
        output: &Output,
        act: impl FnOnce(LotId, Bidder) -> Outcome<A>,
    ) -> Outcome<()> {
        let OfLot { at, lot } = self.of;
        let session = at.connect.session().await?;
        let shown = view(&session.server, &at.project).await?;
        let bidder = Bidder::find(&shown, &lot, &self.bidder)?;
        at.perform_as(&session, act(lot, bidder)?, output).await
    }
}

/// Several bidders of a lot, for one signature.
#[derive(Debug, Args)]
pub struct OfBidders {
    #[command(flatten)]
    pub of: OfLot,
    /// 投标人:信用代码、名称或代号;可重复,一次签名办理 · bidders: code, name or handle; repeat it to sign once for several
    #[arg(long = "bidder", required = true)]
    pub bidders: Vec<String>,
}

impl OfBidders {
    /// Performs what `act` makes of the first bidder and the others.
    pub async fn perform<A: Into<Act>>(
        self,
        output: &Output,
        act: impl FnOnce(LotId, Bidder, Vec<Bidder>) -> Outcome<A>,
    ) -> Outcome<()> {
        let OfLot { at, lot } = self.of;
        let session = at.connect.session().await?;
        let shown = view(&session.server, &at.project).await?;
        let find = |wanted: &String| Bidder::find(&shown, &lot, wanted);
        let mut bidders = self.bidders.iter().map(find).collect::<Outcome<Vec<_>>>()?;
        let first = bidders.remove(0);
        at.perform_as(&session, act(lot, first, bidders)?, output)
            .await
    }
}

/// One bidder in a lot's view.
pub struct Bidder {
    pub party: Party,
    bid: Option<Digest>,
}

impl Bidder {
    /// Finds a bidder by its code, its name or its handle.
    fn find(view: &Value, lot: &LotId, wanted: &str) -> Outcome<Self> {
        let parties = view["lots"][lot.as_str()]["parties"].as_array();
        let found = parties.into_iter().flatten().find(|party| {
            [&party["party"], &party["name"], &party["organisation"]]
                .into_iter()
                .any(|value| value.as_str() == Some(wanted))
        });
        let text = |name: &str| found.and_then(|party| party[name].as_str());
        let party = text("party").and_then(|party| party.parse().ok());
        Ok(Bidder {
            party: party.ok_or_else(|| no_such_bidder(lot, wanted))?,
            bid: text("bid").and_then(|bid| bid.parse().ok()),
        })
    }

    pub fn bid(&self) -> Outcome<Digest> {
        self.bid.ok_or_else(|| {
            Failure::new(
                Kind::Usage,
                "no-bid",
                "该投标人没有有效投标。",
                "This bidder has no bid.",
            )
        })
    }
}

fn no_such_bidder(lot: &LotId, wanted: &str) -> Failure {
    Failure::new(
        Kind::Usage,
        "no-such-bidder",
        format!("标段 {lot} 中没有投标人“{wanted}”,或开标前尚不可见。请用 project show 核对。"),
        format!(
            "Lot {lot} has no bidder \"{wanted}\", or it does not show before T0. Check with project show."
        ),
    )
}
