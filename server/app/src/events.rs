//! The events of a project as they stand in its stream, for the supervisor.

use kaibiao_api::problem::Problem;
use kaibiao_api::{EventPage, EventView};
use kaibiao_core::access::{Point, Thing, may_read};
use kaibiao_core::ids::ProjectId;
use serde_json::Value;

use crate::caller::{Caller, Visitor};
use crate::failure::of_store;
use crate::{App, bids, deciding, projects};

/// Events after the one numbered `after`, with details and with the exact
/// leaves of the project's tree.
///
/// # Errors
/// `not-found` before T0 and for everybody but a supervisor of the project.
pub async fn page(
    app: &App,
    caller: &Caller,
    project: ProjectId,
    after: u64,
    limit: u64,
) -> Result<EventPage, Problem> {
    let current = deciding::load(app, project).await?;
    let viewer = projects::viewer(&current.book, &Visitor(Some(caller.clone())));
    let at = Point::project(&current.state);
    bids::ensure(may_read(&viewer, Thing::Events, at, false))?;
    let found = app
        .store
        .exact_events(&deciding::stream(project), after, limit)
        .await
        .map_err(of_store)?;
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).map_err(Problem::internal);
    let events = found.into_iter().map(|event| {
        Ok(EventView {
            seq: event.seq,
            time: event.time,
            facts: read(&event.facts.bytes)?,
            details: read(&event.details.bytes)?,
            facts_salt: hex::encode(event.facts.salt),
            details_salt: hex::encode(event.details.salt),
            shell: String::from_utf8(event.shell).map_err(Problem::internal)?,
        })
    });
    Ok(EventPage {
        events: events.collect::<Result<_, Problem>>()?,
        size: current.head.size,
        root: current.head.root.to_string(),
    })
}
