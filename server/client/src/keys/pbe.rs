//! Encryption by passphrase as key files use it: PBES2 (RFC 8018) and the older
//! schemes of PKCS #12 (RFC 7292, appendix B and C).

use std::num::NonZeroU32;

use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt as _, KeyInit, KeyIvInit as _};
use ring::{digest, hmac, pbkdf2};
use zeroize::Zeroizing;

use super::ber::{self, Element, Malformed, OCTETS, SEQUENCE};

/// A file may not keep the machine busy for ever.
pub const MOST_ROUNDS: u64 = 10_000_000;

const PBES2: &[u8] = &hex::<9>("2a864886f70d01050d");
const PBKDF2: &[u8] = &hex::<9>("2a864886f70d01050c");
const PBMAC1: &[u8] = &hex::<9>("2a864886f70d01050e");

/// Why something under a passphrase does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    Malformed,
    /// An algorithm that is not known here, by its object identifier.
    Scheme(String),
    /// More rounds than are done.
    Rounds(u64),
    Passphrase,
}

impl From<Malformed> for Closed {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

type Outcome<T> = Result<T, Closed>;

/// Decrypts by an AlgorithmIdentifier. A wrong passphrase shows in the padding, or
/// later.
pub fn decrypt(
    algorithm: &Element<'_>,
    data: &[u8],
    passphrase: &str,
) -> Outcome<Zeroizing<Vec<u8>>> {
    let scheme = algorithm.child(0)?.oid()?;
    let parameters = algorithm.tagged(1, SEQUENCE)?;
    if scheme == PBES2 {
        return decrypt_pbes2(parameters, data, passphrase);
    }
    let cipher = Cipher::of_pkcs12(scheme).ok_or_else(|| unknown(scheme))?;
    let salt = parameters.child(0)?.octets();
    let rounds = rounds(parameters.child(1)?)?;
    let password = bmp(passphrase);
    let derive = |id, length| derive_pkcs12(Hash::Sha1, &password, &salt, id, rounds, length);
    cipher.decrypt(&derive(1, cipher.key_length()), &derive(2, 8), data)
}

fn decrypt_pbes2(
    parameters: &Element<'_>,
    data: &[u8],
    passphrase: &str,
) -> Outcome<Zeroizing<Vec<u8>>> {
    let encryption = parameters.tagged(1, SEQUENCE)?;
    let scheme = encryption.child(0)?.oid()?;
    let cipher = Cipher::of_pbes2(scheme).ok_or_else(|| unknown(scheme))?;
    let iv = encryption.tagged(1, OCTETS)?.octets();
    let key = derive_pbkdf2(
        parameters.tagged(0, SEQUENCE)?,
        passphrase,
        cipher.key_length(),
    )?;
    cipher.decrypt(&key, &iv, data)
}

/// Whether a PKCS #12 file's MAC holds.
pub fn mac_holds(mac: &Element<'_>, content: &[u8], passphrase: &str) -> Outcome<bool> {
    let info = mac.tagged(0, SEQUENCE)?;
    let algorithm = info.tagged(0, SEQUENCE)?;
    let told = info.child(1)?.octets();
    let scheme = algorithm.child(0)?.oid()?;
    if scheme == PBMAC1 {
        let parameters = algorithm.tagged(1, SEQUENCE)?;
        let scheme = parameters.tagged(1, SEQUENCE)?.child(0)?.oid()?;
        let hash = Hash::of_hmac(scheme).ok_or_else(|| unknown(scheme))?;
        let kdf = parameters.tagged(0, SEQUENCE)?;
        let key = derive_pbkdf2(kdf, passphrase, hash.digest().output_len())?;
        return Ok(hash.holds(&key, content, &told));
    }
    let hash = Hash::of_digest(scheme).ok_or_else(|| unknown(scheme))?;
    let salt = mac.child(1)?.octets();
    let rounds = mac.children.get(2).map_or(Ok(1), rounds)?;
    // An empty passphrase is written in two ways.
    let spellings = if passphrase.is_empty() {
        vec![bmp(""), Zeroizing::new(Vec::new())]
    } else {
        vec![bmp(passphrase)]
    };
    Ok(spellings.iter().any(|password| {
        let length = hash.digest().output_len();
        let key = derive_pkcs12(hash, password, &salt, 3, rounds, length);
        hash.holds(&key, content, &told)
    }))
}

fn derive_pbkdf2(
    kdf: &Element<'_>,
    passphrase: &str,
    length: usize,
) -> Outcome<Zeroizing<Vec<u8>>> {
    let scheme = kdf.child(0)?.oid()?;
    if scheme != PBKDF2 {
        return Err(unknown(scheme));
    }
    let parameters = kdf.tagged(1, SEQUENCE)?;
    let salt = parameters.tagged(0, OCTETS)?.octets();
    let rounds = rounds(parameters.child(1)?)?;
    let prf = parameters.children.iter().find(|it| it.tag == SEQUENCE);
    let hash = match prf {
        None => Hash::Sha1,
        Some(prf) => {
            let scheme = prf.child(0)?.oid()?;
            Hash::of_hmac(scheme).ok_or_else(|| unknown(scheme))?
        }
    };
    let mut key = Zeroizing::new(vec![0; length]);
    let rounds = NonZeroU32::new(rounds).ok_or(Closed::Malformed)?;
    pbkdf2::derive(
        hash.pbkdf2(),
        rounds,
        &salt,
        passphrase.as_bytes(),
        &mut key,
    );
    Ok(key)
}

/// RFC 7292, B.2: `id` 1 for a key, 2 for an IV, 3 for a MAC.
fn derive_pkcs12(
    hash: Hash,
    password: &[u8],
    salt: &[u8],
    id: u8,
    rounds: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let block = hash.digest().block_len();
    let repeated = |bytes: &[u8]| -> Vec<u8> {
        let whole = bytes.len().div_ceil(block) * block;
        bytes.iter().copied().cycle().take(whole).collect()
    };
    let mut input = Zeroizing::new(repeated(salt));
    input.extend(repeated(password));
    let mut output = Zeroizing::new(Vec::new());
    loop {
        let mut context = digest::Context::new(hash.digest());
        context.update(&vec![id; block]);
        context.update(&input);
        let mut round = context.finish();
        for _ in 1..rounds {
            round = digest::digest(hash.digest(), round.as_ref());
        }
        output.extend_from_slice(round.as_ref());
        if output.len() >= length {
            output.truncate(length);
            return output;
        }
        let addend = repeated(round.as_ref());
        for part in input.chunks_mut(block) {
            add(part, &addend);
        }
    }
}

/// Makes a block itself + addend + 1, as big-endian numbers.
fn add(block: &mut [u8], addend: &[u8]) {
    let mut carry = 1_u16;
    for (byte, other) in block.iter_mut().zip(addend).rev() {
        carry += u16::from(*byte) + u16::from(*other);
        let [high, low] = carry.to_be_bytes();
        *byte = low;
        carry = u16::from(high);
    }
}

#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn of_digest(oid: &[u8]) -> Option<Self> {
        Some(match oid {
            _ if oid == hex::<5>("2b0e03021a") => Self::Sha1,
            _ if oid == hex::<9>("608648016503040201") => Self::Sha256,
            _ if oid == hex::<9>("608648016503040202") => Self::Sha384,
            _ if oid == hex::<9>("608648016503040203") => Self::Sha512,
            _ => return None,
        })
    }

    fn of_hmac(oid: &[u8]) -> Option<Self> {
        Some(match oid {
            _ if oid == hex::<8>("2a864886f70d0207") => Self::Sha1,
            _ if oid == hex::<8>("2a864886f70d0209") => Self::Sha256,
            _ if oid == hex::<8>("2a864886f70d020a") => Self::Sha384,
            _ if oid == hex::<8>("2a864886f70d020b") => Self::Sha512,
            _ => return None,
        })
    }

    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha384 => pbkdf2::PBKDF2_HMAC_SHA384,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }

    fn holds(self, key: &[u8], content: &[u8], told: &[u8]) -> bool {
        let algorithm = match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        };
        hmac::verify(&hmac::Key::new(algorithm, key), content, told).is_ok()
    }
}

#[derive(Clone, Copy)]
enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    TripleDes,
    /// Of two keys.
    DoubleDes,
    Rc2128,
    Rc240,
}

impl Cipher {
    fn of_pbes2(oid: &[u8]) -> Option<Self> {
        Some(match oid {
            _ if oid == hex::<9>("608648016503040102") => Self::Aes128,
            _ if oid == hex::<9>("608648016503040116") => Self::Aes192,
            _ if oid == hex::<9>("60864801650304012a") => Self::Aes256,
            _ if oid == hex::<8>("2a864886f70d0307") => Self::TripleDes,
            _ => return None,
        })
    }

    fn of_pkcs12(oid: &[u8]) -> Option<Self> {
        let (last, family) = oid.split_last()?;
        if family != hex::<9>("2a864886f70d010c01") {
            return None;
        }
        Some(match last {
            3 => Self::TripleDes,
            4 => Self::DoubleDes,
            5 => Self::Rc2128,
            6 => Self::Rc240,
            _ => return None,
        })
    }

    fn key_length(self) -> usize {
        match self {
            Self::Rc240 => 5,
            Self::Aes128 | Self::DoubleDes | Self::Rc2128 => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
        }
    }

    fn decrypt(self, key: &[u8], iv: &[u8], data: &[u8]) -> Outcome<Zeroizing<Vec<u8>>> {
        match self {
            Self::Aes128 => cbc::<aes::Aes128>(key, iv, data),
            Self::Aes192 => cbc::<aes::Aes192>(key, iv, data),
            Self::Aes256 => cbc::<aes::Aes256>(key, iv, data),
            Self::TripleDes => cbc::<des::TdesEde3>(key, iv, data),
            Self::DoubleDes => cbc::<des::TdesEde2>(key, iv, data),
            Self::Rc2128 | Self::Rc240 => cbc::<rc2::Rc2>(key, iv, data),
        }
    }
}

fn cbc<C: KeyInit + BlockCipherDecrypt>(
    key: &[u8],
    iv: &[u8],
    data: &[u8],
) -> Outcome<Zeroizing<Vec<u8>>> {
    let cipher = cbc::Decryptor::<C>::new_from_slices(key, iv).map_err(|_| Closed::Malformed)?;
    let plain = cipher.decrypt_padded_vec::<Pkcs7>(data);
    plain.map(Zeroizing::new).map_err(|_| Closed::Passphrase)
}

fn rounds(element: &Element<'_>) -> Outcome<u32> {
    let rounds = element.number()?;
    if rounds > MOST_ROUNDS {
        return Err(Closed::Rounds(rounds));
    }
    u32::try_from(rounds)
        .ok()
        .filter(|rounds| *rounds > 0)
        .ok_or(Closed::Malformed)
}

/// UTF-16, big-endian, with a terminator: passphrases in PKCS #12.
fn bmp(passphrase: &str) -> Zeroizing<Vec<u8>> {
    let units = passphrase.encode_utf16().chain([0]);
    Zeroizing::new(units.flat_map(u16::to_be_bytes).collect())
}

fn unknown(oid: &[u8]) -> Closed {
    Closed::Scheme(dotted(oid))
}

/// An object identifier as people write it.
fn dotted(oid: &[u8]) -> String {
    let mut arcs: Vec<u64> = Vec::new();
    let mut value = 0_u64;
    for byte in oid {
        value = (value << 7) | u64::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        if arcs.is_empty() {
            let first = (value / 40).min(2);
            arcs.extend([first, value - first * 40]);
        } else {
            arcs.push(value);
        }
        value = 0;
    }
    let arcs: Vec<String> = arcs.iter().map(ToString::to_string).collect();
    arcs.join(".")
}

/// Bytes written as lowercase hexadecimal digits in this file.
const fn hex<const N: usize>(digits: &str) -> [u8; N] {
    const fn value(digit: u8) -> u8 {
        if digit >= b'a' {
            digit - b'a' + 10
        } else {
            digit - b'0'
        }
    }
    let digits = digits.as_bytes();
    let mut bytes = [0; N];
    let mut at = 0;
    while at < N {
        bytes[at] = value(digits[2 * at]) << 4 | value(digits[2 * at + 1]);
        at += 1;
    }
    bytes
}

/// What does not parse after decryption was decrypted with a wrong passphrase.
pub fn parsed(plain: &[u8]) -> Outcome<Element<'_>> {
    ber::read(plain).map_err(|_| Closed::Passphrase)
}
