//! What ties the record to the closing statement and the public log
//! (docs/spec/evidence.md, 11).

use std::collections::BTreeSet;

use kaibiao_api::{ProvedStatement, RecordProof};
use kaibiao_core::anchored;
use kaibiao_core::record::Record;
use kaibiao_crypto::Digest;
use kaibiao_crypto::anchor::{AnchorProblem, Anchored};
use kaibiao_crypto::merkle::ConsistencyProof;
use kaibiao_crypto::statement::{
    AcceptedStatement, ClosingStatement, SignedStatement, StatementProblem, verify_lists,
};
use kaibiao_crypto::tlog::{Cosigned, Policy};

use super::{About, Believed, Check, Finding};
use crate::statements;

pub fn checks(proof: Option<&RecordProof>, record: &Record, by: &Believed<'_>) -> Vec<Check> {
    let Some(proof) = proof else {
        return vec![
            Check::not_asked(About::Closing),
            Check::not_asked(About::Log),
        ];
    };
    let policy = match by.terms.content().trust.policy() {
        Ok(policy) => policy,
        Err(problem) => {
            return vec![Check::of(About::Log, "", Err(problem.code().to_owned()))];
        }
    };
    let of = |size: u64, root: &Digest| format!("{size} {root}");
    let closed = proof
        .closing
        .as_ref()
        .map(|it| closing(it, by, policy.as_ref()));
    let fixed = match (&proof.closing, &proof.accepted) {
        (Some(closing), Some(it)) => Some(accepted(closing, it, record, by, policy.as_ref())),
        _ => None,
    };
    let mut checks = vec![match &closed {
        None if record.lot.bids > 0 => missing(About::Closing),
        None => Check::not_asked(About::Closing),
        Some(Ok(it)) => Check::of(About::Closing, of(it.size, &it.root), Ok(())),
        Some(Err(code)) => Check::of(About::Closing, "", Err(code.clone())),
    }];
    checks.push(match &fixed {
        None if !record.rows.is_empty() => missing(About::Accepted),
        None => Check::not_asked(About::Accepted),
        Some(Ok(it)) => Check::of(About::Accepted, of(it.size, &it.root), Ok(())),
        Some(Err(code)) => Check::of(About::Accepted, "", Err(code.clone())),
    });
    let closed = closed.and_then(Result::ok);
    let fixed = fixed.and_then(Result::ok);
    let head = (record.stream.size, record.stream.root);
    let old = [
        closed
            .as_ref()
            .zip(proof.closing.as_ref())
            .map(|(it, view)| ((it.size, it.root), view)),
        fixed
            .as_ref()
            .zip(proof.accepted.as_ref())
            .map(|(it, view)| ((it.size, it.root), view)),
    ];
    let goes_on = old
        .into_iter()
        .flatten()
        .all(|(old, view)| grows(old, head, &view.consistency));
    let is_head = proof.size == head.0 && proof.root == head.1.to_string();
    let found = match (is_head, goes_on) {
        (false, _) => Err("record-differs".to_owned()),
        (true, false) => Err("consistency".to_owned()),
        (true, true) => Ok(()),
    };
    checks.push(Check::of(About::Consistency, of(head.0, &head.1), found));
    checks.push(in_log(proof, record, closed.as_ref(), by, policy.as_ref()));
    checks.push(match (&closed, &fixed) {
        (None, _) => Check::not_asked(About::Bids),
        (Some(closed), fixed) => {
            let found = lists(record, closed, fixed.as_ref());
            Check::of(About::Bids, record.lot.bids.to_string(), found)
        }
    });
    checks
}

fn missing(check: About) -> Check {
    Check::new(check, Finding::Fails, Some("statement-missing"), "")
}

fn closing(
    view: &ProvedStatement,
    by: &Believed<'_>,
    policy: Option<&Policy>,
) -> Result<ClosingStatement, String> {
    let keys = by.terms.statement_keys().map_err(|it| it.code)?;
    let statement =
        signed(view)?.verify::<ClosingStatement>(by.terms.origin(), &by.terms.project(), &keys);
    let statement = statement.map_err(|it| code(&it))?.into_inner();
    by_log(view, policy, |proof, policy| {
        anchored::closing(&statement, proof, policy)
    })?;
    Ok(statement)
}

fn accepted(
    closing: &ProvedStatement,
    view: &ProvedStatement,
    record: &Record,
    by: &Believed<'_>,
    policy: Option<&Policy>,
) -> Result<AcceptedStatement, String> {
    let keys = by.terms.statement_keys().map_err(|it| it.code)?;
    let (_, statement) = verify_lists(
        &signed(closing)?,
        &signed(view)?,
        by.terms.origin(),
        &by.terms.project(),
        &keys,
    )
    .map_err(|it| code(&it))?;
    let statement = statement.into_inner();
    if statement.lot != record.lot.id.as_str() {
        return Err("statement-elsewhere".to_owned());
    }
    by_log(view, policy, |proof, policy| {
        anchored::accepted(&statement, proof, policy)
    })?;
    Ok(statement)
}

fn signed(view: &ProvedStatement) -> Result<SignedStatement, String> {
    statements::signed(&view.statement).map_err(|_| "statement-malformed".to_owned())
}

/// What the public log says of a statement. One that is missing stops where a quorum is
/// asked for.
fn by_log(
    view: &ProvedStatement,
    policy: Option<&Policy>,
    holds: impl FnOnce(&anchored::StatementProof, &Policy) -> Result<Cosigned, anchored::Unproved>,
) -> Result<(), String> {
    match (&view.proof, policy) {
        (_, None) => Ok(()),
        (None, Some(policy)) if policy.quorum() == 0 => Ok(()),
        (None, Some(_)) => Err("log-quorum".to_owned()),
        (Some(proof), Some(policy)) => holds(proof, policy)
            .map(drop)
            .map_err(|problem| problem.code().to_owned()),
    }
}

fn in_log(
    proof: &RecordProof,
    record: &Record,
    closed: Option<&ClosingStatement>,
    by: &Believed<'_>,
    policy: Option<&Policy>,
) -> Check {
    let Some(policy) = policy else {
        return Check::not_asked(About::Log);
    };
    let Some(found) = &proof.anchored else {
        return Check::new(About::Log, Finding::Open, Some("not-anchored"), "");
    };
    let anchor = &found.anchor;
    let of = format!("{}#{} ({})", anchor.stream, anchor.tick, anchor.size);
    let head = (record.stream.size, record.stream.root);
    if !grows(head, (anchor.size, anchor.root), &found.consistency) {
        return Check::of(About::Log, of, Err("consistency".to_owned()));
    }
    let since = closed.map_or(0, |it| u64::try_from(it.at.div_euclid(1_000)).unwrap_or(0));
    let anchored = Anchored {
        anchor: anchor.clone(),
        proof: found.proof.clone(),
    };
    let project = by.terms.project();
    let tree = (project.as_str(), anchor.size, &anchor.root);
    match anchored.verify(tree, since, policy) {
        Ok(_) => Check::of(About::Log, of, Ok(())),
        // Its witnesses may be away for a moment.
        Err(problem @ AnchorProblem::Quorum { .. }) => {
            Check::new(About::Log, Finding::Open, Some(problem.code()), of)
        }
        Err(problem) => Check::of(About::Log, of, Err(problem.code().to_owned())),
    }
}

/// Whether the later tree goes on from the earlier one.
fn grows(old: (u64, Digest), new: (u64, Digest), path: &[String]) -> bool {
    let path: Result<Vec<Digest>, _> = path.iter().map(|it| it.parse()).collect();
    path.is_ok_and(|path| {
        let proof = ConsistencyProof {
            old: old.0,
            size: new.0,
            path,
        };
        proof.verify(&old.1, &new.1).is_ok()
    })
}

/// The record's bids against the lists.
fn lists(
    record: &Record,
    closed: &ClosingStatement,
    fixed: Option<&AcceptedStatement>,
) -> Result<(), String> {
    let closing: BTreeSet<_> = closed.bids_of(record.lot.id.as_str()).iter().collect();
    let rows: Vec<_> = record.rows.iter().map(|row| &row.bid).collect();
    let told: Vec<_> = record
        .unopened
        .iter()
        .map(|it| &it.bid)
        .chain(rows.clone())
        .collect();
    let refused = record.refused.iter().filter_map(|it| it.bid.as_ref());
    let known: BTreeSet<_> = told.iter().copied().collect();
    let all: BTreeSet<_> = refused.chain(told.iter().copied()).collect();
    let is_accepted =
        |bid: &Digest| fixed.is_some_and(|fixed| fixed.bids.binary_search(bid).is_ok());
    let holds = known.len() == told.len()
        && known.is_subset(&closing)
        && usize::try_from(record.lot.bids).is_ok_and(|bids| bids == closing.len())
        && rows.iter().all(|bid| is_accepted(bid))
        && (rows.is_empty() || closing.is_subset(&all));
    if holds {
        Ok(())
    } else {
        Err("bids-differ".to_owned())
    }
}

fn code(problem: &StatementProblem) -> String {
    match problem {
        StatementProblem::Body(_) => "statement-malformed",
        StatementProblem::Elsewhere => "statement-elsewhere",
        StatementProblem::Lists => "statement-lists",
        StatementProblem::NotWithinClosing => "statement-unknown",
        StatementProblem::Signature(_) => "statement-signature",
        StatementProblem::NoSm2Signature | StatementProblem::Sm2Signature(_) => {
            "statement-sm2-signature"
        }
    }
    .to_owned()
}
