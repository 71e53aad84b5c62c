//! What those who watched and those who acted noticed of each fault; and the balance:
//! everything that was acknowledged, against what the streams hold.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use kaibiao_core::Project;
use kaibiao_core::event::What;
use kaibiao_core::ids::ProjectId;
use kaibiao_crypto::Digest;
use kaibiao_store::{BlobsPlace, Database, RootSecret, Store, StreamId};
use serde_json::Value;

use crate::stage::Stage;
use crate::watchers::Seen;

/// What is an effect of a fault comes within this time, in ms.
const EFFECT: i64 = 15_000;

/// Something that was broken.
pub struct Fault {
    pub at: i64,
    pub what: String,
}

fn clock(at: i64) -> String {
    let at = Timestamp::from_millisecond(at).expect("a time");
    let at = at.to_zoned(TimeZone::fixed(offset(8)));
    at.strftime("%H:%M:%S%.1f").to_string()
}

fn seconds(millis: i64) -> String {
    format!("{}.{} s", millis / 1000, millis % 1000 / 100)
}

/// Fault by fault, until the next one.
pub fn faults(faults: &[Fault], seen: &[Seen], result: &Value) {
    println!("\nWhat was noticed\n");
    let ends = faults.iter().skip(1).map(|next| next.at).chain([i64::MAX]);
    for (fault, end) in faults.iter().zip(ends) {
        let end = end.min(fault.at + EFFECT);
        let within = |at: i64| fault.at <= at && at < end;
        println!("{}  {}", clock(fault.at), fault.what);
        let cuts = |it: &Seen| -> Option<i64> {
            let cuts = it.cuts.iter().filter(|(from, _)| within(*from));
            cuts.map(|(from, to)| to - from).max()
        };
        let cut: Vec<i64> = seen.iter().filter_map(cuts).collect();
        let late = seen
            .iter()
            .flat_map(|it| &it.came)
            .filter(|(at, _)| within(*at));
        let late: Vec<i64> = late.map(|(_, late)| *late).collect();
        let heard = match late.iter().max() {
            Some(most) => format!(
                "{} items shown, the latest {} after it happened",
                late.len(),
                seconds(*most)
            ),
            None => "nothing happened that could be shown".to_owned(),
        };
        println!(
            "            watchers  {}; {heard}",
            match cut.iter().max() {
                Some(most) => format!(
                    "{} of {} were cut off, all back within {}",
                    cut.len(),
                    seen.len(),
                    seconds(*most)
                ),
                None => format!("none of {} was cut off", seen.len()),
            }
        );
        for act in acts(result) {
            let (from, took) = (
                act["at"].as_i64().unwrap_or(0),
                act["millis"].as_i64().unwrap_or(0),
            );
            if from < end && from + took > fault.at {
                let again = match act["again"].as_u64().unwrap_or(0) {
                    0 => String::new(),
                    again => format!(", given {} times", again + 1),
                };
                let command: String = text(&act["command"]).chars().take(58).collect();
                println!(
                    "            {}  {command}  {}{again}",
                    text(&act["who"]),
                    seconds(took)
                );
            }
        }
        println!();
    }
}

fn acts(result: &Value) -> impl Iterator<Item = &Value> {
    result["acts"].as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Counts, and answers what is not there.
pub async fn balance(stage: &Stage, seen: &[Seen], result: &Value) -> Vec<String> {
    let mut lost = Vec::new();
    let mut counted = |what: &str, found: usize, of: usize| {
        println!("   {what}: {found} of {of}");
        if found != of || of == 0 {
            lost.push(format!("{what}: {found} of {of}"));
        }
    };
    println!("The balance\n");
    let story = stage.folder.join("story");
    let held = Held::read(stage, &story, text(&result["project"])).await;
    let receipts = beside(&story, ".receipt.json");
    let has_leaf = |it: &&Value| held.leaves.contains(&digest(it, "leaf"));
    counted(
        "receipts whose leaf is in the stream",
        receipts.iter().filter(has_leaf).count(),
        receipts.len(),
    );
    let unlocked = beside(&story, ".unlock.json");
    let once = |it: &&Value| held.unlocked.get(&digest(it, "bid")) == Some(&1);
    counted(
        "acknowledged unlocks that are in the stream once",
        unlocked.iter().filter(once).count(),
        unlocked.len(),
    );

    let longest = seen.iter().map(|it| it.items.len()).max().unwrap_or(0);
    let is_whole = |it: &&Seen| {
        it.items.len() == longest && it.items.iter().zip(1..).all(|((n, _), place)| *n == place)
    };
    let alike = |it: &&Seen| Some(&it.items) == seen.first().map(|first| &first.items);
    println!("   a watcher saw {longest} items");
    counted(
        "watchers that saw all of them, each once and in order",
        seen.iter().filter(is_whole).filter(alike).count(),
        seen.len(),
    );
    for absence in &held.absences {
        println!("   on record as absence of the whole service: {absence}");
    }
    if held.absences.is_empty() {
        println!("   no absence of the whole service is on record");
    }
    println!(
        "\n   lost: {}\n",
        if lost.is_empty() {
            "nothing".to_owned()
        } else {
            lost.join("; ")
        }
    );
    lost
}

/// The bodies of what the platform signed, beside the bids of everybody.
fn beside(story: &Path, ending: &str) -> Vec<Value> {
    let folders = std::fs::read_dir(story)
        .expect("the story's folder")
        .flatten();
    let files = folders.flat_map(|folder| {
        std::fs::read_dir(folder.path())
            .into_iter()
            .flatten()
            .flatten()
    });
    let files: Vec<PathBuf> = files.map(|file| file.path()).collect();
    let files = files
        .iter()
        .filter(|it| it.to_string_lossy().ends_with(ending));
    let signed = files.map(|file| {
        let signed: Value =
            serde_json::from_slice(&std::fs::read(file).expect("a file")).expect("JSON");
        let body: Value = serde_json::from_str(text(&signed["body"])).expect("a statement");
        body["statement"].clone()
    });
    signed.collect()
}

fn digest(statement: &Value, name: &str) -> Digest {
    text(&statement[name])
        .parse()
        .expect("64 hexadecimal digits")
}

/// What the database has that is the primary now, read without any node.
struct Held {
    leaves: Vec<Digest>,
    /// How often each bid was unlocked.
    unlocked: BTreeMap<Digest, u32>,
    absences: Vec<String>,
}

impl Held {
    async fn read(stage: &Stage, story: &Path, project: &str) -> Self {
        let root = std::fs::read_to_string(story.join("platform.secret/root")).expect("a secret");
        let mut bytes = [0; 32];
        hex::decode_to_slice(root.trim_end(), &mut bytes).expect("64 hexadecimal digits");
        let port = stage.servers.lock().expect("not poisoned")[0].port;
        let database = Database::Postgres {
            url: format!("postgres://kaibiao@127.0.0.1:{port}/kaibiao"),
            connections: 4,
        };
        let data = story.join("platform");
        let store = Store::look(
            &data,
            RootSecret::from_bytes(bytes),
            database,
            &BlobsPlace::Directory,
        )
        .await;
        let store = store.expect("the database opens");
        let project: ProjectId = project.parse().expect("the project of the story");
        let stream = StreamId::project(project.0);
        let whole = store
            .verify::<Project>(&stream)
            .await
            .expect("the stream is sound");
        let events = store
            .events::<Project>(&stream, 0, u64::MAX)
            .await
            .expect("its events");
        let mut held = Self {
            leaves: store
                .leaves(&stream, whole.version)
                .await
                .expect("its leaves"),
            unlocked: BTreeMap::new(),
            absences: Vec::new(),
        };
        for event in events {
            match event.facts.what {
                What::Unlocked { bid, .. } => *held.unlocked.entry(bid).or_default() += 1,
                What::OutageNoted {
                    from, to, cause, ..
                } => {
                    held.absences.push(format!(
                        "{} from {}, {cause:?}",
                        seconds(to - from),
                        clock(from)
                    ));
                }
                _ => {}
            }
        }
        held
    }
}
