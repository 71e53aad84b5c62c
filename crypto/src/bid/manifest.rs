//! The manifest, message of segment 1 (section 9).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::name::check_names;
use super::problem::OpenProblem;
use super::promise::Promise;
use crate::canonical;
use crate::digest::Digest;

/// What a bid holds beside its public sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Document j is in segment j + 2.
    pub documents: Vec<DocumentEntry>,
    /// 32 random bytes: the bidder's contribution to draws.
    pub draw: Digest,
    /// The sheet's fields that are not public.
    pub sheet: Map<String, Value>,
}

/// One document of a bid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentEntry {
    /// The document digest of section 9, over the digests of its chunks.
    pub digest: Digest,
    /// type/subtype
    pub media: String,
    /// A file name by the rules of [`super::check_names`].
    pub name: String,
    /// bytes
    pub size: u64,
}

impl Manifest {
    /// Reads a manifest and holds it against the header's promise.
    pub fn parse(bytes: &[u8], promise: &Promise, envelope: u8) -> Result<Self, OpenProblem> {
        let wrong = |reason: &str| OpenProblem::ManifestWrong(reason.to_owned());
        let manifest: Self = canonical::from_bytes(bytes)
            .map_err(|reason| OpenProblem::ManifestWrong(reason.to_string()))?;
        let segments = promise.envelope(envelope)?.segments.iter().skip(2);
        if !manifest
            .documents
            .iter()
            .map(|document| document.size)
            .eq(segments.map(|segment| segment.length))
        {
            return Err(wrong("its documents are not those of the header"));
        }
        if !manifest
            .documents
            .iter()
            .all(|document| is_media(&document.media))
        {
            return Err(wrong("a media type is not one"));
        }
        let names = manifest.documents.iter().map(|document| &document.name[..]);
        check_names(names).map_err(|(_, problem)| wrong(&problem.to_string()))?;
        Ok(manifest)
    }
}

/// type/subtype of 1 to 63 plain characters each.
pub(super) fn is_media(text: &str) -> bool {
    let part = |text: &str| {
        (1..=63).contains(&text.len())
            && text.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$&^_.+-".contains(&byte)
            })
    };
    text.split_once('/')
        .is_some_and(|(kind, subtype)| part(kind) && part(subtype))
}
