//! What a text must be so that it can be shown on screens and paper. Drafts,
//! schemas, sheets, registered names and acts all hold such texts.

use kaibiao_crypto::text::is_hidden;
use unicode_normalization::UnicodeNormalization as _;

use crate::refusal::{Refusal, RefusalCode};

/// Checks that a text can be shown: it has from 1 to `longest` characters, not
/// only white space, no control character but tab and line feed, none that is
/// invisible or turns the direction of what is read, and no more marks over one
/// letter than any language has (UAX 15, Stream-Safe Text Format: 30).
///
/// # Errors
/// `WrongText` when it cannot.
pub(crate) fn is_text(text: &str, longest: usize) -> Result<(), Refusal> {
    let length = text.chars().count();
    let is_drawn = text.chars().stream_safe().eq(text.chars());
    if (1..=longest).contains(&length) && !text.trim().is_empty() && is_shown(text) && is_drawn {
        Ok(())
    } else {
        Err(RefusalCode::WrongText.into())
    }
}

/// Checks a number or a title: a text of one line, because letters, lists and papers
/// have a line for it.
///
/// # Errors
/// `WrongText` when it is none.
pub(crate) fn is_title(text: &str, longest: usize) -> Result<(), Refusal> {
    is_text(text, longest)?;
    is_line(text)
        .then_some(())
        .ok_or_else(|| RefusalCode::WrongText.into())
}

/// Whether a text, however long or short, holds no control character but tab and
/// line feed, and none that is invisible or turns directions.
pub(crate) fn is_shown(text: &str) -> bool {
    let control = |c: char| c.is_control() && c != '\n' && c != '\t';
    !text.chars().any(|c| control(c) || is_hidden(c))
}

/// Whether a text is shown whole in one line.
pub(crate) fn is_line(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || is_hidden(c))
}

/// Whether a text is a media type as it is kept here: `type/subtype`, without
/// parameters (RFC 6838, 4.2).
pub fn is_media_type(text: &str) -> bool {
    let plain = |part: &str| {
        let of_a_name = |it: u8| it.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&it);
        (1..=63).contains(&part.len()) && part.bytes().all(of_a_name)
    };
    let parts = text.split_once('/');
    parts.is_some_and(|(kind, subtype)| plain(kind) && plain(subtype))
}

/// Whether two names are one firm's: brackets and letters of full width, other forms of
/// one character, spaces and case do not tell firms apart.
pub(crate) fn is_alike(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

/// A text without white space and without differences of width, of case, and of
/// characters that only look different in a code table (Unicode's compatibility
/// decomposition, UAX 15: U+2F2F is drawn as 工 is).
pub(crate) fn plain(text: &str) -> String {
    let letters = text.nfkc().filter(|c| !c.is_whitespace());
    letters.flat_map(char::to_lowercase).collect()
}

/// Whether two names differ in marks alone, which nobody reads a firm by.
pub(crate) fn is_read_alike(one: &str, other: &str) -> bool {
    let letters = |name: &str| -> String { plain(name).chars().filter(|&c| !is_mark(c)).collect() };
    letters(one) == letters(other)
}

/// Whether a name is written as firms' names are: in ideographs, ASCII letters and
/// digits, and the marks between them. What else there is can be drawn as one of these:
/// radicals, kana, letters of other scripts, combining marks. A name of marks alone is
/// no name: it would be read like any other of marks alone.
pub(crate) fn is_plainly_written(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || is_ideograph(c);
    name.nfkc().all(|c| is_letter(c) || is_mark(c)) && name.nfkc().any(is_letter)
}

fn is_mark(c: char) -> bool {
    matches!(c, ' ' | '(' | ')' | '·' | '&' | '-')
}

/// The blocks of Unicode's unified ideographs, up to Extension H.
fn is_ideograph(c: char) -> bool {
    matches!(c, '〇' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_alike_is_one_name() {
        let name = "福安建筑(集团)工程有限公司";
        for other in [
            "福安建筑（集团）⼯程有限公司",
            "福安 建筑(集团)工程有限公司",
        ] {
            assert!(is_alike(name, other), "{other}");
        }
        assert!(is_alike("ＡＢＣ公司", "abc公司"));
        assert!(!is_alike(name, "福安建設(集团)工程有限公司"));
    }

    #[test]
    fn a_text_has_no_towers_of_marks_and_a_title_no_second_line() {
        let marks = |count| format!("a{}", "\u{301}".repeat(count));
        assert!(is_text(&marks(30), 2000).is_ok());
        assert!(is_text(&marks(31), 2000).is_err());
        assert!(is_text(&marks(30).repeat(60), 2000).is_ok());
        assert!(is_text("ไม่เห็นด้วย\n工期", 2000).is_ok());
        assert!(is_title("工期", 300).is_ok());
        assert!(is_title("工期\nBcc: evil@example.org", 300).is_err());
    }

    #[test]
    fn a_name_of_ones_own_word_holds_nothing_that_is_drawn_as_something_else() {
        for plain in ["福安建筑（集团）⼯程有限公司", "𬭚业·ABC 3D-打印有限公司"]
        {
            assert!(is_plainly_written(plain), "{plain}");
        }
        // A radical, kana, letters of other scripts, a combining mark, a dot.
        for other in [
            "⻓汀建筑",
            "福安建筑エ程",
            "АВС公司",
            "工\u{301}程",
            "工程.",
            "· -",
        ] {
            assert!(!is_plainly_written(other), "{other}");
        }
        assert!(is_read_alike("福安建筑(集团)公司", "福安·建筑集团公司 -"));
        assert!(!is_read_alike("福安建筑公司", "福安建材公司"));
    }
}
