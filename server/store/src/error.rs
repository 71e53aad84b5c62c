//! What can go wrong below the rules: the disk, the database, the key.

use std::io;

/// A failure of the store. Nothing of the operation took effect unless said.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk or a quota is full. What was there is untouched; the operation
    /// may be repeated once there is room.
    #[error("the disk that holds the data directory is full")]
    Full,
    /// What is stored is not what was written: bytes changed, rows missing, or
    /// sealed under another key.
    #[error("stored data is damaged: {0}")]
    Corrupt(String),
    /// Events do not fold. Either the rules changed their mind about an old
    /// event or a decision did not evolve what it emitted.
    #[error("event {seq} of stream {stream} is unlawful: {problem}")]
    Unlawful {
        stream: String,
        seq: u64,
        problem: String,
    },
    /// The stream is folded by other rules than the caller's.
    #[error("stream {stream} is a {found} stream, not a {expected} stream")]
    Kind {
        stream: String,
        found: String,
        expected: String,
    },
    /// Something was to be stored beside a stream that has no event yet.
    #[error("stream {0} does not exist")]
    NoStream(String),
    /// A decision or the rules behind it panicked. Nothing was written.
    #[error("a decision panicked (stream {0})")]
    Panicked(String),
    /// The upload, blob or document is not there (any more).
    #[error("{0} is not there")]
    Missing(&'static str),
    /// Somebody else is writing to this upload.
    #[error("the upload is being written by another request")]
    Busy,
    /// More bytes than announced, or a finish before the last one.
    #[error("the upload holds {found} bytes of {expected}")]
    Length { found: u64, expected: u64 },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The operating system gave no randomness.
    #[error("the operating system gives no randomness")]
    NoRandomness,
    #[error("file access failed: {0}")]
    Io(io::Error),
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
}

impl StoreError {
    /// Whether repeating the same operation later may succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Full | Self::Busy | Self::Closed | Self::Io(_) | Self::Database(_)
        )
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        if is_full(&error) {
            Self::Full
        } else {
            Self::Io(error)
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match sqlite_code(&error) {
            Some(SQLITE_FULL) => Self::Full,
            Some(SQLITE_CORRUPT | SQLITE_NOTADB) => Self::Corrupt(error.to_string()),
            _ => match error {
                sqlx::Error::Io(error) => error.into(),
                sqlx::Error::PoolClosed => Self::Closed,
                error => Self::Database(error),
            },
        }
    }
}

/// Why an append did not happen.
#[derive(Debug, thiserror::Error)]
pub enum AppendError<R> {
    /// The decision said no.
    #[error("refused")]
    Refused(R),
    /// An external id of the commit was used before, for what is given here.
    #[error("already done")]
    Claimed(Vec<u8>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a data directory was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{dir} is in use by another process / 数据目录 {dir} 正被另一个进程使用")]
    InUse { dir: String },
    #[error(
        "the root secret does not belong to {dir}; give the one it was made with \
         / 根密钥与数据目录 {dir} 不匹配，请使用创建该目录时的根密钥"
    )]
    WrongRootSecret { dir: String },
    #[error(
        "{dir} holds a database but {path} holds no root secret; restore the secret from its backup \
         / 数据目录 {dir} 已有数据库，但找不到根密钥 {path}，请从备份中恢复"
    )]
    NoRootSecret { dir: String, path: String },
    #[error("{path} is not a root secret: {problem} / 根密钥文件 {path} 不可用：{problem}")]
    BadRootSecret { path: String, problem: &'static str },
    #[error(
        "the database was written by a newer version (schema {found}, this program knows {known}); \
         upgrade the program / 数据库由更新的版本写入（模式 {found}，本程序支持 {known}），请升级程序"
    )]
    NewerSchema { found: i64, known: i64 },
    #[error(
        "the database has schema {found}, this program needs {known}, and was told not to upgrade it \
         / 数据库模式为 {found}，本程序需要 {known}，且未允许自动升级"
    )]
    OlderSchema { found: i64, known: i64 },
    #[error(
        "the database's schema {0} differs from the published one / 数据库模式 {0} 与发布的不一致"
    )]
    ForeignSchema(i64),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

// Primary result codes, https://www.sqlite.org/rescode.html
const SQLITE_CORRUPT: i32 = 11;
const SQLITE_FULL: i32 = 13;
const SQLITE_NOTADB: i32 = 26;

/// The primary result code (the low byte of an extended one).
fn sqlite_code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error()?.code()?;
    code.parse::<i32>().ok().map(|code| code & 0xff)
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_full_quota_are_told_apart_from_other_failures() {
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            assert!(matches!(io::Error::from(kind).into(), StoreError::Full));
        }
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(matches!(denied.into(), StoreError::Io(_)));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernel_saying_no_space_is_a_full_disk() {
        use std::io::Write;
        let mut full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let error = full.write_all(b"x").unwrap_err();
        assert!(matches!(error.into(), StoreError::Full));
    }
}
