//! The fonts: which characters they have, and what is printed for those they lack.
//!
//! Nearly every record is set in the two weights of the first font alone. The second
//! one has the rare characters of GB 18030 beyond the first 65,536 (CJK extensions B
//! to F), in one weight; it is unpacked when a record has one of them.

use std::io::Read as _;
use std::sync::LazyLock;

use flate2::read::ZlibDecoder;
use serde_json::Value;
use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

// Noto Serif SC and HanaMinB, both under the SIL Open Font License; see build.rs.
static REGULAR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/NotoSerifSC-Regular.ttf.zz"));
static BOLD: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/NotoSerifSC-Bold.ttf.zz"));
static RARE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/HanaMinB.ttf.zz"));

/// A set of fonts to set a document with.
pub struct Fonts {
    fonts: Vec<Font>,
    book: LazyHash<FontBook>,
}

static COMMON: LazyLock<Fonts> =
    LazyLock::new(|| Fonts::of(unpacked(REGULAR).chain(unpacked(BOLD))));
static ALL: LazyLock<Fonts> =
    LazyLock::new(|| Fonts::of(COMMON.fonts.iter().cloned().chain(unpacked(RARE))));

/// The fonts for a document with or without rare characters.
pub fn fonts(rare: bool) -> &'static Fonts {
    if rare { &ALL } else { &COMMON }
}

impl Fonts {
    fn of(fonts: impl Iterator<Item = Font>) -> Self {
        let fonts: Vec<Font> = fonts.collect();
        let book = LazyHash::new(FontBook::from_fonts(fonts.iter()));
        Self { fonts, book }
    }

    pub fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    pub fn get(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }
}

fn unpacked(packed: &'static [u8]) -> impl Iterator<Item = Font> {
    let mut font = Vec::new();
    ZlibDecoder::new(packed)
        .read_to_end(&mut font)
        .expect("invariant: build.rs has packed it");
    Font::iter(Bytes::new(font))
}

/// Marks that stand around the number of the document's first missing character, for
/// the template to find and to give the footnote. They are private-use characters,
/// which the font lacks, so data cannot forge them. The template looks for one place
/// alone, since it looks at what follows a place anew for each: a text of a thousand
/// such characters would be nested deeper than a document may be.
const FIRST: char = '\u{E002}';
const AFTER: char = '\u{E001}';

/// A run of this many characters without a place to break gets some.
const LONGEST_RUN: usize = 24;
/// ZERO WIDTH SPACE, at which a line may be broken.
const BREAK: char = '\u{200B}';

/// Where a character is printed from.
enum Found {
    Common,
    Rare,
    Nowhere,
}

fn find(character: char) -> Found {
    let has = |font: &Font| font.info().coverage.contains(character.into());
    if character == '\n' || COMMON.fonts.iter().all(has) {
        Found::Common
    } else if ALL.fonts.iter().any(has) {
        Found::Rare
    } else {
        Found::Nowhere
    }
}

/// What of a text the first font lacks.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Lacking {
    /// Whether the second font is needed.
    pub rare: bool,
    /// What neither has, each once, in order.
    pub missing: Vec<char>,
}

/// Replaces every missing character in every string of `data` by its marked
/// number, and gives long unbroken runs places to break.
pub fn mark_missing(data: &mut Value) -> Lacking {
    let mut lacking = Lacking::default();
    visit(data, &mut lacking);
    lacking
}

fn visit(value: &mut Value, lacking: &mut Lacking) {
    match value {
        Value::String(text) => *text = marked(text, lacking),
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, lacking)),
        Value::Object(fields) => fields.values_mut().for_each(|field| visit(field, lacking)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn marked(text: &str, lacking: &mut Lacking) -> String {
    // A digest is set on one line of its own width and stays searchable.
    let digest = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut marked = String::with_capacity(text.len());
    let mut run = 0;
    for character in text.chars() {
        let found = find(character);
        lacking.rare |= matches!(found, Found::Rare);
        if matches!(found, Found::Nowhere) {
            let missing = &mut lacking.missing;
            let (before, after) = if missing.is_empty() {
                (FIRST, AFTER)
            } else {
                ('〔', '〕')
            };
            if !missing.contains(&character) {
                missing.push(character);
            }
            marked.push_str(&format!("{before}U+{:04X}{after}", u32::from(character)));
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
        mark_missing(&mut serde_json::json!(text)).missing
    }

    fn is_rare(text: &str) -> bool {
        mark_missing(&mut serde_json::json!(text)).rare
    }

    #[test]
    fn names_beyond_the_first_plane_are_in_the_second_font() {
        // Extensions B, C, D, E and F.
        for name in ["𠮷田", "\u{2A700}", "\u{2B740}", "𬭚", "\u{2CEB0}"] {
            assert_eq!(missing_characters(name), Vec::<char>::new(), "{name}");
        }
        assert!(is_rare("𠮷田建设"));
        assert!(!is_rare("吉田建设㛃"));
    }

    #[test]
    fn ordinary_and_rare_names_are_in_the_font() {
        let name = "中国建筑第八工程局有限公司 ABC-123";
        assert_eq!(missing_characters(name), Vec::<char>::new());
        assert_eq!(missing_characters("䶮㛃龢犇"), Vec::<char>::new());
    }

    #[test]
    fn a_missing_character_is_named_once_in_order() {
        assert_eq!(missing_characters("张😀\u{30000}😀"), ['😀', '\u{30000}']);
    }

    #[test]
    fn a_missing_character_becomes_its_number() {
        let mut data = serde_json::json!({"name": ["张😀"]});
        assert_eq!(mark_missing(&mut data).missing, ['😀']);
        assert_eq!(data["name"][0], "张\u{E002}U+1F600\u{E001}");
    }

    #[test]
    fn the_marks_cannot_be_forged_by_data() {
        let mut data = serde_json::json!("\u{E000}x\u{E001}");
        mark_missing(&mut data);
        assert_eq!(data, "\u{E002}U+E000\u{E001}x〔U+E001〕");
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
