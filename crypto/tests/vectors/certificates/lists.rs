//! `certificates/lists.json`: revocation lists, required or as far as they are
//! there.

use kaibiao_crypto::certificate::{Ca, RevocationPolicy, Use};
use kaibiao_crypto::encoding::Base64;
use rcgen::SerialNumber;

use super::CertificateVector;
use crate::pki::*;
use crate::write;

use RevocationPolicy::{BestEffort, Required};

/// The intermediate certificate's serial number.
const MIDDLE: u64 = 99;

#[test]
#[ignore = "writes the vectors"]
fn write_revocation_vectors() {
    let root = Authority::root("Kaibiao Lists Root");
    let middle = root.intermediate_with("Kaibiao Lists Intermediate", |params| {
        params.serial_number = Some(SerialNumber::from(MIDDLE));
    });
    let other = Authority::root("Kaibiao Lists Other");
    let forger = Authority::root("Kaibiao Lists Root");
    let direct = vec![root.issue(P_256, Leaf::signing())];
    let below = vec![
        middle.issue(P_256, Leaf::signing()),
        middle.certificate.clone(),
    ];
    let mut vectors = Vec::new();
    let mut push = |name: &str, policy, expect: &str, chain: &[Vec<u8>], lists: Vec<Vec<u8>>| {
        let mut ca: Ca = root.ca("vectors", lists);
        ca.revocation = policy;
        let is_accepted = expect == "accepted";
        let policy = match policy {
            Required => "required",
            BestEffort => "best effort",
        };
        vectors.push(CertificateVector {
            name: format!("{name}, {policy}"),
            expect: expect.into(),
            organisation: is_accepted.then(|| CODE.into()),
            organisation_name: is_accepted.then(|| NAME.into()),
            cas: vec![ca],
            chain: chain.iter().cloned().map(Base64).collect(),
            usage: Use::Sign,
            now: NOW,
            openssl: None,
        });
    };
    let (accepted, revoked) = ("accepted", "certificate-revoked");
    let (missing, stale) = ("certificate-crl-missing", "certificate-crl-stale");
    let broken = "certificate-crl-broken";
    let mut altered = root.crl(&[], false);
    *altered.last_mut().unwrap() ^= 1;
    let mut trailing = root.crl(&[], false);
    trailing.push(0);
    let garbage = b"no list".to_vec();
    let lists = [
        ("no list", vec![], missing, accepted),
        (
            "a current list",
            vec![root.crl(&[], false)],
            accepted,
            accepted,
        ),
        (
            "a current list that has others",
            vec![root.crl(&[6, 8], false)],
            accepted,
            accepted,
        ),
        (
            "a current list that has it",
            vec![root.crl(&[7], false)],
            revoked,
            revoked,
        ),
        ("an old list", vec![root.crl(&[], true)], stale, accepted),
        (
            "an old list that has it",
            vec![root.crl(&[7], true)],
            stale,
            revoked,
        ),
        (
            "an old list without it, a new one with it",
            vec![root.crl(&[], true), root.crl(&[7], false)],
            revoked,
            revoked,
        ),
        (
            "an old list with it, a new one without it",
            vec![root.crl(&[7], true), root.crl(&[], false)],
            accepted,
            accepted,
        ),
        (
            "another authority's list that has its number",
            vec![other.crl(&[7], false)],
            missing,
            accepted,
        ),
        (
            "a list forged under the authority's name",
            vec![forger.crl(&[], false)],
            broken,
            broken,
        ),
        (
            "a list whose signature was altered",
            vec![altered],
            broken,
            broken,
        ),
        (
            "a list that cannot be read",
            vec![garbage.clone()],
            broken,
            broken,
        ),
        (
            "one that cannot be read beside a good one",
            vec![root.crl(&[], false), garbage],
            broken,
            broken,
        ),
        ("a byte after the list", vec![trailing], broken, broken),
    ];
    for (name, lists, required, best_effort) in lists {
        push(name, Required, required, &direct, lists.clone());
        push(name, BestEffort, best_effort, &direct, lists);
    }
    let (root_good, middle_good) = (root.crl(&[], false), middle.crl(&[], false));
    let lists = [
        (
            "an intermediate, lists of both",
            vec![root_good.clone(), middle_good.clone()],
            accepted,
            accepted,
        ),
        (
            "an intermediate without a list of its own",
            vec![root_good.clone()],
            missing,
            accepted,
        ),
        (
            "an intermediate, no list of the root",
            vec![middle_good.clone()],
            missing,
            accepted,
        ),
        (
            "a revoked intermediate",
            vec![root.crl(&[MIDDLE], false), middle_good.clone()],
            revoked,
            revoked,
        ),
        (
            "revoked below an intermediate",
            vec![root_good, middle.crl(&[7], false)],
            revoked,
            revoked,
        ),
        (
            "an intermediate, an old list of the root",
            vec![root.crl(&[], true), middle_good],
            stale,
            accepted,
        ),
    ];
    for (name, lists, required, best_effort) in lists {
        push(name, Required, required, &below, lists.clone());
        push(name, BestEffort, best_effort, &below, lists);
    }
    write("certificates/lists.json", &vectors);
}
