//! Whole openings and their bundles, as they are downloaded and read.
//!
//! With `KAIBIAO_BUNDLES` set to a folder, the bundles and the policy of each opening are
//! written there, for those who try a verifier on them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use kaibiao::serve::Running;
use kaibiao_api::EventPage;
use kaibiao_api::recheck::Recheck;
use kaibiao_client::http::Server;
use kaibiao_client::recheck::recheck;
use kaibiao_core::act::{
    Act, Announce, Cancel, Close, CloseObjections, Complain, Countersign, LiftMask, Matter,
    OpenObjections, Rate, SignRecord, TakeUpComplaint,
};
use kaibiao_core::anchored::{self, StatementProof};
use kaibiao_core::terms::SealingTerms;
use kaibiao_crypto::anchor::{Anchor, TermsEntry};
use kaibiao_crypto::encoding::from_base64;
use kaibiao_crypto::merkle::{self, InclusionProof, Tree};
use kaibiao_crypto::shell::Shell;
use kaibiao_crypto::statement::{ClosingStatement, SignedStatement};
use kaibiao_crypto::timestamp::verify_normal;
use kaibiao_crypto::tlog::{Checkpoint, LogProof, Policy, SignedNote};
use kaibiao_crypto::{Digest, canonical};
use kaibiao_verify::Verdict;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::clock;
use crate::hall::{Hall, lot};
use crate::public_log::Witnesses;
use crate::rechecks::flipped;
use crate::timestamps::Authority;
use crate::world::{World, nonce};

const PUBLIC: &str = "public";
const SUPERVISOR: &str = "supervisor";

pub type Files = BTreeMap<String, Vec<u8>>;

/// The files of an archive as its central directory names them; the bytes are checked to
/// be those that names and contents make.
pub fn unpacked(bytes: &[u8]) -> Files {
    let number = |at: usize, width: usize| {
        let bytes = bytes[at..at + width].iter().rev();
        bytes.fold(0, |sum, byte| sum * 256 + usize::from(*byte))
    };
    let end = bytes.len() - 22;
    assert_eq!(number(end, 4), 0x0605_4b50);
    let (count, mut at) = (number(end + 10, 2), number(end + 16, 4));
    let mut files = Files::new();
    let mut names = Vec::new();
    let mut next = 0;
    for _ in 0..count {
        assert_eq!(number(at, 4), 0x0201_4b50);
        let (size, length) = (number(at + 24, 4), number(at + 28, 2));
        let name = String::from_utf8(bytes[at + 46..at + 46 + length].to_vec()).unwrap();
        // Each file stands right behind the one before.
        assert_eq!(number(at + 42, 4), next);
        let start = next + 30 + length;
        files.insert(name.clone(), bytes[start..start + size].to_vec());
        names.push(name);
        next = start + size;
        at += 46 + length;
    }
    assert_eq!((at, names.len()), (end, files.len()));
    assert!(names.is_sorted());
    files
}

fn lines(files: &Files, name: &str) -> Vec<Value> {
    let Some(bytes) = files.get(name) else {
        return Vec::new();
    };
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(text.ends_with('\n'));
    let lines = text.lines().map(|line| {
        let value: Value = serde_json::from_str(line).unwrap();
        assert_eq!(canonical::to_bytes(&value), line.as_bytes());
        value
    });
    lines.collect()
}

pub fn parsed(files: &Files, name: &str) -> Value {
    canonical::from_bytes(&files[name]).unwrap()
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap()
}

pub fn under<'a>(files: &'a Files, folder: &str) -> Vec<&'a str> {
    let names = files.keys().filter_map(|name| name.strip_prefix(folder));
    names.collect()
}

impl Hall {
    async fn asked(&self, server: &Server, edition: &str) -> (StatusCode, Vec<u8>) {
        let path = format!("projects/{}/bundle?edition={edition}", self.project);
        let reply = server.request(Method::GET, &path).send().await.unwrap();
        let status = reply.status();
        (status, reply.bytes().await.unwrap().to_vec())
    }

    /// An edition, once there is one.
    pub async fn bundle(&self, edition: &str) -> Vec<u8> {
        let stranger = self.world.server();
        let server = match edition {
            PUBLIC => &stranger,
            _ => &self.supervisor().server,
        };
        for _ in 0..200 {
            let (status, bytes) = self.asked(server, edition).await;
            if status == StatusCode::OK {
                return bytes;
            }
            let problem: Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(
                (status, text(&problem, "code")),
                (StatusCode::CONFLICT, "bundle-waits")
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("there never was a bundle");
    }

    async fn record(&self) -> Digest {
        for _ in 0..200 {
            let lot = self.lot().await;
            if let (Some(last), None) = (lot.records.last(), lot.correction) {
                return last.record;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the record was never made");
    }

    /// From the opened sheets to the end of the lot.
    pub async fn finish(&self) {
        let lots = || vec![lot("1")];
        self.act(
            self.host(),
            Announce {
                nonce: nonce(),
                lots: lots(),
            },
        )
        .await;
        let open = OpenObjections {
            nonce: nonce(),
            lots: lots(),
            seconds: None,
        };
        self.act(self.host(), open).await;
        self.act(
            self.host(),
            CloseObjections {
                nonce: nonce(),
                lots: lots(),
            },
        )
        .await;
        let record = self.record().await;
        let sign = SignRecord {
            nonce: nonce(),
            lot: lot("1"),
            record,
            cms: None,
        };
        self.act(self.host(), sign).await;
        let countersign = Countersign {
            nonce: nonce(),
            lot: lot("1"),
            record,
            remark: String::new(),
            cms: None,
        };
        self.act(&self.bidders[0].session, countersign).await;
        self.act(
            self.host(),
            Close {
                nonce: nonce(),
                lots: lots(),
            },
        )
        .await;
        self.until_stage("closed").await;
    }

    async fn complain(&self, bidder: usize) -> u64 {
        let complaint = Complain {
            nonce: nonce(),
            lot: lot("1"),
            matter: Matter::Collusion,
            request: "请求查处".to_owned(),
            text: "两家投标人的报价呈规律性差异".to_owned(),
            cites: Vec::new(),
            attachments: Vec::new(),
        };
        let reply = self.act(&self.bidders[bidder].session, complaint).await;
        reply.events[0].seq.unwrap()
    }

    /// Both editions, each downloaded twice: they are the same bytes. Written for
    /// whoever tries a verifier, with the policy that the program writes.
    pub async fn bundles(&self, name: &str) -> (Vec<u8>, Vec<u8>) {
        let public = self.bundle(PUBLIC).await;
        assert!(self.bundle(PUBLIC).await == public);
        let supervisor = self.bundle(SUPERVISOR).await;
        assert!(self.bundle(SUPERVISOR).await == supervisor);
        let policy = self.policy(&public);
        let read = kaibiao_verify::Policy::parse(policy.to_string().as_bytes()).unwrap();
        for (bundle, verdict) in [
            (&public, Verdict::HoldsWithoutSigners),
            (&supervisor, Verdict::Holds),
        ] {
            let report = kaibiao_verify::verify(bundle, &read, &[]).unwrap();
            assert_eq!(report.verdict, verdict, "{}", report.json());
        }
        if let Some(folder) = std::env::var_os("KAIBIAO_BUNDLES") {
            let folder = Path::new(&folder);
            std::fs::create_dir_all(folder).unwrap();
            let at = |ending: &str| folder.join(format!("{name}.{ending}"));
            std::fs::write(at("kev"), &public).unwrap();
            std::fs::write(at("supervisor.kev"), &supervisor).unwrap();
            std::fs::write(at("policy.json"), policy.to_string()).unwrap();
        }
        (public, supervisor)
    }

    /// What the program does of this platform, as anybody's.
    fn run(&self, folder: &Path, arguments: &[&str]) -> std::process::Output {
        Command::new(env!("CARGO_BIN_EXE_kaibiao"))
            .current_dir(folder)
            .arg("--json")
            .args(arguments)
            .args(["--server", &self.world.url(), "--state-dir", "state"])
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// The policy that `kaibiao trust policy` writes of this platform; and the bundle that
    /// `kaibiao export` saves is the one that was downloaded.
    pub fn policy(&self, public: &[u8]) -> Value {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let roots = self.world.running.app.config.trust();
        let roots = roots.to_str().unwrap();
        // Terms that anybody gives are believed of a platform that is pinned alone.
        let terms = unpacked(public);
        let (_, terms) = terms.iter().find(|it| it.0.starts_with("terms/")).unwrap();
        std::fs::write(folder.join("terms.json"), terms).unwrap();
        let policy = |of: &[&str]| {
            let arguments = [&["trust", "policy", "--roots", roots], of].concat();
            self.run(folder, &arguments)
        };
        let unpinned = policy(&["--terms", "terms.json"]);
        assert_eq!(unpinned.status.code(), Some(7), "{unpinned:?}");
        assert!(!folder.join("policy.json").exists());
        for (of, name) in [
            ("--project", self.project.as_str()),
            ("--terms", "terms.json"),
        ] {
            let made = policy(&[of, name, "--output", of.trim_start_matches('-')]);
            assert!(made.status.success(), "{made:?}");
        }
        let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
        assert_eq!(read("project"), read("terms"));

        let saved = self.run(folder, &["export", "bundle", &self.project, "-o", "it.kev"]);
        assert!(saved.status.success(), "{saved:?}");
        assert!(read("it.kev") == public);
        let told: Value = serde_json::from_slice(&saved.stdout).unwrap();
        assert_eq!(text(&told, "digest"), Digest::of(public).to_string());
        serde_json::from_slice(&read("project")).unwrap()
    }
}

/// Everything that a reader repeats who has a bundle and the keys.
struct Read<'a> {
    hall: &'a Hall,
    files: &'a Files,
    about: Value,
    policy: Policy,
    tree: Tree,
}

impl<'a> Read<'a> {
    fn of(hall: &'a Hall, files: &'a Files, edition: &str) -> Self {
        let about = parsed(files, "bundle.json");
        assert_eq!(text(&about, "edition"), edition);
        assert_eq!(text(&about, "format"), "kaibiao/1 bundle");
        assert_eq!(text(&about, "project"), hall.project);
        assert_eq!(text(&about, "origin"), hall.world.running.app.keys.origin);
        assert_eq!(about["rules"], 1);
        let trust = &hall.terms.values().next().unwrap().trust;
        let policy = trust.policy().unwrap().unwrap();
        let mut leaves = Vec::new();
        for (seq, line) in (1..).zip(lines(files, "events.jsonl")) {
            let shell = text(&line, "shell").as_bytes();
            let read = Shell::from_bytes(shell).unwrap();
            assert_eq!(read.seq, seq);
            let salt = |name: &str| hex::decode(text(&line, name)).unwrap().try_into().unwrap();
            if line.get("facts").is_some() {
                let facts = text(&line, "facts").as_bytes();
                assert!(read.holds_facts(&salt("facts_salt"), facts));
            }
            if line.get("details").is_some() {
                let details = text(&line, "details").as_bytes();
                assert!(read.holds_details(&salt("details_salt"), details));
            }
            assert_eq!(
                line.get("facts").is_some(),
                line.get("facts_salt").is_some()
            );
            assert_eq!(
                line.get("details").is_some(),
                line.get("details_salt").is_some()
            );
            leaves.push(merkle::leaf_hash(shell));
        }
        let tree = Tree::from_leaves(leaves);
        assert_eq!(about["size"], tree.size());
        assert_eq!(text(&about, "root"), tree.root().to_string());
        Self {
            hall,
            files,
            about,
            policy,
            tree,
        }
    }

    /// Anchors and terms lie under the checkpoint, which the log has signed.
    fn log(&self) {
        let note = String::from_utf8(self.files["checkpoint"].clone()).unwrap();
        let note: SignedNote = note.parse().unwrap();
        let checkpoint: Checkpoint = self.policy.open(&note).unwrap().checkpoint().clone();
        let lies = |line: &Value, entry: &[u8]| {
            let path = line["path"].as_array().unwrap().iter();
            let path = path.map(|hash| hash.as_str().unwrap().parse().unwrap());
            let proof = InclusionProof {
                index: line["index"].as_u64().unwrap(),
                size: checkpoint.size,
                path: path.collect(),
            };
            proof
                .verify(&merkle::leaf_hash(entry), &checkpoint.root)
                .unwrap();
        };
        let anchors = lines(self.files, "anchors.jsonl");
        for (tick, line) in (1..).zip(&anchors) {
            assert_eq!(line["tick"], tick);
            let size = line["size"].as_u64().unwrap();
            let root: Digest = text(line, "root").parse().unwrap();
            let leaves = (0..size).map(|at| self.tree.leaf(at).unwrap());
            assert_eq!(Tree::from_leaves(leaves).root(), root);
            let anchor = Anchor {
                root,
                salt: text(line, "salt").parse().unwrap(),
                size,
                stream: self.hall.project.clone(),
                tick,
            };
            lies(line, &anchor.entry());
        }
        let last = anchors.last().unwrap();
        assert_eq!(
            (&last["size"], &last["root"]),
            (&self.about["size"], &self.about["root"])
        );
        let logged = lines(self.files, "logged.jsonl");
        let terms = under(self.files, "terms/");
        assert_eq!(logged.len(), terms.len());
        for (line, name) in logged.iter().zip(terms) {
            let digest: Digest = name.strip_suffix(".json").unwrap().parse().unwrap();
            let bytes = &self.files[&format!("terms/{name}")];
            assert_eq!(SealingTerms::digest_of(bytes), digest);
            assert_eq!(text(line, "terms"), digest.to_string());
            let entry = TermsEntry {
                lot: text(line, "lot"),
                project: &self.hall.project,
                terms: digest,
            };
            lies(line, &entry.entry());
        }
    }

    /// Closing and accepted statements are proved; receipts are those of all bids.
    fn statements(&self) {
        let keys = &self.hall.world.running.app.keys;
        let signed = |file: &Value| {
            let value = serde_json::from_value(file["signature"].clone()).unwrap();
            SignedStatement::from_short(text(file, "body").to_owned(), value, None)
        };
        let file = parsed(self.files, "closing.json");
        let statement = signed(&file["statement"])
            .verify::<ClosingStatement>(&keys.origin, &self.hall.project, &keys.log.public_key())
            .unwrap()
            .into_inner();
        let proof: StatementProof = serde_json::from_value(file["proof"].clone()).unwrap();
        anchored::closing(&statement, &proof, &self.policy).unwrap();
        for name in under(self.files, "accepted/") {
            let file = parsed(self.files, &format!("accepted/{name}"));
            let proof: StatementProof = serde_json::from_value(file["proof"].clone()).unwrap();
            let body: Value = serde_json::from_str(text(&file["statement"], "body")).unwrap();
            let statement = serde_json::from_value(body["statement"].clone()).unwrap();
            anchored::accepted(&statement, &proof, &self.policy).unwrap();
        }
        let bids: Vec<Value> = lines(self.files, "events.jsonl")
            .iter()
            .filter_map(|line| serde_json::from_str::<Value>(line["facts"].as_str()?).ok())
            .filter(|facts| facts["what"]["kind"] == "bid_received")
            .map(|facts| facts["what"]["bid"].clone())
            .collect();
        let receipts = lines(self.files, "receipts.jsonl");
        let told = receipts.iter().map(|receipt| {
            let body: Value = serde_json::from_str(text(receipt, "body")).unwrap();
            body["statement"]["bid"].clone()
        });
        assert_eq!(told.collect::<Vec<_>>(), bids);
    }

    fn names(&self) -> Vec<&str> {
        let names = self.files.keys().map(String::as_str);
        names.filter(|name| !name.contains('/')).collect()
    }
}

/// What of each event is told: kind where facts are, whether details are.
fn told(files: &Files) -> Vec<(Option<String>, bool)> {
    let lines = lines(files, "events.jsonl");
    let told = lines.iter().map(|line| {
        let facts = line.get("facts").map(|facts| {
            let facts: Value = serde_json::from_str(facts.as_str().unwrap()).unwrap();
            text(&facts["what"], "kind").to_owned()
        });
        (facts, line.get("details").is_some())
    });
    told.collect()
}

const ALL: [&str; 8] = [
    "anchors.jsonl",
    "bundle.json",
    "checkpoint",
    "closing.json",
    "events.jsonl",
    "logged.jsonl",
    "notices.jsonl",
    "receipts.jsonl",
];

#[tokio::test(flavor = "multi_thread")]
async fn both_editions_of_a_whole_opening_are_complete_and_stay_the_same_bytes() {
    let hall = Hall::publish(World::start().await, 4, 10.0).await;
    let mut all = Vec::new();
    for bidder in 0..4 {
        let price = (100_000 + bidder).to_string();
        let sealed = hall.seal(bidder, &price, &[("商务标.pdf", vec![7; 1000])]);
        // The third does not open: its sheet's ciphertext was changed.
        let sealed = if bidder == 2 {
            flipped(sealed, 0)
        } else {
            sealed
        };
        let act = hall.submit_act(&sealed, 1, None);
        assert!(
            hall.submit(bidder, &sealed, &act)
                .await
                .status()
                .is_success()
        );
        all.push(sealed);
    }
    let stranger = hall.world.server();
    for edition in [PUBLIC, SUPERVISOR] {
        let server = if edition == PUBLIC {
            &stranger
        } else {
            &hall.supervisor().server
        };
        let (status, bytes) = hall.asked(server, edition).await;
        let problem: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(
            (status, text(&problem, "code")),
            (StatusCode::CONFLICT, "bundle-waits")
        );
    }
    hall.open(&all).await;
    let complaint = hall.complain(1).await;
    let take_up = TakeUpComplaint {
        nonce: nonce(),
        complaint,
    };
    hall.act(hall.supervisor(), take_up).await;
    hall.finish().await;

    let (public, supervisor) = hall.bundles("plain").await;
    let (told_in_public, told_to_supervisor) = {
        let (public, supervisor) = (unpacked(&public), unpacked(&supervisor));
        for (files, edition) in [(&public, PUBLIC), (&supervisor, SUPERVISOR)] {
            let read = Read::of(&hall, files, edition);
            read.log();
            read.statements();
            assert_eq!(read.names(), ALL[..8]);
            assert_eq!(under(files, "accepted/"), ["1.json"]);
            assert_eq!(under(files, "terms/").len(), 1);
            assert_eq!(under(files, "sheets/").len(), 3);
            assert_eq!(under(files, "records/").len(), 1);
            assert!(!under(files, "crls/").is_empty());
            for name in under(files, "crls/")
                .into_iter()
                .chain(under(files, "records/"))
            {
                let folder = if name.ends_with(".der") {
                    "crls"
                } else {
                    "records"
                };
                let bytes = &files[&format!("{folder}/{name}")];
                assert!(name.starts_with(&Digest::of(bytes).to_string()), "{name}");
            }
            for name in under(files, "sheets/") {
                let sheet = parsed(files, &format!("sheets/{name}"));
                assert!(sheet.get("context").is_some() && sheet.get("segment_key").is_some());
            }
        }
        assert!(under(&public, "headers/").is_empty() && under(&public, "rechecks/").is_empty());
        assert_eq!(under(&supervisor, "headers/").len(), 4);
        let changed = all[2].header.digest();
        assert_eq!(under(&supervisor, "rechecks/"), [format!("{changed}.json")]);
        let header = &supervisor[&format!("headers/{changed}.bin")];
        assert!(*header == all[2].header.to_bytes());
        let file = parsed(&supervisor, &format!("rechecks/{changed}.json"));
        let file: Recheck = serde_json::from_value(file).unwrap();
        let repeated = recheck(&file, None::<&mut std::io::Cursor<Vec<u8>>>).unwrap();
        assert_eq!(repeated.found.as_deref(), Some("not-authentic"));
        (told(&public), told(&supervisor))
    };
    assert!(
        told_to_supervisor
            .iter()
            .all(|(kind, details)| kind.is_some() && *details)
    );
    let hidden: Vec<_> = {
        let both = told_in_public.iter().zip(&told_to_supervisor);
        let hidden = both.filter(|((kind, _), _)| kind.is_none());
        hidden.map(|(_, (kind, _))| kind.clone().unwrap()).collect()
    };
    assert_eq!(hidden, ["complained", "complaint_taken_up"]);
    let of = |wanted: &str| {
        let mut all = told_in_public.iter();
        all.find(|(kind, _)| kind.as_deref() == Some(wanted))
            .unwrap()
            .1
    };
    for (kind, details) in [
        ("published", true),
        ("deadline_reached", true),
        ("record_signed", true),
        ("countersigned", true),
        ("opened", false),
        ("drafted", false),
        ("bid_received", false),
        ("unlocked", false),
        ("released", false),
    ] {
        assert_eq!(of(kind), details, "{kind}");
    }

    // Nobody else has the supervisor's edition, and what comes later changes neither.
    for server in [
        &stranger,
        &hall.host().server,
        &hall.bidders[0].session.server,
    ] {
        let (status, _) = hall.asked(server, SUPERVISOR).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
    hall.complain(0).await;
    let rate = Act::Rate(Rate {
        nonce: nonce(),
        score: 5,
        comment: String::new(),
    });
    hall.act(&hall.bidders[0].session, rate).await;
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(hall.bundle(PUBLIC).await == public);
    assert!(hall.bundle(SUPERVISOR).await == supervisor);
    // Nor does a service that starts anew make another one.
    let hall = hall.restart().await;
    assert!(hall.bundle(PUBLIC).await == public);
    assert!(hall.bundle(SUPERVISOR).await == supervisor);

    // The route of events tells everybody the same, and whoever acted later a little more.
    let path = format!("projects/{}/events?limit=500", hall.project);
    let page: EventPage = hall.world.server().get(&path).await.unwrap();
    assert_eq!(page.events.len(), told_in_public.len());
    assert_eq!(page.size, told_in_public.len() as u64);
    for (event, (kind, details)) in page.events.iter().zip(&told_in_public) {
        let facts = event
            .facts
            .as_ref()
            .map(|facts| text(&facts["what"], "kind").to_owned());
        assert_eq!((&facts, event.details.is_some()), (kind, *details));
    }
    let own: EventPage = hall.bidders[0].session.server.get(&path).await.unwrap();
    let last = own.events.last().unwrap();
    assert_eq!(last.facts.as_ref().unwrap()["what"]["kind"], "rated");
    assert_eq!(own.size, last.seq);
    let whole: EventPage = hall.supervisor().server.get(&path).await.unwrap();
    assert!(whole.events.iter().all(|event| event.details.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_masked_lots_names_are_nowhere_in_the_public_edition() {
    let mut witnesses = Witnesses::new(1);
    let configured = witnesses.config(1);
    let world = World::with(|config| config.public_log = configured).await;
    let log = world.running.app.keys.log_key().unwrap().to_string();
    witnesses.start(0, &log);
    let hall = Hall::publish_with(world, 2, 8.0, |draft| {
        draft.lots.get_mut(&lot("1")).unwrap().policy.masked = true;
    })
    .await;
    let all = hall.submit_all().await;
    hall.open(&all).await;
    hall.finish().await;
    let (public, supervisor) = hall.bundles("masked").await;
    let files = unpacked(&public);
    let read = Read::of(&hall, &files, PUBLIC);
    read.log();
    read.statements();
    // The witness's line is the second one, below the log's.
    let note = std::str::from_utf8(&files["checkpoint"]).unwrap();
    let signed: Vec<_> = note
        .lines()
        .filter(|line| line.starts_with('\u{2014}'))
        .collect();
    assert_eq!(signed.len(), 2);
    assert!(signed[1].contains("witness0.example.org"));
    for name in under(&files, "sheets/") {
        let sheet = parsed(&files, &format!("sheets/{name}"));
        assert!(sheet.get("context").is_none() && sheet.get("context_digest").is_some());
        // The chain is the same in all bids under one certificate, and would name it too.
        assert!(sheet.get("chain").is_none() && sheet.get("wraps").is_none());
    }
    let names = |bytes: &[u8], name: &str| {
        bytes
            .windows(name.len())
            .any(|part| part == name.as_bytes())
    };
    let all = unpacked(&supervisor);
    for bidder in &hall.bidders {
        let person = &bidder.person;
        for name in [&person.company, person.organisation.as_str()] {
            assert!(!names(&public, name), "{name}");
            assert!(names(&all["events.jsonl"], name), "{name}");
        }
    }
    let of = |kind: &str| {
        let told = told(&files);
        told.into_iter()
            .find(|it| it.0.as_deref() == Some(kind))
            .unwrap()
            .1
    };
    assert!(of("record_signed") && !of("countersigned"));

    // The mask is lifted afterwards: this bundle was made before.
    let lift = LiftMask {
        nonce: nonce(),
        lots: vec![lot("1")],
    };
    hall.act(hall.host(), lift).await;
    assert!(hall.bundle(PUBLIC).await == public);
    assert!(hall.bundle(SUPERVISOR).await == supervisor);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lot_that_failed_at_t0_has_a_bundle_of_what_there_was() {
    let hall = Hall::publish(World::start().await, 0, 2.0).await;
    hall.until_stage("failed_few_bids").await;
    let (public, supervisor) = hall.bundles("failed").await;
    for (bytes, edition) in [(&public, PUBLIC), (&supervisor, SUPERVISOR)] {
        let files = unpacked(bytes);
        let read = Read::of(&hall, &files, edition);
        read.log();
        read.statements();
        assert_eq!(read.names(), ALL[..7]);
        let folders = ["accepted/", "sheets/", "headers/", "rechecks/"];
        assert!(
            folders
                .iter()
                .all(|folder| under(&files, folder).is_empty())
        );
        assert_eq!(under(&files, "records/").len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_cancelled_before_t0_has_a_bundle_from_t0_on() {
    let hall = Hall::publish(World::start().await, 1, 6.0).await;
    let sealed = hall.submit_all().await;
    let cancel = Cancel {
        nonce: nonce(),
        lot: None,
        reason: "项目调整".to_owned(),
    };
    hall.act(hall.host(), cancel).await;
    let path = format!("projects/{}/events", hall.project);
    for server in [&hall.supervisor().server, &hall.bidders[0].session.server] {
        let early = server.get::<EventPage>(&path).await.unwrap_err();
        assert_eq!(early.code, "not-found");
    }
    let (status, _) = hall.asked(&hall.supervisor().server, SUPERVISOR).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(hall.world.running.app.now() < hall.t0);

    let (public, supervisor) = hall.bundles("cancelled").await;
    assert!(hall.world.running.app.now() >= hall.t0);
    for (bytes, edition) in [(&public, PUBLIC), (&supervisor, SUPERVISOR)] {
        let files = unpacked(bytes);
        let read = Read::of(&hall, &files, edition);
        read.log();
        let names = ALL[..8].iter().filter(|name| **name != "closing.json");
        assert_eq!(read.names(), names.copied().collect::<Vec<_>>());
        assert_eq!(lines(&files, "receipts.jsonl").len(), sealed.len());
        let last = told(&files).pop().unwrap();
        assert_eq!(last, (Some("cancelled".to_owned()), true));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn time_stamps_come_along_once_they_are_there() {
    let authority = Authority::start().await;
    let mut witnesses = Witnesses::new(3);
    let (config, cosigned) = (authority.config(), witnesses.config(2));
    let world = World::with(|it| (it.timestamps, it.public_log) = (config, cosigned)).await;
    let log = world.running.app.keys.log_key().unwrap().to_string();
    for witness in 0..3 {
        witnesses.start(witness, &log);
    }
    let hall = Hall::publish(world, 0, 4.0).await;
    hall.until_stage("failed_few_bids").await;
    let mut stamped = None;
    for _ in 0..100 {
        let bytes = hall.bundle(PUBLIC).await;
        let files = unpacked(&bytes);
        if files.contains_key("timestamps.jsonl") && lines(&files, "timestamps.jsonl").len() == 2 {
            stamped = Some((bytes, files));
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (bytes, files) = stamped.expect("both are stamped");
    let closing = parsed(&files, "closing.json");
    let proof: LogProof = text(&closing["proof"]["anchored"], "proof")
        .parse()
        .unwrap();
    let notes = [
        ("checkpoint", files["checkpoint"].clone()),
        ("closing", proof.note.to_string().into_bytes()),
    ];
    let believed = authority.believed();
    for (line, (of, note)) in lines(&files, "timestamps.jsonl").iter().zip(notes) {
        assert_eq!(text(line, "of"), of);
        let token = from_base64(text(line, "token")).unwrap();
        verify_normal(&token, Digest::of(&note), &believed).unwrap();
    }
    let mut policy = hall.policy(&bytes);
    let pem = std::fs::read_to_string(authority.root()).unwrap();
    let root: String = pem.lines().filter(|it| !it.starts_with('-')).collect();
    policy["tsas"] = json!([{ "root": root }]);
    let policy = kaibiao_verify::Policy::parse(policy.to_string().as_bytes()).unwrap();
    let report = kaibiao_verify::verify(&bytes, &policy, &[]).unwrap();
    assert!(report.is_enough(), "{}", report.json());
    let told = report.json()["checks"].to_string();
    assert!(
        told.contains(r#"{"check":"timestamps","outcome":"holds"}"#),
        "{told}"
    );
    assert!(hall.bundle(PUBLIC).await == bytes);
}

/// How many have signed the checkpoint.
fn signers(files: &Files) -> usize {
    let note = std::str::from_utf8(&files["checkpoint"]).unwrap();
    note.lines().filter(|it| it.starts_with('\u{2014}')).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_waits_for_its_quorum_and_no_longer_than_a_week() {
    for comes in [true, false] {
        let mut witnesses = Witnesses::new(1);
        let configured = witnesses.config(1);
        let world = World::with(|config| config.public_log = configured).await;
        let log = world.running.app.keys.log_key().unwrap().to_string();
        let mut hall = Hall::publish(world, 0, 4.0).await;
        hall.until_stage("failed_few_bids").await;
        hall.record().await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let (status, _) = hall.asked(&hall.world.server(), PUBLIC).await;
        assert_eq!(status, StatusCode::CONFLICT);
        if comes {
            witnesses.start(0, &log);
        } else {
            let World {
                directory,
                running,
                authority,
            } = hall.world;
            let config = running.app.config.clone();
            running.stop().await.unwrap();
            let week = 7 * 24 * 3_600_000;
            let running = Running::start(config, clock::ahead(week)).await.unwrap();
            hall.world = World {
                directory,
                running,
                authority,
            };
        }
        let bundle = hall.bundle(PUBLIC).await;
        let files = unpacked(&bundle);
        assert_eq!(signers(&files), if comes { 2 } else { 1 });
        let closing = parsed(&files, "closing.json");
        let proof: StatementProof = serde_json::from_value(closing["proof"].clone()).unwrap();
        let signed = proof.anchored.proof.lines();
        let signed = signed.filter(|it| it.starts_with('\u{2014}')).count();
        assert_eq!(signed, if comes { 2 } else { 1 });
        if !comes {
            // A witness that comes afterwards changes nothing any more.
            witnesses.start(0, &log);
            tokio::time::sleep(Duration::from_secs(3)).await;
            assert!(hall.bundle(PUBLIC).await == bundle);
        }
    }
}
