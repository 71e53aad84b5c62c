//! A real S3 server for tests: SeaweedFS, started once for each process of tests, on
//! loopback, with its data in a directory that goes with it.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use kaibiao_store::Bucket;
use object_store::aws::AmazonS3Builder;
use object_store::{ObjectStoreExt as _, RetryConfig};

/// Runs the server until nobody holds the pipe to it any more: however the tests end,
/// it is gone.
const UNTIL_CLOSED: &str = r#""$0" "$@" >"$LOG" 2>&1 &
pid=$!
exec 3<&0
{ read -r _ <&3; kill "$pid"; } &
wait "$pid"
grep -A 9 "^panic" "$LOG"
rm -rf "$DIR""#;

const IDENTITY: &str = r#"{"identities":[{"name":"hall","credentials":[{"accessKey":"hall",
"secretKey":"a key for tests"}],"actions":["Admin","Read","Write","List"]}]}"#;

struct Weed {
    port: u16,
    /// It keeps the pipe open.
    _child: Mutex<Child>,
}

/// A bucket of that name, seen directly; None where there is no server for this machine.
pub fn bucket(name: &str) -> Option<Bucket> {
    static WEED: OnceLock<Option<Weed>> = OnceLock::new();
    let weed = WEED.get_or_init(start).as_ref()?;
    Some(at(weed.port, name))
}

fn at(port: u16, name: &str) -> Bucket {
    Bucket {
        url: format!("s3://kaibiao-tests/{name}"),
        endpoint: format!("http://127.0.0.1:{port}"),
        region: "us-east-1".to_owned(),
        access_key: "hall".to_owned(),
        secret_key: "a key for tests".to_owned().into(),
        patience: Duration::from_secs(20),
    }
}

/// Whether it takes an object: it listens before it has a volume to keep one.
fn is_ready(port: u16) -> bool {
    let bucket = at(port, "");
    let put = async move {
        let built = AmazonS3Builder::new()
            .with_bucket_name("kaibiao-tests")
            .with_endpoint(&bucket.endpoint)
            .with_allow_http(true)
            .with_access_key_id(&bucket.access_key)
            .with_secret_access_key(bucket.secret_key.as_str())
            .with_retry(RetryConfig {
                max_retries: 0,
                ..RetryConfig::default()
            })
            .build();
        let store = built.unwrap();
        store.put(&"ready".into(), "yes".into()).await.is_ok()
    };
    // The tests' own runtime cannot be waited for from within.
    let asking = std::thread::spawn(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(put)
    });
    asking.join().unwrap_or(false)
}

fn start() -> Option<Weed> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let script = above
        .map(|it| it.join("scripts/weed"))
        .find(|it| it.exists())?;
    let found = Command::new(script).output().ok()?;
    if !found.status.success() {
        return None;
    }
    let program = String::from_utf8(found.stdout).unwrap();
    // A port that was free may be taken the next moment, and a busy machine may be too
    // slow for it.
    let started = (0..12).find_map(|_| {
        serve(program.trim()).or_else(|| {
            std::thread::sleep(Duration::from_secs(1));
            None
        })
    });
    Some(started.expect("an S3 server"))
}

/// One try to start it.
fn serve(program: &str) -> Option<Weed> {
    let dir = tempfile::tempdir().unwrap().keep();
    std::fs::write(dir.join("s3.json"), IDENTITY).unwrap();
    // Held until all are found, so that they differ.
    let held: Vec<TcpListener> = (0..8)
        .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap())
        .collect();
    let ports: Vec<u16> = held
        .iter()
        .map(|it| it.local_addr().unwrap().port())
        .collect();
    drop(held);
    let at = |option: &str, number: usize| format!("-{option}={}", ports[number]);
    let mut child = Command::new("sh")
        .args(["-c", UNTIL_CLOSED, program, "server"])
        .args(["-ip=127.0.0.1", "-ip.bind=127.0.0.1"])
        .args([at("master.port", 0), at("master.port.grpc", 1)])
        .args([at("volume.port", 2), at("volume.port.grpc", 3)])
        .args(["-filer".into(), at("filer.port", 4)])
        .args([at("filer.port.grpc", 5)])
        .args(["-s3".into(), at("s3.port", 6), at("s3.port.grpc", 7)])
        .args(["-s3.port.iceberg=0", "-s3.port.lance=0"])
        .arg("-master.telemetry=false")
        .args(["-volume.max=400", "-master.volumeSizeLimitMB=64"])
        .arg(format!("-dir={}", dir.display()))
        .arg(format!(
            "-filer.localSocket={}",
            dir.join("filer").display()
        ))
        .arg(format!("-s3.config={}", dir.join("s3.json").display()))
        .env("DIR", &dir)
        .env("LOG", dir.join("log"))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let (port, begun) = (ports[6], Instant::now());
    while !is_ready(port) {
        if child.try_wait().unwrap().is_some() || begun.elapsed() > Duration::from_mins(1) {
            return None;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Some(Weed {
        port,
        _child: Mutex::new(child),
    })
}
