//! When anchors are cut (docs/spec/evidence.md, 2).

use std::sync::atomic::Ordering;
use std::time::Duration;

use kaibiao_api::problem::Problem;
use kaibiao_core::ids::{LotId, Millis, ProjectId};
use kaibiao_core::state::State;
use kaibiao_core::terms::SealingTerms;
use kaibiao_crypto::Digest;
use kaibiao_crypto::anchor::TermsEntry;
use kaibiao_store::{Head, Placed, StreamId, Tenure};

use super::notices;
use super::publisher::{follow, publish};
use super::quorum;
use crate::bundle::kept;
use crate::failure::of_store;
use crate::jobs::tenure;
use crate::memory::summaries::Line;
use crate::{App, Shared, deciding, statements};

/// How often it is looked at what is due.
const LOOK: Duration = Duration::from_secs(1);
const HOUR: Millis = 3_600_000;
const MINUTE: Millis = 60_000;
/// By this before T0, and after it, there is one a minute.
const NEAR: Millis = 24 * HOUR;
/// How many projects that have ended are folded anew for their bundles in one look: after
/// a start there may be thousands, and others wait.
const FOLDS: usize = 4;

/// Cuts anchors and publishes them until it is aborted.
pub async fn run(app: Shared) {
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut told = String::new();
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = app.memory.log.bell.notified() => {}
        }
        let tenure = tenure::of(&app, tenure::LOG).await;
        if tenure == Tenure::Begun {
            // Another node has cut anchors meanwhile.
            app.memory.log.forget();
        }
        if !tenure.is_own() {
            if let Err(fault) = follow(&app).await {
                tracing::error!(%fault, "the public log's files wait for another try");
            }
            continue;
        }
        if let Err(problem) = pass(&app).await {
            tracing::error!(%problem, "anchors wait for another try");
        }
        // Nothing is signed before the witnesses had the time to say what they have seen.
        if !app.memory.log.asked.load(Ordering::Acquire) {
            continue;
        }
        let fault = publish(&app).await.err();
        let words = fault.as_ref().map_or_else(String::new, ToString::to_string);
        if words != told && !words.is_empty() {
            tracing::error!(fault = %words, "the public log does not go on");
        } else if words != told {
            tracing::info!("the public log goes on again");
        }
        told = words;
        let log = &app.memory.log;
        log.stopped.store(fault.is_some(), Ordering::Release);
        let behind = fault.is_some_and(|fault| fault.is_lost_past());
        log.behind.store(behind, Ordering::Release);
    }
}

/// Cuts every anchor that is due.
async fn pass(app: &App) -> Result<(), Problem> {
    let platform = StreamId::platform();
    by_the_clock(app, &platform, 0, HOUR, None).await?;
    of_erasures(app, &platform).await?;
    let mut folds = FOLDS;
    for line in app.memory.summaries.current(app).await?.values() {
        let Some(t0) = line
            .listed
            .summary
            .t0
            .filter(|_| line.listed.summary.published)
        else {
            continue;
        };
        if let Some(project) = deciding::project_of(&line.listed.stream)
            && let Err(problem) = of_project(app, project, t0, line, &mut folds).await
        {
            tracing::warn!(%project, %problem, "a project's anchors wait for another try");
        }
    }
    Ok(())
}

/// What was erased is in the log at once, since a bundle without it asks for that.
async fn of_erasures(app: &App, platform: &StreamId) -> Result<(), Problem> {
    let current = crate::platform::load(app).await.map_err(of_store)?;
    let erased = current.state.erased.values().flat_map(|of| of.values());
    let Some(last) = erased.map(|it| it.by).max() else {
        return Ok(());
    };
    if app.memory.log.known(platform).exact.contains(&last) {
        return Ok(());
    }
    let over = app.store.log().anchor_over(platform, last).await;
    if over.map_err(of_store)?.is_none() {
        cut(app, platform, None).await?;
    }
    let note = |known: &mut crate::memory::log::Known| known.exact.extend([last]);
    app.memory.log.note(platform, note);
    Ok(())
}

async fn of_project(
    app: &App,
    project: ProjectId,
    t0: Millis,
    line: &Line,
    folds: &mut usize,
) -> Result<(), Problem> {
    let (stream, version, now) = (&line.listed.stream, line.listed.version, app.now());
    let ended = line.listed.summary.ended;
    // Of a project that came to its end, and whose end is anchored and proved, nothing is
    // due. It is not folded to find that out: there may be thousands.
    if app.memory.log.known(stream).over == version {
        return Ok(());
    }
    let is_anchored = ended.is_some() && now >= t0 && is_whole(app, stream, t0, version).await?;
    if is_anchored && kept::is_whole(app, stream).await? {
        app.memory.log.note(stream, |known| known.over = version);
        return Ok(());
    }
    if is_anchored && !app.memory.log.known(stream).folded {
        let Some(left) = folds.checked_sub(1) else {
            return Ok(());
        };
        *folds = left;
    }
    app.memory.log.note(stream, |known| known.folded = true);
    enter_terms(app, project, version).await?;
    if now < t0 {
        let every = if t0 - now <= NEAR { MINUTE } else { HOUR };
        // A cancelled one is folded for its anchor alone.
        if is_cut(app.memory.log.known(stream).last, now, t0, every) {
            return Ok(());
        }
        let over = match ended {
            None => None,
            Some(_) => of_cancelled(app, project).await?,
        };
        return by_the_clock(app, stream, t0, every, over).await;
    }
    let current = deciding::load(app, project).await?;
    let state = &current.state;
    // What came since the look, and before T0, stands below the closing anchor as well.
    enter_terms(app, project, current.version).await?;
    match state.deadline {
        // Time has not acted yet, and what it does comes first.
        None if ended.is_none() => return Ok(()),
        // Cancelled: what there was is anchored once T0 is over.
        None => {}
        Some(_) => {
            of_statements(app, project, state).await?;
            if let Some(since) = quorum::reach(app, project, &current).await? {
                await_cosignatures(app, u64::try_from(since.div_euclid(1_000)).unwrap_or(0));
            }
        }
    }
    if let Some(evidence) = &state.evidence {
        exactly(app, project, evidence.end).await?;
    }
    if let Some(since) = kept::keep(app, project, &current).await? {
        await_cosignatures(app, since);
    }
    // An anchor of the clock is over what was looked at, so that none is over more than
    // a bundle's tree before there is one over exactly that.
    let head = Some(current.head);
    let Some(evidence) = &state.evidence else {
        if is_anchored && current.version == version {
            app.memory.log.note(stream, |known| known.over = version);
            return Ok(());
        }
        let every = if now - t0 <= NEAR { MINUTE } else { HOUR };
        return by_the_clock(app, stream, t0, every, head).await;
    };
    let last = last(app, stream).await?;
    if last.is_none_or(|last| last.time < evidence.at.max(t0)) {
        return cut(app, stream, head).await;
    }
    // What comes after the end (a complaint, say) does not show when it came.
    by_the_clock(app, stream, t0, HOUR, head).await
}

fn await_cosignatures(app: &App, since: u64) {
    app.memory.log.awaited.fetch_max(since, Ordering::AcqRel);
}

/// Until T0 the anchors of a project that was cancelled as a whole are over the tree with
/// which its bundle ends.
async fn of_cancelled(app: &App, project: ProjectId) -> Result<Option<Head>, Problem> {
    let current = deciding::load(app, project).await?;
    let end = current.state.evidence.as_ref().map(|evidence| evidence.end);
    let Some(size) = end.filter(|end| *end < current.version) else {
        return Ok(None);
    };
    let root = statements::root_at(app, project, size).await?;
    Ok(Some(Head { size, root }))
}

/// Whether the last anchor of a stream is over all of it, and not from before T0.
async fn is_whole(app: &App, stream: &StreamId, t0: Millis, version: u64) -> Result<bool, Problem> {
    let last = last(app, stream).await?;
    Ok(last.is_some_and(|last| last.anchor.size >= version && last.time >= t0))
}

/// From T0 on: the trees that the statements are to name, exactly.
async fn of_statements(app: &App, project: ProjectId, state: &State) -> Result<(), Problem> {
    let accepted = state.lots.values().filter_map(|lot| lot.accepted_at);
    let mut sizes: Vec<_> = state.deadline.into_iter().chain(accepted).collect();
    sizes.sort_unstable();
    for size in sizes {
        exactly(app, project, size).await?;
    }
    Ok(())
}

/// Sees to an anchor over exactly the tree of so many events.
async fn exactly(app: &App, project: ProjectId, size: u64) -> Result<(), Problem> {
    let stream = deciding::stream(project);
    if app.memory.log.known(&stream).exact.contains(&size) {
        return Ok(());
    }
    let placed = app.store.log().anchor_of(&stream, size).await;
    if placed.map_err(of_store)?.is_none() {
        let root = statements::root_at(app, project, size).await?;
        cut(app, &stream, Some(Head { size, root })).await?;
    }
    app.memory
        .log
        .note(&stream, |known| known.exact.extend([size]));
    Ok(())
}

/// Cuts the next anchor when an instant of the clock has come since the last one: they
/// lie apart by `every`, and one of them is `from`. When events came has no part in it.
/// It is over the whole tree, or over an earlier one.
async fn by_the_clock(
    app: &App,
    stream: &StreamId,
    from: Millis,
    every: Millis,
    over: Option<Head>,
) -> Result<(), Problem> {
    let now = app.now();
    let is_cut = |last: Option<Millis>| is_cut(last, now, from, every);
    if is_cut(app.memory.log.known(stream).last) {
        return Ok(());
    }
    let last = last(app, stream).await?.map(|last| last.time);
    if !is_cut(last) {
        return cut(app, stream, over).await;
    }
    app.memory.log.note(stream, |known| known.last = last);
    Ok(())
}

/// Whether the last anchor was cut at the last of the clock's instants or later.
fn is_cut(last: Option<Millis>, now: Millis, from: Millis, every: Millis) -> bool {
    let instant = now - (now - from).rem_euclid(every);
    last.is_some_and(|last| last >= instant)
}

async fn last(app: &App, stream: &StreamId) -> Result<Option<Placed>, Problem> {
    app.store.log().last_anchor(stream).await.map_err(of_store)
}

async fn cut(app: &App, stream: &StreamId, over: Option<Head>) -> Result<(), Problem> {
    let placed = app.store.log().anchor(stream, over).await;
    let time = placed.map_err(of_store)?.time;
    app.memory.log.note(stream, |known| known.last = Some(time));
    Ok(())
}

/// Adds the entries of terms and notices that are not in the log yet. A kill between the two writes
/// has an entry written twice, which says the same.
async fn enter_terms(app: &App, project: ProjectId, version: u64) -> Result<(), Problem> {
    let stream = deciding::stream(project);
    if app.memory.log.known(&stream).terms == version {
        return Ok(());
    }
    let current = deciding::load(app, project).await?;
    for (lot, fixed) in &current.book.terms {
        let terms = SealingTerms::digest_of(fixed.text.as_bytes());
        enter(app, project, lot, terms).await?;
    }
    notices::enter(app, project, &current.book).await?;
    app.memory
        .log
        .note(&stream, |known| known.terms = current.version);
    Ok(())
}

/// Adds the entry of sealing terms, if it is not in the log yet.
///
/// # Errors
/// When the store fails.
pub async fn enter(
    app: &App,
    project: ProjectId,
    lot: &LotId,
    terms: Digest,
) -> Result<(), Problem> {
    let name = terms_name(&terms);
    let kept = app.store.secret(&deciding::stream(project), &name).await;
    if kept.map_err(of_store)?.is_some() {
        return Ok(());
    }
    let entry = TermsEntry {
        lot: lot.as_str(),
        project: &project.to_string(),
        terms,
    };
    let place = app.store.log().add(entry.entry()).await.map_err(of_store)?;
    deciding::keep(app, project, &name, place.to_string().into_bytes()).await
}

/// Under which name the place of the entry of terms is kept beside their project.
pub fn terms_name(terms: &Digest) -> String {
    format!("log/terms/{terms}")
}
