//! What the public log proves before a secret is let go of (docs/spec/evidence.md, 4
//! to 6).

use std::time::{Duration, Instant};

use kaibiao_api::LoggedView;
use kaibiao_core::anchored::{self, StatementProof, Unproved};
use kaibiao_crypto::anchor::{AnchorProblem, TermsEntry};
use kaibiao_crypto::certificate::Millis;
use kaibiao_crypto::statement::{AcceptedStatement, ClosingStatement};
use kaibiao_crypto::tlog::{Cosigned, Policy};

use crate::failure::{Failure, Kind, Outcome};
use crate::http::Server;
use crate::terms::{Doubt, Terms};

/// How often terms are looked for in the log before they are taken for missing.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(500);
/// How often it is asked again while witnesses are awaited.
const AGAIN: Duration = Duration::from_secs(3);
/// What fails while too few witnesses have cosigned.
const AWAITED: &str = "log-quorum";
/// A cosignature that is later than this after what it is about is told.
const LATE: Millis = 120_000;

/// Checks that a closing statement tells what the anchored tree holds; answers what is
/// to be told and stops nothing.
pub fn closing(
    proof: Option<&StatementProof>,
    statement: &ClosingStatement,
    terms: &Terms,
) -> Outcome<Vec<Doubt>> {
    check(proof, statement.at, terms, |proof, policy| {
        anchored::closing(statement, proof, policy)
    })
}

/// The same of an accepted statement.
pub fn accepted(
    proof: Option<&StatementProof>,
    statement: &AcceptedStatement,
    terms: &Terms,
) -> Outcome<Vec<Doubt>> {
    check(proof, statement.at, terms, |proof, policy| {
        anchored::accepted(statement, proof, policy)
    })
}

/// Whether a failure may mend itself by the witnesses' coming.
#[must_use]
pub fn is_awaited(failure: &Failure) -> bool {
    failure.code == AWAITED
}

/// Does it again while witnesses are awaited, for so long at most; `told` is called
/// once, when it has to be waited. Nothing may have been let go of by what fails so.
pub async fn when_cosigned<T>(
    patience: Duration,
    told: impl FnOnce(),
    mut work: impl AsyncFnMut() -> Outcome<T>,
) -> Outcome<T> {
    let until = Instant::now() + patience;
    let mut told = Some(told);
    loop {
        let failure = match work().await {
            Err(failure) if is_awaited(&failure) => failure,
            done => return done,
        };
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(failure);
        }
        if let Some(told) = told.take() {
            told();
        }
        tokio::time::sleep(AGAIN.min(left)).await;
    }
}

fn check(
    proof: Option<&StatementProof>,
    at: Millis,
    terms: &Terms,
    holds: impl FnOnce(&StatementProof, &Policy) -> Result<Cosigned, Unproved>,
) -> Outcome<Vec<Doubt>> {
    let policy = terms.content().trust.policy().map_err(stops)?;
    let Some(policy) = policy else {
        return Ok(Vec::new());
    };
    let Some(proof) = proof else {
        let quorum = policy.quorum();
        return if quorum == 0 {
            Ok(vec![not_logged()])
        } else {
            let missing = AnchorProblem::Quorum { signed: 0, quorum };
            Err(stops(Unproved::Anchor(missing)))
        };
    };
    let cosigned = holds(proof, &policy).map_err(stops)?;
    let second = |at: Millis| u64::try_from(at.div_euclid(1_000)).unwrap_or(0);
    let mut counting = cosigned.times().iter().filter(|time| **time >= second(at));
    let last = policy
        .quorum()
        .checked_sub(1)
        .and_then(|last| counting.nth(last));
    let late = last.is_some_and(|last| *last > second(at + LATE));
    Ok(if late {
        vec![cosigned_late()]
    } else {
        Vec::new()
    })
}

/// Checks that these terms are in the platform's public log; answers what is to be told
/// and stops nothing.
pub async fn logged(server: &Server, terms: &Terms) -> Outcome<Vec<Doubt>> {
    let Some(policy) = policy(terms)? else {
        return Ok(Vec::new());
    };
    let (project, lot) = (terms.project(), terms.lot());
    let path = format!("projects/{project}/lots/{lot}/terms/logged");
    // Terms that were published just now are in the log a moment later.
    let mut tries = 1..=TRIES;
    let view: LoggedView = loop {
        match (server.get(&path).await, tries.next()) {
            (Err(failure), Some(_)) if failure.code == "not-found" => {
                tokio::time::sleep(PAUSE).await;
            }
            (Err(failure), None) if failure.code == "not-found" => return Err(not_in_log()),
            (answer, _) => break answer?,
        }
    };
    prove_logged(&view.proof, terms, &policy)
}

/// The same by the proof of a terms package, which may have none: that is told.
pub fn packaged(proof: Option<&str>, terms: &Terms) -> Outcome<Vec<Doubt>> {
    let Some(policy) = policy(terms)? else {
        return Ok(Vec::new());
    };
    proof.map_or_else(
        || Ok(vec![not_in_package()]),
        |proof| prove_logged(proof, terms, &policy),
    )
}

fn policy(terms: &Terms) -> Outcome<Option<Policy>> {
    terms.content().trust.policy().map_err(stops)
}

fn prove_logged(proof: &str, terms: &Terms, policy: &Policy) -> Outcome<Vec<Doubt>> {
    let (project, lot) = (terms.project(), terms.lot().to_string());
    let entry = TermsEntry {
        lot: &lot,
        project: &project,
        terms: terms.digest(),
    };
    let alone = Policy::new(policy.log().clone(), Vec::new(), 0);
    let alone = alone.map_err(|_| stops(Unproved::Terms))?;
    entry
        .prove(proof, &alone)
        .map_err(|problem| stops(problem.into()))?;
    Ok(match entry.prove(proof, policy) {
        Err(AnchorProblem::Quorum { signed, quorum }) => vec![few(signed, quorum)],
        Err(problem) => return Err(stops(problem.into())),
        Ok(_) => Vec::new(),
    })
}

fn stops(problem: Unproved) -> Failure {
    let zh = match &problem {
        Unproved::Terms => "密封条款中的公开日志、见证人或联署门限不可能",
        Unproved::Event => "所示事件不是该记录树的最后一项",
        Unproved::Statement => "平台的声明与公开日志所锚定的记录不符",
        Unproved::Anchor(problem) => match problem {
            AnchorProblem::Differs => "锚定的不是这份声明的记录树",
            AnchorProblem::Malformed => "公开日志的证明格式有误",
            AnchorProblem::Unsigned => "公开日志的检查点没有该日志的签名",
            AnchorProblem::Quorum { .. } => "见证人的联署尚不足,请稍后再试",
            AnchorProblem::Inclusion => "公开日志中没有这一项",
        },
    };
    Failure::new(
        Kind::Unproved,
        problem.code(),
        format!("{zh}({problem})。没有交出任何密钥;若一直如此,请联系监督部门。"),
        format!(
            "Not proved by the public log: {problem}. No key was let go of; if it stays so, call the supervisor."
        ),
    )
}

fn not_in_log() -> Failure {
    Failure::new(
        Kind::Unproved,
        "terms-not-logged",
        "这份密封条款还不在平台的公开日志中。没有密封任何内容;请一分钟后再试,仍不行请联系交易中心。",
        "These sealing terms are not in the platform's public log yet. Nothing was sealed; try again in a minute, and call the centre if that does not help.",
    )
}

fn not_in_package() -> Doubt {
    Doubt {
        code: "logged-missing".to_owned(),
        zh: "这个条款包没有附带条款在公开日志中的证明,无法离线核验。可以密封;联网后可重新下载条款包核验。".to_owned(),
        en: "This terms package has no proof that its terms are in the public log, so that cannot be checked without a network. You may seal; a package downloaded anew can be checked.".to_owned(),
    }
}

fn not_logged() -> Doubt {
    Doubt {
        code: "not-logged".to_owned(),
        zh: "平台没有给出其声明在公开日志中的证明。条款不要求见证人联署,可以继续;请保留回执并在事后核对。".to_owned(),
        en: "The platform gave no proof that its statement is in the public log. The terms ask for no witness, so you may go on; keep your receipt and compare later.".to_owned(),
    }
}

fn cosigned_late() -> Doubt {
    Doubt {
        code: "cosigned-late".to_owned(),
        zh: "见证人的联署比声明的时间晚了两分钟以上。可以继续;请告知监督部门。".to_owned(),
        en: "The witnesses cosigned more than two minutes after the statement's time. You may go on; tell the supervisor.".to_owned(),
    }
}

fn few(signed: usize, quorum: usize) -> Doubt {
    Doubt {
        code: "few-witnesses".to_owned(),
        zh: format!(
            "公开日志中的这份条款目前有 {signed} 个见证人联署,条款要求 {quorum} 个。可以密封;交出密钥之前会再次核验。"
        ),
        en: format!(
            "{signed} witnesses have cosigned these terms in the public log so far, and the terms ask for {quorum}. You may seal; it is checked again before any key is let go of."
        ),
    }
}
