//! Has the configured witnesses cosign the newest checkpoint
//! (docs/spec/evidence.md, 7), and asks each of them first how far it has seen the log
//! (3).

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use kaibiao_api::problem::Problem;
use kaibiao_crypto::merkle::Tree;
use kaibiao_crypto::tlog::{Checkpoint, NoteSignature, SignedNote, WitnessKey};

use super::Files;
use super::publisher::last_signed;
use super::witnesses::{Answer, Witness};
use crate::jobs::tenure;
use crate::{App, Shared};

/// How often it is looked whether somebody is to be asked.
const LOOK: Duration = Duration::from_millis(500);
/// A witness that did not answer is left alone for so many looks.
const REST: u32 = 10;

/// A witness, and what is known of it.
struct Asked {
    witness: Witness,
    /// The size that it cosigned last, as far as is known.
    size: u64,
    /// Whether it has answered since the start.
    answered: bool,
    /// For how many looks it is left alone.
    rest: u32,
    /// What was told of it last: why it does not cosign.
    told: String,
}

/// Asks until it is aborted.
pub async fn run(app: Shared) {
    let configured = app.config.public_log.witnesses.iter();
    let opened = configured.map(|it| {
        let witness = Witness::open(&it.url, it.key.clone())?;
        Ok(Asked {
            witness,
            size: 0,
            answered: false,
            rest: 0,
            told: String::new(),
        })
    });
    let opened = opened.collect::<reqwest::Result<_>>();
    let mut witnesses: Vec<Asked> = opened.unwrap_or_else(|error| {
        tracing::error!(%error, "no witness can be asked");
        Vec::new()
    });
    if let Err(fault) = first(&app, &mut witnesses).await {
        tracing::error!(%fault, "the witnesses could not be asked what they have seen");
    }
    app.memory.log.asked.store(true, Ordering::Release);
    app.memory.log.bell.notify_one();
    if witnesses.is_empty() {
        return;
    }
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        if !app.store.leases().has(tenure::LOG) {
            continue;
        }
        if let Err(fault) = round(&app, &mut witnesses).await {
            tracing::error!(%fault, "cosignatures wait for another try");
        }
    }
}

/// Asks each witness once how far it has seen the log, by the last checkpoint that was
/// signed: who has seen more says so. Where none was signed it is asked by that of the
/// empty log, with which every log begins.
async fn first(app: &App, witnesses: &mut [Asked]) -> anyhow::Result<()> {
    if witnesses.is_empty() {
        return Ok(());
    }
    let (checkpoint, note) = if let Some(last) = last_signed(app).await? {
        last
    } else {
        let checkpoint = Checkpoint {
            origin: app.keys.origin.parse()?,
            size: 0,
            root: Tree::default().root(),
        };
        let (unsigned, key) = (checkpoint.clone(), app.keys.tlog.clone());
        let signed = tokio::task::spawn_blocking(move || unsigned.sign(&key));
        let note = signed.await??;
        (checkpoint, note)
    };
    let (note, checkpoint, files) = (&note, &checkpoint, &Files::of(app));
    let asking = witnesses.iter_mut().map(async |it| {
        it.size = checkpoint.size;
        // Who has seen less asks for a proof, for which files may be missing still.
        if let Err(problem) = it.ask(app, note, checkpoint, files).await {
            tracing::debug!(%problem, "a witness has seen less");
        }
        it.rest = 0;
    });
    join_all(asking).await;
    Ok(())
}

async fn round(app: &App, witnesses: &mut [Asked]) -> anyhow::Result<()> {
    let Some((size, text)) = app.store.log().head().await? else {
        return Ok(());
    };
    let note: SignedNote = text.parse()?;
    let checkpoint: Checkpoint = note.text().parse()?;
    let since = app.memory.log.awaited.load(Ordering::Acquire);
    let (note, checkpoint, files) = (&note, &checkpoint, &Files::of(app));
    let asking = witnesses.iter_mut().filter_map(|it| {
        it.rest = it.rest.saturating_sub(1);
        let asks = it.rest == 0 && !has(note, it.witness.key(), since);
        asks.then(|| it.ask(app, note, checkpoint, files))
    });
    let answers = join_all(asking).await.into_iter();
    let fresh: Vec<_> = answers.collect::<Result<Vec<_>, _>>()?;
    keep(app, size, fresh.into_iter().flatten().collect()).await
}

impl Asked {
    /// Asks once; answers the cosignature, if there is one, and tells of a change.
    async fn ask(
        &mut self,
        app: &App,
        note: &SignedNote,
        checkpoint: &Checkpoint,
        files: &Files,
    ) -> Result<Option<NoteSignature>, Problem> {
        let answer = self.witness.ask(note, checkpoint, files, self.size).await?;
        let is_first = !self.answered;
        self.answered |= !matches!(answer, Answer::Away(_));
        let (signature, told) = match answer {
            Answer::Cosigned { signature, .. } => {
                self.size = checkpoint.size;
                (Some(signature), String::new())
            }
            Answer::Away(reason) => (None, reason),
            Answer::Refused { status } => (None, format!("it answered {status}")),
            Answer::Ahead { size } => {
                // What it says first is what it knew before this process signed anything.
                if is_first {
                    let witness = self.witness.key().name();
                    app.memory.log.note_seen(size, witness.as_str());
                }
                (
                    None,
                    format!("it has cosigned {size} entries, more than were signed here"),
                )
            }
        };
        if signature.is_none() {
            self.rest = REST;
        }
        if self.told != told {
            let witness = self.witness.key().name();
            if told.is_empty() {
                tracing::info!(%witness, "a witness cosigns again");
            } else {
                tracing::warn!(%witness, %told, "a witness does not cosign");
            }
            self.told = told;
        }
        Ok(signature)
    }
}

/// Whether a witness has cosigned from a second on.
fn has(note: &SignedNote, key: &WitnessKey, since: u64) -> bool {
    matches!(key.signed(note), Ok(Some(time)) if time >= since)
}

/// Adds cosignatures to the newest checkpoint, where it is that one still.
async fn keep(app: &App, size: u64, fresh: Vec<NoteSignature>) -> anyhow::Result<()> {
    if fresh.is_empty() {
        return Ok(());
    }
    let _turn = app.memory.log.turn.lock().await;
    let head = app.store.log().head().await?;
    if let Some((_, text)) = head.filter(|(now, _)| *now == size) {
        let mut note: SignedNote = text.parse()?;
        for signature in fresh {
            note.add(signature);
        }
        app.store.log().keep_head(size, note.to_string()).await?;
    }
    Ok(())
}
