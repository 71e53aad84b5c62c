//! wraps and chain (sections 5 and 6).

use serde::{Deserialize, Serialize};

use super::commitments::rescue_count;
use super::context::Context;
use super::limits;
use super::problem::{HeaderPart, HeaderProblem};
use crate::digest::Digest;
use crate::encoding::Base64;
use crate::wrap::{Role, WrapKind};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wraps {
    pub envelopes: Vec<EnvelopeWraps>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeWraps {
    pub recipients: Vec<Wrap>,
    pub release: Vec<Wrap>,
    pub rescue: Vec<Wrap>,
}

/// One secret wrapped to one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrap {
    /// key id
    pub key: Digest,
    pub kind: WrapKind,
    pub value: Base64,
}

/// The bidder's signing certificate and those above it, DER.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    pub certificates: Vec<Base64>,
}

impl Wraps {
    /// The rules of the fields, and that they fit ctx.
    pub(super) fn check(&self, context: &Context) -> Result<(), HeaderProblem> {
        if self.envelopes.len() != context.envelopes.len() {
            return Err(HeaderProblem::Inconsistent("wraps: envelopes"));
        }
        for envelope in &self.envelopes {
            check_list(&envelope.recipients, &context.recipients, false).map_err(|problem| {
                problem.unwrap_or(HeaderProblem::Inconsistent("wraps: recipients"))
            })?;
            check_list(&envelope.release, &context.custodians, true).map_err(|problem| {
                problem.unwrap_or(HeaderProblem::Inconsistent("wraps: release"))
            })?;
            let custodians = &context.custodians[..rescue_count(context)];
            check_list(&envelope.rescue, custodians, true).map_err(|problem| {
                problem.unwrap_or(HeaderProblem::Inconsistent("wraps: rescue"))
            })?;
        }
        Ok(())
    }
}

impl EnvelopeWraps {
    pub const fn of(&self, role: Role) -> &Vec<Wrap> {
        match role {
            Role::Recipient => &self.recipients,
            Role::Release => &self.release,
            Role::Rescue => &self.rescue,
        }
    }
}

impl Chain {
    pub(super) fn check(&self, context: &Context) -> Result<(), HeaderProblem> {
        let fits = |der: &Base64| (1..=limits::CERTIFICATE).contains(&der.0.len());
        if !(1..=limits::CERTIFICATES).contains(&self.certificates.len())
            || !self.certificates.iter().all(fits)
        {
            return Err(HeaderProblem::Field {
                part: HeaderPart::Chain,
                field: "certificates",
            });
        }
        if Digest::of(&self.certificates[0].0) == context.certificate {
            Ok(())
        } else {
            Err(HeaderProblem::Certificate)
        }
    }

    /// The chain as the judge of certificates takes it: DER, leaf first.
    pub fn der(&self) -> Vec<&[u8]> {
        self.certificates.iter().map(|der| &der.0[..]).collect()
    }
}

/// `Err(None)`: the list does not follow the keys.
fn check_list(
    wraps: &[Wrap],
    keys: &[Digest],
    custodians: bool,
) -> Result<(), Option<HeaderProblem>> {
    if wraps.len() != keys.len() {
        return Err(None);
    }
    for (wrap, key) in wraps.iter().zip(keys) {
        if wrap.key != *key || (custodians && wrap.kind != WrapKind::HpkeP256) {
            return Err(None);
        }
        let right = match wrap.kind {
            WrapKind::HpkeP256 => wrap.value.0.len() == 113,
            WrapKind::RsaOaepSha256 => [256, 384, 512].contains(&wrap.value.0.len()),
        };
        if !right {
            return Err(Some(HeaderProblem::Field {
                part: HeaderPart::Wraps,
                field: "value",
            }));
        }
    }
    Ok(())
}
