//! From the table to a folded stream, checking every byte on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use kaibiao_core::stream::{Recorded, Stream};
use kaibiao_crypto::Digest;
use kaibiao_crypto::merkle::Frontier;

use crate::cache::Seen;
use crate::error::StoreError;
use crate::keys::Keys;
use crate::ledger::{Read, StreamRow};
use crate::lists::Places;
use crate::sealed::{EventRow, OpenEvent};
use crate::shared::Shared;
use crate::stream::{Current, Exact, Head, RecordedOf, StreamId};

/// Rows read at a time, so that a long stream never lies in memory whole.
const PAGE: u64 = 512;

/// A folded stream with what the next append needs.
pub(crate) struct Held<S: Stream> {
    /// The stream's row; None before its first event.
    pub id: Option<i64>,
    pub frontier: Frontier,
    pub current: Arc<Current<S>>,
    pub places: Places,
}

/// Folds a stream from its first event.
///
/// # Errors
/// [`StoreError::Damaged`] for everything that is not as it was written: an event
/// missing, altered, out of place, or a tree that is not the one stored; and for an
/// unlawful event.
pub(crate) async fn fold<S: Stream>(
    reader: &mut (dyn Read + '_),
    shared: &Shared,
    stream: &StreamId,
) -> Result<Held<S>, StoreError> {
    let row = reader.stream(stream.as_str()).await?;
    let held = folded(reader, &shared.keys, stream, row, None)
        .await
        .map_err(|error| shared.damage.of(stream.as_str(), error))?;
    shared.damage.healed(stream.as_str());
    Ok(held)
}

/// A stream as its row says, which others may have written to since it was kept here:
/// only what is new is read. Where what is kept does not lead to the row, all is read: a
/// primary that is dying shows for a moment what no standby has, and what was read of it
/// then was not to last.
///
/// # Errors
/// As [`fold`]; a row that is behind what was committed is damage too. So that it cannot
/// be without damage, `seen` is of before the row was read, or while it is held.
pub(crate) async fn current<S: Stream>(
    reader: &mut (dyn Read + '_),
    shared: &Shared,
    stream: &StreamId,
    seen: Seen<Held<S>>,
    row: Option<StreamRow>,
) -> Result<Arc<Held<S>>, StoreError> {
    let Seen {
        kept,
        committed,
        mark,
    } = seen;
    let version = row.as_ref().map_or(0, |row| row.version);
    let damaged = |error| shared.damage.of(stream.as_str(), error);
    if let Some(kept) = &kept
        && is_as(kept, row.as_ref(), &shared.keys).map_err(damaged)?
    {
        return Ok(Arc::clone(kept));
    }
    let held = if committed > version {
        Err(StoreError::Corrupt(format!(
            "the row of stream {stream} is behind what was committed"
        )))
    } else {
        anew(reader, shared, stream, row, kept).await
    };
    let held = Arc::new(held.map_err(damaged)?);
    if held.id.is_some() {
        shared
            .cache
            .put_right(stream, version, mark, Arc::clone(&held));
    }
    Ok(held)
}

/// Folds on from what is kept, or, where that does not lead to the row, from the first
/// event.
async fn anew<S: Stream>(
    reader: &mut (dyn Read + '_),
    shared: &Shared,
    stream: &StreamId,
    row: Option<StreamRow>,
    kept: Option<Arc<Held<S>>>,
) -> Result<Held<S>, StoreError> {
    let version = row.as_ref().map_or(0, |row| row.version);
    let kept = kept.filter(|kept| kept.current.version <= version);
    let is_kept = kept.is_some();
    match folded(reader, &shared.keys, stream, row.clone(), kept).await {
        Err(StoreError::Corrupt(_) | StoreError::Unlawful { .. }) if is_kept => {
            folded(reader, &shared.keys, stream, row, None).await
        }
        held => held,
    }
}

/// Whether what is kept of a stream is as its row says: the tree of these events, of which
/// so many have lost their details.
///
/// # Errors
/// When the row does not open.
pub(crate) fn is_as<S: Stream>(
    kept: &Held<S>,
    row: Option<&StreamRow>,
    keys: &Keys,
) -> Result<bool, StoreError> {
    let Some(row) = row else {
        return Ok(kept.current.version == 0);
    };
    Ok(row.version == kept.current.version
        && row.frontier == frontier_bytes(&kept.frontier)
        && row.erased::<S>(keys)? == count(&kept.current.erased))
}

fn count(erased: &BTreeMap<u64, Digest>) -> u64 {
    erased.len() as u64
}

/// Folds on from what is kept, or from the first event.
async fn folded<S: Stream>(
    reader: &mut (dyn Read + '_),
    keys: &Keys,
    stream: &StreamId,
    row: Option<StreamRow>,
    kept: Option<Arc<Held<S>>>,
) -> Result<Held<S>, StoreError> {
    // What was kept before details were erased tells them still.
    let erased = row.as_ref().map(|row| row.erased::<S>(keys)).transpose()?;
    let is_fresh = |kept: &Arc<Held<S>>| erased.unwrap_or(0) == count(&kept.current.erased);
    let kept = kept.filter(is_fresh);
    let (mut frontier, mut current) = match &kept {
        Some(kept) => (kept.frontier.clone(), kept.current.again()),
        None => (Frontier::default(), Current::empty()),
    };
    let Some(row) = row else {
        return Ok(Held {
            id: None,
            frontier,
            current: Arc::new(current),
            places: Places::default(),
        });
    };
    let wrap = keys.wrap(stream.as_str());
    while current.version < row.version {
        let upto = row.version.min(current.version + PAGE);
        for event in event_rows(reader, &row, current.version, upto).await? {
            if event.time < current.last_time {
                return Err(StoreError::Corrupt(format!(
                    "time decreases at event {} of stream {stream}",
                    event.seq
                )));
            }
            frontier.append(event.leaf);
            let open = event.open(&wrap, stream.as_str())?;
            let recorded = decode::<S>(stream, &event, &open)?;
            if open.details.is_none() {
                current.erased.insert(event.seq, open.digest);
            }
            current.state = evolve::<S>(stream, current.state, &recorded)?;
            current.book = S::note(current.book, &recorded);
            current.last_time = event.time;
            current.version += 1;
        }
        // A long fold lets others have their turn.
        tokio::task::yield_now().await;
    }
    if frontier_bytes(&frontier) != row.frontier || current.last_time != row.time {
        return Err(StoreError::Corrupt(format!("the head of stream {stream}")));
    }
    if erased != Some(count(&current.erased)) {
        return Err(StoreError::Corrupt(format!(
            "stream {stream} lacks other details than its row says"
        )));
    }
    current.head = Head::of(&frontier);
    Ok(Held {
        id: Some(row.id),
        frontier,
        current: Arc::new(current),
        places: Places::read(reader, row.id).await?,
    })
}

impl<S: Stream> Current<S> {
    /// A stream without events.
    fn empty() -> Self {
        Self {
            state: S::State::default(),
            book: S::Book::default(),
            version: 0,
            last_time: 0,
            head: Head::empty(),
            erased: BTreeMap::new(),
        }
    }

    /// A copy to fold on from.
    fn again(&self) -> Self {
        Self {
            state: self.state.clone(),
            book: self.book.clone(),
            erased: self.erased.clone(),
            ..*self
        }
    }
}

pub(crate) fn evolve<S: Stream>(
    stream: &StreamId,
    state: S::State,
    event: &RecordedOf<S>,
) -> Result<S::State, StoreError> {
    S::evolve(state, event).map_err(|problem| StoreError::Unlawful {
        stream: stream.to_string(),
        seq: event.seq,
        problem: problem.to_string(),
    })
}

/// The events after number `after` up to number `upto`, exactly: a hole is an error.
pub(crate) async fn event_rows(
    reader: &mut (dyn Read + '_),
    stream: &StreamRow,
    after: u64,
    upto: u64,
) -> Result<Vec<EventRow>, StoreError> {
    let missing =
        |seq: u64| StoreError::Corrupt(format!("event {seq} of stream {} is missing", stream.name));
    let events = reader.events(stream.id, after, upto).await?;
    let mut expected = after;
    for event in &events {
        expected += 1;
        if event.seq != expected {
            return Err(missing(expected));
        }
    }
    if expected < upto {
        return Err(missing(expected + 1));
    }
    Ok(events)
}

/// Reads an opened event's canonical bytes.
pub(crate) fn decode<S: Stream>(
    stream: &StreamId,
    row: &EventRow,
    open: &OpenEvent,
) -> Result<RecordedOf<S>, StoreError> {
    let unreadable = |part: &str, problem: serde_json::Error| {
        StoreError::Corrupt(format!(
            "{part} of event {} of stream {stream} are not read by this version: {problem}",
            row.seq
        ))
    };
    Ok(Recorded {
        seq: row.seq,
        time: row.time,
        facts: serde_json::from_slice(&open.facts.bytes).map_err(|p| unreadable("facts", p))?,
        details: open
            .details
            .as_ref()
            .map(|details| serde_json::from_slice(&details.bytes))
            .transpose()
            .map_err(|p| unreadable("details", p))?,
    })
}

/// An opened event with its exact bytes.
pub(crate) fn exact(row: EventRow, open: OpenEvent) -> Exact {
    Exact {
        seq: row.seq,
        time: row.time,
        shell: row.shell,
        leaf: row.leaf,
        facts: open.facts,
        details: open.details,
    }
}

/// The frontier as a stream's row holds it.
pub(crate) fn frontier_bytes(frontier: &Frontier) -> Vec<u8> {
    serde_json::to_vec(frontier).expect("a frontier is plain data")
}

/// The frontier of a stream's row.
///
/// # Errors
/// [`StoreError::Corrupt`] when it is none.
pub(crate) fn read_frontier(stream: &str, bytes: &[u8]) -> Result<Frontier, StoreError> {
    serde_json::from_slice(bytes)
        .map_err(|_| StoreError::Corrupt(format!("the frontier of stream {stream}")))
}

impl Head {
    pub(crate) fn of(frontier: &Frontier) -> Self {
        Self {
            size: frontier.size(),
            root: frontier.root(),
        }
    }

    /// The tree without a leaf.
    #[must_use]
    pub fn empty() -> Self {
        Self::of(&Frontier::default())
    }
}
