//! The checks of docs/spec/bundle.md, 5, each in a file of its own.

mod anchors;
mod authenticity;
mod bids;
mod complaints;
mod custodians;
mod disclosure;
mod erasures;
mod files;
mod log;
mod notices;
mod platform;
mod receipts;
mod rechecks;
mod record;
mod rules;
mod sheets;
mod statements;
mod terms;
mod timestamps;
mod tree;

use crate::outcome::{Check, Findings, Outcome};
use crate::reading::Reading;
use crate::report::Made;

pub(crate) use receipts::kept;

/// Makes all checks of a bundle, in their order.
pub(crate) fn all(reading: &Reading<'_>) -> Vec<Made> {
    let mut made: Vec<Made> = Vec::new();
    for check in Check::ALL {
        let is_down = |it: &Made| matches!(it.outcome, Outcome::Fails(_) | Outcome::NotMade);
        let lacks = |need: &Check| made.iter().any(|it| it.check == *need && is_down(it));
        let outcome = if check.needs().iter().any(lacks) {
            Outcome::NotMade
        } else {
            make(check, reading).outcome()
        };
        made.push(Made::of(check, outcome));
    }
    made
}

fn make(check: Check, reading: &Reading<'_>) -> Findings {
    match check {
        // Whatever is not in form was not read.
        Check::Form | Check::Receipt => Findings::default(),
        Check::Platform => platform::check(reading),
        Check::Tree => tree::check(reading),
        Check::Disclosure => disclosure::check(reading),
        Check::Files => files::check(reading),
        Check::Rules => rules::check(reading),
        Check::Complaints => complaints::check(reading),
        Check::Log => log::check(reading),
        Check::Anchors => anchors::check(reading),
        Check::Statements => statements::check(reading),
        Check::Timestamps => timestamps::check(reading),
        Check::Terms => terms::check(reading),
        Check::Notices => notices::check(reading),
        Check::Receipts => receipts::check(reading),
        Check::Authenticity => authenticity::check(reading),
        Check::Sheets => sheets::check(reading),
        Check::Record => record::check(reading),
        Check::Rechecks => rechecks::check(reading),
    }
}
