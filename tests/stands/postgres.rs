//! A real PostgreSQL for tests: one cluster for each process of tests, in a directory of
//! its own.
//!
//! However that process ends, a small child of its notices, stops the server and removes
//! the directory. It is included where it is used; it needs nothing but the standard
//! library and Debian's package `postgresql`.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Names the folder of `initdb` and `postgres` where it is not where Debian has it.
const BIN: &str = "KAIBIAO_POSTGRES_BIN";

/// Waits for the end of its input, which is that of the process of tests, then stops the
/// server that the directory tells of.
const WATCH: &str = r#"cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ] && grep -q "$1" "/proc/$pid/cmdline" 2>/dev/null; then
    # Those that stand still would not hear it.
    for process in /proc/[0-9]*; do
        [ "$(cut -d ' ' -f 4 "$process/stat" 2>/dev/null)" != "$pid" ] || kill -CONT "${process#/proc/}"
    done
    kill -CONT "$pid"
    kill -QUIT "$pid" 2>/dev/null
    while kill -0 "$pid" 2>/dev/null && [ "$(cut -d ' ' -f 3 "/proc/$pid/stat")" != Z ]; do
        sleep 0.05
    done
fi
rm -rf "$1""#;

/// A running cluster.
pub struct Cluster {
    pub port: u16,
    pub dir: PathBuf,
    child: Child,
    watch: Child,
    settings: Vec<String>,
}

impl Cluster {
    /// Ends the server at once, as a crash would, and waits until it is gone.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again where it was.
    pub fn start(&mut self) {
        self.child = started(&self.dir, self.port, &self.settings);
    }

    /// Another server, on this port or a free one, that follows this one. From now on this
    /// one answers no commit before that one has it.
    pub fn standby(&self, port: Option<u16>) -> Cluster {
        let (dir, watch) = place();
        let copied = command("pg_basebackup", &dir)
            .args(["-h", "127.0.0.1", "-U", "postgres", "-p"])
            .arg(self.port.to_string())
            .args(["-R", "-X", "stream", "-c", "fast", "--no-sync", "-D"])
            .arg(dir.join("data"))
            .output()
            .unwrap();
        succeeded("pg_basebackup", &copied);
        let port = port.unwrap_or_else(free_port);
        let standby = Cluster {
            port,
            child: started(&dir, port, &self.settings),
            dir,
            watch,
            settings: self.settings.clone(),
        };
        self.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
        self.sql("SELECT pg_reload_conf()");
        let began = Instant::now();
        while self.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1"
        {
            assert!(
                began.elapsed().as_secs() < 60,
                "the standby does not follow"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        standby
    }

    /// Makes a standby the primary, which waits for no standby of its own.
    pub fn promote(&self) {
        assert_eq!(self.sql("SELECT pg_promote()"), "t");
    }

    /// Lets every process of the server stand still, as on a machine of which nothing more
    /// is heard.
    pub fn freeze(&self) {
        let server = self.child.id();
        let signalled = |signal: &str, pid: u32| {
            let sent = Command::new("kill")
                .args(["-s", signal, &pid.to_string()])
                .status();
            // One that has ended meanwhile is still enough.
            let _ = sent.unwrap();
        };
        signalled("STOP", server);
        for process in fs::read_dir("/proc").unwrap().flatten() {
            let Some(pid) = process.file_name().to_str().and_then(|it| it.parse().ok()) else {
                continue;
            };
            let stat = fs::read_to_string(process.path().join("stat")).unwrap_or_default();
            let parent = stat.rsplit(") ").next().and_then(|it| it.split(' ').nth(1));
            if parent == Some(&server.to_string()) {
                signalled("STOP", pid);
            }
        }
    }

    /// What the server answers to a statement, as psql prints it.
    pub fn sql(&self, statement: &str) -> String {
        let said = command("psql", &self.dir)
            .args([
                "-X",
                "-q",
                "-t",
                "-A",
                "-h",
                "127.0.0.1",
                "-U",
                "postgres",
                "-p",
            ])
            .arg(self.port.to_string())
            .args(["-c", statement])
            .output()
            .unwrap();
        succeeded(statement, &said);
        String::from_utf8_lossy(&said.stdout).trim().to_owned()
    }
}

fn succeeded(what: &str, output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {said}");
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.watch.stdin.take());
        let _ = self.child.wait();
        let _ = self.watch.wait();
    }
}

/// Makes a cluster and starts it on a free port. Settings are given as `name=value`.
///
/// # Panics
/// When this machine has no PostgreSQL: a test that needs one cannot be left out.
pub fn cluster(settings: &[&str]) -> Cluster {
    let (dir, watch) = place();
    let made = command("initdb", &dir)
        .args(["-U", "postgres", "-A", "trust", "-E", "UTF8"])
        .args(["--locale=C", "--data-checksums", "--no-sync", "-D"])
        .arg(dir.join("data"))
        .output()
        .unwrap();
    succeeded("initdb", &made);
    let port = free_port();
    let settings: Vec<String> = settings.iter().map(|it| (*it).to_owned()).collect();
    Cluster {
        port,
        child: started(&dir, port, &settings),
        dir,
        watch,
        settings,
    }
}

/// A directory for a server, and what ends that server with this process.
fn place() -> (PathBuf, Child) {
    let dir = std::env::temp_dir().join(format!("kaibiao-postgres-{:016x}", random()));
    fs::create_dir(&dir).unwrap();
    if let Some((uid, gid)) = somebody() {
        chown(&dir, Some(uid), Some(gid)).unwrap();
    }
    let watch = Command::new("sh")
        .args(["-c", WATCH, "sh"])
        .arg(&dir)
        .stdin(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    (dir, watch)
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The port of a cluster that all tests of this process share. It ends with the process.
pub fn shared() -> u16 {
    static SHARED: std::sync::OnceLock<Cluster> = std::sync::OnceLock::new();
    SHARED.get_or_init(|| cluster(&[])).port
}

/// A server that answers. After a crash it takes a while until another one may start.
fn started(dir: &Path, port: u16, settings: &[String]) -> Child {
    let began = Instant::now();
    loop {
        let mut child = served(dir, port, settings);
        while child.try_wait().unwrap().is_none() {
            if answers(port) {
                return child;
            }
            if began.elapsed().as_secs() > 60 {
                let log = fs::read_to_string(dir.join("log")).unwrap_or_default();
                panic!("PostgreSQL does not start: {log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(
            began.elapsed().as_secs() < 60,
            "PostgreSQL does not start: {}",
            fs::read_to_string(dir.join("log")).unwrap_or_default()
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn served(dir: &Path, port: u16, settings: &[String]) -> Child {
    let log = fs::File::options()
        .create(true)
        .append(true)
        .open(dir.join("log"))
        .unwrap();
    let mut server = command("postgres", dir);
    server
        .arg("-D")
        .arg(dir.join("data"))
        .args(["-c", "listen_addresses=127.0.0.1"])
        .args(["-c", "max_connections=200", "-c", "shared_buffers=32MB"])
        .args(["-c", &format!("port={port}")])
        .args(["-c", &format!("unix_socket_directories={}", dir.display())]);
    for setting in settings {
        server.args(["-c", setting]);
    }
    server
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// One of PostgreSQL's programs, run as somebody whom it takes (it refuses root).
fn command(program: &str, dir: &Path) -> Command {
    let mut command = Command::new(binaries().join(program));
    command
        .current_dir(dir)
        .stdin(Stdio::null())
        .env_clear()
        .env("LC_ALL", "C")
        // What ends the tests from a terminal is not for the server.
        .process_group(0);
    if let Some((uid, gid)) = somebody() {
        command.uid(uid).gid(gid);
    }
    command
}

/// User and group for the server; None for this process's own.
fn somebody() -> Option<(u32, u32)> {
    let id = |args: &[&str]| {
        let told = Command::new("id").args(args).output().unwrap();
        let text = String::from_utf8_lossy(&told.stdout).into_owned();
        text.trim().parse::<u32>().ok()
    };
    if id(&["-u"]) != Some(0) {
        return None;
    }
    let found = ["postgres", "nobody"]
        .into_iter()
        .find_map(|name| id(&["-u", name]).zip(id(&["-g", name])));
    Some(found.expect("there is nobody but root to run PostgreSQL as"))
}

/// Debian's folder of the newest version.
fn binaries() -> PathBuf {
    if let Some(named) = std::env::var_os(BIN) {
        return named.into();
    }
    let version = |bin: &Path| -> Option<u32> {
        let version = bin.parent()?.file_name()?;
        version.to_str()?.parse().ok()
    };
    fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .max_by_key(|bin| version(bin))
        .unwrap_or_else(|| {
            panic!(
                "PostgreSQL is not here: run scripts/prepare test, which installs Debian's \
                 package postgresql, or name the folder of initdb and postgres in {BIN}"
            )
        })
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
