//! A database that is copied from, as of one instant, or to.

use std::collections::HashSet;

use futures_util::{FutureExt as _, TryStreamExt as _};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use tokio::sync::mpsc;

use super::{COMMIT, execute, open};
use crate::clock::Millis;
use crate::copy::tables::{Base, COPYING, Column, Counters, Few, Kind, Row, Table, Value};
use crate::copy::{CopyError, Mark};
use crate::error::StoreError;
use crate::ledger::Answer;
use crate::sql::values;

/// How the server's binary form of rows begins: its signature, no flags, no extension.
const BEGINNING: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// And how it ends.
const END: &[u8] = &[0xff, 0xff];

/// Opens the database for reading it as of one instant, whoever writes to it; a standby
/// will do.
pub(crate) async fn read_as_of_now(
    url: &str,
    check: &[u8; 32],
) -> Result<Box<dyn Base>, CopyError> {
    let mut conn = open::conn_to_read(url, check).await?;
    let truths = truths(&mut conn).await?;
    execute(
        &mut conn,
        "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    )
    .await?;
    Ok(Box::new(Copying {
        conn,
        truths,
        writes: false,
    }))
}

/// Opens the database for a copy, which is marked so. It is empty, or half a copy.
pub(crate) async fn begin_copy(url: &str, mark: &Mark<'_>) -> Result<Box<dyn Base>, CopyError> {
    let mut conn = open::begin_copy(url, mark).await?;
    let truths = truths(&mut conn).await?;
    Ok(Box::new(Copying {
        conn,
        truths,
        writes: true,
    }))
}

/// The last heartbeat of any node; None where there was none.
pub(crate) async fn last_beat(url: &str, check: &[u8; 32]) -> Result<Option<Millis>, CopyError> {
    let mut conn = open::conn_to_read(url, check).await?;
    let beat = sqlx::query_scalar("SELECT beat FROM heartbeat")
        .fetch_optional(&mut conn)
        .await?;
    conn.close().await?;
    Ok(beat)
}

/// Columns of what is true or false, by table.
async fn truths(conn: &mut PgConnection) -> Result<HashSet<(String, String)>, StoreError> {
    let found: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text FROM information_schema.columns \
         WHERE table_schema = current_schema() AND data_type = 'boolean'",
    )
    .fetch_all(conn)
    .await?;
    Ok(found.into_iter().collect())
}

struct Copying {
    conn: PgConnection,
    truths: HashSet<(String, String)>,
    writes: bool,
}

impl Copying {
    fn is_truth(&self, table: &Table, column: &Column) -> bool {
        let name = (table.name.clone(), column.name.clone());
        self.truths.contains(&name)
    }

    async fn send(&mut self, table: &Table, to: &mpsc::Sender<Vec<Row>>) -> Result<(), StoreError> {
        let read = table.columns.iter().map(|column| {
            let cast = if self.is_truth(table, column) {
                "::integer::bigint"
            } else {
                ""
            };
            format!("\"{}\"{cast}", column.name)
        });
        // As SQLite sorts, whatever the language of the database is.
        let key = table.key.iter().map(|place| {
            let column = &table.columns[*place];
            let order = match column.kind {
                Kind::Text => " COLLATE \"C\"",
                Kind::Integer | Kind::Bytes => "",
            };
            format!("\"{}\"{order}", column.name)
        });
        let sql = format!(
            "SELECT {} FROM \"{}\"{} ORDER BY {}",
            read.collect::<Vec<_>>().join(", "),
            table.name,
            table.condition(),
            key.collect::<Vec<_>>().join(", ")
        );
        let mut found = sqlx::query(AssertSqlSafe(sql)).fetch(&mut self.conn);
        let mut few = Few::new(to);
        while let Some(row) = found.try_next().await? {
            few.add(values(table, &row)?).await?;
        }
        few.end().await
    }

    async fn insert(&mut self, table: &Table, rows: &[Row]) -> Result<(), StoreError> {
        let names: Vec<String> = table
            .columns
            .iter()
            .map(|column| format!("\"{}\"", column.name))
            .collect();
        let truths: Vec<bool> = table
            .columns
            .iter()
            .map(|column| self.is_truth(table, column))
            .collect();
        let mut bytes = BEGINNING.to_vec();
        for row in rows {
            let columns = i16::try_from(row.len()).unwrap_or(i16::MAX);
            bytes.extend_from_slice(&columns.to_be_bytes());
            for (value, is_truth) in row.iter().zip(&truths) {
                binary(value, *is_truth, &mut bytes)?;
            }
        }
        bytes.extend_from_slice(END);
        let sql = format!(
            "COPY \"{}\" ({}) FROM STDIN (FORMAT binary)",
            table.name,
            names.join(", ")
        );
        let mut copying = self.conn.copy_in_raw(&sql).await?;
        copying.send(bytes).await?;
        copying.finish().await?;
        Ok(())
    }
}

/// A value as the server takes it (PostgreSQL, COPY, Binary Format).
fn binary(value: &Value, is_truth: bool, into: &mut Vec<u8>) -> Result<(), StoreError> {
    let number;
    let bytes = match value {
        Value::Null => {
            into.extend_from_slice(&(-1_i32).to_be_bytes());
            return Ok(());
        }
        Value::Integer(truth) if is_truth => &[u8::from(*truth != 0)][..],
        Value::Integer(given) => {
            number = given.to_be_bytes();
            &number
        }
        Value::Text(text) => text.as_bytes(),
        Value::Bytes(bytes) => bytes,
    };
    let length = i32::try_from(bytes.len())
        .map_err(|_| StoreError::Corrupt("a value of more than 2 GiB".into()))?;
    into.extend_from_slice(&length.to_be_bytes());
    into.extend_from_slice(bytes);
    Ok(())
}

impl Base for Copying {
    fn read<'a>(&'a mut self, table: &'a Table, to: mpsc::Sender<Vec<Row>>) -> Answer<'a, ()> {
        async move { self.send(table, &to).await }.boxed()
    }

    fn counters(&mut self) -> Answer<'_, Counters> {
        async move {
            let (streams, messages) = sqlx::query_as(
                "SELECT (SELECT last_value - 1 + is_called::integer FROM stream_ids), \
                 (SELECT last_value - 1 + is_called::integer FROM outbox_id_seq)",
            )
            .fetch_one(&mut self.conn)
            .await?;
            Ok(Counters { streams, messages })
        }
        .boxed()
    }

    fn size(&mut self) -> Answer<'_, u64> {
        async move {
            let size: i64 = sqlx::query_scalar(
                "SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint FROM pg_class \
                 WHERE relkind = 'r' \
                 AND relnamespace = quote_ident(current_schema())::regnamespace",
            )
            .fetch_one(&mut self.conn)
            .await?;
            Ok(size.unsigned_abs())
        }
        .boxed()
    }

    fn fact<'a>(&'a mut self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        async move {
            let sql = if self.writes {
                "SELECT value FROM store WHERE key = $1 FOR UPDATE"
            } else {
                "SELECT value FROM store WHERE key = $1"
            };
            let found = sqlx::query_scalar(sql).bind(key);
            Ok(found.fetch_optional(&mut self.conn).await?)
        }
        .boxed()
    }

    fn begin(&mut self) -> Answer<'_, ()> {
        execute(&mut self.conn, "BEGIN ISOLATION LEVEL READ COMMITTED").boxed()
    }

    fn clear<'a>(&'a mut self, table: &'a Table) -> Answer<'a, ()> {
        async move {
            let sql = format!("DELETE FROM \"{}\"{}", table.name, table.condition());
            sqlx::query(AssertSqlSafe(sql))
                .execute(&mut self.conn)
                .await?;
            Ok(())
        }
        .boxed()
    }

    fn put<'a>(&'a mut self, table: &'a Table, rows: &'a [Row]) -> Answer<'a, ()> {
        async move {
            if rows.is_empty() {
                return Ok(());
            }
            self.insert(table, rows).await
        }
        .boxed()
    }

    fn go_on<'a>(&'a mut self, after: &'a Counters) -> Answer<'a, ()> {
        async move {
            sqlx::query(
                "SELECT setval('stream_ids', greatest($1::bigint, 1), $1 > 0), \
                 setval('outbox_id_seq', greatest($2::bigint, 1), $2 > 0)",
            )
            .bind(after.streams)
            .bind(after.messages)
            .execute(&mut self.conn)
            .await?;
            Ok(())
        }
        .boxed()
    }

    fn unmark(&mut self) -> Answer<'_, ()> {
        async move {
            sqlx::query("DELETE FROM store WHERE key = $1")
                .bind(COPYING)
                .execute(&mut self.conn)
                .await?;
            Ok(())
        }
        .boxed()
    }

    fn commit(&mut self) -> Answer<'_, ()> {
        execute(&mut self.conn, COMMIT).boxed()
    }

    fn close(self: Box<Self>) -> Answer<'static, ()> {
        async move { Ok(self.conn.close().await?) }.boxed()
    }
}
