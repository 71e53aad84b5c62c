//! Receipts: those of the bundle against its events, and those that bidders have kept.

use kaibiao_core::event::What;
use kaibiao_core::ids::{LotId, Millis, Seq};
use kaibiao_crypto::Digest;
use kaibiao_crypto::merkle::leaf_hash;
use kaibiao_crypto::statement::{Receipt, StatementProblem};

use crate::Kept;
use crate::form::{AnchorLine, Short};
use crate::outcome::{Check, Fault, Findings, Outcome, Place};
use crate::reading::Reading;
use crate::report::Made;

/// A bid as its event tells it.
struct Received<'a> {
    seq: Seq,
    time: Millis,
    lot: &'a LotId,
    bid: Digest,
}

pub(super) fn check(reading: &Reading<'_>) -> Findings {
    let mut findings = Findings::default();
    let received = received(reading);
    let receipts = &reading.bundle.receipts;
    for (at, event) in received.iter().enumerate() {
        let place = || Place::Seq(event.seq);
        let Some(short) = receipts.get(at) else {
            findings.fail("receipt-differs", place());
            continue;
        };
        let receipt = match verified(reading, short) {
            Ok(receipt) => receipt,
            Err(code) => {
                findings.fail(code, place());
                continue;
            }
        };
        let is_its = is_of(reading, event, &receipt);
        findings.expect(is_its, "receipt-differs", place);
        let has_tick = (receipt.tick > 0) == reading.has_log();
        findings.expect(has_tick, "receipt-differs", place);
        if let Some(anchor) = anchor(reading, receipt.tick) {
            let is_held = event.seq <= anchor.size;
            findings.expect(is_held, "receipt-late", place);
        }
    }
    let is_one_each = receipts.len() <= received.len();
    let place = || Place::file("receipts.jsonl");
    findings.expect(is_one_each, "receipt-differs", place);
    findings
}

/// Checks receipts that somebody has kept, each by itself.
pub(crate) fn kept(reading: &Reading<'_>, receipts: &[Kept<'_>]) -> Vec<Made> {
    let received = received(reading);
    let made = receipts.iter().map(|(name, bytes)| {
        let place = Place::file(name);
        let short: Option<Short> = serde_json::from_slice(bytes).ok();
        let receipt = short.and_then(|short| verified(reading, &short).ok());
        let outcome = match receipt {
            // Of somewhere else, or nobody's: it says nothing about this bundle.
            None => Outcome::NotAsked,
            Some(receipt) if received.iter().any(|it| is_of(reading, it, &receipt)) => {
                Outcome::Holds
            }
            Some(_) => Outcome::Fails(Fault {
                code: "receipt-missing".to_owned(),
                place: place.clone(),
            }),
        };
        Made::at(Check::Receipt, outcome, place)
    });
    made.collect()
}

/// The receipt, or the code of the signature that does not hold.
fn verified(reading: &Reading<'_>, short: &Short) -> Result<Receipt, &'static str> {
    let policy = reading.policy;
    let signed = short.full();
    match signed.verify::<Receipt>(&policy.origin, &reading.project, policy.receipt_keys()) {
        Ok(receipt) if policy.expects(short) => Ok(receipt.into_inner()),
        Ok(_) | Err(StatementProblem::NoSm2Signature | StatementProblem::Sm2Signature(_)) => {
            Err("receipt-sm2-signature")
        }
        Err(_) => Err("receipt-signature"),
    }
}

fn received<'a>(reading: &'a Reading<'_>) -> Vec<Received<'a>> {
    let received = reading
        .facts()
        .filter_map(|(seq, time, facts)| match &facts.what {
            What::BidReceived { lot, bid, .. } => Some(Received {
                seq,
                time,
                lot,
                bid: *bid,
            }),
            _ => None,
        });
    received.collect()
}

/// Whether a receipt is the one of this event.
fn is_of(reading: &Reading<'_>, event: &Received<'_>, receipt: &Receipt) -> bool {
    let at = usize::try_from(event.seq - 1).ok();
    let line = at.and_then(|at| reading.bundle.lines.get(at));
    receipt.bid == event.bid
        && receipt.lot == event.lot.as_str()
        && receipt.received == event.time
        && line.is_some_and(|line| receipt.leaf == leaf_hash(line.shell.as_bytes()))
}

/// The anchor that holds what a receipt of this tick promises: the one of the tick, or
/// the closing statement's where that one comes first.
fn anchor<'a>(reading: &'a Reading<'_>, tick: u64) -> Option<&'a AnchorLine> {
    let anchors = &reading.bundle.anchors;
    let of = |tick: u64| anchors.iter().find(|line| line.tick == tick);
    let closing = reading.bundle.closing.as_ref();
    let closing = closing.and_then(|it| it.proof.as_ref());
    let last = closing.map(|proof| proof.anchored.anchor.tick);
    match last {
        Some(last) if tick > last => of(last),
        _ => of(tick).or(anchors.last()),
    }
}
