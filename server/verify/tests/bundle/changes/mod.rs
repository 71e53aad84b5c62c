//! The ways in which somebody might change a bundle.

mod bids;
mod log;
mod stream;
mod who;

use kaibiao_verify::Check;

use crate::export::Files;
use crate::rewriting::withhold;

/// A change of a bundle's files.
pub type Change = fn(&mut Files);

/// What a change is, the change, the check that tells, its code.
pub type Changed = (&'static str, Change, Check, &'static str);

/// Changes of a supervisor's edition.
pub const SUPERVISOR: [&[Changed]; 4] =
    [stream::CHANGES, log::CHANGES, who::CHANGES, bids::CHANGES];

/// Changes of a public edition.
pub const PUBLIC: &[Changed] = &[
    (
        "facts of before T0 withheld",
        |files| withhold(files, 5, "facts"),
        Check::Disclosure,
        "facts-withheld",
    ),
    (
        "a notice withheld",
        |files| withhold(files, 4, "details"),
        Check::Disclosure,
        "details-withheld",
    ),
    (
        "that another event happened than a complaint",
        |files| {
            let last = files.lines("events.jsonl").len() - 1;
            withhold(files, last, "facts");
        },
        Check::Rules,
        "bundle-end",
    ),
];
