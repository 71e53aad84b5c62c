//! How persons are reached outside the hall, read once from the store: what an event
//! tells somebody is decided often, and contacts change seldom.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaibiao_api::problem::Problem;
use kaibiao_core::ids::Organisation;

use crate::App;
use crate::alerts::Contact;
use crate::failure::of_store;

/// Contacts by organisation and person.
pub type All = BTreeMap<(Organisation, String), Arc<Contact>>;

/// The contacts of everybody who has one.
#[derive(Default)]
pub struct Contacts {
    /// None until they were read, and since another node said that one has changed.
    held: Mutex<Option<Arc<All>>>,
    /// Counts changes.
    changes: AtomicU64,
    /// Held by whoever changes one, so that no change undoes another.
    turn: tokio::sync::Mutex<()>,
}

impl Contacts {
    /// Everybody's.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn all(&self, app: &App) -> Result<Arc<All>, Problem> {
        loop {
            if let Some(all) = &*self.held() {
                return Ok(Arc::clone(all));
            }
            let changes = self.changes.load(Ordering::Acquire);
            let read: Vec<Contact> = app.store.contacts().all().await.map_err(of_store)?;
            let mut held = self.held();
            // One that was changed meanwhile may have been read as it was.
            if self.changes.load(Ordering::Acquire) == changes {
                *held = Some(Arc::new(read.into_iter().map(keyed).collect()));
            }
        }
    }

    /// Waits until nobody else changes a contact.
    pub async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Remembers what was stored of somebody.
    pub fn put(&self, contact: Contact) {
        let (whose, contact) = keyed(contact);
        let mut held = self.held();
        self.changes.fetch_add(1, Ordering::AcqRel);
        if let Some(all) = &mut *held {
            Arc::make_mut(all).insert(whose, contact);
        }
    }

    /// Forgets somebody.
    pub fn forget(&self, contact: &Contact) {
        let whose = (contact.organisation.clone(), contact.person.clone());
        let mut held = self.held();
        self.changes.fetch_add(1, Ordering::AcqRel);
        if let Some(all) = &mut *held {
            Arc::make_mut(all).remove(&whose);
        }
    }

    /// Forgets everybody: they are read again.
    pub fn forget_all(&self) {
        let mut held = self.held();
        self.changes.fetch_add(1, Ordering::AcqRel);
        *held = None;
    }

    fn held(&self) -> MutexGuard<'_, Option<Arc<All>>> {
        // Every change under the lock is complete in itself.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keyed(contact: Contact) -> ((Organisation, String), Arc<Contact>) {
    let whose = (contact.organisation.clone(), contact.person.clone());
    (whose, Arc::new(contact))
}
