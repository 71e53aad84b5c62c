//! Files that go with an objection, a reply, a clarification or an
//! authorisation: named by their digest, kept encrypted, shown with what they
//! belong to.

use kaibiao_core::ids::{Organisation, ProjectId};
use kaibiao_core::project::Project;
use kaibiao_crypto::Digest;
use kaibiao_store::{Current, DocumentKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::deciding::{self, stream};
use super::{App, bids};
use crate::http::{Caller, Visitor};
use crate::problem::{Problem, Transport};

/// What is kept of an attachment beside its content.
#[derive(Serialize, Deserialize)]
pub struct Attached {
    pub media_type: String,
    pub size: u64,
    pub owner: Organisation,
    key: Vec<u8>,
}

fn name(digest: &Digest) -> String {
    format!("attachment/{digest}")
}

/// Keeps a file. The same content again is the same attachment.
///
/// # Errors
/// `not-found` when there is no such project.
pub async fn keep(
    app: &App,
    project: ProjectId,
    caller: &Caller,
    media_type: String,
    content: Vec<u8>,
) -> Result<(Digest, u64), Problem> {
    deciding::load(app, project).await?;
    let (digest, size) = (Digest::of(&content), content.len() as u64);
    if app
        .store
        .secret(&stream(project), &name(&digest))
        .await?
        .is_none()
    {
        let key = app.store.documents().put(Zeroizing::new(content)).await?;
        let owner = caller.session.organisation.clone();
        let attached = Attached {
            media_type,
            size,
            owner,
            key: key.to_secret().to_vec(),
        };
        let value = serde_json::to_vec(&attached).map_err(Problem::internal)?;
        deciding::keep(app, project, &name(&digest), value).await?;
    }
    Ok((digest, size))
}

/// An attachment and the key of its content, for somebody who may see it.
///
/// # Errors
/// `not-found` otherwise.
pub async fn find(
    app: &App,
    project: ProjectId,
    visitor: &Visitor,
    digest: Digest,
) -> Result<(Attached, DocumentKey), Problem> {
    let current = deciding::load(app, project).await?;
    let kept = app
        .store
        .secret(&stream(project), &name(&digest))
        .await?
        .ok_or(Transport::NotFound)?;
    let attached: Attached = serde_json::from_slice(&kept).map_err(Problem::internal)?;
    if !may_see(&current, visitor, digest, &attached.owner) {
        return Err(Transport::NotFound.into());
    }
    let key = DocumentKey::from_secret(&attached.key)
        .ok_or_else(|| Problem::internal("an attachment's key"))?;
    Ok((attached, key))
}

/// What was said in the room is everybody's; the rest is its owner's and, from
/// T0 on, the officials'.
fn may_see(
    current: &Current<Project>,
    visitor: &Visitor,
    digest: Digest,
    owner: &Organisation,
) -> bool {
    let entries = &current.book.entries;
    let shown = entries
        .iter()
        .flat_map(|entry| &entry.attachments)
        .any(|attachment| attachment.digest == digest);
    shown
        || visitor.0.as_ref().is_some_and(|caller| {
            caller.session.organisation == *owner
                || (current.state.deadline.is_some() && bids::is_official(current, caller))
        })
}
