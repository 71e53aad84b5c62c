//! A witness of transparency logs (docs/spec/log.md, 5; docs/ops/witness.md): it
//! cosigns a checkpoint of a log that it knows when this grew out of the last one that
//! it cosigned, and never two histories of one log.
//!
//! The judgement is `kaibiao_crypto::tlog::judge`. Here is what it needs of the world:
//! `key` the signing key, `kept` what was cosigned last, `http` the protocol. The clock
//! is an argument.

#![warn(clippy::pedantic)]
// The error type says what can fail.
#![allow(clippy::missing_errors_doc)]
// The compiler already tells of a value that nobody uses.
#![allow(clippy::must_use_candidate)]
// SQLite is a word of the language, not of the code.
#![allow(clippy::doc_markdown)]

mod http;
mod kept;
mod key;

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use kaibiao_crypto::signer::SignerProblem;
use kaibiao_crypto::tlog::{
    AddCheckpoint, Checkpoint, KeyName, LogKey, NoteSignature, Refused, Seen, WitnessKey, judge,
};
use kaibiao_os::files;

pub use http::serve;
pub use key::SigningKey;

use kept::Kept;

/// The witness's clock: whole seconds since the epoch.
pub type Clock = fn() -> u64;

/// A witness that has its key and its state to itself.
pub struct Witness {
    key: SigningKey,
    logs: Vec<LogKey>,
    kept: Kept,
    clock: Clock,
    /// They end with the process, however it ends.
    _locks: [File; 2],
}

/// Why a witness does not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{path}: {source}", path = path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{path} is not a witness's key file", path = .0.display())]
    NoKey(PathBuf),
    #[error("another process has {path}", path = .0.display())]
    InUse(PathBuf),
    #[error("two keys are given for the log {0}")]
    TwoKeys(KeyName),
    #[error("the log {origin} was witnessed under another key, {known}")]
    OtherKey { origin: KeyName, known: String },
    #[error("the state: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the state is not one of this program: {0}")]
    Schema(#[from] sqlx::migrate::MigrateError),
}

/// Why a request is not answered with a cosignature.
#[derive(Debug, thiserror::Error)]
pub enum NotCosigned {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the state: {0}")]
    State(#[from] sqlx::Error),
    #[error("the clock stands before 1970")]
    Clock,
    #[error(transparent)]
    Key(#[from] SignerProblem),
}

impl Witness {
    /// Takes the key file and the state folder, which is made where there is none, for
    /// this process alone.
    pub async fn open(
        state: &Path,
        key: &Path,
        logs: Vec<LogKey>,
        clock: Clock,
    ) -> Result<Self, OpenError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| OpenError::File { path, source }
        };
        let mut names = BTreeSet::new();
        if let Some(log) = logs.iter().find(|log| !names.insert(log.name())) {
            return Err(OpenError::TwoKeys(log.name().clone()));
        }
        let text = files::read_secret(key).map_err(at(key))?;
        let signing = SigningKey::read(&text).ok_or_else(|| OpenError::NoKey(key.to_owned()))?;
        files::directory_durably(state).map_err(at(state))?;
        let lock = state.join("lock");
        let file = files::create(&lock, files::Readers::Owner).map_err(at(&lock))?;
        let locks = [
            alone(file, state)?,
            // One key with two states would cosign two histories.
            alone(File::open(key).map_err(at(key))?, key)?,
        ];
        let kept = Kept::open(state, &logs).await?;
        // The database's own entry in the folder must outlast a crash too.
        let folder = File::open(state).and_then(|folder| folder.sync_all());
        folder.map_err(at(state))?;
        Ok(Self {
            key: signing,
            logs,
            kept,
            clock,
            _locks: locks,
        })
    }

    /// The key under which it cosigns.
    pub fn key(&self) -> WitnessKey {
        self.key.public()
    }

    /// What it has cosigned last of each log that it knows.
    pub async fn seen(&self) -> Result<Vec<(&KeyName, Seen)>, sqlx::Error> {
        let mut turn = self.kept.turn().await;
        let mut all = Vec::new();
        for log in &self.logs {
            all.push((log.name(), turn.seen(log).await?));
        }
        Ok(all)
    }

    /// Answers one request of the protocol: the checkpoint is kept, durably, and then
    /// cosigned.
    pub async fn add(&self, request: &str) -> Result<NoteSignature, NotCosigned> {
        let request: AddCheckpoint = request.parse()?;
        let origin = request.note.text().parse::<Checkpoint>();
        let origin = origin.map_err(|_| Refused::Malformed)?.origin;
        let log = self.logs.iter().find(|log| *log.name() == origin);
        let log = log.ok_or(Refused::UnknownLog)?;
        // The turn lasts until the time is signed: a cosignature says that at its time
        // nothing larger had been seen.
        let mut turn = self.kept.turn().await;
        let judged = turn.keep(log, |seen| judge(&request, log, Some(seen)));
        let size = match judged.await? {
            Ok(checkpoint) => checkpoint.size,
            Err(refused) => {
                if refused == Refused::Inconsistent {
                    // The log has signed this. It may be the proof of a second history.
                    let note = request.note.text();
                    tracing::warn!(%origin, old = request.old, note, "does not follow");
                }
                return Err(refused.into());
            }
        };
        let time = (self.clock)();
        if time == 0 {
            return Err(NotCosigned::Clock);
        }
        let signature = self.key.cosign(time, request.note.text())?;
        tracing::info!(%origin, size, time, "cosigned");
        Ok(signature)
    }
}

/// Takes a lock on a file, which says that `path` is taken.
fn alone(file: File, path: &Path) -> Result<File, OpenError> {
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(OpenError::File {
            path: path.to_owned(),
            source,
        }),
    }
}
