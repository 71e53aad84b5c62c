//! The supervisor's player: what it shows of the past is what the live room showed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use kaibiao_api::{EventPage, FeedPage, ReplayFeed, ReplaySteps};
use kaibiao_app::deciding;
use kaibiao_client::http::Server;
use kaibiao_core::act::{
    Announce, Close, CloseObjections, MarkDeposit, Message, OpenObjections, Question, SignRecord,
};
use kaibiao_core::player::EventProof;
use kaibiao_core::terms::SealingTerms;
use kaibiao_crypto::{Digest, canonical};
use reqwest::{Method, StatusCode, header};
use serde_json::Value;

use crate::hall::{Hall, lot};
use crate::opening::submitted;
use crate::world::nonce;

/// Somebody in the live room, and the same in the replay.
type Watcher = (String, Server);

fn watchers(hall: &Hall) -> Vec<Watcher> {
    let bidder = |n: usize| {
        let session = &hall.bidders[n].session;
        let who = format!("bidder:{}", session.who.organisation);
        (who, session.server.clone())
    };
    let official = |n: usize| hall.custodians[n].0.server.clone();
    vec![
        ("host".to_owned(), official(0)),
        ("centre".to_owned(), official(1)),
        ("supervisor".to_owned(), official(2)),
        bidder(0),
        bidder(1),
        ("public".to_owned(), hall.world.server()),
    ]
}

/// A view of the live room, after which event it was made.
type Seen = (String, u64, Value);

/// Looks at the room through everybody's eyes until it is stopped. Only what was seen
/// between two events is kept: what was asked while something happened is of either.
async fn watch(hall: &Hall, stop: &AtomicBool) -> Vec<Seen> {
    let project = hall.project.parse().unwrap();
    let app = &hall.world.running.app;
    let size = async || deciding::load(app, project).await.unwrap().version;
    let path = format!("projects/{}", hall.project);
    let watchers = watchers(hall);
    let mut seen: BTreeMap<(String, u64), Value> = BTreeMap::new();
    while !stop.load(Ordering::Relaxed) {
        for (who, server) in &watchers {
            let before = size().await;
            let Ok(mut view) = server.get::<Value>(&path).await else {
                continue;
            };
            if size().await != before {
                continue;
            }
            // What it can do, what is missing on the platform's disk and how long its
            // feed is are no part of the past.
            for (_, lot) in view["lots"].as_object_mut().unwrap() {
                lot.as_object_mut().unwrap().remove("lawful");
            }
            let fields = view.as_object_mut().unwrap();
            fields.remove("feed");
            fields.remove("troubles");
            seen.insert((who.clone(), before), view);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let seen = seen.into_iter();
    seen.map(|((who, seq), view)| (who, seq, view)).collect()
}

async fn act_through(hall: &Hall, sealed: &[crate::hall::Sealed]) {
    let lots = || vec![lot("1")];
    let host = hall.host();
    hall.until_stage("checking").await;
    let note = "已核验".to_owned();
    let bidder = hall.lot().await.parties.keys().next().copied().unwrap();
    let deposit = MarkDeposit {
        nonce: nonce(),
        lot: lot("1"),
        party: bidder,
        deposit: kaibiao_core::act::Deposit::Paid,
        note,
        others: Vec::new(),
    };
    hall.act(host, deposit).await;
    let message = Message {
        nonce: nonce(),
        lot: None,
        text: "请准备解密。".to_owned(),
    };
    hall.act(host, message).await;
    hall.start_window().await;
    assert!(hall.unlock(0, &sealed[0], true).await.is_err());
    for (bidder, sealed) in sealed.iter().enumerate() {
        hall.unlock(bidder, sealed, false).await.unwrap();
    }
    hall.until_stage("releasing").await;
    hall.release(0, false).await.unwrap();
    hall.release(2, false).await.unwrap();
    hall.until_stage("opened").await;
    let announce = Announce {
        nonce: nonce(),
        lots: lots(),
    };
    hall.act(host, announce).await;
    let question = Question {
        nonce: nonce(),
        lot: lot("1"),
        text: "记录何时签署？".to_owned(),
    };
    hall.act(&hall.bidders[1].session, question).await;
    let open = OpenObjections {
        nonce: nonce(),
        lots: lots(),
        seconds: None,
    };
    hall.act(host, open).await;
    let close = CloseObjections {
        nonce: nonce(),
        lots: lots(),
    };
    hall.act(host, close).await;
    let path = format!("projects/{}/lots/1/record.json", hall.project);
    let record = loop {
        match host.server.get_bytes(&path).await {
            Ok(bytes) => break Digest::of(&bytes),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    let sign = SignRecord {
        nonce: nonce(),
        lot: lot("1"),
        record,
        cms: None,
    };
    hall.act(host, sign).await;
    let close = Close {
        nonce: nonce(),
        lots: lots(),
    };
    hall.act(host, close).await;
    hall.until_stage("closed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_replay_of_an_opening_is_what_the_live_room_was() {
    let (hall, sealed) = submitted(3, 6.0, b"one page").await;
    let replay = format!("projects/{}/replay", hall.project);
    let supervisor = &hall.supervisor().server;
    // Before T0 there is no past to look at: it would count the bids.
    for path in ["", "/steps", "/feed", "/proof?seq=1"] {
        let early = supervisor.get_bytes(&format!("{replay}{path}")).await;
        assert_eq!(early.unwrap_err().code, "not-found", "{path}");
    }
    let stop = Arc::new(AtomicBool::new(false));
    let (seen, ()) = tokio::join!(watch(&hall, &stop), async {
        act_through(&hall, &sealed).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        stop.store(true, Ordering::Relaxed);
    });
    let mut at_the_instant = 0;
    for (who, seq, view) in &seen {
        let now = Timestamp::from_millisecond(view["now"].as_i64().unwrap()).unwrap();
        let path = format!("{replay}?at={now}&as={who}");
        let mut scene: Value = supervisor.get(&path).await.unwrap();
        if scene["seq"] == *seq {
            at_the_instant += 1;
        } else {
            // An event that was being written while somebody looked bears an earlier time.
            let path = format!("{replay}?at={seq}&as={who}");
            scene = supervisor.get(&path).await.unwrap();
            scene["view"]["now"] = view["now"].clone();
        }
        assert_eq!(scene["view"], *view, "{who} after {seq}");
        assert_eq!(scene["as"], **who);
    }
    assert!(
        at_the_instant * 2 > seen.len(),
        "{at_the_instant} of {}",
        seen.len()
    );
    everybody_heard_the_same(&hall).await;
    steps_and_bytes(&hall).await;
    proofs_hold(&hall).await;
    only_the_supervisor_looks(&hall).await;
    the_command_line_shows_it_too(&hall).await;
    let steps: ReplaySteps = supervisor.get(&format!("{replay}/steps")).await.unwrap();
    let mut seqs: Vec<_> = seen.iter().map(|it| it.1).collect();
    seqs.sort_unstable();
    seqs.dedup();
    // Some events follow one another faster than anybody looks.
    let since = steps.steps.iter().filter(|it| it.seq >= seqs[0]).count();
    assert!(seqs.len() * 3 > since, "{} of {since}", seqs.len());
}

async fn everybody_heard_the_same(hall: &Hall) {
    for (who, server) in watchers(hall) {
        let path = format!("projects/{}/feed", hall.project);
        let live: FeedPage = server.get(&path).await.unwrap();
        let path = format!("projects/{}/replay/feed?as={who}", hall.project);
        let past: ReplayFeed = hall.supervisor().server.get(&path).await.unwrap();
        assert_eq!(past.next, past.size);
        let heard: Vec<_> = past
            .items
            .iter()
            .map(|it| (it.time, &it.kind, &it.body))
            .collect();
        let live: Vec<_> = live
            .items
            .iter()
            .map(|it| (it.time, &it.kind, &it.body))
            .collect();
        assert!(live.len() > 5);
        assert_eq!(heard, live, "{who}");
    }
}

async fn steps_and_bytes(hall: &Hall) {
    let server = &hall.supervisor().server;
    let replay = format!("projects/{}/replay", hall.project);
    let all: ReplaySteps = server.get(&format!("{replay}/steps")).await.unwrap();
    assert_eq!(all.steps.len() as u64, all.size);
    assert!(all.steps.iter().zip(1..).all(|(step, seq)| step.seq == seq));
    let some = format!("{replay}/steps?after=5&limit=3");
    let some: ReplaySteps = server.get(&some).await.unwrap();
    assert_eq!(some.steps, all.steps[5..8]);
    let asked: Vec<_> = all.onlookers.iter().map(|it| &*it.onlooker).collect();
    for (who, _) in watchers(hall) {
        assert!(asked.contains(&&*who), "{who}");
    }
    // The same bytes whenever it is asked, and after a restart.
    for seq in 1..=all.size {
        let path = format!("{replay}?at={seq}&as=host");
        let bytes = server.get_bytes(&path).await.unwrap();
        assert_eq!(bytes, server.get_bytes(&path).await.unwrap());
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(bytes, canonical::to_bytes(&value));
        assert_eq!(value["seq"], seq);
    }
    let path = format!("{replay}?at=7");
    let reply = server.request(Method::GET, &path).send().await.unwrap();
    let tag = reply.headers()[header::ETAG].clone();
    let again = server.request(Method::GET, &path);
    let again = again.header(header::IF_NONE_MATCH, tag).send().await;
    assert_eq!(again.unwrap().status(), StatusCode::NOT_MODIFIED);
    let code = async |query: &str| {
        let path = format!("{replay}{query}");
        server.get_bytes(&path).await.unwrap_err().code
    };
    assert_eq!(code("?at=0").await, "not-found");
    assert_eq!(code(&format!("?at={}", all.size + 1)).await, "not-found");
    assert_eq!(code("?at=2001-01-01T00:00:00Z").await, "not-found");
    assert_eq!(code("?at=2999-01-01T00:00:00Z").await, "malformed");
    assert_eq!(code("?at=now").await, "malformed");
    assert_eq!(code("?as=machine").await, "malformed");
    assert_eq!(code("/proof?seq=0").await, "not-found");
}

async fn proofs_hold(hall: &Hall) {
    let server = &hall.supervisor().server;
    let project = hall.project.parse().unwrap();
    let at = format!("projects/{}", hall.project);
    let terms: SealingTerms = server.get(&format!("{at}/lots/1/terms")).await.unwrap();
    let policy = terms.trust.policy().unwrap().unwrap();
    let page: EventPage = server.get(&format!("{at}/events")).await.unwrap();
    let mut anchored = 0;
    for event in &page.events {
        let path = format!("{at}/replay/proof?seq={}", event.seq);
        let proof: EventProof = server.get(&path).await.unwrap();
        let proved = proof.verify(project, &event.shell, Some(&policy)).unwrap();
        anchored += usize::from(proved.is_some());
        let other = &page.events[usize::from(event.seq == 1)].shell;
        assert!(proof.verify(project, other, Some(&policy)).is_err());
        let mut wrong = proof.clone();
        wrong.root = Digest::of(b"another");
        assert!(wrong.verify(project, &event.shell, Some(&policy)).is_err());
    }
    // All but those after the last anchor.
    assert!(anchored > 5, "{anchored}");
}

async fn the_command_line_shows_it_too(hall: &Hall) {
    let directory = tempfile::tempdir().unwrap();
    let key = hall.officials[2].write_pem(directory.path());
    let run = async |args: &[&str]| {
        let done = tokio::process::Command::new(env!("CARGO_BIN_EXE_kaibiao"))
            .args([
                "opening",
                "replay",
                &hall.project,
                "--server",
                &hall.world.url(),
            ])
            .args(["--key", key.to_str().unwrap()])
            .args(args)
            .env("KAIBIAO_STATE", directory.path().join("state"))
            .output()
            .await
            .unwrap();
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        (
            done.status.code(),
            String::from_utf8(done.stdout).unwrap(),
            told,
        )
    };
    let (code, out, told) = run(&["--steps", "--json"]).await;
    assert_eq!(code, Some(0), "{told}");
    let steps: Value = serde_json::from_str(&out).unwrap();
    let mut all = steps.as_array().unwrap().iter();
    let unlocked = all.rfind(|step| step["kind"] == "unlocked").unwrap();
    let seq = unlocked["seq"].to_string();
    let (code, out, told) = run(&["--at", &seq, "--as", "public", "--json"]).await;
    assert_eq!(code, Some(0), "{told}");
    let path = format!("projects/{}/replay?at={seq}&as=public", hall.project);
    let scene: Value = hall.supervisor().server.get(&path).await.unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&out).unwrap()["view"],
        scene["view"]
    );
    let time = Timestamp::from_millisecond(unlocked["time"].as_i64().unwrap()).unwrap();
    let time = time.to_string().replace('Z', "+00:00");
    let (code, _, told) = run(&["--at", &time, "--as", "host"]).await;
    assert_eq!(code, Some(0), "{told}");
    assert!(
        told.contains("unlocked") && told.contains("公开日志"),
        "{told}"
    );
    let (code, _, told) = run(&["--at", "2999-01-01T00:00:00Z"]).await;
    assert_eq!(code, Some(5), "{told}");
    let (code, _, _) = run(&["--as", "machine"]).await;
    assert_eq!(code, Some(2));
}

async fn only_the_supervisor_looks(hall: &Hall) {
    let replay = format!("projects/{}/replay", hall.project);
    for path in ["", "/steps", "/feed", "/proof?seq=1"] {
        let path = format!("{replay}{path}");
        for (who, server) in watchers(hall) {
            let answer = server.get_bytes(&path).await;
            match who.as_str() {
                "supervisor" => assert!(answer.is_ok()),
                "public" => assert_eq!(answer.unwrap_err().code, "not-logged-in"),
                _ => assert_eq!(answer.unwrap_err().code, "not-allowed", "{who}"),
            }
        }
    }
}
