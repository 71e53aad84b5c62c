use super::*;
use crate::Suite;
use crate::test_rng::TestRng;

fn context() -> WrapContext {
    WrapContext {
        envelope: 0,
        role: Role::Release,
        threshold: 2,
        of: 3,
        x: 1,
        context: Digest::of(b"ctx"),
    }
}

fn others() -> Vec<WrapContext> {
    let it = context();
    vec![
        WrapContext { envelope: 1, ..it },
        WrapContext {
            role: Role::Rescue,
            ..it
        },
        WrapContext { threshold: 1, ..it },
        WrapContext { of: 4, ..it },
        WrapContext { x: 2, ..it },
        WrapContext {
            context: Digest::of(b"another bid"),
            ..it
        },
    ]
}

#[test]
fn a_p256_wrap_opens_in_its_place_and_nowhere_else() {
    let mut rng = TestRng::new("p256");
    let key = PrivateKey::generate(&mut rng);
    let secret = Secret::random(&mut rng);
    let value = wrap(&key.public(), &context(), &secret, &mut rng);
    let kind = key.public().kind();
    assert!(kind.has_length(value.len()));
    assert!(
        unwrap(&key, kind, &context(), &value, &mut rng)
            .unwrap()
            .ct_eq(&secret)
    );
    for other in others() {
        let problem = unwrap(&key, kind, &other, &value, &mut rng).unwrap_err();
        assert_eq!(problem, UnwrapProblem::NotOpened);
    }
    let stranger = PrivateKey::generate(&mut rng);
    assert!(unwrap(&stranger, kind, &context(), &value, &mut rng).is_err());
    for at in [0, 1, 64, 65, 112] {
        let mut altered = value.clone();
        altered[at] ^= 1;
        assert!(unwrap(&key, kind, &context(), &altered, &mut rng).is_err());
    }
    assert!(unwrap(&key, kind, &context(), &value[..112], &mut rng).is_err());
}

#[test]
fn an_rsa_wrap_opens_in_its_place_and_tells_when_it_was_moved() {
    let mut rng = TestRng::new("rsa");
    let key = PrivateKey::generate_rsa(&mut rng);
    let secret = Secret::random(&mut rng);
    let value = wrap(&key.public(), &context(), &secret, &mut rng);
    let kind = key.public().kind();
    assert!(kind.has_length(value.len()));
    assert!(
        unwrap(&key, kind, &context(), &value, &mut rng)
            .unwrap()
            .ct_eq(&secret)
    );
    for other in others() {
        let problem = unwrap(&key, kind, &other, &value, &mut rng).unwrap_err();
        assert_eq!(problem, UnwrapProblem::NotBound);
    }
    let mut altered = value.clone();
    altered[100] ^= 1;
    let problem = unwrap(&key, kind, &context(), &altered, &mut rng).unwrap_err();
    assert_eq!(problem, UnwrapProblem::NotOpened);
}

#[test]
fn a_dealt_wrap_is_the_same_every_time_and_opens() {
    let mut rng = TestRng::new("dealt");
    let key = PrivateKey::generate(&mut rng);
    let (secret, ikm) = (Secret::random(&mut rng), Secret::random(&mut rng));
    let one = wrap_dealt(&key.public(), &context(), &secret, &ikm).unwrap();
    let two = wrap_dealt(&key.public(), &context(), &secret, &ikm).unwrap();
    assert_eq!(one, two);
    let kind = key.public().dealt_kind().unwrap();
    assert!(
        unwrap(&key, kind, &context(), &one, &mut rng)
            .unwrap()
            .ct_eq(&secret)
    );
}

#[test]
fn an_sm2_wrap_opens_in_its_place_and_as_its_kind_only() {
    let mut rng = TestRng::new("sm2");
    for _ in 0..10 {
        let key = PrivateKey::generate_for(Suite::Gm, &mut rng);
        let (secret, ikm) = (Secret::random(&mut rng), Secret::random(&mut rng));
        let to = key.public();
        let fresh = wrap(&to, &context(), &secret, &mut rng);
        let dealt = wrap_dealt(&to, &context(), &secret, &ikm).unwrap();
        assert_eq!(wrap_dealt(&to, &context(), &secret, &ikm).unwrap(), dealt);
        let (fresh_kind, dealt_kind) = (to.kind(), to.dealt_kind().unwrap());
        for (kind, value, other_kind) in [
            (fresh_kind, fresh, dealt_kind),
            (dealt_kind, dealt, fresh_kind),
        ] {
            assert!(kind.has_length(value.len()));
            let mut open = |kind, context: &WrapContext, value: &[u8]| {
                unwrap(&key, kind, context, value, &mut rng)
            };
            assert!(open(kind, &context(), &value).unwrap().ct_eq(&secret));
            for other in others() {
                let problem = open(kind, &other, &value).unwrap_err();
                assert_eq!(problem, UnwrapProblem::NotBound);
            }
            for kind in [other_kind, WrapKind::HpkeP256, WrapKind::RsaOaepSha256] {
                let problem = open(kind, &context(), &value).unwrap_err();
                assert_eq!(problem, UnwrapProblem::NotOpened);
            }
            // The last byte is of the encrypted key, or of the secret itself.
            for length in 0..value.len() {
                assert!(open(kind, &context(), &value[..length]).is_err());
            }
            let mut altered = value.clone();
            *altered.last_mut().unwrap() ^= 1;
            let problem = open(kind, &context(), &altered).unwrap_err();
            assert_eq!(problem, UnwrapProblem::NotOpened);
            let longer = [&value[..], &[0]].concat();
            let problem = open(kind, &context(), &longer).unwrap_err();
            assert_eq!(problem, UnwrapProblem::NotOpened);
        }
        let stranger = PrivateKey::generate_for(Suite::Gm, &mut rng);
        let value = wrap(&to, &context(), &secret, &mut rng);
        assert!(unwrap(&stranger, fresh_kind, &context(), &value, &mut rng).is_err());
        // What is altered under the session key gives another secret, which its
        // commitment then refuses, or is not bound.
        for at in [0, 16, 32, 79] {
            let mut altered = value.clone();
            altered[at] ^= 1;
            match unwrap(&key, fresh_kind, &context(), &altered, &mut rng) {
                Ok(other) => assert!(at < 32 && !other.ct_eq(&secret)),
                Err(problem) => assert_eq!(problem, UnwrapProblem::NotBound),
            }
        }
    }
}

#[test]
fn a_public_key_is_read_from_its_one_encoding_only() {
    let key = PrivateKey::generate(&mut TestRng::new("spki")).public();
    let der = key.spki();
    assert_eq!(PublicKey::from_spki(&der).unwrap(), key);
    assert_eq!(key.id(), Digest::of(&der));
    let mut off_curve = der.clone();
    off_curve[90] ^= 1;
    assert_eq!(PublicKey::from_spki(&off_curve), Err(KeyProblem::Point));
    assert!(PublicKey::from_spki(&der[..90]).is_err());
    assert!(PublicKey::from_spki(&[&der[..], &[0]].concat()).is_err());
    let gm = PrivateKey::generate_for(Suite::Gm, &mut TestRng::new("spki")).public();
    assert_eq!(PublicKey::from_spki(&gm.spki()).unwrap(), gm);
    assert_eq!(gm.id(), Suite::Gm.digest(&gm.spki()));
    assert_eq!(
        PublicKey::from_point(Suite::Gm, &gm.spki()[26..]),
        Ok(gm.clone())
    );
    let other = PublicKey::from_point(Suite::Intl, &gm.spki()[26..]);
    assert_eq!(other, Err(KeyProblem::Point));
    // The compressed form of the same point.
    let mut compressed =
        hex::decode("3039301306072a8648ce3d020106082a8648ce3d030107032200").unwrap();
    compressed.push(2 + (der[90] & 1));
    compressed.extend(&der[27..59]);
    assert!(PublicKey::from_spki(&compressed).is_err());
}
