//! Turns counts of what is in memory into the numbers that facts and views
//! hold, which have the same width on every machine.

/// A count as a `u32`; `u32::MAX` stands for more than that.
pub(crate) fn count_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A count as a `u64`.
pub(crate) fn count_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
