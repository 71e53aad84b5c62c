//! Between the store's unsigned numbers and SQLite's signed ones.

use crate::error::StoreError;

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
