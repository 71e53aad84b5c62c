//! Key files on disk: PKCS #12 (RFC 7292), legacy encryptions included, and PEM.

use std::path::Path;

use p12_keystore::{KeyStore, KeyStoreEntry, Pkcs12Archive, PrivateKey, PrivateKeyChain};
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::failure::{Failure, Kind, Outcome};
use crate::files;

/// A private key and the certificates that go with it.
#[derive(Clone)]
pub struct StoredKey {
    pub pkcs8: Zeroizing<Vec<u8>>,
    /// DER, the key's own certificate first; never empty.
    pub chain: Vec<Vec<u8>>,
}

/// Iterations of PBKDF2 for the files we write (OWASP's figure for HMAC-SHA-256).
const ITERATIONS: u32 = 600_000;

/// Reads every key of a .p12 or PEM file that has its certificate there.
///
/// `passphrase` is asked only for a .p12.
pub fn read(
    path: &Path,
    passphrase: &dyn Fn(&Path) -> Outcome<Zeroizing<String>>,
) -> Outcome<Vec<StoredKey>> {
    let bytes = Zeroizing::new(files::read(path)?);
    let (keys, certificates) = if bytes.windows(11).any(|window| window == b"-----BEGIN ") {
        read_pem(path, &bytes)?
    } else if bytes.first() == Some(&0x30) {
        read_p12(path, &bytes, &passphrase(path)?)?
    } else {
        return Err(not_a_key_file(path));
    };
    let mut stored = Vec::new();
    for pkcs8 in keys {
        let Some(public) = public_key(&pkcs8) else {
            return Err(Failure::new(
                Kind::Key,
                "key-type",
                format!(
                    "{} 中的私钥类型不受支持;请使用 RSA-2048/3072/4096 或 P-256 证书。",
                    path.display()
                ),
                format!(
                    "{} holds a key of a type not supported; use RSA-2048/3072/4096 or P-256.",
                    path.display()
                ),
            ));
        };
        if let Some(leaf) = certificates.iter().find(|der| certifies(der, &public)) {
            stored.push(StoredKey {
                pkcs8,
                chain: chain(leaf, &certificates),
            });
        }
    }
    if stored.is_empty() {
        return Err(Failure::new(
            Kind::Key,
            "key-without-certificate",
            format!(
                "{} 中没有成对的私钥和证书;请向 CA 重新导出包含证书的 .p12。",
                path.display()
            ),
            format!(
                "{} holds no private key together with its certificate; export a .p12 with the certificate from your CA's tool.",
                path.display()
            ),
        ));
    }
    Ok(stored)
}

/// Certificates of a PEM or DER file (no private key wanted).
pub fn read_certificates(path: &Path) -> Outcome<Vec<Vec<u8>>> {
    let bytes = files::read(path)?;
    if bytes.first() == Some(&0x30) {
        return Ok(vec![bytes]);
    }
    let certificates: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(&bytes)
        .filter_map(Result::ok)
        .map(|der| der.to_vec())
        .collect();
    if certificates.is_empty() {
        return Err(Failure::new(
            Kind::Input,
            "not-a-certificate",
            format!("{} 不是证书文件(PEM 或 DER)。", path.display()),
            format!("{} is not a certificate file (PEM or DER).", path.display()),
        ));
    }
    Ok(certificates)
}

/// A .p12 under PBES2 with AES-256-CBC and a SHA-256 MAC, which openssl 3 opens.
pub fn write_p12(keys: &[(&str, &StoredKey)], passphrase: &str) -> Outcome<Zeroizing<Vec<u8>>> {
    let mut store = KeyStore::new();
    for (index, (name, key)) in keys.iter().enumerate() {
        let certificates = key
            .chain
            .iter()
            .map(|der| p12_keystore::Certificate::from_der(der))
            .collect::<Result<Vec<_>, _>>()
            .map_err(Failure::unexpected)?;
        let private = PrivateKey::from_der(&key.pkcs8).map_err(Failure::unexpected)?;
        let local = [u8::try_from(index + 1).unwrap_or(u8::MAX)];
        let chain = PrivateKeyChain::new(local.as_slice(), private, certificates);
        store.add_entry(name, KeyStoreEntry::PrivateKeyChain(chain));
    }
    store
        .writer(passphrase)
        .encryption_iterations(ITERATIONS)
        .mac_iterations(ITERATIONS)
        .write()
        .map(Zeroizing::new)
        .map_err(Failure::unexpected)
}

type Parts = (Vec<Zeroizing<Vec<u8>>>, Vec<Vec<u8>>);

fn read_p12(path: &Path, bytes: &[u8], passphrase: &str) -> Outcome<Parts> {
    let archive = Pkcs12Archive::from_pkcs12(bytes, passphrase).map_err(|error| match error {
        p12_keystore::error::Error::MacError(_) | p12_keystore::error::Error::Pkcs5Error(_) => {
            Failure::new(
                Kind::Key,
                "wrong-passphrase",
                format!("{} 的口令不对;请核对大小写后再试。证书未受影响。", path.display()),
                format!("Wrong passphrase for {}; check it and try again. Nothing was changed.", path.display()),
            )
        }
        p12_keystore::error::Error::UnsupportedEncryptionScheme => Failure::new(
            Kind::Key,
            "p12-encryption",
            format!("{} 的加密方式不受支持;请用 openssl pkcs12 重新导出(AES-256)。", path.display()),
            format!("{} uses an encryption that is not supported; export it again with openssl pkcs12 (AES-256).", path.display()),
        ),
        _ => not_a_key_file(path),
    })?;
    let keys = archive
        .keys
        .into_iter()
        .map(|bag| Zeroizing::new(bag.key.as_der().to_vec()))
        .collect();
    let certificates = archive
        .certs
        .into_iter()
        .map(|bag| bag.cert.as_der().to_vec())
        .collect();
    Ok((keys, certificates))
}

fn read_pem(path: &Path, bytes: &[u8]) -> Outcome<Parts> {
    const ENCRYPTED: &[u8] = b"-----BEGIN ENCRYPTED PRIVATE KEY-----";
    if bytes
        .windows(ENCRYPTED.len())
        .any(|window| window == ENCRYPTED)
    {
        return Err(Failure::new(
            Kind::Key,
            "pem-encrypted",
            format!(
                "{} 是加密的 PEM 私钥;请先合成 .p12:openssl pkcs12 -export -in 证书.pem -inkey 私钥.pem -out K.p12。",
                path.display()
            ),
            format!(
                "{} is an encrypted PEM key; make a .p12 of it first: openssl pkcs12 -export -in CERT.pem -inkey KEY.pem -out K.p12.",
                path.display()
            ),
        ));
    }
    let mut keys = Vec::new();
    for key in PrivateKeyDer::pem_slice_iter(bytes) {
        let key = key.map_err(|_| not_a_key_file(path))?;
        keys.push(pkcs8(&key).ok_or_else(|| not_a_key_file(path))?);
    }
    let certificates = CertificateDer::pem_slice_iter(bytes)
        .map(|der| der.map(|der| der.to_vec()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| not_a_key_file(path))?;
    Ok((keys, certificates))
}

/// Brings the older encodings (PKCS #1, SEC 1) to PKCS #8.
fn pkcs8(key: &PrivateKeyDer<'_>) -> Option<Zeroizing<Vec<u8>>> {
    match key {
        PrivateKeyDer::Pkcs8(der) => Some(Zeroizing::new(der.secret_pkcs8_der().to_vec())),
        PrivateKeyDer::Pkcs1(der) => {
            let key = rsa::RsaPrivateKey::from_pkcs1_der(der.secret_pkcs1_der()).ok()?;
            let der = rsa::pkcs8::EncodePrivateKey::to_pkcs8_der(&key).ok()?;
            Some(Zeroizing::new(der.as_bytes().to_vec()))
        }
        PrivateKeyDer::Sec1(der) => {
            let key = p256::SecretKey::from_sec1_der(der.secret_sec1_der()).ok()?;
            let der = p256::pkcs8::EncodePrivateKey::to_pkcs8_der(&key).ok()?;
            Some(Zeroizing::new(der.as_bytes().to_vec()))
        }
        _ => None,
    }
}

/// The SubjectPublicKeyInfo (RFC 5280) that belongs to a private key.
fn public_key(pkcs8: &[u8]) -> Option<Vec<u8>> {
    if let Ok(key) = <rsa::RsaPrivateKey as rsa::pkcs8::DecodePrivateKey>::from_pkcs8_der(pkcs8) {
        let der = rsa::pkcs8::EncodePublicKey::to_public_key_der(&key.to_public_key()).ok()?;
        return Some(der.as_bytes().to_vec());
    }
    let key = <p256::SecretKey as p256::pkcs8::DecodePrivateKey>::from_pkcs8_der(pkcs8).ok()?;
    let der = p256::pkcs8::EncodePublicKey::to_public_key_der(&key.public_key()).ok()?;
    Some(der.as_bytes().to_vec())
}

fn certifies(certificate: &[u8], public: &[u8]) -> bool {
    parse(certificate).is_some_and(|certificate| certificate.public_key().raw == public)
}

/// Orders a file's certificates: the leaf, followed by each issuer that the
/// file holds.
fn chain(leaf: &[u8], certificates: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut chain = vec![leaf.to_vec()];
    while let Some(last) = chain.last().and_then(|der| parse(der)) {
        let issuer = certificates.iter().find(|der| {
            !chain.contains(der)
                && parse(der).is_some_and(|candidate| {
                    candidate.subject().as_raw() == last.issuer().as_raw() && candidate.is_ca()
                })
        });
        match issuer {
            Some(issuer) => chain.push(issuer.clone()),
            None => break,
        }
    }
    chain
}

fn parse(der: &[u8]) -> Option<x509_parser::certificate::X509Certificate<'_>> {
    use x509_parser::prelude::FromDer as _;
    x509_parser::certificate::X509Certificate::from_der(der)
        .ok()
        .map(|(_, certificate)| certificate)
}

fn not_a_key_file(path: &Path) -> Failure {
    Failure::new(
        Kind::Input,
        "not-a-key-file",
        format!(
            "{} 不是可用的证书文件(.p12 或 PEM);请确认选对了文件。",
            path.display()
        ),
        format!(
            "{} is not a usable key file (.p12 or PEM); check that it is the right file.",
            path.display()
        ),
    )
}

/// A certificate's serial number, lowercase hex without a leading zero byte.
pub fn serial(certificate: &[u8]) -> Option<String> {
    let certificate = parse(certificate)?;
    let raw = certificate.raw_serial();
    let first = raw.iter().position(|&byte| byte != 0)?;
    Some(hex::encode(&raw[first..]))
}

/// Whether a certificate names itself as its issuer, as roots do.
pub fn is_self_issued(certificate: &[u8]) -> bool {
    parse(certificate)
        .is_some_and(|certificate| certificate.subject().as_raw() == certificate.issuer().as_raw())
}

/// PKCS #8 in PEM.
pub fn private_pem(pkcs8: &[u8]) -> Zeroizing<String> {
    use base64::Engine as _;
    let body = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(pkcs8));
    let mut pem = Zeroizing::new(String::from("-----BEGIN PRIVATE KEY-----\n"));
    for line in body.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|&byte| char::from(byte)));
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    pem
}
