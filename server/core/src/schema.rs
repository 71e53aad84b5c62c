//! The schema of a lot's opening sheet (开标一览表): which fields are
//! announced, of which type, and which of them is the price.

use std::collections::BTreeSet;

use kaibiao_crypto::canonical::MAX_INTEGER;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::text::{is_line, is_text};

/// The fields of an opening sheet, in the order in which they are announced.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SheetSchema)]
pub struct Schema {
    pub fields: Vec<Field>,
    /// The id of the field that is the price, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// Whether a low or a high price is better.
    pub better: Better,
}

#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// The lowest price is best.
    Low,
    /// The highest price is best.
    High,
}

/// One field of the sheet.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SheetField)]
pub struct Field {
    /// 1 to 32 of `a-z`, `0-9` and `_`.
    pub id: String,
    /// What it is called on screens and paper.
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_en: Option<String>,
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// A sheet without it is refused.
    pub required: bool,
    /// Announced to everybody (segment 0); the others are in the manifest.
    pub public: bool,
}

/// What a field holds, and how its value is spelt in JSON. In JSON itself
/// `"money"`, or `{"decimal":{"scale":2}}`.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum FieldType {
    /// Money in fen: a string of digits without leading zeros ("123456").
    Money,
    /// A decimal with at most `scale` places, as a string ("12.50").
    Decimal { scale: u8 },
    /// A rate or 下浮率 in per cent with at most `scale` places, as a string.
    Rate { scale: u8 },
    /// A text of at most `max` characters.
    Text { max: u16 },
    /// A calendar date, "2026-11-22".
    Date,
    /// One of the options.
    Choice { options: Vec<String> },
    /// A JSON integer from `min` to `max`.
    Integer { min: i64, max: i64 },
}

/// Whether a schema can be used; the id of the field that is wrong otherwise.
pub(crate) fn check(schema: &Schema) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    if schema.fields.is_empty() || schema.fields.len() > 100 {
        return Err("fields".to_owned());
    }
    for field in &schema.fields {
        let is_id = (1..=32).contains(&field.id.len())
            && field
                .id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let labels = [Some(&field.label), field.label_en.as_ref()];
        let are_labels = labels
            .into_iter()
            .flatten()
            .all(|label| is_text(label, 60).is_ok());
        let is_type = match &field.kind {
            FieldType::Decimal { scale } | FieldType::Rate { scale } => *scale <= 8,
            FieldType::Text { max } => (1..=2000).contains(max),
            FieldType::Choice { options } => {
                let distinct: BTreeSet<_> = options.iter().collect();
                (1..=100).contains(&options.len())
                    && distinct.len() == options.len()
                    && options.iter().all(|option| is_line(option))
            }
            FieldType::Integer { min, max } => min <= max && fits_json(*min) && fits_json(*max),
            FieldType::Money | FieldType::Date => true,
        };
        if !is_id || !are_labels || !is_type || !seen.insert(&field.id) {
            return Err(field.id.clone());
        }
    }
    let is_price = |field: &&Field| {
        let numeric = matches!(
            field.kind,
            FieldType::Money | FieldType::Decimal { .. } | FieldType::Rate { .. }
        );
        numeric && field.required && field.public
    };
    match &schema.price {
        Some(price)
            if !schema
                .fields
                .iter()
                .filter(is_price)
                .any(|it| it.id == *price) =>
        {
            Err(price.clone())
        }
        _ => Ok(()),
    }
}

fn fits_json(number: i64) -> bool {
    number.unsigned_abs() <= MAX_INTEGER.unsigned_abs()
}
