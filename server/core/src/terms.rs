//! What a tender is: the draft that a host writes, and the sealing terms that
//! its publication fixes for each lot.

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use std::collections::BTreeMap;

use kaibiao_crypto::certificate::Grounds;
use kaibiao_crypto::{Digest, Suite};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::act::Attachment;
use crate::ids::{LotId, Millis, Organisation, ProjectId, Seconds};
use crate::reference::SealedReference;
use crate::schema::Schema;
use crate::signed::Signed;
use crate::text::is_alike;

/// A project as the host writes it, or the transaction platform imports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The tender's number (招标编号).
    pub number: String,
    pub title: String,
    /// The notice's text, public once published.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notice: String,
    /// Files that go with the notice (招标文件), public once it is published.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// The transaction platform's id of it, where it comes from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The project that this one tenders again (二次招标).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predecessor: Option<ProjectId>,
    pub officials: Officials,
    /// Deadline and opening: one instant.
    pub t0: Millis,
    pub lots: BTreeMap<LotId, LotDraft>,
    /// Whether T0 moves when the service was away shortly before it.
    #[serde(default = "yes")]
    pub outage_moves_t0: bool,
    /// How long before T0 sign-in opens, in seconds: one minute to one day; an hour
    /// where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<Seconds>,
    /// The algorithms that the bids of all lots are sealed with.
    #[serde(default, skip_serializing_if = "Suite::is_intl")]
    pub suite: Suite,
}

/// The organisations that act in a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Officials {
    pub tenderer: Named,
    /// Acts for the tenderer; the two are one side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<Named>,
    pub centre: Named,
    pub supervisor: Named,
}

impl Officials {
    /// Whether the organisation is the host: the tenderer or its agency.
    pub fn is_host(&self, organisation: &Organisation) -> bool {
        self.tenderer.organisation == *organisation
            || self
                .agency
                .as_ref()
                .is_some_and(|agency| agency.organisation == *organisation)
    }

    /// The host: the tenderer, and its agency where it has one.
    pub fn hosts(&self) -> impl Iterator<Item = &Named> {
        std::iter::once(&self.tenderer).chain(self.agency.as_ref())
    }

    /// All of them, the tenderer first.
    pub fn named(&self) -> impl Iterator<Item = &Named> {
        [Some(&self.tenderer), self.agency.as_ref()]
            .into_iter()
            .flatten()
            .chain([&self.centre, &self.supervisor])
    }

    /// Whether an organisation is one of them.
    pub fn are(&self, organisation: &Organisation) -> bool {
        self.named()
            .any(|named| named.organisation == *organisation)
    }

    /// Their organisations, the tenderer's first and the supervisor's last.
    pub fn organisations(&self) -> Vec<Organisation> {
        self.named()
            .map(|named| named.organisation.clone())
            .collect()
    }
}

/// An organisation and its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Named {
    pub organisation: Organisation,
    pub name: String,
}

/// One lot of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LotDraft {
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The control price (最高投标限价) in fen, digits only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_price: Option<String>,
    /// A control price or base that is sealed until the opening. A sealed control
    /// price stands in the place of the public one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<SealedReference>,
    pub schema: Schema,
    /// The custodians' organisations in the order of their shares (x = 1..n).
    pub custodians: Vec<Named>,
    /// How many custodians release a bid.
    pub release: u8,
    /// How many rescue one, where the project allows it; more than `release`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescue: Option<u8>,
    pub policy: Policy,
}

/// How a lot is opened. Part of the sealing terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Fewer valid bids than this, and the lot is not opened (R44: 3).
    pub minimum: u32,
    /// Fewer opened bids than the minimum, and the lot fails after unlocking.
    pub fails_after_unlock: bool,
    /// Codes instead of names to public and bidders, until the host lifts it.
    pub masked: bool,
    pub reading: ReadingOrder,
    pub stays: Stays,
}

impl Policy {
    /// Whether the lot goes on when so many bids are unlocked or opened.
    pub const fn goes_on_with(&self, bids: u32) -> bool {
        goes_on(self.minimum, self.fails_after_unlock, bids)
    }
}

/// Whether a lot goes on when so many bids are unlocked or opened. The platform
/// and every custodian ask this one function, or one of them closes the hall.
pub(crate) const fn goes_on(minimum: u32, fails_after_unlock: bool, bids: u32) -> bool {
    bids > 0 && (!fails_after_unlock || bids >= minimum)
}

/// The order in which the sheets are read out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadingOrder {
    /// As the bids were received.
    Received,
    /// The last received first.
    Reversed,
    /// By the digest of the closing list and the bid's digest together, which
    /// no bidder can steer as long as it does not know the others' digests.
    Digest,
}

/// The longest stay in each state, wait and suspension, in seconds. When one
/// is over a time event acts, so that nobody's silence holds an opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stays {
    /// From T0 until the list is published.
    pub checking: Seconds,
    /// From the list until the window starts.
    pub starting: Seconds,
    /// The unlocking window, and its usual length.
    pub window: Seconds,
    /// What all extensions of the window together may add.
    pub extensions: Seconds,
    /// How long an ordered rescue may delay the accepted set.
    pub rescue: Seconds,
    /// How long T0 and the accepted set wait for witnesses.
    pub quorum: Seconds,
    /// From the accepted set until the custodians have released; granted once
    /// more when they are late.
    pub releasing: Seconds,
    /// From the last release until the platform has opened the sheets.
    pub opening: Seconds,
    /// From opened until announced.
    pub announcing: Seconds,
    /// From announced until objections; silence on one's own line ends here.
    pub confirming: Seconds,
    pub objections: Seconds,
    /// From the close of objections until closed.
    pub signing: Seconds,
    /// All suspensions by host and centre together, and each of the supervisor's.
    pub suspension: Seconds,
    /// What is left at least, after the platform was away over T0 or over the end of
    /// a stay, for people to come back.
    #[serde(default = "two_minutes")]
    #[schema(required = true)]
    pub returning: Seconds,
}

/// Legal minima, from configuration, copied into what a publication fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Legal {
    /// From publication to T0 (招标投标法 art. 24: 20 days).
    pub notice: Seconds,
    /// From a change that bids depend on to T0 (实施条例 art. 21: 15 days).
    pub amendment: Seconds,
    /// The shortest unlocking window.
    pub window: Seconds,
}

/// What a bid for one lot is sealed under. Its canonical JSON is published, and
/// its digest ([`SealingTerms::digest`]) stands in every bid's ctx.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SealingTerms {
    /// Version of this format: 1.
    pub version: u8,
    pub project: ProjectId,
    pub lot: LotId,
    /// 1 when published; each amendment adds one.
    pub number: u32,
    /// The suite of algorithms: "intl" or "gm".
    pub suite: String,
    /// How many envelopes a bid has: 1.
    pub envelopes: u8,
    pub schema: Schema,
    /// In the order of their shares: the first has x = 1.
    pub custodians: Vec<Custodian>,
    /// How many of the custodians release a bid.
    pub release: u8,
    /// How many of them rescue one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescue: Option<u8>,
    pub policy: Policy,
    /// The control price or base that the host has sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<SealedReference>,
    pub officials: Officials,
    pub trust: Trust,
}

/// A custodian in the sealing terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Custodian {
    /// The x of its shares, 1..n.
    pub x: u8,
    pub organisation: Organisation,
    pub name: String,
    /// Its key for this project, uncompressed point of P-256, in suite "gm" of SM2,
    /// base64.
    pub key: String,
    /// The key its unattended agent signs with, where it has one: Ed25519,
    /// base64 of 32 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The custodian's `certify-key` act over both, with its chain.
    pub certified: Signed,
    /// Where the agent signed that: by which standing authorisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorised: Option<Authorised>,
}

/// The standing authorisation by which an agent certified a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Authorised {
    /// The organisation's accepted `authorise-agent`.
    pub act: Signed,
    /// When the agent certified the key: the time of that event.
    pub at: Millis,
}

/// Whom a client of this lot believes, and nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// The platform's origin, part of every signed message.
    pub origin: String,
    /// The key of closing and accepted statements and of acknowledgements:
    /// Ed25519, base64 of 32 bytes.
    pub statement_key: String,
    /// The key of receipts, likewise.
    pub receipt_key: String,
    /// The key of the public log, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_key: Option<String>,
    /// Witnesses, as verifier keys (`name+hash+base64`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<String>,
    /// How many of them must have cosigned; 0 is said on the notice.
    pub quorum: u8,
    /// Time-stamping authorities, certificates in base64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tsas: Vec<String>,
    /// In suite "gm" the platform's SM2 certificate, and those between it and a root:
    /// base64 DER, leaf first. By its key statements and receipts are signed too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sm2_chain: Vec<String>,
}

impl SealingTerms {
    /// On what the custodians' certifications and authorisations were believed.
    pub fn grounds(&self) -> impl Iterator<Item = &Grounds> {
        let acts = self.custodians.iter().flat_map(|it| {
            let authorised = it.authorised.iter().map(|it| &it.act);
            std::iter::once(&it.certified).chain(authorised)
        });
        acts.filter_map(|act| act.grounds.as_ref())
    }
}

impl Custodian {
    /// Whether a certificate calls it as the terms do, but for brackets, width, spaces
    /// and case.
    pub fn is_called(&self, certified: &str) -> bool {
        is_alike(&self.name, certified)
    }

    /// The first of these that has the key of one before it, or the agent, where that
    /// makes the keys of one of the two. Each custodian needs a key of its own: whoever
    /// holds one for two releases for both.
    pub fn sharing(custodians: &[Self]) -> Option<&Self> {
        let shares = |one: &Self, other: &Self| {
            let makes_keys = one.authorised.is_some() || other.authorised.is_some();
            one.key == other.key || (makes_keys && one.agent.is_some() && one.agent == other.agent)
        };
        let mut later = custodians.iter().enumerate();
        let found = later.find(|(x, one)| custodians[..*x].iter().any(|it| shares(one, it)));
        found.map(|(_, one)| one)
    }
}

impl SealingTerms {
    /// SHA-256 of "kaibiao/1 terms" and the canonical JSON.
    pub fn digest(&self) -> Digest {
        Self::digest_of(&kaibiao_crypto::canonical::to_bytes(self))
    }

    /// The digest of the exact bytes of sealing terms.
    pub fn digest_of(bytes: &[u8]) -> Digest {
        Digest::labelled("kaibiao/1 terms", &[bytes])
    }
}

/// A lot's sealing terms as they were published: the exact bytes, and what they
/// say. In JSON the former.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FixedTerms {
    /// The bytes whose digest stands in every bid.
    pub text: String,
    /// What they say.
    pub terms: SealingTerms,
}

impl TryFrom<String> for FixedTerms {
    type Error = serde_json::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let terms = serde_json::from_str(&text)?;
        Ok(Self { text, terms })
    }
}

impl From<FixedTerms> for String {
    fn from(fixed: FixedTerms) -> Self {
        fixed.text
    }
}

const fn yes() -> bool {
    true
}

const fn two_minutes() -> Seconds {
    120
}

/// How long an objections period is at least, where the terms give it so long: the host
/// can end it sooner once all objections are answered, and time asks for no answers.
const OBJECTING: Seconds = 300;

impl Stays {
    /// The shortest objections period that may be opened.
    pub fn objecting(&self) -> Seconds {
        OBJECTING.min(self.objections)
    }
}
