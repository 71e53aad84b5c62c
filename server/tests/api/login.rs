//! Login by certificate.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kaibiao::cli::pki::authority::{Reason, Usage};
use kaibiao_api::{self, ChallengeView, SessionList, SessionView, SessionsEnded};
use kaibiao_client::http::{Server, Session};
use kaibiao_client::room::Room;
use kaibiao_core::act::{Act, BridgeList, Register};
use kaibiao_core::role::Role;
use kaibiao_crypto::act::{Place, SignedAct};
use reqwest::{Method, StatusCode};
use tokio::net::TcpListener;

use crate::losing::losing;
use crate::tender::Tender;
use crate::world::{CA, Person, World, bind, nonce};

async fn challenge(world: &World) -> ChallengeView {
    world.server().post("login/challenge", &()).await.unwrap()
}

fn answer(person: &Person, challenge: &ChallengeView, project: &str) -> SignedAct {
    answer_at("http://127.0.0.1:8080", person, challenge, project)
}

fn answer_at(
    address: &str,
    person: &Person,
    challenge: &ChallengeView,
    project: &str,
) -> SignedAct {
    let body = kaibiao_api::LoginBody {
        act: kaibiao_api::LOGIN.to_owned(),
        challenge: challenge.challenge.clone(),
        address: address.to_owned(),
        nonce: nonce().to_string(),
        authorisation: None,
    };
    let place = Place {
        origin: &challenge.origin,
        project,
    };
    SignedAct::sign(&person.key(), place, &body).unwrap()
}

/// Sends a login and tells the status and the code of the refusal.
async fn send(world: &World, act: &SignedAct) -> (StatusCode, String) {
    let request = world.server().request(Method::POST, "login").json(act);
    let reply = request.send().await.unwrap();
    let status = reply.status();
    let body: serde_json::Value = reply.json().await.unwrap();
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_logs_in_and_the_session_says_who_it_is() {
    let mut world = World::start().await;
    let person = world.person(7, "甲建设有限公司", "张三");
    let session = world.log_in(&person).await;
    assert_eq!(session.who.organisation_name, "甲建设有限公司");
    assert_eq!(session.who.name, "张三");
    assert_eq!(session.who.organisation, person.organisation);
    assert!(session.who.roles.is_empty());

    let register = Act::Register(Register {
        nonce: nonce(),
        name: person.company.clone(),
    });
    session.act("", &register, Vec::new()).await.unwrap();
    let now: SessionView = session.server.get("session").await.unwrap();
    assert_eq!(now.roles, ["bidder"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_good_for_one_login() {
    let mut world = World::start().await;
    let person = world.person(7, "甲建设有限公司", "张三");
    let challenge = challenge(&world).await;
    let act = answer(&person, &challenge, "");
    assert_eq!(send(&world, &act).await.0, StatusCode::OK);
    assert_eq!(
        send(&world, &act).await,
        (StatusCode::UNAUTHORIZED, "challenge-unknown".to_owned())
    );
    let mut invented = challenge;
    invented.challenge.replace_range(..16, "7fffffffffffffff");
    assert_eq!(
        send(&world, &answer(&person, &invented, "")).await.1,
        "challenge-unknown"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_signed_at_another_platforms_address_cannot_be_passed_on() {
    let public = Some("https://kaibiao.example.cn/".to_owned());
    let mut world = World::with(|config| config.public_url = public).await;
    let person = world.person(7, "甲建设有限公司", "张三");
    for (address, expected) in [
        ("https://other.example.cn", "login-elsewhere"),
        ("http://kaibiao.example.cn", "login-elsewhere"),
        ("https://kaibiao.example.cn:8443", "login-elsewhere"),
        ("https://kaibiao.example.cn/", "login-elsewhere"),
        ("https://kaibiao.example.cn", ""),
    ] {
        let challenge = challenge(&world).await;
        let act = answer_at(address, &person, &challenge, "");
        assert_eq!(send(&world, &act).await.1, expected, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_for_another_place_or_of_another_body_does_not_log_in() {
    let mut world = World::start().await;
    let person = world.person(7, "甲建设有限公司", "张三");
    let challenge = challenge(&world).await;
    let elsewhere = answer(&person, &challenge, "0192f0a1-7b3c-7def-8123-456789abcdef");
    assert_eq!(send(&world, &elsewhere).await.1, "signature-wrong");

    let mut altered = answer(&person, &challenge, "");
    altered.body = altered.body.replace("\"nonce\":\"", "\"nonce\":\"0");
    assert_eq!(send(&world, &altered).await.1, "not-canonical");

    let mut unsigned = answer(&person, &challenge, "");
    unsigned.signature = None;
    assert_eq!(send(&world, &unsigned).await.1, "signature-missing");
    assert_eq!(
        send(&world, &answer(&person, &challenge, "")).await.0,
        StatusCode::OK
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_certificate_gets_its_own_refusal() {
    let mut world = World::start().await;
    let expired = world.certify(8, "乙公司", "李四", Usage::Both, 0);
    let encrypting = world.certify(9, "丙公司", "王五", Usage::Encrypt, 30);
    let revoked = world.person(10, "丁公司", "赵六");
    let mut other = World::start().await;
    let foreign = other.person(11, "戊公司", "钱七");

    let serial = revoked.serial.clone();
    world
        .authority
        .revoke(&serial, Reason::KeyCompromise, jiff::Timestamp::now())
        .unwrap();
    let trust = world.running.app.config.trust();
    world.authority.write_trust(&trust).unwrap();
    world.running.app.memory.authorities.refresh().unwrap();

    for (person, code) in [
        (&expired, "certificate-expired"),
        (&encrypting, "certificate-wrong-usage"),
        (&revoked, "certificate-revoked"),
        (&foreign, "certificate-unknown-issuer"),
    ] {
        let challenge = challenge(&world).await;
        assert_eq!(send(&world, &answer(person, &challenge, "")).await.1, code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_survives_a_restart_and_ends_with_the_logout() {
    let mut world = World::start().await;
    let person = world.person(7, "甲建设有限公司", "张三");
    let session = world.log_in(&person).await;
    let cookie = session.server.cookie().unwrap().to_owned();
    let world = world.restart().await;
    let get = || {
        let request = world.server().request(Method::GET, "session");
        request.header("cookie", cookie.clone()).send()
    };
    assert_eq!(get().await.unwrap().status(), StatusCode::OK);
    let request = world.server().request(Method::POST, "logout");
    request
        .header("cookie", cookie.clone())
        .send()
        .await
        .unwrap();
    assert_eq!(get().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_browser_forgets_the_session() {
    let mut world = World::start().await;
    let person = world.person(7, "甲建设有限公司", "张三");
    let act = answer(&person, &challenge(&world).await, "");
    let request = world.server().request(Method::POST, "login").json(&act);
    let reply = request.send().await.unwrap();
    let cookie = reply.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.to_ascii_lowercase();
    assert!(cookie.contains("httponly") && cookie.contains("samesite=strict"));
    assert!(
        !cookie.contains("max-age") && !cookie.contains("expires"),
        "{cookie}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_begins_and_ends_at_once_and_only_administrators_bind() {
    let mut world = World::start().await;
    let administrator = world.administrator().await;
    let host = world.person(20, "某招标代理有限公司", "主持人");
    let session = world.log_in(&host).await;
    let refused = session.act("", &bind(&host, Role::Host), Vec::new()).await;
    assert_eq!(refused.unwrap_err().code, "not-permitted");

    administrator
        .act("", &bind(&host, Role::Host), Vec::new())
        .await
        .unwrap();
    let who: SessionView = session.server.get("session").await.unwrap();
    assert_eq!(who.roles, ["host"]);
    let again = administrator
        .act("", &bind(&host, Role::Host), Vec::new())
        .await;
    assert_eq!(again.unwrap_err().code, "already-done");

    let revoke = Act::RevokeRole(kaibiao_core::act::RevokeRole {
        nonce: nonce(),
        organisation: host.organisation.clone(),
        person: None,
        role: Role::Host,
    });
    administrator.act("", &revoke, Vec::new()).await.unwrap();
    let who: SessionView = session.server.get("session").await.unwrap();
    assert!(who.roles.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_signs_with_another_organisations_certificate() {
    let mut world = World::start().await;
    let first = world.person(30, "己公司", "孙八");
    let second = world.person(31, "庚公司", "周九");
    let session = world.log_in(&first).await;
    let register = Act::Register(Register {
        nonce: nonce(),
        name: second.company.clone(),
    });
    let place = Place {
        origin: &session.origin,
        project: "",
    };
    let act = SignedAct::sign(&second.key(), place, &register).unwrap();
    let refused = session
        .server
        .post::<kaibiao_api::ActReply>("platform/acts", &act)
        .await
        .unwrap_err();
    assert_eq!(refused.code, "signer-differs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_its_certificate_is_revoked() {
    let mut world = World::start().await;
    let kept = world.person(40, "辛公司", "吴十");
    let revoked = world.person(41, "壬公司", "郑十一");
    let (kept, ended) = (world.log_in(&kept).await, {
        let session = world.log_in(&revoked).await;
        let serial = revoked.serial.clone();
        let now = jiff::Timestamp::now();
        world
            .authority
            .revoke(&serial, Reason::KeyCompromise, now)
            .unwrap();
        session
    });
    let trust = world.running.app.config.trust();
    world.authority.write_trust(&trust).unwrap();
    world.running.app.memory.authorities.refresh().unwrap();
    let _: SessionView = kept.server.get("session").await.unwrap();
    let refused = ended.server.get::<SessionView>("session").await;
    assert_eq!(refused.unwrap_err().code, "not-logged-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_has_ended_keeps_acts_out_and_nobody_from_logging_in_to_bridge_it() {
    let mut world = World::with(|config| config.trust.reload_seconds = 1).await;
    let administrator = world.administrator().await;
    let bidder = world.person(3, "丙建设有限公司", "经办人");
    let inside = world.log_in(&bidder).await;
    let register = async |session: &Session| {
        let act = Act::Register(Register {
            nonce: nonce(),
            name: bidder.company.clone(),
        });
        let refused = session.act("", &act, Vec::new()).await.err();
        refused.map(|failure| failure.code)
    };

    let soon = Timestamp::now() + SignedDuration::from_secs(2);
    world.authority.publish(soon).unwrap();
    let trust = world.running.app.config.trust();
    world.authority.write_trust(&trust).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let stale = Some("certificate-crl-stale".to_owned());
    assert_eq!(register(&inside).await, stale);
    for session in [&administrator, &inside] {
        let _: SessionView = session.server.get("session").await.unwrap();
    }

    // Even when all have left they come in, and who may bridge the list does.
    let again = world.log_in(&bidder).await;
    assert_eq!(register(&again).await, stale);
    let bridge = Act::BridgeList(BridgeList {
        nonce: nonce(),
        ca: CA.to_owned(),
        until: world.running.app.now() + 3_600_000,
        reason: "CA发布延迟".to_owned(),
    });
    let refusal = again.act("", &bridge, Vec::new()).await.unwrap_err();
    assert_eq!(refusal.code, "not-permitted");
    let person = world.person(1, "市公共资源交易中心", "管理员");
    let centre = world.log_in(&person).await;
    centre.act("", &bridge, Vec::new()).await.unwrap();
    assert_eq!(register(&again).await, None);
    let nothing = Act::BridgeList(BridgeList {
        nonce: nonce(),
        ca: "no-such-ca".to_owned(),
        until: world.running.app.now() + 3_600_000,
        reason: "CA发布延迟".to_owned(),
    });
    let refusal = centre.act("", &nothing, Vec::new()).await.unwrap_err();
    assert_eq!(refusal.code, "bridge-nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_logged_in_twice_sees_and_ends_its_own_sessions_and_no_others() {
    let mut world = World::start().await;
    let person = world.person(7, "甲建设有限公司", "张三");
    let colleague = world.person(7, "甲建设有限公司", "李四");
    let stranger = world.person(8, "乙建设有限公司", "张三");
    let here = world.log_in(&person).await;
    let there = world.log_in(&person).await;
    let other = world.log_in(&colleague).await;
    let outside = world.log_in(&stranger).await;

    let list = async |session: &Session| {
        let list: SessionList = session.server.get("sessions").await.unwrap();
        list.sessions
    };
    let mine = list(&here).await;
    assert_eq!(mine.len(), 2);
    assert!(mine[0].this && !mine[1].this);
    assert!(
        mine.iter()
            .all(|it| it.began.is_some() && it.used.is_some())
    );
    assert!(mine.iter().all(|it| it.certificate == here.who.certificate));
    assert_eq!(list(&other).await.len(), 1);
    let theirs = list(&outside).await.remove(0).session;

    let end = async |session: &Session, name: &str| {
        let path = format!("sessions/{name}");
        let request = session.server.request(Method::DELETE, &path);
        request.send().await.unwrap().status()
    };
    // Neither a stranger's, nor a colleague's, nor one that is not there.
    let colleagues = list(&other).await.remove(0).session;
    for name in [&theirs, &colleagues, &"ab".repeat(32)] {
        assert_eq!(end(&here, name).await, StatusCode::NOT_FOUND);
    }
    // Nobody at all.
    let path = format!("sessions/{}", mine[1].session);
    let request = world.server().request(Method::DELETE, &path);
    let nobody = request.send().await.unwrap();
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);

    assert_eq!(end(&here, &mine[1].session).await, StatusCode::NO_CONTENT);
    assert!(there.server.get::<SessionView>("session").await.is_err());
    assert_eq!(list(&here).await.len(), 1);
    for still in [&here, &other, &outside] {
        assert!(still.server.get::<SessionView>("session").await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_sessions_cuts_what_watches_by_them_at_once() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.published(t0).await;
    let person = world.person(7, "甲建设有限公司", "张三");
    let colleague = world.person(7, "甲建设有限公司", "李四");
    let here = world.log_in(&person).await;
    let other = world.log_in(&colleague).await;
    let (one, two, three) = (
        world.log_in(&person).await,
        world.log_in(&person).await,
        world.log_in(&person).await,
    );
    let watch = async |session: &Session| {
        let mut room = Room::join(&session.server, &project, 0).await.unwrap();
        room.next().await.unwrap();
        room
    };
    // Far less than the time after which a watcher is looked at.
    let cut = async |mut room: Room| {
        let ends = async { while room.next().await.is_ok() {} };
        let in_time = tokio::time::timeout(Duration::from_secs(5), ends).await;
        in_time.expect("it is cut off");
    };
    let goes_on = async |room: &mut Room| {
        let quiet = async { while room.next().await.is_ok() {} };
        let ended = tokio::time::timeout(Duration::from_secs(2), quiet).await;
        ended.expect_err("it goes on");
    };
    let (mut mine, mut colleagues) = (watch(&here).await, watch(&other).await);
    let rooms = (watch(&one).await, watch(&two).await, watch(&three).await);

    // By itself, by its name from elsewhere, and with all others.
    let out = one.server.request(Method::POST, "logout");
    assert!(out.send().await.unwrap().status().is_success());
    cut(rooms.0).await;
    let list: SessionList = two.server.get("sessions").await.unwrap();
    let name = &list.sessions.iter().find(|it| it.this).unwrap().session;
    let end = here
        .server
        .request(Method::DELETE, &format!("sessions/{name}"));
    assert!(end.send().await.unwrap().status().is_success());
    cut(rooms.1).await;
    let end = here.server.request(Method::DELETE, "sessions");
    let ended: SessionsEnded = end.send().await.unwrap().json().await.unwrap();
    assert_eq!(ended.ended, 1);
    cut(rooms.2).await;
    assert!(three.server.get::<SessionView>("session").await.is_err());

    goes_on(&mut mine).await;
    goes_on(&mut colleagues).await;
    for still in [&here, &other] {
        assert!(still.server.get::<SessionView>("session").await.is_ok());
    }
    let nobody = world.server().request(Method::DELETE, "sessions");
    let nobody = nobody.send().await.unwrap();
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_says_whether_its_organisation_keeps_keys() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let is_custodian = async |session: &Session| {
        let view: SessionView = session.server.get("session").await.unwrap();
        view.custodian
    };
    assert!(!is_custodian(&tender.centre).await);
    tender.published(world.running.app.now() + 3_600_000).await;
    // Whatever its roles are.
    assert!(is_custodian(&tender.centre).await);
    let person = world.person(7, "甲建设有限公司", "张三");
    let bidder = world.log_in(&person).await;
    assert!(!is_custodian(&bidder).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_loses_one_answer_after_the_other_gets_in_all_the_same() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut world = World::with(|config| config.public_url = Some(url.clone())).await;
    // The answer to every other log-in gets lost, three times.
    let before = AtomicU32::new(0);
    let loses = move |asked: &[u8]| {
        let logs_in = asked.starts_with(b"POST /api/v1/login HTTP");
        let before = if logs_in {
            before.fetch_add(1, Relaxed)
        } else {
            1
        };
        (before.is_multiple_of(2) && before < 6).then_some(Duration::ZERO)
    };
    tokio::spawn(losing(listener, world.running.address, loses));
    let person = world.person(7, "甲公司", "张三");
    let server = Server::new(&url, None).unwrap();
    let session = server.login(Box::new(person.key())).await.unwrap();
    assert_eq!(session.who.organisation, person.organisation);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_loses_every_answer_is_told_as_one_and_not_as_a_refusal() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut world = World::with(|config| config.public_url = Some(url.clone())).await;
    // The answer to the first try with each challenge.
    let before = AtomicU32::new(0);
    let loses = move |asked: &[u8]| {
        let logs_in = asked.starts_with(b"POST /api/v1/login HTTP");
        let first = logs_in && before.fetch_add(1, Relaxed).is_multiple_of(2);
        first.then_some(Duration::ZERO)
    };
    tokio::spawn(losing(listener, world.running.address, loses));
    let person = world.person(7, "甲公司", "张三");
    let server = Server::new(&url, None).unwrap();
    let login = server.login(Box::new(person.key())).await;
    let Err(failure) = login else {
        panic!("let in");
    };
    assert_eq!(failure.kind, kaibiao_client::Kind::Network, "{failure:?}");
}
