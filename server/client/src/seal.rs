//! Sealing a bid on the bidder's own machine: nothing leaves it.

use std::fs::File;
use std::io::{self, BufWriter, Read};
use std::path::{Path, PathBuf};

use kaibiao_core::refusal::RefusalCode;
use kaibiao_core::sheet;
use kaibiao_crypto::Suite;
use kaibiao_crypto::bid::{self, Document, Header, SealError, SealRequest};
use kaibiao_crypto::certificate::{Holder, KeyAlgorithm, Millis};
use kaibiao_crypto::keyfile::KeyFile;
use kaibiao_crypto::wrap::PublicKey;
use kaibiao_os::random::SystemRng;
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization as _;

use super::failure::{Failure, Kind, Outcome};
use super::files::{self, Readers};
use super::identity::Identity;
use super::keys::store;
use super::progress::{Counted, Progress};
use super::terms::{self, Terms};

/// What is to be sealed, and for whom.
pub struct Order<'a> {
    /// Checked by [`Terms::check`].
    pub terms: &'a Terms,
    pub identity: &'a Identity,
    /// What [`Identity::judge`] said of it.
    pub holder: &'a Holder,
    /// All fields of the opening sheet.
    pub sheet: Map<String, Value>,
    pub documents: Vec<PathBuf>,
    /// Further keys that can unlock this bid.
    pub spares: Vec<PublicKey>,
    /// Share b among the custodians too, for a rescue.
    pub rescue: bool,
    /// The client's clock.
    pub now: Millis,
}

/// Seals into `output`, whole or not at all, and keeps the terms beside it.
pub fn seal(order: Order<'_>, output: &Path, progress: &dyn Progress) -> Outcome<Header> {
    let request = request(order_checked(&order)?, &order, progress)?;
    let staged = files::beside(output, ".part");
    let total = request.documents.iter().map(|document| document.size).sum();
    progress.begin("密封", "sealing", Some(total));
    let sealed = write(request, &staged);
    progress.end();
    let sealed = sealed.and_then(|header| {
        rehearsed(&header, order.identity)?;
        std::fs::rename(&staged, output).map_err(|error| Failure::file(output, &error))?;
        files::write(&terms_path(output), order.terms.bytes(), Readers::Everyone)?;
        Ok(header)
    });
    if sealed.is_err() {
        let _ = std::fs::remove_file(&staged);
    }
    sealed
}

/// Where the terms that a bid was sealed under are kept.
pub fn terms_path(bid: &Path) -> PathBuf {
    files::beside(bid, ".terms.json")
}

/// The public key of a spare: a key file or a certificate.
pub fn spare(path: &Path) -> Outcome<PublicKey> {
    let bytes = files::read(path)?;
    if let Ok(file) = KeyFile::parse(&bytes) {
        return Ok(file.public().clone());
    }
    let certificates = store::read_certificates(path).unwrap_or_default();
    let encrypting = certificates.iter().find(|der| {
        kaibiao_crypto::certificate::Certificate::parse(der)
            .is_ok_and(|certificate| certificate.allows(kaibiao_crypto::certificate::Use::Encrypt))
    });
    encrypting
        .and_then(|der| PublicKey::from_certificate(der).ok())
        .ok_or_else(|| {
            Failure::new(
                Kind::Input,
                "spare-unusable",
                format!("{} 不能作备用密钥:应为 keyfile new 生成的密钥文件,或可用于加密的证书。", path.display()),
                format!("{} cannot be a spare: give a key file made by `keyfile new`, or a certificate that may encrypt.", path.display()),
            )
        })
}

/// Reads a sheet: a JSON object of the lot's fields.
pub fn read_sheet(path: &Path) -> Outcome<Map<String, Value>> {
    serde_json::from_slice(&files::read(path)?).map_err(|error| {
        Failure::new(
            Kind::Input,
            "sheet-unreadable",
            format!("{} 不是开标一览表(JSON 对象):{error}。", path.display()),
            format!(
                "{} is not an opening sheet (a JSON object): {error}.",
                path.display()
            ),
        )
    })
}

/// Whether the signing certificate is of SM2, as terms of suite `gm` ask it.
fn signs_with_sm2(identity: &Identity) -> bool {
    identity.certificate().key_algorithm() == KeyAlgorithm::Sm2
}

type Parts = (Map<String, Value>, Map<String, Value>);

/// Checks everything that can be refused before the first byte is read.
fn order_checked(order: &Order<'_>) -> Outcome<Parts> {
    let content = order.terms.content();
    let schema = &content.schema;
    let (public, private) = sheet::split(schema, order.sheet.clone());
    let problems = sheet::validate(schema, &public, &private);
    if !problems.is_empty() {
        let zh: Vec<String> = problems.iter().map(|problem| problem.zh(schema)).collect();
        let en: Vec<String> = problems.iter().map(|problem| problem.en(schema)).collect();
        return Err(Failure::new(
            Kind::Input,
            "sheet-schema",
            format!(
                "开标一览表有 {} 处不合要求,请改正后重新密封:{}",
                zh.len(),
                zh.join(";")
            ),
            format!(
                "{} fields of the sheet are wrong; mend them and seal again: {}",
                en.len(),
                en.join("; ")
            ),
        ));
    }
    if order.terms.suite() == Suite::Gm && !signs_with_sm2(order.identity) {
        // What the platform would answer, before anything is read.
        return Err(Failure {
            kind: Kind::Key,
            ..Failure::problem(&RefusalCode::CertificateOtherSuite.into())
        });
    }
    if order.rescue && content.rescue.is_none() {
        return Err(Failure::new(
            Kind::Usage,
            "rescue-not-allowed",
            "本标段的条款没有补救解密,请去掉 --rescue。",
            "This lot's terms have no rescue; leave out --rescue.",
        ));
    }
    Ok((public, private))
}

fn request<'a>(
    (public, private): Parts,
    order: &Order<'a>,
    progress: &'a dyn Progress,
) -> Outcome<SealRequest<'a>> {
    let content = order.terms.content();
    let custodians = content
        .custodians
        .iter()
        .map(|custodian| {
            terms::custodian_key(order.terms.suite(), &custodian.key)
                .ok_or_else(|| Failure::unexpected("checked terms hold keys of their suite"))
        })
        .collect::<Outcome<Vec<_>>>()?;
    let mut recipients: Vec<_> = own_recipient(order)?.into_iter().collect();
    for spare in &order.spares {
        if !recipients.contains(spare) {
            recipients.push(spare.clone());
        }
    }
    if recipients.is_empty() {
        return Err(no_recipient(order.terms.suite()));
    }
    Ok(SealRequest {
        terms: bid::SealingTerms {
            suite: order.terms.suite(),
            project: order.terms.project(),
            lot: order.terms.lot().to_string(),
            digest: order.terms.digest(),
            custodians,
            release: content.release,
            rescue: content.rescue.filter(|_| order.rescue),
        },
        bidder: order.holder.organisation.clone(),
        chain: order.identity.chain().to_vec(),
        recipients,
        sheet: public,
        private_sheet: private,
        documents: order
            .documents
            .iter()
            .map(|path| document(path, progress))
            .collect::<Outcome<_>>()?,
        time: u64::try_from(order.now).unwrap_or_default(),
    })
}

/// The key of the encryption certificate, where it is of the suite of the terms: of an
/// SM2 pair in a project of `intl` only the signing half is of use.
fn own_recipient(order: &Order<'_>) -> Outcome<Option<PublicKey>> {
    let own = order.identity.encryption_chain().first();
    let own = own
        .and_then(|der| PublicKey::from_certificate(der).ok())
        .ok_or_else(|| Failure::unexpected("a judged certificate has a key"))?;
    Ok(Some(own).filter(|own| own.suite() == order.terms.suite()))
}

fn no_recipient(suite: Suite) -> Failure {
    let name = suite.name();
    Failure::new(
        Kind::Input,
        SealError::RecipientKey.code(),
        format!(
            "未能密封:您的加密证书与条款所用的算法套件({name})不一致,这份投标将无人能解密。请用 kaibiao keyfile new --suite {name} 生成备用密钥,并以 --spare 指定。"
        ),
        format!(
            "Not sealed: your encryption certificate is of another suite than the terms ({name}), so nobody could unlock this bid. Make a spare key with `kaibiao keyfile new --suite {name}` and give it by --spare."
        ),
    )
}

fn document<'a>(path: &Path, progress: &'a dyn Progress) -> Outcome<Document<'a>> {
    let about = std::fs::metadata(path).map_err(|error| Failure::file(path, &error))?;
    if !about.is_file() {
        return Err(Failure::new(
            Kind::Input,
            "not-a-file",
            format!("{} 不是文件;文件夹请先打包。", path.display()),
            format!("{} is not a file; pack a folder first.", path.display()),
        ));
    }
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or_else(|| {
            Failure::new(
                Kind::Input,
                "name-not-utf8",
                format!("{} 的文件名无法识别;请改名后重试。", path.display()),
                format!("The name of {} is not UTF-8; rename it.", path.display()),
            )
        })?;
    let path = path.to_owned();
    Ok(Document {
        name: name.nfc().collect(),
        media: media_type(&path).to_owned(),
        size: about.len(),
        open: Box::new(move || {
            let file = File::open(path)?;
            Ok(Box::new(Counted::new(file, progress)) as Box<dyn Read + 'a>)
        }),
    })
}

fn write(request: SealRequest<'_>, staged: &Path) -> Outcome<Header> {
    let unwritten = |error: &io::Error| Failure::file(staged, error);
    let file = files::create(staged, Readers::Everyone).map_err(|error| unwritten(&error))?;
    let mut output = BufWriter::with_capacity(1 << 20, file);
    let header = bid::seal(request, &mut output, &mut SystemRng)
        .map_err(|error| seal_failure(staged, &error))?;
    let file = output
        .into_inner()
        .map_err(|error| unwritten(error.error()))?;
    file.sync_all().map_err(|error| unwritten(&error))?;
    Ok(header)
}

/// A bid that its own key cannot open must not be handed to anybody. One that only
/// spares of its suite open is theirs to rehearse, under their passphrases.
fn rehearsed(header: &Header, identity: &Identity) -> Outcome<()> {
    let mut keys = identity.decryptors()?;
    keys.retain(|key| key.public().suite() == header.suite());
    let recipients = &header.context().recipients;
    if keys
        .iter()
        .any(|key| recipients.contains(&key.public().id()))
    {
        super::bid::rehearse(header, &keys)?;
    }
    Ok(())
}

fn seal_failure(staged: &Path, error: &SealError) -> Failure {
    let (zh, en) = match error {
        SealError::Write(error) => return Failure::file(staged, error),
        SealError::Name { index, problem } => (
            format!(
                "第 {} 个文件的文件名不可用({problem});请改名后重新密封",
                index + 1
            ),
            format!(
                "the name of document {} cannot be used ({problem}); rename it and seal again",
                index + 1
            ),
        ),
        SealError::Media(media) => (
            format!("文件类型 {media} 不合规范"),
            format!("{media} is not a media type"),
        ),
        SealError::DocumentChanged(name) => (
            format!("密封时文件 {name} 被改动;请关闭正在编辑它的程序后重新密封"),
            format!("{name} changed while it was sealed; close what edits it and seal again"),
        ),
        SealError::Document { name, error } => (
            format!("文件 {name} 读取失败:{error}"),
            format!("{name} could not be read: {error}"),
        ),
        SealError::CustodianKey => (
            "保管人密钥类型不对,请联系招标人".to_owned(),
            "a custodian's key is of a wrong kind; ask the tenderer".to_owned(),
        ),
        SealError::RecipientKey => (
            "接收密钥与条款所用的算法套件(国际或国密)不一致;请换用该套件的证书或备用密钥"
                .to_owned(),
            "a recipient's key is of another suite (intl or gm) than the terms; use a certificate or spare key of theirs"
                .to_owned(),
        ),
        SealError::SheetNumber => (
            "一览表中有非整数的数字;小数请写成文本".to_owned(),
            "the sheet holds a number that is no integer; write decimals as strings".to_owned(),
        ),
        SealError::TooLong => (
            "一览表或文件清单过长;请减少文件数量".to_owned(),
            "the sheet or the list of documents is too long; seal fewer documents".to_owned(),
        ),
        SealError::Rule(problem) => (
            format!("不符合密封格式:{problem}"),
            format!("against the format's rules: {problem}"),
        ),
    };
    Failure::new(
        Kind::Input,
        error.code(),
        format!("未能密封:{zh}。"),
        format!("Not sealed: {en}."),
    )
}

/// Guesses a media type from the name's ending; an unknown ending gives
/// `application/octet-stream`.
pub fn media_type(path: &Path) -> &'static str {
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .map(str::to_ascii_lowercase);
    match ending.as_deref() {
        Some("pdf") => "application/pdf",
        Some("ofd") => "application/ofd",
        Some("zip") => "application/zip",
        Some("xml") => "application/xml",
        Some("json") => "application/json",
        Some("txt") => "text/plain",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("docx") => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/octet-stream",
    }
}
