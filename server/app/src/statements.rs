//! What the platform says under its own keys, made once and kept with the
//! project: receipts, acknowledgements, the closing statement and each lot's
//! accepted statement (docs/spec/signatures.md).

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::anchored::{ProvedEvent, StatementProof};
use kaibiao_core::command::{Command, System};
use kaibiao_core::event::{Recorded, What};
use kaibiao_core::ids::{LotId, Millis, ProjectId, Seq};
use kaibiao_core::project::Project;
use kaibiao_core::state::Lot;
use kaibiao_crypto::Digest;
use kaibiao_crypto::anchor::AnchorSalt;
use kaibiao_crypto::merkle::{InclusionProof, Tree};
use kaibiao_crypto::platform_key::PlatformKey;
use kaibiao_crypto::statement::{
    AcceptedStatement, ClosingStatement, LotBids, Receipt, SignedStatement, Statement, UnlockAck,
};
use kaibiao_os::random::SystemRng;
use kaibiao_store::Current;
use serde_json::Value;
use zeroize::Zeroizing;

use super::deciding::{self, Beside, stream};
use super::{App, bids, blocking, log};
use crate::failure::{of_signing, of_store};

const CLOSING: &str = "statement/closing";

fn accepted_name(lot: &LotId) -> String {
    format!("statement/accepted/{lot}")
}

fn receipt_name(bid: &Digest) -> String {
    format!("receipt/{bid}")
}

/// The receipt for a bid in the stream. The first call makes it; every later one
/// returns the same.
///
/// # Errors
/// `not-found` when the stream holds no such bid.
pub async fn receipt(
    app: &App,
    project: ProjectId,
    bid: Digest,
) -> Result<SignedStatement, Problem> {
    let name = receipt_name(&bid);
    if let Some(kept) = kept(app, project, &name).await? {
        return Ok(kept);
    }
    let current = deciding::load(app, project).await?;
    let (lot, place) = find_bid(&current, bid).ok_or(Transport::NotFound)?;
    let event = exact(app, project, place).await?;
    let receipt = Receipt {
        bid,
        leaf: event.leaf,
        lot: lot.rules.lot.to_string(),
        project: project.to_string(),
        received: event.time,
        tick: log::next_tick(app, &stream(project)).await?,
    };
    let signed = issue(app, &current, &receipt, &app.keys.receipt).await?;
    deciding::keep(app, project, &name, to_json(&signed)?).await?;
    Ok(signed)
}

/// Acknowledges an unlock that the stream holds.
///
/// # Errors
/// `signing-unavailable` while the token does not sign that holds the key.
pub async fn acknowledge(
    app: &App,
    project: ProjectId,
    unlocked: &Recorded,
) -> Result<Option<SignedStatement>, Problem> {
    let What::Unlocked { lot, bid, .. } = &unlocked.facts.what else {
        return Ok(None);
    };
    let Some(act) = unlocked.facts.act else {
        return Ok(None);
    };
    let statement = UnlockAck {
        bid: *bid,
        lot: lot.to_string(),
        project: project.to_string(),
        received: unlocked.time,
        unlock: act,
    };
    let current = deciding::load(app, project).await?;
    let signed = issue(app, &current, &statement, &app.keys.log).await;
    signed.map(Some)
}

/// The acknowledgement of a bid's unlock, for a bidder that lost the answer to
/// it. It is signed anew and says the same.
///
/// # Errors
/// `not-found` until the bid is unlocked by its bidder.
pub async fn acknowledgement(
    app: &App,
    project: ProjectId,
    bid: Digest,
) -> Result<SignedStatement, Problem> {
    let current = deciding::load(app, project).await?;
    let place = bids::live(&current, bid).and_then(|bidder| bidder.unlocked);
    let place = place.ok_or(Transport::NotFound)?;
    let events = app
        .store
        .events::<Project>(&stream(project), place - 1, 1)
        .await
        .map_err(of_store)?;
    match events.first() {
        Some(event) => acknowledge(app, project, event).await?,
        None => None,
    }
    .ok_or_else(|| Transport::NotFound.into())
}

/// The closing statement, once it is signed.
///
/// # Errors
/// `not-found` before T0, and for the moment until it is signed.
pub async fn closing(app: &App, project: ProjectId) -> Result<SignedStatement, Problem> {
    kept(app, project, CLOSING)
        .await?
        .ok_or_else(|| Transport::NotFound.into())
}

/// A lot's accepted statement, once it is signed.
///
/// # Errors
/// `not-found` until then.
pub async fn accepted(
    app: &App,
    project: ProjectId,
    lot: &LotId,
) -> Result<SignedStatement, Problem> {
    kept(app, project, &accepted_name(lot))
        .await?
        .ok_or_else(|| Transport::NotFound.into())
}

/// The proof that the event of a live bid lies in the tree that the closing
/// statement names.
///
/// # Errors
/// `not-found` when the bid is not among those of the statement, or before T0.
pub async fn inclusion(
    app: &App,
    project: ProjectId,
    bid: Digest,
) -> Result<(Digest, InclusionProof), Problem> {
    let current = deciding::load(app, project).await?;
    let size = current.state.deadline.ok_or(Transport::NotFound)?;
    let (_, place) = find_bid(&current, bid).ok_or(Transport::NotFound)?;
    let tree = tree(app, project, size).await?;
    tree.leaf(place - 1)
        .zip(tree.inclusion(place - 1, size))
        .ok_or_else(|| Problem::internal("a bid after the deadline"))
}

/// What proves the closing statement, or a lot's accepted one: the first that had the
/// quorum, where one is asked for; none until its tree is anchored in the public log.
///
/// # Errors
/// When the store or the log's files fail.
pub async fn proof(
    app: &App,
    project: ProjectId,
    lot: Option<&LotId>,
) -> Result<Option<StatementProof>, Problem> {
    let kept = app.store.secret(&stream(project), &proof_name(lot)).await;
    match kept.map_err(of_store)? {
        Some(kept) => serde_json::from_slice(&kept)
            .map(Some)
            .map_err(Problem::internal),
        None => proof_now(app, project, lot).await,
    }
}

/// Under which name the proof is kept that had the quorum.
pub fn proof_name(lot: Option<&LotId>) -> String {
    match lot {
        None => "proof/closing".to_owned(),
        Some(lot) => format!("proof/accepted/{lot}"),
    }
}

/// The same under the newest checkpoint, whoever has cosigned it.
///
/// # Errors
/// When the store or the log's files fail.
pub async fn proof_now(
    app: &App,
    project: ProjectId,
    lot: Option<&LotId>,
) -> Result<Option<StatementProof>, Problem> {
    let current = deciding::load(app, project).await?;
    let state = &current.state;
    let size = match lot {
        None => state.deadline,
        Some(lot) => state.lots.get(lot).and_then(|lot| lot.accepted_at),
    };
    let Some(size) = size else { return Ok(None) };
    let Some(anchored) = log::anchored(app, &stream(project), size).await? else {
        return Ok(None);
    };
    let event = exact(app, project, size).await?;
    let path = tree(app, project, size).await?.inclusion(size - 1, size);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(Problem::internal);
    Ok(Some(StatementProof {
        anchored,
        event: ProvedEvent {
            facts: text(event.facts.bytes)?,
            path: path.ok_or_else(|| Problem::internal("the last leaf"))?.path,
            salt: AnchorSalt(event.facts.salt),
            shell: text(event.shell)?,
        },
    }))
}

/// Signs the closing statement, if the deadline has passed and it is not signed.
///
/// # Errors
/// When the store fails. A second signature is refused by the rules, which is no
/// error here.
pub async fn sign_closing(app: &App, project: ProjectId) -> Result<(), Problem> {
    let current = deciding::load(app, project).await?;
    let state = &current.state;
    let (Some(deadline), None) = (state.deadline, state.closing.digest) else {
        return Ok(());
    };
    let lots = state.lots.iter().map(|(lot, state)| LotBids {
        lot: lot.to_string(),
        bids: state.closing.iter().copied().collect(),
    });
    let statement = ClosingStatement {
        at: state.deadline_at,
        lots: lots.collect(),
        project: project.to_string(),
        root: tree(app, project, deadline).await?.root(),
        shell_seq: deadline,
        size: deadline,
    };
    sign(app, project, None, CLOSING.to_owned(), &statement).await
}

/// Signs a lot's accepted statement, if its set is fixed and it is not signed.
///
/// # Errors
/// As [`sign_closing`].
pub async fn sign_accepted(app: &App, project: ProjectId, lot: &LotId) -> Result<(), Problem> {
    let current = deciding::load(app, project).await?;
    let Some(state) = current.state.lots.get(lot) else {
        return Ok(());
    };
    let (Some(fixed), None) = (state.accepted_at, state.statement.digest) else {
        return Ok(());
    };
    let Some(closing) = current.state.closing.digest else {
        return Ok(());
    };
    let event = exact(app, project, fixed).await?;
    let statement = AcceptedStatement {
        at: event.time,
        bids: state.accepted.iter().copied().collect(),
        closing,
        lot: lot.to_string(),
        project: project.to_string(),
        root: tree(app, project, fixed).await?.root(),
        size: fixed,
    };
    sign(
        app,
        project,
        Some(lot.clone()),
        accepted_name(lot),
        &statement,
    )
    .await
}

async fn sign<T: Statement + Clone + Send + 'static>(
    app: &App,
    project: ProjectId,
    lot: Option<LotId>,
    name: String,
    statement: &T,
) -> Result<(), Problem> {
    let current = deciding::load(app, project).await?;
    let signed = issue(app, &current, statement, &app.keys.log).await?;
    let bytes = Zeroizing::new(to_json(&signed)?);
    let command = Command::System(System::StatementSigned {
        lot,
        statement: signed.digest(),
    });
    deciding::put(app, project, command, move |_| Beside {
        put: vec![(name.clone(), bytes.clone())],
        ..Beside::default()
    })
    .await
    .map(drop)
}

/// Signs a statement, and a second time with SM2 where the project's terms name a
/// certificate of the platform's.
async fn issue<T: Statement + Clone + Send + 'static>(
    app: &App,
    current: &Current<Project>,
    statement: &T,
    key: &PlatformKey,
) -> Result<SignedStatement, Problem> {
    let second = match sm2_chain(current) {
        [] => None,
        chain => Some(app.keys.sm2.signer(chain).ok_or_else(|| {
            Problem::internal(
                "the SM2 key that this project's terms name is not in the secrets directory",
            )
        })?),
    };
    let (statement, key) = (statement.clone(), key.clone());
    let origin = app.keys.origin.clone();
    // A token that holds the key takes its time.
    blocking(move || {
        let signed = SignedStatement::issue(&statement, &origin, &key, &mut SystemRng);
        let signed = signed.map_err(of_signing)?;
        match second {
            None => Ok(signed),
            Some(signer) => signed
                .signed_with_sm2(&statement, &origin, &signer)
                .map_err(of_signing),
        }
    })
    .await
}

/// The platform's SM2 certificate as a project's terms name it: one for all its lots.
fn sm2_chain(current: &Current<Project>) -> &[String] {
    let mut terms = current.book.terms.values();
    terms
        .next()
        .map_or(&[], |it| it.terms.trust.sm2_chain.as_slice())
}

async fn kept(
    app: &App,
    project: ProjectId,
    name: &str,
) -> Result<Option<SignedStatement>, Problem> {
    let Some(bytes) = app
        .store
        .secret(&stream(project), name)
        .await
        .map_err(of_store)?
    else {
        return Ok(None);
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(Problem::internal)
}

fn to_json(signed: &SignedStatement) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(signed).map_err(Problem::internal)
}

/// The lot that a bid came in for, and its event's number.
pub fn find_bid(current: &Current<Project>, bid: Digest) -> Option<(&Lot, Seq)> {
    current.state.lots.values().find_map(|lot| {
        let bidder = lot.parties.get(lot.bids.get(&bid)?)?;
        let link = bidder.chain.iter().find(|link| link.digest == bid)?;
        Some((lot, link.seq))
    })
}

/// An event as it stands in a project's stream.
///
/// # Errors
/// When the store fails, or has no such event.
pub async fn exact(
    app: &App,
    project: ProjectId,
    seq: Seq,
) -> Result<kaibiao_store::Exact, Problem> {
    let found = app
        .store
        .exact_events(&stream(project), seq - 1, 1)
        .await
        .map_err(of_store)?;
    found
        .into_iter()
        .next()
        .ok_or_else(|| Problem::internal("an event of the state is not in its stream"))
}

/// When an event of a project happened.
///
/// # Errors
/// When the store fails, or has no such event.
pub async fn time_of(app: &App, project: ProjectId, seq: Seq) -> Result<Millis, Problem> {
    Ok(exact(app, project, seq).await?.time)
}

/// The root of a project's tree at a size.
///
/// # Errors
/// When the store fails.
pub async fn root_at(app: &App, project: ProjectId, size: u64) -> Result<Digest, Problem> {
    Ok(tree(app, project, size).await?.root())
}

/// The path from the closing statement's tree to a lot's accepted statement's, hex.
///
/// # Errors
/// When the store fails, or the statements are of no two such trees.
pub async fn joined(
    app: &App,
    project: ProjectId,
    closing: &SignedStatement,
    accepted: &SignedStatement,
) -> Result<Vec<String>, Problem> {
    let (old, size) = (size_of(closing)?, size_of(accepted)?);
    let path = tree(app, project, size).await?.consistency(old, size);
    let path = path.ok_or_else(|| Problem::internal("statement sizes"))?;
    Ok(path.path.iter().map(ToString::to_string).collect())
}

/// The tree size that a statement names.
///
/// # Errors
/// For one that names none.
pub fn size_of(signed: &SignedStatement) -> Result<u64, Problem> {
    let body: Value = serde_json::from_str(&signed.body).map_err(Problem::internal)?;
    body["statement"]["size"]
        .as_u64()
        .ok_or_else(|| Problem::internal("a statement without a size"))
}

/// A project's tree of so many events.
///
/// # Errors
/// When the store fails.
pub async fn tree(app: &App, project: ProjectId, size: u64) -> Result<Tree, Problem> {
    let leaves = app.store.leaves(&stream(project), size).await;
    let leaves = leaves.map_err(of_store)?;
    blocking(move || Ok(Tree::from_leaves(leaves))).await
}
