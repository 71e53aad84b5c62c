//! Which organisation a certificate speaks for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::CertificateProblem;

/// An organisation, which is its unified social credit code (统一社会信用代码,
/// GB 32100-2015): 18 characters, the first two a registration authority and a
/// kind of body that there are, the last a check character. A citizen's number
/// is none, though one in 31 has the right last character. Whichever authority
/// vouches for the code, it is the same legal person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Organisation(String);

/// GB 32100-2015, table 1: no I, O, S, V, Z.
const CHARACTERS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

impl Organisation {
    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Completes 17 characters with their check character; for making
    /// demonstration certificates.
    pub fn complete(first_17: &str) -> Result<Self, CertificateProblem> {
        let check = check_character(first_17).ok_or(CertificateProblem::BadOrganisationCode)?;
        format!("{first_17}{}", char::from(check)).parse()
    }
}

/// GB 32100-2015, 4.2 and 4.3, as amended: each registration authority with the
/// kinds of bodies that it registers.
const HEADS: [(u8, &[u8]); 12] = [
    (b'1', b"1239"),
    (b'2', b"19"),
    (b'3', b"123459"),
    (b'4', b"19"),
    (b'5', b"1239"),
    (b'6', b"129"),
    (b'7', b"129"),
    (b'8', b"19"),
    (b'9', b"123"),
    (b'A', b"19"),
    (b'N', b"1239"),
    (b'Y', b"1"),
];

fn has_head(code: &str) -> bool {
    let [authority, kind, ..] = code.as_bytes() else {
        return false;
    };
    let mut heads = HEADS.iter();
    heads.any(|(one, kinds)| one == authority && kinds.contains(kind))
}

/// Whether it is a citizen's number (GB 11643-1999): six digits of a region of
/// the mainland, Taiwan, Hong Kong or Macao, a day of birth, three digits, and
/// a check character by ISO 7064, MOD 11-2.
fn is_citizens_number(code: &str) -> bool {
    let (Some(first_17), Some(check)) = (code.get(..17), code.as_bytes().get(17)) else {
        return false;
    };
    if !first_17.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let number = |range: std::ops::Range<usize>| first_17[range].parse::<u32>().unwrap_or(0);
    let region = number(0..2);
    let is_region = matches!(
        region,
        11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83
    );
    let is_day = matches!(number(6..8), 19 | 20)
        && (1..=12).contains(&number(10..12))
        && (1..=31).contains(&number(12..14));
    let sum = first_17
        .bytes()
        .fold(0, |sum, byte| (sum + u32::from(byte - b'0')) * 2 % 11);
    let right = b"10X98765432"[usize::try_from(sum % 11).unwrap_or(0)];
    is_region && is_day && *check == right
}

impl FromStr for Organisation {
    type Err = CertificateProblem;

    fn from_str(text: &str) -> Result<Self, CertificateProblem> {
        let (first_17, check) = text
            .split_at_checked(17)
            .ok_or(CertificateProblem::BadOrganisationCode)?;
        match check_character(first_17) {
            Some(right)
                if check.as_bytes() == [right] && has_head(text) && !is_citizens_number(text) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(CertificateProblem::BadOrganisationCode),
        }
    }
}

/// The check character of the first 17: weights are the powers of 3 modulo 31
/// (GB 32100-2015, 4.6; ISO 7064).
fn check_character(first_17: &str) -> Option<u8> {
    if first_17.len() != 17 {
        return None;
    }
    let mut weight = 1;
    let mut sum = 0;
    for byte in first_17.bytes() {
        let value = CHARACTERS.iter().position(|character| *character == byte)?;
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    Some(CHARACTERS[(31 - sum % 31) % 31])
}

impl fmt::Display for Organisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Organisation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Organisation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_of_real_organisations_pass() {
        for code in [
            "91350100M000100Y43", // the example of GB 32100-2015
            "91110000802100433B",
            "91440300708461136T",
            "914403001922038216",
            "911100007109310534",
        ] {
            assert_eq!(code.parse::<Organisation>().unwrap().as_str(), code);
        }
    }

    #[test]
    fn other_texts_are_no_codes() {
        for text in [
            "",
            "91350100M000100Y44",
            "91350100m000100y43",
            "91350100M000100Y4",
            "91350100M000100Y433",
            "91350100I000100Y43",
            "一二三四五六七八九十一二三四五六七八",
        ] {
            assert_eq!(
                text.parse::<Organisation>(),
                Err(CertificateProblem::BadOrganisationCode),
                "{text}"
            );
        }
    }

    #[test]
    fn what_no_authority_registers_is_no_code_whatever_its_check_character() {
        let complete = |first: &str| {
            let check = check_character(first).map(char::from).unwrap();
            format!("{first}{check}")
        };
        for head in ["00", "94", "01", "16", "51", "Y2", "H1"] {
            let code = complete(&format!("{head}350100M000100Y4"));
            let is_one = code.parse::<Organisation>().is_ok();
            assert_eq!(is_one, head == "51", "{code}");
        }
    }

    #[test]
    fn a_citizens_number_is_no_code_though_its_last_character_passes() {
        for number in [
            "110105196208150017",
            "510104197008150015",
            "350102199108150019",
        ] {
            let first = check_character(&number[..17]).unwrap();
            assert!(number.as_bytes()[17] == first && has_head(number));
            assert!(is_citizens_number(number));
            assert_eq!(
                number.parse::<Organisation>(),
                Err(CertificateProblem::BadOrganisationCode)
            );
        }
        // A body of Beijing's whose code has no birthday in it.
        assert!(!is_citizens_number("11110000000013338W"));
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_always_noticed(
            first in "9[123][0-9A-HJ-NP-RTUW-Y]{15}", at in 0usize..18, with in 0usize..31,
        ) {
            let code = Organisation::complete(&first).unwrap();
            prop_assert_eq!(code.as_str().parse::<Organisation>().unwrap(), code.clone());
            let mut wrong = code.as_str().as_bytes().to_vec();
            prop_assume!(wrong[at] != CHARACTERS[with]);
            wrong[at] = CHARACTERS[with];
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert!(wrong.parse::<Organisation>().is_err());
        }
    }
}
