//! Characters that no text may hold which people read: on screens, on paper, or as
//! the name of a file.

/// Whether a character shows nothing, or turns the direction of what stands beside
/// it (sealed-bid.md, 9): the code points with the property
/// Default_Ignorable_Code_Point (Unicode 16), the separators of lines and
/// paragraphs, the empty Braille pattern, marks of annotation, noncharacters.
pub const fn is_hidden(character: char) -> bool {
    let code = character as u32;
    matches!(
        code,
        0xad | 0x34f
            | 0x61c
            | 0x115f..=0x1160
            | 0x17b4..=0x17b5
            | 0x180b..=0x180f
            | 0x200b..=0x200f
            | 0x2028..=0x202e
            | 0x2060..=0x206f
            | 0x2800
            | 0x3164
            | 0xfdd0..=0xfdef
            | 0xfe00..=0xfe0f
            | 0xfeff
            | 0xffa0
            | 0xfff0..=0xfffb
            | 0x1bca0..=0x1bca3
            | 0x1d173..=0x1d17a
            | 0xe0000..=0xe0fff
    ) || code & 0xfffe == 0xfffe
}
