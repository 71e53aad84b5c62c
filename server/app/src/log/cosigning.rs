//! Has the configured witnesses cosign the newest checkpoint
//! (docs/spec/evidence.md, 7).

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::join_all;
use kaibiao_crypto::tlog::{Checkpoint, NoteSignature, SignedNote, WitnessKey};

use super::Files;
use super::witnesses::{Answer, Witness};
use crate::{App, Shared};

/// How often it is looked whether somebody is to be asked.
const LOOK: Duration = Duration::from_millis(500);
/// A witness that did not answer is left alone for so many looks.
const REST: u32 = 10;

/// What is known of a witness.
#[derive(Default)]
struct Seen {
    /// The size that it cosigned last, as far as is known.
    size: u64,
    rest: u32,
    told: String,
}

/// Asks until it is aborted.
pub async fn run(app: Shared) {
    let witnesses: Vec<Witness> = app
        .config
        .public_log
        .witnesses
        .iter()
        .filter_map(|it| Witness::new(&it.url, it.key.parse().ok()?).ok())
        .collect();
    if witnesses.is_empty() {
        return;
    }
    let mut seen: HashMap<usize, Seen> = HashMap::new();
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        if let Err(fault) = round(&app, &witnesses, &mut seen).await {
            tracing::error!(%fault, "cosignatures wait for another try");
        }
    }
}

async fn round(
    app: &App,
    witnesses: &[Witness],
    seen: &mut HashMap<usize, Seen>,
) -> anyhow::Result<()> {
    let Some((size, text)) = app.store.log().head().await? else {
        return Ok(());
    };
    let note: SignedNote = text.parse()?;
    let checkpoint: Checkpoint = note.text().parse()?;
    let since = app.memory.log.awaited();
    let mut asked = Vec::new();
    for (at, witness) in witnesses.iter().enumerate() {
        let known = seen.entry(at).or_default();
        known.rest = known.rest.saturating_sub(1);
        if known.rest == 0 && !has(&note, witness.key(), since) {
            asked.push((at, known.size));
        }
    }
    let asking = asked.iter().map(|(at, known)| {
        let (witness, note, checkpoint) = (&witnesses[*at], &note, &checkpoint);
        let files = Files::of(app);
        async move { (*at, witness.ask(note, checkpoint, &files, *known).await) }
    });
    let mut fresh = Vec::new();
    for (at, answer) in join_all(asking).await {
        let known = seen.entry(at).or_default();
        let told = match answer? {
            Answer::Cosigned { signature, .. } => {
                known.size = size;
                fresh.push(signature);
                String::new()
            }
            Answer::Away(reason) => reason,
            Answer::Refused { status } => format!("it answered {status}"),
            Answer::Ahead { size } => {
                format!("it says that it has cosigned {size} entries, more than there are")
            }
        };
        if !told.is_empty() {
            known.rest = REST;
        }
        if known.told != told {
            let witness = witnesses[at].key().name();
            if told.is_empty() {
                tracing::info!(%witness, "a witness cosigns again");
            } else {
                tracing::warn!(%witness, %told, "a witness does not cosign");
            }
            known.told = told;
        }
    }
    keep(app, size, fresh).await
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
