//! HPKE base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM
//! (RFC 9180): value = enc (65 bytes) || ciphertext (48 bytes).

use std::convert::Infallible;

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::{DhP256HkdfSha256, Kem};
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, OpModeR, OpModeS, Serializable};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::pkcs8::DecodePrivateKey as _;
use zeroize::Zeroizing;

use super::decap;
use crate::held::Holder;
use crate::rng::Rng;
use crate::secret::Secret;
use crate::suite::wrapping::{KeyProblem, UnwrapProblem};

/// Bytes of a wrap.
pub(crate) const VALUE: usize = ENC + 48;
const ENC: usize = 65;

/// The DER before the point in the SPKI of a P-256 key (RFC 5480).
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A valid point of P-256, uncompressed (SEC 1, 2.3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point([u8; 65]);

/// A private key of P-256 with its point.
#[derive(Clone)]
pub struct Scalar {
    bytes: Zeroizing<[u8; 32]>,
    point: Point,
}

impl Point {
    /// `None` when it is not the SPKI of a P-256 key at all.
    pub(crate) fn from_spki(der: &[u8]) -> Option<Result<Self, KeyProblem>> {
        der.strip_prefix(&SPKI).map(Self::from_bytes)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, KeyProblem> {
        let point = bytes.try_into().map_err(|_| KeyProblem::Point)?;
        p256::PublicKey::from_sec1_bytes(bytes).map_err(|_| KeyProblem::Point)?;
        Ok(Self(point))
    }

    pub(crate) fn spki(&self) -> Vec<u8> {
        [&SPKI[..], &self.0].concat()
    }

    /// The ephemeral key pair is DeriveKeyPair(ikm).
    pub(crate) fn wrap(&self, wctx: &[u8], secret: &Secret, ikm: &Secret) -> Vec<u8> {
        let key = <DhP256HkdfSha256 as Kem>::PublicKey::from_bytes(&self.0)
            .expect("a Point is a valid point");
        let (enc, ciphertext) =
            hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha256, DhP256HkdfSha256>(
                &OpModeS::Base,
                &key,
                wctx,
                secret.as_bytes(),
                &[],
                &mut Once(ikm),
            )
            .expect("sealing 32 bytes to a valid point does not fail");
        let mut value = enc.to_bytes().to_vec();
        value.extend(ciphertext);
        value
    }

    /// Opens a wrap to this point with the holder of its scalar. That enc is a point of
    /// the curve is asked before the holder sees it: with others, a holder that does not
    /// ask would tell its scalar bit by bit.
    pub(crate) fn unwrap_held(
        &self,
        holder: &Holder,
        wctx: &[u8],
        value: &[u8],
    ) -> Result<Secret, UnwrapProblem> {
        let (enc, ciphertext) = value
            .split_first_chunk::<ENC>()
            .filter(|_| value.len() == VALUE)
            .ok_or(UnwrapProblem::NotOpened)?;
        let enc = Self::from_bytes(enc).map_err(|_| UnwrapProblem::NotOpened)?;
        let shared = holder.ecdh(&enc.0)?;
        decap::open(&shared, &enc.0, &self.0, wctx, ciphertext).ok_or(UnwrapProblem::NotOpened)
    }
}

impl Scalar {
    /// Reads PKCS #8 (RFC 5958).
    pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let key = p256::SecretKey::from_pkcs8_der(der).ok()?;
        Some(Self::new(&key))
    }

    /// Big-endian; `None` unless 0 < scalar < order.
    pub(crate) fn from_bytes(scalar: &[u8; 32]) -> Option<Self> {
        let key = p256::SecretKey::from_slice(scalar).ok()?;
        Some(Self::new(&key))
    }

    pub(crate) fn generate(rng: &mut (impl Rng + ?Sized)) -> Self {
        loop {
            let mut scalar = Zeroizing::new([0; 32]);
            rng.fill(scalar.as_mut_slice());
            // All but one in 2^32 draws are below the order.
            if let Some(key) = Self::from_bytes(&scalar) {
                return key;
            }
        }
    }

    pub(crate) fn point(&self) -> Point {
        self.point.clone()
    }

    /// The scalar, big-endian.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    pub(crate) fn unwrap(&self, wctx: &[u8], value: &[u8]) -> Result<Secret, UnwrapProblem> {
        if value.len() != VALUE {
            return Err(UnwrapProblem::NotOpened);
        }
        let key = <DhP256HkdfSha256 as Kem>::PrivateKey::from_bytes(self.as_bytes())
            .expect("a Scalar is a valid scalar");
        let enc = <DhP256HkdfSha256 as Kem>::EncappedKey::from_bytes(&value[..ENC])
            .map_err(|_| UnwrapProblem::NotOpened)?;
        let opened = hpke::single_shot_open::<AesGcm256, HkdfSha256, DhP256HkdfSha256>(
            &OpModeR::Base,
            &key,
            &enc,
            wctx,
            &value[ENC..],
            &[],
        )
        .map(Zeroizing::new)
        .map_err(|_| UnwrapProblem::NotOpened)?;
        Secret::from_slice(&opened).ok_or(UnwrapProblem::NotOpened)
    }

    fn new(key: &p256::SecretKey) -> Self {
        let encoded = key.public_key().to_sec1_point(false);
        let mut point = [0; 65];
        point.copy_from_slice(encoded.as_bytes());
        Self {
            bytes: Zeroizing::new(key.to_bytes().into()),
            point: Point(point),
        }
    }
}

/// A source that yields the 32 bytes of ikm: the library makes its ephemeral
/// key pair as DeriveKeyPair(32 random bytes). Vectors hold this.
struct Once<'a>(&'a Secret);

impl TryRng for Once<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("the library draws its ikm at once")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("the library draws its ikm at once")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(self.0.as_bytes());
        Ok(())
    }
}

impl TryCryptoRng for Once<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scalar_zero_and_the_order_are_not_keys() {
        let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
        assert!(Scalar::from_bytes(&[0; 32]).is_none());
        let order = crate::digest::lower_hex::<32>(order).unwrap();
        assert!(Scalar::from_bytes(&order).is_none());
    }
}
