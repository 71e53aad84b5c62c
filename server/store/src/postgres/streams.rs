//! Streams and their events.

use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};

use kaibiao_crypto::Digest;

use crate::clock::Millis;
use crate::error::StoreError;
use crate::ledger::{NewEvent, StreamRow};
use crate::sealed::EventRow;
use crate::sql::{count, digest, stored};

pub async fn new_id(conn: &mut PgConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("SELECT nextval('stream_ids')")
        .fetch_one(conn)
        .await?)
}

/// Holds the stream of a name until the end of the transaction, and reads its head as
/// it is then. One that is not there yet is held by its name alone.
pub async fn lock(conn: &mut PgConnection, name: &str) -> Result<Option<StreamRow>, StoreError> {
    let held = held(&mut *conn, name).await?;
    if held.is_some() {
        return Ok(held);
    }
    lock_name(&mut *conn, name).await?;
    // It may have begun while its name was held by another.
    self::held(conn, name).await
}

/// Holds those streams of these names that exist and that no other transaction holds.
pub async fn hold(conn: &mut PgConnection, names: &[&str]) -> Result<Vec<StreamRow>, StoreError> {
    sqlx::query(
        "SELECT id, stream, kind, version, time, frontier, due, summary, \
         EXISTS (SELECT 1 FROM events WHERE events.stream = streams.id AND seq > version) \
         FROM streams WHERE stream = ANY($1) FOR UPDATE OF streams SKIP LOCKED",
    )
    .bind(names)
    .fetch_all(conn)
    .await?
    .iter()
    .map(|row| stream_row(row, 0))
    .collect()
}

/// Holds a name until the end of the transaction.
pub async fn lock_name(conn: &mut PgConnection, name: &str) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 5573))")
        .bind(name)
        .execute(conn)
        .await?;
    Ok(())
}

/// What comes from other rows is as it was when the statement began: no event is beyond
/// the last one of a newer head either.
async fn held(conn: &mut PgConnection, name: &str) -> Result<Option<StreamRow>, StoreError> {
    sqlx::query(
        "SELECT id, stream, kind, version, time, frontier, due, summary, \
         EXISTS (SELECT 1 FROM events WHERE events.stream = streams.id AND seq > version) \
         FROM streams WHERE stream = $1 FOR UPDATE OF streams",
    )
    .bind(name)
    .fetch_optional(conn)
    .await?
    .map(|row| stream_row(&row, 0))
    .transpose()
}

pub async fn find(conn: &mut PgConnection, name: &str) -> Result<Option<StreamRow>, StoreError> {
    sqlx::query(
        "SELECT id, stream, kind, version, time, frontier, due, summary, \
         EXISTS (SELECT 1 FROM events WHERE events.stream = streams.id AND seq > version) \
         FROM streams WHERE stream = $1",
    )
    .bind(name)
    .fetch_optional(conn)
    .await?
    .map(|row| stream_row(&row, 0))
    .transpose()
}

/// Names, versions and times of the streams that grew at `since` or later, by time.
pub async fn grown(
    conn: &mut PgConnection,
    since: Millis,
) -> Result<Vec<(String, u64, Millis)>, StoreError> {
    let rows: Vec<(String, i64, Millis)> = sqlx::query_as(
        "SELECT stream, version, time FROM streams WHERE time >= $1 ORDER BY time, id",
    )
    .bind(since)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(name, version, time)| Ok((name, count(version)?, time)))
        .collect()
}

pub async fn all(conn: &mut PgConnection) -> Result<Vec<StreamRow>, StoreError> {
    sqlx::query(
        "SELECT id, stream, kind, version, time, frontier, due, summary, \
         EXISTS (SELECT 1 FROM events WHERE events.stream = streams.id AND seq > version) \
         FROM streams ORDER BY id",
    )
    .fetch_all(conn)
    .await?
    .iter()
    .map(|row| stream_row(row, 0))
    .collect()
}

pub async fn due(
    conn: &mut PgConnection,
    until: Millis,
    limit: u32,
) -> Result<Vec<(Millis, String)>, StoreError> {
    Ok(
        sqlx::query_as("SELECT due, stream FROM streams WHERE due <= $1 ORDER BY due LIMIT $2")
            .bind(until)
            .bind(i64::from(limit))
            .fetch_all(conn)
            .await?,
    )
}

pub async fn events(
    conn: &mut PgConnection,
    stream: i64,
    after: u64,
    upto: u64,
) -> Result<Vec<EventRow>, StoreError> {
    sqlx::query(
        "SELECT seq, time, shell, leaf, facts, details FROM events \
         WHERE stream = $1 AND seq > $2 AND seq <= $3 ORDER BY seq",
    )
    .bind(stream)
    .bind(stored(after))
    .bind(stored(upto))
    .fetch_all(conn)
    .await?
    .iter()
    .map(event_row)
    .collect()
}

pub async fn leaves(
    conn: &mut PgConnection,
    stream: &str,
    upto: u64,
) -> Result<Vec<Digest>, StoreError> {
    let leaves: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT leaf FROM events WHERE stream = (SELECT id FROM streams WHERE stream = $1) \
         AND seq <= $2 ORDER BY seq",
    )
    .bind(stream)
    .bind(stored(upto))
    .fetch_all(conn)
    .await?;
    let leaf = |stored| digest(stored, "a leaf's length");
    leaves.into_iter().map(leaf).collect()
}

/// Writes the heads of streams that grew or began, and their new events.
pub async fn put(
    conn: &mut PgConnection,
    heads: &[StreamRow],
    events: &[NewEvent],
) -> Result<(), StoreError> {
    if heads.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "WITH grown AS ( \
         INSERT INTO streams (id, stream, kind, version, time, frontier, due, summary) \
         SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], \
         $5::bigint[], $6::bytea[], $7::bigint[], $8::bytea[]) \
         ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, version = excluded.version, \
         time = excluded.time, frontier = excluded.frontier, due = excluded.due, \
         summary = excluded.summary) \
         INSERT INTO events (stream, seq, time, shell, leaf, facts, details) \
         SELECT * FROM unnest($9::bigint[], $10::bigint[], $11::bigint[], $12::bytea[], \
         $13::bytea[], $14::bytea[], $15::bytea[])",
    )
    .bind(column(heads, |row| row.id))
    .bind(column(heads, |row| &row.name[..]))
    .bind(column(heads, |row| &row.kind[..]))
    .bind(column(heads, |row| stored(row.version)))
    .bind(column(heads, |row| row.time))
    .bind(column(heads, |row| &row.frontier[..]))
    .bind(column(heads, |row| row.due))
    .bind(column(heads, |row| &row.summary[..]))
    .bind(column(events, |(stream, _)| *stream))
    .bind(column(events, |(_, event)| stored(event.seq)))
    .bind(column(events, |(_, event)| event.time))
    .bind(column(events, |(_, event)| &event.shell[..]))
    .bind(column(events, |(_, event)| &event.leaf.as_bytes()[..]))
    .bind(column(events, |(_, event)| &event.facts[..]))
    .bind(column(events, |(_, event)| &event.details[..]))
    .execute(conn)
    .await?;
    Ok(())
}

/// One column of several rows, which go to the server as arrays: one statement, whatever
/// their number.
fn column<'a, R, T>(rows: &'a [R], of: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(of).collect()
}

/// A head from its nine columns, of which the first has this place.
pub fn stream_row(row: &PgRow, at: usize) -> Result<StreamRow, StoreError> {
    Ok(StreamRow {
        id: row.try_get(at)?,
        name: row.try_get(at + 1)?,
        kind: row.try_get(at + 2)?,
        version: count(row.try_get(at + 3)?)?,
        time: row.try_get(at + 4)?,
        frontier: row.try_get(at + 5)?,
        due: row.try_get(at + 6)?,
        summary: row.try_get(at + 7)?,
        beyond: row.try_get(at + 8)?,
    })
}

fn event_row(row: &PgRow) -> Result<EventRow, StoreError> {
    Ok(EventRow {
        seq: count(row.try_get(0)?)?,
        time: row.try_get(1)?,
        shell: row.try_get(2)?,
        leaf: digest(row.try_get(3)?, "a leaf's length")?,
        facts: row.try_get(4)?,
        details: row.try_get(5)?,
    })
}
