//! `kaibiao opening replay`: the whole stream, checked against the root of its
//! tree and folded anew (supervisors).

use kaibiao_api::EventPage;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_core::Project;
use kaibiao_core::event::Recorded;
use kaibiao_core::stream::Stream as _;
use kaibiao_crypto::merkle::{Frontier, leaf_hash};
use kaibiao_crypto::{Digest, canonical};
use serde_json::json;

use super::output::Output;
use super::project::At;

/// Fetches all events, recomputes the tree from their shells, and folds their
/// facts from nothing.
pub async fn run(at: At, output: &Output) -> Outcome<()> {
    let server = at.connect.session().await?.server;
    let mut tree = Frontier::default();
    let mut state = <Project as kaibiao_core::stream::Stream>::State::default();
    let mut events = 0;
    loop {
        let path = format!("projects/{}/events?after={events}", at.project);
        let page: EventPage = server.get(&path).await?;
        for event in &page.events {
            tree.append(leaf_hash(event.shell.as_bytes()));
            let recorded = Recorded {
                seq: event.seq,
                time: event.time,
                facts: serde_json::from_value(event.facts.clone().unwrap_or_default())
                    .map_err(Failure::unexpected)?,
                details: None,
            };
            state =
                Project::evolve(state, &recorded).map_err(|error| broken(&error.to_string()))?;
            events = event.seq;
        }
        if events >= page.size || page.events.is_empty() {
            if page.root != tree.root().to_string() {
                return Err(broken("the tree's root differs"));
            }
            break;
        }
    }
    let lots: serde_json::Map<_, _> = state
        .lots
        .iter()
        .map(|(lot, it)| (lot.to_string(), json!(it.stage)))
        .collect();
    let result = json!({
        "events": events,
        "root": tree.root(),
        "state": Digest::of(&canonical::to_bytes(&state)),
        "lots": lots,
    });
    output.row(super::text::pretty(&result)?);
    output.result(&result)
}

fn broken(what: &str) -> Failure {
    Failure::new(
        Kind::Unproved,
        "stream-broken",
        format!("事件流不成立:{what}。请保留下载内容并联系监督部门。"),
        format!(
            "The stream does not hold: {what}. Keep what was downloaded and tell the supervisor."
        ),
    )
}
