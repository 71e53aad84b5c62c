//! web/openapi.json is what the page's types are generated from. It is made from
//! the code; `KAIBIAO_WRITE_DOCS=1 cargo test -p kaibiao --test openapi` writes it.

use std::path::Path;

use kaibiao_http::{describe, description};
use serde_json::Value;

#[test]
fn the_page_is_built_against_what_is_served() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/openapi.json");
    let document = description::written(&describe());
    let text = serde_json::to_string_pretty(&document).expect("JSON is written") + "\n";
    if std::env::var_os("KAIBIAO_WRITE_DOCS").is_some() {
        std::fs::write(&file, &text).expect("web can be written");
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == text,
        "web/openapi.json is not what is served: \
         run KAIBIAO_WRITE_DOCS=1 cargo test -p kaibiao --test openapi"
    );
}

#[test]
fn every_schema_that_is_named_is_there() {
    let document = description::written(&describe());
    let mut missing = Vec::new();
    look(&document, &mut |reference| {
        let path = reference.trim_start_matches('#');
        if document.pointer(path).is_none() {
            missing.push(reference.to_owned());
        }
    });
    assert!(missing.is_empty(), "{missing:?}");
}

fn look(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                found(reference);
            }
            members.values().for_each(|it| look(it, found));
        }
        Value::Array(items) => items.iter().for_each(|it| look(it, found)),
        _ => {}
    }
}
