//! When a statement has the cosignatures that its terms ask for
//! (docs/spec/evidence.md, 7).

use kaibiao_api::problem::Problem;
use kaibiao_core::anchored::StatementProof;
use kaibiao_core::command::{Command, System};
use kaibiao_core::ids::{LotId, Millis, ProjectId};
use kaibiao_core::project::Project;
use kaibiao_core::state::Stage;
use kaibiao_crypto::Digest;
use kaibiao_crypto::tlog::Policy;
use kaibiao_store::Current;
use zeroize::Zeroizing;

use super::stamping;
use crate::bundle::kept;
use crate::deciding::{self, Beside};
use crate::{App, statements};

/// A statement that waits for witnesses.
struct Awaited {
    lot: Option<LotId>,
    statement: Digest,
    at: Millis,
}

/// Records of each statement that waits whether enough witnesses have cosigned its
/// anchor since it was made, with the proof; answers the latest instant from which on
/// cosignatures are still waited for.
///
/// # Errors
/// When the store or the log's files fail.
pub async fn reach(
    app: &App,
    project: ProjectId,
    current: &Current<Project>,
) -> Result<Option<Millis>, Problem> {
    let Some(policy) = policy(current)? else {
        return Ok(None);
    };
    let mut since = None;
    for awaited in awaited(app, project, current).await? {
        if !reached(app, project, &awaited, &policy).await? {
            since = since.max(Some(awaited.at));
        }
    }
    Ok(since)
}

/// Whom the terms of a project ask for cosignatures; none where they ask for none.
fn policy(current: &Current<Project>) -> Result<Option<Policy>, Problem> {
    let Some(fixed) = current.book.terms.values().next() else {
        return Ok(None);
    };
    let policy = fixed.terms.trust.policy().map_err(Problem::internal)?;
    Ok(policy.filter(|policy| policy.quorum() > 0))
}

async fn awaited(
    app: &App,
    project: ProjectId,
    current: &Current<Project>,
) -> Result<Vec<Awaited>, Problem> {
    let state = &current.state;
    let mut all = Vec::new();
    let at_work = state.lots.values().any(|lot| !lot.stage.is_end());
    if let Some(statement) = state
        .closing
        .digest
        .filter(|_| !state.closing.stands && at_work)
    {
        all.push(Awaited {
            lot: None,
            statement,
            at: state.deadline_at,
        });
    }
    for (id, lot) in &state.lots {
        let waits = lot.stage == Stage::Releasing && !lot.statement.stands;
        let fixed = lot.statement.digest.filter(|_| waits).zip(lot.accepted_at);
        if let Some((statement, fixed)) = fixed {
            all.push(Awaited {
                lot: Some(id.clone()),
                statement,
                at: statements::time_of(app, project, fixed).await?,
            });
        }
    }
    Ok(all)
}

async fn reached(
    app: &App,
    project: ProjectId,
    awaited: &Awaited,
    policy: &Policy,
) -> Result<bool, Problem> {
    let Some(proof) = statements::proof_now(app, project, awaited.lot.as_ref()).await? else {
        return Ok(false);
    };
    let Some(witnesses) = cosigned(&proof, awaited.at, policy) else {
        return Ok(false);
    };
    let (proof, _) = kept::normal(proof, policy)?;
    // Before it is kept, so that no stop comes in between.
    if awaited.lot.is_none() {
        stamping::want_of(app, &proof).await?;
    }
    let name = statements::proof_name(awaited.lot.as_ref());
    let bytes = Zeroizing::new(serde_json::to_vec(&proof).map_err(Problem::internal)?);
    let command = Command::System(System::QuorumReached {
        lot: awaited.lot.clone(),
        statement: awaited.statement,
        witnesses,
    });
    deciding::put(app, project, command, move |_| Beside {
        put: vec![(name.clone(), bytes.clone())],
        ..Beside::default()
    })
    .await?;
    Ok(true)
}

/// How many witnesses have cosigned since then, where they are enough.
fn cosigned(proof: &StatementProof, at: Millis, policy: &Policy) -> Option<u8> {
    let anchor = &proof.anchored.anchor;
    let tree = (anchor.stream.as_str(), anchor.size, &anchor.root);
    let since = u64::try_from(at.div_euclid(1_000)).unwrap_or(0);
    let cosigned = proof.anchored.verify(tree, since, policy).ok()?;
    let times = cosigned.times().iter().filter(|time| **time >= since);
    u8::try_from(times.count()).ok()
}
