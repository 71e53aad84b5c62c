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
    /// What is stored of one stream is not what was written, or does not fold. It
    /// stands still until it is restored; other streams go on.
    #[error("stream {stream} is damaged: {problem}")]
    Damaged {
        /// The stream's name.
        stream: String,
        /// What was found.
        problem: String,
    },
    /// Events do not fold. Either the rules changed their mind about an old
    /// event or a decision did not evolve what it emitted.
    #[error("event {seq} of stream {stream} is unlawful: {problem}")]
    Unlawful {
        /// The stream's name.
        stream: String,
        /// The event's number in it.
        seq: u64,
        /// What the rules say against it.
        problem: String,
    },
    /// The stream is folded by other rules than the caller's.
    #[error("stream {stream} is a {found} stream, not a {expected} stream")]
    Kind {
        /// The stream's name.
        stream: String,
        /// The kind it has.
        found: String,
        /// The kind the caller asked for.
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
    Length {
        /// Bytes there are, or would be.
        found: u64,
        /// Bytes announced.
        expected: u64,
    },
    /// Another node does this work now. Nothing was written.
    #[error("another node has the lease {0}")]
    NotOurs(&'static str),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The operating system gave no randomness.
    #[error("the operating system gives no randomness")]
    NoRandomness,
    /// The operating system refused to read or write a file.
    #[error("file access failed: {0}")]
    Io(io::Error),
    /// The database cannot be reached, is another's to write to, or gave a transaction
    /// up: it may be tried again. Unless it was a commit that failed, nothing was
    /// written.
    #[error("the database does not serve this now: {0}")]
    Unavailable(Box<dyn std::error::Error + Send + Sync>),
    /// The object store refused, or did not answer. What was written before is
    /// untouched; the operation may be repeated.
    #[error("the object store failed: {0}")]
    Objects(Box<dyn std::error::Error + Send + Sync>),
    /// The database failed, for a reason of its engine. Unless it was a commit
    /// that failed, nothing was written.
    #[error("the database failed: {0}")]
    Database(Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Whether another try may succeed although nobody mends what is stored: space
    /// and descriptors come back, a disk answers again.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Full
            | Self::Busy
            | Self::NotOurs(_)
            | Self::Unavailable(_)
            | Self::Closed
            | Self::NoRandomness
            | Self::Panicked(_)
            | Self::Io(_)
            | Self::Objects(_)
            | Self::Database(_) => true,
            Self::Corrupt(_)
            | Self::Damaged { .. }
            | Self::Unlawful { .. }
            | Self::Kind { .. }
            | Self::NoStream(_)
            | Self::Missing(_)
            | Self::Length { .. } => false,
        }
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

/// Why an append did not happen.
#[derive(Debug, thiserror::Error)]
pub enum AppendError<R> {
    /// The decision said no.
    #[error("refused")]
    Refused(R),
    /// An external id of the commit was used before, for what is given here.
    #[error("already done")]
    Claimed(Vec<u8>),
    /// The store failed; what that means for the append, [`StoreError`] says.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a data directory was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds the directory's lock.
    #[error("{dir} is in use by another process / 数据目录 {dir} 正被另一个进程使用")]
    InUse {
        /// The data directory.
        dir: String,
    },
    /// The database remembers the check value of another root secret. Nothing was
    /// changed.
    #[error(
        "the root secret does not belong to {dir}; give the one it was made with \
         / 根密钥与数据目录 {dir} 不匹配，请使用创建该目录时的根密钥"
    )]
    WrongRootSecret {
        /// The data directory.
        dir: String,
    },
    /// The database remembers another platform's name or public keys. Nothing was changed.
    #[error(
        "the database belongs to a platform with other signing keys or another origin: give this node \
         the secrets and the origin of the others \
         / 数据库属于另一组签名密钥或另一个 origin 的平台，请为本节点配置与其他节点相同的密钥目录和 origin"
    )]
    OtherPlatform,
    /// The database is half a copy.
    #[error(
        "the database is half a copy: let kaibiao copy or restore finish, by the same command again \
         / 数据库只复制了一半，请用同一条命令（kaibiao copy 或 restore）完成复制"
    )]
    HalfCopied,
    /// The platform was copied elsewhere, and goes on there.
    #[error(
        "{dir} was moved to {to}: start the service there. Two of them would sign two histories. Only if the \
         service was never started there and the copy is given up, remove {mark} \
         / 平台已从 {dir} 迁移到 {to}，请在该处启动服务；两处同时启动会签出两份历史。\
         只有该处从未启动过且副本作废时，才可删除 {mark}"
    )]
    Moved {
        /// The data directory.
        dir: String,
        /// Where to, as whoever moved it wrote it.
        to: String,
        /// The file that says so.
        mark: String,
    },
    /// The database has a migration that this program does not know.
    #[error(
        "the database was written by a newer version (schema {found}, this program knows {known}); \
         upgrade the program / 数据库由更新的版本写入（模式 {found}，本程序支持 {known}），请升级程序"
    )]
    NewerSchema {
        /// The database's newest migration.
        found: i64,
        /// This program's newest migration.
        known: i64,
    },
    /// The database lacks migrations, and [`crate::Options::upgrade`] is off.
    #[error(
        "the database has schema {found}, this program needs {known}: run kaibiao migrate, or start the service once \
         / 数据库模式为 {found}，本程序需要 {known}，请先运行 kaibiao migrate，或启动一次服务"
    )]
    OlderSchema {
        /// The database's newest migration.
        found: i64,
        /// This program's newest migration.
        known: i64,
    },
    /// Something of the schema is not what the migrations make: a table, trigger,
    /// index or view was added, changed or dropped.
    #[error(
        "the database's schema was changed by somebody else: {what}; restore a backup \
         / 数据库结构被改动过（{what}），请从备份恢复"
    )]
    AlteredSchema {
        /// What differs, by kind and name.
        what: String,
    },
    /// A migration of this number was applied that is not this program's, or only
    /// half of it.
    #[error(
        "the database's schema {0} differs from the published one / 数据库模式 {0} 与发布的不一致"
    )]
    ForeignSchema(i64),
    /// The database's address is none, or has options that are not known.
    #[error(
        "the database's address must be postgres://USER@HOST:PORT/DATABASE, or HOST:PORT,HOST:PORT for several servers / 数据库地址应为 postgres://用户@主机:端口/库名，多台服务器写作 主机:端口,主机:端口"
    )]
    DatabaseUrl,
    /// The database is set up so that it may lose what was acknowledged.
    #[error(
        "the database server has {name} = {found}, which may lose what was acknowledged: set it to {wanted} \
         / 数据库服务器的 {name} 为 {found}，可能丢失已确认的数据，请改为 {wanted}"
    )]
    DatabaseSetting {
        /// The server's setting.
        name: &'static str,
        /// What it is.
        found: String,
        /// What it has to be.
        wanted: &'static str,
    },
    /// The object store gives no access, or does not answer.
    #[error(
        "the bucket {place} cannot be used: {problem}; look at [blobs] in the configuration \
         / 对象存储桶 {place} 无法使用：{problem}；请检查配置中的 [blobs]"
    )]
    Objects {
        /// The bucket and its address.
        place: String,
        /// What it said.
        problem: StoreError,
    },
    /// A directory or file could not be made or read, or the database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Store(error.into())
    }
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
