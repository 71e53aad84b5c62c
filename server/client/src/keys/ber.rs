//! As much of BER (X.690) as key files need: definite and indefinite lengths,
//! and octet strings in pieces, as Firefox and Java's BouncyCastle write them.

/// The deepest nesting that is read.
const DEPTH: usize = 24;

pub const INTEGER: u8 = 0x02;
pub const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
pub const SEQUENCE: u8 = 0x30;
pub const EXPLICIT_0: u8 = 0xa0;
const CONSTRUCTED: u8 = 0x20;

/// What is not BER, or is of another structure than was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// One element.
#[derive(Debug)]
pub struct Element<'a> {
    pub tag: u8,
    /// All of it, from its tag on.
    pub whole: &'a [u8],
    /// Between header and end; of what is constructed, the children's bytes.
    pub content: &'a [u8],
    pub children: Vec<Element<'a>>,
}

/// Reads one element and ignores what follows it.
pub fn read(bytes: &[u8]) -> Result<Element<'_>, Malformed> {
    Ok(element(bytes, 0)?.0)
}

impl<'a> Element<'a> {
    pub fn child(&self, index: usize) -> Result<&Element<'a>, Malformed> {
        self.children.get(index).ok_or(Malformed)
    }

    /// The child at an index, which must have this tag.
    pub fn tagged(&self, index: usize, tag: u8) -> Result<&Element<'a>, Malformed> {
        let child = self.child(index)?;
        if child.tag == tag {
            Ok(child)
        } else {
            Err(Malformed)
        }
    }

    /// The bytes of an object identifier.
    pub fn oid(&self) -> Result<&'a [u8], Malformed> {
        if self.tag == OID {
            Ok(self.content)
        } else {
            Err(Malformed)
        }
    }

    /// The bytes of an octet string, in one piece or in several, also where it is
    /// tagged implicitly.
    pub fn octets(&self) -> Vec<u8> {
        if self.children.is_empty() {
            return self.content.to_vec();
        }
        self.children.iter().flat_map(Element::octets).collect()
    }

    /// A small number.
    pub fn number(&self) -> Result<u64, Malformed> {
        let negative = self.content.first().is_none_or(|byte| byte & 0x80 != 0);
        if self.tag != INTEGER || negative || self.content.len() > 8 {
            return Err(Malformed);
        }
        let fold = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
        Ok(self.content.iter().fold(0, fold))
    }
}

/// An element and what follows it.
fn element(bytes: &[u8], depth: usize) -> Result<(Element<'_>, &[u8]), Malformed> {
    let (&tag, rest) = bytes.split_first().ok_or(Malformed)?;
    // Tags of several bytes stand in no key file.
    if tag & 0x1f == 0x1f || depth > DEPTH {
        return Err(Malformed);
    }
    let (length, rest) = length(rest)?;
    let constructed = tag & CONSTRUCTED != 0;
    let Some(length) = length else {
        if !constructed {
            return Err(Malformed);
        }
        return indefinite(tag, bytes, rest, depth);
    };
    let (content, after) = rest.split_at_checked(length).ok_or(Malformed)?;
    let mut children = Vec::new();
    let mut left = content;
    while constructed && !left.is_empty() {
        let (child, next) = element(left, depth + 1)?;
        children.push(child);
        left = next;
    }
    let whole = &bytes[..bytes.len() - after.len()];
    let element = Element {
        tag,
        whole,
        content,
        children,
    };
    Ok((element, after))
}

/// An element that lasts until two zero bytes.
fn indefinite<'a>(
    tag: u8,
    bytes: &'a [u8],
    content: &'a [u8],
    depth: usize,
) -> Result<(Element<'a>, &'a [u8]), Malformed> {
    let mut children = Vec::new();
    let mut left = content;
    loop {
        if let Some(after) = left.strip_prefix(&[0, 0]) {
            let element = Element {
                tag,
                whole: &bytes[..bytes.len() - after.len()],
                content: &content[..content.len() - left.len()],
                children,
            };
            return Ok((element, after));
        }
        let (child, next) = element(left, depth + 1)?;
        children.push(child);
        left = next;
    }
}

/// A length, none where it is indefinite, and what follows it.
fn length(bytes: &[u8]) -> Result<(Option<usize>, &[u8]), Malformed> {
    let (&first, rest) = bytes.split_first().ok_or(Malformed)?;
    let count = usize::from(first & 0x7f);
    if first < 0x80 {
        return Ok((Some(count), rest));
    }
    if count == 0 {
        return Ok((None, rest));
    }
    let (digits, rest) = rest.split_at_checked(count).ok_or(Malformed)?;
    if count > 4 {
        return Err(Malformed);
    }
    let fold = |sum: usize, byte: &u8| (sum << 8) | usize::from(*byte);
    Ok((Some(digits.iter().fold(0, fold)), rest))
}
