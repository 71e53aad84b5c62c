//! An authority of SM2 for tests: what the small one issues, with keys and signatures
//! of SM2 put in their place.

use kaibiao_crypto::certificate::{Ca, Trust};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::signer::{FileKey, Signer as _};

use super::*;

/// id-ecPublicKey with the curve, and the curve itself without and with NULL.
pub const KEYS: [&str; 3] = [
    "301306072a8648ce3d020106082a811ccf5501822d",
    "300a06082a811ccf5501822d",
    "300c06082a811ccf5501822d0500",
];
/// SM2 with SM3, without and with NULL.
pub const SIGNED: [&str; 2] = ["300a06082a811ccf55018375", "300c06082a811ccf550183750500"];

/// A key of SM2 with its PKCS #8, made by openssl.
pub struct Sm2Key {
    pub pkcs8: Vec<u8>,
    pub key: FileKey,
}

impl Sm2Key {
    pub fn new() -> Self {
        let genpkey = ["genpkey", "-algorithm", "SM2"];
        let topk8 = ["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"];
        Self::of(&openssl(&topk8, &openssl(&genpkey, b"")))
    }

    pub fn of(pkcs8: &[u8]) -> Self {
        Self {
            pkcs8: pkcs8.to_vec(),
            key: FileKey::bare(pkcs8).unwrap(),
        }
    }

    /// SubjectPublicKeyInfo, the algorithm spelt in one of the ways of [`KEYS`].
    pub fn spki(&self, spelling: usize) -> Vec<u8> {
        let usual = openssl_spki(&self.pkcs8);
        let bits = &parts(&usual)[1];
        der(
            0x30,
            &[hex::decode(KEYS[spelling]).unwrap(), bits.clone()].concat(),
        )
    }

    pub fn sign(&self, text: &[u8]) -> Vec<u8> {
        self.key.sign(text).unwrap().value.0
    }
}

/// The elements within the one element that `bytes` are.
pub fn parts(bytes: &[u8]) -> Vec<Vec<u8>> {
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
pub fn signed_again(
    given: &[u8],
    changes: &[(usize, &[u8])],
    signed: usize,
    by: &Sm2Key,
) -> Vec<u8> {
    let algorithm = hex::decode(SIGNED[signed]).unwrap();
    signed_as(given, changes, [&algorithm, &algorithm], |text| {
        by.sign(text)
    })
}

/// The same under these algorithms, the one that is signed and the one beside it, with
/// this value.
pub fn signed_as(
    given: &[u8],
    changes: &[(usize, &[u8])],
    [signed, beside]: [&[u8]; 2],
    value: impl FnOnce(&[u8]) -> Vec<u8>,
) -> Vec<u8> {
    let mut inner = parts(&parts(given)[0]);
    for (at, part) in changes {
        inner[*at] = part.to_vec();
    }
    // It stands third in a certificate and second in a list.
    let at = inner
        .iter()
        .position(|part| part.starts_with(b"\x30\x0a\x06\x08\x2a\x86\x48"));
    inner[at.unwrap()] = signed.to_vec();
    let text = der(0x30, &inner.concat());
    let value = der(3, &[&[0][..], &value(&text)].concat());
    der(0x30, &[&text, beside, &value].concat())
}

pub const SPKI: usize = 6;

/// A root and an intermediate authority of SM2.
pub struct Authorities {
    pub root: Authority,
    pub root_key: Sm2Key,
    pub root_certificate: Vec<u8>,
    pub middle: Authority,
    pub middle_key: Sm2Key,
    pub middle_certificate: Vec<u8>,
}

impl Authorities {
    pub fn new(spelling: usize, signed: usize) -> Self {
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

    pub fn issue(&self, leaf: Leaf, spki: &[u8], signed: usize) -> Vec<u8> {
        let issued = self.middle.issue(P_256, leaf);
        signed_again(&issued, &[(SPKI, spki)], signed, &self.middle_key)
    }

    pub fn ca(&self, revoked: &[u64]) -> Ca {
        let lists = [
            signed_again(&self.root.crl(&[], false), &[], 0, &self.root_key),
            signed_again(&self.middle.crl(revoked, false), &[], 1, &self.middle_key),
        ];
        Ca {
            root: Base64(self.root_certificate.clone()),
            intermediates: vec![Base64(self.middle_certificate.clone())],
            ..self.root.ca("gm", lists.to_vec())
        }
    }

    pub fn trust(&self, revoked: &[u64]) -> Trust {
        Trust::new(&[self.ca(revoked)]).unwrap()
    }
}

/// A certificate with other text; its signature does not hold any more.
pub fn with_text(certificate: &[u8], text: &[u8]) -> Vec<u8> {
    let rest = parts(certificate)[1..].concat();
    der(0x30, &[text, &rest].concat())
}
