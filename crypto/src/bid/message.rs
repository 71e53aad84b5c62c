//! The frame of segments 0 and 1 (section 8): salt, length, message, padding.

use super::problem::OpenProblem;
use crate::Suite;
use crate::digest::Digest;

const SALT: usize = 32;
const FRONT: usize = SALT + 8;
const BLOCK: usize = 4096;

/// The length of the frame of a message.
pub(super) const fn frame_length(message: usize) -> usize {
    (FRONT + message).next_multiple_of(BLOCK)
}

pub(super) fn frame(salt: &[u8; 32], message: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(frame_length(message.len()));
    frame.extend_from_slice(salt);
    frame.extend_from_slice(&(message.len() as u64).to_be_bytes());
    frame.extend_from_slice(message);
    frame.resize(frame_length(message.len()), 0);
    frame
}

/// Salt and message of a frame with the shortest padding of zeros.
pub(super) fn unframe(segment: u32, frame: &[u8]) -> Result<([u8; 32], &[u8]), OpenProblem> {
    let wrong = OpenProblem::FrameWrong { segment };
    let (salt, rest) = frame.split_first_chunk::<SALT>().ok_or(wrong.clone())?;
    let (length, rest) = rest.split_first_chunk::<8>().ok_or(wrong.clone())?;
    let length = usize::try_from(u64::from_be_bytes(*length)).map_err(|_| wrong.clone())?;
    let (message, padding) = rest.split_at_checked(length).ok_or(wrong.clone())?;
    if frame.len() == frame_length(length) && padding.iter().all(|byte| *byte == 0) {
        Ok((*salt, message))
    } else {
        Err(wrong)
    }
}

/// P_i
pub(super) fn commit_plaintext(
    suite: Suite,
    envelope: u8,
    segment: u32,
    salt: &[u8; 32],
    message: &[u8],
) -> Digest {
    suite.labelled(
        "kaibiao/1 plaintext",
        &[
            &[envelope],
            &segment.to_be_bytes(),
            salt,
            &(message.len() as u64).to_be_bytes(),
            message,
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_frame_gives_its_message_back(salt: [u8; 32], message in proptest::collection::vec(any::<u8>(), 0..9000)) {
            let frame = frame(&salt, &message);
            prop_assert_eq!(frame.len() % 4096, 0);
            prop_assert_eq!(unframe(0, &frame), Ok((salt, &message[..])));
        }

        #[test]
        fn any_bytes_are_refused_or_their_own_frame(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(unframe(0, &bytes).is_err(), "shorter than a block");
        }
    }

    #[test]
    fn every_other_padding_is_refused() {
        let good = frame(&[7; 32], b"x");
        let mut stained = good.clone();
        stained[4095] = 1;
        let mut long = good.clone();
        long.resize(8192, 0);
        let mut beyond = good.clone();
        beyond[32..40].copy_from_slice(&u64::MAX.to_be_bytes());
        for bad in [&stained[..], &long, &beyond, &good[..4095], &[]] {
            let wrong = OpenProblem::FrameWrong { segment: 1 };
            assert_eq!(unframe(1, bad), Err(wrong));
        }
    }
}
