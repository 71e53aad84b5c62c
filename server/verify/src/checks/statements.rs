//! The closing statement and the accepted ones: signed, in the stream, and proved by
//! anchored trees (docs/spec/evidence.md, 4).

use kaibiao_core::anchored::{self, StatementProof, Unproved};
use kaibiao_core::event::What;
use kaibiao_core::ids::{LotId, Millis};
use kaibiao_crypto::Digest;
use kaibiao_crypto::statement::{
    AcceptedStatement, ClosingStatement, LotBids, Statement, StatementProblem, verify_lists,
};
use kaibiao_crypto::tlog::{Cosigned, LogProof, Policy, SignedNote};

use crate::form::Stated;
use crate::outcome::{Findings, Place};
use crate::reading::Reading;

pub(super) fn check(reading: &Reading<'_>) -> Findings {
    let mut findings = Findings::default();
    let mut closing = reading.bundle.closing.as_ref();
    if let Some(stated) = closing {
        let name = "closing.json";
        // What an unsigned statement says nothing can be held against.
        closing = None;
        if let Some(statement) = signed::<ClosingStatement>(&mut findings, reading, stated, name) {
            closing = Some(stated);
            of_stream(&mut findings, reading, None, stated, name);
            let tells = tells_closing(reading, &statement);
            findings.expect(tells, "statement-differs", || Place::file(name));
            let proves =
                |proof: &StatementProof, log: &Policy| anchored::closing(&statement, proof, log);
            proof(&mut findings, reading, stated, statement.at, proves, name);
        }
    }
    for (lot, stated) in &reading.bundle.accepted {
        let name = format!("accepted/{lot}.json");
        let statement = signed::<AcceptedStatement>(&mut findings, reading, stated, &name);
        let Some(statement) = statement else {
            continue;
        };
        of_stream(&mut findings, reading, Some(lot), stated, &name);
        let keys = reading.policy.statement_keys();
        let within = closing.is_none_or(|closing| {
            let (closing, accepted) = (closing.statement.full(), stated.statement.full());
            verify_lists(
                &closing,
                &accepted,
                &reading.policy.origin,
                &reading.project,
                &keys,
            )
            .is_ok()
        });
        let tells = within && tells_accepted(reading, lot, &statement);
        findings.expect(tells, "statement-differs", || Place::file(&name));
        let proves =
            |proof: &StatementProof, log: &Policy| anchored::accepted(&statement, proof, log);
        proof(&mut findings, reading, stated, statement.at, proves, &name);
    }
    findings
}

/// The statement, where the platform's key has signed it.
fn signed<T: Statement>(
    findings: &mut Findings,
    reading: &Reading<'_>,
    stated: &Stated,
    name: &str,
) -> Option<T> {
    let policy = reading.policy;
    let signed = stated.statement.full();
    let verified = signed.verify::<T>(&policy.origin, &reading.project, policy.statement_keys());
    match &verified {
        Err(StatementProblem::NoSm2Signature | StatementProblem::Sm2Signature(_)) => {
            findings.fail("statement-sm2-signature", Place::file(name));
        }
        Err(_) => findings.fail("statement-signature", Place::file(name)),
        Ok(_) => {
            let is_asked = policy.expects(&stated.statement);
            findings.expect(is_asked, "statement-sm2-signature", || Place::file(name));
        }
    }
    Some(verified.ok()?.into_inner())
}

/// The stream says that this statement was signed.
fn of_stream(
    findings: &mut Findings,
    reading: &Reading<'_>,
    of: Option<&LotId>,
    stated: &Stated,
    name: &str,
) {
    let digest: Digest = stated.statement.digest();
    let is_there = reading.facts().any(|(_, _, facts)| match &facts.what {
        What::StatementSigned { lot, statement } => lot.as_ref() == of && *statement == digest,
        _ => false,
    });
    findings.expect(is_there, "statement-unknown", || Place::file(name));
}

/// Whether a closing statement says what the event did by which T0 passed.
fn tells_closing(reading: &Reading<'_>, statement: &ClosingStatement) -> bool {
    let mut facts = reading.facts();
    let fixed = facts.find_map(|(seq, time, facts)| match &facts.what {
        What::DeadlineReached { lots, .. } => Some((seq, time, lots)),
        _ => None,
    });
    fixed.is_some_and(|(seq, time, lots)| {
        let told = |lot: &LotBids| lots.iter().find(|it| it.lot.as_str() == lot.lot);
        let same = |lot: &LotBids| told(lot).map_or(lot.bids.is_empty(), |it| it.bids == lot.bids);
        let named = |id: &LotId| statement.lots.iter().any(|lot| lot.lot == id.as_str());
        statement.shell_seq == seq
            && statement.at == time
            && statement.size == seq
            && reading.root(statement.size) == Some(statement.root)
            && statement.lots.iter().all(same)
            && lots.iter().all(|it| named(&it.lot))
    })
}

/// The same of an accepted statement.
fn tells_accepted(reading: &Reading<'_>, of: &LotId, statement: &AcceptedStatement) -> bool {
    let mut facts = reading.facts();
    let fixed = facts.find_map(|(seq, time, facts)| match &facts.what {
        What::AcceptedFixed { lot, bids } if lot == of => Some((seq, time, bids)),
        _ => None,
    });
    fixed.is_some_and(|(seq, time, bids)| {
        statement.lot == of.as_str()
            && statement.at == time
            && statement.size == seq
            && reading.root(statement.size) == Some(statement.root)
            && statement.bids == *bids
    })
}

/// The proof that a statement's tree is in the public log, where there is one.
fn proof(
    findings: &mut Findings,
    reading: &Reading<'_>,
    stated: &Stated,
    at: Millis,
    proves: impl Fn(&StatementProof, &Policy) -> Result<Cosigned, Unproved>,
    name: &str,
) {
    let place = || Place::file(name);
    let Some(log) = &reading.policy.log else {
        findings.expect(stated.proof.is_none(), "file-surplus", place);
        return;
    };
    let Some(proof) = &stated.proof else {
        findings.fail("log-quorum", place());
        return;
    };
    let cosigned = match proves(proof, log) {
        Ok(cosigned) => cosigned,
        Err(problem) => {
            findings.fail(problem.code(), place());
            return;
        }
    };
    findings.expect(is_line(reading, proof), "anchor-differs", place);
    let second = u64::try_from(at.div_euclid(1000)).unwrap_or(0);
    let is_normal = note_of(proof).is_some_and(|text| {
        let note: Option<SignedNote> = text.parse().ok();
        let normal = note.and_then(|note| log.normal(&note, second).ok());
        normal.is_some_and(|(normal, _)| normal.to_string() == text)
    });
    findings.expect(is_normal, "log-signature", place);
    // The quorum was reached by the one that cosigned as its last.
    let times = cosigned.times().iter().filter(|time| **time >= second);
    let last = log.quorum().checked_sub(1);
    let reached = last.and_then(|last| times.copied().nth(last));
    let by = second.saturating_add(u64::from(reading.policy.late));
    findings.expect(reached.is_none_or(|time| time <= by), "log-late", place);
}

/// Whether a proof's anchor is a line of the anchors' file, at the same place in the log.
fn is_line(reading: &Reading<'_>, proof: &StatementProof) -> bool {
    let anchor = &proof.anchored.anchor;
    let index = proof.anchored.proof.parse::<LogProof>().map(|it| it.index);
    let mut lines = reading.bundle.anchors.iter();
    lines.any(|line| line.anchor(&reading.project) == *anchor && Ok(line.index) == index)
}

/// The signed note in a proof.
pub(super) fn note_of(proof: &StatementProof) -> Option<&str> {
    let (_, note) = proof.anchored.proof.split_once("\n\n")?;
    Some(note)
}
