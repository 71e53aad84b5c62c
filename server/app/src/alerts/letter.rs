//! What is written to a person: a few plain sentences and where to look. Nothing of
//! anybody's bid, and no text that somebody else wrote but the project's own number and
//! titles.

use kaibiao_api::Channel;
use kaibiao_api::problem::Language::{self, Chinese, English};
use kaibiao_core::alert::Kind;
use kaibiao_core::ids::{Millis, ProjectId};
use serde::{Deserialize, Serialize};

use super::words::{
    code_sentence, either, ends, keeps, named, sentence, silent, title, where_to_look,
};

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
    /// The agent of the reader's organisation was last heard then, if ever.
    AgentSilent { since: Option<Millis> },
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
            says @ (Says::Project { .. }
            | Says::CertificateEnds { .. }
            | Says::AgentSilent { .. }) => says,
        };
        Self {
            address: String::new(),
            says,
            ..self
        }
    }

    /// Whether another letter may go in this one: it tells the same person of the same
    /// project by the same way.
    #[must_use]
    pub fn joins(&self, other: &Self) -> bool {
        let same = (self.channel, self.language) == (other.channel, other.language);
        same && self.address == other.address
            && match (&self.says, &other.says) {
                (Says::Project { project, .. }, Says::Project { project: its, .. }) => {
                    project.id == its.id
                }
                _ => false,
            }
    }

    /// The letter in its reader's language, with those that go in it. `address` is where
    /// the platform is reached.
    pub fn written(&self, others: &[&Self], address: &str) -> Written {
        let language = self.language;
        let (subject, says) = match &self.says {
            Says::Project { project, .. } if !others.is_empty() => {
                let all: Vec<_> = std::iter::once(self)
                    .chain(others.iter().copied())
                    .filter_map(|letter| Told::of(&letter.says))
                    .collect();
                together(language, project, &all, address)
            }
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
            Says::AgentSilent { since } => (
                title(language, Kind::AgentSilent).to_owned(),
                vec![
                    silent(language, *since),
                    where_to_look(language, address, None),
                ],
            ),
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

/// One of several things that a letter tells of a project.
struct Told<'a> {
    kind: Kind,
    lot: Option<&'a str>,
    instant: Option<Millis>,
}

impl<'a> Told<'a> {
    fn of(says: &'a Says) -> Option<Self> {
        match says {
            Says::Project {
                kind, lot, instant, ..
            } => Some(Self {
                kind: *kind,
                lot: lot.as_deref(),
                instant: *instant,
            }),
            Says::Code { .. } | Says::CertificateEnds { .. } | Says::AgentSilent { .. } => None,
        }
    }
}

/// Subject and sentences of several things: what is the same for several lots is said
/// once, with their titles before it.
fn together(
    language: Language,
    project: &About,
    all: &[Told<'_>],
    address: &str,
) -> (String, Vec<String>) {
    let mut titles: Vec<&str> = Vec::new();
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for told in all {
        let title = title(language, told.kind);
        if !titles.contains(&title) {
            titles.push(title);
        }
        let text = sentence(language, told.kind, told.instant, told.lot);
        match said.iter_mut().find(|(known, _)| *known == text) {
            Some((_, lots)) => lots.extend(told.lot),
            None => said.push((text, told.lot.into_iter().collect())),
        }
    }
    let comma = either(language, "、", ", ");
    let subject = format!("{} {}", project.number, titles.join(comma));
    let mut sentences = vec![named(language, project, None)];
    sentences.extend(said.into_iter().map(|(text, lots)| {
        let lots = lots.join(comma);
        match language {
            _ if lots.is_empty() => text,
            Chinese => format!("标段 {lots}：{text}"),
            English => format!("Lot {lots}: {text}"),
        }
    }));
    sentences.push(where_to_look(language, address, Some(project.id)));
    (subject, sentences)
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
        letter.written(&[], "https://kaibiao.example.org/")
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
                    Kind::AgentSilent => Says::AgentSilent {
                        since: Some(1_800_000_000_000),
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
                let named = written.sentences.concat().contains("某桥梁工程");
                assert!(named || *kind == Kind::AgentSilent);
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
    fn several_things_of_a_project_are_one_letter_and_others_are_not_in_it() {
        let told = |kind, lot: Option<&str>, instant| Letter {
            channel: Channel::Mail,
            address: "a@example.org".into(),
            language: Chinese,
            until: 0,
            says: Says::Project {
                kind,
                project: about(),
                lot: lot.map(str::to_owned),
                instant,
            },
        };
        let first = told(Kind::RecordMade, Some("一标段"), None);
        let others = [
            told(Kind::RecordMade, Some("二标段"), None),
            told(Kind::Clarified, None, None),
        ];
        assert!(others.iter().all(|other| first.joins(other)));
        let [one, two] = &others;
        let written = first.written(&[one, two], "https://kaibiao.example.org");
        assert_eq!(
            written.subject,
            "【开标】FJ-2026-001 开标记录已生成、有新的澄清"
        );
        assert_eq!(
            written.sentences,
            [
                "项目：某桥梁工程（FJ-2026-001）",
                "标段 一标段、二标段：开标记录已经生成。投标人请核对并签署。",
                "招标人发布了澄清，请查阅。已密封的投标文件不受影响。",
                "请登录查看：https://kaibiao.example.org/projects/0198c3b1-0000-7000-8000-000000000001",
            ]
        );
        let mut other = told(Kind::Clarified, None, None);
        other.channel = Channel::Phone;
        assert!(!first.joins(&other));
        let mut other = told(Kind::Clarified, None, None);
        other.address = "b@example.org".into();
        assert!(!first.joins(&other));
        let mut other = told(Kind::Clarified, None, None);
        if let Says::Project { project, .. } = &mut other.says {
            project.id = "0198c3b1-0000-7000-8000-000000000002".parse().unwrap();
        }
        assert!(!first.joins(&other));
        let code = Says::Code {
            code: "123456".into(),
        };
        let code = Letter {
            says: code,
            ..first.clone()
        };
        assert!(!first.joins(&code) && !code.joins(&first));
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
