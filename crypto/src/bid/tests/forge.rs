//! Bids as a dishonest sealer could write them: taken apart, changed, put
//! together again with whatever commitments one likes.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::sample::*;
use crate::Suite;
use crate::bid::chunk::{ChunkCipher, ChunkTree, sealed_chunk};
use crate::bid::context::wrap_context;
use crate::bid::derivation::Derivation;
use crate::bid::header::frame as frame_header;
use crate::bid::message::{commit_plaintext, frame};
use crate::bid::*;
use crate::canonical;
use crate::secret::Secret;
use crate::suite::SegmentPlace;
use crate::wrap::{Role, WrapContext, wrap_dealt};

#[derive(Clone)]
pub(super) struct Forge {
    /// The suite it was sealed by, whatever ctx says since.
    suite: Suite,
    pub(super) context: Context,
    pub(super) commitments: EnvelopeCommitments,
    pub(super) wraps: EnvelopeWraps,
    pub(super) chain: Chain,
    pub(super) body: Vec<Vec<u8>>,
    pub(super) b: Secret,
    pub(super) r: Secret,
    pub(super) salts: [[u8; 32]; 2],
}

impl Forge {
    pub(super) fn new(sample: &Sample) -> Self {
        let header = &sample.header;
        let body = header.layout().places().iter().map(|place| {
            let start = usize::try_from(place.offset).unwrap();
            let length = usize::try_from(place.ciphertext).unwrap();
            sample.body()[start..start + length].to_vec()
        });
        Self {
            suite: header.suite(),
            context: header.context().clone(),
            commitments: header.commitments().envelopes[0].clone(),
            wraps: header.wraps().envelopes[0].clone(),
            chain: header.chain().clone(),
            body: body.collect(),
            b: sample.b.clone(),
            r: sample.r.clone(),
            salts: sample.salts,
        }
    }

    pub(super) fn parts(&self) -> [Vec<u8>; 4] {
        let commitments = Commitments {
            envelopes: vec![self.commitments.clone()],
        };
        let wraps = Wraps {
            envelopes: vec![self.wraps.clone()],
        };
        [
            canonical::to_bytes(&self.context),
            canonical::to_bytes(&commitments),
            canonical::to_bytes(&wraps),
            canonical::to_bytes(&self.chain),
        ]
    }

    pub(super) fn header(&self) -> Vec<u8> {
        frame_header(&self.parts())
    }

    /// Header and ciphertexts, each by itself.
    pub(super) fn pieces(&self) -> Vec<Vec<u8>> {
        let mut pieces = vec![self.header()];
        pieces.extend(self.body.iter().cloned());
        pieces
    }

    pub(super) fn derivation(&self) -> Derivation {
        Derivation {
            suite: self.suite,
            envelope: [0],
            message: self.context.message.0,
            context: self.suite.digest(&canonical::to_bytes(&self.context)),
        }
    }

    pub(super) fn segment_key(&self, r: &Secret, segment: u32) -> Secret {
        let derivation = self.derivation();
        derivation.segment_key(&derivation.prk(&derivation.dek(&self.b, r)), segment)
    }

    /// The cipher of a segment of `length` bytes, where r is the release secret.
    pub(super) fn cipher(&self, r: &Secret, segment: u32, length: u64) -> ChunkCipher {
        let place = SegmentPlace {
            envelope: 0,
            segment,
            context: self.derivation().context,
        };
        ChunkCipher::new(self.suite, &self.segment_key(r, segment), &place, length)
    }

    /// Puts another ciphertext there and commits to it.
    pub(super) fn put(&mut self, segment: usize, length: usize, ciphertext: Vec<u8>) {
        let suite = self.suite;
        let mut tree = ChunkTree::of_ciphertext(suite, ciphertext.len() as u64);
        for chunk in ciphertext.chunks(sealed_chunk(suite)) {
            tree.push(&suite.digest(chunk));
        }
        self.commitments.segments[segment].ciphertext = tree.finish();
        self.commitments.segments[segment].length = length as u64;
        self.body[segment] = ciphertext;
    }

    /// Seals one chunk under the right key, and commits to it.
    pub(super) fn reseal(&mut self, segment: usize, plaintext: &[u8]) {
        let index = u32::try_from(segment).unwrap();
        let mut chunk = plaintext.to_vec();
        self.cipher(&self.r, index, plaintext.len() as u64)
            .seal_one(0, &mut chunk);
        self.put(segment, plaintext.len(), chunk);
    }

    /// Another message, with all commitments made anew.
    pub(super) fn say(&mut self, segment: usize, message: &[u8]) {
        let salt = self.salts[segment];
        self.reseal(segment, &frame(&salt, message));
        let index = u32::try_from(segment).unwrap();
        self.commitments.plaintexts[segment] =
            commit_plaintext(self.suite, 0, index, &salt, message);
    }

    /// The manifest as it was sealed, opened with r.
    pub(super) fn manifest(&self) -> Manifest {
        let cipher = self.cipher(&self.r, 1, self.commitments.segments[1].length);
        let mut chunk = self.body[1].clone();
        assert!(cipher.open_one(0, &mut chunk));
        let (_, message) = crate::bid::message::unframe(1, &chunk).unwrap();
        canonical::from_bytes(message).unwrap()
    }

    /// Deals `secret` to the custodians, commitments and wraps.
    pub(super) fn deal(&mut self, role: Role, secret: &Secret) {
        let derivation = self.derivation();
        let place = self.place(role, 0);
        for dealt in derivation.deal(role, place.threshold, place.of, secret) {
            self.hand(role, dealt.x, &dealt.share, &dealt.ephemeral);
        }
    }

    /// Commits to one share and wraps it.
    pub(super) fn hand(&mut self, role: Role, x: u8, share: &Secret, ephemeral: &Secret) {
        let commitment = self.derivation().commit_share(role, x, share);
        let key = &custodian_keys_of(self.suite)[usize::from(x) - 1];
        let value = wrap_dealt(key, &self.place(role, x), share, ephemeral).unwrap();
        let (commitments, wraps) = match role {
            Role::Rescue => (&mut self.commitments.rescue, &mut self.wraps.rescue),
            _ => (&mut self.commitments.release, &mut self.wraps.release),
        };
        commitments[usize::from(x) - 1] = commitment;
        wraps[usize::from(x) - 1].value.0 = value;
    }

    pub(super) fn place(&self, role: Role, x: u8) -> WrapContext {
        wrap_context(&self.context, self.derivation().context, 0, role, x)
    }

    /// A ciphertext that is authentic under the keys of both r and `other`:
    /// under `other` it opens as `plaintext`, but for the 16 bytes at `free`.
    pub(super) fn two_keys(
        &self,
        other: &Secret,
        segment: u32,
        plaintext: &[u8],
        free: usize,
    ) -> Vec<u8> {
        let context = self.derivation().context;
        let mut aad = context.as_bytes().to_vec();
        aad.push(0);
        aad.extend(segment.to_be_bytes());
        let keys = [&self.r, other].map(|r| {
            let key = self.segment_key(r, segment);
            Suite::Intl.expand(&key, &[b"kaibiao/1 encrypt", &[0]])
        });
        let ciphertext = for_two_keys(&keys, &aad, plaintext, free);
        for r in [&self.r, other] {
            let cipher = self.cipher(r, segment, plaintext.len() as u64);
            assert!(
                cipher.open_one(0, &mut ciphertext.clone()),
                "opens under both"
            );
        }
        ciphertext
    }
}

/// AES-GCM does not commit to its key: the tag is linear in each block of the
/// ciphertext, so one free block makes it right under two keys at once.
fn for_two_keys(keys: &[Secret; 2], aad: &[u8], plaintext: &[u8], free: usize) -> Vec<u8> {
    assert!(plaintext.len().is_multiple_of(16) && free.is_multiple_of(16));
    let gcm = |key: &Secret, aad: &[u8], plaintext: &[u8]| {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_bytes()).unwrap());
        let mut nonce = [0; 12];
        nonce[11] = 1;
        let mut sealed = plaintext.to_vec();
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(aad),
            &mut sealed,
        )
        .unwrap();
        sealed
    };
    let block = |bytes: &[u8]| u128::from_be_bytes(bytes.try_into().unwrap());
    // The tag of nothing is E(J0); one block of associated data adds its
    // product with H^2 (and the lengths, which cancel out).
    let mask = keys.each_ref().map(|key| block(&gcm(key, &[], &[])));
    let h = keys.each_ref().map(|key| {
        let one = block(&gcm(key, &ONE.to_be_bytes(), &[]));
        let zero = block(&gcm(key, &[0; 16], &[]));
        root(one ^ zero)
    });
    let mut ciphertext = gcm(&keys[1], aad, plaintext);
    ciphertext.truncate(plaintext.len());
    ciphertext[free..free + 16].fill(0);
    let tag = |which: usize, ciphertext: &[u8]| {
        let lengths = ((aad.len() as u128 * 8) << 64) | (ciphertext.len() as u128 * 8);
        let blocks = aad.chunks(16).chain(ciphertext.chunks(16)).map(|chunk| {
            let mut padded = [0; 16];
            padded[..chunk.len()].copy_from_slice(chunk);
            u128::from_be_bytes(padded)
        });
        let hash = blocks
            .chain([lengths])
            .fold(0, |hash, block| times(hash ^ block, h[which]));
        hash ^ mask[which]
    };
    let power = (plaintext.len() - free) / 16 + 1;
    let weight = power_of(h[0], power) ^ power_of(h[1], power);
    let difference = tag(0, &ciphertext) ^ tag(1, &ciphertext);
    let solution = times(difference, inverse(weight));
    ciphertext[free..free + 16].copy_from_slice(&solution.to_be_bytes());
    assert_eq!(tag(0, &ciphertext), tag(1, &ciphertext));
    let tag = tag(1, &ciphertext);
    ciphertext.extend(tag.to_be_bytes());
    ciphertext
}

/// 1 in the field of GCM, whose bits run the other way (SP 800-38D, 6.3).
const ONE: u128 = 1 << 127;

fn times(x: u128, y: u128) -> u128 {
    let (mut product, mut y) = (0, y);
    for bit in (0..128).rev() {
        if x >> bit & 1 == 1 {
            product ^= y;
        }
        y = (y >> 1) ^ if y & 1 == 1 { 0xe1 << 120 } else { 0 };
    }
    product
}

fn power_of(x: u128, exponent: usize) -> u128 {
    (0..exponent).fold(ONE, |power, _| times(power, x))
}

/// x^(2^127), the square root.
fn root(x: u128) -> u128 {
    (0..127).fold(x, |power, _| times(power, power))
}

/// x^(2^128 - 2)
fn inverse(x: u128) -> u128 {
    let mut power = x;
    let mut result = ONE;
    for _ in 0..127 {
        power = times(power, power);
        result = times(result, power);
    }
    result
}

#[test]
fn a_ciphertext_can_open_under_two_keys() {
    // The committed example of somebody else, and one of ours.
    let example: serde_json::Value =
        serde_json::from_str(include_str!("../../../vectors/sealed-bid/two-keys.json")).unwrap();
    let bytes = |name: &str| hex::decode(example[name].as_str().unwrap()).unwrap();
    let plaintexts = ["k1", "k2"].map(|key| {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes(key)).unwrap());
        let mut sealed = [bytes("ct"), bytes("tag")].concat();
        let nonce = Nonce::try_assume_unique_for_key(&bytes("nonce")).unwrap();
        let opened = key.open_in_place(nonce, Aad::from(bytes("aad")), &mut sealed);
        opened.unwrap().to_vec()
    });
    assert_ne!(plaintexts[0], plaintexts[1]);

    let forge = Forge::new(&Recipe::default().seal());
    forge.two_keys(&Secret::from_bytes([5; 32]), 2, &pattern(96), 80);
}
