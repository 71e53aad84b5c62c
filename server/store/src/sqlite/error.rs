//! What SQLite's failures mean to the store.

use std::io;

use crate::error::StoreError;

// Primary result codes, https://www.sqlite.org/rescode.html
const SQLITE_BUSY: i32 = 5;
const SQLITE_READONLY: i32 = 8;
const SQLITE_IOERR: i32 = 10;
const SQLITE_CORRUPT: i32 = 11;
const SQLITE_FULL: i32 = 13;
const SQLITE_CANTOPEN: i32 = 14;
const SQLITE_NOTADB: i32 = 26;

/// A failure by its result code (the low byte of an extended one is the primary code).
pub fn failure(code: &str, error: sqlx::Error) -> StoreError {
    match code.parse::<i32>().map(|code| code & 0xff) {
        Ok(SQLITE_FULL) => StoreError::Full,
        Ok(SQLITE_CORRUPT | SQLITE_NOTADB) => StoreError::Corrupt(error.to_string()),
        Ok(SQLITE_BUSY | SQLITE_READONLY | SQLITE_IOERR | SQLITE_CANTOPEN) => {
            StoreError::Io(io::Error::other(error))
        }
        _ => StoreError::Database(Box::new(error)),
    }
}
