//! `certificates/pairs.json`: a signing and an encryption certificate together.

use kaibiao_crypto::certificate::{Ca, Millis, Trust};
use kaibiao_crypto::encoding::Base64;
use rcgen::KeyUsagePurpose;
use serde::{Deserialize, Serialize};

use crate::pki::*;
use crate::{read, write};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PairVector {
    name: String,
    /// `accepted` or the refusal's code.
    expect: String,
    /// Of both, where they are accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<String>,
    cas: Vec<Ca>,
    /// Chains, leaf first.
    sign: Vec<Base64>,
    encrypt: Vec<Base64>,
    now: Millis,
}

#[test]
#[ignore = "writes the vectors"]
fn write_pair_vectors() {
    let root = Authority::root("Kaibiao Pairs Root");
    let second = Authority::root("Kaibiao Pairs Second Root");
    let stranger = Authority::root("Kaibiao Pairs Stranger");
    let middle = root.intermediate("Kaibiao Pairs Intermediate");
    let cas = vec![
        root.ca(
            "first",
            vec![root.crl(&[77], false), middle.crl(&[], false)],
        ),
        second.ca("second", vec![second.crl(&[], false)]),
    ];
    let mut vectors = Vec::new();
    let mut push = |name: &str, expect: &str, sign: Vec<Vec<u8>>, encrypt: Vec<Vec<u8>>| {
        vectors.push(PairVector {
            name: name.into(),
            expect: expect.into(),
            organisation: (expect == "accepted").then(|| CODE.into()),
            cas: cas.clone(),
            sign: sign.into_iter().map(Base64).collect(),
            encrypt: encrypt.into_iter().map(Base64).collect(),
            now: NOW,
        });
    };
    let sign = |leaf: Leaf| vec![root.issue(P_256, leaf)];
    let encrypt = |leaf: Leaf| vec![root.issue(RSA_2048, leaf)];
    let good = || sign(Leaf::signing());
    let kept = || encrypt(Leaf::encryption());
    let of = |code, leaf| Leaf {
        code: Some(code),
        ..leaf
    };
    let (usage, other) = (
        "certificate-wrong-usage",
        "certificate-different-organisations",
    );
    push("one organisation", "accepted", good(), kept());
    let both = Leaf {
        usages: vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
        ],
        ..Leaf::signing()
    };
    push(
        "one certificate for both uses",
        "accepted",
        sign(both.clone()),
        sign(both),
    );
    let name = "one organisation by two authorities";
    push(
        name,
        "accepted",
        good(),
        vec![second.issue(RSA_2048, Leaf::encryption())],
    );
    let below = vec![
        middle.issue(RSA_2048, Leaf::encryption()),
        middle.certificate.clone(),
    ];
    push(
        "one of them below an intermediate",
        "accepted",
        good(),
        below,
    );
    let agreement = Leaf {
        usages: vec![KeyUsagePurpose::KeyAgreement],
        ..Leaf::encryption()
    };
    push(
        "an encryption certificate for key agreement",
        "accepted",
        good(),
        sign(agreement),
    );
    push(
        "two organisations",
        other,
        good(),
        encrypt(of(OTHER_CODE, Leaf::encryption())),
    );
    push("each in the other's place", usage, kept(), good());
    push("two signing certificates", usage, good(), good());
    push("two encryption certificates", usage, kept(), kept());
    let old = |leaf| Leaf {
        years: (2024, 2026),
        ..leaf
    };
    let expired = "certificate-expired";
    push(
        "the signing certificate expired",
        expired,
        sign(old(Leaf::signing())),
        kept(),
    );
    push(
        "the encryption certificate expired",
        expired,
        good(),
        encrypt(old(Leaf::encryption())),
    );
    let unknown = "certificate-unknown-issuer";
    let strange = || vec![stranger.issue(RSA_2048, Leaf::encryption())];
    push(
        "the encryption certificate of a strange authority",
        unknown,
        good(),
        strange(),
    );
    let withdrawn = Leaf {
        serial: 77,
        ..Leaf::encryption()
    };
    push(
        "the encryption certificate revoked",
        "certificate-revoked",
        good(),
        encrypt(withdrawn),
    );
    let name =
        "the signing certificate expired, the other of a strange authority: the former is told";
    push(name, expired, sign(old(Leaf::signing())), strange());
    let name = "two organisations, and the encryption certificate expired: that is told";
    push(
        name,
        expired,
        good(),
        encrypt(old(of(OTHER_CODE, Leaf::encryption()))),
    );
    let name = "an encryption certificate without an organisation";
    let nobody = Leaf {
        code: None,
        ..Leaf::encryption()
    };
    push(name, "certificate-no-organisation", good(), encrypt(nobody));
    write("certificates/pairs.json", &vectors);
}

#[test]
fn pairs_have_the_outcome_that_their_vector_names() {
    let ders = |chain: &'_ [Base64]| chain.iter().map(|der| der.0.clone()).collect::<Vec<_>>();
    for vector in read::<PairVector>("certificates/pairs.json") {
        let trust = Trust::new(&vector.cas).unwrap();
        let (sign, encrypt) = (ders(&vector.sign), ders(&vector.encrypt));
        let [sign, encrypt] = [&sign, &encrypt].map(|it| it.iter().map(Vec::as_slice));
        let (sign, encrypt): (Vec<_>, Vec<_>) = (sign.collect(), encrypt.collect());
        match trust.judge_pair(&sign, &encrypt, vector.now) {
            Ok(pair) => {
                assert_eq!(vector.expect, "accepted", "{}", vector.name);
                for holder in [&pair.sign, &pair.encrypt] {
                    let code = holder.organisation.to_string();
                    assert_eq!(vector.organisation, Some(code), "{}", vector.name);
                }
            }
            Err(problem) => assert_eq!(problem.code(), vector.expect, "{}", vector.name),
        }
    }
}
