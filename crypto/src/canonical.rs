//! Canonical JSON (RFC 8785), the only JSON that is ever hashed or signed.
//!
//! Narrower than the RFC in one respect: numbers are integers of magnitude at
//! most 2^53 - 1. There are no fractions in anything that is hashed; money is
//! in fen and decimals are strings.
//!
//! Reading is strict: the bytes read must be the bytes that would be written.
//! So there are no duplicate keys, no other order, spelling, escape or white
//! space, and no field that the type does not know, if the type denies unknown
//! fields or keeps them.

use std::fmt::Write as _;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The largest integer that every JSON reader holds exactly (RFC 7493, 2.2).
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// Why bytes are not the canonical JSON of the wanted type.
#[derive(Debug, thiserror::Error)]
pub enum NotCanonical {
    /// Not JSON, or not JSON of the wanted type.
    #[error("not the expected JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A fraction, or an integer beyond 2^53 - 1.
    #[error("a number that is not an integer below 2^53: {0}")]
    Number(String),
    /// JSON of the right type, but not its canonical bytes.
    #[error("not in canonical form (RFC 8785)")]
    Form,
}

/// The canonical bytes of a value of ours.
///
/// # Panics
/// When the value holds a fraction, an integer beyond 2^53 - 1 or a map whose
/// keys are not text: our types hold none. For values from elsewhere use
/// [`try_to_bytes`].
pub fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    try_to_bytes(value).expect("a type meant for canonical JSON holds text keys and integers only")
}

/// The canonical bytes of any value that has them.
pub fn try_to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, NotCanonical> {
    let mut text = String::new();
    write_value(&serde_json::to_value(value)?, &mut text)?;
    Ok(text.into_bytes())
}

/// Reads canonical JSON, and nothing else.
pub fn from_bytes<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, NotCanonical> {
    let value: T = serde_json::from_slice(bytes)?;
    if try_to_bytes(&value)? == bytes {
        Ok(value)
    } else {
        Err(NotCanonical::Form)
    }
}

fn write_value(value: &Value, text: &mut String) -> Result<(), NotCanonical> {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => match number.as_i64() {
            Some(integer) if integer.unsigned_abs() <= MAX_INTEGER.unsigned_abs() => {
                text.push_str(&integer.to_string());
            }
            _ => return Err(NotCanonical::Number(number.to_string())),
        },
        Value::String(string) => write_string(string, text),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_value(item, text)?;
            }
            text.push(']');
        }
        Value::Object(members) => {
            // RFC 8785, 3.2.3: keys are ordered by their UTF-16 code units.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
            text.push('{');
            for (index, (key, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_string(key, text);
                text.push(':');
                write_value(member, text)?;
            }
            text.push('}');
        }
    }
    Ok(())
}

/// RFC 8785, 3.2.2.2: only what JSON demands is escaped, in its shortest form.
fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            '\0'..='\u{1f}' => {
                write!(text, "\\u{:04x}", u32::from(character))
                    .expect("writing to a String does not fail");
            }
            _ => text.push(character),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        b: i64,
        a: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        c: Option<bool>,
    }

    fn canonical(value: &Value) -> String {
        String::from_utf8(to_bytes(value)).unwrap()
    }

    #[test]
    fn keys_are_ordered_by_utf_16_as_in_the_rfc() {
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control",
            "\u{f6}": "Latin Small Letter O With Diaeresis"
        });
        assert_eq!(
            canonical(&value),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\"\u{f6}\":\"Latin Small Letter O With Diaeresis\",\"\u{20ac}\":\"Euro Sign\",\"\u{1f600}\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}"
        );
    }

    #[test]
    fn strings_are_escaped_as_in_the_rfc() {
        let value = json!("\u{20ac}$\u{f}\nA'B\"\\\\\"/\u{7f}\u{2028}");
        assert_eq!(
            canonical(&value),
            "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\u{2028}\""
        );
    }

    #[test]
    fn the_canonical_form_is_read_back() {
        let sample = Sample {
            b: -3,
            a: "标段".into(),
            c: None,
        };
        let bytes = to_bytes(&sample);
        assert_eq!(bytes, "{\"a\":\"标段\",\"b\":-3}".as_bytes());
        assert_eq!(from_bytes::<Sample>(&bytes).unwrap(), sample);
    }

    #[test]
    fn every_other_form_is_refused() {
        for other in [
            "{\"b\":1,\"a\":\"x\"}",
            "{\"a\": \"x\",\"b\":1}",
            "{\"a\":\"x\",\"b\":1}\n",
            "{\"a\":\"\\u0078\",\"b\":1}",
            "{\"a\":\"x\",\"b\":01}",
            "{\"a\":\"x\",\"b\":-0}",
            "{\"a\":\"x\",\"b\":1.0}",
            "{\"a\":\"x\",\"b\":1e0}",
            "{\"a\":\"x\",\"a\":\"x\",\"b\":1}",
            "{\"a\":\"x\",\"b\":1,\"c\":null}",
            "{\"a\":\"x\",\"b\":1,\"d\":1}",
            "{\"a\":\"x\",\"b\":9007199254740992}",
            "\u{feff}{\"a\":\"x\",\"b\":1}",
            "{\"a\":\"\\ud800\",\"b\":1}",
            "{\"a\":\"x\",\"b\":1}{}",
            "",
        ] {
            assert!(from_bytes::<Sample>(other.as_bytes()).is_err(), "{other}");
        }
        assert!(from_bytes::<Sample>(b"{\"a\":\"\xff\",\"b\":1}").is_err());
    }

    #[test]
    fn duplicate_keys_are_refused_in_free_values_too() {
        assert!(from_bytes::<Value>(b"{\"a\":1}").is_ok());
        assert!(from_bytes::<Value>(b"{\"a\":1,\"a\":1}").is_err());
        assert!(from_bytes::<Value>(b"{\"a\":{\"b\":1,\"b\":2}}").is_err());
    }

    #[test]
    fn fractions_and_huge_integers_have_no_canonical_form_here() {
        assert!(matches!(try_to_bytes(&1.5), Err(NotCanonical::Number(_))));
        assert!(try_to_bytes(&MAX_INTEGER).is_ok());
        assert!(try_to_bytes(&-MAX_INTEGER).is_ok());
        assert!(try_to_bytes(&(MAX_INTEGER + 1)).is_err());
        assert!(try_to_bytes(&u64::MAX).is_err());
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_overflow() {
        let deep = "[".repeat(100_000);
        assert!(from_bytes::<Value>(deep.as_bytes()).is_err());
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_and_has_one_form(value in any_value()) {
            let bytes = to_bytes(&value);
            let read: Value = from_bytes(&bytes).unwrap();
            prop_assert_eq!(&read, &value);
            prop_assert_eq!(to_bytes(&read), bytes);
        }

        #[test]
        fn any_bytes_are_refused_or_are_their_own_form(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(value) = from_bytes::<Value>(&bytes) {
                prop_assert_eq!(to_bytes(&value), bytes);
            }
        }
    }
}
