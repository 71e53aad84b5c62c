//! Bids to test with, the same in every run.

use std::io::{Cursor, Read};

use serde_json::{Map, Value, json};

use crate::Suite;
use crate::bid::{Document, Header, SealRequest, SealingTerms, seal};
use crate::digest::Digest;
use crate::encoding::from_base64;
use crate::rng::{Rng, bytes};
use crate::secret::Secret;
use crate::test_rng::TestRng;
use crate::wrap::{PrivateKey, PublicKey};

/// What a bid is made of, apart from chance.
pub(super) struct Recipe {
    pub(super) suite: Suite,
    pub(super) seed: &'static str,
    pub(super) project: &'static str,
    pub(super) lot: &'static str,
    pub(super) recipients: Vec<PrivateKey>,
    pub(super) release: u8,
    pub(super) rescue: Option<u8>,
    pub(super) documents: Vec<(&'static str, Vec<u8>)>,
}

/// A sealed bid with everything that is secret about it.
pub(super) struct Sample {
    pub(super) header: Header,
    pub(super) file: Vec<u8>,
    pub(super) b: Secret,
    pub(super) r: Secret,
    pub(super) salts: [[u8; 32]; 2],
}

impl Default for Recipe {
    fn default() -> Self {
        Self::of(Suite::Intl)
    }
}

impl Recipe {
    pub(super) fn of(suite: Suite) -> Self {
        Self {
            suite,
            seed: "ordinary",
            project: "01935b7e-8f00-7000-8000-000000000001",
            lot: "1",
            recipients: vec![key_of(suite, "recipient")],
            release: 2,
            rescue: None,
            documents: vec![("投标函.pdf", pattern(5000)), ("清单.xlsx", pattern(5000))],
        }
    }

    pub(super) fn seal(self) -> Sample {
        let mut drawn = TestRng::new(self.seed);
        let _message: [u8; 32] = bytes(&mut drawn);
        let b = Secret::random(&mut drawn);
        let r = Secret::random(&mut drawn);
        let salts = [bytes(&mut drawn), bytes(&mut drawn)];
        let mut output = Cursor::new(Vec::new());
        let mut rng = TestRng::new(self.seed);
        let header = seal(self.request(), &mut output, &mut rng).unwrap();
        Sample {
            header,
            file: output.into_inner(),
            b,
            r,
            salts,
        }
    }

    pub(super) fn request<'a>(self) -> SealRequest<'a> {
        SealRequest {
            terms: SealingTerms {
                suite: self.suite,
                project: self.project.to_owned(),
                lot: self.lot.to_owned(),
                digest: Digest::labelled("kaibiao/1 terms", &[b"the sealing terms"]),
                custodians: custodian_keys_of(self.suite),
                release: self.release,
                rescue: self.rescue,
            },
            bidder: "91350100M000100Y43".parse().unwrap(),
            chain: vec![stored_of(self.suite, "certificate")],
            recipients: self.recipients.iter().map(PrivateKey::public).collect(),
            sheet: object(json!({"price": "123456789", "duration": 180})),
            private_sheet: object(json!({"manager": "张三"})),
            documents: self
                .documents
                .into_iter()
                .map(|(name, content)| document(name, content))
                .collect(),
            time: 1_795_312_800_000,
        }
    }
}

impl Sample {
    pub(super) fn body(&self) -> &[u8] {
        &self.file[usize::try_from(self.header.length()).unwrap()..]
    }
}

pub(super) fn document<'a>(name: &str, content: Vec<u8>) -> Document<'a> {
    Document {
        name: name.to_owned(),
        media: "application/pdf".to_owned(),
        size: content.len() as u64,
        open: Box::new(move || Ok(Box::new(Cursor::new(content)) as Box<dyn Read>)),
    }
}

/// A key of the suite's curve, named by its seed.
pub(super) fn key_of(suite: Suite, seed: &str) -> PrivateKey {
    PrivateKey::generate_for(suite, &mut TestRng::new(seed))
}

pub(super) fn p256(seed: &str) -> PrivateKey {
    key_of(Suite::Intl, seed)
}

pub(super) fn sm2(seed: &str) -> PrivateKey {
    key_of(Suite::Gm, seed)
}

pub(super) fn rsa() -> PrivateKey {
    PrivateKey::from_pkcs8(&stored("rsa_2048")).unwrap()
}

pub(super) fn custodians() -> Vec<PrivateKey> {
    custodians_of(Suite::Intl)
}

pub(super) fn custodian_keys() -> Vec<PublicKey> {
    custodian_keys_of(Suite::Intl)
}

pub(super) fn custodians_of(suite: Suite) -> Vec<PrivateKey> {
    ["custodian 1", "custodian 2", "custodian 3"]
        .map(|seed| key_of(suite, seed))
        .into()
}

pub(super) fn custodian_keys_of(suite: Suite) -> Vec<PublicKey> {
    let custodians = custodians_of(suite);
    custodians.iter().map(PrivateKey::public).collect()
}

/// Byte k is k mod 251: no power of two divides the period.
pub(super) fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|k| (k % 251) as u8).collect()
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

pub(super) fn stored(name: &str) -> Vec<u8> {
    stored_of(Suite::Intl, name)
}

/// A member of crypto/vectors/sealed-bid/keys.json or crypto/vectors/gm/keys.json.
pub(super) fn stored_of(suite: Suite, name: &str) -> Vec<u8> {
    let text = match suite {
        Suite::Intl => include_str!("../../../vectors/sealed-bid/keys.json"),
        Suite::Gm => include_str!("../../../vectors/gm/keys.json"),
    };
    let keys: Value = serde_json::from_str(text).unwrap();
    from_base64(keys[name].as_str().unwrap()).unwrap()
}

pub(super) fn rng() -> impl Rng {
    TestRng::new("whatever")
}
