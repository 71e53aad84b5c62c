//! The time that events are given, and whether it can be believed.
//!
//! A wall clock can be set; a monotonic one cannot. The two start together, and
//! when they have parted by more than two seconds the clock is in doubt: neither
//! T0 nor a refusal for lateness may rest on it (rules: "try again"). Until it is
//! believed again, the last believed time goes on by the monotonic clock, so that
//! nothing is ever dated ahead (docs/adr/0013-a-clock-is-believed-or-not.md).

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use std::{fmt, fs};

/// UTC milliseconds since 1970.
pub type Millis = i64;

/// How far wall clock and monotonic clock may part before time is in doubt.
pub(crate) const STEADY: Millis = 2_000;
/// For how long two clocks must run alike that agree again.
const CALM: Millis = 3_000;
/// A step up to this size is believed by itself, after both clocks ran alike for
/// [`SETTLED`].
const SMALL: Millis = 10_000;
const SETTLED: Millis = 30_000;
/// Two clocks run alike while their difference changes by no more than this.
const JITTER: Millis = 500;

/// Two clocks that ought to agree. Cheap to clone; clones share their state.
#[derive(Clone)]
pub struct Clock {
    hands: Arc<dyn Hands>,
    /// By how much another clock that is gone by is ahead of the monotonic one.
    told: Arc<Mutex<Option<Millis>>>,
    trust: Arc<Mutex<Trust>>,
}

/// Where a clock reads its two times; tests move them by hand.
pub trait Hands: Send + Sync + 'static {
    /// UTC milliseconds since 1970; may jump.
    fn wall(&self) -> Millis;
    /// Milliseconds since some fixed instant; never jumps.
    fn monotonic(&self) -> Millis;
    /// How long the machine has run, where that is known.
    fn boot(&self) -> Option<Boot>;
    /// Whether these are a machine's own, so that another clock, which times the events
    /// of several machines, is to be gone by where there is one.
    fn is_own(&self) -> bool {
        false
    }
}

/// How long a machine has run, by a clock that goes on while nothing is served, counts
/// the time in which the machine was suspended, and is set by nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    /// Which start of the machine; another one has another id.
    pub id: String,
    /// Milliseconds since then.
    pub up: Millis,
}

/// One look at the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// UTC milliseconds since 1970: by the wall clock while it is believed, else the
    /// last believed time carried on by the monotonic clock.
    pub now: Millis,
    /// What the wall clock shows.
    pub wall: Millis,
    /// The monotonic clock.
    pub monotonic: Millis,
    /// By how much the wall clock is ahead of what it should show.
    pub drift: Millis,
    steady: bool,
}

impl Reading {
    /// Whether time can be believed.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        self.steady
    }
}

/// What a start knows of the time from what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    /// The latest time that was believed.
    pub time: Millis,
    /// When something falls due first after that.
    pub next_due: Option<Millis>,
    /// The longest absence over such an instant that is believed by itself.
    pub longest: Millis,
    /// Whether `time` was carried on to now by how long the machine has run.
    pub carried: bool,
}

impl Known {
    /// Whether the wall clock may show this, so much ahead of the known time. A
    /// machine may be off for any time; but what fell due meanwhile for good must
    /// not rest on a clock that nobody has looked at.
    fn allows(&self, wall: Millis, ahead: Millis) -> bool {
        // Who is late by such a clock has no time to see that it is wrong.
        let soon = wall.saturating_add(self.longest);
        let is_harmless = self.next_due.is_none_or(|due| due > soon);
        let most = if self.carried { STEADY } else { self.longest };
        ahead >= -STEADY && (ahead <= most || is_harmless)
    }
}

struct Trust {
    /// Wall minus monotonic time when the two were last declared to agree.
    offset: Millis,
    doubt: Option<Doubt>,
}

struct Doubt {
    /// The difference of the clocks, and since when it is this, by the monotonic
    /// one.
    drift: Millis,
    since: Millis,
    /// What a start knew, while the doubt is the start's.
    known: Option<Known>,
}

impl Trust {
    fn read(&mut self, wall: Millis, monotonic: Millis) -> Reading {
        let drift = wall - monotonic - self.offset;
        match &mut self.doubt {
            None if drift.abs() > STEADY => self.doubt_from(drift, monotonic, None),
            None => {}
            Some(doubt) => {
                if (drift - doubt.drift).abs() > JITTER {
                    doubt.drift = drift;
                    doubt.since = monotonic;
                }
                if doubt.is_over(wall, drift, monotonic - doubt.since) {
                    self.believe(wall, monotonic);
                }
            }
        }
        let steady = self.doubt.is_none();
        Reading {
            now: if steady {
                wall
            } else {
                monotonic + self.offset
            },
            wall,
            monotonic,
            drift: wall - monotonic - self.offset,
            steady,
        }
    }

    fn doubt_from(&mut self, drift: Millis, since: Millis, known: Option<Known>) {
        self.doubt = Some(Doubt {
            drift,
            since,
            known,
        });
    }

    fn believe(&mut self, wall: Millis, monotonic: Millis) {
        self.offset = wall - monotonic;
        self.doubt = None;
    }
}

impl Doubt {
    /// Whether the clock can be believed again, which has run alike with its twin for
    /// so long.
    fn is_over(&self, wall: Millis, drift: Millis, alike: Millis) -> bool {
        let agrees = drift.abs() <= STEADY && alike >= CALM;
        let is_small = drift.abs() <= SMALL && alike >= SETTLED;
        let is_allowed = alike >= SETTLED && self.known.is_some_and(|it| it.allows(wall, drift));
        agrees || is_small || is_allowed
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
            told: Arc::default(),
            trust: Arc::new(Mutex::new(Trust {
                offset,
                doubt: None,
            })),
        }
    }

    /// Compares the clock with what is known of the time, at a start: it is in doubt
    /// when it is behind, or so far ahead that something fell due meanwhile.
    pub(crate) fn compare(&self, known: Known) {
        let (wall, monotonic) = self.hands();
        self.with_trust(|trust| {
            if known.allows(wall, wall - known.time) {
                trust.believe(wall, monotonic);
            } else {
                trust.offset = known.time - monotonic;
                trust.doubt_from(wall - known.time, monotonic, Some(known));
            }
        });
    }

    /// Reads both hands.
    #[must_use]
    pub fn read(&self) -> Reading {
        let (wall, monotonic) = self.hands();
        self.with_trust(|trust| trust.read(wall, monotonic))
    }

    /// Goes by another clock from now on, which shows `now`: the database's, in place of
    /// the machine's own. Clocks that are moved by hand stay as they are.
    pub(crate) fn tell(&self, now: Millis) {
        if self.hands.is_own() {
            let ahead = now - self.hands.monotonic();
            *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
        }
    }

    /// Goes by another clock from the start: it is believed until the two part.
    pub(crate) fn begin_by(&self, now: Millis) {
        self.tell(now);
        self.accept();
    }

    fn hands(&self) -> (Millis, Millis) {
        let monotonic = self.hands.monotonic();
        let told = *self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let wall = told.map_or_else(|| self.hands.wall(), |ahead| monotonic + ahead);
        (wall, monotonic)
    }

    /// By how much the machine's own wall clock is ahead of the one that is gone by in its
    /// place, in milliseconds; 0 where that is its own.
    #[must_use]
    pub fn apart(&self) -> Millis {
        let (gone_by, _) = self.hands();
        let told = *self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.map_or(0, |_| self.hands.wall() - gone_by)
    }

    /// How long the machine has run, where that is known.
    #[must_use]
    pub fn boot(&self) -> Option<Boot> {
        self.hands.boot()
    }

    /// How long the machine has run since it had run so long; none where it was started
    /// anew, or does not tell.
    pub(crate) fn ran(&self, since: &Boot) -> Option<Millis> {
        let now = self.boot().filter(|now| now.id == since.id)?;
        Some(now.up - since.up).filter(|ran| *ran >= 0)
    }

    /// The time to go by, UTC milliseconds since 1970.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.read().now
    }

    /// Declares that the wall clock is right as it now stands. Only a signed act
    /// may lead here.
    pub fn accept(&self) {
        let (wall, monotonic) = self.hands();
        self.with_trust(|trust| trust.believe(wall, monotonic));
    }

    fn with_trust<T>(&self, work: impl FnOnce(&mut Trust) -> T) -> T {
        // Every change under the lock is complete in itself.
        work(&mut self.trust.lock().unwrap_or_else(PoisonError::into_inner))
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

    fn is_own(&self) -> bool {
        true
    }

    /// As Linux tells it (proc(5)): `/proc/uptime` is CLOCK_BOOTTIME in seconds.
    fn boot(&self) -> Option<Boot> {
        let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let times = fs::read_to_string("/proc/uptime").ok()?;
        Some(Boot {
            id: id.trim().to_owned(),
            up: millis_of(times.split(' ').next()?)?,
        })
    }
}

/// Seconds with two digits after the point, as milliseconds.
fn millis_of(seconds: &str) -> Option<Millis> {
    let (whole, hundredths) = seconds.split_once('.')?;
    let hundredths: Millis = hundredths.get(..2)?.parse().ok()?;
    Some(whole.parse::<Millis>().ok()?.checked_mul(1000)? + hundredths * 10)
}

/// A clock moved by hand, for tests and replays. Clones share their hands.
#[derive(Clone, Default)]
pub struct ManualHands(Arc<ManualTimes>);

#[derive(Default)]
struct ManualTimes {
    wall: AtomicI64,
    monotonic: AtomicI64,
    /// The number of the machine's start; 0 where it tells none.
    boot: AtomicI64,
}

impl ManualHands {
    /// Hands of which the wall clock's shows `now` and the monotonic one zero.
    #[must_use]
    pub fn at(now: Millis) -> Self {
        let hands = Self::default();
        hands.0.wall.store(now, Ordering::Release);
        hands
    }

    /// The hands of a machine that tells how long it has run since its start of this
    /// number; the monotonic clock is that.
    #[cfg(test)]
    fn booted(self, number: i64) -> Self {
        self.0.boot.store(number, Ordering::Release);
        self
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

    fn boot(&self) -> Option<Boot> {
        let number = self.0.boot.load(Ordering::Acquire);
        (number != 0).then(|| Boot {
            id: number.to_string(),
            up: self.monotonic(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Millis = 1_000_000;

    /// What the clock says after so many quarters of a second.
    fn after(clock: &Clock, hands: &ManualHands, quarters: i64) -> Reading {
        for _ in 0..quarters {
            hands.advance(250);
            let _ = clock.read();
        }
        clock.read()
    }

    #[test]
    fn a_step_that_is_put_right_was_never_believed() {
        let hands = ManualHands::at(START);
        let clock = Clock::new(hands.clone());
        hands.step(STEADY);
        assert!(clock.read().is_steady());
        hands.step(58_000);
        let ahead = after(&clock, &hands, 32);
        assert_eq!((ahead.now, ahead.drift), (START + 8_000, 60_000));
        assert!(!ahead.is_steady());
        hands.step(-60_000);
        assert!(!after(&clock, &hands, 12).is_steady());
        let again = after(&clock, &hands, 1);
        assert!(again.is_steady());
        assert_eq!(again.now, START + 11_250);
    }

    #[test]
    fn a_small_step_is_believed_once_both_clocks_ran_alike_for_half_a_minute() {
        for step in [3_000, -SMALL] {
            let hands = ManualHands::at(START);
            let clock = Clock::new(hands.clone());
            let _ = clock.read();
            hands.step(step);
            let _ = clock.read();
            assert!(!after(&clock, &hands, 119).is_steady());
            let settled = after(&clock, &hands, 1);
            assert!(settled.is_steady());
            assert_eq!(settled.now, START + 30_000 + step);
        }
    }

    #[test]
    fn a_clock_that_keeps_stepping_or_stepped_far_waits_for_a_signed_act() {
        let hands = ManualHands::at(START);
        let clock = Clock::new(hands.clone());
        hands.step(3_000);
        for step in 0..40 {
            hands.step(if step % 2 == 0 { 1_000 } else { -1_000 });
            assert!(!after(&clock, &hands, 20).is_steady());
        }
        hands.step(SMALL);
        assert!(!after(&clock, &hands, 10_000).is_steady());
        clock.accept();
        assert_eq!(clock.read().now, clock.read().wall);
        assert!(clock.read().is_steady());
    }

    fn started(wall: Millis, next_due: Option<Millis>) -> (Clock, ManualHands) {
        let hands = ManualHands::at(wall);
        let clock = Clock::new(hands.clone());
        clock.compare(Known {
            time: START,
            next_due,
            longest: 300_000,
            carried: false,
        });
        (clock, hands)
    }

    #[test]
    fn a_start_believes_a_clock_that_may_be_right() {
        let day = 24 * 3_600_000;
        for (wall, next_due) in [
            (START, None),
            (START + 300_000, Some(START + 1)),
            (START + day, None),
            (START + day, Some(START + day + 300_001)),
        ] {
            let (clock, _) = started(wall, next_due);
            assert!(clock.read().is_steady());
            assert_eq!(clock.read().now, wall);
        }
    }

    #[test]
    fn a_start_doubts_a_clock_that_is_behind_or_far_over_something_due() {
        for (wall, next_due) in [
            (START - 60_000, None),
            (START + 300_001, Some(START + 300_000)),
            (START + 86_400_000, Some(START + 86_400_000 + 75_000)),
        ] {
            let (clock, hands) = started(wall, next_due);
            let reading = after(&clock, &hands, 1_000);
            assert!(!reading.is_steady());
            assert_eq!(reading.now, START + 250_000);
            clock.accept();
            assert_eq!(clock.read().now, wall + 250_000);
        }
    }

    #[test]
    fn how_long_the_machine_ran_tells_a_start_what_the_clock_must_show() {
        let (minute, soon) = (60_000, START + 61_000);
        // The service was away for a minute, and something falls due a second later.
        for (set, believed) in [(0, true), (STEADY, true), (minute, false)] {
            let hands = ManualHands::at(START).booted(1);
            let before = Clock::new(hands.clone()).boot().unwrap();
            hands.advance(minute);
            hands.step(set);
            let clock = Clock::new(hands.clone());
            let ran = clock.ran(&before).unwrap();
            clock.compare(Known {
                time: START + ran,
                next_due: Some(soon),
                longest: 300_000,
                carried: true,
            });
            let reading = clock.read();
            assert_eq!(reading.is_steady(), believed, "set by {set} ms");
            assert!(reading.now < soon + STEADY);
        }
    }

    #[test]
    fn another_start_of_the_machine_tells_nothing_of_the_time_between() {
        let hands = ManualHands::at(START).booted(1);
        let before = Clock::new(hands.clone()).boot().unwrap();
        hands.advance(1_000);
        assert_eq!(Clock::new(hands.clone()).ran(&before), Some(1_000));
        assert_eq!(Clock::new(hands.booted(2)).ran(&before), None);
        let shorter = ManualHands::at(START).booted(1);
        let later = Boot {
            up: 5,
            ..before.clone()
        };
        assert_eq!(Clock::new(shorter).ran(&later), None);
    }

    #[test]
    fn linux_tells_how_long_it_has_run() {
        assert_eq!(millis_of("350735.47"), Some(350_735_470));
        for wrong in ["", "7", "7.", "7.x1", "x.01"] {
            assert_eq!(millis_of(wrong), None, "{wrong}");
        }
        #[cfg(target_os = "linux")]
        {
            let clock = Clock::system();
            let boot = clock.boot().unwrap();
            assert!(boot.up > 0 && !boot.id.is_empty());
            assert!(clock.ran(&boot).unwrap() < 60_000);
        }
    }

    #[test]
    fn a_clock_that_was_set_after_a_doubtful_start_is_believed_by_itself() {
        let (clock, hands) = started(START - 1_000_000, Some(START + 9_000_000));
        let _ = after(&clock, &hands, 4);
        hands.step(1_000_000 + 3_600_000);
        let _ = clock.read();
        assert!(!after(&clock, &hands, 119).is_steady());
        assert!(after(&clock, &hands, 1).is_steady());
    }

    #[test]
    fn a_machine_goes_by_the_clock_that_it_is_told_and_notices_its_steps() {
        let clock = Clock::system();
        let other = clock.now() + 1_500;
        clock.tell(other);
        assert!((-1_500..-500).contains(&clock.apart()), "{}", clock.apart());
        let told = clock.read();
        assert!((other..other + 1_000).contains(&told.now) && told.is_steady());
        clock.tell(clock.now() + 60_000);
        let stepped = clock.read();
        assert!(!stepped.is_steady() && stepped.now < other + 1_000);
        let hands = ManualHands::at(START);
        let by_hand = Clock::new(hands);
        by_hand.tell(other);
        assert_eq!((by_hand.now(), by_hand.apart()), (START, 0));
    }

    #[test]
    fn the_machines_clock_starts_steady() {
        assert!(Clock::system().read().is_steady());
    }
}
