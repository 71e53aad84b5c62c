//! `kaibiao keyfile`: a bidder's spare key under a passphrase.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use kaibiao_crypto::keyfile::{self, KeyFileProblem};
use serde_json::json;

use super::output::Output;
use super::passphrase::PassphraseArgs;
use crate::app::random::SystemRng;
use crate::client::failure::{Failure, Kind, Outcome};
use crate::client::files::{self, Access};

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
    let (file, key) = keyfile::generate(&passphrase, &mut SystemRng)
        .map_err(|problem| failure(&args.output, problem))?;
    files::write(&args.output, &file, Access::Owner)?;
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

/// What is wrong with a key file, and what to do.
pub fn failure(path: &std::path::Path, problem: KeyFileProblem) -> Failure {
    let path = path.display();
    let (kind, zh, en) = match problem {
        KeyFileProblem::Wrong => (
            Kind::Input,
            format!("{path} 不是密钥文件,或已损坏;请选对文件或使用备份。"),
            format!("{path} is not a key file, or damaged; choose the right file or a copy."),
        ),
        KeyFileProblem::Passphrase => (
            Kind::Key,
            format!("{path} 的口令不对;请核对后再试。"),
            format!("Wrong passphrase for {path}; check it and try again."),
        ),
        KeyFileProblem::TooShort => (
            Kind::Key,
            "口令至少 8 个字符。".to_owned(),
            "A passphrase has at least 8 characters.".to_owned(),
        ),
        KeyFileProblem::Memory => (
            Kind::Unexpected,
            "内存不足 64 MiB,请关闭其他程序后重试。".to_owned(),
            "There are not 64 MiB of memory free; close other programs and try again.".to_owned(),
        ),
    };
    Failure::new(kind, problem.code(), zh, en)
}
