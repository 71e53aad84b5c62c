//! From the table to a folded stream, checking every byte on the way.

use std::sync::Arc;

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use kaibiao_core::stream::{Recorded, Stream};
use kaibiao_crypto::Digest;
use kaibiao_crypto::merkle::Frontier;

use crate::error::StoreError;
use crate::keys::Keys;
use crate::sealed::{EventRow, OpenEvent};
use crate::stream::{Current, Exact, Head, RecordedOf, StreamId};

/// Rows read at a time, so that a long stream never lies in memory whole.
const PAGE: i64 = 512;

/// A folded stream with what the next append needs.
pub(crate) struct Held<S: Stream> {
    /// The stream's row; None before its first event.
    pub id: Option<i64>,
    pub frontier: Frontier,
    pub current: Arc<Current<S>>,
}

/// Folds a stream from its first event.
///
/// # Errors
/// Everything that is not as it was written: an event missing, altered, out of
/// place, or a tree that is not the one stored; and an unlawful event.
pub(crate) async fn fold<S: Stream>(
    conn: &mut SqliteConnection,
    keys: &Keys,
    stream: &StreamId,
) -> Result<Held<S>, StoreError> {
    let mut current = Current::<S> {
        state: S::State::default(),
        book: S::Book::default(),
        version: 0,
        last_time: 0,
        head: Head::empty(),
    };
    let mut frontier = Frontier::default();
    let Some(row) = stream_row(conn, stream).await? else {
        return Ok(Held {
            id: None,
            frontier,
            current: Arc::new(current),
        });
    };
    row.expect_kind::<S>(stream)?;
    let wrap = keys.wrap(stream.as_str());
    while current.version < row.version {
        let upto = row.version.min(current.version + PAGE as u64);
        for event in event_rows(conn, stream, row.id, current.version, upto).await? {
            if event.time < current.last_time {
                return Err(StoreError::Corrupt(format!(
                    "time decreases at event {} of stream {stream}",
                    event.seq
                )));
            }
            frontier.append(event.leaf);
            let recorded = decode::<S>(stream, &event, event.open(&wrap, stream.as_str())?)?;
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
    current.head = Head::of(&frontier);
    Ok(Held {
        id: Some(row.id),
        frontier,
        current: Arc::new(current),
    })
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

/// A stream's row.
pub(crate) struct StreamRow {
    pub id: i64,
    pub kind: String,
    pub version: u64,
    pub time: i64,
    pub frontier: Vec<u8>,
}

impl StreamRow {
    pub fn expect_kind<S: Stream>(&self, stream: &StreamId) -> Result<(), StoreError> {
        if self.kind == S::KIND {
            return Ok(());
        }
        Err(StoreError::Kind {
            stream: stream.to_string(),
            found: self.kind.clone(),
            expected: S::KIND.to_owned(),
        })
    }
}

pub(crate) async fn stream_row(
    conn: &mut SqliteConnection,
    stream: &StreamId,
) -> Result<Option<StreamRow>, StoreError> {
    let row = sqlx::query("SELECT id, kind, version, time, frontier FROM streams WHERE stream = ?")
        .bind(stream.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(|row| {
        Ok(StreamRow {
            id: row.try_get(0)?,
            kind: row.try_get(1)?,
            version: row.try_get::<i64, _>(2)? as u64,
            time: row.try_get(3)?,
            frontier: row.try_get(4)?,
        })
    })
    .transpose()
}

/// The events after number `after` up to number `upto`, exactly: a hole is an error.
pub(crate) async fn event_rows(
    conn: &mut SqliteConnection,
    stream: &StreamId,
    id: i64,
    after: u64,
    upto: u64,
) -> Result<Vec<EventRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT seq, time, shell, leaf, facts, details FROM events \
         WHERE stream = ? AND seq > ? AND seq <= ? ORDER BY seq",
    )
    .bind(id)
    .bind(after as i64)
    .bind(upto as i64)
    .fetch_all(conn)
    .await?;
    let mut events = Vec::with_capacity(rows.len());
    for (row, seq) in rows.iter().zip(after + 1..) {
        let event = event_row(row)?;
        if event.seq != seq {
            return Err(StoreError::Corrupt(format!(
                "event {seq} of stream {stream} is missing"
            )));
        }
        events.push(event);
    }
    if (events.len() as u64) < upto.saturating_sub(after) {
        let missing = after + 1 + events.len() as u64;
        return Err(StoreError::Corrupt(format!(
            "event {missing} of stream {stream} is missing"
        )));
    }
    Ok(events)
}

fn event_row(row: &SqliteRow) -> Result<EventRow, StoreError> {
    let leaf: Vec<u8> = row.try_get(3)?;
    let leaf =
        <[u8; 32]>::try_from(leaf).map_err(|_| StoreError::Corrupt("a leaf's length".into()))?;
    Ok(EventRow {
        seq: row.try_get::<i64, _>(0)? as u64,
        time: row.try_get(1)?,
        shell: row.try_get(2)?,
        leaf: Digest::from_bytes(leaf),
        facts: row.try_get(4)?,
        details: row.try_get(5)?,
    })
}

/// Reads an opened event's canonical bytes.
pub(crate) fn decode<S: Stream>(
    stream: &StreamId,
    row: &EventRow,
    open: OpenEvent,
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
        details: Some(
            serde_json::from_slice(&open.details.bytes).map_err(|p| unreadable("details", p))?,
        ),
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

impl Head {
    pub(crate) fn of(frontier: &Frontier) -> Self {
        Self {
            size: frontier.size(),
            root: frontier.root(),
        }
    }

    /// The tree without a leaf.
    pub fn empty() -> Self {
        Self::of(&Frontier::default())
    }
}
