//! Opens one bid: takes b and shares of r, yields sheet and manifest, and names
//! the check that failed if one does.

use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};

use kaibiao_core::details::OpenedSheet;
use kaibiao_core::event::Outcome;
use kaibiao_core::schema::Schema;
use kaibiao_core::sheet;
use kaibiao_crypto::bid::{
    EnvelopeKey, Header, Manifest, OpenError, OpenProblem, SegmentKey, open_manifest, open_sheet,
};
use kaibiao_crypto::canonical;
use kaibiao_crypto::encoding::to_base64;
use kaibiao_crypto::secret::Secret;
use kaibiao_crypto::wrap::{PublicKey, Role};
use kaibiao_store::{Blob, Blobs, StoreError};

/// The envelope of a bid that has only one.
pub const ENVELOPE: u8 = 0;

/// The secrets that were sent for one bid; they were checked when they came in.
pub struct Keys {
    pub header: Header,
    pub b: Secret,
    /// Shares of r with their custodians' numbers.
    pub shares: Vec<(u8, Secret)>,
}

/// Why a bid or one of its documents did not open, with a note in words.
#[derive(Debug)]
pub enum NotOpened {
    /// A check of what was sealed or released fails. It fails for ever.
    Check { outcome: Outcome, note: String },
    /// What the platform keeps is not what it received.
    Damaged(String),
    /// The platform could not read or write now: descriptors, space, the disk.
    Passing(String),
}

impl Keys {
    /// The key of the whole envelope. It checks b (KB), the shares (KS), the
    /// secret that they make (KR), its dealing, and the key itself (KC).
    ///
    /// # Errors
    /// The first of these checks that fails.
    pub fn envelope_key(&self, custodians: &[PublicKey]) -> Result<EnvelopeKey, OpenProblem> {
        let header = &self.header;
        let b = header.check_b(ENVELOPE, self.b.clone())?;
        let shares = self
            .shares
            .iter()
            .map(|(x, share)| header.check_share(ENVELOPE, Role::Release, *x, share.clone()))
            .collect::<Result<Vec<_>, _>>()?;
        let r = header.recover_release(ENVELOPE, &shares)?;
        let r = header.audit_release(r, custodians)?;
        header.unlock(&b, &r)
    }

    /// Opens the sheet and the manifest and checks them against the schema.
    ///
    /// # Errors
    /// The first check that fails, by its name.
    pub fn open(
        &self,
        blobs: &Blobs,
        custodians: &[PublicKey],
        schema: &Schema,
    ) -> Result<OpenedSheet, NotOpened> {
        let header = &self.header;
        let key = self.envelope_key(custodians)?;
        let segment = |number| header.segment_key(&key, number);
        let (first, second) = (segment(0)?, segment(1)?);
        let fields = open_sheet(
            header.promise(),
            &first,
            &mut ciphertext(blobs, header, &first)?,
        )?;
        let manifest = open_manifest(
            header.promise(),
            &second,
            &mut ciphertext(blobs, header, &second)?,
        )?;
        check_schema(schema, &fields, &manifest)?;
        Ok(OpenedSheet {
            bid: header.digest(),
            sheet: Some(text(canonical::to_bytes(&fields))),
            segment_key: Some(to_base64(first.secret().as_bytes())),
            salt: None,
            manifest: Some(text(canonical::to_bytes(&manifest))),
            note: String::new(),
        })
    }
}

/// A segment's ciphertext in the blob store.
///
/// # Errors
/// When the blob cannot be read.
pub fn ciphertext(
    blobs: &Blobs,
    header: &Header,
    key: &SegmentKey,
) -> Result<BufReader<Take<Blob>>, NotOpened> {
    let place = header
        .layout()
        .place(key.envelope(), key.segment())
        .ok_or(OpenProblem::NoSuchSegment)?;
    let mut blob = blobs.open(&header.digest())?;
    blob.seek(SeekFrom::Start(place.offset))
        .map_err(OpenError::Io)?;
    Ok(BufReader::with_capacity(
        64 << 10,
        blob.take(place.ciphertext),
    ))
}

fn check_schema(
    schema: &Schema,
    fields: &serde_json::Map<String, serde_json::Value>,
    manifest: &Manifest,
) -> Result<(), NotOpened> {
    let problems = sheet::validate(schema, fields, &manifest.sheet);
    if problems.is_empty() {
        return Ok(());
    }
    let note: Vec<String> = problems.iter().map(|problem| problem.en(schema)).collect();
    Err(NotOpened::Check {
        outcome: Outcome::Malformed,
        note: note.join("; "),
    })
}

impl NotOpened {
    /// What goes on record for a bid once nobody waits for the platform any more.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Check { outcome, .. } => *outcome,
            Self::Damaged(_) => Outcome::StoreCorrupt,
            Self::Passing(_) => Outcome::NotOpened,
        }
    }

    /// Whether the platform failed, so that another try may succeed: descriptors
    /// and space come back, a directory is mounted again, a backup is restored.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Check { .. } => false,
            Self::Damaged(_) | Self::Passing(_) => true,
        }
    }

    /// What happened, in words.
    pub fn note(&self) -> &str {
        match self {
            Self::Check { note, .. } | Self::Damaged(note) | Self::Passing(note) => note,
        }
    }
}

impl From<OpenProblem> for NotOpened {
    fn from(problem: OpenProblem) -> Self {
        let note = format!("{}: {problem}", problem.code());
        match Outcome::of(&problem) {
            Outcome::StoreCorrupt => Self::Damaged(note),
            outcome => Self::Check { outcome, note },
        }
    }
}

impl From<OpenError> for NotOpened {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Problem(problem) => problem.into(),
            OpenError::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                Self::Damaged(format!("store: {error}"))
            }
            OpenError::Io(error) => Self::Passing(format!("io: {error}")),
        }
    }
}

impl From<StoreError> for NotOpened {
    fn from(error: StoreError) -> Self {
        let note = format!("store: {error}");
        if error.may_pass() {
            Self::Passing(note)
        } else {
            Self::Damaged(note)
        }
    }
}

impl From<io::Error> for NotOpened {
    fn from(error: io::Error) -> Self {
        OpenError::Io(error).into()
    }
}

fn text(canonical: Vec<u8>) -> String {
    String::from_utf8(canonical).expect("canonical JSON is UTF-8")
}
