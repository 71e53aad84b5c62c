//! ctx (section 3): what is known before the first byte is sealed.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::limits;
use super::problem::{HeaderPart, HeaderProblem};
use crate::Suite;
use crate::certificate::Organisation;
use crate::digest::{Digest, lower_hex};
use crate::wrap::{Role, WrapContext};

/// ctx's `format`.
pub(super) const FORMAT: &str = "kaibiao/1";

/// ctx as read. Field by field as in the specification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// Who bids; the signing certificate must say the same.
    pub bidder: Organisation,
    /// H(DER) of the signing certificate.
    pub certificate: Digest,
    /// Key ids; custodian x is at x - 1.
    pub custodians: Vec<Digest>,
    /// The number of segments of each envelope.
    pub envelopes: Vec<u32>,
    /// `kaibiao/1`.
    pub format: String,
    /// 1 to 16 of lowercase letters, digits and hyphens.
    pub lot: String,
    /// The salt of every derivation of this bid.
    pub message: MessageId,
    /// A lowercase UUID.
    pub project: String,
    /// Key ids of the bidder's own recipients.
    pub recipients: Vec<Digest>,
    /// How many custodians release r, of how many.
    pub release: Threshold,
    /// How many custodians rescue b, of as many; null without rescue.
    pub rescue: Option<Threshold>,
    /// The name of a [`Suite`].
    pub suite: String,
    /// Digest of the lot's sealing terms.
    pub terms: Digest,
    /// The client's clock, UTC milliseconds; informative.
    pub time: u64,
}

/// t of n.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// How many custodians there are.
    pub n: u8,
    /// How many of them it takes.
    pub t: u8,
}

/// msg_id: 32 random bytes, the salt of every derivation of one bid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageId(pub [u8; 32]);

impl Context {
    /// The rules of the fields by themselves, and the suite that they name.
    pub(super) fn check(&self) -> Result<Suite, HeaderProblem> {
        let suite = Suite::named(&self.suite).ok_or(HeaderProblem::UnknownFormat)?;
        if self.format != FORMAT {
            return Err(HeaderProblem::UnknownFormat);
        }
        let rules = [
            (
                "custodians",
                distinct(&self.custodians, limits::CUSTODIANS)
                    && self.custodians.len() == usize::from(self.release.n),
            ),
            (
                "envelopes",
                self.envelopes.len() == limits::ENVELOPES
                    && self
                        .envelopes
                        .iter()
                        .all(|count| (2..=limits::SEGMENTS).contains(&(*count as usize))),
            ),
            ("lot", is_lot(&self.lot)),
            ("project", is_uuid(&self.project)),
            ("recipients", distinct(&self.recipients, limits::RECIPIENTS)),
            ("release", (1..=self.release.n).contains(&self.release.t)),
            (
                "rescue",
                self.rescue.is_none_or(|rescue| {
                    rescue.n == self.release.n && rescue.t > self.release.t && rescue.t <= rescue.n
                }),
            ),
            ("time", self.time <= limits::INTEGER),
        ];
        match rules.into_iter().find(|(_, holds)| !holds) {
            Some((field, _)) => Err(HeaderProblem::Field {
                part: HeaderPart::Context,
                field,
            }),
            None => Ok(suite),
        }
    }
}

fn distinct(keys: &[Digest], most: usize) -> bool {
    (1..=most).contains(&keys.len())
        && keys
            .iter()
            .enumerate()
            .all(|(index, key)| !keys[..index].contains(key))
}

fn is_lot(text: &str) -> bool {
    (1..=16).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        })
}

impl Serialize for MessageId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for MessageId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        lower_hex(&text)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("a message id is 64 lowercase digits"))
    }
}

/// What the wrap in this place is bound to.
pub(super) fn wrap_context(
    context: &Context,
    digest: Digest,
    envelope: u8,
    role: Role,
    x: u8,
) -> WrapContext {
    let (threshold, of) = match role {
        // At most 8 recipients, one of whom is enough.
        Role::Recipient => (1, u8::try_from(context.recipients.len()).unwrap_or(u8::MAX)),
        Role::Release => (context.release.t, context.release.n),
        Role::Rescue => context.rescue.map_or((0, 0), |rescue| (rescue.t, rescue.n)),
    };
    WrapContext {
        envelope,
        role,
        threshold,
        of,
        x,
        context: digest,
    }
}
