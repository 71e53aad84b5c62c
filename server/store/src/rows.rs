//! The rows of a group, many to a statement.

use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, Sqlite};

use crate::error::StoreError;
use crate::sealed::EventRow;
use crate::stream::StreamId;

/// What is written to a stream's row after it grew.
pub(crate) struct StreamRow {
    pub id: i64,
    pub stream: StreamId,
    pub kind: &'static str,
    pub version: u64,
    pub time: i64,
    pub frontier: Vec<u8>,
    pub due: Option<i64>,
    pub summary: Vec<u8>,
}

pub(crate) async fn write_streams(
    conn: &mut SqliteConnection,
    rows: &[StreamRow],
) -> Result<(), StoreError> {
    for rows in batches(rows) {
        let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
            "INSERT INTO streams (id, stream, kind, version, time, frontier, due, summary) ",
        );
        query.push_values(rows, |mut values, row| {
            values
                .push_bind(row.id)
                .push_bind(row.stream.as_str())
                .push_bind(row.kind)
                .push_bind(row.version as i64)
                .push_bind(row.time)
                .push_bind(&row.frontier[..])
                .push_bind(row.due)
                .push_bind(&row.summary[..]);
        });
        query.push(
            " ON CONFLICT (id) DO UPDATE SET version = excluded.version, time = excluded.time, \
             frontier = excluded.frontier, due = excluded.due, summary = excluded.summary",
        );
        query.build().execute(&mut *conn).await?;
    }
    Ok(())
}

pub(crate) async fn write_events(
    conn: &mut SqliteConnection,
    rows: &[(i64, EventRow)],
) -> Result<(), StoreError> {
    for rows in batches(rows) {
        let mut query: QueryBuilder<Sqlite> = QueryBuilder::new(
            "INSERT INTO events (stream, seq, time, shell, leaf, facts, details) ",
        );
        query.push_values(rows, |mut values, (stream, event)| {
            values
                .push_bind(*stream)
                .push_bind(event.seq as i64)
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

/// Cuts rows into few sizes, so that few statements are ever prepared.
fn batches<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = [64, 16, 4, 1]
            .into_iter()
            .find(|size| *size <= rows.len())?;
        let (batch, rest) = rows.split_at(size);
        rows = rest;
        Some(batch)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_every_row_once_and_in_order() {
        for length in [0, 1, 3, 4, 63, 64, 65, 200] {
            let rows: Vec<usize> = (0..length).collect();
            assert_eq!(batches(&rows).flatten().copied().collect::<Vec<_>>(), rows);
        }
    }
}
