//! Custodians' agents with a standing authorisation: one for each organisation, for all
//! projects, with nobody at the keyboard.

mod town;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kaibiao_crypto::Suite;
use kaibiao_crypto::encoding::{from_base64, to_base64};
use kaibiao_crypto::wrap::PublicKey;
use serde_json::{Value, json};

use town::{Person, Town, now, path};

/// How far away T0 is when the projects are published, in seconds.
const AHEAD: i64 = 120;

/// An agent's process. It is killed as a machine is that loses its power.
struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn agent(town: &Town, custodian: &Person) -> Agent {
    agent_by(town, custodian, &town.url)
}

/// An agent that reaches the platform at this address.
fn agent_by(town: &Town, custodian: &Person, address: &str) -> Agent {
    let folder = custodian.file("agent");
    let log = std::fs::File::create(custodian.file("agent.log")).expect("a log");
    let mut command = town.command(
        custodian,
        &[
            "custodian",
            "serve-all",
            "--agent",
            path(&folder),
            "--every",
            "1",
        ],
    );
    // It has no certificate: its own key is enough.
    let command = command
        .env_remove("KAIBIAO_KEY")
        .env("KAIBIAO_SERVER", address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    Agent(command.spawn().expect("the agent starts"))
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..180 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    panic!("never: {what}; the agents' logs are in the folder of each custodian");
}

fn stage(town: &Town, project: &str) -> Value {
    let shown = town.must(&town.agency, &["project", "show", project]);
    shown["lots"]["1"]["stage"].clone()
}

#[test]
fn agents_certify_and_release_for_all_projects_with_nobody_there() {
    let town = Town::found("agents", 2);
    let custodians = [&town.agency, &town.centre, &town.supervisor];
    for custodian in custodians {
        let folder = custodian.file("agent");
        let only = town.agency.code.clone();
        let mut arguments = vec!["custodian", "authorise", "--agent", path(&folder)];
        // One of them for this host alone.
        if custodian.code == town.centre.code {
            arguments.extend(["--host", &only]);
        }
        town.must(custodian, &arguments);
    }
    let mut agents: Vec<Agent> = custodians.map(|it| agent(&town, it)).into();

    let t0 = now() + AHEAD * 1000;
    let projects = [town.draft(AHEAD), town.draft(AHEAD)];
    for project in &projects {
        until("all keys are certified", || {
            let (done, _) = town.tries(&town.agency, &["project", "publish", project]);
            done
        });
    }
    // Power is lost and comes back; the keys are those on disk.
    drop(agents.remove(0));
    agents.insert(0, agent(&town, custodians[0]));
    let mut bids = Vec::new();
    for (number, project) in projects.iter().enumerate() {
        for (bidder, fen) in town.bidders.iter().zip([500_000_000, 600_000_000]) {
            let bid = town.seal(bidder, project, &format!("v{number}"), fen, 20_000);
            town.must(bidder, &["bid", "submit", path(&bid)]);
            bids.push((bidder, bid));
        }
    }
    assert!(now() < t0, "sealing took longer than the test allows for");
    for project in &projects {
        until("T0 has passed", || stage(&town, project) == "checking");
        for command in ["list", "start"] {
            town.must(&town.agency, &["opening", command, project, "--lot", "1"]);
        }
    }
    // One agent is away for good: two of three are enough.
    agents.pop();
    for (bidder, bid) in &bids {
        town.must(bidder, &["bid", "unlock", path(bid)]);
    }
    for project in &projects {
        until("the bids are open", || stage(&town, project) == "opened");
    }

    // A revoked agent is nobody, and a person of its organisation is told no more.
    let folder = town.centre.file("agent");
    town.must(
        &town.centre,
        &[
            "custodian",
            "revoke",
            "--agent",
            path(&folder),
            "--reason",
            "更换设备",
        ],
    );
    let once = ["custodian", "serve-all", "--agent", path(&folder), "--once"];
    let (done, said) = town.tries(&town.centre, &once);
    assert!(!done);
    assert_eq!(said["error"]["code"], "agent-in-use", "{said}");
    drop(agents);
    let (done, said) = town.tries(&town.centre, &once);
    assert!(!done);
    assert_eq!(said["error"]["code"], "authorisation-ended", "{said}");
    let kept = town.agency.file("all.kkeys");
    let backup = [
        "custodian",
        "backup",
        "--agent",
        path(&town.agency.file("agent")),
        path(&kept),
    ]
    .map(str::to_owned);
    let backup: Vec<&str> = backup.iter().map(String::as_str).collect();
    town.must(&town.agency, &backup);
    let elsewhere = town.agency.file("elsewhere");
    let restored = town.must(
        &town.agency,
        &[
            "custodian",
            "restore",
            "--agent",
            path(&elsewhere),
            path(&kept),
        ],
    );
    assert_eq!(restored["restored"], 2);
    assert_eq!(restored["skipped"], json!([]));
    let again = [
        "custodian",
        "restore",
        "--agent",
        path(&elsewhere),
        path(&kept),
    ];
    let again = town.must(&town.agency, &again);
    assert_eq!(again["restored"], 0);
    assert_eq!(again["skipped"][1]["why"], "same-key", "{again}");
}

/// The same in a project of `gm`: keys of SM2 that agents make and certify, shares that
/// they release, and the share of a rescue, which a person gives by the agent's key.
#[test]
fn agents_serve_a_project_of_gm_from_its_keys_to_a_rescue() {
    let town = Town::found_gm("agents-gm", 2, |_| String::new());
    let custodians = [&town.agency, &town.centre, &town.supervisor];
    for custodian in custodians {
        authorised(&town, custodian);
    }
    let agents: Vec<Agent> = custodians.map(|it| agent(&town, it)).into();
    let project = town.draft(AHEAD);
    until("all keys are certified", || {
        let (done, _) = town.tries(&town.agency, &["project", "publish", &project]);
        done
    });
    for custodian in custodians {
        let file = key_file(custodian, &project);
        let text = std::fs::read(&file).expect("a key file");
        let text: Value = serde_json::from_slice(&text).expect("JSON");
        let spki = from_base64(text["public"].as_str().expect("a key")).expect("base64");
        let point = PublicKey::from_point(Suite::Gm, &spki[26..]).expect("a point of SM2");
        assert_eq!(point.spki(), spki);
        assert_eq!(certified(&town, &project, custodian), Some(public(&file)));
    }

    let [first, second] = [&town.bidders[0], &town.bidders[1]];
    let bid = town.seal(first, &project, "v1", 500_000_000, 20_000);
    town.must(first, &["bid", "submit", path(&bid)]);
    let (lost, said) =
        town.tries_to_seal_as(second, &project, "v1", 600_000_000, 20_000, &["--rescue"]);
    let lost = lost.unwrap_or_else(|| panic!("{said}"));
    let digest = town.must(second, &["bid", "submit", path(&lost)])["bid"].clone();
    until("T0 has passed", || stage(&town, &project) == "checking");
    for command in ["list", "start"] {
        town.must(&town.agency, &["opening", command, &project, "--lot", "1"]);
    }
    town.must(first, &["bid", "unlock", path(&bid)]);

    // The other bidder has lost its key: it asks, the supervisor orders, every custodian gives.
    let ask = ["bid", "ask-rescue", &project, "--lot", "1"];
    town.must(second, &[&ask[..], &["--reason", "证书损坏"]].concat());
    let order = ["opening", "order", "rescue", &project, "--lot", "1"];
    let whom = ["--bidder", &second.code, "--reason", "证书损坏"];
    town.must(&town.supervisor, &[&order[..], &whom].concat());
    let digest = digest.as_str().expect("a bid's digest");
    for custodian in custodians {
        let custody = custodian.file("agent").join("projects").join(&project);
        let rescue = ["custodian", "rescue", &project, "--custody", path(&custody)];
        let what = ["--lot", "1", "--bid", digest];
        town.must(custodian, &[&rescue[..], &what].concat());
    }
    until("the bids are open", || stage(&town, &project) == "opened");
    drop(agents);
    let shown = town.must(&town.agency, &["project", "show", &project]);
    let lot = &shown["lots"]["1"];
    assert_eq!(lot["counts"]["opened"], 2, "{shown}");
    for custodian in lot["custodians"].as_array().expect("custodians") {
        assert_eq!(custodian["released"]["faults"], 0, "{custodian}");
    }
}

/// What stands between an agent and the platform, and never answers some requests.
struct Gate {
    url: String,
    held: Arc<AtomicUsize>,
}

impl Gate {
    /// `holds` is asked with a request's first line.
    fn open(platform: &str, holds: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let platform = platform.trim_start_matches("http://").to_owned();
        let held = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&held);
        let holds = Arc::new(holds);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (platform, held) = (platform.clone(), Arc::clone(&counted));
                let holds = Arc::clone(&holds);
                // A connection that breaks is a request that failed.
                std::thread::spawn(move || drop(pass(client, &platform, &*holds, &held)));
            }
        });
        Self { url, held }
    }

    fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }
}

/// Passes one request and its answer, and closes the connection.
fn pass(
    mut client: TcpStream,
    platform: &str,
    holds: &dyn Fn(&str) -> bool,
    held: &AtomicUsize,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    if holds(head.lines().next().unwrap_or_default()) {
        held.fetch_add(1, Ordering::SeqCst);
        // Until the other side goes.
        let mut rest = Vec::new();
        client.read_to_end(&mut rest)?;
        return Ok(());
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_it = name.eq_ignore_ascii_case("content-length");
        is_it.then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = vec![0; length.unwrap_or_default()];
    client.read_exact(&mut body)?;
    let (first, rest) = head.split_once("\r\n").unwrap_or_default();
    let mut server = TcpStream::connect(platform)?;
    server.write_all(format!("{first}\r\nConnection: close\r\n{rest}").as_bytes())?;
    server.write_all(&body)?;
    std::io::copy(&mut server, &mut client)?;
    Ok(())
}

fn key_file(custodian: &Person, project: &str) -> std::path::PathBuf {
    let folder = custodian.file("agent");
    folder.join("projects").join(project).join("custody.kkey")
}

/// The public half of a key file, as it is certified.
fn public(file: &Path) -> String {
    let text = std::fs::read(file).expect("a key file");
    let text: Value = serde_json::from_slice(&text).expect("JSON");
    let spki = text["public"].as_str().expect("its public half");
    let spki = from_base64(spki).expect("base64");
    to_base64(&spki[spki.len() - 65..])
}

/// The key that an organisation has certified for a project, as its host sees it.
fn certified(town: &Town, project: &str, custodian: &Person) -> Option<String> {
    let shown = town.must(&town.agency, &["project", "show", project]);
    let keys = shown["keys"].as_array().cloned().unwrap_or_default();
    let its = |key: &&Value| key["organisation"] == custodian.code.as_str();
    let key = keys.iter().find(its)?;
    Some(key["key"].as_str().expect("a key").to_owned())
}

fn authorised(town: &Town, custodian: &Person) -> Value {
    let folder = custodian.file("agent");
    let signed = ["custodian", "authorise", "--agent", path(&folder)];
    town.must(custodian, &signed)["authorisation"].clone()
}

#[test]
fn a_key_that_was_made_and_not_sent_is_the_one_that_is_certified_after_a_crash() {
    let town = Town::found("killed-agent", 0);
    let custodian = &town.centre;
    authorised(&town, custodian);
    let project = town.draft(3600);
    let gate = Gate::open(&town.url, |line| {
        line.starts_with("POST ") && line.contains("/projects/") && line.contains("/acts")
    });
    let agent_before = agent_by(&town, custodian, &gate.url);
    until("the key is about to be sent", || gate.held() > 0);
    // Before anybody hears of the key it is on disk.
    let before = std::fs::read(key_file(custodian, &project)).expect("the key");
    // kill -9.
    drop(agent_before);
    assert_eq!(certified(&town, &project, custodian), None);

    // The lock went with the process.
    let _agent = agent(&town, custodian);
    until("the key is certified", || {
        certified(&town, &project, custodian).is_some()
    });
    let file = key_file(custodian, &project);
    assert_eq!(std::fs::read(&file).expect("the key"), before);
    assert_eq!(certified(&town, &project, custodian), Some(public(&file)));
}

#[test]
fn a_project_that_hangs_delays_no_other_and_a_folder_has_one_process() {
    let town = Town::found("hanging-agent", 0);
    let custodian = &town.centre;
    let authorisation = authorised(&town, custodian);
    let (other, hanging) = (town.draft(3600), town.draft(3600));
    let held = hanging.clone();
    let gate = Gate::open(&town.url, move |line| line.contains(&held));
    let began = Instant::now();
    let running = agent_by(&town, custodian, &gate.url);
    until("the one hangs", || gate.held() > 0);
    until("the other is served", || {
        certified(&town, &other, custodian).is_some()
    });
    // Far less than a request may take before it is given up.
    assert!(
        began.elapsed() < Duration::from_secs(40),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(certified(&town, &hanging, custodian), None);

    let folder = custodian.file("agent");
    let backup = custodian.file("all.kkeys");
    let backup_it = [
        "custodian",
        "backup",
        "--agent",
        path(&folder),
        path(&backup),
    ];
    town.must(custodian, &backup_it);
    for second in [
        &["custodian", "serve-all", "--agent", path(&folder), "--once"][..],
        &[
            "custodian",
            "restore",
            "--agent",
            path(&folder),
            path(&backup),
        ],
    ] {
        let (done, said) = town.tries(custodian, second);
        assert!(!done);
        assert_eq!(said["error"]["code"], "agent-in-use", "{said}");
    }
    drop(running);

    // An authorisation that the page signed and saved is taken up.
    let shown = ["custodian", "agent-key", "--agent", path(&folder)];
    let key = town.must(custodian, &shown)["agent"].clone();
    std::fs::remove_file(folder.join("authorisation.json")).expect("it was there");
    let saved = custodian.file("saved.json");
    let file = json!({
        "agent": key,
        "digest": authorisation["digest"],
        "format": "kaibiao/1 authorisation",
        "from": authorisation["from"],
        "until": authorisation["until"],
    });
    std::fs::write(&saved, file.to_string()).expect("a file");
    let accept = [
        "custodian",
        "accept",
        "--agent",
        path(&folder),
        path(&saved),
    ];
    town.must(custodian, &accept);
    let once = ["custodian", "serve-all", "--agent", path(&folder), "--once"];
    town.must(custodian, &once);
    assert!(certified(&town, &hanging, custodian).is_some());
}
