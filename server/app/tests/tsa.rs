//! The client of an authority of time against one of openssl's, on loopback.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kaibiao_app::log::tsa::{Tsa, TsaFault};
use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::{TimeAuthorities, TimeAuthority};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::timestamp::TimestampProblem;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const PATIENCE: Duration = Duration::from_secs(5);

/// An authority of time in a folder, with which openssl stamps.
struct Authority {
    folder: TempDir,
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
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("cert.pem", &certificate.pem());
        write("key.pem", &key.serialize_pem());
        write("tsa.cnf", SETTINGS);
        write("serial", "01");
        Self { folder, root }
    }

    fn authorities(&self) -> TimeAuthorities {
        let authority = TimeAuthority {
            id: "tsa".into(),
            root: Base64(self.root.clone()),
            intermediates: vec![],
            crls: vec![],
        };
        TimeAuthorities::new(&[authority]).unwrap()
    }
}

const SETTINGS: &str = "[tsa]
default_tsa = here
[here]
serial = serial
default_policy = 1.2.3.4.1
digests = sha256
signer_digest = sha256
";

fn stamp(folder: &Path, request: &[u8]) -> Vec<u8> {
    std::fs::write(folder.join("request.tsq"), request).unwrap();
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
            "answer.tsr",
        ])
        .current_dir(folder)
        .output()
        .expect("the tests need the openssl command");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    std::fs::read(folder.join("answer.tsr")).unwrap()
}

/// What a server says to a request: status line and headers, body.
type Says = Box<dyn Fn(&str, &[u8]) -> (String, Vec<u8>) + Send>;

const OK: &str = "200 OK\r\ncontent-type: application/timestamp-reply";

/// Serves on loopback one connection after the other, until the runtime ends.
async fn serve(says: Says) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/tsa", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = Vec::new();
            let (head, body) = loop {
                let mut piece = [0; 1024];
                let length = stream.read(&mut piece).await.unwrap();
                assert!(length > 0, "a request that ends early");
                heard.extend_from_slice(&piece[..length]);
                let Some(at) = heard.windows(4).position(|it| it == b"\r\n\r\n") else {
                    continue;
                };
                let head = String::from_utf8(heard[..at].to_vec()).unwrap();
                let told = head.to_lowercase();
                let (_, told) = told.split_once("content-length: ").unwrap();
                let length: usize = told.lines().next().unwrap().parse().unwrap();
                if heard.len() >= at + 4 + length {
                    break (head, heard[at + 4..].to_vec());
                }
            };
            let (status, answer) = says(&head, &body);
            let length = answer.len();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            // A client that has heard enough hangs up.
            let _ = stream.write_all(&[head.as_bytes(), &answer].concat()).await;
        }
    });
    url
}

async fn ask(says: Says, authorities: TimeAuthorities) -> TsaFault {
    let tsa = Tsa::open(&serve(says).await, authorities, PATIENCE).unwrap();
    tsa.stamp(Digest::of(b"a checkpoint"), 7).await.unwrap_err()
}

#[tokio::test]
async fn a_stamp_is_asked_for_and_verified() {
    let authority = Authority::new();
    let authorities = authority.authorities();
    let again = authority.authorities();
    let heard = Arc::new(Mutex::new(String::new()));
    let hears = Arc::clone(&heard);
    let says: Says = Box::new(move |head, body| {
        *hears.lock().unwrap() = head.to_lowercase();
        (OK.into(), stamp(authority.folder.path(), body))
    });
    let tsa = Tsa::open(&serve(says).await, authorities, PATIENCE).unwrap();
    let imprint = Digest::of(b"a checkpoint");
    let stamped = tsa.stamp(imprint, u64::MAX).await.unwrap();
    let head = heard.lock().unwrap().clone();
    assert!(head.starts_with("post /tsa http/1.1"), "{head}");
    assert!(
        head.contains("content-type: application/timestamp-query"),
        "{head}"
    );
    assert_eq!(stamped.stamp.nonce, Some(u64::MAX));
    assert_eq!(stamped.stamp.authority, "tsa");
    // What is kept proves the same to whoever comes later.
    let later = kaibiao_crypto::timestamp::verify(&stamped.token, imprint, None, &again);
    assert_eq!(later.unwrap(), stamped.stamp);
    // Each stamp is one of its own.
    let other = tsa.stamp(imprint, 8).await.unwrap();
    assert_ne!(other.stamp.serial, stamped.stamp.serial);
}

#[tokio::test]
async fn a_stamp_given_before_or_by_somebody_else_is_not_believed() {
    let authority = Authority::new();
    let authorities = authority.authorities();
    let before = kaibiao_crypto::timestamp::Request {
        imprint: Digest::of(b"a checkpoint"),
        nonce: 6,
    };
    let old = stamp(authority.folder.path(), &before.to_der());
    let fault = ask(Box::new(move |_, _| (OK.into(), old.clone())), authorities).await;
    assert!(
        matches!(fault, TsaFault::Unproved(TimestampProblem::Nonce)),
        "{fault}"
    );
    let authorities = Authority::new().authorities();
    let says: Says = Box::new(move |_, body| (OK.into(), stamp(authority.folder.path(), body)));
    let TsaFault::Unproved(problem) = ask(says, authorities).await else {
        panic!("another authority was believed");
    };
    assert_eq!(problem.code(), "certificate-unknown-issuer");
}

#[tokio::test]
async fn a_refusal_is_told_with_its_reasons() {
    let authority = Authority::new();
    let authorities = authority.authorities();
    let says: Says = Box::new(move |_, _| (OK.into(), stamp(authority.folder.path(), b"nonsense")));
    let fault = ask(says, authorities).await;
    let TsaFault::Rejected(rejection) = &fault else {
        panic!("{fault}");
    };
    assert_eq!(rejection.reasons, ["bad data format"]);
    assert!(fault.to_string().contains("rejected"), "{fault}");
    assert!(fault.to_string().contains("bad data format"), "{fault}");
}

#[tokio::test]
async fn an_answer_that_is_none_is_told_apart() {
    let nobody = TimeAuthorities::default;
    let says = |status: &'static str, body: Vec<u8>| -> Says {
        Box::new(move |_, _| (status.into(), body.clone()))
    };
    let fault = ask(says("503 Busy", vec![]), nobody()).await;
    assert!(matches!(fault, TsaFault::Status(503)), "{fault}");
    let elsewhere = "302 Found\r\nlocation: http://127.0.0.1:9/";
    let fault = ask(says(elsewhere, vec![]), nobody()).await;
    assert!(matches!(fault, TsaFault::Status(302)), "{fault}");
    let fault = ask(says("200 OK\r\ncontent-type: text/html", vec![1]), nobody()).await;
    assert!(matches!(fault, TsaFault::Kind), "{fault}");
    let fault = ask(says(OK, vec![0; 300_000]), nobody()).await;
    assert!(matches!(fault, TsaFault::Length), "{fault}");
    let fault = ask(says(OK, vec![0x30, 0x80]), nobody()).await;
    assert!(
        matches!(fault, TsaFault::Unproved(TimestampProblem::Response)),
        "{fault}"
    );
}

#[tokio::test]
async fn an_authority_that_is_silent_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let patience = Duration::from_millis(200);
    let tsa = Tsa::open(&url, TimeAuthorities::default(), patience).unwrap();
    let asked = tsa.stamp(Digest::of(b""), 1);
    let fault = tokio::time::timeout(PATIENCE, asked).await.unwrap();
    assert!(matches!(fault, Err(TsaFault::Silent(_))));
    drop(listener);
    let fault = tsa.stamp(Digest::of(b""), 1).await;
    assert!(matches!(fault, Err(TsaFault::Silent(_))));
}
