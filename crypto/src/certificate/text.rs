//! Reading the strings of a certificate, of the kinds and in the encodings that
//! authorities use.

use der_parser::ber::Tag;
use x509_parser::der_parser;
use x509_parser::der_parser::asn1_rs::{Any, FromDer as _};

use crate::text::is_hidden;

/// The text of a DER string; `None` when it cannot be read for certain, because
/// no name is better than a garbled one.
pub(super) fn text_of(value: &Any<'_>) -> Option<String> {
    match value.tag() {
        Tag::Utf8String
        | Tag::PrintableString
        | Tag::Ia5String
        | Tag::NumericString
        | Tag::T61String
        | Tag::VisibleString => octets(value.data),
        Tag::BmpString => utf16(value.data, u16::from_be_bytes),
        _ => None,
    }
}

/// The text of one DER string with nothing after it.
pub(super) fn der_text(der: &[u8]) -> Option<String> {
    match Any::from_der(der) {
        Ok(([], value)) => text_of(&value),
        _ => None,
    }
}

/// Octets as text: UTF-8, which ASCII is too, or Chinese by GB 2312, which some
/// authorities write into strings of any kind.
///
/// Outside ASCII every character of GB 2312 is two octets from a1 on. Octets of
/// another encoding that happen to fit make no name, but text in an old Western
/// one hardly ever comes in such pairs.
pub(super) fn octets(octets: &[u8]) -> Option<String> {
    if let Ok(text) = str::from_utf8(octets) {
        return Some(text.to_owned());
    }
    let mut rest = octets;
    while let Some((first, others)) = rest.split_first() {
        rest = match (first, others.split_first()) {
            (0..0x80, _) => others,
            (0xa1..=0xf7, Some((0xa1..=0xfe, others))) => others,
            _ => return None,
        };
    }
    let text = encoding_rs::GBK.decode_without_bom_handling_and_without_replacement(octets)?;
    // What the standard leaves to its users means nothing here.
    let is_private = |character| matches!(character, '\u{e000}'..='\u{f8ff}');
    (!text.contains(is_private)).then(|| text.into_owned())
}

/// Pairs of octets as UTF-16.
pub(super) fn utf16(octets: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = octets.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    if rest.is_empty() {
        String::from_utf16(&units).ok()
    } else {
        None
    }
}

/// Whether people see all of a text: no control character, nothing hidden, no
/// mark of what could not be read, and not nothing.
pub(super) fn is_seen(text: &str) -> bool {
    let unseen = |c: char| c.is_control() || is_hidden(c) || matches!(c, '\u{fffc}' | '\u{fffd}');
    !text.trim().is_empty() && !text.chars().any(unseen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_read_in_the_encodings_in_use() {
        let name = "福州建设有限公司";
        let gb = encoding_rs::GBK.encode(name).0;
        let big_endian: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let der = |tag: u8, content: &[u8]| {
            let mut der = vec![tag, u8::try_from(content.len()).unwrap()];
            der.extend(content);
            der
        };
        for tag in [12, 19, 20, 22] {
            assert_eq!(der_text(&der(tag, name.as_bytes())).as_deref(), Some(name));
            assert_eq!(der_text(&der(tag, &gb)).as_deref(), Some(name), "{tag}");
        }
        assert_eq!(der_text(&der(30, &big_endian)).as_deref(), Some(name));
        assert_eq!(der_text(&der(4, name.as_bytes())), None);
        assert_eq!(der_text(&der(30, &big_endian[1..])), None);
    }

    #[test]
    fn what_cannot_be_read_for_certain_is_absent() {
        // "Société" in ISO 8859-1, a lone lead octet, an unassigned pair.
        for octets in [&b"Soci\xe9t\xe9"[..], b"\xb8", b"\xaa\xa1"] {
            assert_eq!(super::octets(octets), None, "{octets:x?}");
        }
    }

    #[test]
    fn text_with_something_unseen_is_told_apart() {
        assert!(is_seen("甲 (集团) 公司"));
        for text in [
            "",
            " ",
            "甲\u{202e}乙",
            "甲\u{200b}",
            "甲\n乙",
            "\u{feff}甲",
        ] {
            assert!(!is_seen(text), "{text:?}");
        }
    }
}
