//! One row, rewritten every second: when this store was last known to be served.
//! The next start reads from it how long the service was away.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use crate::clock::Millis;
use crate::error::StoreError;

/// How long the service was away before this start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    /// The last heartbeat, UTC ms.
    pub from: Millis,
    /// This start, UTC ms; never before `from`.
    pub to: Millis,
    /// Whether it had been stopped in good order, not killed.
    pub clean: bool,
}

impl Absence {
    pub fn millis(&self) -> Millis {
        self.to - self.from
    }
}

/// What the writer tells about itself.
#[derive(Debug, Default)]
pub(crate) struct Health {
    beat: AtomicI64,
    failures: AtomicU64,
}

/// A look at the store's condition, for `/readyz` and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// The last durable heartbeat, UTC ms.
    pub beat: Millis,
    /// Writes that failed since the start.
    pub failures: u64,
}

impl Health {
    pub fn beaten(&self, at: Millis) {
        self.beat.store(at, Ordering::Release);
    }

    pub fn failed(&self, error: &StoreError) {
        tracing::error!(%error, "a write failed");
        self.failures.fetch_add(1, Ordering::AcqRel);
    }

    pub fn condition(&self) -> Condition {
        Condition {
            beat: self.beat.load(Ordering::Acquire),
            failures: self.failures.load(Ordering::Acquire),
        }
    }
}

/// Reads what the last run left behind; None at the very first start.
pub(crate) async fn absence(
    conn: &mut SqliteConnection,
    now: Millis,
) -> Result<Option<Absence>, StoreError> {
    let row = sqlx::query("SELECT beat, clean FROM heartbeat")
        .fetch_optional(conn)
        .await?;
    row.map(|row| {
        let from = row.try_get(0)?;
        Ok(Absence {
            from,
            to: now.max(from),
            clean: row.try_get::<i64, _>(1)? == 1,
        })
    })
    .transpose()
}

pub(crate) async fn write(
    conn: &mut SqliteConnection,
    now: Millis,
    clean: bool,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO heartbeat (id, beat, clean) VALUES (1, ?, ?) \
         ON CONFLICT (id) DO UPDATE SET beat = excluded.beat, clean = excluded.clean",
    )
    .bind(now)
    .bind(i64::from(clean))
    .execute(conn)
    .await?;
    Ok(())
}
