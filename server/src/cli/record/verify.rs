//! `kaibiao record verify`: checks a record on this machine alone.

use std::path::{Path, PathBuf};

use clap::Args;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::known::Known;
use kaibiao_client::package::{self, Vouched};
use kaibiao_client::record::{self, About, Believed, Check, Files, Finding};
use kaibiao_client::terms::Terms;
use kaibiao_client::{anchored, files, lists, publication};
use kaibiao_core::signed::Signed;
use kaibiao_crypto::certificate::{Lists, Trust};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::fetch::{PROOF, SHEETS, SIGNATURES, TERMS};
use crate::cli::output::Output;
use crate::cli::roots::{RootsArgs, now};

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// 开标记录原件 record-LOT.json;同目录下 fetch 所存的文件会自动使用
    /// · the original, record-LOT.json; what `record fetch` saved beside it is taken by itself
    #[arg(value_name = "RECORD")]
    record: PathBuf,
    /// 签名 · its signatures, as record/signatures serves them
    #[arg(long, value_name = "FILE")]
    signatures: Option<PathBuf>,
    /// 另行取得的标准签名文件,可多次给出 · a detached signature that came by another way; may be given several times
    #[arg(long = "p7s", value_name = "FILE")]
    detached: Vec<PathBuf>,
    /// 公开日志的证明 · its proof, as record/proof serves it
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
    /// 唱标内容的复核材料,按投标摘要 · what opens announced sheets again, by bid
    #[arg(long, value_name = "FILE")]
    sheets: Option<PathBuf>,
    /// 本标段的条款包或密封条款 · the lot's terms package, or its sealing terms
    #[arg(long, value_name = "FILE")]
    terms: Option<PathBuf>,
    /// 从交易中心得知的声明公钥;不给则用本机所记的平台
    /// · the statement key as the centre told it; else the platform that is pinned on this machine
    #[arg(long, value_name = "BASE64")]
    statement_key: Option<String>,
    #[command(flatten)]
    roots: RootsArgs,
    /// 本机记忆的文件夹 · where this machine keeps which platforms it trusts
    #[arg(long, value_name = "DIR", env = "KAIBIAO_STATE")]
    state_dir: Option<PathBuf>,
}

pub fn verify(args: &VerifyArgs, output: &Output) -> Outcome<()> {
    let authorities = args.roots.read()?;
    let trust = &authorities.trust;
    let path = beside(args.terms.as_ref(), &args.record, TERMS).ok_or_else(terms_needed)?;
    let (terms, vouched) = package::read(files::read(&path)?)?;
    pinned(args, &terms)?;
    let record = files::read(&args.record)?;
    let detached = args.detached.iter().map(|path| {
        let name = path.display().to_string();
        files::read(path).map(|der| (name, der))
    });
    let files = Files {
        record: &record,
        signatures: read(beside(args.signatures.as_ref(), &args.record, SIGNATURES))?,
        proof: read(beside(args.proof.as_ref(), &args.record, PROOF))?,
        sheets: read(beside(args.sheets.as_ref(), &args.record, SHEETS))?,
        detached: detached.collect::<Outcome<_>>()?,
    };
    let found = files.signatures.iter().flat_map(|it| &it.signatures);
    let acts = found.map(|it| &it.act);
    let lists = kept(trust, &terms, vouched.as_ref(), acts);
    let by = Believed {
        terms: &terms,
        trust,
        lists: &lists,
        now: now(),
    };
    let mut checks = vec![of_terms(&terms, vouched.as_ref(), trust, &lists)];
    checks.extend(record::verify(&files, &by)?);
    for check in &checks {
        tell(check, output);
    }
    let failed = checks.iter().find(|it| it.finding == Finding::Fails);
    let (verdict, open) = match failed {
        Some(_) => ("fails", false),
        None => ("holds", checks.iter().any(|it| it.finding == Finding::Open)),
    };
    output.result(&json!({ "checks": checks, "verdict": verdict, "open": open }))?;
    match failed {
        Some(check) => Err(fails(check)),
        None if open => {
            output.say(
                "核验成立;有的项目尚无证明,请稍后重新下载后再核验。",
                "It holds. Some of it is not there yet: fetch it again later and verify anew.",
            );
            Ok(())
        }
        None => {
            output.say("核验成立。", "It holds.");
            Ok(())
        }
    }
}

/// The file that was named, or the one beside the record, if it is there.
fn beside(named: Option<&PathBuf>, record: &Path, ending: &str) -> Option<PathBuf> {
    named.cloned().or_else(|| {
        let path = record.with_extension(ending);
        path.exists().then_some(path)
    })
}

fn read<T: DeserializeOwned>(path: Option<PathBuf>) -> Outcome<Option<T>> {
    let Some(path) = path else { return Ok(None) };
    let value = serde_json::from_slice(&files::read(&path)?);
    value.map(Some).map_err(|error| {
        let path = path.display();
        Failure::new(
            Kind::Input,
            "evidence-malformed",
            format!("{path} 的格式有误:{error}。请用 kaibiao record fetch 重新下载。"),
            format!(
                "{path} is not of its form: {error}. Download it again with kaibiao record fetch."
            ),
        )
    })
}

fn kept<'a>(
    trust: &Trust,
    terms: &'a Terms,
    vouched: Option<&'a Vouched>,
    acts: impl Iterator<Item = &'a Signed>,
) -> Lists {
    let brought = vouched.map_or(&[][..], |it| &it.lists);
    let publication = vouched.map(|it| &it.act);
    let all = acts.chain(terms.certified()).chain(publication);
    lists::own(trust, all, brought)
}

/// Whether the platform of the terms is one that this machine has pinned, or that was
/// named.
fn pinned(args: &VerifyArgs, terms: &Terms) -> Outcome<()> {
    let told = &terms.content().trust;
    let is_known = if let Some(key) = &args.statement_key {
        *key == told.statement_key
    } else {
        let known = args.state_dir.clone().map_or_else(Known::usual, Known::at);
        known.accepts(terms.content())?;
        let platforms = known.platforms()?;
        let mut same = platforms.values().map(|it| (&it.origin, &it.statement_key));
        same.any(|it| it == (&told.origin, &told.statement_key))
    };
    if is_known {
        return Ok(());
    }
    Err(Failure::new(
        Kind::Unproved,
        "platform-unknown",
        format!(
            "条款写的平台是 {}(声明公钥 {}),本机没有记过它。请通过电话等其他途径向交易中心核对声明公钥,再用 --statement-key 给出。",
            told.origin, told.statement_key
        ),
        format!(
            "The platform of the terms is {} (statement key {}), which this machine has not pinned. Ask the trading centre for its statement key by other means and give it with --statement-key.",
            told.origin, told.statement_key
        ),
    ))
}

/// That the host has signed these terms, and that they are in the public log.
fn of_terms(terms: &Terms, vouched: Option<&Vouched>, trust: &Trust, lists: &Lists) -> Check {
    let of = terms.digest().to_string();
    let Some(vouched) = vouched else {
        return Check::new(About::Terms, Finding::NotAsked, None, of);
    };
    let found = publication::vouches(&vouched.act, terms, trust, lists)
        .and_then(|()| anchored::packaged(vouched.logged.as_deref(), terms));
    Check::of(About::Terms, of, found.map(drop).map_err(|it| it.code))
}

fn tell(check: &Check, output: &Output) {
    let (zh, en) = words(check.check);
    let (mark, zh_found, en_found) = match check.finding {
        Finding::Holds => ("✓", "成立", "holds"),
        Finding::Fails => ("✗", "不成立", "fails"),
        Finding::Open => ("…", "尚无", "not there yet"),
        Finding::NotAsked => ("–", "未核验", "not asked"),
    };
    let code = check.code.as_ref().map(|code| format!(" [{code}]"));
    let code = code.unwrap_or_default();
    let of = match check.of.as_str() {
        "" => String::new(),
        of => format!("  {of}"),
    };
    output.row(format!("{mark} {zh} {en}: {zh_found} {en_found}{code}{of}"));
}

fn words(check: About) -> (&'static str, &'static str) {
    match check {
        About::Terms => ("密封条款由招标人签署", "terms signed by the host"),
        About::Record => ("开标记录及其摘要", "record and digest"),
        About::Host => ("主持人已签署", "signed by the host"),
        About::Signature => ("签名", "signature"),
        About::Detached => ("标准签名文件(p7s)", "detached signature (p7s)"),
        About::Closing => ("截止声明", "closing statement"),
        About::Accepted => ("接受声明", "accepted statement"),
        About::Consistency => ("记录树是截止时的延续", "tree goes on from the closing one"),
        About::Log => ("记录树在公开日志中", "tree in the public log"),
        About::Bids => ("投标与两份清单相符", "bids against both lists"),
        About::Sheet => ("唱标内容复核", "sheet opened again"),
    }
}

fn fails(check: &Check) -> Failure {
    let (zh, en) = words(check.check);
    let code = check.code.clone().unwrap_or_default();
    Failure::new(
        Kind::Unproved,
        code.clone(),
        format!(
            "核验不成立:{zh}({code}){}。请用 kaibiao record fetch 重新下载;仍如此,请保留这些文件并联系监督部门。",
            check.of
        ),
        format!(
            "It does not hold: {en} ({code}) {}. Download it again with kaibiao record fetch; if it stays so, keep these files and tell the supervisor.",
            check.of
        ),
    )
}

fn terms_needed() -> Failure {
    Failure::new(
        Kind::Usage,
        "terms-needed",
        "请用 --terms 给出本标段的条款包:其中有平台公钥、公开日志和见证人。kaibiao record fetch 会把它存在记录旁边。",
        "Give the lot's terms package with --terms: it names the platform's keys, log and witnesses. kaibiao record fetch saves it beside the record.",
    )
}
