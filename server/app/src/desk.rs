//! The centre's desk: the rooms of the day, requests for help, ratings of the
//! service, and signs of the platform's health.

use std::ops::ControlFlow;
use std::sync::Arc;

use kaibiao_api::problem::Problem;
use kaibiao_api::{
    BoardRoom, BoardView, CustodianSeen, HealthPage, HealthSign, HelpLine, HelpList, Rating,
    RatingList, RatingsOf,
};
use kaibiao_core::complaints;
use kaibiao_core::figures::Figures;
use kaibiao_core::ids::{Millis, ProjectId};
use kaibiao_core::platform;
use kaibiao_core::project::Summary;
use kaibiao_core::role::Role;
use kaibiao_core::view;
use kaibiao_core::viewer::Seat;

use super::{App, calls, projects};
use crate::caller::{Caller, Visitor};
use crate::deciding::{self, unless_damaged};
use crate::failure::of_store;
use crate::memory::summaries::Line;

const DAY: Millis = 24 * 3600 * 1000;

/// For how many days after T0 help requests are listed.
const HELP_DAYS: Millis = 30;

/// The most lines of a list.
const LINES: usize = 500;

/// Which projects are asked for, by T0.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    pub from: Option<Millis>,
    pub to: Option<Millis>,
}

impl Span {
    pub fn holds(self, t0: Millis) -> bool {
        self.from.is_none_or(|from| from <= t0) && self.to.is_none_or(|to| t0 < to)
    }
}

/// The rooms of the day, or of the span asked for. Without a span these are the
/// rooms that have not ended and those that opened within the last day.
pub async fn board(app: &App, caller: &Caller, span: Span) -> Result<BoardView, Problem> {
    let now = app.now();
    let today = |line: &Arc<Line>| {
        let summary = &line.listed.summary;
        let t0 = summary.t0.unwrap_or_default();
        if span.from.is_some() || span.to.is_some() {
            span.holds(t0)
        } else {
            summary.ended.is_none() || now - t0 < DAY
        }
    };
    let mut all = overseen(app, caller, true).await?;
    all.retain(today);
    all.sort_by_key(|line| line.listed.summary.t0);
    all.truncate(LINES);
    let mut rooms = Vec::with_capacity(all.len());
    for line in all {
        let Some(project) = deciding::project_of(&line.listed.stream) else {
            continue;
        };
        let current = projects::current(app, project).await;
        let Some(current) = unless_damaged(current)? else {
            continue;
        };
        let Some(room) = view::room(&current.state, &current.book) else {
            continue;
        };
        let mut seen: Vec<CustodianSeen> = Vec::new();
        for custodian in room.lots.values().flat_map(|lot| &lot.custodians) {
            if seen
                .iter()
                .any(|it| it.organisation == custodian.organisation)
            {
                continue;
            }
            let last = app.memory.presence.of(project, &custodian.organisation);
            seen.push(CustodianSeen {
                organisation: custodian.organisation.clone(),
                name: custodian.name.clone(),
                seen: last.map(|seen| seen.at),
                program: last.and_then(|seen| seen.program),
            });
        }
        let viewer = projects::viewer(&current.book, &Visitor(Some(caller.clone())));
        rooms.push(BoardRoom {
            id: project.to_string(),
            room,
            complaints: complaints::counts(&current.state, &viewer, now),
            custodians_seen: seen,
        });
    }
    Ok(BoardView {
        rooms,
        since: app.since,
        ready: crate::health::ready(app).await?,
        now,
    })
}

/// Help requests, the newest first, of the projects that name the caller's
/// organisation as centre, host or supervisor.
pub async fn helps(app: &App, caller: &Caller) -> Result<HelpList, Problem> {
    let now = app.now();
    let mut helps = Vec::new();
    for line in overseen(app, caller, false).await? {
        let summary = &line.listed.summary;
        let opened = summary
            .t0
            .is_some_and(|t0| t0 <= now && now - t0 < HELP_DAYS * DAY);
        let asked = opened && summary.helps != Some(0);
        let (true, Some(project)) = (asked, deciding::project_of(&line.listed.stream)) else {
            continue;
        };
        let current = projects::current(app, project).await;
        let Some(current) = unless_damaged(current)? else {
            continue;
        };
        let viewer = projects::viewer(&current.book, &Visitor(Some(caller.clone())));
        if viewer.seat < Seat::Host {
            continue;
        }
        let Some(draft) = &current.book.draft else {
            continue;
        };
        for (lot, asked) in view::helps(&current.state, &current.book, &viewer) {
            // T0 itself, where one of an earlier version was made before it.
            let seen = asked.time.max(current.state.t0);
            helps.push(HelpLine {
                seen,
                project: project.to_string(),
                number: draft.number.clone(),
                title: draft.title.clone(),
                lot_title: draft
                    .lots
                    .get(&lot)
                    .map(|lot| lot.title.clone())
                    .unwrap_or_default(),
                lot,
                help: asked,
            });
        }
    }
    helps.sort_by_key(|line| std::cmp::Reverse(line.help.time));
    helps.truncate(LINES);
    let calls = calls::at_the_desk(app, caller).await?;
    Ok(HelpList { helps, calls, now })
}

/// Ratings of the service (好差评), project by project, the last ended first. Of
/// who rated only the capacity is told.
pub async fn ratings(app: &App, caller: &Caller) -> Result<RatingList, Problem> {
    let mut ended: Vec<_> = overseen(app, caller, true)
        .await?
        .into_iter()
        .filter_map(|line| Some((line.listed.summary.ended?, line)))
        .collect();
    ended.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    ended.truncate(LINES);
    let mut list = Vec::with_capacity(ended.len());
    for (at, line) in ended {
        let summary = &line.listed.summary;
        let Some(project) = deciding::project_of(&line.listed.stream) else {
            continue;
        };
        let ratings = if summary.rated == Some(0) {
            Vec::new()
        } else {
            let ratings = ratings_of(app, project).await;
            let Some(ratings) = unless_damaged(ratings)? else {
                continue;
            };
            ratings
        };
        list.push(RatingsOf {
            project: project.to_string(),
            number: summary.number.clone(),
            title: summary.title.clone(),
            t0: summary.t0.unwrap_or(at),
            ended: at,
            total: ratings.iter().map(|rating| u64::from(rating.score)).sum(),
            ratings,
        });
    }
    Ok(RatingList {
        projects: list,
        now: app.now(),
    })
}

/// The figures of each project that names the caller's organisation and of which a lot
/// has ended, with its T0.
///
/// # Errors
/// When the store fails.
pub async fn figures(app: &App, caller: &Caller) -> Result<Vec<(Millis, Figures)>, Problem> {
    // What an earlier version wrote has none: its line is made anew.
    for line in overseen(app, caller, false).await? {
        let project = deciding::project_of(&line.listed.stream);
        if let (true, Some(project)) = (is_older(&line.listed.summary), project) {
            app.memory.summaries.note(project);
        }
    }
    let lines = overseen(app, caller, false).await?;
    let counted = lines.iter().filter_map(|line| {
        let summary = &line.listed.summary;
        let figures = summary.figures.as_ref().filter(|it| !it.is_empty())?;
        let figures = figures.clone();
        let supervised = summary.is_supervised_by(&caller.session.organisation);
        let figures = if supervised {
            figures
        } else {
            figures.for_centre()
        };
        Some((summary.t0?, figures))
    });
    Ok(counted.collect())
}

/// Whether an earlier version wrote this line, which did not count all that is counted.
fn is_older(summary: &Summary) -> bool {
    let Some(figures) = &summary.figures else {
        return true;
    };
    !figures.is_empty() && figures.complaints.is_none()
}

async fn ratings_of(app: &App, project: ProjectId) -> Result<Vec<Rating>, Problem> {
    let current = deciding::load(app, project).await?;
    let ratings = current.book.ratings().map(|(entry, rate)| Rating {
        time: entry.time,
        by: entry.by,
        score: rate.score,
        comment: rate.comment,
    });
    Ok(ratings.collect())
}

/// The last starts, stops and signs of ill health of a span, in order.
pub async fn health(app: &App, span: Span) -> Result<HealthPage, Problem> {
    let platform = crate::platform::load(app).await.map_err(of_store)?;
    let mut signs = Vec::new();
    let collect = |event: platform::Recorded| {
        // Time never goes back in a stream.
        if signs.len() == LINES || span.from.is_some_and(|from| event.time < from) {
            return ControlFlow::Break(());
        }
        if span.holds(event.time) && is_sign(&event.facts.what) {
            signs.push(sign(&event));
        }
        ControlFlow::Continue(())
    };
    crate::platform::from_the_end(app, platform.version, collect).await?;
    signs.reverse();
    let signs: Result<_, _> = signs.into_iter().collect();
    Ok(HealthPage {
        signs: signs.map_err(Problem::internal)?,
        since: app.since,
        ready: crate::health::ready(app).await?,
        now: app.now(),
    })
}

fn is_sign(what: &platform::What) -> bool {
    use platform::What;
    matches!(
        what,
        What::Started { .. }
            | What::Stopped
            | What::HealthNoted { .. }
            | What::ClockSet { .. }
            | What::ListBridged { .. }
    )
}

fn sign(event: &platform::Recorded) -> Result<HealthSign, serde_json::Error> {
    let mut body = serde_json::to_value(&event.facts.what)?;
    if let Some(body) = body.as_object_mut() {
        body.remove("kind");
    }
    Ok(HealthSign {
        time: event.time,
        kind: event.facts.what.kind().to_owned(),
        well: crate::health::is_over(&event.facts.what),
        body,
    })
}

/// The published projects that name the caller's organisation as an official.
/// With `all`, the platform's administrator is given every published project.
pub(crate) async fn overseen(
    app: &App,
    caller: &Caller,
    all: bool,
) -> Result<Vec<Arc<Line>>, Problem> {
    let everything = all && caller.has(Role::Administrator);
    let organisation = &caller.session.organisation;
    let lines = app.memory.summaries.current(app).await?;
    let theirs = lines.values().filter(|line| {
        let summary = &line.listed.summary;
        summary.published && (everything || summary.officials.contains(organisation))
    });
    Ok(theirs.cloned().collect())
}
