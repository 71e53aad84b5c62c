//! What a judgement rested on, so that it can be made again as of its moment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Millis;
use super::revocation::{Crl, CrlFacts};
use crate::digest::Digest;
use crate::encoding::Base64;

/// What the judgement of a certificate rested on. It is kept with the act that
/// it admitted, and whoever judges that act again judges as of `at`, by the
/// same path and the same lists (docs/spec/signatures.md, 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Grounds {
    /// The authority's id on this platform.
    pub ca: String,
    /// When it was judged, UTC milliseconds.
    pub at: Millis,
    /// SHA-256 of the DER of each certificate, leaf first, root last.
    pub path: Vec<Digest>,
    /// Base64 DER of the path's certificates that did not come with the act and
    /// are not the root.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub added: Vec<Base64>,
    /// The revocation list asked for each certificate below the root, leaf
    /// first; null where there was none and the policy does without.
    pub crls: Vec<Option<CrlFacts>>,
    /// Until when the centre let a list be relied on that had ended; absent where
    /// none had. UTC milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bridged: Option<Millis>,
}

impl Grounds {
    /// The path's certificates that did not come with the act, each in DER.
    pub(super) fn added(&self) -> Vec<&[u8]> {
        self.added.iter().map(|der| der.0.as_slice()).collect()
    }

    /// The digests of the lists that were asked, each once.
    pub fn lists(&self) -> Vec<Digest> {
        let mut lists: Vec<Digest> = self.crls.iter().flatten().map(|it| it.digest).collect();
        lists.sort();
        lists.dedup();
        lists
    }
}

/// Revocation lists that were kept, read once and found by their digest.
#[derive(Debug, Default)]
pub struct Lists(BTreeMap<Digest, Crl>);

impl Lists {
    /// Takes up a list in DER. One that cannot be read is left out, so that
    /// only what rests on it goes unproved.
    pub fn add(&mut self, der: &[u8]) {
        if let Some(list) = Crl::parse(der) {
            self.0.insert(list.facts.digest, list);
        }
    }

    pub(super) fn of(&self, grounds: &Grounds) -> Vec<&Crl> {
        let lists = grounds.lists();
        lists.iter().filter_map(|it| self.0.get(it)).collect()
    }
}
