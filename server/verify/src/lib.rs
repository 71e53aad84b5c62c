//! Checks a bundle of evidence (docs/spec/bundle.md) by what its reader believes,
//! without a network, a clock or the platform that wrote it.
//!
//! [`verify`] reads the file, makes every check, and says what was found. It links
//! the formats and the rules of the opening, and nothing of the service.

#![deny(missing_docs)]
#![warn(clippy::pedantic)]
#![allow(
    clippy::must_use_candidate,
    reason = "nearly every function here only computes; the mark would be noise"
)]

pub mod archive;
mod checks;
mod form;
mod found;
mod outcome;
mod policy;
mod reading;
mod replay;
mod report;
mod words;

pub use form::Edition;
pub use found::Found;
pub use outcome::{Check, Fault, Outcome, Place};
pub use policy::{Policy, Unreadable};
pub use replay::{At, NotReplayed, Played, replay};
pub use report::{Language, Made, Report, Verdict};

use reading::Reading;

/// A receipt that somebody has kept, by the name of its file.
pub type Kept<'a> = (&'a str, &'a [u8]);

/// Makes every check of a bundle.
///
/// # Errors
/// The fault that makes it no readable bundle: `bundle-form`, `bundle-large`.
pub fn verify(bundle: &[u8], policy: &Policy, receipts: &[Kept<'_>]) -> Result<Report, Fault> {
    let bundle = form::read(bundle)?;
    let reading = Reading::of(&bundle, policy);
    let mut made = checks::all(&reading);
    let found = found::list(&reading);
    made.extend(checks::kept(&reading, receipts));
    Ok(Report::new(&bundle, policy, made, found))
}
