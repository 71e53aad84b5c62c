//! Private keys of SM2 in the spellings of the field, brought into one: PKCS #8 with
//! id-ecPublicKey and the curve (docs/spec/suite-gm.md, 2).

use kaibiao_gm::sm2::Scalar;
use sm2::pkcs8::EncodePrivateKey as _;
use zeroize::Zeroizing;

use super::ber::{self, EXPLICIT_0, Element, OCTETS, SEQUENCE};
use super::pbe::hex;

/// id-ecPublicKey
const EC: &[u8] = &hex::<7>("2a8648ce3d0201");
/// 1.2.156.10197.1.301
const CURVE: &[u8] = &hex::<8>("2a811ccf5501822d");

/// Of PKCS #8 whose algorithm is id-ecPublicKey with the curve, or the curve itself.
pub fn from_pkcs8(der: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let info = ber::read(der).ok()?;
    let algorithm = info.tagged(1, SEQUENCE).ok()?;
    let named = algorithm.child(0).ok()?.oid().ok()?;
    let curve = algorithm.child(1).ok().and_then(|it| it.oid().ok());
    if !(named == CURVE || named == EC && curve == Some(CURVE)) {
        return None;
    }
    let key = Zeroizing::new(info.tagged(2, OCTETS).ok()?.octets());
    let key = ber::read(&key).ok()?;
    from_scalar(&scalar(&key)?)
}

/// Of ECPrivateKey (RFC 5915) that names the curve.
pub fn from_sec1(der: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let key = ber::read(der).ok()?;
    let curve = key.tagged(2, EXPLICIT_0).ok()?.child(0).ok()?;
    if curve.oid().ok()? != CURVE {
        return None;
    }
    from_scalar(&scalar(&key)?)
}

/// Of a big-endian number; some programs leave its zeros out, some put more before it.
pub fn from_scalar(number: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let digits = &number[zeros..];
    let mut scalar = Zeroizing::new([0; 32]);
    let from = scalar.len().checked_sub(digits.len())?;
    scalar[from..].copy_from_slice(digits);
    Scalar::from_bytes(&scalar)?;
    let key = ::sm2::SecretKey::from_slice(scalar.as_slice()).ok()?;
    let der = key.to_pkcs8_der().ok()?;
    Some(Zeroizing::new(der.as_bytes().to_vec()))
}

fn scalar(key: &Element<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let is_key = key.tag == SEQUENCE && key.child(0).ok()?.number() == Ok(1);
    let octets = key.tagged(1, OCTETS).ok()?.octets();
    is_key.then_some(Zeroizing::new(octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_before_a_scalar_say_nothing_and_what_is_no_scalar_is_no_key() {
        let short = from_scalar(&[7]).unwrap();
        let padded = from_scalar(&[&[0; 40][..], &[7]].concat()).unwrap();
        assert_eq!(short, padded);
        assert_eq!(from_pkcs8(&short), Some(short));
        let order = hex::<32>("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123");
        let mut last = order;
        last[31] -= 1;
        for none in [&[0; 32][..], &order, &last, &[1; 33]] {
            assert_eq!(from_scalar(none), None, "{none:?}");
        }
        last[31] -= 1;
        assert!(from_scalar(&last).is_some());
    }
}
