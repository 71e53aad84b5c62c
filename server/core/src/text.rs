//! What a text must be so that it can be shown on screens and paper. Drafts,
//! schemas and acts all hold such texts.

use crate::refusal::{Refusal, RefusalCode};

/// Checks that a text can be shown: it has from 1 to `longest` characters, not
/// only white space, no control character but tab and line feed, and none that
/// turns the direction of the text or is invisible.
///
/// # Errors
/// `WrongText` when it cannot.
pub(crate) fn is_text(text: &str, longest: usize) -> Result<(), Refusal> {
    let length = text.chars().count();
    let hides = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if (1..=longest).contains(&length) && !text.trim().is_empty() && !text.chars().any(hides) {
        Ok(())
    } else {
        Err(RefusalCode::WrongText.into())
    }
}
