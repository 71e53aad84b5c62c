//! `kaibiao pki`: a demonstration certificate authority.

pub mod authority;
pub mod code;
mod paper;
mod signing;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files::{self, Readers};
use kaibiao_client::keys::generate::KeyKind;
use kaibiao_client::keys::store::{self, StoredKey};
use kaibiao_client::progress::Progress as _;
use serde_json::json;

use super::output::Output;
use super::passphrase::PassphraseArgs;

use authority::{Authority, CodeAttribute, Issued, Reason, Subject, Usage};

#[derive(Debug, Subcommand)]
pub enum PkiCommand {
    /// 建立演示用 CA · make a demonstration authority
    #[command(after_help = "示例 / Examples:
  kaibiao pki init pki --id demo-ca --name 演示CA
  kaibiao pki init pki-sm2 --id demo-sm2 --name 演示国密CA --key-type sm2")]
    Init(Init),
    /// 签发证书,写出 .p12 和 PEM · issue a certificate as .p12 and PEM
    #[command(after_help = "示例 / Examples:
  kaibiao pki issue --ca pki --name 甲建设公司 --code 91110000000000001X --person 张三 -o jia.p12
  kaibiao pki issue --ca pki --name 乙公司 --code ... --person 李四 --key-type p-256 --pair -o yi.p12
  kaibiao pki issue --ca pki-sm2 --name 丙公司 --code ... --person 王五 -o bing.p12")]
    Issue(Issue),
    /// 吊销证书并更新吊销列表 · revoke a certificate and renew the CRL
    #[command(
        after_help = "示例 / Example:\n  kaibiao pki revoke --ca pki --cert jia.cert.pem --reason key-compromise"
    )]
    Revoke(Revoke),
    /// 发布新的吊销列表 · publish a new revocation list
    #[command(after_help = "示例 / Example:\n  kaibiao pki publish --ca pki --hours 168")]
    Publish(Publish),
    /// 写出信任目录(trust.toml、根证书、吊销列表)· write a trust directory for this authority
    #[command(after_help = "示例 / Example:\n  kaibiao pki trust --ca pki -o data/trust")]
    Trust(TrustArgs),
    /// 列出签发过的证书 · list what was issued
    List(List),
}

#[derive(Debug, Args)]
pub struct Init {
    /// CA 目录,空的或不存在的 · directory, empty or missing
    directory: PathBuf,
    /// 代号,即配置里的 issuer · the id used as issuer in the configuration
    #[arg(long, default_value = "demo-ca")]
    id: String,
    /// 名称 · its name
    #[arg(long, default_value = "开标演示 CA")]
    name: String,
    /// 密钥类型;sm2 的 CA 只签发 SM2 证书 · type of its key; one of sm2 issues SM2 only
    #[arg(long, value_enum, default_value = "p-256")]
    key_type: KeyKind,
    /// 有效天数 · days it is valid
    #[arg(long, default_value_t = 3650)]
    days: u32,
    /// 统一社会信用代码写在主题的哪一项 · subject attribute that carries the USCC
    #[arg(long, value_enum, default_value = "organization-identifier")]
    code_in: CodeAttribute,
}

#[derive(Debug, Args)]
pub struct Issue {
    /// CA 目录 · the authority's directory
    #[arg(long, value_name = "DIR")]
    ca: PathBuf,
    /// 单位名称(O)· organisation
    #[arg(long)]
    name: String,
    /// 统一社会信用代码,18 位;给 17 位则自动补校验位
    /// · unified social credit code; with 17 characters the check character is added
    #[arg(long)]
    code: String,
    /// 持证人(CN)· the person holding the key
    #[arg(long)]
    person: String,
    /// 密钥类型;默认 rsa-2048,SM2 的 CA 为 sm2
    /// · key type; default rsa-2048, and sm2 by an authority of SM2
    #[arg(long, value_enum)]
    key_type: Option<KeyKind>,
    /// 双证书:签名证书与加密证书各一;SM2 默认如此
    /// · a signing and an encryption certificate; what SM2 has by default
    #[arg(long)]
    pair: bool,
    /// 单证书:既签名又解密 · one certificate that signs and decrypts
    #[arg(long, conflicts_with = "pair")]
    single: bool,
    /// 有效天数 · days it is valid
    #[arg(long, default_value_t = 365, conflicts_with = "until")]
    days: u32,
    /// 生效时间,RFC 3339;默认一小时前 · valid from; default an hour ago
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// 失效时间,RFC 3339 · valid until
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// 另写不加密的私钥 PEM(仅供演示)· also write the key as unencrypted PEM
    #[arg(long)]
    pem_key: bool,
    /// 输出的 .p12 · the .p12 to write
    #[arg(short, long, value_name = "K.p12")]
    output: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

#[derive(Debug, Args)]
pub struct Revoke {
    /// CA 目录 · the authority's directory
    #[arg(long, value_name = "DIR")]
    ca: PathBuf,
    /// 序列号,十六进制 · serial number, hex
    #[arg(long, required_unless_present = "cert")]
    serial: Option<String>,
    /// 证书文件,其中的每张都吊销 · certificate file; each one in it is revoked
    #[arg(long, value_name = "FILE", conflicts_with = "serial")]
    cert: Option<PathBuf>,
    /// 原因 · reason
    #[arg(long, value_enum, default_value = "unspecified")]
    reason: Reason,
}

#[derive(Debug, Args)]
pub struct Publish {
    /// CA 目录 · the authority's directory
    #[arg(long, value_name = "DIR")]
    ca: PathBuf,
    /// 多少小时后应有下一份 · hours until the next one is due
    #[arg(long, default_value_t = 8760, value_parser = clap::value_parser!(i64).range(1..=87600))]
    hours: i64,
}

#[derive(Debug, Args)]
pub struct TrustArgs {
    /// CA 目录 · the authority's directory
    #[arg(long, value_name = "DIR")]
    ca: PathBuf,
    /// 要写的目录 · the directory to write
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

#[derive(Debug, Args)]
pub struct List {
    /// CA 目录 · the authority's directory
    #[arg(long, value_name = "DIR")]
    ca: PathBuf,
}

pub fn run(command: PkiCommand, output: &Output) -> Outcome<()> {
    match command {
        PkiCommand::Init(args) => init(&args, output),
        PkiCommand::Issue(args) => issue(&args, output),
        PkiCommand::Revoke(args) => revoke(&args, output),
        PkiCommand::Publish(args) => {
            let mut authority = Authority::open(&args.ca)?;
            let until = Timestamp::now() + SignedDuration::from_hours(args.hours);
            authority.publish(until)?;
            output.say(
                format!("已发布吊销列表,下一份应在 {until} 之前发布。"),
                format!("Published a revocation list; the next one is due by {until}."),
            );
            output.result(&json!({ "crl": authority.crl_path(), "next_update": until }))
        }
        PkiCommand::Trust(args) => {
            let authority = Authority::open(&args.ca)?;
            authority.write_trust(&args.output)?;
            output.say(
                format!("已写出信任目录 {}。", args.output.display()),
                format!("Wrote the trust directory {}.", args.output.display()),
            );
            output.result(&json!({ "trust": args.output, "ca": authority.id() }))
        }
        PkiCommand::List(args) => list(&args, output),
    }
}

/// Where one issue put its files.
#[derive(Debug, Clone)]
pub struct IssuedFiles {
    pub p12: PathBuf,
    pub certificates: PathBuf,
    pub serials: Vec<String>,
}

/// Issues for a subject and writes the .p12 and the certificates' PEM.
fn issue_files(
    authority: &mut Authority,
    subject: &Subject,
    kind: KeyKind,
    pair: bool,
    p12: &Path,
    passphrase: &str,
) -> Outcome<(IssuedFiles, Vec<Issued>)> {
    let usages: &[Usage] = if pair {
        &[Usage::Sign, Usage::Encrypt]
    } else {
        &[Usage::Both]
    };
    let issued = usages
        .iter()
        .map(|&usage| authority.issue(subject, kind, usage))
        .collect::<Outcome<Vec<_>>>()?;
    let keys: Vec<StoredKey> = issued
        .iter()
        .map(|issued| StoredKey {
            pkcs8: issued.pkcs8.clone(),
            chain: vec![
                issued.certificate_der.clone(),
                authority.root_der().to_vec(),
            ],
        })
        .collect();
    let named: Vec<(&str, &StoredKey)> = issued
        .iter()
        .zip(&keys)
        .map(|(issued, key)| (alias(issued.usage), key))
        .collect();
    files::write(p12, &store::write_p12(&named, passphrase)?, Readers::Owner)?;
    let certificates = p12.with_extension("cert.pem");
    let pem: String = issued
        .iter()
        .map(|issued| issued.certificate_pem.as_str())
        .collect();
    files::write(&certificates, pem.as_bytes(), Readers::Everyone)?;
    let written = IssuedFiles {
        p12: p12.to_owned(),
        certificates,
        serials: issued.iter().map(|issued| issued.serial.clone()).collect(),
    };
    Ok((written, issued))
}

fn init(args: &Init, output: &Output) -> Outcome<()> {
    let authority = Authority::init(
        &args.directory,
        &args.id,
        &args.name,
        args.key_type,
        args.days,
        args.code_in,
    )?;
    output.say(
        format!(
            "已建立 CA {}({}),根证书 {}。仅供演示。",
            authority.name(),
            authority.id(),
            authority.root_path().display()
        ),
        format!(
            "Made authority {} ({}), root {}. For demonstrations only.",
            authority.name(),
            authority.id(),
            authority.root_path().display()
        ),
    );
    output.result(&json!({
        "id": authority.id(), "name": authority.name(), "root": authority.root_path(),
        "crl": authority.crl_path(), "code_attribute": authority.code_attribute(),
    }))
}

fn issue(args: &Issue, output: &Output) -> Outcome<()> {
    let code = code::complete(&args.code)?;
    let not_before = args
        .from
        .unwrap_or_else(|| Timestamp::now() - std::time::Duration::from_hours(1));
    let not_after = args
        .until
        .unwrap_or_else(|| Timestamp::now() + authority::days_of(args.days));
    if not_after <= not_before {
        return Err(Failure::new(
            Kind::Usage,
            "validity",
            "失效时间必须晚于生效时间。",
            "The end of validity must come after its beginning.",
        ));
    }
    let mut authority = Authority::open(&args.ca)?;
    let passphrase = args.passphrase.new_for(&args.output)?;
    let subject = Subject {
        organisation: args.name.clone(),
        person: args.person.clone(),
        code,
        not_before,
        not_after,
    };
    let usual = if authority.is_sm2() {
        KeyKind::Sm2
    } else {
        KeyKind::Rsa2048
    };
    let kind = args.key_type.unwrap_or(usual);
    let pair = args.pair || (kind == KeyKind::Sm2 && !args.single);
    output.begin("生成密钥", "making keys", None);
    let issued = issue_files(
        &mut authority,
        &subject,
        kind,
        pair,
        &args.output,
        &passphrase,
    );
    output.end();
    let (written, issued) = issued?;
    if args.pem_key {
        let path = args.output.with_extension("key.pem");
        let pem: String = issued
            .iter()
            .map(|issued| store::private_pem(&issued.pkcs8).to_string())
            .collect();
        files::write(&path, pem.as_bytes(), Readers::Owner)?;
        output.warn(
            format!("{} 是未加密的私钥,仅供演示。", path.display()),
            format!(
                "{} is an unencrypted private key, for demonstrations only.",
                path.display()
            ),
        );
    }
    output.say(
        format!(
            "已为 {} 签发 {} 张证书:{}",
            subject.organisation,
            issued.len(),
            written.p12.display()
        ),
        format!(
            "Issued {} certificate(s) for {}: {}",
            issued.len(),
            subject.organisation,
            written.p12.display()
        ),
    );
    output.result(&json!({
        "p12": written.p12, "certificates": written.certificates, "serials": written.serials,
        "organisation": subject.organisation, "code": subject.code, "person": subject.person,
        "not_after": not_after,
    }))
}

fn revoke(args: &Revoke, output: &Output) -> Outcome<()> {
    let serials = match (&args.serial, &args.cert) {
        (Some(serial), _) => vec![serial.clone()],
        (None, Some(path)) => store::read_certificates(path)?
            .iter()
            .filter_map(|der| store::serial(der))
            .collect(),
        (None, None) => Vec::new(),
    };
    let mut authority = Authority::open(&args.ca)?;
    let now = Timestamp::now();
    let revoked = serials
        .iter()
        .map(|serial| authority.revoke(serial, args.reason, now))
        .collect::<Outcome<Vec<_>>>()?;
    for entry in &revoked {
        output.say(
            format!("已吊销 {}({})。", entry.serial, entry.organisation),
            format!("Revoked {} ({}).", entry.serial, entry.organisation),
        );
    }
    output.result(&json!({ "revoked": revoked, "crl": authority.crl_path() }))
}

fn list(args: &List, output: &Output) -> Outcome<()> {
    let authority = Authority::open(&args.ca)?;
    for entry in authority.register() {
        let state = match &entry.revoked {
            Some(revoked) => format!("已吊销 revoked {}", revoked.at),
            None => format!("至 until {}", entry.not_after),
        };
        output.row(format!(
            "{}  {} {} {} {:?}  {state}",
            entry.serial, entry.code, entry.organisation, entry.person, entry.usage
        ));
    }
    output.result(authority.register())
}

fn alias(usage: Usage) -> &'static str {
    match usage {
        Usage::Both => "key",
        Usage::Sign => "sign",
        Usage::Encrypt => "encrypt",
    }
}
