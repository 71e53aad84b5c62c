//! The list of projects, and what the caller's organisation has in each.

use std::cmp::Reverse;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{DutyView, OwnLot, ProjectLine, ProjectList};
use kaibiao_core::ids::Organisation;
use kaibiao_core::permissions::agent_digest;
use kaibiao_core::project::{Project, Summary};
use kaibiao_core::role::Role;
use kaibiao_core::state::Stage;
use kaibiao_store::{Current, Listed, StreamId};

use super::desk::Span;
use super::{App, bids, deciding, holdings, platform};
use crate::caller::Visitor;
use crate::failure::of_store;
use crate::memory::summaries::Line;

/// How many projects a page of the list holds.
const PAGE: usize = 100;

/// Which projects are asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Part of the number, the title or a name that everybody may know.
    pub search: Option<String>,
    pub stage: Option<String>,
    /// Those with T0 in this span.
    pub span: Span,
    /// Those in which the visitor's organisation has a part.
    pub mine: bool,
}

/// A page of the projects a visitor may see, the latest first.
///
/// # Errors
/// `not-logged-in` where a visitor without a login asks for its own,
/// `malformed` for an unknown stage.
pub async fn list(app: &App, visitor: &Visitor, wanted: Wanted) -> Result<ProjectList, Problem> {
    if wanted.mine {
        visitor.caller()?;
    }
    let stages = wanted.stage.as_deref().map(stages).transpose()?;
    let search = wanted.search.as_deref().unwrap_or_default().to_lowercase();
    let fits = |line: &Line| {
        let summary = &line.listed.summary;
        stages.as_ref().is_none_or(|fits| fits(summary))
            && wanted.span.holds(summary.t0.unwrap_or_default())
            && line.text.contains(&search)
    };
    let seen = Seen::of(visitor);
    let lines = app.memory.summaries.current(app).await?;
    let after = wanted.after.as_deref().map(|after| {
        let stream = StreamId::new(after).map(Reverse);
        stream.ok_or_else(|| Transport::Malformed.with("reason", "after"))
    });
    let lines = match after.transpose()? {
        Some(after) => lines.after(&after),
        None => lines.iter(),
    };
    let lines = lines.map(|(_, line)| line);
    let mut projects = Vec::new();
    let mut more = false;
    for line in lines.filter(|line| seen.may(&line.listed.summary, wanted.mine) && fits(line)) {
        let listed = &line.listed;
        let looked = match (wanted.mine, seen.organisation) {
            (true, Some(organisation)) if has_part(&listed.summary, organisation) => {
                deciding::unless_damaged(own(app, listed, organisation).await)?
            }
            _ => None,
        };
        let keeps_none = looked.as_ref().is_some_and(|(_, kept)| kept.is_empty());
        let invited = keeps_none && seen.keeps(&listed.summary);
        let (own, duties) = looked.unwrap_or_default();
        let part = seen.is_named(&listed.summary) || seen.keeps(&listed.summary);
        if wanted.mine && own.is_empty() && duties.is_empty() && !part {
            continue;
        }
        if projects.len() == PAGE {
            more = true;
            break;
        }
        projects.push(ProjectLine {
            invited,
            ..shown(listed, &seen, own, duties)
        });
    }
    Ok(ProjectList {
        next: projects.last().filter(|_| more).map(|last| last.id.clone()),
        projects,
        troubled: holdings::seen(app, visitor).await?,
        now: app.now(),
    })
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
            certified: certified.is_some_and(|it| !platform.has_revoked(&it.key)),
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
    let wanted = match name {
        "waiting" | "open" | "ended" => None,
        other => Some(
            serde_json::from_value::<Stage>(other.into())
                .map_err(|error| Transport::Malformed.with("reason", error))?,
        ),
    };
    let name = name.to_owned();
    Ok(move |summary: &Summary| match (wanted, name.as_str()) {
        (Some(stage), _) => summary.stage == stage,
        (None, "waiting") => matches!(summary.stage, Stage::Preparing | Stage::Bidding),
        (None, "ended") => summary.stage.is_end(),
        (None, _) => summary.stage > Stage::Bidding && !summary.stage.is_end(),
    })
}
