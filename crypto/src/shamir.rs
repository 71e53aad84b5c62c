//! Shamir's secret sharing of 32-byte secrets, byte by byte over GF(2^8)
//! modulo 0x11b (docs/spec/sealed-bid.md, 10).
//!
//! Field operations use neither tables nor branches on secrets. Where shares
//! are evaluated (x) is public.

use crate::secret::Secret;

/// Why shares do not combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CombineProblem {
    /// There is no share to combine.
    #[error("no shares")]
    None,
    /// A share claims x = 0, which is the secret's own place.
    #[error("x = 0 is the secret's own place")]
    Zero,
    /// Two shares claim the same place.
    #[error("two shares have the same x")]
    Duplicate,
}

/// The value at `x` of the polynomial `secret + coefficients[0] x + ...`.
pub(crate) fn evaluate(secret: &Secret, coefficients: &[Secret], x: u8) -> Secret {
    let mut share = Secret::from_bytes([0; 32]);
    for (index, value) in share.as_mut_bytes().iter_mut().enumerate() {
        // Horner, from the highest coefficient down to the secret.
        for coefficient in coefficients.iter().rev() {
            *value = multiply(*value ^ coefficient.as_bytes()[index], x);
        }
        *value ^= secret.as_bytes()[index];
    }
    share
}

/// The value at 0 of the polynomial of lowest degree through the shares.
/// Whether it is the shared secret is for a commitment to say.
pub(crate) fn combine(shares: &[(u8, &Secret)]) -> Result<Secret, CombineProblem> {
    if shares.is_empty() {
        return Err(CombineProblem::None);
    }
    let mut secret = Secret::from_bytes([0; 32]);
    for (place, (x, share)) in shares.iter().enumerate() {
        if *x == 0 {
            return Err(CombineProblem::Zero);
        }
        let mut weight = 1;
        for (other_place, (other, _)) in shares.iter().enumerate() {
            if other_place == place {
                continue;
            }
            if other == x {
                return Err(CombineProblem::Duplicate);
            }
            weight = multiply(weight, multiply(*other, invert(x ^ other)));
        }
        for (byte, value) in secret.as_mut_bytes().iter_mut().zip(share.as_bytes()) {
            *byte ^= multiply(*value, weight);
        }
    }
    Ok(secret)
}

/// a * b in GF(2^8), in constant time.
const fn multiply(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    let mut round = 0;
    while round < 8 {
        product ^= a & (b & 1).wrapping_neg();
        let carry = (a >> 7).wrapping_neg();
        a = (a << 1) ^ (carry & 0x1b);
        b >>= 1;
        round += 1;
    }
    product
}

/// 1 / a = a^254.
const fn invert(a: u8) -> u8 {
    let mut power = a;
    let mut result = 1;
    // 254 = 2 + 4 + ... + 128
    let mut round = 0;
    while round < 7 {
        power = multiply(power, power);
        result = multiply(result, power);
        round += 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The field by another way: multiplication of polynomials, then division.
    fn multiply_slowly(a: u8, b: u8) -> u8 {
        let mut product: u32 = 0;
        for bit in 0..8 {
            if b >> bit & 1 == 1 {
                product ^= u32::from(a) << bit;
            }
        }
        for bit in (8..16).rev() {
            if product >> bit & 1 == 1 {
                product ^= 0x11b << (bit - 8);
            }
        }
        u8::try_from(product).unwrap()
    }

    #[test]
    fn multiplication_is_that_of_the_field_everywhere() {
        for a in 0..=255 {
            for b in 0..=255 {
                assert_eq!(multiply(a, b), multiply_slowly(a, b));
            }
        }
        assert_eq!(multiply(0x57, 0x83), 0xc1, "FIPS 197, 4.2");
    }

    #[test]
    fn every_element_but_zero_has_its_inverse() {
        for a in 1..=255 {
            assert_eq!(multiply(a, invert(a)), 1);
        }
    }

    #[test]
    fn shares_at_zero_twice_or_none_are_refused() {
        let share = Secret::from_bytes([1; 32]);
        assert_eq!(combine(&[]).unwrap_err(), CombineProblem::None);
        assert_eq!(combine(&[(0, &share)]).unwrap_err(), CombineProblem::Zero);
        let twice = combine(&[(3, &share), (4, &share), (3, &share)]);
        assert_eq!(twice.unwrap_err(), CombineProblem::Duplicate);
    }

    proptest! {
        #[test]
        fn any_t_of_n_shares_give_the_secret_and_fewer_do_not(
            secret in any::<[u8; 32]>(),
            coefficients in proptest::collection::vec(any::<[u8; 32]>(), 0..12),
            order in Just((1..=32u8).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            prop_assume!(coefficients.iter().all(|c| *c != [0; 32]));
            let secret = Secret::from_bytes(secret);
            let coefficients: Vec<_> = coefficients.into_iter().map(Secret::from_bytes).collect();
            let threshold = coefficients.len() + 1;
            let shares: Vec<_> = order.iter()
                .map(|x| (*x, evaluate(&secret, &coefficients, *x)))
                .collect();
            let some: Vec<_> = shares[..threshold].iter().map(|(x, share)| (*x, share)).collect();
            prop_assert!(combine(&some).unwrap().ct_eq(&secret));
            let all: Vec<_> = shares.iter().map(|(x, share)| (*x, share)).collect();
            prop_assert!(combine(&all).unwrap().ct_eq(&secret));
            if threshold > 1 {
                prop_assert!(!combine(&some[1..]).unwrap().ct_eq(&secret));
            }
        }
    }
}
