//! One spelling of a message that was verified: whatever is not signed is
//! written anew (docs/spec/timestamps.md, 5).

use der::Tag;

use super::algorithm::{of_hash, of_scheme};
use super::element::{constructed, element, integer, name, sequence, set_of};
use super::read::{Signed, SignedData};

impl SignedData<'_> {
    /// The message with these certificates and no other, without revocation
    /// lists and unsigned attributes, the signer told by issuer and serial
    /// number, and every algorithm in one spelling.
    pub(crate) fn normal_form(&self, signed: &Signed<'_>, certificates: Vec<Vec<u8>>) -> Vec<u8> {
        let info = &self.signer;
        let hash = of_hash(info.hash);
        let named = &signed.named;
        let written = sequence(&[
            &integer(&[1]),
            &sequence(&[&named.issuer, &element(Tag::Integer, &[named.serial])]),
            &hash,
            &element(constructed(0), &[info.attributes.content()]),
            &of_scheme(info.scheme, info.hash),
            &element(Tag::OctetString, &[info.value]),
        ]);
        let content = self.content.map(|it| element(Tag::OctetString, &[it]));
        let content = content.map(|it| element(constructed(0), &[&it]));
        let version = if self.frame.data() == self.content_type {
            1
        } else {
            3
        };
        let data = sequence(&[
            &integer(&[version]),
            &element(Tag::Set, &[&hash]),
            &sequence(&[&name(self.content_type), &content.unwrap_or_default()]),
            &set_of(constructed(0), certificates),
            &element(Tag::Set, &[&written]),
        ]);
        sequence(&[
            &name(self.frame.signed_data()),
            &element(constructed(0), &[&data]),
        ])
    }
}
