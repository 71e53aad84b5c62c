//! A ZIP archive whose bytes follow from the names and contents of its files alone
//! (docs/spec/bundle.md, 2; APPNOTE 6.3.10): stored, in the order of names, and nothing
//! that anybody could choose.

use crc32fast::Hasher;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const NEEDED: u16 = 10;
const MADE_BY: u16 = 0x031e;
/// 1 January 1980.
const DATE: u16 = 0x0021;
/// A file that its owner writes and everybody reads.
const ATTRIBUTES: u32 = 0x81a4_0000;
/// The most files.
const FILES: usize = 65_534;

/// It would hold more files or bytes than an archive of this form can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a bundle of more than 65,534 files or 4 GiB - 1 bytes")]
pub struct TooLarge;

/// Length in bytes and CRC-32 of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    pub length: u64,
    crc: u32,
}

impl Sum {
    /// Of all of a file.
    pub fn of(bytes: &[u8]) -> Self {
        let mut sum = Self::default();
        sum.add(bytes);
        sum
    }

    /// Goes on with the next bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        let mut crc = Hasher::new_with_initial(self.crc);
        crc.update(bytes);
        self.crc = crc.finalize();
        self.length += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    }
}

/// The archive as far as it is written.
#[derive(Debug, Default)]
pub struct Archive {
    central: Vec<u8>,
    files: usize,
    length: u64,
    last: String,
}

impl Archive {
    /// What stands before the next file's bytes. Names ascend.
    ///
    /// # Errors
    /// [`TooLarge`].
    ///
    /// # Panics
    /// When the name is not after the last one, or not a short one in ASCII: whoever
    /// lists the files says so.
    pub fn begin(&mut self, name: &str, sum: Sum) -> Result<Vec<u8>, TooLarge> {
        assert!(self.last.as_str() < name && name.is_ascii());
        if self.files == FILES {
            return Err(TooLarge);
        }
        let mut entry = Vec::with_capacity(30 + name.len());
        for number in [NEEDED, 0, 0, 0, DATE] {
            entry.extend(number.to_le_bytes());
        }
        let size = u32::try_from(sum.length).map_err(|_| TooLarge)?;
        for number in [sum.crc, size, size] {
            entry.extend(number.to_le_bytes());
        }
        let named = u16::try_from(name.len()).map_err(|_| TooLarge)?;
        entry.extend(named.to_le_bytes());
        entry.extend(0_u16.to_le_bytes());

        let offset = u32::try_from(self.length).map_err(|_| TooLarge)?;
        self.central.extend(CENTRAL.to_le_bytes());
        self.central.extend(MADE_BY.to_le_bytes());
        self.central.extend(&entry);
        for number in [0_u16, 0, 0] {
            self.central.extend(number.to_le_bytes());
        }
        self.central.extend(ATTRIBUTES.to_le_bytes());
        self.central.extend(offset.to_le_bytes());
        self.central.extend(name.as_bytes());

        let header = [&LOCAL.to_le_bytes(), &entry[..], name.as_bytes()].concat();
        self.files += 1;
        self.length += u64::try_from(header.len()).unwrap_or(u64::MAX) + sum.length;
        name.clone_into(&mut self.last);
        Ok(header)
    }

    /// What stands after the last file's bytes.
    ///
    /// # Errors
    /// [`TooLarge`].
    pub fn finish(self) -> Result<Vec<u8>, TooLarge> {
        let mut end = self.central;
        let size = u32::try_from(end.len()).map_err(|_| TooLarge)?;
        let offset = u32::try_from(self.length).map_err(|_| TooLarge)?;
        let files = u16::try_from(self.files).map_err(|_| TooLarge)?;
        end.extend(END.to_le_bytes());
        for number in [0, 0, files, files] {
            end.extend(number.to_le_bytes());
        }
        end.extend(size.to_le_bytes());
        end.extend(offset.to_le_bytes());
        end.extend(0_u16.to_le_bytes());
        let length = self.length + u64::try_from(end.len()).unwrap_or(u64::MAX);
        u32::try_from(length).map_err(|_| TooLarge)?;
        Ok(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = Archive::default();
        let mut bytes = Vec::new();
        for (name, content) in files {
            bytes.extend(archive.begin(name, Sum::of(content)).unwrap());
            bytes.extend(*content);
        }
        bytes.extend(archive.finish().unwrap());
        bytes
    }

    #[test]
    fn an_archive_of_one_file_is_these_bytes() {
        let bytes = hex::encode(written(&[("a", b"hello")]));
        let expected = concat!(
            "504b0304",
            "0a00",
            "0000",
            "0000",
            "0000",
            "2100",
            "86a61036",
            "05000000",
            "05000000",
            "0100",
            "0000",
            "61",
            "68656c6c6f",
            "504b0102",
            "1e03",
            "0a00",
            "0000",
            "0000",
            "0000",
            "2100",
            "86a61036",
            "05000000",
            "05000000",
            "0100",
            "0000",
            "0000",
            "0000",
            "0000",
            "0000a481",
            "00000000",
            "61",
            "504b0506",
            "0000",
            "0000",
            "0100",
            "0100",
            "2f000000",
            "24000000",
            "0000",
        );
        assert_eq!(bytes, expected);
    }

    #[test]
    fn the_checksum_goes_on_where_it_was() {
        let mut sum = Sum::default();
        sum.add(b"1234");
        sum.add(b"56789");
        assert_eq!(sum, Sum::of(b"123456789"));
        assert_eq!((sum.crc, sum.length), (0xcbf4_3926, 9));
    }

    #[test]
    fn more_files_or_bytes_than_fit_are_refused() {
        let mut archive = Archive::default();
        for number in 0..FILES {
            archive
                .begin(&format!("{number:05}"), Sum::of(b""))
                .unwrap();
        }
        assert_eq!(archive.begin("99999", Sum::of(b"")), Err(TooLarge));
        let large = Sum {
            length: u64::from(u32::MAX) - 40,
            crc: 0,
        };
        let mut archive = Archive::default();
        archive.begin("a", large).unwrap();
        assert_eq!(archive.finish(), Err(TooLarge));
    }
}
