//! What is wrong with a key file, by the same codes as in the page.

use std::path::Path;

use super::pbe::{Closed, MOST_ROUNDS};
use crate::failure::{Failure, Kind};

/// Why a key file is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    NotAKeyFile,
    Passphrase,
    Encryption(String),
    Rounds(u64),
    PemEncrypted,
    KeyMissing,
    CertificateMissing,
    CertificateMalformed,
    KeyType,
    KeyWithoutCertificate,
}

/// A problem of the file, or that nobody gave the passphrase.
#[derive(Debug)]
pub enum Unusable {
    Is(Problem),
    Asking(Failure),
}

impl From<Problem> for Unusable {
    fn from(problem: Problem) -> Self {
        Self::Is(problem)
    }
}

impl From<Failure> for Unusable {
    fn from(failure: Failure) -> Self {
        Self::Asking(failure)
    }
}

impl From<Closed> for Problem {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::Malformed => Self::NotAKeyFile,
            Closed::Scheme(scheme) => Self::Encryption(scheme),
            Closed::Rounds(rounds) => Self::Rounds(rounds),
            Closed::Passphrase => Self::Passphrase,
        }
    }
}

impl Problem {
    /// The code, which the page uses too.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAKeyFile => "not-a-key-file",
            Self::Passphrase => "passphrase-wrong",
            Self::Encryption(_) => "key-encryption",
            Self::Rounds(_) => "key-rounds",
            Self::PemEncrypted => "pem-encrypted",
            Self::KeyMissing => "key-missing",
            Self::CertificateMissing => "certificate-missing",
            Self::CertificateMalformed => "certificate-malformed",
            Self::KeyType => "key-type",
            Self::KeyWithoutCertificate => "key-without-certificate",
        }
    }

    /// What happened and what to do next.
    pub fn failure(&self, path: &Path) -> Failure {
        let path = path.display();
        let (zh, en) = match self {
            Self::NotAKeyFile => (
                format!("{path} 不是可用的证书文件(.p12 或 PEM),或已损坏;请确认选对了文件。"),
                format!(
                    "{path} is not a usable key file (.p12 or PEM), or it is damaged; check that it is the right file."
                ),
            ),
            Self::Passphrase => (
                format!("{path} 的口令不对;请核对大小写后再试。证书未受影响。"),
                format!(
                    "Wrong passphrase for {path}; check it and try again. Nothing was changed."
                ),
            ),
            Self::Encryption(scheme) => (
                format!(
                    "{path} 的加密方式({scheme})不受支持;请用 openssl pkcs12 重新导出(AES-256)。"
                ),
                format!(
                    "{path} uses an encryption ({scheme}) that is not supported; export it again with openssl pkcs12 (AES-256)."
                ),
            ),
            Self::Rounds(rounds) => (
                format!(
                    "{path} 要求 {rounds} 轮口令运算,超过上限 {MOST_ROUNDS};请重新导出,轮数取 100 万以内。"
                ),
                format!(
                    "{path} asks for {rounds} rounds over the passphrase, more than {MOST_ROUNDS}; export it again with a million at most."
                ),
            ),
            Self::PemEncrypted => (
                format!(
                    "{path} 是旧格式的加密 PEM 私钥;请先合成 .p12:openssl pkcs12 -export -in 证书.pem -inkey 私钥.pem -out K.p12。"
                ),
                format!(
                    "{path} is a PEM key encrypted the old way; make a .p12 of it first: openssl pkcs12 -export -in CERT.pem -inkey KEY.pem -out K.p12."
                ),
            ),
            Self::KeyMissing => (
                format!("{path} 中只有证书,没有私钥;请选择包含私钥的文件,导出时勾选“导出私钥”。"),
                format!(
                    "{path} holds no private key, only certificates; choose the file that has the key, and export it with the key."
                ),
            ),
            Self::CertificateMissing => (
                format!("{path} 中只有私钥,没有证书;请向 CA 重新导出包含证书的 .p12。"),
                format!(
                    "{path} holds a key without any certificate; export a .p12 with the certificate from your CA's tool."
                ),
            ),
            Self::CertificateMalformed => (
                format!("{path} 中的证书都无法读取;请向 CA 重新导出。"),
                format!(
                    "None of the certificates in {path} can be read; export them again from your CA's tool."
                ),
            ),
            Self::KeyType => (
                format!(
                    "{path} 中的私钥类型不受支持;请使用 RSA-2048/3072/4096、P-256 或 SM2 证书。"
                ),
                format!(
                    "{path} holds a key of a type not supported; use RSA-2048/3072/4096, P-256 or SM2."
                ),
            ),
            Self::KeyWithoutCertificate => (
                format!("{path} 中没有成对的私钥和证书;请向 CA 重新导出包含证书的 .p12。"),
                format!(
                    "{path} holds no private key together with its certificate; export a .p12 with the certificate from your CA's tool."
                ),
            ),
        };
        let kind = if *self == Self::NotAKeyFile {
            Kind::Input
        } else {
            Kind::Key
        };
        Failure::new(kind, self.code(), zh, en)
    }
}
