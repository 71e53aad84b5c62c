//! Figures of the openings that name the caller's organisation, by month
//! (docs/spec/figures.md).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::{self, TimeZone};
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{FiguresView, MonthFigures};
use kaibiao_core::figures::Figures;
use kaibiao_core::ids::Millis;
pub use kaibiao_exports::figures::Sheet;
use kaibiao_exports::figures::{Line, Span as ExportSpan};
use kaibiao_exports::{Form, Language};

use crate::caller::Caller;
use crate::exports::record::File;
use crate::{App, desk};

/// The longest span.
const MONTHS: i32 = 60;
/// How many months are told of where nothing is said.
const YEAR: i32 = 12;

/// A month of the calendar in Beijing time, as a number of months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(i32);

impl Month {
    /// The month in which an instant lies. China has had no summer time since 1991.
    fn of(at: Millis) -> Option<Self> {
        let at = Timestamp::from_millisecond(at).ok()?;
        let at = at.to_zoned(TimeZone::fixed(tz::offset(8)));
        Some(Self::new(at.year().into(), at.month().into()))
    }

    /// Its first instant; none beyond the calendar.
    fn begins(self) -> Option<Millis> {
        let day = format!("{self}-01T00:00:00+08:00");
        Some(day.parse::<Timestamp>().ok()?.as_millisecond())
    }

    const fn new(year: i32, month: i32) -> Self {
        Self(year * 12 + month - 1)
    }
}

impl FromStr for Month {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let day = format!("{text}-01").parse::<jiff::civil::Date>();
        let day = day.ok().filter(|_| text.len() == "2026-01".len());
        let day = day.ok_or_else(|| Transport::Malformed.with("reason", "month"))?;
        Ok(Self::new(day.year().into(), day.month().into()))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.0.div_euclid(12), self.0.rem_euclid(12) + 1);
        write!(f, "{year:04}-{month:02}")
    }
}

/// Which months are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    pub from: Option<Month>,
    pub to: Option<Month>,
}

impl Span {
    fn ends(self, now: Millis) -> Result<(Month, Month), Problem> {
        let to = self.to.or_else(|| Month::of(now));
        let to = to.ok_or_else(|| Problem::internal("the clock tells no month"))?;
        let from = self.from.unwrap_or(Month(to.0 - YEAR + 1));
        if (0..MONTHS).contains(&(to.0 - from.0)) {
            Ok((from, to))
        } else {
            Err(Transport::Malformed.with("reason", "months"))
        }
    }
}

/// The figures of a span.
///
/// # Errors
/// `malformed` for a span that ends before it begins, or is longer than 60 months.
pub async fn view(app: &App, caller: &Caller, span: Span) -> Result<FiguresView, Problem> {
    let now = app.now();
    let (from, to) = span.ends(now)?;
    let mut months: BTreeMap<Month, Figures> = (from.0..=to.0)
        .map(|month| (Month(month), Figures::default()))
        .collect();
    let mut whole = Figures::default();
    let span = desk::Span {
        from: from.begins(),
        to: Month(to.0 + 1).begins(),
    };
    for (t0, figures) in desk::figures(app, caller, span).await? {
        if let Some(month) = Month::of(t0).and_then(|month| months.get_mut(&month)) {
            month.add(&figures);
            whole.add(&figures);
        }
    }
    let months = months.into_iter().map(|(month, figures)| MonthFigures {
        month: month.to_string(),
        figures: figures.told(now),
    });
    Ok(FiguresView {
        from: from.to_string(),
        to: to.to_string(),
        months: months.collect(),
        whole: whole.told(now),
        now,
    })
}

/// The same as a table for spreadsheets.
///
/// # Errors
/// As [`view`].
pub async fn csv(
    app: &App,
    caller: &Caller,
    span: Span,
    sheet: Sheet,
    language: Language,
) -> Result<File, Problem> {
    let view = view(app, caller, span).await?;
    let months = view.months.iter().map(|it| Line {
        month: &it.month,
        told: &it.figures,
    });
    let months: Vec<_> = months.collect();
    let span = ExportSpan {
        months: &months,
        whole: &view.whole,
    };
    let bytes = kaibiao_exports::figures::csv(&span, sheet, language);
    Ok(File {
        name: format!("figures-{}-{}.{}.csv", view.from, view.to, sheet.name()),
        media: Form::Csv.media(),
        bytes: bytes.map_err(Problem::internal)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_at_midnight_in_beijing() {
        let month = |at: &str| {
            let at = at.parse::<Timestamp>().unwrap().as_millisecond();
            Month::of(at).unwrap().to_string()
        };
        assert_eq!(month("2026-10-31T15:59:59.999Z"), "2026-10");
        assert_eq!(month("2026-10-31T16:00:00Z"), "2026-11");
        assert_eq!(month("2025-12-31T16:00:00Z"), "2026-01");
    }

    #[test]
    fn a_span_is_of_whole_months_and_no_longer_than_sixty() {
        let month = |text: &str| text.parse::<Month>();
        assert_eq!(month("2026-01").unwrap().to_string(), "2026-01");
        for wrong in ["2026", "2026-13", "2026-1", "2026-01-01", "2026-00", ""] {
            assert!(month(wrong).is_err(), "{wrong}");
        }
        let now = "2026-11-28T00:00:00Z".parse::<Timestamp>().unwrap();
        let ends = |from: Option<&str>, to: Option<&str>| {
            let of = |text: Option<&str>| text.map(|text| text.parse().unwrap());
            let span = Span {
                from: of(from),
                to: of(to),
            };
            let (from, to) = span.ends(now.as_millisecond()).ok()?;
            Some((from.to_string(), to.to_string()))
        };
        let both = |from: &str, to: &str| Some((from.to_owned(), to.to_owned()));
        assert_eq!(ends(None, None), both("2025-12", "2026-11"));
        assert_eq!(ends(None, Some("2026-02")), both("2025-03", "2026-02"));
        assert_eq!(
            ends(Some("2021-12"), Some("2026-11")),
            both("2021-12", "2026-11")
        );
        assert_eq!(ends(Some("2021-11"), Some("2026-11")), None);
        assert_eq!(ends(Some("2026-12"), None), None);
    }
}
