//! `signatures/short-statements.json`: statements as the HTTP API and the files
//! beside a bid write them (docs/spec/signatures.md, 4).

use kaibiao_crypto::Digest;
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::platform_key::{PlatformKey, PlatformPublicKey};
use kaibiao_crypto::statement::{Receipt, SignedStatement};
use serde::{Deserialize, Serialize};

use crate::pki::ED25519;
use crate::{Counting, ORIGIN, PROJECT, read, write};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// `accepted` or `refused`; every one is a receipt.
    expect: String,
    /// The text of the statement as it travels.
    statement: String,
    origin: String,
    project: String,
    key: PlatformPublicKey,
}

/// The short form.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Short {
    pub(super) body: String,
    pub(super) signature: Base64,
}

impl Short {
    pub(super) fn of(signed: &SignedStatement) -> Self {
        Self {
            body: signed.body.clone(),
            signature: signed.signature.value.clone(),
        }
    }

    pub(super) fn whole(self) -> SignedStatement {
        SignedStatement::from_short(self.body, self.signature, None)
    }
}

#[test]
#[ignore = "writes the vectors"]
fn write_short_statement_vectors() {
    let key = PlatformKey::from_pkcs8(ED25519).unwrap();
    let receipt = Receipt {
        bid: Digest::of(&[1]),
        leaf: Digest::of(&[10]),
        lot: "1".into(),
        project: PROJECT.into(),
        received: 1_794_999_000_000,
        tick: 0,
    };
    let signed = SignedStatement::issue(&receipt, ORIGIN, &key, &mut Counting(0)).unwrap();
    let short = serde_json::to_string(&Short::of(&signed)).unwrap();
    let value = serde_json::to_value(&signed.signature.value).unwrap();
    let value = value.as_str().unwrap();
    assert!(value.ends_with("==") && value.contains('/'));
    let with = |other: &str| short.replace(value, other);
    let mut flipped = signed.clone();
    flipped.signature.value.0[0] ^= 1;
    let mut cut = signed.clone();
    cut.signature.value.0.pop();
    let mut spaced = signed.clone();
    spaced.body = signed.body.replacen(':', ": ", 1);
    let text = |signed: &SignedStatement| serde_json::to_string(&Short::of(signed)).unwrap();
    let accepted = [
        ("a receipt", short.clone()),
        (
            "members in another order, and white space around them",
            format!(
                "{{ \"signature\": {:?}, \"body\": {} }}",
                value,
                serde_json::to_string(&signed.body).unwrap()
            ),
        ),
    ];
    let refused = [
        ("a bit of the signature flipped", text(&flipped)),
        ("a signature of 63 bytes", text(&cut)),
        ("base64 without padding", with(value.trim_end_matches('='))),
        (
            "base64 by the URL alphabet",
            with(&value.replace('/', "_").replace('+', "-")),
        ),
        ("hexadecimal", with(&hex::encode(&signed.signature.value.0))),
        ("no signature", with("")),
        ("white space in the body", text(&spaced)),
        ("the long form", serde_json::to_string(&signed).unwrap()),
    ];
    let case = |expect: &str, (name, statement): (&str, String)| Case {
        name: name.into(),
        expect: expect.into(),
        statement,
        origin: ORIGIN.into(),
        project: PROJECT.into(),
        key: key.public_key(),
    };
    let accepted = accepted.map(|it| case("accepted", it));
    let refused = refused.map(|it| case("refused", it));
    let cases: Vec<_> = accepted.into_iter().chain(refused).collect();
    write("signatures/short-statements.json", &cases);
}

#[test]
fn short_statements_have_the_outcome_that_their_vector_names() {
    for case in read::<Case>("signatures/short-statements.json") {
        let holds = serde_json::from_str::<Short>(&case.statement).is_ok_and(|short| {
            let whole = short.whole();
            whole
                .verify::<Receipt>(&case.origin, &case.project, &case.key)
                .is_ok()
        });
        assert_eq!(holds, case.expect == "accepted", "{}", case.name);
    }
}
