//! How persons are reached outside the hall, read once from the store: what an event
//! tells somebody is decided often, and contacts change seldom.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaibiao_api::problem::Problem;
use kaibiao_core::ids::Organisation;
use tokio::sync::OnceCell;

use crate::App;
use crate::alerts::Contact;
use crate::failure::of_store;

/// Contacts by organisation and person.
pub type All = BTreeMap<(Organisation, String), Arc<Contact>>;

/// The contacts of everybody who has one.
#[derive(Default)]
pub struct Contacts {
    read: OnceCell<()>,
    held: Mutex<Arc<All>>,
    /// Held by whoever changes one, so that no change undoes another.
    turn: tokio::sync::Mutex<()>,
}

impl Contacts {
    /// Everybody's.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn all(&self, app: &App) -> Result<Arc<All>, Problem> {
        let read = async || {
            let all: Vec<Contact> = app.store.contacts().all().await.map_err(of_store)?;
            *self.held() = Arc::new(all.into_iter().map(keyed).collect());
            Ok::<_, Problem>(())
        };
        self.read.get_or_try_init(read).await?;
        Ok(Arc::clone(&self.held()))
    }

    /// Waits until nobody else changes a contact.
    pub async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Remembers what was stored of somebody.
    pub fn put(&self, contact: Contact) {
        let (whose, contact) = keyed(contact);
        Arc::make_mut(&mut self.held()).insert(whose, contact);
    }

    /// Forgets somebody.
    pub fn forget(&self, contact: &Contact) {
        let whose = (contact.organisation.clone(), contact.person.clone());
        Arc::make_mut(&mut self.held()).remove(&whose);
    }

    fn held(&self) -> MutexGuard<'_, Arc<All>> {
        // Every change under the lock is complete in itself.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn keyed(contact: Contact) -> ((Organisation, String), Arc<Contact>) {
    let whose = (contact.organisation.clone(), contact.person.clone());
    (whose, Arc::new(contact))
}
