//! One row, rewritten every second: when this store was last known to be served.
//! The next start reads from it how long the service was away.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Millis;
use crate::error::StoreError;
use crate::ledger::{Change, Ledger};

/// How long the service was away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    /// The last heartbeat, UTC ms.
    pub from: Millis,
    /// This start, or the first heartbeat that worked again, UTC ms; never before
    /// `from`.
    pub to: Millis,
    /// Whether it had been stopped in good order, not killed.
    pub clean: bool,
}

impl Absence {
    /// Its length in milliseconds; never negative.
    #[must_use]
    pub fn millis(&self) -> Millis {
        self.to - self.from
    }
}

/// What the writer tells about itself.
#[derive(Debug, Default)]
pub(crate) struct Health {
    beat: AtomicI64,
    failures: AtomicU64,
    gap: Mutex<Option<Absence>>,
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
    pub fn started(&self, at: Millis) {
        self.beat.store(at, Ordering::Release);
    }

    /// Notes a heartbeat, and a gap if five or more were missed before it.
    pub fn beaten(&self, at: Millis, interval: Duration) {
        let last = self.beat.swap(at, Ordering::AcqRel);
        let missed =
            Millis::try_from(interval.as_millis()).map_or(Millis::MAX, |ms| ms.saturating_mul(5));
        if at - last > missed {
            let mut gap = self.gap.lock().unwrap_or_else(PoisonError::into_inner);
            let from = gap.map_or(last, |earlier| earlier.from.min(last));
            *gap = Some(Absence {
                from,
                to: at,
                clean: false,
            });
        }
    }

    pub fn take_gap(&self) -> Option<Absence> {
        self.gap
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
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

/// Begins a run: reads what the last one left behind, None at the very first
/// start, and writes the first heartbeat. From here on, stopping without a word is
/// an unclean stop. A gap stays until it is noted, also across a kill right now.
pub(crate) async fn begin(ledger: &dyn Ledger, now: Millis) -> Result<Option<Absence>, StoreError> {
    let mut tx = ledger.begin().await?;
    let absence = tx.heartbeat().await?.map(|last| {
        let from = last.away.unwrap_or(last.beat);
        Absence {
            from,
            to: now.max(from),
            // A start that did not get as far as noting the gap was no stop in
            // good order, whatever came before it.
            clean: last.clean && last.away.is_none(),
        }
    });
    let beat = Change::Beat {
        at: now,
        clean: false,
    };
    tx.apply(&beat).await?;
    let since = absence.map(|absence| absence.from);
    tx.apply(&Change::Away { since }).await?;
    tx.commit().await?;
    Ok(absence)
}

/// Writes a heartbeat, durably.
pub(crate) async fn write(ledger: &dyn Ledger, at: Millis, clean: bool) -> Result<(), StoreError> {
    let mut tx = ledger.begin().await?;
    tx.apply(&Change::Beat { at, clean }).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missed_heartbeats_are_told_once_as_one_gap() {
        let second = Duration::from_secs(1);
        let health = Health::default();
        health.started(10_000);
        health.beaten(11_000, second);
        health.beaten(15_900, second);
        assert_eq!(health.take_gap(), None);
        health.beaten(50_000, second);
        health.beaten(90_000, second);
        let gap = health.take_gap().unwrap();
        assert_eq!((gap.from, gap.to), (15_900, 90_000));
        assert_eq!(health.take_gap(), None);
    }
}
