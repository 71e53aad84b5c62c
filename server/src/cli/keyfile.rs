//! `kaibiao keyfile`: a bidder's spare key under a passphrase.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use kaibiao_client::bid;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files::{self, Readers};
use kaibiao_crypto::keyfile;
use kaibiao_os::random::SystemRng;
use serde_json::json;

use super::output::Output;
use super::passphrase::PassphraseArgs;
use super::suite::SuiteArgs;

#[derive(Debug, Subcommand)]
pub enum KeyfileCommand {
    /// 生成备用密钥文件,密封时用 --spare 指定;切勿上传或交给他人
    /// · makes a spare key file for `bid seal --spare`; never send it to anybody
    #[command(after_help = "示例 · example:\n  kaibiao keyfile new -o spare.kkey")]
    New(New),
}

#[derive(Debug, Args)]
pub struct New {
    /// 输出文件 · the file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    suite: SuiteArgs,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

pub fn run(command: KeyfileCommand, output: &Output) -> Outcome<()> {
    let KeyfileCommand::New(args) = command;
    if args.output.exists() {
        return Err(Failure::new(
            Kind::Input,
            "file-exists",
            format!("{} 已存在,不会覆盖;请换一个文件名。", args.output.display()),
            format!(
                "{} exists and is not overwritten; choose another name.",
                args.output.display()
            ),
        ));
    }
    let passphrase = args.passphrase.new_for(&args.output)?;
    let (file, key) = keyfile::generate_for(args.suite.asked(), &passphrase, &mut SystemRng)
        .map_err(|problem| bid::keyfile_failure(&args.output, problem))?;
    files::write(&args.output, &file, Readers::Owner)?;
    let id = key.public().id();
    output.say(
        format!(
            "已生成密钥文件 {}(编号 {id})。丢失文件或口令均无法找回。",
            args.output.display()
        ),
        format!(
            "Made key file {} (id {id}). Neither file nor passphrase can be recovered.",
            args.output.display()
        ),
    );
    output.result(&json!({ "file": args.output, "id": id }))
}
