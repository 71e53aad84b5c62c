//! wraps and chain (sections 5 and 6).

use serde::{Deserialize, Serialize};

use super::commitments::rescue_count;
use super::context::Context;
use super::limits;
use super::problem::{HeaderPart, HeaderProblem};
use crate::Suite;
use crate::digest::Digest;
use crate::encoding::Base64;
use crate::wrap::{Role, WrapKind};

/// The third part of a header: one entry for each envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wraps {
    /// In the order of ctx's `envelopes`.
    pub envelopes: Vec<EnvelopeWraps>,
}

/// The wraps of one envelope's secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeWraps {
    /// b, in the order of ctx's `recipients`.
    pub recipients: Vec<Wrap>,
    /// The shares of r, in the order of ctx's `custodians`.
    pub release: Vec<Wrap>,
    /// The shares of b, likewise; empty without rescue.
    pub rescue: Vec<Wrap>,
}

/// One secret wrapped to one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrap {
    /// key id
    pub key: Digest,
    /// How it is wrapped, as the key's kind says.
    pub kind: WrapKind,
    /// The wrap itself; its length follows from kind and key.
    pub value: Base64,
}

/// The bidder's signing certificate and those above it, DER.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// The signing certificate first.
    pub certificates: Vec<Base64>,
}

impl Wraps {
    /// The rules of the fields, and that they fit ctx.
    pub(super) fn check(&self, suite: Suite, context: &Context) -> Result<(), HeaderProblem> {
        let mut all = self.envelopes.iter().flat_map(EnvelopeWraps::all);
        if all.any(|wrap| wrap.kind.suite() != suite) {
            return Err(HeaderProblem::NotCanonical {
                part: HeaderPart::Wraps,
                reason: "a kind of another suite".to_owned(),
            });
        }
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
    fn all(&self) -> impl Iterator<Item = &Wrap> {
        [&self.recipients, &self.release, &self.rescue]
            .into_iter()
            .flatten()
    }

    /// The wraps of one role.
    pub const fn of(&self, role: Role) -> &Vec<Wrap> {
        match role {
            Role::Recipient => &self.recipients,
            Role::Release => &self.release,
            Role::Rescue => &self.rescue,
        }
    }
}

impl Chain {
    pub(super) fn check(&self, suite: Suite, context: &Context) -> Result<(), HeaderProblem> {
        let fits = |der: &Base64| (1..=limits::CERTIFICATE).contains(&der.0.len());
        if !(1..=limits::CERTIFICATES).contains(&self.certificates.len())
            || !self.certificates.iter().all(fits)
        {
            return Err(HeaderProblem::Field {
                part: HeaderPart::Chain,
                field: "certificates",
            });
        }
        if suite.digest(&self.certificates[0].0) == context.certificate {
            Ok(())
        } else {
            Err(HeaderProblem::Certificate)
        }
    }

    /// The signing certificate as events, acts and the log name it: SHA-256 of its DER,
    /// whatever the suite. ctx `certificate` is H of the suite.
    pub fn signer(&self) -> Digest {
        let signing = self.certificates.first();
        Digest::of(signing.map_or(&[], |der| der.0.as_slice()))
    }

    /// The chain as the judge of certificates takes it: DER, leaf first.
    pub fn der(&self) -> Vec<&[u8]> {
        self.certificates.iter().map(|der| &der.0[..]).collect()
    }
}

/// Answers `Err(None)` when the list does not follow the keys.
fn check_list(
    wraps: &[Wrap],
    keys: &[Digest],
    custodians: bool,
) -> Result<(), Option<HeaderProblem>> {
    if wraps.len() != keys.len() {
        return Err(None);
    }
    for (wrap, key) in wraps.iter().zip(keys) {
        if wrap.key != *key || !wrap.kind.is_for(custodians) {
            return Err(None);
        }
        if !wrap.kind.has_length(wrap.value.0.len()) {
            return Err(Some(HeaderProblem::Field {
                part: HeaderPart::Wraps,
                field: "value",
            }));
        }
    }
    Ok(())
}
