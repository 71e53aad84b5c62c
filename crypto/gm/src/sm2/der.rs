//! The two SEQUENCEs of GM/T 0009, in strict DER: shortest lengths and integers,
//! nothing after them.

use alloc::vec::Vec;

use der::asn1::{OctetStringRef, UintRef};
use der::{AnyRef, Decode, Encode as _, Reader as _, SliceReader, Tag, Tagged as _};

/// A number of 256 bits, big-endian.
type Number = [u8; 32];

/// `SEQUENCE { r INTEGER, s INTEGER }`
pub(super) fn write_signature(r: &Number, s: &Number) -> Vec<u8> {
    sequence(&[integer(r), integer(s)])
}

/// Undoes [`write_signature`].
pub(super) fn read_signature(bytes: &[u8]) -> Option<(Number, Number)> {
    let value = contents(bytes)?;
    let mut reader = SliceReader::new(value).ok()?;
    let numbers = (number(&mut reader)?, number(&mut reader)?);
    reader.finish().ok()?;
    Some(numbers)
}

/// The same from a token, whose integers may have zeros before them or, where their
/// highest bit is set, lack the one that they need.
pub(super) fn read_padded_signature(bytes: &[u8]) -> Option<(Number, Number)> {
    let mut reader = SliceReader::new(contents(bytes)?).ok()?;
    let numbers = (padded(&mut reader)?, padded(&mut reader)?);
    reader.finish().ok()?;
    Some(numbers)
}

fn padded(reader: &mut SliceReader<'_>) -> Option<Number> {
    let integer = AnyRef::decode(reader).ok()?;
    if integer.tag() != Tag::Integer {
        return None;
    }
    let bytes = integer.value();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let bytes = &bytes[zeros..];
    let mut number = [0; 32];
    let from = number.len().checked_sub(bytes.len())?;
    number[from..].copy_from_slice(bytes);
    Some(number)
}

/// SM2Cipher (GM/T 0009, 7.2).
pub(crate) struct Cipher<'a> {
    /// x1 and y1, which are C1.
    pub(crate) x: Number,
    pub(crate) y: Number,
    /// C3
    pub(crate) hash: Number,
    /// C2
    pub(crate) text: &'a [u8],
}

impl<'a> Cipher<'a> {
    pub(crate) fn write(&self) -> Vec<u8> {
        let octets = |bytes| {
            let octets = OctetStringRef::new(bytes).and_then(|octets| octets.to_der());
            octets.expect("an octet string can be written")
        };
        let parts = [
            integer(&self.x),
            integer(&self.y),
            octets(&self.hash),
            octets(self.text),
        ];
        sequence(&parts)
    }

    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = SliceReader::new(contents(bytes)?).ok()?;
        let (x, y) = (number(&mut reader)?, number(&mut reader)?);
        let hash = <&OctetStringRef>::decode(&mut reader).ok()?;
        let text = <&OctetStringRef>::decode(&mut reader).ok()?;
        reader.finish().ok()?;
        Some(Self {
            x,
            y,
            hash: hash.as_bytes().try_into().ok()?,
            text: text.as_bytes(),
        })
    }
}

fn integer(number: &Number) -> Vec<u8> {
    let integer = UintRef::new(number).and_then(|integer| integer.to_der());
    integer.expect("a number of 256 bits can be written")
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    let contents = parts.concat();
    let sequence = AnyRef::new(Tag::Sequence, &contents).and_then(|any| any.to_der());
    sequence.expect("a short sequence can be written")
}

fn contents(bytes: &[u8]) -> Option<&[u8]> {
    let any = AnyRef::from_der(bytes).ok()?;
    (any.tag() == Tag::Sequence).then(|| any.value())
}

fn number(reader: &mut SliceReader<'_>) -> Option<Number> {
    let integer = UintRef::decode(reader).ok()?;
    let bytes = integer.as_bytes();
    let mut number = [0; 32];
    let from = number.len().checked_sub(bytes.len())?;
    number[from..].copy_from_slice(bytes);
    Some(number)
}
