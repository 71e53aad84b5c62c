//! What follows or interrupts an opening: masked bidders, records, rescues, absences of
//! the service, documents that go on after a restart.

use std::time::Duration;

use kaibiao_api::{DocumentList, FiguresView, ProjectList, ProjectReply, RatingList};
use kaibiao_client::custody::check_order;
use kaibiao_client::terms::Terms;
use kaibiao_core::act::{
    Act, Announce, Close, CloseObjections, OpenObjections, OrderRescue, Rate, Release, Rescue,
    Share, SignRecord,
};
use kaibiao_core::signed::Signed;
use kaibiao_core::state::Stage;
use kaibiao_crypto::act::SignedAct;
use kaibiao_crypto::certificate::Lists;
use kaibiao_crypto::encoding::Secret;
use kaibiao_crypto::wrap::Role;
use kaibiao_crypto::{Digest, Suite};
use kaibiao_os::random::SystemRng;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::hall::{Hall, lot};
use crate::opening::*;
use crate::world::{World, nonce};

#[tokio::test(flavor = "multi_thread")]
async fn a_masked_bidders_header_is_shown_to_officials_only() {
    let hall = Hall::publish_with(World::start().await, 1, 4.0, |draft| {
        let lot = draft.lots.values_mut().next().unwrap();
        lot.policy.masked = true;
    })
    .await;
    let sealed = hall.seal(0, "100", &[]);
    let act = hall.submit_act(&sealed, 1, None);
    hall.submit(0, &sealed, &act).await;
    let path = format!(
        "projects/{}/lots/1/bids/{}/sheet",
        hall.project,
        sealed.header.digest()
    );
    let asked = async |server: &kaibiao_client::http::Server| {
        let reply = server.request(Method::GET, &path).send().await.unwrap();
        reply.status()
    };
    hall.open(&[sealed]).await;
    assert_eq!(asked(&hall.host().server).await, StatusCode::NOT_FOUND);
    let announce = Announce {
        nonce: nonce(),
        lots: vec![lot("1")],
    };
    hall.act(hall.host(), announce).await;
    assert_eq!(asked(&hall.host().server).await, StatusCode::OK);
    assert_eq!(asked(&hall.world.server()).await, StatusCode::NOT_FOUND);
    let bidder = &hall.bidders[0].session.server;
    assert_eq!(asked(bidder).await, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_closes_with_its_record_in_both_forms() {
    let (hall, sealed) = submitted(1, 4.0, b"one page").await;
    hall.until_stage("checking").await;
    hall.open(&sealed).await;
    let lots = || vec![lot("1")];
    let host = hall.host();
    let form = |form: &str| format!("projects/{}/lots/1/record/{form}", hall.project);
    let stranger = hall.world.server();
    for name in ["csv", "xlsx", "ocds", "platform-json", "platform-xml"] {
        let early = stranger.get_bytes(&form(name)).await.unwrap_err();
        assert_eq!(early.code, "not-found", "{name}");
    }
    hall.act(
        host,
        Announce {
            nonce: nonce(),
            lots: lots(),
        },
    )
    .await;
    // The announced table is everybody's, and has no more than was announced.
    let table = stranger.get_bytes(&form("csv")).await.unwrap();
    let table = String::from_utf8(table).unwrap();
    assert!(table.contains("投标人") && !table.contains("投标保证金"));
    assert_eq!(table.lines().count(), 1 + sealed.len());
    assert!(stranger.get_bytes(&form("xlsx")).await.is_ok());
    for name in ["ocds", "platform-json", "platform-xml", "yaml"] {
        assert!(stranger.get_bytes(&form(name)).await.is_err(), "{name}");
    }
    hall.act(
        host,
        OpenObjections {
            nonce: nonce(),
            lots: lots(),
            seconds: None,
        },
    )
    .await;
    hall.act(
        host,
        CloseObjections {
            nonce: nonce(),
            lots: lots(),
        },
    )
    .await;
    let path = format!("projects/{}/lots/1/record.json", hall.project);
    let bytes = loop {
        match host.server.get_bytes(&path).await {
            Ok(bytes) => break bytes,
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    // Until the lot has ended, the record is for those who took part.
    let bidder = &hall.bidders[0].session.server;
    assert_eq!(bidder.get_bytes(&path).await.unwrap(), bytes);
    for other in [&hall.world.server(), &hall.administrator.server] {
        assert!(other.get_bytes(&path).await.is_err());
    }
    let pdf = format!("projects/{}/lots/1/record.pdf", hall.project);
    let pdf = host.server.get_bytes(&pdf).await.unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    let record = Digest::of(&bytes);
    hall.act(
        host,
        SignRecord {
            nonce: nonce(),
            lot: lot("1"),
            record,
            cms: None,
        },
    )
    .await;
    // By a bidder's name it is found once it has ended, and not before.
    let found = async || {
        let name = &hall.bidders[0].session.who.organisation_name;
        let query = reqwest::Url::parse_with_params("x:/projects", [("search", name)]).unwrap();
        let path = format!("projects?{}", query.query().unwrap());
        let list: ProjectList = stranger.get(&path).await.unwrap();
        list.projects.len()
    };
    assert_eq!(found().await, 0);
    hall.act(
        host,
        Close {
            nonce: nonce(),
            lots: lots(),
        },
    )
    .await;
    hall.until_stage("closed").await;
    assert_eq!(found().await, 1);
    let public = hall.world.server().get_bytes(&path).await.unwrap();
    assert_eq!(public, bytes);
    let record: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(record["lot"]["id"], json!("1"));
    // What is made of it is everybody's now, and names its digest.
    let digest = Digest::of(&bytes).to_string();
    let read = async |name: &str| {
        let bytes = stranger.get_bytes(&form(name)).await.unwrap();
        String::from_utf8(bytes).unwrap()
    };
    assert!(read("csv").await.contains("投标保证金"));
    assert!(read("csv?lang=en").await.contains("Deposit"));
    assert!(read("ocds").await.contains(&digest));
    assert!(read("platform-json").await.contains("GCJS_TENDER_LIST"));
    assert!(read("platform-xml").await.contains("<GCJS_TENDER_LIST>"));
    let bidder = hall.bidders[0].session.who.organisation.to_string();
    for name in ["csv", "ocds", "platform-json", "platform-xml"] {
        assert!(read(name).await.contains(&bidder), "{name}");
    }
    let other = stranger
        .get_bytes(&form("csv?digest=zz"))
        .await
        .unwrap_err();
    assert_eq!(other.code, "malformed");

    // Whoever took part can rate the service, once.
    let bidder = &hall.bidders[0].session;
    let path = format!("projects/{}", hall.project);
    let view: ProjectReply = bidder.server.get(&path).await.unwrap();
    assert_eq!(view.view.rating.unwrap().given, None);
    let public: ProjectReply = hall.world.server().get(&path).await.unwrap();
    assert!(public.view.rating.is_none());
    let rate = Rate {
        nonce: nonce(),
        score: 4,
        comment: "解密顺利".to_owned(),
    };
    hall.act(bidder, rate).await;
    let view: ProjectReply = bidder.server.get(&path).await.unwrap();
    assert_eq!(view.view.rating.unwrap().given, Some(4));
    for session in [&hall.custodians[1].0, &hall.administrator] {
        let list: RatingList = session.server.get("ratings").await.unwrap();
        assert_eq!(list.projects[0].total, 4);
        assert_eq!(list.projects[0].ratings[0].comment, "解密顺利");
    }
    figures_are_told(&hall).await;
    let list: ProjectList = hall
        .world
        .server()
        .get("projects?stage=ended")
        .await
        .unwrap();
    assert!(list.projects[0].ended.is_some() && !list.projects[0].suspended);
}

/// Centre and supervisor count what has ended, and nobody else does.
async fn figures_are_told(hall: &Hall) {
    let centre = &hall.custodians[1].0;
    for session in [centre, hall.supervisor()] {
        let view: FiguresView = session.server.get("figures").await.unwrap();
        assert_eq!(view.months.len(), 12);
        let month = &view.months[11];
        assert_eq!(month.month, view.to);
        let told = &month.figures;
        assert_eq!(told.lots[&Stage::Closed], 1);
        // One bid and one rating: how they went is not told.
        assert_eq!((told.bids, told.ratings), (1, 1));
        assert!(told.unlocking.is_none() && told.scores.is_none());
        assert_eq!(view.whole, *told);
        for other in &view.months[..11] {
            assert!(other.figures.lots.is_empty(), "{}", other.month);
        }
        let before: FiguresView = session
            .server
            .get("figures?from=2020-01&to=2020-03")
            .await
            .unwrap();
        assert_eq!(before.months.len(), 3);
        assert!(before.whole.lots.is_empty());
    }
    for wrong in [
        "figures?from=2020-13",
        "figures?to=x",
        "figures/csv?table=x",
        "figures?from=2019-01",
    ] {
        let refused = centre.server.get_bytes(wrong).await.unwrap_err();
        assert_eq!(refused.code, "malformed", "{wrong}");
    }
    let csv = centre
        .server
        .get_bytes("figures/csv?lang=en")
        .await
        .unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert_eq!(csv.lines().count(), 1 + 12 + 1);
    assert!(csv.starts_with("\u{FEFF}\"Month\",\"closed\""), "{csv}");
    let total = csv.lines().last().unwrap();
    assert!(
        total.starts_with("\"Total\",1,0,0,0,1,\"\",\"\""),
        "{total}"
    );
    let table = "figures/csv?table=authorities";
    let table = centre.server.get_bytes(table).await.unwrap();
    assert!(String::from_utf8(table).unwrap().contains("一次成功"));
    for other in [hall.host(), &hall.bidders[0].session, &hall.administrator] {
        for path in ["figures", "figures/csv"] {
            let refused = other.server.get_bytes(path).await.unwrap_err();
            assert_eq!(refused.code, "not-allowed", "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bidder_without_its_key_is_rescued_by_all_custodians_on_an_order() {
    is_rescued(Hall::publish(World::start().await, 1, 3.0).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bidder_of_gm_without_its_key_is_rescued_likewise() {
    let world = World::of_sm2(|_| ()).await;
    is_rescued(Hall::publish_with(world, 1, 5.0, |draft| draft.suite = Suite::Gm).await).await;
}

async fn is_rescued(hall: Hall) {
    let sealed = hall.seal_for(0, "1", "100", &[], Some(3));
    let act = hall.submit_act(&sealed, 1, None);
    assert_eq!(
        hall.submit(0, &sealed, &act).await.status(),
        StatusCode::NO_CONTENT
    );
    hall.until_stage("checking").await;
    hall.start_window().await;
    assert_eq!(
        hall.unlock(0, &sealed, true).await,
        Err("wrong-key".to_owned())
    );
    let bid = sealed.header.digest();
    let party = hall.lot().await.party_of(&bid).unwrap();
    let header = format!("projects/{}/bids/{bid}/header", hall.project);
    let custodian = &hall.custodians[1].0.server;
    assert!(custodian.get_bytes(&header).await.is_err());
    let order = OrderRescue {
        nonce: nonce(),
        lot: lot("1"),
        party,
        bid,
        reason: "证书损坏".to_owned(),
    };
    hall.act(hall.supervisor(), order).await;
    // Custodians check the order, and what they give their shares for.
    let path = format!("projects/{}/bids/{bid}/rescue-order", hall.project);
    let signed: Signed = custodian.get(&path).await.unwrap();
    let terms = Terms::fetch(custodian, &hall.project, "1").await.unwrap();
    let authorities = hall.world.running.app.memory.authorities.now();
    let lists = Lists::default();
    let ordered = |order: &Signed, bid| {
        let checked = check_order(order, &terms, bid, &authorities.trust, &lists);
        checked.map_err(|it| it.code.to_string())
    };
    assert_eq!(ordered(&signed, bid), Ok(()));
    assert!(ordered(&signed, Digest::of(b"another")).is_err());
    let mut forged = signed.clone();
    forged.body = forged.body.replace("证书损坏", "证书遗失");
    assert!(ordered(&forged, bid).is_err());
    let own = OrderRescue {
        nonce: nonce(),
        lot: lot("1"),
        party,
        bid,
        reason: "自称监督".to_owned(),
    };
    let by_host = hall.host().sign(&hall.project, &own.into()).unwrap();
    let by_host = Signed::on(&by_host, signed.grounds.clone());
    assert!(ordered(&by_host, bid).is_err(), "the host is no supervisor");
    let unjudged = Signed::on(&SignedAct::from(&signed), None);
    assert!(ordered(&unjudged, bid).is_err(), "nobody says when");
    let stranger = hall.world.server().get::<Signed>(&path).await;
    assert!(stranger.is_err());
    assert_eq!(
        custodian.get_bytes(&header).await.unwrap(),
        sealed.header.to_bytes()
    );
    let stranger = hall.world.server().get_bytes(&header).await;
    assert!(stranger.is_err());
    for (session, key) in &hall.custodians {
        let share = sealed
            .header
            .unwrap_share(0, Role::Rescue, key, &mut SystemRng)
            .unwrap();
        let bytes = *share.secret().as_bytes();
        let share = Share {
            bid,
            envelope: 0,
            x: share.x(),
            share: Digest::of(&bytes),
        };
        let act = Act::Rescue(Rescue {
            nonce: nonce(),
            lot: lot("1"),
            share,
        });
        let secrets = vec![Secret::new(bytes.to_vec())];
        session.act(&hall.project, &act, secrets).await.unwrap();
    }
    // b was put together; with everybody in, the accepted set is fixed.
    hall.until_stage("releasing").await;
    let view = hall.accepted(0).await;
    assert_eq!(view.bids.len(), 1);
    for custodian in [0, 1] {
        let (session, key) = &hall.custodians[custodian];
        let share = sealed
            .header
            .unwrap_share(0, Role::Release, key, &mut SystemRng)
            .unwrap();
        let bytes = *share.secret().as_bytes();
        let act = Act::Release(Release {
            nonce: nonce(),
            lot: lot("1"),
            accepted: Digest::of(view.accepted.body.as_bytes()),
            shares: vec![Share {
                bid,
                envelope: 0,
                x: share.x(),
                share: Digest::of(&bytes),
            }],
            withheld: Vec::new(),
        });
        let secrets = vec![Secret::new(bytes.to_vec())];
        session.act(&hall.project, &act, secrets).await.unwrap();
    }
    hall.until_stage("opened").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_is_longer_by_the_time_the_service_was_away() {
    let (hall, sealed) = submitted(1, 4.0, b"one page").await;
    hall.until_stage("checking").await;
    hall.start_window().await;
    let before = hall.lot().await.due.unwrap();
    let hall = hall.restart_after(Duration::from_secs(3)).await;
    let after = hall.lot().await.due.unwrap();
    assert!(after - before >= 2_500, "only {} ms longer", after - before);
    // What had come in before is there, and the opening goes on.
    hall.unlock(0, &sealed[0], false).await.unwrap();
    hall.until_stage("releasing").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_that_fails_gets_its_record_too() {
    let hall = Hall::publish(World::start().await, 1, 1.5).await;
    hall.until_stage("failed_few_bids").await;
    let path = format!("projects/{}/lots/1/record.json", hall.project);
    for _ in 0..200 {
        if let Ok(bytes) = hall.world.server().get_bytes(&path).await {
            let record: Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(record["lot"]["id"], json!("1"));
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no record");
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_go_on_after_a_restart_in_their_midst() {
    let document = vec![0x42; 40_000_000];
    let (hall, sealed) = submitted(2, 8.0, &document).await;
    hall.open(&sealed).await;
    let hall = hall.restart().await;
    for _ in 0..400 {
        let list: DocumentList = hall.get("documents").await;
        if list.done == 2 {
            assert!(
                list.documents
                    .iter()
                    .all(|document| document.state == "ready")
            );
            let path = format!(
                "projects/{}/documents/{}",
                hall.project, list.documents[1].id
            );
            assert!(hall.host().server.get_bytes(&path).await.unwrap() == document);
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the documents were never ready");
}
