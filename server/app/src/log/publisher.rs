//! Writes the log's files and signs its checkpoint (docs/spec/evidence.md, 3).
//!
//! What is signed is computed from the tiles as they lie on the disk, and only where
//! the root that was signed last is found again under them: the one in the store and
//! the one in the copy beside the tiles. It is in the copy before anybody sees it. What
//! witnesses have cosigned, and nobody here remembers, is not gone on from either.

use kaibiao_crypto::merkle::cut;
use kaibiao_crypto::signer::SignerProblem;
use kaibiao_crypto::tlog::{Checkpoint, KeyName, Policy, SignedNote, Tile, WIDTH};
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
    #[error(
        "DATA/log/checkpoint 不是本平台公开日志签名的检查点。请停止服务，另存该文件，与见证人或他人手中的检查点核对后放回正确的一份 / \
         DATA/log/checkpoint is no checkpoint that this platform's log has signed. Stop the service, keep the file elsewhere, \
         and put the newest one that witnesses or readers have in its place"
    )]
    Copy,
    #[error(
        "公开日志的前 {size} 条与平台已签名的不同，数据可能恢复自旧备份后又有新增。{WHAT_TO_DO_ZH} / \
         the first {size} entries of the public log are not those that the platform has signed: the data may have been \
         restored from an older backup and have grown since. {WHAT_TO_DO}"
    )]
    Rewritten { size: u64 },
    #[error(
        "数据库中公开日志有 {found} 条，而平台已为 {signed} 条签名，数据可能恢复自旧备份，或丢失了末尾。{WHAT_TO_DO_ZH} / \
         the store has {found} entries of the public log, and a checkpoint of {signed} was signed: the data were restored \
         from an older backup, or have lost their end. {WHAT_TO_DO}"
    )]
    Shorter { found: u64, signed: u64 },
    #[error(
        "见证人 {witness} 已联署 {seen} 条的检查点，平台只记得签过 {known} 条，数据可能恢复自旧备份，或丢失了末尾。\
         {WHAT_TO_DO_ZH}若能取得那份检查点，可放入 DATA/log/checkpoint，数据与之相符时日志自行继续；\
         若确认是该见证人有误，请将其移出 public_log.witnesses，并告知行政监督部门 / \
         the witness {witness} has cosigned a checkpoint of {seen} entries, and the platform remembers signing {known}: the \
         data were restored from an older backup, or have lost their end. {WHAT_TO_DO} Where that checkpoint can be had, put \
         it into DATA/log/checkpoint: if the data lead to it, the log goes on by itself. Where it is the witness that is \
         wrong, take it out of public_log.witnesses and tell the supervisor"
    )]
    Behind {
        witness: String,
        seen: u64,
        known: u64,
    },
    #[error("a larger checkpoint than that of {size} entries was signed meanwhile")]
    Overtaken { size: u64 },
}

const WHAT_TO_DO_ZH: &str = "不会再签名。请停止服务，恢复最新的备份或原数据目录；\
     若没有更新的数据，请保留现状并告知行政监督部门（docs/spec/evidence.md 第 10 节）。";
const WHAT_TO_DO: &str = "Nothing more is signed. Stop the service and restore the newest backup or the former data \
     directory; where there is none, keep everything as it is and tell the supervisor (docs/spec/evidence.md, 10).";

impl LogFault {
    /// Whether what was signed is not in the data any more, which no other try mends.
    pub fn is_lost_past(&self) -> bool {
        use LogFault::{Behind, Copy, Rewritten, Shorter};
        matches!(
            self,
            Behind { .. } | Copy | Rewritten { .. } | Shorter { .. }
        )
    }
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
    let head = log.head().await?.map(|(_, note)| read(&note)).transpose()?;
    if let Some((checkpoint, note)) = &head
        && checkpoint.size == size
        && *written == size
        // Else there is something to tell, although nothing is to be signed.
        && app.memory.log.seen().is_none_or(|(seen, _)| seen <= size)
    {
        return Ok(Some(note.clone()));
    }
    let copy = copy(app).await?;
    let signed: Vec<Checkpoint> = head.iter().chain(&copy).map(|(it, _)| it.clone()).collect();
    not_behind(app, size, &signed)?;
    if size == 0 {
        return Ok(None);
    }
    write_tiles(app, *written, size).await?;
    let checkpoint = computed(app, size, signed).await?;
    *written = size;
    // The same head is signed once.
    if let Some((_, note)) = head.filter(|(last, _)| *last == checkpoint) {
        if copy.is_none_or(|(last, _)| last != checkpoint) {
            keep_copy(app, &note).await?;
        }
        return Ok(Some(note));
    }
    let (unsigned, key) = (checkpoint.clone(), app.keys.tlog.clone());
    let note = run(move || unsigned.sign(&key)).await??;
    keep_copy(app, &note).await?;
    if !log.keep_head(size, note.to_string()).await? {
        return Err(LogFault::Overtaken { size });
    }
    Ok(Some(note))
}

/// Makes the same files as the node that writes the log, up to the checkpoint that it has
/// signed, and keeps a copy of that.
///
/// # Errors
/// [`LogFault`], where the entries do not lead to that checkpoint or less is there than
/// the copy says.
pub async fn follow(app: &App) -> Result<(), LogFault> {
    let mut written = app.memory.log.turn.lock().await;
    let head = app.store.log().head().await?;
    let Some((checkpoint, note)) = head.map(|(_, note)| read(&note)).transpose()? else {
        return Ok(());
    };
    if *written >= checkpoint.size {
        return Ok(());
    }
    let copy = copy(app).await?;
    let signed: Vec<Checkpoint> = copy.iter().map(|(it, _)| it.clone()).collect();
    not_behind(app, checkpoint.size, &signed)?;
    write_tiles(app, *written, checkpoint.size).await?;
    let found = computed(app, checkpoint.size, signed).await?;
    if found != checkpoint {
        let size = checkpoint.size;
        return Err(LogFault::Rewritten { size });
    }
    keep_copy(app, &note).await?;
    *written = checkpoint.size;
    Ok(())
}

/// The last checkpoint that was signed, as far as is known here: that of the store or
/// that of the copy.
///
/// # Errors
/// When one of them cannot be read.
pub async fn last_signed(app: &App) -> Result<Option<(Checkpoint, SignedNote)>, LogFault> {
    let head = app.store.log().head().await?;
    let head = head.map(|(_, note)| read(&note)).transpose()?;
    let all = head.into_iter().chain(copy(app).await?);
    Ok(all.max_by_key(|(checkpoint, _)| checkpoint.size))
}

/// Refuses to go on where less is there than was signed, or less was signed, as far as
/// is known, than a witness has seen.
fn not_behind(app: &App, size: u64, signed: &[Checkpoint]) -> Result<(), LogFault> {
    let known = signed.iter().map(|it| it.size).max().unwrap_or(0);
    if known > size {
        return Err(LogFault::Shorter {
            found: size,
            signed: known,
        });
    }
    match app.memory.log.seen() {
        Some((seen, witness)) if seen > known => Err(LogFault::Behind {
            witness,
            seen,
            known,
        }),
        _ => Ok(()),
    }
}

fn read(note: &str) -> Result<(Checkpoint, SignedNote), LogFault> {
    let note: SignedNote = note.parse().map_err(|_| LogFault::Kept)?;
    let checkpoint = note.text().parse().map_err(|_| LogFault::Kept)?;
    Ok((checkpoint, note))
}

/// The copy beside the tiles, which this log's key must have signed.
async fn copy(app: &App) -> Result<Option<(Checkpoint, SignedNote)>, LogFault> {
    let files = Files::of(app);
    let Some(note) = run(move || files.checkpoint()).await?.map_err(|error| {
        if error.kind() == std::io::ErrorKind::InvalidData {
            LogFault::Copy
        } else {
            error.into()
        }
    })?
    else {
        return Ok(None);
    };
    let key = app.keys.log_key().map_err(|_| LogFault::Name)?;
    let policy = Policy::new(key, Vec::new(), 0).map_err(|_| LogFault::Name)?;
    let (checkpoint, note) = read(&note).map_err(|_| LogFault::Copy)?;
    policy.open(&note).map_err(|_| LogFault::Copy)?;
    Ok(Some((checkpoint, note)))
}

async fn keep_copy(app: &App, note: &SignedNote) -> Result<(), LogFault> {
    let (files, note) = (Files::of(app), note.to_string());
    Ok(run(move || files.keep_checkpoint(&note)).await??)
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

/// The checkpoint that the files lead to, of which those that were signed are prefixes.
async fn computed(app: &App, size: u64, signed: Vec<Checkpoint>) -> Result<Checkpoint, LogFault> {
    let origin: KeyName = app.keys.origin.parse().map_err(|_| LogFault::Name)?;
    let files = Files::of(app);
    run(move || {
        let missing = || std::io::Error::other("a tile is missing");
        let nodes = files.nodes(size);
        for last in signed {
            if cut::root(&nodes, last.size).ok_or_else(missing)? != last.root {
                return Err(LogFault::Rewritten { size: last.size });
            }
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
