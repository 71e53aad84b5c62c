//! The centre's desk: the board, calls for help, ratings, health, accounts.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use kaibiao_core::complaints::ComplaintCounts;
use kaibiao_core::ids::{LotId, Organisation, Party};
use kaibiao_core::role::By;
use kaibiao_core::view::{AskedView, RoomView};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{Millis, ReadyView};

/// A role somebody holds, for the centre.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountView {
    pub organisation: Organisation,
    /// The id of the authority that vouches for it.
    pub authority: String,
    pub name: String,
    /// One person of the organisation; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The name is the organisation's own word: an administrator who has seen its
    /// papers binds the role again under the right one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unvouched: bool,
    pub role: String,
    pub since: Millis,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountList {
    pub accounts: Vec<AccountView>,
}

/// The rooms of the day, for the centre's board.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BoardView {
    /// By T0.
    pub rooms: Vec<BoardRoom>,
    /// Give it as `after` to get the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Since when the service is up.
    pub since: Millis,
    pub ready: ReadyView,
    pub now: Millis,
}

/// One room of the board.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BoardRoom {
    pub id: String,
    #[serde(flatten)]
    pub room: RoomView,
    /// Complaints (投诉) from T0 on, as far as the caller may count them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complaints: Option<ComplaintCounts>,
    /// When each custodian's organisation last looked at the project.
    pub custodians_seen: Vec<CustodianSeen>,
}

/// When a custodian's organisation last looked at a project, since the service
/// is up.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CustodianSeen {
    pub organisation: Organisation,
    pub name: String,
    /// In any way; a connected page or agent counts every 15 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Millis>,
    /// By the command line, which is how an agent comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Millis>,
}

/// A help request and where it was made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HelpLine {
    pub project: String,
    pub number: String,
    pub title: String,
    pub lot: LotId,
    pub lot_title: String,
    pub help: AskedView,
    /// Since when the desk can see it: one of an earlier version that was made before
    /// T0 was seen from T0 on.
    pub seen: Millis,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HelpList {
    /// Of the projects that opened last, the newest first.
    pub helps: Vec<HelpLine>,
    /// Give it as `after` to get the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// For the centre, on the first page: calls to the desk, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallView>,
    pub now: Millis,
}

/// A call to the desk, by whichever registered organisation. It says nothing of a bid:
/// it is taken, kept and answered alike whether its caller has one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CallView {
    /// Its handle, by which it is answered.
    pub call: Party,
    pub organisation: Organisation,
    pub name: String,
    /// The name is the organisation's own word.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unvouched: bool,
    pub person: String,
    /// About which project, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<CallProject>,
    pub text: String,
    pub time: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<String>,
}

/// The project that a call is about.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CallProject {
    pub id: String,
    pub number: String,
    pub title: String,
}

/// The calls of the caller's own organisation: those that wait, and the answered ones of
/// the last 30 days.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CallList {
    /// The newest first.
    pub calls: Vec<CallView>,
    pub now: Millis,
}

/// One rating of the service.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Rating {
    pub time: Millis,
    /// In what capacity.
    pub by: By,
    /// 1 to 5.
    pub score: u8,
    pub comment: String,
}

/// The ratings of one project.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RatingsOf {
    pub project: String,
    pub number: String,
    pub title: String,
    /// When it opened.
    pub t0: Millis,
    /// When the opening ended.
    pub ended: Millis,
    /// The sum of the scores.
    pub total: u64,
    pub ratings: Vec<Rating>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RatingList {
    /// Those that have ended, the last first.
    pub projects: Vec<RatingsOf>,
    /// Give it as `after` to get the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    pub now: Millis,
}

/// A start, a stop, a sign of ill health, or a clock that was set.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HealthSign {
    pub time: Millis,
    /// `started`, `stopped`, `health_noted`, `clock_set` or `list_bridged`.
    pub kind: String,
    /// It says that a trouble is over.
    pub well: bool,
    #[schema(value_type = Object)]
    pub body: Value,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HealthPage {
    /// The last 500 of the time asked for, in order.
    pub signs: Vec<HealthSign>,
    /// Since when the service is up.
    pub since: Millis,
    pub ready: ReadyView,
    pub now: Millis,
}
