//! Asks a witness of the public log for its cosignature (docs/spec/log.md, 5). Whom to
//! ask, when, and what follows from an answer are the caller's.

use std::time::Duration;

use kaibiao_api::problem::Problem;
use kaibiao_crypto::Digest;
use kaibiao_crypto::merkle::cut;
use kaibiao_crypto::tlog::{AddCheckpoint, Checkpoint, NoteSignature, SignedNote, WitnessKey};
use reqwest::StatusCode;

use super::Files;
use crate::{blocking, outgoing};

/// How long a witness may take for one answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// An answer with more bytes is not read: one line has fewer than 300.
const ANSWER_MAX: usize = 16 << 10;

/// Somebody who cosigns checkpoints.
pub struct Witness {
    client: reqwest::Client,
    url: String,
    key: WitnessKey,
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The witness has cosigned the checkpoint, and the cosignature holds.
    Cosigned {
        /// The line to put under the note.
        signature: NoteSignature,
        /// When, by the witness's clock, in seconds since the epoch.
        time: u64,
    },
    /// No answer of use came. It may come another time.
    Away(String),
    /// The witness will not cosign this, with a status other than 200, 408, 429 and 500
    /// to 599.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// The witness says that it has cosigned a checkpoint of this log with more entries
    /// than this one has. It proves nothing by that.
    Ahead {
        /// How many entries.
        size: u64,
    },
}

impl Witness {
    /// A witness whose protocol is served under `url`.
    ///
    /// # Errors
    /// When no HTTP client can be made on this machine.
    pub fn open(url: &str, key: WitnessKey) -> reqwest::Result<Self> {
        Ok(Self {
            client: outgoing::client(PATIENCE)?,
            url: format!("{}/add-checkpoint", url.trim_end_matches('/')),
            key,
        })
    }

    /// The key under which this witness cosigns.
    pub fn key(&self) -> &WitnessKey {
        &self.key
    }

    /// Asks for a cosignature over the log's checkpoint, which `note` is and to which
    /// `files` lead. `known` is the size that the witness has cosigned last as far as
    /// we know, 0 for none. Where it has cosigned another, it is asked once more from
    /// the size that it tells, so this takes at most twice 5 seconds.
    ///
    /// # Errors
    /// When the log's files do not lead to a proof, which is no fault of the witness.
    pub async fn ask(
        &self,
        note: &SignedNote,
        checkpoint: &Checkpoint,
        files: &Files,
        known: u64,
    ) -> Result<Answer, Problem> {
        let size = checkpoint.size;
        let mut old = known.min(size);
        let mut reproved = false;
        loop {
            let request = AddCheckpoint {
                old,
                path: path(files, old, size).await?,
                note: note.clone(),
            };
            let (status, body) = match self.post(request.to_string()).await {
                Ok(answer) => answer,
                Err(reason) => return Ok(Answer::Away(reason)),
            };
            return Ok(match status {
                StatusCode::OK => self.cosigned(note, &body),
                StatusCode::CONFLICT => match told(&body) {
                    Some(told) if told > size => Answer::Ahead { size: told },
                    Some(told) if told != old && !reproved => {
                        (old, reproved) = (told, true);
                        continue;
                    }
                    _ => refused(status),
                },
                // Another time it may answer otherwise.
                StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                    Answer::Away(status.to_string())
                }
                status if status.is_server_error() => Answer::Away(status.to_string()),
                status => refused(status),
            });
        }
    }

    /// One request: the status, and the body as far as it is text.
    async fn post(&self, request: String) -> Result<(StatusCode, String), String> {
        let reason = |error: reqwest::Error| format!("{:#}", anyhow::Error::from(error));
        let mut reply = (self.client.post(&self.url).body(request).send().await).map_err(reason)?;
        let mut body = Vec::new();
        while let Some(piece) = reply.chunk().await.map_err(reason)? {
            if body.len() + piece.len() > ANSWER_MAX {
                return Err(format!("the answer has more than {ANSWER_MAX} bytes"));
            }
            body.extend_from_slice(&piece);
        }
        let body = String::from_utf8(body).map_err(|_| "the answer is no text".to_owned())?;
        Ok((reply.status(), body))
    }

    /// The cosignature in an answer, of several the last. Lines of other keys are
    /// passed over, and so is a line of this one that does not hold.
    fn cosigned(&self, note: &SignedNote, body: &str) -> Answer {
        let holds = |line: &str| {
            let signature: NoteSignature = line.parse().ok()?;
            // Under a note of its own no other line can speak for it.
            let alone: SignedNote = format!("{}\n{signature}", note.text()).parse().ok()?;
            let time = self.key.signed(&alone).ok()??;
            Some((time, signature))
        };
        let last = body.lines().filter_map(holds).max_by_key(|(time, _)| *time);
        match last {
            Some((time, signature)) => Answer::Cosigned { signature, time },
            None => Answer::Away("the answer holds no cosignature of this witness".to_owned()),
        }
    }
}

fn refused(status: StatusCode) -> Answer {
    Answer::Refused {
        status: status.as_u16(),
    }
}

/// The size in the body of a conflict.
fn told(body: &str) -> Option<u64> {
    let number = body.strip_suffix('\n')?;
    let size: u64 = number.parse().ok()?;
    (size.to_string() == number).then_some(size)
}

async fn path(files: &Files, old: u64, size: u64) -> Result<Vec<Digest>, Problem> {
    let files = files.clone();
    let cut = blocking(move || {
        cut::consistency(&files.nodes(size), old, size)
            .ok_or_else(|| Problem::internal("a tile of the public log is missing"))
    });
    Ok(cut.await?.path)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use kaibiao_crypto::merkle::{Tree, leaf_hash};
    use kaibiao_crypto::platform_key::PlatformKey;
    use kaibiao_crypto::tlog::{KeyName, LogKey, Refused, Seen, Tile, WIDTH, judge};
    use kaibiao_os::random::SystemRng;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    const TIME: u64 = 1_795_000_000;

    /// A log of 300 entries on the disk, and the keys of its log and its witness.
    struct World {
        folder: tempfile::TempDir,
        files: Files,
        log: PlatformKey,
        witness: PlatformKey,
    }

    fn origin() -> KeyName {
        "log.example.cn".parse().unwrap()
    }

    fn name() -> KeyName {
        "witness.example.cn".parse().unwrap()
    }

    fn tree(size: u64) -> Tree {
        Tree::from_leaves((0..size).map(|n| leaf_hash(&n.to_be_bytes())))
    }

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let files = Files(folder.path().join("log"));
            let entries: Vec<Vec<u8>> = (0..300u64).map(|n| n.to_be_bytes().to_vec()).collect();
            for tile in Tile::added(0, 300) {
                if tile.level > 0 {
                    files.write_above(tile).unwrap();
                    continue;
                }
                let first = usize::try_from(tile.index * WIDTH).unwrap();
                let under = &entries[first..first + usize::from(tile.width)];
                files.write_entries(tile, under).unwrap();
            }
            Self {
                folder,
                files,
                log: PlatformKey::generate(&mut SystemRng).0,
                witness: PlatformKey::generate(&mut SystemRng).0,
            }
        }

        fn head(&self) -> (SignedNote, Checkpoint) {
            let tree = tree(300);
            let checkpoint = Checkpoint {
                origin: origin(),
                size: 300,
                root: tree.root(),
            };
            (checkpoint.sign(&self.log).unwrap(), checkpoint)
        }

        fn line(&self, time: u64) -> String {
            let text = self.head().0.text().to_owned();
            let line = WitnessKey::sign(name(), &self.witness, time, &text);
            line.unwrap().to_string()
        }

        /// Asks a server that answers each request in turn by `answer`; tells what came
        /// of it and the `old` of each request.
        async fn ask(
            &self,
            known: u64,
            answer: impl FnMut(&str) -> (u16, String) + Send + 'static,
        ) -> (Answer, Vec<u64>) {
            let (url, asked) = serve(answer).await;
            let key = WitnessKey::new(name(), self.witness.public_key());
            let (note, checkpoint) = self.head();
            let witness = Witness::open(&url, key).unwrap();
            let answer = witness.ask(&note, &checkpoint, &self.files, known);
            let answer = answer.await.unwrap();
            let asked = asked.lock().unwrap().clone();
            (answer, asked)
        }
    }

    async fn serve(
        mut answer: impl FnMut(&str) -> (u16, String) + Send + 'static,
    ) -> (String, Arc<Mutex<Vec<u64>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/w1/", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut bytes = Vec::new();
                let body = loop {
                    stream.read_buf(&mut bytes).await.unwrap();
                    let text = String::from_utf8_lossy(&bytes).to_string();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else {
                        continue;
                    };
                    assert!(
                        head.starts_with("POST /w1/add-checkpoint HTTP/1.1"),
                        "{head}"
                    );
                    let length = head.lines().find_map(|line| {
                        let (name, value) = line.split_once(": ")?;
                        let named = name.eq_ignore_ascii_case("content-length");
                        named.then(|| value.parse::<usize>().unwrap())
                    });
                    if body.len() == length.unwrap() {
                        break body.to_owned();
                    }
                };
                let request: AddCheckpoint = body.parse().unwrap();
                seen.lock().unwrap().push(request.old);
                let (status, body) = answer(&body);
                let length = body.len();
                let reply = format!(
                    "HTTP/1.1 {status} X\r\nlocation: /elsewhere\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
                );
                // A client that has read enough hangs up.
                let _ = stream.write_all(reply.as_bytes()).await;
            }
        });
        (url, asked)
    }

    /// A witness that has cosigned `seen` entries.
    fn honest(
        world: &World,
        seen: u64,
    ) -> impl FnMut(&str) -> (u16, String) + Send + 'static + use<> {
        let log = LogKey::new(origin(), world.log.public_key());
        let line = world.line(TIME);
        let seen = Seen {
            size: seen,
            root: tree(seen).root(),
        };
        move |body| match judge(&body.parse().unwrap(), &log, Some(seen)) {
            Ok(_) => (200, line.clone()),
            Err(Refused::Conflict(size)) => (409, format!("{size}\n")),
            Err(other) => panic!("{other}"),
        }
    }

    #[tokio::test]
    async fn a_witness_cosigns_from_the_size_it_knows_and_is_asked_again_from_the_one_it_tells() {
        let world = World::new();
        let signature: NoteSignature = world.line(TIME).trim_end().parse().unwrap();
        let cosigned = Answer::Cosigned {
            signature,
            time: TIME,
        };
        for (seen, known, asked) in [
            (0, 0, vec![0]),
            (257, 257, vec![257]),
            (300, 300, vec![300]),
            (257, 0, vec![0, 257]),
            (0, 100, vec![100, 0]),
            // More than there is is not asked for.
            (300, 900, vec![300]),
        ] {
            let answer = world.ask(known, honest(&world, seen)).await;
            assert_eq!(answer, (cosigned.clone(), asked), "{seen} {known}");
        }
    }

    #[tokio::test]
    async fn who_tells_a_larger_size_is_ahead_and_who_keeps_telling_another_refuses() {
        let world = World::new();
        let ahead = world.ask(300, |_| (409, "301\n".to_owned())).await;
        assert_eq!(ahead, (Answer::Ahead { size: 301 }, vec![300]));
        let mut told = 0;
        let restless = world.ask(300, move |_| {
            told += 1;
            (409, format!("{told}\n"))
        });
        let refused = Answer::Refused { status: 409 };
        assert_eq!(restless.await, (refused.clone(), vec![300, 1]));
        for body in ["300\n", "7", "07\n", "+7\n", "-1\n", "", "x\n"] {
            let answer = world.ask(300, move |_| (409, body.to_owned())).await;
            assert_eq!(answer, (refused.clone(), vec![300]), "{body:?}");
        }
    }

    #[tokio::test]
    async fn only_lines_of_the_witness_that_hold_are_taken() {
        let world = World::new();
        let stranger = World::new().line(TIME + 9);
        let (early, late) = (world.line(TIME), world.line(TIME + 5));
        let mut damaged = world.line(TIME + 7).into_bytes();
        let at = damaged.len() - 9;
        damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
        let damaged = String::from_utf8(damaged).unwrap();
        let body = format!("{stranger}\nno line\n{late}{damaged}{early}");
        let (answer, _) = world.ask(0, move |_| (200, body.clone())).await;
        let Answer::Cosigned { time, signature } = answer else {
            panic!("{answer:?}");
        };
        assert_eq!((time, signature.to_string()), (TIME + 5, late));
        for body in [stranger, damaged, String::new()] {
            let (answer, _) = world.ask(0, move |_| (200, body.clone())).await;
            assert!(matches!(answer, Answer::Away(_)), "{answer:?}");
        }
        // Over another checkpoint.
        let other = WitnessKey::sign(name(), &world.witness, TIME, "other\n1\n").unwrap();
        let (answer, _) = world.ask(0, move |_| (200, other.to_string())).await;
        assert!(matches!(answer, Answer::Away(_)), "{answer:?}");
    }

    #[tokio::test]
    async fn long_answers_failures_and_redirects_give_nothing() {
        let world = World::new();
        let line = world.line(TIME);
        let long = line.clone() + &"\n".repeat(ANSWER_MAX + 1 - line.len());
        for (status, body, away) in [
            (200, long, true),
            (503, line.clone(), true),
            (408, line.clone(), true),
            (429, line.clone(), true),
            (302, line.clone(), false),
            (404, line.clone(), false),
            (201, line.clone(), false),
        ] {
            let (answer, asked) = world.ask(0, move |_| (status, body.clone())).await;
            assert_eq!(asked, [0], "{status}");
            match answer {
                Answer::Away(_) => assert!(away, "{status}"),
                other => assert_eq!((other, away), (Answer::Refused { status }, false)),
            }
        }
        let full = line.clone() + &"\n".repeat(ANSWER_MAX - line.len());
        let (answer, _) = world.ask(0, move |_| (200, full.clone())).await;
        assert!(matches!(answer, Answer::Cosigned { .. }), "{answer:?}");
        // Nobody is there.
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", free.local_addr().unwrap());
        drop(free);
        let key = WitnessKey::new(name(), world.witness.public_key());
        let (note, checkpoint) = world.head();
        let witness = Witness::open(&url, key).unwrap();
        let answer = witness.ask(&note, &checkpoint, &world.files, 0).await;
        assert!(matches!(answer.unwrap(), Answer::Away(_)));
    }

    #[tokio::test]
    async fn who_does_not_answer_in_time_is_away() {
        let world = World::new();
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let key = WitnessKey::new(name(), world.witness.public_key());
        let (note, checkpoint) = world.head();
        let witness = Witness::open(&url, key).unwrap();
        let asked = witness.ask(&note, &checkpoint, &world.files, 0);
        let answer = tokio::time::timeout(PATIENCE * 2, asked).await.unwrap();
        assert!(matches!(answer.unwrap(), Answer::Away(_)));
    }

    #[tokio::test]
    async fn tiles_that_are_missing_are_our_own_fault() {
        let world = World::new();
        let nowhere = Files(world.folder.path().join("nowhere"));
        let key = WitnessKey::new(name(), world.witness.public_key());
        let (note, checkpoint) = world.head();
        let witness = Witness::open("http://127.0.0.1:9", key).unwrap();
        let asked = witness.ask(&note, &checkpoint, &nowhere, 7).await;
        assert!(asked.is_err());
    }
}
