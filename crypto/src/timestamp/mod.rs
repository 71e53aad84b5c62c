//! Time stamps by somebody else's clock (RFC 3161): asking for one, reading the
//! answer, and verifying a token without asking anybody
//! (docs/spec/timestamps.md).

mod info;
mod request;
mod response;

pub use request::Request;
pub use response::{MAX_RESPONSE, Rejection, Response};

use crate::certificate::{CertificateProblem, Millis, TimeAuthorities};
use crate::cms::element::{Element, Fields};
use crate::cms::{CmsProblem, Naming, SignedData, oid};
use crate::digest::Digest;
use crate::verified::Verified;
use info::Info;

/// What a token proves: at this time, by the clock of this authority, there was
/// something with this SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamp {
    /// The time, UTC, in microseconds since 1970; digits beyond are cut off.
    pub at_micros: i64,
    /// By how much it may be off in either direction, in microseconds; `None`
    /// when the authority does not say.
    pub accuracy_micros: Option<u64>,
    /// The policy under which it was made, a dotted object identifier.
    pub policy: String,
    /// Its serial number, lowercase hexadecimal.
    pub serial: String,
    /// The number that was asked for, when there is one of up to 64 bits.
    pub nonce: Option<u64>,
    /// The id of the configured authority.
    pub authority: String,
    /// SHA-256 of the DER of each certificate of the signer's path, root last.
    pub path: Vec<Digest>,
}

impl Timestamp {
    /// The time in UTC milliseconds, rounded down.
    pub fn at(&self) -> Millis {
        self.at_micros.div_euclid(1000)
    }
}

/// Why a token or an answer is refused. Each has its own code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimestampProblem {
    /// The answer is not a TimeStampResp in DER, or contradicts itself.
    #[error("the answer is malformed")]
    Response,
    /// What was signed is not a TSTInfo in DER. The part in which it is not.
    #[error("the time stamp is malformed in {0}")]
    Malformed(&'static str),
    /// The digest is another one, or by another function.
    #[error("the time stamp is over something else")]
    Imprint,
    /// It answers another request.
    #[error("the time stamp answers another request")]
    Nonce,
    /// A critical extension, none of which is understood.
    #[error("the time stamp has a critical extension that is not understood")]
    Extension,
    /// It names another signer than its certificate does.
    #[error("the time stamp names another authority than its certificate")]
    Name,
    /// The message that holds it is not accepted.
    #[error(transparent)]
    Message(#[from] CmsProblem),
    /// It holds, in another spelling than the normal form.
    #[error("the time stamp is not in normal form")]
    Form,
    /// Its signer was not an authority of time that is believed, at that time.
    #[error("the certificate of the time stamp is not believed: {0}")]
    Certificate(CertificateProblem),
}

impl TimestampProblem {
    /// The stable code of the fault.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Response => "timestamp-response",
            Self::Malformed(_) => "timestamp-malformed",
            Self::Imprint => "timestamp-imprint",
            Self::Nonce => "timestamp-nonce",
            Self::Extension => "timestamp-extension",
            Self::Name => "timestamp-name",
            Self::Form => "timestamp-form",
            Self::Message(problem) => problem.code(),
            Self::Certificate(problem) => problem.code(),
        }
    }
}

/// Verifies a token (DER) over a SHA-256 digest. `nonce` is the one that was
/// asked with, for whoever asked; nobody else knows it.
///
/// The signer's certificate is judged at the time stamped, so that the verdict
/// is the same in ten years.
pub fn verify(
    token: &[u8],
    imprint: Digest,
    nonce: Option<u64>,
    authorities: &TimeAuthorities,
) -> Result<Verified<Timestamp>, TimestampProblem> {
    let (stamp, _) = check(token, imprint, nonce, authorities)?;
    Ok(Verified::new(stamp))
}

/// Verifies a token and writes it in its normal form, in which it says the same
/// and nothing unsigned can be spelt otherwise (docs/spec/timestamps.md, 5).
pub fn normal_form(
    token: &[u8],
    imprint: Digest,
    authorities: &TimeAuthorities,
) -> Result<Vec<u8>, TimestampProblem> {
    let (_, normal) = check(token, imprint, None, authorities)?;
    Ok(normal)
}

/// Verifies a token that is to be in normal form, as it stands in a bundle.
///
/// # Errors
/// [`TimestampProblem::Form`] where it holds in another spelling.
pub fn verify_normal(
    token: &[u8],
    imprint: Digest,
    authorities: &TimeAuthorities,
) -> Result<Verified<Timestamp>, TimestampProblem> {
    let (stamp, normal) = check(token, imprint, None, authorities)?;
    if normal == token {
        Ok(Verified::new(stamp))
    } else {
        Err(TimestampProblem::Form)
    }
}

/// What a token proves, and its normal form.
fn check(
    token: &[u8],
    imprint: Digest,
    nonce: Option<u64>,
    authorities: &TimeAuthorities,
) -> Result<(Timestamp, Vec<u8>), TimestampProblem> {
    let message = SignedData::read(token)?;
    let content = message.content(oid::TST_INFO)?;
    let signed = message.verify(content, Naming::Required)?;
    let info = Info::read(content)?;
    if !info.is_over(imprint) {
        return Err(TimestampProblem::Imprint);
    }
    if nonce.is_some() && info.nonce != nonce {
        return Err(TimestampProblem::Nonce);
    }
    if let Some(name) = info.name {
        let alternatives = signed.named.alternatives.map(Fields::of_sequence);
        let alternatives = alternatives.and_then(Result::ok).map(Fields::all);
        let alternatives = alternatives.and_then(Result::ok).unwrap_or_default();
        let is_subject =
            name.tag == crate::cms::element::constructed(4) && name.content == signed.named.subject;
        if !is_subject
            && !alternatives
                .iter()
                .any(|it: &Element<'_>| it.whole == name.whole)
        {
            return Err(TimestampProblem::Name);
        }
    }
    let at = info.at_micros.div_euclid(1000);
    let stamper = authorities
        .judge(signed.certificate, &signed.others, at)
        .map_err(TimestampProblem::Certificate)?;
    let stamp = Timestamp {
        at_micros: info.at_micros,
        accuracy_micros: info.accuracy_micros,
        policy: info.policy,
        serial: info.serial,
        nonce: info.nonce,
        authority: stamper.authority,
        path: stamper.path,
    };
    Ok((stamp, message.normal_form(&signed, stamper.certificates)))
}
