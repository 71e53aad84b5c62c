//! RSAES-OAEP (RFC 8017) with SHA-256, MGF1-SHA-256 and an empty label, of
//! `secret || H(wctx)`. The label is not used because tokens rarely take one.

use rsa::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePublicKey as _};
use rsa::rand_core::{CryptoRng, Error, RngCore};
use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, Oaep, RsaPrivateKey, RsaPublicKey};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::oaep;
use crate::digest::Digest;
use crate::held::{Holder, RsaText};
use crate::rng::Rng;
use crate::secret::Secret;
use crate::suite::wrapping::{KeyProblem, UnwrapProblem};

/// Bytes of a wrap: as many as the modulus has.
pub(crate) const VALUES: [usize; 3] = [256, 384, 512];
const EXPONENT: u32 = 65537;

/// A public key of 2048, 3072 or 4096 bits with the exponent 65537.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RsaPublic(RsaPublicKey);

/// A private key of such a size.
#[derive(Clone)]
pub struct RsaPrivate(RsaPrivateKey);

impl RsaPublic {
    pub(crate) fn from_spki(der: &[u8]) -> Result<Self, KeyProblem> {
        let key = RsaPublicKey::from_public_key_der(der).map_err(|_| KeyProblem::Unknown)?;
        check(&key)?;
        let key = Self(key);
        if key.spki() == der {
            Ok(key)
        } else {
            Err(KeyProblem::Unknown)
        }
    }

    pub(crate) fn spki(&self) -> Vec<u8> {
        self.0
            .to_public_key_der()
            .expect("an RSA key read from DER can be written as DER")
            .into_vec()
    }

    pub(crate) fn wrap(
        &self,
        wctx: &[u8],
        secret: &Secret,
        rng: &mut (impl Rng + ?Sized),
    ) -> Vec<u8> {
        let mut message = Zeroizing::new([0; 64]);
        message[..32].copy_from_slice(secret.as_bytes());
        message[32..].copy_from_slice(Digest::of(wctx).as_bytes());
        self.0
            .encrypt(&mut Adapter(rng), padding(), message.as_slice())
            .expect("64 bytes fit OAEP with SHA-256 under 2048 bits and more")
    }

    /// Opens a wrap to this key with its holder. A value that is not below the modulus is
    /// no ciphertext (RFC 8017, 5.1.2), and the holder does not see it.
    pub(crate) fn unwrap_held(
        &self,
        holder: &Holder,
        wctx: &[u8],
        value: &[u8],
    ) -> Result<Secret, UnwrapProblem> {
        if value.len() != self.0.size() || BigUint::from_bytes_be(value) >= *self.0.n() {
            return Err(UnwrapProblem::NotOpened);
        }
        let message = match holder.rsa(value)? {
            RsaText::Encoded(encoded) if encoded.len() == value.len() => oaep::message(&encoded),
            RsaText::Encoded(_) => None,
            RsaText::Message(message) => {
                <[u8; 64]>::try_from(&message[..]).ok().map(Zeroizing::new)
            }
        };
        unbound(wctx, message.ok_or(UnwrapProblem::NotOpened)?.as_slice())
    }
}

impl RsaPrivate {
    /// Reads PKCS #8 (RFC 5958).
    pub(crate) fn from_pkcs8(der: &[u8]) -> Result<Self, KeyProblem> {
        let key = RsaPrivateKey::from_pkcs8_der(der).map_err(|_| KeyProblem::Unknown)?;
        check(&key.to_public_key())?;
        Ok(Self(key))
    }

    pub(crate) fn public(&self) -> RsaPublic {
        RsaPublic(self.0.to_public_key())
    }

    pub(crate) fn unwrap(
        &self,
        wctx: &[u8],
        value: &[u8],
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Secret, UnwrapProblem> {
        let message = self
            .0
            .decrypt_blinded(&mut Adapter(rng), padding(), value)
            .map(Zeroizing::new)
            .map_err(|_| UnwrapProblem::NotOpened)?;
        unbound(wctx, &message)
    }
}

/// The secret of `secret || H(wctx)`.
fn unbound(wctx: &[u8], message: &[u8]) -> Result<Secret, UnwrapProblem> {
    let (secret, bound) = message
        .split_at_checked(32)
        .ok_or(UnwrapProblem::NotOpened)?;
    if bound.len() != 32 {
        return Err(UnwrapProblem::NotOpened);
    }
    if !bool::from(bound.ct_eq(Digest::of(wctx).as_bytes())) {
        return Err(UnwrapProblem::NotBound);
    }
    Secret::from_slice(secret).ok_or(UnwrapProblem::NotOpened)
}

fn padding() -> Oaep {
    Oaep::new::<rsa::sha2::Sha256>()
}

fn check(key: &RsaPublicKey) -> Result<(), KeyProblem> {
    let has_size = VALUES.iter().any(|bytes| key.n().bits() == 8 * bytes);
    if has_size && *key.e() == BigUint::from(EXPONENT) {
        Ok(())
    } else {
        Err(KeyProblem::Rsa)
    }
}

/// Adapts our source of randomness to a library that uses an older `rand_core`.
struct Adapter<'a, R: ?Sized>(&'a mut R);

impl<R: Rng + ?Sized> RngCore for Adapter<'_, R> {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(crate::rng::bytes(self.0))
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(crate::rng::bytes(self.0))
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl<R: Rng + ?Sized> CryptoRng for Adapter<'_, R> {}

#[cfg(test)]
impl RsaPrivate {
    /// A fresh key of 2048 bits, to test with.
    pub(crate) fn generate(rng: &mut (impl Rng + ?Sized)) -> Self {
        Self(RsaPrivateKey::new(&mut Adapter(rng), 2048).expect("2048 bits are a size"))
    }

    /// The private operation alone, without padding.
    pub(crate) fn raw(&self, value: &[u8]) -> Vec<u8> {
        use rsa::traits::PrivateKeyParts as _;
        let text = BigUint::from_bytes_be(value).modpow(self.0.d(), self.0.n());
        let text = text.to_bytes_be();
        [vec![0; self.0.size() - text.len()], text].concat()
    }

    pub(crate) fn decrypt(&self, value: &[u8]) -> Option<Vec<u8>> {
        self.0.decrypt(padding(), value).ok()
    }

    pub(crate) fn to_pkcs8(&self) -> Vec<u8> {
        let der = rsa::pkcs8::EncodePrivateKey::to_pkcs8_der(&self.0);
        der.expect("a key can be written").as_bytes().to_vec()
    }
}
