//! A signed body as it is kept: the exact text, who signed it, and how.

use kaibiao_crypto::Digest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The wire form of an act less its secrets: what goes into details, terms and
/// records.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The body's canonical JSON, exactly as it was signed.
    pub body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

/// A detached signature and the certificates that go with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// "rsa-pkcs1-sha256", "rsa-pss-sha256", "ecdsa-p256-sha256" or "ed25519".
    pub algorithm: String,
    /// Standard base64.
    pub value: String,
    /// Standard base64 of DER, the leaf first; empty for a custodian's agent.
    pub chain: Vec<String>,
}

impl Signed {
    /// SHA-256 of the body's bytes: what facts call this act, and what a later
    /// submission names as `previous` when this one is a withdrawal.
    pub fn digest(&self) -> Digest {
        Digest::of(self.body.as_bytes())
    }
}
