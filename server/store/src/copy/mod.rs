//! A copy of everything: from a directory into a database and a bucket, back, or the same
//! kind again (docs/adr/0029-a-copy-is-the-same-store-elsewhere.md).
//!
//! ```text
//! mark the target ──> the rest ──> rows, as of one instant ──> files ──> uploads ──> unmark
//! ```
//!
//! Rows come before files: whatever the rows name was there before them, and no file is
//! ever changed. Until the mark is taken away nobody opens the target; the same copy again
//! goes on with the files and begins the rows anew. Both sides are read and compared before
//! the mark is taken away.

mod backup;
mod files;
mod rest;
mod rows;
pub(crate) mod tables;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

use crate::error::{OpenError, StoreError};
use crate::files::blocking;
use crate::files::durable::{random_name, sync_parent};
use crate::files::place::Folder;
use crate::keys::{Keys, RootSecret};
use crate::lock::Lock;
use crate::open::{BlobsPlace, Database, Places};
use crate::sqlite::DATABASE;
use crate::{postgres, sqlite};

pub use backup::backup;
pub use files::Filed;
pub use rows::{Rowed, Tree};

use tables::{Base, COPYING};

/// Is told, again and again, how many bytes are done, and about how many there are in all.
pub type Progress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// How long it is listened for a heartbeat: longer than nodes are silent.
const LISTENED: Duration = Duration::from_millis(2_500);

/// Where a store is.
#[derive(Clone)]
pub struct Site {
    /// The data directory.
    pub data: PathBuf,
    /// Where streams are kept.
    pub database: Database,
    /// Where blobs, lists, documents and uploads lie.
    pub blobs: BlobsPlace,
}

impl Site {
    /// A data directory that has everything in it.
    #[must_use]
    pub fn directory(data: PathBuf) -> Self {
        Self {
            data,
            database: Database::File,
            blobs: BlobsPlace::Directory,
        }
    }

    /// Whether nobody serves it now, as far as it can be told; of a directory the lock is
    /// held from then on.
    ///
    /// # Errors
    /// [`CopyError::InUse`], or the database cannot be asked.
    pub async fn at_rest(&self, root: &RootSecret) -> Result<AtRest, CopyError> {
        let check = Keys::derive(root).check();
        match &self.database {
            Database::File => Ok(AtRest {
                lock: Some(Lock::take(&self.data)?),
                beat: None,
            }),
            Database::Postgres { url, .. } => {
                let before = postgres::last_beat(url, &check).await?;
                tokio::time::sleep(LISTENED).await;
                if postgres::last_beat(url, &check).await? != before {
                    return Err(CopyError::InUse);
                }
                Ok(AtRest {
                    lock: None,
                    beat: before,
                })
            }
        }
    }

    async fn is_still(&self, rest: &AtRest, check: &[u8; 32]) -> Result<bool, CopyError> {
        match &self.database {
            Database::File => Ok(true),
            Database::Postgres { url, .. } => {
                Ok(postgres::last_beat(url, check).await? == rest.beat)
            }
        }
    }

    async fn read_as_of_now(&self, check: &[u8; 32]) -> Result<Box<dyn Base>, CopyError> {
        match &self.database {
            Database::File => sqlite::read_as_of_now(&self.data, check).await,
            Database::Postgres { url, .. } => postgres::read_as_of_now(url, check).await,
        }
    }

    async fn begin_copy(&self, mark: &Mark<'_>) -> Result<Box<dyn Base>, CopyError> {
        match &self.database {
            Database::File => sqlite::begin_copy(&self.data, mark).await,
            Database::Postgres { url, .. } => postgres::begin_copy(url, mark).await,
        }
    }
}

/// That nobody serves a store. It is let go of when this is dropped.
pub struct AtRest {
    #[expect(dead_code, reason = "it is held")]
    lock: Option<Lock>,
    /// The last heartbeat there was.
    beat: Option<i64>,
}

/// What was copied, and the proof that both sides have it.
#[derive(Debug, Clone, Serialize)]
pub struct Copied {
    /// Streams with the roots of their trees, computed from the leaves on both sides.
    pub streams: Vec<Tree>,
    /// Rows of each table and the SHA-256 over them, the same on both sides.
    pub tables: Vec<Rowed>,
    /// Files, each read on both sides: how many, and the SHA-256 over their names and
    /// digests.
    pub files: Vec<Filed>,
    /// Uploads that ended while they were copied, or had lost bytes: their clients begin
    /// anew.
    pub dropped_uploads: Vec<String>,
    /// What is damaged where it was copied from, and is so in the copy.
    pub damaged: Vec<String>,
    /// Bytes that were copied.
    pub bytes: u64,
}

/// Why nothing was copied, or only half.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// There is something already where the copy is to be.
    #[error("{0} is not empty / {0} 不为空")]
    NotEmpty(String),
    /// The source is being served.
    #[error("the store is being served: stop every node first / 平台正在运行，请先停止所有节点")]
    InUse,
    /// Somebody has served the source while it was copied: the copy lacks what was done then.
    #[error(
        "somebody served the store while it was copied: stop every node and copy again \
         / 复制期间平台被启动过，请停止所有节点后重新复制"
    )]
    Served,
    /// Another copy to the same place has begun.
    #[error("another copy to the same place has begun / 另一次复制已向同一目标开始")]
    Overtaken,
    /// What was read back is not what was written.
    #[error(
        "{0} was read back differently from what was copied: look at the target's disks and copy again \
         / {0} 写入后读回不一致，请检查目标存储后重新复制"
    )]
    Differs(String),
    /// Source or target cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Source or target failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<std::io::Error> for CopyError {
    fn from(error: std::io::Error) -> Self {
        Self::Store(error.into())
    }
}

/// How a target is marked as half a copy.
pub(crate) struct Mark<'a> {
    /// The root secret's check value.
    pub check: &'a [u8; 32],
    /// Whose copy it is: a later one takes another.
    pub token: &'a [u8],
    /// What lies there although there is no mark: the target is refused then.
    pub holds: Option<String>,
}

/// A target that is marked as half a copy.
struct Copying {
    base: Box<dyn Base>,
    token: Vec<u8>,
}

impl Copying {
    /// Begins a transaction in which the mark stays this copy's.
    async fn hold(&mut self) -> Result<(), CopyError> {
        self.base.begin().await?;
        let found = self.base.fact(COPYING).await?;
        if found.as_ref() != Some(&self.token) {
            return Err(CopyError::Overtaken);
        }
        Ok(())
    }

    /// Takes the mark away.
    async fn end(mut self) -> Result<(), CopyError> {
        self.hold().await?;
        self.base.unmark().await?;
        self.base.commit().await?;
        Ok(self.base.close().await?)
    }
}

/// Tells of bytes that were copied.
#[derive(Clone)]
struct Told(Arc<Bytes>);

struct Bytes {
    done: AtomicU64,
    all: AtomicU64,
    progress: Progress,
}

impl Told {
    fn new(progress: Progress) -> Self {
        Self(Arc::new(Bytes {
            done: AtomicU64::new(0),
            all: AtomicU64::new(0),
            progress,
        }))
    }

    /// There are more to come.
    fn expect(&self, bytes: u64) {
        self.0.all.fetch_add(bytes, Ordering::Relaxed);
    }

    fn add(&self, bytes: usize) {
        let done = self.0.done.fetch_add(bytes as u64, Ordering::Relaxed) + bytes as u64;
        (self.0.progress)(done, self.0.all.load(Ordering::Relaxed).max(done));
    }
}

/// Copies a store to where there is none, or half a copy of it; both have the same root
/// secret. With `rest` nobody serves the source, and it is made sure that nobody did until
/// the end; without, the copy is as of one instant, whoever serves it meanwhile.
///
/// # Errors
/// [`CopyError`] says what is to be done. Half a copy stays, which is no store: the same
/// call goes on with it.
pub async fn copy(
    root: &RootSecret,
    from: &Site,
    to: &Site,
    rest: Option<&AtRest>,
    progress: Progress,
) -> Result<Copied, CopyError> {
    let keys = Keys::derive(root);
    let check = keys.check();
    let places = Places::of(&to.data);
    places.make()?;
    let _alone = Lock::take(&to.data)?;
    let source = from.blobs.open(&from.data, true).await?;
    let target = to.blobs.open(&to.data, false).await?;
    // It is read first, so that a wrong secret or version changes nothing anywhere.
    drop(from.read_as_of_now(&check).await?);
    let token = random_name()?.into_bytes();
    let place = Arc::clone(&target);
    let mark = Mark {
        check: &check,
        token: &token,
        holds: blocking(move || Ok(rest::holds(&places)?.or(files::holds(&*place)?))).await?,
    };
    let base = to.begin_copy(&mark).await?;
    let mut copying = Copying { base, token };
    let (data, places) = (from.data.clone(), Places::of(&to.data));
    blocking(move || rest::copy(&data, &places)).await?;

    let mut snapshot = from.read_as_of_now(&check).await?;
    let told = Told::new(progress);
    let place = Arc::clone(&source);
    let files = blocking(move || files::bytes(&*place)).await?;
    told.expect(snapshot.size().await? * 2 + files * 2);
    let rows = rows::copy(&mut *snapshot, &mut copying, &told).await?;
    snapshot.close().await?;

    let (carry, kept) = (
        files::Carry {
            from: source,
            to: target,
            told: told.clone(),
        },
        rows.uploads,
    );
    let table = rows.table.clone();
    let (files, uploads, damaged) = blocking(move || {
        // An upload that ends meanwhile becomes a blob: they come first.
        let uploads = carry.uploads(&keys, &table, kept)?;
        let (mut files, mut damaged) = (Vec::new(), Vec::new());
        for on in [Folder::Lists, Folder::Blobs, Folder::Documents] {
            files.push(carry.folder(on, &mut damaged)?);
        }
        Ok((files, uploads, damaged))
    })
    .await?;
    if let Some(differs) = files.iter().find_map(|filed| filed.differs.clone()) {
        return Err(CopyError::Differs(differs));
    }
    let bytes = rows.bytes + uploads.bytes + files.iter().map(|it| it.bytes).sum::<u64>();
    let mut tables = rows.tables;
    tables.push(copying.uploads(&rows.table, &uploads.rows).await?);
    if let Some(rest) = rest
        && !from.is_still(rest, &check).await?
    {
        return Err(CopyError::Served);
    }
    copying.end().await?;
    if matches!(to.database, Database::File) {
        sync_parent(&to.data.join(DATABASE))?;
    }
    Ok(Copied {
        streams: rows.streams,
        tables,
        files,
        dropped_uploads: uploads.dropped,
        damaged: [rows.damaged, damaged].concat(),
        bytes,
    })
}
