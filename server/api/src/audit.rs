//! The platform's own stream, as supervisors read it.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use kaibiao_core::platform::Hidden;
use kaibiao_crypto::anchor::Anchored;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{AnchorView, Millis};

/// An event of the platform's stream (docs/spec/events.md), with what proves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditEvent {
    pub seq: u64,
    pub time: Millis,
    #[schema(value_type = Object)]
    pub facts: Value,
    /// 32 bytes, hex: what the shell's salted digest is over beside the facts
    /// (docs/spec/tree.md, 1).
    pub facts_salt: String,
    /// Absent where they are not shown.
    #[schema(value_type = Object)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details_salt: Option<String>,
    /// Why they are not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<Hidden>,
    /// The shell's exact bytes: the leaf of the platform's tree.
    pub shell: String,
    /// The audit path of the leaf `seq` - 1 in the tree of the page's `size`, from the
    /// leaf up, hex (docs/spec/tree.md, 4).
    pub path: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AuditPage {
    /// In the order they were asked for: upwards after `after`, downwards before
    /// `before`.
    pub events: Vec<AuditEvent>,
    /// Where to go on, as `after` or `before`; absent at the end. A page may be short,
    /// or empty, although there is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// The tree's size and root, hex.
    pub size: u64,
    pub root: String,
    pub now: Millis,
}

/// The anchors of the platform's stream, opened (docs/spec/evidence.md).
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PlatformAnchors {
    /// By tick.
    pub anchors: Vec<AnchorView>,
    /// The newest one that is under a checkpoint, with its proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Anchored>,
    pub now: Millis,
}
