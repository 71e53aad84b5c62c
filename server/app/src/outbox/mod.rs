//! News for other systems, written with the event that causes it and delivered
//! at least once (docs/spec/webhooks.md).

pub mod receiver;
pub mod webhook;

use kaibiao_api::problem::Problem;
use kaibiao_api::{OutboxMessage, OutboxPage};
use kaibiao_core::book::Book;
use kaibiao_core::bulletin::Bulletin;
use kaibiao_core::event::Event;
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
            let bulletin = Bulletin::of(&event.facts.what)?;
            let kind = bulletin.topic();
            let lots = bulletin.lots();
            let body = json!({
                "type": format!("project.{kind}"),
                "timestamp": now,
                "data": {
                    "project": project.to_string(),
                    "external_id": book.draft.as_ref().and_then(|draft| draft.external_id.clone()),
                    "lots": lots.iter().map(|lot| result(project, state, book, lot)).collect::<Vec<_>>(),
                    "facts": bulletin,
                },
            });
            let body = serde_json::to_vec(&body).unwrap_or_default();
            Some(Message { topic: format!("project.{kind}"), body })
        })
        .collect()
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
