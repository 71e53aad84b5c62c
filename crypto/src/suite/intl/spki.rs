//! The keys that certificates may hold: RSA of 2048, 3072 or 4096 bits with
//! e = 65537 (RFC 8017), P-256 as an uncompressed point (RFC 5480).

use x509_parser::public_key::PublicKey as ParsedKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::suite::signing::{KeyAlgorithm, PublicKey, SpkiProblem};

pub(crate) fn signing_key(
    spki: &SubjectPublicKeyInfo<'_>,
) -> Result<(PublicKey, KeyAlgorithm), SpkiProblem> {
    let bits = spki.subject_public_key.data.as_ref();
    match spki.parsed() {
        Ok(ParsedKey::RSA(key)) => {
            if spki.algorithm.algorithm.to_id_string() != "1.2.840.113549.1.1.1"
                || !matches!(key.exponent, [1, 0, 1] | [0, 1, 0, 1])
            {
                return Err(SpkiProblem::Weak);
            }
            let modulus = key.modulus.strip_prefix(&[0]).unwrap_or(key.modulus);
            let algorithm = match (modulus.len(), modulus.first()) {
                (256, Some(128..)) => KeyAlgorithm::Rsa2048,
                (384, Some(128..)) => KeyAlgorithm::Rsa3072,
                (512, Some(128..)) => KeyAlgorithm::Rsa4096,
                _ => return Err(SpkiProblem::Weak),
            };
            Ok((PublicKey::Rsa(bits.to_vec()), algorithm))
        }
        Ok(ParsedKey::EC(_)) => {
            let curve = spki
                .algorithm
                .parameters
                .as_ref()
                .and_then(|parameters| parameters.as_oid().ok())
                .map(|oid| oid.to_id_string());
            if curve.as_deref() != Some("1.2.840.10045.3.1.7") {
                return Err(SpkiProblem::Weak);
            }
            if !matches!(bits, [4, rest @ ..] if rest.len() == 64) {
                return Err(SpkiProblem::Weak);
            }
            // A point off the curve is no key.
            if p256::PublicKey::from_sec1_bytes(bits).is_err() {
                return Err(SpkiProblem::Malformed);
            }
            Ok((PublicKey::P256(bits.to_vec()), KeyAlgorithm::P256))
        }
        Ok(_) => Err(SpkiProblem::Weak),
        Err(_) => Err(SpkiProblem::Malformed),
    }
}
