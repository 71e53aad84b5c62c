//! Key files on disk: PKCS #12 (RFC 7292), legacy encryptions included, and PEM.

use std::path::Path;

use kaibiao_crypto::wrap::{PrivateKey, PublicKey};
use p12_keystore::{KeyStore, KeyStoreEntry, PrivateKeyChain};
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use zeroize::Zeroizing;

use super::ber::{self, SEQUENCE};
use super::p12::{self, Contents};
use super::pbe::Budget;
use super::pem as text;
use super::problem::{Problem, Unusable};
use super::sm2;
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

/// Reads every key of a .p12 or PEM file that has its certificate there. A key of
/// a kind that is not used here, or a certificate that cannot be read, spoils
/// nothing but itself.
///
/// `passphrase` is asked only for what is encrypted.
pub fn read(
    path: &Path,
    passphrase: &dyn Fn(&Path) -> Outcome<Zeroizing<String>>,
) -> Outcome<Vec<StoredKey>> {
    let bytes = Zeroizing::new(files::read(path)?);
    let ask = || passphrase(path);
    pairs(&bytes, &ask).map_err(|problem| match problem {
        Unusable::Asking(failure) => failure,
        Unusable::Is(problem) => problem.failure(path),
    })
}

/// The same of a file's bytes.
pub fn pairs(
    bytes: &[u8],
    passphrase: &dyn Fn() -> Outcome<Zeroizing<String>>,
) -> Result<Vec<StoredKey>, Unusable> {
    let Contents { keys, certificates } = if text::is_pem(bytes) {
        read_pem(bytes, passphrase)?
    } else if bytes.first() != Some(&SEQUENCE) {
        return Err(Problem::NotAKeyFile.into());
    } else if parse(bytes).is_some() {
        return Err(Problem::KeyMissing.into());
    } else {
        p12::read(bytes, &passphrase()?).map_err(Problem::from)?
    };
    if keys.is_empty() {
        return Err(Problem::KeyMissing.into());
    }
    if certificates.is_empty() {
        return Err(Problem::CertificateMissing.into());
    }
    let readable: Vec<Vec<u8>> = certificates
        .into_iter()
        .filter(|der| parse(der).is_some())
        .collect();
    if readable.is_empty() {
        return Err(Problem::CertificateMalformed.into());
    }
    let mut stored = Vec::new();
    let mut suitable = false;
    for pkcs8 in keys {
        let pkcs8 = sm2::from_pkcs8(&pkcs8).unwrap_or(pkcs8);
        let Some(public) = public_key(&pkcs8) else {
            continue;
        };
        suitable = true;
        if let Some(leaf) = readable.iter().find(|der| certifies(der, &public)) {
            stored.push(StoredKey {
                pkcs8,
                chain: chain(leaf, &readable),
            });
        }
    }
    match (stored.is_empty(), suitable) {
        (false, _) => Ok(stored),
        (true, true) => Err(Problem::KeyWithoutCertificate.into()),
        (true, false) => Err(Problem::KeyType.into()),
    }
}

/// Certificates of a PEM or DER file (no private key wanted).
pub fn read_certificates(path: &Path) -> Outcome<Vec<Vec<u8>>> {
    let bytes = files::read(path)?;
    if bytes.first() == Some(&SEQUENCE) {
        return Ok(vec![bytes]);
    }
    let certificates: Vec<Vec<u8>> = text::blocks(&bytes)
        .into_iter()
        .filter(|block| block.label.ends_with("CERTIFICATE"))
        .filter_map(|block| Some(block.der?.to_vec()))
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

/// A key with its certificate, which is among these of the file at `path`.
pub fn certified(
    pkcs8: Zeroizing<Vec<u8>>,
    certificates: &[Vec<u8>],
    path: &Path,
) -> Outcome<StoredKey> {
    let public = public_key(&pkcs8);
    let leaf = public.and_then(|public| certificates.iter().find(|der| certifies(der, &public)));
    match leaf {
        Some(leaf) => Ok(StoredKey {
            chain: chain(leaf, certificates),
            pkcs8,
        }),
        None => Err(Problem::KeyWithoutCertificate.failure(path)),
    }
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
        let private =
            p12_keystore::PrivateKey::from_der(&key.pkcs8).map_err(Failure::unexpected)?;
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

fn read_pem(
    bytes: &[u8],
    passphrase: &dyn Fn() -> Outcome<Zeroizing<String>>,
) -> Result<Contents, Unusable> {
    let mut found = Contents::default();
    let budget = Budget::of_a_file();
    for block in text::blocks(bytes) {
        if block.encrypted {
            return Err(Problem::PemEncrypted.into());
        }
        let Some(der) = block.der else {
            return Err(Problem::NotAKeyFile.into());
        };
        match block.label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                found.certificates.push(der.to_vec());
            }
            "PRIVATE KEY" => found.keys.push(der),
            // One that is no key of ours stays as it is, and is told by its kind.
            "RSA PRIVATE KEY" => found.keys.push(pkcs8_of_rsa(&der).unwrap_or(der)),
            // openssl 3 gives what it writes of SM2 a label of its own.
            "EC PRIVATE KEY" | "SM2 PRIVATE KEY" => {
                found.keys.push(pkcs8_of_ec(&der).unwrap_or(der));
            }
            "ENCRYPTED PRIVATE KEY" => {
                let shrouded = ber::read(&der).map_err(|_| Problem::NotAKeyFile)?;
                let key = p12::read_shrouded(&shrouded, &passphrase()?, &budget);
                found.keys.push(key.map_err(Problem::from)?);
            }
            _ => {}
        }
    }
    Ok(found)
}

/// PKCS #8 of a key in PKCS #1.
fn pkcs8_of_rsa(der: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let key = rsa::RsaPrivateKey::from_pkcs1_der(der).ok()?;
    let der = rsa::pkcs8::EncodePrivateKey::to_pkcs8_der(&key).ok()?;
    Some(Zeroizing::new(der.as_bytes().to_vec()))
}

/// PKCS #8 of a key in SEC 1.
fn pkcs8_of_ec(der: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if let Some(key) = sm2::from_sec1(der) {
        return Some(key);
    }
    let key = p256::SecretKey::from_sec1_der(der).ok()?;
    let der = p256::pkcs8::EncodePrivateKey::to_pkcs8_der(&key).ok()?;
    Some(Zeroizing::new(der.as_bytes().to_vec()))
}

/// The SubjectPublicKeyInfo (RFC 5280) that belongs to a private key; none for a
/// key of a kind or size that is not used here.
fn public_key(pkcs8: &[u8]) -> Option<Vec<u8>> {
    if let Ok(key) = <rsa::RsaPrivateKey as rsa::pkcs8::DecodePrivateKey>::from_pkcs8_der(pkcs8) {
        if ![256, 384, 512].contains(&rsa::traits::PublicKeyParts::size(&key)) {
            return None;
        }
        let der = rsa::pkcs8::EncodePublicKey::to_public_key_der(&key.to_public_key()).ok()?;
        return Some(der.as_bytes().to_vec());
    }
    if let Ok(key @ PrivateKey::Sm2(_)) = PrivateKey::from_pkcs8(pkcs8) {
        return Some(key.public().spki());
    }
    let key = <p256::SecretKey as p256::pkcs8::DecodePrivateKey>::from_pkcs8_der(pkcs8).ok()?;
    let der = p256::pkcs8::EncodePublicKey::to_public_key_der(&key.public_key()).ok()?;
    Some(der.as_bytes().to_vec())
}

/// Keys of SM2 are spelt in more than one way; theirs are compared in one.
fn certifies(certificate: &[u8], public: &[u8]) -> bool {
    match PublicKey::from_certificate(certificate) {
        Ok(key @ PublicKey::Sm2(_)) => key.spki() == public,
        _ => parse(certificate).is_some_and(|it| it.public_key().raw == public),
    }
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

/// Whether a certificate names another as its issuer.
pub fn issued(issuer: &[u8], certificate: &[u8]) -> bool {
    match (parse(issuer), parse(certificate)) {
        (Some(above), Some(below)) => above.subject().as_raw() == below.issuer().as_raw(),
        _ => false,
    }
}

/// PKCS #8 in PEM.
pub fn private_pem(pkcs8: &[u8]) -> Zeroizing<String> {
    pem("PRIVATE KEY", pkcs8)
}

/// DER in PEM (RFC 7468), under a label.
pub fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    use base64::Engine as _;
    let body = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(der));
    let mut pem = Zeroizing::new(format!("-----BEGIN {label}-----\n"));
    for line in body.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|&byte| char::from(byte)));
        pem.push('\n');
    }
    pem.push_str("-----END ");
    pem.push_str(label);
    pem.push_str("-----\n");
    pem
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::identity::{Identity, Openers};

    #[derive(serde::Deserialize)]
    struct Row {
        name: String,
        passphrase: String,
        file: String,
        outcome: String,
        signs: Option<bool>,
        chain: Option<usize>,
    }

    #[test]
    fn every_key_file_of_the_table_has_the_outcome_that_it_has_in_the_page() {
        let folder = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../crypto/vectors/key-files"
        );
        let rows = |name: &str| -> Vec<Row> {
            let rows = std::fs::read(format!("{folder}/{name}")).unwrap();
            serde_json::from_slice(&rows).unwrap()
        };
        let mut table = rows("files.json");
        assert!(table.len() >= 56);
        table.extend(rows("sm2.json"));
        assert!(table.len() >= 95);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        for row in table {
            let bytes = kaibiao_crypto::encoding::from_base64(&row.file).unwrap();
            std::fs::write(&path, bytes).unwrap();
            let given = |_: &Path| Ok(Zeroizing::new(row.passphrase.clone()));
            let code = |failed: Option<Failure>| failed.map_or("opens".to_owned(), |it| it.code);
            let opens = code(Openers::load(&path, &given).err());
            assert_eq!(opens, row.outcome, "{}", row.name);
            if opens == "opens" {
                let identity = Identity::load(&path, &given);
                assert_eq!(Some(identity.is_ok()), row.signs, "{}", row.name);
                if let (Ok(identity), Some(chain)) = (identity, row.chain) {
                    assert_eq!(identity.chain().len(), chain, "{}", row.name);
                }
            }
        }
    }
}
