//! The time that events are given, and whether it can be believed.
//!
//! A wall clock can be set; a monotonic one cannot. The two start together, and
//! when they have drifted apart by more than two seconds the clock is unsteady:
//! neither T0 nor a refusal for lateness may rest on it (rules: "try again").

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// UTC milliseconds since 1970.
pub type Millis = i64;

/// How far wall clock and monotonic clock may part before time is unsteady.
pub(crate) const STEADY: Millis = 2_000;

/// Two clocks that ought to agree. Cheap to clone; clones share their state.
#[derive(Clone)]
pub struct Clock {
    hands: Arc<dyn Hands>,
    /// Wall minus monotonic time when the two were last declared to agree.
    offset: Arc<AtomicI64>,
}

/// Where a clock reads its two times; tests move them by hand.
pub trait Hands: Send + Sync + 'static {
    /// UTC milliseconds since 1970; may jump.
    fn wall(&self) -> Millis;
    /// Milliseconds since some fixed instant; never jumps.
    fn monotonic(&self) -> Millis;
}

/// One look at the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The wall clock, UTC milliseconds since 1970.
    pub now: Millis,
    /// Wall clock minus monotonic clock since they were declared to agree;
    /// positive when the wall clock is ahead.
    pub drift: Millis,
}

impl Reading {
    /// Whether time can be believed: the two clocks have not parted by more than
    /// two seconds.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        self.drift.abs() <= STEADY
    }
}

impl Clock {
    /// The machine's own clocks.
    #[must_use]
    pub fn system() -> Self {
        Self::new(SystemHands {
            start: Instant::now(),
        })
    }

    /// A clock of these hands, which are declared to agree as they now stand.
    pub fn new(hands: impl Hands) -> Self {
        let offset = hands.wall() - hands.monotonic();
        Self {
            hands: Arc::new(hands),
            offset: Arc::new(AtomicI64::new(offset)),
        }
    }

    /// Reads both hands.
    #[must_use]
    pub fn read(&self) -> Reading {
        let now = self.hands.wall();
        let drift = now - self.hands.monotonic() - self.offset.load(Ordering::Acquire);
        Reading { now, drift }
    }

    /// The wall clock alone, UTC milliseconds since 1970.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.read().now
    }

    /// Declares that the wall clock is right as it now stands. Only a signed act
    /// may lead here.
    pub fn accept(&self) {
        let offset = self.hands.wall() - self.hands.monotonic();
        self.offset.store(offset, Ordering::Release);
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read().fmt(f)
    }
}

struct SystemHands {
    start: Instant,
}

impl Hands for SystemHands {
    fn wall(&self) -> Millis {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
        }
    }

    fn monotonic(&self) -> Millis {
        i64::try_from(self.start.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

/// A clock moved by hand, for tests and replays. Clones share their hands.
#[derive(Clone, Default)]
pub struct ManualHands(Arc<ManualTimes>);

#[derive(Default)]
struct ManualTimes {
    wall: AtomicI64,
    monotonic: AtomicI64,
}

impl ManualHands {
    /// Hands of which the wall clock's shows `now` and the monotonic one zero.
    #[must_use]
    pub fn at(now: Millis) -> Self {
        let hands = Self::default();
        hands.0.wall.store(now, Ordering::Release);
        hands
    }

    /// Lets time pass on both clocks.
    pub fn advance(&self, by: Millis) {
        self.0.wall.fetch_add(by, Ordering::AcqRel);
        self.0.monotonic.fetch_add(by, Ordering::AcqRel);
    }

    /// Sets the wall clock alone forward or back, as an operator would.
    pub fn step(&self, by: Millis) {
        self.0.wall.fetch_add(by, Ordering::AcqRel);
    }
}

impl Hands for ManualHands {
    fn wall(&self) -> Millis {
        self.0.wall.load(Ordering::Acquire)
    }

    fn monotonic(&self) -> Millis {
        self.0.monotonic.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_unsteady_from_a_step_until_it_is_accepted() {
        let hands = ManualHands::at(1_000_000);
        let clock = Clock::new(hands.clone());
        hands.advance(60_000);
        assert!(clock.read().is_steady());
        hands.step(STEADY);
        assert!(clock.read().is_steady());
        hands.step(1);
        assert!(!clock.read().is_steady());
        hands.step(-5_000);
        assert_eq!(clock.read().drift, -2_999);
        assert!(!clock.read().is_steady());
        clock.accept();
        assert!(clock.read().is_steady());
    }

    #[test]
    fn the_machines_clock_starts_steady() {
        assert!(Clock::system().read().is_steady());
    }
}
