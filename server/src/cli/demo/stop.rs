//! Being told to stop: by the terminal, or by whoever runs the demonstration.

use kaibiao_client::failure::{Failure, Kind};

/// Waits for SIGINT or SIGTERM. Where signals cannot be waited for, it waits for
/// ever, and the system ends the process as it always does.
pub async fn told() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate())
            && let Ok(mut interrupt) = signal(SignalKind::interrupt())
        {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            return;
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_ok() {
        return;
    }
    std::future::pending::<()>().await;
}

pub fn stopped() -> Failure {
    Failure::new(
        Kind::Unexpected,
        "stopped",
        "演示被中止;平台和各方的进程已结束。",
        "The demonstration was stopped; the platform and everybody's processes have ended.",
    )
}
