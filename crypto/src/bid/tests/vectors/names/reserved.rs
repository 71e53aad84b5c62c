//! Characters, edges and devices, each of its kind once.

use super::Case;

pub(super) const CASES: &[Case] = &[
    ("the character colon", &["a:b"], Some((0, "name-character"))),
    ("the character bar", &["a|b"], Some((0, "name-character"))),
    (
        "the character question mark",
        &["a?b"],
        Some((0, "name-character")),
    ),
    (
        "the character asterisk",
        &["a*b"],
        Some((0, "name-character")),
    ),
    (
        "the character less than",
        &["a<b"],
        Some((0, "name-character")),
    ),
    (
        "the character greater than",
        &["a>b"],
        Some((0, "name-character")),
    ),
    (
        "the character quotation mark",
        &["a\"b"],
        Some((0, "name-character")),
    ),
    ("a tab", &["a\u{9}b"], Some((0, "name-character"))),
    ("DEL", &["a\u{7f}"], Some((0, "name-character"))),
    (
        "a zero width joiner",
        &["a\u{200d}b"],
        Some((0, "name-character")),
    ),
    (
        "a variation selector",
        &["a\u{fe0f}"],
        Some((0, "name-character")),
    ),
    ("a soft hyphen", &["a\u{ad}b"], Some((0, "name-character"))),
    (
        "a byte order mark",
        &["\u{feff}a"],
        Some((0, "name-character")),
    ),
    (
        "a Hangul filler",
        &["\u{3164}"],
        Some((0, "name-character")),
    ),
    (
        "the empty Braille pattern",
        &["\u{2800}"],
        Some((0, "name-character")),
    ),
    (
        "a tag of plane 14",
        &["a\u{e0041}"],
        Some((0, "name-character")),
    ),
    ("spaces only", &[" "], Some((0, "name-edge"))),
    (
        "an ideographic space before",
        &["\u{3000}a"],
        Some((0, "name-edge")),
    ),
    ("a no-break space at the end is no edge", &["a\u{a0}"], None),
    ("a dot before and two within", &[".a..b"], None),
    ("a space within", &["a b"], None),
    ("a separator alone", &["/"], Some((0, "name-character"))),
    (
        "an edge and reserved: the edge wins",
        &["CON."],
        Some((0, "name-edge")),
    ),
    (
        "reserved and the same twice: each by itself first",
        &["a", "con", "con"],
        Some((1, "name-reserved")),
    ),
    (
        "too long is told before characters",
        &[
            "////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////",
        ],
        Some((0, "name-length")),
    ),
    ("a device, CON", &["CON"], Some((0, "name-reserved"))),
    ("a device, prn", &["prn"], Some((0, "name-reserved"))),
    ("a device, Aux", &["Aux"], Some((0, "name-reserved"))),
    ("a device, nUl", &["nUl"], Some((0, "name-reserved"))),
    ("a device, CONIN$", &["CONIN$"], Some((0, "name-reserved"))),
    (
        "a device, conout$",
        &["conout$"],
        Some((0, "name-reserved")),
    ),
    ("a device, COM0", &["COM0"], Some((0, "name-reserved"))),
    ("a device, com1", &["com1"], Some((0, "name-reserved"))),
    ("a device, COM9", &["COM9"], Some((0, "name-reserved"))),
    ("a device, LPT0", &["LPT0"], Some((0, "name-reserved"))),
    ("a device, lpt3", &["lpt3"], Some((0, "name-reserved"))),
    (
        "a device, COM superscript 1",
        &["COM\u{b9}"],
        Some((0, "name-reserved")),
    ),
    (
        "a device, lpt superscript 2",
        &["lpt\u{b2}"],
        Some((0, "name-reserved")),
    ),
    (
        "a device, Com superscript 3",
        &["Com\u{b3}"],
        Some((0, "name-reserved")),
    ),
    (
        "a device with an ending",
        &["nul.pdf"],
        Some((0, "name-reserved")),
    ),
    (
        "a device with two endings and a space before",
        &["Com1 .tar.gz"],
        Some((0, "name-reserved")),
    ),
    (
        "a device after another name",
        &["a", "aux.b"],
        Some((1, "name-reserved")),
    ),
    ("no device, COM10", &["COM10"], None),
    (
        "no device, COM with a full-width digit",
        &["COM\u{ff11}"],
        None,
    ),
    (
        "no device, full-width letters",
        &["\u{ff23}\u{ff2f}\u{ff2e}"],
        None,
    ),
    ("no device, the ending alone", &["a.con"], None),
    (
        "no device, an ideographic space before the dot",
        &["CON\u{3000}.pdf"],
        None,
    ),
    ("no device, COM", &["COM"], None),
    ("no device, superscript 4", &["COM\u{2074}"], None),
    ("no device, a space before", &["x CON"], None),
];
