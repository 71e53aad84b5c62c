//! A clock that is stepped, put right, or wrong from the start.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kaibiao_api::{StatementView, TimeView};
use kaibiao_app::deciding;
use kaibiao_client::http::Session;
use kaibiao_core::act::SetClock;
use kaibiao_store::{Boot, Clock, Hands};
use reqwest::StatusCode;
use serde_json::Value;

use crate::hall::{Hall, Sealed, receipt};
use crate::world::{World, nonce};

/// The machine's own clocks, of which the wall clock can be set.
#[derive(Clone)]
pub struct Settable {
    start: Instant,
    by: Arc<AtomicI64>,
    /// Whether a database's clock is gone by in place of these, where there is one.
    own: bool,
    /// Whether the machine tells how long it has run.
    boot: bool,
}

impl Settable {
    /// A node's own, by which it does not go.
    pub fn of_node(by: i64) -> Self {
        Self {
            own: true,
            ..Self::new(by)
        }
    }

    fn new(by: i64) -> Self {
        Self {
            start: Instant::now(),
            by: Arc::new(AtomicI64::new(by)),
            own: false,
            boot: false,
        }
    }

    pub fn step(&self, by: i64) {
        self.by.fetch_add(by, Ordering::AcqRel);
    }
}

/// The machine's clock, so many milliseconds ahead.
pub fn ahead(by: i64) -> Clock {
    Clock::new(Settable::new(by))
}

pub fn real() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

impl Hands for Settable {
    fn wall(&self) -> i64 {
        real() + self.by.load(Ordering::Acquire)
    }

    fn monotonic(&self) -> i64 {
        i64::try_from(self.start.elapsed().as_millis()).unwrap()
    }

    fn is_own(&self) -> bool {
        self.own
    }

    fn boot(&self) -> Option<Boot> {
        self.boot.then(|| Clock::system().boot().unwrap())
    }
}

/// What came of handing a bid in: the time of its receipt, or the code of the
/// refusal.
async fn hand_in(hall: &Hall, bidder: usize) -> Result<i64, String> {
    let sealed: Sealed = hall.seal(bidder, "100000", &[("a.pdf", vec![7; 1000])]);
    let act = hall.submit_act(&sealed, 1, None);
    let (status, begun) = hall.begin(bidder, &sealed, &act, true).await;
    if status != StatusCode::CREATED {
        return Err(begun["code"].as_str().unwrap().to_owned());
    }
    let upload = begun["upload"].as_str().unwrap();
    let reply = hall.patch(bidder, upload, 0, sealed.body.clone()).await;
    let receipt: StatementView = receipt(&reply);
    let body: Value = serde_json::from_str(&receipt.body).unwrap();
    Ok(body["statement"]["received"].as_i64().unwrap())
}

async fn time(hall: &Hall) -> TimeView {
    hall.world.server().get("time").await.unwrap()
}

async fn until_steady(hall: &Hall) {
    for _ in 0..200 {
        if time(hall).await.steady {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never steady");
}

pub async fn t0(hall: &Hall) -> (i64, bool) {
    let project = hall.project.parse().unwrap();
    let current = deciding::load(&hall.world.running.app, project).await;
    let current = current.unwrap();
    (current.state.t0, current.state.deadline.is_some())
}

async fn set_clock(session: &Session, time: i64) -> Result<(), String> {
    let act = SetClock {
        nonce: nonce(),
        time,
        reason: "已核对".to_owned(),
    };
    let done = session.act("", &act.into(), Vec::new()).await;
    done.map(drop).map_err(|failure| failure.code.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_put_right_neither_fires_t0_nor_moves_it_nor_dates_anything_ahead() {
    let hands = Settable::new(0);
    let world = World::with_clock(|_| (), Clock::new(hands.clone())).await;
    let hall = Hall::publish(world, 2, 45.0).await;
    let published = t0(&hall).await;
    hands.step(60_000);
    assert_eq!(hand_in(&hall, 0).await, Err("clock-unsteady".to_owned()));
    let doubt = time(&hall).await;
    assert!(!doubt.steady);
    assert!(doubt.wall - doubt.now > 59_000);
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(t0(&hall).await, published);
    hands.step(-60_000);
    until_steady(&hall).await;
    let received = hand_in(&hall, 1).await.unwrap();
    assert!(received <= real());
    assert_eq!(t0(&hall).await, published);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_in_a_doubtful_hour_bears_the_time_that_was_believed() {
    let hands = Settable::new(0);
    let world = World::with_clock(|_| (), Clock::new(hands.clone())).await;
    let hall = Hall::publish(world, 1, 7200.0).await;
    hands.step(60_000);
    let received = hand_in(&hall, 0).await.unwrap();
    assert!(received <= real());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_a_day_ahead_at_a_start_fires_no_t0_until_somebody_confirms_it() {
    let hall = Hall::publish(World::start().await, 1, 3600.0).await;
    let published = t0(&hall).await;
    let hands = Settable::new(24 * 3_600_000);
    let mut hall = hall
        .restart_by(Duration::ZERO, Clock::new(hands.clone()))
        .await;
    assert!(!time(&hall).await.steady);
    assert_eq!(hand_in(&hall, 0).await, Err("clock-unsteady".to_owned()));
    hall.until("read", |view| view["lots"]["1"]["stage"] == "bidding")
        .await;
    assert_eq!(t0(&hall).await, published);

    hands.step(-24 * 3_600_000);
    let refused = set_clock(hall.host(), real()).await;
    assert_eq!(refused, Err("not-permitted".to_owned()));
    let person = hall.world.person(1, "市公共资源交易中心", "管理员");
    let administrator = hall.world.log_in(&person).await;
    let refused = set_clock(&administrator, real() + 3_600_000).await;
    assert_eq!(refused, Err("clock-differs".to_owned()));
    set_clock(&administrator, real()).await.unwrap();
    assert!(time(&hall).await.steady);
    assert!(hand_in(&hall, 0).await.unwrap() <= real());
    assert_eq!(t0(&hall).await, published);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_some_minutes_ahead_at_a_start_fires_no_t0_on_a_machine_that_ran_all_the_while() {
    let unmoving = Hall::publish_with(World::start().await, 1, 60.0, |draft| {
        draft.outage_moves_t0 = false;
    });
    let hall = unmoving.await;
    let mut hands = Settable::new(180_000);
    hands.boot = true;
    let hall = hall
        .restart_by(Duration::ZERO, Clock::new(hands.clone()))
        .await;
    assert!(!time(&hall).await.steady);
    assert_eq!(hand_in(&hall, 0).await, Err("clock-unsteady".to_owned()));
    hands.step(-180_000);
    until_steady(&hall).await;
    assert!(hand_in(&hall, 0).await.unwrap() <= real());
}
