use proptest::prelude::*;

use super::sample::*;
use crate::bid::chunk::CHUNK;
use crate::bid::*;

fn big() -> Sample {
    let documents = vec![
        ("a", pattern(2 * CHUNK + 9)),
        ("b", Vec::new()),
        ("c", pattern(CHUNK)),
    ];
    Recipe {
        documents,
        ..Recipe::default()
    }
    .seal()
}

#[test]
fn a_body_is_complete_with_its_last_byte() {
    let sample = big();
    let mut check = UploadCheck::new(&sample.header);
    let (last, others) = sample.body().split_last().unwrap();
    check.update(others).unwrap();
    assert!(!check.is_complete());
    check.update(&[*last]).unwrap();
    assert!(check.is_complete());
    assert_eq!(check.position(), check.length());
    assert_eq!(check.update(&[0]), Err(UploadProblem::TooLong));
}

#[test]
fn an_altered_byte_is_refused_at_the_end_of_its_segment_or_chunk() {
    let sample = big();
    let header = &sample.header;
    let chunks = chunk_digests(header, &mut sample.body()).unwrap().unwrap();
    let place = *header.layout().place(0, 2).unwrap();
    let mut body = sample.body().to_vec();
    let at = usize::try_from(place.offset).unwrap() + CHUNK + 100;
    body[at] ^= 1;

    let mut check = UploadCheck::new(header);
    let problem = check.update(&body).unwrap_err();
    assert_eq!(
        problem,
        UploadProblem::Segment {
            envelope: 0,
            segment: 2
        }
    );
    assert_eq!(check.position(), place.offset);

    let mut check = UploadCheck::announced(header, &chunks).unwrap();
    let problem = check.update(&body).unwrap_err();
    let (envelope, segment) = (0, 2);
    assert_eq!(
        problem,
        UploadProblem::Chunk {
            envelope,
            segment,
            chunk: 1
        }
    );
    let resume = usize::try_from(check.position()).unwrap();
    assert_eq!(resume, usize::try_from(place.offset).unwrap() + CHUNK + 16);
    check.update(&sample.body()[resume..]).unwrap();
    assert!(check.is_complete());
}

#[test]
fn announced_digests_that_do_not_fit_are_refused_at_once() {
    let sample = big();
    let chunks = chunk_digests(&sample.header, &mut sample.body())
        .unwrap()
        .unwrap();
    let mut altered = chunks.clone();
    altered[70] ^= 1;
    let long = [&chunks[..], &[0; 32]].concat();
    for bad in [
        &altered[..],
        &long,
        &chunks[..chunks.len() - 32],
        &chunks[1..],
        &[],
    ] {
        let problem = UploadCheck::announced(&sample.header, bad).err();
        assert_eq!(problem, Some(UploadProblem::Announcement));
    }
}

#[test]
fn a_saved_state_does_not_repeat_what_was_announced() {
    let sample = big();
    let chunks = chunk_digests(&sample.header, &mut sample.body())
        .unwrap()
        .unwrap();
    let fresh = UploadCheck::announced(&sample.header, &chunks).unwrap();
    let mut check = fresh.clone();
    check.update(&sample.body()[..2 * CHUNK]).unwrap();
    let saved = check.checkpoint();
    let length = serde_json::to_vec(&saved).unwrap().len();
    assert!(length < 64, "{length}");
    // It is of no use to a check that was told no digests, nor the other way round.
    let told = UploadCheck::new(&sample.header);
    assert_eq!(
        told.clone().resume(&saved).err(),
        Some(UploadProblem::Checkpoint)
    );
    let mut check = told;
    check.update(&sample.body()[..2 * CHUNK]).unwrap();
    let saved = check.checkpoint();
    assert_eq!(fresh.resume(&saved).err(), Some(UploadProblem::Checkpoint));
}

#[test]
fn a_checkpoint_of_something_else_is_refused() {
    let sample = big();
    let mut check = UploadCheck::new(&sample.header);
    check.update(&sample.body()[..CHUNK + 50_000]).unwrap();
    let good = check.checkpoint();
    let other = Recipe::default().seal();
    assert!(UploadCheck::new(&other.header).resume(&good).is_err());
    for offset in [good.offset + 1, 0, u64::MAX] {
        let mut bad = good.clone();
        bad.offset = offset;
        assert!(
            UploadCheck::new(&sample.header).resume(&bad).is_err(),
            "{offset}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_pieces_with_restarts_in_between_complete_the_body(
        pieces in proptest::collection::vec((1..1_500_000usize, any::<bool>()), 1..20),
        announce: bool,
    ) {
        let sample = big();
        let body = sample.body();
        let chunks = chunk_digests(&sample.header, &mut &body[..]).unwrap().unwrap();
        let fresh = if announce {
            UploadCheck::announced(&sample.header, &chunks).unwrap()
        } else {
            UploadCheck::new(&sample.header)
        };
        let mut check = fresh.clone();
        for (length, restart) in pieces.into_iter().chain([(usize::MAX, false)]) {
            if restart {
                let saved = serde_json::to_string(&check.checkpoint()).unwrap();
                let saved = serde_json::from_str(&saved).unwrap();
                check = fresh.clone().resume(&saved).unwrap();
            }
            let from = usize::try_from(check.position()).unwrap();
            let to = from.saturating_add(length).min(body.len());
            check.update(&body[from..to]).unwrap();
        }
        prop_assert!(check.is_complete());
    }
}
