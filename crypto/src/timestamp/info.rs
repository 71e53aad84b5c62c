//! TSTInfo (RFC 3161, 2.4.2): what the authority signs.

use der::{DateTime, Tag};

use super::TimestampProblem;
use crate::cms::element::{Element, Fields, constructed, natural, primitive, small};
use crate::cms::oid::dotted;
use crate::cms::{Identifier, NotDer};
use crate::digest::Digest;
use crate::suite::Hash;

/// The longest serial number, in bytes (RFC 3161, 2.4.2).
const MAX_SERIAL: usize = 20;

/// What a TSTInfo says.
pub(super) struct Info<'a> {
    hash: Option<Hash>,
    imprint: &'a [u8],
    pub(super) policy: String,
    pub(super) serial: String,
    pub(super) at_micros: i64,
    pub(super) accuracy_micros: Option<u64>,
    pub(super) nonce: Option<u64>,
    /// The GeneralName of the authority.
    pub(super) name: Option<Element<'a>>,
}

fn in_part(part: &'static str) -> impl Fn(NotDer) -> TimestampProblem {
    move |_| TimestampProblem::Malformed(part)
}

impl<'a> Info<'a> {
    /// Reads one with nothing after it.
    pub(super) fn read(der: &'a [u8]) -> Result<Self, TimestampProblem> {
        let framed = in_part("its frame");
        let whole = Element::read(der).map_err(&framed)?;
        if !whole.is_strict() {
            return Err(framed(NotDer));
        }
        let mut info = whole.fields(Tag::Sequence).map_err(&framed)?;
        if info.small() != Ok(1) {
            return Err(TimestampProblem::Malformed("its version"));
        }
        let policy = info
            .name()
            .and_then(dotted)
            .map_err(in_part("its policy"))?;
        let (hash, imprint) = imprint(&mut info).map_err(in_part("its imprint"))?;
        let serial = info.natural().map_err(in_part("its serial number"))?;
        if serial.len() > MAX_SERIAL {
            return Err(TimestampProblem::Malformed("its serial number"));
        }
        let at_micros = info.content(Tag::GeneralizedTime).and_then(time);
        let at_micros = at_micros.map_err(in_part("its time"))?;
        let accuracy_micros = accuracy(&mut info).map_err(in_part("its accuracy"))?;
        // FALSE is the default and is not written.
        if let Some(ordering) = info.optional(Tag::Boolean).map_err(&framed)?
            && ordering.content != [0xff]
        {
            return Err(TimestampProblem::Malformed("its ordering"));
        }
        let nonce = nonce(&mut info).map_err(in_part("its nonce"))?;
        let name = name(&mut info).map_err(in_part("its authority's name"))?;
        let extensions = info.optional(constructed(1)).map_err(&framed)?;
        info.done().map_err(framed)?;
        if let Some(extensions) = extensions {
            let critical = extension_is_critical(extensions);
            if critical.map_err(in_part("its extensions"))? {
                return Err(TimestampProblem::Extension);
            }
        }
        Ok(Self {
            hash,
            imprint,
            policy,
            serial: hex::encode(serial),
            at_micros,
            accuracy_micros,
            nonce,
            name,
        })
    }

    /// Whether it is over what has this SHA-256.
    pub(super) fn is_over(&self, imprint: Digest) -> bool {
        self.hash == Some(Hash::Sha256) && self.imprint == imprint.as_bytes()
    }
}

fn imprint<'a>(info: &mut Fields<'a>) -> Result<(Option<Hash>, &'a [u8]), NotDer> {
    let mut imprint = info.sequence()?;
    let hash = Identifier::of(imprint.sequence()?)?.hash();
    let digest = imprint.content(Tag::OctetString)?;
    imprint.done()?;
    Ok((hash, digest))
}

/// `YYYYMMDDhhmmss[.f...]Z`, UTC, the fraction without a zero at its end.
fn time(content: &[u8]) -> Result<i64, NotDer> {
    let text = content.strip_suffix(b"Z").ok_or(NotDer)?;
    let (whole, fraction) = match text.get(14..) {
        Some([]) => (text, &[][..]),
        Some([b'.', digits @ .., last @ b'1'..=b'9']) if digits.len() < 9 => {
            let _ = last;
            (&text[..14], &text[15..])
        }
        _ => return Err(NotDer),
    };
    if !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
        return Err(NotDer);
    }
    let number = |digits: &[u8]| {
        let digits = digits.iter().map(|it| u16::from(*it - b'0'));
        digits.fold(0, |all, digit| all * 10 + digit)
    };
    // Two digits are below 256.
    let pair = |at: usize| u8::try_from(number(&whole[at..at + 2])).unwrap_or(u8::MAX);
    let date = DateTime::new(
        number(&whole[..4]),
        pair(4),
        pair(6),
        pair(8),
        pair(10),
        pair(12),
    )?;
    let micros = (0..6).fold(0, |all, at| {
        all * 10 + i64::from(fraction.get(at).map_or(0, |digit| digit - b'0'))
    });
    let seconds = i64::try_from(date.unix_duration().as_secs()).map_err(|_| NotDer)?;
    let whole = seconds.checked_mul(1_000_000).ok_or(NotDer)?;
    whole.checked_add(micros).ok_or(NotDer)
}

/// Seconds, milliseconds and microseconds, each when it is not zero.
fn accuracy(info: &mut Fields<'_>) -> Result<Option<u64>, NotDer> {
    let Some(accuracy) = info.optional(Tag::Sequence)? else {
        return Ok(None);
    };
    let mut parts = accuracy.fields(Tag::Sequence)?;
    let mut part = |tag, most: u32| match parts.optional(tag)? {
        None => Ok(0),
        Some(it) => small(it.content).and_then(|value| match value {
            value if value <= most => Ok(u64::from(value)),
            _ => Err(NotDer),
        }),
    };
    let seconds = part(Tag::Integer, u32::MAX)?;
    let millis = part(primitive(0), 999)?;
    let micros = part(primitive(1), 999)?;
    parts.done()?;
    Ok(Some(seconds * 1_000_000 + millis * 1000 + micros))
}

/// A nonce longer than any that is asked with here is none of ours.
fn nonce(info: &mut Fields<'_>) -> Result<Option<u64>, NotDer> {
    let Some(nonce) = info.optional(Tag::Integer)? else {
        return Ok(None);
    };
    let digits = natural(nonce.content)?;
    if digits.len() > 8 {
        return Ok(None);
    }
    let value = digits.iter().fold(0, |all, it| all << 8 | u64::from(*it));
    Ok(Some(value))
}

fn name<'a>(info: &mut Fields<'a>) -> Result<Option<Element<'a>>, NotDer> {
    let Some(explicit) = info.optional(constructed(0))? else {
        return Ok(None);
    };
    let mut explicit = explicit.fields(constructed(0))?;
    let name = explicit.any()?;
    explicit.done()?;
    Ok(Some(name))
}

/// Whether one of the extensions is critical; none may be there twice.
fn extension_is_critical(extensions: Element<'_>) -> Result<bool, NotDer> {
    let mut seen = Vec::new();
    let mut is_critical = false;
    let all = extensions.fields(constructed(1))?.all()?;
    if all.is_empty() {
        return Err(NotDer);
    }
    for extension in all {
        let mut extension = extension.fields(Tag::Sequence)?;
        let name = extension.name()?;
        if let Some(critical) = extension.optional(Tag::Boolean)? {
            // FALSE is the default and is not written.
            if critical.content != [0xff] {
                return Err(NotDer);
            }
            is_critical = true;
        }
        extension.content(Tag::OctetString)?;
        extension.done()?;
        if seen.contains(&name) {
            return Err(NotDer);
        }
        seen.push(name);
    }
    Ok(is_critical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_of_a_time_is_read() {
        let micros = |text: &str| time(text.as_bytes());
        assert_eq!(micros("19700101000000Z"), Ok(0));
        assert_eq!(micros("20260601000000Z"), Ok(1_780_272_000_000_000));
        assert_eq!(micros("20260601000000.5Z"), Ok(1_780_272_000_500_000));
        assert_eq!(micros("20260601000000.000001Z"), Ok(1_780_272_000_000_001));
        assert_eq!(
            micros("20260601000000.123456789Z"),
            Ok(1_780_272_000_123_456)
        );
        for other in [
            "",
            "Z",
            "20260601000000",
            "202606010000Z",
            "20260601000000.Z",
            "20260601000000.0Z",
            "20260601000000.50Z",
            "20260601000000.1234567891Z",
            "20260601000000,5Z",
            "20260601000000+0000",
            "20260631000000Z",
            "20261301000000Z",
            "20260601240000Z",
            "20260601000060Z",
            "2026060100000aZ",
            "20260601000000.a1Z",
            "19691231235959Z",
        ] {
            assert_eq!(micros(other), Err(NotDer), "{other}");
        }
    }
}
