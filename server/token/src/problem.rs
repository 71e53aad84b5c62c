//! Why a token did not do what it was asked, with what to do about it.

use std::path::PathBuf;

use kaibiao_crypto::held::HolderProblem;

use crate::token::Tries;

/// What every call of this crate returns.
pub type Outcome<T> = Result<T, TokenProblem>;

/// Why a token did not do what it was asked. Its texts are [`Self::zh`] and [`Self::en`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenProblem {
    /// An address of a token that is none.
    #[error("{}", self.en())]
    Address(String),
    /// No library is named, neither in the address nor in the environment.
    #[error("{}", self.en())]
    MiddlewareUnnamed,
    /// The maker's library is not where it was said to be.
    #[error("{}", self.en())]
    MiddlewareMissing { path: PathBuf },
    /// The file is no library of this machine and of this interface.
    #[error("{}", self.en())]
    MiddlewareBroken { path: PathBuf, detail: String },
    /// None is plugged in, or none that fits the address.
    #[error("{}", self.en())]
    NoToken,
    /// Several fit the address: what they are called.
    #[error("{}", self.en())]
    SeveralTokens(Vec<String>),
    /// The token holds no certificate that fits, or not its private key.
    #[error("{}", self.en())]
    NoKey,
    /// Another key made the signature than the one that the certificate is about.
    #[error("{}", self.en())]
    NotItsCertificate { label: String },
    /// The PIN was wrong.
    #[error("{}", self.en())]
    PinWrong { left: Tries },
    /// The PIN is of a length or form that the token does not take; no try was used.
    #[error("{}", self.en())]
    PinForm,
    /// Nobody has given the token a PIN yet, or it has to be changed first.
    #[error("{}", self.en())]
    PinNotSet,
    /// Too many wrong PINs: only whoever issued the token can unlock it.
    #[error("{}", self.en())]
    PinBlocked,
    /// It was pulled out.
    #[error("{}", self.en())]
    TokenGone,
    /// The session is over: somebody logged it out.
    #[error("{}", self.en())]
    LoggedOut,
    /// Another program uses it alone.
    #[error("{}", self.en())]
    Busy,
    /// The token has no such computation, or not for this key.
    #[error("{}", self.en())]
    Unsupported { what: &'static str },
    /// The ciphertext is not one of this key's.
    #[error("{}", self.en())]
    NotOpened,
    /// Anything else, in the middleware's own words.
    #[error("{}", self.en())]
    Refused(String),
}

impl TokenProblem {
    /// Stable, kebab-case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Address(_) => "token-address",
            Self::MiddlewareUnnamed => "token-middleware-unnamed",
            Self::MiddlewareMissing { .. } => "token-middleware-missing",
            Self::MiddlewareBroken { .. } => "token-middleware-broken",
            Self::NoToken => "token-absent",
            Self::SeveralTokens(_) => "token-ambiguous",
            Self::NoKey => "token-no-key",
            Self::NotItsCertificate { .. } => "token-foreign-certificate",
            Self::PinWrong { .. } => "token-pin-wrong",
            Self::PinForm => "token-pin-form",
            Self::PinNotSet => "token-pin-not-set",
            Self::PinBlocked => "token-pin-blocked",
            Self::TokenGone => "token-gone",
            Self::LoggedOut => "token-logged-out",
            Self::Busy => "token-busy",
            Self::Unsupported { .. } => "token-unsupported",
            Self::NotOpened => "token-not-opened",
            Self::Refused(_) => "token-refused",
        }
    }

    /// What is wrong and what to do, in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Address(reason) => format!(
                "令牌地址有误（{reason}）；请写成 pkcs11:token=标签?module-path=驱动文件 或 skf:?module-path=驱动文件。"
            ),
            Self::MiddlewareUnnamed => "没有指明令牌的驱动程序；请在地址中写 module-path=驱动文件，或设置环境变量 KAIBIAO_TOKEN_MODULE。".to_owned(),
            Self::MiddlewareMissing { path } => format!(
                "找不到令牌的驱动程序 {}；请安装厂商的驱动，或核对 module-path 的路径。",
                path.display()
            ),
            Self::MiddlewareBroken { path, detail } => format!(
                "{} 不能作为令牌的驱动程序使用（{detail}）；请核对文件、位数（64 位）和接口类型（pkcs11 或 skf）。",
                path.display()
            ),
            Self::NoToken => "没有找到令牌；请插好令牌并核对地址中的标签和序列号，可用 kaibiao token list 查看。".to_owned(),
            Self::SeveralTokens(labels) => format!(
                "有几个令牌都符合（{}）；请拔下其他令牌，或在地址中写明标签或序列号。",
                labels.join("、")
            ),
            Self::NoKey => "令牌中没有可用的证书和私钥；请核对是否插错令牌，或请签发机构检查。".to_owned(),
            Self::NotItsCertificate { label } => format!(
                "令牌中的证书“{label}”与其私钥不是一对，签名未被使用；请联系签发机构重新写入证书。"
            ),
            Self::PinWrong { left } => format!(
                "PIN 不正确（{}）；程序不会自动再试，请确认后重新输入。",
                left.zh()
            ),
            Self::PinForm => "PIN 的长度或字符不合令牌的规定（未占用次数）；请核对后重新输入。".to_owned(),
            Self::PinNotSet => "令牌尚未设置 PIN，或须先修改初始 PIN；请用厂商的工具设置。".to_owned(),
            Self::PinBlocked => "PIN 输错次数过多，令牌已锁定；请携带令牌到签发机构解锁，此前不要再试。".to_owned(),
            Self::TokenGone => "令牌已拔出；请重新插入，再执行一次。".to_owned(),
            Self::LoggedOut => "令牌已退出登录；请重新输入 PIN。".to_owned(),
            Self::Busy => "令牌正被别的程序独占使用；请关闭该程序后再试。".to_owned(),
            Self::Unsupported { what } => format!(
                "令牌不支持所需的运算（{what}）；请改用签发机构提供的其他介质，或用密封时留下的备用密钥。"
            ),
            Self::NotOpened => "令牌解不开：内容已被改动，或不是加密给这把钥匙的。".to_owned(),
            Self::Refused(detail) => format!(
                "令牌的驱动程序报错（{detail}）；请重新插拔令牌后再试，仍不行请联系厂商。"
            ),
        }
    }

    /// What is wrong and what to do, in English.
    pub fn en(&self) -> String {
        match self {
            Self::Address(reason) => format!(
                "That is no address of a token ({reason}); write pkcs11:token=LABEL?module-path=LIBRARY or skf:?module-path=LIBRARY."
            ),
            Self::MiddlewareUnnamed => "No middleware of a token is named; write module-path=LIBRARY into the address, or set KAIBIAO_TOKEN_MODULE.".to_owned(),
            Self::MiddlewareMissing { path } => format!(
                "The token's middleware {} is not there; install the maker's driver, or check module-path.",
                path.display()
            ),
            Self::MiddlewareBroken { path, detail } => format!(
                "{} cannot be used as a token's middleware ({detail}); check the file, that it is for 64 bits, and the interface (pkcs11 or skf).",
                path.display()
            ),
            Self::NoToken => "No token was found; plug it in and check label and serial number in the address. `kaibiao token list` shows what is there.".to_owned(),
            Self::SeveralTokens(labels) => format!(
                "Several tokens fit ({}); unplug the others, or name label or serial number in the address.",
                labels.join(", ")
            ),
            Self::NoKey => "The token holds no certificate with its private key that can be used; check that it is the right token, or ask whoever issued it.".to_owned(),
            Self::NotItsCertificate { label } => format!(
                "The certificate \"{label}\" in the token does not belong to its private key, and the signature was not used; ask whoever issued it to write the certificate again."
            ),
            Self::PinWrong { left } => format!(
                "The PIN is wrong ({}). Nothing is tried again by itself; make sure, and enter it again.",
                left.en()
            ),
            Self::PinForm => "The PIN has a length or characters that the token does not take (no try was used); check it and enter it again.".to_owned(),
            Self::PinNotSet => "The token has no PIN yet, or its first PIN has to be changed; do so with the maker's tool.".to_owned(),
            Self::PinBlocked => "Too many wrong PINs: the token is locked. Take it to whoever issued it to be unlocked, and do not try again before.".to_owned(),
            Self::TokenGone => "The token was pulled out; plug it in and run this again.".to_owned(),
            Self::LoggedOut => "The token is no longer logged in; enter the PIN again.".to_owned(),
            Self::Busy => "Another program uses the token alone; close that program and try again.".to_owned(),
            Self::Unsupported { what } => format!(
                "The token cannot do this ({what}); ask its issuer for another medium, or use the spare key that was kept when sealing."
            ),
            Self::NotOpened => "The token does not decrypt this: it was altered, or is not encrypted to this key.".to_owned(),
            Self::Refused(detail) => format!(
                "The token's middleware reports an error ({detail}); unplug the token, plug it in and try again, and ask its maker if that does not help."
            ),
        }
    }
}

impl From<&TokenProblem> for HolderProblem {
    fn from(problem: &TokenProblem) -> Self {
        use TokenProblem as P;
        match problem {
            P::TokenGone | P::NoToken => Self::Gone,
            P::LoggedOut | P::PinWrong { .. } | P::PinBlocked => Self::LoggedOut,
            P::Busy => Self::Busy,
            P::Unsupported { .. } | P::NoKey | P::NotItsCertificate { .. } => Self::Unsupported,
            P::NotOpened => Self::NotOpened,
            P::Address(_)
            | P::MiddlewareUnnamed
            | P::MiddlewareMissing { .. }
            | P::MiddlewareBroken { .. }
            | P::SeveralTokens(_)
            | P::PinForm
            | P::PinNotSet
            | P::Refused(_) => Self::Failed,
        }
    }
}

impl From<HolderProblem> for TokenProblem {
    fn from(problem: HolderProblem) -> Self {
        match problem {
            HolderProblem::Gone => Self::TokenGone,
            HolderProblem::LoggedOut => Self::LoggedOut,
            HolderProblem::Busy => Self::Busy,
            HolderProblem::Unsupported => Self::Unsupported {
                what: "decryption with this key",
            },
            HolderProblem::NotOpened => Self::NotOpened,
            HolderProblem::Failed => Self::Refused("device error".to_owned()),
        }
    }
}
