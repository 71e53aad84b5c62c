//! `signatures/statements.json`: each kind of statement by itself.

mod lists;
mod short;
mod twice;

use kaibiao_crypto::Digest;
use kaibiao_crypto::platform_key::{PlatformKey, PlatformPublicKey};
use kaibiao_crypto::statement::{
    AcceptedStatement, ClosingStatement, LotBids, Receipt, SignedStatement, StatementKeys,
    UnlockAck,
};
use serde::{Deserialize, Serialize};

use crate::pki::ED25519;
use crate::{Counting, ORIGIN, PROJECT, read, write};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatementVector {
    name: String,
    /// `accepted` or `refused`.
    expect: String,
    /// receipt, acknowledge, closing or accepted.
    kind: String,
    statement: String,
    origin: String,
    project: String,
    key: PlatformPublicKey,
}

/// Whether it is a statement of this kind that these keys have signed.
fn verifies(
    signed: &SignedStatement,
    kind: &str,
    origin: &str,
    project: &str,
    keys: impl Into<StatementKeys>,
) -> bool {
    match kind {
        "receipt" => signed.verify::<Receipt>(origin, project, keys).is_ok(),
        "acknowledge" => signed.verify::<UnlockAck>(origin, project, keys).is_ok(),
        "closing" => signed
            .verify::<ClosingStatement>(origin, project, keys)
            .is_ok(),
        "accepted" => signed
            .verify::<AcceptedStatement>(origin, project, keys)
            .is_ok(),
        other => panic!("{other} is no kind of statement"),
    }
}

#[test]
fn statements_have_the_outcome_that_their_vector_names() {
    for vector in read::<StatementVector>("signatures/statements.json") {
        let (origin, project, key) = (&vector.origin, &vector.project, &vector.key);
        let holds = match serde_json::from_str::<SignedStatement>(&vector.statement) {
            Err(_) => false,
            Ok(signed) => verifies(&signed, &vector.kind, origin, project, key),
        };
        assert_eq!(holds, vector.expect == "accepted", "{}", vector.name);
    }
}

#[test]
#[ignore = "writes the vectors"]
fn write_statement_vectors() {
    let key = PlatformKey::from_pkcs8(ED25519).unwrap();
    let (other, _) = PlatformKey::generate(&mut Counting(0));
    let mut vectors = Vec::new();
    let mut push = |name: &str, expect: &str, kind: &str, statement: String| {
        vectors.push(StatementVector {
            name: name.into(),
            expect: expect.into(),
            kind: kind.into(),
            statement,
            origin: ORIGIN.into(),
            project: PROJECT.into(),
            key: key.public_key(),
        });
    };
    let text = |signed: &SignedStatement| serde_json::to_string(signed).unwrap();
    let digest = |n: u8| Digest::of(&[n]);
    let mut bids = vec![digest(1), digest(2), digest(3)];
    bids.sort();
    let receipt = Receipt {
        bid: digest(1),
        leaf: digest(10),
        lot: "1".into(),
        project: PROJECT.into(),
        received: 1_794_999_000_000,
        tick: 0,
    };
    let signed = SignedStatement::issue(&receipt, ORIGIN, &key, &mut Counting(0)).unwrap();
    push("a receipt", "accepted", "receipt", text(&signed));
    push(
        "a receipt taken for a closing",
        "refused",
        "closing",
        text(&signed),
    );
    let forged = SignedStatement::issue(&receipt, ORIGIN, &other, &mut Counting(0)).unwrap();
    push(
        "a receipt under another key",
        "refused",
        "receipt",
        text(&forged),
    );
    let elsewhere = Receipt {
        project: "0192d3a0-0000-7000-8000-000000000002".into(),
        ..receipt
    };
    let signed = SignedStatement::issue(&elsewhere, ORIGIN, &key, &mut Counting(0)).unwrap();
    push(
        "a receipt of another project",
        "refused",
        "receipt",
        text(&signed),
    );
    let ack = UnlockAck {
        bid: digest(1),
        lot: "1".into(),
        project: PROJECT.into(),
        received: 1_795_000_100_000,
        unlock: digest(11),
    };
    let signed = SignedStatement::issue(&ack, ORIGIN, &key, &mut Counting(0)).unwrap();
    push(
        "an acknowledgement",
        "accepted",
        "acknowledge",
        text(&signed),
    );
    let closing = ClosingStatement {
        at: 1_795_000_000_000,
        lots: vec![
            LotBids {
                bids: bids.clone(),
                lot: "1".into(),
            },
            LotBids {
                bids: vec![],
                lot: "2".into(),
            },
        ],
        project: PROJECT.into(),
        root: digest(12),
        shell_seq: 11,
        size: 12,
    };
    let signed_closing = SignedStatement::issue(&closing, ORIGIN, &key, &mut Counting(0)).unwrap();
    push(
        "a closing statement",
        "accepted",
        "closing",
        text(&signed_closing),
    );
    let mut swapped = closing.clone();
    swapped.lots[0].bids.swap(0, 1);
    let mut doubled = closing.clone();
    doubled.lots[0].bids[1] = doubled.lots[0].bids[0];
    let mut lots = closing.clone();
    lots.lots.swap(0, 1);
    let beyond = ClosingStatement {
        shell_seq: 13,
        ..closing.clone()
    };
    for (name, statement) in [
        ("a closing with bids out of order", swapped),
        ("a closing with a bid twice", doubled),
        ("a closing with lots out of order", lots),
        ("a closing whose deadline is not in its tree", beyond),
    ] {
        let signed = SignedStatement::issue(&statement, ORIGIN, &key, &mut Counting(0)).unwrap();
        push(name, "refused", "closing", text(&signed));
    }
    let altered = SignedStatement {
        body: signed_closing.body.replace("\"size\":12", "\"size\":13"),
        ..signed_closing.clone()
    };
    push(
        "a closing altered afterwards",
        "refused",
        "closing",
        text(&altered),
    );
    let accepted = AcceptedStatement {
        at: 1_795_000_600_000,
        bids: bids[..2].to_vec(),
        closing: signed_closing.digest(),
        lot: "1".into(),
        project: PROJECT.into(),
        root: digest(13),
        size: 20,
    };
    let signed = SignedStatement::issue(&accepted, ORIGIN, &key, &mut Counting(0)).unwrap();
    push("an accepted set", "accepted", "accepted", text(&signed));
    push(
        "an accepted set from another platform",
        "refused",
        "accepted",
        text(
            &SignedStatement::issue(&accepted, "bid.example.com", &key, &mut Counting(0)).unwrap(),
        ),
    );
    write("signatures/statements.json", &vectors);
}
