//! Certificates of suite `gm` (docs/spec/suite-gm.md, 8): those of the small test
//! authority, with keys and signatures of SM2 put in their place.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod pki;

use kaibiao_crypto::Suite;
use kaibiao_crypto::certificate::{Certificate, CertificateProblem as Problem, KeyAlgorithm, Use};
use kaibiao_crypto::signature::{Algorithm, SignatureProblem, message};
use kaibiao_crypto::signer::Signer as _;
use kaibiao_crypto::wrap::{PrivateKey, PublicKey};
use pki::sm2::*;
use pki::*;

#[test]
fn every_spelling_of_keys_and_signatures_is_believed_and_is_the_same_key() {
    for spelling in 0..KEYS.len() {
        for signed in 0..SIGNED.len() {
            let authorities = Authorities::new(spelling, signed);
            let key = Sm2Key::new();
            let leaf = authorities.issue(Leaf::signing(), &key.spki(spelling), signed);
            let trust = authorities.trust(&[]);
            let holder = trust.judge(&[&leaf], NOW, Use::Sign).unwrap();
            assert_eq!(holder.organisation.as_str(), CODE);
            assert_eq!(holder.certificate.key_algorithm(), KeyAlgorithm::Sm2);
            assert_eq!(holder.grounds.path.len(), 3);

            // Whatever the spelling, it is the key that the PKCS #8 holds.
            let own = PrivateKey::from_pkcs8(&key.pkcs8).unwrap().public();
            assert_eq!(PublicKey::from_certificate(&leaf), Ok(own.clone()));
            assert_eq!(own.suite(), Suite::Gm);
            assert_eq!(own.spki(), key.spki(0));
            let text = message("submit", "o", "", b"{}");
            let value = signer(&key.pkcs8, leaf).sign(&text).unwrap();
            assert_eq!(value.algorithm, Algorithm::Sm2);
            let public = holder.certificate.public_key();
            assert_eq!(public.verify(&text, &value), Ok(()));
            let other = message("withdraw", "o", "", b"{}");
            let held = public.verify(&other, &value);
            assert_eq!(held, Err(SignatureProblem::Invalid));
        }
    }
}

/// Link by link: its command takes the identifier for the certificate that is verified
/// and for none above it.
#[test]
fn openssl_believes_the_same_chain() {
    let authorities = Authorities::new(0, 0);
    let leaf = authorities.issue(Leaf::signing(), &Sm2Key::new().spki(0), 0);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, certificate: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, pem(certificate)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let root = file("root", &authorities.root_certificate);
    let middle = file("middle", &authorities.middle_certificate);
    let (leaf, at) = (file("leaf", &leaf), (NOW / 1000).to_string());
    for (issuer, certificate) in [(&root, &middle), (&middle, &leaf)] {
        let identifier = ["verify", "-vfyopt", "distid:1234567812345678"];
        let rest = [
            "-partial_chain",
            "-attime",
            &at,
            "-CAfile",
            issuer,
            certificate,
        ];
        openssl(&[&identifier[..], &rest].concat(), b"");
    }
}

#[test]
fn a_pair_is_judged_and_a_revoked_half_is_named() {
    let authorities = Authorities::new(0, 0);
    let sign = authorities.issue(Leaf::signing(), &Sm2Key::new().spki(0), 0);
    let encrypt = authorities.issue(Leaf::encryption(), &Sm2Key::new().spki(1), 1);
    let pair = authorities
        .trust(&[])
        .judge_pair(&[&sign], &[&encrypt], NOW);
    assert_eq!(pair.unwrap().encrypt.organisation.as_str(), CODE);
    let revoked = authorities
        .trust(&[8])
        .judge_pair(&[&sign], &[&encrypt], NOW);
    assert_eq!(revoked.map(drop), Err(Problem::Revoked));
    let swapped = authorities
        .trust(&[])
        .judge_pair(&[&encrypt], &[&sign], NOW);
    let wanted = Use::Sign;
    assert_eq!(swapped.map(drop), Err(Problem::WrongUsage { wanted }));
}

#[test]
fn a_signature_that_does_not_hold_is_another_authoritys() {
    let authorities = Authorities::new(0, 0);
    let key = Sm2Key::new();
    let leaf = authorities.middle.issue(P_256, Leaf::signing());
    let spki = key.spki(0);
    let trust = authorities.trust(&[]);
    let judge = |leaf: &[u8]| trust.judge(&[leaf], NOW, Use::Sign).map(drop);
    let by_other = signed_again(&leaf, &[(SPKI, &spki)], 0, &key);
    assert_eq!(judge(&by_other), Err(Problem::UnknownIssuer));
    let mut altered = authorities.issue(Leaf::signing(), &spki, 0);
    let at = altered.len() - 1;
    altered[at] ^= 1;
    assert_eq!(judge(&altered), Err(Problem::UnknownIssuer));
}

#[test]
fn a_point_off_the_curve_is_no_key_and_other_parameters_are_none_that_is_taken() {
    let authorities = Authorities::new(0, 0);
    let mut spki = Sm2Key::new().spki(0);
    *spki.last_mut().unwrap() ^= 1;
    let off = authorities.issue(Leaf::signing(), &spki, 0);
    assert_eq!(Certificate::parse(&off).unwrap_err(), Problem::Malformed);
    // The curve under the algorithm of its own name, once more.
    let bits = parts(&spki)[1].clone();
    let twice = hex::decode("301406082a811ccf5501822d06082a811ccf5501822d").unwrap();
    let spki = der(0x30, &[twice, bits].concat());
    let other = authorities.issue(Leaf::signing(), &spki, 0);
    assert_eq!(Certificate::parse(&other).unwrap_err(), Problem::WeakKey);
}

/// No path mixes the suites, in either direction.
#[test]
fn a_mixed_chain_is_refused() {
    let authorities = Authorities::new(0, 0);
    // An SM2 leaf of an authority of P-256.
    let spki = Sm2Key::new().spki(0);
    let plain = Authority::root("Test Root");
    let issued = plain.issue(P_256, Leaf::signing());
    let mut inner = parts(&parts(&issued)[0]);
    inner[SPKI] = spki;
    let issued = with_text(&issued, &der(0x30, &inner.concat()));
    let leaf = plain.sign_again(&issued, |_| ());
    let mixed = plain.trust().judge(&[&leaf], NOW, Use::Sign).map(drop);
    assert!(matches!(mixed, Err(Problem::Chain(_))), "{mixed:?}");

    // A P-256 leaf of an authority of SM2.
    let issued = authorities.middle.issue(P_256, Leaf::signing());
    let leaf = signed_again(&issued, &[], 0, &authorities.middle_key);
    let trust = authorities.trust(&[]);
    let mixed = trust.judge(&[&leaf], NOW, Use::Sign).map(drop);
    assert!(matches!(mixed, Err(Problem::Chain(_))), "{mixed:?}");
}
