//! The one archive that a list of files has: ZIP without compression, folders,
//! dates and comments (docs/spec/bundle.md, 2).

/// The most files of an archive: one less than ZIP without its extension counts.
const FILES: usize = 65_534;
/// The first bytes of a local header, of one of the central directory, of its end.
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
/// 1980-01-01, the first day that ZIP knows.
const DATE: u16 = 0x0021;

/// A file: its name and its bytes.
pub type File<'a> = (&'a str, &'a [u8]);

/// Why bytes are no archive of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAnArchive {
    /// Not what [`write`] makes of any list of files.
    Form,
    /// More files or bytes than there may be.
    Large,
}

/// Reads an archive: takes the files one after the other, writes them again, and
/// compares.
///
/// # Errors
/// [`NotAnArchive`] for every byte that [`write`] would not have written.
pub fn read(bytes: &[u8]) -> Result<Vec<File<'_>>, NotAnArchive> {
    if u32::try_from(bytes.len()).is_err() {
        return Err(NotAnArchive::Large);
    }
    let mut files: Vec<File<'_>> = Vec::new();
    let mut rest = bytes;
    while rest.starts_with(&LOCAL) {
        if files.len() == FILES {
            return Err(NotAnArchive::Large);
        }
        let (file, after) = local(rest).ok_or(NotAnArchive::Form)?;
        files.push(file);
        rest = after;
    }
    let ascends = files.is_sorted_by(|(one, _), (other, _)| one < other);
    if ascends && write(&files)? == bytes {
        Ok(files)
    } else {
        Err(NotAnArchive::Form)
    }
}

/// The file under a local header, and what follows it.
fn local(bytes: &[u8]) -> Option<(File<'_>, &[u8])> {
    let size = u32::from_le_bytes(bytes.get(18..22)?.try_into().ok()?);
    let name = u16::from_le_bytes(bytes.get(26..28)?.try_into().ok()?);
    let (name, rest) = bytes.get(30..)?.split_at_checked(usize::from(name))?;
    let (content, rest) = rest.split_at_checked(usize::try_from(size).ok()?)?;
    let name = std::str::from_utf8(name).ok()?;
    name.is_ascii().then_some(((name, content), rest))
}

/// Writes an archive of files that are in ascending order of their names, none twice.
///
/// # Errors
/// [`NotAnArchive::Large`].
pub fn write(files: &[File<'_>]) -> Result<Vec<u8>, NotAnArchive> {
    let too_large = |_| NotAnArchive::Large;
    if files.len() > FILES {
        return Err(NotAnArchive::Large);
    }
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let offset = u32::try_from(bytes.len()).map_err(too_large)?;
        let size = u32::try_from(content.len()).map_err(too_large)?;
        let length = u16::try_from(name.len()).map_err(too_large)?;
        // Version needed, flags, method, time, date, CRC-32, sizes, lengths.
        let mut common = Vec::with_capacity(26);
        for field in [10, 0, 0, 0, DATE] {
            common.extend_from_slice(&u16::to_le_bytes(field));
        }
        for field in [crc32fast::hash(content), size, size] {
            common.extend_from_slice(&field.to_le_bytes());
        }
        common.extend_from_slice(&length.to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&LOCAL);
        bytes.extend_from_slice(&common);
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(content);
        directory.extend_from_slice(&CENTRAL);
        directory.extend_from_slice(&0x031E_u16.to_le_bytes());
        directory.extend_from_slice(&common);
        // Comment, disk, internal attributes.
        directory.extend_from_slice(&[0; 6]);
        directory.extend_from_slice(&0x81A4_0000_u32.to_le_bytes());
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let offset = u32::try_from(bytes.len()).map_err(too_large)?;
    let size = u32::try_from(directory.len()).map_err(too_large)?;
    let count = u16::try_from(files.len()).map_err(too_large)?;
    bytes.extend_from_slice(&directory);
    bytes.extend_from_slice(&END);
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&count.to_le_bytes());
    bytes.extend_from_slice(&count.to_le_bytes());
    bytes.extend_from_slice(&size.to_le_bytes());
    bytes.extend_from_slice(&offset.to_le_bytes());
    bytes.extend_from_slice(&[0; 2]);
    u32::try_from(bytes.len()).map_err(too_large)?;
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails where it stands")]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_back_and_every_flipped_bit_is_seen_or_is_content() {
        let files: Vec<File<'_>> = vec![("a.json", b"{}"), ("b/c", b"more"), ("d", b"")];
        let bytes = write(&files).unwrap();
        assert_eq!(read(&bytes).unwrap(), files);
        for at in 0..bytes.len() * 8 {
            let mut other = bytes.clone();
            other[at / 8] ^= 1 << (at % 8);
            assert_eq!(read(&other), Err(NotAnArchive::Form), "bit {at}");
        }
    }

    #[test]
    fn order_repetition_and_surplus_are_refused() {
        for files in [[("b", b"1"), ("a", b"2")], [("a", b"1"), ("a", b"2")]] {
            let files = files.map(|(name, content)| (name, content.as_slice()));
            assert_eq!(read(&write(&files).unwrap()), Err(NotAnArchive::Form));
        }
        let mut bytes = write(&[("a", b"1")]).unwrap();
        bytes.push(0);
        assert_eq!(read(&bytes), Err(NotAnArchive::Form));
        assert_eq!(read(&bytes[1..]), Err(NotAnArchive::Form));
        assert_eq!(read(b""), Err(NotAnArchive::Form));
    }
}
