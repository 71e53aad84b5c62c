//! Custodians' agents with a standing authorisation: one for each organisation, for all
//! projects, with nobody at the keyboard.

mod town;

use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

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
    agents[0] = agent(&town, custodians[0]);
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
}
