//! Streams and their events.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Postgres, QueryBuilder, Row as _};

use kaibiao_crypto::Digest;

use crate::clock::Millis;
use crate::error::StoreError;
use crate::ledger::{NewEvent, StreamRow};
use crate::sealed::EventRow;
use crate::sql::{batches, count, digest, stored};

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

/// Holds a name until the end of the transaction.
pub async fn lock_name(conn: &mut PgConnection, name: &str) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 5573))")
        .bind(name)
        .execute(conn)
        .await?;
    Ok(())
}

async fn held(conn: &mut PgConnection, name: &str) -> Result<Option<StreamRow>, StoreError> {
    let held: Option<i64> =
        sqlx::query_scalar("SELECT id FROM streams WHERE stream = $1 FOR UPDATE")
            .bind(name)
            .fetch_optional(&mut *conn)
            .await?;
    match held {
        // What it is joined with is read once it is held.
        Some(_) => find(conn, name).await,
        None => Ok(None),
    }
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

/// Writes the heads of streams that grew or began.
pub async fn put(conn: &mut PgConnection, rows: &[StreamRow]) -> Result<(), StoreError> {
    for rows in batches(rows) {
        let mut query: QueryBuilder<Postgres> = QueryBuilder::new(
            "INSERT INTO streams (id, stream, kind, version, time, frontier, due, summary) ",
        );
        query.push_values(rows, |mut values, row| {
            values
                .push_bind(row.id)
                .push_bind(&row.name[..])
                .push_bind(&row.kind[..])
                .push_bind(stored(row.version))
                .push_bind(row.time)
                .push_bind(&row.frontier[..])
                .push_bind(row.due)
                .push_bind(&row.summary[..]);
        });
        query.push(
            " ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, version = excluded.version, \
             time = excluded.time, frontier = excluded.frontier, due = excluded.due, \
             summary = excluded.summary",
        );
        query.build().execute(&mut *conn).await?;
    }
    Ok(())
}

pub async fn put_events(conn: &mut PgConnection, rows: &[NewEvent]) -> Result<(), StoreError> {
    for rows in batches(rows) {
        let mut query: QueryBuilder<Postgres> = QueryBuilder::new(
            "INSERT INTO events (stream, seq, time, shell, leaf, facts, details) ",
        );
        query.push_values(rows, |mut values, (stream, event)| {
            values
                .push_bind(*stream)
                .push_bind(stored(event.seq))
                .push_bind(event.time)
                .push_bind(&event.shell[..])
                .push_bind(&event.leaf.as_bytes()[..])
                .push_bind(&event.facts[..])
                .push_bind(&event.details[..]);
        });
        query.build().execute(&mut *conn).await?;
    }
    Ok(())
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
