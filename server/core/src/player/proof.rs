//! That an event lies in a project's tree, and that tree in the public log
//! (docs/spec/replay.md, 4).

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use kaibiao_crypto::Digest;
use kaibiao_crypto::anchor::Anchored;
use kaibiao_crypto::merkle::{InclusionProof, leaf_hash};
use kaibiao_crypto::shell::Shell;
use kaibiao_crypto::tlog::{Cosigned, Policy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::anchored::Unproved;
use crate::ids::{ProjectId, Seq};

/// That an event lies in the project's tree, and that tree in the public log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventProof {
    pub seq: Seq,
    /// The smallest anchored tree that holds it, with the proof of its anchor; none
    /// where the platform has no log, or there is no such anchor under its checkpoint
    /// yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchored: Option<Anchored>,
    /// The tree's size and root: the anchored one's, or the present one's.
    pub size: u64,
    #[schema(value_type = String)]
    pub root: Digest,
    /// The path from the event's leaf to the root, hex.
    #[schema(value_type = Vec<String>)]
    pub path: Vec<Digest>,
}

impl EventProof {
    /// Checks that the shell is that of event `seq` of the tree with this root, and by
    /// the policy's log that the root was anchored. Who cosigned it, where it was; none
    /// where nothing is anchored.
    ///
    /// # Errors
    /// [`Unproved::Event`] where the shell does not lie there; [`Unproved::Anchor`];
    /// [`Unproved::Terms`] for an anchor where no policy says which log is believed.
    pub fn verify(
        &self,
        project: ProjectId,
        shell: &str,
        policy: Option<&Policy>,
    ) -> Result<Option<Cosigned>, Unproved> {
        let read = Shell::from_bytes(shell.as_bytes()).map_err(|_| Unproved::Event)?;
        let inclusion = InclusionProof {
            index: self.seq.checked_sub(1).ok_or(Unproved::Event)?,
            size: self.size,
            path: self.path.clone(),
        };
        let leaf = leaf_hash(shell.as_bytes());
        let lies = inclusion.verify(&leaf, &self.root).is_ok();
        if !lies || read.seq != self.seq {
            return Err(Unproved::Event);
        }
        let Some(anchored) = &self.anchored else {
            return Ok(None);
        };
        let policy = policy.ok_or(Unproved::Terms)?;
        let project = project.to_string();
        let tree = (project.as_str(), self.size, &self.root);
        Ok(Some(anchored.verify(tree, 0, policy)?))
    }
}
