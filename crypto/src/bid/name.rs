//! Names of documents (section 9).

use std::collections::HashSet;

use unicode_normalization::is_nfc;

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

fn is_forbidden(character: char) -> bool {
    let code = u32::from(character);
    matches!(
        code,
        0x00..=0x1f | 0x7f..=0x9f
            | 0x2f | 0x5c
            | 0x2028 | 0x2029
            | 0x61c | 0x200e | 0x200f | 0x202a..=0x202e | 0x2066..=0x2069
            | 0x200b | 0x2060 | 0xfeff
            | 0xfffd
    ) || !unicode::is_assigned(character)
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
