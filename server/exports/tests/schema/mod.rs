//! As much of JSON Schema (draft 7) as `ocds.schema.json` uses, and nothing that it
//! could use unnoticed: a keyword that is not known here is an error. The crates that
//! know all of it would turn on features of serde_json for the whole program.

use serde_json::Value;

/// What of `value` does not fit `schema`, each with its place.
pub fn errors(schema: &Value, value: &Value) -> Vec<String> {
    let mut check = Check {
        root: schema,
        errors: Vec::new(),
    };
    check.fits(schema, value, "");
    check.errors
}

struct Check<'a> {
    root: &'a Value,
    errors: Vec<String>,
}

impl<'a> Check<'a> {
    fn fits(&mut self, schema: &'a Value, value: &Value, at: &str) {
        for (keyword, rule) in schema.as_object().expect("a schema is an object") {
            let holds = match keyword.as_str() {
                "$schema" | "title" | "definitions" => true,
                // Looked at with `properties`.
                "additionalProperties" => true,
                "$ref" => {
                    let place = rule.as_str().and_then(|it| it.strip_prefix('#'));
                    let found = place.and_then(|it| self.root.pointer(it));
                    self.fits(found.expect("a reference leads somewhere"), value, at);
                    true
                }
                "type" => one_or_more(rule).any(|name| is_a(name, value)),
                "enum" => rule.as_array().expect("a list").contains(value),
                "required" => one_or_more(rule).all(|name| value.get(name).is_some()),
                "properties" => self.properties(schema, rule, value, at),
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.fits(rule, item, &format!("{at}/{index}"));
                    }
                    true
                }
                "minItems" => value.as_array().is_none_or(|it| it.len() >= count(rule)),
                "minLength" => value
                    .as_str()
                    .is_none_or(|it| it.chars().count() >= count(rule)),
                "uniqueItems" => value.as_array().is_none_or(|items| {
                    let is_first = |(at, item): (usize, &Value)| !items[..at].contains(item);
                    items.iter().enumerate().all(is_first)
                }),
                "format" => value.as_str().is_none_or(|it| is_of(rule, it)),
                other => panic!("{other} is not known here"),
            };
            if !holds {
                self.errors.push(format!("{at}: {keyword} {rule}: {value}"));
            }
        }
    }

    fn properties(&mut self, schema: &'a Value, rules: &'a Value, value: &Value, at: &str) -> bool {
        let Some(members) = value.as_object() else {
            return true;
        };
        assert_eq!(
            schema["additionalProperties"], false,
            "{at}: a schema is closed"
        );
        let mut known = true;
        for (name, member) in members {
            match rules.get(name) {
                Some(rule) => self.fits(rule, member, &format!("{at}/{name}")),
                None => known = false,
            }
        }
        known
    }
}

fn one_or_more(rule: &Value) -> impl Iterator<Item = &str> {
    let many = rule.as_array().into_iter().flatten();
    many.chain(rule.is_string().then_some(rule))
        .filter_map(Value::as_str)
}

fn is_a(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        other => panic!("{other} is no type"),
    }
}

fn count(rule: &Value) -> usize {
    rule.as_u64()
        .and_then(|it| it.try_into().ok())
        .expect("a number")
}

fn is_of(format: &Value, text: &str) -> bool {
    match format.as_str() {
        Some("date-time") => text.contains('T') && text.parse::<jiff::Timestamp>().is_ok(),
        Some("uri") => {
            let is_mark =
                |it: char| it.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(it);
            text.split_once("://").is_some_and(|(scheme, rest)| {
                scheme.chars().all(|it| it.is_ascii_lowercase())
                    && !rest.is_empty()
                    && rest.chars().all(is_mark)
            })
        }
        other => panic!("{other:?} is no format"),
    }
}
