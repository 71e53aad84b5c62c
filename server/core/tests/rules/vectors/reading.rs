//! `terms/reading.json`: in which order opened bids are read out.

use kaibiao_core::event::{Outcome, What};
use kaibiao_core::terms::ReadingOrder;
use kaibiao_crypto::Digest;
use serde_json::{Value, json};

use super::hold;
use crate::world::*;

#[test]
fn the_order_of_reading_is_the_one_of_its_vectors() {
    let orders = [
        ReadingOrder::Received,
        ReadingOrder::Reversed,
        ReadingOrder::Digest,
    ];
    let cases: Vec<_> = orders.map(announced).into();
    hold(
        "terms/reading.json",
        &json!({
            "about": "docs/spec/terms.md, 7. `bids`: the lot's bids in `deadline_reached`, each with the number of its event `bid_received` and whether it was opened; `order`: the opened ones as they are announced.",
            "cases": cases,
        }),
    );
}

/// Six bidders, of whom the second replaces its bid and one is not opened.
fn announced(reading: ReadingOrder) -> Value {
    let mut world = World::published_as(|draft| {
        let lot = draft.lots.get_mut(&lot("1")).unwrap();
        lot.policy.reading = reading;
    });
    for number in [1, 2, 3, 4, 2, 5, 6] {
        world.submit(number, "1").unwrap();
    }
    world.now = T0;
    world.tick();
    world.sign_statement(None);
    world.start_window();
    for number in 1..=6 {
        world.unlock(number).unwrap();
    }
    world.sign_statement(Some("1"));
    world.release(&host()).unwrap();
    world.release(&centre()).unwrap();
    let outcome = |index| match index {
        3 => Outcome::Unreadable,
        _ => Outcome::Opened,
    };
    world.open(outcome).unwrap();
    world.ok(&host(), |nonce| kaibiao_core::act::Announce {
        nonce,
        lots: vec![lot("1")],
    });
    let lot1 = world.lot1();
    let received = |bid: &Digest| {
        let events = world.stream.iter();
        let mut received = events.filter_map(|event| match &event.facts.what {
            What::BidReceived { bid: it, .. } if it == bid => Some(event.seq),
            _ => None,
        });
        received.next().unwrap()
    };
    let is_opened = |bid: &Digest| {
        let party = lot1.party_of(bid).unwrap();
        lot1.parties[&party].outcome == Some(Outcome::Opened)
    };
    let bids: Vec<_> = lot1
        .closing
        .iter()
        .map(|bid| json!({"bid": bid, "received": received(bid), "opened": is_opened(bid)}))
        .collect();
    let What::Announced { lots } = &world.stream.last().unwrap().facts.what else {
        panic!("it was announced");
    };
    let order: Vec<_> = lots[0]
        .parties
        .iter()
        .map(|party| lot1.parties[party].live.unwrap())
        .collect();
    assert_eq!((bids.len(), order.len()), (6, 5));
    if reading == ReadingOrder::Digest {
        assert_eq!(order, by_the_specification(&bids));
    }
    json!({"reading": reading, "bids": bids, "order": order})
}

/// As docs/spec/terms.md says it.
fn by_the_specification(bids: &[Value]) -> Vec<Digest> {
    let digest = |bid: &Value| bid["bid"].as_str().unwrap().parse::<Digest>().unwrap();
    let mut closing: Vec<_> = bids.iter().map(digest).collect();
    closing.sort();
    let place = |bid: &Digest| {
        let mut parts: Vec<&[u8]> = closing.iter().map(|it| it.as_bytes().as_slice()).collect();
        parts.push(bid.as_bytes());
        Digest::labelled("kaibiao/1 reading", &parts)
    };
    let opened = bids.iter().filter(|bid| bid["opened"] == true);
    let mut opened: Vec<_> = opened.map(digest).collect();
    opened.sort_by_key(place);
    opened
}
