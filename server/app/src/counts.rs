//! Limits that hold over all nodes: what each caller has asked lately is counted in
//! Redis, where there is one, and by each node for itself where there is none or it is
//! gone (docs/ops/nodes.md).
//!
//! Redis is asked only of those who have used up an eighth of a limit at one node. So
//! nobody is refused on its word who asks little, it learns nothing of them, and a
//! request waits for it where somebody asks for much. Several nodes together admit no
//! more than the limit and an eighth of it for each.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::ids::Millis;
use redis::aio::MultiplexedConnection;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::memory::limits::{Counted, Judged, Rate, Who};
use crate::{App, Shared, bus};

/// A request waits no longer for an answer; then the node counts alone.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long Redis may take for a sign of life.
const ALIVE: Duration = Duration::from_secs(1);
/// How often it is asked for one, and how long after a failure it is tried again.
const EVERY: Duration = Duration::from_secs(1);
/// So long a caller has one name in Redis, in milliseconds: whoever reads there cannot
/// follow it for longer. A count of hours keeps its name.
const NAMED: Millis = 3_600_000;

/// One more, by the generic cell rate algorithm (ITU-T I.371): the key holds the time, in
/// microseconds by Redis's clock, up to which what came is paid for. Answers 0, or the
/// microseconds to wait; then nothing was counted.
const ONE_MORE: &str = "\
local time = redis.call('TIME') \
local now = time[1] * 1000000 + time[2] \
local every = tonumber(ARGV[1]) \
local paid = tonumber(redis.call('GET', KEYS[1]) or now) \
if paid < now then paid = now end \
local wait = paid + every - now - every * tonumber(ARGV[2]) \
if wait > 0 then return math.ceil(wait) end \
redis.call('SET', KEYS[1], string.format('%.0f', paid + every), \
'PX', math.ceil((paid + every - now) / 1000)) \
return 0";

/// The connection by which is counted; none while Redis is gone.
#[derive(Default)]
pub struct Counts {
    connection: Mutex<Option<MultiplexedConnection>>,
    lost: Notify,
}

impl Counts {
    /// Whether nodes count together now; without Redis they never do.
    pub fn are_common(&self) -> bool {
        self.held().is_some()
    }

    fn lose(&self) {
        if self.held().take().is_some() {
            tracing::warn!("callers are counted by each node for itself: Redis does not answer");
            self.lost.notify_one();
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<MultiplexedConnection>> {
        // Every change under the lock is complete in itself.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Counts one more, and admits it.
    ///
    /// # Errors
    /// `too-many-requests`, with the seconds to wait.
    pub async fn admit(&self, counted: Counted) -> Result<(), Problem> {
        let seconds = match self.memory.limits.count(counted) {
            Judged::Little => return Ok(()),
            Judged::Refused(seconds) => seconds,
            Judged::Within(rate) => match ask(self, counted, rate).await {
                None | Some(Duration::ZERO) => return Ok(()),
                Some(wait) => wait.as_secs() + 1,
            },
        };
        self.metrics.refused(counted.kind());
        Err(Transport::TooMany
            .with("seconds", seconds)
            .retry_after(seconds))
    }

    /// Counts one of each, until one is too much.
    ///
    /// # Errors
    /// As [`App::admit`].
    pub async fn admit_all(&self, all: [Counted; 2]) -> Result<(), Problem> {
        for counted in all {
            self.admit(counted).await?;
        }
        Ok(())
    }
}

/// What Redis makes of one more: how long to wait. None where it does not answer.
async fn ask(app: &App, counted: Counted, rate: Rate) -> Option<Duration> {
    let mut connection = app.counts.held().clone()?;
    let mut command = redis::cmd("EVAL");
    command.arg(ONE_MORE).arg(1).arg(name(app, counted));
    let every = u64::try_from(rate.every.as_micros()).unwrap_or(u64::MAX);
    command.arg(every.max(1)).arg(rate.burst);
    let answer = timeout(PATIENCE, command.query_async::<u64>(&mut connection)).await;
    let Ok(Ok(wait)) = answer else {
        app.counts.lose();
        return None;
    };
    // What a full count takes is the longest that can be true.
    let longest = rate.every.saturating_mul(rate.burst);
    Some(Duration::from_micros(wait).min(longest))
}

/// By which name something is counted: one that tells nobody without the root secret who
/// it is, and is another one after an hour.
fn name(app: &App, counted: Counted) -> String {
    let (who, since) = match counted {
        Counted::Request(who) | Counted::Login(who) | Counted::Check(who) => {
            (said(who), app.now() / NAMED)
        }
        Counted::Complaint(who) => (said(who), 0),
        Counted::Code(digest) => (digest.to_string(), 0),
        Counted::AnyComplaint => (String::new(), 0),
    };
    let told = format!("limit {} {since} {who}", counted.kind());
    let name = app.store.fingerprint(told.as_bytes()).to_string();
    format!("{}:limit:{}", bus::channel(app), &name[..32])
}

fn said(who: Who) -> String {
    match who {
        Who::Person(certificate) => certificate.to_string(),
        Who::Address(address) => address.to_string(),
    }
}

/// Keeps the connection, until it is aborted.
pub async fn keep(app: Shared) {
    let Some(client) = bus::client(&app) else {
        return;
    };
    loop {
        if let Some(connection) = connected(&client).await {
            *app.counts.held() = Some(connection.clone());
            tracing::info!("callers are counted by all nodes together");
            while app.counts.are_common() {
                let lost = app.counts.lost.notified();
                let _ = timeout(EVERY, lost).await;
                if !is_alive(connection.clone()).await {
                    app.counts.lose();
                }
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn connected(client: &redis::Client) -> Option<MultiplexedConnection> {
    let connecting = timeout(ALIVE, client.get_multiplexed_async_connection()).await;
    let connection = connecting.ok()?.ok()?;
    is_alive(connection.clone()).await.then_some(connection)
}

async fn is_alive(mut connection: MultiplexedConnection) -> bool {
    let ping = redis::cmd("PING");
    let asked = timeout(ALIVE, ping.query_async::<()>(&mut connection)).await;
    matches!(asked, Ok(Ok(())))
}
