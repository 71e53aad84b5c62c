//! Segments of suite `gm`: what is sealed opens, and what is altered or moved does not.
#![no_main]

use kaibiao_gm::segment::{Place, SegmentCipher, TAG};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: ([u8; 32], [u8; 32], u8, u32, u8, usize, Vec<u8>)| {
    let (key, context, envelope, segment, count, at, bytes) = input;
    let place = Place {
        envelope,
        segment,
        context,
    };
    let cipher = SegmentCipher::new(&key, &place);
    // What was never sealed is not authentic.
    let mut made_up = bytes.clone();
    made_up.resize(bytes.len().max(TAG), 0);
    let opened = cipher.open(0, 0, &mut [&mut made_up]);
    assert!(opened[0].plain.is_none());

    let chunks = usize::from(count % 9) + 1;
    let last = u32::try_from(chunks - 1).unwrap();
    let mut all: Vec<Vec<u8>> = vec![[&bytes[..], &[0; TAG]].concat(); chunks];
    let mut lent: Vec<&mut [u8]> = all.iter_mut().map(Vec::as_mut_slice).collect();
    let sealed = cipher.seal(0, last, &mut lent);
    let mut again = all.clone();
    let mut lent: Vec<&mut [u8]> = again.iter_mut().map(Vec::as_mut_slice).collect();
    let opened = cipher.open(0, last, &mut lent);
    for (at, chunk) in again.iter().enumerate() {
        assert_eq!(opened[at].plain, sealed[at].plain);
        assert_eq!(opened[at].sealed, sealed[at].sealed);
        assert_eq!(chunk[..bytes.len()], bytes);
    }
    let mut altered = all[0].clone();
    let at = at % altered.len();
    altered[at] ^= 1;
    assert!(cipher.open(0, last, &mut [&mut altered])[0].plain.is_none());
    let mut moved = all[0].clone();
    assert!(
        cipher.open(1, last + 1, &mut [&mut moved])[0]
            .plain
            .is_none()
    );
});
