use std::io::{self, Cursor};

use super::sample::*;
use crate::Suite;
use crate::bid::chunk::CHUNK;
use crate::bid::*;
use crate::keyfile;
use crate::secret::Secret;
use crate::test_rng::TestRng;
use crate::wrap::{Role, UnwrapProblem};

fn shares(header: &Header, role: Role, of: &[usize]) -> Vec<Share> {
    let keys = custodians_of(header.suite());
    of.iter()
        .map(|place| {
            header
                .unwrap_share(0, role, &keys[*place], &mut rng())
                .unwrap()
        })
        .collect()
}

fn unlock(header: &Header, b: &BidderSecret) -> EnvelopeKey {
    let r = header
        .recover_release(0, &shares(header, Role::Release, &[2, 0]))
        .unwrap();
    let r = header
        .audit_release(r, &custodian_keys_of(header.suite()))
        .unwrap();
    header.unlock(b, &r).unwrap()
}

fn open_all(sample: &Sample, key: &EnvelopeKey) -> Vec<Vec<u8>> {
    let mut file = Kbid::open(Cursor::new(&sample.file)).unwrap();
    let promise = file.header().promise().clone();
    let sheet_key = promise.segment_key(key, 0).unwrap();
    let sheet = open_sheet(
        &promise,
        &sheet_key,
        &mut file.segment(0, 0).unwrap().unwrap(),
    );
    assert_eq!(sheet.unwrap()["price"], "123456789");
    let manifest_key = promise.segment_key(key, 1).unwrap();
    let mut ciphertext = file.segment(0, 1).unwrap().unwrap();
    let manifest = open_manifest(&promise, &manifest_key, &mut ciphertext).unwrap();
    assert_eq!(manifest.sheet["manager"], "张三");
    (2..)
        .zip(&manifest.documents)
        .map(|(segment, entry)| {
            let key = promise.segment_key(key, segment).unwrap();
            let mut plaintext = Vec::new();
            let mut ciphertext = file.segment(0, segment).unwrap().unwrap();
            open_document(&promise, &key, entry, &mut ciphertext, &mut plaintext).unwrap();
            plaintext
        })
        .collect()
}

#[test]
fn a_bid_gives_back_what_was_sealed_whatever_the_sizes() {
    let sizes = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * CHUNK + 7];
    let names = ["0", "1", "2", "3", "4", "5", "6"];
    let documents = names.into_iter().zip(sizes.map(pattern)).collect();
    let sample = Recipe {
        documents,
        ..Recipe::default()
    }
    .seal();
    assert_eq!(
        Header::parse(&sample.header.to_bytes()).unwrap(),
        sample.header
    );
    let b = sample
        .header
        .unwrap_b(0, &p256("recipient"), &mut rng())
        .unwrap();
    assert!(b.secret().ct_eq(&sample.b));
    let opened = open_all(&sample, &unlock(&sample.header, &b));
    assert_eq!(opened, sizes.map(pattern));
}

#[test]
fn a_bid_of_suite_gm_gives_back_what_was_sealed_whatever_the_sizes() {
    // Beside the edges of a chunk, more than the largest group worked on at once; that
    // takes a minute where the code is not optimised.
    let most = if cfg!(debug_assertions) { 2 } else { 10 };
    let sizes = [0, 1, CHUNK, most * CHUNK + 7];
    let names = ["0", "1", "2", "3"];
    let sample = Recipe {
        suite: Suite::Gm,
        recipients: vec![sm2("recipient"), sm2("spare")],
        rescue: Some(3),
        documents: names.into_iter().zip(sizes.map(pattern)).collect(),
        ..Recipe::default()
    }
    .seal();
    let header = &sample.header;
    assert_eq!(Header::parse(&header.to_bytes()).unwrap(), *header);
    assert_eq!(header.suite(), Suite::Gm);
    let three = shares(header, Role::Rescue, &[0, 1, 2]);
    let rescued = header.recover_rescue(0, &three).unwrap();
    let keys = custodian_keys_of(Suite::Gm);
    header.audit_rescue(rescued, &keys).unwrap();
    let foreign = header.unwrap_b(0, &sm2("custodian 1"), &mut rng());
    let other_key = OpenProblem::Unwrap(UnwrapProblem::OtherKey);
    assert_eq!(foreign.unwrap_err(), other_key);
    for seed in ["recipient", "spare"] {
        let b = header.unwrap_b(0, &sm2(seed), &mut rng()).unwrap();
        assert!(b.secret().ct_eq(&sample.b));
        let opened = open_all(&sample, &unlock(header, &b));
        assert_eq!(opened, sizes.map(pattern));
    }
}

#[test]
fn a_bid_mixes_no_keys_of_two_suites() {
    for (suite, recipient, other) in [
        (Suite::Intl, p256("recipient"), sm2("recipient")),
        (Suite::Gm, sm2("recipient"), p256("recipient")),
    ] {
        let request = |recipients| {
            let recipe = Recipe {
                suite,
                recipients,
                ..Recipe::default()
            };
            recipe.request()
        };
        let seal = |request| {
            let sealed = seal(request, &mut Cursor::new(Vec::new()), &mut rng());
            sealed.map_err(|error| error.code()).map(drop)
        };
        assert_eq!(seal(request(vec![recipient.clone()])), Ok(()));
        let mixed = request(vec![recipient.clone(), other.clone()]);
        assert_eq!(seal(mixed), Err("recipient-key"));
        let mut mixed = request(vec![recipient]);
        mixed.terms.custodians[1] = other.public();
        assert_eq!(seal(mixed), Err("custodian-key"));
    }
}

#[test]
fn every_kind_of_recipient_opens_its_wrap_and_a_stranger_does_not() {
    let (file, _) = keyfile::generate("correct horse", &mut TestRng::new("spare")).unwrap();
    let spare = keyfile::KeyFile::parse(&file).unwrap();
    let recipe = Recipe {
        recipients: vec![
            p256("recipient"),
            rsa(),
            spare.open("correct horse").unwrap(),
        ],
        ..Recipe::default()
    };
    let keys = recipe.recipients.clone();
    let header = recipe.seal().header;
    for key in &keys {
        header.unwrap_b(0, key, &mut rng()).unwrap();
    }
    let stranger = header
        .unwrap_b(0, &p256("stranger"), &mut rng())
        .unwrap_err();
    assert_eq!(stranger, OpenProblem::Unwrap(UnwrapProblem::OtherKey));
    let custodian = header
        .unwrap_b(0, &custodians()[0], &mut rng())
        .unwrap_err();
    assert_eq!(custodian, OpenProblem::Unwrap(UnwrapProblem::OtherKey));
}

#[test]
fn a_rescue_recovers_b_from_more_custodians_than_a_release() {
    let sample = Recipe {
        rescue: Some(3),
        ..Recipe::default()
    }
    .seal();
    let header = &sample.header;
    let two = header.recover_rescue(0, &shares(header, Role::Rescue, &[0, 1]));
    assert_eq!(
        two.unwrap_err(),
        OpenProblem::SharesTooFew { have: 2, need: 3 }
    );
    let three = shares(header, Role::Rescue, &[0, 1, 2]);
    let b = header.recover_rescue(0, &three).unwrap();
    assert!(b.secret().ct_eq(&sample.b));
    let b = header.audit_rescue(b, &custodian_keys()).unwrap();
    open_all(&sample, &unlock(header, &b));
}

#[test]
fn shares_of_one_role_do_not_serve_another() {
    let sample = Recipe {
        rescue: Some(3),
        ..Recipe::default()
    }
    .seal();
    let header = &sample.header;
    let rescue = shares(header, Role::Rescue, &[0, 1, 2]);
    let mixed = header.recover_release(0, &rescue).unwrap_err();
    assert_eq!(mixed, OpenProblem::SharesTooFew { have: 0, need: 2 });
    let moved = header.check_share(0, Role::Release, 1, rescue[0].secret().clone());
    assert!(moved.is_err());
}

#[test]
fn without_rescue_nothing_is_dealt_from_b() {
    let header = Recipe::default().seal().header;
    assert!(header.wraps().envelopes[0].rescue.is_empty());
    assert!(header.recover_rescue(0, &[]).is_err());
    let own = header.unwrap_share(0, Role::Rescue, &custodians()[0], &mut rng());
    assert_eq!(
        own.unwrap_err(),
        OpenProblem::Unwrap(UnwrapProblem::OtherKey)
    );
}

#[test]
fn wrong_secrets_are_named_at_once() {
    let sample = Recipe::default().seal();
    let header = &sample.header;
    let other = Secret::from_bytes([9; 32]);
    let b = header.check_b(0, other.clone()).unwrap_err();
    assert_eq!(b, OpenProblem::SecretMismatch);
    let r = header.check_r(0, sample.b.clone()).unwrap_err();
    assert_eq!(r, OpenProblem::ReleaseMismatch);
    for x in [0, 1, 3, 4, 255] {
        let share = header.check_share(0, Role::Release, x, other.clone());
        let role = Role::Release;
        assert_eq!(share.unwrap_err(), OpenProblem::ShareMismatch { role, x });
    }
    let twice = shares(header, Role::Release, &[1, 1]);
    let twice = header.recover_release(0, &twice).unwrap_err();
    assert_eq!(twice, OpenProblem::SharesDuplicate);
    assert!(
        header.check_b(1, sample.b.clone()).is_err(),
        "no such envelope"
    );
    let keys: Vec<_> = custodian_keys().into_iter().rev().collect();
    let r = header.check_r(0, sample.r.clone()).unwrap();
    let audit = header.audit_release(r, &keys).unwrap_err();
    assert_eq!(audit, OpenProblem::OtherCustodians);
}

#[test]
fn the_published_key_opens_the_sheet_and_nothing_else() {
    let sample = Recipe::default().seal();
    let header = &sample.header;
    let b = header.check_b(0, sample.b.clone()).unwrap();
    let key = unlock(header, &b);
    let published = header.segment_key(&key, 0).unwrap().secret().clone();

    // A verifier has ctx and commitments, and the sheet's ciphertext.
    let context = header.part(HeaderPart::Context);
    let promise = Promise::parse(context, header.part(HeaderPart::Commitments)).unwrap();
    let key = promise.check_segment_key(0, 0, published.clone()).unwrap();
    let sheet = open_sheet(&promise, &key, &mut sample.body()).unwrap();
    assert_eq!(sheet["price"], "123456789");
    for segment in [1, 2, 3] {
        let other = promise.check_segment_key(0, segment, published.clone());
        let problem = OpenProblem::SegmentKeyMismatch { segment };
        assert_eq!(other.unwrap_err(), problem);
    }
    assert!(promise.check_segment_key(0, 4, published).is_err());
}

#[test]
fn the_same_request_never_gives_the_same_bid_but_the_same_chance_does() {
    let one = Recipe::default().seal();
    let again = Recipe::default().seal();
    let other = Recipe {
        seed: "another",
        ..Recipe::default()
    }
    .seal();
    assert_eq!(one.file, again.file);
    assert_ne!(one.header.digest(), other.header.digest());
    assert_eq!(one.file.len(), other.file.len());
}

#[test]
fn a_document_that_changes_while_it_is_read_stops_the_sealing() {
    for (said, is) in [(10, 9), (10, 11), (CHUNK + 5, CHUNK + 4), (0, 1), (1, 0)] {
        let mut request = Recipe::default().request();
        request.documents = vec![document("a.pdf", pattern(is))];
        request.documents[0].size = said as u64;
        let sealed = seal(request, &mut Cursor::new(Vec::new()), &mut rng());
        let error = sealed.unwrap_err();
        assert_eq!(error.code(), "document-changed", "{said} {is}");
    }
}

#[test]
fn a_document_that_cannot_be_read_is_named() {
    let mut request = Recipe::default().request();
    request.documents[1].open = Box::new(|| Err(io::Error::other("gone")));
    let error = seal(request, &mut Cursor::new(Vec::new()), &mut rng()).unwrap_err();
    assert_eq!(error.to_string(), "清单.xlsx: gone");
}

#[test]
fn requests_against_the_rules_are_refused_before_anything_is_written() {
    type Change = fn(&mut SealRequest<'_>);
    let cases: [(&str, Change); 10] = [
        ("name-duplicate", |r| {
            r.documents[1].name = "投标函.PDF".into()
        }),
        ("media-type", |r| r.documents[0].media = "pdf".into()),
        ("header-field", |r| r.terms.release = 4),
        ("header-field", |r| r.terms.release = 0),
        ("header-field", |r| r.terms.rescue = Some(2)),
        ("header-field", |r| r.recipients.clear()),
        ("header-field", |r| r.terms.lot = "Lot 1".into()),
        ("header-field", |r| r.chain = vec![vec![0; 20_000]]),
        ("custodian-key", |r| r.terms.custodians[0] = rsa().public()),
        ("sheet-number", |r| {
            r.sheet.insert("rate".into(), 0.5.into());
        }),
    ];
    for (code, change) in cases {
        let mut request = Recipe::default().request();
        change(&mut request);
        let mut output = Cursor::new(Vec::new());
        let error = seal(request, &mut output, &mut rng()).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(output.into_inner().is_empty());
    }
}

#[test]
fn nothing_of_a_document_appears_in_the_file() {
    let sample = Recipe::default().seal();
    let text = String::from_utf8_lossy(&sample.file).into_owned();
    for secret in ["123456789", "投标函", "清单", "张三"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn no_plaintext_is_written_from_a_refused_chunk_on() {
    let documents = vec![("a.pdf", pattern(4 * CHUNK))];
    let mut sample = Recipe {
        documents,
        ..Recipe::default()
    }
    .seal();
    let header = sample.header.clone();
    let b = header.check_b(0, sample.b.clone()).unwrap();
    let key = unlock(&header, &b);
    let place = *header.layout().place(0, 2).unwrap();
    let start = usize::try_from(header.length() + place.offset).unwrap();
    sample.file[start + 2 * (CHUNK + 16) + 99] ^= 1;
    let mut file = Kbid::open(Cursor::new(&sample.file)).unwrap();
    let manifest = {
        let key = header.segment_key(&key, 1).unwrap();
        open_manifest(&header, &key, &mut file.segment(0, 1).unwrap().unwrap()).unwrap()
    };
    let key = header.segment_key(&key, 2).unwrap();
    let mut plaintext = Vec::new();
    let mut ciphertext = file.segment(0, 2).unwrap().unwrap();
    let error = open_document(
        &header,
        &key,
        &manifest.documents[0],
        &mut ciphertext,
        &mut plaintext,
    );
    assert_eq!(error.unwrap_err().code(), "ciphertext-mismatch");
    assert_eq!(plaintext, pattern(2 * CHUNK));
}

#[test]
fn chunks_dropped_doubled_or_reordered_are_noticed() {
    let chunk = CHUNK + 16;
    let documents = vec![("a.pdf", pattern(3 * CHUNK))];
    let sample = Recipe {
        documents,
        ..Recipe::default()
    }
    .seal();
    let header = &sample.header;
    let b = header.check_b(0, sample.b.clone()).unwrap();
    let key = header.segment_key(&unlock(header, &b), 2).unwrap();
    let entry = DocumentEntry {
        digest: crate::Digest::of(b""),
        media: "a/b".into(),
        name: "a".into(),
        size: 0,
    };
    let offset = usize::try_from(header.layout().place(0, 2).unwrap().offset).unwrap();
    let good = &sample.body()[offset..];
    let swapped = [&good[chunk..2 * chunk], &good[..chunk], &good[2 * chunk..]].concat();
    let doubled = [&good[..chunk], &good[..chunk], &good[2 * chunk..]].concat();
    let dropped = [&good[..chunk], &good[2 * chunk..]].concat();
    for (bad, code) in [
        (&swapped, "ciphertext-mismatch"),
        (&doubled, "ciphertext-mismatch"),
        (&dropped, "ciphertext-length"),
        (&good[..good.len() - 1].to_vec(), "ciphertext-length"),
        (&Vec::new(), "ciphertext-length"),
    ] {
        let error = open_document(header, &key, &entry, &mut &bad[..], &mut io::sink());
        assert_eq!(error.unwrap_err().code(), code);
    }
}

#[test]
fn five_hundred_documents_are_sealed_and_opened() {
    let mut request = Recipe::default().request();
    request.documents = (0..500)
        .map(|k| document(&format!("附件{k}.pdf"), pattern(k)))
        .collect();
    let mut output = Cursor::new(Vec::new());
    let header = seal(request, &mut output, &mut TestRng::new("ordinary")).unwrap();
    let file = output.into_inner();
    let mut check = UploadCheck::new(&header);
    check
        .update(&file[usize::try_from(header.length()).unwrap()..])
        .unwrap();
    assert!(check.is_complete());
    assert_eq!(header.context().envelopes, [502]);
}

/// A file that another program wrote over, cut or lengthened.
#[test]
fn a_file_of_another_length_is_refused_before_it_is_read() {
    let sample = Recipe::default().seal();
    let short = &sample.file[..sample.file.len() - 1];
    let long = [&sample.file[..], &[0]].concat();
    for file in [short, &long] {
        let error = Kbid::open(Cursor::new(file)).unwrap_err();
        assert_eq!(error.code(), "ciphertext-length");
    }
    let pdf = Kbid::open(Cursor::new(b"%PDF-1.7 ...")).unwrap_err();
    assert_eq!(pdf.code(), "header-not-a-bid");
}

#[test]
fn what_was_checked_for_one_bid_serves_no_other() {
    let one = Recipe::default().seal();
    let other = Recipe {
        seed: "another",
        ..Recipe::default()
    }
    .seal();
    let (header, stranger) = (&one.header, &other.header);
    let b = header.check_b(0, one.b.clone()).unwrap();
    let r = header.check_r(0, one.r.clone()).unwrap();
    let audited = stranger.audit_release(r.clone(), &custodian_keys());
    assert_eq!(audited.unwrap_err(), OpenProblem::OtherBid);
    let r = header.audit_release(r, &custodian_keys()).unwrap();
    let unlocked = stranger.unlock(&b, &r).err();
    assert_eq!(unlocked, Some(OpenProblem::OtherBid));
    let key = header.unlock(&b, &r).unwrap();
    let segment = stranger.segment_key(&key, 0).err();
    assert_eq!(segment, Some(OpenProblem::OtherBid));
    let key = header.segment_key(&key, 0).unwrap();
    let sheet = open_sheet(stranger, &key, &mut other.body()).unwrap_err();
    assert_eq!(sheet.code(), "other-bid");
    let foreign = shares(stranger, Role::Release, &[0, 1]);
    let recovered = header.recover_release(0, &foreign).unwrap_err();
    assert_eq!(recovered, OpenProblem::SharesTooFew { have: 0, need: 2 });
}
