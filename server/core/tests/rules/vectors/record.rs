//! `record/opening.json`: the events of a short opening with their salts, their
//! tree, and the records that they make.

use kaibiao_core::act::*;
use kaibiao_core::book::{Book, note};
use kaibiao_core::event::{Outcome, Recorded};
use kaibiao_core::evolve;
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_core::record::{Head, record};
use kaibiao_core::state::State;
use kaibiao_crypto::merkle::Frontier;
use kaibiao_crypto::shell::{Salt, Shell, details_digest, facts_digest};
use kaibiao_crypto::{Digest, canonical};
use serde::{Deserialize, Serialize};

use super::hold;
use crate::world::*;

#[derive(Serialize, Deserialize)]
struct File {
    about: String,
    project: ProjectId,
    events: Vec<Told>,
    records: Vec<Made>,
}

/// An event with all that proves it.
#[derive(Serialize, Deserialize)]
struct Told {
    shell: String,
    facts: String,
    facts_salt: String,
    details: String,
    details_salt: String,
}

#[derive(Serialize, Deserialize)]
struct Made {
    name: String,
    lot: LotId,
    /// From how many of the events.
    size: u64,
    root: Digest,
    /// The record's exact bytes, and their SHA-256.
    record: String,
    digest: Digest,
}

/// One of three bids does not open; somebody objects; lot 2 has no bids.
fn opening() -> World {
    let mut world = World::published();
    world.submit(5, "1").unwrap();
    world.withdraw(5, "1").unwrap();
    world.close_with(3);
    world.start_window();
    for number in 1..=3 {
        world.unlock(number).unwrap();
    }
    world.sign_statement(Some("1"));
    world.release(&host()).unwrap();
    world.release(&centre()).unwrap();
    let outcome = |index| match index {
        2 => Outcome::PlaintextMismatch,
        _ => Outcome::Opened,
    };
    world.open(outcome).unwrap();
    world.ok(&host(), |nonce| Announce {
        nonce,
        lots: vec![lot("1")],
    });
    let line = (1..=3).find_map(|number| {
        let party = world.party(number, "1")?;
        let bidder = &world.lot1().parties[&party];
        (bidder.outcome == Some(Outcome::Opened)).then_some((number, bidder.live?))
    });
    let (number, bid) = line.unwrap();
    world.ok(&bidder(number), |nonce| Confirm {
        nonce,
        lot: lot("1"),
        bid,
    });
    world.ok(&bidder(number), |nonce| Object {
        nonce,
        lot: lot("1"),
        text: "唱标顺序有误？".into(),
        attachments: vec![],
    });
    let objection = world.last_seq();
    world.ok(&host(), |nonce| Reply {
        nonce,
        lot: lot("1"),
        objection,
        text: "顺序以条款为准。".into(),
        attachments: vec![],
    });
    world.ok(&host(), |nonce| OpenObjections {
        nonce,
        lots: vec![lot("1")],
        seconds: None,
    });
    world.ok(&host(), |nonce| CloseObjections {
        nonce,
        lots: vec![lot("1")],
    });
    world
}

fn salt(what: &str, seq: u64) -> Salt {
    digest(&format!("{what} salt {seq}")).into_bytes()
}

fn told(event: &Recorded) -> Told {
    let facts = canonical::to_bytes(&event.facts);
    let details = canonical::to_bytes(event.details.as_ref().unwrap());
    let (facts_salt, details_salt) = (salt("facts", event.seq), salt("details", event.seq));
    let shell = Shell {
        seq: event.seq,
        time: event.time,
        facts: facts_digest(&facts_salt, &facts),
        details: details_digest(&details_salt, &details),
    };
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Told {
        shell: text(shell.to_bytes()),
        facts: text(facts),
        facts_salt: hex(&facts_salt),
        details: text(details),
        details_salt: hex(&details_salt),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_record_is_made_of_the_events_of_its_vector() {
    let world = opening();
    let events: Vec<_> = world.stream.iter().map(told).collect();
    let all = world.last_seq();
    let announced = world.kinds().iter().position(|kind| *kind == "announced");
    let announced = u64::try_from(announced.unwrap()).unwrap() + 1;
    let records = [
        ("the lot that was opened", "1", all),
        ("the same when it was announced", "1", announced),
        ("a lot without bids", "2", all),
    ];
    let made = records.map(|(name, id, size)| {
        let (root, record) = replayed(&events, &lot(id), size);
        Made {
            name: name.into(),
            lot: lot(id),
            size,
            root,
            digest: Digest::of(record.as_bytes()),
            record,
        }
    });
    let file = File {
        about: "docs/spec/record.md: what the first `size` of the events make for `lot`, to the byte. Facts, details and their salts are what docs/spec/tree.md, 1 commits to; keys, certificates and signatures in the details stand for nothing.".into(),
        project: project(),
        events,
        records: made.into(),
    };
    hold("record/opening.json", &file);
    assert!(file.records[0].record.contains("顺序以条款为准"));
}

/// What somebody makes who has nothing but the file.
fn replayed(events: &[Told], id: &LotId, size: u64) -> (Digest, String) {
    let (mut state, mut book, mut tree) = (State::default(), Book::default(), Frontier::new());
    for told in &events[..usize::try_from(size).unwrap()] {
        let shell = Shell::from_bytes(told.shell.as_bytes()).unwrap();
        let event = Recorded {
            seq: shell.seq,
            time: shell.time,
            facts: canonical::from_bytes(told.facts.as_bytes()).unwrap(),
            details: Some(canonical::from_bytes(told.details.as_bytes()).unwrap()),
        };
        state = evolve(state, &event).unwrap();
        book = note(book, &event);
        tree.append(shell.leaf());
    }
    let root = tree.root();
    let made = record(project(), id, &state, &book, Head { size, root }).unwrap();
    (root, String::from_utf8(canonical::to_bytes(&made)).unwrap())
}
