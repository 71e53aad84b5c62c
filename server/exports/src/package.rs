//! The hand-off package for evaluation systems: a ZIP archive of a lot's documents
//! by bidder, with a manifest and digests. It is made piece by piece, so that its
//! size costs no memory; nothing in it is compressed, since documents are already.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use kaibiao_crypto::Digest;
use serde::Serialize;
use serde_json::Value;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use crate::NotWritten;

/// The longest name of a folder or file, in characters.
const LONGEST: usize = 80;
/// From this size on an archive has longer fields, and its length is not foretold.
const LARGE: u64 = 0xFFFF_FFFF;

/// What the package says of itself: `manifest.json`.
#[derive(Debug, Clone, Serialize)]
pub struct Manifest {
    /// The version of this format: 1.
    pub version: u8,
    /// The project's id.
    pub project: String,
    /// The tender's number (招标编号).
    pub number: String,
    /// The project's title.
    pub title: String,
    /// The lot's id.
    pub lot: String,
    /// The lot's title.
    pub lot_title: String,
    /// The record's digest, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Digest>,
    /// The opened bids in reading order.
    pub bidders: Vec<Bidder>,
}

/// One opened bid.
#[derive(Debug, Clone, Serialize)]
pub struct Bidder {
    /// Its folder in the archive.
    pub folder: String,
    /// Its name.
    pub name: String,
    /// Its code (统一社会信用代码).
    pub organisation: String,
    /// The bid's digest.
    pub bid: Digest,
    /// The sheet's public fields.
    pub sheet: Value,
    /// Its documents in their order.
    pub documents: Vec<Document>,
}

/// One document.
#[derive(Debug, Clone, Serialize)]
pub struct Document {
    /// Where it is in the archive; none where it did not open or is not open yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Its name as its bidder wrote it.
    pub name: String,
    /// Its media type as its bidder wrote it.
    pub media_type: String,
    /// In bytes.
    pub size: u64,
    /// That of the sealed bid's format, in the suite of the project.
    pub digest: Digest,
    /// The plain SHA-256 of its content; none where it is not in the archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// `ready`, `failed` or `waiting`.
    pub state: &'static str,
}

/// The folder of the bid that was read out as number `place`.
pub fn folder(place: usize, bidder: &str) -> String {
    format!("{place:03}-{}", plain(bidder))
}

/// Where a bid's document number `segment` is: in the folders its bidder named, with
/// its number before its name, so that no two are alike.
pub fn path(folder: &str, segment: u32, name: &str) -> String {
    let mut parts: Vec<&str> = name
        .split(['/', '\\'])
        .filter(|it| !it.is_empty())
        .collect();
    let last = parts.pop().unwrap_or_default();
    let folders = parts.into_iter().map(plain);
    let file = format!("{segment:03}-{}", plain(last));
    [folder.to_owned()]
        .into_iter()
        .chain(folders)
        .chain([file])
        .collect::<Vec<_>>()
        .join("/")
}

/// A name that every file system takes, without marks that turn or hide letters.
pub fn plain(name: &str) -> String {
    let is_unsafe = |it: char| {
        it.is_control()
            || matches!(it, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
            || matches!(it, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
    };
    let name = name.replace(is_unsafe, "_");
    let name = name.trim().trim_matches('.');
    let cut = if name.chars().count() > LONGEST {
        // The ending says what a file is, so the middle goes.
        let ending = name.rfind('.').map_or("", |at| &name[at..]);
        let ending = if ending.chars().count() <= 12 {
            ending
        } else {
            ""
        };
        let kept = LONGEST - ending.chars().count();
        name.chars().take(kept).chain(ending.chars()).collect()
    } else {
        name.to_owned()
    };
    let cut = cut.trim_end_matches(['.', ' ']);
    if cut.is_empty() {
        "_".to_owned()
    } else {
        cut.to_owned()
    }
}

/// The files that stand after the documents: what their plain SHA-256 is shows once they
/// were sent. `sent` has it of all with a path, in their order.
///
/// # Errors
/// Never, but for a fault of the library that writes JSON.
pub fn back(mut manifest: Manifest, sent: &[Digest]) -> Result<[(String, Vec<u8>); 2], NotWritten> {
    let bidders = manifest.bidders.iter_mut();
    let documents = bidders.flat_map(|bidder| &mut bidder.documents);
    let mut sums = String::new();
    for (document, digest) in documents.filter(|it| it.path.is_some()).zip(sent) {
        document.sha256 = Some(*digest);
        let path = document.path.iter();
        sums.extend(path.map(|path| format!("{digest}  {path}\n")));
    }
    let json = serde_json::to_vec_pretty(&manifest).map_err(NotWritten::of)?;
    sums.extend([format!("{}  manifest.json\n", Digest::of(&json))]);
    Ok([
        ("manifest.json".to_owned(), json),
        ("SHA256SUMS".to_owned(), sums.into_bytes()),
    ])
}

/// How long the archive will be, where that can be said before.
///
/// # Errors
/// When the library that writes archives fails.
pub fn length(files: &[(String, u64)]) -> Result<Option<u64>, NotWritten> {
    let content = files.iter().map(|(_, size)| size).sum::<u64>();
    let mut archive = Archive::new();
    for (path, _) in files {
        archive.begin(path)?;
    }
    let around = archive.finish()?.len();
    let length = u64::try_from(around)
        .unwrap_or(u64::MAX)
        .saturating_add(content);
    Ok((length < LARGE).then_some(length))
}

/// An archive that is written and read at the same time.
pub struct Archive {
    zip: ZipWriter<StreamWriter<Pipe>>,
    pipe: Pipe,
}

impl Default for Archive {
    fn default() -> Self {
        Self::new()
    }
}

impl Archive {
    /// An empty archive.
    pub fn new() -> Self {
        let pipe = Pipe::default();
        Self {
            zip: ZipWriter::new_stream(pipe.clone()),
            pipe,
        }
    }

    /// Begins a file.
    ///
    /// # Errors
    /// When the library that writes archives fails.
    pub fn begin(&mut self, path: &str) -> Result<(), NotWritten> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(true);
        self.zip.start_file(path, options).map_err(NotWritten::of)
    }

    /// Writes a piece of the file that was begun last.
    ///
    /// # Errors
    /// When the library that writes archives fails.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), NotWritten> {
        self.zip.write_all(bytes).map_err(NotWritten::of)
    }

    /// The bytes that are ready to be sent.
    pub fn take(&mut self) -> Vec<u8> {
        self.pipe.take()
    }

    /// Ends the archive; its last bytes.
    ///
    /// # Errors
    /// When the library that writes archives fails.
    pub fn finish(mut self) -> Result<Vec<u8>, NotWritten> {
        let pipe = self.pipe.clone();
        self.zip.flush().map_err(NotWritten::of)?;
        self.zip.finish().map_err(NotWritten::of)?;
        Ok(pipe.take())
    }
}

/// Bytes that were written and not taken yet.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Pipe {
    fn take(&self) -> Vec<u8> {
        // Every change under the lock is complete in itself.
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
