//! What the figures were taken on.

use std::fs::read_to_string;

/// Processor, cores, memory, system, and what else went on.
pub fn line() -> String {
    let info = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split(": ").nth(1))
            .unwrap_or_default()
    };
    let (model, flags) = (field("model name"), field("flags"));
    let has = ["aes", "vaes", "avx2", "avx512f", "sha_ni"].into_iter();
    let has: Vec<_> = has
        .filter(|wanted| flags.split(' ').any(|flag| flag == *wanted))
        .collect();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = read_to_string("/proc/meminfo").unwrap_or_default();
    let memory: u64 = memory
        .split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse().ok())
        .unwrap_or_default();
    let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{model}, {cores} cores ({}), {} GiB, Linux {}; load before it {:.1}",
        has.join(" "),
        memory >> 20,
        kernel.trim(),
        load()
    )
}

/// How many processes wanted to run in the last minute, on average.
pub fn load() -> f64 {
    let load = read_to_string("/proc/loadavg").unwrap_or_default();
    let first = load.split(' ').next();
    first.and_then(|it| it.parse().ok()).unwrap_or_default()
}
