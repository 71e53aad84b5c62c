//! Repeats the check that a bid failed, offline, from what was disclosed of it.
//! Nothing in the file is believed but what follows from the bid's own digest.

use std::io::{Read, Seek, SeekFrom};

use kaibiao_api::recheck::{FORMAT, Recheck, RecheckSegment, RecheckShare};
use kaibiao_core::act::Withholding;
use kaibiao_core::sheet;
use kaibiao_crypto::Verified;
use kaibiao_crypto::bid::{
    BidderSecret, DocumentEntry, Header, Manifest, OpenError, OpenProblem, ReleaseSecret,
    SegmentKey, Share, open_document, open_manifest, open_sheet,
};
use kaibiao_crypto::encoding::from_base64;
use kaibiao_crypto::secret::Secret;
use kaibiao_crypto::wrap::{PublicKey, Role};
use serde::Serialize;
use serde_json::{Map, Value};

use super::failure::{Failure, Kind, Outcome};

const ENVELOPE: u8 = 0;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rechecked {
    pub bid: String,
    /// What the file says that fails.
    pub said: Option<String>,
    /// What fails here.
    pub found: Option<String>,
    /// What became of custodians' answers.
    pub answers: Vec<Judged>,
}

/// A custodian's answer, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    pub x: u8,
    pub verdict: Verdict,
}

/// What is known of a custodian's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The share that it sent is not the committed one.
    WrongShare,
    /// The share that it sent is the committed one after all.
    RightShare,
    /// r is known and the dealing holds: its wrap is right.
    FalseComplaint,
    /// r is known and the dealing differs.
    TrueComplaint,
    /// r is not known, so nobody can tell.
    Undecided,
    /// It names a wrap that the bid does not hold for it.
    OtherWrap,
}

impl Rechecked {
    /// Whether the check fails here as the file says, and no custodian is accused
    /// of a share that was right.
    pub fn is_borne_out(&self) -> bool {
        let right = |it: &Judged| it.verdict == Verdict::RightShare;
        self.found == self.said && !self.answers.iter().any(right)
    }
}

/// Repeats the check. `sealed` is the body of the sealed bid, for a document that
/// did not open.
pub fn recheck(file: &Recheck, sealed: Option<&mut (impl Read + Seek)>) -> Outcome<Rechecked> {
    if file.format != FORMAT {
        return Err(unreadable("format"));
    }
    let header = Header::parse(&bytes(&file.header)?).map_err(unreadable)?;
    if header.digest().to_string() != file.bid {
        return Err(unreadable("the header is another bid's"));
    }
    let keys = file
        .custodians
        .iter()
        .map(|key| PublicKey::from_spki(&bytes(key)?).map_err(unreadable));
    let bid = Bid {
        custodians: keys.collect::<Outcome<Vec<_>>>()?,
        header,
        file,
    };
    let dealing = bid.dealing();
    let found = match bid.walk(sealed) {
        Ok(found) => found,
        Err(Stopped::Failed(code)) => Some(code),
        Err(Stopped::Unreadable(failure)) => return Err(failure),
    };
    Ok(Rechecked {
        bid: file.bid.clone(),
        said: file.failed.clone(),
        found,
        answers: bid.answers(dealing)?,
    })
}

struct Bid<'a> {
    file: &'a Recheck,
    header: Header,
    custodians: Vec<PublicKey>,
}

/// Why the walk ended.
enum Stopped {
    /// At a check, by its code.
    Failed(String),
    Unreadable(Failure),
}

impl Bid<'_> {
    /// All checks for which the file has what they need, in their order.
    fn walk(&self, sealed: Option<&mut (impl Read + Seek)>) -> Result<Option<String>, Stopped> {
        let header = &self.header;
        if !self.file.rescue.is_empty() {
            let shares = self.shares(Role::Rescue, &self.file.rescue)?;
            header.recover_rescue(ENVELOPE, &shares)?;
        }
        if !self.file.shares.is_empty() {
            let shares = self.shares(Role::Release, &self.file.shares)?;
            header.recover_release(ENVELOPE, &shares)?;
        }
        let r = self.r().transpose()?;
        let b = self.b()?;
        if let (Some(b), None) = (&b, &r) {
            header.audit_rescue(b.clone(), &self.custodians)?;
        }
        if let (Some(b), Some(r)) = (&b, &r) {
            let key = header.unlock(b, r)?;
            let segments = header.context().envelopes[usize::from(ENVELOPE)];
            for segment in 0..segments {
                header.segment_key(&key, segment)?;
            }
        }
        self.contents(sealed)
    }

    /// Opens the segments whose keys are there.
    fn contents(&self, sealed: Option<&mut (impl Read + Seek)>) -> Result<Option<String>, Stopped> {
        let promise = self.header.promise();
        let (mut fields, mut manifest) = (None::<Map<String, Value>>, None::<Manifest>);
        let mut sealed = sealed;
        for given in &self.file.segments {
            let key = self.key(given)?;
            match given.segment {
                0 => fields = Some(open_sheet(promise, &key, &mut &given.bytes()?[..])?),
                1 => manifest = Some(open_manifest(promise, &key, &mut &given.bytes()?[..])?),
                segment => {
                    let at = usize::try_from(segment - 2).map_err(unreadable)?;
                    let entry = manifest.as_ref().and_then(|it| it.documents.get(at));
                    let entry = entry.ok_or_else(|| unreadable("no manifest"))?;
                    let source = sealed.as_deref_mut().ok_or_else(sealed_needed)?;
                    self.document(&key, entry, source)?;
                }
            }
        }
        if let (Some(schema), Some(fields), Some(manifest)) =
            (&self.file.schema, &fields, &manifest)
            && !sheet::validate(schema, fields, &manifest.sheet).is_empty()
        {
            return Ok(Some("sheet-wrong".to_owned()));
        }
        Ok(None)
    }

    fn document(
        &self,
        key: &SegmentKey,
        entry: &DocumentEntry,
        sealed: &mut (impl Read + Seek),
    ) -> Result<(), Stopped> {
        let place = self.header.layout().place(ENVELOPE, key.segment());
        let place = place.ok_or_else(|| unreadable("no such segment"))?;
        let offset = self.header.length() + place.offset;
        sealed.seek(SeekFrom::Start(offset)).map_err(unreadable)?;
        let mut source = sealed.take(place.ciphertext);
        let promise = self.header.promise();
        open_document(promise, key, entry, &mut source, &mut std::io::sink())
            .map(drop)
            // The file names a document's failure by its step, not by its code.
            .map_err(|error| match error {
                OpenError::Problem(_) => Stopped::Failed("document".to_owned()),
                OpenError::Io(error) => Stopped::Unreadable(unreadable(error)),
            })
    }

    /// Whether the dealing of r holds, where r is known.
    fn dealing(&self) -> Option<bool> {
        self.r().map(|r| r.is_ok())
    }

    /// r, checked against KR, and its dealing.
    fn r(&self) -> Option<Result<Verified<ReleaseSecret>, Stopped>> {
        let r = self.file.r.as_ref()?;
        Some(secret(r).map_err(Stopped::from).and_then(|r| {
            let r = self.header.check_r(ENVELOPE, r)?;
            Ok(self.header.audit_release(r, &self.custodians)?)
        }))
    }

    fn b(&self) -> Result<Option<BidderSecret>, Stopped> {
        let Some(b) = &self.file.b else {
            return Ok(None);
        };
        Ok(Some(self.header.check_b(ENVELOPE, secret(b)?)?))
    }

    fn key(&self, given: &RecheckSegment) -> Result<SegmentKey, Stopped> {
        let key = secret(&given.key)?;
        Ok(self
            .header
            .check_segment_key(ENVELOPE, given.segment, key)?)
    }

    fn shares(&self, role: Role, given: &[RecheckShare]) -> Result<Vec<Share>, Stopped> {
        let checked = given.iter().map(|it| {
            let share = secret(&it.share)?;
            Ok(self.header.check_share(ENVELOPE, role, it.x, share)?)
        });
        checked.collect()
    }

    fn answers(&self, dealing: Option<bool>) -> Outcome<Vec<Judged>> {
        let judged = self.file.answers.iter().flat_map(|answer| {
            let share = answer.share.as_ref().map(|share| {
                let x = answer.x;
                let role = Role::Release;
                let right = self.header.check_share(ENVELOPE, role, x, secret(share)?);
                let verdict = match right {
                    Ok(_) => Verdict::RightShare,
                    Err(_) => Verdict::WrongShare,
                };
                Ok(Judged { x, verdict })
            });
            let word = answer
                .why
                .and_then(|why| self.word(answer.x, &why, dealing));
            share.into_iter().chain(word.map(Ok))
        });
        judged.collect()
    }

    /// What a custodian's complaint is worth; nothing is said of what it could not
    /// prove.
    fn word(&self, x: u8, why: &Withholding, dealing: Option<bool>) -> Option<Judged> {
        let wrap = why.wrap()?;
        let own = self.header.release_wrap_digest(ENVELOPE, x) == Some(wrap);
        let verdict = match dealing {
            _ if !own => Verdict::OtherWrap,
            Some(true) => Verdict::FalseComplaint,
            Some(false) => Verdict::TrueComplaint,
            None => Verdict::Undecided,
        };
        Some(Judged { x, verdict })
    }
}

trait Given {
    fn bytes(&self) -> Outcome<Vec<u8>>;
}

impl Given for RecheckSegment {
    fn bytes(&self) -> Outcome<Vec<u8>> {
        let ciphertext = self.ciphertext.as_ref();
        bytes(ciphertext.ok_or_else(|| unreadable("no ciphertext"))?)
    }
}

impl From<OpenProblem> for Stopped {
    fn from(problem: OpenProblem) -> Self {
        Self::Failed(problem.code().to_owned())
    }
}

impl From<OpenError> for Stopped {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Problem(problem) => problem.into(),
            OpenError::Io(error) => Self::Unreadable(unreadable(error)),
        }
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Unreadable(failure)
    }
}

fn bytes(base64: &str) -> Outcome<Vec<u8>> {
    from_base64(base64).map_err(unreadable)
}

fn secret(base64: &str) -> Outcome<Secret> {
    Secret::from_slice(&bytes(base64)?).ok_or_else(|| unreadable("a secret of another length"))
}

fn unreadable(reason: impl std::fmt::Display) -> Failure {
    Failure::new(
        Kind::Input,
        "recheck-file",
        format!("复核文件有误({reason});请从平台重新下载。"),
        format!("The file does not hold together ({reason}); fetch it from the platform again."),
    )
}

fn sealed_needed() -> Failure {
    Failure::new(
        Kind::Usage,
        "sealed-needed",
        "复核一份文件须有加密的投标文件;请用 --sealed 给出 .kbid。",
        "A document is checked with the sealed bid itself: give the .kbid with --sealed.",
    )
}
