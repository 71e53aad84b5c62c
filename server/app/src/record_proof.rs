//! What ties a record to the closing statement and the public log
//! (docs/spec/evidence.md, 11).

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{AcceptedStatementView, ProvedStatement, RecordAnchor, RecordProof};
use kaibiao_core::access::{Point, Thing, may_read};
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_core::record::Record;
use kaibiao_crypto::Digest;
use kaibiao_crypto::merkle::Tree;

use super::{App, bids, deciding, log, projects, record, signatures, statements};
use crate::caller::Visitor;

/// The proof of a lot's record in force, or of the one with this digest.
///
/// # Errors
/// `not-found` for whoever may not read the record.
pub async fn proof(
    app: &App,
    project: ProjectId,
    lot: &LotId,
    visitor: &Visitor,
    digest: Option<Digest>,
) -> Result<RecordProof, Problem> {
    let current = deciding::load(app, project).await?;
    let record = signatures::readable(&current, lot, visitor, digest)?;
    let bytes = record::bytes(app, record.record).await?;
    let rests: Record = serde_json::from_slice(&bytes).map_err(Problem::internal)?;
    let head = rests.stream;
    let anchored = log::anchored_over(app, &deciding::stream(project), head.size).await?;
    let most = anchored.as_ref().map_or(head.size, |it| it.anchor.size);
    let tree = statements::tree(app, project, most).await?;
    let path = |old, size| {
        let proof = tree.consistency(old, size);
        proof.map(|proof| hex(&proof.path))
    };
    let anchored = match anchored {
        Some(anchored) => Some(RecordAnchor {
            consistency: path(head.size, anchored.anchor.size)
                .ok_or_else(|| Problem::internal("an anchor before the record"))?,
            anchor: anchored.anchor,
            proof: anchored.proof,
        }),
        None => None,
    };
    Ok(RecordProof {
        record: record.record.to_string(),
        size: head.size,
        root: head.root.to_string(),
        closing: proved(app, project, None, &tree, head.size).await?,
        accepted: proved(app, project, Some(lot), &tree, head.size).await?,
        anchored,
    })
}

/// A statement whose tree goes on to one of this size; none where it is not signed.
async fn proved(
    app: &App,
    project: ProjectId,
    lot: Option<&LotId>,
    tree: &Tree,
    size: u64,
) -> Result<Option<ProvedStatement>, Problem> {
    let signed = match lot {
        None => statements::closing(app, project).await,
        Some(lot) => statements::accepted(app, project, lot).await,
    };
    let signed = match signed {
        Ok(signed) => signed,
        Err(problem) if problem.code == Transport::NotFound.code() => return Ok(None),
        Err(problem) => return Err(problem),
    };
    let Some(path) = tree.consistency(statements::size_of(&signed)?, size) else {
        return Ok(None);
    };
    Ok(Some(ProvedStatement {
        statement: signed.into(),
        proof: statements::proof(app, project, lot).await?,
        consistency: hex(&path.path),
    }))
}

/// A lot's accepted statement, for everybody.
///
/// # Errors
/// `not-found` until it is signed.
pub async fn accepted(
    app: &App,
    project: ProjectId,
    lot: &LotId,
    visitor: &Visitor,
) -> Result<AcceptedStatementView, Problem> {
    let current = deciding::load(app, project).await?;
    let viewer = projects::viewer(&current.book, visitor);
    let at = Point::project(&current.state);
    bids::ensure(may_read(&viewer, Thing::Statements, at, false))?;
    let accepted = statements::accepted(app, project, lot).await?;
    let closing = statements::closing(app, project).await?;
    Ok(AcceptedStatementView {
        consistency: statements::joined(app, project, &closing, &accepted).await?,
        accepted: accepted.into(),
        proof: statements::proof(app, project, Some(lot)).await?,
    })
}

fn hex(path: &[Digest]) -> Vec<String> {
    path.iter().map(ToString::to_string).collect()
}
