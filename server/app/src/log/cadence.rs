//! When anchors are cut (docs/spec/evidence.md, 2).

use std::sync::atomic::Ordering;
use std::time::Duration;

use kaibiao_api::problem::Problem;
use kaibiao_core::ids::{Millis, ProjectId};
use kaibiao_core::state::State;
use kaibiao_core::terms::SealingTerms;
use kaibiao_crypto::Digest;
use kaibiao_crypto::anchor::TermsEntry;
use kaibiao_store::{Head, Placed, StreamId};

use super::publisher::publish;
use super::quorum;
use crate::failure::of_store;
use crate::memory::summaries::Line;
use crate::{App, Shared, deciding, statements};

/// How often it is looked at what is due.
const LOOK: Duration = Duration::from_secs(1);
const HOUR: Millis = 3_600_000;
const MINUTE: Millis = 60_000;
/// Before T0 by this, and after it, there is one a minute.
const NEAR: Millis = 24 * HOUR;

/// Cuts anchors and publishes them until it is aborted.
pub async fn run(app: Shared) {
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = app.memory.log.bell.notified() => {}
        }
        if let Err(problem) = pass(&app).await {
            tracing::error!(%problem, "anchors wait for another try");
        }
        let fault = publish(&app).await.err();
        if let Some(fault) = &fault {
            tracing::error!(%fault, "the public log does not go on");
        }
        app.memory
            .log
            .stopped
            .store(fault.is_some(), Ordering::Release);
    }
}

/// Cuts every anchor that is due.
async fn pass(app: &App) -> Result<(), Problem> {
    let platform = StreamId::platform();
    by_the_clock(app, &platform, 0, HOUR).await?;
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
            && let Err(problem) = of_project(app, project, t0, line).await
        {
            tracing::warn!(%project, %problem, "a project's anchors wait for another try");
        }
    }
    Ok(())
}

async fn of_project(app: &App, project: ProjectId, t0: Millis, line: &Line) -> Result<(), Problem> {
    let (stream, version, now) = (&line.listed.stream, line.listed.version, app.now());
    let ended = line.listed.summary.ended;
    // Of a project that came to its end, and whose end is anchored, nothing is due. It is
    // not folded to find that out: there may be thousands.
    if app.memory.log.known(stream).over == version {
        return Ok(());
    }
    if ended.is_some() && now >= t0 && is_whole(app, stream, t0, version).await? {
        app.memory.log.note(stream, |known| known.over = version);
        return Ok(());
    }
    enter_terms(app, project, version).await?;
    if now < t0 {
        let every = if t0 - now <= NEAR { MINUTE } else { HOUR };
        return by_the_clock(app, stream, t0, every).await;
    }
    let current = deciding::load(app, project).await?;
    match current.state.deadline {
        // Time has not acted yet, and what it does comes first.
        None if ended.is_none() => return Ok(()),
        // Cancelled: what there was is anchored once T0 is over.
        None => {}
        Some(_) => {
            of_statements(app, project, &current.state).await?;
            if let Some(since) = quorum::reach(app, project, &current).await? {
                let second = u64::try_from(since.div_euclid(1_000)).unwrap_or(0);
                app.memory.log.awaited.fetch_max(second, Ordering::AcqRel);
            }
        }
    }
    let Some(ended) = ended else {
        return by_the_clock(app, stream, t0, MINUTE).await;
    };
    let last = last(app, stream).await?;
    if last.is_none_or(|last| last.time < ended.max(t0)) {
        return cut(app, stream, None).await;
    }
    // What comes after the end (a complaint, say) does not show when it came.
    by_the_clock(app, stream, t0, HOUR).await
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
    let stream = deciding::stream(project);
    let known = app.memory.log.known(&stream).exact;
    for size in sizes.into_iter().filter(|size| !known.contains(size)) {
        let placed = app.store.log().anchor_of(&stream, size).await;
        if placed.map_err(of_store)?.is_none() {
            let root = statements::root_at(app, project, size).await?;
            cut(app, &stream, Some(Head { size, root })).await?;
        }
        app.memory
            .log
            .note(&stream, |known| known.exact.extend([size]));
    }
    Ok(())
}

/// Cuts the next anchor when an instant of the clock has come since the last one: they
/// lie apart by `every`, and one of them is `from`. When events came has no part in it.
async fn by_the_clock(
    app: &App,
    stream: &StreamId,
    from: Millis,
    every: Millis,
) -> Result<(), Problem> {
    let now = app.now();
    let instant = now - (now - from).rem_euclid(every);
    let is_cut = |last: Option<Millis>| last.is_some_and(|last| last >= instant);
    if is_cut(app.memory.log.known(stream).last) {
        return Ok(());
    }
    let last = last(app, stream).await?.map(|last| last.time);
    if !is_cut(last) {
        return cut(app, stream, None).await;
    }
    app.memory.log.note(stream, |known| known.last = last);
    Ok(())
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

/// Adds the entries of terms that are not in the log yet. A kill between the two writes
/// has an entry written twice, which says the same.
async fn enter_terms(app: &App, project: ProjectId, version: u64) -> Result<(), Problem> {
    let stream = deciding::stream(project);
    if app.memory.log.known(&stream).terms == version {
        return Ok(());
    }
    let current = deciding::load(app, project).await?;
    let id = project.to_string();
    for (lot, fixed) in &current.book.terms {
        let terms = SealingTerms::digest_of(fixed.text.as_bytes());
        let name = terms_name(&terms);
        let kept = app.store.secret(&stream, &name).await;
        if kept.map_err(of_store)?.is_some() {
            continue;
        }
        let entry = TermsEntry {
            lot: lot.as_str(),
            project: &id,
            terms,
        };
        let place = app.store.log().add(entry.entry()).await.map_err(of_store)?;
        deciding::keep(app, project, &name, place.to_string().into_bytes()).await?;
    }
    app.memory
        .log
        .note(&stream, |known| known.terms = current.version);
    Ok(())
}

/// Under which name the place of the entry of terms is kept beside their project.
pub fn terms_name(terms: &Digest) -> String {
    format!("log/terms/{terms}")
}
