//! Names of documents (section 9).

use std::collections::HashSet;

use unicode_normalization::is_nfc;

use crate::text::is_hidden;
use crate::unicode;

/// Why a document cannot have this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// `name-length`
    #[error("a document's name has 1 to 255 bytes")]
    Length,
    /// `name-not-normal`
    #[error("a document's name is in Unicode normalisation form C")]
    NotNormal,
    /// `name-character`, with the code point that is not allowed.
    #[error("a document's name holds no U+{0:04X}")]
    Character(u32),
    /// `name-edge`
    #[error("a document's name neither begins nor ends with a space, nor ends with a dot")]
    Edge,
    /// `name-reserved`
    #[error("a document's name is not that of a device, such as CON or LPT1")]
    Reserved,
    /// `name-duplicate`
    #[error("two documents have the same name, but for upper and lower case")]
    Duplicate,
}

impl NameProblem {
    /// The stable code of the specification.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Length => "name-length",
            Self::NotNormal => "name-not-normal",
            Self::Character(_) => "name-character",
            Self::Edge => "name-edge",
            Self::Reserved => "name-reserved",
            Self::Duplicate => "name-duplicate",
        }
    }
}

/// One name by itself.
fn check_name(name: &str) -> Result<(), NameProblem> {
    if !(1..=255).contains(&name.len()) {
        return Err(NameProblem::Length);
    }
    if let Some(character) = name.chars().find(|character| is_forbidden(*character)) {
        return Err(NameProblem::Character(character.into()));
    }
    if !is_nfc(name) {
        return Err(NameProblem::NotNormal);
    }
    let spaces = [' ', '\u{3000}'];
    if name.starts_with(spaces) || name.ends_with(spaces) || name.ends_with('.') {
        return Err(NameProblem::Edge);
    }
    if is_reserved(name) {
        return Err(NameProblem::Reserved);
    }
    Ok(())
}

/// All names of a manifest; on failure with the index of the culprit.
pub fn check_names<'a>(
    names: impl IntoIterator<Item = &'a str>,
) -> Result<(), (usize, NameProblem)> {
    let mut seen = HashSet::new();
    for (index, name) in names.into_iter().enumerate() {
        check_name(name).map_err(|problem| (index, problem))?;
        if !seen.insert(unicode::fold(name)) {
            return Err((index, NameProblem::Duplicate));
        }
    }
    Ok(())
}

/// What no file system keeps, what hides or turns around the rest, and what the
/// version of Unicode does not know.
fn is_forbidden(character: char) -> bool {
    character.is_control()
        || is_hidden(character)
        || matches!(
            character,
            '/' | '\\' | ':' | '|' | '?' | '*' | '<' | '>' | '"' | '\u{fffd}'
        )
        || !unicode::is_assigned(character)
}

/// Whether Windows takes the name, whatever its ending, for a device.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end_matches(' ').to_ascii_uppercase();
    let port = stem
        .strip_prefix("COM")
        .or_else(|| stem.strip_prefix("LPT"));
    let is_port = |number: &str| {
        let mut number = number.chars();
        let first = number
            .next()
            .is_some_and(|c| "0123456789\u{b9}\u{b2}\u{b3}".contains(c));
        first && number.next().is_none()
    };
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&stem.as_str())
        || port.is_some_and(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_accepted() {
        for name in [
            "投标函.pdf",
            "工程量清单（附件 1）.xlsx",
            "a",
            "ﬁle.pdf",
            ".hidden",
            "CONTRACT.pdf",
            "COM10",
            &"标".repeat(85),
        ] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn hostile_names_are_refused() {
        for (name, problem) in [
            ("", NameProblem::Length),
            (&"标".repeat(86)[..], NameProblem::Length),
            ("a/b", NameProblem::Character(0x2f)),
            ("a\\b", NameProblem::Character(0x5c)),
            ("a\0", NameProblem::Character(0)),
            ("a\u{85}", NameProblem::Character(0x85)),
            ("fdp.\u{202e}exe", NameProblem::Character(0x202e)),
            ("a\u{200b}", NameProblem::Character(0x200b)),
            ("a\u{2028}b", NameProblem::Character(0x2028)),
            ("a\u{1ffff}", NameProblem::Character(0x1ffff)),
            ("a\u{fdd0}", NameProblem::Character(0xfdd0)),
            ("a\u{10d50}", NameProblem::Character(0x10d50)),
            ("a\u{200d}b", NameProblem::Character(0x200d)),
            ("a\u{fe0f}", NameProblem::Character(0xfe0f)),
            ("a:b.pdf", NameProblem::Character(0x3a)),
            ("a|b", NameProblem::Character(0x7c)),
            ("报价?.pdf", NameProblem::Character(0x3f)),
            ("CON", NameProblem::Reserved),
            ("nul.pdf", NameProblem::Reserved),
            ("Com1 .tar.gz", NameProblem::Reserved),
            ("LPT\u{b9}", NameProblem::Reserved),
            ("e\u{301}.pdf", NameProblem::NotNormal),
            (" a", NameProblem::Edge),
            ("a\u{3000}", NameProblem::Edge),
            ("..", NameProblem::Edge),
            ("a.pdf.", NameProblem::Edge),
        ] {
            assert_eq!(check_name(name), Err(problem), "{name:?}");
        }
    }

    #[test]
    fn names_that_differ_in_case_only_are_the_same() {
        for (one, other) in [
            ("A.pdf", "a.PDF"),
            ("straße.pdf", "STRASSE.pdf"),
            ("ΟΔΟΣ", "οδος"),
            ("ǅ", "ǆ"),
            ("Ａ", "ａ"),
        ] {
            let problem = check_names([one, "-", other]).unwrap_err();
            assert_eq!(problem, (2, NameProblem::Duplicate), "{one} {other}");
        }
        assert_eq!(check_names(["A.pdf", "Ａ.pdf", "a.pdf1"]), Ok(()));
    }
}
