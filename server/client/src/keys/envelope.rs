//! The encryption key of a pair as an authority sends it: SM2EnvelopedKey (GM/T 0009, 7.4;
//! GB/T 35276, 7.4) or the ENVELOPEDKEYBLOB of GM/T 0016, sealed to the signing key.
//!
//! ```text
//! SM2EnvelopedKey ::= SEQUENCE {
//!   symAlgID                AlgorithmIdentifier,
//!   symEncryptedKey         SM2Cipher,      -- of the symmetric key, to the signing key
//!   sm2PublicKey            BIT STRING,
//!   sm2EncryptedPrivateKey  BIT STRING }    -- under the symmetric key
//! ```

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_gm::sm2::{Point, Scalar, cipher};
use kaibiao_gm::sm4::Sm4;
use zeroize::Zeroizing;

use super::ber::{self, Element, INTEGER, OCTETS, SEQUENCE};
use super::pbe::{dotted, hex};
use super::{pem, sm2};
use crate::failure::{Failure, Kind, Outcome};
use crate::files;

/// Why an envelope gives no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// `envelope-malformed`
    Malformed,
    /// `envelope-cipher`: a block cipher that is not SM4, by its name.
    Cipher(String),
    /// `envelope-other-key`: it was sealed to another key, or altered.
    OtherKey,
}

struct Envelope {
    /// None in ECB.
    iv: Option<[u8; 16]>,
    /// SM2Cipher in strict DER.
    sealed: Vec<u8>,
    public: Vec<u8>,
    private: Vec<u8>,
}

const BITS: u8 = 0x03;
/// SM4 (1.2.156.10197.1.104), and below it ECB and CBC.
const SM4: &[u8] = &hex::<7>("2a811ccf550168");
const SM4_ECB: &[u8] = &hex::<8>("2a811ccf55016801");
const SM4_CBC: &[u8] = &hex::<8>("2a811ccf55016802");
/// SGD_SM4_ECB (GM/T 0006).
const SGD_SM4_ECB: u32 = 0x0401;

/// Reads the file: DER, its base64 with or without a frame, or the blob.
pub fn read(path: &Path, signing: &[Zeroizing<Vec<u8>>]) -> Outcome<Zeroizing<Vec<u8>>> {
    let bytes = files::read(path)?;
    open(&bytes, signing).map_err(|closed| closed.failure(path))
}

/// The private key in it, as PKCS #8; `signing` are the keys, PKCS #8, of which one
/// opens it.
pub fn open(bytes: &[u8], signing: &[Zeroizing<Vec<u8>>]) -> Result<Zeroizing<Vec<u8>>, Closed> {
    let envelope = Envelope::read(&unframed(bytes))?;
    let keys = signing.iter().filter_map(|key| Scalar::from_pkcs8(key));
    let mut opened = keys.filter_map(|key| envelope.open(&key));
    opened.next().ok_or(Closed::OtherKey)
}

fn unframed(bytes: &[u8]) -> Vec<u8> {
    if let Some(der) = pem::blocks(bytes).into_iter().find_map(|it| it.der) {
        return der.to_vec();
    }
    let digits: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    BASE64.decode(digits).unwrap_or_else(|_| bytes.to_vec())
}

impl Envelope {
    fn read(bytes: &[u8]) -> Result<Self, Closed> {
        if bytes.first() == Some(&SEQUENCE) {
            let envelope = ber::read(bytes).map_err(|_| Closed::Malformed)?;
            return Self::of_element(&envelope);
        }
        Self::of_blob(bytes).unwrap_or(Err(Closed::Malformed))
    }

    fn of_element(envelope: &Element<'_>) -> Result<Self, Closed> {
        let malformed = |_| Closed::Malformed;
        let algorithm = envelope.tagged(0, SEQUENCE).map_err(malformed)?;
        let named = algorithm.child(0).and_then(Element::oid);
        let named = named.map_err(malformed)?;
        let iv = match named {
            SM4 | SM4_ECB => None,
            SM4_CBC => {
                let iv = algorithm.tagged(1, OCTETS).map_err(malformed)?.octets();
                Some(iv.try_into().map_err(|_| Closed::Malformed)?)
            }
            _ => return Err(Closed::Cipher(called(named))),
        };
        let sealed = envelope.tagged(1, SEQUENCE).map_err(malformed)?;
        Ok(Self {
            iv,
            sealed: cipher_of(sealed).ok_or(Closed::Malformed)?,
            public: bits(envelope, 2).ok_or(Closed::Malformed)?,
            private: bits(envelope, 3).ok_or(Closed::Malformed)?,
        })
    }

    /// Little-endian numbers of 32 bits: version 1, cipher, bits; the sealed key in 64
    /// bytes; the public key (bits, x and y in 64 bytes each); the SM2 ciphertext (x and
    /// y in 64, C3, the length of C2, C2). `None` where it is none.
    fn of_blob(bytes: &[u8]) -> Option<Result<Self, Closed>> {
        let (head, rest) = bytes.split_first_chunk::<12>()?;
        let number = |at: usize| {
            let bytes = head[at..at + 4].try_into().expect("four bytes");
            u32::from_le_bytes(bytes)
        };
        if (number(0), number(8)) != (1, 256) {
            return None;
        }
        if number(4) != SGD_SM4_ECB {
            return Some(Err(Closed::Cipher(called_by_number(number(4)))));
        }
        let (private, rest) = rest.split_first_chunk::<64>()?;
        let (public, rest) = rest.split_first_chunk::<132>()?;
        let (sealed, rest) = rest.split_first_chunk::<164>()?;
        let length = u32::from_le_bytes(sealed[160..].try_into().ok()?);
        let text = rest.get(..usize::try_from(length).ok()?)?;
        Some(Ok(Self {
            iv: None,
            sealed: write_cipher(&sealed[..64], &sealed[64..128], &sealed[128..160], text)?,
            public: [&[4], &public[36..68], &public[100..132]].concat(),
            private: private.to_vec(),
        }))
    }

    /// The two blocks that decrypt to the public key's scalar: some programs put 32 zero
    /// bytes before it, in the clear or sealed, or a padding after it.
    fn open(&self, signing: &Scalar) -> Option<Zeroizing<Vec<u8>>> {
        let point = Point::from_bytes(&self.public).ok()?;
        let key = cipher::decrypt::<16>(signing, &self.sealed)?;
        let sm4 = Sm4::new(&key);
        let mut plain = Zeroizing::new(self.private.clone());
        let (blocks, _) = plain.as_chunks_mut::<16>();
        match &self.iv {
            Some(iv) => sm4.cbc_decrypt(iv, blocks),
            None => {
                for block in blocks.iter_mut() {
                    *block = sm4.decrypt(block);
                }
            }
        }
        let mut scalars = blocks.windows(2).map(<[[u8; 16]]>::as_flattened);
        scalars.find_map(|bytes| {
            let scalar = Scalar::from_bytes(bytes.try_into().ok()?)?;
            (scalar.point() == point).then(|| sm2::from_scalar(bytes))?
        })
    }
}

/// SM2Cipher as it may be found, in strict DER: its integers without or with zeros
/// before them, or without the one that keeps them positive.
fn cipher_of(sealed: &Element<'_>) -> Option<Vec<u8>> {
    let number = |at| Some(sealed.tagged(at, INTEGER).ok()?.content);
    let octets = |at| Some(sealed.tagged(at, OCTETS).ok()?.octets());
    write_cipher(number(0)?, number(1)?, &octets(2)?, &octets(3)?)
}

fn write_cipher(x: &[u8], y: &[u8], hash: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let mut contents = Vec::new();
    for number in [x, y] {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let digits = &number[zeros..];
        let sign = digits.first().is_none_or(|byte| byte & 0x80 != 0);
        element(
            &mut contents,
            INTEGER,
            &[&[0][..usize::from(sign)], digits].concat(),
        )?;
    }
    for octets in [hash, text] {
        element(&mut contents, OCTETS, octets)?;
    }
    let mut whole = Vec::new();
    element(&mut whole, SEQUENCE, &contents)?;
    Some(whole)
}

/// `None` beyond 255 bytes, which no session key's ciphertext has.
fn element(to: &mut Vec<u8>, tag: u8, contents: &[u8]) -> Option<()> {
    let length = u8::try_from(contents.len()).ok()?;
    to.push(tag);
    if length >= 0x80 {
        to.push(0x81);
    }
    to.push(length);
    to.extend_from_slice(contents);
    Some(())
}

/// A bit string of whole bytes.
fn bits(envelope: &Element<'_>, at: usize) -> Option<Vec<u8>> {
    let content = envelope.tagged(at, BITS).ok()?.content;
    content.strip_prefix(&[0]).map(<[u8]>::to_vec)
}

/// The ciphers of GM/T 0006 that only chips have, by name; others by their numbers.
fn called(oid: &[u8]) -> String {
    let family = oid.strip_prefix(&hex::<6>("2a811ccf5501"));
    let name = match family.and_then(<[u8]>::first) {
        Some(101) => "SM6",
        Some(102) => "SM1",
        Some(103) => "SSF33",
        _ => return dotted(oid),
    };
    name.to_owned()
}

fn called_by_number(number: u32) -> String {
    let name = match number & 0xff00 {
        0x0100 => "SM1",
        0x0200 => "SSF33",
        _ => return format!("0x{number:08x}"),
    };
    name.to_owned()
}

impl Closed {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "envelope-malformed",
            Self::Cipher(_) => "envelope-cipher",
            Self::OtherKey => "envelope-other-key",
        }
    }

    /// What happened and what to do next.
    fn failure(&self, path: &Path) -> Failure {
        let path = path.display();
        let (zh, en) = match self {
            Self::Malformed => (
                format!(
                    "{path} 不是加密密钥的数字信封(SM2EnvelopedKey 或 ENVELOPEDKEYBLOB),或已损坏;请向 CA 重新下载。"
                ),
                format!(
                    "{path} is no envelope of an encryption key (SM2EnvelopedKey or ENVELOPEDKEYBLOB), or it is damaged; fetch it again from your CA."
                ),
            ),
            Self::Cipher(name) => (
                format!(
                    "{path} 中的私钥用 {name} 加密,软件中无法解开;请向 CA 申请用 SM4 加密的信封,或把密钥导入 USB Key 使用。"
                ),
                format!(
                    "The private key in {path} is encrypted by {name}, which software does not have; ask your CA for an envelope by SM4, or import it into a token."
                ),
            ),
            Self::OtherKey => (
                format!(
                    "{path} 不是发给这个签名密钥的,或已被改动;请选用申请证书时的签名密钥,或向 CA 重新下载。"
                ),
                format!(
                    "{path} was not sealed to this signing key, or it was altered; use the signing key that the certificates were applied for with, or fetch it again from your CA."
                ),
            ),
        };
        Failure::new(Kind::Key, self.code(), zh, en)
    }
}
