//! What the tests verify, shown to other verifiers: with `KAIBIAO_SHOW=FOLDER` each bundle
//! and policy that a test asks about is written there, with what this verifier says of it.
//! `web/tests/program/bundles.test.ts` holds the page's own to the same.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use kaibiao_verify::{Fault, Policy, Report, Unreadable};
use serde_json::{Value, json};

/// A policy, and the file that it was read from.
pub struct Believed {
    file: String,
    policy: Policy,
}

impl Believed {
    pub fn read(file: &Value) -> Result<Self, Unreadable> {
        let file = file.to_string();
        let policy = Policy::parse(file.as_bytes()).inspect_err(|_| {
            show(None, &json!({ "policy": file, "unreadable": true }));
        })?;
        Ok(Self { file, policy })
    }

    /// Shows a bundle and what was found of it.
    pub fn show(&self, bundle: &[u8], receipts: &[(&str, &[u8])], found: &Result<Report, Fault>) {
        let mut found = match found {
            Ok(report) => json!({ "report": report.json() }),
            Err(fault) => json!({ "code": fault.code, "where": fault.place }),
        };
        let receipts = receipts
            .iter()
            .map(|(name, bytes)| json!({ "name": name, "text": String::from_utf8_lossy(bytes) }));
        found["receipts"] = receipts.collect();
        found["policy"] = json!(self.file);
        show(Some(bundle), &found);
    }
}

impl Deref for Believed {
    type Target = Policy;

    fn deref(&self) -> &Policy {
        &self.policy
    }
}

static SHOWN: AtomicUsize = AtomicUsize::new(0);

fn show(bundle: Option<&[u8]>, found: &Value) {
    let Some(folder) = std::env::var_os("KAIBIAO_SHOW").map(PathBuf::from) else {
        return;
    };
    let number = SHOWN.fetch_add(1, Ordering::Relaxed);
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    let mut found = found.clone();
    found["test"] = json!(test);
    if let Some(bundle) = bundle {
        std::fs::write(folder.join(format!("{number}.kev")), bundle).unwrap();
    }
    std::fs::write(folder.join(format!("{number}.json")), found.to_string()).unwrap();
}
