//! `--suite`: which algorithms are asked for.

use clap::{Args, ValueEnum};
use kaibiao_crypto::Suite;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SuiteName {
    /// 国际算法 · AES-256-GCM, SHA-256, P-256 and RSA
    Intl,
    /// 国密算法 · SM2, SM3 and SM4
    Gm,
}

#[derive(Debug, Clone, Copy, Default, Args)]
pub struct SuiteArgs {
    /// 算法套件,默认 intl · the suite of algorithms; intl where nothing is said
    #[arg(long, value_enum, value_name = "SUITE")]
    pub suite: Option<SuiteName>,
}

impl SuiteArgs {
    /// The suite that was asked for, or the one that need not be named.
    pub fn asked(self) -> Suite {
        self.suite.map(Suite::from).unwrap_or_default()
    }
}

impl From<SuiteName> for Suite {
    fn from(name: SuiteName) -> Self {
        match name {
            SuiteName::Intl => Self::Intl,
            SuiteName::Gm => Self::Gm,
        }
    }
}
