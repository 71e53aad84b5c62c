//! Nodes over one database whose machines do not agree about the time.

use std::time::Duration;

use kaibiao_app::deciding;
use kaibiao_core::event::What as Happened;
use kaibiao_core::platform::{Health, Platform, What};
use kaibiao_core::project::Project;
use kaibiao_store::{Clock, StreamId};
use serde_json::Value;

use crate::clock::{Settable, real, t0};
use crate::hall::{Hall, receipt};
use crate::nodes::{Balancer, another_by, database};
use crate::world::World;

/// One node's clock is 800 ms ahead, the other's is stepped by minutes to and fro.
#[tokio::test(flavor = "multi_thread")]
async fn clocks_apart_and_stepping_open_nothing_early_date_nothing_back_and_are_on_record() {
    const STEP: i64 = 180_000;
    let (balancer, address) = Balancer::start().await;
    let url = database("apart").await;
    let world = World::with_clock(
        |config| {
            config.store.url = Some(url);
            config.public_url = Some(address);
            config.trust.reload_seconds = 1;
        },
        Clock::new(Settable::of_node(800)),
    )
    .await;
    let config = world.running.app.config.clone();
    let place = world.directory.path().join("second");
    let wrong = Settable::of_node(0);
    let second = another_by(&config, &place, Clock::new(wrong.clone())).await;
    balancer.put(world.running.address);
    balancer.put(second.address);

    let hall = Hall::publish(world, 4, 15.0).await;
    let (announced, _) = t0(&hall).await;
    let mut moved = 0;
    for bidder in 0..4 {
        let by = if bidder % 2 == 0 { STEP } else { -2 * STEP };
        wrong.step(by);
        moved += by;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let sealed = hall.seal(bidder, "100000", &[("a.pdf", vec![7; 1000])]);
        let act = hall.submit_act(&sealed, 1, None);
        let before = real();
        let reply = hall.submit(bidder, &sealed, &act).await;
        let said: Value = serde_json::from_str(&receipt(&reply).body).unwrap();
        let received = said["statement"]["received"].as_i64().unwrap();
        // This machine's clock is the database's here.
        assert!(
            (before - 100..=real() + 100).contains(&received),
            "{received}"
        );
    }
    // It stands minutes ahead as T0 comes near.
    wrong.step(STEP - moved);
    loop {
        let (t0, fired) = t0(&hall).await;
        assert_eq!(t0, announced);
        if fired {
            break;
        }
        assert!(real() < t0 + 30_000, "T0 never came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(real() >= announced, "{} ms early", announced - real());
    wrong.step(-STEP);

    let store = &hall.world.running.app.store;
    let stream = deciding::stream(hall.project.parse().unwrap());
    let events = store.events::<Project>(&stream, 0, 10_000).await.unwrap();
    assert!(events.is_sorted_by_key(|event| event.time));
    let came = events
        .iter()
        .find(|event| matches!(event.facts.what, Happened::DeadlineReached { .. }));
    let deadline = came.unwrap().time;
    assert!((announced..=real()).contains(&deadline), "{deadline}");
    let away = |what: &Happened| matches!(what, Happened::OutageNoted { .. });
    assert!(!events.iter().any(|event| away(&event.facts.what)));

    // That it was wrong is on record, and that it is right again; what is within a second
    // is not worth a word.
    let mut noted = Vec::new();
    for _ in 0..200 {
        let stream = StreamId::platform();
        let events = store.events::<Platform>(&stream, 0, 10_000).await.unwrap();
        let steps = events.iter().filter_map(|event| match event.facts.what {
            What::HealthNoted {
                sign: Health::ClockStepped,
                measured,
            } => Some((measured, event.details.clone().unwrap_or_default().note)),
            _ => None,
        });
        noted = steps.collect();
        if noted.last().is_some_and(|(measured, _)| *measured == 0) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (first, words) = noted.first().expect("the step is on record");
    assert!(first.abs() > STEP - 1_000, "{noted:?}");
    assert!(words.contains(&config.listen.ip().to_string()), "{words}");
    assert_eq!(noted.last().unwrap().0, 0, "{noted:?}");
    second.stop().await.unwrap();
}
