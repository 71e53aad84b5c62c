//! Looks a data directory over: everything that is stored is read, opened and compared
//! with what names or seals it. It changes nothing, and it may be done while the
//! service runs, as of the moment at which each thing is read.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kaibiao_core::ids::ProjectId;
use kaibiao_core::platform::Platform;
use kaibiao_core::project::Project;
use kaibiao_core::stream::Stream;
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::{Header, UploadCheck};
use kaibiao_store::{Current, DocumentKey, Progress, Store, StoreError, StreamId};
use serde::Serialize;

use crate::deciding::stream;
use crate::erasing;
use crate::kept::header_name;

/// Bytes of a file read at a time.
const PIECE: u64 = 1 << 20;

/// What was looked at and what was found.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub streams: usize,
    pub events: u64,
    pub blobs: usize,
    pub documents: usize,
    /// What is not as it was written, or not there. Each names its place.
    pub faults: Vec<String>,
    /// Files that nothing refers to. They do no harm but take room.
    pub orphans: Vec<String>,
}

/// Looks over everything. `progress` is told how many bytes of files were read.
///
/// # Errors
/// When the directory cannot be read, which says nothing about what is in it.
pub async fn look_over(store: &Store, progress: Progress) -> Result<Report, StoreError> {
    let mut look = Look {
        store,
        all: store.blobs().bytes()? + store.documents().bytes()?,
        read: Arc::default(),
        progress,
        report: Report::default(),
        blobs: BTreeSet::new(),
        documents: BTreeSet::new(),
        erased: BTreeMap::new(),
    };
    look.report.faults = store.engine_faults().await?;
    look.report.faults.extend(store.sealed_faults().await?);
    look.report.faults.extend(store.upload_faults().await?);
    for digest in store.lists().names()? {
        let found = store.lists().get(digest).await.map(drop);
        look.fault(found, &format!("revocation list {digest}"))?;
    }
    let mut names = store.streams().await?;
    // The platform's comes last: what was erased meanwhile is on record in it.
    names.sort_by_key(|name| name == StreamId::platform().as_str());
    for name in names {
        look.stream(&name).await?;
    }
    look.orphans()?;
    Ok(look.report)
}

struct Look<'a> {
    store: &'a Store,
    /// Bytes of all files, and those read.
    all: u64,
    read: Arc<AtomicU64>,
    progress: Progress,
    report: Report,
    /// Those that something refers to.
    blobs: BTreeSet<Digest>,
    documents: BTreeSet<String>,
    /// The events without details, by stream, of all that fold.
    erased: BTreeMap<String, BTreeMap<u64, Digest>>,
}

impl Look<'_> {
    async fn stream(&mut self, name: &str) -> Result<(), StoreError> {
        self.report.streams += 1;
        let Some(id) = StreamId::new(name) else {
            return Ok(());
        };
        if id == StreamId::platform() {
            return self.platform(&id).await;
        }
        let Some(current) = self.folded::<Project>(&id).await? else {
            return Ok(());
        };
        if let Ok(project) = name.parse::<ProjectId>() {
            self.project(project, &current).await?;
        }
        Ok(())
    }

    /// The platform's own stream, and whether it says what was erased.
    async fn platform(&mut self, id: &StreamId) -> Result<(), StoreError> {
        let Some(current) = self.folded::<Platform>(id).await? else {
            return Ok(());
        };
        for (name, lacking) in &self.erased {
            let differing = erasing::differing(name, lacking, &current.state);
            self.report.faults.extend(differing);
        }
        Ok(())
    }

    /// A stream folded from its first event; None, and a fault, when it does not fold.
    async fn folded<S: Stream>(
        &mut self,
        id: &StreamId,
    ) -> Result<Option<Arc<Current<S>>>, StoreError> {
        match self.store.verify::<S>(id).await {
            Ok(current) => {
                self.report.events += current.version;
                let erased = current.erased.clone();
                self.erased.insert(id.to_string(), erased);
                Ok(Some(current))
            }
            Err(error @ (StoreError::Damaged { .. } | StoreError::Kind { .. })) => {
                self.report.faults.push(error.to_string());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn project(
        &mut self,
        project: ProjectId,
        current: &Current<Project>,
    ) -> Result<(), StoreError> {
        let mut bids = BTreeSet::new();
        for lot in current.state.lots.values() {
            let links = lot.parties.values().flat_map(|bidder| &bidder.chain);
            let submitted = links.filter(|link| link.terms.is_some());
            bids.extend(submitted.map(|link| link.digest));
            for record in &lot.records {
                for digest in [Some(record.record), record.pdf].into_iter().flatten() {
                    self.blobs.insert(digest);
                    self.report.blobs += 1;
                    let found = self.store.blobs().get(digest).await.map(drop);
                    self.fault(found, &format!("project {project}, record"))?;
                }
            }
        }
        for bid in bids {
            self.blobs.insert(bid);
            self.report.blobs += 1;
            let found = self.bid(project, bid).await;
            self.fault(found, &format!("project {project}, bid {bid}"))?;
        }
        self.kept(project).await
    }

    /// A bid's ciphertext against its header's promise.
    async fn bid(&self, project: ProjectId, bid: Digest) -> Result<(), StoreError> {
        let name = header_name(&bid);
        let kept = self.store.secret(&stream(project), &name).await?;
        let bytes = kept.ok_or(StoreError::Missing("header"))?;
        let corrupt = |what: &str| StoreError::Corrupt(what.to_owned());
        let header = Header::parse(&bytes).map_err(|_| corrupt("the header"))?;
        let mut check = UploadCheck::new(header.promise());
        let mut blob = self.store.blobs().open(&bid)?;
        let told = self.told();
        let hashed = tokio::task::spawn_blocking(move || {
            let mut piece = Vec::new();
            loop {
                piece.clear();
                let read = (&mut blob).take(PIECE).read_to_end(&mut piece)?;
                if read == 0 {
                    return Ok(check.is_complete());
                }
                told(read);
                if check.update(&piece).is_err() {
                    return Ok(false);
                }
            }
        });
        let hashed: Result<bool, std::io::Error> = hashed.await.map_err(|_| StoreError::Closed)?;
        if hashed? {
            Ok(())
        } else {
            Err(corrupt("the ciphertext is not the one its header promised"))
        }
    }

    /// The documents whose keys are kept beside a project.
    async fn kept(&mut self, project: ProjectId) -> Result<(), StoreError> {
        let names = match self.store.secret_names(&stream(project)).await {
            // It is a fault of a sealed row, and told as one.
            Err(StoreError::Corrupt(_)) => return Ok(()),
            names => names?,
        };
        for name in names {
            let Some(bytes) = self.store.secret(&stream(project), &name).await? else {
                continue;
            };
            let Some(key) = DocumentKey::from_secret(&bytes) else {
                continue;
            };
            self.documents.insert(key.id.clone());
            self.report.documents += 1;
            let found = self.document(&key).await;
            self.fault(found, &format!("project {project}, {name}"))?;
        }
        Ok(())
    }

    async fn document(&self, key: &DocumentKey) -> Result<(), StoreError> {
        let documents = self.store.documents();
        let length = documents.length(key).await?;
        let told = self.told();
        let mut from = 0;
        while from < length {
            let piece = documents.read(key, from..from + PIECE).await?;
            told(piece.len());
            from += PIECE;
        }
        Ok(())
    }

    /// Tells of bytes that were read.
    fn told(&self) -> impl Fn(usize) + Send + 'static {
        let (read, all, progress) = (self.read.clone(), self.all, self.progress.clone());
        move |bytes| {
            let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
            progress(read.fetch_add(bytes, Ordering::Relaxed) + bytes, all);
        }
    }

    /// Notes what is damaged or missing.
    ///
    /// # Errors
    /// A failure that says nothing about what is stored.
    fn fault(&mut self, found: Result<(), StoreError>, place: &str) -> Result<(), StoreError> {
        match found {
            Ok(()) => Ok(()),
            Err(error @ (StoreError::Corrupt(_) | StoreError::Missing(_))) => {
                self.report.faults.push(format!("{place}: {error}"));
                Ok(())
            }
            Err(StoreError::Io(error)) if error.kind() == std::io::ErrorKind::InvalidData => {
                self.report.faults.push(format!("{place}: {error}"));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn orphans(&mut self) -> Result<(), StoreError> {
        let blobs: BTreeMap<_, _> = self
            .store
            .blobs()
            .names()?
            .into_iter()
            .filter(|digest| !self.blobs.contains(digest))
            .map(|digest| (digest.to_string(), "blob"))
            .collect();
        let documents = self.store.documents().ids()?.into_iter();
        let documents = documents
            .filter(|id| !self.documents.contains(id))
            .map(|id| (id, "document"));
        self.report.orphans = blobs
            .into_iter()
            .chain(documents)
            .map(|(name, what)| format!("{what} {name}"))
            .collect();
        Ok(())
    }
}
