//! The table of time stamps.

use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use crate::clock::Millis;
use crate::error::StoreError;
use crate::ledger::TimestampRow;
use crate::side::timestamps::Unstamped;
use crate::sql::{count, digest, stored};
use kaibiao_crypto::Digest;

pub async fn unstamped(
    conn: &mut SqliteConnection,
    limit: u32,
) -> Result<Vec<Unstamped>, StoreError> {
    let rows: Vec<(Vec<u8>, Millis)> = sqlx::query_as(
        "SELECT imprint, wanted FROM timestamps WHERE token IS NULL \
         ORDER BY wanted, imprint LIMIT ?",
    )
    .bind(limit)
    .fetch_all(conn)
    .await?;
    let row = |(imprint, wanted): (Vec<u8>, Millis)| {
        let imprint = digest(imprint, "a note to be stamped")?;
        Ok(Unstamped { imprint, wanted })
    };
    rows.into_iter().map(row).collect()
}

pub async fn after(
    conn: &mut SqliteConnection,
    number: u64,
    limit: u32,
) -> Result<Vec<TimestampRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT number, note, token FROM timestamps WHERE number > ? ORDER BY number LIMIT ?",
    )
    .bind(stored(number))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().map(row).collect()
}

pub async fn newest(
    conn: &mut SqliteConnection,
    limit: u32,
) -> Result<Vec<TimestampRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT number, note, token FROM timestamps WHERE number IS NOT NULL \
         ORDER BY number DESC LIMIT ?",
    )
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter().rev().map(row).collect()
}

pub async fn of(
    conn: &mut SqliteConnection,
    imprint: Digest,
) -> Result<Option<TimestampRow>, StoreError> {
    let found = sqlx::query(
        "SELECT number, note, token FROM timestamps WHERE imprint = ? AND token IS NOT NULL",
    )
    .bind(&imprint.as_bytes()[..])
    .fetch_optional(conn)
    .await?;
    found.as_ref().map(row).transpose()
}

pub async fn wanted(conn: &mut SqliteConnection) -> Result<Option<Millis>, StoreError> {
    Ok(sqlx::query_scalar("SELECT max(wanted) FROM timestamps")
        .fetch_one(conn)
        .await?)
}

fn row(row: &SqliteRow) -> Result<TimestampRow, StoreError> {
    Ok(TimestampRow {
        number: count(row.try_get(0)?)?,
        note: row.try_get(1)?,
        token: row.try_get(2)?,
    })
}
