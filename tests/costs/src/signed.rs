//! Acts: a login is judged, with the certificate of who signed it.

use kaibiao_core::act::{Act, Login};
use kaibiao_core::ids::Nonce;
use kaibiao_crypto::act::{Place, SignedAct};
use kaibiao_crypto::certificate::{Ca, Millis, Trust};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::signer::FileKey;
use serde::Deserialize;

use crate::{Path, Work, work};

const CHAINS: &str = include_str!("../../../crypto/vectors/certificates/chains.json");
const RSA: &[u8] = include_bytes!("../../../crypto/vectors/keys/rsa-2048.pk8");
const P_256: &[u8] = include_bytes!("../../../crypto/vectors/keys/p-256.pk8");
const SM2: &[u8] = include_bytes!("../../../crypto/vectors/keys/sm2.pk8");

pub const PATHS: &[Path] = &[
    Path {
        name: "judge a login, RSA-2048",
        sizes: &[1],
        unit: "act",
        prepare: |_| judging("RSA-2048 to sign", RSA),
    },
    Path {
        name: "judge a login, P-256",
        sizes: &[1],
        unit: "act",
        prepare: |_| judging("P-256 to sign", P_256),
    },
    Path {
        name: "check a signature, SM2",
        sizes: &[1],
        unit: "act",
        prepare: |_| checking(SM2),
    },
];

const PLACE: Place<'_> = Place {
    origin: "bid.example.cn",
    project: "",
};

/// A case of `crypto/vectors/certificates`.
#[derive(Deserialize)]
struct Case {
    name: String,
    cas: Vec<Ca>,
    chain: Vec<Base64>,
    now: Millis,
}

/// By the certificate that goes along, its authority and its revocation list.
fn judging(name: &str, key: &[u8]) -> Work {
    let cases: Vec<Case> = serde_json::from_str(CHAINS).unwrap();
    let case = cases.into_iter().find(|case| case.name == name).unwrap();
    let chain = case.chain.iter().map(|der| der.0.clone()).collect();
    let act = login(&FileKey::from_pkcs8(key, chain).unwrap());
    let trust = Trust::new(&case.cas).unwrap();
    work(move || {
        let judged = act.verify(PLACE, &trust, case.now).unwrap();
        let read: Act = act.read().unwrap();
        (judged, read)
    })
}

/// By a key that is known.
fn checking(key: &[u8]) -> Work {
    let key = FileKey::bare(key).unwrap();
    let (act, key) = (login(&key), key.public_key());
    work(move || act.verify_by_key(PLACE, &key).unwrap())
}

fn login(key: &FileKey) -> SignedAct {
    let body = Act::Login(Login {
        nonce: Nonce([7; 16]),
        challenge: "c".repeat(43),
        address: "https://bid.example.cn".into(),
        authorisation: None,
    });
    SignedAct::sign(key, PLACE, &body).unwrap()
}
