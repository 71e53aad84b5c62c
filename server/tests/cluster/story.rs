//! The demonstration over the cluster, what is broken meanwhile, and what is counted at the
//! end.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{Scope, sleep};
use std::time::Duration;

use kaibiao_client::http::Server;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::nodes::PROGRAM;
use crate::stage::Stage;
use crate::told::{self, Fault};
use crate::watchers::{Watchers, now};

/// How many watch.
const WATCHERS: usize = 24;

/// When a failover manager has made sure that the primary is gone.
const NOTICED: Duration = Duration::from_secs(3);

/// Plays it in this folder, tells what was seen, and answers what was lost.
pub fn play(folder: &Path) -> Vec<String> {
    println!(
        "\nThree nodes, PostgreSQL with a standby, Redis, S3 and nginx on this machine; logs in {}\n",
        folder.display()
    );
    let stage = Stage::set(folder);
    let mut demo = demonstration(&stage);
    let lines = lines_of(&mut demo, folder);
    let runtime = Runtime::new().expect("a runtime");
    let faults = Mutex::new(Vec::new());
    let watchers = std::thread::scope(|scope| watched(&stage, &lines, &runtime, &faults, scope));
    let mut result = String::new();
    let stdout = demo.stdout.as_mut().expect("its result");
    stdout.read_to_string(&mut result).expect("its result");
    let ended = demo.wait().expect("it ended");
    let result: Value =
        serde_json::from_str(result.lines().last().unwrap_or_default()).unwrap_or_default();

    let mut lost = Vec::new();
    if !ended.success() {
        lost.push(format!(
            "the story did not come to its end: {}",
            folder.join("story.txt").display()
        ));
    }
    let seen = match watchers {
        Some(watchers) => runtime.block_on(watchers.end()),
        None => Vec::new(),
    };
    let faults = faults.into_inner().expect("not poisoned");
    told::faults(&faults, &seen, &result);
    lost.extend(runtime.block_on(told::balance(&stage, &seen, &result)));
    lost
}

/// `kaibiao demo` with the first node, before which the others and nginx stand.
fn demonstration(stage: &Stage) -> Child {
    Command::new(PROGRAM)
        .args([
            "demo", "--once", "--json", "--large", "20", "--url", &stage.url,
        ])
        .args(["--listen", &stage.nodes[0].listen.to_string(), "--data"])
        .arg(stage.folder.join("story"))
        .envs(stage.settings.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program")
}

/// What it tells, as it is told; kept in a file as well.
fn lines_of(demo: &mut Child, folder: &Path) -> Receiver<String> {
    let told = demo.stderr.take().expect("what it tells");
    let mut file = File::create(folder.join("story.txt")).expect("a file for the story");
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(told).lines().map_while(Result::ok) {
            let _ = writeln!(file, "{line}");
            let _ = sender.send(line);
        }
    });
    lines
}

/// Breaks things where the story comes to it, and has the opening watched.
fn watched<'scope>(
    stage: &'scope Stage,
    lines: &Receiver<String>,
    runtime: &Runtime,
    faults: &'scope Mutex<Vec<Fault>>,
    scope: &'scope Scope<'scope, '_>,
) -> Option<Watchers> {
    let mut watchers = None;
    let mut broken = [false; 3];
    let mut once = |number: usize| !std::mem::replace(&mut broken[number], true);
    let note = move |what: &str| {
        println!("   !! {what}");
        faults.lock().expect("not poisoned").push(Fault {
            at: now(),
            what: what.to_owned(),
        });
    };
    for line in lines {
        if line.contains("━━") || line.contains('↻') {
            println!("{line}");
        }
        if line.contains("account register") && once(0) {
            // The first node is ready: the others come to it.
            stage.nodes[1..]
                .iter()
                .for_each(|node| node.start(&stage.settings));
            println!("   nodes 2 and 3 are ready");
        }
        if line.contains("opening list") && watchers.is_none() {
            watchers = runtime.block_on(watching(stage));
        }
        if line.contains("bid unlock bid.kbid") && once(1) {
            scope.spawn(move || {
                note("kill -9 of node 2 in the window");
                stage.nodes[1].kill();
                sleep(Duration::from_secs(5));
                stage.nodes[1].start(&stage.settings);
                println!("   node 2 is back");
            });
        }
        if line.contains("--wrong-key") {
            scope.spawn(move || {
                note("kill -9 of Redis, which is back after 3 s");
                let mut redis = stage.redis.lock().expect("not poisoned");
                redis.end();
                sleep(Duration::from_secs(3));
                let port = redis.port;
                *redis = crate::redis::Redis::start(port);
            });
        }
        if line.contains("bid help") && once(2) {
            note("kill -9 of the primary database; its standby is promoted after 3 s");
            let mut servers = stage.servers.lock().expect("not poisoned");
            let mut primary = servers.remove(0);
            primary.kill();
            scope.spawn(move || {
                sleep(NOTICED);
                servers_promoted(stage, primary.port);
            });
        }
    }
    watchers
}

/// Promotes the standby, and has another one follow it where the former primary was.
fn servers_promoted(stage: &Stage, former: u16) {
    let mut servers = stage.servers.lock().expect("not poisoned");
    servers[0].promote();
    println!("   the standby is the primary now");
    let standby = servers[0].standby(Some(former));
    println!("   another standby follows it");
    servers.push(standby);
}

/// The story's project, with those who watch it.
async fn watching(stage: &Stage) -> Option<Watchers> {
    let server = Server::new(&stage.url, None).ok()?;
    let list: kaibiao_api::ProjectList = server.get("projects").await.ok()?;
    let project = &list.projects.first()?.id;
    println!("   {WATCHERS} watch by live rooms of their own");
    Some(Watchers::begin(WATCHERS, &stage.url, project))
}
