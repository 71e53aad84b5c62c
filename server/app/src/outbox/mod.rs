//! News for other systems, written with the event that causes it and delivered
//! at least once (docs/spec/webhooks.md).

pub mod webhook;

use kaibiao_api::problem::Problem;
use kaibiao_api::{OutboxMessage, OutboxPage};
use kaibiao_core::book::Book;
use kaibiao_core::event::{Event, What};
use kaibiao_core::ids::{LotId, Millis, ProjectId};
use kaibiao_core::state::State;
use kaibiao_store::Message;
use serde_json::{Value, json};

use crate::App;
use crate::failure::of_store;

/// The messages that events cause. They tell only what the public may know at
/// that moment. A result names the records, which receivers fetch.
pub fn messages(
    project: ProjectId,
    state: &State,
    book: &Book,
    now: Millis,
    events: &[Event],
) -> Vec<Message> {
    events
        .iter()
        .filter_map(|event| {
            let (kind, lots) = news(&event.facts.what)?;
            let body = json!({
                "type": format!("project.{kind}"),
                "timestamp": now,
                "data": {
                    "project": project.to_string(),
                    "external_id": book.draft.as_ref().and_then(|draft| draft.external_id.clone()),
                    "lots": lots.iter().map(|lot| result(project, state, book, lot)).collect::<Vec<_>>(),
                    "facts": facts(&event.facts.what),
                },
            });
            let body = serde_json::to_vec(&body).unwrap_or_default();
            Some(Message { topic: format!("project.{kind}"), body })
        })
        .collect()
}

/// An event's facts without the bids that an amendment made stale, because before
/// T0 these would tell how many bids there are.
fn facts(what: &What) -> Value {
    untold(serde_json::to_value(what).unwrap_or_default())
}

fn untold(mut facts: Value) -> Value {
    if let Some(facts) = facts.as_object_mut() {
        facts.remove("stale");
    }
    facts
}

/// The topic under which other systems are told of an event, and the lots that it
/// is about; `None` for the many events that do not concern them.
fn news(what: &What) -> Option<(&'static str, Vec<LotId>)> {
    Some(match what {
        What::Published { lots, .. } => (
            "published",
            lots.iter().map(|rules| rules.lot.clone()).collect(),
        ),
        What::Clarified { .. } => ("clarified", Vec::new()),
        What::Postponed { .. } => ("postponed", Vec::new()),
        What::TermsAmended { rules, .. } => ("amended", vec![rules.lot.clone()]),
        What::Cancelled { lots } => ("cancelled", lots.clone()),
        What::LotFailed { lot, .. } => ("failed", vec![lot.clone()]),
        What::Announced { lots } => (
            "announced",
            lots.iter().map(|order| order.lot.clone()).collect(),
        ),
        What::RecordMade { lot, .. } => ("record", vec![lot.clone()]),
        What::Closed { lots } => ("closed", lots.clone()),
        What::Terminated { lots, .. } => ("terminated", lots.clone()),
        _ => return None,
    })
}

/// A lot's result as receivers are told it, with the address of its record.
fn result(project: ProjectId, state: &State, book: &Book, lot: &LotId) -> Value {
    let drafted = book.draft.as_ref().and_then(|draft| draft.lots.get(lot));
    let record = state.lots.get(lot).and_then(|lot| lot.records.last());
    json!({
        "lot": lot.to_string(),
        "external_id": drafted.and_then(|lot| lot.external_id.clone()),
        "record": record.map(|record| json!({
            "digest": record.record.to_string(),
            "pdf": record.pdf.map(|pdf| pdf.to_string()),
            "url": format!("/api/v1/projects/{project}/lots/{lot}/record.json"),
        })),
    })
}

/// Messages after the one numbered `after`, delivered or not, for systems that
/// poll instead of receiving webhooks.
///
/// # Errors
/// When the store fails.
pub async fn page(app: &App, after: i64, limit: u32) -> Result<OutboxPage, Problem> {
    let found = app
        .store
        .outbox()
        .after(after, limit)
        .await
        .map_err(of_store)?;
    let messages = found.into_iter().map(|message| {
        Ok(OutboxMessage {
            id: message.id,
            topic: message.message.topic,
            created: message.created,
            attempts: message.attempts,
            delivered: message.delivered,
            body: serde_json::from_slice(&message.message.body).map_err(Problem::internal)?,
        })
    });
    Ok(OutboxPage {
        messages: messages.collect::<Result<_, Problem>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amendment_does_not_tell_how_many_bids_it_made_stale() {
        let amended = json!({ "kind": "terms_amended", "number": 1, "stale": ["00"] });
        let told = json!({ "kind": "terms_amended", "number": 1 });
        assert_eq!(untold(amended), told);
    }
}
