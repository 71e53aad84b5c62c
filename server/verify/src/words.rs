//! What people are told, in Chinese and English.

mod said;

use crate::found::Found;
use crate::outcome::{Check, Outcome};
use crate::report::{Language, Made, Verdict};

/// The code of a receipt that says nothing about the bundle.
pub(crate) const FOREIGN: &str = "receipt-foreign";

pub(crate) const fn say(language: Language, zh: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

/// One check with its outcome, and what a fault means.
pub(crate) fn line(language: Language, made: &Made) -> String {
    let (zh, en) = title(made.check);
    let title = say(language, zh, en);
    let of = made.of.as_ref().map(|of| format!(" {of}"));
    let of = of.unwrap_or_default();
    match &made.outcome {
        Outcome::Holds => format!("{}  {title}{of}", say(language, "成立    ", "holds   ")),
        Outcome::NotMade => {
            let why = say(
                language,
                "（所依据的核验项不成立）",
                " (it rests on a check that fails)",
            );
            format!("{}  {title}{why}", say(language, "未作    ", "not made"))
        }
        Outcome::NotAsked if made.check == Check::Receipt => {
            let why = say(
                language,
                "：不是本平台本项目的回执，与本证据包无关",
                ": not a receipt of this platform and project; it says nothing here",
            );
            let mark = say(language, "不适用  ", "foreign ");
            format!("{mark}  {title}{of}{why} [{FOREIGN}]")
        }
        Outcome::NotAsked => format!("{}  {title}", say(language, "未要求  ", "no ask  ")),
        Outcome::Withheld { some, all } => {
            let mark = say(language, "未公开  ", "withheld");
            format!("{mark}  {title} ({some}/{all})")
        }
        Outcome::Fails(fault) => {
            let mark = say(language, "不成立  ", "FAILS   ");
            let (zh, en) = meaning(&fault.code);
            let meaning = say(language, zh, en);
            let (code, place) = (&fault.code, &fault.place);
            format!("{mark}  {title} [{code}] {place}\n          {meaning}")
        }
    }
}

pub(crate) fn verdict(language: Language, verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => say(language, "结论：成立。", "Verdict: holds."),
        Verdict::HoldsWithoutSigners => say(
            language,
            "结论：成立，但本版不含签署人。谁签署了什么，以监督版为准。",
            "Verdict: holds, without who signed: that is in the supervisor's edition.",
        ),
        Verdict::Fails => say(
            language,
            "结论：不成立。请保留证据包和核验策略，把第一个不成立的项目告知监督部门。",
            "Verdict: does not hold. Keep the bundle and the policy, and tell the supervisor of the first check that fails.",
        ),
    }
}

/// What a check is called.
const fn title(check: Check) -> (&'static str, &'static str) {
    match check {
        Check::Form => ("form 文件格式", "form: the file"),
        Check::Platform => ("platform 平台与项目", "platform: whose it is"),
        Check::Tree => ("tree 事件序列与根", "tree: the events' order and root"),
        Check::Disclosure => ("disclosure 内容与摘要", "disclosure: texts and digests"),
        Check::Files => ("files 应有的文件", "files: all that there must be"),
        Check::Rules => ("rules 规则重演", "rules: every event was lawful"),
        Check::Complaints => ("complaints 未公开的事件", "complaints: events withheld"),
        Check::Log => (
            "log 公开日志与见证",
            "log: the public log and its witnesses",
        ),
        Check::Anchors => ("anchors 锚定", "anchors: the stream in the log"),
        Check::Statements => ("statements 平台声明", "statements: closing and accepted"),
        Check::Timestamps => ("timestamps 时间戳", "timestamps: by another's clock"),
        Check::Terms => ("terms 密封条款", "terms: sealing terms"),
        Check::Notices => ("notices 公告与变更", "notices: in the public log"),
        Check::Receipts => ("receipts 回执", "receipts: of every bid"),
        Check::Authenticity => ("authenticity 签署人", "authenticity: who did it"),
        Check::Sheets => ("sheets 开标一览表重新解密", "sheets: opened again"),
        Check::Record => ("record 开标记录", "record: made again"),
        Check::Rechecks => ("rechecks 未开启原因复核", "rechecks: failures repeated"),
        Check::Receipt => ("receipt 您的回执", "receipt: the one you kept"),
    }
}

/// What a fault means.
#[allow(clippy::too_many_lines, reason = "a list of codes is as long as it is")]
fn meaning(code: &str) -> (&'static str, &'static str) {
    match code {
        "bundle-form" => (
            "不是证据包，或者文件被改动过。请重新下载。",
            "It is no bundle, or was changed. Download it again.",
        ),
        "bundle-large" => ("超过证据包的上限。", "It is larger than a bundle may be."),
        "origin-differs" => (
            "平台名与您所记的不同：这是另一个平台的证据包。",
            "The platform's name is not the one you noted: it is another platform's bundle.",
        ),
        "key-differs" => (
            "平台、日志或见证人的密钥与您所记的不同。",
            "Keys of platform, log or witnesses are not those you noted.",
        ),
        "project-differs" => (
            "包内有另一个项目的条款、声明或记录。",
            "It holds terms, statements or records of another project.",
        ),
        "rules-version" => (
            "本程序不认识这一版规则；请更新程序。",
            "These rules are newer than this program; update it.",
        ),
        "event-sequence" => (
            "事件缺失、重复、调换或改号。",
            "An event is missing, doubled, moved or renumbered.",
        ),
        "event-time" => (
            "事件时间倒退。",
            "An event is earlier than the one before it.",
        ),
        "tree-differs" => (
            "事件与所载的根不符：有删改。",
            "The events do not make the root: something was changed.",
        ),
        "facts-differ" | "details-differ" => (
            "事件内容与其摘要不符：被改动过。",
            "An event's text is not what its digest commits to: it was changed.",
        ),
        "facts-withheld" => (
            "本应公开的事件内容没有公开。",
            "What must be disclosed is withheld.",
        ),
        "details-withheld" => (
            "本应给出的事件内容没有给出，或者不得删除而被删除。",
            "What must be disclosed is withheld, or was erased although it may not be.",
        ),
        "erasure-unrecorded" => (
            "事件详情被删除，平台事件流却没有这项记录。",
            "An event's details were erased, and the platform's stream has no record of that.",
        ),
        "file-missing" => (
            "缺少事实所要求的文件，或其内容与文件名不符。",
            "A file that the facts ask for is missing, or is not what its name says.",
        ),
        "file-surplus" => (
            "有事实不要求的文件。",
            "A file is there that the facts do not ask for.",
        ),
        "unlawful" => (
            "该事件在当时的状态下不合规则。",
            "By the rules this event could not happen when it did.",
        ),
        "bundle-end" => (
            "证据包没有止于应止之处：事件被截断或多出。",
            "The bundle does not end where it must: events were cut off or added.",
        ),
        "log-unsigned" => (
            "检查点不是该公开日志签署的。",
            "The checkpoint is not signed by the log.",
        ),
        "log-quorum" => (
            "联署的见证人不足门限。",
            "Fewer witnesses have cosigned than the quorum.",
        ),
        "log-signature" => (
            "检查点的签名行有误，或联署早于最后一个事件。",
            "A signature line is wrong, or older than the last event.",
        ),
        "log-inclusion" => (
            "锚定不在公开日志里。",
            "The anchor is not in the public log.",
        ),
        "log-late" => ("见证人联署太晚。", "The quorum came too late."),
        "anchor-tick" | "anchor-index" => (
            "锚定缺号或次序有误。",
            "Anchors have a gap or are out of order.",
        ),
        "anchor-prefix" => (
            "事件与已锚定的历史不符：历史被改写。",
            "The events are not those that were anchored: history was rewritten.",
        ),
        "anchor-end" => (
            "最后的锚定不是整个证据包的：事件被截断或多出。",
            "The last anchor is not over the whole bundle: events were cut off or added.",
        ),
        "anchor-missing" | "anchor-differs" => (
            "声明所依据的树没有锚定。",
            "A statement's tree is not anchored.",
        ),
        "statement-signature" => (
            "声明不是该平台签署的。",
            "The statement is not signed by the platform.",
        ),
        "statement-sm2-signature" => (
            "声明没有在平台SM2证书下成立的签名，或者不该有而有。",
            "The statement has no SM2 signature that holds under the platform's certificate, or has one where there may be none.",
        ),
        "statement-unknown" | "statement-differs" | "event-differs" => (
            "声明与事件不符。",
            "The statement is not what the events say.",
        ),
        "timestamp-missing" => (
            "缺少时间戳；如刚导出，请稍后重新导出。",
            "A time stamp is missing; if it was made just now, export it again later.",
        ),
        "timestamp-early" | "timestamp-late" => (
            "时间戳的时间不可能，或太晚。",
            "The time stamped is impossible, or too late.",
        ),
        "rules-differ" => (
            "规则不是招标人签署的条款所定的。",
            "The rules are not what the host's signed terms say.",
        ),
        "notice-unlogged" => (
            "公告、澄清、修改、延期或取消没有按所签内容及时进入公开日志。",
            "A notice or a change of it is not in the public log as it was signed, in time.",
        ),
        "terms-unlogged" => (
            "条款在截标前没有进入公开日志。",
            "Terms were not in the public log before the deadline.",
        ),
        "receipt-signature" => (
            "回执不是该平台签署的。",
            "A receipt is not signed by the platform.",
        ),
        "receipt-sm2-signature" => (
            "回执没有在平台SM2证书下成立的签名，或者不该有而有。",
            "A receipt has no SM2 signature that holds under the platform's certificate, or has one where there may be none.",
        ),
        "receipt-differs" => (
            "回执与投标事件不符，或者缺少回执。",
            "A receipt is not what the bid's event says, or is missing.",
        ),
        "receipt-late" => (
            "投标没有在回执承诺的时间之前锚定。",
            "The bid was not anchored by when its receipt promised.",
        ),
        "receipt-missing" => (
            "平台签收过的这份投标不在事件里。这是平台的责任，请向监督部门出示回执。",
            "The platform took this bid, and it is not among the events. That is evidence against the platform: show the receipt to the supervisor.",
        ),
        "act-missing" | "act-differs" | "act-unsigned" => (
            "事件没有相应的签署行为。",
            "No signed act stands behind the event.",
        ),
        "act-unfit" => (
            "所签署的行为不会产生这个事件。",
            "What was signed does not make this event.",
        ),
        "grounds-path" => (
            "证书核验所记的证书路径与所附证书不符。",
            "The path that is told of a certificate's judgement is not that of the certificates.",
        ),
        "grounds-time" => (
            "证书核验的时刻与事件不符。",
            "The certificate was not judged when the act was accepted.",
        ),
        "author-differs" => (
            "签署人不是事件所称的单位，或者不任该职。",
            "The signer is not who the event says, or has no such part.",
        ),
        "bid-digest" => ("开标一览表不是该投标的。", "The sheet is not that bid's."),
        "context-differs" => (
            "投标不属于这些条款、项目、标段或投标人。",
            "The bid is of other terms, of another project or lot, or another bidder's.",
        ),
        "record-differs" => (
            "开标记录与事件不符。",
            "The record is not what the events make.",
        ),
        "recheck-differs" => (
            "复核结果与记录在案的不同。",
            "The repeated check ends otherwise than is on record.",
        ),
        _ if code.starts_with("certificate-") => (
            "当时的证书不可信。",
            "The certificate was not to be believed then.",
        ),
        _ if code.starts_with("signature-") => ("签名不成立。", "A signature does not hold."),
        _ if code.starts_with("terms-") => (
            "密封条款不合要求。",
            "The sealing terms are not as they must be.",
        ),
        _ if code.starts_with("timestamp-") => ("时间戳不成立。", "A time stamp does not hold."),
        _ if code.starts_with("cms-") => (
            "签名消息（时间戳，或随签署附送的 .p7s）不成立。",
            "A signed message does not hold: a time stamp, or the .p7s that an act carries.",
        ),
        _ => (
            "见 docs/spec 对此代码的说明。",
            "See what docs/spec says of this code.",
        ),
    }
}

/// One thing that the events tell of somebody.
pub(crate) fn found(language: Language, found: &Found) -> String {
    let (zh, en) = match found.what {
        "facts-withheld" => (
            "事件内容未公开，应为投诉；监督版可见",
            "an event is withheld as a complaint; the supervisor's edition shows it",
        ),
        "details-erased" => (
            "事件详情已依个人请求删除，其摘要仍在",
            "an event's details were erased at a person's demand; their digest is there",
        ),
        "t0-moved" => (
            "因停机顺延开标时间，停机毫秒数",
            "T0 was moved for an outage of ms",
        ),
        "outage" => ("停机，毫秒数", "an outage of ms"),
        "deadline-after-t0" => (
            "截标事件晚于开标时间的毫秒数",
            "the deadline's event came after T0 by ms",
        ),
        "quorum-ordered" => (
            "监督部门命令在联署不足时继续",
            "the supervisor ordered to go on without the quorum",
        ),
        "submission-refused" => ("拒收投标", "a submission was refused"),
        "bid-unopened" => ("投标未开启", "a bid did not open"),
        "document-unopened" => ("文件未开启", "a document did not open"),
        "finding-made" => ("初步认定", "a finding"),
        "finding-confirmed" => ("认定获确认", "a finding was confirmed"),
        "finding-overruled" => ("认定被改判", "a finding was overruled"),
        "custodian-found" => ("认定保管人有过错", "a custodian is found at fault"),
        "fault-confirmed" => ("保管人过错获确认", "a custodian's fault was confirmed"),
        "fault-lifted" => ("保管人过错被撤销", "a custodian's fault was lifted"),
        "fault-stands" => ("保管人过错仍成立", "a custodian's fault stands again"),
        "list-bridged" => (
            "依据交易中心命令使用已到期的吊销列表",
            "a revocation list that had ended was relied on by the centre's order",
        ),
        other => (other, other),
    };
    let mut text = say(language, zh, en).to_owned();
    if let Some(value) = &found.value {
        text = format!("{text} {}", said::said(language, value));
    }
    if let Some(seq) = found.seq {
        text = format!("{text} · seq {seq}");
    }
    if let Some(lot) = &found.lot {
        text = format!("{text} · {} {lot}", say(language, "标段", "lot"));
    }
    if let Some(bid) = found.bid {
        text = format!("{text} · {} {bid}", say(language, "投标", "bid"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes that docs/spec/bundle.md names in the table of its checks, but for
    /// families of them (`act-…`).
    #[test]
    fn every_code_of_the_specification_has_words_of_its_own() {
        let page = include_str!("../../../docs/spec/bundle.md");
        let (_, checks) = page
            .split_once("| check | asks | codes |")
            .expect("a table");
        let (table, _) = checks.split_once("\n\n").expect("its end");
        let mut codes = 0;
        for row in table.lines() {
            let cells: Vec<&str> = row.split('|').collect();
            let Some(cell) = cells.get(3) else { continue };
            let named = cell.split('`').skip(1).step_by(2);
            for code in named.filter(|code| !code.ends_with('…')) {
                codes += 1;
                assert!(!meaning(code).1.starts_with("See "), "{code}");
            }
        }
        assert!(codes > 40, "{codes}");
    }
}
