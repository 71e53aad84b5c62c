//! What went wrong on the client's side, in words a person can act on.
//!
//! Every failure says what happened and what to do next, in zh-CN and in
//! English, and belongs to one of a few kinds. The kind is the exit code of
//! the command line (docs/ops/cli.md).

use std::fmt;

use kaibiao_api::problem::{Language, Problem};
use kaibiao_token::TokenProblem;

/// Whose move it is now. The number is the process's exit code; 2 is used by
/// the argument parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A fault of the program or the machine that has no better name.
    Unexpected = 1,
    /// An option or combination of options that makes no sense.
    Usage = 2,
    /// A file given by the user is missing, damaged, or not what it should be.
    Input = 3,
    /// A key, passphrase or certificate does not fit.
    Key = 4,
    /// The server refused, and said why. Nothing was changed.
    Refused = 5,
    /// The server could not be reached or did not answer properly: try again.
    Network = 6,
    /// Something the server said is not proved. No secret has left.
    Unproved = 7,
}

/// A failure with its remedy, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub kind: Kind,
    /// Stable, kebab-case; the server's code when the server refused.
    pub code: String,
    pub zh: String,
    pub en: String,
}

/// What every function of the client returns.
pub type Outcome<T> = Result<T, Failure>;

impl Failure {
    pub fn new(
        kind: Kind,
        code: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Failure {
            kind,
            code: code.into(),
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// A file could not be read or written; the system's reason goes along.
    pub fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        let path = path.display();
        Failure::new(
            Kind::Input,
            "file",
            format!("文件 {path} 无法读写:{error}。请检查路径、权限和磁盘空间。"),
            format!(
                "Cannot read or write {path}: {error}. Check the path, the permissions and the free space."
            ),
        )
    }

    /// What the server would refuse, found out on this side.
    pub fn problem(problem: &Problem) -> Self {
        let body = problem.body(Language::Chinese, None);
        Failure::new(Kind::Refused, body.code, body.detail_zh, body.detail_en)
    }

    /// Why a token did not do what it was asked.
    pub fn token(problem: &TokenProblem) -> Self {
        Failure::new(Kind::Key, problem.code(), problem.zh(), problem.en())
    }

    /// A failure that should not happen; the detail helps whoever repairs it.
    pub fn unexpected(detail: impl fmt::Display) -> Self {
        Failure::new(
            Kind::Unexpected,
            "unexpected",
            format!("程序内部出错:{detail}。请保留此信息并联系技术支持。"),
            format!("Internal fault: {detail}. Keep this message and contact support."),
        )
    }

    pub fn exit_code(&self) -> u8 {
        self.kind as u8
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.zh, self.en)
    }
}

impl std::error::Error for Failure {}
