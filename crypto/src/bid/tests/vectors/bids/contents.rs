//! Altered, exchanged and forged segments.

use super::super::super::forge::Forge;
use super::super::super::sample::*;
use super::super::failure;
use super::{Book, Known};
use crate::bid::message::{frame, frame_length};
use crate::canonical;

pub(super) fn segments(book: &mut Book, honest: &Forge) {
    let known = Known::of(honest);
    for segment in 0..3 {
        let at = format!("segment {segment}");
        let mut altered = honest.clone();
        altered.body[segment][40] ^= 0x80;
        let name = format!("segment {segment} altered where it was stored");
        book.refused(&name, &altered, &at, "ciphertext-mismatch");
        let ciphertext = altered.body[segment].clone();
        let length = usize::try_from(altered.commitments.segments[segment].length).unwrap();
        altered.put(segment, length, ciphertext);
        let name = format!("segment {segment} altered before it was committed");
        book.refused(&name, &altered, &at, "not-authentic");
    }

    let two = Recipe {
        seed: "two",
        documents: vec![("a", pattern(96)), ("b", vec![7; 96])],
        ..Recipe::of(book.suite)
    };
    let two = Forge::new(&two.seal());
    let mut swapped = two.clone();
    swapped.body.swap(2, 3);
    let name = "two documents' ciphertexts swapped";
    book.refused(name, &swapped, "segment 2", "ciphertext-mismatch");
    let [one, other] = [2, 3].map(|segment| two.commitments.segments[segment].clone());
    swapped.commitments.segments[2].ciphertext = other.ciphertext;
    swapped.commitments.segments[3].ciphertext = one.ciphertext;
    let name = "two documents' ciphertexts swapped with their commitments";
    book.refused(name, &swapped, "segment 2", "not-authentic");
    swapped.commitments.segments.swap(2, 3);
    swapped.commitments.segments[2] = other;
    swapped.commitments.segments[3] = one;
    let name = "two documents' segments swapped with all commitments";
    book.refused(name, &swapped, "segment 2", "segment-key-mismatch");
    let mut doubled = two.clone();
    doubled.body[3] = doubled.body[2].clone();
    book.refused(
        "a document's ciphertext twice",
        &doubled,
        "segment 3",
        "ciphertext-mismatch",
    );

    let mut short = honest.pieces();
    short[3].pop();
    let outcome = failure("header", "ciphertext-length");
    book.case("the last byte is missing", &short, &known, outcome.clone());
    let mut long = honest.pieces();
    long.push(vec![0]);
    book.case("a byte after the end", &long, &known, outcome.clone());
    let missing = &honest.pieces()[..3];
    book.case("a segment is missing", missing, &known, outcome);
}

pub(super) fn contents(book: &mut Book, honest: &Forge) {
    for (name, sheet) in [
        (
            "a sheet with white space",
            "{\"duration\":180, \"price\":\"1\"}",
        ),
        (
            "a sheet with its members in another order",
            "{\"price\":\"1\",\"duration\":180}",
        ),
        (
            "a sheet with a member twice",
            "{\"price\":\"1\",\"price\":\"2\"}",
        ),
        ("a sheet with a fraction", "{\"price\":1.5}"),
        ("a sheet with a needless escape", "{\"price\":\"\\u0031\"}"),
        ("a sheet that is not an object", "[1]"),
        ("an empty sheet", ""),
    ] {
        let mut forge = honest.clone();
        forge.say(0, sheet.as_bytes());
        book.refused(name, &forge, "segment 0", "sheet-wrong");
    }
    let message = b"{\"duration\":180,\"price\":\"1\"}";
    let good = frame(&honest.salts[0], message);
    let mut stained = good.clone();
    stained[4095] = 1;
    let mut long = good.clone();
    long.resize(2 * frame_length(message.len()), 0);
    let mut beyond = good.clone();
    beyond[32..40].copy_from_slice(&4057u64.to_be_bytes());
    for (name, frame, code) in [
        ("padding that is not zero", &stained, "frame-wrong"),
        ("padding longer than needed", &long, "frame-wrong"),
        ("a length beyond the frame", &beyond, "frame-wrong"),
        ("another sheet than promised", &good, "plaintext-mismatch"),
    ] {
        let mut forge = honest.clone();
        forge.reseal(0, frame);
        book.refused(name, &forge, "segment 0", code);
    }

    let manifest = honest.manifest();
    let named = |name: &str| {
        let mut manifest = manifest.clone();
        manifest.documents[0].name = name.to_owned();
        canonical::to_bytes(&manifest)
    };
    let mut sized = manifest.clone();
    sized.documents[0].size = 97;
    let mut media = manifest.clone();
    media.documents[0].media = "Application/PDF".to_owned();
    let mut fewer = manifest.clone();
    fewer.documents.clear();
    let unknown = [&b"{\"a\":0,"[..], &canonical::to_bytes(&manifest)[1..]].concat();
    for (name, message) in [
        (
            "a document's name with a control character",
            named("a\u{7}.pdf"),
        ),
        (
            "a document's name that runs from right to left",
            named("fdp.\u{202e}exe"),
        ),
        ("a document's name with a path", named("../a.pdf")),
        (
            "a document's name not in normal form C",
            named("e\u{301}.pdf"),
        ),
        ("a document without a name", named("")),
        (
            "a document's size other than its segment's",
            canonical::to_bytes(&sized),
        ),
        ("a media type in capitals", canonical::to_bytes(&media)),
        ("fewer documents than segments", canonical::to_bytes(&fewer)),
        ("a manifest with an unknown member", unknown),
    ] {
        let mut forge = honest.clone();
        forge.say(1, &message);
        book.refused(name, &forge, "segment 1", "manifest-wrong");
    }
    let two = Recipe {
        seed: "case",
        documents: vec![("straße.pdf", pattern(1)), ("b", pattern(1))],
        ..Recipe::of(book.suite)
    };
    let mut same = Forge::new(&two.seal());
    let mut manifest = same.manifest();
    manifest.documents[1].name = "STRASSE.PDF".to_owned();
    same.say(1, &canonical::to_bytes(&manifest));
    let name = "two documents whose names differ in case only";
    book.refused(name, &same, "segment 1", "manifest-wrong");

    let mut other = honest.clone();
    other.reseal(2, &[7; 96]);
    let name = "another document than the manifest names";
    book.refused(name, &other, "segment 2", "document-mismatch");
}
