use super::*;
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
    assert!(key.public().kind().has_length(value.len()));
    assert!(
        unwrap(&key, &context(), &value, &mut rng)
            .unwrap()
            .ct_eq(&secret)
    );
    for other in others() {
        let problem = unwrap(&key, &other, &value, &mut rng).unwrap_err();
        assert_eq!(problem, UnwrapProblem::NotOpened);
    }
    let stranger = PrivateKey::generate(&mut rng);
    assert!(unwrap(&stranger, &context(), &value, &mut rng).is_err());
    for at in [0, 1, 64, 65, 112] {
        let mut altered = value.clone();
        altered[at] ^= 1;
        assert!(unwrap(&key, &context(), &altered, &mut rng).is_err());
    }
    assert!(unwrap(&key, &context(), &value[..112], &mut rng).is_err());
}

#[test]
fn an_rsa_wrap_opens_in_its_place_and_tells_when_it_was_moved() {
    let mut rng = TestRng::new("rsa");
    let key = PrivateKey::generate_rsa(&mut rng);
    let secret = Secret::random(&mut rng);
    let value = wrap(&key.public(), &context(), &secret, &mut rng);
    assert!(key.public().kind().has_length(value.len()));
    assert!(
        unwrap(&key, &context(), &value, &mut rng)
            .unwrap()
            .ct_eq(&secret)
    );
    for other in others() {
        let problem = unwrap(&key, &other, &value, &mut rng).unwrap_err();
        assert_eq!(problem, UnwrapProblem::NotBound);
    }
    let mut altered = value.clone();
    altered[100] ^= 1;
    let problem = unwrap(&key, &context(), &altered, &mut rng).unwrap_err();
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
    assert!(
        unwrap(&key, &context(), &one, &mut rng)
            .unwrap()
            .ct_eq(&secret)
    );
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
    // The compressed form of the same point.
    let mut compressed =
        hex::decode("3039301306072a8648ce3d020106082a8648ce3d030107032200").unwrap();
    compressed.push(2 + (der[90] & 1));
    compressed.extend(&der[27..59]);
    assert!(PublicKey::from_spki(&compressed).is_err());
}
