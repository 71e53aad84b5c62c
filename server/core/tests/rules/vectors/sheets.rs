//! `terms/sheets.json`: written by hand, outcomes and all.

use std::collections::BTreeMap;

use kaibiao_core::schema::{Better, Field, FieldType, Schema};
use kaibiao_core::sheet::{Wrong, validate};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::read;

#[derive(Deserialize)]
struct File {
    schema: Schema,
    values: Vec<Values>,
    sheets: Vec<Sheet>,
}

#[derive(Deserialize)]
struct Values {
    #[serde(rename = "type")]
    kind: FieldType,
    right: Vec<Value>,
    wrong: Vec<Value>,
}

#[derive(Deserialize)]
struct Sheet {
    name: String,
    public: Map<String, Value>,
    private: Map<String, Value>,
    wrong: BTreeMap<String, String>,
}

fn word(wrong: &Wrong) -> &'static str {
    match wrong {
        Wrong::Missing => "missing",
        Wrong::Unknown => "unknown",
        Wrong::Misplaced => "misplaced",
        Wrong::Value(_) => "value",
    }
}

#[test]
fn sheets_have_the_outcome_that_their_vector_names() {
    let file: File = read("terms/sheets.json");
    for sheet in file.sheets {
        let problems = validate(&file.schema, &sheet.public, &sheet.private);
        let found: BTreeMap<_, _> = problems
            .iter()
            .map(|problem| (problem.field.clone(), word(&problem.wrong).to_owned()))
            .collect();
        assert_eq!(found.len(), problems.len(), "{}", sheet.name);
        assert_eq!(found, sheet.wrong, "{}", sheet.name);
    }
}

#[test]
fn values_are_what_their_vector_says_of_them() {
    let file: File = read("terms/sheets.json");
    for values in file.values {
        let field = Field {
            id: "it".into(),
            label: "it".into(),
            label_en: None,
            kind: values.kind.clone(),
            required: false,
            public: true,
        };
        let schema = Schema {
            fields: vec![field],
            price: None,
            better: Better::Low,
        };
        let is_right = |value: &Value| {
            let public = Map::from_iter([("it".to_owned(), value.clone())]);
            validate(&schema, &public, &Map::new()).is_empty()
        };
        for right in &values.right {
            assert!(is_right(right), "{:?}: {right}", values.kind);
        }
        for wrong in &values.wrong {
            assert!(!is_right(wrong), "{:?}: {wrong}", values.kind);
        }
    }
}
