//! Those who watch the opening, as the page does: each by a live room of its own, joined
//! again wherever it is cut.

use std::time::Duration;

use jiff::Timestamp;
use kaibiao_api::RoomMessage;
use kaibiao_client::http::Server;
use kaibiao_client::room::Room;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Before a room is joined again, as the page waits.
const PAUSE: Duration = Duration::from_millis(200);

/// What one of them has seen.
#[derive(Default)]
pub struct Seen {
    /// Number and kind of every item, in the order in which they came.
    pub items: Vec<(u64, String)>,
    /// When an item came, and how long after it had happened, in ms.
    pub came: Vec<(i64, i64)>,
    /// From when to when there was no connection, UTC ms.
    pub cuts: Vec<(i64, i64)>,
}

pub fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Watchers that go on until they are told that it is over.
pub struct Watchers {
    all: Vec<JoinHandle<Seen>>,
    over: watch::Sender<bool>,
}

impl Watchers {
    pub fn begin(count: usize, url: &str, project: &str) -> Self {
        let (over, is_over) = watch::channel(false);
        let watching = |_| {
            let server = Server::new(url, None).expect("an address");
            tokio::spawn(follow(server, project.to_owned(), is_over.clone()))
        };
        Self {
            all: (0..count).map(watching).collect(),
            over,
        }
    }

    pub async fn end(self) -> Vec<Seen> {
        self.over.send_replace(true);
        let mut seen = Vec::new();
        for watcher in self.all {
            seen.push(watcher.await.expect("a watcher that did not fall over"));
        }
        seen
    }
}

async fn follow(server: Server, project: String, mut over: watch::Receiver<bool>) -> Seen {
    let mut seen = Seen::default();
    tokio::select! {
        () = watching(&server, &project, &mut seen) => {}
        _ = over.wait_for(|over| *over) => {}
    }
    seen
}

async fn watching(server: &Server, project: &str, seen: &mut Seen) {
    let mut away = None;
    loop {
        let after = seen.items.last().map_or(0, |(n, _)| *n);
        let Ok(mut room) = Room::join(server, project, after).await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        if let Some(from) = away.take() {
            seen.cuts.push((from, now()));
        }
        let is_first = after == 0;
        let mut length = 0;
        while let Ok(message) = room.next().await {
            match message {
                RoomMessage::Hello { length: told, .. } => length = told,
                RoomMessage::Item(item) => {
                    // What had happened before it came in was not late.
                    if !is_first || item.n > length {
                        seen.came.push((now(), now() - item.time));
                    }
                    seen.items.push((item.n, item.kind));
                }
                RoomMessage::Clock { .. } => {}
            }
        }
        away = Some(now());
    }
}
