//! Values by a schema of the OpenAPI, most of them with something wrong.

use serde_json::{Map, Value, json};

use crate::dice::Dice;

/// How deep schemas are followed that contain themselves.
const DEPTH: usize = 8;

/// What makes values.
pub struct Maker<'a> {
    /// The OpenAPI document.
    pub document: &'a Value,
    /// What there is on the platform: identifiers, digests, organisations.
    pub known: Vec<String>,
    pub dice: &'a Dice,
}

impl Maker<'_> {
    pub fn one_of<'b, T>(&self, all: &'b [T]) -> &'b T {
        &all[self.dice.roll(all.len() as u64) as usize]
    }

    pub fn known(&self) -> &str {
        self.one_of::<String>(&self.known)
    }

    fn resolve<'b>(&'b self, schema: &'b Value) -> &'b Value {
        let Some(place) = schema["$ref"].as_str() else {
            return schema;
        };
        let name = place.strip_prefix('#').unwrap();
        self.resolve(self.document.pointer(name).unwrap())
    }

    /// A value that the schema allows, as far as it says what it allows.
    pub fn value(&self, schema: &Value, depth: usize) -> Value {
        if schema["$ref"]
            .as_str()
            .is_some_and(|it| it.ends_with("/Nonce"))
        {
            return self.digits(32).into();
        }
        let schema = self.resolve(schema);
        for several in ["oneOf", "anyOf"] {
            if let Some(all) = schema[several].as_array() {
                return self.value(self.one_of(all), depth + 1);
            }
        }
        if let Some(all) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in all {
                if let Value::Object(part) = self.value(part, depth + 1) {
                    whole.extend(part);
                }
            }
            return whole.into();
        }
        if let Some(all) = schema["enum"].as_array() {
            return self.one_of(all).clone();
        }
        let kind = match &schema["type"] {
            Value::Array(all) => self.one_of(all),
            one => one,
        };
        match kind.as_str() {
            Some("object") => self.object(schema, depth),
            Some("array") => {
                let many = if depth > DEPTH { 0 } else { self.dice.roll(3) };
                let each = |_| self.value(&schema["items"], depth + 1);
                (0..many).map(each).collect()
            }
            Some("boolean") => self.dice.one_in(2).into(),
            Some("integer" | "number") => self.number(),
            Some("null") => Value::Null,
            _ => self.text().into(),
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let mut object = Map::new();
        let required = schema["required"].as_array();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let is_required = required.is_some_and(|all| all.contains(&json!(name)));
            if is_required || depth <= DEPTH && self.dice.one_in(2) {
                object.insert(name.clone(), self.value(property, depth + 1));
            }
        }
        let others = &schema["additionalProperties"];
        if others.is_object() && depth <= DEPTH {
            let name = if self.dice.one_in(2) {
                "1"
            } else {
                self.known()
            };
            object.insert(name.to_owned(), self.value(others, depth + 1));
        }
        object.into()
    }

    /// So many hexadecimal digits.
    fn digits(&self, many: usize) -> String {
        let digit = |_| char::from_digit(self.dice.roll(16) as u32, 16).unwrap();
        (0..many).map(digit).collect()
    }

    fn number(&self) -> Value {
        let all = [
            json!(0),
            json!(1),
            json!(7),
            json!(100),
            json!(3600),
            json!(jiff::Timestamp::now().as_millisecond() + 3_600_000),
        ];
        self.one_of(&all).clone()
    }

    fn text(&self) -> String {
        match self.dice.roll(8) {
            0 => self.digits(64),
            1 => self.digits(32),
            2 => "1".to_owned(),
            3 => "道路改造工程".to_owned(),
            4 => "YWJj".to_owned(),
            _ => self.known().to_owned(),
        }
    }

    /// Puts something wrong into up to three places.
    pub fn spoil(&self, value: &mut Value) {
        for _ in 0..=self.dice.roll(3) {
            let place = self.dice.roll(nodes(value));
            self.spoil_at(value, &mut { place });
        }
    }

    /// The node of this number, counted from the top.
    fn spoil_at(&self, value: &mut Value, left: &mut u64) -> bool {
        if *left == 0 {
            self.spoil_here(value);
            return true;
        }
        *left -= 1;
        match value {
            Value::Array(all) => all.iter_mut().any(|it| self.spoil_at(it, left)),
            Value::Object(all) => all.values_mut().any(|it| self.spoil_at(it, left)),
            _ => false,
        }
    }

    fn spoil_here(&self, value: &mut Value) {
        match (value, self.dice.roll(3)) {
            (Value::Object(all), 0) if !all.is_empty() => {
                let names: Vec<_> = all.keys().cloned().collect();
                all.remove(self.one_of(&names));
            }
            (Value::Object(all), 1) => {
                all.insert(self.hostile_text(), self.hostile());
            }
            (Value::Array(all), 0) if !all.is_empty() => {
                let again = all[0].clone();
                all.resize(self.dice.roll(2_000) as usize, again);
            }
            (value, _) => *value = self.hostile(),
        }
    }

    /// Something of any type, at the edge of what that type holds.
    fn hostile(&self) -> Value {
        match self.dice.roll(16) {
            0 => Value::Null,
            1 => true.into(),
            2 => json!(-1),
            3 => json!(u64::MAX),
            4 => json!(i64::MIN),
            5 => json!(i64::MAX),
            6 => json!(1.5),
            7 => json!(1e308),
            8 => json!([]),
            9 => json!({}),
            10 => (0..self.dice.roll(120)).fold(Value::Null, |inner, _| json!([inner])),
            11 => (0..self.dice.roll(120)).fold(Value::Null, |inner, _| json!({ "a": inner })),
            _ => self.hostile_text().into(),
        }
    }

    pub fn hostile_text(&self) -> String {
        let huge = |piece: &str| piece.repeat(self.dice.roll(30_000) as usize);
        match self.dice.roll(14) {
            0 => String::new(),
            1 => huge("a"),
            2 => huge("测"),
            3 => huge("e\u{301}"),
            4 => "\u{0}".to_owned(),
            5 => "\u{202e}\u{2066}\u{feff}标\u{200b}".to_owned(),
            6 => "👨\u{200d}👩\u{200d}👧\u{1f1e8}\u{1f1f3}".to_owned(),
            7 => "\u{10ffff}\u{e000}\u{fffe}".to_owned(),
            8 => "../../etc/passwd".to_owned(),
            9 => "'; DROP TABLE events; --%_".to_owned(),
            10 => "-1".to_owned(),
            11 => "18446744073709551616".to_owned(),
            12 => " \r\n\t=1+1".to_owned(),
            _ => format!("{}ﬀ", self.known().to_uppercase()),
        }
    }

    /// The bytes of a body, at times none of JSON.
    pub fn bytes(&self, value: &Value) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(value).unwrap();
        match self.dice.roll(40) {
            0 => bytes.truncate(self.dice.roll(bytes.len() as u64 + 1) as usize),
            1 => bytes.extend_from_slice(b"}{"),
            2 => bytes = [b"\xef\xbb\xbf", &bytes[..]].concat(),
            3 => bytes = vec![b'['; 200_000],
            4 => bytes = br#"{"a":"#.repeat(40_000),
            5 => bytes = vec![0; 10_000],
            6 => bytes = br#"{"body":"\ud800","act":"\udc00\ud800"}"#.to_vec(),
            7 => bytes = br#"{"body":1e999,"limit":-0}"#.to_vec(),
            8 => bytes = br#"{"body":"a","body":"b","lot":"1","lot":"2"}"#.to_vec(),
            9 => bytes = vec![b' '; 3 << 20],
            10 => bytes = Vec::new(),
            11 if !bytes.is_empty() => {
                let at = self.dice.roll(bytes.len() as u64) as usize;
                bytes[at] = self.dice.roll(256) as u8;
            }
            // What a megabyte of zeros is by gzip, a thousand times over; nobody inflates it.
            12 => bytes = [b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03", &[0; 1000][..]].concat(),
            _ => {}
        }
        bytes
    }
}

fn nodes(value: &Value) -> u64 {
    1 + match value {
        Value::Array(all) => all.iter().map(nodes).sum(),
        Value::Object(all) => all.values().map(nodes).sum(),
        _ => 0,
    }
}
