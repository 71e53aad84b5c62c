//! Waiting for witnesses before a secret is let go of (docs/spec/evidence.md, 6).

use std::time::Duration;

use clap::Args;
use kaibiao_client::anchored;
use kaibiao_client::failure::Outcome;

use super::output::Output;

/// What is said while it is waited, in both languages.
pub const AWAITED: (&str, &str) = (
    "等待见证方签署,签署后自动继续;没有交出任何密钥。",
    "Waiting for witnesses to sign; it goes on by itself once they have. No key was let go of.",
);

#[derive(Debug, Args)]
pub struct Witnesses {
    /// 见证方尚未签署时,最多等待多少秒;0 为不等待
    /// · how many seconds to wait for witnesses that have not signed yet; 0 not at all
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    wait: u64,
}

impl Witnesses {
    /// Does it again while witnesses are awaited, and says once that it waits.
    pub async fn awaited<T>(
        &self,
        output: &Output,
        work: impl AsyncFnMut() -> Outcome<T>,
    ) -> Outcome<T> {
        let told = || output.say(AWAITED.0, AWAITED.1);
        anchored::when_cosigned(Duration::from_secs(self.wait), told, work).await
    }
}
