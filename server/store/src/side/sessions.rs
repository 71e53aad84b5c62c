//! Sessions: whoever holds the token is whom the sealed body names. The token
//! itself is stored nowhere.

use futures_util::FutureExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::Store;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::keys::{Row, random};

/// The sessions of a store.
pub struct Sessions<'a>(pub(crate) &'a Store);

impl Sessions<'_> {
    /// Begins a session and answers its token: 64 hexadecimal digits, for the
    /// cookie and nothing else.
    pub async fn begin<B: Serialize>(
        &self,
        body: &B,
        expires: Millis,
    ) -> Result<Zeroizing<String>, StoreError> {
        let mut bytes = Zeroizing::new([0; 32]);
        random(&mut *bytes)?;
        let token = Zeroizing::new(
            bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>(),
        );
        let hash = self.hash(&token);
        let plain = Zeroizing::new(
            serde_json::to_vec(body)
                .map_err(|error| StoreError::Corrupt(format!("a session's body: {error}")))?,
        );
        let sealed = self.0.shared().keys.seal(Row::Session, &hash, &plain)?;
        self.0
            .write(move |conn| {
                let (hash, sealed) = (hash, sealed.clone());
                async move {
                    sqlx::query("INSERT INTO sessions (token, expires, sealed) VALUES (?, ?, ?)")
                        .bind(&hash[..])
                        .bind(expires)
                        .bind(sealed)
                        .execute(conn)
                        .await?;
                    Ok(())
                }
                .boxed()
            })
            .await?;
        Ok(token)
    }

    /// The session of a token, unless it has expired or ended.
    pub async fn find<B: DeserializeOwned>(
        &self,
        token: &str,
        now: Millis,
    ) -> Result<Option<B>, StoreError> {
        let hash = self.hash(token);
        let mut conn = self.0.reader().await?;
        let sealed: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT sealed FROM sessions WHERE token = ? AND expires > ?")
                .bind(&hash[..])
                .bind(now)
                .fetch_optional(&mut *conn)
                .await?;
        let Some(sealed) = sealed else {
            return Ok(None);
        };
        let plain = self.0.shared().keys.open(Row::Session, &hash, &sealed)?;
        // A body of an earlier version's shape is no session any more.
        Ok(serde_json::from_slice(&plain).ok())
    }

    pub async fn end(&self, token: &str) -> Result<(), StoreError> {
        let hash = self.hash(token);
        self.0
            .write(move |conn| {
                async move {
                    sqlx::query("DELETE FROM sessions WHERE token = ?")
                        .bind(&hash[..])
                        .execute(conn)
                        .await?;
                    Ok(())
                }
                .boxed()
            })
            .await
    }

    /// Removes what has expired; answers how many.
    pub async fn sweep(&self, now: Millis) -> Result<u64, StoreError> {
        self.0
            .write(move |conn| {
                async move {
                    let gone = sqlx::query("DELETE FROM sessions WHERE expires <= ?")
                        .bind(now)
                        .execute(conn)
                        .await?;
                    Ok(gone.rows_affected())
                }
                .boxed()
            })
            .await
    }

    fn hash(&self, token: &str) -> [u8; 32] {
        self.0.shared().keys.index(&[b"session", token.as_bytes()])
    }
}
