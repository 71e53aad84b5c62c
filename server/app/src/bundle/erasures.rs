//! That what a bundle lacks was erased on record (docs/spec/bundle.md, 2).

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::anchored::{ErasureProof, ProvedEvent};
use kaibiao_core::ids::{Millis, ProjectId, Seq};
use kaibiao_crypto::anchor::{AnchorSalt, Anchored};
use kaibiao_crypto::merkle::Tree;
use kaibiao_crypto::tlog::LogProof;
use kaibiao_store::StreamId;

use super::kept::{Logged, WEEK, second, text};
use super::line::line_of;
use super::outline::Outline;
use crate::failure::of_store;
use crate::{App, deciding, log, platform};

/// The lines of `erasures.jsonl`, one for each event that has lost its details.
///
/// # Errors
/// `bundle-waits` while a record is not under a checkpoint that has the quorum.
pub async fn lines(
    app: &App,
    project: ProjectId,
    logged: Option<&Logged>,
    outline: &Outline,
) -> Result<Vec<u8>, Problem> {
    let mut lines = Vec::new();
    for seq in &outline.erased {
        if let Some(proof) = kept(app, project, logged, *seq).await? {
            lines.extend(line_of(&proof));
        }
    }
    Ok(lines)
}

/// The proof of one erasure, the first that there was; none of what is on no record, of
/// which whoever verifies the bundle will say so.
async fn kept(
    app: &App,
    project: ProjectId,
    logged: Option<&Logged>,
    seq: Seq,
) -> Result<Option<ErasureProof>, Problem> {
    let stream = deciding::stream(project);
    let name = format!("bundle/erased/{seq}");
    if let Some(kept) = text(app, &stream, &name).await? {
        return serde_json::from_str(&kept).map_err(Problem::internal);
    }
    let platform = platform::load(app).await.map_err(of_store)?;
    let of = platform.state.erased.get(stream.as_str());
    let Some(erased) = of.and_then(|of| of.get(&seq)) else {
        return Ok(None);
    };
    let proof = proof(app, logged, erased.by).await?;
    if logged.is_some() {
        let bytes = serde_json::to_vec(&proof).map_err(Problem::internal)?;
        deciding::keep(app, project, &name, bytes).await?;
    }
    Ok(Some(proof))
}

/// The proof of the platform's event of this number.
async fn proof(app: &App, logged: Option<&Logged>, by: Seq) -> Result<ErasureProof, Problem> {
    let stream = StreamId::platform();
    let exact = app.store.exact_events(&stream, by - 1, 1).await;
    let exact = exact.map_err(of_store)?.into_iter().next();
    let exact = exact.ok_or_else(|| Problem::internal("an event of the platform is missing"))?;
    let (anchored, path) = match logged {
        None => (None, Vec::new()),
        Some(logged) => {
            let anchored = anchored(app, logged, by, exact.time).await?;
            let size = anchored.anchor.size;
            let leaves = app.store.leaves(&stream, size).await.map_err(of_store)?;
            let inclusion = Tree::from_leaves(leaves).inclusion(by - 1, size);
            let inclusion = inclusion.ok_or_else(|| Problem::internal("a leaf of the tree"))?;
            (Some(anchored), inclusion.path)
        }
    };
    let text = |bytes| String::from_utf8(bytes).map_err(Problem::internal);
    Ok(ErasureProof {
        anchored,
        event: ProvedEvent {
            facts: text(exact.facts.bytes)?,
            path,
            salt: AnchorSalt(exact.facts.salt),
            shell: text(exact.shell)?,
        },
    })
}

/// The anchor over the event, under a checkpoint that has the quorum since then; a week
/// later under whatever there is.
async fn anchored(app: &App, logged: &Logged, by: Seq, time: Millis) -> Result<Anchored, Problem> {
    let found = log::anchored_over(app, &StreamId::platform(), by).await?;
    let mut anchored = found.ok_or(Transport::BundleWaits)?;
    let mut proof: LogProof = anchored.proof.parse().map_err(Problem::internal)?;
    let policy = &logged.policy;
    let normal = policy.normal(&proof.note, second(time));
    let (note, cosigned) = normal.map_err(Problem::internal)?;
    if cosigned < policy.quorum() && app.now() - time < WEEK {
        return Err(Transport::BundleWaits.into());
    }
    proof.note = note;
    anchored.proof = proof.to_string();
    Ok(anchored)
}
