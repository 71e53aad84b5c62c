//! Roles, which the platform binds, and in what capacity an act was performed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A role bound to a certificate's subject by the centre's administrator.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Role {
    /// The centre's administrator: binds roles.
    Administrator,
    /// The trading centre's staff.
    Centre,
    /// Administrative supervision (行政监督).
    Supervisor,
    /// A tenderer or an agency.
    Host,
    /// A bidder (投标人).
    Bidder,
    /// A transaction platform's account.
    Machine,
}

impl Role {
    /// The role's name, as in JSON.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// On whose behalf an event happened: part of its facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The centre's administrator.
    Administrator,
    /// The tenderer or its agency (招标人, 代理机构).
    Host,
    /// The trading centre (交易中心).
    Centre,
    /// Administrative supervision (行政监督).
    Supervisor,
    /// A bidder (投标人).
    Bidder,
    /// A custodian of an opening key (解密保管人), or its agent.
    Custodian,
    /// A transaction platform's account.
    Machine,
    /// The platform itself, on what it did or found.
    Platform,
    /// Nobody: a stay was over.
    Time,
    /// Somebody who has no part in the project.
    Public,
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::VariantArray;

    #[test]
    fn a_role_has_the_name_that_its_json_has() {
        for role in Role::VARIANTS {
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
    }
}
