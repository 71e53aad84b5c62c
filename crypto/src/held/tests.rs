use std::sync::Mutex;

use proptest::prelude::*;

use super::*;
use crate::Suite;
use crate::rng::Rng as _;
use crate::signer::FileKey;
use crate::suite::wrapping::{PrivateKey, UnwrapProblem};
use crate::test_rng::TestRng;
use crate::wrap::{Role, WrapContext, unwrap, wrap};
use kaibiao_gm::sm2::{Scalar, cipher};
use kaibiao_gm::sm4::Sm4;

/// Computes with a key in memory as a token does, and writes down what it was asked.
struct Double {
    key: PrivateKey,
    /// Removes OAEP's padding itself.
    pads: bool,
    asked: Mutex<usize>,
}

impl HeldKey for Double {
    fn public(&self) -> wrap::PublicKey {
        self.key.public()
    }

    fn rsa(&self, value: &[u8]) -> Result<RsaText, HolderProblem> {
        *self.asked.lock().unwrap() += 1;
        let PrivateKey::Rsa(key) = &self.key else {
            return Err(HolderProblem::Unsupported);
        };
        if self.pads {
            let message = key.decrypt(value).ok_or(HolderProblem::NotOpened)?;
            return Ok(RsaText::Message(Zeroizing::new(message)));
        }
        Ok(RsaText::Encoded(Zeroizing::new(key.raw(value))))
    }

    fn ecdh(&self, point: &[u8; 65]) -> Result<Secret, HolderProblem> {
        *self.asked.lock().unwrap() += 1;
        let PrivateKey::P256(key) = &self.key else {
            return Err(HolderProblem::Unsupported);
        };
        let secret = p256::SecretKey::from_slice(key.as_bytes()).unwrap();
        let point = p256::PublicKey::from_sec1_bytes(point).expect("only valid points are shown");
        let shared = p256::ecdh::diffie_hellman(secret.to_nonzero_scalar(), point.as_affine());
        Ok(Secret::from_slice(shared.raw_secret_bytes()).unwrap())
    }

    fn sm2_sm4_cbc(
        &self,
        key: &Sm2Cipher,
        iv: &[u8; 16],
        blocks: &[u8; 64],
    ) -> Result<Zeroizing<[u8; 64]>, HolderProblem> {
        *self.asked.lock().unwrap() += 1;
        let PrivateKey::Sm2(scalar) = &self.key else {
            return Err(HolderProblem::Unsupported);
        };
        let session = cipher::decrypt::<16>(scalar, &key.write());
        let session = session.ok_or(HolderProblem::NotOpened)?;
        let mut text = Zeroizing::new(*blocks);
        let (blocks, _) = text.as_chunks_mut();
        Sm4::new(&session).cbc_decrypt(iv, blocks);
        Ok(text)
    }
}

fn held(key: &PrivateKey, pads: bool) -> (PrivateKey, Arc<Double>) {
    let double = Arc::new(Double {
        key: key.clone(),
        pads,
        asked: Mutex::new(0),
    });
    (PrivateKey::Held(double.clone()), double)
}

fn place(x: u8) -> WrapContext {
    WrapContext {
        envelope: 0,
        role: Role::Recipient,
        threshold: 1,
        of: 2,
        x,
        context: Digest::of(b"ctx"),
    }
}

fn keys(rng: &mut TestRng) -> Vec<PrivateKey> {
    vec![
        PrivateKey::generate_for(Suite::Intl, rng),
        PrivateKey::generate_rsa(rng),
        PrivateKey::generate_for(Suite::Gm, rng),
    ]
}

#[test]
fn a_holder_opens_what_the_key_in_memory_opens() {
    let mut rng = TestRng::new("held");
    for key in keys(&mut rng) {
        for pads in [false, true] {
            let (holder, _) = held(&key, pads);
            assert_eq!(holder.public(), key.public());
            let secret = Secret::random(&mut rng);
            let value = wrap(&key.public(), &place(1), &secret, &mut rng);
            let kind = key.public().kind();
            let opened = unwrap(&holder, kind, &place(1), &value, &mut rng).unwrap();
            assert!(opened.ct_eq(&secret));
            let other = unwrap(&holder, kind, &place(2), &value, &mut rng).unwrap_err();
            assert_eq!(
                other,
                unwrap(&key, kind, &place(2), &value, &mut rng).unwrap_err()
            );
        }
    }
}

/// Whatever is altered: never another secret, and the same word as from a key in memory.
#[test]
fn an_altered_wrap_is_refused_as_by_a_key_in_memory() {
    let mut rng = TestRng::new("held altered");
    for key in keys(&mut rng) {
        let (holder, _) = held(&key, false);
        let secret = Secret::random(&mut rng);
        let value = wrap(&key.public(), &place(1), &secret, &mut rng);
        let kind = key.public().kind();
        for at in (0..value.len()).step_by(7) {
            let mut altered = value.clone();
            altered[at] ^= 0x10;
            let ours = unwrap(&holder, kind, &place(1), &altered, &mut rng);
            let theirs = unwrap(&key, kind, &place(1), &altered, &mut rng);
            match (ours, theirs) {
                // The secret of sm2-sm4-cbc, which KB is asked about.
                (Ok(ours), Ok(theirs)) => {
                    assert!(ours.ct_eq(&theirs) && !ours.ct_eq(&secret), "byte {at}");
                }
                (ours, theirs) => assert_eq!(ours.unwrap_err(), theirs.unwrap_err(), "byte {at}"),
            }
        }
        let short = unwrap(&holder, kind, &place(1), &value[1..], &mut rng).unwrap_err();
        assert_eq!(short, UnwrapProblem::NotOpened);
    }
}

/// A point off the curve would tell of the scalar, and a number above the modulus is no
/// ciphertext.
#[test]
fn a_holder_sees_no_point_off_the_curve_and_no_number_above_the_modulus() {
    let mut rng = TestRng::new("held invalid");
    for key in keys(&mut rng) {
        let (holder, double) = held(&key, false);
        let kind = key.public().kind();
        let mut value = wrap(
            &key.public(),
            &place(1),
            &Secret::random(&mut rng),
            &mut rng,
        );
        match &key {
            PrivateKey::P256(_) => value[40] ^= 1,
            PrivateKey::Rsa(_) => value.fill(0xff),
            // The last byte of x1 or so: the first integer is 4 bytes into the SEQUENCE.
            PrivateKey::Sm2(_) => value[80 + 20] ^= 1,
            PrivateKey::Held(_) => unreachable!(),
        }
        let problem = unwrap(&holder, kind, &place(1), &value, &mut rng).unwrap_err();
        assert_eq!(problem, UnwrapProblem::NotOpened);
        assert_eq!(*double.asked.lock().unwrap(), 0);
    }
}

#[test]
fn what_fails_in_the_holder_says_nothing_about_the_wrap() {
    struct Pulled(wrap::PublicKey);
    impl HeldKey for Pulled {
        fn public(&self) -> wrap::PublicKey {
            self.0.clone()
        }
        fn rsa(&self, _: &[u8]) -> Result<RsaText, HolderProblem> {
            Err(HolderProblem::Gone)
        }
        fn ecdh(&self, _: &[u8; 65]) -> Result<Secret, HolderProblem> {
            Err(HolderProblem::Gone)
        }
        fn sm2_sm4_cbc(
            &self,
            _: &Sm2Cipher,
            _: &[u8; 16],
            _: &[u8; 64],
        ) -> Result<Zeroizing<[u8; 64]>, HolderProblem> {
            Err(HolderProblem::Gone)
        }
    }
    let mut rng = TestRng::new("held pulled");
    for key in keys(&mut rng) {
        let value = wrap(
            &key.public(),
            &place(1),
            &Secret::random(&mut rng),
            &mut rng,
        );
        let pulled = PrivateKey::Held(Arc::new(Pulled(key.public())));
        let problem = unwrap(&pulled, key.public().kind(), &place(1), &value, &mut rng);
        let problem = problem.unwrap_err();
        assert_eq!(problem, UnwrapProblem::Holder(HolderProblem::Gone));
        assert_eq!(problem.code(), "wrap-key-unavailable");
    }
    assert_eq!(
        UnwrapProblem::from(HolderProblem::NotOpened),
        UnwrapProblem::NotOpened
    );
}

/// Every byte of the encoded message counts, and its order of being wrong does not show.
#[test]
fn an_encoded_message_with_one_byte_wrong_is_refused() {
    let mut rng = TestRng::new("held oaep");
    let key = PrivateKey::generate_rsa(&mut rng);
    let PrivateKey::Rsa(rsa) = &key else {
        unreachable!()
    };
    let value = wrap(
        &key.public(),
        &place(1),
        &Secret::random(&mut rng),
        &mut rng,
    );
    let encoded = rsa.raw(&value);
    assert!(crate::suite::oaep_message(&encoded).is_some());
    for at in 0..encoded.len() {
        let mut altered = encoded.clone();
        altered[at] ^= 1;
        assert!(crate::suite::oaep_message(&altered).is_none(), "byte {at}");
    }
    for length in [0, 1, 33, 97, 98, 129, 130] {
        assert!(crate::suite::oaep_message(&encoded[..length]).is_none());
    }
}

fn sm2_pkcs8(scalar: &Scalar) -> Vec<u8> {
    use sm2::pkcs8::EncodePrivateKey as _;
    let key = sm2::SecretKey::from_slice(scalar.as_bytes()).unwrap();
    key.to_pkcs8_der().unwrap().as_bytes().to_vec()
}

/// r || s of a digest, as a token answers.
fn sign_digest(scalar: &Scalar, e: &[u8; 32]) -> Vec<u8> {
    use sm2::dsa::signature::hazmat::PrehashSigner as _;
    let key = sm2::dsa::SigningKey::from_slice("", scalar.as_bytes()).unwrap();
    let signature: sm2::dsa::Signature = key.sign_prehash(e).unwrap();
    signature.to_bytes().to_vec()
}

#[test]
fn what_a_device_signs_is_what_a_key_in_memory_signs() {
    let mut rng = TestRng::new("held sm2 signs");
    let message = b"a message";
    let scalar = match PrivateKey::generate_for(Suite::Gm, &mut rng) {
        PrivateKey::Sm2(scalar) => scalar,
        _ => unreachable!(),
    };
    let key = FileKey::bare(&sm2_pkcs8(&scalar)).unwrap();
    let public = key.public_key();
    let e = public.digest_to_sign(message).unwrap();
    let raw = sign_digest(&scalar, e.as_bytes());
    let signature = public.signature_of_device(message, &raw).unwrap();
    assert_eq!(public.verify(message, &signature), Ok(()));
    // DER with zeros before its integers, and without the one that is needed.
    let padded = [&[0x30, 70, 2, 33, 0], &raw[..32], &[2, 33, 0], &raw[32..]].concat();
    let bare = [&[0x30, 68, 2, 32], &raw[..32], &[2, 32], &raw[32..]].concat();
    for returned in [&padded, &bare, &signature.value.0] {
        let read = public.signature_of_device(message, returned).unwrap();
        assert_eq!(read, signature);
    }
    let other = public.signature_of_device(b"another", &raw).unwrap_err();
    assert_eq!(other, SignatureProblem::Invalid);
    for broken in [&raw[..63], &[0; 64], &bare[..69], b""] {
        assert!(public.signature_of_device(message, broken).is_err());
    }
}

proptest! {
    #[test]
    fn the_larger_s_of_p256_becomes_the_smaller(seed in any::<u64>(), message in ".{0,40}") {
        let mut rng = TestRng::new(&seed.to_string());
        let mut bytes = [0; 32];
        rng.fill(&mut bytes);
        let key = p256::ecdsa::SigningKey::from_slice(&bytes).unwrap();
        let point = key.verifying_key().to_sec1_point(false).as_bytes().to_vec();
        let public = signature::PublicKey::P256(point);
        let digest = public.digest_to_sign(message.as_bytes()).unwrap();
        let made: p256::ecdsa::Signature =
            p256::ecdsa::signature::hazmat::PrehashSigner::sign_prehash(&key, digest.as_bytes()).unwrap();
        let low = made.normalize_s();
        let high = p256::ecdsa::Signature::from_scalars(low.r(), -low.s()).unwrap();
        for returned in [low, high] {
            let read = public.signature_of_device(message.as_bytes(), &returned.to_bytes());
            prop_assert_eq!(&read.unwrap().value.0[..], &low.to_bytes()[..]);
        }
    }
}
