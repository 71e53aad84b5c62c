//! Logging in with a certificate, and who is logged in.

use kaibiao_core::ids::Organisation;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Millis;

/// The name of the session cookie.
pub const SESSION_COOKIE: &str = "kaibiao_session";

/// The purpose, and the body's `act`, of a signed login.
pub const LOGIN: &str = "login";

/// What has to be signed to log in, once, before it expires.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChallengeView {
    pub challenge: String,
    /// The platform's origin. A client signs for the one that it knows and compares.
    pub origin: String,
    pub expires: Millis,
}

/// The body of a signed login, purpose `login`, project empty.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginBody {
    /// Always `login`.
    pub act: String,
    pub challenge: String,
    /// Where the signer has reached the platform, from what it knows itself: scheme,
    /// host, and port where it is not the usual one, as a browser's location has it.
    pub address: String,
    /// 32 hex digits of the signer's own choosing.
    pub nonce: String,
}

/// Who is logged in.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    pub organisation: Organisation,
    /// The id of the authority that vouches for it.
    pub authority: String,
    /// The organisation's name as certified.
    pub organisation_name: String,
    /// The certificate's common name.
    pub name: String,
    /// SHA-256 of the certificate's DER.
    pub certificate: String,
    /// Roles bound on the platform: `host`, `centre`, `administrator`,
    /// `supervisor`, `bidder`, `custodian`, `machine`.
    pub roles: Vec<String>,
    pub expires: Millis,
}
