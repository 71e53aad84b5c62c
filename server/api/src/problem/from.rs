//! Which problem each room's own failure is to a caller.

use std::collections::BTreeMap;

use kaibiao_core::refusal::{Hint, Refusal, RefusalCode};
use kaibiao_crypto::act::ActProblem;
use kaibiao_crypto::certificate::CertificateProblem;

use super::{Problem, Text, Transport};

impl From<&CertificateProblem> for Problem {
    fn from(problem: &CertificateProblem) -> Self {
        let code = match problem {
            CertificateProblem::Malformed => Transport::CertificateMalformed,
            CertificateProblem::Expired { .. } => Transport::CertificateExpired,
            CertificateProblem::NotYetValid { .. } => Transport::CertificateNotYetValid,
            CertificateProblem::Revoked => Transport::CertificateRevoked,
            CertificateProblem::UnknownIssuer => Transport::CertificateUnknownIssuer,
            CertificateProblem::WrongUsage { .. } => Transport::CertificateWrongUsage,
            CertificateProblem::WeakKey => Transport::CertificateWeakKey,
            CertificateProblem::NoOrganisation => Transport::CertificateNoOrganisation,
            CertificateProblem::BadOrganisationCode => Transport::CertificateBadOrganisationCode,
            CertificateProblem::TwoOrganisations => Transport::CertificateTwoOrganisations,
            CertificateProblem::DifferentOrganisations => {
                Transport::CertificateDifferentOrganisations
            }
            CertificateProblem::CrlMissing => Transport::CertificateCrlMissing,
            CertificateProblem::CrlStale { .. } => Transport::CertificateCrlStale,
            CertificateProblem::CrlBroken => Transport::CertificateCrlBroken,
            CertificateProblem::Chain(reason) => {
                return Transport::CertificateChain.with("reason", reason);
            }
        };
        code.problem()
    }
}

impl From<CertificateProblem> for Problem {
    fn from(problem: CertificateProblem) -> Self {
        Self::from(&problem)
    }
}

impl From<ActProblem> for Problem {
    fn from(problem: ActProblem) -> Self {
        match problem {
            ActProblem::Certificate(problem) => problem.into(),
            ActProblem::Signature(problem) => Transport::SignatureWrong.with("reason", problem),
            ActProblem::Unsigned | ActProblem::NoGrounds => Transport::SignatureMissing.into(),
            problem @ (ActProblem::Body(_)
            | ActProblem::TooLong
            | ActProblem::Nonce
            | ActProblem::Purpose) => Transport::NotCanonical.with("reason", problem),
        }
    }
}

/// A refusal by the rules; its evidence has been appended before.
impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        Self {
            params: refusal.params.clone(),
            ..Self::from(refusal.code)
        }
    }
}

impl From<RefusalCode> for Problem {
    fn from(code: RefusalCode) -> Self {
        let (status, title, retry_after) = match code.hint() {
            Hint::Invalid => (
                422,
                Text {
                    zh: "内容不符合要求",
                    en: "Not acceptable",
                },
                None,
            ),
            Hint::Forbidden => (
                403,
                Text {
                    zh: "无权操作",
                    en: "Not allowed",
                },
                None,
            ),
            Hint::NotFound => (
                404,
                Text {
                    zh: "没有找到",
                    en: "Not found",
                },
                None,
            ),
            Hint::Conflict => (
                409,
                Text {
                    zh: "现在不能进行",
                    en: "Not possible now",
                },
                None,
            ),
            Hint::Retry => (
                503,
                Text {
                    zh: "请稍后重试",
                    en: "Try again",
                },
                Some(2),
            ),
        };
        Self {
            code: code.code(),
            status,
            title,
            detail: Text {
                zh: code.zh(),
                en: code.en(),
            },
            params: BTreeMap::new(),
            retry_after,
        }
    }
}
