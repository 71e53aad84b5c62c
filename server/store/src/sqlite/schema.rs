//! Whether the schema is what the migrations make, and nothing else.
//!
//! A trigger could change what is written, a view or an index could be read in place
//! of a table, and none of it would show in a row. So the migrations that the database
//! has had are applied to an empty one in memory, and the two are compared.

use std::collections::BTreeMap;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use super::open::apply;
use crate::error::OpenError;

/// SQL by kind and name.
type Schema = BTreeMap<(String, String), Option<String>>;

/// Compares the schema with that of the migrations up to number `version`; without one
/// the database must be empty.
///
/// # Errors
/// [`OpenError::AlteredSchema`] names the first thing that differs.
pub async fn check(conn: &mut SqliteConnection, version: Option<i64>) -> Result<(), OpenError> {
    let found = read(conn).await?;
    let made = match version {
        Some(version) => {
            let options = SqliteConnectOptions::new().in_memory(true);
            let mut empty = options.connect().await?;
            apply(&mut empty, version).await?;
            let made = read(&mut empty).await?;
            empty.close().await?;
            made
        }
        None => Schema::new(),
    };
    let differs = found
        .keys()
        .chain(made.keys())
        .find(|what| found.get(*what) != made.get(*what));
    match differs {
        None => Ok(()),
        Some((kind, name)) => Err(OpenError::AlteredSchema {
            what: format!("{kind} {name}"),
        }),
    }
}

/// Everything but the statistics that `ANALYZE` keeps.
async fn read(conn: &mut SqliteConnection) -> Result<Schema, OpenError> {
    let rows: Vec<(String, String, Option<String>)> = sqlx::query_as(
        "SELECT type, name, sql FROM sqlite_schema WHERE substr(name, 1, 11) <> 'sqlite_stat'",
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(kind, name, sql)| ((kind, name), sql))
        .collect())
}
