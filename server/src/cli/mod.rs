//! The command line.

use std::process::ExitCode;

/// Reads the arguments, does what they say, and tells how it ended.
pub fn main() -> ExitCode {
    ExitCode::FAILURE
}
