//! Opening a data directory, or saying why not.
//!
//! ```text
//! DIR/lock           one process at a time
//! DIR/kaibiao.db     streams and side tables, with -wal and -shm beside it
//! DIR/blobs/xx/...   public or sealed content, named by digest
//! DIR/lists/xx/...   revocation lists that judgements rest on, by digest
//! DIR/documents/...  decrypted content, encrypted again
//! DIR/uploads/...    uploads under way
//! DIR/temp/          swept at every start
//! ```
//!
//! With a bucket ([`BlobsPlace::S3`]) blobs, lists, documents and uploads lie there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::cache::{Cache, STREAMS};
use crate::clock::{Clock, Known, Millis};
use crate::coalesce::CoalescedBy;
use crate::damage::Damage;
use crate::error::{OpenError, StoreError};
use crate::files::blocking;
use crate::files::directory::Directory;
use crate::files::durable::{make_dir, random_name};
use crate::files::place::Place;
use crate::files::s3::{Bucket, S3};
use crate::heartbeat::{self, Health};
use crate::keys::{Keys, RootSecret};
use crate::ledger::{HeartbeatRow, Ledger};
use crate::lock::Lock;
use crate::nodes::{self, Grown, SILENT};
use crate::postgres;
use crate::row;
use crate::shared::Shared;
use crate::side::leases::Held;
use crate::sqlite;
use crate::wake::Wake;
use crate::writer::Writer;

/// Where streams and what lies beside them are kept.
#[derive(Clone, Default)]
pub enum Database {
    /// In a file in the data directory, for one process alone.
    #[default]
    File,
    /// In a PostgreSQL database, for any number of nodes.
    Postgres {
        /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, which is not to be shown.
        url: String,
        /// How many connections this node has at most.
        connections: u32,
    },
}

/// How to open a store. [`Options::new`] has the defaults.
pub struct Options {
    /// Everything confidential is sealed under keys derived from it.
    pub root: RootSecret,
    /// Whose store it is: the platform's name and public keys, for anybody to read. The
    /// database remembers what it was given first, and takes no other. None: it is not
    /// asked.
    pub platform: Option<String>,
    /// The platform's other signing keys, which it may be given more of: the database
    /// remembers all that it was given, and who misses one is refused.
    pub sm2_keys: BTreeSet<String>,
    /// Where streams are kept.
    pub database: Database,
    /// Times the events.
    pub clock: Clock,
    /// The time between two heartbeats.
    pub beat: Duration,
    /// The longest absence that is believed by itself although something fell due in
    /// it: after a longer one an administrator says that the clock is right.
    pub longest_absence: Duration,
    /// Folded streams kept in memory.
    pub cached_streams: usize,
    /// Whether an older schema is brought up to date, or refused.
    pub upgrade: bool,
    /// The most pages of 4 KiB the database may have: a quota, beyond which it is
    /// full as a disk would be. None: the disk decides.
    pub database_pages: Option<u32>,
    /// Where blobs, lists, documents and uploads lie.
    pub blobs: BlobsPlace,
}

/// Where blobs, lists, documents and uploads lie.
#[derive(Debug, Clone, Default)]
pub enum BlobsPlace {
    /// In the data directory.
    #[default]
    Directory,
    /// In a bucket, which several nodes may share.
    S3(Bucket),
}

impl BlobsPlace {
    pub(crate) async fn open(&self, dir: &Path, look: bool) -> Result<Arc<dyn Place>, OpenError> {
        let bucket = match self {
            Self::Directory => return Ok(Arc::new(Directory::new(dir))),
            Self::S3(bucket) => bucket.clone(),
        };
        let place = format!("{bucket:?}");
        let opened = blocking(move || {
            if look {
                S3::look(&bucket)
            } else {
                S3::open(&bucket)
            }
        });
        match opened.await {
            Ok(opened) => Ok(Arc::new(opened)),
            Err(problem) => Err(OpenError::Objects { place, problem }),
        }
    }
}

impl Options {
    /// The machine's clock, a heartbeat a second, and an older schema is brought up
    /// to date.
    #[must_use]
    pub fn new(root: RootSecret) -> Self {
        Self {
            root,
            platform: None,
            sm2_keys: BTreeSet::new(),
            database: Database::File,
            clock: Clock::system(),
            beat: Duration::from_secs(1),
            longest_absence: Duration::from_mins(5),
            cached_streams: STREAMS,
            upgrade: true,
            database_pages: None,
            blobs: BlobsPlace::Directory,
        }
    }
}

pub(crate) struct Opened {
    pub shared: Arc<Shared>,
    pub writer: Writer,
}

/// The places of a data directory.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub root: PathBuf,
    pub blobs: PathBuf,
    pub lists: PathBuf,
    pub documents: PathBuf,
    pub uploads: PathBuf,
    pub temp: PathBuf,
}

impl Places {
    pub fn of(dir: &Path) -> Self {
        Self {
            root: dir.to_owned(),
            blobs: dir.join("blobs"),
            lists: dir.join("lists"),
            documents: dir.join("documents"),
            uploads: dir.join("uploads"),
            temp: dir.join("temp"),
        }
    }

    /// All of them.
    pub fn all(&self) -> [PathBuf; 6] {
        [
            &self.root,
            &self.blobs,
            &self.lists,
            &self.documents,
            &self.uploads,
            &self.temp,
        ]
        .map(Clone::clone)
    }

    /// Those that are written to, where blobs lie elsewhere or not.
    pub fn written(&self, elsewhere: bool) -> Vec<PathBuf> {
        if elsewhere {
            vec![self.root.clone()]
        } else {
            self.all().into()
        }
    }

    pub fn make(&self) -> Result<(), OpenError> {
        Ok(self.all().iter().try_for_each(|dir| make_dir(dir))?)
    }

    fn sweep(&self) -> Result<(), OpenError> {
        for left in fs::read_dir(&self.temp)? {
            fs::remove_file(left?.path())?;
        }
        Ok(())
    }
}

pub(crate) async fn open(places: &Places, options: Options) -> Result<Opened, OpenError> {
    places.make()?;
    let lock = Lock::take(&places.root)?;
    places.sweep()?;
    let keys = Keys::derive(&options.root);
    let ledger = ledger(places, &keys, &options).await?;
    let shared = share(ledger, keys, &options, Some(lock))?;
    nodes::begin_clock(&shared).await?;
    row::look_at_newest(&shared).await?;
    let last = shared.ledger.read().await?.heartbeat().await?;
    compare(&shared, options.longest_absence, last.as_ref()).await?;
    start(&shared, last).await?;
    Ok(Opened {
        writer: Writer::new(Arc::clone(&shared), options.beat),
        shared,
    })
}

async fn ledger(
    places: &Places,
    keys: &Keys,
    options: &Options,
) -> Result<Box<dyn Ledger>, OpenError> {
    let check = keys.check();
    match &options.database {
        Database::File => {
            let limits = sqlite::Limits {
                upgrade: options.upgrade,
                platform: options.platform.as_deref(),
                sm2_keys: &options.sm2_keys,
                pages: options.database_pages,
            };
            let opened = sqlite::open(&places.root, &check, &limits).await?;
            Ok(Box::new(opened))
        }
        Database::Postgres { url, connections } => {
            let limits = postgres::Limits {
                upgrade: options.upgrade,
                connections: *connections,
                platform: options.platform.as_deref(),
                sm2_keys: &options.sm2_keys,
            };
            let opened = postgres::open(url, &check, &limits).await?;
            Ok(Box::new(opened))
        }
    }
}

/// Begins this run: finds since when nobody was served, and notes it with the first
/// heartbeat.
async fn start(shared: &Shared, last: Option<HeartbeatRow>) -> Result<(), OpenError> {
    let reading = shared.clock.read();
    if shared.ledger.is_shared() {
        shared.health.started(&reading, None);
        return Ok(nodes::beat(shared, false).await?);
    }
    let absence = last.as_ref().map(|last| heartbeat::left(last, reading.now));
    let since = absence.map(|away| away.from);
    let boot = shared.clock.boot();
    heartbeat::begin(&*shared.ledger, reading.now, boot, since).await?;
    shared.health.started(&reading, absence);
    Ok(())
}

/// Compares the clock with the last heartbeat and the streams' last times, before it
/// is believed.
async fn compare(
    shared: &Shared,
    longest: Duration,
    last: Option<&HeartbeatRow>,
) -> Result<(), OpenError> {
    let streams = match shared.newest.load(Ordering::Acquire) {
        0 => None,
        newest => Some(newest),
    };
    // Carried on to this start, where it is one of the same machine's.
    let carried = last.and_then(|last| Some(last.beat + shared.clock.ran(last.boot.as_ref()?)?));
    let beat = carried.or(last.map(|last| last.beat));
    let Some(time) = beat.max(streams) else {
        return Ok(());
    };
    let due = shared
        .ledger
        .read()
        .await?
        .due(Millis::MAX, u32::MAX)
        .await?;
    shared.clock.compare(Known {
        time,
        next_due: due.into_iter().map(|(due, _)| due).find(|due| *due > time),
        longest: Millis::try_from(longest.as_millis()).unwrap_or(Millis::MAX),
        carried: carried.is_some(),
    });
    Ok(())
}

/// Opens a directory for looking at it only.
pub(crate) async fn look(
    places: &Places,
    root: RootSecret,
    database: Database,
) -> Result<Arc<Shared>, OpenError> {
    let keys = Keys::derive(&root);
    let check = keys.check();
    let ledger: Box<dyn Ledger> = match &database {
        Database::File => Box::new(sqlite::open_to_read(&places.root, &check).await?),
        Database::Postgres { url, .. } => Box::new(postgres::open_to_read(url, &check).await?),
    };
    let shared = share(ledger, keys, &Options::new(root), None)?;
    row::note_damage(&shared).await?;
    Ok(shared)
}

fn share(
    ledger: Box<dyn Ledger>,
    keys: Keys,
    options: &Options,
    lock: Option<Lock>,
) -> Result<Arc<Shared>, StoreError> {
    let owner = random_name()?;
    let beat = Millis::try_from(options.beat.as_millis()).unwrap_or(Millis::MAX);
    Ok(Arc::new(Shared {
        ledger,
        keys,
        clock: options.clock.clone(),
        cache: Cache::new(options.cached_streams),
        rows: CoalescedBy::default(),
        wake: Wake::new(),
        damage: Damage::default(),
        newest: AtomicI64::new(0),
        streams: AtomicUsize::new(0),
        health: Health::default(),
        grown: Grown::default(),
        held: Held::new(owner),
        silence: beat.saturating_add(SILENT),
        folding: Arc::new(tokio::sync::Semaphore::new(
            std::thread::available_parallelism().map_or(2, usize::from),
        )),
        lock,
    }))
}
