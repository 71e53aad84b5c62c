//! The bundles of real openings in `crypto/vectors/bundle`, with the report that each
//! must give. `KAIBIAO_GOLDEN=1` writes the reports anew.

use std::path::{Path, PathBuf};

use kaibiao_verify::{Policy, verify};
use serde_json::Value;

const OPENINGS: [&str; 7] = [
    "plain",
    "masked",
    "failed",
    "cancelled",
    "notices",
    "gm",
    "gm-masked",
];

fn vector(name: &str) -> PathBuf {
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../crypto/vectors/bundle"
    ))
    .join(name)
}

fn read(name: &str) -> Vec<u8> {
    std::fs::read(vector(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn each_bundle_gives_the_report_that_is_kept_beside_it() {
    for opening in OPENINGS {
        let policy = Policy::parse(&read(&format!("{opening}.policy.json"))).unwrap();
        for edition in ["", ".supervisor"] {
            let report = verify(&read(&format!("{opening}{edition}.kev")), &policy, &[]);
            let report =
                report.unwrap_or_else(|fault| panic!("{opening}{edition}: {}", fault.code));
            assert!(report.is_enough(), "{opening}{edition}: {}", report.json());
            let name = format!("{opening}{edition}.report.json");
            if std::env::var_os("KAIBIAO_GOLDEN").is_some() {
                let text = serde_json::to_string_pretty(&report.json()).unwrap();
                std::fs::write(vector(&name), text + "\n").unwrap();
            }
            let kept: Value = serde_json::from_slice(&read(&name)).unwrap();
            assert_eq!(report.json(), kept, "{name}");
        }
    }
}

/// A platform is believed for what it signed and for nothing of another's.
#[test]
fn another_platforms_policy_believes_none_of_them() {
    let policies = OPENINGS.map(|it| Policy::parse(&read(&format!("{it}.policy.json"))).unwrap());
    for (place, opening) in OPENINGS.iter().enumerate() {
        let bundle = read(&format!("{opening}.supervisor.kev"));
        let other = &policies[(place + 1) % OPENINGS.len()];
        let report = verify(&bundle, other, &[]).unwrap();
        assert!(!report.is_enough(), "{opening}");
    }
}
