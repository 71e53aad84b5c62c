//! Handing in bids: what is accepted, what is refused, and what is on record.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kaibiao_api::{BidState, ClosingView, StatementView, SubmitAccepted};
use kaibiao_client::http::Server;
use kaibiao_client::submission::{self, Manner};
use kaibiao_core::act::{Act, Submit, Withdraw};
use kaibiao_crypto::Digest;
use kaibiao_crypto::merkle::InclusionProof;
use kaibiao_crypto::statement::{ClosingStatement, Receipt, SignedStatement};
use reqwest::StatusCode;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::hall::{Hall, lot, receipt};
use crate::losing::losing;
use crate::world::{World, nonce};

fn signed(view: &StatementView) -> SignedStatement {
    let value = serde_json::from_value(view.signature.clone().into()).unwrap();
    SignedStatement::from_short(view.body.clone(), value, None)
}

fn checked_receipt(hall: &Hall, view: &StatementView) -> Receipt {
    let keys = &hall.world.running.app.keys;
    signed(view)
        .verify::<Receipt>(&keys.origin, &hall.project, &keys.receipt.public_key())
        .unwrap()
        .into_inner()
}

async fn events(hall: &Hall, kind: &str) -> Vec<Value> {
    let path = format!("projects/{}/events", hall.project);
    let page: Value = hall.supervisor().server.get(&path).await.unwrap();
    let all = page["events"].as_array().unwrap().iter();
    let of_kind = all.filter(|event| event["facts"]["what"]["kind"] == kind);
    of_kind.cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_byte_makes_a_bid_and_its_receipt_holds_in_the_closed_tree() {
    let hall = Hall::publish(World::start().await, 1, 3.0).await;
    let sealed = hall.seal(0, "100000000", &[("技术标.pdf", vec![7; 3_000_000])]);
    let act = hall.submit_act(&sealed, 1, None);
    let reply = hall.submit(0, &sealed, &act).await;
    assert_eq!(reply.status(), StatusCode::NO_CONTENT);
    let first = receipt(&reply);
    let told = checked_receipt(&hall, &first);
    assert_eq!(told.bid, sealed.header.digest());
    assert!(told.received < hall.t0);

    let path = format!("projects/{}/bids/{}/receipt", hall.project, told.bid);
    let again: StatementView = hall.bidders[0].session.server.get(&path).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(hall.bids(0).await.bids[0].state, BidState::Live);

    hall.until_stage("checking").await;
    let path = format!("projects/{}/closing?bid={}", hall.project, told.bid);
    let mut closing: Result<ClosingView, _> = hall.bidders[0].session.server.get(&path).await;
    for _ in 0..50 {
        if closing.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        closing = hall.bidders[0].session.server.get(&path).await;
    }
    let closing = closing.unwrap();
    let keys = &hall.world.running.app.keys;
    let statement = signed(&closing.closing)
        .verify::<ClosingStatement>(&keys.origin, &hall.project, &keys.log.public_key())
        .unwrap();
    assert_eq!(statement.bids_of("1"), [told.bid]);
    let inclusion = closing.inclusion.unwrap();
    assert_eq!(inclusion.leaf, told.leaf.to_string());
    let proof = InclusionProof {
        index: inclusion.index,
        size: inclusion.size,
        path: inclusion
            .path
            .iter()
            .map(|hash| hash.parse().unwrap())
            .collect(),
    };
    assert_eq!(proof.size, statement.size);
    proof.verify(&told.leaf, &statement.root).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_leaves_the_standing_bid_alone_until_its_last_byte() {
    let hall = Hall::publish(World::start().await, 1, 60.0).await;
    let old = hall.seal(0, "200", &[]);
    hall.submit(0, &old, &hall.submit_act(&old, 1, None)).await;
    let new = hall.seal(0, "100", &[("a.pdf", vec![1; 2_000_000])]);
    let act = hall.submit_act(&new, 2, Some(old.header.digest()));
    let (_, begun) = hall.begin(0, &new, &act, true).await;
    let begun: SubmitAccepted = serde_json::from_value(begun).unwrap();
    hall.patch(
        0,
        begun.upload.as_deref().unwrap(),
        0,
        new.body[..1_500_000].to_vec(),
    )
    .await;
    let bids = hall.bids(0).await.bids;
    let states: Vec<_> = bids.iter().map(|bid| bid.state).collect();
    assert_eq!(states, [BidState::Live, BidState::Uploading]);
    let reply = hall
        .patch(
            0,
            begun.upload.as_deref().unwrap(),
            1_500_000,
            new.body[1_500_000..].to_vec(),
        )
        .await;
    receipt(&reply);
    let states: Vec<_> = hall
        .bids(0)
        .await
        .bids
        .iter()
        .map(|bid| bid.state)
        .collect();
    assert_eq!(states, [BidState::Superseded, BidState::Live]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_bid_is_over_and_cannot_be_handed_in_again() {
    let hall = Hall::publish(World::start().await, 1, 60.0).await;
    let sealed = hall.seal(0, "200", &[]);
    hall.submit(0, &sealed, &hall.submit_act(&sealed, 1, None))
        .await;
    let withdraw = Withdraw {
        nonce: nonce(),
        lot: lot("1"),
        sequence: 2,
        previous: sealed.header.digest(),
    };
    let act = Act::Withdraw(withdraw);
    hall.act(&hall.bidders[0].session, act).await;
    let list = hall.bids(0).await;
    assert_eq!(list.bids[0].state, BidState::Withdrawn);
    let link: Digest = list.links[0].digest.parse().unwrap();
    // The first upload has become a bid and no longer counts as an upload.
    hall.world
        .running
        .app
        .memory
        .uploads
        .done_before(i64::MAX)
        .iter()
        .for_each(|done| {
            hall.world.running.app.memory.uploads.forget(&done.id);
        });
    let again = hall.submit_act(&sealed, 3, Some(link));
    let (status, problem) = hall.begin(0, &sealed, &again, true).await;
    assert_eq!(problem["code"], "same-bid", "{status} {problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_again_is_answered_with_where_the_bid_stands_now() {
    let hall = Hall::publish(World::start().await, 1, 60.0).await;
    let sealed = hall.seal(0, "200", &[]);
    let submit = hall.submit_act(&sealed, 1, None);
    let (_, begun) = hall.begin(0, &sealed, &submit, true).await;
    let begun: SubmitAccepted = serde_json::from_value(begun).unwrap();
    let upload = begun.upload.unwrap();
    hall.patch(0, &upload, 0, sealed.body.clone()).await;

    let (status, again) = hall.begin(0, &sealed, &submit, true).await;
    assert_eq!((status, &again["state"]), (StatusCode::OK, &"live".into()));
    let reply = hall
        .patch(0, &upload, sealed.body.len() as u64, vec![])
        .await;
    receipt(&reply);

    let withdraw = Withdraw {
        nonce: nonce(),
        lot: lot("1"),
        sequence: 2,
        previous: sealed.header.digest(),
    };
    hall.act(&hall.bidders[0].session, withdraw).await;
    // As long as the upload is remembered, and when it is not.
    for _ in 0..2 {
        let (status, problem) = hall.begin(0, &sealed, &submit, true).await;
        assert_eq!(problem["code"], "bid-withdrawn", "{status} {problem}");
        hall.world
            .running
            .app
            .memory
            .uploads
            .forget(upload.rsplit('/').next().unwrap());
    }
    let path = format!(
        "projects/{}/bids/{}/receipt",
        hall.project,
        sealed.header.digest()
    );
    let request = hall.bidders[0]
        .session
        .server
        .request(reqwest::Method::GET, &path);
    let reply = request.send().await.unwrap();
    assert_eq!(reply.headers()["kaibiao-bid-state"], "withdrawn");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_ended_as_a_bid_tells_after_t0_that_the_bid_was_replaced() {
    let hall = Hall::publish(World::start().await, 1, 4.0).await;
    let old = hall.seal(0, "200", &[]);
    let first = hall.submit_act(&old, 1, None);
    let (_, begun) = hall.begin(0, &old, &first, true).await;
    let upload = begun["upload"].as_str().unwrap().to_owned();
    hall.patch(0, &upload, 0, old.body.clone()).await;
    let new = hall.seal(0, "100", &[]);
    let second = hall.submit_act(&new, 2, Some(old.header.digest()));
    hall.submit(0, &new, &second).await;
    hall.until_stage("checking").await;

    let (_, problem) = hall.begin(0, &old, &first, true).await;
    assert_eq!(problem["code"], "bid-superseded");
    let reply = hall.patch(0, &upload, old.body.len() as u64, vec![]).await;
    let problem: Value = reply.json().await.unwrap();
    assert_eq!(problem["code"], "bid-superseded");
    let (_, again) = hall.begin(0, &new, &second, true).await;
    assert_eq!(again["state"], "live");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_under_way_is_refused_at_once_under_another_act() {
    let hall = Hall::publish(World::start().await, 1, 60.0).await;
    let sealed = hall.seal(0, "200", &[]);
    let first = hall.submit_act(&sealed, 1, None);
    let (_, begun) = hall.begin(0, &sealed, &first, true).await;
    let other = hall.submit_act(&sealed, 1, None);
    let (status, problem) = hall.begin(0, &sealed, &other, true).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &"upload-under-way".into())
    );
    let (_, again) = hall.begin(0, &sealed, &first, true).await;
    assert_eq!(again["upload"], begun["upload"]);
    // Told other chunks, it is another request too.
    let (_, problem) = hall.begin(0, &sealed, &first, false).await;
    assert_eq!(problem["code"], "upload-under-way");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_calls_a_bid_submitted_only_while_it_is_live() {
    let hall = Hall::publish(World::start().await, 1, 60.0).await;
    let session = &hall.bidders[0].session;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.kbid");
    let sealed = hall.seal(0, "200", &[]);
    let file = [&sealed.header.to_bytes()[..], &sealed.body].concat();
    std::fs::write(&path, file).unwrap();
    let manner = Manner::default();

    // Begun under an act that this machine does not have.
    let lost = hall.submit_act(&sealed, 1, None);
    hall.begin(0, &sealed, &lost, true).await;
    let submitted = submission::submit(session, &path, &manner, &()).await;
    assert_eq!(submitted.unwrap().bid, sealed.header.digest());
    let again = submission::submit(session, &path, &manner, &()).await;
    assert_eq!(again.unwrap().bid, sealed.header.digest());

    let withdraw = Withdraw {
        nonce: nonce(),
        lot: lot("1"),
        sequence: 2,
        previous: sealed.header.digest(),
    };
    hall.act(session, withdraw).await;
    let withdrawn = submission::submit(session, &path, &manner, &()).await;
    assert_eq!(withdrawn.unwrap_err().code, "bid-withdrawn");
    assert!(submission::receipt_path(&path).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bidder_who_loses_the_answer_at_t0_is_told_that_it_is_late() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let world = World::with(|config| config.public_url = Some(url.clone())).await;
    let service = world.running.address;
    let hall = Hall::publish(world, 1, 8.0).await;
    let (t0, clock) = (hall.t0, hall.world.running.app.clone());
    // The last byte comes after T0; that it was refused, and is gone, nobody hears.
    let is_first = AtomicBool::new(true);
    let loses = move |asked: &[u8]| {
        let is_lost = asked.starts_with(b"PATCH ") && is_first.swap(false, Ordering::Relaxed);
        let left = u64::try_from(t0 + 200 - clock.now()).unwrap_or(0);
        is_lost.then(|| Duration::from_millis(left))
    };
    tokio::spawn(losing(listener, service, loses));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.kbid");
    let sealed = hall.seal(0, "200", &[]);
    let file = [&sealed.header.to_bytes()[..], &sealed.body].concat();
    std::fs::write(&path, file).unwrap();
    let server = Server::new(&url, None).unwrap();
    let session = server.login(Box::new(hall.bidders[0].person.key()));
    let session = session.await.unwrap();
    let submitted = submission::submit(&session, &path, &Manner::default(), &()).await;
    assert_eq!(submitted.unwrap_err().code, "late");
    assert!(!events(&hall, "submission_refused").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_bid_of_the_submitter_for_this_lot_is_refused_and_on_record() {
    let hall = Hall::publish(World::start().await, 2, 4.0).await;
    let mine = hall.seal(0, "100", &[]);
    let act = hall.submit_act(&mine, 1, None);

    let (status, problem) = hall
        .begin_with(0, b"%PDF-1.7 plain".to_vec(), &act, None)
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &"not-a-bid".into())
    );

    let mut bent = mine.header.to_bytes();
    let at = bent.len() / 2;
    bent[at] ^= 1;
    let (_, problem) = hall.begin_with(0, bent, &act, None).await;
    assert_eq!(problem["code"], "altered");

    // Somebody else's ciphertext under one's own signature.
    let theirs = Act::Submit(Submit {
        nonce: nonce(),
        lot: lot("1"),
        bid: mine.header.digest(),
        sequence: 1,
        previous: None,
        members: Vec::new(),
        paper_agreement: false,
    });
    let (_, problem) = hall.begin(1, &mine, &theirs, false).await;
    assert_eq!(problem["code"], "foreign-bidder");

    hall.until_stage("failed_few_bids").await;
    let codes: Vec<_> = events(&hall, "submission_refused")
        .await
        .iter()
        .map(|event| event["facts"]["what"]["code"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(codes, ["not-a-bid", "altered", "foreign-bidder"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_t0_on_nothing_is_taken_and_the_attempt_is_on_record() {
    let hall = Hall::publish(World::start().await, 2, 2.5).await;
    let begun_early = hall.seal(0, "100", &[]);
    let act = hall.submit_act(&begun_early, 1, None);
    let (_, begun) = hall.begin(0, &begun_early, &act, true).await;
    let begun: SubmitAccepted = serde_json::from_value(begun).unwrap();
    hall.patch(
        0,
        begun.upload.as_deref().unwrap(),
        0,
        begun_early.body[..100].to_vec(),
    )
    .await;
    hall.until_stage("failed_few_bids").await;

    let rest = begun_early.body[100..].to_vec();
    let reply = hall
        .patch(0, begun.upload.as_deref().unwrap(), 100, rest)
        .await;
    let problem: Value = reply.json().await.unwrap();
    assert_eq!(problem["code"], "late");
    let late = hall.seal(1, "100", &[]);
    let act = hall.submit_act(&late, 1, None);
    let (_, problem) = hall.begin(1, &late, &act, true).await;
    assert_eq!(problem["code"], "late");
    assert!(
        hall.bids(0)
            .await
            .bids
            .iter()
            .all(|bid| bid.state == BidState::Late)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_in_the_last_second_gets_a_receipt_or_a_refusal_and_never_both() {
    let bidders = 12;
    let hall = std::sync::Arc::new(Hall::publish(World::start().await, bidders, 6.0).await);
    let sealed: Vec<_> = (0..bidders)
        .map(|bidder| hall.seal(bidder, "100", &[]))
        .collect();
    let mut tasks = tokio::task::JoinSet::new();
    for (bidder, sealed) in sealed.into_iter().enumerate() {
        let hall = hall.clone();
        tasks.spawn(async move {
            let act = hall.submit_act(&sealed, 1, None);
            let (_, begun) = hall.begin(bidder, &sealed, &act, false).await;
            let begun: SubmitAccepted = serde_json::from_value(begun).unwrap();
            // The last bytes leave from shortly before T0 to shortly after it.
            let spread = i64::try_from(bidder).unwrap() * 40 - 240;
            let wait = hall.t0 + spread - hall.world.running.app.now();
            tokio::time::sleep(std::time::Duration::from_millis(wait.max(0).unsigned_abs())).await;
            let reply = hall
                .patch(
                    bidder,
                    begun.upload.as_deref().unwrap(),
                    0,
                    sealed.body.clone(),
                )
                .await;
            (bidder, sealed.header.digest(), reply)
        });
    }
    let mut accepted = Vec::new();
    let mut refused = 0;
    while let Some(done) = tasks.join_next().await {
        let (_, bid, reply) = done.unwrap();
        if reply.status() == StatusCode::NO_CONTENT {
            assert!(checked_receipt(&hall, &receipt(&reply)).received < hall.t0);
            accepted.push(bid);
        } else {
            let problem: Value = reply.json().await.unwrap();
            assert_eq!(problem["code"], "late");
            refused += 1;
        }
    }
    assert_eq!(accepted.len() + refused, bidders);
    assert!(
        refused > 0 && !accepted.is_empty(),
        "{} in time",
        accepted.len()
    );
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let path = format!("projects/{}/closing", hall.project);
    let closing: ClosingView = hall.host().server.get(&path).await.unwrap();
    let statement: Value = serde_json::from_str(&closing.closing.body).unwrap();
    let listed = statement["statement"]["lots"][0]["bids"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(listed, accepted.len());
}
