//! New private keys, as PKCS #8.

use clap::ValueEnum;
use kaibiao_os::random;
use p256::pkcs8::EncodePrivateKey as _;
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::rand_core;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::failure::{Failure, Outcome};

/// The key types a certificate may carry: SM2 in suite `gm`, the others in `intl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKind {
    #[value(name = "rsa-2048")]
    #[serde(rename = "rsa-2048")]
    Rsa2048,
    #[value(name = "rsa-3072")]
    #[serde(rename = "rsa-3072")]
    Rsa3072,
    #[value(name = "p-256")]
    #[serde(rename = "p-256")]
    P256,
    Sm2,
}

/// Makes a private key; RSA takes seconds.
pub fn private_key(kind: KeyKind) -> Outcome<Zeroizing<Vec<u8>>> {
    match kind {
        KeyKind::Rsa2048 => rsa(2048),
        KeyKind::Rsa3072 => rsa(3072),
        KeyKind::P256 => p256(),
        KeyKind::Sm2 => Ok(sm2()),
    }
}

fn rsa(bits: usize) -> Outcome<Zeroizing<Vec<u8>>> {
    let key = rsa::RsaPrivateKey::new(&mut Randomness, bits).map_err(Failure::unexpected)?;
    let der = key.to_pkcs8_der().map_err(Failure::unexpected)?;
    Ok(Zeroizing::new(der.as_bytes().to_vec()))
}

fn p256() -> Outcome<Zeroizing<Vec<u8>>> {
    loop {
        let scalar = Zeroizing::new(random::bytes::<32>());
        // A scalar that is zero or not below the group's order is no key. One
        // draw in about 2^32 is like that, and another draw mends it.
        if let Ok(key) = p256::SecretKey::from_slice(scalar.as_slice()) {
            let der = key.to_pkcs8_der().map_err(Failure::unexpected)?;
            return Ok(Zeroizing::new(der.as_bytes().to_vec()));
        }
    }
}

fn sm2() -> Zeroizing<Vec<u8>> {
    loop {
        let scalar = Zeroizing::new(random::bytes::<32>());
        if let Some(pkcs8) = super::sm2::from_scalar(scalar.as_slice()) {
            return pkcs8;
        }
    }
}

/// Adapts the operating system's randomness to the trait that the rsa crate
/// asks for.
struct Randomness;

impl rand_core::CryptoRng for Randomness {}

impl rand_core::RngCore for Randomness {
    fn next_u32(&mut self) -> u32 {
        u32::from_ne_bytes(random::bytes())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_ne_bytes(random::bytes())
    }

    fn fill_bytes(&mut self, buffer: &mut [u8]) {
        random::fill(buffer);
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), rand_core::Error> {
        random::fill(buffer);
        Ok(())
    }
}
