//! Which files there are follows from the facts.

use std::collections::BTreeSet;

use kaibiao_core::details::Details;
use kaibiao_core::event::{Outcome as Opened, What};
use kaibiao_core::terms::SealingTerms;
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::Header;

use crate::outcome::{Findings, Place};
use crate::reading::Reading;

/// What there may be beside what follows from facts.
const MAY: [&str; 2] = ["notices.jsonl", "timestamps.jsonl"];

pub(super) fn check(reading: &Reading<'_>) -> Findings {
    let mut findings = Findings::default();
    if reading.broken.is_some() {
        // What follows from facts that do not fold nobody can tell.
        findings.lacks();
        return findings;
    }
    let wanted = wanted(reading);
    let there: BTreeSet<&str> = reading.bundle.names.iter().map(String::as_str).collect();
    for name in &wanted {
        let is_there = there.contains(name.as_str());
        findings.expect(is_there, "file-missing", || Place::file(name));
    }
    for name in there {
        // Stamps are there as far as their authorities answered, and places of notices
        // since they are entered into the log.
        let may = wanted.contains(name) || (MAY.contains(&name) && reading.has_log());
        findings.expect(may, "file-surplus", || Place::file(name));
    }
    for (digest, list) in &reading.bundle.crls {
        let place = || Place::File(format!("crls/{digest}.der"));
        findings.expect(Digest::of(list) == *digest, "file-missing", place);
    }
    for (bid, header) in &reading.bundle.headers {
        let is_its = Header::parse(header).is_ok_and(|header| header.digest() == *bid);
        let place = || Place::File(format!("headers/{bid}.bin"));
        findings.expect(is_its, "file-missing", place);
    }
    for line in &reading.bundle.logged {
        let is_there = reading.bundle.terms.contains_key(&line.terms);
        let place = || Place::file("logged.jsonl");
        findings.expect(is_there, "file-surplus", place);
    }
    findings
}

fn wanted(reading: &Reading<'_>) -> BTreeSet<String> {
    let mut wanted: BTreeSet<String> = ["bundle.json", "events.jsonl"].map(String::from).into();
    if reading.has_log() {
        let of_log = ["anchors.jsonl", "checkpoint", "logged.jsonl"];
        wanted.extend(of_log.map(String::from));
    }
    if reading.erased().next().is_some() {
        wanted.insert("erasures.jsonl".to_owned());
    }
    for (_, _, facts) in reading.facts() {
        match &facts.what {
            What::StatementSigned { lot: None, .. } => {
                wanted.insert("closing.json".to_owned());
            }
            What::StatementSigned { lot: Some(lot), .. } => {
                wanted.insert(format!("accepted/{lot}.json"));
            }
            What::BidReceived { .. } => {
                wanted.insert("receipts.jsonl".to_owned());
            }
            What::Published { lots, .. } => {
                wanted.extend(lots.iter().map(|it| format!("terms/{}.json", it.terms)));
            }
            What::TermsAmended { rules, .. } => {
                wanted.insert(format!("terms/{}.json", rules.terms));
            }
            What::RecordMade { record, .. } if !reading.is_public() => {
                wanted.insert(format!("records/{record}.json"));
            }
            _ => {}
        }
    }
    lists(reading, &mut wanted);
    of_lots(reading, &mut wanted);
    wanted
}

/// The revocation lists that grounds name in details and terms of this bundle.
fn lists(reading: &Reading<'_>, wanted: &mut BTreeSet<String>) {
    let details = reading.events.iter().filter_map(|it| it.details.as_ref());
    let of_details = details.flat_map(Details::grounds);
    let of_terms = reading.terms.values().flat_map(SealingTerms::grounds);
    for grounds in of_details.chain(of_terms) {
        let lists = grounds.lists();
        wanted.extend(lists.iter().map(|it| format!("crls/{it}.der")));
    }
}

/// What there is of bids and records.
fn of_lots(reading: &Reading<'_>, wanted: &mut BTreeSet<String>) {
    for lot in reading.end.state.lots.values() {
        for party in lot.order.iter() {
            let bidder = lot.parties.get(party);
            let opened = bidder.filter(|it| it.outcome == Some(Opened::Opened));
            if let Some(bid) = opened.and_then(|it| it.live) {
                wanted.insert(format!("sheets/{bid}.json"));
            }
        }
        if reading.is_public() {
            let last = lot.records.last();
            wanted.extend(last.map(|it| format!("records/{}.json", it.record)));
            continue;
        }
        wanted.extend(lot.accepted.iter().map(|it| format!("headers/{it}.bin")));
        for bidder in lot.parties.values() {
            let Some(bid) = bidder.live else {
                continue;
            };
            if bidder.rescue.ordered.is_some() {
                wanted.insert(format!("headers/{bid}.bin"));
            }
            if lot.is_contested(bidder, &bid) {
                wanted.insert(format!("rechecks/{bid}.json"));
            }
        }
    }
}
