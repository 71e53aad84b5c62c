//! The font: which characters it has, and what is printed for those it lacks.

use std::sync::LazyLock;

use serde_json::Value;
use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

// Noto Serif SC, under the SIL Open Font License; see build.rs.
static REGULAR: &[u8] = include_bytes!(concat!(env!("KAIBIAO_FONTS"), "/NotoSerifSC-Regular.ttf"));
static BOLD: &[u8] = include_bytes!(concat!(env!("KAIBIAO_FONTS"), "/NotoSerifSC-Bold.ttf"));

static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    [REGULAR, BOLD]
        .into_iter()
        .flat_map(|data| Font::iter(Bytes::new(data)))
        .collect()
});
static BOOK: LazyLock<LazyHash<FontBook>> =
    LazyLock::new(|| LazyHash::new(FontBook::from_fonts(FONTS.iter())));

/// Marks that stand around the number of a missing character, for the template
/// to find; the document's first one opens with a mark of its own and gets the
/// footnote. They are private-use characters, which the font lacks, so data
/// cannot forge them.
const FIRST: char = '\u{E002}';
const BEFORE: char = '\u{E000}';
const AFTER: char = '\u{E001}';

/// A run of this many characters without a place to break gets some.
const LONGEST_RUN: usize = 24;
/// ZERO WIDTH SPACE, at which a line may be broken.
const BREAK: char = '\u{200B}';

pub fn all() -> &'static [Font] {
    &FONTS
}

pub fn book() -> &'static LazyHash<FontBook> {
    &BOOK
}

fn printable(character: char) -> bool {
    if character == '\n' {
        return true;
    }
    FONTS
        .iter()
        .all(|font| font.info().coverage.contains(character.into()))
}

/// Replaces every missing character in every string of `data` by its marked
/// number, and gives long unbroken runs places to break. Returns what was
/// missing.
pub fn mark_missing(data: &mut Value) -> Vec<char> {
    let mut missing = Vec::new();
    visit(data, &mut missing);
    missing
}

fn visit(value: &mut Value, missing: &mut Vec<char>) {
    match value {
        Value::String(text) => *text = marked(text, missing),
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, missing)),
        Value::Object(fields) => fields.values_mut().for_each(|field| visit(field, missing)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn marked(text: &str, missing: &mut Vec<char>) -> String {
    // A digest is set on one line of its own width and stays searchable.
    let digest = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut marked = String::with_capacity(text.len());
    let mut run = 0;
    for character in text.chars() {
        if !printable(character) {
            marked.push(if missing.is_empty() { FIRST } else { BEFORE });
            if !missing.contains(&character) {
                missing.push(character);
            }
            marked.push_str(&format!("U+{:04X}", u32::from(character)));
            marked.push(AFTER);
            run = 0;
            continue;
        }
        let breaks_anyway = character.is_whitespace() || u32::from(character) >= 0x2E80;
        run = if breaks_anyway { 0 } else { run + 1 };
        if run > LONGEST_RUN && !digest {
            marked.push(BREAK);
            run = 1;
        }
        marked.push(character);
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing_characters(text: &str) -> Vec<char> {
        mark_missing(&mut serde_json::json!(text))
    }

    #[test]
    fn ordinary_and_rare_names_are_in_the_font() {
        let name = "中国建筑第八工程局有限公司 ABC-123";
        assert_eq!(missing_characters(name), Vec::<char>::new());
        assert_eq!(missing_characters("䶮㛃龢犇"), Vec::<char>::new());
    }

    #[test]
    fn a_missing_character_is_named_once_in_order() {
        assert_eq!(missing_characters("张😀\u{2FA1D}😀"), ['😀', '\u{2FA1D}']);
    }

    #[test]
    fn a_missing_character_becomes_its_number() {
        let mut data = serde_json::json!({"name": ["张😀"]});
        assert_eq!(mark_missing(&mut data), ['😀']);
        assert_eq!(data["name"][0], "张\u{E002}U+1F600\u{E001}");
    }

    #[test]
    fn the_marks_cannot_be_forged_by_data() {
        let mut data = serde_json::json!("\u{E000}x\u{E001}");
        mark_missing(&mut data);
        assert_eq!(data, "\u{E002}U+E000\u{E001}x\u{E000}U+E001\u{E001}");
    }

    #[test]
    fn a_long_word_can_be_broken_and_a_digest_is_left_whole() {
        let mut data = serde_json::json!("A".repeat(80));
        mark_missing(&mut data);
        assert!(data.as_str().expect("a string").contains(BREAK));
        let mut digest = serde_json::json!("0f".repeat(32));
        mark_missing(&mut digest);
        assert_eq!(digest, "0f".repeat(32));
    }
}
