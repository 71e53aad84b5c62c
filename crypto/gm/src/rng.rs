//! Randomness as an argument.
//!
//! Three generations of `rand_core` live side by side among our dependencies;
//! this small trait is what our own code speaks, and adapters stand at the
//! walls. The implementation over the operating system lives with the callers.

use alloc::boxed::Box;

/// A source of cryptographically secure random bytes.
pub trait Rng {
    /// Fills `bytes` entirely with random bytes.
    fn fill(&mut self, bytes: &mut [u8]);
}

impl<R: Rng + ?Sized> Rng for &mut R {
    fn fill(&mut self, bytes: &mut [u8]) {
        (**self).fill(bytes);
    }
}

impl<R: Rng + ?Sized> Rng for Box<R> {
    fn fill(&mut self, bytes: &mut [u8]) {
        (**self).fill(bytes);
    }
}

/// Draws `N` random bytes.
pub fn bytes<const N: usize>(rng: &mut (impl Rng + ?Sized)) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(u8);

    impl Rng for Counting {
        fn fill(&mut self, bytes: &mut [u8]) {
            for byte in bytes {
                self.0 = self.0.wrapping_add(1);
                *byte = self.0;
            }
        }
    }

    #[test]
    fn a_borrowed_source_goes_on_where_it_was() {
        let mut source = Counting(0);
        assert_eq!(bytes::<2>(&mut source), [1, 2]);
        let mut boxed: Box<dyn Rng> = Box::new(source);
        assert_eq!(bytes::<2>(&mut boxed), [3, 4]);
        assert_eq!(bytes::<1>(boxed.as_mut()), [5]);
    }
}
