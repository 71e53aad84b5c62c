//! `kaibiao opening replay`: the whole stream, checked against the root of its
//! tree and folded anew; or its steps, or the room at an instant (supervisors).

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kaibiao_api::{EventPage, ReplaySteps};
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::http::Server;
use kaibiao_core::Project;
use kaibiao_core::event::Recorded;
use kaibiao_core::ids::Millis;
use kaibiao_core::player::{EventProof, Onlooker, Scene, Step};
use kaibiao_core::stream::Stream as _;
use kaibiao_crypto::merkle::{Frontier, leaf_hash};
use kaibiao_crypto::{Digest, canonical};
use serde_json::json;

use super::output::Output;
use super::project::At;

#[derive(Debug, Args)]
pub struct ReplayArgs {
    #[command(flatten)]
    at: At,
    /// 列出每一步 · lists every step
    #[arg(long, conflicts_with_all = ["moment", "onlooker"])]
    steps: bool,
    /// 事件号或时刻(RFC 3339) · an event's number, or an instant
    #[arg(long = "at", value_name = "SEQ|TIME")]
    moment: Option<String>,
    /// 以谁的视角:supervisor、host、agency、centre、custodian:代码、bidder:代码、public
    /// · through whose eyes
    #[arg(long = "as", value_name = "WHO")]
    onlooker: Option<Onlooker>,
}

/// The room at an instant, the steps, or the whole stream checked.
pub async fn run(args: ReplayArgs, output: &Output) -> Outcome<()> {
    if args.steps {
        steps(args.at, output).await
    } else if args.moment.is_some() || args.onlooker.is_some() {
        scene(args, output).await
    } else {
        check(args.at, output).await
    }
}

async fn steps(at: At, output: &Output) -> Outcome<()> {
    let server = at.connect.session().await?.server;
    let mut all: Vec<Step> = Vec::new();
    loop {
        let after = all.last().map_or(0, |step| step.seq);
        let path = format!("projects/{}/replay/steps?after={after}", at.project);
        let page: ReplaySteps = server.get(&path).await?;
        for step in &page.steps {
            output.row(line(step));
        }
        let is_last = page.steps.is_empty();
        all.extend(page.steps);
        if is_last || all.last().is_some_and(|step| step.seq >= page.size) {
            return output.result(&all);
        }
    }
}

/// `   57  09:30:05  unlocked  bidder …  标段 1 → unlocking`
fn line(step: &Step) -> String {
    let by = serde_json::to_value(step.by).unwrap_or_default();
    let mut words = vec![
        format!("{:>5}", step.seq),
        clock(step.time),
        format!("{:<18}", step.kind),
        by.as_str().unwrap_or_default().to_owned(),
    ];
    words.extend(step.who.clone());
    words.extend(step.name.clone().filter(|_| step.who.is_none()));
    let begun = step.stages.iter();
    words.extend(begun.map(|(lot, stage)| format!("[{lot} → {}]", stage.name())));
    words.join("  ")
}

async fn scene(args: ReplayArgs, output: &Output) -> Outcome<()> {
    let server = args.at.connect.session().await?.server;
    let onlooker = args.onlooker.unwrap_or(Onlooker::Supervisor);
    let mut path = format!("projects/{}/replay?as={onlooker}", args.at.project);
    if let Some(moment) = &args.moment {
        // A plus is a space in a query.
        path.push_str(&format!("&at={}", moment.replace('+', "%2B")));
    }
    let bytes = server.get_bytes(&path).await?;
    let scene: Scene = serde_json::from_slice(&bytes).map_err(Failure::unexpected)?;
    if show(&scene, output)? {
        prove(&server, &args.at, &scene, output).await?;
    }
    output.result(&scene)
}

/// Prints the room; whether it was shown at all.
pub(super) fn show(scene: &Scene, output: &Output) -> Outcome<bool> {
    let head = format!("{}  {}  {}", scene.seq, clock(scene.now), scene.onlooker);
    output.row(head);
    let Some(view) = &scene.view else {
        output.say(
            "此时该方还看不到本项目。",
            "It was not shown this project yet.",
        );
        return Ok(false);
    };
    output.row(format!("{} {}", view.number, view.title));
    for (id, lot) in &view.lots {
        let left = lot.due.map(|due| (due - scene.now).max(0) / 1000);
        let left = left.map(|left| format!("  {left} s")).unwrap_or_default();
        output.row(format!(
            "  [{id}] {}  {}{left}",
            lot.title,
            lot.stage.name()
        ));
        if let Some(counts) = &lot.counts {
            let counts = serde_json::to_string(counts).map_err(Failure::unexpected)?;
            output.row(format!("    {counts}"));
        }
        for party in &lot.parties {
            let course = party.course.as_ref();
            let marks = [
                (party.signed_in, "signed-in"),
                (party.refused, "refused"),
                (course.is_some_and(|it| it.unlocked), "unlocked"),
                (
                    course.is_some_and(|it| !it.attempts.is_empty()),
                    "failed-attempts",
                ),
                (party.sheet.is_some(), "announced"),
                (party.finding.is_some(), "finding"),
            ];
            let marks: Vec<_> = marks.iter().filter(|it| it.0).map(|it| it.1).collect();
            output.row(format!("    {}  {}", party.name, marks.join(" ")));
            if let Some(sheet) = &party.sheet {
                output.row(format!("      {sheet}"));
            }
        }
    }
    Ok(true)
}

/// Checks the proof of the event under the cursor, by the log that the terms name.
async fn prove(server: &Server, at: &At, scene: &Scene, output: &Output) -> Outcome<()> {
    let (project, seq) = (at.project, scene.seq);
    let Some(lot) = scene.view.as_ref().and_then(|view| view.lots.keys().next()) else {
        return Ok(());
    };
    let before = seq.saturating_sub(1);
    let path = format!("projects/{project}/events?after={before}&limit=1");
    let page: EventPage = server.get(&path).await?;
    let event = page
        .events
        .first()
        .ok_or_else(|| broken("an event is missing"))?;
    let path = format!("projects/{project}/replay/proof?seq={seq}");
    let proof: EventProof = server.get(&path).await?;
    let path = format!("projects/{project}/lots/{lot}/terms");
    let terms = server.get_bytes(&path).await?;
    let terms: kaibiao_core::terms::SealingTerms =
        serde_json::from_slice(&terms).map_err(Failure::unexpected)?;
    let unproved = |problem: kaibiao_core::anchored::Unproved| broken(problem.code());
    let policy = terms.trust.policy().map_err(unproved)?;
    let proved = proof.verify(project, &event.shell, policy.as_ref());
    proved.map_err(unproved)?;
    let tick = proof.anchored.as_ref().map(|it| it.anchor.tick);
    let (size, root) = (proof.size, proof.root);
    match tick {
        Some(tick) => output.say(
            format!("事件 {seq} 在含 {size} 个事件的树中,已锚定于公开日志(第 {tick} 次):{root}"),
            format!("Event {seq} lies in the tree of {size} events, anchored in the public log (tick {tick})."),
        ),
        None => output.say(
            format!("事件 {seq} 在含 {size} 个事件的树中,尚未锚定于公开日志:{root}"),
            format!("Event {seq} lies in the tree of {size} events, which is not anchored in the public log."),
        ),
    }
    Ok(())
}

fn clock(time: Millis) -> String {
    let time = Timestamp::from_millisecond(time).unwrap_or_default();
    let local = time.to_zoned(TimeZone::system());
    local.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Fetches all events, recomputes the tree from their shells, and folds their
/// facts from nothing.
async fn check(at: At, output: &Output) -> Outcome<()> {
    let server = at.connect.session().await?.server;
    let mut tree = Frontier::default();
    let mut state = <Project as kaibiao_core::stream::Stream>::State::default();
    let mut events = 0;
    loop {
        let path = format!("projects/{}/events?after={events}", at.project);
        let page: EventPage = server.get(&path).await?;
        for event in &page.events {
            tree.append(leaf_hash(event.shell.as_bytes()));
            let recorded = Recorded {
                seq: event.seq,
                time: event.time,
                facts: serde_json::from_value(event.facts.clone().unwrap_or_default())
                    .map_err(Failure::unexpected)?,
                details: None,
            };
            state =
                Project::evolve(state, &recorded).map_err(|error| broken(&error.to_string()))?;
            events = event.seq;
        }
        if events >= page.size || page.events.is_empty() {
            if page.root != tree.root().to_string() {
                return Err(broken("the tree's root differs"));
            }
            break;
        }
    }
    let lots: serde_json::Map<_, _> = state
        .lots
        .iter()
        .map(|(lot, it)| (lot.to_string(), json!(it.stage)))
        .collect();
    let result = json!({
        "events": events,
        "root": tree.root(),
        "state": Digest::of(&canonical::to_bytes(&state)),
        "lots": lots,
    });
    output.row(super::text::pretty(&result)?);
    output.result(&result)
}

fn broken(what: &str) -> Failure {
    Failure::new(
        Kind::Unproved,
        "stream-broken",
        format!("事件流不成立:{what}。请保留下载内容并联系监督部门。"),
        format!(
            "The stream does not hold: {what}. Keep what was downloaded and tell the supervisor."
        ),
    )
}
