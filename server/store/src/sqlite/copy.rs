//! A database file that is copied from, as of one instant, or to.

use std::path::Path;

use futures_util::{FutureExt as _, TryStreamExt as _};
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection};
use sqlx::{Arguments as _, AssertSqlSafe, ConnectOptions as _, Connection as _};
use tokio::sync::mpsc;

use super::execute;
use super::open::{self, DATABASE};
use crate::copy::tables::{Base, COPYING, Column, Counters, Few, Kind, Row, Table, Value};
use crate::copy::{CopyError, Mark};
use crate::error::StoreError;
use crate::ledger::Answer;
use crate::sql::{batches, values};

/// What the migrations make, by name.
pub(crate) async fn tables() -> Result<Vec<Table>, CopyError> {
    let options = SqliteConnectOptions::new().in_memory(true);
    let mut empty = options.connect().await?;
    open::apply(&mut empty, i64::MAX).await?;
    let found: Vec<(String, String, String, i64)> = sqlx::query_as(
        "SELECT t.name, c.name, c.type, c.pk FROM sqlite_schema t \
         JOIN pragma_table_info(t.name) c WHERE t.type = 'table' \
         AND substr(t.name, 1, 7) <> 'sqlite_' AND t.name <> '_sqlx_migrations' \
         ORDER BY t.name, c.cid",
    )
    .fetch_all(&mut empty)
    .await?;
    empty.close().await?;
    let mut tables: Vec<Table> = Vec::new();
    let mut keys: Vec<Vec<(i64, usize)>> = Vec::new();
    for (table, name, kind, place) in found {
        if tables.last().is_none_or(|last| last.name != table) {
            keys.push(Vec::new());
            tables.push(Table {
                name: table,
                columns: Vec::new(),
                key: Vec::new(),
            });
        }
        let kind = match &kind[..] {
            "INTEGER" => Kind::Integer,
            "TEXT" => Kind::Text,
            _ => Kind::Bytes,
        };
        if let (Some(table), Some(key)) = (tables.last_mut(), keys.last_mut()) {
            if place > 0 {
                key.push((place, table.columns.len()));
            }
            table.columns.push(Column { name, kind });
        }
    }
    for (table, mut key) in tables.iter_mut().zip(keys) {
        key.sort_unstable();
        table.key = key.into_iter().map(|(_, column)| column).collect();
    }
    Ok(tables)
}

/// Opens the database in `dir` for reading it as of one instant, whoever writes to it.
pub(crate) async fn read_as_of_now(
    dir: &Path,
    check: &[u8; 32],
) -> Result<Box<dyn Base>, CopyError> {
    let mut conn = open::reading(&dir.join(DATABASE)).connect().await?;
    execute(&mut conn, "BEGIN").await?;
    open::look(&mut conn, dir, check).await?;
    Ok(Box::new(Copying { conn }))
}

/// Opens the database in `dir` for a copy, which is marked so, making it if it is not
/// there. It is empty, or half a copy.
pub(crate) async fn begin_copy(dir: &Path, mark: &Mark<'_>) -> Result<Box<dyn Base>, CopyError> {
    let mut conn = open::filling(&dir.join(DATABASE)).connect().await?;
    open::begin_copy(&mut conn, dir, mark).await?;
    Ok(Box::new(Copying { conn }))
}

struct Copying {
    conn: SqliteConnection,
}

impl Copying {
    async fn send(&mut self, table: &Table, to: &mpsc::Sender<Vec<Row>>) -> Result<(), StoreError> {
        let key = table.key.iter().map(|it| &table.columns[*it]);
        let sql = format!(
            "SELECT {} FROM \"{}\"{} ORDER BY {}",
            names(table.columns.iter()),
            table.name,
            table.condition(),
            names(key)
        );
        let mut found = sqlx::query(AssertSqlSafe(sql)).fetch(&mut self.conn);
        let mut few = Few::new(to);
        while let Some(row) = found.try_next().await? {
            few.add(values(table, &row)?).await?;
        }
        few.end().await
    }

    async fn insert(&mut self, table: &Table, rows: &[Row]) -> Result<(), StoreError> {
        for batch in batches(rows) {
            let marks = format!("({})", vec!["?"; table.columns.len()].join(", "));
            let sql = format!(
                "INSERT INTO \"{}\" ({}) VALUES {}",
                table.name,
                names(table.columns.iter()),
                vec![&marks[..]; batch.len()].join(", ")
            );
            let mut arguments = SqliteArguments::default();
            for value in batch.iter().flatten() {
                match value {
                    Value::Null => arguments.add(None::<i64>),
                    Value::Integer(number) => arguments.add(*number),
                    Value::Text(text) => arguments.add(text.clone()),
                    Value::Bytes(bytes) => arguments.add(bytes.clone()),
                }
                .map_err(sqlx::Error::Encode)?;
            }
            sqlx::query_with(AssertSqlSafe(sql), arguments)
                .execute(&mut self.conn)
                .await?;
        }
        Ok(())
    }
}

fn names<'a>(columns: impl Iterator<Item = &'a Column>) -> String {
    let names: Vec<String> = columns.map(|it| format!("\"{}\"", it.name)).collect();
    names.join(", ")
}

impl Base for Copying {
    fn read<'a>(&'a mut self, table: &'a Table, to: mpsc::Sender<Vec<Row>>) -> Answer<'a, ()> {
        async move { self.send(table, &to).await }.boxed()
    }

    fn counters(&mut self) -> Answer<'_, Counters> {
        async move {
            let (streams, messages) = sqlx::query_as(
                "SELECT (SELECT coalesce(max(id), 0) FROM streams), \
                 coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0)",
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
                "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
            )
            .fetch_one(&mut self.conn)
            .await?;
            Ok(size.unsigned_abs())
        }
        .boxed()
    }

    fn fact<'a>(&'a mut self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        async move {
            let found = sqlx::query_scalar("SELECT value FROM store WHERE key = ?").bind(key);
            Ok(found.fetch_optional(&mut self.conn).await?)
        }
        .boxed()
    }

    fn begin(&mut self) -> Answer<'_, ()> {
        async move { execute(&mut self.conn, "BEGIN IMMEDIATE").await }.boxed()
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
        self.insert(table, rows).boxed()
    }

    fn go_on<'a>(&'a mut self, after: &'a Counters) -> Answer<'a, ()> {
        async move {
            // Streams are numbered after the last one that there is.
            execute(
                &mut self.conn,
                "DELETE FROM sqlite_sequence WHERE name = 'outbox'",
            )
            .await?;
            sqlx::query("INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox', ?)")
                .bind(after.messages)
                .execute(&mut self.conn)
                .await?;
            Ok(())
        }
        .boxed()
    }

    fn unmark(&mut self) -> Answer<'_, ()> {
        async move {
            sqlx::query("DELETE FROM store WHERE key = ?")
                .bind(COPYING)
                .execute(&mut self.conn)
                .await?;
            Ok(())
        }
        .boxed()
    }

    fn commit(&mut self) -> Answer<'_, ()> {
        async move { execute(&mut self.conn, "COMMIT").await }.boxed()
    }

    fn close(self: Box<Self>) -> Answer<'static, ()> {
        async move { Ok(self.conn.close().await?) }.boxed()
    }
}
