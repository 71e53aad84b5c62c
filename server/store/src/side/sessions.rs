//! Sessions. Whoever holds a token is taken for the person whom the session's
//! sealed body names. The token itself is stored nowhere.

use kaibiao_crypto::Digest;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::Store;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::keys::{Row, random};
use crate::ledger::{Change, Hashed};

/// How many sessions are read at a time where they are listed.
const PAGE: u32 = 200;

/// The sessions of a store.
pub struct Sessions<'a>(pub(crate) &'a Store);

impl Sessions<'_> {
    /// Begins a session and answers its token: 64 hexadecimal digits, for the
    /// cookie and nothing else. The session outlives a restart.
    ///
    /// # Errors
    /// The write failed, or there is no randomness.
    pub async fn begin<B: Serialize>(
        &self,
        body: &B,
        expires: Millis,
    ) -> Result<Zeroizing<String>, StoreError> {
        let mut bytes = Zeroizing::new([0; 32]);
        random(&mut *bytes)?;
        let token = Zeroizing::new(hex::encode(bytes.as_slice()));
        let hash = self.hash(&token);
        let plain = Zeroizing::new(
            serde_json::to_vec(body)
                .map_err(|error| StoreError::Corrupt(format!("a session's body: {error}")))?,
        );
        let sealed = self.0.shared().keys.seal(Row::Session, &hash, &plain)?;
        let change = Change::SessionPut {
            token: hash,
            expires,
            sealed,
        };
        self.0.apply(change).await?;
        Ok(token)
    }

    /// The session of a token, unless it has expired by `now` (UTC ms) or ended.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when its row does not open; else the database fails.
    pub async fn find<B: DeserializeOwned>(
        &self,
        token: &str,
        now: Millis,
    ) -> Result<Option<B>, StoreError> {
        let hash = self.hash(token);
        let sealed = self.0.reader().await?.session(&hash, now).await?;
        let Some(sealed) = sealed else {
            return Ok(None);
        };
        let plain = self.0.shared().keys.open(Row::Session, &hash, &sealed)?;
        // A body of an earlier version's shape is no session any more.
        Ok(serde_json::from_slice(&plain).ok())
    }

    /// The name of a token's session: what it is listed by. The token does not follow
    /// from it.
    #[must_use]
    pub fn name(&self, token: &str) -> Digest {
        Digest::from_bytes(self.hash(token))
    }

    /// The sessions that have not expired by `now` and that `wanted` takes, by their
    /// names. All sessions are looked at, some hundred at a time.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a row does not open; else the database fails.
    pub async fn list<B: DeserializeOwned>(
        &self,
        now: Millis,
        mut wanted: impl FnMut(&B) -> bool,
    ) -> Result<Vec<(Digest, B)>, StoreError> {
        let mut found = Vec::new();
        let mut after = [0; 32];
        loop {
            let rows = self
                .0
                .reader()
                .await?
                .sessions_after(&after, now, PAGE)
                .await?;
            let Some((last, _)) = rows.last() else {
                return Ok(found);
            };
            after = *last;
            for (hash, sealed) in rows {
                let plain = self.0.shared().keys.open(Row::Session, &hash, &sealed)?;
                // A body of an earlier version's shape is no session any more.
                if let Ok(body) = serde_json::from_slice(&plain)
                    && wanted(&body)
                {
                    found.push((Digest::from_bytes(hash), body));
                }
            }
        }
    }

    /// Ends the session of a name, durably. One that is not there is no error.
    ///
    /// # Errors
    /// The write failed; the session lives on.
    pub async fn end_named(&self, name: &Digest) -> Result<(), StoreError> {
        let token = *name.as_bytes();
        self.0.apply(Change::SessionEnded { token }).await.map(drop)
    }

    /// Ends a session, durably. One that is not there is no error.
    ///
    /// # Errors
    /// The write failed; the session lives on.
    pub async fn end(&self, token: &str) -> Result<(), StoreError> {
        let token = self.hash(token);
        self.0.apply(Change::SessionEnded { token }).await.map(drop)
    }

    /// Removes what has expired; answers how many.
    ///
    /// # Errors
    /// The write failed; nothing was removed.
    pub async fn sweep(&self, now: Millis) -> Result<u64, StoreError> {
        self.0.apply(Change::SessionsExpired { by: now }).await
    }

    fn hash(&self, token: &str) -> Hashed {
        self.0.shared().keys.index(&[b"session", token.as_bytes()])
    }
}
