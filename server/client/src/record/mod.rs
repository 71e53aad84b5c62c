//! Verifies an opening record on this machine alone, from files: by the terms that the
//! host has signed, and by certificate authorities of one's own
//! (docs/spec/record.md, docs/spec/evidence.md, 11).

mod proved;
mod sheets;
mod signed;

use std::collections::BTreeMap;

use kaibiao_api::{RecordProof, RecordSignatures, SheetProof};
use kaibiao_core::record::Record;
use kaibiao_crypto::certificate::{Lists, Millis, Trust};
use kaibiao_crypto::cms;
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::signer::Signer;
use kaibiao_crypto::{Digest, canonical};
use serde::Serialize;

use crate::failure::{Failure, Kind, Outcome};
use crate::terms::Terms;

/// What is looked at.
pub struct Files<'a> {
    /// The record's exact bytes.
    pub record: &'a [u8],
    pub signatures: Option<RecordSignatures>,
    pub proof: Option<RecordProof>,
    /// What opens announced sheets again, by bid.
    pub sheets: Option<BTreeMap<Digest, SheetProof>>,
    /// Detached signatures (DER) that came by another way, by the names of their files.
    pub detached: Vec<(String, Vec<u8>)>,
}

/// What is believed: it comes from whoever verifies.
pub struct Believed<'a> {
    /// The lot's sealing terms: they name the platform's keys, log and witnesses, and
    /// the officials.
    pub terms: &'a Terms,
    pub trust: &'a Trust,
    /// Revocation lists that the acts' grounds name.
    pub lists: &'a Lists,
    /// This machine's clock, for detached signatures that no act has judged.
    pub now: Millis,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    Holds,
    Fails,
    /// It is not there yet, and may be later.
    Open,
    /// There is nothing to ask it by.
    NotAsked,
}

/// Which check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// That the host has signed the terms.
    Terms,
    /// The record's form, digest, project and lot.
    Record,
    /// That the host, or the centre in its seat, has signed.
    Host,
    /// One act over the record.
    Signature,
    /// One detached signature over its bytes.
    Detached,
    Closing,
    Accepted,
    /// That the record's tree goes on from those of the statements.
    Consistency,
    /// That the record's tree is in the public log.
    Log,
    /// Rows and unopened bids against both lists.
    Bids,
    /// One announced sheet, opened again.
    Sheet,
}

/// One check, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    pub check: About,
    pub finding: Finding,
    /// Why it fails or is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What it was made of: a digest, a signer with its certificate, a bid.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub of: String,
}

impl Check {
    /// With its outcome.
    pub fn new(check: About, finding: Finding, code: Option<&str>, of: impl Into<String>) -> Self {
        Self {
            check,
            finding,
            code: code.map(ToOwned::to_owned),
            of: of.into(),
        }
    }

    /// Holds, or fails with a code.
    pub fn of(check: About, of: impl Into<String>, found: Result<(), String>) -> Self {
        match found {
            Ok(()) => Self::new(check, Finding::Holds, None, of),
            Err(code) => Self::new(check, Finding::Fails, Some(&code), of),
        }
    }

    fn not_asked(check: About) -> Self {
        Self::new(check, Finding::NotAsked, None, "")
    }
}

/// Makes every check that the files allow.
///
/// # Errors
/// `record-malformed` for what is no record.
pub fn verify(files: &Files<'_>, by: &Believed<'_>) -> Outcome<Vec<Check>> {
    let record: Record = canonical::from_bytes(files.record).map_err(|error| {
        Failure::new(
            Kind::Input,
            "record-malformed",
            format!("这不是开标记录原件(JSON):{error}。请使用从平台下载、未经改动的原件。"),
            format!("This is not the original of a record (JSON): {error}. Use it as it was downloaded, without any change."),
        )
    })?;
    let digest = Digest::of(files.record);
    let of = |told: Option<&String>| told.is_none_or(|told| *told == digest.to_string());
    let is_here =
        record.project.id.to_string() == by.terms.project() && record.lot.id == *by.terms.lot();
    let is_told = of(files.signatures.as_ref().map(|it| &it.record))
        && of(files.proof.as_ref().map(|it| &it.record));
    let found = match (is_here, is_told) {
        (false, _) => Err("record-elsewhere".to_owned()),
        (true, false) => Err("record-differs".to_owned()),
        (true, true) => Ok(()),
    };
    let mut checks = vec![Check::of(About::Record, digest.to_string(), found)];
    checks.extend(signed::checks(files, &record, digest, by));
    checks.extend(proved::checks(files.proof.as_ref(), &record, by));
    checks.extend(sheets::checks(files.sheets.as_ref(), &record, by));
    Ok(checks)
}

/// The detached signature over a record's exact bytes that goes along with the act that
/// signs it; none of a chain that is too long for one.
///
/// # Errors
/// The key does not sign.
pub fn carried(
    record: &[u8],
    signer: &(impl Signer + ?Sized),
    now: Millis,
) -> Outcome<Option<Base64>> {
    let der = cms::sign(record, now, signer).map_err(|problem| {
        Failure::new(
            Kind::Key,
            "key-not-signing",
            format!("证书没有对记录作出签名({problem});请检查密钥文件后重试。"),
            format!(
                "The key did not sign the record ({problem}); check the key file and try again."
            ),
        )
    })?;
    Ok(Some(Base64(der)).filter(|der| der.len() <= cms::MAX_CARRIED))
}
