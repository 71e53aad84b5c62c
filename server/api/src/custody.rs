//! What a custodian has to do, and how its agents stand.

use kaibiao_core::ids::Organisation;
use kaibiao_core::terms::Named;
use kaibiao_crypto::{Digest, Suite};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{DutyView, Millis};

/// What an organisation has to do as a custodian, in all projects that have not ended.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CustodyView {
    pub agent: AgentView,
    pub projects: Vec<CustodyProject>,
    pub now: Millis,
}

/// How an organisation's agents stand.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AgentView {
    /// Until when an agent may certify keys by itself; left out where none may now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorised_until: Option<Millis>,
    /// When an agent was last heard; left out where none was since the service started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<Millis>,
    /// The latest first, with those that are over or revoked.
    pub authorisations: Vec<AuthorisationView>,
}

/// A standing authorisation.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AuthorisationView {
    pub digest: Digest,
    /// The agent's Ed25519 key, base64.
    pub agent: String,
    pub from: Millis,
    pub until: Millis,
    /// Left out for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<Organisation>,
    pub signed_by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Millis>,
}

/// A project that names an organisation as custodian, or has invited it.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CustodyProject {
    pub id: String,
    pub number: String,
    pub title: String,
    /// The tenderer, and its agency where it has one.
    pub hosts: Vec<Named>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Millis>,
    pub published: bool,
    /// The suite that its key is to be of.
    #[serde(default, skip_serializing_if = "Suite::is_intl")]
    pub suite: Suite,
    /// Asked to certify a key, and named in no lot yet.
    pub invited: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// The authorisation under which its key was certified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorisation: Option<Digest>,
    pub duties: Vec<DutyView>,
}

/// What a custodian has to do in a project now.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = CustodyDue)]
pub enum Due {
    Certify,
    /// The authorisation of its key was revoked, or the draft names another suite since.
    CertifyAgain,
    Release,
}
