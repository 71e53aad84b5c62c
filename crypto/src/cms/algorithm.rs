//! AlgorithmIdentifier: which function, by which parameters.

use der::Tag;

use super::element::{Element, Fields, NotDer, constructed, element, integer, name, sequence};
use super::oid as names;
use crate::signature::Algorithm;
use crate::suite::{Hash, Scheme};

/// An algorithm by its name, not yet known to be one of ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Identifier<'a> {
    name: &'a [u8],
    parameters: Option<Element<'a>>,
}

impl<'a> Identifier<'a> {
    /// Of what a SEQUENCE holds.
    pub(crate) fn of(mut fields: Fields<'a>) -> Result<Self, NotDer> {
        let name = fields.name()?;
        let parameters = if fields.is_done() {
            None
        } else {
            Some(fields.any()?)
        };
        fields.done()?;
        if parameters.is_some_and(|it| !it.is_strict()) {
            return Err(NotDer);
        }
        Ok(Self { name, parameters })
    }

    /// Parameters are NULL or absent: makers differ (RFC 5754, 2).
    fn is_plain(self) -> bool {
        let null = |it: Element<'_>| it.tag == Tag::Null && it.content.is_empty();
        self.parameters.is_none_or(null)
    }

    /// The hash function that it names; `None` for another one.
    pub(crate) fn hash(self) -> Option<Hash> {
        if !self.is_plain() {
            return None;
        }
        match self.name {
            names::SHA_256 => Some(Hash::Sha256),
            names::SHA_384 => Some(Hash::Sha384),
            names::SHA_512 => Some(Hash::Sha512),
            names::SM3 => Some(Hash::Sm3),
            _ => None,
        }
    }

    /// The signature scheme that it names, when it goes with this hash function.
    pub(crate) fn scheme(self, hash: Hash) -> Option<Scheme> {
        let (scheme, its_hash) = match self.name {
            names::RSA if self.is_plain() => (Scheme::RsaPkcs1, hash),
            names::RSA_SHA_256 if self.is_plain() => (Scheme::RsaPkcs1, Hash::Sha256),
            names::RSA_SHA_384 if self.is_plain() => (Scheme::RsaPkcs1, Hash::Sha384),
            names::RSA_SHA_512 if self.is_plain() => (Scheme::RsaPkcs1, Hash::Sha512),
            names::ECDSA_SHA_256 if self.parameters.is_none() => (Scheme::Ecdsa, Hash::Sha256),
            names::ECDSA_SHA_384 if self.parameters.is_none() => (Scheme::Ecdsa, Hash::Sha384),
            names::RSA_PSS => (Scheme::RsaPss, pss(self.parameters?).ok()??),
            names::SM2 | names::SM2_SM3 if self.is_plain() => (Scheme::Sm2, Hash::Sm3),
            _ => return None,
        };
        (its_hash == hash && scheme.goes_with(hash)).then_some(scheme)
    }
}

/// The hash function of RSASSA-PSS-params (RFC 4055, 3.1), when it is also that
/// of MGF1 and the salt is as long as its digest. The defaults are SHA-1's and
/// are refused.
fn pss(parameters: Element<'_>) -> Result<Option<Hash>, NotDer> {
    let mut fields = parameters.fields(Tag::Sequence)?;
    let mut hash = fields.fields(constructed(0))?;
    let mut mask = fields.fields(constructed(1))?;
    let mut salt = fields.fields(constructed(2))?;
    fields.done()?;
    let its_hash = Identifier::of(hash.sequence()?)?.hash();
    hash.done()?;
    let its_mask = Identifier::of(mask.sequence()?)?;
    mask.done()?;
    let salt_length = salt.small()?;
    salt.done()?;
    let masked_by = match its_mask.parameters {
        Some(inner) if its_mask.name == names::RSA_MGF1 => {
            Identifier::of(inner.fields(Tag::Sequence)?)?.hash()
        }
        _ => None,
    };
    let length = |it: &Hash| u32::try_from(it.length()) == Ok(salt_length);
    Ok(its_hash.filter(|it| masked_by == Some(*it) && length(it)))
}

/// Writes a hash function, without parameters.
pub(crate) fn of_hash(hash: Hash) -> Vec<u8> {
    let its_name = match hash {
        Hash::Sha256 => names::SHA_256,
        Hash::Sha384 => names::SHA_384,
        Hash::Sha512 => names::SHA_512,
        Hash::Sm3 => names::SM3,
        // Nothing that is read or written here is hashed by it.
        Hash::Sha1 => unreachable!("SHA-1 only names certificates"),
    };
    sequence(&[&name(its_name)])
}

/// Writes a signature scheme with its hash function.
pub(super) fn of_scheme(scheme: Scheme, hash: Hash) -> Vec<u8> {
    match scheme {
        Scheme::RsaPkcs1 => sequence(&[&name(names::RSA), &element(Tag::Null, &[])]),
        Scheme::Ecdsa if hash == Hash::Sha384 => sequence(&[&name(names::ECDSA_SHA_384)]),
        Scheme::Ecdsa => sequence(&[&name(names::ECDSA_SHA_256)]),
        Scheme::Sm2 => sequence(&[&name(names::SM2_SM3)]),
        Scheme::RsaPss => {
            let length = u8::try_from(hash.length()).unwrap_or(u8::MAX);
            let its_hash = of_hash(hash);
            let mask = sequence(&[&name(names::RSA_MGF1), &its_hash]);
            let parameters = sequence(&[
                &element(constructed(0), &[&its_hash]),
                &element(constructed(1), &[&mask]),
                &element(constructed(2), &[&integer(&[length])]),
            ]);
            sequence(&[&name(names::RSA_PSS), &parameters])
        }
    }
}

/// Writes the algorithm of a signature of ours; `None` when messages are not
/// signed by it.
pub(crate) fn of_signature(algorithm: Algorithm) -> Option<Vec<u8>> {
    let scheme = match algorithm {
        Algorithm::RsaPkcs1 => Scheme::RsaPkcs1,
        Algorithm::RsaPss => Scheme::RsaPss,
        Algorithm::EcdsaP256 => Scheme::Ecdsa,
        Algorithm::Sm2 => Scheme::Sm2,
        Algorithm::Ed25519 => return None,
    };
    let hash = match scheme {
        Scheme::Sm2 => Hash::Sm3,
        _ => Hash::Sha256,
    };
    Some(of_scheme(scheme, hash))
}
