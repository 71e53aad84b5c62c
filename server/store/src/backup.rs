//! A copy of a data directory, taken while it is in use or not.
//!
//! The database comes first, as of one instant. Files are never changed and are
//! there before any row tells of them, so those copied afterwards hold all that
//! the copied database refers to. Uploads come before blobs, since an upload that
//! ends meanwhile moves from the one to the other. One may have grown; it is cut
//! back to its row when it goes on.
//!
//! What is copied lies beside its place until all of it is there and durable, and is
//! renamed then: a directory of that name is a whole copy.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::error::StoreError;
use crate::files::blocking;
use crate::files::durable::{create, make_dir, sync_parent};
use crate::sqlite::{self, DATABASE};

/// Is told, again and again, how many bytes are done, and how many there are in all.
pub type Progress = std::sync::Arc<dyn Fn(u64, u64) + Send + Sync>;

/// Bytes copied at a time.
const PIECE: usize = 1 << 20;

/// Not copied: the lock, half-written files, and the database, which is copied by the
/// engine.
const LEFT_OUT: [&str; 6] = [
    "lock",
    "temp",
    DATABASE,
    "kaibiao.db-wal",
    "kaibiao.db-shm",
    "kaibiao.db-journal",
];

/// Copies the data directory `from` to the new directory `to`, whoever uses `from`
/// meanwhile; answers how many bytes that were. The copy opens with the same root
/// secret, which is not in it.
///
/// # Errors
/// The target is there and not empty, or something could not be copied; then nothing
/// of that name is there.
pub async fn backup(from: &Path, to: &Path, progress: Progress) -> Result<u64, StoreError> {
    if to.exists() && fs::read_dir(to)?.next().is_some() {
        return Err(io::Error::from(io::ErrorKind::AlreadyExists).into());
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    if part.exists() {
        fs::remove_dir_all(&part)?;
    }
    make_dir(&part)?;
    sqlite::copy(from, &part).await?;
    let (from, to) = (from.to_owned(), to.to_owned());
    blocking(move || {
        let mut copying = Copying {
            done: fs::metadata(part.join(DATABASE))?.len(),
            all: 0,
            progress,
        };
        copying.all = copying.done + length(&from, true)?;
        let uploads = from.join("uploads");
        if uploads.is_dir() {
            copying.tree(&uploads, &part.join("uploads"), false)?;
        }
        copying.tree(&from, &part, true)?;
        fs::rename(&part, &to)?;
        sync_parent(&to)?;
        Ok(copying.done)
    })
    .await
}

struct Copying {
    done: u64,
    all: u64,
    progress: Progress,
}

impl Copying {
    fn tree(&mut self, from: &Path, to: &Path, top: bool) -> io::Result<()> {
        make_dir(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let name = entry.file_name();
            if top && (is_left_out(&name) || name == "uploads") {
                continue;
            }
            let (source, target) = (entry.path(), to.join(&name));
            // A link is followed: what it leads to belongs to the copy.
            let copied = if fs::metadata(&source).is_ok_and(|found| found.is_dir()) {
                self.tree(&source, &target, false)
            } else {
                self.file(&source, &target)
            };
            match copied {
                // The upload has ended meanwhile, and its file is a blob now.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                copied => copied?,
            }
        }
        File::open(to)?.sync_all()
    }

    fn file(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let mut source = File::open(from)?;
        let mut target = create(to)?;
        let mut piece = vec![0; PIECE];
        loop {
            let read = source.read(&mut piece)?;
            if read == 0 {
                break;
            }
            target.write_all(&piece[..read])?;
            self.done += read as u64;
            (self.progress)(self.done, self.all.max(self.done));
        }
        target.sync_all()
    }
}

fn is_left_out(name: &std::ffi::OsStr) -> bool {
    LEFT_OUT.iter().any(|left_out| name == *left_out)
}

/// Bytes of all files to be copied. Files that go meanwhile are not counted.
fn length(dir: &Path, top: bool) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if top && is_left_out(&entry.file_name()) {
            continue;
        }
        match fs::metadata(entry.path()) {
            Ok(found) if found.is_dir() => bytes += length(&entry.path(), false)?,
            Ok(found) => bytes += found.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(bytes)
}
