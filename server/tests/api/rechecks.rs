//! Each check that a bid or a custodian's answer can fail: whom it concerns fetches
//! what repeats it and finds the same, and nobody else gets anything.

use std::io::Cursor;
use std::time::Duration;

use kaibiao_api::recheck::Recheck;
use kaibiao_client::http::Session;
use kaibiao_client::recheck::{Rechecked, Verdict, recheck};
use kaibiao_core::event::{Fault, Outcome};
use kaibiao_crypto::bid::{Commitments, EnvelopeCommitments, Header, HeaderPart};
use kaibiao_crypto::wrap::Role;
use kaibiao_crypto::{Digest, canonical};
use kaibiao_os::random::SystemRng;
use reqwest::{Method, StatusCode};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Prk};

use crate::custody::Said;
use crate::hall::{Hall, Sealed};
use crate::world::World;

/// The same bid, with whatever commitments and ciphertexts a dishonest sealer likes.
fn forged(
    sealed: Sealed,
    change: impl FnOnce(&Header, &mut EnvelopeCommitments, &mut [u8]),
) -> Sealed {
    let Sealed { header, mut body } = sealed;
    let bytes = header.part(HeaderPart::Commitments);
    let mut commitments: Commitments = serde_json::from_slice(bytes).unwrap();
    change(&header, &mut commitments.envelopes[0], &mut body);
    let header = Header::from_parts([
        header.part(HeaderPart::Context).to_vec(),
        canonical::to_bytes(&commitments),
        header.part(HeaderPart::Wraps).to_vec(),
        header.part(HeaderPart::Chain).to_vec(),
    ]);
    let header = header.unwrap();
    Sealed { header, body }
}

/// A segment's ciphertext, changed and committed to anew (section 8; one chunk).
fn put(
    (header, commitments, body): (&Header, &mut EnvelopeCommitments, &mut [u8]),
    segment: u32,
    change: impl FnOnce(&mut [u8]),
) {
    let place = header.layout().place(0, segment).unwrap();
    let start = usize::try_from(place.offset).unwrap();
    let length = usize::try_from(place.ciphertext).unwrap();
    let ciphertext = &mut body[start..start + length];
    change(ciphertext);
    let suite = header.suite();
    let of_chunk = suite.digest(ciphertext);
    let length = place.ciphertext.to_be_bytes();
    let committed = [b"kaibiao/1 ciphertext", &length[..], of_chunk.as_bytes()].concat();
    let at = usize::try_from(segment).unwrap();
    commitments.segments[at].ciphertext = suite.digest(&committed);
}

/// Flips a bit of a segment before its ciphertext is committed to.
pub fn flipped(sealed: Sealed, segment: u32) -> Sealed {
    forged(sealed, |header, commitments, body| {
        put((header, commitments, body), segment, |bytes| {
            bytes[40] ^= 0x80
        });
    })
}

impl Hall {
    /// A bid whose sheet is this text, with all commitments made to fit it.
    fn saying(&self, bidder: usize, sealed: Sealed, message: &[u8]) -> Sealed {
        let key = self.segment_key(bidder, &sealed.header, 0);
        let salt = [7; 32];
        let said = (message.len() as u64).to_be_bytes();
        let plaintext = [
            b"kaibiao/1 plaintext".as_slice(),
            &[0],
            &0_u32.to_be_bytes(),
            &salt,
            &said,
            message,
        ];
        forged(sealed, |header, commitments, body| {
            commitments.plaintexts[0] = Digest::of(&plaintext.concat());
            let context = header.promise().context_digest();
            let aad = [context.as_bytes().as_slice(), &[0], &0_u32.to_be_bytes()].concat();
            put((header, commitments, body), 0, |bytes| {
                let mut frame = [salt.as_slice(), &said, message].concat();
                frame.resize(bytes.len() - 16, 0);
                let nonce = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
                key.seal_in_place_append_tag(
                    Nonce::assume_unique_for_key(nonce),
                    Aad::from(&aad),
                    &mut frame,
                )
                .unwrap();
                bytes.copy_from_slice(&frame);
            });
        })
    }

    /// The cipher's key of a segment, as whoever has b and r makes it.
    fn segment_key(&self, bidder: usize, header: &Header, segment: u32) -> LessSafeKey {
        let mut rng = SystemRng;
        let b = header.unwrap_b(0, &self.bidders[bidder].key, &mut rng);
        let keys = self.custodians.iter().map(|(_, key)| key);
        let shares = keys.clone().take(2).map(|key| {
            let share = header.unwrap_share(0, Role::Release, key, &mut SystemRng);
            share.unwrap()
        });
        let r = header.recover_release(0, &shares.collect::<Vec<_>>());
        let keys: Vec<_> = keys.map(|key| key.public()).collect();
        let r = header.audit_release(r.unwrap(), &keys).unwrap();
        let key = header.unlock(&b.unwrap(), &r).unwrap();
        let key = header.segment_key(&key, segment).unwrap();
        let prk = Prk::new_less_safe(HKDF_SHA256, key.secret().as_bytes());
        let mut bytes = [0; 32];
        let info: [&[u8]; 2] = [b"kaibiao/1 encrypt", &[0]];
        let okm = prk.expand(&info, HKDF_SHA256).unwrap();
        okm.fill(&mut bytes).unwrap();
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes).unwrap())
    }

    async fn is_kept_from(&self, session: &Session, bid: &Digest) {
        let reply = session.server.request(Method::GET, &self.path(bid));
        let reply = reply.send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::NOT_FOUND);
    }
}

fn repeat(file: &Recheck, sealed: &Sealed) -> Rechecked {
    let whole = [sealed.header.to_bytes(), sealed.body.clone()].concat();
    recheck(file, Some(&mut Cursor::new(whole))).unwrap()
}

/// What of a file's secrets is there: b, r, shares, and the segments' keys.
fn disclosed(file: &Recheck) -> (bool, bool, usize, Vec<u32>) {
    let segments = file.segments.iter().map(|it| it.segment).collect();
    (
        file.b.is_some(),
        file.r.is_some(),
        file.shares.len(),
        segments,
    )
}

/// A way to deal dishonestly, and what is to be found of it.
struct Case {
    outcome: Outcome,
    failed: &'static str,
    disclosed: (bool, bool, usize, Vec<u32>),
}

fn case(outcome: Outcome, failed: &'static str, disclosed: (bool, bool, usize, &[u32])) -> Case {
    let (b, r, shares, segments) = disclosed;
    Case {
        outcome,
        failed,
        disclosed: (b, r, shares, segments.to_vec()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_check_that_a_bid_fails_is_repeated_by_whom_it_concerns_and_nobody_else() {
    let hall = Hall::publish(World::start().await, 7, 16.0).await;
    let other = Digest::of(b"another");
    let cases = [
        case(
            Outcome::ReleaseMismatch,
            "release-mismatch",
            (false, false, 2, &[]),
        ),
        case(Outcome::KeyMismatch, "key-mismatch", (true, true, 0, &[])),
        case(
            Outcome::KeyMismatch,
            "segment-key-mismatch",
            (true, true, 0, &[]),
        ),
        case(
            Outcome::Unreadable,
            "not-authentic",
            (false, false, 0, &[0]),
        ),
        case(Outcome::Malformed, "sheet-wrong", (false, false, 0, &[0])),
        case(
            Outcome::Malformed,
            "sheet-wrong",
            (false, false, 0, &[0, 1]),
        ),
        case(Outcome::Opened, "document", (false, false, 0, &[1, 2])),
    ];
    let mut all = Vec::new();
    for bidder in 0..cases.len() {
        // The sixth is a well-formed sheet that breaks the schema of the terms.
        let price = if bidder == 5 { "一万元" } else { "100000" };
        let sealed = hall.seal(bidder, price, &[("商务标.pdf", vec![7; 1000])]);
        let sealed = match bidder {
            0 => forged(sealed, |_, commitments, _| commitments.r = other),
            1 => forged(sealed, |_, commitments, _| commitments.dek = other),
            2 => forged(sealed, |_, commitments, _| {
                commitments.segments[0].key = other
            }),
            3 => flipped(sealed, 0),
            4 => hall.saying(bidder, sealed, b"[1]"),
            6 => flipped(sealed, 2),
            _ => sealed,
        };
        let act = hall.submit_act(&sealed, 1, None);
        let reply = hall.submit(bidder, &sealed, &act).await;
        assert!(reply.status().is_success(), "{bidder}");
        all.push(sealed);
    }
    hall.until_stage("checking").await;
    hall.start_window().await;
    for (bidder, sealed) in all.iter().enumerate() {
        hall.unlock(bidder, sealed, false).await.unwrap();
    }
    hall.until_stage("releasing").await;
    for custodian in 0..2 {
        hall.answer(custodian, |_| Said::Honestly).await;
    }
    hall.until_stage("opened").await;

    for (bidder, (case, sealed)) in cases.iter().zip(&all).enumerate() {
        let (failed, bid) = (case.failed, sealed.header.digest());
        assert_eq!(
            hall.party(&bid).await.outcome,
            Some(case.outcome),
            "{failed}"
        );
        // Documents are decrypted after the sheets.
        for _ in 0..200 {
            let party = hall.party(&bid).await;
            if case.outcome != Outcome::Opened || !party.documents.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let own = &hall.bidders[bidder].session;
        for session in [own, hall.supervisor()] {
            let mut file = hall.recheck(session, &bid).await;
            let found = repeat(&file, sealed);
            assert_eq!(found.found.as_deref(), Some(failed), "{bidder}");
            assert!(found.is_borne_out(), "{failed}");
            assert_eq!(disclosed(&file), case.disclosed, "{failed}");
            assert_eq!(file.schema.is_some(), bidder == 5);
            // Another failure than what is found is not borne out.
            file.failed = Some("frame-wrong".to_owned());
            assert!(!repeat(&file, sealed).is_borne_out(), "{failed}");
        }
        // Custodians whose shares matched, and other bidders, get nothing.
        hall.is_kept_from(hall.host(), &bid).await;
        hall.is_kept_from(&hall.custodians[1].0, &bid).await;
        let another = &hall.bidders[(bidder + 1) % cases.len()].session;
        hall.is_kept_from(another, &bid).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_share_and_a_complaint_that_was_taken_back_are_repeated_as_they_stood() {
    let hall = Hall::publish(World::start().await, 3, 8.0).await;
    let mut all = Vec::new();
    for bidder in 0..3 {
        let sealed = hall.seal(bidder, "100000", &[("商务标.pdf", vec![7; 1000])]);
        let act = hall.submit_act(&sealed, 1, None);
        hall.submit(bidder, &sealed, &act).await;
        all.push(sealed);
    }
    let bids: Vec<_> = all.iter().map(|sealed| sealed.header.digest()).collect();
    hall.until_stage("checking").await;
    hall.start_window().await;
    for (bidder, sealed) in all.iter().enumerate() {
        hall.unlock(bidder, sealed, false).await.unwrap();
    }
    hall.until_stage("releasing").await;
    // The first custodian sends a wrong share of one bid, complains falsely about
    // another, and says afterwards that it could not prove that one.
    for later in [Said::Complaint, Said::NotProved] {
        let said = |bid: &Digest| match bids.iter().position(|it| it == bid) {
            Some(0) => Said::Wrong,
            Some(1) => later,
            _ => Said::Honestly,
        };
        hall.answer(0, said).await;
    }
    hall.answer(1, |_| Said::Honestly).await;
    hall.answer(2, |_| Said::Honestly).await;
    hall.until_stage("opened").await;

    let cases = [
        (Fault::WrongShare, Verdict::WrongShare),
        (Fault::FalseComplaint, Verdict::FalseComplaint),
    ];
    for (bidder, (fault, verdict)) in cases.into_iter().enumerate() {
        let bid = bids[bidder];
        assert_eq!(hall.party(&bid).await.outcome, Some(Outcome::Opened));
        assert_eq!(hall.lot().await.releases[&1].faults[&bid].fault, fault);
        let own = &hall.bidders[bidder].session;
        for session in [hall.host(), hall.supervisor(), own] {
            let file = hall.recheck(session, &bid).await;
            let found = repeat(&file, &all[bidder]);
            assert_eq!((found.found, found.said), (None, None));
            let verdicts: Vec<_> = found.answers.iter().map(|it| (it.x, it.verdict)).collect();
            assert_eq!(verdicts, [(1, verdict)]);
            // r judges the answer; nothing opens the bid.
            assert_eq!(disclosed(&file), (false, true, 0, Vec::new()));
        }
        hall.is_kept_from(&hall.custodians[1].0, &bid).await;
        hall.is_kept_from(&hall.bidders[2].session, &bid).await;
    }
    hall.is_kept_from(hall.host(), &bids[2]).await;
    hall.is_kept_from(hall.supervisor(), &bids[2]).await;
    hall.is_kept_from(&hall.bidders[2].session, &bids[2]).await;
}
