//! Standing authorisations (常设授权): a custodian's organisation signs once that its
//! unattended agent certifies the keys of projects (docs/spec/terms.md, 9). The
//! service decides by these functions, and so does every client that seals.

use kaibiao_crypto::encoding::from_base64;
use kaibiao_crypto::signature::PublicKey;
use kaibiao_crypto::{Digest, Suite};
use serde::{Deserialize, Serialize};

use crate::act::{AuthoriseAgent, CertifyKey};
use crate::details::Author;
use crate::ids::{Millis, Organisation};
use crate::refusal::{Refusal, RefusalCode};
use crate::signed::Signed;
use crate::terms::{Custodian, Officials};

/// The longest authorisation, in milliseconds: a leap year.
const LONGEST: Millis = 366 * 24 * 3_600_000;

/// How many hosts one names at most.
const HOSTS: usize = 100;

impl AuthoriseAgent {
    /// The member that is not in form, if one is not.
    pub fn malformed(&self) -> Option<&'static str> {
        let lasts = self.until.checked_sub(self.from);
        let agent = from_base64(&self.agent).ok();
        let agent = agent.and_then(|key| <[u8; 32]>::try_from(key).ok());
        if !agent.is_some_and(|key| PublicKey::Ed25519(key).has_an_owner()) {
            Some("agent")
        } else if !lasts.is_some_and(|lasts| (1..=LONGEST).contains(&lasts)) {
            Some("until")
        } else if self.hosts.len() > HOSTS || !self.hosts.is_sorted_by(|a, b| a < b) {
            Some("hosts")
        } else {
            None
        }
    }

    /// Whether it is for the tenderer or the agency of a project.
    pub fn is_for(&self, officials: &Officials) -> bool {
        self.hosts.is_empty() || self.hosts.iter().any(|host| officials.is_host(host))
    }

    /// Whether it is in force at an instant, as far as it says itself.
    pub const fn is_at(&self, instant: Millis) -> bool {
        self.from <= instant && instant < self.until
    }
}

/// An authorisation as the platform's stream knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authorisation {
    /// Who signed it.
    pub author: Author,
    /// What was signed.
    pub body: AuthoriseAgent,
    /// The act as it was accepted.
    pub signed: Signed,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Millis>,
}

impl Authorisation {
    /// Whose agent it authorises.
    pub fn organisation(&self) -> &Organisation {
        &self.author.organisation
    }

    /// Whether the agent may act by it now.
    pub fn stands(&self, now: Millis) -> bool {
        self.revoked.is_none() && self.body.is_at(now)
    }

    /// Checks that an agent may certify a key by it, for a project of these officials.
    pub(crate) fn covers(
        &self,
        body: &CertifyKey,
        officials: &Officials,
        now: Millis,
    ) -> Result<(), Refusal> {
        if !self.stands(now) {
            return Err(RefusalCode::AuthorisationEnded.into());
        }
        if body.agent.as_ref() != Some(&self.body.agent) {
            return Err(RefusalCode::AuthorisationUnknown.into());
        }
        if !self.body.is_for(officials) {
            let host = &officials.tenderer.name;
            return Err(Refusal::new(RefusalCode::AuthorisationHost).with("host", host));
        }
        Ok(())
    }
}

/// The standing authorisation that a custodian's key rests on in sealing terms: what a
/// client checks beside the certification itself.
///
/// # Errors
/// What is wrong, in Chinese and English.
pub fn check(
    authorised: &AuthoriseAgent,
    custodian: &Custodian,
    officials: &Officials,
    at: Millis,
) -> Result<(), (&'static str, &'static str)> {
    if authorised.malformed().is_some() {
        return Err(("授权的内容有误", "it is not in form"));
    }
    if !authorised.is_at(at) {
        return Err((
            "密钥不是在授权期限内签发的",
            "the key was not certified in its time",
        ));
    }
    if !authorised.is_for(officials) {
        return Err((
            "授权不适用于本项目的招标人和代理机构",
            "it is not for this project's tenderer or agency",
        ));
    }
    if custodian.agent.as_ref() != Some(&authorised.agent) {
        return Err(("授权的是另一个代理", "it authorises another agent"));
    }
    Ok(())
}

impl Custodian {
    /// Whether a body certifies this custodian's keys, for terms of this suite: under
    /// the authorisation of this digest, or by certificate where there is none.
    pub fn is_certified_by(
        &self,
        body: &CertifyKey,
        suite: Suite,
        authorisation: Option<Digest>,
    ) -> bool {
        body.key == self.key
            && body.agent == self.agent
            && body.suite == suite
            && body.authorisation == authorisation
    }
}
