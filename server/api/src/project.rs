//! Projects: making one, and the lists in which they are found.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use std::collections::BTreeMap;

use kaibiao_core::ids::LotId;
use kaibiao_core::state::Stage;
use kaibiao_core::terms::Draft;
use kaibiao_core::view::View;
use kaibiao_crypto::Suite;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Millis, Trouble, Troubled};

/// A new project: a draft by a host, or an import by a machine account.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    /// The transaction platform's id. The same id twice is the same project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    pub draft: Draft,
}

/// Where a new project is; `created` is false when it was there already.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProjectCreated {
    pub id: String,
    pub created: bool,
}

/// A line of the list of projects.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProjectLine {
    pub id: String,
    pub title: String,
    pub number: String,
    pub stage: String,
    /// T0, when it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Millis>,
    /// The transaction platform's id, for it and for officials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// How many lots it has, and the stage of each once it is published.
    #[serde(default)]
    pub lots: u64,
    #[serde(default)]
    pub stages: BTreeMap<LotId, Stage>,
    /// Whether a lot is suspended.
    #[serde(default)]
    pub suspended: bool,
    /// When the last lot came to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Millis>,
    /// In the list of one's own: the lots in which the caller's organisation has
    /// handed in a bid, withdrawn ones as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<OwnLot>,
    /// In the list of one's own: the lots whose opening keys the caller's
    /// organisation keeps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duties: Vec<DutyView>,
    /// In the list of one's own: the host has asked the caller's organisation to
    /// certify a key, so that an amendment can name it as a custodian.
    #[serde(default)]
    pub invited: bool,
}

/// A lot in which the caller's organisation has handed in a bid.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnLot {
    pub lot: LotId,
    /// Whether a bid of it counts now.
    pub live: bool,
    /// Whether the last thing it did was to withdraw.
    pub withdrawn: bool,
    /// When it last submitted or withdrew.
    pub last: Millis,
}

/// A lot whose opening keys the caller's organisation keeps.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DutyView {
    pub lot: LotId,
    pub title: String,
    pub stage: Stage,
    /// The x of its shares.
    pub x: u8,
    /// The suite that its key is to be of.
    #[serde(default, skip_serializing_if = "Suite::is_intl")]
    pub suite: Suite,
    /// Whether it has certified a key for this project that a publication would take.
    pub certified: bool,
    /// That key, as it stands in the sealing terms once they are published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whether an unattended agent may release for it.
    pub agent: bool,
    /// Whether it has released.
    pub released: bool,
    /// How many custodians release a bid, and how many there are.
    pub release: u8,
    pub custodians: u8,
}

/// A page of the list of projects.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProjectList {
    pub projects: Vec<ProjectLine>,
    /// Give it as `after` to get the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Projects that cannot go on, whether they are listed or not; for centre and
    /// supervisors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub troubled: Vec<Troubled>,
    pub now: Millis,
}

/// A project as the caller may see it, and the place in its feed from which a
/// client goes on: items after `feed` may be in the view already.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProjectReply {
    /// How many items the caller's own feed had.
    pub feed: u64,
    /// What is missing of what its bids need; for host, centre and supervisor.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub troubles: Vec<Trouble>,
    #[serde(flatten)]
    pub view: View,
}
