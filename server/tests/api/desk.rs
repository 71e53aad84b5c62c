//! The centre's desk, one's own projects, and the environment check.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_api::{
    BoardView, CallList, CertificateCheck, CertificateUse, CertificateView, DirectoryList,
    HealthPage, HelpList, PlatformView, ProbeView, ProjectList, RatingList,
};
use kaibiao_client::http::Server;
use kaibiao_core::act::{Act, AnswerCall, AnswerHelp, CallDesk, Help};
use kaibiao_core::ids::ProjectId;
use kaibiao_core::project::Project;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::hall::{Hall, lot};
use crate::world::{Person, World, nonce};

async fn status(server: &Server, path: &str) -> StatusCode {
    let reply = server.request(Method::GET, path).send().await.unwrap();
    reply.status()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_counts_no_bids_before_t0_and_all_of_them_after() {
    let hall = Hall::publish(World::start().await, 2, 4.0).await;
    let centre = &hall.custodians[1].0.server;
    let sealed = hall.seal(0, "100", &[]);
    let before: Value = centre.get("board").await.unwrap();
    let act = hall.submit_act(&sealed, 1, None);
    assert_eq!(
        hall.submit(0, &sealed, &act).await.status(),
        StatusCode::NO_CONTENT
    );
    let after: Value = centre.get("board").await.unwrap();
    assert_eq!(before["rooms"], after["rooms"], "a submission shows");
    let room = &after["rooms"][0];
    assert_eq!(room["id"], hall.project);
    assert!(room.get("last_event").is_none() && room["lots"]["1"].get("counts").is_none());

    hall.until_stage("checking").await;
    for session in [
        &hall.custodians[1].0,
        &hall.custodians[2].0,
        &hall.administrator,
    ] {
        let board: BoardView = session.server.get("board").await.unwrap();
        let room = &board.rooms[0].room;
        assert!(room.closed_for_bids && room.last_event.is_some());
        assert_eq!(room.lots[&lot("1")].counts.unwrap().bids, 1);
        assert!(board.ready.ready && board.since <= board.now);
        // The host has looked with this very client.
        let host = &board.rooms[0].custodians_seen[0];
        assert!(host.seen.is_some_and(|seen| board.now - seen < 60_000));
        assert!(host.program.is_some());
    }
    for server in [
        &hall.host().server,
        &hall.bidders[0].session.server,
        &hall.world.server(),
    ] {
        let refused = status(server, "board").await;
        assert!(matches!(refused.as_u16(), 401 | 403), "{refused}");
    }
    let health: HealthPage = centre.get("platform/health").await.unwrap();
    assert_eq!(health.signs[0].kind, "started");
    assert!(health.signs.is_sorted_by_key(|sign| sign.time));
    let began = health.signs[0].time;
    for (span, none) in [
        (format!("from={began}"), false),
        (format!("to={began}"), true),
    ] {
        let path = format!("platform/health?{span}");
        let within: HealthPage = centre.get(&path).await.unwrap();
        assert_eq!(within.signs.is_empty(), none, "{span}");
    }
    let none: BoardView = centre.get("board?to=1000").await.unwrap();
    assert!(none.rooms.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_help_request_waits_in_the_queue_until_it_is_answered() {
    let hall = Hall::publish(World::start().await, 1, 3.0).await;
    let sealed = hall.seal(0, "100", &[]);
    let act = hall.submit_act(&sealed, 1, None);
    hall.submit(0, &sealed, &act).await;
    hall.until_stage("checking").await;
    let help = Help {
        nonce: nonce(),
        lot: lot("1"),
        text: "解密没有反应".to_owned(),
        diagnosis: "时钟偏差 3 秒".to_owned(),
    };
    hall.act(&hall.bidders[0].session, help).await;
    let centre = &hall.custodians[1].0;
    for session in [centre, hall.host(), hall.supervisor()] {
        let list: HelpList = session.server.get("helps").await.unwrap();
        let line = &list.helps[0];
        assert_eq!(line.project, hall.project);
        assert_eq!(line.help.text, "解密没有反应");
        assert_eq!(line.help.diagnosis, "时钟偏差 3 秒");
        assert!(line.help.answered.is_none() && line.help.time <= list.now);
    }
    let board: BoardView = centre.server.get("board").await.unwrap();
    assert_eq!(board.rooms[0].room.helps_waiting, 1);

    let asked: HelpList = centre.server.get("helps").await.unwrap();
    let answer = AnswerHelp {
        nonce: nonce(),
        lot: lot("1"),
        help: asked.helps[0].help.event.unwrap(),
        text: "请重新插拔".to_owned(),
    };
    hall.act(centre, answer).await;
    let list: HelpList = centre.server.get("helps").await.unwrap();
    let answered = &list.helps[0].help;
    assert_eq!(answered.answer.as_deref(), Some("请重新插拔"));
    assert!(answered.answered_by.as_ref().unwrap().contains("经办人"));
    let board: BoardView = centre.server.get("board").await.unwrap();
    assert_eq!(board.rooms[0].room.helps_waiting, 0);

    // Only officials see what the client found out, and only they see the list.
    let path = format!("projects/{}", hall.project);
    let own: Value = hall.bidders[0].session.server.get(&path).await.unwrap();
    assert!(own["lots"]["1"]["helps"][0].get("diagnosis").is_none());
    let bidder = &hall.bidders[0].session.server;
    assert_eq!(status(bidder, "helps").await, StatusCode::FORBIDDEN);
    assert_eq!(status(bidder, "ratings").await, StatusCode::FORBIDDEN);
    let ratings: RatingList = centre.server.get("ratings").await.unwrap();
    assert!(ratings.projects.is_empty(), "nothing has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_finds_its_own_projects_and_nobody_elses() {
    let hall = Hall::publish(World::start().await, 2, 60.0).await;
    let sealed = hall.seal(0, "100", &[]);
    let act = hall.submit_act(&sealed, 1, None);
    hall.submit(0, &sealed, &act).await;
    let mine =
        async |server: &Server| -> ProjectList { server.get("projects?mine=true").await.unwrap() };
    let own = mine(&hall.bidders[0].session.server).await;
    assert_eq!(own.projects.len(), 1);
    assert!(own.projects[0].own[0].live && !own.projects[0].own[0].withdrawn);
    assert!(own.projects[0].duties.is_empty());
    let other = mine(&hall.bidders[1].session.server).await;
    assert!(other.projects.is_empty());
    let supervisor = mine(&hall.supervisor().server).await;
    let duty = &supervisor.projects[0].duties[0];
    assert!(duty.certified && !duty.released && duty.key.is_some() && !duty.agent);
    assert_eq!((duty.x, duty.release, duty.custodians), (3, 2, 3));
    assert_eq!(
        status(&hall.world.server(), "projects?mine=true").await,
        StatusCode::UNAUTHORIZED
    );
    // The list of all projects says nothing of the caller's own part.
    let all: ProjectList = hall.bidders[0]
        .session
        .server
        .get("projects")
        .await
        .unwrap();
    assert!(all.projects[0].own.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_can_be_searched() {
    let hall = Hall::publish(World::start().await, 0, 600.0).await;
    let server = hall.world.server();
    let t0 = hall.t0;
    for (query, found) in [
        (String::new(), 1),
        ("search=zb-2026".to_owned(), 1),
        ("search=%E9%81%93%E8%B7%AF".to_owned(), 1),
        ("search=none".to_owned(), 0),
        ("stage=bidding".to_owned(), 1),
        ("stage=waiting".to_owned(), 1),
        ("stage=open".to_owned(), 0),
        ("stage=ended".to_owned(), 0),
        (format!("from={t0}"), 1),
        (format!("from={}", t0 + 1), 0),
        (format!("to={t0}"), 0),
        (format!("from={}&to={}", t0 - 1000, t0 + 1), 1),
    ] {
        let path = format!("projects?{query}");
        let list: ProjectList = server.get(&path).await.unwrap();
        assert_eq!(list.projects.len(), found, "{query}");
        if let Some(line) = list.projects.first() {
            assert_eq!(line.lots, 1);
            assert_eq!(line.stages.len(), 1);
        }
    }
    assert_eq!(
        status(&server, "projects?stage=nonsense").await,
        StatusCode::BAD_REQUEST
    );
}

async fn judged(world: &World, person: &Person, at: Option<i64>) -> CertificateView {
    let check = CertificateCheck {
        chain: person.chain().iter().map(|it| BASE64.encode(it)).collect(),
        at,
        usage: CertificateUse::Sign,
    };
    let server = world.server();
    server.post("certificates/check", &check).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_judged_before_anybody_logs_in() {
    let mut world = World::start().await;
    let person = world.person(7, "甲建设有限公司", "张三");
    let good = judged(&world, &person, None).await;
    assert!(good.ok && good.valid_at, "{:?}", good.problem);
    assert_eq!(good.organisation, Some(person.organisation.clone()));
    assert_eq!(good.name.as_deref(), Some("张三"));
    let after = good.not_after.unwrap();
    let later = judged(&world, &person, Some(after + 86_400_000)).await;
    assert!(!later.ok && !later.valid_at);
    assert_eq!(later.problem.unwrap().code, "certificate-expired");
    assert!(judged(&world, &person, Some(after)).await.ok);

    let other = World::start().await;
    let stranger = judged(&other, &person, None).await;
    let problem = stranger.problem.unwrap();
    assert!(!stranger.ok && !problem.detail_zh.is_empty());
    let check = CertificateCheck {
        chain: Vec::new(),
        at: None,
        usage: CertificateUse::Encrypt,
    };
    let nothing: CertificateView = world
        .server()
        .post("certificates/check", &check)
        .await
        .unwrap();
    assert_eq!(nothing.problem.unwrap().code, "certificate-malformed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_is_counted_and_thrown_away_up_to_4_mib() {
    let world = World::start().await;
    let send = async |bytes: usize| {
        let request = world.server().request(Method::POST, "probe");
        request.body(vec![7; bytes]).send().await.unwrap()
    };
    let reply: ProbeView = send(4 << 20).await.json().await.unwrap();
    assert_eq!(reply.received, 4 << 20);
    assert_eq!(
        send((4 << 20) + 1).await.status(),
        StatusCode::PAYLOAD_TOO_LARGE
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_before_t0_reaches_the_centre_alone_and_is_alike_with_a_bid_and_without() {
    let world = World::with(|config| config.desk.phone = Some("010-8888 0000".to_owned())).await;
    let hall = Hall::publish(world, 2, 600.0).await;
    let sealed = hall.seal(0, "100", &[]);
    let act = hall.submit_act(&sealed, 1, None);
    let submitted = hall.submit(0, &sealed, &act).await;
    assert_eq!(submitted.status(), StatusCode::NO_CONTENT);
    let platform: PlatformView = hall.world.server().get("platform").await.unwrap();
    assert_eq!(platform.desk_phone.as_deref(), Some("010-8888 0000"));

    let project: ProjectId = hall.project.parse().unwrap();
    let call = |project| {
        Act::CallDesk(CallDesk {
            nonce: nonce(),
            project,
            text: "上传停在一半".to_owned(),
        })
    };
    let stream = async || {
        hall.world
            .running
            .app
            .store
            .list::<Project>()
            .await
            .unwrap()
    };
    let before = stream().await[0].version;
    for bidder in &hall.bidders {
        bidder
            .session
            .act("", &call(Some(project)), Vec::new())
            .await
            .unwrap();
    }
    let general = &hall.bidders[1].session;
    general.act("", &call(None), Vec::new()).await.unwrap();
    assert_eq!(stream().await[0].version, before, "the project knows of it");

    // The centre sees all three at once; two of them differ by whose they are alone.
    let centre = &hall.custodians[1].0;
    let list: Value = centre.server.get("helps").await.unwrap();
    let calls = list["calls"].as_array().unwrap();
    assert_eq!(calls.len(), 3);
    let own = ["call", "organisation", "name", "person", "time"];
    let alike = |call: &Value| {
        let mut call = call.as_object().unwrap().clone();
        for member in own {
            call.remove(member).unwrap();
        }
        Value::Object(call)
    };
    assert_eq!(calls[0].get("project"), None);
    assert_eq!(alike(&calls[1]), alike(&calls[2]), "one has a bid");
    assert_eq!(calls[1]["project"]["id"], hall.project);
    assert!(list["helps"].as_array().unwrap().is_empty());
    for other in [hall.host(), hall.supervisor()] {
        let list: HelpList = other.server.get("helps").await.unwrap();
        assert!(list.calls.is_empty());
    }

    // The answer is the caller's, on every device of its organisation, and nobody else's.
    let answer = AnswerCall {
        nonce: nonce(),
        call: calls[2]["call"].as_str().unwrap().parse().unwrap(),
        text: "请刷新后续传".to_owned(),
    };
    let answer = Act::AnswerCall(answer);
    let refused = general.act("", &answer, Vec::new()).await.unwrap_err();
    assert_eq!(refused.code, "no-such-event", "it is not told of it");
    centre.act("", &answer, Vec::new()).await.unwrap();
    let mut answered = 0;
    for bidder in &hall.bidders {
        let name = &bidder.session.server;
        let list: CallList = name.get("calls").await.unwrap();
        for it in &list.calls {
            assert_eq!(it.organisation, bidder.person.organisation);
            answered += usize::from(it.answer.as_deref() == Some("请刷新后续传"));
        }
    }
    assert_eq!(answered, 1);
    assert_eq!(
        status(&hall.world.server(), "calls").await,
        StatusCode::UNAUTHORIZED
    );

    // A request with a diagnosis is not taken yet, and no other project is named.
    let help = Act::Help(Help {
        nonce: nonce(),
        lot: lot("1"),
        text: "打不开".to_owned(),
        diagnosis: "时钟偏差 3 秒".to_owned(),
    });
    let bidder = &hall.bidders[0].session;
    let refused = bidder.act(&hall.project, &help, Vec::new()).await;
    assert_eq!(refused.unwrap_err().code, "call-the-desk");
    let nowhere = Some(ProjectId(Default::default()));
    let refused = bidder.act("", &call(nowhere), Vec::new()).await;
    assert_eq!(refused.unwrap_err().code, "not-found");

    // A restart forgets none of it.
    let count = calls.len();
    let world = hall.world.restart().await;
    let platform = kaibiao_app::platform::load(&world.running.app).await;
    assert_eq!(platform.unwrap().book.calls.len(), count);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_drafts_finds_officials_and_custodians_and_no_bidder() {
    let hall = Hall::publish(World::start().await, 2, 600.0).await;
    let host = &hall.host().server;
    let all: DirectoryList = host.get("directory").await.unwrap();
    let codes: Vec<_> = all
        .organisations
        .iter()
        .map(|it| &it.organisation)
        .collect();
    assert_eq!(codes.len(), 3, "{codes:?}");
    for bidder in &hall.bidders {
        assert!(!codes.contains(&&bidder.person.organisation));
        let path = format!("directory?search={}", bidder.person.organisation);
        let found: DirectoryList = host.get(&path).await.unwrap();
        assert!(found.organisations.is_empty(), "a bidder is told of");
    }
    let centres: DirectoryList = host.get("directory?role=centre").await.unwrap();
    let centre = &centres.organisations[0];
    assert_eq!(centres.organisations.len(), 1);
    assert!(centre.custodian && centre.name.contains("交易中心"));
    let path = "directory?search=%E7%9B%91%E7%9D%A3&role=supervisor";
    let found: DirectoryList = host.get(path).await.unwrap();
    assert_eq!(found.organisations.len(), 1);
    let bidder = &hall.bidders[0].session.server;
    for other in [bidder, &hall.supervisor().server] {
        assert_eq!(status(other, "directory").await, StatusCode::FORBIDDEN);
    }
}
