//! Files from one place to another, each read on both sides.

use std::io::{self, Read as _, Write as _};
use std::sync::Arc;

use kaibiao_crypto::Digest;
use serde::Serialize;

use super::Told;
use super::tables::{Row, Table, Value, digest};
use crate::error::StoreError;
use crate::files::place::{Answer, Folder, Opened, Place, Reached};
use crate::files::uploads::Held;
use crate::keys::{Keys, Row as Sealed};
use crate::sql::count;

/// Bytes read at a time.
const PIECE: usize = 1 << 20;

/// Files of a kind that both sides have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Filed {
    /// Which kind.
    pub folder: &'static str,
    /// How many.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// SHA-256 over the name and the SHA-256 of the content of each, by name.
    pub digest: Digest,
    /// The first that was read back differently.
    #[serde(skip)]
    pub(super) differs: Option<String>,
}

/// What became of the uploads under way.
pub(super) struct Uploads {
    /// Their rows, as they are right where they lie now.
    pub rows: Vec<Row>,
    pub dropped: Vec<String>,
    pub bytes: u64,
}

/// What a place holds already.
pub(super) fn holds(place: &dyn Place) -> Answer<Option<String>> {
    for on in [Folder::Blobs, Folder::Lists, Folder::Documents] {
        if !place.all(on)?.is_empty() {
            return Ok(Some(on.name().to_owned()));
        }
    }
    let uploads = place.uploads()?;
    Ok((!uploads.is_empty()).then(|| "uploads".to_owned()))
}

/// Bytes of all files of a place.
pub(super) fn bytes(place: &dyn Place) -> Answer<u64> {
    let mut bytes = 0;
    for on in [Folder::Blobs, Folder::Lists, Folder::Documents] {
        bytes += place.all(on)?.iter().map(|(_, length)| length).sum::<u64>();
    }
    Ok(bytes)
}

/// What became of one file.
enum Copied {
    /// It is there, and was read back with this SHA-256.
    Whole(Digest),
    /// It was read back differently.
    Differs,
    /// Its source went away meanwhile.
    Gone,
}

/// From where to where.
pub(super) struct Carry {
    pub from: Arc<dyn Place>,
    pub to: Arc<dyn Place>,
    pub told: Told,
}

impl Carry {
    /// Copies all files of a kind. Those that are there already are read only.
    pub fn folder(&self, on: Folder, damaged: &mut Vec<String>) -> Answer<Filed> {
        let mut all = self.from.all(on)?;
        all.sort();
        let mut context = ring::digest::Context::new(&ring::digest::SHA256);
        let mut filed = Filed {
            folder: on.name(),
            files: 0,
            bytes: 0,
            digest: Digest::of(b""),
            differs: None,
        };
        for (name, length) in all {
            let whole = match self.file(on, &name, length) {
                Ok(Copied::Whole(found)) => found,
                // It has gone meanwhile.
                Ok(Copied::Gone) => continue,
                Ok(Copied::Differs) => {
                    filed.differs = Some(format!("{}/{name}", on.name()));
                    break;
                }
                Err(StoreError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                    damaged.push(format!("{}/{name}: {error}", on.name()));
                    continue;
                }
                Err(error) => return Err(error),
            };
            filed.files += 1;
            filed.bytes += length;
            context.update(name.as_bytes());
            context.update(whole.as_bytes());
        }
        filed.digest = digest(context);
        Ok(filed)
    }

    /// Copies a file and reads it back.
    fn file(&self, on: Folder, name: &str, length: u64) -> Answer<Copied> {
        let Some(source) = self.from.open(on, name)? else {
            return Ok(Copied::Gone);
        };
        let there = self.to.length(on, name)?;
        if there == Some(length) {
            let wanted = self.hashed(source, |_| Ok(()))?;
            if self.read_back(on, name)? == Some(wanted) {
                return Ok(Copied::Whole(wanted));
            }
            let Some(source) = self.from.open(on, name)? else {
                return Ok(Copied::Gone);
            };
            return self.written(on, name, source);
        }
        self.written(on, name, source)
    }

    fn written(&self, on: Folder, name: &str, source: Opened) -> Answer<Copied> {
        let mut draft = self.to.draft(on, name)?;
        let wanted = self.hashed(source, |bytes| Ok(draft.write_all(bytes)?))?;
        draft.finish()?;
        let is_as_wanted = self.read_back(on, name)? == Some(wanted);
        Ok(if is_as_wanted {
            Copied::Whole(wanted)
        } else {
            Copied::Differs
        })
    }

    fn read_back(&self, on: Folder, name: &str) -> Answer<Option<Digest>> {
        match self.to.open(on, name)? {
            None => Ok(None),
            Some(opened) => match self.hashed(opened, |_| Ok(())) {
                Ok(found) => Ok(Some(found)),
                Err(StoreError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                    Ok(None)
                }
                Err(error) => Err(error),
            },
        }
    }

    /// Reads something to its end; answers its SHA-256.
    fn hashed(&self, opened: Opened, mut each: impl FnMut(&[u8]) -> Answer<()>) -> Answer<Digest> {
        let mut context = ring::digest::Context::new(&ring::digest::SHA256);
        let mut source = opened.content.take(opened.length);
        let mut piece = vec![0; PIECE];
        loop {
            let read = source.read(&mut piece)?;
            if read == 0 {
                return Ok(digest(context));
            }
            context.update(&piece[..read]);
            each(&piece[..read])?;
            self.told.add(read);
        }
    }

    /// Copies what is durable of uploads. Their rows are sealed anew where they name what
    /// lies in their place.
    pub fn uploads(&self, keys: &Keys, table: &Table, rows: Vec<Row>) -> Answer<Uploads> {
        let (id, offset) = (table.column("id")?, table.column("offset")?);
        let (length, checker) = (table.column("length")?, table.column("checker")?);
        let mut uploads = Uploads {
            rows: Vec::new(),
            dropped: Vec::new(),
            bytes: 0,
        };
        for mut row in rows {
            let name = row[id].text()?.to_owned();
            let place = name.as_bytes();
            let Ok(opened) = keys.open(Sealed::Checker, place, row[checker].bytes()?) else {
                // It is damaged, and is so in the copy.
                uploads.rows.push(row);
                continue;
            };
            let held = Held::from_bytes(&opened);
            let at = Reached {
                offset: count(row[offset].integer()?)?,
                mark: held.mark.clone(),
            };
            match self.upload(&name, &at)? {
                Some(mark) => {
                    uploads.bytes += at.offset;
                    if mark != held.mark {
                        let state = held.state;
                        let bytes = Held { mark, state }.to_bytes();
                        let sealed = keys.seal(Sealed::Checker, place, &bytes)?;
                        row[checker] = Value::Bytes(sealed);
                    }
                    uploads.rows.push(row);
                }
                // It became a blob, and its row is about to go.
                None if row[offset] == row[length] => uploads.rows.push(row),
                None => uploads.dropped.push(name),
            }
        }
        Ok(uploads)
    }

    /// Copies what is durable of an upload; answers its mark where it lies now, or None
    /// when not all of it is there.
    fn upload(&self, name: &str, at: &Reached) -> Answer<Option<String>> {
        let Some(opened) = self.from.upload(name, at)? else {
            return Ok(None);
        };
        if opened.length < at.offset {
            return Ok(None);
        }
        self.to.discard(name, false)?;
        self.to.begin(name)?;
        let mut growing = self.to.grow(name, &Reached::default())?;
        let most = growing.gather();
        let mut gathered = Vec::new();
        let hashed = self.hashed(opened, |mut bytes| {
            while !bytes.is_empty() {
                let (taken, rest) = bytes.split_at(bytes.len().min(most - gathered.len()));
                gathered.extend_from_slice(taken);
                bytes = rest;
                if gathered.len() == most {
                    gathered = growing.append(std::mem::take(&mut gathered))?;
                }
            }
            Ok(())
        });
        match hashed {
            Ok(_) => {}
            // Pieces of it have gone since they were listed.
            Err(StoreError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                self.to.discard(name, false)?;
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        if !gathered.is_empty() {
            growing.append(gathered)?;
        }
        if growing.offset() < at.offset {
            self.to.discard(name, false)?;
            return Ok(None);
        }
        Ok(Some(growing.sync()?))
    }
}
