//! What a receipt turns into: from T0 on the proof that its promise was kept, and at any
//! time the promise on paper (docs/spec/receipts.md).

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::anchored::{ProvedEvent, StatementProof};
use kaibiao_core::ids::ProjectId;
use kaibiao_core::project::Project;
use kaibiao_core::receipt::{FORMAT, ReceiptProof, SignedReceipt};
use kaibiao_crypto::Digest;
use kaibiao_crypto::anchor::{AnchorSalt, Anchored};
use kaibiao_crypto::statement::{Receipt, SignedStatement};
use kaibiao_crypto::tlog::{Checkpoint, LogProof, SignedNote};
use kaibiao_store::{Current, Placed};
use kaibiao_typeset::{Imprint, Template, typeset};
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::deciding::{self, stream};
use crate::failure::of_store;
use crate::{App, bids, log, statements};

/// The proof of a bid's receipt, in its one spelling, for its bidder.
///
/// # Errors
/// `not-found` for everybody else, before T0, and until the anchor is in the log.
pub async fn proof(
    app: &App,
    project: ProjectId,
    bid: Digest,
    caller: &Caller,
) -> Result<Vec<u8>, Problem> {
    bids::may_prove(app, project, bid, caller).await?;
    let signed = statements::receipt(app, project, bid).await?;
    let receipt = told(app, project, &signed)?;
    let current = deciding::load(app, project).await?;
    let placed = anchor(app, project, &current, receipt.tick).await?;
    let proof = log_proof(app, project, placed.place).await?;
    let (_, seq) = statements::find_bid(&current, bid).ok_or(Transport::NotFound)?;
    let event = statements::exact(app, project, seq).await?;
    let tree = statements::tree(app, project, placed.anchor.size).await?;
    let path = tree.inclusion(seq - 1, placed.anchor.size);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(Problem::internal);
    let proof = ReceiptProof {
        event: ProvedEvent {
            facts: text(event.facts.bytes)?,
            path: path
                .ok_or_else(|| Problem::internal("a bid that its anchor does not hold"))?
                .path,
            salt: AnchorSalt(event.facts.salt),
            shell: text(event.shell)?,
        },
        anchored: Anchored {
            anchor: placed.anchor,
            proof: proof.to_string(),
        },
        format: FORMAT.to_owned(),
        receipt: SignedReceipt::from(signed),
    };
    Ok(proof.to_bytes())
}

/// The anchor that was promised, or the closing statement's where that one comes first.
async fn anchor(
    app: &App,
    project: ProjectId,
    current: &Current<Project>,
    tick: u64,
) -> Result<Placed, Problem> {
    let size = current.state.deadline.ok_or(Transport::NotFound)?;
    let (log, stream) = (app.store.log(), stream(project));
    let closing = log.anchor_of(&stream, size).await.map_err(of_store)?;
    let closing = closing.ok_or(Transport::NotFound)?;
    let before = tick.checked_sub(1).ok_or(Transport::NotFound)?;
    if closing.anchor.tick <= tick {
        return Ok(closing);
    }
    let promised = log.anchors(&stream, before).await.map_err(of_store)?;
    let promised = promised.into_iter().find(|it| it.anchor.tick == tick);
    promised.ok_or_else(|| Problem::internal("an anchor that was promised"))
}

/// The proof of an entry under the checkpoint that has the quorum for the closing
/// statement, or under the newest until there is one.
async fn log_proof(app: &App, project: ProjectId, place: u64) -> Result<LogProof, Problem> {
    let name = statements::proof_name(None);
    let kept = app.store.secret(&stream(project), &name).await;
    let found = match kept.map_err(of_store)? {
        Some(kept) => {
            let kept: StatementProof = serde_json::from_slice(&kept).map_err(Problem::internal)?;
            let kept: LogProof = kept.anchored.proof.parse().map_err(Problem::internal)?;
            log::proof_under(app, place, size_of(&kept.note)?, kept.note).await?
        }
        None => log::proof(app, place).await?,
    };
    found.ok_or_else(|| Transport::NotFound.into())
}

fn size_of(note: &SignedNote) -> Result<u64, Problem> {
    let checkpoint: Checkpoint = note.text().parse().map_err(Problem::internal)?;
    Ok(checkpoint.size)
}

fn paper_name(bid: &Digest) -> String {
    format!("receipt-pdf/{bid}")
}

/// The receipt as PDF, typeset once, for its bidder.
///
/// # Errors
/// `not-found` for everybody else.
pub async fn paper(
    app: &App,
    project: ProjectId,
    bid: Digest,
    caller: &Caller,
) -> Result<Vec<u8>, Problem> {
    bids::may_read(app, project, bid, caller).await?;
    let name = paper_name(&bid);
    let kept = app.store.secret(&stream(project), &name).await;
    if let Some(kept) = kept.map_err(of_store)? {
        return Ok(kept.to_vec());
    }
    let signed = statements::receipt(app, project, bid).await?;
    let receipt = told(app, project, &signed)?;
    let current = deciding::load(app, project).await?;
    let data = printed(&current, &signed, &receipt).ok_or(Transport::NotFound)?;
    let imprint = Imprint {
        made: receipt.received,
        digest: signed.digest().to_string(),
    };
    let set = move || {
        let pdf = typeset(Template::Receipt, &data, &imprint).map_err(Problem::internal)?;
        Ok(pdf.bytes)
    };
    let pdf = app.heavy(set).await?;
    deciding::keep(app, project, &name, pdf.clone()).await?;
    Ok(pdf)
}

/// What paper says of a receipt.
fn printed(
    current: &Current<Project>,
    signed: &SignedStatement,
    receipt: &Receipt,
) -> Option<Value> {
    let draft = current.book.draft.as_ref()?;
    let (lot, _) = statements::find_bid(current, receipt.bid)?;
    let party = lot.bids.get(&receipt.bid)?;
    let known = current.book.parties.get(party)?;
    let titled = draft.lots.get(&lot.rules.lot)?;
    Some(json!({
        "project": {
            "id": receipt.project, "number": draft.number, "title": draft.title,
            "centre": draft.officials.centre.name,
        },
        "lot": { "id": receipt.lot, "title": titled.title },
        "bidder": { "name": known.name, "code": known.organisation.as_str() },
        "bid": receipt.bid, "leaf": receipt.leaf, "received": receipt.received,
        "tick": receipt.tick, "signature": signed.signature.value,
        "sm2_signature": signed.sm2_signature.as_ref().map(|it| &it.value),
    }))
}

/// What the platform itself has signed.
fn told(app: &App, project: ProjectId, signed: &SignedStatement) -> Result<Receipt, Problem> {
    let key = app.keys.receipt.public_key();
    let receipt = signed.verify::<Receipt>(&app.keys.origin, &project.to_string(), &key);
    Ok(receipt.map_err(Problem::internal)?.into_inner())
}
