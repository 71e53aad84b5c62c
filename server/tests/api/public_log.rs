//! The public log, read as somebody does who has nothing but the address.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kaibiao_api::{AnchorList, ClosingView, NoticeList, NoticeView, PlatformView};
use kaibiao_app::config::{self, PublicLog};
use kaibiao_client::http::Server;
use kaibiao_client::terms::Terms;
use kaibiao_client::{anchored, statements};
use kaibiao_core::act::{Act, Clarify, PublishList, StartWindow};
use kaibiao_core::terms::SealingTerms;
use kaibiao_crypto::Digest;
use kaibiao_crypto::anchor::{Anchor, NoticeEntry, TermsEntry};
use kaibiao_crypto::merkle::{self, Tree};
use kaibiao_crypto::statement::{ClosingStatement, Receipt, Statement};
use kaibiao_crypto::tlog::{Checkpoint, Policy, SignedNote, Tile, TilePath, bundle_entries};
use reqwest::StatusCode;
use serde_json::Value;

use crate::hall::{Hall, lot};
use crate::world::{World, nonce};

/// What a reader of the log has: its believed head and all entries under it.
struct Read {
    checkpoint: Checkpoint,
    entries: Vec<Vec<u8>>,
}

async fn file(server: &Server, path: &str) -> (StatusCode, Vec<u8>) {
    let address = server.address(&format!("/log/{path}"));
    let reply = reqwest::get(address).await.unwrap();
    (reply.status(), reply.bytes().await.unwrap().to_vec())
}

/// Takes the checkpoint and every file, and computes the root from the entries.
async fn read(server: &Server) -> Read {
    let platform: PlatformView = server.get("platform").await.unwrap();
    let key = platform.public_log.unwrap().parse().unwrap();
    let policy = Policy::new(key, Vec::new(), 0).unwrap();
    let (status, note) = file(server, "checkpoint").await;
    assert_eq!(status, StatusCode::OK);
    let note: SignedNote = String::from_utf8(note).unwrap().parse().unwrap();
    let checkpoint = policy.open(&note).unwrap().checkpoint().clone();
    assert_eq!(checkpoint.origin.as_str(), platform.origin);
    let mut entries = Vec::new();
    for tile in Tile::added(0, checkpoint.size) {
        let (status, hashes) = file(server, &tile.path().to_string()).await;
        assert_eq!(status, StatusCode::OK, "{tile:?}");
        if tile.level > 0 {
            continue;
        }
        let (status, bundle) = file(server, &tile.entries().to_string()).await;
        assert_eq!(status, StatusCode::OK, "{tile:?}");
        let under = bundle_entries(&bundle).unwrap();
        let leaves = under.iter().map(|entry| merkle::leaf_hash(entry));
        let leaves: Vec<u8> = leaves.flat_map(|leaf| *leaf.as_bytes()).collect();
        assert_eq!(leaves, hashes);
        entries.extend(under.into_iter().map(<[u8]>::to_vec));
    }
    let tree = Tree::from_leaves(entries.iter().map(|entry| merkle::leaf_hash(entry)));
    assert_eq!(tree.size(), checkpoint.size);
    assert_eq!(tree.root(), checkpoint.root);
    Read {
        checkpoint,
        entries,
    }
}

/// Reads until it holds what is looked for.
async fn read_until(server: &Server, holds: impl Fn(&Read) -> bool) -> Read {
    for _ in 0..200 {
        if file(server, "checkpoint").await.0 == StatusCode::OK {
            let found = read(server).await;
            if holds(&found) {
                return found;
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the log does not hold it");
}

/// The ticks of a stream's anchors, in the order of the log.
fn ticks(read: &Read, stream: &str) -> BTreeMap<u64, (u64, Value)> {
    let all = (0..).zip(&read.entries).filter_map(|(index, entry)| {
        let entry: Value = serde_json::from_slice(entry).unwrap();
        let is_of = entry["kind"] == "anchor" && entry["stream"] == stream;
        is_of.then(|| (entry["tick"].as_u64().unwrap(), (index, entry)))
    });
    all.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn anchors_tell_nothing_before_t0_and_everything_afterwards() {
    let hall = Hall::publish(World::start().await, 3, 8.0).await;
    let (stranger, project) = (hall.world.server(), hall.project.clone());
    let terms = {
        let path = format!("projects/{project}/lots/1/terms");
        let bytes = stranger.get_bytes(&path).await.unwrap();
        SealingTerms::digest_of(&bytes)
    };
    let entry = TermsEntry {
        lot: "1",
        project: &project,
        terms,
    };
    let entry = entry.entry();
    let before = read_until(&stranger, |read| {
        read.entries.contains(&entry) && !ticks(read, &project).is_empty()
    })
    .await;
    assert!(!ticks(&before, "platform").is_empty());
    let path = format!("projects/{project}/anchors");
    let early = stranger.get_bytes(&path).await.unwrap_err();
    assert_eq!(early.code, "not-found");

    let sealed = hall.submit_all().await;
    let receipt: Receipt = {
        let bid = sealed[0].header.digest();
        let path = format!("projects/{project}/bids/{bid}/receipt");
        let view: kaibiao_api::StatementView =
            hall.bidders[0].session.server.get(&path).await.unwrap();
        let body: Value = serde_json::from_str(&view.body).unwrap();
        serde_json::from_value(body["statement"].clone()).unwrap()
    };
    assert_eq!(
        receipt.tick, 2,
        "the first anchor came with the publication"
    );
    // What is between publication and T0 came by the clock, whatever was handed in.
    assert_eq!(ticks(&read(&stranger).await, &project).len(), 1);

    hall.until_stage("checking").await;
    let closing = loop {
        let path = format!("projects/{project}/closing");
        match stranger.get::<ClosingView>(&path).await {
            Ok(view) => break view,
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    let closing: ClosingStatement = {
        let body: Value = serde_json::from_str(&closing.closing.body).unwrap();
        assert_eq!(body["act"], ClosingStatement::PURPOSE);
        serde_json::from_value(body["statement"].clone()).unwrap()
    };
    let after = read_until(&stranger, |read| ticks(read, &project).len() >= 2).await;
    let anchors: AnchorList = stranger.get(&path).await.unwrap();
    let ticks = ticks(&after, &project);
    let mut sizes = Vec::new();
    for (tick, view) in (1..).zip(&anchors.anchors) {
        assert_eq!(view.tick, tick);
        let anchor = Anchor {
            root: view.root.parse().unwrap(),
            salt: view.salt.parse().unwrap(),
            size: view.size,
            stream: project.clone(),
            tick,
        };
        if let Some((index, entry)) = ticks.get(&tick) {
            assert_eq!(*index, view.index);
            assert_eq!(entry["anchor"], anchor.digest().to_string());
        }
        sizes.push((view.size, anchor.root));
    }
    let (size, root): (u64, Digest) = sizes[1];
    assert_eq!((size, root), (closing.size, closing.root));
    assert_eq!(anchors.anchors[1].tick, receipt.tick);

    // A service that starts anew goes on with the log that it had, from files that are
    // gone as well.
    let hall = {
        let data = hall.world.running.app.config.data.clone();
        hall.restart_meanwhile(async move |_| {
            std::fs::remove_dir_all(data.join("log")).unwrap();
        })
        .await
    };
    let again = read_until(&hall.world.server(), |read| {
        read.checkpoint.size >= after.checkpoint.size
    })
    .await;
    let known = usize::try_from(after.checkpoint.size).unwrap();
    assert_eq!(again.entries[..known], after.entries[..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_are_in_the_log_once_each_as_they_were_signed() {
    let hall = Hall::publish(World::start().await, 3, 20.0).await;
    let stranger = hall.world.server();
    let act = Clarify {
        nonce: nonce(),
        title: "澄清一".into(),
        text: "工期以招标文件为准。".into(),
        attachments: vec![],
    };
    hall.act(hall.host(), act).await;
    let platform: PlatformView = stranger.get("platform").await.unwrap();
    let key = platform.public_log.unwrap().parse().unwrap();
    let policy = Policy::new(key, Vec::new(), 0).unwrap();
    let list = until_proved(&stranger, &hall.project).await;
    let kinds: Vec<_> = list.notices.iter().map(|it| it.what.as_str()).collect();
    assert_eq!(kinds, ["published", "clarified"]);
    let entries: Vec<_> = list
        .notices
        .iter()
        .map(|notice| entry_of(notice, &hall.project))
        .collect();
    for (notice, entry) in list.notices.iter().zip(&entries) {
        let proof = notice.proof.as_deref().unwrap();
        entry.prove(proof, &policy).unwrap();
        // Another text is not proved by it.
        let other = NoticeEntry {
            act: Digest::of(notice.signed.body.replace("工期", "质量").as_bytes()),
            draft: notice.draft.as_ref().map(|_| Digest::of(b"another")),
            ..*entry
        };
        other.prove(proof, &policy).unwrap_err();
    }
    // What was published is what everybody is shown, and no number of events is in it.
    let draft: Value = serde_json::from_str(list.notices[0].draft.as_ref().unwrap()).unwrap();
    let path = format!("projects/{}", hall.project);
    let shown: Value = stranger.get(&path).await.unwrap();
    let shown = shown.get("project").unwrap_or(&shown).clone();
    assert_eq!(draft["title"], shown["title"]);
    assert!(list.notices[1].draft.is_none());
    let text = String::from_utf8(entries[1].entry()).unwrap();
    assert!(!text.contains("seq"), "{text}");
    // None comes after the last one, and a start enters nothing anew.
    let path = format!("projects/{}/notices?after=2", hall.project);
    let rest: NoticeList = stranger.get(&path).await.unwrap();
    assert!(rest.notices.is_empty());
    let hall = hall.restart_meanwhile(async |_| {}).await;
    let size = read(&hall.world.server()).await.checkpoint.size;
    let act = Clarify {
        nonce: nonce(),
        title: "澄清二".into(),
        text: "质量以招标文件为准。".into(),
        attachments: vec![],
    };
    hall.act(hall.host(), act).await;
    let after = read_until(&hall.world.server(), |read| read.checkpoint.size > size).await;
    let of_notices = after.entries.iter().filter(|entry| {
        let entry: Value = serde_json::from_slice(entry).unwrap();
        entry["kind"] == "notice"
    });
    assert_eq!(of_notices.count(), 3);
}

/// The entry as a reader makes it from what it was shown.
fn entry_of<'a>(notice: &'a NoticeView, project: &'a str) -> NoticeEntry<'a> {
    NoticeEntry {
        act: Digest::of(notice.signed.body.as_bytes()),
        draft: notice.draft.as_ref().map(|it| Digest::of(it.as_bytes())),
        project,
        what: &notice.what,
    }
}

/// A project's notices once all of them are under a checkpoint.
async fn until_proved(server: &Server, project: &str) -> NoticeList {
    for _ in 0..200 {
        let path = format!("projects/{project}/notices");
        let list: NoticeList = server.get(&path).await.unwrap();
        if list.notices.len() > 1 && list.notices.iter().all(|it| it.proof.is_some()) {
            return list;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the log does not hold the notices");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_no_tiles_does_not_exist() {
    let world = World::start().await;
    let server = world.server();
    read_until(&server, |_| true).await;
    let tile: TilePath = "tile/0/000.p/1".parse().unwrap();
    assert_eq!(file(&server, &tile.to_string()).await.0, StatusCode::OK);
    for path in [
        "tile/0/000",
        "tile/0/0",
        "tile/0/x000/000.p/1",
        "tile/00/000.p/1",
        "tile/0/000.p/01",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/entries/000.p/1/",
        "tile/0/%2e%2e/%2e%2e/%2e%2e/platform.json",
        "tile/7/999",
    ] {
        let (status, _) = file(&server, path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}

/// Witnesses that are processes of their own, and may come and go.
pub struct Witnesses {
    folder: tempfile::TempDir,
    keys: Vec<String>,
    ports: Vec<u16>,
    running: Vec<Option<Child>>,
}

impl Witnesses {
    pub fn new(count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = (0..count).map(|at| {
            let made = Command::new(env!("CARGO_BIN_EXE_kaibiao"))
                .current_dir(folder.path())
                .args(["witness", "keygen", "--json", "--name"])
                .args([format!("witness{at}.example.org"), "-o".into()])
                .arg(format!("{at}.key"))
                .output()
                .unwrap();
            assert!(made.status.success(), "{made:?}");
            let made: Value = serde_json::from_slice(&made.stdout).unwrap();
            made["vkey"].as_str().unwrap().to_owned()
        });
        let keys = keys.collect();
        let ports = (0..count).map(|_| {
            let free = TcpListener::bind("127.0.0.1:0").unwrap();
            free.local_addr().unwrap().port()
        });
        Self {
            keys,
            ports: ports.collect(),
            running: (0..count).map(|_| None).collect(),
            folder,
        }
    }

    pub fn config(&self, quorum: u8) -> PublicLog {
        let witnesses = self.keys.iter().zip(&self.ports);
        let witnesses = witnesses.map(|(key, port)| config::Witness {
            url: format!("http://127.0.0.1:{port}"),
            key: key.parse().unwrap(),
        });
        PublicLog {
            quorum,
            witnesses: witnesses.collect(),
        }
    }

    pub fn start(&mut self, at: usize, log: &str) {
        let child = Command::new(env!("CARGO_BIN_EXE_kaibiao"))
            .current_dir(self.folder.path())
            .args(["witness", "serve", "--listen"])
            .args([format!("127.0.0.1:{}", self.ports[at]), "--state".into()])
            .args([format!("state{at}"), "--key".into(), format!("{at}.key")])
            .args(["--log", log])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.running[at] = Some(child);
    }

    pub fn kill(&mut self, at: usize) {
        if let Some(mut child) = self.running[at].take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Witnesses {
    fn drop(&mut self) {
        for at in 0..self.running.len() {
            self.kill(at);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_waits_for_the_witnesses_that_its_terms_ask_for() {
    let mut witnesses = Witnesses::new(3);
    let configured = witnesses.config(2);
    let world = World::with(|config| config.public_log = configured).await;
    let log = world.running.app.keys.log_key().unwrap().to_string();
    witnesses.start(0, &log);
    let hall = Hall::publish(world, 3, 6.0).await;
    let content = hall.terms.values().next().unwrap();
    assert_eq!(
        (content.trust.quorum, content.trust.witnesses.len()),
        (2, 3)
    );
    let terms = {
        let path = format!("projects/{}/lots/1/terms", hall.project);
        Terms::parse(hall.world.server().get_bytes(&path).await.unwrap()).unwrap()
    };
    // One of two has cosigned the terms: that is told, and stops nothing.
    let stranger = hall.world.server();
    let told = loop {
        match anchored::logged(&stranger, &terms).await {
            Err(failure) if failure.code == "terms-not-logged" => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            told => break told.unwrap(),
        }
    };
    assert_eq!(told[0].code, "few-witnesses");

    let sealed = hall.submit_all().await;
    hall.until_stage("checking").await;
    let act = PublishList {
        nonce: nonce(),
        lot: lot("1"),
    };
    hall.act(hall.host(), act).await;
    let start = || {
        Act::StartWindow(StartWindow {
            nonce: nonce(),
            lots: vec![lot("1")],
            seconds: None,
        })
    };
    // One of two is not enough, however long it is waited.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let early = hall.host().act(&hall.project, &start(), Vec::new()).await;
    assert_eq!(early.unwrap_err().code, "not-cosigned");
    let path = format!("projects/{}/closing", hall.project);
    let view: ClosingView = stranger.get(&path).await.unwrap();
    let now = hall.world.running.app.now();
    let statement = statements::closed(&view, &terms, now).unwrap();
    let few = anchored::closing(view.proof.as_ref(), &statement, &terms).unwrap_err();
    assert_eq!(few.code, "log-quorum");
    let none = anchored::closing(None, &statement, &terms).unwrap_err();
    assert_eq!(none.code, "log-quorum");

    witnesses.start(2, &log);
    let started = loop {
        match hall.host().act(&hall.project, &start(), Vec::new()).await {
            Err(failure) if failure.code == "not-cosigned" => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            started => break started,
        }
    };
    started.unwrap();
    let view: ClosingView = stranger.get(&path).await.unwrap();
    let told = anchored::closing(view.proof.as_ref(), &statement, &terms).unwrap();
    assert_eq!(told, []);

    // What is proved stays proved when they are gone, and what comes next waits anew.
    witnesses.kill(0);
    for (bidder, sealed) in sealed.iter().enumerate() {
        hall.unlock(bidder, sealed, false).await.unwrap();
    }
    hall.until_stage("releasing").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let again: ClosingView = stranger.get(&path).await.unwrap();
    assert_eq!(again.proof, view.proof);
    let (accepted_view, accepted) = {
        let view = hall.accepted(0).await;
        let (_, accepted) = statements::lists(&view, &terms).unwrap();
        (view, accepted)
    };
    let few = anchored::accepted(accepted_view.accepted_proof.as_ref(), &accepted, &terms);
    assert_eq!(few.unwrap_err().code, "log-quorum");
    // A client asks again until they are there, and says once that it waits.
    let told = std::cell::Cell::new(0);
    let waits = || told.set(told.get() + 1);
    let prove = async || {
        let view = hall.accepted(0).await;
        anchored::accepted(view.accepted_proof.as_ref(), &accepted, &terms)
    };
    let at_once = anchored::when_cosigned(Duration::ZERO, waits, prove).await;
    assert_eq!(
        (at_once.unwrap_err().code.as_str(), told.get()),
        ("log-quorum", 0)
    );
    let (proved, ()) = tokio::join!(
        anchored::when_cosigned(Duration::from_mins(2), waits, prove),
        async { witnesses.start(0, &log) },
    );
    assert_eq!((proved.unwrap(), told.get()), (vec![], 1));
    hall.release(0, false).await.unwrap();
    hall.release(2, false).await.unwrap();
    hall.until_stage("opened").await;
}
