//! The signatures over a lot's record: those that come in, and those that are read
//! (docs/spec/record.md, Signatures).

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{RecordSignature, RecordSignatures};
use kaibiao_core::act::Act;
use kaibiao_core::ids::{LotId, ProjectId, Seq};
use kaibiao_core::project::Project;
use kaibiao_core::record::{self as rules, Signature};
use kaibiao_core::state::RecordState;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::SignedAct;
use kaibiao_crypto::cms::verify_carried;
use kaibiao_store::Current;

use super::{App, deciding, projects, record, sheets};
use crate::caller::Visitor;

/// Checks the detached signature that an act carries: over the record's bytes, by the
/// act's own certificate. Of a record that the lot does not have the rules refuse the
/// act.
///
/// # Errors
/// `cms-wrong`.
pub async fn check(
    app: &App,
    current: &Current<Project>,
    act: &SignedAct,
    body: &Act,
) -> Result<(), Problem> {
    let Some((lot, digest, cms)) = body.cms() else {
        return Ok(());
    };
    let Ok(record) = record::find(current, lot, Some(digest)) else {
        return Ok(());
    };
    let chain = act.signature.as_ref().map(|signature| &signature.chain);
    let certificate = chain.and_then(|chain| chain.first());
    let certificate = certificate.ok_or(Transport::SignatureMissing)?;
    let bytes = record::bytes(app, record.record).await?;
    verify_carried(cms, &bytes, certificate)
        .map(drop)
        .map_err(|problem| Transport::CmsWrong.with("reason", problem.code()))
}

/// The acts that signed and countersigned a lot's record in force, or the one with
/// this digest.
///
/// # Errors
/// `not-found` for whoever may not read the record.
pub async fn list(
    app: &App,
    project: ProjectId,
    lot: &LotId,
    visitor: &Visitor,
    digest: Option<Digest>,
) -> Result<RecordSignatures, Problem> {
    let current = deciding::load(app, project).await?;
    let record = readable(&current, lot, visitor, digest)?;
    let found = signatures(&current, lot, record, visitor).into_iter();
    Ok(RecordSignatures {
        record: record.record.to_string(),
        signatures: found
            .map(|signature| RecordSignature {
                seq: signature.seq,
                at: signature.at,
                role: signature.role,
                cms: signature.cms().is_some(),
                name: signature.name,
                act: signature.act.clone(),
            })
            .collect(),
    })
}

/// The detached signature (DER) that the act of this event carries.
///
/// # Errors
/// `not-found` where it carries none, and for whoever may not read it.
pub async fn file(
    app: &App,
    project: ProjectId,
    lot: &LotId,
    visitor: &Visitor,
    seq: Seq,
) -> Result<Vec<u8>, Problem> {
    let current = deciding::load(app, project).await?;
    let state = current.state.lots.get(lot).ok_or(Transport::NotFound)?;
    readable(&current, lot, visitor, None)?;
    // Earlier records' signatures are read alike.
    let mut all = state
        .records
        .iter()
        .flat_map(|record| signatures(&current, lot, record, visitor));
    let found = all.find(|signature| signature.seq == seq);
    let cms = found.and_then(|signature| signature.cms());
    Ok(cms.ok_or(Transport::NotFound)?.0)
}

fn signatures<'a>(
    current: &'a Current<Project>,
    lot: &LotId,
    record: &RecordState,
    visitor: &Visitor,
) -> Vec<Signature<'a>> {
    let viewer = projects::viewer(&current.book, visitor);
    rules::signatures(&current.state, &current.book, lot, record, &viewer)
}

/// A record that a visitor may read.
///
/// # Errors
/// `not-found` for one that may not, and where there is none.
pub fn readable<'a>(
    current: &'a Current<Project>,
    lot: &LotId,
    visitor: &Visitor,
    digest: Option<Digest>,
) -> Result<&'a RecordState, Problem> {
    if sheets::may_read_record(current, lot, visitor) {
        record::find(current, lot, digest)
    } else {
        Err(Transport::NotFound.into())
    }
}
