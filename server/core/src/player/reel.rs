//! Frames that are kept of a stream, so that any one of it is found without folding
//! all that came before.

use super::Frame;
use crate::event::Recorded;
use crate::ids::{Millis, Seq};
use crate::number::count_u64;
use crate::stream::Unlawful;

/// The most frames that are kept. Frames share what did not change between them.
const MOST: usize = 64;
/// Every how many events one is kept at first.
const EVERY: u64 = 32;

/// A stream's frames at even intervals, and the last one. Of `n` events at most
/// `max(32, n / 32)` are folded to get from a frame that is kept to any other.
#[derive(Debug, Clone)]
pub struct Reel {
    every: u64,
    kept: Vec<Frame>,
    last: Frame,
    /// When each event was.
    times: Vec<Millis>,
}

impl Default for Reel {
    fn default() -> Self {
        Self {
            every: EVERY,
            kept: vec![Frame::default()],
            last: Frame::default(),
            times: Vec::new(),
        }
    }
}

impl Reel {
    /// Adds the next event.
    ///
    /// # Errors
    /// Where it does not follow lawfully; nothing is changed then.
    pub fn add(&mut self, event: &Recorded) -> Result<(), Unlawful> {
        self.last = self.last.clone().after(event)?;
        self.times.push(event.time);
        if self.last.seq().is_multiple_of(self.every) {
            self.kept.push(self.last.clone());
        }
        if self.kept.len() > MOST {
            self.every *= 2;
            let every = self.every;
            self.kept.retain(|frame| frame.seq().is_multiple_of(every));
        }
        Ok(())
    }

    /// After the last event.
    pub const fn last(&self) -> &Frame {
        &self.last
    }

    /// The nearest frame that is kept, not after event `seq`.
    pub fn before(&self, seq: Seq) -> &Frame {
        if seq >= self.last.seq() {
            return &self.last;
        }
        let place = self.kept.partition_point(|frame| frame.seq() <= seq);
        // The first one, before all events, is always kept.
        self.kept.get(place.saturating_sub(1)).unwrap_or(&self.last)
    }

    /// The last event at an instant or before it; 0 where there is none.
    pub fn seq_at(&self, instant: Millis) -> Seq {
        count_u64(self.times.partition_point(|time| *time <= instant))
    }

    /// When an event was; none where there is no such event.
    pub fn time_of(&self, seq: Seq) -> Option<Millis> {
        let place = usize::try_from(seq.checked_sub(1)?).ok()?;
        self.times.get(place).copied()
    }
}
