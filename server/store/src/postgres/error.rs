//! What PostgreSQL's failures mean to the store.

use std::io;

use crate::error::StoreError;

/// A failure by its SQLSTATE (PostgreSQL, appendix A).
pub fn failure(code: &str, error: sqlx::Error) -> StoreError {
    match code {
        // disk_full
        "53100" => StoreError::Full,
        // data_corrupted, index_corrupted
        "XX001" | "XX002" => StoreError::Corrupt(error.to_string()),
        // io_error
        "58030" => StoreError::Io(io::Error::other(error)),
        // serialization_failure, deadlock_detected, lock_not_available, query_canceled,
        // read_only_sql_transaction (a standby), too_many_connections
        "40001" | "40P01" | "55P03" | "57014" | "25006" | "53300" => unavailable(error),
        // Connection exceptions; the server stops, starts or has crashed.
        code if code.starts_with("08") || code.starts_with("57P") || code == "25P03" => {
            unavailable(error)
        }
        _ => StoreError::Database(Box::new(error)),
    }
}

fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}
