use proptest::prelude::*;

use super::sample::*;
use crate::bid::*;
use crate::digest::Digest;

#[test]
fn a_header_keeps_its_exact_bytes() {
    let sample = Recipe::default().seal();
    let bytes = sample.header.to_bytes();
    assert!(sample.file.starts_with(&bytes));
    let read = Header::parse(&bytes).unwrap();
    assert_eq!(read.to_bytes(), bytes);
    assert_eq!(read.length(), bytes.len() as u64);
    let digests = [
        HeaderPart::Context,
        HeaderPart::Commitments,
        HeaderPart::Wraps,
        HeaderPart::Chain,
    ]
    .map(|part| Digest::of(read.part(part)));
    let parts = digests.each_ref().map(|digest| &digest.as_bytes()[..]);
    assert_eq!(read.digest(), Digest::labelled("kaibiao/1 bid", &parts));
}

#[test]
fn every_cut_of_a_header_is_refused_as_cut() {
    let bytes = Recipe::default().seal().header.to_bytes();
    for length in 0..bytes.len() {
        let problem = Header::parse(&bytes[..length]).unwrap_err();
        let expected = if length < MAGIC.len() {
            HeaderProblem::NotABid
        } else {
            HeaderProblem::Truncated
        };
        assert_eq!(problem, expected, "{length}");
    }
}

#[test]
fn a_length_beyond_the_limit_is_refused_without_reading_on() {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(u32::MAX.to_be_bytes());
    let problem = Header::parse(&bytes).unwrap_err();
    assert_eq!(problem, HeaderProblem::TooLong(HeaderPart::Context));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_changed_bit_is_refused_or_makes_another_bid(at: prop::sample::Index, bit in 0..8u8) {
        let header = Recipe::default().seal().header;
        let mut bytes = header.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(other) = Header::parse(&bytes) {
            prop_assert_eq!(other.to_bytes(), bytes);
            prop_assert_ne!(other.digest(), header.digest());
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), magic: bool) {
        let bytes = if magic { [&MAGIC[..], &bytes].concat() } else { bytes };
        prop_assert!(Header::parse(&bytes).is_err());
    }
}
