//! What is written to a person: a few plain sentences and where to look. Nothing of
//! anybody's bid, and no text that somebody else wrote but the project's own number and
//! titles.

use jiff::tz::{self, TimeZone};
use kaibiao_api::Channel;
use kaibiao_api::problem::Language::{self, Chinese, English};
use kaibiao_core::alert::Kind;
use kaibiao_core::ids::{Millis, ProjectId};
use serde::{Deserialize, Serialize};

/// A letter that waits to be sent. The store keeps it sealed until it has left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    pub channel: Channel,
    pub address: String,
    pub language: Language,
    /// From when on it is not worth sending.
    pub until: Millis,
    pub says: Says,
}

/// What a letter says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Says {
    /// The code by which an address is shown to be its owner's.
    Code { code: String },
    /// Something that happened in a project, or is about to.
    Project {
        kind: Kind,
        project: About,
        /// The lot's title, where it is about one.
        lot: Option<String>,
        instant: Option<Millis>,
    },
    /// The reader's certificate ends, where a project is named before its T0.
    CertificateEnds {
        at: Millis,
        project: Option<About>,
        /// The reader's organisation keeps opening keys.
        #[serde(default)]
        custodian: bool,
    },
}

/// A project as letters name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    pub id: ProjectId,
    pub number: String,
    pub title: String,
}

/// A subject and the sentences below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub subject: String,
    pub sentences: Vec<String>,
}

impl Letter {
    /// What is kept of a letter that has left or was given up, for its reader: nothing
    /// that could be used again, and no address.
    #[must_use]
    pub fn kept(self) -> Self {
        let says = match self.says {
            Says::Code { .. } => Says::Code {
                code: String::new(),
            },
            says @ (Says::Project { .. } | Says::CertificateEnds { .. }) => says,
        };
        Self {
            address: String::new(),
            says,
            ..self
        }
    }

    /// The letter in its reader's language. `address` is where the platform is reached.
    pub fn written(&self, address: &str) -> Written {
        let language = self.language;
        let (subject, says) = match &self.says {
            Says::Code { code } => (
                either(language, "验证码", "Your code").to_owned(),
                vec![code_sentence(language, code)],
            ),
            Says::Project {
                kind,
                project,
                lot,
                instant,
            } => (
                format!("{} {}", project.number, title(language, *kind)),
                vec![
                    named(language, project, lot.as_deref()),
                    sentence(language, *kind, *instant, lot.as_deref()),
                    where_to_look(language, address, Some(project.id)),
                ],
            ),
            Says::CertificateEnds {
                at,
                project,
                custodian,
            } => {
                let keeps = custodian.then(|| keeps(language).to_owned());
                let mut sentences = vec![ends(language, *at, project.as_ref())];
                sentences.extend(keeps);
                sentences.push(where_to_look(language, address, None));
                let title = title(language, Kind::CertificateEnds).to_owned();
                (title, sentences)
            }
        };
        let subject = match language {
            Chinese => format!("【开标】{subject}"),
            English => format!("[Bid opening] {subject}"),
        };
        Written {
            subject,
            sentences: says,
        }
    }
}

fn either<'a>(language: Language, zh: &'a str, en: &'a str) -> &'a str {
    match language {
        Chinese => zh,
        English => en,
    }
}

fn code_sentence(language: Language, code: &str) -> String {
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

fn named(language: Language, project: &About, lot: Option<&str>) -> String {
    let About { number, title, .. } = project;
    match (language, lot) {
        (Chinese, None) => format!("项目：{title}（{number}）"),
        (Chinese, Some(lot)) => format!("项目：{title}（{number}），标段：{lot}"),
        (English, None) => format!("Project: {title} ({number})"),
        (English, Some(lot)) => format!("Project: {title} ({number}), lot: {lot}"),
    }
}

fn where_to_look(language: Language, address: &str, project: Option<ProjectId>) -> String {
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

fn title(language: Language, kind: Kind) -> &'static str {
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
    }
}

fn sentence(language: Language, kind: Kind, instant: Option<Millis>, lot: Option<&str>) -> String {
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
            Kind::CertificateEnds => String::new(),
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
            Kind::CertificateEnds => String::new(),
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

fn ends(language: Language, at: Millis, project: Option<&About>) -> String {
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

/// What a custodian has to see to before its certificate ends.
fn keeps(language: Language) -> &'static str {
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

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    fn letter(language: Language, says: Says) -> Written {
        let letter = Letter {
            channel: Channel::Mail,
            address: "a@example.org".into(),
            language,
            until: 0,
            says,
        };
        letter.written("https://kaibiao.example.org/")
    }

    fn about() -> About {
        About {
            id: "0198c3b1-0000-7000-8000-000000000001".parse().unwrap(),
            number: "FJ-2026-001".into(),
            title: "某桥梁工程".into(),
        }
    }

    #[test]
    fn every_kind_says_something_in_both_languages() {
        for language in [Chinese, English] {
            for kind in Kind::VARIANTS {
                let says = match kind {
                    Kind::CertificateEnds => Says::CertificateEnds {
                        at: 1_800_000_000_000,
                        project: Some(about()),
                        custodian: true,
                    },
                    kind => Says::Project {
                        kind: *kind,
                        project: about(),
                        lot: Some("第一标段".into()),
                        instant: Some(1_800_000_000_000),
                    },
                };
                let written = letter(language, says);
                assert!(
                    written.sentences.iter().all(|it| !it.is_empty()),
                    "{kind:?}"
                );
                assert!(written.sentences.concat().contains("某桥梁工程"));
                assert!(!written.sentences.concat().contains('{'), "{written:?}");
            }
        }
    }

    #[test]
    fn amended_terms_say_that_a_bid_must_be_sealed_again() {
        let says = |language| {
            let says = Says::Project {
                kind: Kind::TermsAmended,
                project: about(),
                lot: Some("第一标段".into()),
                instant: None,
            };
            letter(language, says).sentences.concat()
        };
        assert!(says(English).contains("If you have a bid in lot 第一标段, it counts no more"));
        assert!(says(Chinese).contains("如果贵单位在该标段有投标文件"));
        assert!(says(Chinese).contains("重新密封"));
    }

    #[test]
    fn of_what_has_left_neither_address_nor_code_is_kept() {
        let letter = Letter {
            channel: Channel::Mail,
            address: "a@example.org".into(),
            language: Chinese,
            until: 0,
            says: Says::Code {
                code: "123456".into(),
            },
        };
        let kept = serde_json::to_string(&letter.kept()).unwrap();
        assert!(
            !kept.contains("example") && !kept.contains("123456"),
            "{kept}"
        );
    }

    #[test]
    fn a_letter_tells_the_time_with_its_zone_and_where_to_look() {
        let says = Says::Project {
            kind: Kind::Postponed,
            project: about(),
            lot: None,
            instant: Some(1_800_000_000_000),
        };
        let written = letter(Chinese, says);
        assert_eq!(written.subject, "【开标】FJ-2026-001 开标时间已变更");
        assert_eq!(
            written.sentences,
            [
                "项目：某桥梁工程（FJ-2026-001）",
                "投标截止及开标时间改为 2027-01-15 16:00 (UTC+8)。",
                "请登录查看：https://kaibiao.example.org/projects/0198c3b1-0000-7000-8000-000000000001",
            ]
        );
    }
}
