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
        // serialization_failure, statement_completion_unknown, deadlock_detected,
        // lock_not_available, query_canceled, read_only_sql_transaction (a standby),
        // out_of_memory, too_many_connections, configuration_limit_exceeded; a transaction
        // that was idle or took too long
        "40001" | "40003" | "40P01" | "55P03" | "57014" | "25006" | "53200" | "53300" | "53400"
        | "25P03" | "25P04" => unavailable(error),
        // Connection exceptions; the server stops, starts or has crashed.
        code if code.starts_with("08") || code.starts_with("57P") => unavailable(error),
        _ => StoreError::Database(Box::new(error)),
    }
}

fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}
