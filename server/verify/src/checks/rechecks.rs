//! The checks that bids and custodians' answers failed, repeated from what was
//! disclosed of them (docs/spec/recheck.md).

use kaibiao_core::act::Act;
use kaibiao_core::event::{Outcome as Opened, What};
use kaibiao_core::ids::LotId;
use kaibiao_core::sheet;
use kaibiao_core::state::{Bidder, Lot};
use kaibiao_crypto::bid::{
    BidderSecret, Header, OpenError, OpenProblem, ReleaseSecret, Share, open_manifest, open_sheet,
};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::secret::Secret;
use kaibiao_crypto::wrap::{PublicKey, Role};
use kaibiao_crypto::{Digest, Verified, canonical};

use crate::form::{Recheck, RecheckAnswer, RecheckShare};
use crate::outcome::{Findings, Place};
use crate::reading::Reading;

const FORMAT: &str = "kaibiao/1 recheck";
const ENVELOPE: u8 = 0;
const DIFFERS: &str = "recheck-differs";

pub(super) fn check(reading: &Reading<'_>) -> Findings {
    if reading.is_public() {
        return Findings::not_asked();
    }
    let mut findings = Findings::default();
    for (bid, file) in &reading.bundle.rechecks {
        let place = || Place::File(format!("rechecks/{bid}.json"));
        let of = reading.end.state.lots.get(&file.lot).and_then(|lot| {
            let party = lot.party_of(bid)?;
            Some((lot, &**lot.parties.get(&party)?))
        });
        let holds = of.is_some_and(|(lot, bidder)| {
            is_of(reading, bid, file)
                && repeats(bid, file, bidder).is_some()
                && answers(reading, bid, file, lot).is_some()
        });
        findings.expect(holds, DIFFERS, place);
        // The ciphertext of a document is in the sealed bid, which its bidder has.
        findings.told(file.failed.as_deref() != Some("document"));
    }
    findings
}

/// Whether the file is about this bid, under its lot's schema.
fn is_of(reading: &Reading<'_>, bid: &Digest, file: &Recheck) -> bool {
    let lot = reading.end.state.lots.get(&file.lot);
    let terms = lot.and_then(|lot| reading.terms.get(&lot.rules.terms));
    file.format == FORMAT
        && file.project == reading.bundle.head.project
        && file.bid == *bid
        && file
            .schema
            .as_ref()
            .is_none_or(|schema| terms.is_some_and(|terms| terms.schema == *schema))
}

/// Makes all checks for which the file has what they need; `Some` where the one fails
/// that the facts name.
fn repeats(bid: &Digest, file: &Recheck, bidder: &Bidder) -> Option<()> {
    let header = Header::parse(&file.header).ok()?;
    let keys = file.custodians.iter().map(|key| PublicKey::from_spki(key));
    let keys = keys.collect::<Result<Vec<_>, _>>().ok()?;
    let ids = keys.iter().map(PublicKey::id);
    let fits = header.digest() == *bid && ids.eq(header.context().custodians.iter().copied());
    if !fits {
        return None;
    }
    let found = match walk(&header, &keys, file) {
        Ok(()) => None,
        Err(Stopped::Failed(code, outcome)) => Some((code, outcome)),
        Err(Stopped::Unreadable) => return None,
    };
    let outcome = bidder.outcome?;
    let same = match (&file.failed, found) {
        // A document that did not open cannot be repeated without it.
        (Some(said), None) => said == "document" && !bidder.documents.is_empty(),
        (Some(said), Some((code, found))) => *said == code && found == outcome,
        (None, None) => matches!(
            outcome,
            Opened::Opened | Opened::SharesMissing | Opened::StoreCorrupt | Opened::NotOpened
        ),
        (None, Some(_)) => false,
    };
    same.then_some(())
}

/// Why the walk ended.
enum Stopped {
    /// At a check, by its code and what it means for the bid.
    Failed(String, Opened),
    /// The file does not hold together.
    Unreadable,
}

impl From<OpenProblem> for Stopped {
    fn from(problem: OpenProblem) -> Self {
        Self::Failed(problem.code().to_owned(), Opened::of(&problem))
    }
}

impl From<OpenError> for Stopped {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Problem(problem) => problem.into(),
            OpenError::Io(_) => Self::Unreadable,
        }
    }
}

/// In the order of docs/spec/sealed-bid.md, 15.
fn walk(header: &Header, custodians: &[PublicKey], file: &Recheck) -> Result<(), Stopped> {
    if !file.rescue.is_empty() {
        header.recover_rescue(ENVELOPE, &shares(header, Role::Rescue, &file.rescue)?)?;
    }
    if !file.shares.is_empty() {
        header.recover_release(ENVELOPE, &shares(header, Role::Release, &file.shares)?)?;
    }
    let r = r(header, custodians, file)?;
    let b = b(header, file)?;
    match (&b, &r) {
        (Some(b), None) => drop(header.audit_rescue(b.clone(), custodians)?),
        (Some(b), Some(r)) => {
            let key = header.unlock(b, r)?;
            let segments = header.context().envelopes[usize::from(ENVELOPE)];
            for segment in 0..segments {
                header.segment_key(&key, segment)?;
            }
        }
        (None, _) => {}
    }
    contents(header, file)
}

/// r, checked against KR, and its dealing.
fn r(
    header: &Header,
    custodians: &[PublicKey],
    file: &Recheck,
) -> Result<Option<Verified<ReleaseSecret>>, Stopped> {
    let Some(r) = &file.r else {
        return Ok(None);
    };
    let r = header.check_r(ENVELOPE, secret(r)?)?;
    Ok(Some(header.audit_release(r, custodians)?))
}

fn b(header: &Header, file: &Recheck) -> Result<Option<BidderSecret>, Stopped> {
    let Some(b) = &file.b else {
        return Ok(None);
    };
    Ok(Some(header.check_b(ENVELOPE, secret(b)?)?))
}

fn shares(header: &Header, role: Role, given: &[RecheckShare]) -> Result<Vec<Share>, Stopped> {
    let checked = given.iter().map(|it| {
        let share = secret(&it.share)?;
        Ok(header.check_share(ENVELOPE, role, it.x, share)?)
    });
    checked.collect()
}

/// Opens the segments whose keys are there, but for documents.
fn contents(header: &Header, file: &Recheck) -> Result<(), Stopped> {
    let promise = header.promise();
    let (mut fields, mut manifest) = (None, None);
    for given in &file.segments {
        let key = secret(&given.key)?;
        let key = header.check_segment_key(ENVELOPE, given.segment, key)?;
        let bytes = given.ciphertext.as_ref().map(|it| &it.0[..]);
        match given.segment {
            0 => {
                let mut bytes = bytes.ok_or(Stopped::Unreadable)?;
                fields = Some(open_sheet(promise, &key, &mut bytes)?);
            }
            1 => {
                let mut bytes = bytes.ok_or(Stopped::Unreadable)?;
                manifest = Some(open_manifest(promise, &key, &mut bytes)?);
            }
            _ => {}
        }
    }
    if let (Some(schema), Some(fields), Some(manifest)) = (&file.schema, &fields, &manifest)
        && !sheet::validate(schema, fields, &manifest.sheet).is_empty()
    {
        return Err(OpenProblem::SheetWrong.into());
    }
    Ok(())
}

fn secret(bytes: &Base64) -> Result<Secret, Stopped> {
    Secret::from_slice(bytes).ok_or(Stopped::Unreadable)
}

/// Whether each answer is one that the facts and the custodian's signed act know.
fn answers(reading: &Reading<'_>, bid: &Digest, file: &Recheck, lot: &Lot) -> Option<()> {
    let header = Header::parse(&file.header).ok()?;
    for answer in &file.answers {
        let release = lot.releases.get(&answer.x)?;
        if let Some(why) = answer.why {
            release.accounts(bid).find(|said| said.why == why)?;
        }
        if let Some(share) = &answer.share {
            release.wrong.get(bid)?;
            let sent = Secret::from_slice(share)?;
            let right = header.check_share(ENVELOPE, Role::Release, answer.x, sent);
            let is_signed = signed(reading, &file.lot, answer, bid, Digest::of(share));
            (right.is_err() && is_signed).then_some(())?;
        }
    }
    Some(())
}

/// Whether a release of this custodian has the share's digest in its signed body.
fn signed(
    reading: &Reading<'_>,
    of: &LotId,
    answer: &RecheckAnswer,
    bid: &Digest,
    share: Digest,
) -> bool {
    reading.events.iter().any(|event| {
        let facts = event.facts.as_ref().map(|facts| &facts.what);
        let Some(What::Released { lot, x, wrong, .. }) = facts else {
            return false;
        };
        let signed = event.details.as_ref().and_then(|it| it.signed.as_ref());
        let body = signed.and_then(|it| canonical::from_bytes::<Act>(it.body.as_bytes()).ok());
        let Some(Act::Release(body)) = body else {
            return false;
        };
        let mut shares = body.shares.iter();
        lot == of
            && *x == answer.x
            && wrong.contains(bid)
            && shares.any(|it| it.bid == *bid && it.x == answer.x && it.share == share)
    })
}
