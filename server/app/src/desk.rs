//! The centre's desk: the rooms of the day, requests for help, ratings of the
//! service, and signs of the platform's health.

use std::ops::ControlFlow;

use kaibiao_api::problem::Problem;
use kaibiao_api::{
    BoardRoom, BoardView, CustodianSeen, HealthPage, HealthSign, HelpLine, HelpList, Rating,
    RatingList, RatingsOf,
};
use kaibiao_core::complaints;
use kaibiao_core::figures::Figures;
use kaibiao_core::ids::{Millis, ProjectId};
use kaibiao_core::lists::{self, Overseen};
use kaibiao_core::platform;
use kaibiao_core::project::Summary;
use kaibiao_core::role::Role;
use kaibiao_core::view;
use kaibiao_core::viewer::Seat;

use super::{App, calls, projects, walk};
use crate::caller::{Caller, Visitor};
use crate::deciding::{self, unless_damaged};
use crate::failure::of_store;
use crate::walk::{Cursor, Walk};

const DAY: Millis = 24 * 3600 * 1000;

/// For how many days after T0 help requests are listed.
const HELP_DAYS: Millis = 30;

/// The most signs of health, and how many projects are read at once for figures.
const LINES: usize = 500;

/// Projects with requests for help that are read at once.
const HELPED: usize = 20;

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

/// Which page of a list is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// The most lines of the page.
    pub limit: Option<usize>,
}

impl Asked {
    fn cursor(&self) -> Result<Option<Cursor>, Problem> {
        self.after.as_deref().map(str::parse).transpose()
    }
}

/// The rooms of the day, or of the span asked for, by T0. Without a span these are the
/// rooms that have not ended and those that opened within the last day.
pub async fn board(
    app: &App,
    caller: &Caller,
    span: Span,
    asked: &Asked,
) -> Result<BoardView, Problem> {
    let now = app.now();
    let has_span = span.from.is_some() || span.to.is_some();
    let size = walk::page_size(asked.limit)?;
    let after = asked.cursor()?;
    let organisation = &caller.session.organisation;
    let [all, running] = if caller.has(Role::Administrator) {
        [lists::OPENINGS, lists::RUNNING].map(str::to_owned)
    } else {
        [Overseen::All, Overseen::Running].map(|it| it.by(organisation))
    };
    let chunk = size + 1;
    let mut walk = if has_span {
        Walk::through(app, vec![all], span, after.as_ref(), chunk)
    } else {
        let lately = Span {
            from: Some(now - DAY + 1),
            to: None,
        };
        Walk::through(app, vec![running], Span::default(), after.as_ref(), chunk).and(
            all,
            lately,
            after.as_ref(),
        )
    };
    let mut rooms = Vec::new();
    let (mut next, mut last, mut looked) = (None, None, 0);
    while let Some(found) = walk.next().await? {
        if looked == size {
            next = last;
            break;
        }
        (looked, last) = (looked + 1, Some(walk::after(&found).to_string()));
        let summary = &found.listed.summary;
        let t0 = summary.t0.unwrap_or_default();
        let is_today = has_span || summary.ended.is_none() || now - t0 < DAY;
        let project = deciding::project_of(&found.listed.stream);
        let (true, true, Some(project)) = (is_today, oversees(caller, summary, true), project)
        else {
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
        next,
        since: app.since,
        ready: crate::health::ready(app).await?,
        now,
    })
}

/// Help requests of the projects that name the caller's organisation as centre, host or
/// supervisor: a page is of the projects that opened last, and the newest request first.
pub async fn helps(app: &App, caller: &Caller, asked: &Asked) -> Result<HelpList, Problem> {
    let now = app.now();
    let size = walk::page_size(asked.limit)?;
    let after = asked.cursor()?;
    let lately = Span {
        from: Some(now - HELP_DAYS * DAY + 1),
        to: Some(now + 1),
    };
    let list = vec![Overseen::Helped.by(&caller.session.organisation)];
    let walk = Walk::through(app, list, lately, after.as_ref(), size.min(HELPED));
    let mut walk = walk.backwards();
    let mut helps = Vec::new();
    let (mut next, mut last) = (None, None);
    while let Some(found) = walk.next().await? {
        // All of a project's are on one page.
        if helps.len() >= size {
            next = last;
            break;
        }
        last = Some(walk::after(&found).to_string());
        let project = deciding::project_of(&found.listed.stream);
        let (true, Some(project)) = (oversees(caller, &found.listed.summary, false), project)
        else {
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
    let calls = match after {
        None => calls::at_the_desk(app, caller).await?,
        Some(_) => Vec::new(),
    };
    Ok(HelpList {
        helps,
        next,
        calls,
        now,
    })
}

/// Ratings of the service (好差评), project by project, the last ended first. Of
/// who rated only the capacity is told.
pub async fn ratings(app: &App, caller: &Caller, asked: &Asked) -> Result<RatingList, Problem> {
    let size = walk::page_size(asked.limit)?;
    let after = asked.cursor()?;
    let ended = if caller.has(Role::Administrator) {
        lists::ENDED.to_owned()
    } else {
        Overseen::Ended.by(&caller.session.organisation)
    };
    let everywhere = Span::default();
    let walk = Walk::through(app, vec![ended], everywhere, after.as_ref(), size + 1);
    let mut walk = walk.backwards();
    let mut list = Vec::new();
    let (mut next, mut last, mut looked) = (None, None, 0);
    while let Some(found) = walk.next().await? {
        if looked == size {
            next = last;
            break;
        }
        (looked, last) = (looked + 1, Some(walk::after(&found).to_string()));
        let summary = &found.listed.summary;
        let project = deciding::project_of(&found.listed.stream);
        let (true, Some(project), Some(at)) =
            (oversees(caller, summary, true), project, summary.ended)
        else {
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
        next,
        now: app.now(),
    })
}

/// The figures of each project with T0 in a span that names the caller's organisation and
/// of which a lot has ended, with its T0.
///
/// # Errors
/// When the store fails.
pub async fn figures(
    app: &App,
    caller: &Caller,
    span: Span,
) -> Result<Vec<(Millis, Figures)>, Problem> {
    let organisation = &caller.session.organisation;
    let list = vec![Overseen::All.by(organisation)];
    let mut walk = Walk::through(app, list, span, None, LINES);
    let mut counted = Vec::new();
    while let Some(found) = walk.next().await? {
        let summary = found.listed.summary;
        let is_theirs = oversees(caller, &summary, false);
        let supervised = summary.is_supervised_by(organisation);
        let figures = summary.figures.filter(|it| is_theirs && !it.is_empty());
        let Some((figures, t0)) = figures.zip(summary.t0) else {
            continue;
        };
        let figures = if supervised {
            figures
        } else {
            figures.for_centre()
        };
        counted.push((t0, figures));
    }
    Ok(counted)
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

/// Whether a project is published and names the caller's organisation as an official. With
/// `all`, the platform's administrator is given every published project.
pub(crate) fn oversees(caller: &Caller, summary: &Summary, all: bool) -> bool {
    let everything = all && caller.has(Role::Administrator);
    let named = summary.officials.contains(&caller.session.organisation);
    summary.published && (everything || named)
}
