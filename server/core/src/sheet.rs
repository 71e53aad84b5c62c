//! A filled-in opening sheet against its lot's schema: every field that is
//! wrong is named at once, so that a bidder mends them in one go.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::schema::{Field, FieldType, Schema};
use crate::text::is_line;

/// A field's value in JSON: an integer for fields of that type, else a string.
/// It describes what is sent; [`crate::sheet::validate`] reads it.
#[expect(
    missing_docs,
    reason = "a doc comment on what travels is a description in web/openapi.json, which is a format"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum SheetValue {
    Integer(i64),
    Text(String),
}

/// One field of a sheet that breaks the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's id.
    pub field: String,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// A required field is missing or empty.
    Missing,
    /// The schema has no such field.
    Unknown,
    /// Public where the schema keeps it, or the other way round.
    Misplaced,
    /// Not what a field of this type holds.
    Value(FieldType),
}

/// The longest decimal, sign and point included.
const MAX_DECIMAL: usize = 24;

/// Checks both parts of a sheet: `public` is announced (segment 0), `private`
/// stands in the manifest. Empty when nothing is wrong.
pub fn validate(
    schema: &Schema,
    public: &Map<String, Value>,
    private: &Map<String, Value>,
) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    for field in &schema.fields {
        let (here, there) = if field.public {
            (public, private)
        } else {
            (private, public)
        };
        let wrong = if there.contains_key(&field.id) {
            Some(Wrong::Misplaced)
        } else {
            judge(field, here.get(&field.id))
        };
        problems.extend(wrong.map(|wrong| FieldProblem {
            field: field.id.clone(),
            wrong,
        }));
    }
    let unknown = public
        .keys()
        .chain(private.keys())
        .filter(|id| schema.fields.iter().all(|field| field.id != **id));
    problems.extend(unknown.map(|id| FieldProblem {
        field: id.clone(),
        wrong: Wrong::Unknown,
    }));
    problems
}

/// Splits a sheet into its public and its other fields. A field the schema does
/// not know goes to the public ones, where [`validate`] names it.
pub fn split(
    schema: &Schema,
    sheet: Map<String, Value>,
) -> (Map<String, Value>, Map<String, Value>) {
    sheet.into_iter().partition(|(id, _)| {
        schema
            .fields
            .iter()
            .find(|field| field.id == *id)
            .is_none_or(|field| field.public)
    })
}

impl FieldProblem {
    /// What is wrong and what the field wants, in Chinese.
    pub fn zh(&self, schema: &Schema) -> String {
        let name = self.name(schema);
        match &self.wrong {
            Wrong::Missing => format!("{name}:必填,未填写"),
            Wrong::Unknown => format!("{name}:开标一览表没有这一项"),
            Wrong::Misplaced => format!("{name}:公开与不公开的位置放错"),
            Wrong::Value(kind) => format!("{name}:应为{}", zh(kind)),
        }
    }

    /// The same in English.
    pub fn en(&self, schema: &Schema) -> String {
        let name = self.name(schema);
        match &self.wrong {
            Wrong::Missing => format!("{name}: required and missing"),
            Wrong::Unknown => format!("{name}: not a field of this sheet"),
            Wrong::Misplaced => format!("{name}: in the wrong part of the sheet"),
            Wrong::Value(kind) => format!("{name}: must be {}", en(kind)),
        }
    }

    fn name(&self, schema: &Schema) -> String {
        match schema.fields.iter().find(|field| field.id == self.field) {
            Some(field) => format!("{}({})", field.label, field.id),
            None => self.field.clone(),
        }
    }
}

fn judge(field: &Field, value: Option<&Value>) -> Option<Wrong> {
    let value = match value {
        None | Some(Value::Null) => return field.required.then_some(Wrong::Missing),
        Some(Value::String(text)) if text.is_empty() && field.required => {
            return Some(Wrong::Missing);
        }
        Some(value) => value,
    };
    let fits = match (&field.kind, value) {
        (FieldType::Money, Value::String(text)) => is_money(text),
        (FieldType::Decimal { scale } | FieldType::Rate { scale }, Value::String(text)) => {
            is_decimal(text, usize::from(*scale))
        }
        (FieldType::Text { max }, Value::String(text)) => {
            text.chars().count() <= usize::from(*max) && is_line(text)
        }
        (FieldType::Date, Value::String(text)) => is_date(text),
        (FieldType::Choice { options }, Value::String(text)) => options.contains(text),
        (FieldType::Integer { min, max }, Value::Number(number)) => {
            number.as_i64().is_some_and(|n| (*min..=*max).contains(&n))
        }
        _ => false,
    };
    (!fits).then(|| Wrong::Value(field.kind.clone()))
}

/// Whether a text is an amount of this type, which a price may have.
pub(crate) fn is_amount(kind: &FieldType, text: &str) -> bool {
    match kind {
        FieldType::Money => is_money(text),
        FieldType::Decimal { scale } | FieldType::Rate { scale } => {
            is_decimal(text, usize::from(*scale))
        }
        FieldType::Text { .. }
        | FieldType::Date
        | FieldType::Choice { .. }
        | FieldType::Integer { .. } => false,
    }
}

/// Fen: digits without leading zeros, within i64.
pub(crate) fn is_money(text: &str) -> bool {
    is_whole(text) && text.parse::<i64>().is_ok()
}

fn is_whole(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
}

fn is_decimal(text: &str, scale: usize) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, places) = match unsigned.split_once('.') {
        Some((whole, places)) => (whole, Some(places)),
        None => (unsigned, None),
    };
    text.len() <= MAX_DECIMAL
        && is_whole(whole)
        && places.is_none_or(|places| {
            (1..=scale).contains(&places.len()) && places.bytes().all(|byte| byte.is_ascii_digit())
        })
        && (!text.starts_with('-') || unsigned.bytes().any(|byte| (b'1'..=b'9').contains(&byte)))
}

/// A day that the Gregorian calendar has.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !shape {
        return false;
    }
    let number = |from: usize, to: usize| text[from..to].parse::<u32>().unwrap_or(0);
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    year >= 1 && (1..=days).contains(&day)
}

fn zh(kind: &FieldType) -> String {
    match kind {
        FieldType::Money => "以分为单位的整数文本,如 \"123456\"".to_owned(),
        FieldType::Decimal { scale } => format!("至多 {scale} 位小数的数字文本,如 \"12.5\""),
        FieldType::Rate { scale } => format!("至多 {scale} 位小数的百分数文本,如 \"3.5\""),
        FieldType::Text { max } => format!("不超过 {max} 字、不含控制字符的文本"),
        FieldType::Date => "日期,如 \"2026-11-22\"".to_owned(),
        FieldType::Choice { options } => format!("以下之一:{}", options.join("、")),
        FieldType::Integer { min, max } => format!("{min} 至 {max} 的整数"),
    }
}

fn en(kind: &FieldType) -> String {
    match kind {
        FieldType::Money => "whole fen as a string, such as \"123456\"".to_owned(),
        FieldType::Decimal { scale } => {
            format!("a number as a string, at most {scale} places, such as \"12.5\"")
        }
        FieldType::Rate { scale } => {
            format!("per cent as a string, at most {scale} places, such as \"3.5\"")
        }
        FieldType::Text { max } => format!("a text of at most {max} characters, none of control"),
        FieldType::Date => "a date, such as \"2026-11-22\"".to_owned(),
        FieldType::Choice { options } => format!("one of {}", options.join(", ")),
        FieldType::Integer { min, max } => format!("an integer from {min} to {max}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Better;
    use serde_json::json;

    fn schema() -> Schema {
        let field = |id: &str, kind, required, public| Field {
            id: id.to_owned(),
            label: format!("<{id}>"),
            label_en: None,
            kind,
            required,
            public,
        };
        Schema {
            fields: vec![
                field("price", FieldType::Money, true, true),
                field("rate", FieldType::Rate { scale: 2 }, false, true),
                field("days", FieldType::Integer { min: 1, max: 999 }, true, true),
                field("start", FieldType::Date, false, true),
                field("manager", FieldType::Text { max: 4 }, true, false),
                field(
                    "grade",
                    FieldType::Choice {
                        options: vec!["甲".into(), "乙".into()],
                    },
                    false,
                    true,
                ),
            ],
            price: Some("price".to_owned()),
            better: Better::Low,
        }
    }

    fn problems(sheet: Value) -> Vec<String> {
        let Value::Object(sheet) = sheet else {
            unreachable!("an object");
        };
        let (public, private) = split(&schema(), sheet);
        validate(&schema(), &public, &private)
            .into_iter()
            .map(|problem| problem.field)
            .collect()
    }

    #[test]
    fn a_right_sheet_has_no_problem() {
        let sheet = json!({"price": "123456", "rate": "-3.50", "days": 90, "start": "2028-02-29",
            "manager": "欧阳建国", "grade": "甲"});
        assert_eq!(problems(sheet), Vec::<String>::new());
        assert_eq!(
            problems(json!({"price": "0", "days": 1, "manager": "李"})),
            Vec::<String>::new()
        );
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let sheet = json!({"price": "12.5", "rate": "1.234", "days": 0, "start": "2027-02-29",
            "manager": "太长的名字", "grade": "丙", "colour": "red"});
        assert_eq!(
            problems(sheet),
            [
                "price", "rate", "days", "start", "manager", "grade", "colour"
            ]
        );
        assert_eq!(problems(json!({"price": ""})), ["price", "days", "manager"]);
    }

    #[test]
    fn a_number_has_one_spelling() {
        for wrong in [
            "01", "", "+1", "1.", ".5", "-0", "-0.00", "1e3", "1 000", "١",
        ] {
            assert!(!is_decimal(wrong, 2), "{wrong}");
        }
        for wrong in ["-1", "01", "99999999999999999999", "1.0"] {
            assert!(!is_money(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_private_field_among_the_public_ones_is_noticed() {
        let public = json!({"price": "1", "days": 1, "manager": "李"});
        let Value::Object(public) = public else {
            unreachable!("an object");
        };
        let found = validate(&schema(), &public, &Map::new());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].wrong, Wrong::Misplaced);
        assert!(found[0].zh(&schema()).contains("manager"));
    }
}
