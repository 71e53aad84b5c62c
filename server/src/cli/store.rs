//! `kaibiao backup`, `restore` and `fsck`: the embedded store, as an operator sees it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Args;
use kaibiao_app::config::Config;
use kaibiao_app::fsck::{self, Report};
use kaibiao_app::keys::PlatformKeys;
use kaibiao_app::known::Known;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::progress::Progress as _;
use kaibiao_os::files::{self, Readers};
use kaibiao_store::{Database, Lock, Progress, RootSecret, Store, backup};
use serde_json::json;

use super::output::Output;
use super::serve::ConfigArgs;

/// A backup.
#[derive(Debug, Args)]
#[command(after_help = "示例 · examples:
  kaibiao backup --data /srv/kaibiao --to /backup/kaibiao-2026-11-27
  kaibiao backup --config /etc/kaibiao/kaibiao.toml --to /backup/today")]
pub struct BackupArgs {
    #[command(flatten)]
    at: ConfigArgs,
    /// 新的备份目录,不得已有内容 · the new backup's directory, which must hold nothing
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// 同时把密钥目录复制到“备份目录.secret”;两者在一起即可读出平台的一切,请分开保管
    /// · also copies the secrets, to DIR.secret; whoever has both reads everything: keep them apart
    #[arg(long)]
    with_secrets: bool,
    /// 不检查备份 · does not look the copy over
    #[arg(long)]
    unchecked: bool,
}

/// A restore.
#[derive(Debug, Args)]
#[command(after_help = "示例 · examples:
  kaibiao restore --from /backup/kaibiao-2026-11-27 --data /srv/kaibiao
  kaibiao restore --data /srv/kaibiao      (数据目录已就位,确认其较旧 · the older data is in place: accept it)")]
pub struct RestoreArgs {
    #[command(flatten)]
    at: ConfigArgs,
    /// 备份目录;省略时认可数据目录的现状 · the backup; without it what lies in place is accepted
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// 密钥目录为空时,从“备份目录.secret”恢复密钥 · brings the secrets back as well, from DIR.secret, where there are none
    #[arg(long)]
    with_secrets: bool,
}

/// Looking over.
#[derive(Debug, Args)]
#[command(after_help = "示例 · example:\n  kaibiao fsck --data /srv/kaibiao")]
pub struct FsckArgs {
    #[command(flatten)]
    at: ConfigArgs,
}

pub async fn backup_command(args: BackupArgs, output: &Output) -> Outcome<()> {
    let config = args.at.read()?;
    let settled = |path: &Path| files::settled(path).map_err(|error| Failure::file(path, &error));
    if settled(&args.to)?.starts_with(settled(&config.data)?) {
        let (to, data) = (args.to.display(), config.data.display());
        return Err(Failure::new(
            Kind::Usage,
            "backup-inside",
            format!(
                "备份目录 {to} 在数据目录 {data} 之内,未复制任何内容;请换一个目录,最好在另一块磁盘上。"
            ),
            format!(
                "The backup {to} would be inside the data directory {data}; nothing was copied. Choose another place, best on another disk."
            ),
        ));
    }
    let bytes = copy(&config.data, &args.to, output).await?;
    if args.with_secrets {
        let target = files::beside(&args.to, ".secret");
        copy_secrets(&config.secrets(), &target)?;
        output.warn(
            format!(
                "密钥已复制到 {}。数据与密钥在一起,任何人都能读出平台的一切:请分开保管。",
                target.display()
            ),
            format!(
                "The secrets were copied to {}. With both, anybody reads everything: keep them apart.",
                target.display()
            ),
        );
    }
    let report = if args.unchecked {
        None
    } else {
        Some(sound(&config, &args.to, output).await?)
    };
    output.say(
        format!(
            "备份完成:{}({bytes} 字节)。密钥不在其中,请另行备份。",
            args.to.display()
        ),
        format!(
            "Backed up to {} ({bytes} bytes). The secrets are not in it; back them up apart.",
            args.to.display()
        ),
    );
    output.result(&json!({ "to": args.to, "bytes": bytes, "report": report }))
}

pub async fn restore(args: RestoreArgs, output: &Output) -> Outcome<()> {
    let config = args.at.read()?;
    let secrets = config.secrets();
    if let Some(from) = &args.from {
        if !Store::is_at(from) {
            return Err(Failure::new(
                Kind::Input,
                "no-backup",
                format!("{} 中没有平台数据库,不是备份。", from.display()),
                format!(
                    "{} holds no platform's database: it is no backup.",
                    from.display()
                ),
            ));
        }
        if args.with_secrets && !secrets.exists() {
            copy_secrets(&files::beside(from, ".secret"), &secrets)?;
        }
        PlatformKeys::read_root(&secrets).map_err(|error| unusable(&error))?;
        copy(from, &config.data, output).await?;
    }
    // What is served is not accepted under the service's feet.
    let _alone = Lock::take(&config.data).map_err(|error| {
        Failure::new(
            Kind::Input,
            "data-in-use",
            format!("{error};请先停止服务。"),
            format!("{error}. Stop the service first."),
        )
    })?;
    let report = sound(&config, &config.data, output).await?;
    let store = look(&config, &config.data).await?;
    let known = Known::read(&secrets).map_err(|error| unusable(&error))?;
    let (newest, origin) = (
        store.newest(),
        PlatformKeys::origin_of(&config).map_err(|error| unusable(&error))?,
    );
    let streams = store.stream_count();
    let now = Known {
        origin,
        newest,
        streams,
    };
    now.write(&secrets).map_err(|error| unusable(&error))?;
    if let Some(lost) = known.filter(|known| known.newest > newest) {
        let (from, to) = (moment(newest), moment(lost.newest));
        output.warn(
            format!("{from} 至 {to} 之间受理的内容不在其中。请通知监督机构和各方核对回执。"),
            format!(
                "What was accepted between {from} and {to} is not in it. Tell the supervisor, and ask everybody to compare their receipts."
            ),
        );
    }
    output.say(
        format!("数据已就位:{}。现在可以启动服务。", config.data.display()),
        format!(
            "The data is in place at {}. The service can start now.",
            config.data.display()
        ),
    );
    output.result(&json!({ "data": config.data, "newest": newest, "report": report }))
}

pub async fn fsck_command(args: FsckArgs, output: &Output) -> Outcome<()> {
    let config = args.at.read()?;
    let report = sound(&config, &config.data, output).await?;
    output.say(
        format!(
            "未发现问题:{} 个流、{} 条记录、{} 个密文或开标记录、{} 个文档。",
            report.streams, report.events, report.blobs, report.documents
        ),
        format!(
            "Nothing is wrong: {} streams, {} events, {} ciphertexts and records, {} documents.",
            report.streams, report.events, report.blobs, report.documents
        ),
    );
    for orphan in &report.orphans {
        output.row(format!("无人引用 · referred to by nothing: {orphan}"));
    }
    output.result(&report)
}

async fn copy(from: &Path, to: &Path, output: &Output) -> Outcome<u64> {
    if !Store::is_at(from) {
        return Err(Failure::new(
            Kind::Input,
            "no-data",
            format!("{} 中没有平台数据库。请检查路径。", from.display()),
            format!(
                "{} holds no platform's database. Check the path.",
                from.display()
            ),
        ));
    }
    let copied = watched("复制", "copying", output, |progress| {
        backup(from, to, progress)
    })
    .await;
    copied.map_err(|error| {
        Failure::new(
            Kind::Input,
            "not-copied",
            format!(
                "未能复制到 {}:{error}。目标须为空目录且有足够空间。",
                to.display()
            ),
            format!(
                "Could not copy to {}: {error}. The target must be empty, with room enough.",
                to.display()
            ),
        )
    })
}

fn copy_secrets(from: &Path, to: &Path) -> Outcome<()> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| Failure::file(&path, &error)
    };
    if to.exists() {
        let exists = std::io::ErrorKind::AlreadyExists.into();
        return Err(Failure::file(to, &exists));
    }
    files::directory(to, Readers::Owner).map_err(failed(to))?;
    for entry in fs::read_dir(from).map_err(failed(from))? {
        let path = entry.map_err(failed(from))?.path();
        let text = files::read_secret(&path).map_err(failed(&path))?;
        let target = to.join(path.file_name().unwrap_or_default());
        files::write(&target, text.as_bytes(), Readers::Owner).map_err(failed(&target))?;
    }
    Ok(())
}

/// Does something that tells its bytes, with a bar that follows them.
async fn watched<T, F: Future<Output = T>>(
    zh: &str,
    en: &str,
    output: &Output,
    work: impl FnOnce(Progress) -> F,
) -> T {
    let told = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
    let progress: Progress = {
        let told = told.clone();
        Arc::new(move |done, all| {
            told.0.store(done, Ordering::Relaxed);
            told.1.store(all, Ordering::Relaxed);
        })
    };
    let mut work = std::pin::pin!(work(progress));
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    let (mut shown, mut begun) = (0, false);
    let outcome = loop {
        tokio::select! {
            outcome = &mut work => break outcome,
            _ = ticks.tick() => {}
        }
        let (done, all) = (
            told.0.load(Ordering::Relaxed),
            told.1.load(Ordering::Relaxed),
        );
        if all > 0 && !begun {
            output.begin(zh, en, Some(all));
            begun = true;
        }
        if begun {
            output.advance(done.saturating_sub(shown));
            shown = done;
        }
    };
    output.end();
    outcome
}

async fn look(config: &Config, data: &Path) -> Outcome<Store> {
    let root = PlatformKeys::read_root(&config.secrets()).map_err(|error| unusable(&error))?;
    // A copy of the data has its streams with it.
    let database = if data == config.data {
        config.database()
    } else {
        Database::File
    };
    let blobs = config.blobs.place().map_err(|error| unusable(&error))?;
    Store::look(data, RootSecret::from_bytes(*root), database, &blobs)
        .await
        .map_err(|error| unusable(&error))
}

/// Looks a directory over; what is found wrong is the failure.
async fn sound(config: &Config, data: &Path, output: &Output) -> Outcome<Report> {
    let store = look(config, data).await?;
    let look = |progress| fsck::look_over(&store, progress);
    let looked = watched("检查", "checking", output, look).await;
    let report = looked.map_err(|error| unusable(&error))?;
    if report.faults.is_empty() {
        return Ok(report);
    }
    for fault in &report.faults {
        output.row(fault);
    }
    let (count, place) = (report.faults.len(), data.display());
    let all = report.faults.join("; ");
    Err(Failure::new(
        Kind::Input,
        "damaged",
        format!("{place} 中有 {count} 处损坏或缺失:{all}。请从完好的备份恢复,并通知监督机构。"),
        format!(
            "{count} things in {place} are damaged or missing: {all}. Restore a sound backup, and tell the supervisor."
        ),
    ))
}

fn unusable(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        Kind::Input,
        "data-directory",
        format!("数据目录或密钥目录不可用:{error}。"),
        format!("The data or secrets directory cannot be used: {error}."),
    )
}

fn moment(time: i64) -> String {
    jiff::Timestamp::from_millisecond(time).map_or_else(|_| time.to_string(), |at| at.to_string())
}
