//! Signed acts: accepted for their one purpose at their one place.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod pki;

use kaibiao_crypto::act::{ActProblem, Place, SignedAct};
use kaibiao_crypto::certificate::CertificateProblem;
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::signature::{Algorithm, PublicKey, Signature, SignatureProblem, message};
use kaibiao_crypto::signer::{FileKey, Signer, SignerProblem};
use pki::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Submit {
    act: String,
    bid: String,
    nonce: String,
}

const PLACE: Place<'_> = Place {
    origin: "bid.example.cn",
    project: "p1",
};

fn submit() -> Submit {
    Submit {
        act: "submit".into(),
        bid: "标".into(),
        nonce: "00112233445566778899aabbccddeeff".into(),
    }
}

fn problem<T: std::fmt::Debug>(result: Result<T, ActProblem>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn every_accepted_kind_of_key_signs_and_is_verified() {
    let authority = Authority::root("Test Root");
    for (pkcs8, algorithm) in [
        (RSA_2048, Algorithm::RsaPkcs1),
        (RSA_3072, Algorithm::RsaPkcs1),
        (P_256, Algorithm::EcdsaP256),
    ] {
        let key = signer(pkcs8, authority.issue(pkcs8, Leaf::signing()));
        let act = SignedAct::sign(&key, PLACE, &submit()).unwrap();
        let json = serde_json::to_vec(&act).unwrap();
        let act: SignedAct = serde_json::from_slice(&json).unwrap();
        assert_eq!(act.signature.as_ref().unwrap().algorithm, algorithm);
        let verified = act.verify(PLACE, &authority.trust(), NOW).unwrap();
        assert_eq!(verified.purpose(), "submit");
        assert_eq!(verified.read::<Submit>().unwrap(), submit());
        assert_eq!(verified.holder().unwrap().organisation.as_str(), CODE);
        assert_eq!(verified.digest(), act.digest());
        let again = SignedAct::sign(&key, PLACE, &submit()).unwrap();
        assert_eq!(again.signature, act.signature, "signing is deterministic");
    }
}

#[test]
fn a_signature_holds_nowhere_else() {
    let authority = Authority::root("Test Root");
    let trust = authority.trust();
    let key = signer(P_256, authority.issue(P_256, Leaf::signing()));
    let act = SignedAct::sign(&key, PLACE, &submit()).unwrap();
    for place in [
        Place {
            origin: "bid.example.com",
            ..PLACE
        },
        Place {
            project: "p2",
            ..PLACE
        },
        Place {
            project: "",
            ..PLACE
        },
    ] {
        assert_eq!(problem(act.verify(place, &trust, NOW)), "signature-invalid");
    }
    let mut withdrawn = act.clone();
    withdrawn.body = act.body.replace("submit", "withdraw");
    assert_eq!(
        problem(withdrawn.verify(PLACE, &trust, NOW)),
        "signature-invalid"
    );
    // The certificate of somebody else, or of the same organisation's other key.
    let mut other = act.clone();
    other.signature.as_mut().unwrap().chain =
        vec![Base64(authority.issue(RSA_2048, Leaf::signing()))];
    assert_eq!(
        problem(other.verify(PLACE, &trust, NOW)),
        "signature-wrong-algorithm"
    );
    let mut claimed = act.clone();
    claimed.signature.as_mut().unwrap().algorithm = Algorithm::Ed25519;
    assert_eq!(
        problem(claimed.verify(PLACE, &trust, NOW)),
        "signature-wrong-algorithm"
    );
    let mut unsigned = act.clone();
    unsigned.signature = None;
    assert_eq!(problem(unsigned.verify(PLACE, &trust, NOW)), "act-unsigned");
    let encrypting = signer(P_256, authority.issue(P_256, Leaf::encryption()));
    let act = SignedAct::sign(&encrypting, PLACE, &submit()).unwrap();
    assert!(matches!(
        act.verify(PLACE, &trust, NOW),
        Err(ActProblem::Certificate(
            CertificateProblem::WrongUsage { .. }
        ))
    ));
}

#[test]
fn a_second_signature_cannot_be_made_out_of_a_first() {
    let authority = Authority::root("Test Root");
    let key = signer(P_256, authority.issue(P_256, Leaf::signing()));
    let act = SignedAct::sign(&key, PLACE, &submit()).unwrap();
    let with = |value: Vec<u8>| {
        let mut act = act.clone();
        act.signature.as_mut().unwrap().value = Base64(value);
        problem(act.verify(PLACE, &authority.trust(), NOW))
    };
    let value = act.signature.as_ref().unwrap().value.0.clone();
    let low = p256::ecdsa::Signature::from_slice(&value).unwrap();
    let high = p256::ecdsa::Signature::from_scalars(low.r(), -*low.s()).unwrap();
    assert_eq!(with(high.to_bytes().to_vec()), "signature-form");
    assert_eq!(with(low.to_der().as_bytes().to_vec()), "signature-form");
    assert_eq!(with(value[..63].to_vec()), "signature-form");
    assert_eq!(with([&value[..], &[0]].concat()), "signature-form");
    assert_eq!(with(vec![0; 64]), "signature-form");
    assert_eq!(with(vec![]), "signature-form");
}

#[test]
fn a_body_names_its_purpose_and_its_nonce_in_one_spelling() {
    let act = SignedAct::unsigned(&submit()).unwrap();
    let with = |body: &str| {
        let mut act = act.clone();
        act.body = body.into();
        problem(act.envelope())
    };
    let good = act.body.clone();
    assert_eq!(act.envelope().unwrap().act, "submit");
    assert_eq!(with(&good.replace("submit", "Submit")), "act-purpose");
    assert_eq!(with(&good.replace("submit", "")), "act-purpose");
    assert_eq!(with(&good.replace("submit", "a--b")), "act-purpose");
    assert_eq!(with(&good.replace("eeff", "eef")), "act-nonce");
    assert_eq!(with(&good.replace("eeff", "EEFF")), "act-nonce");
    assert_eq!(with(&good.replace(':', ": ")), "act-malformed");
    assert_eq!(
        with(&good.replace("{\"act\"", "{\"act\":\"login\",\"act\"")),
        "act-malformed"
    );
    assert_eq!(with("[]"), "act-purpose");
    assert_eq!(with(""), "act-malformed");
    assert_eq!(with(&" ".repeat((1 << 20) + 1)), "act-too-long");
    assert!(SignedAct::unsigned(&"no object").is_err());
}

#[test]
fn an_act_on_the_wire_has_no_unknown_or_sloppy_field() {
    for json in [
        r#"{"body":"{}","more":1}"#,
        r#"{"body":"{}","body":"{}"}"#,
        r#"{"body":"{}","secrets":["AA"]}"#,
        r#"{"body":"{}","signature":{"algorithm":"rsa-md5","value":"AA==","chain":[]}}"#,
        r#"{"body":"{}","signature":{"algorithm":"ed25519","value":"AB==","chain":[]}}"#,
        r#"{"body":"{}","signature":{"algorithm":"ed25519","value":"AA==","chain":[],"x":1}}"#,
    ] {
        assert!(serde_json::from_str::<SignedAct>(json).is_err(), "{json}");
    }
}

#[test]
fn a_bare_key_signs_for_those_who_know_it() {
    let key = FileKey::bare(ED25519).unwrap();
    let act = SignedAct::sign(&key, PLACE, &submit()).unwrap();
    let verified = act.verify_by_key(PLACE, &key.public_key()).unwrap();
    assert!(verified.holder().is_none());
    let other = FileKey::bare(P_256).unwrap();
    assert!(act.verify_by_key(PLACE, &other.public_key()).is_err());
    assert_eq!(
        problem(act.verify(PLACE, &Authority::root("Test Root").trust(), NOW)),
        "certificate-malformed"
    );
}

#[test]
fn a_signer_keeps_no_certificate_of_another_key() {
    let authority = Authority::root("Test Root");
    let certificate = authority.issue(RSA_2048, Leaf::signing());
    assert_eq!(
        FileKey::from_pkcs8(P_256, vec![certificate]).err(),
        Some(SignerProblem::NotItsCertificate)
    );
    assert_eq!(FileKey::bare(b"not a key").err(), Some(SignerProblem::Key));
    assert_eq!(FileKey::bare(P_384).err(), Some(SignerProblem::Key));
    assert_eq!(FileKey::bare(RSA_1024).err(), Some(SignerProblem::Key));
}

/// Files for openssl, removed at the end.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kaibiao-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn openssl_verifies_what_is_signed_here() {
    let folder = Folder::new("verify");
    let bytes = message("submit", "o", "p", b"{}");
    for pkcs8 in [RSA_2048, RSA_3072, P_256] {
        let Signature { algorithm, value } = FileKey::bare(pkcs8).unwrap().sign(&bytes).unwrap();
        let value = match algorithm {
            Algorithm::EcdsaP256 => {
                let fixed = p256::ecdsa::Signature::from_slice(&value).unwrap();
                fixed.to_der().as_bytes().to_vec()
            }
            _ => value.0,
        };
        let public = folder.file("public", &openssl_spki(pkcs8));
        let signature = folder.file("signature", &value);
        let said = openssl(
            &[
                "dgst",
                "-sha256",
                "-keyform",
                "DER",
                "-verify",
                &public,
                "-signature",
                &signature,
            ],
            &bytes,
        );
        assert_eq!(said, b"Verified OK\n");
    }
}

#[test]
fn what_openssl_signs_is_verified_here() {
    let folder = Folder::new("sign");
    let bytes = message("submit", "o", "p", b"{}");
    let pss = [
        "-sigopt",
        "rsa_padding_mode:pss",
        "-sigopt",
        "rsa_pss_saltlen:32",
    ];
    let pss_other = [
        "-sigopt",
        "rsa_padding_mode:pss",
        "-sigopt",
        "rsa_pss_saltlen:20",
    ];
    for (pkcs8, algorithm, options, expected) in [
        (RSA_2048, Algorithm::RsaPkcs1, &[][..], Ok(())),
        (RSA_4096, Algorithm::RsaPss, &pss[..], Ok(())),
        (
            RSA_2048,
            Algorithm::RsaPss,
            &pss_other[..],
            Err(SignatureProblem::Invalid),
        ),
        (
            RSA_2048,
            Algorithm::RsaPkcs1,
            &pss[..],
            Err(SignatureProblem::Invalid),
        ),
        (
            RSA_2048,
            Algorithm::RsaPss,
            &[][..],
            Err(SignatureProblem::Invalid),
        ),
        (P_256, Algorithm::EcdsaP256, &[][..], Ok(())),
    ] {
        let private = folder.file("private", pkcs8);
        let arguments = ["dgst", "-sha256", "-keyform", "DER", "-sign", &private];
        let mut value = openssl(&[&arguments[..], options].concat(), &bytes);
        if algorithm == Algorithm::EcdsaP256 {
            // What docs/spec/signatures.md tells a client with openssl to do.
            let strict = p256::ecdsa::Signature::from_der(&value).unwrap();
            value = strict.normalize_s().to_bytes().to_vec();
        }
        let key: PublicKey = FileKey::bare(pkcs8).unwrap().public_key();
        let signature = Signature {
            algorithm,
            value: Base64(value),
        };
        assert_eq!(key.verify(&bytes, &signature), expected);
    }
}
