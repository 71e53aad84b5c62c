use sm2::dsa::VerifyingKey;
use sm2::dsa::signature::hazmat::PrehashVerifier as _;

use super::*;
use crate::sm2::signature::Problem;
use crate::tests::TestRng;

/// GB/T 32918.5, the key of annexes A and C.
const D: &str = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
const P: &str = concat!(
    "04",
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020",
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
);

fn many(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

fn key() -> Scalar {
    Scalar::from_bytes(&many(D).try_into().unwrap()).unwrap()
}

#[test]
fn a_scalar_is_below_the_order_less_one_and_a_point_is_on_the_curve() {
    assert_eq!(hex::encode(key().point().0), P);
    let order = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
    let mut order: [u8; 32] = many(order).try_into().unwrap();
    assert!(Scalar::from_bytes(&[0; 32]).is_none());
    assert!(Scalar::from_bytes(&order).is_none());
    order[31] -= 1;
    assert!(Scalar::from_bytes(&order).is_none(), "order - 1");
    order[31] -= 1;
    assert!(Scalar::from_bytes(&order).is_some());

    let mut off = many(P);
    off[64] ^= 1;
    for bad in [off, vec![4; 65], vec![0], many(P)[1..].to_vec()] {
        assert_eq!(Point::from_bytes(&bad), Err(NotAPoint));
    }
    let spki = key().point().spki();
    assert_eq!(Point::from_spki(&spki), Some(Ok(key().point())));
    assert_eq!(Point::from_spki(&spki[1..]), None);
}

/// GB/T 32918.5, annex A: "message digest" under the identifier of GM/T 0009.
#[test]
fn the_signature_of_gbt_32918_holds_and_no_neighbour_of_it() {
    let r = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3";
    let s = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
    let value = many(&format!("3046022100{r}022100{s}"));
    let check = |message: &[u8], value: &[u8]| signature::verify(&many(P), message, value);
    assert_eq!(check(b"message digest", &value), Ok(()));
    assert_eq!(check(b"message digesT", &value), Err(Problem::Invalid));
    let other = Scalar::generate(&mut TestRng::new("another")).point();
    let by_other = signature::verify(other.as_bytes(), b"message digest", &value);
    assert_eq!(by_other, Err(Problem::Invalid));

    let form = |text: String| {
        assert_eq!(
            check(b"message digest", &many(&text)),
            Err(Problem::Form),
            "{text}"
        )
    };
    form(format!("3046022100{r}022100{s}00"));
    form(format!("308146022100{r}022100{s}"));
    form(format!("304702220000{r}022100{s}"));
    form(format!("30440220{r}0220{s}"));
    form(format!("{r}{s}"));
    form(format!("3026020100022100{s}"));
    form(format!("3026022100{r}020100"));
    // r + n, and r + s = n.
    let n = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";
    form(format!("3046022100{n}022100{s}"));
    let less = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122";
    form(format!("3026022100{less}020101"));
    form(String::new());
}

/// A digest of zero, where a carry is easily lost.
#[test]
fn a_signature_over_the_digest_zero_holds() {
    let point = many(concat!(
        "04ef4de57af00ae424c00c4caadff7193f804a19dd73a7e2954db9d0d15ab4cbba",
        "67728c3f4572878b7a674735da9fde1682fe2d9e0799c4a5cde57e3d473039a2"
    ));
    let value = many(concat!(
        "3046022100be0ea64e1ec06f0d247093f3ccbbadcfb6260224272f86ddb78326e7cd6c7560",
        "022100e9f6ab2fcc48a2cef94838e66b5c7e21fd8e4de25990dd98ca5243f4966f2853"
    ));
    let signature = signature::read(&value).unwrap();
    let key = VerifyingKey::from_sec1_bytes("1234567812345678", &point).unwrap();
    assert!(key.verify_prehash(&[0; 32], &signature).is_ok());
    assert!(key.verify_prehash(&[1; 32], &signature).is_err());
}

#[test]
fn what_is_signed_here_holds_here() {
    let mut rng = TestRng::new("sm2 signatures");
    for number in 0_u32..40 {
        let key = Scalar::generate(&mut rng);
        let message = number.to_be_bytes();
        let value = signature::sign(&key, &message).unwrap();
        assert_eq!(signature::verify(&key.point().0, &message, &value), Ok(()));
        assert_eq!(signature::sign(&key, &message).unwrap(), value);
    }
}

/// GB/T 32918.5, annex C: C1, C3, C2 of "encryption standard".
#[test]
fn the_ciphertext_of_gbt_32918_opens() {
    let sealed = many(concat!(
        "307c",
        "022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73",
        "022100e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0",
        "042059983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766",
        "041321886ca989ca9c7d58087307ca93092d651efa"
    ));
    let text = cipher::decrypt::<19>(&key(), &sealed).unwrap();
    assert_eq!(text.as_slice(), b"encryption standard");

    let k = "59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21";
    let k = many(k).try_into().unwrap();
    let made = cipher::try_encrypt(&key().point(), b"encryption standard", &k);
    assert_eq!(made.unwrap(), sealed);

    assert!(
        cipher::decrypt::<18>(&key(), &sealed).is_none(),
        "another length"
    );
    for at in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        assert!(
            cipher::decrypt::<19>(&key(), &altered).is_none(),
            "byte {at}"
        );
    }
    let longer = [&sealed[..], &[0]].concat();
    assert!(cipher::decrypt::<19>(&key(), &longer).is_none());
    let other = Scalar::generate(&mut TestRng::new("another"));
    assert!(cipher::decrypt::<19>(&other, &sealed).is_none());
}

#[test]
fn lengths_are_those_of_the_specification() {
    assert_eq!(cipher::lengths(64), (108, 173));
    assert_eq!(cipher::lengths(16), (60, 124));
}

#[test]
fn what_is_encrypted_here_opens_here_and_what_is_dealt_is_always_the_same() {
    let mut rng = TestRng::new("sm2 encryption");
    let text = [0x5a; 64];
    let ikm = [3; 32];
    for _ in 0..20 {
        let key = Scalar::generate(&mut rng);
        let to = key.point();
        let one = cipher::encrypt(&to, &text, &mut rng);
        assert_ne!(one, cipher::encrypt(&to, &text, &mut rng));
        let dealt = cipher::encrypt_dealt(&to, &text, &ikm);
        assert_eq!(dealt, cipher::encrypt_dealt(&to, &text, &ikm));
        for sealed in [one, dealt] {
            let (least, most) = cipher::lengths(text.len());
            assert!((least..=most).contains(&sealed.len()));
            assert_eq!(*cipher::decrypt::<64>(&key, &sealed).unwrap(), text);
        }
    }
}

/// A signature in DER may happen to have 64 bytes, as one has that is r || s.
#[test]
fn a_signature_in_its_one_spelling_stays_in_it_though_it_has_64_bytes() {
    let raw = [[[0; 7], [1; 7]].concat(), vec![0x11; 50]].concat();
    let der = signature::normal(&raw).unwrap();
    assert_eq!(signature::normal(&der), Some(der.clone()));
    let of_64 = [&[0x30, 62, 2, 26][..], &[1; 26], &[2, 32], &[0x11; 32]].concat();
    assert_eq!(of_64.len(), 64);
    assert_eq!(signature::normal(&of_64), Some(of_64.clone()));
    assert_eq!(der::read_signature(&of_64).map(|(r, _)| r[6]), Some(1));
}
