//! The public log's tables.

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::error::StoreError;
use crate::ledger::{AnchorRow, HeadRow};
use crate::sql::{count, digest, stored};

pub async fn size(conn: &mut SqliteConnection) -> Result<u64, StoreError> {
    // Places have no gaps, and the last one is found without counting.
    let last: Option<i64> = sqlx::query_scalar("SELECT max(place) FROM log_entries")
        .fetch_one(conn)
        .await?;
    last.map_or(Ok(0), |last| Ok(count(last)? + 1))
}

pub async fn entries(
    conn: &mut SqliteConnection,
    from: u64,
    limit: u64,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT place, entry FROM log_entries WHERE place >= ? ORDER BY place LIMIT ?",
    )
    .bind(stored(from))
    .bind(stored(limit))
    .fetch_all(conn)
    .await?;
    let placed = (from..).zip(rows).map(|(place, (found, entry))| {
        if count(found)? == place {
            Ok(entry)
        } else {
            Err(StoreError::Corrupt(format!(
                "entry {place} of the public log"
            )))
        }
    });
    placed.collect()
}

/// The anchors of the stream that is bound first.
macro_rules! anchors {
    ($rest:literal) => {
        concat!(
            "SELECT tick, time, size, root, place FROM anchors \
             WHERE stream = (SELECT id FROM streams WHERE stream = ?) ",
            $rest
        )
    };
}

pub async fn anchors(
    conn: &mut SqliteConnection,
    stream: &str,
    after: u64,
) -> Result<Vec<AnchorRow>, StoreError> {
    let rows = sqlx::query(anchors!("AND tick > ? ORDER BY tick"))
        .bind(stream)
        .bind(stored(after))
        .fetch_all(conn)
        .await?;
    rows.iter().map(row).collect()
}

pub async fn last(
    conn: &mut SqliteConnection,
    stream: &str,
) -> Result<Option<AnchorRow>, StoreError> {
    let found = sqlx::query(anchors!("ORDER BY tick DESC LIMIT 1"))
        .bind(stream)
        .fetch_optional(conn)
        .await?;
    found.as_ref().map(row).transpose()
}

pub async fn of_size(
    conn: &mut SqliteConnection,
    stream: &str,
    size: u64,
) -> Result<Option<AnchorRow>, StoreError> {
    let found = sqlx::query(anchors!("AND size = ? ORDER BY tick LIMIT 1"))
        .bind(stream)
        .bind(stored(size))
        .fetch_optional(conn)
        .await?;
    found.as_ref().map(row).transpose()
}

pub async fn over(
    conn: &mut SqliteConnection,
    stream: &str,
    size: u64,
) -> Result<Option<AnchorRow>, StoreError> {
    let found = sqlx::query(anchors!("AND size >= ? ORDER BY size, tick LIMIT 1"))
        .bind(stream)
        .bind(stored(size))
        .fetch_optional(conn)
        .await?;
    found.as_ref().map(row).transpose()
}

fn row(row: &SqliteRow) -> Result<AnchorRow, StoreError> {
    Ok(AnchorRow {
        tick: count(row.try_get(0)?)?,
        time: row.try_get(1)?,
        size: count(row.try_get(2)?)?,
        root: digest(row.try_get(3)?, "an anchor's root")?,
        place: count(row.try_get(4)?)?,
    })
}

pub async fn head(conn: &mut SqliteConnection) -> Result<Option<HeadRow>, StoreError> {
    let row: Option<(i64, String)> = sqlx::query_as("SELECT size, note FROM log_head")
        .fetch_optional(conn)
        .await?;
    row.map(|(size, note)| {
        Ok(HeadRow {
            size: count(size)?,
            note,
        })
    })
    .transpose()
}
