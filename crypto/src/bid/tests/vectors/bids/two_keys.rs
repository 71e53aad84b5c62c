//! Bids that are sealed under r and r' at once, and the check at which each
//! fails.

use serde_json::Value;

use super::super::super::forge::Forge;
use super::super::super::sample::*;
use super::super::failure;
use super::{Book, Known};
use crate::bid::message::frame;
use crate::canonical;
use crate::digest::Digest;
use crate::secret::Secret;
use crate::wrap::Role;

pub(super) fn two_keys(book: &mut Book, honest: &Forge) {
    let example: Value = serde_json::from_str(include_str!(
        "../../../../../vectors/sealed-bid/two-keys.json"
    ))
    .unwrap();
    let bytes = |name: &str| hex::decode(example[name].as_str().unwrap()).unwrap();
    for (segment, place) in ["sheet", "manifest", "document"].into_iter().enumerate() {
        let at = format!("segment {segment}");
        let length = usize::try_from(honest.commitments.segments[segment].length).unwrap();
        let mut ciphertext = bytes("ct");
        ciphertext.resize(length, 0);
        ciphertext.extend(bytes("tag"));
        let mut literal = honest.clone();
        literal.put(segment, length, ciphertext);
        let name = format!("the ciphertext of two-keys.json as {place}");
        book.refused(&name, &literal, &at, "not-authentic");

        // Made for this bid: authentic under r and under r'.
        let other = Secret::from_bytes([0x55; 32]);
        let index = u32::try_from(segment).unwrap();
        let plaintext = match segment {
            0 => frame(&[0; 32], b"{\"duration\":180,\"price\":\"987654321\"}"),
            1 => {
                let mut manifest = honest.manifest();
                manifest.draw = Digest::of(b"another draw");
                frame(&[0; 32], &canonical::to_bytes(&manifest))
            }
            _ => vec![b'9'; 96],
        };
        let ciphertext = honest.two_keys(&other, index, &plaintext, 0);
        let mut forge = honest.clone();
        forge.put(segment, length, ciphertext);

        let mut shares = forge.clone();
        shares.deal(Role::Release, &other);
        let known = Known::of_secret(&shares, &other, &[1, 2]);
        let name = format!("a two-key {place}: shares of r' under the commitment to r");
        let outcome = failure("release", "release-mismatch");
        book.case(&name, &shares.pieces(), &known, outcome);

        let mut release = shares.clone();
        release.commitments.r = release.derivation().commit_r(&other);
        let name = format!("a two-key {place}: rewrapped for r', DEK committed for r");
        let outcome = failure("unlock", "key-mismatch");
        book.case(&name, &release.pieces(), &known, outcome);

        // Everything for r', but this segment under the key from r.
        let mut two_deks = release.clone();
        let derivation = two_deks.derivation();
        let prk = derivation.prk(&derivation.dek(&two_deks.b, &other));
        two_deks.commitments.dek = derivation.commit_dek(&prk);
        two_deks.r = other.clone();
        for rest in (0..3).filter(|rest| *rest != segment) {
            let key = derivation.segment_key(&prk, u32::try_from(rest).unwrap());
            two_deks.commitments.segments[rest].key = derivation.commit_segment(&key);
        }
        reseal_as(&mut two_deks, honest, segment);
        let name = format!("a two-key {place}: segments under two DEKs");
        book.case(
            &name,
            &two_deks.pieces(),
            &known,
            failure(&at, "segment-key-mismatch"),
        );

        let mut whole = two_deks.clone();
        let key = derivation.segment_key(&prk, index);
        whole.commitments.segments[segment].key = derivation.commit_segment(&key);
        let code = match segment {
            2 => "document-mismatch",
            _ => "plaintext-mismatch",
        };
        let name = format!("a two-key {place}: every key for r', content promised for r");
        book.case(&name, &whole.pieces(), &known, failure(&at, code));
    }
}

/// The honest contents of all segments but one, under `forge`'s own keys.
fn reseal_as(forge: &mut Forge, honest: &Forge, but: usize) {
    if but != 0 {
        forge.say(0, b"{\"duration\":180,\"price\":\"123456789\"}");
    }
    if but != 1 {
        forge.say(1, &canonical::to_bytes(&honest.manifest()));
    }
    if but != 2 {
        forge.reseal(2, &pattern(96));
    }
}
