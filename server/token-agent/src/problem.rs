//! Every failure that a page is told (docs/spec/token-agent.md, 6).

use hyper::StatusCode;
use kaibiao_crypto::bid::OpenProblem;
use kaibiao_crypto::wrap::UnwrapProblem;
use serde::Serialize;

use crate::holder::HolderProblem;

/// The closed list of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    OtherHost,
    OtherOrigin,
    Method,
    ContentType,
    NoSuchRequest,
    TooLarge,
    Malformed,
    NotPaired,
    CodeWrong,
    CodeVoid,
    CodesTooMany,
    Busy,
    MessageMalformed,
    MessageOtherOrigin,
    MessageOtherAddress,
    Declined,
    NoAnswer,
    PinWrong,
    PinBlocked,
    PinNotGiven,
    TokenAbsent,
    MiddlewareAbsent,
    TokenFailed,
    NoSuchCertificate,
    CertificateForeign,
    HeaderMalformed,
    WrapOtherKey,
    WrapNotOpened,
    WrapNotBound,
    SecretMismatch,
    NotProved,
}

impl Code {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Malformed | Self::MessageMalformed | Self::HeaderMalformed => {
                StatusCode::BAD_REQUEST
            }
            Self::NotPaired => StatusCode::UNAUTHORIZED,
            Self::NoSuchRequest | Self::NoSuchCertificate => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::PinBlocked => StatusCode::LOCKED,
            Self::CodesTooMany | Self::Busy => StatusCode::TOO_MANY_REQUESTS,
            Self::TokenFailed => StatusCode::BAD_GATEWAY,
            Self::TokenAbsent | Self::MiddlewareAbsent => StatusCode::SERVICE_UNAVAILABLE,
            Self::OtherHost
            | Self::OtherOrigin
            | Self::CodeWrong
            | Self::CodeVoid
            | Self::MessageOtherOrigin
            | Self::MessageOtherAddress
            | Self::Declined
            | Self::NoAnswer
            | Self::PinWrong
            | Self::PinNotGiven
            | Self::CertificateForeign
            | Self::WrapOtherKey
            | Self::WrapNotOpened
            | Self::WrapNotBound
            | Self::SecretMismatch
            | Self::NotProved => StatusCode::FORBIDDEN,
        }
    }

    pub(crate) fn opening(problem: &OpenProblem) -> Self {
        match problem {
            OpenProblem::Unwrap(UnwrapProblem::OtherKey) => Self::WrapOtherKey,
            OpenProblem::Unwrap(UnwrapProblem::NotBound) => Self::WrapNotBound,
            OpenProblem::SecretMismatch => Self::SecretMismatch,
            _ => Self::WrapNotOpened,
        }
    }
}

/// A failure as it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    pub code: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self {
            code,
            tries: None,
            detail: None,
        }
    }
}

impl From<HolderProblem> for Problem {
    fn from(problem: HolderProblem) -> Self {
        let code = problem.code();
        let (tries, detail) = match problem {
            HolderProblem::Pin { tries } => (tries, None),
            HolderProblem::Middleware(words) | HolderProblem::Failed(words) => (None, Some(words)),
            _ => (None, None),
        };
        Self {
            code,
            tries,
            detail,
        }
    }
}
