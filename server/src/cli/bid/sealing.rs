//! Sealing, looking at and rehearsing a bid: nothing here needs a server, save
//! for fetching terms.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::http::Server;
use kaibiao_client::identity::{self, Identity, Openers};
use kaibiao_client::known::Party;
use kaibiao_client::package::{self, Vouched};
use kaibiao_client::terms::Terms;
use kaibiao_client::{anchored, bid, files, lists, publication, seal};
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_crypto::bid::Header;
use kaibiao_crypto::certificate::{Certificate, CertificateProblem, Organisation, Use};
use serde_json::json;

use crate::cli::connect::Connect;
use crate::cli::output::Output;
use crate::cli::passphrase::PassphraseArgs;
use crate::cli::roots::{RootsArgs, now};

pub const SEAL_EXAMPLES: &str = "示例 · examples:
  kaibiao bid seal --server https://kaibiao.example.cn --project ID --lot 1 --host 招标人代码 --roots ca --key jia.p12 \\
      --sheet 一览表.json --document 商务标.pdf --document 技术标.pdf -o 投标.kbid
  kaibiao bid seal --terms NUMBER-1.terms.json --lot 1 --roots ca --key jia.p12 --sheet 一览表.json \\
      --spare spare.kkey --rescue -o 投标.kbid

一览表为 JSON 对象,例如 {\"price\":\"123456700\",\"days\":90};金额以分为单位,写成文本。
The sheet is a JSON object; money is in fen, as a string.
一切在本机完成,不联网也可密封;私钥与明文不会离开本机。
Everything is done on this machine; neither key nor plaintext leaves it.";

#[derive(Debug, Args)]
pub struct Seal {
    /// 密封条款:条款包或条款文件,或其网址;不给则向 --server 取 --project 的条款
    /// · sealing terms: a terms package, a file or their URL; else fetched from --server for --project
    #[arg(long, value_name = "URL_OR_FILE")]
    terms: Option<String>,
    /// 项目编号 · the project's id
    #[arg(long)]
    project: Option<ProjectId>,
    /// 标段 · the lot
    #[arg(long)]
    lot: LotId,
    /// 招标人或其代理机构的统一社会信用代码(见招标公告);条款中的不同即拒绝密封
    /// · code of the tenderer or its agency, from the tender notice; terms of another are refused
    #[arg(long, value_name = "CODE")]
    host: Option<Organisation>,
    /// 开标一览表 JSON · the opening sheet
    #[arg(long, value_name = "S.json")]
    sheet: PathBuf,
    /// 投标文件,可多次给出 · a document; may be given several times
    #[arg(long = "document", value_name = "FILE", num_args = 1..)]
    documents: Vec<PathBuf>,
    /// 备用密钥:密钥文件或另一张加密证书,可多次给出 · a spare: key file or another certificate
    #[arg(long = "spare", value_name = "CERT_OR_KEYFILE")]
    spares: Vec<PathBuf>,
    /// 允许补救解密:保管人达到更高门限时可代为解出本投标的密钥(一项信任上的让步)
    /// · allow a rescue: enough custodians together may recover this bid's key (a trust limit)
    #[arg(long)]
    rescue: bool,
    /// 输出文件 · the file to write
    #[arg(short, long, value_name = "B.kbid")]
    output: PathBuf,
    /// 覆盖已有的输出文件 · overwrite the output
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    roots: RootsArgs,
    #[command(flatten)]
    connect: Connect,
}

#[derive(Debug, Args)]
pub struct Inspect {
    /// .kbid 文件 · the sealed bid
    bid: PathBuf,
    /// 同时校验全部密文 · check every byte of the ciphertext too
    #[arg(long)]
    check: bool,
}

#[derive(Debug, Args)]
pub struct Rehearse {
    /// .kbid 文件 · the sealed bid
    bid: PathBuf,
    /// 证书(.p12 或 PEM) · certificate and private key
    #[arg(
        long,
        value_name = "FILE",
        env = "KAIBIAO_KEY",
        required_unless_present = "keyfile"
    )]
    key: Option<PathBuf>,
    /// 备用密钥文件 · a spare key file
    #[arg(long, value_name = "FILE")]
    keyfile: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    roots: RootsArgs,
}

pub async fn seal(args: Seal, output: &Output) -> Outcome<()> {
    if args.output.exists() && !args.force {
        return Err(Failure::new(
            Kind::Input,
            "file-exists",
            format!(
                "{} 已存在;请换一个文件名,或加 --force 覆盖。",
                args.output.display()
            ),
            format!(
                "{} exists; choose another name, or overwrite with --force.",
                args.output.display()
            ),
        ));
    }
    let authorities = args.roots.read()?;
    let sheet = seal::read_sheet(&args.sheet)?;
    let (terms, source) = terms(&args).await?;
    let now = now();
    let trust = &authorities.trust;
    let known = args.connect.server.known();
    known.accepts(terms.content())?;
    let lists = match &source {
        Source::Server(server) => lists::fetch(server, trust, terms.certified()).await?,
        Source::Package(host) => {
            lists::own(trust, terms.certified().chain([&host.act]), &host.lists)
        }
        Source::File => lists::own(trust, terms.certified(), &[]),
    };
    for doubt in terms.check(trust, &lists, now)? {
        output.warn(doubt.zh, doubt.en);
    }
    match &source {
        Source::Server(server) => {
            terms.is_at(&server.identity().await?)?;
            publication::check(server, &terms, trust).await?;
            for doubt in anchored::logged(server, &terms).await? {
                output.warn(doubt.zh, doubt.en);
            }
        }
        Source::Package(host) => {
            publication::vouches(&host.act, &terms, trust, &lists)?;
            for doubt in anchored::packaged(host.logged.as_deref(), &terms)? {
                output.warn(doubt.zh, doubt.en);
            }
        }
        Source::File => output.warn(
            "条款取自文件,未与招标人签署的公告核对;请确认文件来自招标人。",
            "The terms are from a file and were not compared with the host's signed notice; be sure where the file is from.",
        ),
    }
    if let Some(host) = &args.host {
        terms.is_of(host)?;
    }
    let parties = known.parties(terms.content())?;
    show_parties(&terms, &parties, output);
    let key = args.connect.key_path()?;
    let identity = Identity::load(key, &|path| args.connect.passphrase.existing(path))?;
    let holder = identity.judge(key, &authorities.trust, now)?;
    let spares = args
        .spares
        .iter()
        .map(|path| seal::spare(path))
        .collect::<Outcome<Vec<_>>>()?;
    let order = seal::Order {
        terms: &terms,
        identity: &identity,
        holder: &holder,
        sheet,
        documents: args.documents.clone(),
        spares,
        rescue: args.rescue,
        now,
    };
    let header = seal::seal(order, &args.output, output)?;
    output.say(
        format!(
            "已密封:{}(摘要 {})。已用本证书预演,可以打开。",
            args.output.display(),
            header.digest()
        ),
        format!(
            "Sealed: {} (digest {}). Rehearsed with this certificate: it opens.",
            args.output.display(),
            header.digest()
        ),
    );
    // The bid is sealed, whatever this machine remembers of it.
    if let Err(failure) = known.remember(terms.content()) {
        output.warn(failure.zh, failure.en);
    }
    warn_of_expiry(identity.certificate(), output);
    output.result(&json!({
        "file": args.output, "inspection": bid::inspect(&header)?, "parties": parties,
    }))
}

/// Whom the bidder is about to rely on, before anything is sealed.
fn show_parties(terms: &Terms, parties: &[Party], output: &Output) {
    output.row(format!("条款摘要 digest of the terms: {}", terms.digest()));
    for party in parties {
        let part = match party.part {
            "tenderer" => "招标人 tenderer",
            "agency" => "代理机构 agency",
            "centre" => "交易中心 centre",
            "supervisor" => "监督部门 supervisor",
            _ => "保管人 custodian",
        };
        output.row(format!("{part}: {} ({})", party.name, party.code));
        if party.new == Some(true) {
            output.warn(
                format!("{}({})不在该招标人以往的项目中,或名称不同;请核对。", party.name, party.code),
                format!("{} ({}) was in no earlier project of this host, or under another name; check who it is.", party.name, party.code),
            );
        }
    }
}

pub fn inspect(args: &Inspect, output: &Output) -> Outcome<()> {
    let header = bid::open(&args.bid)?.header().clone();
    let seen = bid::inspect(&header)?;
    if args.check {
        bid::check_body(&args.bid, output)?;
    }
    for (zh, en, value) in [
        ("摘要", "digest", seen.bid.to_string()),
        ("项目", "project", seen.project.clone()),
        ("标段", "lot", seen.lot.clone()),
        ("投标人", "bidder", seen.bidder.to_string()),
        ("签名证书", "signer", seen.signer.clone()),
        (
            "密封时间",
            "sealed",
            time(i64::try_from(seen.sealed_at).unwrap_or_default()),
        ),
        (
            "可解密的钥匙",
            "keys that unlock",
            seen.recipients.len().to_string(),
        ),
        (
            "保管人",
            "custodians",
            format!("{} / {}", seen.release, seen.custodians),
        ),
        (
            "补救解密",
            "rescue",
            seen.rescue
                .map_or_else(|| "—".to_owned(), |t| t.to_string()),
        ),
        ("文件数", "documents", seen.documents.len().to_string()),
        ("密文字节", "ciphertext bytes", seen.length.to_string()),
    ] {
        output.row(format!("{zh} {en}: {value}"));
    }
    if args.check {
        output.say(
            "密文逐字节校验无误。",
            "Every byte of the ciphertext is as promised.",
        );
    }
    output.result(&json!({ "inspection": seen, "checked": args.check }))
}

pub fn rehearse(args: &Rehearse, output: &Output) -> Outcome<()> {
    let header = bid::open(&args.bid)?.header().clone();
    let opens = |path: &std::path::Path| args.passphrase.existing(path);
    let keys = match (&args.keyfile, &args.key) {
        (Some(path), _) => vec![bid::open_keyfile(path, &opens)?],
        (None, Some(path)) => {
            let openers = Openers::load(path, &opens)?;
            if let Some(authorities) = args.roots.optional()?
                && let Err(failure) = openers.judge(path, &authorities.trust, now())
            {
                output.warn(failure.zh, failure.en);
            }
            warn_of_expiry(&openers.certificate, output);
            warn_of_renewal(&openers, &header, output);
            openers.keys
        }
        (None, None) => Vec::new(),
    };
    bid::rehearse(&header, &keys)?;
    output.say(
        "预演成功:这把钥匙能打开这份投标(没有发送任何内容)。",
        "Rehearsed: this key opens the bid. Nothing was sent.",
    );
    output.result(&json!({ "bid": header.digest(), "opens": true }))
}

/// Where terms are from, and so what else vouches for them.
enum Source {
    Server(Server),
    /// A package, with the host's signed act.
    Package(Vouched),
    File,
}

async fn terms(args: &Seal) -> Outcome<(Terms, Source)> {
    let (terms, source) = match (&args.terms, args.project) {
        (Some(url), _) if url.starts_with("http://") || url.starts_with("https://") => {
            from_url(url, args).await?
        }
        (Some(file), _) => {
            let (terms, act) = package::read(files::read(file.as_ref())?)?;
            (terms, act.map_or(Source::File, Source::Package))
        }
        (None, Some(project)) => {
            let server = args.connect.server.connect()?;
            let terms = Terms::fetch(&server, &project.to_string(), args.lot.as_str()).await?;
            (terms, Source::Server(server))
        }
        (None, None) => {
            return Err(Failure::new(
                Kind::Usage,
                "terms-needed",
                "请用 --terms 给出密封条款,或用 --server 和 --project 指明项目。",
                "Give the sealing terms with --terms, or the project with --server and --project.",
            ));
        }
    };
    let other_project = args
        .project
        .is_some_and(|project| project.to_string() != terms.project());
    if let (true, Some(project)) = (other_project, args.project) {
        return Err(Failure::new(
            Kind::Input,
            "terms-of-another-project",
            format!(
                "这是项目 {} 的密封条款,不是项目 {project};请核对。",
                terms.project()
            ),
            format!(
                "These are the terms of project {}, not of project {project}.",
                terms.project()
            ),
        ));
    }
    if *terms.lot() != args.lot {
        return Err(Failure::new(
            Kind::Input,
            "terms-of-another-lot",
            format!(
                "这是标段 {} 的密封条款,不是标段 {};请核对。",
                terms.lot(),
                args.lot
            ),
            format!(
                "These are the terms of lot {}, not of lot {}.",
                terms.lot(),
                args.lot
            ),
        ));
    }
    Ok((terms, source))
}

/// The terms' own address, or a server's with --project.
async fn from_url(url: &str, args: &Seal) -> Outcome<(Terms, Source)> {
    let address = &args.connect.server;
    match (url.find("/api/v1/"), args.project) {
        (Some(at), _) => {
            let server = address.connect_to(&url[..at])?;
            let terms = Terms::parse(server.get_bytes(&url[at..]).await?)?;
            Ok((terms, Source::Server(server)))
        }
        (None, Some(project)) => {
            let server = address.connect_to(url)?;
            let terms = Terms::fetch(&server, &project.to_string(), args.lot.as_str()).await?;
            Ok((terms, Source::Server(server)))
        }
        (None, None) => Err(Failure::new(
            Kind::Usage,
            "project-needed",
            "--terms 给的是服务器地址时,请同时给出 --project。",
            "With a server's address in --terms, give --project too.",
        )),
    }
}

/// A certificate near its end may be renewed before T0, and a renewed one does
/// not open what was sealed to the old.
fn warn_of_expiry(certificate: &Certificate, output: &Output) {
    const MONTH: i64 = 30 * 86_400_000;
    let problem = CertificateProblem::Expired {
        not_after: certificate.not_after(),
    };
    let left = certificate.not_after() - now();
    if left < 0 {
        let failure =
            identity::certificate_failure(std::path::Path::new(certificate.subject()), &problem);
        output.warn(failure.zh, failure.en);
    } else if left < MONTH {
        output.warn(
            format!("证书将于 {} 到期;若在开标前换证,新证书打不开这份投标,请准备备用密钥(--spare)。", time(certificate.not_after())),
            format!("The certificate ends on {}; a renewed one will not open this bid, so prepare a spare (--spare).", time(certificate.not_after())),
        );
    }
}

fn warn_of_renewal(openers: &Openers, header: &Header, output: &Output) {
    // A file of the encryption certificate alone signs nothing in any case.
    let certificate = &openers.certificate;
    if certificate.allows(Use::Sign) && certificate.digest() != header.context().certificate {
        output.warn(
            "这张证书不是密封时签名的那张(可能已换证);提交时须用密封时的证书。",
            "This is not the certificate the bid was sealed with (perhaps renewed); submitting needs that one.",
        );
    }
}

fn time(at: i64) -> String {
    Timestamp::from_millisecond(at).map_or_else(
        |_| at.to_string(),
        |at| {
            at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)))
                .strftime("%Y-%m-%d %H:%M:%S %:z")
                .to_string()
        },
    )
}
