//! The OpenAPI document as it is written out.

use serde_json::{Map, Value};
use utoipa::openapi::OpenApi;

/// The document as JSON. It says of a member that may be missing that it is never
/// `null`, since everything is written so and clients may rely on it.
pub fn written(document: &OpenApi) -> Value {
    // The document is made of strings and numbers, which always serialise.
    let mut document = serde_json::to_value(document).unwrap_or_default();
    inline_numbers(&mut document);
    mend(&mut document);
    document
}

/// Replaces references to the schemas `i64`, `u32` and `u64` by the numbers
/// themselves. Such schemas arise from numbers that have a name in the code, as an
/// instant or a sequence number has.
fn inline_numbers(document: &mut Value) {
    let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") else {
        return;
    };
    let names = ["i64", "u32", "u64"];
    let numbers: Map<String, Value> = names
        .iter()
        .filter_map(|name| {
            Some((
                format!("#/components/schemas/{name}"),
                schemas.remove(*name)?,
            ))
        })
        .collect();
    put_in(document, &numbers);
}

fn put_in(value: &mut Value, numbers: &Map<String, Value>) {
    match value {
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            if let Some(Value::Object(number)) = reference.and_then(|it| numbers.get(it)) {
                members.remove("$ref");
                members.extend(number.clone());
            }
            members.values_mut().for_each(|it| put_in(it, numbers));
        }
        Value::Array(items) => items.iter_mut().for_each(|it| put_in(it, numbers)),
        _ => {}
    }
}

fn mend(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let required = members.get("required").cloned().unwrap_or_default();
            let is_required = |name: &str| {
                let mut names = required.as_array().into_iter().flatten();
                names.any(|it| it == name)
            };
            if let Some(Value::Object(properties)) = members.get_mut("properties") {
                for (name, schema) in properties {
                    if let Value::Object(schema) = schema
                        && !is_required(name)
                    {
                        strip_null(schema);
                    }
                }
            }
            members.values_mut().for_each(mend);
        }
        Value::Array(items) => items.iter_mut().for_each(mend),
        _ => {}
    }
}

fn strip_null(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|it| it != "null");
        if let [one] = types.as_slice() {
            schema["type"] = one.clone();
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("oneOf") {
        choices.retain(|it| it.get("type").is_none_or(|it| it != "null"));
        if choices.len() == 1
            && let Some(Value::Object(only)) = choices.pop()
        {
            schema.remove("oneOf");
            for (name, value) in only {
                schema.entry(name).or_insert(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_member_that_may_be_missing_is_not_null() {
        let mut schema = json!({
            "required": ["always"],
            "properties": {
                "always": { "type": ["string", "null"] },
                "text": { "type": ["string", "null"] },
                "lot": { "oneOf": [{ "type": "null" }, { "$ref": "#/a" }], "description": "d" },
            },
        });
        mend(&mut schema);
        let expected = json!({
            "required": ["always"],
            "properties": {
                "always": { "type": ["string", "null"] },
                "text": { "type": "string" },
                "lot": { "$ref": "#/a", "description": "d" },
            },
        });
        assert_eq!(schema, expected);
    }
}
