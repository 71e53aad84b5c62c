//! A bundle of evidence: checked, as its reader's program does it.

use kaibiao_verify::{Policy, verify};

use crate::{Path, Work, work};

const BUNDLE: &[u8] = include_bytes!("../../../crypto/vectors/bundle/plain.supervisor.kev");
const POLICY: &[u8] = include_bytes!("../../../crypto/vectors/bundle/plain.policy.json");

pub const PATHS: &[Path] = &[Path {
    name: "verify a bundle",
    sizes: &[1],
    unit: "bundle",
    prepare: |_| verifying(),
}];

fn verifying() -> Work {
    let policy = Policy::parse(POLICY).unwrap();
    work(move || {
        let report = verify(BUNDLE, &policy, &[]).unwrap_or_else(|fault| panic!("{}", fault.code));
        assert!(report.is_enough());
        report
    })
}
