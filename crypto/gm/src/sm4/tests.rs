use super::*;
use crate::tests::levels;
use proptest::prelude::*;

const KEY: &str = "0123456789abcdeffedcba9876543210";

fn block(text: &str) -> [u8; 16] {
    many(text).try_into().unwrap()
}

fn many(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

#[test]
fn it_is_that_of_gbt_32907_appendix_a() {
    let sm4 = Sm4::new(&block(KEY));
    let sealed = block("681edf34d206965e86b3e94f536e4246");
    assert_eq!(sm4.encrypt(&block(KEY)), sealed);
    assert_eq!(sm4.decrypt(&sealed), block(KEY));
    assert_eq!((sm4.rounds[0], sm4.rounds[31]), (0xf121_86f9, 0x9124_a012));
}

/// GB/T 32907, A.2: the same block encrypted a million times.
#[test]
#[cfg_attr(debug_assertions, ignore = "a minute without optimisation")]
fn a_million_times_it_is_that_of_gbt_32907_appendix_a() {
    let sm4 = Sm4::new(&block(KEY));
    let mut text = block(KEY);
    for _ in 0..1_000_000 {
        text = sm4.encrypt(&text);
    }
    assert_eq!(text, block("595298c7c6fd271f0402f804c33d3f66"));
}

/// The same in counter mode: what a counter block becomes is known block by block.
#[test]
fn side_by_side_gives_what_one_block_after_another_gives() {
    let sm4 = Sm4::new(&block(KEY));
    for (first, length) in [
        (0_u32, 0),
        (0, 1),
        (0, 16),
        (0, 8192),
        (31, 8193),
        (0x7fff_fff0, 20_000),
        (0xffff_ff00 - 2000, 16_384 + 5),
    ] {
        let mut counter = block("00112233445566778899aabb00000000");
        counter[12..].copy_from_slice(&first.to_be_bytes());
        let text: Vec<u8> = (0..length).map(|at: u32| at as u8).collect();
        let mut expected = text.clone();
        for (number, bytes) in (first..).zip(expected.chunks_mut(16)) {
            let mut counter = counter;
            counter[12..].copy_from_slice(&number.to_be_bytes());
            for (byte, pad) in bytes.iter_mut().zip(sm4.encrypt(&counter)) {
                *byte ^= pad;
            }
        }
        for level in levels() {
            let mut found = text.clone();
            sm4.ctr_at(level, &counter, &mut found);
            assert!(found == expected, "{length} bytes from {first}, {level:?}");
        }
    }
}

/// draft-ribose-cfrg-sm4-10, A.2.2 and A.2.5.
#[test]
fn modes_are_those_of_the_draft() {
    let text = many(concat!(
        "aaaaaaaabbbbbbbbccccccccdddddddd",
        "eeeeeeeeffffffffaaaaaaaabbbbbbbb"
    ));
    let iv = block("000102030405060708090a0b0c0d0e0f");
    for (key, sealed) in [
        (
            KEY,
            "78ebb11cc40b0a48312aaeb2040244cb4cb7016951909226979b0d15dc6a8f6d",
        ),
        (
            "fedcba98765432100123456789abcdef",
            "0d3a6ddc2d21c698857215587b7bb59a91f2c147911a4144665e1fa1d40bae38",
        ),
    ] {
        let sm4 = Sm4::new(&block(key));
        let (blocks, _) = text.as_chunks::<16>();
        let mut blocks = blocks.to_vec();
        sm4.cbc_encrypt(&iv, &mut blocks);
        assert_eq!(hex::encode(blocks.as_flattened()), sealed);
        sm4.cbc_decrypt(&iv, &mut blocks);
        assert_eq!(blocks.as_flattened(), text);
    }

    let text = many(concat!(
        "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd",
        "eeeeeeeeeeeeeeeeffffffffffffffffaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb"
    ));
    for (key, sealed) in [
        (
            KEY,
            concat!(
                "ac3236cb970cc20791364c395a1342d1a3cbc1878c6f30cd074cce385cdd70c7",
                "f234bc0e24c11980fd1286310ce37b926e02fcd0faa0baf38b2933851d824514"
            ),
        ),
        (
            "fedcba98765432100123456789abcdef",
            concat!(
                "5dcccd25b95ab07417a08512ee160e2f8f661521cbbab44cc87138445bc29e5c",
                "0ae0297205d62704173b21239b887f6c8cb5b800917a2488284bde9e16ea2906"
            ),
        ),
    ] {
        let mut found = text.clone();
        Sm4::new(&block(key)).ctr(&iv, &mut found);
        assert_eq!(hex::encode(found), sealed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn what_is_added_is_taken_away(key: [u8; 16], iv: [u8; 16], blocks in proptest::collection::vec(any::<[u8; 16]>(), 0..9)) {
        let sm4 = Sm4::new(&key);
        let mut found = blocks.clone();
        sm4.cbc_encrypt(&iv, &mut found);
        sm4.cbc_decrypt(&iv, &mut found);
        prop_assert_eq!(&found, &blocks);
        let mut counter = iv;
        counter[12] = 0;
        let mut text = blocks.as_flattened().to_vec();
        sm4.ctr(&counter, &mut text);
        sm4.ctr(&counter, &mut text);
        prop_assert_eq!(text, blocks.as_flattened());
    }
}
