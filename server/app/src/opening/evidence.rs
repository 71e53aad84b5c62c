//! Finds the check at which a bid fails again, and what repeats that check: the
//! secrets that this step needs, and none that a later step would.

use kaibiao_core::schema::Schema;
use kaibiao_core::sheet;
use kaibiao_crypto::bid::{Header, OpenError, OpenProblem, SegmentKey, open_manifest, open_sheet};
use kaibiao_crypto::secret::Secret;
use kaibiao_crypto::wrap::{PublicKey, Role};
use kaibiao_store::Blobs;

use super::envelope::{ENVELOPE, ciphertext};

/// What is kept of a bid that failed, or about which a custodian was at fault.
pub struct Kept {
    pub header: Header,
    pub b: Option<Secret>,
    /// Matching shares of r.
    pub shares: Vec<(u8, Secret)>,
    /// Matching shares of b, where a rescue failed.
    pub rescue: Vec<(u8, Secret)>,
    /// Segments of documents that did not open.
    pub documents: Vec<u32>,
}

/// What is disclosed of it.
#[derive(Default)]
pub struct Evidence {
    /// The check that fails; a sheet against its schema is none of crypto's.
    pub failed: Option<OpenProblem>,
    pub schema: Option<Schema>,
    pub b: Option<Secret>,
    pub r: Option<Secret>,
    pub shares: Vec<(u8, Secret)>,
    pub rescue: Vec<(u8, Secret)>,
    pub segments: Vec<SegmentKey>,
}

/// What a bid is opened from again.
pub struct Opening<'a> {
    pub blobs: &'a Blobs,
    pub custodians: &'a [PublicKey],
    pub schema: &'a Schema,
    /// Whether custodians' answers about this bid are to be judged by r.
    pub judges_custodians: bool,
}

impl Kept {
    /// Opens the bid as far as it opens, and keeps what the failing step needs.
    ///
    /// # Errors
    /// When the ciphertext cannot be read now.
    pub fn evidence(&self, of: &Opening<'_>) -> Result<Evidence, std::io::Error> {
        let mut evidence = Evidence::default();
        let walked = if self.rescue.is_empty() {
            self.open(of, &mut evidence)
        } else {
            self.rescued(of, &mut evidence).map_err(OpenError::from)
        };
        match walked {
            Ok(()) => Ok(evidence),
            Err(OpenError::Problem(problem)) => {
                evidence.failed = Some(problem);
                Ok(evidence)
            }
            Err(OpenError::Io(error)) => Err(error),
        }
    }

    fn rescued(&self, of: &Opening<'_>, evidence: &mut Evidence) -> Result<(), OpenProblem> {
        let header = &self.header;
        evidence.rescue.clone_from(&self.rescue);
        let shares = self.checked(Role::Rescue, &self.rescue)?;
        let b = header.recover_rescue(ENVELOPE, &shares)?;
        evidence.rescue.clear();
        evidence.b = Some(b.secret().clone());
        header.audit_rescue(b, of.custodians).map(drop)
    }

    fn open(&self, of: &Opening<'_>, evidence: &mut Evidence) -> Result<(), OpenError> {
        let header = &self.header;
        let shares = self.checked(Role::Release, &self.shares)?;
        let r = match header.recover_release(ENVELOPE, &shares) {
            Err(problem @ OpenProblem::ReleaseMismatch) => {
                evidence.shares.clone_from(&self.shares);
                return Err(problem.into());
            }
            // Too few shares is nothing that can be shown of the bid.
            Err(OpenProblem::SharesTooFew { .. }) => return Ok(()),
            r => r?,
        };
        evidence.r = Some(r.secret().clone());
        let r = header.audit_release(r, of.custodians)?;
        let Some(b) = &self.b else {
            return Ok(());
        };
        evidence.b = Some(b.clone());
        let key = header.unlock(&header.check_b(ENVELOPE, b.clone())?, &r)?;
        let first = header.segment_key(&key, 0)?;
        let second = header.segment_key(&key, 1)?;
        let documents = self.documents.iter();
        let documents: Vec<SegmentKey> = documents
            .map(|segment| header.segment_key(&key, *segment))
            .collect::<Result<_, _>>()?;
        // From here on a segment's own key repeats the check, and tells nothing of
        // the others.
        evidence.b = None;
        evidence.r = evidence.r.take().filter(|_| of.judges_custodians);
        let read = |key: &SegmentKey| {
            ciphertext(of.blobs, header, key)
                .map_err(|failed| OpenError::Io(std::io::Error::other(failed.note().to_owned())))
        };
        evidence.segments = vec![first.clone()];
        let fields = open_sheet(header.promise(), &first, &mut read(&first)?)?;
        evidence.segments = vec![second.clone()];
        let manifest = open_manifest(header.promise(), &second, &mut read(&second)?)?;
        evidence.segments.clear();
        if !sheet::validate(of.schema, &fields, &manifest.sheet).is_empty() {
            evidence.segments = vec![first, second];
            evidence.schema = Some(of.schema.clone());
        } else if !documents.is_empty() {
            evidence.segments = std::iter::once(second).chain(documents).collect();
        }
        Ok(())
    }

    fn checked(
        &self,
        role: Role,
        shares: &[(u8, Secret)],
    ) -> Result<Vec<kaibiao_crypto::bid::Share>, OpenProblem> {
        let checked = shares.iter().map(|(x, share)| {
            let share = share.clone();
            self.header.check_share(ENVELOPE, role, *x, share)
        });
        checked.collect()
    }
}
