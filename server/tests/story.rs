//! The demonstration is the story that this repository tells; it has to be
//! true from the first step to the last.

use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn the_demonstration_runs_from_the_first_certificate_to_the_webhook() {
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join("story");
    let _ = std::fs::remove_dir_all(&data);
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port();
    let output = Command::new(env!("CARGO_BIN_EXE_kaibiao"))
        .args(["demo", "--once", "--json", "--large", "40"])
        .args(["--listen", &format!("127.0.0.1:{port}")])
        .arg("--data")
        .arg(&data)
        .stdin(Stdio::null())
        .output()
        .expect("the program can be started");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the demonstration failed:\n{told}");

    let last = String::from_utf8_lossy(&output.stdout);
    let result: serde_json::Value =
        serde_json::from_str(last.lines().last().unwrap_or_default()).expect("a result in JSON");
    assert!(result["project"].is_string(), "{result}");

    for expected in [
        // What has to be refused was refused.
        "header-not-a-bid",
        "chunk-mismatch",
        "bid-other-lot",
    ] {
        assert!(told.contains(expected), "{expected} was not seen:\n{told}");
    }
    let papers = papers(&data);
    assert!(
        papers.iter().any(|name| name.ends_with("record.pdf")),
        "no record on paper among {papers:?}"
    );
}

/// All files below a folder.
fn papers(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(papers(&entry.path()));
        } else {
            found.push(entry.path().display().to_string());
        }
    }
    found
}
