//! The same problems in Chinese, for those who read them on the day.

use super::name::NameProblem;
use super::problem::{HeaderPart, HeaderProblem, OpenProblem};
use super::upload::UploadProblem;
use crate::keyfile::{KeyFileProblem, MIN_PASSPHRASE};
use crate::wrap::{Role, UnwrapProblem};

impl HeaderProblem {
    /// What is wrong, in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::NotABid => "不是密封的投标文件".to_owned(),
            Self::Truncated => "文件头不完整".to_owned(),
            Self::TooLong(part) => format!("文件头的{}超过允许的长度", part.zh()),
            Self::Trailing => "文件头之后有多余的内容".to_owned(),
            Self::NotCanonical { part, .. } => format!("文件头的{}不是规范的 JSON", part.zh()),
            Self::UnknownFormat => "不支持的格式版本或密码套件".to_owned(),
            Self::Field { part, field } => {
                format!("文件头的{}中 {field} 不合规则", part.zh())
            }
            Self::Inconsistent(what) => format!("文件头各部分互相矛盾（{what}）"),
            Self::Certificate => "签名证书不是密封时所用的证书".to_owned(),
        }
    }
}

impl HeaderPart {
    const fn zh(self) -> &'static str {
        match self {
            Self::Context => "上下文（ctx）",
            Self::Commitments => "承诺（commitments）",
            Self::Wraps => "密钥封装（wraps）",
            Self::Chain => "证书链（chain）",
        }
    }
}

impl OpenProblem {
    /// What is wrong, in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::NoSuchSegment => "没有这个信封或分段".to_owned(),
            Self::OtherBid => "这把密钥是为别的投标核对的".to_owned(),
            Self::SecretMismatch => "解密密钥与投标文件的承诺不符".to_owned(),
            Self::ShareMismatch { role, x } => {
                format!("第 {x} 位保管人的{}与投标文件的承诺不符", share(*role))
            }
            Self::SharesTooFew { have, need } => format!("需要 {need} 份密钥份额，只有 {have} 份"),
            Self::SharesDuplicate => "同一份密钥份额出现了两次".to_owned(),
            Self::ReleaseMismatch => "各份额合成的解密密钥与投标文件的承诺不符".to_owned(),
            Self::RescueMismatch => "各补救份额合成的密钥与投标文件的承诺不符".to_owned(),
            Self::OtherCustodians => "保管人的公钥不是密封时所用的公钥".to_owned(),
            Self::DealingCommitment { role, x } => {
                format!("给第 {x} 位保管人的{}不是按规则分出的", share(*role))
            }
            Self::DealingWrap { role, x } => {
                format!("给第 {x} 位保管人的{}封装不是按规则生成的", share(*role))
            }
            Self::KeyMismatch => "数据密钥与投标文件的承诺不符".to_owned(),
            Self::SegmentKeyMismatch { segment } => {
                format!("第 {segment} 段的密钥与投标文件的承诺不符")
            }
            Self::CiphertextLength { segment } => format!("第 {segment} 段密文的长度与承诺不符"),
            Self::CiphertextMismatch { segment } => format!("第 {segment} 段密文与承诺不符"),
            Self::NotAuthentic { segment, chunk } => {
                format!("第 {segment} 段第 {chunk} 块用所承诺的密钥解不开")
            }
            Self::FrameWrong { segment } => format!("第 {segment} 段明文的结构不合规则"),
            Self::PlaintextMismatch { segment } => format!("第 {segment} 段明文与承诺不符"),
            Self::SheetWrong => "开标一览表不是规范的 JSON 对象".to_owned(),
            Self::ManifestWrong(_) => "投标文件清单不合规则".to_owned(),
            Self::DocumentMismatch { segment } => format!("第 {segment} 段的文件与清单不符"),
            Self::Unwrap(problem) => problem.zh().to_owned(),
        }
    }
}

const fn share(role: Role) -> &'static str {
    match role {
        Role::Recipient => "密钥",
        Role::Release => "解密份额",
        Role::Rescue => "补救份额",
    }
}

impl UnwrapProblem {
    /// What is wrong, in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::OtherKey => "密封时没有用到这把钥匙",
            Self::NotOpened => "密钥封装用这把钥匙打不开：已被改动，或属于别的投标",
            Self::NotBound => "密钥封装能打开，但属于别的投标、标段、项目或角色",
            Self::Holder(problem) => problem.zh(),
        }
    }
}

impl UploadProblem {
    /// What is wrong, in Chinese.
    pub fn zh(self) -> String {
        match self {
            Self::TooLong => "上传的内容超过投标文件的长度".to_owned(),
            Self::Segment { segment, .. } => format!("第 {segment} 段密文与承诺不符"),
            Self::Chunk { segment, chunk, .. } => {
                format!("第 {segment} 段第 {chunk} 块密文与预告的摘要不符")
            }
            Self::Announcement => "预告的分块摘要与文件头不符".to_owned(),
            Self::Checkpoint => "保存的上传进度与文件头不符".to_owned(),
        }
    }
}

impl NameProblem {
    /// What is wrong, in Chinese.
    pub fn zh(self) -> String {
        match self {
            Self::Length => "文件名须为 1 至 255 个字节".to_owned(),
            Self::NotNormal => "文件名不是 Unicode NFC 形式".to_owned(),
            Self::Character(code) => format!("文件名不得含有字符 U+{code:04X}"),
            Self::Edge => "文件名不得以空格开头或结尾，也不得以句点结尾".to_owned(),
            Self::Reserved => "文件名是系统保留名(如 CON、NUL、COM1)".to_owned(),
            Self::Duplicate => "两个文件同名（不区分大小写）".to_owned(),
        }
    }
}

impl KeyFileProblem {
    /// What is wrong, in Chinese.
    pub fn zh(self) -> String {
        match self {
            Self::Wrong => "不是密钥文件，或已损坏".to_owned(),
            Self::Passphrase => "口令打不开这个密钥文件".to_owned(),
            Self::TooShort => format!("口令至少 {MIN_PASSPHRASE} 个字符"),
            Self::Memory => "可用内存不足 64 MiB".to_owned(),
        }
    }
}
