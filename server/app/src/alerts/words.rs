//! The words of letters, in both languages.

use jiff::tz::{self, TimeZone};
use kaibiao_api::problem::Language::{self, Chinese, English};
use kaibiao_core::alert::Kind;
use kaibiao_core::ids::{Millis, ProjectId};

use super::letter::About;

pub(super) fn either<'a>(language: Language, zh: &'a str, en: &'a str) -> &'a str {
    match language {
        Chinese => zh,
        English => en,
    }
}

pub(super) fn code_sentence(language: Language, code: &str) -> String {
    match language {
        Chinese => {
            format!(
                "您的验证码是 {code}，15 分钟内有效。如非本人操作，请忽略，不会再收到其他消息。"
            )
        }
        English => format!(
            "Your code is {code}. It is good for 15 minutes. If you did not ask for it, ignore \
             this; nothing else will be sent to you."
        ),
    }
}

pub(super) fn named(language: Language, project: &About, lot: Option<&str>) -> String {
    let About { number, title, .. } = project;
    match (language, lot) {
        (Chinese, None) => format!("项目：{title}（{number}）"),
        (Chinese, Some(lot)) => format!("项目：{title}（{number}），标段：{lot}"),
        (English, None) => format!("Project: {title} ({number})"),
        (English, Some(lot)) => format!("Project: {title} ({number}), lot: {lot}"),
    }
}

pub(super) fn where_to_look(
    language: Language,
    address: &str,
    project: Option<ProjectId>,
) -> String {
    let address = address.trim_end_matches('/');
    let place = match project {
        Some(project) => format!("{address}/projects/{project}"),
        None => address.to_owned(),
    };
    match language {
        Chinese => format!("请登录查看：{place}"),
        English => format!("Log in to look: {place}"),
    }
}

pub(super) fn title(language: Language, kind: Kind) -> &'static str {
    let (zh, en) = words(kind);
    either(language, zh, en)
}

/// What a kind of alert is called.
const fn words(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Clarified => ("有新的澄清", "clarified"),
        Kind::TermsAmended => ("投标条款已变更", "terms amended"),
        Kind::Postponed => ("开标时间已变更", "postponed"),
        Kind::Cancelled => ("已取消", "cancelled"),
        Kind::DeadlineNear => ("投标截止临近", "the deadline is near"),
        Kind::OpeningSoon => ("即将开标", "opens soon"),
        Kind::CertificateEnds => ("数字证书即将到期", "your certificate ends"),
        Kind::WindowStarted => ("请解密", "unlock your bid"),
        Kind::WindowClosing => ("解密即将截止", "the unlocking ends soon"),
        Kind::UnlockFailed => ("解密未成功", "unlocking failed"),
        Kind::RescueAsked => ("有补救解密申请", "a rescue is asked for"),
        Kind::ReleaseDue => ("等待保管人解密", "your release is due"),
        Kind::HelpAnswered => ("求助已答复", "your call was answered"),
        Kind::QuestionAnswered => ("提问已答复", "your question was answered"),
        Kind::Objected => ("有新的异议", "an objection was raised"),
        Kind::ObjectionAnswered => ("异议已答复", "your objection was answered"),
        Kind::Ruled => ("对投标文件的认定", "a ruling on your bid"),
        Kind::Announced => ("已唱标", "announced"),
        Kind::RecordMade => ("开标记录已生成", "the record is made"),
        Kind::Terminated => ("已终止", "terminated"),
        Kind::Complained => ("有新的投诉", "a complaint was filed"),
        Kind::ComplaintDecided => ("投诉有新进展", "your complaint"),
        Kind::AgentSilent => ("保管代理没有联系平台", "your agent is silent"),
    }
}

pub(super) fn sentence(
    language: Language,
    kind: Kind,
    instant: Option<Millis>,
    lot: Option<&str>,
) -> String {
    let at = instant.map(moment).unwrap_or_default();
    let lot = lot.unwrap_or_default();
    match language {
        Chinese => match kind {
            Kind::Clarified => "招标人发布了澄清，请查阅。已密封的投标文件不受影响。".into(),
            Kind::TermsAmended => format!("标段“{lot}”的密封条款已变更。如果贵单位在该标段有投标文件，它已不再有效，须按新条款重新密封并递交。本提醒发给所有关注者，不表示贵单位是否投标。"),
            Kind::Postponed => format!("投标截止及开标时间改为 {at}。"),
            Kind::Cancelled => "招标人已取消。已递交的投标文件保持密封，不再开启。".into(),
            Kind::DeadlineNear => format!("投标截止及开标时间为 {at}。参加投标的，请在此前完成递交，并用将要使用的证书演练解密。"),
            Kind::OpeningSoon => format!("将于 {at} 开标。参加投标的，请提前登录并检查电脑和证书。"),
            Kind::CertificateEnds | Kind::AgentSilent => String::new(),
            Kind::WindowStarted => format!("解密已经开始，请在 {at} 前用您的证书解密投标文件。"),
            Kind::WindowClosing => format!("解密将于 {at} 截止，您的投标文件尚未解密。遇到困难请立即求助。"),
            Kind::UnlockFailed => "一次解密没有成功。请登录查看原因，更换证书或备用密钥后重试；遇到困难请立即求助。".into(),
            Kind::RescueAsked => "有投标人申请补救解密，等待行政监督决定。".into(),
            Kind::ReleaseDue => "开启名单已经确定，等待您作为解密保管人解密。".into(),
            Kind::HelpAnswered => "您的求助已得到答复。".into(),
            Kind::QuestionAnswered => "您的提问已得到答复。".into(),
            Kind::Objected => "有投标人提出异议，请当场作出答复。".into(),
            Kind::ObjectionAnswered => "您提出的异议已得到答复。".into(),
            Kind::Ruled => "对您未能开启的投标文件作出了认定或裁决，请查看依据。".into(),
            Kind::Announced => "开标一览表已经公布。投标人请核对本单位的唱标内容。".into(),
            Kind::RecordMade => "开标记录已经生成。投标人请核对并签署。".into(),
            Kind::Terminated => "开标已终止，请查看原因。".into(),
            Kind::Complained => "收到一件投诉，请在3日内决定是否受理。".into(),
            Kind::ComplaintDecided => "监督部门对您提出的投诉作出了决定或答复，请查看。".into(),
        },
        English => match kind {
            Kind::Clarified => "The host has published a clarification. Sealed bids are not affected.".into(),
            Kind::TermsAmended => format!("The sealing terms of lot {lot} have changed. If you have a bid in lot {lot}, it counts no more and must be sealed again under the new terms and submitted. This goes to all who follow, and says nothing of who bids."),
            Kind::Postponed => format!("The deadline and opening are now at {at}."),
            Kind::Cancelled => "The host has cancelled it. Bids that were submitted stay sealed and are not opened.".into(),
            Kind::DeadlineNear => format!("The deadline and opening are at {at}. Whoever bids submits before, and rehearses with the certificate that will unlock."),
            Kind::OpeningSoon => format!("It opens at {at}. Whoever bids logs in early and checks machine and certificate."),
            Kind::CertificateEnds | Kind::AgentSilent => String::new(),
            Kind::WindowStarted => format!("Unlocking has begun. Unlock your bid with your certificate by {at}."),
            Kind::WindowClosing => format!("Unlocking ends at {at}, and your bid is still locked. Call for help at once if something fails."),
            Kind::UnlockFailed => "An attempt to unlock has failed. Log in to see why, and try again with another certificate or a spare key; call for help if something fails.".into(),
            Kind::RescueAsked => "A bidder asks for a rescue, which the supervisor decides.".into(),
            Kind::ReleaseDue => "The set to be opened is fixed, and your release as a custodian is due.".into(),
            Kind::HelpAnswered => "Your call for help was answered.".into(),
            Kind::QuestionAnswered => "Your question was answered.".into(),
            Kind::Objected => "A bidder has objected, and the host answers on the spot.".into(),
            Kind::ObjectionAnswered => "Your objection was answered.".into(),
            Kind::Ruled => "A finding or ruling was made on your bid that could not be opened. See what it rests on.".into(),
            Kind::Announced => "The opening sheets are public. Bidders check their own lines.".into(),
            Kind::RecordMade => "The opening record is made. Bidders check and sign it.".into(),
            Kind::Terminated => "The opening was terminated. See why.".into(),
            Kind::Complained => "A complaint was filed. Take it up or decline it within 3 days.".into(),
            Kind::ComplaintDecided => "The supervisor has decided on your complaint, or answered it.".into(),
        },
    }
}

pub(super) fn ends(language: Language, at: Millis, project: Option<&About>) -> String {
    let at = moment(at);
    match (language, project) {
        (Chinese, None) => format!(
            "您登录本平台所用的数字证书将于 {at} 到期。请及时办理延期；用它密封的投标文件，请先用备用密钥演练解密。"
        ),
        (Chinese, Some(project)) => format!(
            "您登录本平台所用的数字证书将于 {at} 到期，早于您关注的项目 {}（{}）的开标时间。参加投标的，请及时办理延期，并准备备用密钥。",
            project.title, project.number
        ),
        (English, None) => format!(
            "The certificate that you log in with ends at {at}. Renew it in time; for bids sealed to it, rehearse with a spare key first."
        ),
        (English, Some(project)) => format!(
            "The certificate that you log in with ends at {at}, before the opening of {} ({}), which you follow. Whoever bids renews it in time and keeps a spare key.",
            project.title, project.number
        ),
    }
}

/// That the reader's own agent is not heard, and what to do.
pub(super) fn silent(language: Language, since: Option<Millis>) -> String {
    let since = since.map(moment);
    match (language, since) {
        (Chinese, Some(at)) => format!("贵单位的解密保管代理自 {at} 起没有联系平台，不会自动签发密钥和释放份额。请检查代理所在机器的电源和网络并重新启动代理；来不及的，请登录手工办理。"),
        (Chinese, None) => "贵单位的解密保管代理已获授权，但没有联系平台，不会自动签发密钥和释放份额。请检查代理所在机器的电源和网络并启动代理；来不及的，请登录手工办理。".into(),
        (English, Some(at)) => format!("Your organisation's custody agent has not been heard since {at}; it certifies no key and releases nothing. Check the power and network of its machine and start it again; if time is short, log in and do it by hand."),
        (English, None) => "Your organisation's custody agent is authorised and has not been heard; it certifies no key and releases nothing. Check the power and network of its machine and start it; if time is short, log in and do it by hand.".into(),
    }
}

/// What a custodian has to see to before its certificate ends.
pub(super) fn keeps(language: Language) -> &'static str {
    either(
        language,
        "贵单位是解密保管人。保管密钥不随证书失效，但释放要用有效的证书（或代理）签名：请在到期前完成已到期的释放，把未开标项目的保管密钥文件和口令继续保存到开标结束，并在换证后用新证书试登录一次。",
        "Your organisation keeps opening keys. They do not end with the certificate, but a release is signed by one that is valid, or by an agent: release what is due before, keep the key files and passphrases of projects that have not opened until they have, and log in once with the new certificate.",
    )
}

/// `2026-11-22 09:00 (UTC+8)`. China has had no summer time since 1991.
fn moment(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at).map_or_else(
        |_| at.to_string(),
        |at| {
            let at = at.to_zoned(TimeZone::fixed(tz::offset(8)));
            at.strftime("%Y-%m-%d %H:%M (UTC+8)").to_string()
        },
    )
}
