//! Logging in with a certificate, and who is logged in.

use kaibiao_core::ids::{Organisation, Party};
use kaibiao_core::platform::Voucher;
use kaibiao_crypto::Digest;
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
    /// The standing authorisation of the agent that logs in, with its own key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorisation: Option<Digest>,
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
    /// The organisation's name: as registered, or else as certified.
    pub organisation_name: String,
    /// It is registered under that name on its own word alone: its certificate has
    /// none that can be read, and no administrator has vouched for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unvouched: bool,
    /// The certificate's common name.
    pub name: String,
    /// SHA-256 of the certificate's DER.
    pub certificate: String,
    /// Roles bound on the platform: `host`, `centre`, `administrator`,
    /// `supervisor`, `bidder`, `custodian`, `machine`.
    pub roles: Vec<String>,
    /// Its organisation keeps an opening key of a project that has not ended, or was
    /// asked to, whatever its roles are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub custodian: bool,
    /// Whether the certificate acts for the organisation. One of another authority
    /// than the organisation's does so once it is linked, and until then shows what
    /// is public.
    pub linked: bool,
    /// The authorities whose certificates act for the organisation, for those who
    /// act for it: the one that vouched first, and those that were linked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vouchers: Vec<VoucherView>,
    pub expires: Millis,
}

/// The sessions of whoever asks.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionList {
    /// The one that asks first, then the last used.
    pub sessions: Vec<OwnSession>,
}

/// How many of the caller's other sessions were ended.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionsEnded {
    pub ended: u64,
}

/// One of somebody's own sessions. From where it is used is not kept.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnSession {
    /// What it is ended by; it opens nothing.
    pub session: String,
    /// Whether it is the one that asks.
    pub this: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<Millis>,
    /// Absent where it was not used since the service was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Millis>,
    pub expires: Millis,
    /// SHA-256 of the DER of the certificate that began it.
    pub certificate: String,
}

/// An authority whose certificates act for an organisation.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct VoucherView {
    /// What acts that rely on it name it by.
    pub handle: Party,
    /// The authority's id.
    pub authority: String,
    pub since: Millis,
    /// Who linked it; absent for the one that vouched first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<VoucherLink>,
}

/// Who let an authority's certificates act for an organisation, and why.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct VoucherLink {
    /// Of which organisation whoever signed it was.
    pub organisation: Organisation,
    pub name: String,
    pub person: String,
    pub reason: String,
    /// SHA-256 of each paper that was shown.
    pub papers: Vec<Digest>,
}

/// An organisation and an authority that was linked for it.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LinkedView {
    pub organisation: Organisation,
    pub name: String,
    #[serde(flatten)]
    pub voucher: VoucherView,
}

#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LinkedList {
    /// The latest first.
    pub linked: Vec<LinkedView>,
}

impl From<&Voucher> for VoucherView {
    fn from(voucher: &Voucher) -> Self {
        Self {
            handle: voucher.handle,
            authority: voucher.authority.clone(),
            since: voucher.since,
            link: voucher.link.as_ref().map(|link| VoucherLink {
                organisation: link.author.organisation.clone(),
                name: link.author.name.clone(),
                person: link.author.person.clone(),
                reason: link.reason.clone(),
                papers: link.papers.clone(),
            }),
        }
    }
}
