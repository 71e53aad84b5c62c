//! `signatures/lists.json`: an accepted statement together with the closing
//! statement that it stands on, as a custodian reads them.

use kaibiao_crypto::Digest;
use kaibiao_crypto::platform_key::{PlatformKey, PlatformPublicKey};
use kaibiao_crypto::statement::{
    AcceptedStatement, ClosingStatement, LotBids, SignedStatement, verify_lists,
};
use serde::{Deserialize, Serialize};

use super::short::Short;
use crate::pki::ED25519;
use crate::{Counting, ORIGIN, PROJECT, read, write};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// `accepted` or `refused`.
    expect: String,
    /// Both in the short form.
    closing: Short,
    accepted: Short,
    origin: String,
    project: String,
    key: PlatformPublicKey,
}

const CLOSED: i64 = 1_795_000_000_123;
const OTHER: &str = "0192d3a0-0000-7000-8000-000000000002";

struct Book {
    key: PlatformKey,
    closing: ClosingStatement,
    signed: SignedStatement,
    cases: Vec<Case>,
}

impl Book {
    fn sign<T: kaibiao_crypto::statement::Statement>(&self, statement: &T) -> SignedStatement {
        SignedStatement::issue(statement, ORIGIN, &self.key, &mut Counting(9)).unwrap()
    }

    /// What is accepted, changed and signed.
    fn case(&mut self, name: &str, expect: &str, change: impl FnOnce(&mut AcceptedStatement)) {
        let mut accepted = self.accepted();
        change(&mut accepted);
        let accepted = self.sign(&accepted);
        let closing = self.signed.clone();
        self.push(name, expect, &closing, &accepted);
    }

    fn push(
        &mut self,
        name: &str,
        expect: &str,
        closing: &SignedStatement,
        accepted: &SignedStatement,
    ) {
        self.cases.push(Case {
            name: name.into(),
            expect: expect.into(),
            closing: Short::of(closing),
            accepted: Short::of(accepted),
            origin: ORIGIN.into(),
            project: PROJECT.into(),
            key: self.key.public_key(),
        });
    }

    /// Two of the three bids of lot 1.
    fn accepted(&self) -> AcceptedStatement {
        AcceptedStatement {
            at: CLOSED + 600_000,
            bids: self.closing.lots[0].bids[..2].to_vec(),
            closing: self.signed.digest(),
            lot: "1".into(),
            project: PROJECT.into(),
            root: Digest::of(b"a later root"),
            size: 20,
        }
    }
}

fn bids(first: u8) -> Vec<Digest> {
    let mut bids: Vec<_> = (first..first + 3).map(|n| Digest::of(&[n])).collect();
    bids.sort();
    bids
}

#[test]
#[ignore = "writes the vectors"]
fn write_list_vectors() {
    let key = PlatformKey::from_pkcs8(ED25519).unwrap();
    let lot = |lot: &str, bids| LotBids {
        bids,
        lot: lot.into(),
    };
    let closing = ClosingStatement {
        at: CLOSED,
        lots: vec![lot("1", bids(1)), lot("2", bids(11)), lot("3", vec![])],
        project: PROJECT.into(),
        root: Digest::of(b"the root at the deadline"),
        shell_seq: 12,
        size: 12,
    };
    let signed = SignedStatement::issue(&closing, ORIGIN, &key, &mut Counting(0)).unwrap();
    let mut book = Book {
        key,
        closing,
        signed,
        cases: vec![],
    };
    within(&mut book);
    beyond(&mut book);
    otherwise(&mut book);
    write("signatures/lists.json", &book.cases);
}

fn within(book: &mut Book) {
    let closing = book.closing.clone();
    let all = closing.lots[0].bids.clone();
    let root = closing.root;
    book.case("two of three bids", "accepted", |_| ());
    book.case("all three", "accepted", |it| it.bids = all);
    book.case("none", "accepted", |it| it.bids.clear());
    book.case("at the same instant", "accepted", |it| it.at = CLOSED);
    book.case("in the same tree", "accepted", |it| {
        it.size = 12;
        it.root = root;
    });
    book.case("of a lot without bids", "accepted", |it| {
        it.lot = "3".into();
        it.bids.clear();
    });
}

fn beyond(book: &mut Book) {
    let closing = book.closing.clone();
    let refused = "refused";
    let other = closing.lots[1].bids[0];
    book.case("a bid that was not there", refused, |it| {
        it.bids = vec![Digest::of(b"late")];
    });
    book.case("a bid of another lot", refused, |it| it.bids = vec![other]);
    book.case("the right bids for another lot", refused, |it| {
        it.lot = "2".into()
    });
    book.case("a lot that the closing does not name", refused, |it| {
        it.lot = "4".into()
    });
    book.case("another closing statement", refused, |it| {
        it.closing = Digest::of(b"another closing");
    });
    book.case("a smaller tree", refused, |it| it.size = 11);
    book.case("another root of the same size", refused, |it| it.size = 12);
    book.case("a millisecond before the deadline", refused, |it| {
        it.at = CLOSED - 1
    });
    book.case("of another project", refused, |it| {
        it.project = OTHER.into()
    });
    book.case("bids out of order", refused, |it| it.bids.reverse());
    book.case("a bid twice", refused, |it| it.bids[1] = it.bids[0]);
    book.case("a tree without leaves", refused, |it| it.size = 0);
}

/// The closing statement is not the one that was meant.
fn otherwise(book: &mut Book) {
    let good = book.signed.clone();
    let accepted = book.sign(&book.accepted());
    // The same list, said again: another nonce, and so another digest.
    let again = book.sign(&book.closing.clone());
    book.push(
        "the same closing signed again",
        "refused",
        &again,
        &accepted,
    );
    let name = "the accepted statement in the place of the closing one";
    book.push(name, "refused", &accepted, &accepted);
    book.push("the closing statement twice", "refused", &good, &good);
    let (key, _) = PlatformKey::generate(&mut Counting(7));
    let forged = SignedStatement::issue(&book.accepted(), ORIGIN, &key, &mut Counting(9)).unwrap();
    book.push("accepted under another key", "refused", &good, &forged);
    let forged = SignedStatement::issue(&book.closing, ORIGIN, &key, &mut Counting(0)).unwrap();
    assert_eq!(forged.body, good.body);
    book.push(
        "the closing under another key",
        "refused",
        &forged,
        &accepted,
    );
}

#[test]
fn lists_have_the_outcome_that_their_vector_names() {
    for case in read::<Case>("signatures/lists.json") {
        let (closing, accepted) = (case.closing.whole(), case.accepted.whole());
        let read = verify_lists(&closing, &accepted, &case.origin, &case.project, case.key);
        assert_eq!(read.is_ok(), case.expect == "accepted", "{}", case.name);
    }
}
