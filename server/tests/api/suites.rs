//! Projects of suite `gm`, from the draft to the verified bundle, and what either suite
//! takes of the other's certificates.

use std::time::Duration;

use kaibiao::serve::Running;
use kaibiao_api::recheck::Recheck;
use kaibiao_api::{DocumentList, SheetProof};
use kaibiao_client::keys::generate::KeyKind;
use kaibiao_client::recheck::recheck;
use kaibiao_core::act::{Act, CertifyKey, EditDraft, RevealReference};
use kaibiao_core::ids::Salt;
use kaibiao_core::reference::{Reference, ReferenceKind};
use kaibiao_crypto::bid::{Promise, open_sheet};
use kaibiao_crypto::encoding::{from_base64, to_base64};
use kaibiao_crypto::secret::Secret;
use kaibiao_crypto::wrap::PrivateKey;
use kaibiao_crypto::{Digest, Suite};
use kaibiao_os::random::SystemRng;
use kaibiao_store::Clock;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::bundle::{parsed, under, unpacked};
use crate::hall::{Hall, Sealed, lot, receipt};
use crate::links::link;
use crate::rechecks::flipped;
use crate::tender::Tender;
use crate::world::{World, again, nonce};

/// Without a pair that it has had, a node would sign what terms ask for by halves.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_a_pair_that_the_platform_has_had_does_not_start() {
    let world = World::of_sm2(|_| ()).await;
    let World {
        directory,
        running,
        authority,
    } = world;
    let config = running.app.config.clone();
    running.stop().await.unwrap();
    let (pair, away) = (config.secrets().join("sm2"), directory.path().join("away"));
    std::fs::rename(&pair, &away).unwrap();
    let refused = Running::start(config.clone(), Clock::system()).await;
    let refused = format!("{:#}", refused.err().unwrap());
    assert!(refused.contains("other signing keys"), "{refused}");
    std::fs::rename(&away, &pair).unwrap();
    let running = Running::start(config, Clock::system()).await.unwrap();
    let world = World {
        directory,
        running,
        authority,
    };
    assert_eq!(world.running.app.keys.sm2.names().len(), 1);
}

/// Where the platform has none, a project of `gm` is not published, and others are.
#[tokio::test(flavor = "multi_thread")]
async fn a_platform_without_a_pair_publishes_no_project_of_gm() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.begin(t0).await;
    let mut draft = tender.draft(t0);
    draft["suite"] = json!("gm");
    let edit = Act::EditDraft(EditDraft {
        nonce: nonce(),
        draft: serde_json::from_value(draft).unwrap(),
    });
    tender.host.act(&project, &edit, Vec::new()).await.unwrap();
    for custodian in [&tender.host, &tender.centre, &tender.supervisor] {
        let spki = PrivateKey::generate_for(Suite::Gm, &mut SystemRng)
            .public()
            .spki();
        let certify = Act::CertifyKey(CertifyKey {
            nonce: nonce(),
            key: to_base64(&spki[26..]),
            agent: None,
            authorisation: None,
            suite: Suite::Gm,
        });
        custodian.act(&project, &certify, Vec::new()).await.unwrap();
    }
    let path = format!("projects/{project}/lots/1/terms");
    let refused = tender.host.server.get_bytes(&path).await.unwrap_err();
    assert_eq!(refused.code, "platform-without-sm2");
}

/// A sealed base, receipts on paper, and what is handed on afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn in_a_project_of_gm_a_base_is_revealed_receipts_are_printed_and_everything_is_handed_on() {
    let id = lot("1");
    let base = Reference {
        kind: ReferenceKind::Base,
        lot: &id,
        salt: Salt(kaibiao_os::random::bytes()),
        value: "99000",
    };
    let world = World::of_sm2(|_| ()).await;
    let hall = Hall::publish_with(world, 2, 10.0, |draft| {
        draft.suite = Suite::Gm;
        draft.lots.get_mut(&lot("1")).unwrap().reference = Some(base.seal());
    })
    .await;
    let mut all = Vec::new();
    for bidder in 0..2 {
        let documents = [("a.pdf", vec![7; 1000])];
        let sealed = hall.seal(bidder, "100000", &documents);
        let reply = hall
            .submit(bidder, &sealed, &hall.submit_act(&sealed, 1, None))
            .await;
        let signed = receipt(&reply);
        let (bid, session) = (sealed.header.digest(), &hall.bidders[bidder].session);
        let paper = format!("projects/{}/bids/{bid}/receipt.pdf", hall.project);
        let pdf = session.server.get_bytes(&paper).await.unwrap();
        let text = text_of(&pdf);
        for value in [Some(signed.signature), signed.sm2_signature] {
            let value = value.unwrap();
            assert!(text.contains(&value), "{value}: {text}");
        }
        all.push(sealed);
    }
    hall.open(&all).await;
    let reveal = RevealReference {
        nonce: nonce(),
        lot: lot("1"),
        salt: base.salt,
        value: base.value.to_owned(),
    };
    hall.act(hall.host(), reveal).await;
    assert_eq!(hall.lot().await.reference.unwrap().value, base.value);
    hall.finish().await;
    hall.bundles("gm-base").await;
    for (party, session) in [("tenderer", hall.host()), ("platform", hall.supervisor())] {
        let path = format!("projects/{}/archive/{party}", hall.project);
        let package = session.server.get_bytes(&path).await;
        assert!(package.unwrap_or_default().starts_with(b"PK"), "{party}");
    }
}

/// What a PDF says, without the breaks of its lines.
fn text_of(pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("receipt.pdf");
    std::fs::write(&file, pdf).unwrap();
    let mut command = std::process::Command::new("pdftotext");
    let output = command
        .args(["-raw", "-enc", "UTF-8"])
        .arg(&file)
        .arg("-")
        .output();
    let text = String::from_utf8(output.expect("poppler-utils is installed").stdout);
    // Long values may be broken where zero-width spaces stand.
    text.unwrap().replace(['\n', ' ', '\u{200b}'], "")
}

async fn handed_in(hall: &Hall, bidder: usize, sealed: Sealed) -> Sealed {
    let act = hall.submit_act(&sealed, 1, None);
    let reply = hall.submit(bidder, &sealed, &act).await;
    assert!(reply.status().is_success());
    sealed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_of_gm_goes_from_its_draft_to_a_bundle_that_holds() {
    // More than two chunks, the last of them not full.
    let document: Vec<u8> = (0..2_500_000_u32).map(|byte| byte as u8).collect();
    let world = World::of_sm2(|_| ()).await;
    let hall = Hall::publish_with(world, 4, 15.0, |draft| draft.suite = Suite::Gm).await;
    assert_eq!(hall.terms[&lot("1")].suite, "gm");
    let path = format!("projects/{}", hall.project);
    let view: Value = hall.world.server().get(&path).await.unwrap();
    assert_eq!(view["suite"], "gm");
    let platform: Value = hall.world.server().get("platform").await.unwrap();
    assert_eq!(platform["suites"], json!(["intl", "gm"]));
    let mut all = Vec::new();
    for bidder in 0..4 {
        let price = (100_000 + bidder).to_string();
        let sealed = hall.seal(bidder, &price, &[("商务标.pdf", document.clone())]);
        assert_eq!(sealed.header.suite(), Suite::Gm);
        // The third does not open: its sheet's ciphertext was changed.
        let sealed = if bidder == 2 {
            flipped(sealed, 0)
        } else {
            sealed
        };
        all.push(handed_in(&hall, bidder, sealed).await);
    }
    hall.until_stage("checking").await;
    hall.start_window().await;
    let wrong = hall.unlock(0, &all[0], true).await;
    assert_eq!(wrong, Err("wrong-key".to_owned()));
    for (bidder, sealed) in all.iter().enumerate() {
        hall.unlock(bidder, sealed, false).await.unwrap();
    }
    hall.until_stage("releasing").await;
    let wrong = hall.release(1, true).await;
    assert_eq!(wrong, Err("share-mismatch".to_owned()));
    hall.release(0, false).await.unwrap();
    hall.release(2, false).await.unwrap();
    hall.until_stage("opened").await;
    opens_again(&hall, &document).await;
    hall.finish().await;

    for sealed in [&all[0], &all[1], &all[3]] {
        let bid = sealed.header.digest();
        let proof: SheetProof = hall.get(&format!("lots/1/bids/{bid}/sheet")).await;
        repeats(&proof, bid);
    }
    let (_, supervisor) = hall.bundles("gm").await;
    let files = unpacked(&supervisor);
    let changed = all[2].header.digest();
    // And of each bid the share that the second custodian sent, which is not the one.
    assert_eq!(under(&files, "rechecks/").len(), 4);
    let file = parsed(&files, &format!("rechecks/{changed}.json"));
    let file: Recheck = serde_json::from_value(file).unwrap();
    let repeated = recheck(&file, None::<&mut std::io::Cursor<Vec<u8>>>).unwrap();
    assert_eq!(repeated.found.as_deref(), Some("not-authentic"));
}

/// The documents of all bids that opened are there, byte for byte.
async fn opens_again(hall: &Hall, document: &[u8]) {
    let documents = loop {
        let list: DocumentList = hall.get("documents").await;
        if list.total > 0 && list.done == list.total {
            break list.documents;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let ready: Vec<_> = documents.iter().filter(|it| it.state == "ready").collect();
    assert_eq!(ready.len(), 3);
    let path = format!("projects/{}/documents/{}", hall.project, ready[0].id);
    assert!(hall.host().server.get_bytes(&path).await.unwrap() == document);
}

/// What is served of a sheet makes the bid's digest, and opens.
fn repeats(proof: &SheetProof, bid: Digest) {
    let bytes = |text: &str| from_base64(text).unwrap();
    let promise = Promise::parse(&bytes(&proof.context), &bytes(&proof.commitments)).unwrap();
    let part = |text: &str| text.parse::<Digest>().unwrap();
    assert_eq!(
        promise.bid_digest(part(&proof.wraps), part(&proof.chain)),
        bid
    );
    let key = bytes(proof.segment_key.as_ref().unwrap());
    let key = promise
        .check_segment_key(0, 0, Secret::from_slice(&key).unwrap())
        .unwrap();
    let fields = open_sheet(&promise, &key, &mut &bytes(&proof.ciphertext)[..]).unwrap();
    assert!(fields["price"].as_str().unwrap().starts_with("10000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_masked_lot_of_gm_is_verified_by_whoever_is_told_no_context() {
    let world = World::of_sm2(|_| ()).await;
    let hall = Hall::publish_with(world, 2, 8.0, |draft| {
        draft.suite = Suite::Gm;
        draft.lots.get_mut(&lot("1")).unwrap().policy.masked = true;
    })
    .await;
    let all = hall.submit_all().await;
    hall.open(&all).await;
    hall.finish().await;
    let (public, _) = hall.bundles("gm-masked").await;
    let files = unpacked(&public);
    let sheets = under(&files, "sheets/");
    assert_eq!(sheets.len(), 2);
    for (name, sealed) in sheets.iter().map(|name| (*name, &all)) {
        let sheet = parsed(&files, &format!("sheets/{name}"));
        let told = sheet["context_digest"].as_str().unwrap();
        let mut own = sealed.iter();
        assert!(own.any(|it| it.header.context_digest().to_string() == told));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bid_of_gm_is_handed_in_by_sm2_alone_and_unlocked_by_any_certificate() {
    let (world, mut other) = World::with_another_of(KeyKind::Sm2, KeyKind::P256).await;
    let mut hall = Hall::publish_with(world, 1, 10.0, |draft| draft.suite = Suite::Gm).await;
    let second = again(&mut other, &hall.bidders[0].person);
    let session = &hall.bidders[0].session;
    let linking = link(&second, Vec::new());
    session.act("", &linking, Vec::new()).await.unwrap();
    let second_session = hall.world.log_in(&second).await;
    let own = (
        std::mem::replace(&mut hall.bidders[0].person, second.copy()),
        std::mem::replace(&mut hall.bidders[0].session, second_session),
    );

    // Sealed by a certificate of P-256, to a key of SM2: everything holds but that.
    let sealed = hall.seal(0, "100000", &[]);
    let act = hall.submit_act(&sealed, 1, None);
    let (status, problem) = hall.begin(0, &sealed, &act, true).await;
    let (told, code) = (&problem["detail_zh"], &problem["code"]);
    assert_eq!(
        (status, code),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            &json!("certificate-other-suite")
        )
    );
    assert!(told.to_string().contains("SM2"), "{problem}");
    assert!(hall.lot().await.parties.is_empty());

    let by_second = std::mem::replace(&mut hall.bidders[0].session, own.1);
    hall.bidders[0].person = own.0;
    let sealed = hall.seal(0, "100000", &[]);
    let sealed = handed_in(&hall, 0, sealed).await;
    hall.until_stage("checking").await;
    hall.start_window().await;
    hall.bidders[0].session = by_second;
    hall.unlock(0, &sealed, false).await.unwrap();
    hall.until_stage("releasing").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_sm2_hands_a_bid_in_to_a_project_of_intl() {
    let (world, mut other) = World::with_another_of(KeyKind::P256, KeyKind::Sm2).await;
    let mut hall = Hall::publish(world, 1, 8.0).await;
    let second = again(&mut other, &hall.bidders[0].person);
    let session = &hall.bidders[0].session;
    let linking = link(&second, Vec::new());
    session.act("", &linking, Vec::new()).await.unwrap();
    hall.bidders[0].session = hall.world.log_in(&second).await;
    hall.bidders[0].person = second;
    // Its recipient is a spare key of P-256.
    let all = hall.submit_all().await;
    assert_eq!(all[0].header.suite(), Suite::Intl);
    hall.open(&all).await;
    hall.finish().await;
    hall.bundles("intl-sm2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custodian_is_told_which_suite_is_asked_and_held_to_it() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.begin(t0).await;
    let platform: Value = tender.host.server.get("platform").await.unwrap();
    assert_eq!(platform["suites"], json!(["intl"]));
    let centre = &tender.centre;
    let told = async || {
        let custody: Value = centre.server.get("custody").await.unwrap();
        let own: Value = centre.server.get("projects?mine=true").await.unwrap();
        let asked = custody["projects"][0].clone();
        let duty = own["projects"][0]["duties"][0].clone();
        assert_eq!(asked["suite"], duty["suite"]);
        let (due, suite) = (asked["due"].clone(), asked["suite"].clone());
        (due, suite, duty["certified"].clone())
    };
    let certify = async |of: Suite, named: Suite| {
        let spki = PrivateKey::generate_for(of, &mut SystemRng).public().spki();
        let act = Act::CertifyKey(CertifyKey {
            nonce: nonce(),
            key: to_base64(&spki[26..]),
            agent: None,
            authorisation: None,
            suite: named,
        });
        let done = centre.act(&project, &act, Vec::new()).await;
        done.map(drop).map_err(|failure| failure.code)
    };
    let refused = |code: &str| Err(code.to_owned());
    assert_eq!(told().await, (json!("certify"), Value::Null, json!(false)));
    let other = certify(Suite::Gm, Suite::Gm).await;
    assert_eq!(other, refused("custodian-key-suite"));
    certify(Suite::Intl, Suite::Intl).await.unwrap();
    assert_eq!(told().await, (Value::Null, Value::Null, json!(true)));

    // The host turns to the other suite before it publishes: that key is of no use.
    let mut draft = tender.draft(t0);
    draft["suite"] = json!("gm");
    let edit = Act::EditDraft(EditDraft {
        nonce: nonce(),
        draft: serde_json::from_value(draft).unwrap(),
    });
    tender.host.act(&project, &edit, Vec::new()).await.unwrap();
    let due = json!("certify-again");
    assert_eq!(told().await, (due, json!("gm"), json!(false)));
    let other = certify(Suite::Intl, Suite::Intl).await;
    assert_eq!(other, refused("custodian-key-suite"));
    // A point of the other curve is no key of this one.
    let other = certify(Suite::Intl, Suite::Gm).await;
    assert_eq!(other, refused("key-malformed"));
    certify(Suite::Gm, Suite::Gm).await.unwrap();
    assert_eq!(told().await, (Value::Null, json!("gm"), json!(true)));
}
