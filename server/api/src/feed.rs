//! The feed of a project and the live room that carries it.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use std::collections::BTreeMap;

use kaibiao_core::act::{Attachment, Deposit, Finding};
use kaibiao_core::event::{Check, Outcome, Rule};
use kaibiao_core::ids::{LotId, Party};
use kaibiao_core::sheet::SheetValue;
use kaibiao_core::view::Counts;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Millis;

/// An item of a feed. `n` counts the caller's own feed from 1, so that gaps
/// tell nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedItem {
    pub n: u64,
    /// When it happened.
    pub time: Millis,
    /// What happened: an event's kind (docs/spec/events.md), or `bidders`,
    /// `before_deadline`, `progress`, `bid_stale`.
    pub kind: String,
    #[schema(value_type = FeedBody)]
    pub body: Value,
}

/// What a feed's items may hold. Which members are there depends on the kind;
/// ones not listed here may be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedBody {
    /// The event's number, from T0 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The lot it happened in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotId>,
    /// The lots it happened in. In `deadline_reached` and `bidders` an object
    /// instead: for each lot its `count`, or its parties.
    #[schema(value_type = Option<FeedLots>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lots: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Who spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The bidder it is about: its handle, and its name or its code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<Party>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub t0: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// When a window or a period ends; for each lot where it was lengthened.
    #[schema(value_type = Option<FeedEnds>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit: Option<Deposit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// A custodian's place among the custodians, and how many of its shares
    /// matched or did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<u8>,
    /// A record's digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The objection, question or help request that is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objection: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<u64>,
    /// The announced sheets in reading order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<FeedSheet>,
    /// Bids that did not open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unopened: Vec<FeedParty>,
    /// The bidders whose names are told, when a mask is lifted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parties: Vec<FeedParty>,
}

/// Lots by id, or what is told of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum FeedLots {
    Ids(Vec<LotId>),
    /// In `deadline_reached`.
    Bids(BTreeMap<LotId, FeedBids>),
    /// In `bidders`.
    Parties(BTreeMap<LotId, Vec<FeedParty>>),
}

/// How many bids stood at T0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedBids {
    pub count: u64,
}

/// A bidder in a feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedParty {
    pub party: Party,
    pub name: String,
    pub bid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
}

/// An announced sheet in a feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedSheet {
    pub party: Party,
    pub name: String,
    pub bid: String,
    #[schema(required = true)]
    pub fields: Option<BTreeMap<String, SheetValue>>,
    #[schema(required = true)]
    pub segment_key: Option<String>,
    #[schema(required = true)]
    pub salt: Option<String>,
}

/// One end for all lots, or one for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum FeedEnds {
    All(Millis),
    Each(BTreeMap<LotId, Millis>),
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
