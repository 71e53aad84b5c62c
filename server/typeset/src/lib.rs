//! Paper: the opening record (开标记录表) and a bid's receipt (投标回执) as PDF/A, set by typst in a static
//! full Simplified Chinese font, and in a second one where a name has a rare
//! character that the first lacks.
//!
//! Typesetting is a pure function: data in, bytes out. The same data gives the
//! same bytes, on every machine. Nothing here can stop an opening: a character
//! that the font lacks is printed as its number, with a footnote.

#![deny(missing_docs)]
#![warn(clippy::pedantic)]
#![allow(
    clippy::format_push_string,
    reason = "writing into a String would need an unwrap for an error that cannot happen"
)]

mod amount;
mod font;
mod paper;
mod qr;
mod receipt;
mod record;
mod sheet;
mod words;
mod world;

use comemo::evict;
use serde_json::Value;
use thiserror::Error;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

/// What can be put on paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// The opening record, from the JSON of core's `Record`.
    OpeningRecord,
    /// A bid's receipt (投标回执), with a QR code of the bid's digest.
    Receipt,
}

impl Template {
    fn source(self) -> &'static str {
        match self {
            Template::OpeningRecord => include_str!("../templates/record.typ"),
            Template::Receipt => include_str!("../templates/receipt.typ"),
        }
    }
}

/// What is printed beside the data.
#[derive(Debug, Clone)]
pub struct Imprint {
    /// When the data was made, in UTC milliseconds; it becomes the file's date.
    pub made: i64,
    /// SHA-256 of the data's canonical bytes, 64 hex: the paper names its
    /// original, and the file's identity comes from it.
    pub digest: String,
}

/// A typeset document.
#[derive(Debug, Clone)]
pub struct Pdf {
    /// A PDF/A-2a file.
    pub bytes: Vec<u8>,
    /// How many pages it has.
    pub pages: usize,
    /// Characters of the data that the font lacks, each once, in order.
    pub missing: Vec<char>,
}

/// Why there is no paper. Neither is the user's fault.
#[derive(Debug, Error)]
pub enum TypesetError {
    /// The data is not what the template is for.
    #[error("the data does not fit the template: {0}")]
    Data(#[from] serde_json::Error),
    /// The template itself is wrong, or the result cannot be PDF/A.
    #[error("typesetting failed: {0}")]
    Template(String),
}

/// Sets `data` with `template`.
///
/// # Errors
/// [`TypesetError::Data`] when a field that the template needs is absent or of
/// another type; [`TypesetError::Template`] when typst refuses.
pub fn typeset(template: Template, data: &Value, imprint: &Imprint) -> Result<Pdf, TypesetError> {
    let mut paper = match template {
        Template::OpeningRecord => serde_json::to_value(paper::opening_record(data, imprint)?)?,
        Template::Receipt => serde_json::to_value(receipt::receipt(data, imprint)?)?,
    };
    let lacking = font::mark_missing(&mut paper);
    if let Template::Receipt = template {
        paper["qr"] = qr::svg(&receipt::coded(data)?)?.into();
    }
    paper["rare"] = lacking.rare.into();
    let fonts = font::fonts(lacking.rare);
    let world = world::World::new(template.source(), serde_json::to_vec(&paper)?, fonts);
    let document: PagedDocument = typst::compile(&world).output.map_err(explain)?;
    let options = PdfOptions {
        ident: Smart::Custom(imprint.digest.clone()),
        creator: Smart::Custom(Some("Kaibiao".to_owned())),
        timestamp: moment(imprint.made).map(Timestamp::new_utc),
        standards: PdfStandards::new(&[PdfStandard::A_2a])
            .map_err(|hinted| TypesetError::Template(hinted.message().to_string()))?,
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(&document, &options).map_err(explain)?;
    let pages = document.pages().len();
    // typst remembers intermediate results for the whole process; a hall makes
    // a record seldom, and its data should not linger.
    evict(0);
    Ok(Pdf {
        bytes,
        pages,
        missing: lacking.missing,
    })
}

/// UTC milliseconds as typst's date.
fn moment(millis: i64) -> Option<Datetime> {
    let utc = jiff::Timestamp::from_millisecond(millis)
        .ok()?
        .to_zoned(jiff::tz::TimeZone::UTC);
    let part = |value: i8| u8::try_from(value).unwrap_or_default();
    Datetime::from_ymd_hms(
        utc.year().into(),
        part(utc.month()),
        part(utc.day()),
        part(utc.hour()),
        part(utc.minute()),
        part(utc.second()),
    )
}

fn explain(errors: impl IntoIterator<Item = SourceDiagnostic>) -> TypesetError {
    let messages: Vec<String> = errors
        .into_iter()
        .map(|error| error.message.to_string())
        .collect();
    TypesetError::Template(messages.join("; "))
}
