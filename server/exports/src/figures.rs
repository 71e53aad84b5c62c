//! A centre's figures as tables for spreadsheets (docs/spec/figures.md).

use kaibiao_core::event::{Cause, Check, Rule};
use kaibiao_core::figures::{Told, Unlocking};
use kaibiao_core::state::Stage;
use rust_decimal::Decimal;

use crate::table::{Cell, Table};
use crate::{Language, NotWritten, csv, words};

/// One month.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// `2026-11`.
    pub month: &'a str,
    /// Its figures.
    pub told: &'a Told,
}

/// A span of months.
#[derive(Debug, Clone, Copy)]
pub struct Span<'a> {
    /// Its months, in order.
    pub months: &'a [Line<'a>],
    /// All of them together.
    pub whole: &'a Told,
}

/// Which table is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sheet {
    /// A line for each month, and one for all.
    #[default]
    Months,
    /// A line for each authority.
    Authorities,
}

impl Sheet {
    /// What it is called in addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Months => "months",
            Self::Authorities => "authorities",
        }
    }

    /// The table of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Months, Self::Authorities]
            .into_iter()
            .find(|it| it.name() == name)
    }
}

/// How a lot ends that was opened, or was to be.
const ENDS: [Stage; 4] = [
    Stage::Closed,
    Stage::FailedFewBids,
    Stage::FailedAfterUnlock,
    Stage::Terminated,
];

const CHECKS: [Check; 4] = [
    Check::KeyMismatch,
    Check::DigestMismatch,
    Check::StoreFailed,
    Check::Unanswered,
];

const RULES: [Rule; 13] = [
    Rule::NoAttempt,
    Rule::WrongKey,
    Rule::ContentFails,
    Rule::DealingFails,
    Rule::WrapsFail,
    Rule::RescueFails,
    Rule::ShareMissing,
    Rule::OneComplaint,
    Rule::NotProved,
    Rule::StoreFailed,
    Rule::PlatformUnwell,
    Rule::NotOpenedInTime,
    Rule::Unexplained,
];

const CAUSES: [Cause; 5] = [
    Cause::Stopped,
    Cause::Killed,
    Cause::Stalled,
    Cause::Clock,
    Cause::Unserved,
];

/// Writes one of the tables.
///
/// # Errors
/// When a library does not take what it is given.
pub fn csv(span: &Span<'_>, sheet: Sheet, language: Language) -> Result<Vec<u8>, NotWritten> {
    csv::write(&match sheet {
        Sheet::Months => months(span, language),
        Sheet::Authorities => authorities(span.whole, language),
    })
}

fn months(span: &Span<'_>, language: Language) -> Table {
    let mut headings = vec![language.choose("月份", "Month").to_owned()];
    headings.extend(ENDS.map(|end| words::stage(end, language).to_owned()));
    headings.push(language.choose("截止时投标文件", "Bids at T0").to_owned());
    headings.extend(of_unlocking(language));
    headings.extend(RULES.map(|rule| {
        let prefix = language.choose("未开启:", "Not opened: ");
        format!("{prefix}{}", words::rule(rule, language))
    }));
    headings.extend(
        [
            language.choose("求助", "Requests for help"),
            language.choose("延时标段", "Lots extended"),
            language.choose("延时(秒)", "Extended (seconds)"),
        ]
        .map(str::to_owned),
    );
    for cause in CAUSES {
        let word = words::cause(cause, language);
        let (count, seconds) = (
            language.choose("中断次数:", "Outages: "),
            language.choose("中断秒数:", "Outage seconds: "),
        );
        headings.push(format!("{count}{word}"));
        headings.push(format!("{seconds}{word}"));
    }
    headings.push(language.choose("评价数", "Ratings").to_owned());
    headings.extend((1..=5).map(|score| match language {
        Language::Chinese => format!("{score} 分"),
        Language::English => format!("Score {score}"),
    }));
    headings.extend(
        [
            language.choose("投诉", "Complaints"),
            language.choose("投诉:已受理", "Complaints taken up"),
            language.choose("投诉:不予受理", "Complaints declined"),
            language.choose("投诉:已答复", "Complaints answered"),
            language.choose("投诉:逾期", "Complaints overdue"),
        ]
        .map(str::to_owned),
    );
    let whole = language.choose("合计", "Total");
    let lines = span.months.iter().map(|it| (it.month, it.told));
    Table {
        headings,
        rows: lines
            .chain([(whole, span.whole)])
            .map(|(name, told)| month(name, told))
            .collect(),
    }
}

fn month(name: &str, told: &Told) -> Vec<Cell> {
    let mut row = vec![Cell::text(name)];
    row.extend(ENDS.map(|end| count(told.lots.get(&end).copied().unwrap_or_default())));
    row.push(count(told.bids));
    row.extend(unlocking(told.unlocking.as_ref()));
    row.extend(RULES.map(|rule| {
        let known = told.causes.get(&rule).copied().unwrap_or_default();
        // Few are not told, which is not none.
        told.unlocking
            .as_ref()
            .map_or(Cell::Empty, |_| count(known))
    }));
    row.extend([
        count(told.helps),
        count(told.extended),
        count(told.extended_seconds),
    ]);
    for cause in CAUSES {
        let known = told.outages.get(&cause).copied().unwrap_or_default();
        row.extend([count(known.count), count(known.milliseconds / 1000)]);
    }
    row.push(count(told.ratings));
    row.extend(match told.scores {
        Some(scores) => scores.map(count),
        None => [const { Cell::Empty }; 5],
    });
    row.push(count(told.complaints));
    row.extend(match told.complaining {
        Some(it) => [it.taken_up, it.declined, it.answered, it.overdue].map(count),
        None => [const { Cell::Empty }; 4],
    });
    row
}

fn authorities(whole: &Told, language: Language) -> Table {
    let mut headings = vec![language.choose("CA", "Authority").to_owned()];
    headings.extend(of_unlocking(language));
    let others = language.choose("其他(不足3份的合并)", "Others (fewer than 3 each)");
    let rows = whole.authorities.iter().map(|it| {
        let mut row = vec![Cell::text(it.authority.as_deref().unwrap_or(others))];
        row.extend(unlocking(Some(&it.unlocking)));
        row
    });
    Table {
        headings,
        rows: rows.collect(),
    }
}

fn of_unlocking(language: Language) -> Vec<String> {
    let mut headings = [
        language.choose("应解密", "To unlock"),
        language.choose("自行解密", "Unlocked"),
        language.choose("一次成功", "At the first attempt"),
        language.choose("补救解密", "By a rescue"),
        language.choose("未尝试", "Never tried"),
    ]
    .map(str::to_owned)
    .to_vec();
    headings.extend(CHECKS.map(|check| {
        let prefix = language.choose("失败尝试:", "Failed attempts: ");
        format!("{prefix}{}", words::check(check, language))
    }));
    headings
}

fn unlocking(told: Option<&Unlocking>) -> Vec<Cell> {
    let Some(told) = told else {
        return vec![Cell::Empty; 5 + CHECKS.len()];
    };
    let mut row = vec![
        count(told.bids),
        count(told.unlocked),
        count(told.at_once),
        count(told.rescued),
        count(told.untried),
    ];
    row.extend(CHECKS.map(|check| count(told.attempts.get(&check).copied().unwrap_or_default())));
    row
}

fn count(number: impl Into<Decimal>) -> Cell {
    Cell::Number(number.into(), 0)
}

#[cfg(test)]
mod tests {
    use kaibiao_core::figures::{Complaints, Dealt, Figures};

    use super::*;

    fn told(bids: u32) -> Told {
        let mut figures = Figures {
            bids,
            ..Figures::default()
        };
        let unlocking = Unlocking {
            bids,
            unlocked: bids,
            attempts: [(Check::KeyMismatch, 7)].into(),
            ..Unlocking::default()
        };
        figures.unlocking.insert("=ca".into(), unlocking);
        figures.causes.insert(Rule::ShareMissing, 5);
        figures.complaints = Some(Complaints {
            taken_up: Dealt {
                filed: bids,
                done: 1,
                late: 1,
                due: [(1000, 2)].into(),
            },
            others: Dealt::default(),
        });
        figures.told(1000)
    }

    fn rows(sheet: Sheet, bids: u32) -> Vec<Vec<String>> {
        let told = told(bids);
        let months = [Line {
            month: "2026-11",
            told: &told,
        }];
        let span = Span {
            months: &months,
            whole: &told,
        };
        let text = csv(&span, sheet, Language::English).unwrap();
        let text = String::from_utf8(text).unwrap();
        let text = text.trim_start_matches('\u{FEFF}');
        text.lines()
            .map(|line| {
                let cells = line.split(',').map(|cell| cell.trim_matches('"'));
                cells.map(str::to_owned).collect()
            })
            .collect()
    }

    #[test]
    fn every_line_has_a_cell_for_each_heading() {
        for (sheet, lines) in [(Sheet::Months, 3), (Sheet::Authorities, 2)] {
            let rows = rows(sheet, 9);
            assert_eq!(rows.len(), lines);
            assert!(rows.iter().all(|row| row.len() == rows[0].len()));
        }
        let months = rows(Sheet::Months, 9);
        let at = |heading: &str| months[0].iter().position(|it| it == heading).unwrap();
        assert_eq!(months[1][0], "\t2026-11", "no date for a spreadsheet");
        assert_eq!(months[1][at("Failed attempts: key does not match")], "7");
        assert_eq!(months[1][at("Not opened: share missing or wrong")], "5");
        assert_eq!(months[1][at("Not opened: no attempt")], "0");
        assert_eq!(months[2][at("Bids at T0")], "9");
        assert_eq!(months[1][at("Complaints")], "9");
        assert_eq!(months[1][at("Complaints answered")], "1");
        assert_eq!(months[1][at("Complaints overdue")], "3");
        // An authority's id is text, whatever it begins with.
        assert_eq!(rows(Sheet::Authorities, 9)[1][0], "'=ca");
    }

    #[test]
    fn what_is_too_few_to_be_told_is_an_empty_cell_and_no_zero() {
        let months = rows(Sheet::Months, 2);
        let at = |heading: &str| months[0].iter().position(|it| it == heading).unwrap();
        assert_eq!(months[1][at("Bids at T0")], "2");
        assert_eq!(months[1][at("Complaints")], "2");
        for hidden in [
            "Unlocked",
            "Never tried",
            "Not opened: share missing or wrong",
            "Score 1",
            "Complaints taken up",
            "Complaints overdue",
        ] {
            assert_eq!(months[1][at(hidden)], "", "{hidden}");
        }
        assert_eq!(rows(Sheet::Authorities, 2).len(), 1);
    }
}
