//! CSV (RFC 4180) that spreadsheets open right: UTF-8 with a byte order mark, CRLF,
//! no cell that a spreadsheet would compute or shorten.

use csv::{QuoteStyle, Terminator, WriterBuilder};

use crate::table::{Cell, Table};
use crate::{NotWritten, words};

/// U+FEFF, without which Excel in Chinese reads a file as GBK.
const MARK: &[u8] = "\u{FEFF}".as_bytes();

pub fn write(table: &Table) -> Result<Vec<u8>, NotWritten> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        // Also where a spreadsheet splits at semicolons or tabulators.
        .quote_style(QuoteStyle::NonNumeric)
        .from_writer(MARK.to_vec());
    let headings = table.headings.iter().map(|it| harmless(it));
    writer.write_record(headings).map_err(NotWritten::of)?;
    for row in &table.rows {
        writer
            .write_record(row.iter().map(text))
            .map_err(NotWritten::of)?;
    }
    writer.into_inner().map_err(NotWritten::of)
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => harmless(text),
        Cell::Amount(amount) => format!("{amount:.2}"),
        Cell::Number(number, places) => format!("{number:.*}", usize::from(*places)),
        Cell::Instant(at) => words::instant(*at),
        Cell::Day(day) => day.clone(),
    }
}

/// A text that a spreadsheet keeps as it is. One that it would compute gets an
/// apostrophe before it; one that it would take for a number, and shorten, gets a
/// tabulator, which is not seen.
fn harmless(text: &str) -> String {
    if is_formula(text) {
        format!("'{text}")
    } else if is_numeral(text) {
        format!("\t{text}")
    } else {
        text.to_owned()
    }
}

/// Whether some spreadsheet takes a text for a formula: by its first letter, or by
/// the first after blanks that it strips.
fn is_formula(text: &str) -> bool {
    let is_mark = |it| matches!(it, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    let first =
        text.trim_start_matches(|it: char| it.is_whitespace() || it.is_control() || is_unseen(it));
    text.starts_with(['\t', '\r', '\n']) || first.starts_with(is_mark)
}

/// Marks of order and joiners that are not seen and may be skipped.
const fn is_unseen(it: char) -> bool {
    matches!(it, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// Digits with nothing but what numbers and dates are written with.
fn is_numeral(text: &str) -> bool {
    let is_part = |it: char| {
        it.is_ascii_digit() || matches!(it, '.' | ',' | '/' | '-' | ':' | 'E' | 'e' | ' ' | '%')
    };
    text.starts_with(|it: char| it.is_ascii_digit() || it == '.') && text.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_compute_is_kept_from_it() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            " =1",
            "\u{202E}=1",
            "＝1",
            "\u{FEFF}=1",
        ] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
    }

    #[test]
    fn a_code_of_digits_keeps_all_of_them() {
        for text in [
            "911101082000000001",
            "007",
            "1E5",
            "2026-11-22",
            "1/2",
            "10%",
        ] {
            assert_eq!(harmless(text), format!("\t{text}"));
        }
        for text in ["91350100M000100Y43", "甲公司", "", "a=1", "3号"] {
            assert_eq!(harmless(text), text);
        }
    }
}
