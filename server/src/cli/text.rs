//! Values as people write them on a command line.

use std::path::Path;

use jiff::Timestamp;
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::files;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An instant as UTC milliseconds: `2026-12-01T09:30:00+08:00`, or `+90s`,
/// `+5m`, `+2h`, counted from `now`.
pub fn instant(text: &str, now: i64) -> Outcome<i64> {
    let relative = text.strip_prefix('+').and_then(|rest| {
        let (number, unit) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let factor = match unit {
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        now.checked_add(number.parse::<i64>().ok()?.checked_mul(factor)?)
    });
    relative
        .or_else(|| {
            text.parse::<Timestamp>()
                .ok()
                .map(jiff::Timestamp::as_millisecond)
        })
        .ok_or_else(|| {
            Failure::new(
                Kind::Usage,
                "not-a-time",
                format!("“{text}”不是时间。示例:2026-12-01T09:30:00+08:00 或 +90s、+5m。"),
                format!(
                    "\"{text}\" is not a time. Examples: 2026-12-01T09:30:00+08:00, +90s, +5m."
                ),
            )
        })
}

/// A JSON file of a known shape.
pub fn json_file<T: DeserializeOwned>(path: &Path) -> Outcome<T> {
    serde_json::from_slice(&files::read(path)?).map_err(|error| {
        Failure::new(
            Kind::Input,
            "not-that-json",
            format!("{} 的内容不符合要求:{error}。", path.display()),
            format!(
                "{} does not have the wanted content: {error}.",
                path.display()
            ),
        )
    })
}

/// A value as indented JSON, for people.
pub fn pretty<T: Serialize>(value: &T) -> Outcome<String> {
    serde_json::to_string_pretty(value).map_err(Failure::unexpected)
}

/// One of a type's spellings in JSON ("paid", "forfeited").
pub fn one_of<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::String(text.to_owned()))
        .map_err(|error| error.to_string())
}
