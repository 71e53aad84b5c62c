//! The supervisor's player (docs/spec/replay.md).

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use kaibiao_core::player::{HeardItem, OnlookerView, Step};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Steps of the cursor; give the last one's `seq` as `after` to get what follows.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReplaySteps {
    pub steps: Vec<Step>,
    /// How many events there are.
    pub size: u64,
    /// Through whose eyes the room can be seen.
    pub onlookers: Vec<OnlookerView>,
}

/// What one onlooker was told; give `next` as `after` to get what follows.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReplayFeed {
    pub items: Vec<HeardItem>,
    /// The last event of which this tells.
    pub next: u64,
    /// How many events there are.
    pub size: u64,
}
