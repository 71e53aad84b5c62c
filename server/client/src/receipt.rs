//! What a receipt shows, checked on this machine alone; and what it has turned into,
//! asked of the platform from T0 on (docs/spec/receipts.md).

use std::path::{Path, PathBuf};
use std::time::Duration;

use kaibiao_api::{ClosingView, StatementView};
use kaibiao_core::receipt::{Believed, Proved, ReceiptFile, ReceiptProblem, Shown, SignedReceipt};
use kaibiao_core::terms::Trust;
use kaibiao_crypto::anchor::AnchorProblem;
use kaibiao_crypto::bid::Header;
use kaibiao_crypto::certificate::Millis;
use serde::Deserialize;

use crate::failure::{Failure, Kind, Outcome};
use crate::files::{self, Readers};
use crate::http::Session;
use crate::statements;
use crate::submission::receipt_path;
use crate::terms::Terms;

/// How often a proof is asked for once T0 is past: an anchor is in the log a moment after
/// the statement that it is of.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(500);

/// What there is of a bid beside its promise.
#[derive(Debug)]
pub enum Turned {
    /// T0 has not come, as far as the platform says.
    NotYet,
    /// The terms name no public log.
    NoLog,
    /// The promise was kept.
    Proved {
        /// What is proved.
        proved: Box<Proved>,
        /// Where the proof was saved.
        saved: PathBuf,
    },
}

/// Where the proof of a bid's receipt is kept.
fn proof_path(bid: &Path) -> PathBuf {
    files::beside(bid, ".proof.json")
}

/// The members of a policy (docs/spec/bundle.md, 4) that a checker of receipts asks.
#[derive(Deserialize)]
struct PolicyFile {
    format: String,
    origin: String,
    log_key: Option<String>,
    #[serde(default)]
    witnesses: Vec<String>,
    quorum: u8,
    statement_key: String,
    receipt_key: String,
    #[serde(default)]
    sm2_chain: Vec<String>,
}

/// Whom sealing terms say to believe.
///
/// # Errors
/// `terms-log` for a log, witnesses or a quorum that are impossible.
pub fn by_terms(terms: &Terms) -> Outcome<Believed> {
    Believed::of(&terms.content().trust, Some(terms.project())).map_err(shows_nothing)
}

/// Whom a policy file says to believe.
///
/// # Errors
/// `policy-unreadable`, and as [`by_terms`].
pub fn by_policy(path: &Path) -> Outcome<Believed> {
    let read: Option<PolicyFile> = serde_json::from_slice(&files::read(path)?).ok();
    let policy = read.filter(|policy| policy.format == "kaibiao/1 policy");
    let policy = policy.ok_or_else(|| {
        let path = path.display();
        Failure::new(
            Kind::Input,
            "policy-unreadable",
            format!("{path} 不是核验策略文件(kaibiao/1 policy)。"),
            format!("{path} is no policy file (kaibiao/1 policy)."),
        )
    })?;
    let trust = Trust {
        origin: policy.origin,
        statement_key: policy.statement_key,
        receipt_key: policy.receipt_key,
        log_key: policy.log_key,
        witnesses: policy.witnesses,
        quorum: policy.quorum,
        tsas: Vec::new(),
        sm2_chain: policy.sm2_chain,
    };
    Believed::of(&trust, None).map_err(shows_nothing)
}

/// Checks a receipt, or the proof of one, without asking anybody.
///
/// # Errors
/// By the first check that fails, with its code.
pub fn check(bytes: &[u8], believed: &Believed) -> Outcome<Shown> {
    ReceiptFile::read(bytes)
        .and_then(|file| file.check(believed))
        .map_err(shows_nothing)
}

/// Refuses a receipt that is another than the one kept beside the bid: a platform signs
/// for a bid once.
///
/// # Errors
/// `receipt-differs`.
pub fn same_as_kept(bid: &Path, view: &StatementView, believed: &Believed) -> Outcome<()> {
    let kept = std::fs::read(receipt_path(bid)).ok();
    let kept = kept.and_then(|bytes| ReceiptFile::read(&bytes).ok());
    let Some(kept) = kept else { return Ok(()) };
    let is_other = kept.promise().body != view.body && kept.check(believed).is_ok();
    if is_other {
        Err(shows_nothing(ReceiptProblem::Differs))
    } else {
        Ok(())
    }
}

/// What it means that the platform does not know a bid for which it has signed: once T0
/// is past, that its promise is broken; before, what was said of it.
pub async fn unknown(session: &Session, terms: &Terms, now: Millis, said: Failure) -> Failure {
    let path = format!("projects/{}/closing", terms.project());
    match session.server.get::<ClosingView>(&path).await {
        Ok(closing) if statements::closed(&closing, terms, now).is_ok() => {
            shows_nothing(ReceiptProblem::Missing)
        }
        _ => said,
    }
}

/// Asks for the proof that the promise of a bid was kept, checks it, and saves it beside
/// the bid.
///
/// # Errors
/// `receipt-missing` where T0 is past and there is none; whatever the check finds, when
/// what was shown is saved as `.unproved.json`.
pub async fn prove(
    session: &Session,
    bid: &Path,
    header: &Header,
    terms: &Terms,
    promise: &StatementView,
    now: Millis,
) -> Outcome<Turned> {
    let project = &header.context().project;
    let closing = session
        .server
        .get::<ClosingView>(&format!("projects/{project}/closing"))
        .await;
    let closing = match closing {
        Err(failure) if failure.code == "not-found" => return Ok(Turned::NotYet),
        answer => answer?,
    };
    statements::closed(&closing, terms, now)?;
    let believed = by_terms(terms)?;
    if believed.log.is_none() {
        return Ok(Turned::NoLog);
    }
    let mut tries = 1..TRIES;
    let (shown, found) = loop {
        let shown = fetch(session, header).await?;
        match proved(&shown, &believed, promise) {
            // Witnesses are asked at T0, and answer a moment later.
            Err(ReceiptProblem::Anchor(AnchorProblem::Quorum { .. })) if tries.next().is_some() => {
                tokio::time::sleep(PAUSE).await;
            }
            found => break (shown, found),
        }
    };
    match found {
        Ok(proved) => {
            let saved = proof_path(bid);
            files::write(&saved, &shown, Readers::Everyone)?;
            let proved = Box::new(proved);
            Ok(Turned::Proved { proved, saved })
        }
        Err(problem) => {
            let saved = files::beside(bid, ".unproved.json");
            files::write(&saved, &shown, Readers::Everyone)?;
            Err(shows_nothing(problem))
        }
    }
}

async fn fetch(session: &Session, header: &Header) -> Outcome<Vec<u8>> {
    let (project, bid) = (&header.context().project, header.digest());
    let path = format!("projects/{project}/bids/{bid}/receipt/proof");
    let mut tries = 1..=TRIES;
    loop {
        match (session.server.get_bytes(&path).await, tries.next()) {
            (Err(failure), Some(_)) if failure.code == "not-found" => {
                tokio::time::sleep(PAUSE).await;
            }
            (Err(failure), None) if failure.code == "not-found" => {
                return Err(shows_nothing(ReceiptProblem::Missing));
            }
            (answer, _) => return answer,
        }
    }
}

/// Whether what the platform shows proves this very promise.
fn proved(
    shown: &[u8],
    believed: &Believed,
    promise: &StatementView,
) -> Result<Proved, ReceiptProblem> {
    let promise = SignedReceipt {
        body: promise.body.clone(),
        signature: promise.signature.clone(),
        sm2_signature: promise.sm2_signature.clone(),
    };
    let file = ReceiptFile::read(shown)?;
    match file.check(believed)? {
        Shown::Proved(_) if *file.promise() != promise => Err(ReceiptProblem::Differs),
        Shown::Proved(proved) => Ok(proved),
        Shown::Promised(_) => Err(ReceiptProblem::Malformed),
    }
}

/// The receipt on paper.
///
/// # Errors
/// Whatever the platform answers instead.
pub async fn paper(session: &Session, header: &Header) -> Outcome<Vec<u8>> {
    let (project, bid) = (&header.context().project, header.digest());
    let path = format!("projects/{project}/bids/{bid}/receipt.pdf");
    session.server.get_bytes(&path).await
}

fn shows_nothing(problem: ReceiptProblem) -> Failure {
    let (zh, en) = words(problem);
    let (zh_next, en_next) = if problem.is_against_platform() {
        (
            "平台签名确认的与事实不符:请保存好回执和本次结果,交监督部门。",
            "The platform has signed what is not so: keep the receipt and this result, and take them to the supervisor.",
        )
    } else {
        (
            "此文件本身不能证明任何一方有过错。",
            "By itself this file shows nothing against anybody.",
        )
    };
    let kind = match problem {
        ReceiptProblem::Malformed | ReceiptProblem::NoLog => Kind::Input,
        _ => Kind::Unproved,
    };
    Failure::new(
        kind,
        problem.code(),
        format!("{zh}({problem})。{zh_next}"),
        format!("{en} ({problem}). {en_next}"),
    )
}

fn words(problem: ReceiptProblem) -> (&'static str, &'static str) {
    match problem {
        ReceiptProblem::Malformed => (
            "这不是回执文件,也不是回执的证明文件",
            "This is neither a receipt nor the proof of one",
        ),
        ReceiptProblem::Foreign => (
            "这是另一个项目的回执,请换用该项目的密封条款",
            "This receipt is of another project; check it by that project's terms",
        ),
        ReceiptProblem::Signature => (
            "回执签名不成立:文件被改动过,或不是这个平台签发的;请核对平台名称和回执公钥",
            "The receipt's signature does not hold: the file was altered, or another platform signed it; compare the platform's name and its receipt key",
        ),
        ReceiptProblem::Sm2Signature => (
            "回执缺少平台的 SM2 签名,或该签名在密封条款所载平台证书下不成立;请用 kaibiao receipt show 重新取得回执,仍如此的请向交易中心反映",
            "The platform's SM2 signature is missing, or does not hold under the certificate that the sealing terms name; get the receipt again, and tell the trading centre if that is no better",
        ),
        ReceiptProblem::NoLog => (
            "没有可用来核验证明的公开日志:请用投标所依据的密封条款,或给出日志公钥的核验策略",
            "There is no public log to check a proof by: use the terms that the bid was sealed under, or a policy that names the log's key",
        ),
        ReceiptProblem::Event => (
            "证明中的事件不是回执所指的事件,或与锚定的记录树对不上;请重新取得证明",
            "The event in the proof is not the one that the receipt names, or not in the anchored tree; get the proof again",
        ),
        ReceiptProblem::Differs => (
            "平台为这份投标签名的内容前后不一",
            "What the platform has signed of this bid does not agree with itself",
        ),
        ReceiptProblem::Late => (
            "按回执的承诺应当包含这份投标的锚定中没有它",
            "The anchor that was to hold this bid, as the receipt promised, does not hold it",
        ),
        ReceiptProblem::Missing => (
            "开标时间已过,平台签发过回执,却不能证明这份投标在记录中",
            "T0 is past, and the platform shows no proof that this bid, for which it signed, is on record",
        ),
        ReceiptProblem::Anchor(AnchorProblem::Quorum { .. }) => (
            "见证人的联署尚不足,请稍后再取得证明",
            "Not enough witnesses have cosigned yet; get the proof again later",
        ),
        ReceiptProblem::Anchor(_) => (
            "公开日志不能证明这一锚定;请重新取得证明,并核对日志公钥",
            "The public log does not prove this anchor; get the proof again, and compare the log's key",
        ),
    }
}
