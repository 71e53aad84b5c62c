//! What a bundle rests on in the public log, kept when it is there first, so that
//! nothing later takes its place (docs/spec/bundle.md, 1).

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::anchored::StatementProof;
use kaibiao_core::ids::{LotId, Millis, ProjectId, Seq};
use kaibiao_core::project::Project;
use kaibiao_core::state::{Evidence, Stage, State};
use kaibiao_core::terms::SealingTerms;
use kaibiao_crypto::Digest;
use kaibiao_crypto::shell::Shell;
use kaibiao_crypto::tlog::{Checkpoint, LogProof, Policy, SignedNote};
use kaibiao_store::{Current, Placed, StreamId};

use super::outline::terms_of;
use crate::failure::of_store;
use crate::log::{self, notices};
use crate::{App, deciding, statements};

/// How long after its last event a bundle waits for a quorum.
pub const WEEK: Millis = 7 * 24 * 3_600_000;

/// The checkpoint, in its one form.
const CHECKPOINT: &str = "bundle/checkpoint";
/// That nothing is waited for any more.
const WHOLE: &str = "bundle/whole";

/// What the public log says of a bundle.
pub struct Logged {
    pub checkpoint: SignedNote,
    /// How many entries lie under it.
    pub size: u64,
    /// All anchors up to the one over the bundle's tree.
    pub anchors: Vec<Placed>,
    pub policy: Policy,
}

/// What the log has of a bundle; none where the terms know of no log.
///
/// # Errors
/// `bundle-waits` until all of it is there.
pub async fn logged(
    app: &App,
    project: ProjectId,
    current: &Current<Project>,
    end: Seq,
) -> Result<Option<Logged>, Problem> {
    let Some(policy) = policy(current)? else {
        return Ok(None);
    };
    let stream = deciding::stream(project);
    if !is_whole(app, &stream).await? {
        return Err(Transport::BundleWaits.into());
    }
    let checkpoint = text(app, &stream, CHECKPOINT).await?;
    let checkpoint = checkpoint.ok_or(Transport::BundleWaits)?;
    let checkpoint: SignedNote = checkpoint.parse().map_err(Problem::internal)?;
    let read: Checkpoint = checkpoint.text().parse().map_err(Problem::internal)?;
    let last = app.store.log().anchor_of(&stream, end).await;
    let last = last.map_err(of_store)?;
    let last = last.ok_or_else(|| Problem::internal("a bundle without its anchor"))?;
    let anchors = app.store.log().anchors(&stream, 0).await;
    let mut anchors = anchors.map_err(of_store)?;
    anchors.retain(|it| it.anchor.tick <= last.anchor.tick);
    Ok(Some(Logged {
        checkpoint,
        size: read.size,
        anchors,
        policy,
    }))
}

/// Whether nothing is waited for any more of a stream's bundle.
///
/// # Errors
/// When the store fails.
pub async fn is_whole(app: &App, stream: &StreamId) -> Result<bool, Problem> {
    Ok(text(app, stream, WHOLE).await?.is_some())
}

/// Whom the terms believe about the log. All lots are published under one.
fn policy(current: &Current<Project>) -> Result<Option<Policy>, Problem> {
    match current.book.terms.values().next() {
        Some(fixed) => fixed.terms.trust.policy().map_err(Problem::internal),
        None => Ok(None),
    }
}

/// Keeps what has come of the proofs of a project's statements, and of its bundle once
/// it has ended; answers the latest second from which on cosignatures are waited for.
/// Anchors over exactly the trees that are to be proved are there.
///
/// # Errors
/// When the store or the log's files fail.
pub async fn keep(
    app: &App,
    project: ProjectId,
    current: &Current<Project>,
) -> Result<Option<u64>, Problem> {
    let stream = deciding::stream(project);
    let evidence = current.state.evidence.as_ref();
    if is_whole(app, &stream).await? {
        return Ok(None);
    }
    let Some(policy) = policy(current)? else {
        if evidence.is_some() {
            deciding::keep(app, project, WHOLE, b"1".to_vec()).await?;
        }
        return Ok(None);
    };
    let is_late = evidence.is_some_and(|it| app.now() - it.at >= WEEK);
    let mut waits = None;
    let mut misses = false;
    for lot in signed(&current.state) {
        match prove(app, project, lot.as_ref(), &policy, is_late).await? {
            Standing::Kept => {}
            Standing::Waits(since) => {
                misses = true;
                waits = waits.max(since);
            }
        }
    }
    let Some(evidence) = evidence else {
        return Ok(waits);
    };
    match hold(app, project, evidence, &policy, is_late).await? {
        Standing::Kept if !misses => {
            deciding::keep(app, project, WHOLE, b"1".to_vec()).await?;
            Ok(None)
        }
        Standing::Kept => Ok(waits),
        Standing::Waits(since) => Ok(waits.max(since)),
    }
}

/// Whether something is kept, or from which second on it is waited for cosignatures;
/// none where it is waited for the log alone.
enum Standing {
    Kept,
    Waits(Option<u64>),
}

/// The statements that are signed, but for those whose quorum an event is to tell of.
fn signed(state: &State) -> Vec<Option<LotId>> {
    let asks = state.lots.values().any(|lot| lot.rules.quorum > 0);
    let goes_on = state.lots.values().any(|lot| !lot.stage.is_end());
    let awaited = asks && !state.closing.stands && goes_on;
    let closing = state.closing.digest.filter(|_| !awaited).map(|_| None);
    let lots = state.lots.iter().filter(|(_, lot)| {
        let awaited = lot.stage == Stage::Releasing && !lot.statement.stands;
        lot.statement.digest.is_some() && !awaited
    });
    let accepted = lots.map(|(id, _)| Some(id.clone()));
    closing.into_iter().chain(accepted).collect()
}

/// Keeps a statement's proof, the first that has the quorum.
async fn prove(
    app: &App,
    project: ProjectId,
    lot: Option<&LotId>,
    policy: &Policy,
    is_late: bool,
) -> Result<Standing, Problem> {
    let stream = deciding::stream(project);
    let name = statements::proof_name(lot);
    if text(app, &stream, &name).await?.is_some() {
        return Ok(Standing::Kept);
    }
    let Some(proof) = statements::proof_now(app, project, lot).await? else {
        return Ok(Standing::Waits(None));
    };
    let since = since(&proof)?;
    let (proof, cosigned) = normal(proof, policy)?;
    if cosigned < policy.quorum() && !is_late {
        return Ok(Standing::Waits(Some(since)));
    }
    // Before it is kept, so that no stop comes in between.
    if lot.is_none() {
        log::want_stamp_of(app, &proof).await?;
    }
    let bytes = serde_json::to_vec(&proof).map_err(Problem::internal)?;
    deciding::keep(app, project, &name, bytes).await?;
    Ok(Standing::Kept)
}

/// Keeps the checkpoint of a bundle, the first that has the quorum.
async fn hold(
    app: &App,
    project: ProjectId,
    evidence: &Evidence,
    policy: &Policy,
    is_late: bool,
) -> Result<Standing, Problem> {
    let stream = deciding::stream(project);
    if text(app, &stream, CHECKPOINT).await?.is_some() {
        return Ok(Standing::Kept);
    }
    let anchor = app.store.log().anchor_of(&stream, evidence.end).await;
    let head = app.store.log().head().await.map_err(of_store)?;
    let (Some(anchor), Some((size, note))) = (anchor.map_err(of_store)?, head) else {
        return Ok(Standing::Waits(None));
    };
    let mut last = anchor.place;
    for terms in terms(app, project).await? {
        match place(app, project, &terms).await? {
            Some(place) => last = last.max(place),
            None => return Ok(Standing::Waits(None)),
        }
    }
    let current = deciding::load(app, project).await?;
    for (_, signed) in notices::all(&current.book) {
        let act = Digest::of(signed.body.as_bytes());
        match notices::entered(app, project, &act).await? {
            Some(entered) => last = last.max(entered.place),
            None => return Ok(Standing::Waits(None)),
        }
    }
    if last >= size {
        return Ok(Standing::Waits(None));
    }
    let since = second(evidence.at);
    let note: SignedNote = note.parse().map_err(Problem::internal)?;
    let (note, cosigned) = policy.normal(&note, since).map_err(Problem::internal)?;
    if cosigned < policy.quorum() && !is_late {
        return Ok(Standing::Waits(Some(since)));
    }
    log::want_stamp(app, &note).await?;
    deciding::keep(app, project, CHECKPOINT, note.to_string().into_bytes()).await?;
    Ok(Standing::Kept)
}

/// The digests of all sealing terms that a project ever had, entered into the log if
/// they are not there: those that another amendment followed at once.
async fn terms(app: &App, project: ProjectId) -> Result<Vec<Digest>, Problem> {
    let current = deciding::load(app, project).await?;
    let stream = deciding::stream(project);
    let mut all = Vec::new();
    for seq in current.book.notices.iter() {
        let found = app.store.events::<Project>(&stream, seq - 1, 1).await;
        let found = found.map_err(of_store)?;
        let details = found.first().and_then(|event| event.details.as_ref());
        for (lot, fixed) in details.map(terms_of).unwrap_or_default() {
            let digest = SealingTerms::digest_of(fixed.text.as_bytes());
            log::enter(app, project, &lot, digest).await?;
            all.push(digest);
        }
    }
    Ok(all)
}

/// Where the entry of terms lies in the log.
///
/// # Errors
/// When the store fails.
pub async fn place(app: &App, project: ProjectId, terms: &Digest) -> Result<Option<u64>, Problem> {
    let stream = deciding::stream(project);
    let place = text(app, &stream, &log::terms_name(terms)).await?;
    let place = place.map(|it| it.parse::<u64>()).transpose();
    place.map_err(Problem::internal)
}

/// The path from an entry's leaf to the root of the kept checkpoint.
///
/// # Errors
/// When the log's files fail.
pub async fn path(app: &App, logged: Option<&Logged>, place: u64) -> Result<Vec<Digest>, Problem> {
    let size = logged.map_or(0, |logged| logged.size);
    log::path(app, place, size).await
}

/// A proof with its note in the one form, and how many have cosigned since the event.
///
/// # Errors
/// When what was kept is no proof.
pub fn normal(
    mut proof: StatementProof,
    policy: &Policy,
) -> Result<(StatementProof, usize), Problem> {
    let since = since(&proof)?;
    let mut log: LogProof = proof.anchored.proof.parse().map_err(Problem::internal)?;
    let (note, cosigned) = policy.normal(&log.note, since).map_err(Problem::internal)?;
    log.note = note;
    proof.anchored.proof = log.to_string();
    Ok((proof, cosigned))
}

/// From which second on a cosignature counts.
fn since(proof: &StatementProof) -> Result<u64, Problem> {
    let shell = Shell::from_bytes(proof.event.shell.as_bytes());
    Ok(second(shell.map_err(Problem::internal)?.time))
}

/// The whole second of an instant.
pub fn second(at: Millis) -> u64 {
    u64::try_from(at.div_euclid(1_000)).unwrap_or(0)
}

/// What is kept beside a project under a name.
///
/// # Errors
/// When the store fails.
pub async fn text(app: &App, stream: &StreamId, name: &str) -> Result<Option<String>, Problem> {
    let kept = app.store.secret(stream, name).await.map_err(of_store)?;
    let text = kept.map(|bytes| String::from_utf8(bytes.to_vec()));
    text.transpose().map_err(Problem::internal)
}
