//! `kaibiao bid receipt`: the promise that a bid is in, the proof that it turns into, and
//! both checked without a network.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::receipt::{self, Turned};
use kaibiao_client::terms::Terms;
use kaibiao_client::{bid, files, lost, seal, statements, submission, unlock};
use kaibiao_core::receipt::{Believed, Proved, Shown};
use kaibiao_crypto::statement::Receipt;
use serde_json::{Value, json};

use crate::cli::connect::Connect;
use crate::cli::output::Output;
use crate::cli::roots::now;

pub const EXAMPLES: &str = "示例 · examples:
  kaibiao bid receipt 投标.kbid --key jia.p12                 取得回执;开标时间之后一并取得证明
  kaibiao bid receipt 投标.kbid --key jia.p12 --pdf 回执.pdf   另存纸质回执
  kaibiao bid receipt --check 投标.kbid.proof.json            离线核验,不需要证书
  kaibiao bid receipt --check 证明.json --policy 策略.json     由他人核验";

#[derive(Debug, Args)]
pub struct ReceiptArgs {
    /// .kbid 文件 · the sealed bid
    #[arg(required_unless_present = "check")]
    bid: Option<PathBuf>,
    /// 离线核验一份回执或其证明 · check a receipt, or the proof of one, without a network
    #[arg(long, value_name = "FILE", conflicts_with = "pdf")]
    check: Option<PathBuf>,
    /// 核验依据:投标所依据的密封条款,默认为投标文件旁的那一份
    /// · whom to believe: the terms it was sealed under; those beside the bid, if not given
    #[arg(long, value_name = "FILE", requires = "check")]
    terms: Option<PathBuf>,
    /// 核验依据:核验策略文件 · whom to believe: a policy file
    #[arg(
        long,
        value_name = "FILE",
        requires = "check",
        conflicts_with = "terms"
    )]
    policy: Option<PathBuf>,
    /// 另存纸质回执(PDF)· also save the receipt on paper
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    #[command(flatten)]
    connect: Connect,
}

pub async fn receipt(args: ReceiptArgs, output: &Output) -> Outcome<()> {
    match (&args.check, &args.bid) {
        (Some(file), _) => check(file, &args, output),
        (None, Some(bid)) => fetch(bid, &args, output).await,
        (None, None) => Err(Failure::unexpected("neither a bid nor a file to check")),
    }
}

async fn fetch(path: &Path, args: &ReceiptArgs, output: &Output) -> Outcome<()> {
    let header = bid::open(path)?.header().clone();
    let session = args.connect.session().await?;
    let terms = unlock::sealed_terms(&session.server, path, &header).await?;
    if let Err(said) = lost::look(&session, path).await {
        return Err(if said.code == "bid-lost" {
            receipt::unknown(&session, &terms, now(), said).await
        } else {
            said
        });
    }
    let view = submission::fetch_receipt(&session, &header).await?;
    let receipt = statements::receipt(&view, &terms, &header)?.into_inner();
    receipt::same_as_kept(path, &view, &receipt::by_terms(&terms)?)?;
    let saved = submission::keep_receipt(path, &view)?;
    output.say(
        format!("回执有效,保存在 {}。", saved.display()),
        format!("The receipt holds; kept in {}.", saved.display()),
    );
    if let Some(pdf) = &args.pdf {
        let bytes = receipt::paper(&session, &header).await?;
        files::write(pdf, &bytes, files::Readers::Everyone)?;
        output.say(
            format!("纸质回执已写入 {}。", pdf.display()),
            format!("The receipt on paper was written to {}.", pdf.display()),
        );
    }
    let turned = receipt::prove(&session, path, &header, &terms, &view, now()).await?;
    let mut result = json!({ "receipt": receipt, "file": saved, "outcome": "promise" });
    match turned {
        Turned::NotYet => output.say(
            "开标时间未到:回执是平台的承诺;开标时间之后请再执行一次,取得完整的证明。",
            "T0 has not come: the receipt is a promise. Run this again after T0 for the proof.",
        ),
        Turned::NoLog => output.say(
            "本项目的条款没有公开日志,没有可离线核验的证明;请以截止声明核对。",
            "The terms of this project name no public log, so there is no proof to be had; compare the closing statement.",
        ),
        Turned::Proved { proved, saved } => {
            tell_proved(&proved, output);
            output.say(
                format!("证明保存在 {}。", saved.display()),
                format!("The proof is kept in {}.", saved.display()),
            );
            result = json!({
                "receipt": receipt, "file": result["file"], "outcome": "proved",
                "proof": saved, "seq": proved.seq, "anchor": proved.tick,
                "cosigned": proved.cosigned.times(),
            });
        }
    }
    output.result(&result)
}

fn check(file: &Path, args: &ReceiptArgs, output: &Output) -> Outcome<()> {
    let believed = believed(file, args)?;
    let shown = receipt::check(&files::read(file)?, &believed)?;
    let (told, more) = match &shown {
        Shown::Promised(receipt) => {
            tell(receipt, output);
            output.say(
                "这是平台的承诺:签名成立。开标时间之后,请取得完整的证明;平台给不出证明的,这份回执就是证据,请交监督部门。",
                "This is the platform's promise, and its signature holds. From T0 on get the proof; if the platform has none, this receipt is evidence: take it to the supervisor.",
            );
            (&**receipt, json!({ "outcome": "promise" }))
        }
        Shown::Proved(proved) => {
            tell(&proved.receipt, output);
            tell_proved(proved, output);
            let more = json!({
                "outcome": "proved", "seq": proved.seq, "anchor": proved.tick,
                "cosigned": proved.cosigned.times(),
            });
            (&*proved.receipt, more)
        }
    };
    let mut result = json!({ "receipt": told });
    if let (Value::Object(all), Value::Object(more)) = (&mut result, more) {
        all.extend(more);
    }
    output.result(&result)
}

/// Whom to believe: a policy, or terms, which may lie beside the file.
fn believed(file: &Path, args: &ReceiptArgs) -> Outcome<Believed> {
    if let Some(policy) = &args.policy {
        return receipt::by_policy(policy);
    }
    let beside = args.bid.clone().or_else(|| bid_of(file));
    let path = args
        .terms
        .clone()
        .or_else(|| beside.map(|bid| seal::terms_path(&bid)))
        .filter(|path| path.exists())
        .ok_or_else(no_terms)?;
    let terms = Terms::parse(files::read(&path)?)?;
    args.connect.server.known().accepts(terms.content())?;
    receipt::by_terms(&terms)
}

/// The bid beside which a file lies, by its name.
fn bid_of(file: &Path) -> Option<PathBuf> {
    let name = file.file_name()?.to_str()?;
    let endings = [".receipt.json", ".proof.json", ".unproved.json"];
    let bid = endings.iter().find_map(|it| name.strip_suffix(it))?;
    Some(file.with_file_name(bid))
}

fn no_terms() -> Failure {
    Failure::new(
        Kind::Usage,
        "policy-needed",
        "不知道该相信谁:请用 --terms 给出投标所依据的密封条款,或用 --policy 给出核验策略文件。核验依据不能取自被核验的文件。",
        "Nobody is known to be believed: give the terms that the bid was sealed under with --terms, or a policy with --policy. It cannot come from the file that is checked.",
    )
}

fn tell(receipt: &Receipt, output: &Output) {
    let Receipt {
        bid, lot, project, ..
    } = receipt;
    let at = instant(receipt.received);
    output.say(
        format!("投标 {bid}\n标段 {lot},项目 {project};平台签名确认于 {at} 收到。"),
        format!(
            "Bid {bid}\n  Lot {lot}, project {project}; received at {at}, under the platform's signature."
        ),
    );
}

fn tell_proved(proved: &Proved, output: &Output) {
    let Proved { seq, tick, .. } = proved;
    let count = proved.cosigned.times().len();
    output.say(
        format!(
            "已证明:这份投标是项目记录的第 {seq} 项,在公开日志的第 {tick} 次锚定之中,有 {count} 个见证人联署。平台兑现了回执。"
        ),
        format!(
            "Proved: the bid is event {seq} of the project, held by anchor {tick} in the public log, which {count} witnesses have cosigned. The platform has kept its promise."
        ),
    );
}

fn instant(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map_or_else(|_| millis.to_string(), |at| at.to_string())
}
