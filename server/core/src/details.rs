//! The details of a project's events: names, texts, persons, signatures. They
//! are disclosed one by one, as stage and audience allow.

use std::collections::BTreeMap;

use kaibiao_crypto::Digest;
use kaibiao_crypto::act::ActSignature;
use kaibiao_crypto::certificate::Grounds;
use serde::{Deserialize, Serialize};

use crate::ids::{LotId, Organisation, Party, Seq};
use crate::signed::Signed;

/// Everything about an event that is not a fact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// Who acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
    /// The act's body and its signature; a body alone where none is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
    /// What is in neither facts nor body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<Extra>,
}

impl Details {
    /// On what the signatures in it were believed.
    pub fn grounds(&self) -> impl Iterator<Item = &Grounds> {
        let signed = self.signed.iter();
        let authorised = if let Some(Extra::Authorised { act }) = &self.extra {
            Some(act)
        } else {
            None
        };
        let acts = signed.chain(authorised).map(|it| &it.grounds);
        let consents = self.consents().iter().map(|it| &it.grounds);
        acts.chain(consents).flatten()
    }

    /// The signatures of a consortium's members.
    pub fn consents(&self) -> &[Consent] {
        if let Some(Extra::Bid { consents, .. }) = &self.extra {
            consents
        } else {
            &[]
        }
    }
}

/// The organisation and the person behind an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Author {
    /// By its unified social credit code (统一社会信用代码).
    pub organisation: Organisation,
    /// The organisation's name.
    pub name: String,
    /// The certificate's common name, or the account's.
    pub person: String,
    /// The id of the authority that vouched for the organisation: evidence, and
    /// no part of who it is.
    pub authority: String,
    /// The link that lets this authority's certificates act for the
    /// organisation; absent for the organisation's first authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Party>,
    /// SHA-256 of the certificate's DER.
    pub certificate: Digest,
    /// The name is the organisation's own word, which no certificate and no
    /// administrator has vouched for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unvouched: bool,
    /// What the certificate calls the organisation, where that is not letter for letter
    /// the registered name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certified: Option<String>,
}

/// A consortium member's signature over its lead's submit act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// Who signed for the member.
    pub author: Author,
    /// Over the same body, for the same purpose, as the lead's.
    pub signature: ActSignature,
    /// On what the signer's certificate was believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grounds: Option<Grounds>,
}

/// What an event adds beyond its act.
#[expect(
    missing_docs,
    reason = "the fields are listed in docs/spec/events.md; those that need a word have one"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "extra", rename_all = "snake_case", deny_unknown_fields)]
pub enum Extra {
    /// The exact canonical JSON of each lot's sealing terms.
    Terms { terms: BTreeMap<LotId, String> },
    /// The standing authorisation by which an agent certified a key.
    Authorised { act: Signed },
    /// What the platform read in a submitted header.
    Bid {
        segments: u32,
        /// Of all ciphertexts together, in bytes.
        size: u64,
        /// The signatures of a consortium's members.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        consents: Vec<Consent>,
    },
    /// What is known of a refused submission.
    Refused { note: String },
    /// How an unlock attempt went.
    Attempt { milliseconds: u64, note: String },
    /// What came out of an opened lot.
    Sheets { sheets: Vec<OpenedSheet> },
    /// One of the events that one act on several bidders makes.
    Item {
        /// The event that bears the act; absent in that event itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bearer: Option<Seq>,
        /// What the act says of this event's bidder in words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
    },
    /// Who complains without a certificate. Personal data, for the supervisor alone.
    Complainant {
        name: String,
        /// How to be reached.
        reach: String,
        /// The digest of the secret by which the answer is read.
        secret: Digest,
    },
    /// A decrypted document.
    Document {
        name: String,
        size: u64,
        digest: Digest,
    },
}

/// An opened bid: what is announced, and what proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenedSheet {
    /// The digest of the bid.
    pub bid: Digest,
    /// The sheet's public fields: canonical JSON of segment 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// `SK_0`, base64: anybody repeats the opening of the sheet with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment_key: Option<String>,
    /// Segment 0's salt, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// The manifest: canonical JSON of segment 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// Why it did not open, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}
