//! `certificates/chains.json`: keys, usages, dates and revocation.

use kaibiao_crypto::certificate::{Ca, Use};
use kaibiao_crypto::encoding::Base64;

use super::CertificateVector;
use crate::pki::*;
use crate::write;

#[test]
#[ignore = "writes the vectors"]
fn write_certificate_vectors() {
    let root = Authority::root("Kaibiao Vectors Root");
    let middle = root.intermediate("Kaibiao Vectors Intermediate");
    let stranger = Authority::root("Kaibiao Vectors Root");
    let lists = |revoked: &[u64], stale| vec![root.crl(revoked, stale), middle.crl(revoked, stale)];
    let ca = root.ca("vectors", lists(&[], false));
    let mut vectors = Vec::new();
    let mut push = |name: &str, expect: &str, ca: Ca, chain: Vec<Vec<u8>>, usage, now| {
        vectors.push(CertificateVector {
            name: name.into(),
            expect: expect.into(),
            organisation: (expect == "accepted").then(|| CODE.into()),
            organisation_name: (expect == "accepted").then(|| NAME.into()),
            cas: vec![ca],
            chain: chain.into_iter().map(Base64).collect(),
            usage,
            now,
            openssl: None,
        });
    };
    let leaf = |leaf: Leaf| vec![root.issue(P_256, leaf)];
    for (name, key) in [
        ("RSA-2048", RSA_2048),
        ("RSA-3072", RSA_3072),
        ("RSA-4096", RSA_4096),
        ("P-256", P_256),
    ] {
        let chain = vec![root.issue(key, Leaf::signing())];
        push(
            &format!("{name} to sign"),
            "accepted",
            ca.clone(),
            chain,
            Use::Sign,
            NOW,
        );
        let chain = vec![root.issue(key, Leaf::encryption())];
        push(
            &format!("{name} to encrypt"),
            "accepted",
            ca.clone(),
            chain,
            Use::Encrypt,
            NOW,
        );
    }
    for (name, key) in [
        ("RSA-1024", RSA_1024),
        ("RSA with e = 3", RSA_2048_E3),
        ("P-384", P_384),
        ("Ed25519", ED25519),
    ] {
        let chain = vec![root.issue(key, Leaf::signing())];
        push(
            name,
            "certificate-weak-key",
            ca.clone(),
            chain,
            Use::Sign,
            NOW,
        );
    }
    let below = vec![
        middle.issue(RSA_2048, Leaf::signing()),
        middle.certificate.clone(),
    ];
    push(
        "below an intermediate",
        "accepted",
        ca.clone(),
        below.clone(),
        Use::Sign,
        NOW,
    );
    push(
        "without its intermediate",
        "certificate-unknown-issuer",
        ca.clone(),
        below[..1].to_vec(),
        Use::Sign,
        NOW,
    );
    let forged = vec![
        stranger.issue(P_256, Leaf::signing()),
        stranger.certificate.clone(),
    ];
    push(
        "from an authority of the same name",
        "certificate-unknown-issuer",
        ca.clone(),
        forged,
        Use::Sign,
        NOW,
    );
    push(
        "signing with the encryption certificate",
        "certificate-wrong-usage",
        ca.clone(),
        leaf(Leaf::encryption()),
        Use::Sign,
        NOW,
    );
    push(
        "encrypting to the signing certificate",
        "certificate-wrong-usage",
        ca.clone(),
        leaf(Leaf::signing()),
        Use::Encrypt,
        NOW,
    );
    push(
        "without key usage",
        "certificate-wrong-usage",
        ca.clone(),
        leaf(Leaf {
            usages: vec![],
            ..Leaf::signing()
        }),
        Use::Sign,
        NOW,
    );
    push(
        "expired",
        "certificate-expired",
        ca.clone(),
        leaf(Leaf {
            years: (2024, 2026),
            ..Leaf::signing()
        }),
        Use::Sign,
        NOW,
    );
    push(
        "not valid yet",
        "certificate-not-yet-valid",
        ca.clone(),
        leaf(Leaf {
            years: (2027, 2028),
            ..Leaf::signing()
        }),
        Use::Sign,
        NOW,
    );
    let with = |crls| root.ca("vectors", crls);
    push(
        "revoked",
        "certificate-revoked",
        with(lists(&[7], false)),
        leaf(Leaf::signing()),
        Use::Sign,
        NOW,
    );
    push(
        "no revocation list",
        "certificate-crl-missing",
        with(vec![]),
        leaf(Leaf::signing()),
        Use::Sign,
        NOW,
    );
    push(
        "a stale revocation list",
        "certificate-crl-stale",
        with(lists(&[], true)),
        leaf(Leaf::signing()),
        Use::Sign,
        NOW,
    );
    push(
        "a forged revocation list",
        "certificate-crl-broken",
        with(vec![stranger.crl(&[], false)]),
        leaf(Leaf::signing()),
        Use::Sign,
        NOW,
    );
    push(
        "no organisation",
        "certificate-no-organisation",
        ca.clone(),
        leaf(Leaf {
            code: None,
            ..Leaf::signing()
        }),
        Use::Sign,
        NOW,
    );
    push(
        "a wrong check character",
        "certificate-bad-organisation-code",
        ca.clone(),
        leaf(Leaf {
            code: Some("91350100M000100Y44"),
            ..Leaf::signing()
        }),
        Use::Sign,
        NOW,
    );
    let mut longer = root.issue(P_256, Leaf::signing());
    longer.push(0);
    push(
        "a byte after the certificate",
        "certificate-malformed",
        ca,
        vec![longer],
        Use::Sign,
        NOW,
    );
    write("certificates/chains.json", &vectors);
}
