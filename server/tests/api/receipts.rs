//! What a receipt turns into, asked of the service by its bidder and by others.

use std::time::Duration;

use kaibiao_api::{ClosingView, StatementView};
use kaibiao_app::deciding;
use kaibiao_client::http::Session;
use kaibiao_client::receipt as checker;
use kaibiao_client::terms::Terms;
use kaibiao_core::receipt::{Believed, Proved, ReceiptFile, ReceiptProblem, Shown, SignedReceipt};
use kaibiao_crypto::Digest;

use crate::hall::{Hall, Sealed};
use crate::public_log::Witnesses;
use crate::world::World;

fn path(hall: &Hall, bid: Digest, what: &str) -> String {
    format!("projects/{}/bids/{bid}/{what}", hall.project)
}

async fn believed(hall: &Hall) -> Believed {
    let path = format!("projects/{}/lots/1/terms", hall.project);
    let terms = hall.world.server().get_bytes(&path).await.unwrap();
    checker::by_terms(&Terms::parse(terms).unwrap()).unwrap()
}

async fn refused(session: &Session, path: &str) -> String {
    session.server.get_bytes(path).await.unwrap_err().code
}

fn check(bytes: &[u8], believed: &Believed) -> Result<Proved, ReceiptProblem> {
    match ReceiptFile::read(bytes)?.check(believed)? {
        Shown::Proved(proved) => Ok(proved),
        Shown::Promised(_) => panic!("it is a proof"),
    }
}

async fn submit(hall: &Hall, bidder: usize, before: Option<&Sealed>) -> Sealed {
    let sealed = hall.seal(bidder, "100000", &[("a.pdf", vec![7; 1000])]);
    let (sequence, previous) = before.map_or((1, None), |it| (2, Some(it.header.digest())));
    let act = hall.submit_act(&sealed, sequence, previous);
    let reply = hall.submit(bidder, &sealed, &act).await;
    assert!(reply.status().is_success());
    sealed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_is_proved_to_its_bidder_under_the_quorum_and_stays_so() {
    let mut witnesses = Witnesses::new(3);
    let configured = witnesses.config(2);
    let world = World::with(|config| config.public_log = configured).await;
    let log = world.running.app.keys.log_key().unwrap().to_string();
    witnesses.start(0, &log);
    let hall = Hall::publish(world, 3, 8.0).await;
    let own = &hall.bidders[0].session;

    // One version before an anchor by the clock, and one after it.
    let first = submit(&hall, 0, None).await;
    submit(&hall, 1, None).await;
    let app = &hall.world.running.app;
    let stream = deciding::stream(hall.project.parse().unwrap());
    app.store.log().anchor(&stream, None).await.unwrap();
    let second = submit(&hall, 0, Some(&first)).await;
    submit(&hall, 2, None).await;
    let bids = [first.header.digest(), second.header.digest()];

    // Before T0 nobody gets a proof, and its bidder alone the paper.
    for bid in bids {
        assert_eq!(
            refused(own, &path(&hall, bid, "receipt/proof")).await,
            "not-found"
        );
        let paper = path(&hall, bid, "receipt.pdf");
        let pdf = own.server.get_bytes(&paper).await.unwrap();
        assert!(pdf.starts_with(b"%PDF-1.7"));
        assert_eq!(own.server.get_bytes(&paper).await.unwrap(), pdf);
        for other in [&hall.bidders[1].session, hall.supervisor(), hall.host()] {
            assert_eq!(refused(other, &paper).await, "not-found");
        }
    }

    hall.until_stage("checking").await;
    let closing = format!("projects/{}/closing", hall.project);
    let believed = believed(&hall).await;
    let mut few = Err(ReceiptProblem::Missing);
    for _ in 0..100 {
        let proof = path(&hall, bids[0], "receipt/proof");
        if let Ok(bytes) = own.server.get_bytes(&proof).await {
            few = check(&bytes, &believed);
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(few.unwrap_err().code(), "log-quorum");
    let _: ClosingView = own.server.get(&closing).await.unwrap();

    witnesses.start(2, &log);
    let mut proofs = Vec::new();
    for (bid, tick) in bids.into_iter().zip([2, 3]) {
        let proof = path(&hall, bid, "receipt/proof");
        let (bytes, proved) = loop {
            let bytes = own.server.get_bytes(&proof).await.unwrap();
            match check(&bytes, &believed) {
                Err(ReceiptProblem::Anchor(_)) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                proved => break (bytes, proved.unwrap()),
            }
        };
        // Each by the anchor that was promised, the later one by the closing statement's.
        assert_eq!((proved.receipt.bid, proved.receipt.tick), (bid, tick));
        assert_eq!(proved.tick, tick);
        assert_eq!(proved.cosigned.times().len(), 2);
        let view: StatementView = own.server.get(&path(&hall, bid, "receipt")).await.unwrap();
        let promise = ReceiptFile::read(&bytes).unwrap().promise().clone();
        let told = SignedReceipt {
            body: view.body,
            signature: view.signature,
            sm2_signature: view.sm2_signature,
        };
        assert_eq!(promise, told);
        for other in [&hall.bidders[1].session, hall.supervisor(), hall.host()] {
            assert_eq!(refused(other, &proof).await, "not-found");
        }
        proofs.push((proof, bytes));
    }
    // A third witness and a larger log change nothing in it.
    witnesses.start(1, &log);
    app.store.log().anchor(&stream, None).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    for (proof, bytes) in &proofs {
        assert_eq!(own.server.get_bytes(proof).await.unwrap(), *bytes);
    }
    // Of another project there is none, and of a bid that never came.
    let other = Digest::of(b"no bid");
    assert_eq!(
        refused(own, &path(&hall, other, "receipt/proof")).await,
        "not-found"
    );
    assert_eq!(
        refused(own, &path(&hall, other, "receipt.pdf")).await,
        "not-found"
    );
}
