//! The words for a record's codes, and instants as people read them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{self, TimeZone};
use kaibiao_core::act::{Deposit, Finding};
use kaibiao_core::event::{Cause, Check, Rule};
use kaibiao_core::ids::Millis;
use kaibiao_core::record::{Line, Status};
use kaibiao_core::reference::ReferenceKind;
use kaibiao_core::state::Stage;

use crate::Language;

/// An instant in China Standard Time, which has had no summer time since 1991.
pub fn china(at: Millis) -> Option<DateTime> {
    let at = Timestamp::from_millisecond(at).ok()?;
    Some(at.to_zoned(TimeZone::fixed(tz::offset(8))).datetime())
}

/// `2026-11-22 09:00:00`, Beijing time.
pub fn instant(at: Millis) -> String {
    china(at).map_or_else(String::new, |at| {
        at.strftime("%Y-%m-%d %H:%M:%S").to_string()
    })
}

/// `2026-11-22T09:00:00+08:00` (RFC 3339).
pub fn rfc3339(at: Millis) -> String {
    china(at).map_or_else(String::new, |at| {
        at.strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
    })
}

/// `20261122090000`, Beijing time.
pub fn digits(at: Millis) -> String {
    china(at).map_or_else(String::new, |at| at.strftime("%Y%m%d%H%M%S").to_string())
}

pub fn deposit(deposit: Deposit, language: Language) -> &'static str {
    match deposit {
        Deposit::Paid => language.choose("已缴纳", "paid"),
        Deposit::Unpaid => language.choose("未缴纳", "not paid"),
        Deposit::Guarantee => language.choose("保函", "guarantee"),
    }
}

pub fn line(line: Line, language: Language) -> &'static str {
    match line {
        Line::Confirmed => language.choose("已确认", "confirmed"),
        Line::Disputed => language.choose("提出异议", "disputed"),
        Line::Silent => language.choose("逾期未表态,视为无异议", "silent"),
    }
}

/// What became of a bid that did not open.
pub fn finding(finding: Option<Finding>, language: Language) -> &'static str {
    match finding {
        Some(Finding::Forfeited) => language.choose("未开启(视为撤销)", "not opened (forfeited)"),
        Some(Finding::Returned) => language.choose("未开启(视为撤回)", "not opened (returned)"),
        Some(Finding::Open) => language.choose("未开启(待认定)", "not opened (undecided)"),
        None => language.choose("未开启(保持密封)", "not opened (sealed)"),
    }
}

/// What failed when a bid was to be unlocked.
pub fn check(check: Check, language: Language) -> &'static str {
    match check {
        Check::KeyMismatch => language.choose("密钥不符", "key does not match"),
        Check::DigestMismatch => language.choose("摘要不符", "digest does not match"),
        Check::StoreFailed => language.choose("平台存储故障", "platform's store failed"),
        Check::Unanswered => language.choose("平台未能应答", "platform did not answer"),
    }
}

/// Why a bid did not open.
pub fn rule(rule: Rule, language: Language) -> &'static str {
    match rule {
        Rule::NoAttempt => language.choose("未尝试解密", "no attempt"),
        Rule::WrongKey => language.choose("密钥不符", "wrong key"),
        Rule::ContentFails => language.choose("内容与承诺不符", "content fails"),
        Rule::DealingFails => language.choose("份额封装不符", "dealing fails"),
        Rule::WrapsFail => language.choose("份额无法解开", "wraps fail"),
        Rule::RescueFails => language.choose("补救未成", "rescue fails"),
        Rule::ShareMissing => language.choose("保管人份额缺失或不符", "share missing or wrong"),
        Rule::OneComplaint => {
            language.choose("一方保管人称份额无法解开", "one custodian's complaint")
        }
        Rule::NotProved => language.choose("保管人未获证明", "not proved to custodians"),
        Rule::StoreFailed => language.choose("平台存储故障", "platform's store failed"),
        Rule::PlatformUnwell => language.choose("平台异常", "platform unwell"),
        Rule::NotOpenedInTime => language.choose("平台未按时开启", "not opened in time"),
        Rule::Unexplained => language.choose("原因待查", "unexplained"),
    }
}

/// Why nobody was served.
pub fn cause(cause: Cause, language: Language) -> &'static str {
    match cause {
        Cause::Stopped => language.choose("正常停机", "stopped"),
        Cause::Killed => language.choose("意外终止", "killed"),
        Cause::Stalled => language.choose("停滞", "stalled"),
        Cause::Clock => language.choose("时钟存疑", "clock in doubt"),
        Cause::Unserved => language.choose("应答错误", "answered with errors"),
    }
}

pub fn status(status: Status, language: Language) -> &'static str {
    match status {
        Status::First => language.choose("平台初步认定", "first finding"),
        Status::Confirmed => language.choose("监督部门已确认", "confirmed"),
        Status::Overruled => language.choose("监督部门已改判", "overruled"),
    }
}

pub fn stage(stage: Stage, language: Language) -> &'static str {
    let (zh, en) = match stage {
        Stage::Preparing => ("编制中", "preparing"),
        Stage::Bidding => ("投标中", "bidding"),
        Stage::Checking => ("开标检查", "checking"),
        Stage::Unlocking => ("解密中", "unlocking"),
        Stage::Releasing => ("开启中", "releasing"),
        Stage::Opened => ("已开启", "opened"),
        Stage::Announced => ("已唱标", "announced"),
        Stage::Objections => ("异议环节", "objections"),
        Stage::Signing => ("签署记录", "signing"),
        Stage::Closed => ("开标结束", "closed"),
        Stage::Cancelled => ("已取消", "cancelled"),
        Stage::FailedFewBids => ("投标人不足,未开标", "failed: too few bids"),
        Stage::FailedAfterUnlock => ("开启数不足,开标失败", "failed: too few opened"),
        Stage::Terminated => ("已终止", "terminated"),
    };
    language.choose(zh, en)
}

/// What happened, for the kinds that a record's timeline lists. A kind without a
/// word is written as it is.
pub fn moment(kind: &str, language: Language) -> &str {
    let (zh, en) = match kind {
        "published" => ("发布", "published"),
        "clarified" => ("澄清", "clarified"),
        "terms_amended" => ("修改招标条款", "terms amended"),
        "postponed" => ("推迟开标", "postponed"),
        "cancelled" => ("取消", "cancelled"),
        "operator_changed" => ("更换主持人", "operator changed"),
        "deadline_reached" => ("投标截止", "deadline reached"),
        "quorum_ordered" => ("监督部门决定开标人数不足时的处理", "quorum ordered"),
        "list_published" => ("公布投标人名单", "list of bidders published"),
        "lot_failed" => ("标段失败", "lot failed"),
        "window_started" => ("解密开始", "unlocking started"),
        "window_extended" => ("解密延时", "unlocking extended"),
        "suspended" => ("休会", "suspended"),
        "resumed" => ("复会", "resumed"),
        "outage_noted" => ("平台中断", "platform outage"),
        "rescue_ordered" => ("监督部门准许补救解密", "rescue ordered"),
        "accepted_fixed" => ("确定开启的投标文件", "accepted bids fixed"),
        "released" => ("保管人交出份额", "shares released"),
        "release_extended" => ("保管人环节延时", "release extended"),
        "release_closed" => ("保管人环节结束", "release closed"),
        "opened" => ("投标文件开启", "bid opened"),
        "opening_closed" => ("开启完成", "opening done"),
        "custodian_found" => ("对保管人的认定", "custodian found at fault"),
        "finding_confirmed" => ("认定获确认", "finding confirmed"),
        "finding_overruled" => ("认定被改判", "finding overruled"),
        "fault_confirmed" => ("对保管人的认定获确认", "fault confirmed"),
        "fault_overruled" => ("对保管人的认定被撤销", "fault lifted"),
        "announced" => ("唱标", "announced"),
        "mask_lifted" => ("公开投标人名称", "names disclosed"),
        "objections_opened" => ("异议环节开始", "objections opened"),
        "objections_closed" => ("异议环节结束", "objections closed"),
        "correction_asked" => ("要求更正记录", "correction asked"),
        "terminated" => ("终止", "terminated"),
        "reference_revealed" => ("公布封存的限价或标底", "sealed value revealed"),
        other => return other,
    };
    language.choose(zh, en)
}

/// A control price or base that was sealed until the opening.
pub const fn reference(kind: ReferenceKind, language: Language) -> &'static str {
    match kind {
        ReferenceKind::ControlPrice => language.choose("最高投标限价", "Control price"),
        ReferenceKind::Base => language.choose("标底", "Base"),
    }
}

/// What is said of one that the host has not revealed.
pub const fn unrevealed(opened: bool, language: Language) -> &'static str {
    if opened {
        language.choose(
            "开标前封存，招标人未公布",
            "sealed; not revealed by the host",
        )
    } else {
        language.choose("未开标，仍封存", "not opened; still sealed")
    }
}
