//! Complaints (投诉).

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use std::collections::BTreeMap;

use kaibiao_core::act::Matter;
use kaibiao_core::complaints::{ComplaintCounts, ComplaintView};
use kaibiao_core::ids::{LotId, Seq};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Millis;

/// A complaint of somebody without a certificate.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicComplaint {
    pub lot: LotId,
    pub matter: Matter,
    /// What is asked for, at most 2,000 characters.
    pub request: String,
    /// The facts, at most 20,000.
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cites: Vec<Seq>,
    /// Who complains.
    pub name: String,
    /// How to be reached: a telephone number, an address.
    pub reach: String,
    /// At most 5; the whole request is of at most 6 MiB.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<PublicFile>,
}

/// A file that goes with it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicFile {
    pub name: String,
    /// Base64.
    pub content: String,
}

/// Its number, and the secret by which the answer is read. The platform keeps the
/// secret's digest alone, so that nobody can tell it again.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ComplaintFiled {
    pub complaint: Seq,
    pub secret: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComplaintSecret {
    pub secret: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ComplaintReply {
    pub complaint: ComplaintView,
    pub now: Millis,
}

/// The complaints of one project, as the caller may know of them.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProjectComplaints {
    /// From T0 on; those who may not read the others count only what was taken up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<ComplaintCounts>,
    /// The newest first.
    pub complaints: Vec<ComplaintView>,
    /// Whether the caller may complain about a lot now.
    pub lots: BTreeMap<LotId, ComplaintTerm>,
    /// Who decides on complaints.
    pub supervisor: String,
    pub now: Millis,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ComplaintTerm {
    /// Until when complaints are taken, once the lot has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Millis>,
    /// The code that a complaint of the caller would be refused with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// A complaint and where it was filed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ComplaintLine {
    pub project: String,
    pub number: String,
    pub title: String,
    pub lot_title: String,
    #[serde(flatten)]
    pub complaint: ComplaintView,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ComplaintList {
    /// Those that are due first, then the newest.
    pub complaints: Vec<ComplaintLine>,
    /// Give it as `after` to get the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Of all projects together.
    pub counts: ComplaintCounts,
    pub now: Millis,
}
