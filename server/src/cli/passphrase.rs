//! Passphrases come from a file, the environment or a prompt, never from argv,
//! where every process on the machine could read them.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::Args;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files;
use kaibiao_token::Address;
use zeroize::Zeroizing;

/// The environment variable read when no file is given.
const VARIABLE: &str = "KAIBIAO_PASSPHRASE";

/// The same for the PIN of a token, which is never a passphrase that was meant for a file:
/// wrong ones lock the token.
const PIN: &str = "KAIBIAO_PIN";

#[derive(Debug, Clone, Default, Args)]
pub struct PassphraseArgs {
    /// 口令文件,取第一行;否则读环境变量 KAIBIAO_PASSPHRASE,再否则当场询问
    /// · file whose first line is the passphrase; else KAIBIAO_PASSPHRASE, else a prompt
    #[arg(long, value_name = "FILE", env = "KAIBIAO_PASSPHRASE_FILE")]
    pub passphrase_file: Option<PathBuf>,
}

impl PassphraseArgs {
    /// The passphrase that opens `subject`, or its PIN where that is a token.
    pub fn existing(&self, subject: &Path) -> Outcome<Zeroizing<String>> {
        if subject.to_str().is_some_and(Address::is_one) {
            return match std::env::var(PIN) {
                Ok(pin) => Ok(Zeroizing::new(pin)),
                Err(_) => pin(subject),
            };
        }
        match self.given()? {
            Some(passphrase) => Ok(passphrase),
            None => prompt(&format!("{} 的口令 / passphrase: ", subject.display())),
        }
    }

    /// A passphrase to protect something new; asked for twice.
    pub fn new_for(&self, subject: &Path) -> Outcome<Zeroizing<String>> {
        if let Some(passphrase) = self.given()? {
            return not_empty(passphrase);
        }
        let first = prompt(&format!(
            "为 {} 设置口令 / new passphrase: ",
            subject.display()
        ))?;
        let second = prompt("再输入一次 / once more: ")?;
        if first != second {
            return Err(Failure::new(
                Kind::Key,
                "passphrases-differ",
                "两次输入的口令不同,请重新执行。",
                "The two passphrases differ; run the command again.",
            ));
        }
        not_empty(first)
    }

    /// What was given beforehand, where it was.
    pub(super) fn given(&self) -> Outcome<Option<Zeroizing<String>>> {
        if let Some(path) = &self.passphrase_file {
            let text = Zeroizing::new(files::read_text(path)?);
            // Windows' editor puts a byte order mark before the first line.
            let text = text.trim_start_matches('\u{feff}');
            let line = text.lines().next().unwrap_or_default();
            return Ok(Some(Zeroizing::new(line.to_owned())));
        }
        Ok(std::env::var(VARIABLE).ok().map(Zeroizing::new))
    }
}

fn pin(subject: &Path) -> Outcome<Zeroizing<String>> {
    prompt(&format!("{} 的 PIN / PIN: ", subject.display())).map_err(|failure| {
        if failure.code != "passphrase-needed" {
            return failure;
        }
        Failure::new(
            Kind::Key,
            "token-pin-needed",
            format!("需要令牌的 PIN,而此处没有终端可问。请在终端中执行,或设置环境变量 {PIN}。"),
            format!(
                "The token's PIN is needed and there is no terminal to ask on. Run this in a terminal, or set {PIN}."
            ),
        )
    })
}

fn prompt(question: &str) -> Outcome<Zeroizing<String>> {
    let terminal = console::Term::stderr();
    if !terminal.is_term() || !std::io::stdin().is_terminal() {
        return Err(Failure::new(
            Kind::Key,
            "passphrase-needed",
            format!(
                "需要口令,而此处没有终端可问。请用 --passphrase-file 文件,或设置环境变量 {VARIABLE}。"
            ),
            format!(
                "A passphrase is needed and there is no terminal to ask on. Use --passphrase-file FILE or set {VARIABLE}."
            ),
        ));
    }
    terminal
        .write_str(question)
        .and_then(|()| terminal.read_secure_line())
        .map(Zeroizing::new)
        .map_err(|error| Failure::file(Path::new("/dev/tty"), &error))
}

fn not_empty(passphrase: Zeroizing<String>) -> Outcome<Zeroizing<String>> {
    if passphrase.is_empty() {
        return Err(Failure::new(
            Kind::Key,
            "passphrase-empty",
            "口令不能为空,请设置一个。",
            "The passphrase must not be empty; choose one.",
        ));
    }
    Ok(passphrase)
}
