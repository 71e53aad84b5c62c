//! `kaibiao witness` as a process of its own, over HTTP.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kaibiao_crypto::Digest;
use kaibiao_crypto::merkle::{Tree, cut, leaf_hash};
use kaibiao_crypto::platform_key::PlatformKey;
use kaibiao_crypto::tlog::{AddCheckpoint, Checkpoint, LogKey, SignedNote, WitnessKey};
use kaibiao_os::random::SystemRng;
use serde_json::Value;

const ORIGIN: &str = "kaibiao/0123456789abcdef";

fn kaibiao(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaibiao"));
    command.arg("--json").args(arguments);
    command
}

/// What a command that failed said on stdout.
fn failed(output: &Output) -> (Option<i32>, String) {
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let code = said["error"]["code"].as_str().unwrap().to_owned();
    (output.status.code(), code)
}

/// A log, and the folder of the witness that knows it.
struct World {
    folder: tempfile::TempDir,
    log: PlatformKey,
    witness: WitnessKey,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let witness = keygen(&folder.path().join("witness.key"));
        Self {
            folder,
            log: PlatformKey::generate(&mut SystemRng).0,
            witness,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn vkey(&self) -> String {
        LogKey::new(ORIGIN.parse().unwrap(), self.log.public_key()).to_string()
    }

    /// The command that serves, on a free port.
    fn command(&self, state: &str, key: &str, logs: &[&str]) -> Command {
        let mut command = kaibiao(&["witness", "serve", "--listen", "127.0.0.1:0"]);
        command.arg("--state").arg(self.path(state));
        command.arg("--key").arg(self.path(key));
        command.arg("--log").args(logs).stderr(Stdio::null());
        command
    }

    fn serve(&self) -> Serving {
        self.serve_logs(&[&self.vkey()])
    }

    fn serve_logs(&self, logs: &[&str]) -> Serving {
        let mut command = self.command("state", "witness.key", logs);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(said["vkey"], self.witness.to_string());
        Serving {
            child,
            address: said["address"].as_str().unwrap().to_owned(),
            said,
        }
    }

    fn note(&self, tree: &Tree) -> SignedNote {
        let checkpoint = Checkpoint {
            origin: ORIGIN.parse().unwrap(),
            size: tree.size(),
            root: tree.root(),
        };
        checkpoint.sign(&self.log).unwrap()
    }

    /// A request with the proof that belongs to it.
    fn request(&self, old: u64, tree: &Tree) -> AddCheckpoint {
        let proof = cut::consistency(tree, old, tree.size());
        AddCheckpoint {
            old,
            path: proof.map_or(Vec::new(), |proof| proof.path),
            note: self.note(tree),
        }
    }

    /// When the witness cosigned the tree, by its answer.
    fn cosigned(&self, tree: &Tree, body: &str) -> u64 {
        let text = self.note(tree).text().to_owned();
        let note: SignedNote = format!("{text}\n{body}").parse().unwrap();
        self.witness.signed(&note).unwrap().unwrap()
    }
}

fn keygen(path: &Path) -> WitnessKey {
    let name = "witness.example.cn/1";
    let made = kaibiao(&["witness", "keygen", "--name", name, "-o"])
        .arg(path)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let said: Value = serde_json::from_slice(&made.stdout).unwrap();
    said["vkey"].as_str().unwrap().parse().unwrap()
}

/// The log's tree of so many leaves.
fn tree(size: u64) -> Tree {
    Tree::from_leaves((0..size).map(|n| leaf_hash(&n.to_be_bytes())))
}

/// Another history of it, from the leaf `from` on.
fn fork(from: u64, size: u64) -> Tree {
    let leaf = |n| if n < from { n } else { n + 1_000_000 };
    Tree::from_leaves((0..size).map(|n| leaf_hash(&leaf(n).to_be_bytes())))
}

/// The witness as a process, which is killed when this is dropped.
struct Serving {
    child: Child,
    address: String,
    said: Value,
}

/// What was answered: status, media type, body.
type Answer = (u16, String, String);

fn answer(status: u16, body: &str) -> Answer {
    (
        status,
        "text/plain; charset=utf-8".to_owned(),
        body.to_owned(),
    )
}

fn conflict(size: u64) -> Answer {
    (409, "text/x.tlog.size".to_owned(), format!("{size}\n"))
}

fn malformed() -> Answer {
    answer(400, "malformed request\n")
}

fn inconsistent() -> Answer {
    answer(422, "the checkpoint does not follow from the latest one\n")
}

impl Serving {
    async fn send(&self, method: &str, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        post(&self.address, method, path, body.into())
            .await
            .unwrap()
    }

    async fn add(&self, request: impl ToString) -> Answer {
        let body = request.to_string().into_bytes();
        self.send("POST", "/add-checkpoint", body).await
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        let patience = Some(Duration::from_secs(30));
        stream.set_read_timeout(patience).unwrap();
        stream
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Ends it by SIGTERM, and tells how it ended.
    fn stop(mut self) -> Option<i32> {
        self.signal("TERM");
        self.child.wait().unwrap().code()
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // After a test that failed; a dead process is dead.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn post(address: &str, method: &str, path: &str, body: Vec<u8>) -> reqwest::Result<Answer> {
    // reqwest uses the process's provider, which another test may have installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("http://{address}{path}");
    let reply = client.request(method.parse().unwrap(), url).body(body);
    let reply = reply.send().await?;
    let kind = reply.headers().get("content-type");
    let kind = kind.map_or("", |kind| kind.to_str().unwrap()).to_owned();
    Ok((reply.status().as_u16(), kind, reply.text().await?))
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

#[test]
fn a_key_is_made_once_and_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("witness.key");
    let vkey = keygen(&path);
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let file = std::fs::read_to_string(&path).unwrap();
    assert_eq!(file.lines().next(), Some(&*vkey.to_string()));
    // openssl reads the same public key from it.
    let der = Command::new("openssl")
        .args(["pkey", "-pubout", "-outform", "DER", "-in"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(der.stdout.ends_with(vkey.key().as_bytes()), "{der:?}");

    let again = kaibiao(&["witness", "keygen", "--name", "w", "-o"])
        .arg(&path)
        .output()
        .unwrap();
    assert_eq!(failed(&again), (Some(3), "file-exists".to_owned()));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), file);
    for name in ["", "a b", "a+b", "a\tb"] {
        let other = folder.path().join("other.key");
        let made = kaibiao(&["witness", "keygen", "--name", name, "-o"])
            .arg(&other)
            .output()
            .unwrap();
        assert_eq!(made.status.code(), Some(2), "{name:?}");
        assert!(!other.exists());
    }
}

#[tokio::test]
async fn each_status_of_the_protocol_is_answered_where_it_belongs() {
    let world = World::new();
    let go: Value = serde_json::from_str(include_str!(
        "../../../crypto/vectors/tlog/vec257/meta.json"
    ))
    .unwrap();
    let witness = world.serve_logs(&[&world.vkey(), go["log_vkey"].as_str().unwrap()]);
    assert_eq!(witness.said["logs"][0]["size"], 0);
    assert_eq!(witness.send("GET", "/healthz", "").await.0, 200);
    let (status, ..) = witness.send("GET", "/add-checkpoint", "").await;
    assert_eq!(status, 405);
    let (status, ..) = witness.send("POST", "/", "").await;
    assert_eq!(status, 404);

    // A tree without leaves has one root.
    let mut empty = world.request(0, &tree(0));
    assert_eq!(witness.add(&empty).await.0, 200);
    let other = Checkpoint {
        origin: ORIGIN.parse().unwrap(),
        size: 0,
        root: tree(1).root(),
    };
    empty.note = other.sign(&world.log).unwrap();
    assert_eq!(witness.add(&empty).await, inconsistent());

    let before = now();
    let (status, kind, body) = witness.add(world.request(0, &tree(3))).await;
    assert_eq!((status, &*kind), (200, "text/plain; charset=utf-8"));
    let time = world.cosigned(&tree(3), &body);
    assert!((before..=now()).contains(&time), "{time}");
    // The same again, and what grew out of it.
    assert_eq!(witness.add(world.request(3, &tree(3))).await.0, 200);
    let (status, _, body) = witness.add(world.request(3, &tree(7))).await;
    assert_eq!(status, 200);
    world.cosigned(&tree(7), &body);

    let right = world.request(7, &tree(9));
    for (request, refused) in [
        (world.request(3, &tree(9)), conflict(7)),
        (world.request(0, &tree(9)), conflict(7)),
        (world.request(8, &tree(9)), conflict(7)),
        // Back to what it has seen is no way.
        (world.request(3, &tree(3)), conflict(7)),
        (world.request(7, &tree(3)), malformed()),
        (world.request(7, &fork(5, 9)), inconsistent()),
        (world.request(7, &fork(6, 7)), inconsistent()),
        (
            AddCheckpoint {
                path: Vec::new(),
                ..right.clone()
            },
            inconsistent(),
        ),
        (
            AddCheckpoint {
                path: [right.path.clone(), vec![Digest::of(b"more")]].concat(),
                ..right.clone()
            },
            inconsistent(),
        ),
    ] {
        assert_eq!(witness.add(&request).await, refused, "{request}");
    }

    let unknown = right
        .to_string()
        .replace(ORIGIN, "kaibiao/fedcba9876543210");
    assert_eq!(witness.add(unknown).await, answer(404, "unknown log\n"));
    let unsigned = answer(403, "no valid signature of the log\n");
    let stranger = PlatformKey::generate(&mut SystemRng).0;
    let checkpoint: Checkpoint = right.note.text().parse().unwrap();
    let forged = AddCheckpoint {
        note: checkpoint.sign(&stranger).unwrap(),
        ..right.clone()
    };
    assert_eq!(witness.add(&forged).await, unsigned);
    // A signature over something else under this key's name and id.
    let text = right.note.text();
    let elsewhere = world.note(&tree(8)).to_string();
    let line = elsewhere.rsplit_once("\n\n").unwrap().1;
    let moved = format!("old 7\n\n{text}\n{line}");
    assert_eq!(witness.add(&moved).await, unsigned);
    // Before a wrong signature the sizes do not matter, and an unknown name before it.
    let backwards = moved.replace("old 7", "old 99");
    assert_eq!(witness.add(backwards).await, unsigned);

    // Nothing of this changed what it had kept; others' lines are passed over.
    let cosigned = format!("{right}\u{2014} somebody AAAAAAAA\n");
    assert_eq!(witness.add(cosigned).await.0, 200);
    assert_eq!(witness.add(&right).await, conflict(9));

    // Another log, which Go wrote, has its own state.
    let checkpoint = include_str!("../../../crypto/vectors/tlog/vec257/checkpoint");
    let (status, _, body) = witness.add(format!("old 0\n\n{checkpoint}")).await;
    assert_eq!(status, 200, "{body}");
    let request = include_str!("../../../crypto/vectors/tlog/vec257/add-checkpoint.req");
    assert_eq!(witness.add(request).await, conflict(257));
    assert_eq!(witness.add(&right).await, conflict(9));
}

#[tokio::test]
async fn requests_of_another_form_change_nothing_and_end_nothing() {
    let world = World::new();
    let witness = world.serve();
    assert_eq!(witness.add(world.request(0, &tree(5))).await.0, 200);
    let request = world.request(5, &tree(8));
    let good = request.to_string();
    let hash = |n: usize| format!("{}\n", Digest::of(&[1]).to_string().repeat(n));
    let line = format!("{}\n", kaibiao_crypto::encoding::to_base64(&[7; 32]));
    assert_eq!(line.len(), 45);
    let (head, note) = good.split_once("\n\n").unwrap();
    for wrong in [
        String::new(),
        "\n".to_owned(),
        "\n\n".to_owned(),
        head.to_owned(),
        format!("\n\n{note}"),
        format!("old 5\n{}\n{note}", line.repeat(64)),
        format!("old 5\n{}\n{note}", hash(1)),
        // The last character has bits that belong to no byte.
        format!("old 5\n{}\n{note}", line.replace("c=", "d=")),
        format!("old 5\n{}\n{note}", line.replace('=', "")),
        format!("old 5\n {line}\n{note}"),
        good.replace("old 5", "old 05"),
        good.replace("old 5", "old +5"),
        good.replace("old 5", "old -5"),
        good.replace("old 5", "old 18446744073709551616"),
        good.replace("old 5", "old"),
        good.replace("old 5", "new 5"),
        good.replace("old 5", "old 5\0"),
        good.replace("\n8\n", "\n8\u{1}\n"),
        good.replace("\n8\n", "\n08\n"),
        good.replace("\n8\n", "\n9223372036854775808\n"),
        good.replace("\n\n\u{2014}", "\nextension\n\n\u{2014}"),
        good.replace('\n', "\r\n"),
        good.replace('\u{2014}', "--"),
        good.trim_end().to_owned(),
        format!("{good}\n"),
    ] {
        assert_ne!(wrong, good);
        assert_eq!(witness.add(&wrong).await, malformed(), "{wrong:?}");
    }
    let longest = format!("old 5\n{}\n{note}", line.repeat(63));
    assert_eq!(witness.add(longest).await, inconsistent());
    let mut bytes = good.clone().into_bytes();
    bytes.push(0xff);
    let answered = witness.send("POST", "/add-checkpoint", bytes).await;
    assert_eq!(answered, malformed());

    // A body that is announced too long, and one that does not say how long it gets.
    let huge = vec![b'a'; (64 << 10) + 1];
    let answered = post(&witness.address, "POST", "/add-checkpoint", huge).await;
    assert!(answered.is_err() || answered.unwrap().0 == 413);
    for (path, status) in [("/add-checkpoint", 413), ("/healthz", 405), ("/", 404)] {
        let mut stream = witness.connect();
        let head = format!("POST {path} HTTP/1.1\r\nhost: w\r\ntransfer-encoding: chunked\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let piece = format!("4000\r\n{}\r\n", "a".repeat(0x4000));
        for _ in 0..64 {
            stream.write_all(piece.as_bytes()).ok();
        }
        // It does not wait for the end of what has none.
        let mut said = String::new();
        let read = stream.read_to_string(&mut said);
        let expected = format!("HTTP/1.1 {status}");
        assert!(said.starts_with(&expected), "{path}: {said} {read:?}");
        assert!(!matches!(&read, Err(error) if error.kind() == ErrorKind::WouldBlock));
    }

    assert_eq!(witness.add(world.request(0, &tree(8))).await, conflict(5));
    assert_eq!(witness.add(good).await.0, 200);
    assert_eq!(witness.stop(), Some(0));
}

#[tokio::test]
async fn of_two_requests_from_one_size_one_is_cosigned_and_the_other_told_the_new_size() {
    let world = World::new();
    let witness = world.serve();
    let mut old = 0;
    for _ in 0..20 {
        // Both follow from what was cosigned last, and not from one another.
        let (one, other) = (tree(old + 2), fork(old, old + 3));
        let (first, second) = tokio::join!(
            witness.add(world.request(old, &one)),
            witness.add(world.request(old, &other))
        );
        let (won, lost) = if first.0 == 200 {
            (one, second)
        } else {
            assert_eq!(second.0, 200);
            (other, first)
        };
        assert_eq!(lost, conflict(won.size()));
        // The log goes on with its own history, where that is still possible.
        if won.root() != tree(won.size()).root() {
            assert_eq!(
                witness
                    .add(world.request(won.size(), &tree(won.size())))
                    .await,
                inconsistent()
            );
            break;
        }
        old = won.size();
    }
}

#[tokio::test]
async fn whatever_kills_it_it_never_goes_back_and_never_takes_another_history() {
    let world = World::new();
    let (mut cosigned, mut known) = (0, 0);
    for round in 0..8 {
        let witness = world.serve();
        let kept = witness.said["logs"][0]["size"].as_u64().unwrap();
        assert!(kept >= cosigned, "{kept} after {cosigned}");
        known = known.max(kept);
        let address = witness.address.clone();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(60 + 35 * round));
            witness.kill();
        });
        loop {
            let grown = tree(known + 1);
            let body = world.request(known, &grown).to_string().into_bytes();
            match post(&address, "POST", "/add-checkpoint", body).await {
                Ok((200, _, body)) => {
                    world.cosigned(&grown, &body);
                    known += 1;
                    cosigned = known;
                }
                Ok(other) => panic!("{other:?}"),
                // What was under way may have been kept; the next start tells.
                Err(_) => break,
            }
        }
        killer.join().unwrap();

        let witness = world.serve();
        let kept = witness.said["logs"][0]["size"].as_u64().unwrap();
        assert!((cosigned..=cosigned + 1).contains(&kept));
        let changed = kept.saturating_sub(1);
        for offered in [fork(changed, kept), fork(changed, kept + 3)] {
            if kept > 0 {
                let answered = witness.add(world.request(kept, &offered)).await;
                assert_eq!(answered, inconsistent());
            }
            if kept > 1 {
                let earlier = world.request(kept - 1, &offered);
                assert_eq!(witness.add(earlier).await, conflict(kept));
                let earlier = world.request(0, &offered);
                assert_eq!(witness.add(earlier).await, conflict(kept));
            }
        }
        // What was kept and not told is cosigned when it is asked for again.
        let again = witness.add(world.request(kept, &tree(kept))).await;
        assert_eq!(again.0, 200);
        (cosigned, known) = (kept, kept);
        assert_eq!(witness.stop(), Some(0));
    }
    assert!(
        cosigned > 8,
        "{cosigned}: too few to have been killed within one"
    );
}

#[test]
fn a_key_and_a_state_have_one_process_and_a_log_one_key() {
    let world = World::new();
    keygen(&world.path("other.key"));
    let vkey = world.vkey();
    let witness = world.serve();
    let in_use = (Some(3), "witness-in-use".to_owned());
    for (state, key) in [
        ("state", "other.key"),
        ("state", "witness.key"),
        ("elsewhere", "witness.key"),
    ] {
        let second = world.command(state, key, &[&vkey]).output().unwrap();
        assert_eq!(failed(&second), in_use, "{state} {key}");
    }
    assert_eq!(witness.stop(), Some(0));

    let other = PlatformKey::generate(&mut SystemRng).0;
    let other = LogKey::new(ORIGIN.parse().unwrap(), other.public_key()).to_string();
    let changed = world.command("state", "witness.key", &[&other]).output();
    let changed = failed(&changed.unwrap());
    assert_eq!(changed, (Some(3), "log-key-changed".to_owned()));
    let both = world
        .command("state", "witness.key", &[&vkey, &other])
        .output();
    assert_eq!(failed(&both.unwrap()), (Some(2), "two-log-keys".to_owned()));

    let key = world.path("witness.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = world.command("state", "witness.key", &[&vkey]).output();
    assert_eq!(failed(&open.unwrap()), (Some(3), "file".to_owned()));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(world.serve().stop(), Some(0));
}

#[test]
fn a_stop_waits_for_the_request_that_is_under_way() {
    let world = World::new();
    let witness = world.serve();
    let body = world.request(0, &tree(4)).to_string();
    let (early, late) = body.split_at(body.len() / 2);
    let mut stream = witness.connect();
    let length = body.len();
    let head =
        format!("POST /add-checkpoint HTTP/1.1\r\nhost: w\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all((head + early).as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    witness.signal("TERM");
    std::thread::sleep(Duration::from_millis(200));
    stream.write_all(late.as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    world.cosigned(&tree(4), said.split_once("\r\n\r\n").unwrap().1);
    assert_eq!(witness.stop(), Some(0));
}
