//! Signed messages for tests: made by openssl where it can, and piece by piece
//! where they have to be wrong.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};
use std::process::Command;

use kaibiao_crypto::certificate::{TimeAuthorities, TimeAuthority};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::signature::Algorithm;
use kaibiao_crypto::signer::{FileKey, Signer as _};
use kaibiao_crypto::timestamp::{Request, Response};
use kaibiao_crypto::{Digest, Suite};
use rcgen::{CustomExtension, KeyUsagePurpose};

use super::pki::{Authority, Leaf, P_256, der, pem};

pub const TST_INFO: &[u8] = b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04";
pub const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
pub const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
pub const SHA_256: &[u8] = b"\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01";
pub const ECDSA_SHA_256: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
pub const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
/// GM/T 0010: a signed message, and data.
pub const GM_SIGNED_DATA: &[u8] = b"\x06\x0a\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x02";
pub const GM_DATA: &[u8] = b"\x06\x0a\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x01";
pub const SM3: &[u8] = b"\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x11";
/// SM2 as GM/T 0010 names it, and SM2 with SM3.
pub const SM2: &[u8] = b"\x30\x0b\x06\x09\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x01";
pub const SM2_SM3: &[u8] = b"\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75";

/// Extended key usage, time stamping alone.
pub fn stamping(critical: bool) -> CustomExtension {
    let content = b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x08".to_vec();
    let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 37], content);
    extension.set_criticality(critical);
    extension
}

/// The certificate of an authority of time.
pub fn stamper() -> Leaf {
    Leaf {
        usages: vec![KeyUsagePurpose::DigitalSignature],
        extended: vec![],
        extensions: vec![stamping(true)],
        years: (2020, 2060),
        ..Leaf::signing()
    }
}

pub fn authorities(root: &Authority) -> TimeAuthorities {
    TimeAuthorities::new(&[authority(root)]).unwrap()
}

pub fn authority(root: &Authority) -> TimeAuthority {
    TimeAuthority {
        id: "tsa".into(),
        root: Base64(root.certificate.clone()),
        intermediates: vec![],
        crls: vec![],
    }
}

/// A folder in which openssl works.
pub struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// The key and the certificate as `key.pem` and `cert.pem`.
    pub fn hold(&self, pkcs8: &[u8], certificate: &[u8]) {
        self.write("key.pem", pem_key(pkcs8));
        self.write("cert.pem", pem(certificate));
    }

    /// Whether openssl says yes, and what it says.
    pub fn try_openssl(&self, arguments: &[&str]) -> Result<String, String> {
        run(self.folder.path(), arguments)
    }

    pub fn openssl(&self, arguments: &[&str]) -> String {
        self.try_openssl(arguments).unwrap()
    }

    /// Answers a request for a time stamp as `key.pem` and `cert.pem`, with
    /// further lines of configuration.
    pub fn stamp(&self, request: &[u8], settings: &str) -> Vec<u8> {
        self.write("tsa.cnf", format!("{TSA}{settings}\n"));
        self.write("serial", "0a");
        self.write("request.tsq", request);
        self.openssl(&[
            "ts",
            "-reply",
            "-config",
            "tsa.cnf",
            "-queryfile",
            "request.tsq",
            "-signer",
            "cert.pem",
            "-inkey",
            "key.pem",
            "-out",
            "answer.tsr",
        ]);
        self.read("answer.tsr")
    }

    /// The token of such an answer.
    pub fn token(&self, request: Request, settings: &str) -> Vec<u8> {
        match Response::read(&self.stamp(&request.to_der(), settings)).unwrap() {
            Response::Granted(token) => token,
            Response::Rejected(why) => panic!("{why:?}"),
        }
    }
}

const TSA: &str = "[tsa]
default_tsa = here
[here]
serial = serial
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.5
digests = sha256
clock_precision_digits = 3
";

fn run(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the tests need the openssl command");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned() + &words)
    } else {
        Err(format!("{arguments:?}: {words}"))
    }
}

fn pem_key(pkcs8: &[u8]) -> String {
    pem(pkcs8).replace("CERTIFICATE", "PRIVATE KEY")
}

pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    der(0x30, &parts.concat())
}

pub fn attribute(name: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[name, &der(0x31, value)])
}

/// A message in pieces; the usual one is a token by P-256.
#[derive(Clone)]
pub struct Pieces {
    /// The type of the message.
    pub frame: Vec<u8>,
    /// The signer's key, PKCS #8.
    pub key: Vec<u8>,
    pub version: u8,
    pub digest_algorithms: Vec<Vec<u8>>,
    pub content_type: Vec<u8>,
    pub content: Option<Vec<u8>>,
    pub certificates: Vec<Vec<u8>>,
    pub lists: Option<Vec<u8>>,
    pub attributes: Vec<Vec<u8>>,
    pub signer_version: u8,
    /// Issuer and serial number, or the key's identifier.
    pub signer: Vec<u8>,
    pub digest_algorithm: Vec<u8>,
    pub signature_algorithm: Vec<u8>,
    pub unsigned: Option<Vec<u8>>,
    pub signers: usize,
}

impl Pieces {
    /// Over this TSTInfo, by the holder of this certificate.
    pub fn token(info: Vec<u8>, certificate: &[u8]) -> Self {
        Self {
            frame: SIGNED_DATA.to_vec(),
            key: P_256.to_vec(),
            version: 3,
            digest_algorithms: vec![SHA_256.to_vec()],
            content_type: TST_INFO.to_vec(),
            attributes: usual_attributes(TST_INFO, &info, certificate),
            content: Some(info),
            certificates: vec![certificate.to_vec()],
            lists: None,
            signer_version: 1,
            signer: place(certificate),
            digest_algorithm: SHA_256.to_vec(),
            signature_algorithm: ECDSA_SHA_256.to_vec(),
            unsigned: None,
            signers: 1,
        }
    }

    /// Over a content that stands elsewhere, by the holder of this key of SM2 and its
    /// certificate: in the frame of GM/T 0010, or in that of RFC 5652.
    pub fn sm2(is_gm: bool, content: &[u8], certificate: &[u8], key: &[u8]) -> Self {
        let (frame, data) = if is_gm {
            (GM_SIGNED_DATA, GM_DATA)
        } else {
            (SIGNED_DATA, DATA)
        };
        let named = der(4, &sm3(certificate));
        Self {
            frame: frame.to_vec(),
            key: key.to_vec(),
            version: 1,
            digest_algorithms: vec![SM3.to_vec()],
            content_type: data.to_vec(),
            content: None,
            attributes: vec![
                attribute(CONTENT_TYPE, data),
                attribute(MESSAGE_DIGEST, &der(4, &sm3(content))),
                signing_certificate(&[SM3, &named]),
            ],
            digest_algorithm: SM3.to_vec(),
            signature_algorithm: SM2_SM3.to_vec(),
            ..Self::token(vec![], certificate)
        }
    }

    /// Signed by its key.
    pub fn sign(&self) -> Vec<u8> {
        self.sign_over(&der(0x31, &self.attributes.concat()))
    }

    /// The same over other bytes.
    pub fn sign_over(&self, message: &[u8]) -> Vec<u8> {
        let signature = FileKey::bare(&self.key).unwrap().sign(message).unwrap();
        let integer = |bytes: &[u8]| {
            let zeros = bytes.iter().take_while(|it| **it == 0).count();
            let digits = &bytes[zeros..];
            let sign: &[u8] = if digits[0] >= 0x80 { &[0] } else { &[] };
            der(2, &[sign, digits].concat())
        };
        let value = match signature.algorithm {
            Algorithm::EcdsaP256 => {
                let (r, s) = signature.value.split_at(32);
                sequence(&[&integer(r), &integer(s)])
            }
            _ => signature.value.0,
        };
        self.with_value(&value)
    }

    /// The same with this value for a signature.
    pub fn with_value(&self, value: &[u8]) -> Vec<u8> {
        let mut signer = vec![
            der(2, &[self.signer_version]),
            self.signer.clone(),
            self.digest_algorithm.clone(),
            der(0xa0, &self.attributes.concat()),
            self.signature_algorithm.clone(),
            der(4, value),
        ];
        signer.extend(self.unsigned.iter().map(|it| der(0xa1, it)));
        let signer = der(0x30, &signer.concat());
        let content = self.content.as_ref().map(|it| der(0xa0, &der(4, it)));
        let certificates = self.certificates.concat();
        let mut data = vec![
            der(2, &[self.version]),
            der(0x31, &self.digest_algorithms.concat()),
            sequence(&[&self.content_type, &content.unwrap_or_default()]),
        ];
        if !certificates.is_empty() {
            data.push(der(0xa0, &certificates));
        }
        data.extend(self.lists.iter().map(|it| der(0xa1, it)));
        data.push(der(0x31, &signer.repeat(self.signers)));
        sequence(&[&self.frame, &der(0xa0, &der(0x30, &data.concat()))])
    }
}

/// SM3 of `bytes`.
pub fn sm3(bytes: &[u8]) -> Vec<u8> {
    Suite::Gm.digest(bytes).as_bytes().to_vec()
}

pub const CONTENT_TYPE: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
pub const MESSAGE_DIGEST: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04";

pub fn usual_attributes(content_type: &[u8], content: &[u8], certificate: &[u8]) -> Vec<Vec<u8>> {
    vec![
        attribute(CONTENT_TYPE, content_type),
        attribute(MESSAGE_DIGEST, &der(4, Digest::of(content).as_bytes())),
        signing_certificate(&[&der(4, Digest::of(certificate).as_bytes())]),
    ]
}

/// SigningCertificateV2 with one entry of these parts.
pub fn signing_certificate(entry: &[&[u8]]) -> Vec<u8> {
    attribute(
        b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f",
        &sequence(&[&sequence(&[&sequence(entry)])]),
    )
}

/// Issuer and serial number of a certificate.
pub fn place(certificate: &[u8]) -> Vec<u8> {
    use x509_parser::prelude::{FromDer as _, X509Certificate};
    let (_, parsed) = X509Certificate::from_der(certificate).unwrap();
    sequence(&[parsed.issuer().as_raw(), &der(2, parsed.raw_serial())])
}

/// The parts of a TSTInfo, each with its header; the usual one.
pub fn info(imprint: Digest, time: &str) -> Vec<Vec<u8>> {
    vec![
        der(2, &[1]),
        b"\x06\x04\x2a\x03\x04\x01".to_vec(),
        sequence(&[SHA_256, &der(4, imprint.as_bytes())]),
        der(2, &[7]),
        der(0x18, time.as_bytes()),
    ]
}
