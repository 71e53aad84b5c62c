//! What lies of uploads, and who is writing it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::place::Place;
use crate::error::StoreError;

/// What lies of uploads, and who in this process is writing it.
pub(crate) struct UploadFiles {
    pub place: Arc<dyn Place>,
    busy: Arc<Mutex<HashSet<String>>>,
}

impl UploadFiles {
    pub fn new(place: Arc<dyn Place>) -> Self {
        Self {
            place,
            busy: Arc::default(),
        }
    }

    /// Lets go of an upload that a writer has, as if the writer were another node's.
    #[cfg(test)]
    pub fn elsewhere(&self, id: &str) {
        lock(&self.busy).remove(id);
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
