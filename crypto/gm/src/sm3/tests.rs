use super::*;
use crate::tests::levels;
use proptest::prelude::*;

fn sm3(bytes: &[u8]) -> [u8; 32] {
    let mut hasher = Sm3::new();
    hasher.update(bytes);
    hasher.finish()
}

#[test]
fn it_is_that_of_gbt_32905_appendix_a() {
    for (text, digest) in [
        (
            b"abc".to_vec(),
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
        ),
        (
            b"abcd".repeat(16),
            "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
        ),
    ] {
        assert_eq!(hex::encode(sm3(&text)), digest);
        let beside = vec![0; text.len()];
        let mut both = Sm3::of_each(&[&text, &beside]).into_iter();
        assert_eq!(hex::encode(both.next().unwrap().finish()), digest);
        assert_eq!(both.next().unwrap().finish(), sm3(&beside));
    }
}

/// GM/T 0042-2015, appendix D; openssl says the same.
#[test]
fn hmac_is_that_of_gmt_0042() {
    let key: Vec<u8> = (1..=0x20).collect();
    let text = [&b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"[..]; 2].concat();
    let parts = [&text[..5], &text[5..]];
    let found = hmac(&key, &parts);
    assert_eq!(
        hex::encode(found),
        "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"
    );
    assert!(hmac_is(&key, &[&text], &found));
    assert!(!hmac_is(&key, &[&text, b"x"], &found));
    assert!(!hmac_is(&key, &[&text], &found[..31]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn side_by_side_gives_what_each_gives_by_itself(
        texts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..400), 0..36),
        more in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let texts: Vec<&[u8]> = texts.iter().map(|text| &text[..]).collect();
        for level in levels() {
            let found = Sm3::of_each_at(level, &texts);
            prop_assert_eq!(found.len(), texts.len());
            for (mut hasher, text) in found.into_iter().zip(&texts) {
                prop_assert_eq!(hasher.clone().finish(), sm3(text));
                hasher.update(&more);
                prop_assert_eq!(hasher.finish(), sm3(&[text, &more[..]].concat()));
            }
        }
    }
}
