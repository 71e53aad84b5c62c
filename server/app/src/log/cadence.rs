//! When anchors are cut (docs/spec/evidence.md, 2).

use std::time::Duration;

use kaibiao_api::problem::Problem;
use kaibiao_core::ids::{Millis, ProjectId};
use kaibiao_core::state::State;
use kaibiao_core::terms::SealingTerms;
use kaibiao_crypto::Digest;
use kaibiao_crypto::anchor::TermsEntry;
use kaibiao_store::{Head, StreamId};

use super::publisher::publish;
use super::quorum;
use crate::failure::of_store;
use crate::memory::summaries::Line;
use crate::{App, Shared, deciding, jobs, statements};

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
        app.memory.log.note(fault.map(|fault| fault.to_string()));
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
        if let Some(project) = jobs::project(&line.listed.stream)
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
    if app.memory.log.is_over(project, version) {
        return Ok(());
    }
    if ended.is_some() && now >= t0 && is_whole(app, stream, t0, version).await? {
        app.memory.log.over(project, version);
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
                app.memory.log.wait_since(since);
            }
        }
    }
    let Some(ended) = ended else {
        return by_the_clock(app, stream, t0, MINUTE).await;
    };
    let last = app.store.log().last_anchor(stream).await;
    let last = last.map_err(of_store)?.map(|last| last.time);
    if last.is_none_or(|last| last < ended.max(t0)) {
        return cut(app, stream, None).await;
    }
    // What comes after the end (a complaint, say) does not show when it came.
    by_the_clock(app, stream, t0, HOUR).await
}

/// Whether the last anchor of a stream is over all of it, and not from before T0.
async fn is_whole(app: &App, stream: &StreamId, t0: Millis, version: u64) -> Result<bool, Problem> {
    let last = app.store.log().last_anchor(stream).await;
    let last = last.map_err(of_store)?;
    Ok(last.is_some_and(|last| last.anchor.size >= version && last.time >= t0))
}

/// From T0 on: the trees that the statements are to name, exactly.
async fn of_statements(app: &App, project: ProjectId, state: &State) -> Result<(), Problem> {
    let accepted = state.lots.values().filter_map(|lot| lot.accepted_at);
    let mut sizes: Vec<_> = state.deadline.into_iter().chain(accepted).collect();
    sizes.sort_unstable();
    let stream = deciding::stream(project);
    for size in sizes {
        if app.memory.log.has_exact(project, size) {
            continue;
        }
        let known = app.store.log().anchor_of(&stream, size).await;
        if known.map_err(of_store)?.is_none() {
            let root = statements::root_at(app, project, size).await?;
            cut(app, &stream, Some(Head { size, root })).await?;
        }
        app.memory.log.exact(project, size);
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
    if app
        .memory
        .log
        .last(stream)
        .is_some_and(|last| last >= instant)
    {
        return Ok(());
    }
    let last = app
        .store
        .log()
        .last_anchor(stream)
        .await
        .map_err(of_store)?;
    match last.map(|last| last.time) {
        Some(last) if last >= instant => app.memory.log.cut(stream, last),
        _ => cut(app, stream, None).await?,
    }
    Ok(())
}

async fn cut(app: &App, stream: &StreamId, over: Option<Head>) -> Result<(), Problem> {
    let placed = app
        .store
        .log()
        .anchor(stream, over)
        .await
        .map_err(of_store)?;
    app.memory.log.cut(stream, placed.time);
    Ok(())
}

/// Adds the entries of terms that are not in the log yet.
async fn enter_terms(app: &App, project: ProjectId, version: u64) -> Result<(), Problem> {
    if app.memory.log.has_terms_of(project, version) {
        return Ok(());
    }
    let current = deciding::load(app, project).await?;
    for (lot, fixed) in &current.book.terms {
        let terms = SealingTerms::digest_of(fixed.text.as_bytes());
        let name = terms_name(&terms);
        let stream = deciding::stream(project);
        if app
            .store
            .secret(&stream, &name)
            .await
            .map_err(of_store)?
            .is_some()
        {
            continue;
        }
        let (lot, project_text) = (lot.to_string(), project.to_string());
        let entry = TermsEntry {
            lot: &lot,
            project: &project_text,
            terms,
        };
        let place = app.store.log().add(entry.entry()).await.map_err(of_store)?;
        deciding::keep(app, project, &name, place.to_string().into_bytes()).await?;
    }
    app.memory.log.terms_of(project, current.version);
    Ok(())
}

/// Under which name the place of the entry of terms is kept beside their project.
pub fn terms_name(terms: &Digest) -> String {
    format!("log/terms/{terms}")
}
