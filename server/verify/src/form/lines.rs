//! The lines of files that have several.

use kaibiao_core::ids::LotId;
use kaibiao_crypto::Digest;
use kaibiao_crypto::anchor::{Anchor, AnchorSalt};
use serde::{Deserialize, Serialize};

/// A line of `events.jsonl`: an event, as far as it is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) details: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) details_salt: Option<AnchorSalt>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) erased: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) facts: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) facts_salt: Option<AnchorSalt>,
    /// The leaf's bytes.
    pub(crate) shell: String,
}

impl Line {
    /// Whether text and salt come together, and `erased` in place of details.
    pub(crate) fn is_in_form(&self) -> bool {
        self.details.is_some() == self.details_salt.is_some()
            && self.facts.is_some() == self.facts_salt.is_some()
            && self
                .erased
                .is_none_or(|erased| erased && self.details.is_none())
    }
}

/// A line of `anchors.jsonl`: an anchor, opened, and where it lies in the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnchorLine {
    pub(crate) index: u64,
    pub(crate) path: Vec<Digest>,
    pub(crate) root: Digest,
    pub(crate) salt: AnchorSalt,
    pub(crate) size: u64,
    pub(crate) tick: u64,
}

impl AnchorLine {
    /// The anchor of a project's stream.
    pub(crate) fn anchor(&self, project: &str) -> Anchor {
        Anchor {
            root: self.root,
            salt: self.salt,
            size: self.size,
            stream: project.to_owned(),
            tick: self.tick,
        }
    }
}

/// A line of `logged.jsonl`: where the entry of a lot's terms lies in the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoggedLine {
    pub(crate) index: u64,
    pub(crate) lot: LotId,
    pub(crate) path: Vec<Digest>,
    pub(crate) terms: Digest,
}

/// A line of `notices.jsonl`: where a notice's entry lies in the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoticeLine {
    /// H of the signed act's body.
    pub(crate) act: Digest,
    /// Of the publication: the draft's canonical JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) draft: Option<String>,
    pub(crate) index: u64,
    pub(crate) path: Vec<Digest>,
}
