//! Every error that leaves the server: RFC 9457, a stable code from one closed
//! list, and what to do next in Chinese and in English.
//!
//! The list has two halves: the rules' refusals (kaibiao-core) and, here, what
//! can go wrong before the rules are asked: transport, login, certificates.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mod body;
mod from;
mod transport;

pub use body::ProblemBody;
pub use transport::Transport;

/// The media type of an error.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// An error on its way to a caller. It carries no secret and no name of
/// another party: `params` are what the messages speak of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The stable code, of the closed list.
    pub code: &'static str,
    /// The HTTP status, from 400 to 599.
    pub status: u16,
    /// What happened, in few words.
    pub title: Text,
    /// What happened and what to do next.
    pub detail: Text,
    /// What the messages speak of, by name: a field, a limit, a time.
    pub params: BTreeMap<String, String>,
    /// Seconds after which another try makes sense.
    pub retry_after: Option<u64>,
}

/// One text in both languages. `{name}` is replaced by the parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// In Chinese.
    pub zh: &'static str,
    /// In English, in ASCII.
    pub en: &'static str,
}

/// A language that people are spoken to in.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Language {
    // zh-CN is spoken unless English is preferred.
    #[default]
    #[serde(rename = "zh-CN")]
    Chinese,
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// Reads an `Accept-Language` header: English only where the caller
    /// prefers it to Chinese.
    pub fn accepted(header: Option<&str>) -> Self {
        let quality = |language: &str| {
            header
                .unwrap_or_default()
                .split(',')
                .filter_map(|range| {
                    let mut parts = range.split(';').map(str::trim);
                    let tag = parts.next()?.to_ascii_lowercase();
                    let quality = parts
                        .find_map(|part| part.strip_prefix("q="))
                        .map_or(Some(1.0_f32), |q| q.parse().ok())?;
                    (tag == language || tag.starts_with(&format!("{language}-"))).then_some(quality)
                })
                .fold(0.0_f32, f32::max)
        };
        if quality("en") > quality("zh") {
            Self::English
        } else {
            Self::Chinese
        }
    }
}

impl Problem {
    /// Adds what the messages speak of.
    #[must_use]
    pub fn param(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }

    /// Says when another try makes sense.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// An unforeseen failure: its cause goes to the log, not to the caller.
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(cause = %cause, "internal error");
        Transport::Internal.problem()
    }

    /// The body, in one language with both beside it.
    pub fn body(&self, language: Language, request: Option<String>) -> ProblemBody {
        let (zh, en) = self.details();
        let (title, detail) = match language {
            Language::Chinese => (self.title.zh, zh.clone()),
            Language::English => (self.title.en, en.clone()),
        };
        ProblemBody {
            kind: format!("urn:kaibiao:problem:{}", self.code),
            title: title.to_owned(),
            status: self.status,
            code: self.code.to_owned(),
            detail,
            detail_zh: zh,
            detail_en: en,
            params: self.params.clone(),
            request,
        }
    }

    /// What happened, in Chinese and English. Of an act on several bidders, for which one
    /// of them it holds is told as well.
    fn details(&self) -> (String, String) {
        let (zh, en) = (self.fill(self.detail.zh), self.fill(self.detail.en));
        match self.params.get("bidder") {
            None => (zh, en),
            Some(bidder) => (
                format!("{zh}原因出在“{bidder}”；所选各家均未办理，请去掉这一家后重新签名。"),
                format!(
                    "{en} This is so of {bidder}, and nothing was done for any of those chosen: leave it out and sign again."
                ),
            ),
        }
    }

    fn fill(&self, template: &str) -> String {
        self.params
            .iter()
            .fold(template.to_owned(), |text, (name, value)| {
                text.replace(&format!("{{{name}}}"), value)
            })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.details().1)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use kaibiao_core::refusal::RefusalCode;

    use super::*;

    #[test]
    fn every_code_is_its_own_and_speaks_both_languages() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Transport::ALL {
            let problem = code.problem();
            assert!(seen.insert(problem.code), "{} twice", problem.code);
            for text in [problem.title, problem.detail] {
                assert!(!text.zh.is_empty() && !text.en.is_empty());
                assert!(text.en.is_ascii(), "{}", problem.code);
            }
            assert!((400..600).contains(&problem.status));
        }
    }

    #[test]
    fn chinese_is_spoken_unless_english_is_preferred() {
        let accepted = Language::accepted;
        assert_eq!(accepted(None), Language::Chinese);
        assert_eq!(accepted(Some("fr")), Language::Chinese);
        assert_eq!(accepted(Some("zh-CN,zh;q=0.9,en;q=0.8")), Language::Chinese);
        assert_eq!(accepted(Some("en-GB,en;q=0.9,zh;q=0.1")), Language::English);
        assert_eq!(accepted(Some("en")), Language::English);
        assert_eq!(accepted(Some("en;q=banana")), Language::Chinese);
    }

    #[test]
    fn which_of_several_bidders_it_is_about_is_told_in_both_languages() {
        let problem = Problem::from(RefusalCode::NotAbsent).param("bidder", "福安建筑");
        let body = problem.body(Language::Chinese, None);
        assert!(body.detail.contains("“福安建筑”"), "{}", body.detail);
        assert!(
            body.detail_en.contains("of 福安建筑,"),
            "{}",
            body.detail_en
        );
        let alone = Problem::from(RefusalCode::NotAbsent).body(Language::Chinese, None);
        assert!(body.detail.starts_with(&alone.detail));
    }

    #[test]
    fn no_code_of_the_rules_is_also_one_of_transport() {
        for code in RefusalCode::ALL {
            let code = Problem::from(*code);
            assert!(Transport::ALL.iter().all(|other| other.code() != code.code));
            assert!((400..600).contains(&code.status));
        }
    }

    #[test]
    fn parameters_appear_in_both_texts() {
        let body = Transport::TooLarge
            .with("limit", 1024)
            .body(Language::English, None);
        assert!(body.detail.contains("1024 bytes"));
        assert!(body.detail_zh.contains("1024 字节"));
        assert_eq!(body.kind, "urn:kaibiao:problem:too-large");
    }
}
