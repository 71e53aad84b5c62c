//! What one signed act says of the other bidders that it names beside its own: the
//! members that an act of that name has for one bidder, without the lot, which is the
//! same for all (docs/spec/acts.md, *Several at once*).

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use kaibiao_crypto::Digest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Absence, Deposit, Finding};
use crate::ids::Party;

/// Of `allow-sign-in`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaveFor {
    pub party: Party,
    pub reason: String,
}

/// Of `mark-deposit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DepositFor {
    pub party: Party,
    pub deposit: Deposit,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Of `refuse-bid`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefusalFor {
    pub party: Party,
    pub bid: Digest,
    pub reason: String,
}

/// Of `mark-absence`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AbsenceFor {
    pub party: Party,
    pub absence: Absence,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Of `confirm-finding`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationFor {
    pub party: Party,
    pub finding: Finding,
}

/// Of `overrule-finding`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OverrulingFor {
    pub party: Party,
    pub finding: Finding,
    pub reason: String,
}
