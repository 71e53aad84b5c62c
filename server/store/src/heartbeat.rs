//! When this store was served, and when not: one row, rewritten every second, from
//! which the next start reads how long the service was away; and while it runs the
//! writer's own pulse, which tells a stall before anything is decided after it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kaibiao_core::command::Away;
use kaibiao_core::event::Cause;

use crate::clock::{Boot, Millis, Reading};
use crate::error::StoreError;
use crate::ledger::{AwayRow, Change, HeartbeatRow, Ledger};

/// The writer looks at the clock at least this often, in milliseconds.
pub(crate) const PULSE: Millis = 250;
/// Between two looks no more passes than this, or the writer stalled.
const STALL: Millis = 500;
/// A stall longer than this is on record in every project that it may concern; a
/// shorter one only where something fell due meanwhile.
const LONG: Millis = 1_000;
/// Stalls with no more than this between them count together.
const NEAR: Millis = 5_000;

/// What the writer tells about itself.
#[derive(Debug, Default)]
pub(crate) struct Health {
    began: AtomicI64,
    beat: AtomicI64,
    failures: AtomicU64,
    slowest: AtomicU64,
    took: AtomicU64,
    watch: Mutex<Watch>,
}

/// A look at the store's condition, for `/readyz` and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// The last durable heartbeat, UTC ms.
    pub beat: Millis,
    /// Writes that failed since the start.
    pub failures: u64,
    /// How long the last heartbeat took to be durable, in microseconds: what the database
    /// takes for the least that is asked of it.
    pub took: u64,
}

/// A clock in doubt: since when, what that is to be called, and the latest instant
/// that it has shown.
#[derive(Debug)]
struct Doubt {
    from: Millis,
    cause: Cause,
    reach: Millis,
}

#[derive(Debug, Default)]
struct Watch {
    /// The last look: the believed time and the monotonic clock.
    now: Millis,
    monotonic: Millis,
    doubt: Option<Doubt>,
    /// Since when no heartbeat could be written.
    unwritten: Option<Millis>,
    /// The last stall, as long as those just before it together; it may be short.
    stall: Option<Away>,
    /// What is not on record everywhere yet.
    away: Option<Away>,
    /// Whether the heartbeat's row says so.
    marked: bool,
    /// What the row says that several nodes share, as last read.
    common: Option<Away>,
}

impl Health {
    /// Begins with what the last run left behind.
    pub fn started(&self, reading: &Reading, absence: Option<Away>) {
        self.began.store(reading.now, Ordering::Release);
        self.beat.store(reading.now, Ordering::Release);
        let mut watch = self.watch();
        watch.now = reading.now;
        watch.monotonic = reading.monotonic;
        watch.marked = absence.is_some();
        if reading.is_steady() {
            watch.away = absence;
        } else {
            let (from, cause) = match absence {
                Some(absence) => (absence.from, absence.cause),
                None => (reading.now, Cause::Clock),
            };
            let reach = reading.wall;
            watch.doubt = Some(Doubt { from, cause, reach });
        }
    }

    /// Compares the clocks with the last look, before anything is decided; answers
    /// when nobody was served last, if that may not be on record yet.
    pub fn look(&self, reading: &Reading) -> Option<Away> {
        let mut watch = self.watch();
        let stalled = reading.monotonic - watch.monotonic > STALL;
        if !watch.compare(reading) && reading.is_steady() && stalled {
            let from = watch.now;
            watch.note(stall(from, reading.now));
        }
        watch.now = reading.now;
        watch.monotonic = reading.monotonic;
        watch.cover_unwritten(reading.now);
        watch.away.or(watch.stall)
    }

    /// The same for one node of several: that it stood still itself is no absence, since
    /// others were there. `common` is when none was.
    pub fn look_beside(&self, reading: &Reading, common: Option<Away>) -> Option<Away> {
        let mut watch = self.watch();
        watch.compare(reading);
        watch.now = reading.now;
        watch.monotonic = reading.monotonic;
        together(watch.away, common)
    }

    /// Notes what the row says that several nodes share, into which this has gone of what
    /// the node found out itself.
    pub fn beaten_beside(&self, at: Millis, common: Option<Away>, own: Option<Away>) {
        self.beat.store(at, Ordering::Release);
        let mut watch = self.watch();
        if watch.away == own {
            watch.away = None;
        }
        watch.common = common;
    }

    /// When this run began, UTC ms.
    pub fn began(&self) -> Millis {
        self.began.load(Ordering::Acquire)
    }

    /// Adds an absence to what is not on record.
    pub fn cover(&self, away: Away) {
        self.watch().cover(away);
    }

    /// What this node alone has found out and no row says yet.
    pub fn own(&self) -> Option<Away> {
        self.watch().away
    }

    /// What is not on record everywhere; nothing while the clock is in doubt.
    pub fn away(&self) -> Option<Away> {
        let watch = self.watch();
        watch.all().filter(|_| watch.doubt.is_none())
    }

    /// Has an absence that is not on record last until now.
    pub fn lasts(&self, now: Millis) {
        if let Some(away) = &mut self.watch().away {
            away.to = away.to.max(now);
            away.reach = away.reach.max(now);
        }
    }

    /// Forgets an absence that is on record, unless it has become longer. Whether it
    /// was forgotten.
    pub fn noted(&self, away: &Away) -> bool {
        let mut watch = self.watch();
        let is_same = watch.all() == Some(*away);
        if is_same {
            watch.away = None;
            watch.common = None;
            watch.stall = None;
            watch.marked = false;
            watch.unwritten = watch.unwritten.map(|from| from.max(away.to));
        }
        is_same
    }

    /// Since when an absence lasts that the heartbeat's row does not tell of.
    pub fn unmarked(&self) -> Option<Millis> {
        let watch = self.watch();
        watch.away.filter(|_| !watch.marked).map(|away| away.from)
    }

    pub fn marked(&self) {
        self.watch().marked = true;
    }

    /// Notes a heartbeat that is durable.
    pub fn beaten(&self, at: Millis) {
        self.beat.store(at, Ordering::Release);
        let mut watch = self.watch();
        watch.cover_unwritten(at);
        watch.unwritten = None;
    }

    /// Notes a heartbeat that could not be written: nobody is served meanwhile.
    pub fn missed(&self, error: &StoreError) {
        self.failed(error);
        let last = self.beat.load(Ordering::Acquire);
        self.watch().unwritten.get_or_insert(last);
    }

    pub fn failed(&self, error: &StoreError) {
        tracing::error!(%error, "a write failed");
        self.failures.fetch_add(1, Ordering::AcqRel);
    }

    /// Notes how long a heartbeat took.
    pub fn beat_took(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.took.store(micros, Ordering::Release);
    }

    /// Notes how long a transaction took.
    pub fn took(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.slowest.fetch_max(millis, Ordering::AcqRel);
    }

    /// The longest that a transaction took since this was asked last, in milliseconds.
    pub fn slowest(&self) -> u64 {
        self.slowest.swap(0, Ordering::AcqRel)
    }

    pub fn condition(&self) -> Condition {
        Condition {
            beat: self.beat.load(Ordering::Acquire),
            failures: self.failures.load(Ordering::Acquire),
            took: self.took.load(Ordering::Acquire),
        }
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        // Every change under the lock is complete in itself.
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Begins a doubt, or ends one, which is an absence then; whether it did.
    fn compare(&mut self, reading: &Reading) -> bool {
        if !reading.is_steady() {
            let from = self.now;
            let doubt = self.doubt.get_or_insert(Doubt {
                from,
                cause: Cause::Clock,
                reach: from,
            });
            doubt.reach = doubt.reach.max(reading.wall);
            return false;
        }
        let Some(doubt) = self.doubt.take() else {
            return false;
        };
        self.note(Away {
            from: doubt.from,
            to: reading.now,
            cause: doubt.cause,
            reach: doubt.reach.max(reading.now),
        });
        true
    }

    fn all(&self) -> Option<Away> {
        together(self.away, self.common)
    }

    fn note(&mut self, mut away: Away) {
        if away.cause == Cause::Stalled {
            let near = self.stall.filter(|last| away.from - last.to <= NEAR);
            away.from -= near.map_or(0, |last| last.millis());
            self.stall = Some(away);
            if away.millis() <= LONG {
                return;
            }
        }
        self.cover(away);
    }

    /// Nobody is served while no heartbeat can be written: that is known before the
    /// first decision that can be written again.
    fn cover_unwritten(&mut self, to: Millis) {
        if let Some(from) = self.unwritten.filter(|from| to - from > LONG) {
            self.cover(stall(from, to));
        }
    }

    fn cover(&mut self, away: Away) {
        self.away = together(self.away, Some(away));
        self.marked = false;
    }
}

/// Two absences as one, which is called what the first is called.
pub(crate) fn together(first: Option<Away>, second: Option<Away>) -> Option<Away> {
    match (first, second) {
        (Some(first), Some(second)) => Some(Away {
            from: first.from.min(second.from),
            to: first.to.max(second.to),
            cause: first.cause,
            reach: first.reach.max(second.reach),
        }),
        (first, second) => first.or(second),
    }
}

pub(crate) fn stall(from: Millis, to: Millis) -> Away {
    Away {
        from,
        to,
        cause: Cause::Stalled,
        reach: to,
    }
}

/// What the last run left behind; None at the very first start. A gap stays until it
/// is noted, also across a kill right now.
pub(crate) fn left(last: &HeartbeatRow, now: Millis) -> Away {
    let from = last.away.map_or(last.beat, |away| away.from);
    // A start that did not get as far as noting the gap was no stop in good order,
    // whatever came before it.
    let clean = last.clean && last.away.is_none();
    Away {
        from,
        to: now.max(from),
        cause: if clean { Cause::Stopped } else { Cause::Killed },
        reach: now.max(from),
    }
}

/// Begins a run: writes the first heartbeat, and since when nobody was served. From
/// here on, stopping without a word is an unclean stop.
pub(crate) async fn begin(
    ledger: &dyn Ledger,
    now: Millis,
    boot: Option<Boot>,
    since: Option<Millis>,
) -> Result<(), StoreError> {
    let mut tx = ledger.begin().await?;
    let beat = Change::Beat {
        at: now,
        boot,
        clean: false,
    };
    tx.apply(&beat).await?;
    if let Some(from) = since {
        tx.apply(&Change::Away(AwayRow { from, over: None }))
            .await?;
    }
    tx.commit().await
}

/// Writes a heartbeat, durably, and since when nobody was served if that is new.
pub(crate) async fn write(
    ledger: &dyn Ledger,
    at: Millis,
    boot: Option<Boot>,
    clean: bool,
    since: Option<Millis>,
) -> Result<(), StoreError> {
    let mut tx = ledger.begin().await?;
    tx.apply(&Change::Beat { at, boot, clean }).await?;
    if let Some(from) = since {
        tx.apply(&Change::Away(AwayRow { from, over: None }))
            .await?;
    }
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, ManualHands};

    const START: Millis = 1_000_000;

    fn started() -> (Health, Clock, ManualHands) {
        let hands = ManualHands::at(START);
        let clock = Clock::new(hands.clone());
        let health = Health::default();
        health.started(&clock.read(), None);
        (health, clock, hands)
    }

    fn away(from: Millis, to: Millis, cause: Cause) -> Away {
        let (from, to) = (START + from, START + to);
        let reach = to;
        Away {
            from,
            to,
            cause,
            reach,
        }
    }

    #[test]
    fn an_absence_lasts_until_somebody_is_served() {
        let (health, clock, _) = started();
        health.started(&clock.read(), Some(away(-5_000, 0, Cause::Killed)));
        health.lasts(START + 700);
        assert_eq!(health.away(), Some(away(-5_000, 700, Cause::Killed)));
        assert!(health.noted(&away(-5_000, 700, Cause::Killed)));
        // What is on record does not begin again.
        health.lasts(START + 900);
        assert_eq!(health.away(), None);
    }

    #[test]
    fn a_stall_is_told_at_the_first_look_after_it_and_until_it_is_noted() {
        let (health, clock, hands) = started();
        hands.advance(PULSE);
        assert_eq!(health.look(&clock.read()), None);
        hands.advance(8_000);
        let stall = away(250, 8_250, Cause::Stalled);
        assert_eq!(health.look(&clock.read()), Some(stall));
        assert_eq!(health.away(), Some(stall));
        assert_eq!(health.unmarked(), Some(START + 250));
        assert!(health.noted(&stall));
        assert_eq!(health.away(), None);
    }

    #[test]
    fn a_short_stall_is_told_to_the_next_decisions_alone() {
        let (health, clock, hands) = started();
        hands.advance(900);
        assert_eq!(
            health.look(&clock.read()),
            Some(away(0, 900, Cause::Stalled))
        );
        assert_eq!(health.away(), None);
    }

    #[test]
    fn short_stalls_that_follow_each_other_count_together() {
        let (health, clock, hands) = started();
        for _ in 0..2 {
            assert_eq!(health.away(), None);
            hands.advance(900);
            let _ = health.look(&clock.read());
            hands.advance(100);
            let _ = health.look(&clock.read());
        }
        assert_eq!(health.away(), Some(away(100, 1_900, Cause::Stalled)));
    }

    #[test]
    fn heartbeats_that_could_not_be_written_are_an_absence() {
        let (health, clock, hands) = started();
        for _ in 0..40 {
            hands.advance(PULSE);
            let _ = health.look(&clock.read());
            health.missed(&StoreError::Full);
        }
        // What is decided first when there is room again must know it.
        let told = away(0, 10_000, Cause::Stalled);
        assert_eq!(health.look(&clock.read()), Some(told));
        health.beaten(clock.now());
        assert_eq!(health.away(), Some(told));
        assert!(health.noted(&told));
        hands.advance(PULSE);
        assert_eq!(health.look(&clock.read()), None);
    }

    #[test]
    fn a_doubt_is_told_when_it_is_over_from_the_last_believed_time() {
        let (health, clock, hands) = started();
        hands.advance(PULSE);
        let _ = health.look(&clock.read());
        hands.step(60_000);
        for _ in 0..32 {
            hands.advance(PULSE);
            assert_eq!(health.look(&clock.read()), None);
        }
        hands.step(-60_000);
        for _ in 0..12 {
            hands.advance(PULSE);
            assert_eq!(health.look(&clock.read()), None);
            assert_eq!(health.away(), None);
        }
        hands.advance(PULSE);
        let doubt = away(250, 11_500, Cause::Clock);
        let reach = START + 250 + 32 * PULSE + 60_000;
        assert_eq!(health.look(&clock.read()), Some(Away { reach, ..doubt }));
    }
}
