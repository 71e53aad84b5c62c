//! Objects of a bucket beneath a prefix, for code that blocks.
//!
//! The requests run on a thread of their own, so that whoever asks may be any thread
//! and may go away. An answer to a write that is not a plain yes (409, 412, a time-out,
//! a connection that ends) says nothing: what lies there afterwards decides.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use kaibiao_crypto::Digest;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, Error, ObjectMeta, ObjectStore as _, ObjectStoreExt as _,
    PutPayload, RetryConfig,
};
use tokio::runtime::Runtime;

use super::Bucket;
use crate::clock::Millis;
use crate::error::StoreError;
use crate::files::place::Answer;

/// How often a write is tried of which nothing is found afterwards.
const TRIES: u32 = 3;
/// The time between two of them, and twice that the next time.
const PAUSE: Duration = Duration::from_millis(200);

/// An object that was listed.
#[derive(Debug)]
pub(super) struct Listed {
    /// Its name within the folder that was listed.
    pub name: String,
    pub length: u64,
    /// When it was written, by the store's clock.
    pub written: Millis,
}

/// The objects beneath a prefix.
#[derive(Debug)]
pub(super) struct Objects {
    store: Arc<AmazonS3>,
    prefix: Path,
    /// None only while it is dropped.
    runtime: Option<Runtime>,
}

impl Objects {
    pub fn new(bucket: &Bucket) -> Answer<Self> {
        // The client uses the process's provider. An error only says that one is
        // installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (name, prefix) = bucket.place()?;
        let options = ClientOptions::new()
            .with_connect_timeout(Duration::from_secs(5))
            .with_timeout(bucket.patience)
            .with_allow_http(bucket.endpoint.starts_with("http://"));
        let store = AmazonS3Builder::new()
            .with_bucket_name(name)
            .with_region(&bucket.region)
            .with_endpoint(&bucket.endpoint)
            .with_virtual_hosted_style_request(false)
            .with_access_key_id(&bucket.access_key)
            .with_secret_access_key(bucket.secret_key.as_str())
            .with_client_options(options)
            .with_retry(RetryConfig {
                backoff: BackoffConfig::default(),
                max_retries: 4,
                retry_timeout: bucket.patience * 2,
            })
            .build()
            .map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("kaibiao-objects")
            .enable_all()
            .build()?;
        Ok(Self {
            store: Arc::new(store),
            prefix: Path::parse(prefix).map_err(|error| failed(error.into()))?,
            runtime: Some(runtime),
        })
    }

    /// Keeps an object. Its key commits to its bytes, so that it does not matter who
    /// wrote them, or how often.
    pub fn put(&self, key: &str, bytes: Vec<u8>) -> Answer<()> {
        let (path, store) = (self.path(key), Arc::clone(&self.store));
        let digest = Digest::of(&bytes);
        let payload = PutPayload::from(bytes);
        self.wait(async move {
            let mut pause = PAUSE;
            for _ in 1..TRIES {
                match store.put(&path, payload.clone()).await {
                    Ok(_) => return Ok(()),
                    Err(error) if is_denied(&error) => return Err(error),
                    Err(error) => tracing::warn!(%error, "it is looked whether an object is there"),
                }
                if is_there(&store, &path, digest).await {
                    return Ok(());
                }
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            match store.put(&path, payload).await {
                Ok(_) => Ok(()),
                Err(_) if is_there(&store, &path, digest).await => Ok(()),
                Err(error) => Err(error),
            }
        })
    }

    /// An object; None when it is not there.
    pub fn get(&self, key: &str) -> Answer<Option<Vec<u8>>> {
        let (path, store) = (self.path(key), Arc::clone(&self.store));
        self.wait(async move {
            match store.get(&path).await {
                // A body that breaks off is asked for again by the client beneath.
                Ok(found) => Ok(Some(found.bytes().await?.into())),
                Err(Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    /// What lies in a folder.
    pub fn list(&self, folder: &str) -> Answer<Vec<Listed>> {
        let (path, store) = (self.path(folder), Arc::clone(&self.store));
        self.wait(async move {
            let found: Vec<ObjectMeta> = store.list(Some(&path)).try_collect().await?;
            Ok(found
                .into_iter()
                .filter_map(|meta| {
                    let parts: Vec<_> = meta.location.prefix_match(&path)?.collect();
                    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
                    Some(Listed {
                        name: parts.join("/"),
                        length: meta.size,
                        written: meta.last_modified.timestamp_millis(),
                    })
                })
                .collect())
        })
    }

    /// The folders in a folder.
    pub fn folders(&self, folder: &str) -> Answer<Vec<String>> {
        let (path, store) = (self.path(folder), Arc::clone(&self.store));
        self.wait(async move {
            let found = store.list_with_delimiter(Some(&path)).await?;
            let names = found.common_prefixes.iter().filter_map(Path::filename);
            Ok(names.map(str::to_owned).collect())
        })
    }

    /// Removes an object, if it is there.
    pub fn remove(&self, key: &str) -> Answer<()> {
        let (path, store) = (self.path(key), Arc::clone(&self.store));
        self.wait(async move {
            match store.delete(&path).await {
                Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(error),
            }
        })
    }

    /// The store's own time.
    pub fn now(&self) -> Answer<Millis> {
        let (path, store) = (self.path("clock"), Arc::clone(&self.store));
        self.wait(async move {
            store.put(&path, PutPayload::from_static(b"now")).await?;
            Ok(store.head(&path).await?.last_modified.timestamp_millis())
        })
    }

    fn path(&self, key: &str) -> Path {
        let parts = key.split('/').filter(|part| !part.is_empty());
        parts.fold(self.prefix.clone(), Path::join)
    }

    /// Waits for work on the thread of the requests.
    fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Answer<T> {
        let runtime = self.runtime.as_ref().ok_or(StoreError::Closed)?;
        let (answer, answered) = mpsc::sync_channel(1);
        runtime.spawn(async move {
            // Whoever asked may be gone.
            let _ = answer.send(work.await);
        });
        answered
            .recv()
            .map_err(|_| StoreError::Closed)?
            .map_err(failed)
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // It may be dropped where nothing may block.
            runtime.shutdown_background();
        }
    }
}

/// Whether an object holds these bytes.
async fn is_there(store: &AmazonS3, path: &Path, digest: Digest) -> bool {
    match store.get(path).await {
        Ok(found) => match found.bytes().await {
            Ok(bytes) => Digest::of(&bytes) == digest,
            Err(_) => false,
        },
        Err(_) => false,
    }
}

/// Whether another try is of no use before somebody changes the permissions.
fn is_denied(error: &Error) -> bool {
    matches!(
        error,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. }
    )
}

pub(super) fn failed(error: Error) -> StoreError {
    StoreError::Objects(Box::new(error))
}
