//! The token agent as a browser, and as somebody else, meets it on loopback.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod world;

use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::Certificate;
use kaibiao_crypto::encoding::{from_base64, to_base64};
use kaibiao_crypto::signature::{Signature, message};
use kaibiao_token_agent::person::Told;
use serde_json::json;
use world::{NONCE, PAGE, PLATFORM, PROJECT, World};

#[tokio::test]
async fn a_page_pairs_by_the_code_that_the_window_shows_and_signs() {
    let world = World::start().await;
    let secret = world.pair(PAGE).await;

    let status = world.paired(&secret, "status", &json!({})).await.good();
    assert_eq!(status["holder"], "file");
    assert_eq!(status["state"], "ready");
    let certificates = world
        .paired(&secret, "certificates", &json!({}))
        .await
        .good();
    let certificate = &certificates["certificates"][0];
    assert_eq!(certificate["sign"], true);
    assert_eq!(certificate["kind"], "hpke-p256");

    let signed = world.sign(&secret, &login(PAGE)).await.good();
    let signature: Signature = serde_json::from_value(signed).unwrap();
    let leaf = from_base64(certificate["chain"][0].as_str().unwrap()).unwrap();
    let leaf = Certificate::parse(&leaf).unwrap();
    leaf.public_key().verify(&login(PAGE), &signature).unwrap();
    assert!(world.asked().is_empty(), "a login is told and not asked");
    assert!(world.told().contains(&Told::LoggedIn {
        page: PAGE.to_owned()
    }));

    // The code is used up, and a secret is good for its page alone.
    let again = world
        .ask("pair", &json!({ "code": world.code() }))
        .send()
        .await;
    again.refused(403, "code-void");
    let other = world
        .ask("status", &json!({}))
        .bearer(&secret)
        .origin(world::PAGE2)
        .send()
        .await;
    other.refused(401, "not-paired");
    world.paired(&secret, "forget", &json!({})).await.good();
    world
        .paired(&secret, "status", &json!({}))
        .await
        .refused(401, "not-paired");
}

#[tokio::test]
async fn whoever_is_no_page_of_the_service_learns_nothing() {
    let world = World::start().await;
    let secret = world.pair(PAGE).await;
    let ask = || world.ask("status", &json!({})).bearer(&secret);

    for origin in [
        "https://evil.example",
        "null",
        "https://kb.example.evil",
        "HTTPS://kb.example",
        "",
    ] {
        let reply = ask().origin(origin).send().await;
        assert!(
            reply.header("access-control-allow-origin").is_none(),
            "{origin}"
        );
        reply.refused(403, "other-origin");
    }
    ask().no_origin().send().await.refused(403, "other-origin");
    ask()
        .more(&format!("Origin: {PAGE}\r\n"))
        .send()
        .await
        .refused(403, "other-origin");

    // A name that was bound to this address afterwards.
    for host in [
        "evil.example",
        "evil.example:27182",
        "127.0.0.1",
        "127.0.0.2:27182",
    ] {
        ask().host(host).send().await.refused(403, "other-host");
    }
    let port = world.port;
    ask().host(&format!("localhost:{port}")).send().await.good();

    let reply = ask()
        .method("OPTIONS")
        .origin("https://evil.example")
        .send()
        .await;
    assert_eq!(reply.status, 403);
    assert!(reply.header("access-control-allow-origin").is_none());
    let reply = world.ask("sign", &json!({})).method("OPTIONS");
    let reply = reply
        .more("Access-Control-Request-Private-Network: true\r\n")
        .send()
        .await;
    assert_eq!(reply.status, 204);
    assert_eq!(reply.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(reply.header("access-control-allow-methods"), Some("POST"));
    assert_eq!(
        reply.header("access-control-allow-private-network"),
        Some("true")
    );
    assert!(reply.header("access-control-allow-credentials").is_none());
}

#[tokio::test]
async fn only_what_a_form_of_another_page_cannot_send_is_read() {
    let world = World::start().await;
    let secret = world.pair(PAGE).await;
    let ask = || world.ask("status", &json!({})).bearer(&secret);
    ask()
        .kind("text/plain")
        .send()
        .await
        .refused(415, "content-type");
    ask().method("GET").send().await.refused(405, "method");
    world
        .ask("keys", &json!({}))
        .bearer(&secret)
        .send()
        .await
        .refused(404, "no-such-request");
    ask().body("[]").send().await.refused(400, "malformed");
    ask()
        .body(r#"{"more":1}"#)
        .send()
        .await
        .refused(400, "malformed");
    let reply = ask().send().await;
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("vary"), Some("origin"));
    assert!(reply.header("set-cookie").is_none());
}

#[tokio::test]
async fn a_body_beyond_its_bound_is_refused_whatever_its_head_says() {
    let world = World::start().await;
    let secret = world.pair(PAGE).await;
    let long = format!(r#"{{"code":"{}"}}"#, "1".repeat(2000));
    world
        .ask("pair", &json!({}))
        .body(&long)
        .send()
        .await
        .refused(413, "too-large");
    world
        .ask("pair", &json!({}))
        .body(&long)
        .chunked()
        .send()
        .await
        .refused(413, "too-large");
    let long = json!({ "certificate": world.certificate, "message": "A".repeat(3 << 20) });
    world
        .paired(&secret, "sign", &long)
        .await
        .refused(413, "too-large");
}

#[tokio::test]
async fn a_code_cannot_be_guessed_at_leisure() {
    let world = World::start().await;
    world
        .ask("pair", &json!({ "code": "00000000" }))
        .send()
        .await
        .refused(403, "code-void");
    world.ask("pair/begin", &json!({})).send().await.good();
    let wrong = if world.code() == "00000000" {
        "00000001"
    } else {
        "00000000"
    };
    let typed = json!({ "code": wrong });
    let reply = world.ask("pair", &typed).send().await;
    assert_eq!(reply.body["tries"], 2);
    reply.refused(403, "code-wrong");
    world
        .ask("pair", &typed)
        .send()
        .await
        .refused(403, "code-wrong");
    world
        .ask("pair", &typed)
        .send()
        .await
        .refused(403, "code-void");
    let right = json!({ "code": world.code() });
    world
        .ask("pair", &right)
        .send()
        .await
        .refused(403, "code-void");
    for _ in 0..5 {
        world.ask("pair/begin", &json!({})).send().await.good();
    }
    world
        .ask("pair/begin", &json!({}))
        .send()
        .await
        .refused(429, "codes-too-many");
    for secret in ["", "AAAA", &to_base64(&[0; 32])] {
        let reply = world.paired(secret, "status", &json!({})).await;
        reply.refused(401, "not-paired");
    }
}

#[tokio::test]
async fn nothing_is_signed_for_another_platform_or_for_another_address() {
    let world = World::start().await;
    let secret = world.pair(PAGE).await;
    let act = act("withdraw");
    for (message, status, code) in [
        (
            message("withdraw", "other.example", PROJECT, act.as_bytes()),
            403,
            "message-other-origin",
        ),
        (
            message("submit", PLATFORM, PROJECT, act.as_bytes()),
            400,
            "message-malformed",
        ),
        (login("https://other.example"), 403, "message-other-address"),
        (b"kaibiao/1 sig".to_vec(), 400, "message-malformed"),
        (
            Digest::of(b"").as_bytes().to_vec(),
            400,
            "message-malformed",
        ),
    ] {
        world.sign(&secret, &message).await.refused(status, code);
    }
    assert!(world.asked().is_empty());
    let unknown = json!({ "certificate": Digest::of(b""), "message": to_base64(&login(PAGE)) });
    world
        .paired(&secret, "sign", &unknown)
        .await
        .refused(404, "no-such-certificate");
}

#[tokio::test]
async fn an_act_is_signed_when_the_person_agrees_to_what_is_shown() {
    let world = World::start().await;
    let secret = world.pair(PAGE).await;
    let message = message("withdraw", PLATFORM, PROJECT, act("withdraw").as_bytes());
    world.answers(&["no", "yes", "batch"]);
    world.sign(&secret, &message).await.refused(403, "declined");
    world.sign(&secret, &message).await.good();
    let [first, _] = &world.asked()[..] else {
        panic!("asked twice");
    };
    assert_eq!(first.page, PAGE);
    assert!(first.zh.contains("撤回投标文件"), "{first:?}");
    assert_eq!(first.facts[0], ("project".to_owned(), PROJECT.to_owned()));
    assert_eq!(first.facts[1], ("lot".to_owned(), "1".to_owned()));

    // Agreed to for a while: for this kind of act and this page alone.
    world.sign(&secret, &message).await.good();
    world.sign(&secret, &message).await.good();
    assert_eq!(world.asked().len(), 3);
    let other =
        kaibiao_crypto::signature::message("sign-in", PLATFORM, PROJECT, act("sign-in").as_bytes());
    world.answers(&["no"]);
    world.sign(&secret, &other).await.refused(403, "declined");
    let second = world.pair(PAGE).await;
    world.answers(&["no"]);
    world.sign(&second, &message).await.refused(403, "declined");

    // What is locked is agreed to again, after the PIN.
    world.paired(&secret, "lock", &json!({})).await.good();
    world.pins(&["wrong"]);
    world
        .sign(&secret, &message)
        .await
        .refused(403, "pin-wrong");
    world
        .sign(&secret, &message)
        .await
        .refused(403, "pin-not-given");
    world.pins(&[world::PASSPHRASE]);
    world.answers(&["no"]);
    world.sign(&secret, &message).await.refused(403, "declined");
}

#[tokio::test]
async fn whoever_hangs_up_has_withdrawn() {
    let world = World::start().await;
    let secret = world.pair(PAGE).await;
    let message = message("withdraw", PLATFORM, PROJECT, act("withdraw").as_bytes());
    let wanted = json!({ "certificate": world.certificate, "message": to_base64(&message) });
    // The person agrees, and only after the page has gone.
    world.answers(&["wait"]);
    world.ask("sign", &wanted).bearer(&secret).hang_up().await;
    world.until_asked(1).await;
    let status = world.paired(&secret, "status", &json!({})).await.good();
    assert_eq!(status["state"], "ready");
    // Had it counted, the batch that "wait" agrees to would hold now.
    world.answers(&["no"]);
    world.sign(&secret, &message).await.refused(403, "declined");
}

#[tokio::test]
async fn a_header_is_opened_by_its_own_key_and_b_is_given_for_proofs_alone() {
    let world = World::start().await;
    let secret = world.pair(PAGE).await;
    let header = world::header_of_another();
    let asked = json!({ "header": to_base64(&header) });
    world
        .paired(&secret, "rehearse", &asked)
        .await
        .refused(403, "wrap-other-key");
    let broken = json!({ "header": to_base64(&header[..header.len() - 1]) });
    world
        .paired(&secret, "rehearse", &broken)
        .await
        .refused(400, "header-malformed");
    let statement = json!({ "body": "{}", "signature": to_base64(&[0; 64]) });
    let unlock = json!({
        "header": to_base64(&header), "terms": "{}",
        "closing": { "closing": statement }, "receipt": statement,
    });
    let reply = world.paired(&secret, "unlock", &unlock).await;
    assert!(reply.body["detail"].is_string());
    reply.refused(403, "not-proved");
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn a_locker_opens_for_its_own_certificate() {
    let world = World::start().await;
    let secret = world.pair(PAGE).await;
    let held = world
        .paired(&secret, "certificates", &json!({}))
        .await
        .good();
    let leaf = from_base64(held["certificates"][0]["chain"][0].as_str().unwrap()).unwrap();
    let owner = Digest::labelled("kaibiao/1 locker owner", &[&leaf]).to_string();
    let body = message("locker", "", &owner, b"wrap");
    world.sign(&secret, &body).await.good();
    let asked = |value: &[u8]| {
        json!({
            "certificate": world.certificate, "key": held["certificates"][0]["key"],
            "value": to_base64(value),
        })
    };
    let reply = world.paired(&secret, "locker", &asked(&[0; 113])).await;
    reply.refused(403, "wrap-not-opened");
    assert!(world.asked().is_empty());
}

fn login(address: &str) -> Vec<u8> {
    let body =
        format!(r#"{{"act":"login","address":"{address}","challenge":"c","nonce":"{NONCE}"}}"#);
    message("login", PLATFORM, "", body.as_bytes())
}

fn act(purpose: &str) -> String {
    format!(r#"{{"act":"{purpose}","lot":"1","nonce":"{NONCE}"}}"#)
}
