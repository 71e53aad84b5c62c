//! `kaibiao backup`, `restore`, `fsck` and `migrate`: the store, as an operator sees it.

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
use kaibiao_store::{
    Clock, Copied, CopyError, Database, Progress, RootSecret, Site, Store, backup, copy,
};
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

/// Bringing what is stored to this version.
#[derive(Debug, Args)]
#[command(after_help = "示例 · example:\n  kaibiao migrate --config /etc/kaibiao/kaibiao.toml")]
pub struct MigrateArgs {
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
    let (root, from) = (root(&config)?, site(&config)?);
    holds_a_store(&from)?;
    let work = |progress| backup(&root, &from, &args.to, progress);
    let copied = watched("备份", "backing up", output, work).await;
    let copied = copied.map_err(|error| not_copied(&error, &args.to))?;
    tell(&copied, output);
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
        Some(sound(&config, &Site::directory(args.to.clone()), output).await?)
    };
    let bytes = copied.bytes;
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
    output.result(&json!({ "to": args.to, "bytes": bytes, "copied": copied, "report": report }))
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
        let (root, from) = (root(&config)?, Site::directory(from.clone()));
        let to = site(&config)?;
        let work = |progress| copy(&root, &from, &to, None, progress);
        let copied = watched("复制", "copying", output, work).await;
        let copied = copied.map_err(|error| not_copied(&error, &config.data))?;
        tell(&copied, output);
    }
    // What is served is not accepted under the service's feet.
    let site = site(&config)?;
    let _rest = at_rest(&config, &site).await?;
    let report = sound(&config, &site, output).await?;
    let newest = accept(&config, &site, output).await?;
    output.say(
        format!("数据已就位:{}。现在可以启动服务。", config.data.display()),
        format!(
            "The data is in place at {}. The service can start now.",
            config.data.display()
        ),
    );
    output.result(&json!({ "data": config.data, "newest": newest, "report": report }))
}

/// Lets the secrets directory know how far the store is, and tells what is missing; answers
/// the time of its newest event.
pub(super) async fn accept(config: &Config, site: &Site, output: &Output) -> Outcome<i64> {
    let secrets = config.secrets();
    let store = look(config, site).await?;
    let known = Known::read(&secrets).map_err(|error| unusable(&error))?;
    let (newest, origin) = (
        store.newest(),
        PlatformKeys::origin_of(config).map_err(|error| unusable(&error))?,
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
    Ok(newest)
}

pub async fn fsck_command(args: FsckArgs, output: &Output) -> Outcome<()> {
    let config = args.at.read()?;
    let report = sound(&config, &site(&config)?, output).await?;
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

/// Brings what is stored to this version, once, whoever else does the same or serves it.
pub async fn migrate(args: MigrateArgs, output: &Output) -> Outcome<()> {
    let config = args.at.read()?;
    let migrated = async {
        let app = kaibiao_app::App::open(config, Clock::system()).await?;
        kaibiao_app::jobs::migrate(&app).await?;
        app.store.close().await?;
        anyhow::Ok(())
    };
    migrated.await.map_err(|error| {
        Failure::new(
            Kind::Input,
            "not-migrated",
            format!("数据未能升级到本版本:{error:#}。"),
            format!("What is stored could not be brought to this version: {error:#}."),
        )
    })?;
    output.say(
        "数据已是本版本的格式,可以启动服务。",
        "What is stored is of this version. The service can start.",
    );
    output.result(&json!({ "migrated": true }))
}

pub(super) fn root(config: &Config) -> Outcome<RootSecret> {
    let root = PlatformKeys::read_root(&config.secrets()).map_err(|error| unusable(&error))?;
    Ok(RootSecret::from_bytes(*root))
}

pub(super) fn site(config: &Config) -> Outcome<Site> {
    config.site().map_err(|error| unusable(&error))
}

/// Makes sure that nobody serves a store.
pub(super) async fn at_rest(config: &Config, site: &Site) -> Outcome<kaibiao_store::AtRest> {
    let rest = site.at_rest(&root(config)?).await;
    rest.map_err(|error| {
        Failure::new(
            Kind::Input,
            "data-in-use",
            format!("{error};请先停止服务。"),
            format!("{error}. Stop the service first."),
        )
    })
}

/// Makes sure that there is a store, where it would be in a directory.
pub(super) fn holds_a_store(site: &Site) -> Outcome<()> {
    if !matches!(site.database, Database::File) || Store::is_at(&site.data) {
        return Ok(());
    }
    let place = site.data.display();
    Err(Failure::new(
        Kind::Input,
        "no-data",
        format!("{place} 中没有平台数据库。请检查路径。"),
        format!("{place} holds no platform's database. Check the path."),
    ))
}

pub(super) fn not_copied(error: &CopyError, to: &Path) -> Failure {
    let to = to.display();
    Failure::new(
        Kind::Input,
        "not-copied",
        format!(
            "未能复制到 {to}:{error}。目标须为空且有足够空间;只复制了一半的目标,用同一条命令继续。"
        ),
        format!(
            "Could not copy to {to}: {error}. The target must be empty, with room enough; what is half a copy goes on by the same command."
        ),
    )
}

/// Tells what was copied otherwise than as it was.
pub(super) fn tell(copied: &Copied, output: &Output) {
    for damaged in &copied.damaged {
        output.warn(
            format!("源数据已损坏,副本中同样:{damaged}。"),
            format!("It is damaged where it was copied from, and in the copy: {damaged}."),
        );
    }
    for upload in &copied.dropped_uploads {
        output.warn(
            format!("上传 {upload} 不在副本中:复制期间已结束,或其数据已缺失;客户端会重新上传。"),
            format!(
                "Upload {upload} is not in the copy: it ended meanwhile, or had lost bytes. Its client sends it again."
            ),
        );
    }
}

pub(super) fn copy_secrets(from: &Path, to: &Path) -> Outcome<()> {
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
pub(super) async fn watched<T, F: Future<Output = T>>(
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

async fn look(config: &Config, site: &Site) -> Outcome<Store> {
    let (root, database) = (root(config)?, site.database.clone());
    Store::look(&site.data, root, database, &site.blobs)
        .await
        .map_err(|error| unusable(&error))
}

/// Looks a store over; what is found wrong is the failure.
pub(super) async fn sound(config: &Config, site: &Site, output: &Output) -> Outcome<Report> {
    let store = look(config, site).await?;
    let look = |progress| fsck::look_over(&store, progress);
    let looked = watched("检查", "checking", output, look).await;
    let report = looked.map_err(|error| unusable(&error))?;
    if report.faults.is_empty() {
        return Ok(report);
    }
    for fault in &report.faults {
        output.row(fault);
    }
    let (count, place) = (report.faults.len(), site.data.display());
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

pub(super) fn unusable(error: &dyn std::fmt::Display) -> Failure {
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
