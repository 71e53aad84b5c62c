//! `terms/references.json`: commitments to control prices and bases.

use kaibiao_core::ids::Salt;
use kaibiao_core::reference::{Reference, ReferenceKind};
use serde_json::{Value, json};

use super::hold;
use crate::world::*;

#[test]
fn commitments_are_those_of_their_vectors() {
    let (base, control) = (ReferenceKind::Base, ReferenceKind::ControlPrice);
    let one = Salt([7; 32]);
    let other = Salt(std::array::from_fn(|at| u8::try_from(at).unwrap() * 8));
    let cases: Vec<Value> = [
        (base, "1", one, "860000000"),
        (control, "1", one, "860000000"),
        (base, "2", one, "860000000"),
        (base, "1", other, "860000000"),
        (base, "1", one, "860000001"),
        (control, "a-1", other, "12.50"),
        (control, "1", other, "12.5"),
        (base, "1", other, "-3.25"),
        (base, "1", other, "9223372036854775807"),
        (base, "1", other, "0"),
    ]
    .into_iter()
    .map(|(kind, id, salt, value)| {
        let lot = &lot(id);
        let told = Reference {
            kind,
            lot,
            salt,
            value,
        };
        json!({"kind": kind, "lot": lot, "salt": salt, "value": value, "commitment": told.commitment()})
    })
    .collect();
    hold(
        "terms/references.json",
        &json!({
            "about": "docs/spec/terms.md, 10: what is committed to, and the commitment.",
            "cases": cases,
        }),
    );
}
