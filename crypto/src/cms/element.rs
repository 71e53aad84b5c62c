//! DER (X.690) element by element: strict reading, and writing.

use der::{AnyRef, Decode as _, Encode as _, Reader as _, SliceReader, Tag, TagNumber};

use super::oid::is_name;

/// Not DER, or not of the form that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotDer;

impl From<der::Error> for NotDer {
    fn from(_: der::Error) -> Self {
        Self
    }
}

/// How deep elements may lie in one another.
const DEEPEST: usize = 16;

/// One element: tag, length, content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: Tag,
    /// The content.
    pub(crate) content: &'a [u8],
    /// All of it, header included.
    pub(crate) whole: &'a [u8],
}

/// A constructed `[number]`.
pub(crate) fn constructed(number: u32) -> Tag {
    Tag::ContextSpecific {
        constructed: true,
        number: TagNumber(number),
    }
}

/// A primitive `[number]`.
pub(crate) fn primitive(number: u32) -> Tag {
    Tag::ContextSpecific {
        constructed: false,
        number: TagNumber(number),
    }
}

impl<'a> Element<'a> {
    /// Reads one element with nothing after it.
    pub(crate) fn read(der: &'a [u8]) -> Result<Self, NotDer> {
        let any = AnyRef::from_der(der)?;
        Ok(Self {
            tag: der::Tagged::tag(&any),
            content: any.value(),
            whole: der,
        })
    }

    /// What it holds, when it has this tag.
    pub(crate) fn fields(self, tag: Tag) -> Result<Fields<'a>, NotDer> {
        if self.tag == tag {
            Fields::of(self.content)
        } else {
            Err(NotDer)
        }
    }

    /// Whether everything in it is DER, as far as that can be told without
    /// knowing what it means.
    pub(crate) fn is_strict(self) -> bool {
        self.is_strict_at(DEEPEST)
    }

    fn is_strict_at(self, depth: usize) -> bool {
        if !self.tag.is_constructed() {
            return match self.tag {
                Tag::Boolean => matches!(self.content, [0 | 0xff]),
                Tag::Integer | Tag::Enumerated => is_integer(self.content),
                Tag::Null => self.content.is_empty(),
                Tag::BitString => is_bits(self.content),
                Tag::ObjectIdentifier => is_name(self.content),
                _ => true,
            };
        }
        let Some(depth) = depth.checked_sub(1) else {
            return false;
        };
        let elements = Fields::of(self.content).and_then(Fields::all);
        elements.is_ok_and(|all| all.iter().all(|it| it.is_strict_at(depth)))
    }
}

/// The elements of a constructed one, taken from the front.
#[derive(Clone)]
pub(crate) struct Fields<'a>(SliceReader<'a>);

impl<'a> Fields<'a> {
    /// Of the content of a constructed element.
    pub(crate) fn of(content: &'a [u8]) -> Result<Self, NotDer> {
        Ok(Self(SliceReader::new(content)?))
    }

    /// Of one SEQUENCE with nothing after it.
    pub(crate) fn of_sequence(der: &'a [u8]) -> Result<Self, NotDer> {
        Element::read(der)?.fields(Tag::Sequence)
    }

    /// The next element.
    pub(crate) fn any(&mut self) -> Result<Element<'a>, NotDer> {
        Element::read(self.0.tlv_bytes()?)
    }

    /// The next element, when there is one and it has this tag.
    pub(crate) fn optional(&mut self, tag: Tag) -> Result<Option<Element<'a>>, NotDer> {
        if self.is_done() || Tag::peek(&self.0)? != tag {
            return Ok(None);
        }
        self.any().map(Some)
    }

    /// The content of the next element, which has this tag.
    pub(crate) fn content(&mut self, tag: Tag) -> Result<&'a [u8], NotDer> {
        self.optional(tag)?.map(|it| it.content).ok_or(NotDer)
    }

    /// What the next element holds, which has this tag.
    pub(crate) fn fields(&mut self, tag: Tag) -> Result<Self, NotDer> {
        Self::of(self.content(tag)?)
    }

    pub(crate) fn sequence(&mut self) -> Result<Self, NotDer> {
        self.fields(Tag::Sequence)
    }

    /// The content of an OBJECT IDENTIFIER.
    pub(crate) fn name(&mut self) -> Result<&'a [u8], NotDer> {
        let content = self.content(Tag::ObjectIdentifier)?;
        if is_name(content) {
            Ok(content)
        } else {
            Err(NotDer)
        }
    }

    /// The content of an INTEGER that is not negative, without a leading zero.
    pub(crate) fn natural(&mut self) -> Result<&'a [u8], NotDer> {
        natural(self.content(Tag::Integer)?)
    }

    /// A small INTEGER that is not negative.
    pub(crate) fn small(&mut self) -> Result<u32, NotDer> {
        small(self.content(Tag::Integer)?)
    }

    pub(crate) fn is_done(&self) -> bool {
        self.0.is_finished()
    }

    /// Nothing is left.
    pub(crate) fn done(self) -> Result<(), NotDer> {
        if self.is_done() { Ok(()) } else { Err(NotDer) }
    }

    /// All that is left.
    pub(crate) fn all(mut self) -> Result<Vec<Element<'a>>, NotDer> {
        let mut all = Vec::new();
        while !self.is_done() {
            all.push(self.any()?);
        }
        Ok(all)
    }
}

/// Whether content is that of an INTEGER in its shortest form.
pub(crate) fn is_integer(content: &[u8]) -> bool {
    !matches!(content, [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..])
}

/// Whether content is that of a BIT STRING whose unused bits are zero.
fn is_bits(content: &[u8]) -> bool {
    match content {
        [0] => true,
        [unused @ 0..=7, .., last] => last.trailing_zeros() >= u32::from(*unused),
        _ => false,
    }
}

/// The content of an INTEGER that is not negative, without a leading zero.
pub(crate) fn natural(content: &[u8]) -> Result<&[u8], NotDer> {
    match content {
        _ if !is_integer(content) => Err(NotDer),
        [0x80..=0xff, ..] => Err(NotDer),
        [0, rest @ ..] if !rest.is_empty() => Ok(rest),
        whole => Ok(whole),
    }
}

/// The value of a small INTEGER that is not negative.
pub(crate) fn small(content: &[u8]) -> Result<u32, NotDer> {
    let digits = natural(content)?;
    if digits.len() > 4 {
        return Err(NotDer);
    }
    Ok(digits.iter().fold(0, |all, it| all << 8 | u32::from(*it)))
}

/// Writes one element.
pub(crate) fn element(tag: Tag, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    AnyRef::new(tag, &content)
        .and_then(|it| it.to_der())
        .expect("what is written here is far shorter than DER allows")
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(Tag::Sequence, parts)
}

/// Writes elements as the content of a SET OF: in ascending order.
pub(crate) fn set_of(tag: Tag, mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    element(tag, &[&elements.concat()])
}

/// Writes an OBJECT IDENTIFIER.
pub(crate) fn name(content: &[u8]) -> Vec<u8> {
    element(Tag::ObjectIdentifier, &[content])
}

/// Writes an INTEGER that is not negative from big-endian bytes.
pub(crate) fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|it| **it == 0).count();
    match &bytes[zeros..] {
        digits @ ([] | [0x80..=0xff, ..]) => element(Tag::Integer, &[&[0], digits]),
        digits => element(Tag::Integer, &[digits]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_of_an_element_is_read() {
        for spelling in [
            &[0x30, 0x81, 0x00][..],   // a long length for a short one
            &[0x30, 0x80, 0x00, 0x00], // an indefinite length
            &[0x30, 0x00, 0x00],       // something after it
            &[0x30, 0x02, 0x05],       // too short
            &[0x24, 0x02, 0x04, 0x00], // a string in pieces
            &[0x3f, 0x10, 0x00],       // a long tag for a short one
            &[],
        ] {
            assert_eq!(Element::read(spelling), Err(NotDer), "{spelling:x?}");
        }
        assert!(Element::read(&[0x30, 0x00]).unwrap().is_strict());
        for loose in [
            &[0x30, 0x03, 0x01, 0x01, 0x01][..], // true is ff
            &[0x30, 0x04, 0x02, 0x02, 0x00, 0x01],
            &[0x30, 0x02, 0x02, 0x00],
            &[0x30, 0x03, 0x05, 0x01, 0x00],
            &[0x30, 0x04, 0x03, 0x02, 0x01, 0x01],
            &[0x30, 0x04, 0x06, 0x02, 0x80, 0x01],
            &[0xa0, 0x02, 0x04, 0x01],
        ] {
            assert!(!Element::read(loose).unwrap().is_strict(), "{loose:x?}");
        }
    }

    #[test]
    fn elements_deeper_than_anybody_needs_are_refused() {
        let mut der = vec![0x05, 0x00];
        for _ in 0..DEEPEST {
            der = sequence(&[&der]);
        }
        assert!(Element::read(&der).unwrap().is_strict());
        assert!(!Element::read(&sequence(&[&der])).unwrap().is_strict());
    }

    #[test]
    fn integers_come_back_as_they_were() {
        for bytes in [&[0, 0, 1][..], &[0x80], &[0xff, 0xff], &[0]] {
            let der = integer(bytes);
            let mut fields = Fields::of(&der).unwrap();
            let value = u32::from_be_bytes(std::array::from_fn(|at| {
                let from_end = 4 - at;
                bytes.len().checked_sub(from_end).map_or(0, |at| bytes[at])
            }));
            assert_eq!(fields.small().unwrap(), value);
            assert!(fields.is_done());
        }
        assert_eq!(natural(&[0x80]), Err(NotDer));
        assert_eq!(small(&[1, 0, 0, 0, 0]), Err(NotDer));
    }
}
