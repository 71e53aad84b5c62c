//! `kaibiao keyfile`: a bidder's spare key under a passphrase.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use kaibiao_client::bid;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files::{self, Readers};
use kaibiao_client::keys::envelope;
use kaibiao_client::keys::store::{self, StoredKey};
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
    /// 把 CA 下发的加密密钥信封与签名密钥合成双证书 .p12
    /// · makes a .p12 of a pair out of the signing key and the envelope a CA sent
    #[command(
        after_help = "示例 · example:\n  kaibiao keyfile pair --sign sign.pem --envelope encSm2EnvelopedKey.key --cert encCert.pem -o pair.p12"
    )]
    Pair(Pair),
}

#[derive(Debug, Args)]
pub struct Pair {
    /// 签名密钥及其证书,.p12 或 PEM · the signing key with its certificate
    #[arg(long, value_name = "FILE")]
    sign: PathBuf,
    /// 加密密钥的数字信封(GB/T 35276、GM/T 0009 或 GM/T 0016)· envelope of the encryption key
    #[arg(long, value_name = "FILE")]
    envelope: PathBuf,
    /// 加密证书,可带上级证书 · the encryption certificate, with those above it or without
    #[arg(long, value_name = "FILE")]
    cert: PathBuf,
    /// 输出的 .p12 · the .p12 to write
    #[arg(short, long, value_name = "K.p12")]
    output: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
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
    match command {
        KeyfileCommand::New(args) => new(&args, output),
        KeyfileCommand::Pair(args) => pair(&args, output),
    }
}

fn not_there(path: &Path) -> Outcome<()> {
    if !path.exists() {
        return Ok(());
    }
    let path = path.display();
    Err(Failure::new(
        Kind::Input,
        "file-exists",
        format!("{path} 已存在,不会覆盖;请换一个文件名。"),
        format!("{path} exists and is not overwritten; choose another name."),
    ))
}

fn pair(args: &Pair, output: &Output) -> Outcome<()> {
    not_there(&args.output)?;
    let signing = store::read(&args.sign, &|path| args.passphrase.existing(path))?;
    let keys: Vec<_> = signing.iter().map(|key| key.pkcs8.clone()).collect();
    let opened = envelope::read(&args.envelope, &keys)?;
    let certificates = store::read_certificates(&args.cert)?;
    let encryption = store::certified(opened, &certificates, &args.cert)?;
    let named: Vec<(String, &StoredKey)> = (1..)
        .zip(&signing)
        .map(|(at, key)| (format!("sign-{at}"), key))
        .chain([("encrypt".to_owned(), &encryption)])
        .collect();
    let named: Vec<(&str, &StoredKey)> = named.iter().map(|(name, key)| (&**name, *key)).collect();
    let passphrase = args.passphrase.new_for(&args.output)?;
    let file = store::write_p12(&named, &passphrase)?;
    files::write(&args.output, &file, Readers::Owner)?;
    output.say(
        format!("已合成双证书文件 {}。", args.output.display()),
        format!("Made {} of the pair.", args.output.display()),
    );
    output.result(&json!({ "file": args.output, "keys": named.len() }))
}

fn new(args: &New, output: &Output) -> Outcome<()> {
    not_there(&args.output)?;
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
