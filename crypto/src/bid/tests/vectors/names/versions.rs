//! Pairs of names that versions of Unicode, and ways of folding, disagree on.

use super::Case;

pub(super) const CASES: &[Case] = &[
    (
        "Cyrillic of Unicode 9",
        &["\u{1c80}", "\u{432}"],
        Some((1, "name-duplicate")),
    ),
    (
        "Osage of Unicode 9",
        &["\u{104b0}", "\u{104d8}"],
        Some((1, "name-duplicate")),
    ),
    (
        "Adlam of Unicode 9",
        &["\u{1e900}", "\u{1e922}"],
        Some((1, "name-duplicate")),
    ),
    (
        "Medefaidrin of Unicode 11",
        &["\u{16e40}", "\u{16e60}"],
        Some((1, "name-duplicate")),
    ),
    (
        "Latin of Unicode 12, U+A7C4",
        &["\u{a7c4}", "\u{a794}"],
        Some((1, "name-duplicate")),
    ),
    (
        "Latin of Unicode 12, U+A7C6",
        &["\u{a7c6}", "\u{1d8e}"],
        Some((1, "name-duplicate")),
    ),
    (
        "Latin of Unicode 13",
        &["\u{a7c7}", "\u{a7c8}"],
        Some((1, "name-duplicate")),
    ),
    (
        "Latin of Unicode 13, U+A7F5",
        &["\u{a7f5}", "\u{a7f6}"],
        Some((1, "name-duplicate")),
    ),
    (
        "Latin of Unicode 14, U+A7C0",
        &["\u{a7c0}", "\u{a7c1}"],
        Some((1, "name-duplicate")),
    ),
    (
        "Glagolitic of Unicode 14",
        &["\u{2c2f}", "\u{2c5f}"],
        Some((1, "name-duplicate")),
    ),
    (
        "Vithkuqi of Unicode 14",
        &["\u{10570}", "\u{10597}"],
        Some((1, "name-duplicate")),
    ),
    (
        "a capital of Unicode 16, U+A7CB",
        &["\u{a7cb}"],
        Some((0, "name-character")),
    ),
    (
        "a capital of Unicode 16, U+A7CC",
        &["\u{a7cc}"],
        Some((0, "name-character")),
    ),
    (
        "a capital of Unicode 16, U+A7DA",
        &["\u{a7da}"],
        Some((0, "name-character")),
    ),
    (
        "a capital of Unicode 16, U+A7DC",
        &["\u{a7dc}"],
        Some((0, "name-character")),
    ),
    (
        "a capital of Unicode 16, U+1C89",
        &["\u{1c89}"],
        Some((0, "name-character")),
    ),
    (
        "a capital of Unicode 16, U+10D65",
        &["\u{10d65}"],
        Some((0, "name-character")),
    ),
    (
        "a capital of Unicode 17, U+A7CE",
        &["\u{a7ce}"],
        Some((0, "name-character")),
    ),
    (
        "a capital of Unicode 17, U+A7D2",
        &["\u{a7d2}"],
        Some((0, "name-character")),
    ),
    (
        "a capital of Unicode 17, U+A7D4",
        &["\u{a7d4}"],
        Some((0, "name-character")),
    ),
    (
        "a capital of Unicode 17, U+16EA0",
        &["\u{16ea0}"],
        Some((0, "name-character")),
    ),
    (
        "a code point that nothing is assigned to in plane 3",
        &["\u{3fff0}"],
        Some((0, "name-character")),
    ),
    ("the long s", &["\u{17f}", "S"], Some((1, "name-duplicate"))),
    (
        "the micro sign and mu",
        &["\u{b5}", "\u{3bc}"],
        Some((1, "name-duplicate")),
    ),
    (
        "two ligatures of st",
        &["\u{fb05}", "\u{fb06}"],
        Some((1, "name-duplicate")),
    ),
    (
        "a letter with an apostrophe folds to two",
        &["\u{149}", "\u{2bc}N"],
        Some((1, "name-duplicate")),
    ),
    (
        "Armenian ech yiwn",
        &["\u{587}", "\u{535}\u{552}"],
        Some((1, "name-duplicate")),
    ),
    (
        "a dotted s with a long s",
        &["\u{1e9b}", "\u{1e60}"],
        Some((1, "name-duplicate")),
    ),
    (
        "Cherokee of Unicode 8",
        &["\u{13f8}", "\u{13f0}"],
        Some((1, "name-duplicate")),
    ),
    (
        "Deseret",
        &["\u{10400}", "\u{10428}"],
        Some((1, "name-duplicate")),
    ),
    (
        "sigma in three forms",
        &["\u{3c2}", "\u{3a3}"],
        Some((1, "name-duplicate")),
    ),
    (
        "iota below, which is not normal",
        &["\u{1fbe}"],
        Some((0, "name-not-normal")),
    ),
    (
        "j with caron, of which there is no capital",
        &["\u{1f0}", "J\u{30c}"],
        Some((1, "name-duplicate")),
    ),
    (
        "three names, the last like the first",
        &["ab", "c", "AB"],
        Some((2, "name-duplicate")),
    ),
    (
        "the same name twice",
        &["a", "a"],
        Some((1, "name-duplicate")),
    ),
    (
        "what was folded is not normalised again",
        &["\u{390}", "\u{3aa}\u{301}"],
        None,
    ),
    ("the capital I and the dotless i", &["I", "\u{131}"], None),
    ("the capital I with a dot and i", &["\u{130}", "i"], None),
    (
        "half and full width katakana",
        &["\u{30a2}", "\u{ff71}"],
        None,
    ),
    ("a superscript and its digit", &["a\u{b2}", "a2"], None),
    (
        "a ligature and another one",
        &["\u{fb00}", "\u{fb01}"],
        None,
    ),
    ("traditional and simplified", &["開", "开"], None),
];
