//! The opening record: what the facts say and, where all details are there, the same
//! bytes made again (docs/spec/record.md).

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_core::disclosure::is_complaint;
use kaibiao_core::event::{Outcome as Opened, What};
use kaibiao_core::ids::{LotId, Seq};
use kaibiao_core::record::{self, Head, Line, Record, Row, Status, Unopened};
use kaibiao_core::state::{Bidder, Lot};
use kaibiao_crypto::{Digest, canonical};
use serde_json::Value;

use super::sheets;
use crate::outcome::{Findings, Place};
use crate::reading::{Reading, Walk};

/// A record as its event names it.
struct Named<'a> {
    seq: Seq,
    lot: &'a LotId,
    digest: Digest,
    corrects: Option<Digest>,
}

pub(super) fn check(reading: &Reading<'_>) -> Findings {
    let mut findings = Findings::default();
    let mut read: Vec<(Named<'_>, &[u8], Record)> = Vec::new();
    for named in named(reading) {
        let place = || file(&named.digest);
        let Some(bytes) = reading.bundle.records.get(&named.digest) else {
            if is_wanted(reading, &named) {
                findings.lacks();
            }
            continue;
        };
        let record = canonical::from_bytes::<Record>(bytes).ok();
        match record.filter(|_| Digest::of(bytes) == named.digest) {
            Some(record) => read.push((named, bytes, record)),
            None => findings.fail("record-differs", place()),
        }
    }
    let sizes = read.iter().map(|(_, _, record)| record.stream.size);
    let walks = walks(reading, &sizes.collect());
    for (named, bytes, record) in &read {
        let place = || file(&named.digest);
        let Some(walk) = walks.get(&record.stream.size) else {
            findings.fail("record-differs", place());
            continue;
        };
        let holds = rests(reading, named, record) && tells(reading, named, record, walk);
        findings.expect(holds, "record-differs", place);
        let size = usize::try_from(record.stream.size).unwrap_or(usize::MAX);
        let mut before = reading.events.iter().take(size);
        let is_whole = before.all(|event| event.is_whole);
        findings.told(is_whole);
        if is_whole {
            let made = made_again(reading, named, walk, record.stream);
            let same = made.is_some_and(|made| made == *bytes);
            findings.expect(same, "record-differs", place);
        }
    }
    findings
}

fn named<'a>(reading: &'a Reading<'_>) -> Vec<Named<'a>> {
    let named = reading
        .facts()
        .filter_map(|(seq, _, facts)| match &facts.what {
            What::RecordMade {
                lot,
                record,
                corrects,
                ..
            } => Some(Named {
                seq,
                lot,
                digest: *record,
                corrects: *corrects,
            }),
            _ => None,
        });
    named.collect()
}

/// Whether the record is in this edition: in the public one the last of each lot.
fn is_wanted(reading: &Reading<'_>, named: &Named<'_>) -> bool {
    let lot = reading.end.state.lots.get(named.lot);
    let last = lot.and_then(|lot| lot.records.last());
    !reading.is_public() || last.is_some_and(|last| last.record == named.digest)
}

/// State and book after so many events, for each of these sizes.
fn walks(reading: &Reading<'_>, sizes: &BTreeSet<u64>) -> BTreeMap<u64, Walk> {
    let mut walks = BTreeMap::new();
    let mut walk = Walk::default();
    for (size, event) in (1..).zip(&reading.events) {
        if !walk.step(event) {
            break;
        }
        if sizes.contains(&size) {
            walks.insert(size, walk.clone());
        }
    }
    walks
}

/// Whether a record rests on a tree before it, after which nothing happened to its lot.
fn rests(reading: &Reading<'_>, named: &Named<'_>, record: &Record) -> bool {
    let Head { size, root } = record.stream;
    let is_about = |what: &What| {
        let told = !is_complaint(what);
        told && (what.lot().as_ref() == Some(named.lot) || what.lots().contains(named.lot))
    };
    let mut between = reading
        .facts()
        .filter(|(seq, _, _)| (size + 1..named.seq).contains(seq));
    size < named.seq
        && reading.root(size) == Some(root)
        && between.all(|(_, _, facts)| !is_about(&facts.what))
}

/// Whether a record tells what the facts do.
fn tells(reading: &Reading<'_>, named: &Named<'_>, record: &Record, walk: &Walk) -> bool {
    let state = &walk.state;
    let Some(lot) = state.lots.get(named.lot) else {
        return false;
    };
    let opened = lot.order.iter().filter_map(|party| lot.parties.get(party));
    let opened: Vec<&Bidder> = opened
        .map(|bidder| &**bidder)
        .filter(|bidder| bidder.outcome == Some(Opened::Opened))
        .collect();
    let shut: Vec<(&Bidder, Digest)> = lot
        .counted()
        .filter(|(_, bidder, _)| bidder.outcome != Some(Opened::Opened))
        .map(|(_, bidder, bid)| (bidder, bid))
        .collect();
    let terms = reading.terms.get(&lot.rules.terms);
    record.project.id == reading.bundle.head.project
        && record.project.t0 == state.t0
        && record.lot.id == *named.lot
        && record.lot.state == lot.stage
        && record.lot.bids == u64::try_from(lot.closing.len()).unwrap_or(u64::MAX)
        && record.lot.minimum == lot.rules.minimum
        && record.lot.reading == lot.rules.reading
        && record.lot.ending == lot.ending
        && terms.is_none_or(|terms| terms.schema == record.lot.schema)
        && record.corrects == lot.correction
        && record.corrects == named.corrects
        && record.rows.len() == opened.len()
        && record
            .rows
            .iter()
            .zip(&opened)
            .all(|(row, it)| is_row(reading, row, it))
        && record.unopened.len() == shut.len()
        && record
            .unopened
            .iter()
            .zip(&shut)
            .all(|(row, (it, bid))| is_shut(row, it, bid))
        && are_faults(record, lot)
}

fn is_row(reading: &Reading<'_>, row: &Row, bidder: &Bidder) -> bool {
    let Some(standing) = bidder.standing() else {
        return false;
    };
    let line = match bidder.line {
        None => Line::Silent,
        Some(line) if line.disputed => Line::Disputed,
        Some(_) => Line::Confirmed,
    };
    let unlocked = bidder.unlocked.and_then(|seq| reading.time(seq));
    let opened = sheets::fields(reading, standing);
    row.bid == standing.digest
        && row.received == standing.time
        && opened.is_none_or(|fields| row.sheet == Value::Object(fields))
        && row.deposit == bidder.deposit
        && row.unlocked == unlocked
        && row.rescued == bidder.rescue.ordered.is_some()
        && row.line == line
        && row.documents == bidder.documents
}

fn is_shut(row: &Unopened, bidder: &Bidder, bid: &Digest) -> bool {
    let finding = bidder.finding.as_ref();
    let status = match finding {
        Some(it) if it.decided.is_some() && it.first != it.finding => Status::Overruled,
        Some(it) if it.decided.is_some() => Status::Confirmed,
        _ => Status::First,
    };
    let cites = finding.map_or(&[][..], |it| &it.cites);
    row.bid == *bid
        && row.finding == finding.map(|it| it.finding)
        && row.rule == finding.map(|it| it.rule)
        && row.cites == cites
        && row.status == status
}

/// Whether the custodians found at fault are those of the facts.
fn are_faults(record: &Record, lot: &Lot) -> bool {
    let found = lot.releases.iter().flat_map(|(x, release)| {
        let faults = release.faults.iter();
        faults.map(|(bid, found)| (found.seq, *x, *bid, found.fault))
    });
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(|(seq, ..)| *seq);
    let told = record.custodians.iter();
    let told: Vec<_> = told.map(|it| (it.seq, it.x, it.bid, it.fault)).collect();
    found == told
}

fn made_again(
    reading: &Reading<'_>,
    named: &Named<'_>,
    walk: &Walk,
    head: Head,
) -> Option<Vec<u8>> {
    let project = reading.bundle.head.project;
    let made = record::record(project, named.lot, &walk.state, &walk.book, head)?;
    canonical::try_to_bytes(&made).ok()
}

fn file(digest: &Digest) -> Place {
    Place::File(format!("records/{digest}.json"))
}
