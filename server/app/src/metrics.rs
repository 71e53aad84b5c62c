//! What is counted for monitoring. No count may tell, before T0, how many bids or
//! bidders there are, so nothing is counted by route, project or role, and neither
//! received bytes nor watchers nor events are counted.

use std::sync::atomic::AtomicU64;

use kaibiao_crypto::certificate::{ListStanding, Trust};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// The counters, one set for the process.
pub struct Metrics {
    registry: Registry,
    requests: Family<Class, Histogram, fn() -> Histogram>,
    heartbeat_age: Gauge<f64, AtomicU64>,
    store_failures: Gauge,
    rows_opened: Gauge,
    clock_drift: Gauge<f64, AtomicU64>,
    list_left: Family<Authority, Gauge<f64, AtomicU64>>,
}

/// A certificate authority, by its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Authority {
    authority: String,
}

/// A reply's class: 2xx, 4xx, ...
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Class {
    class: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("kaibiao");
        let requests: Family<Class, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 4.0, 8)));
        let heartbeat_age = Gauge::default();
        let store_failures = Gauge::default();
        let rows_opened = Gauge::default();
        let clock_drift = Gauge::default();
        registry.register(
            "request_seconds",
            "Time to the reply's head, by class of status",
            requests.clone(),
        );
        registry.register(
            "heartbeat_age_seconds",
            "Since the store was last written durably",
            heartbeat_age.clone(),
        );
        registry.register(
            "store_failures",
            "Writes that failed since the start",
            store_failures.clone(),
        );
        registry.register(
            "store_rows_opened",
            "Heads of streams that were opened since the start, by which lists cost",
            rows_opened.clone(),
        );
        registry.register(
            "clock_drift_seconds",
            "Wall clock minus monotonic clock since they agreed",
            clock_drift.clone(),
        );
        let list_left = Family::default();
        registry.register(
            "revocation_list_left_seconds",
            "Until the first of an authority's revocation lists ends; 0 when it has none",
            list_left.clone(),
        );
        Self {
            registry,
            requests,
            heartbeat_age,
            store_failures,
            rows_opened,
            clock_drift,
            list_left,
        }
    }
}

impl Metrics {
    /// Counts a reply.
    pub fn replied(&self, status: u16, seconds: f64) {
        let class = match status {
            0..=199 => "1xx",
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        };
        self.requests
            .get_or_create(&Class { class })
            .observe(seconds);
    }

    /// The exposition text, with the state of the store, the clock and the
    /// authorities' revocation lists as of now.
    pub fn text(
        &self,
        store: &kaibiao_store::Store,
        trust: &Trust,
    ) -> Result<String, std::fmt::Error> {
        let reading = store.clock().read();
        let condition = store.condition();
        self.heartbeat_age
            .set(seconds(reading.now - condition.beat));
        self.store_failures
            .set(i64::try_from(condition.failures).unwrap_or(i64::MAX));
        self.rows_opened
            .set(i64::try_from(store.rows_opened()).unwrap_or(i64::MAX));
        self.clock_drift.set(seconds(reading.drift));
        self.list_left.clear();
        for ListStanding { ca, list } in trust.lists() {
            let left = list.map_or(0, |list| list.next_update - reading.now);
            let authority = Authority { authority: ca };
            self.list_left.get_or_create(&authority).set(seconds(left));
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Milliseconds as a gauge tells them.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds beyond 2^53 are 285,000 years"
)]
fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}
