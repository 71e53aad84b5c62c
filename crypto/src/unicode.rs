//! The version of Unicode in which names are compared, with its table: two
//! programs that know different versions must not disagree on a name, since that
//! would cost a bid. Characters that this version does not assign are refused,
//! and what later versions say of the others is the same (Unicode's stability
//! policies for normalisation and case folding).

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// Unicode 15.1.0: ranges of assigned code points, and the full case folding of
/// those that have one (statuses C and F of CaseFolding.txt).
#[derive(Deserialize)]
struct Table {
    assigned: Vec<(u32, u32)>,
    folding: HashMap<char, String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../unicode/15.1.0.json")).expect("the table is JSON")
});

/// Whether the version assigns this character; private use counts as assigned.
pub(crate) fn is_assigned(character: char) -> bool {
    let code = u32::from(character);
    let ranges = &TABLE.assigned;
    let after = ranges.partition_point(|(first, _)| *first <= code);
    after > 0 && code <= ranges[after - 1].1
}

/// The text's full case folding, each character by itself.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars() {
        match TABLE.folding.get(&character) {
            Some(other) => folded.push_str(other),
            None => folded.push(character),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_folds_to_what_folds_no_further() {
        let ranges = &TABLE.assigned;
        assert!(ranges.iter().all(|(first, last)| first <= last));
        assert!(ranges.windows(2).all(|two| two[0].1 + 1 < two[1].0));
        assert_eq!(TABLE.folding.len(), 1530);
        for (character, folded) in &TABLE.folding {
            assert!(is_assigned(*character));
            assert!(folded.chars().all(is_assigned));
            assert_eq!(fold(folded), *folded);
        }
    }

    #[test]
    fn what_the_version_does_not_know_is_not_assigned() {
        // Ideographs of extension I came with 15.1, Garay with 16.0.
        assert!(is_assigned('\u{2ebf0}'));
        assert!(!is_assigned('\u{10d50}'));
        assert!(!is_assigned('\u{378}'));
        assert!(is_assigned('\u{e000}'));
    }
}
