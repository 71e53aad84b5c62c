//! Acts as they are sent, and what the platform answers them with.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use kaibiao_crypto::encoding::to_base64;
use kaibiao_crypto::statement::SignedStatement;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Millis;

/// An event that an act caused. Its number is told from T0 on only: before
/// that it would tell how many bids there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventRef {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    pub time: Millis,
    pub kind: String,
}

/// What became of an act.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ActReply {
    pub events: Vec<EventRef>,
    /// Depends on the act; an acknowledgement of an unlock, for instance.
    #[schema(value_type = Object)]
    #[serde(default)]
    pub reply: Value,
    pub now: Millis,
}

/// A statement signed by the platform: the exact bytes and the signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatementView {
    /// Canonical JSON whose `act` is the purpose: `receipt`, `closing`,
    /// `accepted` or `acknowledge`.
    pub body: String,
    /// Base64 of the Ed25519 signature.
    pub signature: String,
    /// Base64 of the SM2 signature, DER, in projects of suite "gm": by the platform's
    /// certificate that the sealing terms name, over the same message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sm2_signature: Option<String>,
}

impl From<SignedStatement> for StatementView {
    fn from(signed: SignedStatement) -> Self {
        Self {
            signature: to_base64(&signed.signature.value),
            sm2_signature: signed.sm2_signature.map(|it| to_base64(&it.value)),
            body: signed.body,
        }
    }
}

/// An attachment that an act may name by its digest.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AttachmentView {
    pub digest: String,
    pub size: u64,
    pub media_type: String,
}
