//! Byte ranges of a download (RFC 9110 section 14), one at a time.

use std::ops::Range;

/// What a `Range` header asks of a body of known length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// No range, or one that RFC 9110 says to ignore: the whole body, 200.
    Whole,
    /// 206 with these bytes.
    Part(Range<u64>),
    /// 416: nothing of the body lies in the range.
    Unsatisfiable,
}

/// Reads `bytes=first-last`, `bytes=first-` and `bytes=-suffix`. Several
/// ranges in one header are answered with the whole body, which the RFC allows.
pub fn wanted(header: Option<&str>, length: u64) -> Wanted {
    let Some(set) = header.and_then(|text| text.trim().strip_prefix("bytes=")) else {
        return Wanted::Whole;
    };
    let Some((first, last)) = set.split_once('-') else {
        return Wanted::Whole;
    };
    let number = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| text.parse::<u64>().ok())
            .flatten()
    };
    let (start, end) = match (first, last) {
        ("", suffix) => match number(suffix) {
            Some(0) => return Wanted::Unsatisfiable,
            Some(suffix) => (length.saturating_sub(suffix), length),
            None => return Wanted::Whole,
        },
        (first, "") => match number(first) {
            Some(first) => (first, length),
            None => return Wanted::Whole,
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => {
                (first, length.min(last.saturating_add(1)))
            }
            _ => return Wanted::Whole,
        },
    };
    if start >= length {
        Wanted::Unsatisfiable
    } else {
        Wanted::Part(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_cut_to_the_body() {
        assert_eq!(wanted(Some("bytes=0-0"), 10), Wanted::Part(0..1));
        assert_eq!(wanted(Some("bytes=4-"), 10), Wanted::Part(4..10));
        assert_eq!(wanted(Some("bytes=-3"), 10), Wanted::Part(7..10));
        assert_eq!(wanted(Some("bytes=-30"), 10), Wanted::Part(0..10));
        assert_eq!(wanted(Some("bytes=5-99999999999"), 10), Wanted::Part(5..10));
    }

    #[test]
    fn a_range_past_the_end_is_unsatisfiable() {
        assert_eq!(wanted(Some("bytes=10-"), 10), Wanted::Unsatisfiable);
        assert_eq!(wanted(Some("bytes=-0"), 10), Wanted::Unsatisfiable);
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Unsatisfiable);
    }

    #[test]
    fn what_is_not_one_byte_range_asks_for_everything() {
        for odd in [
            "",
            "lines=1-2",
            "bytes=5-4",
            "bytes=a-b",
            "bytes=1-2,4-5",
            "bytes=+1-2",
            "bytes=99999999999999999999-",
        ] {
            assert_eq!(wanted(Some(odd), 10), Wanted::Whole, "{odd}");
        }
        assert_eq!(wanted(None, 10), Wanted::Whole);
    }
}
