//! Bids: sealed, and a document of one opened.

use std::io::Cursor;

use kaibiao_crypto::bid::{
    Document, EnvelopeKey, Header, Kbid, SealRequest, SealingTerms, open_document, open_manifest,
    seal,
};
use kaibiao_crypto::encoding::from_base64;
use kaibiao_crypto::rng::Rng;
use kaibiao_crypto::wrap::{PrivateKey, Role};
use kaibiao_crypto::{Digest, Suite};
use serde_json::{Map, Value, json};

use crate::{Path, Work, work};

/// One chunk. What is longer is worked on by a thread for each core.
const MIB: usize = 1 << 20;

pub const PATHS: &[Path] = &[
    Path {
        name: "seal a document, intl",
        sizes: &[MIB / 10, MIB],
        unit: "bytes",
        prepare: |bytes| sealing(Suite::Intl, 1, bytes),
    },
    Path {
        name: "seal a document, gm",
        sizes: &[MIB / 10, MIB],
        unit: "bytes",
        prepare: |bytes| sealing(Suite::Gm, 1, bytes),
    },
    Path {
        name: "seal documents of 1 KiB, intl",
        sizes: &[10, 100],
        unit: "documents",
        prepare: |documents| sealing(Suite::Intl, documents, 1024),
    },
    Path {
        name: "open a document, intl",
        sizes: &[MIB / 10, MIB],
        unit: "bytes",
        prepare: |bytes| opening(Suite::Intl, bytes),
    },
    Path {
        name: "open a document, gm",
        sizes: &[MIB / 10, MIB],
        unit: "bytes",
        prepare: |bytes| opening(Suite::Gm, bytes),
    },
];

fn sealing(suite: Suite, documents: usize, bytes: usize) -> Work {
    let request = request(suite, documents, bytes);
    let mut rng = Fixed::of("sealing");
    // As much room as it takes, so that its growth does not count.
    let mut file = Cursor::new(Vec::with_capacity(documents * (bytes + 1024) + MIB));
    work(move || {
        let header = seal(request, &mut file, &mut rng).unwrap();
        (header, file)
    })
}

fn opening(suite: Suite, bytes: usize) -> Work {
    let mut file = Cursor::new(Vec::new());
    seal(
        request(suite, 1, bytes),
        &mut file,
        &mut Fixed::of("sealing"),
    )
    .unwrap();
    let mut file = Kbid::open(file).unwrap();
    let header = file.header().clone();
    let key = unlock(&header);
    let manifest_key = header.segment_key(&key, 1).unwrap();
    let mut segment = file.segment(0, 1).unwrap().unwrap();
    let manifest = open_manifest(&header, &manifest_key, &mut segment).unwrap();
    let document_key = header.segment_key(&key, 2).unwrap();
    let mut plaintext = Vec::with_capacity(bytes);
    work(move || {
        let mut segment = file.segment(0, 2).unwrap().unwrap();
        let entry = &manifest.documents[0];
        open_document(&header, &document_key, entry, &mut segment, &mut plaintext).unwrap();
        plaintext
    })
}

/// The key of a bid's envelope, by its bidder's key and the custodians'.
fn unlock(header: &Header) -> EnvelopeKey {
    let suite = header.suite();
    let mut rng = Fixed::of("unlocking");
    let b = header
        .unwrap_b(0, &key(suite, "recipient"), &mut rng)
        .unwrap();
    let custodians = custodians(suite);
    let shares = custodians[..2].iter().map(|custodian| {
        header
            .unwrap_share(0, Role::Release, custodian, &mut rng)
            .unwrap()
    });
    let r = header
        .recover_release(0, &shares.collect::<Vec<_>>())
        .unwrap();
    let public: Vec<_> = custodians.iter().map(PrivateKey::public).collect();
    let r = header.audit_release(r, &public).unwrap();
    header.unlock(&b, &r).unwrap()
}

fn request(suite: Suite, documents: usize, bytes: usize) -> SealRequest<'static> {
    SealRequest {
        terms: SealingTerms {
            suite,
            project: "01935b7e-8f00-7000-8000-000000000001".into(),
            lot: "1".into(),
            digest: Digest::of(b"the sealing terms"),
            custodians: custodians(suite).iter().map(PrivateKey::public).collect(),
            release: 2,
            rescue: None,
        },
        bidder: "91350100M000100Y43".parse().unwrap(),
        chain: vec![certificate(suite)],
        recipients: vec![key(suite, "recipient").public()],
        sheet: object(json!({"price": "123456789", "duration": 180})),
        private_sheet: object(json!({"manager": "张三"})),
        documents: (0..documents)
            .map(|number| document(number, bytes))
            .collect(),
        time: 1_795_312_800_000,
    }
}

fn document(number: usize, bytes: usize) -> Document<'static> {
    // No power of two divides the period.
    let content: Vec<u8> = (0..251).cycle().take(bytes).collect();
    Document {
        name: format!("附件{number}.pdf"),
        media: "application/pdf".into(),
        size: content.len() as u64,
        open: Box::new(move || Ok(Box::new(Cursor::new(content)))),
    }
}

fn custodians(suite: Suite) -> Vec<PrivateKey> {
    ["one", "two", "three"].map(|seed| key(suite, seed)).into()
}

fn key(suite: Suite, seed: &'static str) -> PrivateKey {
    PrivateKey::generate_for(suite, &mut Fixed::of(seed))
}

fn certificate(suite: Suite) -> Vec<u8> {
    let keys = match suite {
        Suite::Intl => include_str!("../../../crypto/vectors/sealed-bid/keys.json"),
        Suite::Gm => include_str!("../../../crypto/vectors/gm/keys.json"),
    };
    let keys: Value = serde_json::from_str(keys).unwrap();
    from_base64(keys["certificate"].as_str().unwrap()).unwrap()
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// Bytes that are the same in every run: digests of a seed and a counter.
struct Fixed {
    seed: &'static str,
    drawn: u64,
}

impl Fixed {
    const fn of(seed: &'static str) -> Self {
        Self { seed, drawn: 0 }
    }
}

impl Rng for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) {
        for piece in bytes.chunks_mut(32) {
            let counter = self.drawn.to_be_bytes();
            let block = Digest::of_parts(&[self.seed.as_bytes(), &counter]);
            piece.copy_from_slice(&block.as_bytes()[..piece.len()]);
            self.drawn += 1;
        }
    }
}
