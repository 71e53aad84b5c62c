//! The configuration and the authorities as the platform's stream tells of them: by
//! name, and of a secret no more than whether it is another one.

use std::path::Path;

use kaibiao_api::problem::Problem;
use kaibiao_core::platform::Values;
use kaibiao_crypto::canonical;
use serde_json::Value;

use crate::App;

/// Settings that may hold a secret themselves: an address with a token or a password.
const SECRET: &[&str] = &[
    "blobs.url",
    "mail.url",
    "redis.url",
    "sms.url",
    "store.url",
    "timestamps.url",
    "webhook.url",
];

/// Settings that name a file with a secret.
const FILES: &[&str] = &[
    "blobs.secret_key_file",
    "mail.password_file",
    "sms.secret_file",
    "tls.key",
    "webhook.secret_file",
];

/// Settings in which nodes of one platform differ.
const OF_A_NODE: &[&str] = &["data", "listen", "secrets", "workers"];

/// All settings by name, `section.key`, with the platform's public keys.
///
/// # Errors
/// When the configuration cannot be told as JSON.
pub fn of(app: &App) -> Result<Values, Problem> {
    let mut values = Values::new();
    let told = serde_json::to_value(&app.config).map_err(Problem::internal)?;
    flatten("", &told, &mut values);
    if app.config.is_shared() {
        // Each node has its own, and a start of one is no change.
        values.retain(|name, _| !OF_A_NODE.contains(&name.as_str()));
    }
    for name in SECRET {
        if let Some(value) = values.get_mut(*name) {
            *value = hidden(app, value.as_bytes());
        }
    }
    for name in FILES {
        if let Some(path) = values.get(*name) {
            let is = read(app, Path::new(path));
            values.insert(format!("{name}.content"), is);
        }
    }
    let trust = serde_json::to_value(app.trust_terms()).map_err(Problem::internal)?;
    flatten("keys", &trust, &mut values);
    Ok(values)
}

/// What is known of each authority: its root, intermediates, rules and lists.
///
/// # Errors
/// When its rules cannot be told as JSON.
pub fn authorities(app: &App) -> Result<Values, Problem> {
    let believed = app.memory.authorities.now();
    let mut values = Values::new();
    for ca in &believed.cas {
        let mut tell = |what: &str, value: String| {
            values.insert(format!("{}.{what}", ca.id), value);
        };
        let digests = |all: &[kaibiao_crypto::Digest]| {
            let all: Vec<_> = all.iter().map(ToString::to_string).collect();
            all.join(" ")
        };
        tell("root", ca.root.to_string());
        tell("revocation", text(&ca.revocation)?);
        tell("rules", text(&ca.rules)?);
        if !ca.intermediates.is_empty() {
            tell("intermediates", digests(&ca.intermediates));
        }
        if !ca.crls.is_empty() {
            tell("lists", digests(&ca.crls));
        }
    }
    for standing in believed.trust.lists() {
        if let Some(list) = standing.list {
            let until = list.next_update.to_string();
            values.insert(format!("{}.lists_until", standing.ca), until);
        }
    }
    Ok(values)
}

fn text(value: &impl serde::Serialize) -> Result<String, Problem> {
    match serde_json::to_value(value).map_err(Problem::internal)? {
        Value::String(text) => Ok(text),
        value => json(&value),
    }
}

fn json(value: &Value) -> Result<String, Problem> {
    let bytes = canonical::try_to_bytes(value).map_err(Problem::internal)?;
    String::from_utf8(bytes).map_err(Problem::internal)
}

/// Puts every leaf under its name; what is not set is left out.
fn flatten(name: &str, value: &Value, values: &mut Values) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (member, value) in members {
                let name = if name.is_empty() {
                    member.clone()
                } else {
                    format!("{name}.{member}")
                };
                flatten(&name, value, values);
            }
        }
        Value::String(text) => {
            values.insert(name.to_owned(), text.clone());
        }
        Value::Array(items) if items.is_empty() => {}
        other => {
            values.insert(name.to_owned(), other.to_string());
        }
    }
}

fn read(app: &App, path: &Path) -> String {
    match std::fs::read(path) {
        Ok(bytes) => hidden(app, &zeroize::Zeroizing::new(bytes)),
        Err(error) => format!("({})", error.kind()),
    }
}

fn hidden(app: &App, secret: &[u8]) -> String {
    format!("hmac-sha256:{}", app.store.fingerprint(secret))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_setting_has_a_name_and_what_is_not_set_has_none() {
        let mut values = Values::new();
        let told = json!({
            "listen": "127.0.0.1:1", "workers": 0, "trust": { "directory": null, "reload_seconds": 5 },
            "tls": { "names": [], "always": false }, "proxies": { "trusted": ["10.0.0.1"] },
        });
        flatten("", &told, &mut values);
        let told: Vec<_> = values.iter().map(|(a, b)| format!("{a}={b}")).collect();
        assert_eq!(
            told,
            [
                "listen=127.0.0.1:1",
                "proxies.trusted=[\"10.0.0.1\"]",
                "tls.always=false",
                "trust.reload_seconds=5",
                "workers=0",
            ]
        );
    }

    #[test]
    fn every_setting_that_may_hold_a_secret_is_named_as_one() {
        let told = serde_json::to_value(crate::config::Config::default()).unwrap();
        let mut names = Vec::new();
        all_names("", &told, &mut names);
        for name in names {
            let last = name.rsplit('.').next().unwrap();
            let secret = ["secret", "password", "token"]
                .iter()
                .any(|it| last.contains(it));
            assert!(
                !secret || name == "secrets" || FILES.contains(&name.as_str()),
                "{name}"
            );
            assert!(last != "url" || SECRET.contains(&name.as_str()), "{name}");
        }
    }

    fn all_names(name: &str, value: &Value, names: &mut Vec<String>) {
        if let Value::Object(members) = value {
            for (member, value) in members {
                let dot = if name.is_empty() { "" } else { "." };
                all_names(&format!("{name}{dot}{member}"), value, names);
            }
        } else {
            names.push(name.to_owned());
        }
    }
}
