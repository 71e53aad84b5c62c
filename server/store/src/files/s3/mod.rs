//! Files in a bucket (S3) that several nodes share (docs/adr/0027).
//!
//! ```text
//! PREFIX/pieces/UPLOAD/PIECE              what an upload or a large document consists of
//! PREFIX/SHELF/NAME/whole                 a small file
//! PREFIX/SHELF/NAME/UPLOAD.LENGTH         a manifest: the names of its pieces
//! ```
//!
//! No object is ever changed: every key commits to what lies under it, or is of one
//! writer alone. So nothing hangs on conditional writes, and a request that arrives
//! late does no harm.

mod objects;
mod pieces;
mod reading;
#[cfg(test)]
mod tests;
mod writing;

use std::collections::HashSet;
use std::fmt;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use self::objects::{Listed, Objects};
use self::pieces::{Manifest, Piece, chain};
use self::reading::Reading;
use self::writing::{Pieces, Unnamed};
use super::place::{Answer, Draft, Folder, Growing, Opened, Place, Reached};
use crate::error::StoreError;

/// The most bytes of a piece, and what an upload keeps in memory.
const PIECE: usize = 4 * 1024 * 1024;

/// How long something lies that nothing refers to before it is swept, in milliseconds,
/// by the store's clock: longer than an upload may take.
const AGE: i64 = 48 * 3_600_000;

/// The folder of all pieces.
const PIECES: &str = "pieces";

/// A bucket, and who may use it.
#[derive(Clone)]
pub struct Bucket {
    /// `s3://bucket` or `s3://bucket/prefix`.
    pub url: String,
    /// Where it answers: `https://host:port`.
    pub endpoint: String,
    /// The region that requests are signed for.
    pub region: String,
    /// The name of the key.
    pub access_key: String,
    /// The key.
    pub secret_key: Zeroizing<String>,
    /// How long one request may take.
    pub patience: Duration,
}

impl Bucket {
    /// The bucket's name and the prefix.
    fn place(&self) -> Answer<(&str, &str)> {
        let rest = self.url.strip_prefix("s3://").unwrap_or_default();
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if name.is_empty() {
            let problem = format!("{} is not s3://bucket/prefix", self.url);
            return Err(StoreError::Objects(problem.into()));
        }
        Ok((name, prefix.trim_end_matches('/')))
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.url, self.endpoint)
    }
}

/// The files of a bucket.
#[derive(Debug)]
pub(crate) struct S3 {
    objects: Arc<Objects>,
}

impl S3 {
    /// Opens a bucket, and looks whether it can be used.
    pub fn open(bucket: &Bucket) -> Answer<Self> {
        let objects = Arc::new(Objects::new(bucket)?);
        objects.now()?;
        Ok(Self { objects })
    }

    /// Opens a bucket for looking at it only.
    pub fn look(bucket: &Bucket) -> Answer<Self> {
        let objects = Arc::new(Objects::new(bucket)?);
        objects.folders("")?;
        Ok(Self { objects })
    }

    /// The pieces of an upload that are there, each of its length.
    fn pieces(&self, upload: &str) -> Answer<Vec<Piece>> {
        let listed = self.objects.list(&format!("{PIECES}/{upload}"))?;
        let whole = |found: &Listed| {
            let piece = Piece::parse(&found.name)?;
            (piece.length == found.length).then_some(piece)
        };
        Ok(listed.iter().filter_map(whole).collect())
    }

    /// The manifests of a name, each with its upload and the length that it tells.
    fn manifests(&self, on: Folder, name: &str) -> Answer<Vec<(String, u64)>> {
        let listed = self.objects.list(&format!("{}/{name}", on.name()))?;
        Ok(listed.iter().filter_map(|it| told(&it.name)).collect())
    }
}

impl Place for S3 {
    fn put(&self, on: Folder, name: &str, bytes: Vec<u8>) -> Answer<()> {
        self.objects.put(&whole_key(on, name), bytes)
    }

    fn open(&self, on: Folder, name: &str) -> Answer<Option<Opened>> {
        let mut damaged = None;
        for (upload, length) in self.manifests(on, name)? {
            let key = manifest_key(on, name, &upload, length);
            let Some(bytes) = self.objects.get(&key)? else {
                continue;
            };
            match Manifest::parse(&bytes, &upload, length) {
                Ok(pieces) => {
                    let content = Reading::new(Arc::clone(&self.objects), upload, pieces);
                    let content = Box::new(content);
                    return Ok(Some(Opened { content, length }));
                }
                Err(error) => damaged = Some(error),
            }
        }
        match self.objects.get(&whole_key(on, name))? {
            Some(bytes) => Ok(Some(Opened {
                length: bytes.len() as u64,
                content: Box::new(Cursor::new(bytes)),
            })),
            None => damaged.map_or(Ok(None), Err),
        }
    }

    fn length(&self, on: Folder, name: &str) -> Answer<Option<u64>> {
        let listed = self.objects.list(&format!("{}/{name}", on.name()))?;
        Ok(listed.iter().find_map(length_of))
    }

    fn all(&self, on: Folder) -> Answer<Vec<(String, u64)>> {
        let listed = self.objects.list(on.name())?;
        let named = listed.into_iter().filter_map(|mut found| {
            let (name, rest) = found.name.split_once('/')?;
            let (name, rest) = (name.to_owned(), rest.to_owned());
            found.name = rest;
            Some((name, length_of(&found)?))
        });
        // A blob that was uploaded twice has two manifests.
        let mut all: Vec<(String, u64)> = named.collect();
        all.sort();
        all.dedup_by(|one, other| one.0 == other.0);
        Ok(all)
    }

    fn draft(&self, on: Folder, name: &str) -> Answer<Box<dyn Draft>> {
        let objects = Arc::clone(&self.objects);
        Ok(Box::new(Unnamed::new(objects, on, name)))
    }

    fn begin(&self, _: &str) -> Answer<()> {
        // Its row is all there is of it before its first piece.
        Ok(())
    }

    fn grow(&self, upload: &str, at: &Reached) -> Answer<Box<dyn Growing>> {
        // Where a piece is gone, none is believed; the client is told the truth and sends
        // all of it again.
        let found = chain(self.pieces(upload)?, &at.mark);
        let all = found.unwrap_or_else(|| {
            tracing::error!(upload, "pieces of an upload are gone: it begins anew");
            Vec::new()
        });
        let objects = Arc::clone(&self.objects);
        Ok(Box::new(Pieces::new(objects, upload, all)))
    }

    fn upload(&self, upload: &str, at: &Reached) -> Answer<Option<Opened>> {
        let pieces = chain(self.pieces(upload)?, &at.mark);
        Ok(pieces.map(|pieces| Opened {
            length: pieces.last().map_or(0, Piece::end),
            content: Box::new(Reading::new(
                Arc::clone(&self.objects),
                upload.to_owned(),
                pieces,
            )),
        }))
    }

    fn adopt(&self, upload: &str, at: &Reached, name: &str) -> Answer<()> {
        let found = self.pieces(upload)?;
        let all: Vec<String> = found.iter().map(|piece| piece.name.clone()).collect();
        let pieces = chain(found, &at.mark).unwrap_or_default();
        let end = pieces.last().map_or(0, Piece::end);
        if end != at.offset {
            // It became that blob where it lay before it was copied here.
            if self.length(Folder::Blobs, name)? == Some(at.offset) {
                return Ok(());
            }
            return Err(StoreError::Length {
                found: end,
                expected: at.offset,
            });
        }
        let manifest = Manifest::new(upload, &pieces).to_bytes();
        let key = manifest_key(Folder::Blobs, name, upload, end);
        self.objects.put(&key, manifest)?;
        let named: HashSet<&str> = pieces.iter().map(|piece| &piece.name[..]).collect();
        for left in all.iter().filter(|name| !named.contains(&name[..])) {
            // Best effort: they take room and do no harm.
            if let Err(error) = self.objects.remove(&piece_key(upload, left)) {
                tracing::warn!(%error, upload, "a piece that is not needed stays");
                break;
            }
        }
        Ok(())
    }

    fn discard(&self, upload: &str, whole: bool) -> Answer<()> {
        if whole {
            // It may be a blob. If it is not, the next sweep finds out.
            return Ok(());
        }
        for found in self.objects.list(&format!("{PIECES}/{upload}"))? {
            self.objects.remove(&piece_key(upload, &found.name))?;
        }
        Ok(())
    }

    fn found(&self, upload: &str, at: &Reached) -> Answer<Option<u64>> {
        let pieces = self.pieces(upload)?;
        if pieces.is_empty() {
            return Ok(None);
        }
        let found = chain(pieces, &at.mark);
        Ok(Some(
            found.map_or(0, |all| all.last().map_or(0, Piece::end)),
        ))
    }

    fn uploads(&self) -> Answer<Vec<String>> {
        self.objects.folders(PIECES)
    }

    fn sweep(&self, strays: Vec<String>) -> Answer<usize> {
        self.sweep_older(&strays, AGE)
    }

    fn is_shared(&self) -> bool {
        true
    }
}

impl S3 {
    /// Removes what is older than `age`, by the store's clock.
    fn sweep_older(&self, strays: &[String], age: i64) -> Answer<usize> {
        if strays.is_empty() {
            return Ok(0);
        }
        // After the rows were read: an upload whose row had gone by then had its
        // manifest before.
        let mut named = HashSet::new();
        for on in [Folder::Blobs, Folder::Documents] {
            for found in self.objects.list(on.name())? {
                let last = found.name.rsplit('/').next().unwrap_or_default();
                named.extend(told(last).map(|(upload, _)| upload));
            }
        }
        let now = self.objects.now()?;
        let mut swept = 0;
        for upload in strays.iter().filter(|upload| !named.contains(*upload)) {
            let found = self.objects.list(&format!("{PIECES}/{upload}"))?;
            if found.is_empty() || found.iter().any(|piece| now - piece.written < age) {
                continue;
            }
            for piece in &found {
                self.objects.remove(&piece_key(upload, &piece.name))?;
            }
            swept += 1;
        }
        Ok(swept)
    }
}

fn piece_key(upload: &str, piece: &str) -> String {
    format!("{PIECES}/{upload}/{piece}")
}

fn whole_key(on: Folder, name: &str) -> String {
    format!("{}/{name}/whole", on.name())
}

fn manifest_key(on: Folder, name: &str, upload: &str, length: u64) -> String {
    format!("{}/{name}/{upload}.{length}", on.name())
}

/// The upload and the length that a manifest's key tells.
fn told(key: &str) -> Option<(String, u64)> {
    let (upload, length) = key.split_once('.')?;
    Some((upload.to_owned(), length.parse().ok()?))
}

/// The length of what an object in a folder stands for.
fn length_of(found: &Listed) -> Option<u64> {
    if found.name == "whole" {
        return Some(found.length);
    }
    told(&found.name).map(|(_, length)| length)
}
