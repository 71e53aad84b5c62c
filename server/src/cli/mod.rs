//! The command line.

pub mod account;
#[cfg(feature = "server")]
pub mod administrator;
pub mod agent;
pub mod audit;
pub mod bid;
#[cfg(feature = "server")]
pub mod clock;
pub mod complaint;
#[cfg(feature = "server")]
pub mod config;
pub mod connect;
#[cfg(feature = "server")]
pub mod copy;
pub mod custodian;
#[cfg(feature = "server")]
pub mod demo;
pub mod erase;
pub mod export;
pub mod figures;
pub mod keyfile;
pub mod offline;
pub mod opening;
pub mod output;
pub mod passphrase;
#[cfg(feature = "server")]
pub mod pki;
pub mod policy;
pub mod project;
pub mod ready;
pub mod record;
pub mod reference;
pub mod replay;
#[cfg(feature = "server")]
pub mod role;
pub mod roots;
#[cfg(feature = "server")]
pub mod serve;
#[cfg(feature = "server")]
pub mod store;
pub mod suite;
mod text;
pub mod timestamp;
pub mod token;
pub mod trust;
pub mod watch;
#[cfg(feature = "server")]
pub mod witness;
mod witnesses;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use kaibiao_client::failure::{Failure, Outcome};

use output::Output;

/// 退出码,写在每页帮助的末尾 · exit codes, at the end of the help page.
const EXIT_CODES: &str = "\
退出码 · exit codes:
  0 成功 done            1 意外错误 unexpected       2 用法错误 usage
  3 文件有误 input file   4 证书或口令 key            5 服务器拒绝 refused
  6 网络问题,可重试 network, try again              7 未获证明,未交出任何秘密 not proved, no secret has left

环境变量 · environment:
  KAIBIAO_SERVER  KAIBIAO_TLS_CA  KAIBIAO_KEY  KAIBIAO_CA(信任目录 trust directory)
  KAIBIAO_PASSPHRASE_FILE  KAIBIAO_PASSPHRASE  KAIBIAO_STATE(本机记忆 what this machine remembers)
  KAIBIAO_TOKEN_MODULE(令牌驱动 a token's middleware)  KAIBIAO_PIN";

/// 开标:远程不见面开标厅 · remote electronic bid opening
#[derive(Debug, Parser)]
#[command(name = "kaibiao", version, propagate_version = true, after_help = EXIT_CODES)]
pub struct Cli {
    /// 结果以 JSON 写到标准输出 · results as JSON on stdout
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 启动服务 · serve
    #[cfg(feature = "server")]
    Serve(serve::Serve),
    /// 询问服务是否就绪 · asks whether a service is ready
    Ready(ready::ReadyArgs),
    /// 备份数据目录,服务可以照常运行 · backs the data directory up, while the service runs
    #[cfg(feature = "server")]
    Backup(store::BackupArgs),
    /// 从备份恢复,服务须未运行 · restores a backup, while nothing serves it
    #[cfg(feature = "server")]
    Restore(store::RestoreArgs),
    /// 检查数据目录中的一切 · looks everything in the data directory over
    #[cfg(feature = "server")]
    Fsck(store::FsckArgs),
    /// 把平台整体迁到别处:目录与数据库、存储桶之间 · moves a platform: directory, database and bucket
    #[cfg(feature = "server")]
    Copy(copy::CopyArgs),
    /// 把数据升级到本版本的格式,多个节点只做一次 · brings what is stored to this version, once for all nodes
    #[cfg(feature = "server")]
    Migrate(store::MigrateArgs),
    /// 演示一次完整的开标 · demonstration of one complete opening
    #[cfg(feature = "server")]
    Demo(demo::DemoArgs),
    /// 演示用 CA · demonstration certificate authority
    #[cfg(feature = "server")]
    #[command(subcommand)]
    Pki(pki::PkiCommand),
    /// 备用密钥文件 · spare key files
    #[command(subcommand)]
    Keyfile(keyfile::KeyfileCommand),
    /// 证书助手:让浏览器中的页面使用本机令牌中的密钥(保管人的无人值守代理是 custodian serve-all)
    /// · token agent: lets the page use keys in a token of this machine (a custodian's unattended agent is custodian serve-all)
    #[command(
        after_help = "示例 · example:\n  kaibiao agent --server https://kb.example.cn --key 'pkcs11:token=LABEL?module-path=LIBRARY'\n  kaibiao agent --server https://kb.example.cn --key K.p12"
    )]
    Agent(agent::AgentArgs),
    #[command(subcommand)]
    Account(account::AccountCommand),
    #[cfg(feature = "server")]
    #[command(subcommand)]
    Role(role::RoleCommand),
    #[command(subcommand)]
    Project(project::ProjectCommand),
    /// 投标 · a bidder's commands
    #[command(subcommand, disable_help_subcommand = true)]
    Bid(bid::BidCommand),
    /// 解密保管人 · custodians
    #[command(subcommand)]
    Custodian(custodian::CustodianCommand),
    #[command(subcommand)]
    Opening(opening::OpeningCommand),
    /// 开标记录的导出 · exports of the opening record
    #[command(subcommand)]
    Record(record::RecordCommand),
    /// 开标证据包 · the bundle of evidence
    #[command(subcommand)]
    Export(export::ExportCommand),
    /// 离线重放证据包:任一时刻各方所见的开标厅 · replays a bundle: the room at any instant, without a network
    #[command(
        after_help = "示例 · example:\n  kaibiao replay NUMBER.supervisor.kev --at 2026-11-28T14:40:00+08:00 --as bidder:91350100M000100Y43\n  kaibiao --json replay NUMBER.kev --at 57"
    )]
    Replay(offline::OfflineArgs),
    /// 投诉 · complaints to the supervisor
    #[command(subcommand)]
    Complaint(complaint::ComplaintCommand),
    /// 统计:开标、解密、服务评价(交易中心、监督部门) · figures of openings (centre, supervisor)
    #[command(
        after_help = "示例 · example:\n  kaibiao figures --key centre.p12 --from 2026-01 --to 2026-11 --csv figures.csv"
    )]
    Figures(figures::FiguresArgs),
    /// 平台审计记录:查询、核验、导出(监督部门) · the platform's audit trail: search, proof, export (supervisors)
    #[command(
        after_help = "示例 · example:\n  kaibiao audit --key supervisor.p12 --from 2026-11-01 --kind role_bound --kind role_revoked\n  kaibiao audit --key supervisor.p12 -o audit.jsonl"
    )]
    Audit(audit::AuditArgs),
    /// 依请求删除一个事件的详情(管理员;记录在案) · erases the details of one event, on demand (administrator; on record)
    Erase(erase::EraseArgs),
    /// 时间戳 · time stamps
    #[command(subcommand)]
    Timestamp(timestamp::TimestampCommand),
    /// 令牌(USB Key、智能卡) · tokens (USB keys, smart cards)
    #[command(subcommand)]
    Token(token::TokenCommand),
    #[command(subcommand)]
    Trust(trust::TrustCommand),
    /// 配置 · configuration
    #[cfg(feature = "server")]
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// 公开日志的见证 · a witness of public logs
    #[cfg(feature = "server")]
    #[command(subcommand)]
    Witness(witness::WitnessCommand),
}

/// Reads the arguments, does what they say, and tells how it ended.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.json);
    match run(cli.command, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.fail(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(command: Command, output: &Output) -> Outcome<()> {
    match command {
        #[cfg(feature = "server")]
        Command::Serve(args) => wait(serve::run(args)),
        Command::Ready(args) => wait(ready::run(args, output)),
        #[cfg(feature = "server")]
        Command::Backup(args) => wait(store::backup_command(args, output)),
        #[cfg(feature = "server")]
        Command::Restore(args) => wait(store::restore(args, output)),
        #[cfg(feature = "server")]
        Command::Fsck(args) => wait(store::fsck_command(args, output)),
        #[cfg(feature = "server")]
        Command::Copy(args) => wait(copy::run(args, output)),
        #[cfg(feature = "server")]
        Command::Migrate(args) => wait(store::migrate(args, output)),
        #[cfg(feature = "server")]
        Command::Demo(args) => wait(demo::run(args, output)),
        #[cfg(feature = "server")]
        Command::Pki(command) => pki::run(command, output),
        Command::Keyfile(command) => keyfile::run(command, output),
        Command::Agent(args) => wait(agent::run(args, output)),
        Command::Account(command) => wait(account::account(command, output)),
        #[cfg(feature = "server")]
        Command::Role(command) => wait(role::run(command, output)),
        Command::Project(command) => wait(project::run(command, output)),
        Command::Bid(command) => wait(bid::run(command, output)),
        Command::Custodian(command) => wait(custodian::run(command, output)),
        Command::Opening(command) => wait(opening::run(command, output)),
        Command::Record(command) => wait(record::run(command, output)),
        Command::Export(command) => wait(export::run(command, output)),
        Command::Replay(args) => offline::run(args, output),
        Command::Complaint(command) => wait(complaint::run(command, output)),
        Command::Figures(args) => wait(figures::run(args, output)),
        Command::Erase(args) => wait(erase::run(args, output)),
        Command::Timestamp(command) => wait(timestamp::run(command, output)),
        Command::Audit(args) => wait(audit::run(args, output)),
        Command::Token(command) => token::run(command, output),
        Command::Trust(command) => wait(trust::run(command, output)),
        #[cfg(feature = "server")]
        Command::Config(command) => config::run(command, output),
        #[cfg(feature = "server")]
        Command::Witness(command) => witness::run(command, output),
    }
}

/// Runs a command to its end.
fn wait(work: impl Future<Output = Outcome<()>>) -> Outcome<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::unexpected)?
        .block_on(work)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    #[cfg(feature = "server")]
    use kaibiao_crypto::{platform_key::PlatformKey, tlog::LogKey};
    #[cfg(feature = "server")]
    use kaibiao_os::random::SystemRng;

    use super::*;

    #[test]
    fn no_two_options_of_a_command_have_one_name() {
        Cli::command().debug_assert();
    }

    /// What a unit or an image of the deployment runs, as the arguments of this program.
    #[cfg(feature = "server")]
    fn run_by(path: &str) -> Vec<Vec<String>> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let text = std::fs::read_to_string(root.join(path)).unwrap();
        let (log, _) = PlatformKey::generate(&mut SystemRng);
        let vkey = LogKey::new("example.com/log".parse().unwrap(), log.public_key()).to_string();
        let found = text.lines().filter_map(|line| {
            let line = line.trim();
            // What follows is the shell's, and makes a name.
            let (line, shell) = match line.split_once("\"/var/backups/kaibiao/$$(") {
                Some((line, _)) => (line, "/var/backups/kaibiao/now"),
                None => (line, ""),
            };
            let command = match line.split_once("/bin/kaibiao ") {
                Some((start, command)) if start.starts_with("ExecStart=") => {
                    format!("{command}{shell}")
                }
                _ => {
                    let list = line.strip_prefix("test: [CMD, /usr/bin/kaibiao, ");
                    let list = list.or_else(|| line.strip_prefix("CMD ["))?;
                    list.trim_end_matches(']').replace(['"', ','], "")
                }
            };
            let command = command
                .replace("${LISTEN}", "127.0.0.1:8090")
                .replace("$LOGS", &vkey);
            Some(command.split_whitespace().map(str::to_owned).collect())
        });
        found.collect()
    }

    #[cfg(feature = "server")]
    #[test]
    fn units_and_images_run_commands_that_there_are() {
        for path in [
            "scripts/systemd/kaibiao.service",
            "scripts/systemd/kaibiao-backup.service",
            "scripts/systemd/kaibiao-witness.service",
            "scripts/systemd/kaibiao-custodian.service",
            "docs/ops/deploy/compose.yaml",
            "docs/ops/deploy/Containerfile",
        ] {
            let commands = run_by(path);
            assert_eq!(commands.len(), 1, "{path}: {commands:?}");
            for command in commands {
                let all = std::iter::once("kaibiao".to_owned()).chain(command);
                if let Err(error) = Cli::try_parse_from(all) {
                    panic!("{path}: {error}");
                }
            }
        }
    }
}
