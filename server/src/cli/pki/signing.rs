//! An authority's key, and certificates and lists as it signs them (RFC 5280): by
//! RSA, P-256 or SM2.

use der::asn1::{AnyRef, BitString, UintRef};
use der::{Decode as _, Encode, Sequence};
use kaibiao_client::failure::{Failure, Outcome};
use kaibiao_crypto::signature::{Algorithm, PublicKey};
use kaibiao_crypto::signer::{FileKey, Signer as _};
use kaibiao_crypto::wrap::PrivateKey;
use x509_cert::spki::{AlgorithmIdentifierOwned, ObjectIdentifier, SubjectPublicKeyInfoOwned};

/// A private key that signs what the authority issues.
pub struct AuthorityKey {
    key: FileKey,
    pub spki: SubjectPublicKeyInfoOwned,
}

/// sha256WithRSAEncryption (RFC 4055), with NULL.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
/// ecdsa-with-SHA256 (RFC 5758), without parameters.
const ECDSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
/// SM2 with SM3 (GM/T 0015), without parameters.
const SM2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.501");

/// What X.509 calls SIGNED.
#[derive(Sequence)]
struct Signed<'a> {
    text: AnyRef<'a>,
    algorithm: AlgorithmIdentifierOwned,
    value: BitString,
}

/// Ecdsa-Sig-Value (RFC 3279).
#[derive(Sequence)]
struct Ecdsa<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

impl AuthorityKey {
    pub fn from_pkcs8(pkcs8: &[u8]) -> Outcome<Self> {
        Ok(Self {
            key: FileKey::bare(pkcs8).map_err(Failure::unexpected)?,
            spki: spki(pkcs8)?,
        })
    }

    pub fn is_sm2(&self) -> bool {
        matches!(self.key.public_key(), PublicKey::Sm2(_))
    }

    /// As it stands within what is signed, and again beside the signature.
    pub fn algorithm(&self) -> AlgorithmIdentifierOwned {
        let (oid, parameters) = match self.key.public_key() {
            PublicKey::Sm2(_) => (SM2, None),
            PublicKey::Rsa(_) => (RSA, Some(AnyRef::NULL.into())),
            PublicKey::P256(_) | PublicKey::Ed25519(_) => (ECDSA, None),
        };
        AlgorithmIdentifierOwned { oid, parameters }
    }

    /// The whole certificate or list, DER.
    pub fn sign(&self, text: &impl Encode) -> Outcome<Vec<u8>> {
        let text = text.to_der().map_err(Failure::unexpected)?;
        let signature = self.key.sign(&text).map_err(Failure::unexpected)?;
        let value = match signature.algorithm {
            Algorithm::EcdsaP256 => ecdsa(&signature.value.0),
            _ => Ok(signature.value.0),
        };
        let signed = Signed {
            text: AnyRef::from_der(&text).map_err(Failure::unexpected)?,
            algorithm: self.algorithm(),
            value: value
                .and_then(|value| BitString::from_bytes(&value))
                .map_err(Failure::unexpected)?,
        };
        signed.to_der().map_err(Failure::unexpected)
    }
}

/// The public half of a key that was just made, or read from an authority's folder.
pub fn spki(pkcs8: &[u8]) -> Outcome<SubjectPublicKeyInfoOwned> {
    let key = PrivateKey::from_pkcs8(pkcs8).map_err(Failure::unexpected)?;
    SubjectPublicKeyInfoOwned::from_der(&key.public().spki()).map_err(Failure::unexpected)
}

/// DER of r and s that stand one after the other.
fn ecdsa(value: &[u8]) -> der::Result<Vec<u8>> {
    let (r, s) = value.split_at(value.len() / 2);
    let value = Ecdsa {
        r: UintRef::new(r)?,
        s: UintRef::new(s)?,
    };
    value.to_der()
}
