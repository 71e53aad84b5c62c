//! Work on chunks, or groups of them, on several cores, in order and in bounded
//! memory.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Buffers waiting at each worker. With 8 workers at most 25 are in flight: 25 MiB
/// of chunks, or up to 200 MiB where they are worked on in groups of up to eight (and
/// a copy of its group at each worker).
const DEPTH: usize = 2;
const MOST_WORKERS: u64 = 8;

/// For each `k` below `count`: `fill` puts what is to be done into a buffer, `work` does
/// the heavy part on some core, `drain` gets the results in order. The first
/// error of `fill` or `drain` ends it.
pub(super) fn run<B: Default + Send, T: Send, E>(
    count: u64,
    mut fill: impl FnMut(u64, &mut B) -> Result<(), E>,
    work: impl Fn(u64, &mut B) -> T + Sync,
    mut drain: impl FnMut(u64, &B, T) -> Result<(), E>,
) -> Result<(), E> {
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let workers = cores.min(count).min(MOST_WORKERS);
    if workers < 2 {
        let mut buffer = B::default();
        for k in 0..count {
            fill(k, &mut buffer)?;
            let result = work(k, &mut buffer);
            drain(k, &buffer, result)?;
        }
        return Ok(());
    }
    thread::scope(|scope| {
        let work = &work;
        let lanes: Vec<Lane<B, T>> = (0..workers)
            .map(|_| {
                let (jobs, todo) = sync_channel::<(u64, B)>(DEPTH);
                let (finished, results) = sync_channel(DEPTH);
                scope.spawn(move || {
                    for (k, mut buffer) in todo {
                        let result = work(k, &mut buffer);
                        if finished.send((buffer, result)).is_err() {
                            break;
                        }
                    }
                });
                Lane { jobs, results }
            })
            .collect();
        // Chunk k goes to worker k mod n and is awaited there, so results need
        // no sorting.
        let lane = |k: u64| &lanes[usize::try_from(k % workers).expect("few workers")];
        let window = workers * DEPTH as u64;
        let mut spare: Vec<B> = Vec::new();
        for k in 0..count + window {
            if let Some(done) = k.checked_sub(window).filter(|done| *done < count) {
                let (buffer, result) = lane(done)
                    .results
                    .recv()
                    .expect("a worker ends only when its jobs have ended");
                drain(done, &buffer, result)?;
                spare.push(buffer);
            }
            if k < count {
                let mut buffer = spare.pop().unwrap_or_default();
                fill(k, &mut buffer)?;
                lane(k)
                    .jobs
                    .send((k, buffer))
                    .expect("a worker ends only when its jobs have ended");
            }
        }
        Ok(())
    })
}

struct Lane<B, T> {
    jobs: SyncSender<(u64, B)>,
    results: Receiver<(B, T)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whatever_the_count() {
        for count in [0, 1, 2, 3, 7, 100] {
            let mut seen = Vec::new();
            let done: Result<(), ()> = run(
                count,
                |k, buffer: &mut Vec<u8>| {
                    buffer.clear();
                    buffer.push(k as u8);
                    Ok(())
                },
                |k, buffer| {
                    buffer[0] += 1;
                    k * 2
                },
                |k, buffer, result| {
                    assert_eq!((u64::from(buffer[0]), result), (k + 1, k * 2));
                    seen.push(k);
                    Ok(())
                },
            );
            assert_eq!(done, Ok(()));
            assert_eq!(seen, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_error_ends_the_work() {
        let failed = run(
            100,
            |k, (): &mut ()| if k == 9 { Err(k) } else { Ok(()) },
            |_, ()| (),
            |_, (), ()| Ok(()),
        );
        assert_eq!(failed, Err(9));
        let failed = run(
            100,
            |_, (): &mut ()| Ok(()),
            |_, ()| (),
            |k, (), ()| if k == 9 { Err(k) } else { Ok(()) },
        );
        assert_eq!(failed, Err(9));
    }
}
