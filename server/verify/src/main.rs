//! `kaibiao-verify`: checks a bundle of evidence without the platform.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use kaibiao_verify::{Language, Policy, verify};

/// 离线核验证据包 · checks a bundle of evidence, without a network
///
/// 退出码:0 成立;1 不成立,或版本不够;2 证据包、策略或回执不能读取。
/// Exit code: 0 holds; 1 does not, or is not the edition that the policy asks for; 2 a file cannot be read.
#[derive(Debug, Parser)]
#[command(name = "kaibiao-verify", version)]
struct Arguments {
    /// 证据包(.kev) · the bundle
    bundle: PathBuf,
    /// 核验策略:您相信谁 · the policy: whom you believe
    #[arg(long)]
    policy: PathBuf,
    /// 您保存的回执,可给多份 · a receipt that you have kept; may be given again
    #[arg(long)]
    receipt: Vec<PathBuf>,
    /// 语言 · the language
    #[arg(long, value_enum, default_value_t = Lang::Zh)]
    lang: Lang,
    /// 输出给程序读的 JSON · JSON for programs
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Lang {
    Zh,
    En,
}

/// The most bytes of a bundle (docs/spec/bundle.md, 2), and of a policy or a receipt.
const BUNDLE: u64 = u32::MAX as u64;
const PAPERS: u64 = 64 << 20;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

/// Whether the bundle is all that the policy asks for.
fn run(arguments: &Arguments) -> Result<bool, String> {
    let language = match arguments.lang {
        Lang::Zh => Language::Zh,
        Lang::En => Language::En,
    };
    let say = |zh: String, en: String| match language {
        Language::Zh => zh,
        Language::En => en,
    };
    let read = |path: &Path, most: u64| {
        read_at_most(path, most).map_err(|error| {
            let path = path.display();
            say(
                format!("不能读取 {path}:{error}"),
                format!("{path} cannot be read: {error}"),
            )
        })
    };
    let policy = Policy::parse(&read(&arguments.policy, PAPERS)?).map_err(|problem| {
        say(
            format!("核验策略不能用:{}", problem.zh),
            format!("The policy cannot be used: {}", problem.en),
        )
    })?;
    let bundle = read(&arguments.bundle, BUNDLE)?;
    let mut receipts = Vec::new();
    for path in &arguments.receipt {
        receipts.push((path.display().to_string(), read(path, PAPERS)?));
    }
    let receipts: Vec<_> = receipts
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    let report = verify(&bundle, &policy, &receipts).map_err(|fault| {
        let (code, place) = (&fault.code, &fault.place);
        say(
            format!("不是可读的证据包:{place} [{code}]。请重新下载。"),
            format!("This is no readable bundle: {place} [{code}]. Download it again."),
        )
    })?;
    if arguments.json {
        println!("{}", report.json());
    } else {
        print!("{}", report.text(language));
    }
    Ok(report.is_enough())
}

/// Reads a file, or says that it is too long before it fills the memory.
fn read_at_most(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let too_long = || std::io::Error::new(ErrorKind::FileTooLarge, format!("> {most} bytes"));
    if file.metadata()?.len() > most {
        return Err(too_long());
    }
    // What is no file has no length, and may have no end.
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(too_long());
    }
    Ok(bytes)
}
