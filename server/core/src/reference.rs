//! A reference value that is sealed until the opening: a control price (最高投标限价)
//! or a base (标底, 招标投标法 art. 22). The sealing terms hold a commitment to it, and
//! nobody but the host can tell what it is before the host reveals it
//! (docs/spec/terms.md, 10).

#![expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]

use kaibiao_crypto::{Digest, canonical};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::{LotId, Salt};
use crate::schema::{FieldType, Schema};
use crate::sheet;

/// What a sealed reference value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReferenceKind {
    /// The control price (最高投标限价): the most that a bid may ask.
    ControlPrice,
    /// The base (标底): what the host expects to pay.
    Base,
}

/// A reference value as drafts and sealing terms hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SealedReference {
    pub kind: ReferenceKind,
    /// The digest of the value and its salt.
    pub commitment: Digest,
}

/// What is committed to.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Reference<'a> {
    pub kind: ReferenceKind,
    pub lot: &'a LotId,
    pub salt: Salt,
    /// Spelt as the lot's price is in a sheet.
    pub value: &'a str,
}

impl Reference<'_> {
    /// SHA-256 of "kaibiao/1 reference" and the canonical JSON.
    pub fn commitment(&self) -> Digest {
        Digest::labelled("kaibiao/1 reference", &[&canonical::to_bytes(self)])
    }

    /// What drafts and sealing terms hold of it.
    pub fn seal(&self) -> SealedReference {
        SealedReference {
            kind: self.kind,
            commitment: self.commitment(),
        }
    }
}

impl SealedReference {
    /// Whether this is the value that was committed to.
    pub fn is(&self, lot: &LotId, value: &str, salt: Salt) -> bool {
        let kind = self.kind;
        let told = Reference {
            kind,
            lot,
            salt,
            value,
        };
        told.commitment().ct_eq(&self.commitment)
    }
}

impl Schema {
    /// The type of the lot's price, where it has one.
    pub fn price_type(&self) -> Option<&FieldType> {
        let price = self.price.as_ref()?;
        let field = self.fields.iter().find(|field| field.id == *price)?;
        Some(&field.kind)
    }

    /// Whether a text is an amount as the lot's price spells it.
    pub fn is_price(&self, value: &str) -> bool {
        self.price_type()
            .is_some_and(|kind| sheet::is_amount(kind, value))
    }
}
