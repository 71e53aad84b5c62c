//! Opens one bid: takes b and shares of r, yields sheet and manifest, and names
//! the check that failed if one does.

use std::fs::File;
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
use kaibiao_store::{Blobs, StoreError};

/// The envelope of a bid that has only one.
pub const ENVELOPE: u8 = 0;

/// The secrets that were sent for one bid; they were checked when they came in.
pub struct Keys {
    pub header: Header,
    pub b: Secret,
    /// Shares of r with their custodians' numbers.
    pub shares: Vec<(u8, Secret)>,
}

/// Why a bid did not open: the outcome that goes on record, and a note in words.
#[derive(Debug)]
pub struct NotOpened {
    pub outcome: Outcome,
    pub note: String,
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
/// `store-corrupt` when the blob is gone.
pub fn ciphertext(
    blobs: &Blobs,
    header: &Header,
    key: &SegmentKey,
) -> Result<BufReader<Take<File>>, NotOpened> {
    let place = header
        .layout()
        .place(key.envelope(), key.segment())
        .ok_or(OpenProblem::NoSuchSegment)?;
    let mut file = blobs.open(&header.digest())?.file;
    file.seek(SeekFrom::Start(place.offset))
        .map_err(OpenError::Io)?;
    Ok(BufReader::with_capacity(
        64 << 10,
        file.take(place.ciphertext),
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
    Err(NotOpened {
        outcome: Outcome::Malformed,
        note: note.join("; "),
    })
}

impl NotOpened {
    /// Whether another try may succeed, because the disk failed and not the bid.
    pub fn is_passing(&self) -> bool {
        self.note.starts_with("io:")
    }
}

impl From<OpenProblem> for NotOpened {
    fn from(problem: OpenProblem) -> Self {
        Self {
            outcome: Outcome::of(&problem),
            note: format!("{}: {problem}", problem.code()),
        }
    }
}

impl From<OpenError> for NotOpened {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Problem(problem) => problem.into(),
            OpenError::Io(error) => Self {
                outcome: Outcome::StoreCorrupt,
                note: format!("io: {error}"),
            },
        }
    }
}

impl From<StoreError> for NotOpened {
    fn from(error: StoreError) -> Self {
        Self {
            outcome: Outcome::StoreCorrupt,
            note: format!("store: {error}"),
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
