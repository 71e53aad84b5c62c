//! A program run to its end, and what it took.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::measure::Sample;

/// How often its memory is looked at: the kernel keeps the peak until the process ends.
const LOOK: Duration = Duration::from_millis(5);

/// Runs a command to its end, without input and output.
pub fn run(command: &mut Command, units: f64) -> Result<Sample> {
    let words = format!("{command:?}");
    let begun = Instant::now();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| words.clone())?;
    let id = child.id();
    let ended = AtomicBool::new(false);
    let (took, cpu, peak) = std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut peak = 0;
            while !ended.load(Ordering::Relaxed) {
                peak = peak_of(id).unwrap_or(peak);
                std::thread::sleep(LOOK);
            }
            peak
        });
        // It is not reaped yet, so that /proc still tells what it used.
        let pid = Pid::from_child(&child);
        let waited = waitid(
            WaitId::Pid(pid),
            WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
        );
        let took = begun.elapsed();
        let cpu = cpu_of(id);
        ended.store(true, Ordering::Relaxed);
        let peak = looking.join().unwrap_or_default();
        waited.map(|_| (took, cpu, peak))
    })?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("{words}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(Sample {
        took,
        units,
        cpu,
        peak: Some(peak),
        ..Sample::default()
    })
}

/// The same, with the file that it wrote on the disk when it is over.
pub fn run_to_disk(command: &mut Command, output: &Path, units: f64) -> Result<Sample> {
    let _ = std::fs::remove_file(output);
    let mut sample = run(command, units)?;
    let begun = Instant::now();
    std::fs::File::open(output)?.sync_all()?;
    sample.took += begun.elapsed();
    Ok(sample)
}

/// Processor seconds of a process so far (proc(5): user and system, in ticks of 1/100 s).
pub fn cpu_of(id: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let after_name = stat.rsplit(')').next()?;
    let ticks = after_name.split_whitespace().skip(11).take(2);
    Some(ticks.filter_map(|it| it.parse::<f64>().ok()).sum::<f64>() / 100.0)
}

/// Processor seconds of this process so far.
pub fn own_cpu() -> f64 {
    cpu_of(std::process::id()).unwrap_or_default()
}

/// The most memory a process has held so far, in bytes.
pub fn peak_of(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// What one in a hundred waited for longer.
pub fn p99(mut waits: Vec<Duration>) -> Duration {
    waits.sort();
    let at = (waits.len() * 99 / 100).min(waits.len().saturating_sub(1));
    waits.get(at).copied().unwrap_or_default()
}

/// What a turn takes of a server's processes and of the client, which is this one.
pub struct Meter {
    server: Vec<u32>,
    begun: Instant,
    cpu: f64,
    client: f64,
}

impl Meter {
    pub fn begin(server: Vec<u32>) -> Self {
        Self {
            cpu: cpu_of_all(&server),
            server,
            client: own_cpu(),
            begun: Instant::now(),
        }
    }

    /// So much was done, and single units waited so long.
    pub fn end(self, units: f64, waits: Vec<Duration>) -> Sample {
        let took = self.begun.elapsed();
        let peaks = self.server.iter().filter_map(|id| peak_of(*id));
        Sample {
            took,
            units,
            cpu: Some(cpu_of_all(&self.server) - self.cpu),
            peak: Some(peaks.sum()),
            p99: (waits.len() > 1).then(|| p99(waits)),
            client: Some((own_cpu() - self.client) / took.as_secs_f64()),
        }
    }
}

fn cpu_of_all(ids: &[u32]) -> f64 {
    ids.iter().filter_map(|id| cpu_of(*id)).sum()
}

/// A process and those that it has started.
pub fn family(id: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    let children = children.unwrap_or_default();
    let children = children.split_whitespace().filter_map(|it| it.parse().ok());
    std::iter::once(id)
        .chain(children.flat_map(family))
        .collect()
}

/// Whether a program is on PATH.
pub fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Runs what must succeed and is not measured; what it printed.
pub fn must(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        bail!(
            "{command:?}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A process that goes when it is dropped.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
