//! Keys, certificates and programs that both kinds of tokens are tested with.
#![allow(dead_code, reason = "each test file uses a part")]

pub mod softhsm;

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_crypto::bid::Header;
use kaibiao_crypto::rng::Rng;
use kaibiao_crypto::wrap::PrivateKey;
use serde_json::Value;
use zeroize::Zeroizing;

pub const PIN: &str = "123456";

pub fn pin(text: &str) -> kaibiao_token::Pin {
    kaibiao_token::Pin::new(Zeroizing::new(text.to_owned()))
}

pub fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; scripts/prepare test installs it"));
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A PKCS #8 key of the vectors as PEM, and a certificate about it, DER.
pub struct Pair {
    pub key: PathBuf,
    pub certificate: PathBuf,
}

pub fn pair(folder: &Path, name: &str, pkcs8: &[u8], usage: &str, sm2: bool) -> Pair {
    let der = folder.join(format!("{name}.pk8"));
    let key = folder.join(format!("{name}.pem"));
    let certificate = folder.join(format!("{name}.cer"));
    std::fs::write(&der, pkcs8).unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    run(
        "openssl",
        &[
            "pkcs8",
            "-inform",
            "DER",
            "-nocrypt",
            "-in",
            &text(&der),
            "-out",
            &text(&key),
        ],
    );
    let digest = if sm2 { "-sm3" } else { "-sha256" };
    let usage = format!("keyUsage=critical,{usage}");
    run(
        "openssl",
        &[
            "req",
            "-x509",
            "-new",
            digest,
            "-key",
            &text(&key),
            "-outform",
            "DER",
            "-out",
            &text(&certificate),
            "-days",
            "30",
            "-subj",
            &format!("/C=CN/O={name}"),
            "-addext",
            &usage,
        ],
    );
    Pair { key, certificate }
}

fn vectors(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../crypto/vectors")
        .join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A case of opening b: whose key it is for, a header, and what is to come of it.
pub struct Case {
    pub name: String,
    pub key: Vec<u8>,
    header: Header,
    outcome: Value,
}

/// The cases of b in one of the files of vectors.
pub fn cases(file: &str) -> Vec<Case> {
    let bytes = |value: &Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
    let all = vectors(file);
    let all = all["cases"].as_array().unwrap();
    all.iter()
        .filter(|case| case["role"] == 0)
        .map(|case| Case {
            name: case["name"].as_str().unwrap().to_owned(),
            key: bytes(&case["key"]),
            header: Header::parse(&bytes(&case["header"])).unwrap(),
            outcome: case["outcome"].clone(),
        })
        .collect()
}

impl Case {
    /// Opens b with the key that a token holds.
    pub fn check(&self, opener: &PrivateKey) {
        match self.header.unwrap_b(0, opener, &mut NoRandomness) {
            Ok(b) => {
                let secret = run_hex(b.secret().as_bytes());
                assert_eq!(self.outcome["secret"], secret, "{}", self.name);
            }
            Err(problem) => assert_eq!(self.outcome["code"], problem.code(), "{}", self.name),
        }
    }
}

impl Case {
    /// With which code the key refuses.
    pub fn refusal(&self, opener: &PrivateKey) -> Option<&'static str> {
        let opened = self.header.unwrap_b(0, opener, &mut NoRandomness);
        opened.err().map(|problem| problem.code())
    }
}

fn run_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A key in a token needs none of ours.
struct NoRandomness;

impl Rng for NoRandomness {
    fn fill(&mut self, _: &mut [u8]) {
        panic!("a token blinds by itself");
    }
}
