//! What was found wrong with somebody: no fault of the bundle, and told after the
//! checks (docs/spec/bundle.md, 5).

use kaibiao_core::details::Details;
use kaibiao_core::event::{Facts, Outcome as Opened, What};
use kaibiao_core::ids::{LotId, Seq};
use kaibiao_crypto::Digest;
use serde::Serialize;

use crate::reading::Reading;

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// What it is, from a closed list.
    pub what: &'static str,
    /// The event that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// The lot it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot: Option<LotId>,
    /// The bid it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bid: Option<Digest>,
    /// More of it, in the words of the facts: an outcome, a finding and its rule, a
    /// fault, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// All that was found, a T0 that moved first.
pub(crate) fn list(reading: &Reading<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (seq, event) in (1..).zip(&reading.events) {
        match &event.facts {
            None => found.push(Found {
                seq: Some(seq),
                ..Found::of("facts-withheld")
            }),
            Some(facts) => of_event(&mut found, reading, seq, facts),
        }
        let line = usize::try_from(seq - 1).ok();
        let line = line.and_then(|at| reading.bundle.lines.get(at));
        if line.is_some_and(|line| line.erased.is_some()) {
            found.push(Found {
                seq: Some(seq),
                ..Found::of("details-erased")
            });
        }
        let mut grounds = event.details.iter().flat_map(Details::grounds);
        if grounds.any(|grounds| grounds.bridged.is_some()) {
            found.push(Found {
                seq: Some(seq),
                ..Found::of("list-bridged")
            });
        }
    }
    found.sort_by_key(|it| it.what != T0_MOVED);
    found
}

const T0_MOVED: &str = "t0-moved";

fn of_event(found: &mut Vec<Found>, reading: &Reading<'_>, seq: Seq, facts: &Facts) {
    let of = |what| Found {
        seq: Some(seq),
        lot: facts.what.lot(),
        ..Found::of(what)
    };
    match &facts.what {
        What::OutageNoted { from, to, t0, .. } => found.push(Found {
            value: Some((to - from).to_string()),
            ..of(if t0.is_some() { T0_MOVED } else { "outage" })
        }),
        What::DeadlineReached { t0, .. } => found.push(Found {
            value: reading.time(seq).map(|time| (time - t0).to_string()),
            ..of("deadline-after-t0")
        }),
        What::QuorumOrdered { .. } => found.push(of("quorum-ordered")),
        What::SubmissionRefused { bid, code, .. } => found.push(Found {
            bid: *bid,
            value: word(code),
            ..of("submission-refused")
        }),
        What::Opened { results, .. } => {
            let shut = results.iter().filter(|it| it.outcome != Opened::Opened);
            found.extend(shut.map(|it| Found {
                bid: Some(it.bid),
                value: word(&it.outcome),
                ..of("bid-unopened")
            }));
        }
        What::DocumentOpened { bid, outcome, .. } if *outcome != Opened::Opened => {
            found.push(Found {
                bid: Some(*bid),
                value: word(outcome),
                ..of("document-unopened")
            });
        }
        What::FindingMade {
            bid, finding, rule, ..
        } => found.push(Found {
            bid: Some(*bid),
            value: word(finding)
                .zip(word(rule))
                .map(|(finding, rule)| format!("{finding} {rule}")),
            ..of("finding-made")
        }),
        What::FindingConfirmed { finding, .. } => found.push(Found {
            value: word(finding),
            ..of("finding-confirmed")
        }),
        What::FindingOverruled { finding, .. } => found.push(Found {
            value: word(finding),
            ..of("finding-overruled")
        }),
        What::CustodianFound { bid, fault, x, .. } => found.push(Found {
            bid: Some(*bid),
            value: word(fault).map(|fault| format!("{x} {fault}")),
            ..of("custodian-found")
        }),
        What::FaultConfirmed { bid, x, .. } => found.push(Found {
            bid: Some(*bid),
            value: Some(x.to_string()),
            ..of("fault-confirmed")
        }),
        What::FaultOverruled { bid, x, stands, .. } => found.push(Found {
            bid: Some(*bid),
            value: Some(x.to_string()),
            ..of(if *stands {
                "fault-stands"
            } else {
                "fault-lifted"
            })
        }),
        _ => {}
    }
}

impl Found {
    const fn of(what: &'static str) -> Self {
        Self {
            what,
            seq: None,
            lot: None,
            bid: None,
            value: None,
        }
    }
}

/// A word of the facts as it is spelt there.
fn word(value: &impl Serialize) -> Option<String> {
    let value = serde_json::to_value(value).ok()?;
    value.as_str().map(str::to_owned)
}
