//! Certificates of suite `gm` (docs/spec/suite-gm.md, 8): those of the small test
//! authority, with keys and signatures of SM2 put in their place.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod pki;

use kaibiao_crypto::Suite;
use kaibiao_crypto::certificate::{
    Ca, Certificate, CertificateProblem as Problem, KeyAlgorithm, RevocationPolicy, Trust, Use,
};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::signature::{Algorithm, SignatureProblem, message};
use kaibiao_crypto::signer::{FileKey, Signer as _};
use kaibiao_crypto::wrap::{PrivateKey, PublicKey};
use pki::*;

/// id-ecPublicKey with the curve, and the curve itself without and with NULL.
const KEYS: [&str; 3] = [
    "301306072a8648ce3d020106082a811ccf5501822d",
    "300a06082a811ccf5501822d",
    "300c06082a811ccf5501822d0500",
];
/// SM2 with SM3, without and with NULL.
const SIGNED: [&str; 2] = ["300a06082a811ccf55018375", "300c06082a811ccf550183750500"];

/// A key of SM2 with its PKCS #8, made by openssl.
struct Sm2Key {
    pkcs8: Vec<u8>,
    key: FileKey,
}

impl Sm2Key {
    fn new() -> Self {
        let genpkey = ["genpkey", "-algorithm", "SM2"];
        let topk8 = ["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"];
        let pkcs8 = openssl(&topk8, &openssl(&genpkey, b""));
        let key = FileKey::bare(&pkcs8).unwrap();
        Self { pkcs8, key }
    }

    /// SubjectPublicKeyInfo, the algorithm spelt in one of the ways of [`KEYS`].
    fn spki(&self, spelling: usize) -> Vec<u8> {
        let usual = openssl_spki(&self.pkcs8);
        let bits = &parts(&usual)[1];
        der(
            0x30,
            &[hex::decode(KEYS[spelling]).unwrap(), bits.clone()].concat(),
        )
    }

    fn sign(&self, text: &[u8]) -> Vec<u8> {
        self.key.sign(text).unwrap().value.0
    }
}

/// The elements within the one element that `bytes` are.
fn parts(bytes: &[u8]) -> Vec<Vec<u8>> {
    let element = |bytes: &[u8]| match bytes[1] {
        short @ 0..=127 => (2, usize::from(short)),
        0x81 => (3, usize::from(bytes[2])),
        _ => (4, usize::from(u16::from_be_bytes([bytes[2], bytes[3]]))),
    };
    let mut rest = &bytes[element(bytes).0..];
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (head, length) = element(rest);
        found.push(rest[..head + length].to_vec());
        rest = &rest[head + length..];
    }
    found
}

/// The same certificate or list with these parts of what is signed exchanged, signed
/// by this key.
fn signed_again(given: &[u8], changes: &[(usize, &[u8])], signed: usize, by: &Sm2Key) -> Vec<u8> {
    let algorithm = hex::decode(SIGNED[signed]).unwrap();
    let mut inner = parts(&parts(given)[0]);
    for (at, part) in changes {
        inner[*at] = part.to_vec();
    }
    // It stands third in a certificate and second in a list.
    let at = inner
        .iter()
        .position(|part| part.starts_with(b"\x30\x0a\x06\x08\x2a\x86\x48"));
    inner[at.unwrap()] = algorithm.clone();
    let text = der(0x30, &inner.concat());
    let value = der(3, &[&[0][..], &by.sign(&text)].concat());
    der(0x30, &[text, algorithm, value].concat())
}

const SPKI: usize = 6;

/// A root and an intermediate authority of SM2.
struct Authorities {
    root: Authority,
    root_key: Sm2Key,
    root_certificate: Vec<u8>,
    middle: Authority,
    middle_key: Sm2Key,
    middle_certificate: Vec<u8>,
}

impl Authorities {
    fn new(spelling: usize, signed: usize) -> Self {
        let (root_key, middle_key) = (Sm2Key::new(), Sm2Key::new());
        let root = Authority::root("GM Root");
        let middle = root.intermediate("GM Authority");
        let again = |certificate: &[u8], key: &Sm2Key| {
            let spki = key.spki(spelling);
            signed_again(certificate, &[(SPKI, &spki)], signed, &root_key)
        };
        Self {
            root_certificate: again(&root.certificate, &root_key),
            middle_certificate: again(&middle.certificate, &middle_key),
            root,
            root_key,
            middle,
            middle_key,
        }
    }

    fn issue(&self, leaf: Leaf, spki: &[u8], signed: usize) -> Vec<u8> {
        let issued = self.middle.issue(P_256, leaf);
        signed_again(&issued, &[(SPKI, spki)], signed, &self.middle_key)
    }

    fn trust(&self, revoked: &[u64]) -> Trust {
        let lists = [
            signed_again(&self.root.crl(&[], false), &[], 0, &self.root_key),
            signed_again(&self.middle.crl(revoked, false), &[], 1, &self.middle_key),
        ];
        let ca = Ca {
            root: Base64(self.root_certificate.clone()),
            intermediates: vec![Base64(self.middle_certificate.clone())],
            revocation: RevocationPolicy::Required,
            ..self.root.ca("gm", lists.to_vec())
        };
        Trust::new(&[ca]).unwrap()
    }
}

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

/// A certificate with other text; its signature does not hold any more.
fn with_text(certificate: &[u8], text: &[u8]) -> Vec<u8> {
    let rest = parts(certificate)[1..].concat();
    der(0x30, &[text, &rest].concat())
}
