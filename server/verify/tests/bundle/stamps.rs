//! Time stamps of openssl over the notes of a bundle.

use std::path::Path;
use std::process::Command;

use kaibiao_crypto::certificate::{TimeAuthorities, TimeAuthority};
use kaibiao_crypto::encoding::{Base64, to_base64};
use kaibiao_crypto::timestamp::{Request, Response, normal_form};
use kaibiao_crypto::{Digest, canonical};
use kaibiao_verify::{Check, Edition, Outcome, Verdict};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use serde_json::{Value, json};

use crate::export::Files;
use crate::opening::Opening;
use crate::shown::Believed;
use crate::{checked, outcome};

const SETTINGS: &str = "[tsa]
default_tsa = here
[here]
serial = serial
default_policy = 1.2.3.4.1
digests = sha256
signer_digest = sha256
ess_cert_id_alg = sha256
";

/// An authority of time in a folder.
struct Authority {
    folder: tempfile::TempDir,
    root: Vec<u8>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "TSA Root");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let root = params.self_signed(&key).unwrap().der().to_vec();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "TSA");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let purpose = b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x08".to_vec();
        let mut stamping = CustomExtension::from_oid_content(&[2, 5, 29, 37], purpose);
        stamping.set_criticality(true);
        params.custom_extensions = vec![stamping];
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        write("cert.pem", &certificate.pem());
        write("key.pem", &key.serialize_pem());
        write("tsa.cnf", SETTINGS);
        write("serial", "01");
        Self { folder, root }
    }

    /// A token over a note, in its normal form or as openssl gave it.
    fn stamp(&self, note: &str, is_normal: bool) -> Vec<u8> {
        let imprint = Digest::of(note.as_bytes());
        let request = Request { imprint, nonce: 7 };
        let at = |name: &str| self.folder.path().join(name);
        std::fs::write(at("request.tsq"), request.to_der()).unwrap();
        openssl(self.folder.path());
        let reply = std::fs::read(at("reply.tsr")).unwrap();
        let Response::Granted(token) = Response::read(&reply).unwrap() else {
            panic!("openssl stamps");
        };
        let authorities = TimeAuthorities::new(&[TimeAuthority {
            id: "tsa".into(),
            root: Base64(self.root.clone()),
            intermediates: vec![],
            crls: vec![],
        }])
        .unwrap();
        if is_normal {
            normal_form(&token, imprint, &authorities).unwrap()
        } else {
            token
        }
    }
}

fn openssl(folder: &Path) {
    let done = Command::new("openssl")
        .args([
            "ts",
            "-reply",
            "-config",
            "tsa.cnf",
            "-queryfile",
            "request.tsq",
        ])
        .args([
            "-signer",
            "cert.pem",
            "-inkey",
            "key.pem",
            "-out",
            "reply.tsr",
        ])
        .current_dir(folder)
        .output()
        .expect("the tests need the openssl command");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn notes(files: &Files) -> [String; 2] {
    let proof = files.json("closing.json")["proof"]["anchored"]["proof"].clone();
    let (_, closing) = proof.as_str().unwrap().split_once("\n\n").unwrap();
    let checkpoint = String::from_utf8(files.0["checkpoint"].clone()).unwrap();
    [checkpoint, closing.to_owned()]
}

fn put(files: &mut Files, stamps: &[(&str, &[u8])]) {
    let lines = stamps.iter().map(|(of, token)| {
        let line = canonical::to_bytes(&json!({"of": of, "token": to_base64(token)}));
        [line, b"\n".to_vec()].concat()
    });
    let lines: Vec<u8> = lines.flatten().collect();
    files.0.insert("timestamps.jsonl".into(), lines);
}

#[test]
fn stamps_are_asked_for_where_the_policy_names_an_authority() {
    let (opening, authority) = (Opening::new().run(), Authority::new());
    let whole = opening.files(Edition::Supervisor);
    let [checkpoint, closing] = notes(&whole);
    let (first, second) = (
        authority.stamp(&checkpoint, true),
        authority.stamp(&closing, true),
    );
    let loose = authority.stamp(&checkpoint, false);
    let told = |stamps: &[(&str, &[u8])], change: fn(&mut Value)| {
        let mut files = whole.clone();
        if !stamps.is_empty() {
            put(&mut files, stamps);
        }
        let mut policy = opening.policy_json();
        policy["tsas"] = json!([{"root": to_base64(&authority.root)}]);
        // openssl stamps by the clock of today.
        policy["late"] = json!(u32::MAX);
        change(&mut policy);
        let policy = Believed::read(&policy).unwrap();
        let report = checked(&files, &policy).unwrap();
        match outcome(&report, Check::Timestamps) {
            Outcome::Fails(fault) => fault.code.clone(),
            outcome => {
                assert_eq!(report.verdict, Verdict::Holds, "{}", report.json());
                outcome.name().to_owned()
            }
        }
    };
    let both: &[(&str, &[u8])] = &[("checkpoint", &first), ("closing", &second)];
    assert_eq!(told(both, |_| ()), "holds");
    assert_eq!(told(both, |it| it["tsas"] = json!([])), "not-asked");
    assert_eq!(told(&[], |_| ()), "timestamp-missing");
    assert_eq!(told(&both[..1], |_| ()), "timestamp-missing");
    assert_eq!(told(both, |it| it["late"] = json!(120)), "timestamp-late");
    let swapped: &[(&str, &[u8])] = &[("checkpoint", &second), ("closing", &first)];
    assert_eq!(told(swapped, |_| ()), "timestamp-imprint");
    let spelt: &[(&str, &[u8])] = &[("checkpoint", &loose), ("closing", &second)];
    assert_eq!(told(spelt, |_| ()), "timestamp-form");
}
