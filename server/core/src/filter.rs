//! A set that can be asked whether somebody is certainly not in it, in little and
//! constant room (a Bloom filter). It holds no names, and its size tells nothing.

use kaibiao_crypto::Digest;
use kaibiao_crypto::encoding::Base64;
use serde::{Deserialize, Serialize};

use crate::ids::Organisation;

/// Bytes of a filter: of a thousand members, one of fifty others is taken for one.
const BYTES: usize = 1024;

/// How many bits one member sets.
const BITS: usize = 4;

/// The organisations that have a part in something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Filter(Base64);

impl Default for Filter {
    fn default() -> Self {
        Self(Base64(vec![0; BYTES]))
    }
}

impl Filter {
    /// Adds a member.
    pub fn add(&mut self, organisation: &Organisation) {
        for (byte, bit) in places(organisation) {
            if let Some(byte) = self.0.0.get_mut(byte) {
                *byte |= bit;
            }
        }
    }

    /// False for everybody who is certainly no member.
    pub fn may_hold(&self, organisation: &Organisation) -> bool {
        let mut places = places(organisation).into_iter();
        places.all(|(byte, bit)| self.0.0.get(byte).is_none_or(|byte| byte & bit != 0))
    }
}

/// The bits of one organisation: the byte of each, and the bit in it.
fn places(organisation: &Organisation) -> [(usize, u8); BITS] {
    let digest = Digest::labelled("kaibiao/1 filter", &[organisation.as_str().as_bytes()]);
    let bytes = digest.as_bytes();
    std::array::from_fn(|index| {
        let place = u16::from_be_bytes([bytes[2 * index], bytes[2 * index + 1]]);
        (usize::from(place >> 3) % BYTES, 1 << (place & 7))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organisation(number: usize) -> Organisation {
        Organisation::complete(&format!("91350100M0{number:07}")).unwrap()
    }

    #[test]
    fn every_member_is_found_and_hardly_anybody_else() {
        let mut filter = Filter::default();
        assert!(!filter.may_hold(&organisation(1)));
        for number in 0..1000 {
            filter.add(&organisation(number));
        }
        assert!((0..1000).all(|number| filter.may_hold(&organisation(number))));
        let mistaken = (1000..3000).filter(|number| filter.may_hold(&organisation(*number)));
        assert!(mistaken.count() < 100);
        let json = serde_json::to_string(&filter).unwrap();
        assert_eq!(
            json.len(),
            serde_json::to_string(&Filter::default()).unwrap().len()
        );
        assert_eq!(serde_json::from_str::<Filter>(&json).unwrap(), filter);
    }
}
