//! Logs to standard error: JSON lines, or text for a person at a terminal.

use std::io;

use kaibiao_app::config::{Log, LogFormat};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts logging for the process. A second start is refused by the library and
/// ignored here: tests run several services in one process.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let filter = filter(&log.level)?;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let _ = match log.format {
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).try_init(),
        LogFormat::Text => registry.with(layer).try_init(),
    };
    Ok(())
}

/// Targets whose lines tell of what strangers send: heads that are none, frames of a
/// socket that are none, broken handshakes. Where a body of ours fails, the line is written
/// where it fails; where a connection of ours does, by who made it.
const STRANGERS: &[&str] = &["actix_http", "rustls"];

/// What is written. Whoever wants to see what strangers send names it.
fn filter(level: &str) -> anyhow::Result<EnvFilter> {
    let mut filter = EnvFilter::try_new(level)?;
    for target in STRANGERS.iter().filter(|it| !level.contains(**it)) {
        filter = filter.add_directive(format!("{target}=off").parse()?);
    }
    Ok(filter)
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_strangers_send_is_written_where_it_is_asked_for_alone() {
        let filter = |level| super::filter(level).unwrap().to_string();
        let usual = filter("info");
        assert!(
            usual.contains("actix_http=off") && usual.contains("rustls=off"),
            "{usual}"
        );
        let asked = filter("info,actix_http=debug");
        assert!(
            asked.contains("actix_http=debug") && asked.contains("rustls=off"),
            "{asked}"
        );
        assert!(!asked.contains("actix_http=off"), "{asked}");
    }
}
