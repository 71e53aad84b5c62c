//! The list of projects, and what the caller's organisation has in each.

use std::cmp::Reverse;
use std::sync::Arc;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{DutyView, OwnLot, ProjectLine, ProjectList};
use kaibiao_core::ids::Organisation;
use kaibiao_core::lists::{self, Phase};
use kaibiao_core::permissions::agent_digest;
use kaibiao_core::project::{Project, Summary};
use kaibiao_core::role::Role;
use kaibiao_core::state::Stage;
use kaibiao_crypto::Suite;
use kaibiao_store::{Current, Listed, StreamId};

use super::desk::Span;
use super::{App, bids, deciding, holdings, platform, walk};
use crate::caller::Visitor;
use crate::failure::of_store;
use crate::memory::summaries::Line;
use crate::walk::{Cursor, Walk};

/// Which projects are asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// The most lines of the page.
    pub limit: Option<usize>,
    /// Part of the number, the title or a name that everybody may know.
    pub search: Option<String>,
    pub stage: Option<String>,
    /// Those with T0 in this span.
    pub span: Span,
    /// Those in which the visitor's organisation has a part.
    pub mine: bool,
}

/// A page of the projects a visitor may see: the latest first, by when they began, and by
/// T0 where those of a span of it are asked for. In the list of one's own, those in which
/// one has an office come before those in which one only bids, the last bid for first.
///
/// # Errors
/// `not-logged-in` where a visitor without a login asks for its own,
/// `malformed` for an unknown stage, and for an `after` that no page gave.
pub async fn list(app: &App, visitor: &Visitor, wanted: Wanted) -> Result<ProjectList, Problem> {
    if wanted.mine {
        visitor.caller()?;
    }
    let size = walk::page_size(wanted.limit)?;
    let stages = wanted.stage.as_deref().map(stages).transpose()?;
    let search = wanted.search.as_deref().unwrap_or_default().to_lowercase();
    let fits = |summary: &Summary| {
        stages.as_ref().is_none_or(|fits| fits(summary))
            && wanted.span.holds(summary.t0.unwrap_or_default())
            && (search.is_empty() || text(summary).contains(&search))
    };
    let seen = Seen::of(visitor);
    let mut page = Page {
        app,
        seen: &seen,
        mine: wanted.mine,
        lines: Vec::new(),
        size,
    };
    let after = wanted.after.as_deref();
    let next = match seen.organisation.filter(|_| wanted.mine) {
        Some(organisation) => page.of(organisation, &wanted, &search, fits, after).await?,
        None if !search.is_empty() => page.searched(&search, fits, after).await?,
        None => page.of_all(&wanted, fits, after).await?,
    };
    Ok(ProjectList {
        next,
        projects: page.lines,
        troubled: holdings::seen(app, visitor).await?,
        now: app.now(),
    })
}

/// How a place on one's own shelf is told from other cursors.
const SHELF: &str = "bids.";

/// A page that is being filled.
struct Page<'a> {
    app: &'a App,
    seen: &'a Seen<'a>,
    mine: bool,
    lines: Vec<ProjectLine>,
    size: usize,
}

impl Page<'_> {
    /// From the lists of all projects.
    async fn of_all(
        &mut self,
        wanted: &Wanted,
        fits: impl Fn(&Summary) -> bool,
        after: Option<&str>,
    ) -> Result<Option<String>, Problem> {
        let after: Option<Cursor> = after.map(str::parse).transpose()?;
        let by_t0 = wanted.span.from.is_some() || wanted.span.to.is_some();
        let list = if by_t0 {
            lists::OPENINGS
        } else {
            lists::PUBLISHED
        };
        let list = match &wanted.stage {
            Some(stage) => lists::narrowed(list, stage),
            None => list.to_owned(),
        };
        let mut sources = vec![list];
        // Drafts have no place by T0, which is nobody's business before publication.
        match self.seen.organisation {
            _ if by_t0 => {}
            _ if self.seen.machine => sources = vec![lists::ALL.to_owned()],
            Some(organisation) if self.seen.official => {
                sources.push(lists::drafts_with(organisation));
            }
            _ => {}
        }
        let span = if by_t0 { wanted.span } else { Span::default() };
        self.walk(sources, span, fits, after).await
    }

    /// From the lists of the caller's organisation: first its offices, then its bids.
    async fn of(
        &mut self,
        organisation: &Organisation,
        wanted: &Wanted,
        search: &str,
        fits: impl Fn(&Summary) -> bool,
        after: Option<&str>,
    ) -> Result<Option<String>, Problem> {
        let mut before = None;
        if let Some(place) = after.and_then(|after| after.strip_prefix(SHELF)) {
            let place = place.parse::<u64>();
            before = Some(place.map_err(|_| Transport::Malformed.with("reason", "after"))?);
        } else if !search.is_empty() {
            let next = self.searched(search, &fits, after).await?;
            if next.is_some() {
                return Ok(next);
            }
        } else {
            let after = after.map(str::parse).transpose()?;
            let part = lists::part_of(organisation);
            let part = match wanted.stage.as_deref().and_then(lists::Phase::named) {
                Some(phase) => lists::narrowed(&part, phase.name()),
                None => part,
            };
            let next = self.walk(vec![part], Span::default(), &fits, after).await?;
            if next.is_some() {
                return Ok(next);
            }
        }
        let mut looked = 0;
        loop {
            let room = self.size - self.lines.len();
            if room == 0 || looked >= walk::LOOKED {
                let more = before.is_none_or(|place| place > 1);
                return Ok(more.then(|| match before {
                    Some(place) => format!("{SHELF}{place}"),
                    None => format!("{SHELF}{}", u64::from(u32::MAX)),
                }));
            }
            let limit = u64::try_from(room).unwrap_or(u64::MAX);
            let shelf = self.app.store.shelf(organisation.as_str(), before, limit);
            let shelf = shelf.await.map_err(of_store)?;
            if shelf.is_empty() {
                return Ok(None);
            }
            for (place, stream) in shelf {
                (before, looked) = (Some(place), looked + 1);
                let line = self.app.store.line::<Project>(&stream).await;
                let Some(listed) = line.map_err(of_store)? else {
                    continue;
                };
                // It stands among the offices.
                let summary = &listed.summary;
                if !summary.officials.contains(organisation) && !self.seen.keeps(summary) {
                    self.take(&listed, &fits).await?;
                }
            }
        }
    }

    /// Fills the page from lists; answers where the next one goes on.
    async fn walk(
        &mut self,
        sources: Vec<String>,
        span: Span,
        fits: impl Fn(&Summary) -> bool,
        after: Option<Cursor>,
    ) -> Result<Option<String>, Problem> {
        let chunk = (self.size + 1).min(walk::PAGE);
        let walk = Walk::through(self.app, sources, span, after.as_ref(), chunk);
        let mut walk = walk.backwards();
        let (mut last, mut looked) = (None, 0);
        while let Some(found) = walk.next().await? {
            if self.lines.len() == self.size || looked == walk::LOOKED {
                return Ok(last);
            }
            self.take(&found.listed, &fits).await?;
            last = Some(walk::after(&found).to_string());
            looked += 1;
        }
        Ok(None)
    }

    /// What a search finds: by the lines in memory, which hold each word.
    async fn searched(
        &mut self,
        search: &str,
        fits: impl Fn(&Summary) -> bool,
        after: Option<&str>,
    ) -> Result<Option<String>, Problem> {
        let lines = self.app.memory.summaries.current(self.app).await?;
        let after = after.map(|after| {
            let stream = StreamId::new(after).map(Reverse);
            stream.ok_or_else(|| Transport::Malformed.with("reason", "after"))
        });
        let lines = match after.transpose()? {
            Some(after) => lines.after(&after),
            None => lines.iter(),
        };
        let lines = lines.map(|(_, line)| line);
        let mut last = None;
        let seen = self.seen;
        let is_meant = |line: &&Arc<Line>| {
            let summary = &line.listed.summary;
            let part = !self.mine || seen.is_named(summary) || seen.keeps(summary);
            part && seen.may(summary, self.mine) && line.text.contains(search) && fits(summary)
        };
        let meant: Vec<_> = lines.filter(is_meant).take(self.size + 1).collect();
        for (place, line) in meant.into_iter().enumerate() {
            if place == self.size {
                return Ok(last);
            }
            let stream = &line.listed.stream;
            let now = self.app.store.line::<Project>(stream).await;
            if let Some(listed) = now.map_err(of_store)? {
                self.take(&listed, &fits).await?;
            }
            last = Some(stream.to_string());
        }
        Ok(None)
    }

    /// Takes a project that fits, may be shown and, in the list of one's own, is one's own.
    async fn take(
        &mut self,
        listed: &Listed<Summary>,
        fits: &impl Fn(&Summary) -> bool,
    ) -> Result<(), Problem> {
        let (seen, summary) = (self.seen, &listed.summary);
        if !seen.may(summary, self.mine) || !fits(summary) {
            return Ok(());
        }
        let looked = match (self.mine, seen.organisation) {
            (true, Some(organisation)) if has_part(summary, organisation) => {
                deciding::unless_damaged(own(self.app, listed, organisation).await)?
            }
            _ => None,
        };
        let keeps_none = looked.as_ref().is_some_and(|(_, kept)| kept.is_empty());
        let invited = keeps_none && seen.keeps(summary);
        let (own, duties) = looked.unwrap_or_default();
        let part = seen.is_named(summary) || seen.keeps(summary);
        if !self.mine || !own.is_empty() || !duties.is_empty() || part {
            self.lines.push(ProjectLine {
                invited,
                ..shown(listed, seen, own, duties)
            });
        }
        Ok(())
    }
}

/// What a search looks in: number, title and the names that everybody may know, in lower
/// case.
pub fn text(summary: &Summary) -> String {
    let names = summary.names.iter().flatten().map(String::as_str);
    let words: Vec<&str> = [summary.number.as_str(), summary.title.as_str()]
        .into_iter()
        .chain(names)
        .collect();
    words.join("\n").to_lowercase()
}

/// Who looks at the list.
struct Seen<'a> {
    organisation: Option<&'a Organisation>,
    official: bool,
    machine: bool,
}

impl<'a> Seen<'a> {
    fn of(visitor: &'a Visitor) -> Self {
        let has = |role| visitor.0.as_ref().is_some_and(|caller| caller.has(role));
        Self {
            organisation: visitor
                .0
                .as_ref()
                .map(|caller| &caller.session.organisation),
            official: has(Role::Host) || has(Role::Centre) || has(Role::Supervisor),
            machine: has(Role::Machine),
        }
    }

    fn is_named(&self, summary: &Summary) -> bool {
        let named = |own: &Organisation| summary.officials.contains(own);
        self.official && self.organisation.is_some_and(named)
    }

    fn keeps(&self, summary: &Summary) -> bool {
        let named = |own: &Organisation| summary.custodians.contains(own);
        self.organisation.is_some_and(named)
    }

    /// Whether a project may be shown. One that is not published is shown only to
    /// its officials and, in the list of their own, to its custodians, who certify
    /// their keys before publication.
    fn may(&self, summary: &Summary, mine: bool) -> bool {
        summary.published || self.machine || self.is_named(summary) || (mine && self.keeps(summary))
    }
}

/// Whether an organisation may have bid in a project or keep a key of it. Where it
/// certainly does neither, the project need not be looked at.
fn has_part(summary: &Summary, organisation: &Organisation) -> bool {
    let bidders = summary.bidders.as_ref();
    summary.custodians.contains(organisation)
        || bidders.is_none_or(|bidders| bidders.may_hold(organisation))
}

fn shown(
    listed: &Listed<Summary>,
    seen: &Seen<'_>,
    own: Vec<OwnLot>,
    duties: Vec<DutyView>,
) -> ProjectLine {
    let summary = listed.summary.clone();
    ProjectLine {
        id: listed.stream.to_string(),
        stage: summary.stage.name().to_owned(),
        deadline: summary.t0,
        lots: u64::try_from(summary.lots).unwrap_or(u64::MAX),
        stages: summary.stages,
        suspended: summary.suspended,
        ended: summary.ended,
        external_id: summary
            .external_id
            .filter(|_| seen.machine || seen.official),
        title: summary.title,
        number: summary.number,
        own,
        duties,
        invited: false,
    }
}

/// What an organisation has handed in, and which keys it keeps.
async fn own(
    app: &App,
    listed: &Listed<Summary>,
    organisation: &Organisation,
) -> Result<(Vec<OwnLot>, Vec<DutyView>), Problem> {
    let project = listed.stream.as_str().parse().map_err(Problem::internal)?;
    let current = deciding::load(app, project).await?;
    let lots = current.state.lots.keys().filter_map(|lot| {
        let (_, bidder) = bids::bidder(&current, lot, organisation)?;
        let last = bidder.chain.last()?;
        Some(OwnLot {
            lot: lot.clone(),
            live: bidder.live.is_some(),
            withdrawn: last.terms.is_none(),
            last: last.time,
        })
    });
    let platform = platform::load(app).await.map_err(of_store)?;
    let duties = duties(&current, &platform.book, organisation);
    Ok((lots.collect(), duties))
}

/// The lots whose opening keys an organisation keeps. A key whose authorisation was
/// revoked has to be certified again before it is published.
pub fn duties(
    current: &Current<Project>,
    platform: &kaibiao_core::platform::Book,
    organisation: &Organisation,
) -> Vec<DutyView> {
    let book = &current.book;
    let suite = book.draft.as_ref().map_or(Suite::Intl, |it| it.suite);
    let draft_lots = book.draft.iter().flat_map(|draft| &draft.lots);
    let kept = draft_lots.filter_map(|(id, draft)| {
        let (x, _) = (1_u8..)
            .zip(&draft.custodians)
            .find(|(_, named)| named.organisation == *organisation)?;
        let lot = current.state.lots.get(id);
        let certified = book
            .keys
            .iter()
            .find(|key| key.organisation == *organisation);
        let terms = book.terms.get(id).map(|fixed| &fixed.terms);
        let fixed = terms.and_then(|terms| terms.custodians.iter().find(|it| it.x == x));
        let (key, agent) = match (fixed, certified) {
            (Some(fixed), _) => (Some(fixed.key.clone()), fixed.agent.clone()),
            (None, Some(certified)) => {
                (Some(certified.key.key.clone()), certified.key.agent.clone())
            }
            (None, None) => (None, None),
        };
        let release = lot.and_then(|lot| lot.releases.get(&x));
        Some(DutyView {
            lot: id.clone(),
            title: draft.title.clone(),
            stage: lot.map_or(Stage::Preparing, |lot| lot.stage),
            x,
            suite,
            certified: certified
                .is_some_and(|it| it.key.suite == suite && !platform.has_revoked(&it.key)),
            key,
            agent: agent_digest(agent.as_deref()).is_some(),
            released: release.is_some_and(|release| !release.good.is_empty()),
            release: draft.release,
            custodians: u8::try_from(draft.custodians.len()).unwrap_or(u8::MAX),
        })
    });
    kept.collect()
}

/// Which projects a stage stands for: a lot's stage, or one of three phases.
fn stages(name: &str) -> Result<impl Fn(&Summary) -> bool + use<>, Problem> {
    let phase = Phase::named(name);
    let stage = match phase {
        Some(_) => None,
        None => Some(
            serde_json::from_value::<Stage>(name.into())
                .map_err(|error| Transport::Malformed.with("reason", error))?,
        ),
    };
    Ok(move |summary: &Summary| {
        stage.is_none_or(|stage| summary.stage == stage)
            && phase.is_none_or(|phase| Phase::of(summary.stage) == phase)
    })
}
