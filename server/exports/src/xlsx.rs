//! A workbook (ECMA-376): codes as text, amounts as numbers, dates as dates.

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
};

use crate::table::{self, Cell, Table};
use crate::{Language, NotWritten, Opening, words};

/// The longest text a cell holds, in UTF-16 units.
const LONGEST: usize = 32_767;
/// The narrowest and the widest column, in the width of a digit.
const WIDTHS: std::ops::RangeInclusive<u32> = 8..=60;

pub fn write(opening: &Opening<'_>, language: Language) -> Result<Vec<u8>, NotWritten> {
    let mut book = Workbook::new();
    // The library would put the present time here.
    let made = opening
        .made
        .map_or(opening.record.project.t0, |made| made.at);
    let properties = DocProperties::new()
        .set_title(&opening.record.project.title)
        .set_creation_datetime(&utc(made)?);
    book.set_properties(&properties);
    let styles = Styles::new();
    let bids = table::bids(opening, language);
    let name = language.choose("开标一览表", "Bids");
    put(book.add_worksheet(), name, &bids, &styles)?;
    let facts = table::facts(opening, language);
    let name = language.choose("基本情况", "Facts");
    put(book.add_worksheet(), name, &facts, &styles)?;
    if opening.made.is_some() {
        for (name, table) in table::parts(opening.record, language) {
            put(book.add_worksheet(), name, &table, &styles)?;
        }
    }
    book.save_to_buffer().map_err(NotWritten::of)
}

/// The formats `@` and `#,##0.00`, which every spreadsheet knows by number.
const TEXT: u8 = 49;
const THOUSANDS: u8 = 4;

struct Styles {
    heading: Format,
    text: Format,
    amount: Format,
    instant: Format,
    day: Format,
}

impl Styles {
    fn new() -> Self {
        let cell = || Format::new().set_align(FormatAlign::Top);
        Self {
            heading: Format::new()
                .set_bold()
                .set_text_wrap()
                .set_border_bottom(FormatBorder::Thin),
            text: cell().set_num_format_index(TEXT).set_text_wrap(),
            amount: cell().set_num_format_index(THOUSANDS),
            instant: cell().set_num_format("yyyy-mm-dd hh:mm:ss"),
            day: cell().set_num_format("yyyy-mm-dd"),
        }
    }

    fn number(places: u8) -> Format {
        let format = match places {
            0 => "0".to_owned(),
            places => format!("0.{}", "0".repeat(places.into())),
        };
        Format::new()
            .set_align(FormatAlign::Top)
            .set_num_format(format)
    }
}

fn put(
    sheet: &mut Worksheet,
    name: &str,
    table: &Table,
    styles: &Styles,
) -> Result<(), NotWritten> {
    sheet.set_name(name).map_err(NotWritten::of)?;
    sheet.set_freeze_panes(1, 0).map_err(NotWritten::of)?;
    for (heading, column) in table.headings.iter().zip(0_u16..) {
        let cells = table
            .rows
            .iter()
            .filter_map(|row| row.get(usize::from(column)));
        let width = cells
            .map(width)
            .chain([heading_width(heading)])
            .max()
            .unwrap_or(0)
            + 2;
        sheet
            .set_column_width(column, width.clamp(*WIDTHS.start(), *WIDTHS.end()))
            .and_then(|sheet| {
                sheet.write_string_with_format(0, column, fitted(heading), &styles.heading)
            })
            .map_err(NotWritten::of)?;
    }
    for (row, at) in table.rows.iter().zip(1_u32..) {
        for (cell, column) in row.iter().zip(0_u16..) {
            cell_into(sheet, at, column, cell, styles)?;
        }
    }
    Ok(())
}

fn cell_into(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    styles: &Styles,
) -> Result<(), NotWritten> {
    let written = match cell {
        Cell::Empty => return Ok(()),
        Cell::Text(text) => sheet.write_string_with_format(row, column, fitted(text), &styles.text),
        Cell::Amount(amount) => sheet.write_with_format(row, column, *amount, &styles.amount),
        Cell::Number(number, places) => {
            sheet.write_with_format(row, column, *number, &Styles::number(*places))
        }
        Cell::Instant(at) => match china(*at) {
            Some(at) => sheet.write_datetime_with_format(row, column, &at, &styles.instant),
            None => return Ok(()),
        },
        Cell::Day(day) => match ExcelDateTime::parse_from_str(day) {
            Ok(day) => sheet.write_datetime_with_format(row, column, &day, &styles.day),
            // A day before 1900 is none for a spreadsheet.
            Err(_) => sheet.write_string_with_format(row, column, fitted(day), &styles.text),
        },
    };
    written.map(drop).map_err(NotWritten::of)
}

/// Cuts what no cell holds.
fn fitted(text: &str) -> String {
    if text.encode_utf16().count() <= LONGEST {
        return text.to_owned();
    }
    let mut units = 1;
    let kept = text.chars().take_while(|it| {
        units += it.len_utf16();
        units <= LONGEST
    });
    kept.chain(['…']).collect()
}

/// How wide a cell is, in digits; a Chinese character counts two.
fn width(cell: &Cell) -> u32 {
    let wide = |text: &str| {
        let lines = text.lines().map(|line| {
            line.chars()
                .map(|it| if it < '\u{2E80}' { 1 } else { 2 })
                .sum()
        });
        lines.max().unwrap_or(0)
    };
    match cell {
        Cell::Empty => 0,
        Cell::Text(text) => wide(text),
        // Marks of thousands are not in the digits.
        Cell::Amount(amount) => {
            let digits = wide(&format!("{amount:.2}"));
            digits + digits / 3
        }
        Cell::Number(number, places) => wide(&format!("{number:.*}", usize::from(*places))),
        Cell::Instant(_) => 19,
        Cell::Day(_) => 10,
    }
}

fn heading_width(heading: &str) -> u32 {
    width(&Cell::text(heading)).min(24)
}

/// Beijing time as a spreadsheet counts it.
fn china(at: i64) -> Option<ExcelDateTime> {
    let at = words::china(at)?;
    ExcelDateTime::parse_from_str(&at.strftime("%Y-%m-%dT%H:%M:%S").to_string()).ok()
}

fn utc(at: i64) -> Result<ExcelDateTime, NotWritten> {
    ExcelDateTime::from_timestamp(at.div_euclid(1000)).map_err(NotWritten::of)
}
