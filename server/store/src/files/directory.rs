//! Files in the data directory, of which one process has the lock.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::durable;
use super::place::{Answer, Draft, Folder, Growing, Opened, Place, Reached};
use crate::error::StoreError;

/// Bytes gathered before they go to a file.
const BUFFER: usize = 1024 * 1024;

/// The folders of a data directory.
#[derive(Debug)]
pub(crate) struct Directory {
    root: PathBuf,
    uploads: PathBuf,
    temp: PathBuf,
}

impl Directory {
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            uploads: root.join("uploads"),
            temp: root.join("temp"),
        }
    }

    fn path(&self, on: Folder, name: &str) -> PathBuf {
        let dir = self.root.join(on.name());
        dir.join(name.get(..2).unwrap_or("__")).join(name)
    }

    fn grown(&self, id: &str) -> PathBuf {
        self.uploads.join(id)
    }
}

impl Place for Directory {
    fn put(&self, on: Folder, name: &str, bytes: Vec<u8>) -> Answer<()> {
        Ok(durable::write(&self.temp, &self.path(on, name), &bytes)?)
    }

    fn open(&self, on: Folder, name: &str) -> Answer<Option<Opened>> {
        match File::open(self.path(on, name)) {
            Ok(file) => {
                let length = file.metadata()?.len();
                let content = Box::new(file);
                Ok(Some(Opened { content, length }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Without its directory, which may come back, nothing is found.
                fs::read_dir(self.root.join(on.name()))?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn length(&self, on: Folder, name: &str) -> Answer<Option<u64>> {
        match fs::metadata(self.path(on, name)) {
            Ok(found) => Ok(Some(found.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn all(&self, on: Folder) -> Answer<Vec<(String, u64)>> {
        let mut found = Vec::new();
        for folder in fs::read_dir(self.root.join(on.name()))? {
            for file in fs::read_dir(folder?.path())? {
                let file = file?;
                if let Ok(name) = file.file_name().into_string() {
                    found.push((name, file.metadata()?.len()));
                }
            }
        }
        Ok(found)
    }

    fn draft(&self, on: Folder, name: &str) -> Answer<Box<dyn Draft>> {
        let (file, temp) = durable::temporary(&self.temp)?;
        Ok(Box::new(FileDraft {
            file,
            temp: Some(temp),
            to: self.path(on, name),
        }))
    }

    fn begin(&self, upload: &str) -> Answer<()> {
        let path = self.grown(upload);
        durable::create(&path)?.sync_all()?;
        Ok(durable::sync_parent(&path)?)
    }

    fn grow(&self, upload: &str, at: &Reached) -> Answer<Box<dyn Growing>> {
        let path = self.grown(upload);
        match File::options().read(true).write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(StoreError::Missing("upload"))
            }
            Err(error) => Err(error.into()),
            Ok(mut file) => {
                // A file that is shorter than its row says has lost bytes; its
                // client is told the truth and sends them again.
                let offset = at.offset.min(file.metadata()?.len());
                file.set_len(offset)?;
                file.seek(SeekFrom::Start(offset))?;
                Ok(Box::new(Grown { file, offset }))
            }
        }
    }

    fn upload(&self, upload: &str, at: &Reached) -> Answer<Option<Opened>> {
        match File::open(self.grown(upload)) {
            Ok(file) => {
                let length = file.metadata()?.len().min(at.offset);
                let content = Box::new(file);
                Ok(Some(Opened { content, length }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn adopt(&self, upload: &str, _: &Reached, name: &str) -> Answer<()> {
        let to = self.path(Folder::Blobs, name);
        match durable::persist(&self.grown(upload), &to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && to.exists() => Ok(()),
            result => Ok(result?),
        }
    }

    fn discard(&self, upload: &str, _: bool) -> Answer<()> {
        Ok(durable::remove(&self.grown(upload))?)
    }

    fn found(&self, upload: &str, _: &Reached) -> Answer<Option<u64>> {
        match fs::metadata(self.grown(upload)) {
            Ok(found) => Ok(Some(found.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn uploads(&self) -> Answer<Vec<String>> {
        let mut found = Vec::new();
        for file in fs::read_dir(&self.uploads)? {
            found.push(file?.file_name().to_string_lossy().into_owned());
        }
        Ok(found)
    }

    fn sweep(&self, strays: Vec<String>) -> Answer<usize> {
        for stray in &strays {
            durable::remove(&self.grown(stray))?;
        }
        Ok(strays.len())
    }

    fn is_shared(&self) -> bool {
        false
    }
}

/// A file under a temporary name.
struct FileDraft {
    file: File,
    temp: Option<PathBuf>,
    to: PathBuf,
}

impl Draft for FileDraft {
    fn finish(&mut self) -> io::Result<()> {
        self.file.sync_all()?;
        if let Some(temp) = self.temp.take() {
            durable::persist(&temp, &self.to)?;
        }
        Ok(())
    }
}

impl Write for FileDraft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for FileDraft {
    fn drop(&mut self) {
        if let Some(temp) = &self.temp {
            // Best effort: what stays is swept at the next start.
            let _ = fs::remove_file(temp);
        }
    }
}

/// An upload's file, positioned at its end.
struct Grown {
    file: File,
    offset: u64,
}

impl Growing for Grown {
    fn offset(&self) -> u64 {
        self.offset
    }

    fn gather(&self) -> usize {
        BUFFER
    }

    fn is_marked(&self) -> bool {
        false
    }

    fn append(&mut self, mut bytes: Vec<u8>) -> Answer<Vec<u8>> {
        self.file.write_all(&bytes)?;
        self.offset += bytes.len() as u64;
        bytes.clear();
        Ok(bytes)
    }

    fn sync(&mut self) -> Answer<String> {
        self.file.sync_data()?;
        Ok(String::new())
    }

    fn read(&mut self, from: u64, most: u64) -> Answer<Vec<u8>> {
        self.file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        let most = self.offset.saturating_sub(from).min(most);
        (&mut self.file).take(most).read_to_end(&mut bytes)?;
        self.file.seek(SeekFrom::Start(self.offset))?;
        Ok(bytes)
    }

    fn turn(&mut self, _: u64) -> Answer<String> {
        Ok(String::new())
    }

    fn cut(&mut self, offset: u64) -> Answer<()> {
        self.file.set_len(offset)?;
        self.file.seek(SeekFrom::Start(offset))?;
        self.offset = offset;
        Ok(())
    }
}
