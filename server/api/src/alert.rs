//! How a person is reached outside the hall, and what for.

use kaibiao_core::alert::Kind;
use kaibiao_core::ids::ProjectId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

use crate::problem::Language;
use crate::{CallProject, Millis};

/// What a person is told outside the hall, and where.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AlertsView {
    /// By which ways this platform can reach anybody.
    pub channels: Vec<Channel>,
    /// Everything that can be told.
    pub kinds: Vec<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<Reached>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<Reached>,
    pub language: Language,
    /// What this person does not want to be told.
    pub unwanted: BTreeSet<Kind>,
    /// The projects that this person follows. Who follows need not bid.
    pub follows: BTreeSet<ProjectId>,
}

/// An address, and whether its owner has shown that it is theirs.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Reached {
    pub address: String,
    pub confirmed: bool,
    /// Until when the code that was sent there can be entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_until: Option<Millis>,
}

/// A way to reach somebody.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AlertChannel)]
pub enum Channel {
    Mail,
    Phone,
}

/// What a person wishes to be told, and where.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertWishes {
    /// A mail address; left out for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// A telephone number for short messages; left out for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default)]
    pub language: Language,
    #[serde(default)]
    pub unwanted: BTreeSet<Kind>,
}

/// The code that was sent to an address.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeEntered {
    pub channel: Channel,
    /// Six digits.
    pub code: String,
}

/// Where a code is to be sent once more.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeWanted {
    pub channel: Channel,
}

/// What was sent to the caller in the last 30 days, or is to be.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AlertHistory {
    /// At most 200, the newest first.
    pub alerts: Vec<ToldAlert>,
    pub now: Millis,
}

/// One alert to a person by one way.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ToldAlert {
    /// When it was put.
    pub at: Millis,
    pub channel: Channel,
    /// What it tells; absent for the code of an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<CallProject>,
    /// The title of the lot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    pub state: AlertState,
    /// Tries that failed.
    pub attempts: u32,
    /// When the relay or gateway took it. Whether it arrived is not known here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Millis>,
}

/// How an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// It is to be sent still.
    Waiting,
    /// The relay or gateway took it.
    Sent,
    /// It was not taken as long as it was worth sending.
    Failed,
}

/// How alerts stand, in numbers.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertSums {
    pub sent: u64,
    pub waiting: u64,
    /// Of those that wait: at least one try has failed.
    pub retried: u64,
    pub failed: u64,
    /// When the oldest of those that wait was put.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Millis>,
}

/// How the platform's alerts stand, without addresses and persons.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AlertSumsView {
    /// By which ways this platform can reach anybody.
    pub channels: Vec<Channel>,
    /// Those put in the last 24 hours.
    pub day: AlertSums,
    /// Those put in the last 30 days.
    pub month: AlertSums,
    pub now: Millis,
}
