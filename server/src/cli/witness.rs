//! `kaibiao witness`: cosigns the checkpoints of public logs (docs/ops/witness.md).

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};
use futures_util::future::maybe_done;
use kaibiao_app::config::{Log, LogFormat};
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_crypto::tlog::{KeyName, LogKey};
use kaibiao_os::files::{self, Readers};
use kaibiao_os::random::SystemRng;
use kaibiao_witness::{OpenError, SigningKey, Witness};
use serde_json::json;

use super::output::Output;
use super::wait;

#[derive(Debug, Subcommand)]
pub enum WitnessCommand {
    /// 生成见证密钥,并显示交给平台的验证公钥(vkey)
    /// · makes a witness's key, and prints the vkey that platforms are given
    #[command(
        after_help = "示例 · example:\n  kaibiao witness keygen --name witness.example.cn/1 -o witness.key"
    )]
    Keygen(Keygen),
    /// 运行见证服务,直到收到 SIGTERM 或 SIGINT · serves as a witness until SIGTERM or SIGINT
    #[command(after_help = "示例 · example:
  kaibiao witness serve --listen 127.0.0.1:8090 --state /var/lib/witness --key witness.key \\
      --log 'kaibiao/0123456789abcdef+01234567+AQ…'")]
    Serve(Serve),
}

#[derive(Debug, Args)]
pub struct Keygen {
    /// 见证的名称,不含空格和加号,通常为不带协议的网址
    /// · the witness's name, without spaces and plus signs; by custom an address without its scheme
    #[arg(long, value_name = "NAME", value_parser = key_name)]
    name: KeyName,
    /// 密钥文件,仅所有者可读;不得放在两台机器上使用
    /// · the file of the secret key, for its owner alone; never in use on two machines
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// 监听地址 · address to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// 状态目录;绝不可恢复较旧的副本 · the state's folder; never put an older copy in its place
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// 密钥文件 · the key file
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// 所见证的日志的公钥(vkey),可多个 · vkeys of the logs that it cosigns for
    #[arg(long, value_name = "VKEY", required = true, num_args = 1..)]
    log: Vec<LogKey>,
}

fn key_name(text: &str) -> Result<KeyName, String> {
    let wrong = "名称不得为空,不得含空格、加号或控制字符 / not empty, no spaces, plus signs or control characters";
    text.parse().map_err(|_| wrong.to_owned())
}

pub fn run(command: WitnessCommand, output: &Output) -> Outcome<()> {
    match command {
        WitnessCommand::Keygen(args) => keygen(args, output),
        WitnessCommand::Serve(args) => wait(serve(args, output)),
    }
}

fn keygen(args: Keygen, output: &Output) -> Outcome<()> {
    let place = args.output.display();
    if args.output.exists() {
        return Err(Failure::new(
            Kind::Input,
            "file-exists",
            format!("{place} 已存在,不会覆盖;请换一个文件名。"),
            format!("{place} exists and is not overwritten; choose another name."),
        ));
    }
    let (public, file) = SigningKey::generate(args.name, &mut SystemRng);
    files::write(&args.output, file.as_bytes(), Readers::Owner)
        .map_err(|error| Failure::file(&args.output, &error))?;
    output.say(
        format!("已生成见证密钥 {place}。请将下面的验证公钥交给平台和各方:"),
        format!("Made the witness's key {place}. Give this verifier key to platforms and parties:"),
    );
    output.row(public.to_string());
    output.result(&json!({ "file": args.output, "vkey": public.to_string() }))
}

async fn serve(args: Serve, output: &Output) -> Outcome<()> {
    let log = Log {
        level: "info".to_owned(),
        format: LogFormat::Text,
    };
    crate::serve::start_logging(&log).map_err(Failure::unexpected)?;
    let witness = Witness::open(&args.state, &args.key, args.log, seconds).await;
    let witness = witness.map_err(|error| not_opened(&error))?;
    let mut logs = Vec::new();
    for (origin, seen) in witness.seen().await.map_err(Failure::unexpected)? {
        if seen.size == 0 {
            output.warn(
                format!("日志 {origin} 在此状态目录中尚无记录。若本见证以前为它签署过,请立即停止并恢复原状态目录。"),
                format!("Nothing is kept of the log {origin} here. Where this witness has cosigned for it before, stop at once and put the former state back."),
            );
        }
        logs.push(json!({ "origin": origin.as_str(), "size": seen.size }));
    }
    let listening = TcpListener::bind(args.listen).and_then(|it| Ok((it.local_addr()?, it)));
    let (address, listener) = listening.map_err(|error| {
        Failure::new(
            Kind::Usage,
            "listen",
            format!("无法监听 {}:{error}。请换一个地址。", args.listen),
            format!(
                "Cannot listen on {}: {error}. Choose another address.",
                args.listen
            ),
        )
    })?;
    let mut stop = Box::pin(maybe_done(async {
        if let Err(error) = crate::serve::stop_signal().await {
            tracing::error!(%error, "signals cannot be heard");
        }
    }));
    // Once it was polled, signals are heard; only then it says that it serves.
    let _ = futures_util::poll!(stop.as_mut());
    let vkey = witness.key().to_string();
    output.say(
        format!("见证 {vkey} 正在 {address} 提供服务。"),
        format!("The witness {vkey} serves on {address}."),
    );
    output.result(&json!({ "address": address, "vkey": vkey, "logs": logs }))?;
    let served = kaibiao_witness::serve(Arc::new(witness), listener, stop).await;
    served.map_err(Failure::unexpected)
}

/// The machine's clock. 0, at which nothing can be cosigned, before the epoch.
fn seconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

fn not_opened(error: &OpenError) -> Failure {
    let (kind, code, zh) = match error {
        OpenError::File { path, source } => return Failure::file(path, source),
        OpenError::NoKey(path) => (
            Kind::Key,
            "not-a-witness-key",
            format!(
                "{} 不是见证密钥文件;请用 kaibiao witness keygen 生成。",
                path.display()
            ),
        ),
        OpenError::InUse(path) => (
            Kind::Input,
            "witness-in-use",
            format!(
                "{} 正被另一进程使用;一个密钥和一个状态目录只能由一个进程使用。",
                path.display()
            ),
        ),
        OpenError::TwoKeys(origin) => (
            Kind::Usage,
            "two-log-keys",
            format!("日志 {origin} 给出了两个公钥;请只保留一个。"),
        ),
        OpenError::OtherKey { origin, .. } => (
            Kind::Input,
            "log-key-changed",
            format!("日志 {origin} 以前使用另一公钥;同名日志不得更换公钥,请向平台核实。"),
        ),
        OpenError::Database(_) | OpenError::Schema(_) => (
            Kind::Input,
            "witness-state",
            format!("状态目录无法使用:{error}。不要用较旧的副本替换。"),
        ),
    };
    Failure::new(kind, code, zh, format!("{error}."))
}
