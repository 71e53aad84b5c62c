//! The platform itself: its keys and clock, what it offers, how it is.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use std::collections::BTreeMap;

use kaibiao_core::ids::Organisation;
use kaibiao_core::role::Role;
use kaibiao_core::terms::Legal;
use kaibiao_crypto::Suite;
use kaibiao_crypto::certificate::{ListState, RevocationPolicy, Rules};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Millis;

/// The server's clock.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TimeView {
    /// The time to go by.
    pub now: Millis,
    /// What the machine's clock shows, as an administrator confirms it by `set-clock`.
    pub wall: Millis,
    /// False while the clock is in doubt: neither T0 nor lateness is judged then.
    pub steady: bool,
}

/// Who this platform is: what a client pins.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PlatformView {
    /// Part of every signed message; it never changes.
    pub origin: String,
    /// Ed25519 public key of statements, base64 of 32 bytes.
    pub log_key: String,
    /// Ed25519 public key of receipts, base64 of 32 bytes.
    pub receipt_key: String,
    /// The public log's key, as logs' keys are written (docs/spec/log.md, 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_log: Option<String>,
    /// The certificate authorities whose certificates are accepted.
    pub cas: Vec<CaView>,
    /// The legal minima that a publication here must keep.
    pub legal: Legal,
    /// The suites of algorithms in which a project can be published now: "gm" takes an SM2
    /// certificate of the platform that is in force.
    #[serde(default)]
    pub suites: Vec<Suite>,
    /// The telephone of the centre's desk, where one is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desk_phone: Option<String>,
    pub version: String,
    pub now: Millis,
}

/// An organisation that a draft can name as an official or a custodian.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DirectoryEntry {
    pub organisation: Organisation,
    pub name: String,
    /// The name is the organisation's own word.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unvouched: bool,
    /// Which of `centre`, `supervisor` and `host` it is here.
    pub roles: Vec<Role>,
    /// Whether a published project names it as custodian.
    pub custodian: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DirectoryList {
    /// By name; at most 30.
    pub organisations: Vec<DirectoryEntry>,
    /// There are more: ask for less.
    pub more: bool,
}

/// The bidder's offline tool, one self-contained page.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ToolView {
    /// Where it can be fetched.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// SHA-256 of the file, hex.
    pub sha256: String,
}

/// One accepted certificate authority.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CaView {
    /// The id by which acts and accounts name it.
    pub id: String,
    /// SHA-256 of the root certificate's DER.
    pub root: String,
    /// Where it puts an organisation's code and name.
    pub rules: Rules,
    /// What is done where its revocation lists are missing or out of date.
    #[serde(default)]
    pub revocation: RevocationPolicy,
}

/// Readiness: what was looked at, and whether it is well.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReadyView {
    pub ready: bool,
    pub checks: BTreeMap<String, bool>,
    /// How each certificate authority stands, by its id.
    #[serde(default)]
    pub authorities: BTreeMap<String, AuthorityView>,
    /// Projects that cannot go on, while the service does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub troubled: Vec<Troubled>,
}

/// How a certificate authority stands here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuthorityView {
    /// Whether its files can be used; the log says what is wrong.
    pub usable: bool,
    /// Its revocation lists; null where they are done without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lists: Option<ListState>,
    /// When the first of them ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Millis>,
}

/// A project of which something is damaged or missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Troubled {
    pub project: String,
    /// The tender's number, once it is published and where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    pub trouble: Trouble,
}

/// What is wrong with what the platform holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// It is not what was written; the project stands still.
    Damaged,
    /// Bids cannot be opened, because what was sealed for them is gone.
    SecretsMissing,
    /// Bids cannot be opened, because their ciphertexts are gone.
    CiphertextsMissing,
}

/// A message for other systems, as it is delivered to their webhook.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OutboxMessage {
    /// Give the last one as `after` to get what follows.
    pub id: i64,
    pub topic: String,
    pub created: Millis,
    /// Deliveries that failed so far.
    pub attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Millis>,
    #[schema(value_type = Object)]
    pub body: Value,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OutboxPage {
    pub messages: Vec<OutboxMessage>,
}

/// A certificate to be judged.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateCheck {
    /// Base64 DER certificates, the one in question first.
    pub chain: Vec<String>,
    /// Whether it will be valid then, too: T0, for instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Millis>,
    #[serde(default, rename = "use")]
    pub usage: CertificateUse,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateUse {
    #[default]
    Sign,
    Encrypt,
}

/// What a certificate is worth here.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CertificateView {
    /// It would be accepted now and is valid at the time asked for.
    pub ok: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Organisation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation_name: Option<String>,
    /// The common name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The issuer's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Millis>,
    /// Whether it is within its validity at the time asked for.
    pub valid_at: bool,
    /// Whether a revocation list was there for every certificate of the chain.
    pub revocation_checked: bool,
    /// Until when those lists speak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_until: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<CertificateFinding>,
    pub now: Millis,
}

/// What is wrong with a certificate: a code of the closed list of refusals, and
/// what to do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CertificateFinding {
    pub code: String,
    pub detail_zh: String,
    pub detail_en: String,
}

/// How much of a probe came in.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProbeView {
    pub received: u64,
    pub now: Millis,
}
