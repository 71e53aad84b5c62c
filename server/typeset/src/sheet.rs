//! What the template prints, in the order in which it prints it. Every text in
//! it is ready for the eye; the template only lays it out.

use serde::{Deserialize, Serialize};

/// One document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    pub title: String,
    /// The line under the title, and the second half of the file's title.
    pub subject: String,
    pub publisher: String,
    pub footer: String,
    pub digest: String,
    pub head: Vec<Fact>,
    pub sections: Vec<Section>,
    pub signing: Signing,
    pub signers: Vec<Signer>,
    /// About the electronic original, at the very end.
    pub original: Vec<Fact>,
}

/// A label and its value; a wide one takes the whole line.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    pub label: String,
    pub value: Vec<Line>,
    pub wide: bool,
}

/// A heading, paragraphs, a table, small notes below it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Section {
    pub heading: String,
    pub lead: Vec<String>,
    pub table: Option<Table>,
    pub notes: Vec<String>,
}

/// Its header is repeated on every page it reaches.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    pub columns: Vec<Column>,
    /// One cell for each column, a cell being lines.
    pub rows: Vec<Vec<Vec<Line>>>,
}

/// Width is `pt` points, or else `fr` shares of what is left.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Column {
    pub title: String,
    pub pt: Option<f64>,
    pub fr: Option<f64>,
    pub align: Align,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    #[default]
    Left,
    Center,
    Right,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub text: String,
    pub style: Style,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    #[default]
    Plain,
    Strong,
    Small,
    /// 64 hexadecimal digits on one line.
    Digest,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Signing {
    pub heading: String,
    pub lead: String,
}

/// Somebody who is expected to sign.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Signer {
    pub role: String,
    pub name: String,
}

pub fn plain(text: impl Into<String>) -> Line {
    styled(text, Style::Plain)
}

pub fn small(text: impl Into<String>) -> Line {
    styled(text, Style::Small)
}

pub fn styled(text: impl Into<String>, style: Style) -> Line {
    Line {
        text: text.into(),
        style,
    }
}

pub fn fact(label: &str, value: impl Into<String>) -> Fact {
    Fact {
        label: label.to_owned(),
        value: vec![plain(value)],
        wide: false,
    }
}

pub fn wide(label: &str, value: impl Into<String>) -> Fact {
    Fact {
        wide: true,
        ..fact(label, value)
    }
}

/// A column of a fixed width in points.
pub fn fixed(title: &str, pt: f64, align: Align) -> Column {
    Column {
        title: title.to_owned(),
        pt: Some(pt),
        fr: None,
        align,
    }
}

/// A column that takes `fr` shares of the width that the fixed ones leave.
pub fn share(title: &str, fr: f64, align: Align) -> Column {
    Column {
        title: title.to_owned(),
        pt: None,
        fr: Some(fr),
        align,
    }
}
