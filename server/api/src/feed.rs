//! The feed of a project and the live room that carries it.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use kaibiao_core::news::News;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::Millis;

/// An item of a feed. `n` counts the caller's own feed from 1, so that gaps
/// tell nothing. A client of another version may meet a kind that it does not
/// know; the API's description lists those of this one, each with its body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeedItem {
    pub n: u64,
    /// When it happened.
    pub time: Millis,
    /// What it tells of: an event's kind, or one of the feed's own.
    pub kind: String,
    pub body: Value,
}

impl PartialSchema for FeedItem {
    fn schema() -> RefOr<Schema> {
        News::schema()
    }
}

impl ToSchema for FeedItem {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        News::schemas(schemas);
    }
}

/// Part of a feed; give `next` as `after` to get what follows.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FeedPage {
    pub items: Vec<FeedItem>,
    pub next: u64,
    pub now: Millis,
}

/// A message of the live room, server to client, as a text frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum RoomMessage {
    /// The first message. `after` is what the client asked to continue from
    /// (clipped to what there is), `length` how many items its feed has now.
    Hello {
        after: u64,
        length: u64,
        now: Millis,
        /// False while the server's clock is in doubt.
        steady: bool,
    },
    Item(FeedItem),
    /// Sent every few seconds, so that every countdown agrees.
    Clock {
        now: Millis,
        /// False while the server's clock is in doubt.
        steady: bool,
    },
}
