//! Writes the log's files and signs its checkpoint (docs/spec/evidence.md, 3).
//!
//! What is signed is computed from the tiles as they lie on the disk, and only where
//! the root that was signed last is found again under them.

use kaibiao_crypto::merkle::cut;
use kaibiao_crypto::signer::SignerProblem;
use kaibiao_crypto::tlog::{Checkpoint, KeyName, SignedNote, Tile, WIDTH};
use kaibiao_store::StoreError;

use super::Files;
use crate::{App, blocking};

/// Why the log cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum LogFault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the log's files: {0}")]
    Files(#[from] std::io::Error),
    #[error("the log's work was given up: {0}")]
    Work(String),
    #[error("the log's name is no name of a log: it is the platform's origin")]
    Name,
    #[error(transparent)]
    Key(#[from] SignerProblem),
    #[error("the checkpoint that was kept is none")]
    Kept,
    #[error("under the tiles another root is found than was signed for {size} entries")]
    Rewritten { size: u64 },
    #[error("the store has {found} entries, and a checkpoint of {signed} was signed")]
    Shorter { found: u64, signed: u64 },
    #[error("a larger checkpoint than that of {size} entries was signed meanwhile")]
    Overtaken { size: u64 },
}

/// Brings files and checkpoint up to what is committed; answers the checkpoint. Work
/// under way is waited for.
///
/// # Errors
/// [`LogFault`], after which no checkpoint was signed.
pub async fn publish(app: &App) -> Result<Option<SignedNote>, LogFault> {
    let mut written = app.memory.log.turn.lock().await;
    let log = app.store.log();
    let size = log.size().await?;
    let last = match log.head().await? {
        Some((signed, _)) if signed > size => {
            return Err(LogFault::Shorter {
                found: size,
                signed,
            });
        }
        Some((_, note)) => Some(read(&note)?),
        None if size == 0 => return Ok(None),
        None => None,
    };
    if let Some((checkpoint, note)) = &last
        && checkpoint.size == size
        && *written == size
    {
        return Ok(Some(note.clone()));
    }
    write_tiles(app, *written, size).await?;
    let checkpoint = computed(app, size, last.as_ref().map(|(last, _)| last.clone())).await?;
    *written = size;
    // The same head is signed once.
    if let Some((last, note)) = last
        && last == checkpoint
    {
        return Ok(Some(note));
    }
    let note = checkpoint.sign(&app.keys.tlog)?;
    if !log.keep_head(size, note.to_string()).await? {
        return Err(LogFault::Overtaken { size });
    }
    Ok(Some(note))
}

fn read(note: &str) -> Result<(Checkpoint, SignedNote), LogFault> {
    let note: SignedNote = note.parse().map_err(|_| LogFault::Kept)?;
    let checkpoint = note.text().parse().map_err(|_| LogFault::Kept)?;
    Ok((checkpoint, note))
}

/// Writes the tiles that a log of `size` entries has beyond those of `written`.
async fn write_tiles(app: &App, written: u64, size: u64) -> Result<(), LogFault> {
    for tile in Tile::added(written, size) {
        let files = Files::of(app);
        let entries = if tile.level == 0 {
            let width = u64::from(tile.width);
            app.store.log().entries(tile.index * WIDTH, width).await?
        } else {
            Vec::new()
        };
        run(move || {
            if tile.level == 0 {
                files.write_entries(tile, &entries)?;
            } else {
                files.write_above(tile)?;
            }
            files.sweep(tile)
        })
        .await??;
    }
    Ok(())
}

/// The checkpoint that the files lead to, of which the last one is a prefix.
async fn computed(app: &App, size: u64, last: Option<Checkpoint>) -> Result<Checkpoint, LogFault> {
    let origin: KeyName = app.keys.origin.parse().map_err(|_| LogFault::Name)?;
    let files = Files::of(app);
    run(move || {
        let missing = || std::io::Error::other("a tile is missing");
        let nodes = files.nodes(size);
        if let Some(last) = last
            && cut::root(&nodes, last.size).ok_or_else(missing)? != last.root
        {
            return Err(LogFault::Rewritten { size: last.size });
        }
        let root = cut::root(&nodes, size).ok_or_else(missing)?;
        Ok(Checkpoint { origin, size, root })
    })
    .await?
}

async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, LogFault> {
    let done = blocking(move || Ok(work())).await;
    done.map_err(|problem| LogFault::Work(problem.to_string()))
}
