//! The files of uploads, and who is writing them.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::blobs::Blobs;
use crate::error::StoreError;

/// The files of uploads and who is writing them.
pub(crate) struct UploadFiles {
    pub dir: PathBuf,
    pub blobs: Blobs,
    busy: Arc<Mutex<HashSet<String>>>,
}

impl UploadFiles {
    pub fn new(dir: PathBuf, blobs: Blobs) -> Self {
        Self {
            dir,
            blobs,
            busy: Arc::default(),
        }
    }

    pub fn path(&self, id: &str) -> PathBuf {
        self.dir.join(id)
    }

    pub fn claim(&self, id: &str) -> Result<Claimed, StoreError> {
        let known = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if id.len() != 32 || !id.bytes().all(known) {
            return Err(StoreError::Missing("upload"));
        }
        if !lock(&self.busy).insert(id.to_owned()) {
            return Err(StoreError::Busy);
        }
        Ok(Claimed {
            id: id.to_owned(),
            busy: Arc::clone(&self.busy),
        })
    }
}

/// An upload held by one writer.
pub(crate) struct Claimed {
    id: String,
    busy: Arc<Mutex<HashSet<String>>>,
}

impl Drop for Claimed {
    fn drop(&mut self) {
        lock(&self.busy).remove(&self.id);
    }
}

fn lock(busy: &Mutex<HashSet<String>>) -> MutexGuard<'_, HashSet<String>> {
    busy.lock().unwrap_or_else(PoisonError::into_inner)
}
