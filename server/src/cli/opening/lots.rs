//! Acts on one lot or on several at once.

use clap::Args;
use kaibiao_client::failure::Outcome;
use kaibiao_core::act::{Act, Extend, Resume, Suspend};
use kaibiao_core::ids::{LotId, Seconds};
use kaibiao_core::state::Stage;
use kaibiao_crypto::Digest;
use serde::Deserialize as _;
use serde_json::Value;

use super::again;
use crate::cli::connect::nonce;
use crate::cli::output::Output;
use crate::cli::project::At;
use crate::cli::record;

#[derive(Debug, Args)]
pub struct OfLot {
    #[command(flatten)]
    pub at: At,
    #[arg(long)]
    pub lot: LotId,
}

#[derive(Debug, Args)]
pub struct OfLots {
    #[command(flatten)]
    pub at: At,
    /// 标段,可多次给出 · a lot; may be given several times
    #[arg(long = "lot", required = true)]
    pub lots: Vec<LotId>,
}

impl OfLot {
    /// Performs an act on the newest record of this lot.
    pub async fn perform_on_record<A: Into<Act>>(
        self,
        output: &Output,
        act: impl FnOnce(LotId, Digest) -> A,
    ) -> Outcome<()> {
        let session = self.at.connect.session().await?;
        let digest = record::digest(&session.server, &self).await?;
        let act = act(self.lot, digest);
        self.at.perform_as(&session, act, output).await
    }
}

impl OfLots {
    /// Performs an act that takes all of these lots to a stage, or tells that they
    /// have come to it already.
    pub async fn reach<A: Into<Act>>(
        self,
        stage: Stage,
        output: &Output,
        act: impl FnOnce(Vec<LotId>) -> A,
    ) -> Outcome<()> {
        self.reach_for(stage, None, output, act).await
    }

    /// The same, where the stage is to last for some seconds: one that was begun
    /// shorter and runs is not what was asked for.
    pub async fn reach_for<A: Into<Act>>(
        self,
        stage: Stage,
        seconds: Option<Seconds>,
        output: &Output,
        act: impl FnOnce(Vec<LotId>) -> A,
    ) -> Outcome<()> {
        let act = act(self.lots.clone());
        let is_there = |lot: &Value| {
            let Ok(reached) = Stage::deserialize(&lot["reached"]) else {
                return false;
            };
            reached > stage || reached == stage && is_as_long(lot, stage, seconds)
        };
        again::perform(&self.at, &self.lots, act, is_there, output).await
    }

    /// Performs an act on all of these lots.
    pub async fn perform<A: Into<Act>>(
        self,
        output: &Output,
        act: impl FnOnce(Vec<LotId>) -> A,
    ) -> Outcome<()> {
        self.at.perform(act(self.lots), output).await
    }
}

/// Whether the stage a lot is in was begun to last so long. A window's extensions do
/// not count: they are not what it was begun with.
fn is_as_long(lot: &Value, stage: Stage, seconds: Option<Seconds>) -> bool {
    let Some(seconds) = seconds else {
        return true;
    };
    let time = |name: &str| lot[name].as_i64();
    let extended = match stage {
        Stage::Unlocking => time("extended").unwrap_or_default() * 1000,
        _ => 0,
    };
    let lasts = time("due")
        .zip(time("since"))
        .map(|(due, since)| due - since - extended);
    lasts.is_none_or(|lasts| lasts >= i64::from(seconds) * 1000)
}

// These serve the host and a supervisor's order alike: who signs decides.

impl OfLots {
    pub async fn extend(self, seconds: Seconds, reason: String, output: &Output) -> Outcome<()> {
        let nonce = nonce();
        self.perform(output, |lots| Extend {
            nonce,
            lots,
            seconds,
            reason,
        })
        .await
    }

    pub async fn suspend(self, reason: String, output: &Output) -> Outcome<()> {
        let nonce = nonce();
        self.perform(output, |lots| Suspend {
            nonce,
            lots,
            reason,
        })
        .await
    }

    pub async fn resume(self, reason: String, output: &Output) -> Outcome<()> {
        let nonce = nonce();
        self.perform(output, |lots| Resume {
            nonce,
            lots,
            reason,
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_window_is_as_long_as_it_was_begun_whatever_extended_it() {
        let lot = json!({ "since": 0, "due": 900_000, "extended": 300 });
        let is = |stage, seconds| is_as_long(&lot, stage, Some(seconds));
        assert!(is(Stage::Unlocking, 600));
        assert!(!is(Stage::Unlocking, 601));
        // The objections after it were begun with all of their own time.
        assert!(is(Stage::Objections, 900));
        assert!(!is(Stage::Objections, 901));
    }
}
