//! An error as it travels.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An error: RFC 9457, with a code from one closed list.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemBody {
    /// `urn:kaibiao:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, in few words, in the language asked for.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code, of the closed list.
    pub code: String,
    /// What happened and what to do next, in the language asked for (zh-CN
    /// unless `Accept-Language` prefers English).
    pub detail: String,
    pub detail_zh: String,
    pub detail_en: String,
    /// What the messages speak of: a field, a limit, a time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
    /// The request's id, to be named to the platform's operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}
