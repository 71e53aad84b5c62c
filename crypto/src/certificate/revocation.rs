//! Certificate revocation lists (RFC 5280, section 5).

use serde::{Deserialize, Serialize};
use webpki::{CertRevocationList, OwnedCertRevocationList};
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;

use super::Millis;
use crate::digest::Digest;

/// What to do when an authority's lists are missing or out of date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RevocationPolicy {
    /// A current list for every certificate of the chain, or refusal.
    #[default]
    Required,
    /// A list that is there is obeyed, however old, and a missing one is
    /// tolerated. What was used is on record either way.
    BestEffort,
}

/// The revocation data that a judgement used, or would have used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CrlFacts {
    /// SHA-256 of the list's DER.
    pub digest: Digest,
    /// thisUpdate, UTC milliseconds.
    pub this_update: Millis,
    /// nextUpdate, UTC milliseconds.
    pub next_update: Millis,
}

/// A list that was read.
#[derive(Debug)]
pub(super) struct Crl {
    pub(super) facts: CrlFacts,
    pub(super) list: CertRevocationList<'static>,
    pub(super) der: Vec<u8>,
}

impl Crl {
    /// Reads one DER list; `None` when it is malformed or says no next update.
    pub(super) fn parse(der: &[u8]) -> Option<Self> {
        let Ok(([], parsed)) = CertificateRevocationList::from_der(der) else {
            return None;
        };
        let facts = CrlFacts {
            digest: Digest::of(der),
            this_update: parsed.last_update().timestamp().checked_mul(1000)?,
            next_update: parsed.next_update()?.timestamp().checked_mul(1000)?,
        };
        let list = OwnedCertRevocationList::from_der(der).ok()?;
        Some(Self {
            facts,
            list: CertRevocationList::Owned(list),
            der: der.to_vec(),
        })
    }

    /// From when on, UTC milliseconds, a certificate of the list's issuer is revoked.
    pub(super) fn revoked(&self, serial: &[u8]) -> Option<Millis> {
        let (_, parsed) = CertificateRevocationList::from_der(&self.der).ok()?;
        let mut revoked = parsed.iter_revoked_certificates();
        let found = revoked.find(|it| it.raw_serial() == serial)?;
        found.revocation_date.timestamp().checked_mul(1000)
    }
}
