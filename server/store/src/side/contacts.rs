//! How persons are reached outside the hall. A contact is found by the keyed hash of
//! whom it is of; what it holds is the caller's affair, and sealed.

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::Store;
use crate::error::StoreError;
use crate::keys::Row;
use crate::ledger::{Change, Hashed};

/// The contacts of a store.
pub struct Contacts<'a>(pub(crate) &'a Store);

impl Contacts<'_> {
    /// All contacts, in no order. One that does not open is left out: its owner can
    /// write it again.
    ///
    /// # Errors
    /// The database fails.
    pub async fn all<B: DeserializeOwned>(&self) -> Result<Vec<B>, StoreError> {
        let rows = self.0.reader().await?.contacts().await?;
        let keys = &self.0.shared().keys;
        let opened = rows.iter().filter_map(|(person, sealed)| {
            let plain = keys.open(Row::Contact, person, sealed);
            let plain = plain
                .inspect_err(|error| tracing::error!(%error, "a contact is left out"))
                .ok()?;
            serde_json::from_slice(&plain).ok()
        });
        Ok(opened.collect())
    }

    /// Puts the contact of a person of an organisation, durably, or replaces it.
    ///
    /// # Errors
    /// The write failed; the former one stays.
    pub async fn put<B: Serialize>(&self, whose: [&str; 2], body: &B) -> Result<(), StoreError> {
        let person = self.hash(whose);
        let plain = serde_json::to_vec(body)
            .map_err(|error| StoreError::Corrupt(format!("a contact's body: {error}")))?;
        let plain = Zeroizing::new(plain);
        let sealed = self.0.shared().keys.seal(Row::Contact, &person, &plain)?;
        let change = Change::ContactPut { person, sealed };
        self.0.apply(change).await.map(drop)
    }

    /// Deletes a contact, durably. One that is not there is no error.
    ///
    /// # Errors
    /// The write failed; the contact stays.
    pub async fn remove(&self, whose: [&str; 2]) -> Result<(), StoreError> {
        let person = self.hash(whose);
        let change = Change::ContactRemoved { person };
        self.0.apply(change).await.map(drop)
    }

    fn hash(&self, [organisation, person]: [&str; 2]) -> Hashed {
        let parts: [&[u8]; 3] = [b"contact", organisation.as_bytes(), person.as_bytes()];
        self.0.shared().keys.index(&parts)
    }
}
