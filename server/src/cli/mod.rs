//! The command line.

pub mod output;
pub mod passphrase;
pub mod pki;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::client::failure::Outcome;
use output::Output;

/// 开标:远程不见面开标厅 · remote electronic bid opening
#[derive(Debug, Parser)]
#[command(name = "kaibiao", version, propagate_version = true)]
pub struct Cli {
    /// 结果以 JSON 写到标准输出 · results as JSON on stdout
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 演示用 CA · demonstration certificate authority
    #[command(subcommand)]
    Pki(pki::PkiCommand),
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
        Command::Pki(command) => pki::run(command, output),
    }
}
