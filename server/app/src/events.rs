//! The events of a project as they stand in its stream, for whoever may read what of
//! them (docs/spec/bundle.md, 3).

use kaibiao_api::problem::Problem;
use kaibiao_api::{EventPage, EventView};
use kaibiao_core::disclosure::{disclosed, shells};
use kaibiao_core::ids::ProjectId;
use kaibiao_store::{Head, Part};
use serde_json::Value;

use crate::bundle::recorded;
use crate::caller::Visitor;
use crate::failure::of_store;
use crate::{App, bids, deciding, projects, statements};

/// Events after the one numbered `after`, each with its shell and as much of it as the
/// visitor may read.
///
/// # Errors
/// `not-found` for whoever may read none yet.
pub async fn page(
    app: &App,
    visitor: &Visitor,
    project: ProjectId,
    after: u64,
    limit: u64,
) -> Result<EventPage, Problem> {
    let current = deciding::load(app, project).await?;
    let viewer = projects::viewer(&current.book, visitor);
    let now = app.now();
    let size = shells(&viewer, &current.state, &current.book, now);
    bids::ensure(size > 0)?;
    let head = if size == current.head.size {
        current.head
    } else {
        let root = statements::root_at(app, project, size).await?;
        Head { size, root }
    };
    let stream = deciding::stream(project);
    let limit = limit.min(size.saturating_sub(after));
    let found = app.store.exact_events(&stream, after, limit);
    let found = found.await.map_err(of_store)?;
    let read = |part: &Part| -> Result<(Option<Value>, Option<String>), Problem> {
        let value = serde_json::from_slice(&part.bytes).map_err(Problem::internal)?;
        Ok((Some(value), Some(hex::encode(part.salt))))
    };
    let events = found.into_iter().map(|exact| {
        let event = recorded(&exact)?;
        let may = disclosed(&viewer, &current.state, &current.book, now, &event);
        let (facts, facts_salt) = if may.facts {
            read(&exact.facts)?
        } else {
            (None, None)
        };
        let (details, details_salt) = match exact.details.as_ref().filter(|_| may.details) {
            Some(details) => read(details)?,
            None => (None, None),
        };
        Ok(EventView {
            seq: exact.seq,
            time: exact.time,
            facts,
            details,
            facts_salt,
            details_salt,
            erased: may.details && exact.details.is_none(),
            shell: String::from_utf8(exact.shell).map_err(Problem::internal)?,
        })
    });
    Ok(EventPage {
        events: events.collect::<Result<_, Problem>>()?,
        size: head.size,
        root: head.root.to_string(),
    })
}
