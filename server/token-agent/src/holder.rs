//! Who holds the keys: a token, or a key file in its place.

use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::{BidderSecret, Header, OpenProblem};
use kaibiao_crypto::secret::Secret;
use kaibiao_crypto::signature::{Algorithm, Signature};
use kaibiao_crypto::wrap::{UnwrapProblem, WrapKind};
use kaibiao_token::TokenProblem;
use serde::Serialize;

use crate::problem::Code;

/// A certificate with what its key does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// DER, the certificate itself first, without the root.
    pub chain: Vec<Vec<u8>>,
    /// How it signs; none where it may not, or its key is not here.
    pub algorithm: Option<Algorithm>,
    /// The id of its key, and what kind of wrap that opens; none where it may not.
    pub opens: Option<(Digest, WrapKind)>,
}

/// How the holder stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It signs and opens.
    Ready,
    /// It asks for the PIN first.
    Locked,
    /// Too many wrong PINs.
    Blocked,
    /// No token is there.
    Absent,
}

/// Why the holder did not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HolderProblem {
    /// The PIN is wrong; how many tries are left, where the token tells.
    Pin { tries: Option<u32> },
    /// Only the authority's tool unblocks it.
    Blocked,
    /// The PIN has to be given first, again perhaps.
    Locked,
    /// Pulled, or not there.
    Absent,
    /// The vendor's library cannot be loaded.
    Middleware(String),
    /// No such certificate is here.
    NoCertificate,
    /// The certificate is here, and its key is not, or may not be used so.
    Foreign,
    /// A wrap that does not open, or b that is another one.
    Open(OpenProblem),
    /// The token's own words.
    Failed(String),
}

/// Holds private keys and never gives one out. Calls may take as long as a token
/// takes, and come one after another.
pub trait KeyHolder: Send {
    /// `token` or `file`.
    fn kind(&self) -> &'static str;

    /// What it is called: a token's label and number, a file's name.
    fn label(&self) -> String;

    fn standing(&mut self) -> Standing;

    /// How often a PIN may still be wrong, where that is known.
    fn tries(&mut self) -> Option<u32>;

    /// Whether the PIN is entered at the device itself: then none is asked for here.
    fn asks_itself(&mut self) -> bool {
        false
    }

    /// Begins a session; asked for only with a PIN that a person has just entered.
    fn unlock(&mut self, pin: &str) -> Result<(), HolderProblem>;

    /// Ends the session: the PIN is needed again.
    fn lock(&mut self);

    /// What it holds; needs no PIN where the token can do without.
    fn certificates(&mut self) -> Result<Vec<Held>, HolderProblem>;

    /// Roots that came with the keys, DER: not believed for that, but offered.
    fn roots(&mut self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// Signs with the key of the certificate whose SHA-256 this is.
    fn sign(&mut self, certificate: &Digest, message: &[u8]) -> Result<Signature, HolderProblem>;

    /// Opens the bidder's own wrap of a header, by whichever key it has; b is the
    /// committed one. Also the id of the key.
    fn open(&mut self, header: &Header) -> Result<(Digest, BidderSecret), HolderProblem>;

    /// Opens a wrap that is no bid's, with the key of this id.
    fn unwrap(&mut self, key: &Digest, wctx: &[u8], value: &[u8]) -> Result<Secret, HolderProblem>;
}

impl From<OpenProblem> for HolderProblem {
    fn from(problem: OpenProblem) -> Self {
        match problem {
            OpenProblem::Unwrap(UnwrapProblem::Holder(problem)) => {
                TokenProblem::from(problem).into()
            }
            problem => Self::Open(problem),
        }
    }
}

impl From<UnwrapProblem> for HolderProblem {
    fn from(problem: UnwrapProblem) -> Self {
        OpenProblem::from(problem).into()
    }
}

impl HolderProblem {
    /// What the page is told.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Pin { .. } => Code::PinWrong,
            Self::Blocked => Code::PinBlocked,
            Self::Locked => Code::PinNotGiven,
            Self::Absent => Code::TokenAbsent,
            Self::Middleware(_) => Code::MiddlewareAbsent,
            Self::NoCertificate => Code::NoSuchCertificate,
            Self::Foreign => Code::CertificateForeign,
            Self::Open(problem) => Code::opening(problem),
            Self::Failed(_) => Code::TokenFailed,
        }
    }
}
