//! What a complaint is about.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a complaint (投诉) is about. Host and centre are told no more of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Matter {
    /// The opening itself (开标活动): what was opened, read out or recorded. A bidder has
    /// objected to it before.
    Opening,
    /// How the tenderer, its agency, the centre or a custodian acted.
    Conduct,
    /// Bidders who collude, or who deceive (串通投标、弄虚作假).
    Collusion,
    /// The platform.
    Platform,
    /// Something else.
    Other,
}
