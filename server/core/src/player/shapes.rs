//! What the player shows.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::ids::{LotId, Millis, Organisation, Party, Seq};
use crate::role::By;
use crate::state::Stage;
use crate::view::View;

/// The room at an instant, as somebody saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReplayScene)]
pub struct Scene {
    /// The last event by then, and its time.
    pub seq: Seq,
    pub time: Millis,
    /// The instant.
    pub now: Millis,
    /// Who looks, as it was asked for.
    #[serde(rename = "as")]
    pub onlooker: String,
    /// What the project's page showed it, but for what it could do; null where it was
    /// not shown the project yet.
    #[schema(required = true)]
    pub view: Option<View>,
    /// Which event put an element there: by the element's JSON pointer (RFC 6901) in
    /// `view`, the event's number.
    pub sources: BTreeMap<String, Seq>,
}

/// A step of the cursor: one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReplayStep)]
pub struct Step {
    pub seq: Seq,
    pub time: Millis,
    pub kind: String,
    /// In what capacity it was done.
    pub by: By,
    /// Whose act it was, where somebody acted: the organisation, its name and the
    /// person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Organisation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// The lots it is about; none where it is about all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lots: Vec<LotId>,
    /// The bidder it is about, and its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<Party>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The stages that began with it, by lot.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stages: BTreeMap<LotId, Stage>,
}

/// Somebody through whose eyes the room can be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReplayOnlooker)]
pub struct OnlookerView {
    /// To be asked for by it.
    #[serde(rename = "as")]
    pub onlooker: String,
    /// The organisation's name; none of the public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// An item of somebody's feed, with the event that it tells of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReplayItem)]
pub struct HeardItem {
    pub seq: Seq,
    pub time: Millis,
    pub kind: String,
    /// As in the feed.
    #[schema(value_type = Object)]
    pub body: Value,
}
