//! The service from start to clean stop.

use crate::config::Config;

/// Serves until it is told to stop.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let _ = config;
    Ok(())
}
