//! The demonstration is the story that this repository tells; it has to be
//! true from the first step to the last.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

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

    let stdout = String::from_utf8_lossy(&output.stdout);
    let result: Value =
        serde_json::from_str(stdout.lines().last().unwrap_or_default()).expect("a result in JSON");
    assert_eq!(result["ok"], true, "{result}");

    // What has to be refused was refused, by this code.
    for code in [
        "header-not-a-bid",
        "not-a-bid",
        "altered",
        "foreign-project",
        "late",
        "wrong-key",
    ] {
        assert!(told.contains(&format!("[{code}]")), "no {code}:\n{told}");
    }

    let papers: Vec<&str> = result["record"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let pdf = papers.iter().find(|name| name.ends_with(".pdf"));
    let text = Command::new("pdftotext")
        .args(["-raw", "-enc", "UTF-8"])
        .args([pdf.expect("a record on paper"), "-"])
        .output()
        .expect("pdftotext is installed (Debian: poppler-utils); `make test` installs it");
    let text = String::from_utf8_lossy(&text.stdout).replace(['\n', ' '], "");
    for expected in ["开标记录表", "视为撤销", "元整", "异议与答复"] {
        assert!(
            text.contains(expected),
            "{expected} is not in the record:\n{text}"
        );
    }
}
