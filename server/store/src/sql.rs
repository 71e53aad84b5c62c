//! What the engines' rows have in common: signed numbers for the store's unsigned ones,
//! digests as bytes, and few sizes of statements.

use std::collections::BTreeSet;
use std::io;

use kaibiao_crypto::Digest;
use sqlx::migrate::{Migration, MigrationType};
use sqlx::{ColumnIndex, Decode, SqlStr, Type};

use crate::copy::CopyError;
use crate::copy::tables::{Column, Kind, Row, Table, Value};
use crate::error::{OpenError, StoreError};
use crate::postgres::error as postgres;
use crate::sqlite::error as sqlite;

/// The fact by which a root secret is told from another.
pub const CHECK: &str = "check";

/// The fact that says whose database it is ([`crate::Options::platform`]).
pub const PLATFORM: &str = "platform";

/// How the facts begin that name the platform's SM2 keys ([`crate::Options::sm2_keys`]),
/// one each.
const SM2_KEY: &str = "sm2/";

/// The fact that the platform has this key.
pub fn sm2_key(name: &str) -> String {
    format!("{SM2_KEY}{name}")
}

/// Whether somebody who has these keys has all that the facts name.
pub fn holds(own: &BTreeSet<String>, facts: &[String]) -> bool {
    let mut named = facts.iter().filter_map(|fact| fact.strip_prefix(SM2_KEY));
    named.all(|name| own.contains(name))
}

/// A count as it is stored. No stream and no file reaches 2^63, and a bound
/// beyond that means "all", so that the largest number stands for it.
pub fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A count as it was stored.
///
/// # Errors
/// [`StoreError::Corrupt`] when it is negative: no count is written so.
pub fn count(stored: i64) -> Result<u64, StoreError> {
    u64::try_from(stored).map_err(|_| StoreError::Corrupt(format!("the count {stored}")))
}

/// A digest as it was stored.
///
/// # Errors
/// [`StoreError::Corrupt`] when it has another length.
pub fn digest(stored: Vec<u8>, what: &str) -> Result<Digest, StoreError> {
    match stored.try_into() {
        Ok(bytes) => Ok(Digest::from_bytes(bytes)),
        Err(_) => Err(StoreError::Corrupt(what.into())),
    }
}

/// One file of a folder of migrations, named `VERSION_DESCRIPTION.sql`. `sqlx::migrate!`
/// would list them, but its macros bring sqlx and its engines into the build once more,
/// for the compiler.
pub fn migration(version: i64, description: &'static str, sql: &'static str) -> Migration {
    let sql = SqlStr::from_static(sql);
    Migration::new(
        version,
        description.into(),
        MigrationType::Simple,
        sql,
        false,
    )
}

/// Cuts rows into few sizes, so that few statements are ever prepared.
pub fn batches<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = [64, 16, 4, 1]
            .into_iter()
            .find(|size| *size <= rows.len())?;
        let (batch, rest) = rows.split_at(size);
        rows = rest;
        Some(batch)
    })
}

/// A row's columns as any engine has them.
///
/// # Errors
/// A column is not of the kind that the migrations say.
pub fn values<R: sqlx::Row>(table: &Table, row: &R) -> Result<Row, StoreError>
where
    usize: ColumnIndex<R>,
    i64: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    String: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    Vec<u8>: for<'r> Decode<'r, R::Database> + Type<R::Database>,
{
    let value = |(place, column): (usize, &Column)| {
        Ok(match column.kind {
            Kind::Integer => row.try_get::<Option<i64>, _>(place)?.map(Value::Integer),
            Kind::Text => row.try_get::<Option<String>, _>(place)?.map(Value::Text),
            Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(place)?.map(Value::Bytes),
        }
        .unwrap_or(Value::Null))
    };
    table.columns.iter().enumerate().map(value).collect()
}

impl From<sqlx::Error> for CopyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let found = error.as_database_error();
        let code = found.and_then(|found| Some(found.code()?.into_owned()));
        let is_postgres = found.is_some_and(|found| {
            found
                .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()
                .is_some()
        });
        match code {
            Some(code) if is_postgres => postgres::failure(&code, error),
            Some(code) => sqlite::failure(&code, error),
            None => match error {
                sqlx::Error::PoolTimedOut
                | sqlx::Error::Tls(_)
                | sqlx::Error::BeginFailed
                | sqlx::Error::WorkerCrashed => Self::Unavailable(Box::new(error)),
                sqlx::Error::Io(error) if is_cut(error.kind()) => Self::Unavailable(error.into()),
                sqlx::Error::Io(error) => error.into(),
                sqlx::Error::PoolClosed => Self::Closed,
                sqlx::Error::Protocol(problem) => Self::Unavailable(problem.into()),
                error => Self::Database(Box::new(error)),
            },
        }
    }
}

/// Whether a connection to a server is gone, or there was none.
fn is_cut(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        kind,
        Kind::BrokenPipe
            | Kind::ConnectionAborted
            | Kind::ConnectionRefused
            | Kind::ConnectionReset
            | Kind::HostUnreachable
            | Kind::NetworkUnreachable
            | Kind::NotConnected
            | Kind::NotFound
            | Kind::TimedOut
            | Kind::UnexpectedEof
    )
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
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
