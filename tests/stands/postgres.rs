//! A real PostgreSQL for tests: one cluster for each process of tests, in a directory of
//! its own, that ends with the process.
//!
//! It is included where it is used; it needs nothing but the standard library and
//! Debian's package `postgresql`.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// A running cluster.
pub struct Cluster {
    pub port: u16,
    pub dir: PathBuf,
    child: Child,
    bin: PathBuf,
}

impl Cluster {
    /// Ends the server at once, as a crash would, and waits until it is gone.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        // Its children notice, and let the directory go.
        let began = Instant::now();
        while self.dir.join("data/postmaster.pid").exists() && began.elapsed().as_secs() < 3 {
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Starts it again where it was.
    pub fn start(&mut self) {
        self.child = served(&self.bin, &self.dir, self.port, &[]);
        wait_until_it_answers(self.port);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Makes a cluster and starts it on a free port. Settings are given as `name=value`.
///
/// # Panics
/// When this machine has no PostgreSQL: a test that needs one cannot be left out.
pub fn cluster(settings: &[&str]) -> Cluster {
    let bin = binaries();
    let dir = std::env::temp_dir().join(format!("kaibiao-postgres-{:016x}", random()));
    fs::create_dir(&dir).unwrap();
    own(&dir);
    let data = dir.join("data");
    let mut initdb = as_somebody(&bin.join("initdb"));
    initdb.args([
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
        "-D",
    ]);
    let made = initdb.arg(&data).current_dir(&dir).output().unwrap();
    assert!(
        made.status.success(),
        "initdb: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let child = served(&bin, &dir, port, settings);
    wait_until_it_answers(port);
    Cluster {
        port,
        dir,
        child,
        bin,
    }
}

/// The port of a cluster that all tests of this process share. It ends with the process.
pub fn shared() -> u16 {
    static PORT: std::sync::OnceLock<u16> = std::sync::OnceLock::new();
    *PORT.get_or_init(|| {
        let (sender, started) = mpsc::channel();
        // A thread of its own, because the server ends with the thread that started it.
        std::thread::spawn(move || {
            let cluster = cluster(&[]);
            sender.send(cluster.port).unwrap();
            loop {
                std::thread::park();
            }
        });
        started.recv().expect("PostgreSQL could not be started")
    })
}

fn served(bin: &Path, dir: &Path, port: u16, settings: &[&str]) -> Child {
    let log = fs::File::options()
        .create(true)
        .append(true)
        .open(dir.join("log"))
        .unwrap();
    let mut server = as_somebody(&bin.join("postgres"));
    server
        .arg("-D")
        .arg(dir.join("data"))
        .args([
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "max_connections=200",
        ])
        .args(["-c", &format!("port={port}")])
        .args(["-c", &format!("unix_socket_directories={}", dir.display())]);
    for setting in settings {
        server.args(["-c", setting]);
    }
    server
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Runs a program as somebody whom PostgreSQL takes (it refuses root), to be killed when
/// the thread that starts it ends.
fn as_somebody(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if is_root() {
        command.args(["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]);
    }
    command.arg("--").arg(program);
    command
}

fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.starts_with("Uid:\t0\t"))
}

fn own(dir: &Path) {
    if is_root() {
        let owned = Command::new("chown")
            .arg("nobody:nogroup")
            .arg(dir)
            .status()
            .unwrap();
        assert!(owned.success());
    }
}

/// Debian's folder of the newest version.
fn binaries() -> PathBuf {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found
        .pop()
        .expect("PostgreSQL is missing: apt-get install postgresql")
}

fn wait_until_it_answers(port: u16) {
    let began = Instant::now();
    while !answers(port) {
        assert!(began.elapsed().as_secs() < 60, "PostgreSQL does not start");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether somebody who connects is asked for nothing more, as it is once recovery is over.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let parameters = b"user\0postgres\0database\0postgres\0\0";
    let length = u32::try_from(8 + parameters.len()).unwrap();
    let startup = [
        &length.to_be_bytes()[..],
        &196_608_u32.to_be_bytes(),
        parameters,
    ]
    .concat();
    let mut answer = [0; 1];
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .is_ok()
        && stream.write_all(&startup).is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && answer == *b"R"
}

fn random() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(std::process::id())
}
