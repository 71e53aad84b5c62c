//! The platform's own stream: what leaves an event in it, what leaves none, and who
//! reads it with what proof.

use kaibiao_api::{AuditEvent, AuditPage, PlatformAnchors};
use kaibiao_app::logins;
use kaibiao_client::http::Session;
use kaibiao_core::act::{Act, BridgeList, CallDesk, Register, RevokeRole, SetClock};
use kaibiao_core::platform::{Hidden, Platform, Recorded, What};
use kaibiao_core::role::Role;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::{Place, SignedAct};
use kaibiao_crypto::canonical;
use kaibiao_crypto::merkle::{Frontier, InclusionProof, leaf_hash};
use kaibiao_store::StreamId;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::tender::Tender;
use crate::world::{World, bind, nonce};

async fn stream(world: &World) -> Vec<Recorded> {
    let store = &world.running.app.store;
    let platform = StreamId::platform();
    let events = store.events::<Platform>(&platform, 0, 10_000);
    events.await.unwrap()
}

async fn size(world: &World) -> usize {
    stream(world).await.len()
}

/// What one of the kinds was noted with, the latest.
async fn last(world: &World, kind: &str) -> Recorded {
    let events = stream(world).await;
    let found = events.into_iter().rfind(|it| it.facts.what.kind() == kind);
    found.unwrap_or_else(|| panic!("no {kind}"))
}

async fn read(session: &Session, query: &str) -> AuditPage {
    let path = format!("platform/events?{query}");
    session.server.get(&path).await.unwrap()
}

fn kinds(page: &AuditPage) -> Vec<&str> {
    let events = page.events.iter();
    events
        .map(|it| it.facts["what"]["kind"].as_str().unwrap())
        .collect()
}

/// Holds an event against its shell, and the shell against the page's root, as
/// docs/spec/tree.md says and by nothing else.
fn prove(event: &AuditEvent, page: &AuditPage) {
    let salted = |part: &str, salt: &str, body: &Value| {
        let bytes = canonical::to_bytes(body);
        let length = u64::try_from(bytes.len()).unwrap().to_be_bytes();
        let salt = hex::decode(salt).unwrap();
        let label = format!("kaibiao/1 {part}");
        Digest::of_parts(&[label.as_bytes(), &salt, &length, &bytes]).to_string()
    };
    let shell: Value = serde_json::from_str(&event.shell).unwrap();
    assert_eq!(shell["seq"], event.seq);
    assert_eq!(shell["time"], event.time);
    assert_eq!(
        shell["facts"],
        salted("facts", &event.facts_salt, &event.facts)
    );
    if let (Some(details), Some(salt)) = (&event.details, &event.details_salt) {
        assert_eq!(shell["details"], salted("details", salt, details));
        assert!(event.hidden.is_none());
    } else {
        assert!(event.details_salt.is_none() && event.hidden.is_some());
    }
    let proof = InclusionProof {
        index: event.seq - 1,
        size: page.size,
        path: event.path.iter().map(|it| it.parse().unwrap()).collect(),
    };
    let leaf = leaf_hash(event.shell.as_bytes());
    proof.verify(&leaf, &page.root.parse().unwrap()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_reads_the_whole_stream_page_by_page_and_proves_it() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let mut frontier = Frontier::new();
    let mut after = 0;
    let page = loop {
        let page = read(&tender.supervisor, &format!("after={after}&limit=3")).await;
        assert!(page.events.len() <= 3);
        for event in &page.events {
            prove(event, &page);
            assert_eq!(event.seq, frontier.size() + 1);
            frontier.append(leaf_hash(event.shell.as_bytes()));
        }
        match page.next {
            Some(next) => after = next,
            None => break page,
        }
    };
    assert_eq!(frontier.size(), page.size);
    assert_eq!(frontier.root().to_string(), page.root);
    // That it is read is the last event, once.
    let last = page.events.last().unwrap();
    assert_eq!(last.facts["what"]["what"], "audit");
    assert_eq!(size(&world).await, usize::try_from(page.size).unwrap());
    // The same downwards.
    let mut down = Vec::new();
    let mut before = String::new();
    loop {
        let page = read(&tender.supervisor, &format!("limit=4{before}")).await;
        page.events.iter().for_each(|it| prove(it, &page));
        down.extend(page.events.iter().map(|it| it.seq));
        match page.next {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    assert!(down.iter().rev().copied().eq(1..=page.size));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_a_supervisor_reads_it() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    for path in ["platform/events", "platform/anchors"] {
        for session in [
            &tender.administrator,
            &tender.host,
            &tender.centre,
            &tender.machine,
        ] {
            let refused = session.server.get::<Value>(path).await.unwrap_err();
            assert_eq!(refused.code, "not-allowed");
        }
        let refused = world.server().get::<Value>(path).await.unwrap_err();
        assert_eq!(refused.code, "not-logged-in");
    }
    let anchors: PlatformAnchors = tender
        .supervisor
        .server
        .get("platform/anchors")
        .await
        .unwrap();
    assert!(anchors.anchors.iter().all(|it| it.salt.len() == 64));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_searched_by_time_kind_actor_and_project() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let supervisor = &tender.supervisor;
    let page = read(supervisor, "after=0&kind=role_bound").await;
    assert_eq!(kinds(&page), ["role_bound"; 5]);
    let page = read(supervisor, "kind=started,configured,authorities_changed").await;
    assert_eq!(
        kinds(&page),
        ["authorities_changed", "configured", "started"]
    );
    page.events.iter().for_each(|it| prove(it, &page));
    let host = &tender.host.who.organisation;
    let page = read(supervisor, &format!("after=0&actor={host}")).await;
    assert_eq!(kinds(&page), ["role_bound", "authority_linked"]);
    let page = read(supervisor, "after=0&actor=administrator").await;
    assert_eq!(page.events.len(), 8);
    let since = page.events[0].time;
    let page = read(supervisor, &format!("after=0&to={since}")).await;
    assert!(page.events.iter().all(|it| it.time < since) && !page.events.is_empty());
    let page = read(supervisor, &format!("after=0&from={since}")).await;
    assert!(page.events.iter().all(|it| it.time >= since) && !page.events.is_empty());
    let page = read(supervisor, "project=0192f0c1-0000-7000-8000-000000000001").await;
    assert!(page.events.is_empty() && page.next.is_none());
    for wrong in ["kind=no_such", "project=x", "after=1&before=2", "from=now"] {
        let path = format!("platform/events?{wrong}");
        let refused = supervisor.server.get::<Value>(&path).await;
        assert_eq!(refused.unwrap_err().code, "malformed", "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn log_ins_of_who_has_standing_are_noted_together_and_told_when_nothing_takes_bids() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let bidder = world.person(7, "甲建设有限公司", "张三");
    let session = world.log_in(&bidder).await;
    let register = Act::Register(Register {
        nonce: nonce(),
        name: bidder.company.clone(),
    });
    session.act("", &register, Vec::new()).await.unwrap();
    let before = size(&world).await;
    for _ in 0..5 {
        let session = world.log_in(&bidder).await;
        let ended = session.server.request(Method::POST, "logout").send().await;
        assert_eq!(ended.unwrap().status(), StatusCode::NO_CONTENT);
    }
    // Nothing is written by a log-in itself.
    assert_eq!(size(&world).await, before);
    let t0 = world.running.app.now() + 3_600_000;
    tender.published(t0).await;
    logins::note(&world.running.app).await.unwrap();
    logins::note(&world.running.app).await.unwrap();
    let events = stream(&world).await;
    let noted: Vec<_> = events[before..]
        .iter()
        .filter(|it| it.facts.what.kind() == "sessions_noted")
        .collect();
    assert_eq!(noted.len(), 2);
    let officials = &noted[0].details.as_ref().unwrap().sessions;
    assert_eq!(officials.len(), 5);
    let bidders = &noted[1].details.as_ref().unwrap().sessions;
    assert_eq!(bidders.len(), 1);
    assert_eq!((bidders[0].began, bidders[0].ended), (5, 5));
    assert_eq!(bidders[0].organisation, bidder.organisation);
    assert!(bidders[0].first < bidders[0].last);

    let page = read(&tender.supervisor, "after=0&kind=sessions_noted").await;
    assert_eq!(page.events.len(), 2);
    page.events.iter().for_each(|it| prove(it, &page));
    assert_eq!(page.events[0].hidden, None);
    assert_eq!(page.events[1].hidden, Some(Hidden::UntilDeadline));
    let query = format!("kind=sessions_noted&actor={}", bidder.organisation);
    let page = read(&tender.supervisor, &query).await;
    assert!(page.events.is_empty(), "a search finds what is not shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bidders_log_ins_are_read_where_nothing_takes_bids() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let bidder = world.person(7, "甲建设有限公司", "张三");
    let act = bind(&bidder, Role::Bidder);
    tender
        .administrator
        .act("", &act, Vec::new())
        .await
        .unwrap();
    world.log_in(&bidder).await;
    logins::note(&world.running.app).await.unwrap();
    let query = format!("after=0&actor={}", bidder.organisation);
    let page = read(&tender.supervisor, &query).await;
    let expected = ["role_bound", "authority_linked", "sessions_noted"];
    assert_eq!(kinds(&page), expected);
    assert_eq!(
        page.events[2].details.as_ref().unwrap()["sessions"][0]["began"],
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_write_nothing_however_often_they_try() {
    let mut world = World::with(|config| {
        config.limits.logins_per_minute = 100_000;
        config.limits.logins_burst = 100_000;
    })
    .await;
    let tender = Tender::gather(&mut world).await;
    let stranger = world.person(7, "甲建设有限公司", "张三");
    logins::note(&world.running.app).await.unwrap();
    let before = size(&world).await;

    // A thousand log-ins that fail: a challenge of another day, signed well.
    let server = world.server();
    let origin = server.platform().await.unwrap().origin;
    let body = kaibiao_api::LoginBody {
        act: kaibiao_api::LOGIN.to_owned(),
        challenge: "00".repeat(32),
        address: world.url(),
        nonce: nonce().to_string(),
        authorisation: None,
    };
    let place = Place {
        origin: &origin,
        project: "",
    };
    let act = SignedAct::sign(&stranger.key(), place, &body).unwrap();
    for _ in 0..1_000 {
        let reply = server
            .request(Method::POST, "login")
            .json(&act)
            .send()
            .await;
        assert!(reply.unwrap().status().is_client_error());
    }
    // Log-ins and log-outs that succeed, of somebody without a role.
    for _ in 0..20 {
        let session = world.log_in(&stranger).await;
        session
            .server
            .request(Method::POST, "logout")
            .send()
            .await
            .unwrap();
    }
    let session = world.log_in(&stranger).await;
    // Acts without standing.
    let now = world.running.app.now();
    let acts = [
        bind(&stranger, Role::Administrator),
        Act::RevokeRole(RevokeRole {
            nonce: nonce(),
            organisation: tender.centre.who.organisation.clone(),
            person: None,
            role: Role::Centre,
        }),
        Act::SetClock(SetClock {
            nonce: nonce(),
            time: now,
            reason: "随便".to_owned(),
        }),
        Act::BridgeList(BridgeList {
            nonce: nonce(),
            ca: crate::world::CA.to_owned(),
            until: now + 1_000,
            reason: "随便".to_owned(),
        }),
        Act::CallDesk(CallDesk {
            nonce: nonce(),
            project: None,
            text: "有人吗".to_owned(),
        }),
    ];
    for act in &acts {
        assert!(session.act("", act, Vec::new()).await.is_err());
        // Nor does a host's that is an administrator's.
        if !matches!(act, Act::CallDesk(_)) {
            assert!(tender.host.act("", act, Vec::new()).await.is_err());
        }
    }
    logins::note(&world.running.app).await.unwrap();
    assert_eq!(size(&world).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_leaves_what_was_before_and_what_is_after() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let person = world.person(8, "乙设计院", "李四");
    let bound = bind(&person, Role::Host);
    tender
        .administrator
        .act("", &bound, Vec::new())
        .await
        .unwrap();
    let revoke = Act::RevokeRole(RevokeRole {
        nonce: nonce(),
        organisation: person.organisation.clone(),
        person: None,
        role: Role::Host,
    });
    tender
        .administrator
        .act("", &revoke, Vec::new())
        .await
        .unwrap();
    let details = last(&world, "role_revoked").await.details.unwrap();
    assert_eq!(details.subject.unwrap().organisation, person.organisation);
    assert_eq!(details.changed[0].before.as_deref(), Some("host"));
    assert_eq!(details.changed[0].after, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_leaves_what_changed_in_the_configuration_and_no_secret() {
    let secret = "Xq7-not-in-any-stream";
    let world = World::with(|config| {
        let file = config.data.with_file_name("webhook.secret");
        std::fs::write(&file, secret).unwrap();
        config.webhook.url = Some(format!("http://127.0.0.1:9/{secret}"));
        config.webhook.secret_file = Some(file);
    })
    .await;
    let first = last(&world, "configured").await;
    let first = first.details.unwrap().changed;
    let of = |name: &str| {
        first
            .iter()
            .find(|it| it.what == name)
            .unwrap()
            .after
            .clone()
    };
    assert_eq!(of("legal.window_seconds").as_deref(), Some("1"));
    assert!(of("webhook.url").unwrap().starts_with("hmac-sha256:"));
    assert!(
        of("webhook.secret_file.content")
            .unwrap()
            .starts_with("hmac-sha256:")
    );
    assert_eq!(
        of("keys.origin").as_deref(),
        Some(&*world.running.app.keys.origin)
    );
    let World {
        directory,
        running,
        authority: _authority,
    } = world;
    let mut config = running.app.config.clone();
    running.stop().await.unwrap();
    config.desk.phone = Some("0591-110".to_owned());
    std::fs::write(config.webhook.secret_file.as_ref().unwrap(), "another").unwrap();
    let running = kaibiao::serve::Running::start(config, kaibiao_store::Clock::system())
        .await
        .unwrap();
    let store = &running.app.store;
    let platform = StreamId::platform();
    let events = store.events::<Platform>(&platform, 0, 1_000);
    let events = events.await.unwrap();
    let text = format!("{events:?}");
    assert!(!text.contains(secret) && !text.contains("another"));
    let noted = events
        .iter()
        .rfind(|it| it.facts.what.kind() == "configured");
    let details = noted.unwrap().details.as_ref().unwrap();
    let names: Vec<_> = details.changed.iter().map(|it| it.what.as_str()).collect();
    // The port is another one each time.
    let names: Vec<_> = names.into_iter().filter(|it| *it != "listen").collect();
    assert_eq!(names, ["desk.phone", "webhook.secret_file.content"]);
    // And the stop before it, in good order.
    let kinds: Vec<_> = events.iter().map(|it| it.facts.what.kind()).collect();
    assert!(kinds.windows(2).any(|it| it == ["stopped", "started"]));
    let started = events.iter().rfind(|it| it.facts.what.kind() == "started");
    let What::Started { unclean, away, .. } = &started.unwrap().facts.what else {
        panic!("a start");
    };
    assert!(!unclean && away.is_some());
    drop(directory);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_renewed_is_noted_when_it_is_read() {
    let mut world = World::with(|config| config.trust.reload_seconds = 1).await;
    let before = size(&world).await;
    let config = world.running.app.config.clone();
    let serial = world.person(7, "甲建设有限公司", "张三").serial;
    let reason = kaibiao::cli::pki::authority::Reason::KeyCompromise;
    let now = jiff::Timestamp::now();
    world.authority.revoke(&serial, reason, now).unwrap();
    world.authority.write_trust(&config.trust()).unwrap();
    for _ in 0..100 {
        if size(&world).await > before {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let noted = last(&world, "authorities_changed").await;
    assert!(noted.seq > u64::try_from(before).unwrap());
    let changed = noted.details.unwrap().changed;
    let lists = changed
        .iter()
        .find(|it| it.what == "test-ca.lists")
        .unwrap();
    assert!(lists.before.is_some() && lists.after.is_some() && lists.before != lists.after);
}

#[tokio::test(flavor = "multi_thread")]
async fn log_ins_that_a_kill_left_unnoted_are_taken_up_by_the_next_start() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let app = &world.running.app;
    // What waits is lost with the process.
    app.memory.logins.take();
    logins::recover(app).await.unwrap();
    logins::note(app).await.unwrap();
    let noted = last(&world, "sessions_noted").await.details.unwrap();
    assert_eq!(noted.sessions.len(), 5);
    let own = &tender.centre.who.organisation;
    assert!(
        noted
            .sessions
            .iter()
            .any(|it| it.organisation == *own && it.began == 1)
    );
    // What is noted is not taken up again.
    let before = size(&world).await;
    logins::recover(app).await.unwrap();
    logins::note(app).await.unwrap();
    assert_eq!(size(&world).await, before);
}
