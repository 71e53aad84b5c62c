//! Where a bundle ends, and who reads what of which event (docs/spec/bundle.md, 1 and 3).

use kaibiao_core::act::*;
use kaibiao_core::command::System;
use kaibiao_core::details::Details;
use kaibiao_core::disclosure::{Disclosed, disclosed, shells};
use kaibiao_core::event::{Recorded, What};
use kaibiao_core::ids::*;
use kaibiao_core::role::By;
use kaibiao_core::state::{Stage, State};
use kaibiao_core::viewer::{Seat, Viewer};

use crate::world::*;

const WHOLE: Disclosed = Disclosed {
    facts: true,
    details: true,
};
const FACTS: Disclosed = Disclosed {
    facts: true,
    details: false,
};
const NOTHING: Disclosed = Disclosed {
    facts: false,
    details: false,
};

fn seat(seat: Seat, actor: &kaibiao_core::command::Actor) -> Viewer {
    Viewer::at(seat, Some(actor.organisation().clone()))
}

fn collusion(nonce: Nonce) -> Complain {
    Complain {
        nonce,
        lot: lot("1"),
        matter: Matter::Collusion,
        request: "请求查处围标行为".into(),
        text: "两家投标人的代表是同一人".into(),
        cites: vec![],
        attachments: vec![],
    }
}

fn made(world: &mut World, name: &str) {
    let size = world.state.events;
    world
        .system(System::RecordMade {
            lot: lot("1"),
            size,
            record: digest(name),
            pdf: None,
        })
        .unwrap();
}

impl World {
    fn of_one_lot(masked: bool) -> Self {
        Self::published_as(|draft| {
            draft.lots.remove(&lot("2"));
            draft.lots.get_mut(&lot("1")).unwrap().policy.masked = masked;
        })
    }

    /// The lot went its course, its record is signed, and it is closed.
    fn over(bidders: usize, masked: bool) -> Self {
        let mut world = Self::of_one_lot(masked);
        world.close_with(bidders);
        world.start_window();
        for number in 1..=bidders {
            world.unlock(number).unwrap();
        }
        world.sign_statement(Some("1"));
        world.release(&host()).unwrap();
        world.release(&centre()).unwrap();
        world
            .open(|_| kaibiao_core::event::Outcome::Opened)
            .unwrap();
        world.ok(&host(), |nonce| Announce {
            nonce,
            lots: vec![lot("1")],
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
        made(&mut world, "record");
        world.ok(&host(), |nonce| SignRecord {
            nonce,
            lot: lot("1"),
            record: digest("record"),
            cms: None,
        });
        world.ok(&bidder(1), |nonce| Countersign {
            nonce,
            lot: lot("1"),
            record: digest("record"),
            remark: String::new(),
            cms: None,
        });
        assert_eq!(world.state.evidence, None);
        while world.wait() {}
        assert_eq!(world.stage(), Stage::Closed);
        world
    }

    fn reads(&self, viewer: &Viewer, event: &Recorded) -> Disclosed {
        disclosed(viewer, &self.state, &self.book, self.now, event)
    }

    fn shells(&self, viewer: &Viewer) -> Seq {
        shells(viewer, &self.state, &self.book, self.now)
    }

    fn end(&self) -> Seq {
        self.state.evidence.as_ref().unwrap().end
    }
}

#[test]
fn a_bundle_ends_with_the_first_event_after_which_nothing_is_owed() {
    let mut world = World::over(3, false);
    assert_eq!(world.end(), world.last_seq());
    assert_eq!(world.last_kind(), "closed");
    // Nothing that comes later moves it, nor a record that is corrected.
    let then = world.state.evidence.clone();
    world.ok(&bidder(1), collusion);
    world.ok(&host(), |nonce| CorrectRecord {
        nonce,
        lot: lot("1"),
        record: digest("record"),
        text: "错字".into(),
    });
    assert!(!world.state.is_evidence());
    made(&mut world, "corrected");
    assert!(world.state.is_evidence());
    assert_eq!(world.state.evidence, then);
    // Folding the prefix says the same, so that whoever has the facts knows the end.
    let mut state = State::default();
    for event in &world.stream {
        let evidence = state.evidence.is_some();
        assert_eq!(evidence, event.seq > world.end(), "{}", event.seq);
        state = kaibiao_core::evolve(state, event).unwrap();
    }
}

#[test]
fn a_failed_lot_ends_with_its_record_and_the_closing_statement() {
    let mut world = World::of_one_lot(false);
    world.submit(1, "1").unwrap();
    world.now = T0;
    world.tick();
    assert_eq!(world.stage(), Stage::FailedFewBids);
    assert_eq!(world.state.evidence, None);
    made(&mut world, "record");
    assert_eq!(world.state.evidence, None, "no closing statement");
    world.sign_statement(None);
    assert_eq!(world.end(), world.last_seq());
    // Nobody learns who bids in a lot that was not opened.
    assert!(world.state.evidence.as_ref().unwrap().named.is_empty());
}

#[test]
fn a_cancelled_project_tells_nothing_before_its_t0() {
    let mut world = World::of_one_lot(false);
    world.submit(1, "1").unwrap();
    world.ok(&host(), |nonce| Cancel {
        nonce,
        lot: None,
        reason: "取消".into(),
    });
    assert_eq!(world.end(), world.last_seq());
    let everybody = [
        Viewer::public(),
        seat(Seat::Bidder, &bidder(1)),
        seat(Seat::Supervisor, &supervisor()),
    ];
    for viewer in &everybody {
        assert_eq!(world.shells(viewer), 0);
        for event in &world.stream {
            assert_eq!(world.reads(viewer, event), NOTHING);
        }
    }
    world.now = world.state.t0;
    assert_eq!(world.shells(&everybody[0]), world.end());
    let bid = world.stream.iter().find(|it| is(it, "bid_received"));
    let bid = bid.unwrap().clone();
    let read = everybody.each_ref().map(|viewer| world.reads(viewer, &bid));
    assert_eq!(read, [FACTS, WHOLE, WHOLE]);
}

fn is(event: &Recorded, kind: &str) -> bool {
    event.facts.what.kind() == kind
}

#[test]
fn until_the_end_one_reads_ones_own_and_the_supervisor_all_of_it() {
    let mut world = World::of_one_lot(false);
    world.close_with(2);
    let (public, bids) = (Viewer::public(), seat(Seat::Bidder, &bidder(1)));
    let supervisor = seat(Seat::Supervisor, &supervisor());
    assert_eq!(world.shells(&public), 0);
    assert_eq!(world.shells(&supervisor), world.last_seq());
    for event in &world.stream {
        assert_eq!(world.reads(&public, event), NOTHING);
        assert_eq!(world.reads(&supervisor, event), WHOLE);
    }
    let own: Vec<_> = {
        let all = world.stream.iter();
        let own = all.filter(|event| world.reads(&bids, event) == WHOLE);
        own.map(|event| (event.seq, event.facts.what.kind()))
            .collect()
    };
    let [(seq, "bid_received")] = own[..] else {
        panic!("{own:?}");
    };
    assert_eq!(world.shells(&bids), seq);
    let others = world.stream.iter().filter(|event| event.seq != seq);
    for event in others {
        assert_eq!(world.reads(&bids, event), NOTHING);
    }
    // Nobody reads anything before T0.
    let world = World::of_one_lot(false);
    let host = seat(Seat::Host, &host());
    assert_eq!(world.shells(&host), 0);
    assert_eq!(world.reads(&host, &world.stream[0]), NOTHING);
}

#[test]
fn a_member_reads_the_bid_that_it_signed_and_not_one_that_it_signed_on_paper() {
    for (paper, read) in [(false, WHOLE), (true, NOTHING)] {
        let mut world = World::of_one_lot(false);
        let bid = digest("together");
        world
            .submit_as(1, "1", bid, |body, checked| {
                let (member, consent) = crate::consortia::signing_member(7);
                body.members = vec![member];
                body.paper_agreement = paper;
                checked.consents = if paper { vec![] } else { vec![consent] };
            })
            .unwrap();
        let seq = world.last_seq();
        world.close_with(0);
        let member = seat(Seat::Bidder, &bidder(7));
        let event = world.stream[usize::try_from(seq).unwrap() - 1].clone();
        assert_eq!(world.reads(&member, &event), read);
        assert_eq!(world.shells(&member), if paper { 0 } else { seq });
    }
}

#[test]
fn everybody_reads_facts_and_what_was_signed_in_public() {
    for masked in [false, true] {
        let mut world = World::over(3, masked);
        let public = Viewer::public();
        assert_eq!(world.shells(&public), world.end());
        for event in &world.stream {
            let kind = event.facts.what.kind();
            let nobodys = matches!(event.facts.by, By::Time | By::Platform);
            if nobodys && kind != "opened" {
                assert_eq!(event.details, Some(Details::default()), "{kind}");
            }
            let expected = match kind {
                "published" | "record_signed" => WHOLE,
                "countersigned" if !masked => WHOLE,
                "opened" => FACTS,
                _ if nobodys => WHOLE,
                _ => FACTS,
            };
            assert_eq!(world.reads(&public, event), expected, "{kind} {masked}");
        }
        // The mask is lifted after the end: the bundle stays as it was.
        if masked {
            world.ok(&host(), |nonce| LiftMask {
                nonce,
                lots: vec![lot("1")],
            });
            let all = world.stream.clone();
            let signed = all.iter().find(|it| is(it, "countersigned")).unwrap();
            assert_eq!(world.reads(&public, signed), FACTS);
        }
        // And what came later is nobody's but the supervisor's and one's own.
        let last = world.stream.last().unwrap().clone();
        if masked {
            assert_eq!(world.reads(&public, &last), NOTHING);
            assert_eq!(world.reads(&seat(Seat::Host, &host()), &last), WHOLE);
            assert_eq!(world.shells(&seat(Seat::Host, &host())), last.seq);
        }
    }
}

#[test]
fn facts_of_a_complaint_stay_with_the_supervisor_and_whoever_complained() {
    let mut world = World::of_one_lot(false);
    world.close_with(3);
    world.ok(&bidder(2), collusion);
    let complaint = world.last_seq();
    world.ok(&supervisor(), |nonce| TakeUpComplaint { nonce, complaint });
    world.ok(&supervisor(), |nonce| AnswerComplaint {
        nonce,
        complaint,
        text: "经查不属实".into(),
        attachments: vec![],
    });
    let lots = vec![lot("1")];
    world.ok(&supervisor(), |nonce| Terminate {
        nonce,
        lots,
        reason: "停电".into(),
        ending: None,
    });
    made(&mut world, "record");
    assert_eq!(world.end(), world.last_seq());
    let told: Vec<_> = {
        let all = world.stream.iter();
        let told = all.filter(|it| it.facts.what.kind().starts_with("compl"));
        told.cloned().collect()
    };
    assert_eq!(told.len(), 3);
    for event in &told {
        let is_filed = matches!(event.facts.what, What::Complained { .. });
        let own = if is_filed { WHOLE } else { FACTS };
        for (viewer, read) in [
            (Viewer::public(), NOTHING),
            (seat(Seat::Host, &host()), NOTHING),
            (seat(Seat::Bidder, &bidder(1)), NOTHING),
            (seat(Seat::Bidder, &bidder(2)), own),
            (seat(Seat::Supervisor, &supervisor()), WHOLE),
        ] {
            assert_eq!(world.reads(&viewer, event), read, "{viewer:?}");
        }
    }
}
