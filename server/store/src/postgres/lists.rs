//! Heads a page at a time, and the lists on which streams stand.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Postgres, QueryBuilder, Row as _};

use super::streams::stream_row;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::ledger::{Hashed, PlaceRow, StreamRow, Stretch};
use crate::sql::count;

/// The columns of a head, in the order in which they are read.
macro_rules! head {
    () => {
        "s.id, s.stream, s.kind, s.version, s.time, s.frontier, s.due, s.summary, \
         EXISTS (SELECT 1 FROM events WHERE events.stream = s.id AND seq > s.version)"
    };
}

pub async fn stream_count(conn: &mut PgConnection) -> Result<u64, StoreError> {
    let found = sqlx::query_scalar("SELECT count(*) FROM streams");
    count(found.fetch_one(conn).await?)
}

pub async fn latest(
    conn: &mut PgConnection,
    skip: u32,
    limit: u32,
) -> Result<Vec<StreamRow>, StoreError> {
    sqlx::query(concat!(
        "SELECT ",
        head!(),
        " FROM streams s ORDER BY s.time DESC LIMIT $1 OFFSET $2"
    ))
    .bind(i64::from(limit))
    .bind(i64::from(skip))
    .fetch_all(conn)
    .await?
    .iter()
    .map(|row| stream_row(row, 0))
    .collect()
}

pub async fn streams_after(
    conn: &mut PgConnection,
    after: i64,
    limit: u32,
) -> Result<Vec<StreamRow>, StoreError> {
    sqlx::query(concat!(
        "SELECT ",
        head!(),
        " FROM streams s WHERE s.id > $1 ORDER BY s.id LIMIT $2"
    ))
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?
    .iter()
    .map(|row| stream_row(row, 0))
    .collect()
}

pub async fn listed(
    conn: &mut PgConnection,
    stretch: &Stretch,
) -> Result<Vec<(Millis, StreamRow)>, StoreError> {
    macro_rules! in_order {
        ($order:literal) => {
            concat!(
                "SELECT l.at, ",
                head!(),
                " FROM lists l JOIN streams s ON s.id = l.stream WHERE l.list = $1 \
                 AND (l.at, l.stream) > ($2, $3) AND (l.at, l.stream) < ($4, $5) ORDER BY l.at ",
                $order,
                ", l.stream ",
                $order,
                " LIMIT $6"
            )
        };
    }
    let query = if stretch.backwards {
        sqlx::query(in_order!("DESC"))
    } else {
        sqlx::query(in_order!("ASC"))
    };
    let of = |row: &PgRow| Ok((row.try_get(0)?, stream_row(row, 1)?));
    query
        .bind(&stretch.list[..])
        .bind(stretch.low.0)
        .bind(stretch.low.1)
        .bind(stretch.high.0)
        .bind(stretch.high.1)
        .bind(i64::from(stretch.limit))
        .fetch_all(conn)
        .await?
        .iter()
        .map(of)
        .collect()
}

pub async fn places(
    conn: &mut PgConnection,
    from: i64,
    to: i64,
) -> Result<Vec<PlaceRow>, StoreError> {
    sqlx::query(
        "SELECT list, at, stream FROM lists \
         WHERE stream BETWEEN $1 AND $2 ORDER BY stream",
    )
    .bind(from)
    .bind(to)
    .fetch_all(conn)
    .await?
    .iter()
    .map(|row| {
        Ok(PlaceRow {
            list: hashed(row.try_get(0)?)?,
            at: row.try_get(1)?,
            stream: row.try_get(2)?,
        })
    })
    .collect()
}

pub async fn claims(
    conn: &mut PgConnection,
    names: &[Hashed],
) -> Result<Vec<(Hashed, Vec<u8>)>, StoreError> {
    let mut query: QueryBuilder<Postgres> =
        QueryBuilder::new("SELECT name, sealed FROM claims WHERE name IN (");
    let mut wanted = query.separated(", ");
    for name in names {
        wanted.push_bind(&name[..]);
    }
    query.push(")");
    query
        .build()
        .fetch_all(conn)
        .await?
        .iter()
        .map(|row| Ok((hashed(row.try_get(0)?)?, row.try_get(1)?)))
        .collect()
}

fn hashed(stored: Vec<u8>) -> Result<Hashed, StoreError> {
    let wrong = |_| StoreError::Corrupt("a keyed hash's length".into());
    stored.try_into().map_err(wrong)
}
