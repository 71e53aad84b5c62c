//! SoftHSM with a folder of its own. The library reads that from the environment when it is
//! loaded, so each test runs itself again in a process with that environment.

use std::path::Path;
use std::process::Command;

use super::{PIN, run};

/// SoftHSM as Debian installs it.
pub const LIBRARY: &str = "/usr/lib/softhsm/libsofthsm2.so";
const FOLDER: &str = "KAIBIAO_TEST_SOFTHSM";

/// Runs `body` where SoftHSM has a folder of its own.
pub fn with_softhsm(name: &str, body: impl FnOnce(&Path)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return body(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let conf = folder.path().join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\n",
        tokens.display()
    );
    std::fs::write(&conf, text).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env("SOFTHSM2_CONF", &conf)
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A token of this label with the PIN of the tests.
pub fn token(label: &str) {
    let so = "87654321";
    run(
        "softhsm2-util",
        &[
            "--init-token",
            "--free",
            "--label",
            label,
            "--so-pin",
            so,
            "--pin",
            PIN,
        ],
    );
}
