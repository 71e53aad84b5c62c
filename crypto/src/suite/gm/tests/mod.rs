//! The suite beside others: whether it says the same, and how fast.

mod beside;
mod speed;

use fearless_simd::Level;

/// What this processor has, and all that is below it.
pub(super) fn levels() -> Vec<Level> {
    let best = Level::new();
    #[cfg(target_arch = "x86_64")]
    let levels = [
        best.as_sse2().map(Level::Sse2),
        best.as_sse4_2().map(Level::Sse4_2),
        best.as_avx2().map(Level::Avx2),
        Some(best),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let levels = [Some(best)];
    levels.into_iter().flatten().collect()
}
