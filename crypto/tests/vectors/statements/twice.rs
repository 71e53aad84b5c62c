//! `signatures/statements-gm.json`: statements that the platform has signed twice, and what
//! is none (docs/spec/signatures.md, 4, "The second signature").

use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::Certificate;
use kaibiao_crypto::encoding::{Base64, from_base64, to_base64};
use kaibiao_crypto::platform_key::{PlatformKey, PlatformPublicKey};
use kaibiao_crypto::signer::{FileKey, Signer as _};
use kaibiao_crypto::statement::{
    AcceptedStatement, ClosingStatement, LotBids, Receipt, SignedStatement, Statement,
    StatementKeys, UnlockAck,
};
use serde::{Deserialize, Serialize};

use super::verifies;
use crate::pki::ED25519;
use crate::{Counting, ORIGIN, PROJECT, read, write};

const SM2: &[u8] = include_bytes!("../../../vectors/keys/sm2.pk8");
const LEAF: &[u8] = include_bytes!("../../../vectors/keys/sm2.cer");

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// `accepted` or `refused`.
    expect: String,
    /// receipt, acknowledge, closing or accepted.
    kind: String,
    /// The short form.
    statement: String,
    origin: String,
    project: String,
    key: PlatformPublicKey,
    /// What the reader is told of the platform's SM2 certificate: base64 DER, leaf first,
    /// or nothing.
    sm2_chain: Vec<String>,
}

/// The short form with both signatures.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Twice {
    body: String,
    signature: Base64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sm2_signature: Option<Base64>,
}

impl Twice {
    fn of<T: Statement>(statement: &T) -> Self {
        let key = PlatformKey::from_pkcs8(ED25519).unwrap();
        let signed = SignedStatement::issue(statement, ORIGIN, &key, &mut Counting(0)).unwrap();
        let second = FileKey::bare(SM2).unwrap();
        let signed = signed.signed_with_sm2(statement, ORIGIN, &second).unwrap();
        Self {
            body: signed.body,
            signature: signed.signature.value,
            sm2_signature: signed.sm2_signature.map(|it| it.value),
        }
    }

    fn with(&self, second: Vec<u8>) -> Self {
        Self {
            sm2_signature: Some(Base64(second)),
            ..self.clone()
        }
    }

    fn second(&self) -> Vec<u8> {
        self.sm2_signature.clone().unwrap().0
    }
}

#[test]
fn statements_signed_twice_have_the_outcome_that_their_vector_names() {
    let cases = read::<Case>("signatures/statements-gm.json");
    assert!(cases.iter().any(|case| case.expect == "accepted"));
    for case in cases {
        let leaf = case.sm2_chain.first();
        let leaf = leaf.map(|it| Certificate::parse(&from_base64(it).unwrap()).unwrap());
        let keys = StatementKeys {
            ed25519: case.key,
            sm2: leaf.map(|leaf| leaf.public_key().clone()),
        };
        let holds = serde_json::from_str::<Twice>(&case.statement).is_ok_and(|it| {
            let signed = SignedStatement::from_short(it.body, it.signature, it.sm2_signature);
            verifies(&signed, &case.kind, &case.origin, &case.project, keys)
        });
        assert_eq!(holds, case.expect == "accepted", "{}", case.name);
    }
}

#[test]
#[ignore = "writes the vectors"]
fn write_statements_signed_twice() {
    let digest = |n: u8| Digest::of(&[n]);
    let receipt = Receipt {
        bid: digest(1),
        leaf: digest(10),
        lot: "1".into(),
        project: PROJECT.into(),
        received: 1_794_999_000_000,
        tick: 7,
    };
    let acknowledgement = UnlockAck {
        bid: digest(1),
        lot: "1".into(),
        project: PROJECT.into(),
        received: 1_795_000_100_000,
        unlock: digest(11),
    };
    let closing = ClosingStatement {
        at: 1_795_000_000_000,
        lots: vec![LotBids {
            bids: vec![digest(1)],
            lot: "1".into(),
        }],
        project: PROJECT.into(),
        root: digest(12),
        shell_seq: 12,
        size: 12,
    };
    let signed = Twice::of(&closing);
    let accepted = AcceptedStatement {
        at: 1_795_000_200_000,
        bids: vec![digest(1)],
        closing: Digest::of(signed.body.as_bytes()),
        lot: "1".into(),
        project: PROJECT.into(),
        root: digest(13),
        size: 15,
    };
    let of = Twice::of(&receipt);
    let other = Twice::of(&Receipt {
        tick: 8,
        ..receipt.clone()
    });
    let told = vec![to_base64(LEAF)];
    let mut cases = Vec::new();
    let mut push = |name: &str, expect: &str, kind: &str, it: &Twice, told: &[String]| {
        cases.push(Case {
            name: name.into(),
            expect: expect.into(),
            kind: kind.into(),
            statement: serde_json::to_string(it).unwrap(),
            origin: ORIGIN.into(),
            project: PROJECT.into(),
            key: PlatformKey::from_pkcs8(ED25519).unwrap().public_key(),
            sm2_chain: told.to_vec(),
        });
    };
    for (name, kind, it) in [
        ("a receipt", "receipt", &of),
        (
            "an acknowledgement",
            "acknowledge",
            &Twice::of(&acknowledgement),
        ),
        ("a closing statement", "closing", &signed),
        ("an accepted statement", "accepted", &Twice::of(&accepted)),
    ] {
        push(name, "accepted", kind, it, &told);
    }
    let once = Twice {
        sm2_signature: None,
        ..of.clone()
    };
    push(
        "signed once, and no certificate told",
        "accepted",
        "receipt",
        &once,
        &[],
    );
    push(
        "signed twice, and no certificate told",
        "accepted",
        "receipt",
        &of,
        &[],
    );
    let noise = of.with(vec![0]);
    push(
        "a second signature that is none, and no certificate told",
        "accepted",
        "receipt",
        &noise,
        &[],
    );

    let mut refused = |name: &str, it: &Twice| push(name, "refused", "receipt", it, &told);
    refused("no second signature", &once);
    refused("a second signature that is none", &noise);
    refused("an empty second signature", &of.with(Vec::new()));
    let mut flipped = of.second();
    *flipped.last_mut().unwrap() ^= 1;
    refused("a bit of the second signature flipped", &of.with(flipped));
    refused(
        "the second signature of another receipt",
        &of.with(other.second()),
    );
    let second = FileKey::bare(SM2).unwrap();
    let bare = second.sign(of.body.as_bytes()).unwrap().value.0;
    refused("a second signature over the body alone", &of.with(bare));
    refused(
        "Ed25519's value in the second's place",
        &of.with(of.signature.0.clone()),
    );
    let (r, s) = numbers(&of.second());
    refused(
        "r and s of 32 bytes each",
        &of.with([r.clone(), s.clone()].concat()),
    );
    refused(
        "integers with a zero before them",
        &of.with(der(&zeroed(&r), &zeroed(&s))),
    );
    refused(
        "a byte after the DER",
        &of.with([of.second(), vec![0]].concat()),
    );
    let mut broken = of.clone();
    broken.signature.0[0] ^= 1;
    refused("only the second signature holds", &broken);
    let mut spaced = of.clone();
    spaced.body = of.body.replacen(':', ": ", 1);
    refused("white space in the body", &spaced);
    push(
        "a receipt taken for a closing",
        "refused",
        "closing",
        &of,
        &told,
    );
    write("signatures/statements-gm.json", &cases);
}

/// r and s, 32 bytes each, of a signature of SM2.
fn numbers(signature: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let r = usize::from(signature[3]);
    let padded = |bytes: &[u8]| {
        let bytes = bytes.strip_prefix(&[0]).unwrap_or(bytes);
        [vec![0; 32 - bytes.len()], bytes.to_vec()].concat()
    };
    (padded(&signature[4..4 + r]), padded(&signature[6 + r..]))
}

/// With more zeros than DER lets stand before an integer.
fn zeroed(number: &[u8]) -> Vec<u8> {
    [&[0, 0][..], number].concat()
}

fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| [&[2, u8::try_from(bytes.len()).unwrap()], bytes].concat();
    let both = [integer(r), integer(s)].concat();
    [vec![0x30, u8::try_from(both.len()).unwrap()], both].concat()
}
