//! Encryption by passphrase as key files use it: PBES2 (RFC 8018) and the older
//! schemes of PKCS #12 (RFC 7292, appendix B and C).

use std::cell::Cell;
use std::num::NonZeroU32;

use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt as _, KeyInit, KeyIvInit as _};
use kaibiao_gm::sm4::Sm4;
use zeroize::Zeroizing;

use super::ber::{self, Element, Malformed, OCTETS, SEQUENCE};
use super::hash::Hash;

/// A file may not keep the machine busy for ever, and a fuzzer not for long: neither one
/// thing in it, nor all of them together.
#[allow(unexpected_cfgs, reason = "cargo-fuzz sets it")]
pub const MOST_ROUNDS: u64 = if cfg!(fuzzing) { 3_000 } else { 10_000_000 };
const MOST_ROUNDS_IN_ALL: u64 = 4 * MOST_ROUNDS;

/// How many rounds a file may still ask for.
pub struct Budget(pub(super) Cell<u64>);

impl Budget {
    pub const fn of_a_file() -> Self {
        Self(Cell::new(MOST_ROUNDS_IN_ALL))
    }
}

const PBES2: &[u8] = &hex::<9>("2a864886f70d01050d");
const PBKDF2: &[u8] = &hex::<9>("2a864886f70d01050c");
const PBMAC1: &[u8] = &hex::<9>("2a864886f70d01050e");
/// The same by names of GM/T 0091, below 1.2.156.10197.6.1.4.1.5.
const PBKDF: &[u8] = &hex::<11>("2a811ccf55060104010501");
const PBES: &[u8] = &hex::<11>("2a811ccf55060104010502");
const PBMAC: &[u8] = &hex::<11>("2a811ccf55060104010503");

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
    budget: &Budget,
) -> Outcome<Zeroizing<Vec<u8>>> {
    let scheme = algorithm.child(0)?.oid()?;
    let parameters = algorithm.tagged(1, SEQUENCE)?;
    if scheme == PBES2 || scheme == PBES {
        return decrypt_pbes2(parameters, data, passphrase, budget);
    }
    let cipher = Cipher::of_pkcs12(scheme).ok_or_else(|| unknown(scheme))?;
    let salt = parameters.child(0)?.octets();
    let rounds = rounds(parameters.child(1)?, budget)?;
    let password = bmp(passphrase);
    let derive = |id, length| derive_pkcs12(Hash::Sha1, &password, &salt, id, rounds, length);
    cipher.decrypt(&derive(1, cipher.key_length()), &derive(2, 8), data)
}

fn decrypt_pbes2(
    parameters: &Element<'_>,
    data: &[u8],
    passphrase: &str,
    budget: &Budget,
) -> Outcome<Zeroizing<Vec<u8>>> {
    let encryption = parameters.tagged(1, SEQUENCE)?;
    let scheme = encryption.child(0)?.oid()?;
    let cipher = Cipher::of_pbes2(scheme).ok_or_else(|| unknown(scheme))?;
    let iv = encryption.tagged(1, OCTETS)?.octets();
    let key = derive_pbkdf2(
        parameters.tagged(0, SEQUENCE)?,
        passphrase,
        cipher.key_length(),
        budget,
    )?;
    cipher.decrypt(&key, &iv, data)
}

/// Whether a PKCS #12 file's MAC holds.
pub fn mac_holds(
    mac: &Element<'_>,
    content: &[u8],
    passphrase: &str,
    budget: &Budget,
) -> Outcome<bool> {
    let info = mac.tagged(0, SEQUENCE)?;
    let algorithm = info.tagged(0, SEQUENCE)?;
    let told = info.child(1)?.octets();
    let scheme = algorithm.child(0)?.oid()?;
    if scheme == PBMAC1 || scheme == PBMAC {
        let parameters = algorithm.tagged(1, SEQUENCE)?;
        let scheme = parameters.tagged(1, SEQUENCE)?.child(0)?.oid()?;
        let hash = Hash::of_hmac(scheme).ok_or_else(|| unknown(scheme))?;
        let kdf = parameters.tagged(0, SEQUENCE)?;
        let key = derive_pbkdf2(kdf, passphrase, hash.length(), budget)?;
        return Ok(hash.holds(&key, content, &told));
    }
    let hash = Hash::of_digest(scheme).ok_or_else(|| unknown(scheme))?;
    let salt = mac.child(1)?.octets();
    let rounds = mac.children.get(2).map_or(Ok(1), |it| rounds(it, budget))?;
    // An empty passphrase is written in two ways.
    let spellings = if passphrase.is_empty() {
        vec![bmp(""), Zeroizing::new(Vec::new())]
    } else {
        vec![bmp(passphrase)]
    };
    Ok(spellings.iter().any(|password| {
        let length = hash.length();
        let key = derive_pkcs12(hash, password, &salt, 3, rounds, length);
        hash.holds(&key, content, &told)
    }))
}

fn derive_pbkdf2(
    kdf: &Element<'_>,
    passphrase: &str,
    length: usize,
    budget: &Budget,
) -> Outcome<Zeroizing<Vec<u8>>> {
    let scheme = kdf.child(0)?.oid()?;
    // What is meant where no function is named.
    let usual = match scheme {
        PBKDF2 => Hash::Sha1,
        PBKDF => Hash::Sm3,
        _ => return Err(unknown(scheme)),
    };
    let parameters = kdf.tagged(1, SEQUENCE)?;
    let salt = parameters.tagged(0, OCTETS)?.octets();
    let rounds = rounds(parameters.child(1)?, budget)?;
    let prf = parameters.children.iter().find(|it| it.tag == SEQUENCE);
    let hash = match prf {
        None => usual,
        Some(prf) => {
            let scheme = prf.child(0)?.oid()?;
            Hash::of_hmac(scheme).ok_or_else(|| unknown(scheme))?
        }
    };
    let mut key = Zeroizing::new(vec![0; length]);
    let rounds = NonZeroU32::new(rounds).ok_or(Closed::Malformed)?;
    hash.stretch(passphrase, &salt, rounds, &mut key);
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
    let block = hash.block();
    let repeated = |bytes: &[u8]| -> Vec<u8> {
        let whole = bytes.len().div_ceil(block) * block;
        bytes.iter().copied().cycle().take(whole).collect()
    };
    let mut input = Zeroizing::new(repeated(salt));
    input.extend(repeated(password));
    let mut output = Zeroizing::new(Vec::new());
    loop {
        let first = Zeroizing::new([&vec![id; block][..], &input].concat());
        let mut round = hash.digest(&first);
        for _ in 1..rounds {
            round = hash.digest(&round);
        }
        output.extend_from_slice(&round);
        if output.len() >= length {
            output.truncate(length);
            return output;
        }
        let addend = repeated(&round);
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
enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    TripleDes,
    /// Of two keys.
    DoubleDes,
    Rc2128,
    Rc240,
    Sm4,
}

impl Cipher {
    fn of_pbes2(oid: &[u8]) -> Option<Self> {
        Some(match oid {
            _ if oid == hex::<9>("608648016503040102") => Self::Aes128,
            _ if oid == hex::<9>("608648016503040116") => Self::Aes192,
            _ if oid == hex::<9>("60864801650304012a") => Self::Aes256,
            _ if oid == hex::<8>("2a864886f70d0307") => Self::TripleDes,
            // 1.2.156.10197.1.104.2, in CBC
            _ if oid == hex::<8>("2a811ccf55016802") => Self::Sm4,
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
            Self::Aes128 | Self::DoubleDes | Self::Rc2128 | Self::Sm4 => 16,
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
            Self::Sm4 => sm4(key, iv, data),
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

/// By the SM4 that looks nothing up by a secret.
fn sm4(key: &[u8], iv: &[u8], data: &[u8]) -> Outcome<Zeroizing<Vec<u8>>> {
    let key = key.try_into().map_err(|_| Closed::Malformed)?;
    let iv = iv.try_into().map_err(|_| Closed::Malformed)?;
    let mut plain = Zeroizing::new(data.to_vec());
    let (blocks, rest) = plain.as_chunks_mut();
    Sm4::new(key).cbc_decrypt(iv, blocks);
    let whole = rest.is_empty();
    let padding = plain.last().map_or(0, |last| usize::from(*last));
    let length = plain.len().checked_sub(padding);
    match length {
        Some(length)
            if whole
                && (1..=16).contains(&padding)
                && plain[length..]
                    .iter()
                    .all(|byte| usize::from(*byte) == padding) =>
        {
            plain.truncate(length);
            Ok(plain)
        }
        _ => Err(Closed::Passphrase),
    }
}

fn rounds(element: &Element<'_>, budget: &Budget) -> Outcome<u32> {
    let rounds = element.number()?;
    let left = budget.0.get().checked_sub(rounds);
    let Some(left) = left.filter(|_| rounds <= MOST_ROUNDS) else {
        return Err(Closed::Rounds(rounds));
    };
    budget.0.set(left);
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
pub fn dotted(oid: &[u8]) -> String {
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

/// Bytes written as lowercase hexadecimal digits.
pub const fn hex<const N: usize>(digits: &str) -> [u8; N] {
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
