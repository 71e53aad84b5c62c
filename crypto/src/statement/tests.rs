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

const ORIGIN: &str = "bid.example.cn";
const PROJECT: &str = "0192d3a0-0000-7000-8000-000000000001";

fn digest(n: u8) -> Digest {
    Digest::from_bytes([n; 32])
}

fn closing() -> ClosingStatement {
    ClosingStatement {
        at: 1_795_000_000_000,
        lots: vec![
            LotBids {
                bids: vec![digest(1), digest(2), digest(3)],
                lot: "1".into(),
            },
            LotBids {
                bids: vec![],
                lot: "2".into(),
            },
        ],
        project: PROJECT.into(),
        root: digest(9),
        shell_seq: 11,
        size: 12,
    }
}

fn accepted(closing: &SignedStatement) -> AcceptedStatement {
    AcceptedStatement {
        at: 1_795_000_600_000,
        bids: vec![digest(1), digest(3)],
        closing: closing.digest(),
        lot: "1".into(),
        project: PROJECT.into(),
        root: digest(8),
        size: 20,
    }
}

fn key() -> (PlatformKey, PlatformPublicKey) {
    let (key, pkcs8) = PlatformKey::generate(&mut Counting(0));
    let read = PlatformKey::from_pkcs8(&pkcs8).unwrap();
    assert_eq!(read.public_key(), key.public_key());
    let public = key.public_key();
    (key, public)
}

#[test]
fn a_statement_is_verified_by_what_the_client_knows() {
    let (key, public) = key();
    let statement = closing();
    let signed = SignedStatement::issue(&statement, ORIGIN, &key, &mut Counting(9)).unwrap();
    let json = serde_json::to_vec(&signed).unwrap();
    let signed: SignedStatement = serde_json::from_slice(&json).unwrap();
    let verified = signed
        .verify::<ClosingStatement>(ORIGIN, PROJECT, &public)
        .unwrap();
    assert_eq!(verified.into_inner(), statement);

    let (_, other) = {
        let (key, _) = PlatformKey::generate(&mut Counting(77));
        let public = key.public_key();
        (key, public)
    };
    assert!(
        signed
            .verify::<ClosingStatement>(ORIGIN, PROJECT, &other)
            .is_err()
    );
    assert!(
        signed
            .verify::<ClosingStatement>("other", PROJECT, &public)
            .is_err()
    );
    assert!(
        signed
            .verify::<ClosingStatement>(ORIGIN, "other", &public)
            .is_err()
    );
    assert!(
        signed
            .verify::<AcceptedStatement>(ORIGIN, PROJECT, &public)
            .is_err()
    );
    let altered = SignedStatement {
        body: signed.body.replace("\"size\":12", "\"size\":13"),
        ..signed
    };
    assert!(
        altered
            .verify::<ClosingStatement>(ORIGIN, PROJECT, &public)
            .is_err()
    );
}

#[test]
fn lists_have_one_order_and_no_doubles() {
    let (key, public) = key();
    for bids in [vec![digest(2), digest(1)], vec![digest(1), digest(1)]] {
        let mut statement = closing();
        statement.lots[0].bids = bids;
        let signed = SignedStatement::issue(&statement, ORIGIN, &key, &mut Counting(0)).unwrap();
        assert!(matches!(
            signed.verify::<ClosingStatement>(ORIGIN, PROJECT, &public),
            Err(StatementProblem::Lists)
        ));
    }
}

#[test]
fn an_accepted_set_must_be_part_of_the_closing_list() {
    let (key, public) = key();
    let issue = |statement: &AcceptedStatement| {
        SignedStatement::issue(statement, ORIGIN, &key, &mut Counting(0)).unwrap()
    };
    let closed = SignedStatement::issue(&closing(), ORIGIN, &key, &mut Counting(0)).unwrap();
    let good = accepted(&closed);
    let both = verify_lists(&closed, &issue(&good), ORIGIN, PROJECT, public).unwrap();
    assert_eq!(both.1.bids, good.bids);
    for wrong in [
        AcceptedStatement {
            bids: vec![digest(1), digest(4)],
            ..good.clone()
        },
        AcceptedStatement {
            lot: "2".into(),
            ..good.clone()
        },
        AcceptedStatement {
            closing: digest(0),
            ..good.clone()
        },
        AcceptedStatement {
            size: 11,
            ..good.clone()
        },
        AcceptedStatement {
            size: 12,
            ..good.clone()
        },
        AcceptedStatement {
            at: 0,
            ..good.clone()
        },
    ] {
        assert!(
            matches!(
                verify_lists(&closed, &issue(&wrong), ORIGIN, PROJECT, public),
                Err(StatementProblem::NotWithinClosing)
            ),
            "{wrong:?}"
        );
    }
}

mod sm2 {
    use super::*;
    use crate::certificate::Certificate;
    use crate::signer::FileKey;

    const KEY: &[u8] = include_bytes!("../../vectors/keys/sm2.pk8");
    const CERTIFICATE: &[u8] = include_bytes!("../../vectors/keys/sm2.cer");

    fn signed() -> SignedStatement {
        let signer = FileKey::from_pkcs8(KEY, vec![CERTIFICATE.to_vec()]).unwrap();
        let signed = SignedStatement::issue(&closing(), ORIGIN, &key().0, &mut Counting(0));
        let signed = signed.unwrap();
        signed.signed_with_sm2(&closing(), ORIGIN, &signer).unwrap()
    }

    fn keys() -> StatementKeys {
        StatementKeys {
            sm2: Some(
                Certificate::parse(CERTIFICATE)
                    .unwrap()
                    .public_key()
                    .clone(),
            ),
            ..StatementKeys::from(key().1)
        }
    }

    fn outcome(signed: &SignedStatement) -> Result<(), StatementProblem> {
        let verified = signed.verify::<ClosingStatement>(ORIGIN, PROJECT, keys());
        verified.map(drop)
    }

    #[test]
    fn both_signatures_hold_over_one_message() {
        let signed = signed();
        outcome(&signed).unwrap();
        // Who knows of no certificate passes over the second.
        let (_, public) = key();
        let verified = signed.verify::<ClosingStatement>(ORIGIN, PROJECT, &public);
        assert_eq!(verified.unwrap().into_inner(), closing());
        let text = serde_json::to_string(&signed).unwrap();
        assert_eq!(
            serde_json::from_str::<SignedStatement>(&text).unwrap(),
            signed
        );
    }

    #[test]
    fn a_second_signature_that_is_missing_or_wrong_is_told() {
        let good = signed();
        let mut without = good.clone();
        without.sm2_signature = None;
        assert!(matches!(
            outcome(&without),
            Err(StatementProblem::NoSm2Signature)
        ));
        let with = |change: &dyn Fn(&mut Signature)| {
            let mut signed = good.clone();
            change(signed.sm2_signature.as_mut().unwrap());
            outcome(&signed)
        };
        let is = |problem: SignatureProblem, found: Result<(), StatementProblem>| {
            assert!(
                matches!(&found, Err(StatementProblem::Sm2Signature(it)) if *it == problem),
                "{found:?}"
            );
        };
        is(
            SignatureProblem::Invalid,
            with(&|it| *it.value.0.last_mut().unwrap() ^= 1),
        );
        is(SignatureProblem::Form, with(&|it| it.value.0.push(0)));
        let ed25519 = |it: &mut Signature| *it = good.signature.clone();
        is(SignatureProblem::WrongAlgorithm, with(&ed25519));
        // The first signature is asked first.
        let mut both = without;
        both.signature.value.0[0] ^= 1;
        assert!(matches!(
            outcome(&both),
            Err(StatementProblem::Signature(_))
        ));
    }

    #[test]
    fn the_second_signature_is_made_by_sm2_alone() {
        let (_, pkcs8) = PlatformKey::generate(&mut Counting(0));
        let other = FileKey::bare(&pkcs8).unwrap();
        let refused = signed().signed_with_sm2(&closing(), ORIGIN, &other);
        assert_eq!(refused.unwrap_err(), SignerProblem::Key);
    }
}
