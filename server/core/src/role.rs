//! Roles, which the platform binds, and in what capacity an act was performed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A role bound to a certificate's subject by the centre's administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The centre's administrator: binds roles.
    Administrator,
    /// The trading centre's staff.
    Centre,
    Supervisor,
    /// A tenderer or an agency.
    Host,
    Bidder,
    /// A transaction platform's account.
    Machine,
}

/// On whose behalf an event happened: part of its facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    Administrator,
    Host,
    Centre,
    Supervisor,
    Bidder,
    Custodian,
    Machine,
    /// The platform itself, on what it did or found.
    Platform,
    /// Nobody: a stay was over.
    Time,
}
