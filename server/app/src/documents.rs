//! Documents of opened bids. They are decrypted in the background, several at
//! once, from the blobs into the store's encrypted documents, and each is checked
//! against its manifest. A document that fails never undoes an opened sheet
//! (docs/spec/sealed-bid.md, 16).

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::command::{Command, System};
use kaibiao_core::event::Outcome;
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_core::project::Project;
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::{DocumentEntry, Header, Manifest, SegmentKey, open_document};
use kaibiao_crypto::canonical;
pub use kaibiao_store::DocumentKey;
use kaibiao_store::{Current, Documents};
use tokio::sync::OwnedSemaphorePermit;
use zeroize::Zeroizing;

use super::deciding::{self, Beside, stream};
use super::kept::needless;
use super::opening::{NotOpened, ciphertext, keys_of};
use super::{App, Shared, blocking, terms};
use crate::failure::of_store;

/// The first segment that is a document.
pub(crate) const FIRST: u32 = 2;

/// What is kept in place of the key of a document that could not be decrypted.
const FAILED: &[u8] = b"failed";

/// The name of a document's key among the project's secrets.
fn document_name(bid: &Digest, segment: u32) -> String {
    format!("document/{bid}/{segment}")
}

/// How far a document is.
#[derive(Clone)]
pub enum Standing {
    Waiting,
    Ready(DocumentKey),
    Failed,
}

/// The manifest of an opened bid.
pub fn manifest(current: &Current<Project>, bid: &Digest) -> Option<Manifest> {
    let sheet = current.book.sheets.get(bid)?;
    canonical::from_bytes(sheet.manifest.as_ref()?.as_bytes()).ok()
}

/// How far a document is.
///
/// # Errors
/// When the store fails.
pub async fn standing(
    app: &App,
    project: ProjectId,
    bid: &Digest,
    segment: u32,
) -> Result<Standing, Problem> {
    let kept = app
        .store
        .secret(&stream(project), &document_name(bid, segment))
        .await
        .map_err(of_store)?;
    Ok(match kept {
        None => Standing::Waiting,
        Some(bytes) => DocumentKey::from_secret(&bytes).map_or(Standing::Failed, Standing::Ready),
    })
}

/// Decrypts those of a lot's documents that are not decrypted yet, then wipes the
/// lot's keys. A document that a kill interrupted is begun again from its first
/// byte. Only a check of what was sealed makes one fail; while the platform cannot
/// read or write one, all keys of the lot stay.
///
/// # Errors
/// When the store fails or a document waits; the caller tries again later.
pub async fn open_documents(app: &Shared, project: ProjectId, lot: &LotId) -> Result<(), Problem> {
    let current = deciding::load(app, project).await?;
    let Some(state) = current.state.lots.get(lot) else {
        return Ok(());
    };
    let Ok(terms) = terms::of_lot(&current, lot) else {
        return Ok(());
    };
    let custodians = terms::custodian_keys(terms)?;
    let mut under_way = tokio::task::JoinSet::new();
    for bid in state.accepted.iter() {
        let Some(keys) = keys_of(app, project, *bid, custodians.len()).await? else {
            continue;
        };
        let Some(manifest) = manifest(&current, bid) else {
            continue;
        };
        let mut left = Vec::new();
        for (segment, entry) in (FIRST..).zip(manifest.documents) {
            if matches!(
                standing(app, project, bid, segment).await?,
                Standing::Waiting
            ) {
                left.push((segment, entry));
            }
        }
        let header = Arc::new(keys.header.clone());
        let opened = keys.envelope_key(&custodians);
        for (segment, entry) in left {
            let key = opened
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|key| header.segment_key(key, segment));
            let job = Document {
                project,
                lot: lot.clone(),
                header: header.clone(),
                segment,
                entry,
            };
            let room = app
                .memory
                .work
                .documents
                .clone()
                .acquire_owned()
                .await
                .map_err(Problem::internal)?;
            let app = Arc::clone(app);
            under_way
                .spawn(async move { job.open(&app, key.map_err(NotOpened::from), room).await });
        }
    }
    // One that fails holds up no other, and the keys stay for all that wait.
    let mut outcome = Ok(Settled::Done);
    while let Some(done) = under_way.join_next().await {
        match done.map_err(Problem::internal)? {
            Ok(Settled::Done) => {}
            other => outcome = other,
        }
    }
    match outcome? {
        Settled::Done => wipe(app, project, lot).await,
        Settled::Waits => Err(Transport::Busy.into()),
    }
}

/// Wipes b and the shares of a lot's bids that nobody needs once all that they open
/// is on disk.
///
/// # Errors
/// When the store fails.
pub async fn wipe(app: &App, project: ProjectId, lot: &LotId) -> Result<(), Problem> {
    let current = deciding::load(app, project).await?;
    let Some(state) = current.state.lots.get(lot) else {
        return Ok(());
    };
    let names = needless(state);
    let kept = app
        .store
        .secret_names(&stream(project))
        .await
        .map_err(of_store)?;
    let left: Vec<String> = names
        .into_iter()
        .filter(|name| kept.binary_search(name).is_ok())
        .collect();
    if left.is_empty() {
        Ok(())
    } else {
        deciding::wipe(app, project, left).await
    }
}

/// One document to be decrypted.
struct Document {
    project: ProjectId,
    lot: LotId,
    header: Arc<Header>,
    segment: u32,
    entry: DocumentEntry,
}

impl Document {
    async fn open(
        self,
        app: &Shared,
        key: Result<SegmentKey, NotOpened>,
        room: OwnedSemaphorePermit,
    ) -> Result<Settled, Problem> {
        let bid = self.header.digest();
        let progress = app.memory.work.progress.begin(bid, self.segment);
        let (blobs, documents) = (app.store.blobs().clone(), app.store.documents().clone());
        let (header, entry, segment) = (self.header.clone(), self.entry.clone(), self.segment);
        let opened = blocking(move || {
            let _room = room;
            let source = |key: &SegmentKey| ciphertext(&blobs, &header, key);
            Ok(key.and_then(|key| {
                let mut source = source(&key)?;
                decrypt(&header, &key, &entry, &mut source, &documents, |bytes| {
                    progress.add(bytes);
                })
            }))
        })
        .await?;
        let (outcome, kept) = match opened {
            Ok(key) => (Outcome::Opened, key.to_secret()),
            Err(failed) if failed.may_pass() => {
                app.memory.work.faults.note(1, failed.note());
                return Ok(Settled::Waits);
            }
            Err(failed) => {
                tracing::warn!(%bid, segment, note = failed.note(), "a document does not open");
                (failed.outcome(), Zeroizing::new(FAILED.to_vec()))
            }
        };
        let command = Command::System(System::DocumentOpened {
            lot: self.lot,
            bid,
            segment,
            outcome,
            name: self.entry.name,
            size: self.entry.size,
            digest: self.entry.digest,
        });
        let name = document_name(&bid, segment);
        deciding::put(app, self.project, command, move |_| Beside {
            put: vec![(name.clone(), kept.clone())],
            ..Beside::default()
        })
        .await
        .map(|_| Settled::Done)
    }
}

/// Whether a document is dealt with, or waits for what the platform cannot read
/// or write now.
#[derive(PartialEq, Eq)]
enum Settled {
    Done,
    Waits,
}

fn decrypt(
    header: &Header,
    key: &SegmentKey,
    entry: &DocumentEntry,
    source: &mut impl io::Read,
    documents: &Documents,
    progress: impl Fn(u64),
) -> Result<DocumentKey, NotOpened> {
    let mut writer = documents.create()?;
    let mut counted = Counted {
        inner: BufWriter::new(&mut writer),
        progress,
    };
    open_document(header.promise(), key, entry, source, &mut counted)?;
    counted.inner.flush()?;
    drop(counted);
    Ok(writer.finish()?.0)
}

/// Tells how many bytes have passed.
struct Counted<W, F> {
    inner: W,
    progress: F,
}

impl<W: Write, F: Fn(u64)> Write for Counted<W, F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        (self.progress)(u64::try_from(written).unwrap_or(u64::MAX));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A piece of a document's plaintext.
///
/// # Errors
/// When the store fails.
pub async fn piece(
    app: &App,
    key: &DocumentKey,
    range: std::ops::Range<u64>,
) -> Result<Vec<u8>, Problem> {
    app.store
        .documents()
        .read(key, range)
        .await
        .map_err(of_store)
}
