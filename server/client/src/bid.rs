//! Reads a sealed bid on disk: what its header says openly, and whether its
//! bidder's key will open it.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use kaibiao_crypto::bid::{Header, Kbid, KbidProblem, OpenProblem, chunk_digests};
use kaibiao_crypto::certificate::Certificate;
use kaibiao_crypto::keyfile::KeyFile;
use kaibiao_crypto::wrap::{PrivateKey, UnwrapProblem};
use kaibiao_crypto::{Digest, bid::BidderSecret};
use kaibiao_os::random::SystemRng;
use serde::Serialize;
use zeroize::Zeroizing;

use super::failure::{Failure, Kind, Outcome};
use super::files;
use super::progress::{Counted, Progress};

const ENVELOPE: u8 = 0;

/// What a header says openly.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    pub bid: Digest,
    pub project: String,
    pub lot: String,
    pub bidder: kaibiao_crypto::certificate::Organisation,
    pub terms: Digest,
    pub sealed_at: u64,
    pub signer: String,
    /// The signing certificate's end, UTC milliseconds.
    pub not_after: i64,
    /// Key ids of those who can unlock.
    pub recipients: Vec<Digest>,
    pub custodians: usize,
    pub release: u8,
    pub rescue: Option<u8>,
    /// Plaintext bytes of each document.
    pub documents: Vec<u64>,
    /// Bytes of ciphertext.
    pub length: u64,
}

/// Opens a .kbid; header and length are checked.
pub fn open(path: &Path) -> Outcome<Kbid<File>> {
    let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
    Kbid::open(file).map_err(|problem| kbid_failure(path, &problem))
}

/// What the header says.
pub fn inspect(header: &Header) -> Outcome<Inspection> {
    let context = header.context();
    let leaf = &header.chain().certificates[0];
    let certificate = Certificate::parse(leaf).map_err(Failure::unexpected)?;
    Ok(Inspection {
        bid: header.digest(),
        project: context.project.clone(),
        lot: context.lot.clone(),
        bidder: context.bidder.clone(),
        terms: context.terms,
        sealed_at: context.time,
        signer: certificate.subject().to_owned(),
        not_after: certificate.not_after(),
        recipients: context.recipients.clone(),
        custodians: context.custodians.len(),
        release: context.release.t,
        rescue: context.rescue.map(|rescue| rescue.t),
        documents: header
            .layout()
            .places()
            .iter()
            .skip(2)
            .map(|place| place.plaintext)
            .collect(),
        length: header.layout().length(),
    })
}

/// Checks every byte of the body against its commitments and returns the
/// digests of all sealed chunks, which an upload announces.
pub fn check_body(path: &Path, progress: &dyn Progress) -> Outcome<Vec<u8>> {
    let mut kbid = open(path)?;
    let header = kbid.header().clone();
    let unreadable = |error: std::io::Error| Failure::file(path, &error);
    progress.begin("校验密文", "checking", Some(header.layout().length()));
    let body = kbid.body(0).map_err(unreadable)?;
    let mut body = BufReader::with_capacity(1 << 20, Counted::new(body, progress));
    let digests = chunk_digests(header.promise(), &mut body);
    progress.end();
    digests.map_err(unreadable)?.map_err(|problem| {
        Failure::new(
            Kind::Input,
            problem.code(),
            format!(
                "{} 的密文已损坏({problem});请使用备份或重新密封。",
                path.display()
            ),
            format!(
                "The ciphertext of {} is damaged ({problem}); use a copy or seal again.",
                path.display()
            ),
        )
    })
}

/// Tries the keys in turn until one opens its wrap and yields the b that the
/// header commits to.
pub fn rehearse(header: &Header, keys: &[PrivateKey]) -> Outcome<BidderSecret> {
    let mut last = OpenProblem::Unwrap(UnwrapProblem::OtherKey);
    for key in keys {
        match header.unwrap_b(ENVELOPE, key, &mut SystemRng) {
            Ok(secret) => return Ok(secret),
            Err(OpenProblem::Unwrap(UnwrapProblem::OtherKey)) => {}
            Err(problem) => last = problem,
        }
    }
    Err(unwrap_failure(&last))
}

/// Opens a key file (a spare, or a custodian's).
pub fn open_keyfile(
    path: &Path,
    passphrase: &dyn Fn(&Path) -> Outcome<Zeroizing<String>>,
) -> Outcome<PrivateKey> {
    let file =
        KeyFile::parse(&files::read(path)?).map_err(|problem| keyfile_failure(path, problem))?;
    file.open(&passphrase(path)?)
        .map_err(|problem| keyfile_failure(path, problem))
}

/// Tells what is wrong with a key file, and what its owner does about it.
pub fn keyfile_failure(path: &Path, problem: kaibiao_crypto::keyfile::KeyFileProblem) -> Failure {
    use kaibiao_crypto::keyfile::{KeyFileProblem as P, MIN_PASSPHRASE};
    let path = path.display();
    let (kind, zh, en) = match problem {
        P::Wrong => (
            Kind::Input,
            format!("{path} 不是密钥文件,或已损坏;请选对文件或使用备份。"),
            format!("{path} is not a key file, or damaged; choose the right file or a copy."),
        ),
        P::Passphrase => (
            Kind::Key,
            format!("{path} 的口令不对;请核对后再试。"),
            format!("Wrong passphrase for {path}; check it and try again."),
        ),
        P::TooShort => (
            Kind::Key,
            format!("口令至少 {MIN_PASSPHRASE} 个字符。"),
            format!("A passphrase has at least {MIN_PASSPHRASE} characters."),
        ),
        P::Memory => (
            Kind::Unexpected,
            "内存不足 64 MiB,请关闭其他程序后重试。".to_owned(),
            "There are not 64 MiB of memory free; close other programs and try again.".to_owned(),
        ),
    };
    Failure::new(kind, problem.code(), zh, en)
}

fn unwrap_failure(problem: &OpenProblem) -> Failure {
    if let OpenProblem::Unwrap(UnwrapProblem::Holder(problem)) = problem {
        return Failure::token(&(*problem).into());
    }
    let (zh, en) = match problem {
        OpenProblem::Unwrap(UnwrapProblem::OtherKey) => (
            "这把钥匙打不开此投标文件:密封时用的是另一张证书。请换用当时的证书,或用 --keyfile 指定备用密钥文件",
            "this key does not open the bid: it was sealed to another certificate. Use that one, or a spare with --keyfile",
        ),
        OpenProblem::SecretMismatch => (
            "解出的密钥与投标文件中的承诺不符;文件已被改动,请使用备份",
            "the unwrapped secret is not the one the bid commits to; the file was altered, use a copy",
        ),
        _ => (
            "密钥封装打不开:文件被改动,或封装属于别的投标;请使用备份",
            "the wrap does not open: the file was altered, or the wrap belongs to another bid; use a copy",
        ),
    };
    Failure::new(
        Kind::Key,
        problem.code(),
        format!("{zh}。({problem})"),
        format!("{en}. ({problem})"),
    )
}

fn kbid_failure(path: &Path, problem: &KbidProblem) -> Failure {
    let shown = path.display();
    let (zh, en) = match problem {
        KbidProblem::Io(error) => return Failure::file(path, error),
        KbidProblem::Header(kaibiao_crypto::bid::HeaderProblem::NotABid) => (
            format!("{shown} 不是密封的投标文件(.kbid);请勿上传明文,先用 bid seal 密封"),
            format!(
                "{shown} is not a sealed bid (.kbid); never upload a plain file, seal it with `bid seal`"
            ),
        ),
        KbidProblem::Length { .. } => (
            format!("{shown} 不完整或多了内容;请使用备份或重新密封"),
            format!("{shown} is cut short or has bytes too many; use a copy or seal again"),
        ),
        KbidProblem::Header(_) => (
            format!("{shown} 的文件头已损坏或被改动;请使用备份或重新密封"),
            format!("the header of {shown} is damaged or altered; use a copy or seal again"),
        ),
    };
    Failure::new(
        Kind::Input,
        problem.code(),
        format!("{zh}。({problem})"),
        format!("{en}. ({problem})"),
    )
}
