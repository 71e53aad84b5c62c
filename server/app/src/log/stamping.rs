//! Has the configured authority of time stamp checkpoints (docs/spec/timestamps.md, 6):
//! each that is wanted, and the newest one once a day.

use std::sync::atomic::Ordering;
use std::time::Duration;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{StampList, StampView};
use kaibiao_core::anchored::StatementProof;
use kaibiao_core::ids::Millis;
use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::TimeAuthorities;
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::tlog::{LogProof, Policy, SignedNote};
use kaibiao_os::{random, trust};
use kaibiao_store::Stamp;

use super::tsa::{Tsa, TsaFault};
use crate::config::Timestamps;
use crate::failure::of_store;
use crate::jobs::tenure;
use crate::{App, Shared, blocking};

/// How often it is looked whether something is to be stamped.
const LOOK: Duration = Duration::from_secs(1);
/// The first and the longest wait between tries at an authority that gives no stamp.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LAST_WAIT: Duration = Duration::from_mins(5);
/// When no stamp was wanted for so long, the newest checkpoint is to be stamped.
const DAY: Millis = 24 * 3_600_000;
/// For so many looks a checkpoint is given time to be cosigned before its day's stamp.
const COSIGNING: u32 = 60;
/// How many stamps are asked for in one go, and told in one answer.
const MANY: u32 = 100;

/// Notes that a signed note is to be stamped, where there is somebody to do it. The
/// same note may be asked for again.
///
/// # Errors
/// When the store fails.
pub async fn want(app: &App, note: &SignedNote) -> Result<(), Problem> {
    if app.config.timestamps.url.is_none() {
        return Ok(());
    }
    let new = app.store.timestamps().want(&note.to_string()).await;
    if new.map_err(of_store)? {
        app.memory.log.stamps.notify_one();
    }
    Ok(())
}

/// Notes that the checkpoint in a statement's proof is to be stamped.
///
/// # Errors
/// As [`want`].
pub async fn want_of(app: &App, proof: &StatementProof) -> Result<(), Problem> {
    let proof: LogProof = proof.anchored.proof.parse().map_err(Problem::internal)?;
    want(app, &proof.note).await
}

/// Stamps that are there: those after a number, the one over a note, or the newest.
///
/// # Errors
/// `not-found` for a note that has none; else the store fails.
pub async fn stamps(
    app: &App,
    after: Option<u64>,
    of: Option<Digest>,
) -> Result<StampList, Problem> {
    let stamps = app.store.timestamps();
    let found = match (after, of) {
        (_, Some(imprint)) => {
            let stamp = stamps.of(imprint).await.map_err(of_store)?;
            vec![stamp.ok_or(Transport::NotFound)?]
        }
        (Some(number), None) => stamps.after(number, MANY).await.map_err(of_store)?,
        (None, None) => stamps.newest(1).await.map_err(of_store)?,
    };
    let view = |it: Stamp| StampView {
        number: it.number,
        note: it.note,
        token: Base64(it.token),
    };
    Ok(StampList {
        stamps: found.into_iter().map(view).collect(),
        now: app.now(),
    })
}

/// The authority's certificates and lists, as its files are now.
///
/// # Errors
/// When a file cannot be read or used, or a certificate is also one of the authorities
/// that certify persons here.
pub async fn authorities(app: &App) -> anyhow::Result<TimeAuthorities> {
    let Timestamps {
        roots,
        intermediates,
        lists,
        ..
    } = app.config.timestamps.clone();
    let others = app.memory.authorities.now();
    let others: Vec<Digest> = others.cas.iter().map(|ca| ca.root).collect();
    let read = move || {
        let read = trust::time_authorities(&roots, &intermediates, &lists);
        read.map_err(Problem::internal)
    };
    let read = blocking(read).await?;
    let shared = read.certificates().find(|it| others.contains(it));
    if let Some(shared) = shared {
        anyhow::bail!(
            "a certificate of the authority of time ({shared}) is also a trusted root of persons"
        );
    }
    Ok(read)
}

/// Has checkpoints stamped until it is aborted.
pub async fn run(app: Shared) {
    let Some(url) = app.config.timestamps.url.clone() else {
        return;
    };
    let mut young = 0;
    let mut wait = FIRST_WAIT;
    let mut told = String::new();
    // That its files can be used is seen at once, not at the first stamp.
    let mut done = authorities(&app).await.map(drop);
    loop {
        let pause = match &done {
            Ok(()) => {
                if !told.is_empty() {
                    tracing::info!("the authority of time gives stamps again");
                }
                told.clear();
                wait = FIRST_WAIT;
                LOOK
            }
            Err(fault) => {
                let fault = format!("{fault:#}");
                if told != fault {
                    tracing::warn!(%fault, "there is no time stamp: it is tried again");
                    told = fault;
                }
                let pause = wait;
                wait = (wait * 2).min(LAST_WAIT);
                pause
            }
        };
        let failed = done.is_err();
        app.memory.log.unstamped.store(failed, Ordering::Release);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // What is new is tried at once.
            () = app.memory.log.stamps.notified() => wait = FIRST_WAIT,
        }
        done = round(&app, &url, &mut young).await;
    }
}

async fn round(app: &App, url: &str, young: &mut u32) -> anyhow::Result<()> {
    if !app.store.leases().has(tenure::LOG) {
        return Ok(());
    }
    want_of_the_day(app, young).await?;
    let unstamped = app.store.timestamps().unstamped(MANY).await?;
    if unstamped.is_empty() {
        return Ok(());
    }
    let patience = Duration::from_secs(app.config.timestamps.patience_seconds);
    let tsa = Tsa::open(url, authorities(app).await?, patience)?;
    let mut first = None;
    for it in unstamped {
        let nonce = u64::from_be_bytes(random::bytes());
        match tsa.stamp(it.imprint, nonce).await {
            Ok(stamped) => {
                let at = stamped.stamp.at();
                app.store
                    .timestamps()
                    .put(it.imprint, stamped.token)
                    .await?;
                tracing::info!(imprint = %it.imprint, at, "a checkpoint is stamped");
            }
            // Nobody else would be answered either.
            Err(fault @ TsaFault::Silent(_)) => return Err(fault.into()),
            Err(fault) => first = first.or(Some(fault)),
        }
    }
    first.map_or(Ok(()), |fault| Err(fault.into()))
}

/// Once a day the newest checkpoint is wanted, cosigned where it soon is.
async fn want_of_the_day(app: &App, young: &mut u32) -> anyhow::Result<()> {
    let last = app.store.timestamps().last_wanted().await?;
    if last.is_some_and(|last| app.now() - last < DAY) {
        return Ok(());
    }
    let Some((_, text)) = app.store.log().head().await? else {
        return Ok(());
    };
    let note: SignedNote = text.parse()?;
    if *young < COSIGNING && !is_cosigned(app, &note) {
        *young += 1;
        return Ok(());
    }
    *young = 0;
    want(app, &note).await?;
    Ok(())
}

/// Whether as many witnesses as are asked for have cosigned.
fn is_cosigned(app: &App, note: &SignedNote) -> bool {
    let log = &app.config.public_log;
    let Ok(key) = app.keys.log_key() else {
        return true;
    };
    let witnesses = log.witnesses.iter().map(|it| it.key.clone()).collect();
    let policy = Policy::new(key, witnesses, log.quorum.into());
    policy.is_ok_and(|policy| policy.open(note).is_ok())
}
