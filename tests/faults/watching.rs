//! Watchers of a room, who come back with the last item they have seen.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kaibiao_api::RoomMessage;
use kaibiao_client::failure::Kind;
use kaibiao_client::http::Server;
use kaibiao_client::room::Room;

use crate::journal::Journal;

/// How watchers were cut off and came back.
#[derive(Default)]
pub struct Returns {
    /// Those who are in the room now.
    pub inside: AtomicU64,
    /// From each cut to the next word of the room.
    away: Mutex<Vec<Duration>>,
}

impl Returns {
    /// How long each was away since this was asked last, the shortest first.
    pub fn take(&self) -> Vec<Duration> {
        let mut away = std::mem::take(&mut *self.away.lock().unwrap());
        away.sort_unstable();
        away
    }
}

/// Watchers of one room as one person, and what they have seen.
pub struct Watch {
    pub returns: Arc<Returns>,
    tasks: Vec<tokio::task::JoinHandle<Vec<String>>>,
    /// How long the feed was when it ended; 0 before.
    until: Arc<AtomicU64>,
    server: Server,
    project: String,
    journal: Arc<Journal>,
}

impl Watch {
    pub fn start(server: &Server, project: &str, many: usize, journal: &Arc<Journal>) -> Self {
        let until = Arc::new(AtomicU64::new(0));
        let returns = Arc::new(Returns::default());
        let tasks = (0..many).map(|_| {
            let watching = watch(
                server.clone(),
                project.to_owned(),
                until.clone(),
                journal.clone(),
                returns.clone(),
            );
            tokio::spawn(watching)
        });
        Self {
            tasks: tasks.collect(),
            returns,
            until,
            server: server.clone(),
            project: project.to_owned(),
            journal: journal.clone(),
        }
    }

    /// When everything is fair and nothing happens any more: each watcher has seen all
    /// of it, in order, once, and the same as somebody who comes only now.
    pub async fn end(self) {
        let late = loop {
            match Room::join(&self.server, &self.project, 0).await {
                Ok(room) => break room,
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        };
        let mut room = late;
        let length = match room.next().await {
            Ok(RoomMessage::Hello { length, .. }) => length,
            other => panic!("{:?} is no greeting", other.ok()),
        };
        let mut all = Vec::new();
        while (all.len() as u64) < length {
            if let RoomMessage::Item(item) = room.next().await.unwrap() {
                all.push(serde_json::to_string(&item).unwrap());
            }
        }
        self.until.store(length, Ordering::Release);
        for task in self.tasks {
            let mut seen = task.await.unwrap();
            seen.truncate(all.len());
            if seen != all {
                let at = seen.iter().zip(&all).position(|(one, other)| one != other);
                let text = format!(
                    "a watcher saw {} of {} items, other ones from {at:?}",
                    seen.len(),
                    all.len()
                );
                self.journal.wrong(text);
                if let Some(at) = at {
                    self.journal
                        .wrong(format!("{} instead of {}", seen[at], all[at]));
                }
            }
            self.journal.watched(seen.len() as u64);
        }
    }
}

/// What a watcher sees until it has seen all; it goes on for a while even if it has not.
async fn watch(
    server: Server,
    project: String,
    until: Arc<AtomicU64>,
    journal: Arc<Journal>,
    returns: Arc<Returns>,
) -> Vec<String> {
    const GRACE: Duration = Duration::from_secs(90);
    let mut seen: Vec<String> = Vec::new();
    let mut cut: Option<Instant> = None;
    let mut ended: Option<Instant> = None;
    let enough = |seen: &Vec<String>, ended: &mut Option<Instant>| {
        let length = until.load(Ordering::Acquire);
        if length == 0 {
            return false;
        }
        let since = *ended.get_or_insert_with(Instant::now);
        seen.len() as u64 >= length || since.elapsed() > GRACE
    };
    loop {
        if enough(&seen, &mut ended) {
            return seen;
        }
        let mut room = match Room::join(&server, &project, seen.len() as u64).await {
            Ok(room) => room,
            Err(failure) => {
                if failure.kind != Kind::Network {
                    journal.wrong(format!("room: {} {}", failure.code, failure.en));
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        let mut is_inside = false;
        loop {
            if enough(&seen, &mut ended) {
                return seen;
            }
            let Ok(next) = tokio::time::timeout(Duration::from_secs(1), room.next()).await else {
                continue;
            };
            if next.is_ok() && !is_inside {
                is_inside = true;
                returns.inside.fetch_add(1, Ordering::Relaxed);
                if let Some(cut) = cut.take() {
                    returns.away.lock().unwrap().push(cut.elapsed());
                }
            }
            match next {
                Ok(RoomMessage::Item(item)) => {
                    if item.n != seen.len() as u64 + 1 {
                        journal.wrong(format!("item {} came after {}", item.n, seen.len()));
                    }
                    seen.push(serde_json::to_string(&item).unwrap());
                }
                Ok(_) => {}
                Err(failure) => {
                    if failure.kind != Kind::Network {
                        journal.wrong(format!("room: {} {}", failure.code, failure.en));
                    }
                    break;
                }
            }
        }
        // Whoever is not let in again stays away for as long as that takes.
        cut.get_or_insert_with(Instant::now);
        if is_inside {
            returns.inside.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
