//! The service from start to clean stop.

mod local;
mod logging;
mod tls;

use std::any::Any;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::HttpServer;
use actix_web::dev::{Extensions, ServerHandle};
use actix_web::rt::net::TcpStream;
use anyhow::Context as _;
use kaibiao_app::config::Config;
use kaibiao_app::{App, Shared, health, logins};
use kaibiao_core::platform;
use kaibiao_http as http;
use kaibiao_http::connections::Connections;
use kaibiao_store::Clock;
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

pub use logging::start as start_logging;

/// Serves until SIGTERM or SIGINT, then stops in good order.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let running = Running::start(config, Clock::system()).await?;
    let stopped_by = stop_signal().await?;
    tracing::info!(signal = stopped_by, "stopping");
    running.stop().await
}

/// So many connections wait until they are accepted: a hall that was cut off comes back all
/// at once. The kernel keeps no more than `net.core.somaxconn`, and whoever finds no room
/// tries again after a second.
const WAITING: u32 = 4_096;

fn listen(at: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if at.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A restart does not wait until the kernel forgets the connections of before.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(WAITING)?.into_std()
}

/// A service that is up.
pub struct Running {
    pub app: Shared,
    /// Where it listens; the port is real even if 0 was configured.
    pub address: SocketAddr,
    server: ServerHandle,
    serving: JoinHandle<std::io::Result<()>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// Opens the data directory, notes the start, and listens.
    pub async fn start(config: Config, clock: Clock) -> anyhow::Result<Self> {
        let app = App::open(config, clock).await?;
        let away = app.store.away().map(|away| away.from);
        let most = connections(&app.config);
        let state = http::State::new(app.clone(), most)
            .map_err(|routes| anyhow::anyhow!("routes without a guard: {}", routes.join(", ")))?;
        kaibiao_app::jobs::recover(&app)
            .await
            .context("what a stop interrupted could not be taken up again")?;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        kaibiao_app::platform::put(&app, platform::Command::Started { version, away })
            .await
            .context("the start could not be recorded")?;
        health::note_configuration(&app)
            .await
            .context("the configuration could not be recorded")?;
        health::note_authorities(&app)
            .await
            .context("the authorities could not be recorded")?;
        kaibiao_app::jobs::end_absence(&app).await;

        let config = &app.config;
        let listener =
            listen(config.listen).with_context(|| format!("cannot listen on {}", config.listen))?;
        let address = listener.local_addr()?;
        let limits = config.limits.clone();
        let mut server = HttpServer::new({
            let state = state.clone();
            move || http::application(state.clone())
        })
        .client_request_timeout(Duration::from_secs(limits.head_seconds))
        .client_disconnect_timeout(Duration::from_secs(5))
        .keep_alive(Duration::from_secs(limits.idle_seconds))
        .shutdown_timeout(limits.stop_seconds)
        // Ours are counted and bounded as they come; this bound is never met.
        .max_connections(most.saturating_add(KEPT))
        .on_connect({
            let connections = state.connections.clone();
            move |connection: &dyn Any, about: &mut Extensions| {
                greet(&connections, connection, about);
            }
        })
        .disable_signals();
        if config.workers > 0 {
            server = server.workers(config.workers);
        }
        let mut tasks = Vec::new();
        let server = if config.encrypted() {
            let (tls, keeping_fresh) = tls::server(config)?;
            tasks.push(keeping_fresh);
            server.listen_rustls_0_23(listener, tls)?
        } else {
            server.listen(listener)?
        }
        .run();
        let handle = server.handle();
        let scheme = if config.encrypted() { "https" } else { "http" };
        tracing::info!(address = %format!("{scheme}://{address}"), origin = app.keys.origin, "serving");
        tasks.extend(kaibiao_app::jobs::start(&app));
        Ok(Self {
            app,
            address,
            server: handle,
            serving: tokio::spawn(server),
            tasks,
        })
    }

    /// Stops accepting, lets what is under way finish, and marks a clean stop.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.app.memory.rooms.close();
        self.server.stop(true).await;
        self.serving.await??;
        for task in self.tasks {
            task.abort();
        }
        if let Err(problem) = logins::note(&self.app).await {
            tracing::error!(%problem, "the last log-ins are noted by the next start");
        }
        kaibiao_app::platform::put(&self.app, platform::Command::Stopped)
            .await
            .context("the stop could not be recorded")?;
        self.app.keep_up();
        self.app.store.close().await?;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Descriptors that are kept for files, the database and the listener.
const KEPT: usize = 256;

/// How many connections there may be in all: those configured, or as many as the
/// system gives descriptors for, after an eighth is kept for the rest.
fn connections(config: &Config) -> usize {
    let descriptors = kaibiao_os::descriptors::raise();
    let descriptors = usize::try_from(descriptors).unwrap_or(usize::MAX);
    let kept = KEPT.max(descriptors / 8);
    let workers = if config.workers > 0 {
        config.workers
    } else {
        std::thread::available_parallelism().map_or(2, usize::from)
    };
    let wanted = config.limits.connections.saturating_mul(workers);
    let most = wanted.min(descriptors.saturating_sub(kept)).max(1);
    if most < wanted {
        tracing::warn!(
            descriptors,
            most,
            wanted,
            "fewer connections than configured"
        );
    }
    most
}

/// Notes a new connection, and ends one for which there is no place.
fn greet(connections: &Connections, connection: &dyn Any, about: &mut Extensions) {
    let plain = connection.downcast_ref::<TcpStream>();
    let encrypted = connection.downcast_ref::<TlsStream<TcpStream>>();
    let Some(stream) = plain.or_else(|| Some(encrypted?.get_ref().0)) else {
        return;
    };
    // One that has no address any more is gone.
    let Ok(peer) = stream.peer_addr() else { return };
    if !connections.note(peer.ip(), about) {
        kaibiao_os::descriptors::hang_up(stream);
    }
}

/// Waits to be told to stop.
pub(crate) async fn stop_signal() -> anyhow::Result<&'static str> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            _ = terminate.recv() => Ok("SIGTERM"),
            _ = interrupt.recv() => Ok("SIGINT"),
        }
    }
    #[cfg(not(unix))]
    {
        tokio::signal::ctrl_c().await?;
        Ok("ctrl-c")
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn a_hall_that_comes_at_once_waits_and_is_not_turned_away() {
        let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn");
        let most = most.ok().and_then(|most| most.trim().parse().ok());
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let at = listener.local_addr().unwrap();
        let patience = Duration::from_secs(20);
        // Nobody accepts any of them.
        let hall: Vec<_> = (0..most.unwrap_or(300).min(300))
            .map(|_| TcpStream::connect_timeout(&at, patience).unwrap())
            .collect();
        assert!(!hall.is_empty());
    }
}
