//! The words of the field for what the record's codes mean.

use jiff::tz::{self, TimeZone};

use crate::record::{Ending, Field, Outage, Record};

/// China Standard Time has no summer time since 1991, so a fixed offset is
/// enough and needs no time zone files.
fn china(millis: i64) -> Option<jiff::Zoned> {
    let zone = TimeZone::fixed(tz::offset(8));
    Some(
        jiff::Timestamp::from_millisecond(millis)
            .ok()?
            .to_zoned(zone),
    )
}

/// `2026年11月22日 09:00:00`, Beijing time.
pub fn instant(millis: i64) -> String {
    china(millis).map_or_else(
        || "—".to_owned(),
        |at| at.strftime("%Y年%m月%d日 %H:%M:%S").to_string(),
    )
}

/// `09:00:00`, Beijing time.
pub fn time(millis: i64) -> String {
    china(millis).map_or_else(|| "—".to_owned(), |at| at.strftime("%H:%M:%S").to_string())
}

/// When the platform was away and why, and what that made later.
pub fn outage(outage: &Outage) -> String {
    let cause = match outage.cause.as_str() {
        "stopped" => "停机",
        "killed" => "异常退出",
        "stalled" => "停顿或无法写入",
        "clock" => "时钟存疑",
        "unserved" => "部分请求遇到平台错误",
        other => other,
    };
    let (from, to) = (instant(outage.from), instant(outage.to));
    let later = match (outage.t0, outage.ends) {
        (Some(t0), _) => format!("开标时间顺延至 {}", instant(t0)),
        (None, Some(ends)) => format!("本环节截止时间顺延至 {}", instant(ends)),
        (None, None) => "本标段时限未变".to_owned(),
    };
    format!("{cause}：{from} 至 {to}；{later}")
}

/// Whether a ruling lets stand what was found.
pub fn stands(stands: bool) -> &'static str {
    if stands {
        "恢复原认定"
    } else {
        "撤销原认定"
    }
}

/// A field's type by name.
pub fn kind(field: &Field) -> &str {
    match &field.kind {
        serde_json::Value::String(name) => name,
        serde_json::Value::Object(with) => with.keys().next().map_or("", String::as_str),
        _ => "",
    }
}

pub fn reading(code: &str) -> &str {
    match code {
        "received" => "按投标文件送达先后顺序",
        "reversed" => "按投标文件送达先后的逆序",
        "digest" => "按投标文件摘要顺序",
        other => other,
    }
}

pub fn deposit(code: Option<&str>) -> &str {
    match code {
        None => "—",
        Some("paid") => "已缴",
        Some("unpaid") => "未缴",
        Some("guarantee") => "保函",
        Some(other) => other,
    }
}

pub fn line(code: Option<&str>) -> &str {
    match code {
        None | Some("silent") => "未表示异议",
        Some("confirmed") => "确认无误",
        Some("disputed") => "有异议",
        Some(other) => other,
    }
}

/// What the host found out of order with a bid.
pub fn exception(code: &str) -> &str {
    match code {
        "contents-differ" => "唱标内容与投标文件不一致",
        "amounts-differ" => "大小写金额不一致",
        "signature-missing" => "未按要求签字盖章",
        "incomplete" => "缺页或部分内容不能读取",
        "over-control-price" => "报价超过最高投标限价",
        "deposit-differs" => "保证金与登记不一致",
        "representative-absent" => "投标人代表未到场",
        "representative-unverified" => "代表身份或授权未能核实",
        "other" => "其他",
        other => other,
    }
}

pub fn finding(code: Option<&str>) -> &str {
    match code {
        None => "保持密封",
        Some("forfeited") => "视为撤销",
        Some("returned") => "视为撤回",
        Some("open") => "待认定",
        Some(other) => other,
    }
}

pub fn status(code: &str) -> &str {
    match code {
        "first" => "系统初步认定",
        "confirmed" => "监督部门已确认",
        "overruled" => "监督部门改判",
        other => other,
    }
}

/// A finding on a custodian is not put in another's place, but lifted.
pub fn fault_status(code: &str) -> &str {
    match code {
        "overruled" => "监督部门已撤销认定",
        other => status(other),
    }
}

pub fn rule(code: Option<&str>) -> &str {
    match code.unwrap_or("—") {
        "no_attempt" => "解密时段内未尝试解密",
        "wrong_key" => "所提交的密钥与投标文件承诺不符",
        "content_fails" => "密钥相符，内容不能通过校验",
        "dealing_fails" => "投标文件中写给保管人的份额或封装有误",
        "wraps_fail" => "多个保管人称投标文件中写给自己的封装不能得出份额",
        "rescue_fails" => "投标文件自带的补救份额有误",
        "share_missing" => "解密保管人的份额缺失或错误",
        "one_complaint" => "一个保管人称其封装不能得出份额，待认定",
        "not_proved" => "保管人不能证明释放所需的事项，待认定",
        "store_failed" => "平台存储的密文或数据损坏",
        "platform_unwell" => "解密时段内平台运行异常",
        "not_opened_in_time" => "平台未在规定时间内开启",
        "unexplained" => "求助或失败的请求，平台不能解释原因",
        other => other,
    }
}

/// Why a document did not open, and whose fault it is.
pub fn document(outcome: &str, lies_with: &str) -> String {
    let why = match outcome {
        "key_mismatch" => "密钥与承诺不符",
        "unreadable" => "密文不能解密",
        "manifest_mismatch" => "内容与清单不符",
        "store_corrupt" => "平台存储的密文损坏",
        other => other,
    };
    let who = match lies_with {
        "bidder" => "投标人",
        "platform" => "平台",
        other => other,
    };
    format!("{why}，责任在{who}，不影响开标一览表")
}

/// Why a custodian gave no share.
pub fn withheld(reason: &str, cause: Option<&str>) -> String {
    let why = match cause.unwrap_or(reason) {
        "wrap-does-not-open" => "写给它的封装打不开",
        "share-does-not-match" => "封装内的份额与承诺不符",
        "header" => "投标文件头与条款或清单不符",
        "unlock-missing" => "没有投标人签名的解密",
        "unlock-unproved" => "解密签名或其证书不成立",
        "unlock-other" => "解密签名属于其他投标人或投标文件",
        other => other,
    };
    why.to_owned()
}

pub fn fault(code: &str) -> &str {
    match code {
        "wrong_share" => "所给份额有误，投标文件的份额分发无误",
        "false_complaint" => "所述理由不实，投标文件中写给它的封装无误",
        other => other,
    }
}

pub fn signer(role: &str) -> &str {
    match role {
        "host" => "招标人／代理机构",
        "supervisor" => "监督部门",
        "bidder" => "投标人",
        "centre" => "交易中心",
        other => other,
    }
}

/// Why nobody attended for a bidder.
pub fn absence(code: &str) -> &str {
    match code {
        "unreachable" => "联系不上",
        "network" => "网络或设备故障",
        "certificate" => "数字证书故障",
        "late" => "迟到",
        "declined" => "自行放弃到场",
        "not-required" => "招标文件未要求到场",
        "other" => "其他",
        other => other,
    }
}

/// How a lot ended without a result, and why, with the reason's number.
pub fn ending(ending: &Ending) -> String {
    let kind = match ending.kind.as_str() {
        "failed" => "流标",
        "void" => "废标",
        "terminated" => "终止",
        other => other,
    };
    let why = match ending.reason {
        101 => "有效投标不足规定数",
        102 => "违法违规行为影响公正",
        103 => "报价均超过最高投标限价或预算",
        104 => "重大变故，取消采购",
        105 => "其他",
        _ => "—",
    };
    format!("{kind}（{} {why}）：", ending.reason)
}

/// A length of time in words.
pub fn lasted(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let parts = [(hours, "小时"), (minutes, "分"), (seconds, "秒")];
    let told = parts.iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> = told.map(|(count, unit)| format!("{count}{unit}")).collect();
    if told.is_empty() {
        "不足1秒".to_owned()
    } else {
        told.concat()
    }
}

/// What became of the lot, in one sentence.
pub fn outcome(record: &Record) -> String {
    let opened = record.rows.len();
    match record.lot.state.as_str() {
        "failed_few_bids" => format!(
            "流标（101）：投标人少于 {} 个，本标段不开标，投标文件保持密封（招标投标法实施条例第四十四条）。",
            record.lot.minimum
        ),
        "failed_after_unlock" => format!(
            "流标（101）：开启的投标文件少于 {} 份，本标段开标失败。",
            record.lot.minimum
        ),
        "terminated" => format!(
            "{}本标段开标终止，未开启的投标文件保持密封。",
            record.lot.ending.as_ref().map_or_else(String::new, ending)
        ),
        "cancelled" => "本标段在投标截止前取消，投标文件保持密封。".to_owned(),
        _ => format!(
            "成功开启 {opened} 份，未能开启 {} 份。",
            record.unopened.len()
        ),
    }
}

/// A control price or base that was sealed until the opening.
pub fn reference(kind: &str) -> &str {
    match kind {
        "control-price" => "最高投标限价",
        "base" => "标底",
        other => other,
    }
}

/// What is said of one that the host has not revealed.
pub const fn unrevealed(opened: bool) -> &'static str {
    if opened {
        "开标前封存，招标人开标后未予公布。"
    } else {
        "本标段未开标，仍封存，未公布。"
    }
}

/// An event's kind.
pub fn event(kind: &str) -> &str {
    match kind {
        "published" => "发布招标公告",
        "clarified" => "发布澄清",
        "terms_amended" => "修改投标文件密封条款",
        "postponed" => "推迟投标截止时间",
        "cancelled" => "取消",
        "deadline_reached" => "投标截止，开标开始",
        "statement_signed" => "平台签署清单声明",
        "quorum_reached" => "见证达到法定数",
        "quorum_ordered" => "监督部门令代替见证",
        "signed_in" => "签到",
        "sign_in_allowed" => "准许补签到",
        "operator_changed" => "主持人交接",
        "deposit_marked" => "标记投标保证金",
        "bid_refused" => "拒绝投标文件",
        "list_published" => "公布投标人名单",
        "lot_failed" => "标段开标失败",
        "window_started" => "开始解密",
        "window_extended" => "延长解密时间",
        "suspended" => "暂停开标",
        "resumed" => "恢复开标",
        "unlocked" => "投标人解密成功",
        "unlock_failed" => "投标人解密未成功",
        "rescue_asked" => "申请补救解密",
        "rescue_ordered" => "监督部门令补救解密",
        "rescue_shared" => "保管人提交补救份额",
        "rescued" => "补救解密",
        "outage_noted" => "平台中断或异常",
        "accepted_fixed" => "确定解密名单",
        "released" => "保管人解密",
        "release_extended" => "延长保管人解密时间",
        "release_closed" => "保管人解密结束",
        "opened" => "开启投标文件",
        "opening_closed" => "开启结束",
        "record_made" => "生成开标记录",
        "correction_asked" => "申请更正开标记录",
        "finding_made" => "作出初步认定",
        "custodian_found" => "对保管人作出认定",
        "finding_confirmed" => "确认认定",
        "finding_overruled" => "改变认定",
        "fault_confirmed" => "确认对保管人的认定",
        "fault_overruled" => "改变对保管人的认定",
        "announced" => "唱标",
        "mask_lifted" => "公开投标人名称",
        "line_confirmed" => "核对本行：确认",
        "line_disputed" => "核对本行：有异议",
        "objections_opened" => "开始提出异议",
        "objected" => "提出异议",
        "replied" => "答复异议",
        "objections_closed" => "异议结束",
        "help_asked" => "求助",
        "help_answered" => "答复求助",
        "said" => "发言",
        "asked" => "提问",
        "answered" => "答复提问",
        "remarked" => "监督意见",
        "line_remarked" => "主持人备注",
        "absence_marked" => "登记未到场原因",
        "said_privately" => "单独消息",
        "muted" => "暂停接受提问",
        "unmuted" => "恢复接受提问",
        "no_objection" => "表示无异议",
        "reference_revealed" => "公布封存的限价或标底",
        "terminated" => "终止",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_beijing_time() {
        assert_eq!(instant(1_795_309_200_000), "2026年11月22日 09:00:00");
        assert_eq!(time(1_795_309_200_000), "09:00:00");
    }

    #[test]
    fn a_length_of_time_is_told_in_its_parts() {
        assert_eq!(lasted(3_725_000), "1小时2分5秒");
        assert_eq!(lasted(600_000), "10分");
        assert_eq!(lasted(10), "不足1秒");
    }

    #[test]
    fn an_outage_says_what_it_made_later_and_what_not() {
        let away = |t0, ends| {
            outage(&Outage {
                from: 1_795_309_200_000,
                to: 1_795_309_260_000,
                cause: "killed".to_owned(),
                t0,
                ends,
            })
        };
        let told = "异常退出：2026年11月22日 09:00:00 至 2026年11月22日 09:01:00；";
        let later = 1_795_309_500_000;
        let shown = "顺延至 2026年11月22日 09:05:00";
        assert_eq!(away(None, None), format!("{told}本标段时限未变"));
        assert_eq!(away(Some(later), None), format!("{told}开标时间{shown}"));
        assert_eq!(
            away(None, Some(later)),
            format!("{told}本环节截止时间{shown}")
        );
    }
}
