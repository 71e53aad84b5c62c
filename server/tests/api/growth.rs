//! Lists with many projects: pages that tell everything once, and cost what they show.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kaibiao_api::{BoardView, ProjectLine, ProjectList};
use kaibiao_app::App;
use kaibiao_app::deciding::stream;
use kaibiao_client::http::Server;
use kaibiao_core::act::Cancel;
use kaibiao_core::ids::ProjectId;
use kaibiao_core::project::Project;
use kaibiao_core::stream::Event;
use kaibiao_store::{At, Commit, EventOf, Store};
use reqwest::StatusCode;

use crate::damage::edit;
use crate::hall::Hall;
use crate::process::Service;
use crate::tender::Tender;
use crate::world::{World, nonce};

/// How many copies were made.
static MADE: AtomicU64 = AtomicU64::new(0);

/// What happened in a project, to happen again.
async fn history(store: &Store, project: &str) -> Vec<EventOf<Project>> {
    let stream = stream(project.parse().unwrap());
    let events = store.events::<Project>(&stream, 0, u64::MAX);
    let events = events.await.unwrap().into_iter();
    let again = events.map(|event| Event {
        facts: event.facts,
        details: event.details.unwrap(),
    });
    again.collect()
}

/// Projects in which the same happened as in another, each by a commit of its own.
async fn copies(app: &App, history: &[EventOf<Project>], count: usize) -> Vec<String> {
    let mut made = Vec::new();
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..count {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let id: ProjectId = format!("0192f0c1-0000-7000-8001-{number:012x}")
            .parse()
            .unwrap();
        made.push(id.to_string());
        let (store, history) = (app.store.clone(), history.to_vec());
        waiting.spawn(async move {
            let decide = move |_: At<'_, Project>| Ok::<_, ()>(Commit::new(history.clone(), ()));
            assert!(store.append(&stream(id), decide).await.is_ok());
        });
        if waiting.len() == 64 {
            waiting.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(done) = waiting.join_next().await {
        done.unwrap();
    }
    made
}

/// All pages of a list, with something done between any two.
async fn pages(
    server: &Server,
    query: &str,
    mut between: impl AsyncFnMut() -> (),
) -> Vec<ProjectLine> {
    let (mut lines, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("projects?limit=4&{query}{after}");
        let page: ProjectList = server.get(&path).await.unwrap();
        assert!(page.projects.len() <= 4);
        lines.extend(page.projects);
        let Some(next) = page.next else { return lines };
        after = format!("&after={next}");
        between().await;
    }
}

fn ids(lines: &[ProjectLine]) -> BTreeSet<&str> {
    let ids: BTreeSet<_> = lines.iter().map(|line| line.id.as_str()).collect();
    assert_eq!(ids.len(), lines.len(), "nothing is told twice");
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_tell_everything_once_while_projects_are_added() {
    let hall = Hall::publish(World::start().await, 2, 3600.0).await;
    let sealed = hall.seal(0, "100", &[]);
    let act = hall.submit_act(&sealed, 1, None);
    assert_eq!(
        hall.submit(0, &sealed, &act).await.status(),
        StatusCode::NO_CONTENT
    );
    let app = &hall.world.running.app;
    let again = history(&app.store, &hall.project).await;
    let mut there = copies(app, &again, 12).await;
    there.push(hall.project.clone());
    let (public, host) = (hall.world.server(), &hall.host().server);
    let bidder = &hall.bidders[0].session.server;
    let mut mixed = None;
    for (server, query) in [
        (&public, String::new()),
        (&public, "stage=waiting".to_owned()),
        (&public, "stage=bidding".to_owned()),
        (&public, format!("from={}", hall.t0 - 1)),
        (&public, "search=zb-2026".to_owned()),
        (host, "mine=true".to_owned()),
        (host, "mine=true&stage=waiting".to_owned()),
        (host, "mine=true&search=zb-2026".to_owned()),
        (bidder, "mine=true".to_owned()),
        (bidder, "mine=true&search=zb-2026".to_owned()),
    ] {
        let lines = pages(server, &query, async || {
            mixed = copies(app, &again, 1).await.pop();
        });
        let lines = lines.await;
        let told = ids(&lines);
        for id in &there {
            assert!(told.contains(id.as_str()), "{query}: {id}");
        }
        there.extend(mixed.take());
    }
    // Whoever has bid nowhere has no part, and a bid is its bidder's alone.
    let own = pages(bidder, "mine=true", async || ()).await;
    assert!(own.iter().all(|line| line.own[0].live));
    let other = &hall.bidders[1].session.server;
    assert!(pages(other, "mine=true", async || ()).await.is_empty());
    for query in ["stage=open", "stage=ended", "search=none", "to=5"] {
        assert!(
            pages(&public, query, async || ()).await.is_empty(),
            "{query}"
        );
    }
    let path = "projects?after=0192f0c1-0000-7000-8000-000000000000";
    let reply = public.request(reqwest::Method::GET, path).send().await;
    assert_eq!(reply.unwrap().status(), StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_what_was_acknowledged_whoever_searches_beside_it() {
    let hall = Hall::publish(World::start().await, 0, 3600.0).await;
    let app = &hall.world.running.app;
    let again = history(&app.store, &hall.project).await;
    let public = hall.world.server();
    for _ in 0..20 {
        let made = copies(app, &again, 5).await;
        let search = || pages(&public, "search=zb-2026", async || ());
        let (one, other) = tokio::join!(search(), search());
        for id in &made {
            assert!(ids(&one).contains(id.as_str()), "{id}");
            assert!(ids(&other).contains(id.as_str()), "{id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_is_told_in_pages_by_t0() {
    let hall = Hall::publish(World::start().await, 0, 3600.0).await;
    let app = &hall.world.running.app;
    let again = history(&app.store, &hall.project).await;
    copies(app, &again, 6).await;
    let server = &hall.supervisor().server;
    let (mut seen, mut after) = (BTreeSet::new(), String::new());
    loop {
        let path = format!("board?limit=3{after}");
        let board: BoardView = server.get(&path).await.unwrap();
        for room in board.rooms {
            assert!(seen.insert(room.id));
        }
        let Some(next) = board.next else { break };
        after = format!("&after={next}");
    }
    assert_eq!(seen.len(), 7);
    let whole: BoardView = server.get("board").await.unwrap();
    assert_eq!((whole.rooms.len(), whole.next), (7, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_stand_on_the_pages_of_their_officials_alone() {
    let mut world = World::start().await;
    let tender = Tender::gather(&mut world).await;
    let t0 = world.running.app.now() + 3_600_000;
    let project = tender.begin(t0).await;
    let again = history(&world.running.app.store, &project).await;
    copies(&world.running.app, &again, 8).await;
    for (server, all, mine) in [
        (&tender.host.server, 9, 9),
        (&tender.supervisor.server, 9, 9),
        (&tender.machine.server, 9, 0),
        (&tender.administrator.server, 0, 0),
    ] {
        let lines = pages(server, "", async || ()).await;
        assert_eq!(ids(&lines).len(), all);
        let lines = pages(server, "mine=true", async || ()).await;
        assert_eq!(ids(&lines).len(), mine);
    }
    assert!(pages(&world.server(), "", async || ()).await.is_empty());
}

/// Waits until what reads behind the commits has come to their end.
async fn quiet(app: &App) {
    loop {
        let before = app.store.rows_opened();
        tokio::time::sleep(Duration::from_millis(200)).await;
        if app.store.rows_opened() == before {
            return;
        }
    }
}

/// How many sealed rows an answer takes. What goes on beside it takes some as well, so it
/// is asked often, and the least counts.
async fn cost(app: &App, server: &Server, path: &str) -> u64 {
    let mut least = u64::MAX;
    for _ in 0..12 {
        let before = app.store.rows_opened();
        let _: serde_json::Value = server.get(path).await.unwrap();
        least = least.min(app.store.rows_opened() - before);
    }
    least
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_costs_what_it_shows_however_many_projects_there_are() {
    let hall = Hall::publish(World::start().await, 1, 3600.0).await;
    let sealed = hall.seal(0, "100", &[]);
    let act = hall.submit_act(&sealed, 1, None);
    assert_eq!(
        hall.submit(0, &sealed, &act).await.status(),
        StatusCode::NO_CONTENT
    );
    let app = &hall.world.running.app;
    let again = history(&app.store, &hall.project).await;
    let (public, supervisor) = (hall.world.server(), &hall.supervisor().server);
    let bidder = &hall.bidders[0].session.server;
    let span = format!("projects?limit=5&from={}", hall.t0 - 1);
    let asked = [
        (&public, "projects?limit=5"),
        (&public, "projects?limit=5&stage=bidding"),
        (&public, "projects?limit=5&stage=ended"),
        (&public, &span),
        (&public, "projects?limit=5&search=zb-2026"),
        (supervisor, "projects?limit=5&mine=true"),
        (bidder, "projects?limit=5&mine=true"),
        (supervisor, "board?limit=5"),
        (supervisor, "helps?limit=5"),
        (supervisor, "complaints?limit=5"),
    ];
    copies(app, &again, 20).await;
    quiet(app).await;
    let mut few = Vec::new();
    for (server, path) in asked {
        few.push(cost(app, server, path).await);
    }
    copies(app, &again, 180).await;
    quiet(app).await;
    for ((server, path), few) in asked.into_iter().zip(few) {
        let many = cost(app, server, path).await;
        assert!(many <= few, "{path}: {few} rows became {many}");
        assert!(many <= 32, "{path}: {many} rows for a page of five");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_that_somebody_cut_or_an_earlier_version_lacks_are_made_again() {
    for edited in [
        "DELETE FROM lists",
        "UPDATE lists SET at = at + 5",
        // As an earlier version left it.
        "DELETE FROM lists; DELETE FROM claims",
    ] {
        let hall = Hall::publish(World::start().await, 1, 3600.0).await;
        let sealed = hall.seal(0, "100", &[]);
        let act = hall.submit_act(&sealed, 1, None);
        assert_eq!(
            hall.submit(0, &sealed, &act).await.status(),
            StatusCode::NO_CONTENT
        );
        let hall = hall
            .restart_meanwhile(async |config| edit(config, edited).await)
            .await;
        let public = hall.world.server();
        let bidder = &hall.bidders[0].session.server;
        let span = format!("from={}", hall.t0);
        for (server, query) in [(&public, ""), (&public, &*span), (bidder, "mine=true")] {
            let lines = pages(server, query, async || ()).await;
            assert_eq!(
                ids(&lines),
                BTreeSet::from([&*hall.project]),
                "{edited} {query}"
            );
        }
    }
}

/// Prints what a start and the lists cost with so many projects (PROJECTS, each of EVENTS
/// events): docs/ops/building.md says how it is run.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes, and judges nothing but that everything goes through"]
async fn many_projects_are_measured() {
    let number = |name: &str, default: usize| {
        let text = std::env::var(name);
        text.map_or(default, |text| text.parse().unwrap())
    };
    let (projects, events) = (number("PROJECTS", 10_000), number("EVENTS", 100));
    let hall = Hall::publish(World::start().await, 1, 36_000.0).await;
    let app = &hall.world.running.app;
    for number in history(&app.store, &hall.project).await.len()..events {
        let act = crate::tender::clarify(&format!("澄清 {number}"));
        hall.act(hall.host(), act).await;
    }
    let running = history(&app.store, &hall.project).await;
    let sealed = hall.seal(0, "100", &[]);
    let act = hall.submit_act(&sealed, 1, None);
    let reply = hall.submit(0, &sealed, &act).await;
    assert_eq!(reply.status(), StatusCode::NO_CONTENT);
    let cancel = Cancel {
        nonce: nonce(),
        lot: None,
        reason: "重新招标".to_owned(),
    };
    hall.act(hall.host(), cancel).await;
    let ended = history(&app.store, &hall.project).await;
    // One in twenty is under way; all that have ended are on one bidder's shelf.
    copies(app, &ended, projects - projects / 20).await;
    copies(app, &running, projects / 20).await;
    let Hall {
        world,
        officials,
        bidders,
        ..
    } = hall;
    let World {
        directory: _directory,
        running,
        ..
    } = world;
    let config = running.app.config.clone();
    running.stop().await.unwrap();
    for start in ["first", "second"] {
        let began = Instant::now();
        let service = Service::start(&config);
        println!(
            "{start} start to ready {:?}, CPU {:.2} s",
            began.elapsed(),
            service.cpu()
        );
        settled(&service).await;
        println!("after it was looked over CPU {:.2} s", service.cpu());
        let public = Server::new(&service.url, None).unwrap();
        let supervisor = service.log_in(&officials[2]).await.server;
        let bidder = service.log_in(&bidders[0].person).await.server;
        for (who, server, path) in [
            ("public", &public, "projects"),
            ("public", &public, "projects?limit=20"),
            ("public", &public, "projects?stage=open"),
            ("public", &public, "projects?limit=20&from=1000"),
            ("public", &public, "projects?limit=20&search=zb-2026"),
            ("public", &public, "projects?limit=20&search=nowhere"),
            ("supervisor", &supervisor, "projects?limit=20&mine=true"),
            ("bidder", &bidder, "projects?limit=20&mine=true"),
            ("supervisor", &supervisor, "board?limit=20"),
            ("supervisor", &supervisor, "helps"),
            ("supervisor", &supervisor, "complaints"),
        ] {
            let _: serde_json::Value = server.get(path).await.unwrap();
            let before = service.cpu();
            for _ in 0..100 {
                let _: serde_json::Value = server.get(path).await.unwrap();
            }
            println!(
                "{:>7.2} ms CPU  {who} {path}",
                (service.cpu() - before) * 10.0
            );
        }
        println!("peak {} MiB", service.peak() >> 20);
        let before = service.cpu();
        tokio::time::sleep(Duration::from_secs(10)).await;
        println!(
            "idle {:.1} ms CPU a second",
            (service.cpu() - before) * 100.0
        );
        service.signal("TERM");
        tokio::time::sleep(Duration::from_secs(3)).await;
        service.kill();
    }
}

/// Waits until a service that was started has nothing to do.
async fn settled(service: &Service) {
    let mut used = service.cpu();
    for _ in 0..60 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let now = service.cpu();
        if now - used < 0.2 {
            return;
        }
        used = now;
    }
}
