//! `kaibiao copy`: a platform moves to another place, and back.

use std::path::{Path, PathBuf};

use clap::Args;
use kaibiao_app::config::{Config, Overrides};
use kaibiao_app::keys::PlatformKeys;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_crypto::Digest;
use kaibiao_os::files;
use kaibiao_store::{BlobsPlace, Database, Site, copy, moved};
use serde_json::json;

use super::output::Output;
use super::store::{
    accept, at_rest, copy_secrets, holds_a_store, not_copied, root, site, sound, tell, unusable,
    watched,
};

/// A copy of everything.
#[derive(Debug, Args)]
#[command(after_help = "示例 · examples:
  kaibiao copy --from /srv/kaibiao --to /etc/kaibiao/nodes.toml
  kaibiao copy --from /etc/kaibiao/nodes.toml --to /srv/kaibiao-again
源平台须已停止;目标须为空。中断后用同一条命令继续;完成前目标不能启动,完成后源不能再启动。
The source is stopped, the target holds nothing. After an interruption the same command goes on;
before it is done the target does not start, and after it the source does not.")]
pub struct CopyArgs {
    /// 源:配置文件,或只用内置数据库的数据目录 · from where: a configuration file, or a data directory that has everything in it
    #[arg(long, value_name = "CONFIG|DIR")]
    from: PathBuf,
    /// 目标:同上 · to where: the same
    #[arg(long, value_name = "CONFIG|DIR")]
    to: PathBuf,
    /// 目标的密钥目录不存在时,从源复制 · copies the secrets as well, where the target has none
    #[arg(long)]
    with_secrets: bool,
    /// 不再全面检查副本(逐字节核对照做) · does not look the copy over; it is compared byte by byte all the same
    #[arg(long)]
    unchecked: bool,
}

pub async fn run(args: CopyArgs, output: &Output) -> Outcome<()> {
    let (from, to) = (at(&args.from)?, at(&args.to)?);
    let (source, target) = (site(&from)?, site(&to)?);
    apart(&source, &target)?;
    holds_a_store(&source)?;
    if args.with_secrets && !to.secrets().exists() {
        copy_secrets(&from.secrets(), &to.secrets())?;
    }
    same_secret(&from, &to)?;
    let root = root(&from)?;
    let rest = at_rest(&from, &source).await?;
    let work = |progress| copy(&root, &source, &target, Some(&rest), progress);
    let copied = watched("复制", "copying", output, work).await;
    let copied = copied.map_err(|error| not_copied(&error, &to.data))?;
    tell(&copied, output);
    let report = if args.unchecked {
        None
    } else {
        Some(sound(&to, &target, output).await?)
    };
    accept(&to, &target, output).await?;
    leave(&source, &args.to, output);
    drop(rest);
    let events: u64 = copied.streams.iter().map(|tree| tree.size).sum();
    let files: u64 = copied.files.iter().map(|filed| filed.files).sum();
    let (streams, bytes) = (copied.streams.len(), copied.bytes);
    output.say(
        format!(
            "复制完成,两边逐字节一致:{streams} 个流(树根相同)、{events} 条记录、{files} 个文件,共 {bytes} 字节。请从目标启动服务,不要再启动源。"
        ),
        format!(
            "Copied, and both sides are the same to the byte: {streams} streams with the same roots, {events} events, {files} files, {bytes} bytes. Start the service at the target, and never again at the source."
        ),
    );
    output.result(&json!({ "copied": copied, "report": report }))
}

/// Marks the source as moved, so that nobody starts it again by mistake. A medium that
/// cannot be written is none that a service starts on.
fn leave(source: &Site, to: &Path, output: &Output) {
    let to = to.canonicalize().unwrap_or_else(|_| to.to_owned());
    if let Err(error) = moved::mark(&source.data, &to.display().to_string()) {
        let place = source.data.display();
        output.warn(
            format!("未能在源数据目录 {place} 中标记“已迁移”:{error}。请确保不会再从它启动服务。"),
            format!(
                "The source's data directory {place} could not be marked as moved: {error}. Make sure that no service is started on it."
            ),
        );
    }
}

/// What is configured there. A data directory stands for itself, whatever the environment
/// says.
fn at(place: &Path) -> Outcome<Config> {
    let is_file = place.extension().is_some_and(|it| it == "toml") || place.is_file();
    if !is_file {
        return Ok(Config {
            data: place.to_owned(),
            ..Config::default()
        });
    }
    Config::read(Some(place), &Overrides::default()).map_err(|error| {
        Failure::new(
            Kind::Input,
            "config",
            format!("{error}。请改正后重试;可用 kaibiao config check 检查。"),
            format!("{error}. Mend it and try again; `kaibiao config check` looks at it."),
        )
    })
}

/// Refuses a target that is the source, or within it.
fn apart(from: &Site, to: &Site) -> Outcome<()> {
    let settled = |path: &Path| files::settled(path).map_err(|error| Failure::file(path, &error));
    let (one, other) = (settled(&from.data)?, settled(&to.data)?);
    let is_same = match (&from.database, &to.database) {
        (Database::Postgres { url: one, .. }, Database::Postgres { url: other, .. }) => {
            one == other
        }
        _ => false,
    };
    let is_same_bucket = match (&from.blobs, &to.blobs) {
        (BlobsPlace::S3(one), BlobsPlace::S3(other)) => {
            (&one.url, &one.endpoint) == (&other.url, &other.endpoint)
        }
        _ => false,
    };
    if is_same || is_same_bucket || other.starts_with(&one) || one.starts_with(&other) {
        return Err(Failure::new(
            Kind::Usage,
            "copy-onto-itself",
            "源与目标的数据目录、数据库和存储桶必须各不相同,互不包含;未复制任何内容。",
            "Source and target have a data directory, a database and a bucket of their own each, none within another; nothing was copied.",
        ));
    }
    Ok(())
}

/// Refuses a target with another root secret, or without one.
fn same_secret(from: &Config, to: &Config) -> Outcome<()> {
    let read = |config: &Config| {
        let secret = PlatformKeys::read_root(&config.secrets());
        secret.map_err(|error| unusable(&error))
    };
    let place = to.secrets();
    if !place.exists() {
        let (place, source) = (place.display(), from.secrets());
        let source = source.display();
        return Err(Failure::new(
            Kind::Key,
            "no-secrets",
            format!(
                "目标的密钥目录 {place} 不存在。请先把 {source} 复制过去,或加 --with-secrets。"
            ),
            format!(
                "The target's secrets directory {place} is not there. Copy {source} to it first, or give --with-secrets."
            ),
        ));
    }
    let (one, other) = (read(from)?, read(to)?);
    if Digest::of(&*one).ct_eq(&Digest::of(&*other)) {
        return Ok(());
    }
    let place = place.display();
    Err(Failure::new(
        Kind::Key,
        "other-secrets",
        format!("目标的密钥目录 {place} 属于另一个平台。请换用源平台的密钥目录。"),
        format!(
            "The target's secrets directory {place} is another platform's. Give it those of the source."
        ),
    ))
}
