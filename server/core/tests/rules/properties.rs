//! The invariants of the rules, held over arbitrary histories.

use std::collections::BTreeSet;

use kaibiao_core::alert::{self, To};
use kaibiao_core::book::{Book, note};
use kaibiao_core::event::{Outcome, Recorded, What};
use kaibiao_core::figures::Figures;
use kaibiao_core::ids::{LotId, Millis, Party};
use kaibiao_core::project::Project;
use kaibiao_core::record::{Head, record};
use kaibiao_core::reveal::reveal;
use kaibiao_core::state::{Lot, Stage, State};
use kaibiao_core::stream::Stream;
use kaibiao_core::tally::Tally;
use kaibiao_core::view::view;
use kaibiao_core::viewer::{Seat, Viewer};
use kaibiao_core::{due, evolve};
use kaibiao_crypto::canonical;
use proptest::prelude::*;

use crate::histories::{STARTS, steps};
use crate::world::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, max_shrink_iters: 4000, ..ProptestConfig::default() })]

    #[test]
    fn the_invariants_hold_over_arbitrary_histories(
        steps in steps(),
        masked in any::<bool>(),
        fails in any::<bool>(),
        wait in prop_oneof![Just(0i64), Just(HOUR), Just(22 * HOUR)],
        start in 0..STARTS,
    ) {
        let mut world = World::published_as(|draft| {
            for lot in draft.lots.values_mut() {
                lot.policy.masked = masked;
                lot.policy.fails_after_unlock = fails;
                lot.policy.minimum = if fails { 2 } else { 3 };
            }
        });
        world.now += wait;
        world.reach(start);
        let mut told = Told::new();
        for step in &steps {
            let before = world.state.clone();
            let answer = world.take(step);
            if let Some(Err(refused)) = &answer {
                for event in &refused.evidence {
                    prop_assert!(is_evidence(&event.facts.what), "{:?}", event.facts.what);
                }
                if refused.evidence.is_empty() {
                    prop_assert_eq!(&before, &world.state);
                }
            }
            told.catch_up(&world)?;
        }
        world.clock = kaibiao_core::command::Clock::Steady;
        world.tick();
        silence_ends(&mut world)?;
        told.catch_up(&world)?;
        holds_over_the_stream(&world)?;
        replays(&world)?;
    }
}

type Holds = Result<(), TestCaseError>;

/// Invariant 7: What a refused command may leave: what was due, and its own evidence.
fn is_evidence(what: &What) -> bool {
    matches!(
        what,
        What::SubmissionRefused { .. }
            | What::EvidenceCapped { .. }
            | What::UnlockFailed { .. }
            | What::OutageNoted { .. }
            | What::DeadlineReached { .. }
            | What::ListPublished { .. }
            | What::LotFailed { .. }
            | What::WindowStarted { .. }
            | What::Resumed { .. }
            | What::AcceptedFixed { .. }
            | What::ReleaseExtended { .. }
            | What::ReleaseClosed { .. }
            | What::OpeningClosed { .. }
            | What::FindingMade { .. }
            | What::CustodianFound { .. }
            | What::Announced { .. }
            | What::ObjectionsOpened { .. }
            | What::ObjectionsClosed { .. }
            | What::Closed { .. }
            | What::Terminated { .. }
    ) || matches!(what, What::RescueShared { good: false, .. })
        || matches!(what, What::Released { good, withheld, .. } if good.is_empty() && withheld.is_empty())
}

/// The stream as it is told to everybody, event by event.
struct Told {
    state: State,
    book: Book,
    seen: usize,
}

impl Told {
    fn new() -> Self {
        Self {
            state: State::default(),
            book: Book::default(),
            seen: 0,
        }
    }

    /// Invariant 1: No audience sees a name, number, sheet or document before its time:
    /// neither as news nor when it looks.
    fn catch_up(&mut self, world: &World) -> Holds {
        for event in &world.stream[self.seen..] {
            self.state = evolve(std::mem::take(&mut self.state), &bare(event)).unwrap();
            self.book = note(std::mem::take(&mut self.book), event);
            let items = reveal(&self.state, &self.book, event);
            for item in &items {
                let names = item.bidder.is_none() || item.news.is_of_bidder();
                prop_assert!(names, "{} is of no bidder", item.kind());
            }
            self.alerts_are_discreet(event, world.now)?;
            for viewer in viewers() {
                let items = items.iter().filter(|item| viewer.hears(&item.to));
                let told: Vec<_> = items.collect();
                self.is_discreet(&viewer, &serde_json::to_string(&told).unwrap())?;
            }
        }
        if self.seen < world.stream.len() {
            for viewer in viewers() {
                let view = view(&self.state, &self.book, &viewer, None, world.now);
                self.is_discreet(&viewer, &serde_json::to_string(&view).unwrap())?;
            }
            self.records_are_discreet()?;
            self.searches_are_discreet()?;
            self.figures_are_discreet()?;
        }
        self.seen = world.stream.len();
        Ok(())
    }

    /// What is sent outside the hall before T0 goes to whoever follows the project, and
    /// depends on no bid.
    fn alerts_are_discreet(&self, event: &Recorded, now: Millis) -> Holds {
        if self.state.deadline.is_some() {
            return Ok(());
        }
        let of_event = alert::of(event, &self.state, &self.book);
        let due = alert::due(&self.state, &self.book, now);
        for told in of_event.into_iter().chain(due) {
            prop_assert_eq!(told.to, To::Followers);
        }
        Ok(())
    }

    /// The record of a lot is for everybody once it has ended: it names nobody
    /// whose lot was not opened.
    fn records_are_discreet(&self) -> Holds {
        for (id, lot) in &self.state.lots {
            if !lot.stage.is_end() || self.state.deadline.is_none() {
                continue;
            }
            let head = Head {
                size: self.state.events,
                root: digest("root"),
            };
            let record = record(project(), id, &self.state, &self.book, head);
            let told = serde_json::to_string(&record).unwrap();
            let is_named = lot.window.is_some() && !lot.masked;
            for number in 1..=5 {
                let name = bidder(number).author.name;
                prop_assert!(is_named || !told.contains(&name), "{id}: {told}");
            }
        }
        Ok(())
    }

    /// A project is found by a bidder's name only where a lot has ended that names
    /// its bidders to everybody.
    fn searches_are_discreet(&self) -> Holds {
        let mut lots = self.state.lots.values();
        let is_told = lots.any(|lot| lot.stage.is_end() && lot.window.is_some() && !lot.masked);
        let names = Project::summary(&self.state, &self.book).names;
        let names = names.unwrap_or_default();
        for number in 1..=5 {
            let name = bidder(number).author.name;
            prop_assert!(is_told || !names.contains(&name), "{names:?}");
        }
        Ok(())
    }

    /// Nothing is counted before T0, and of a lot nothing before it has ended.
    fn figures_are_discreet(&self) -> Holds {
        let figures = Project::summary(&self.state, &self.book).figures;
        let figures = figures.unwrap_or_default();
        let ended = self.state.lots.values().filter(|lot| {
            lot.stage.is_end() && lot.stage != Stage::Cancelled && self.state.deadline.is_some()
        });
        let bids: usize = ended.clone().map(|lot| lot.closing.len()).sum();
        prop_assert_eq!(usize::try_from(figures.bids).unwrap(), bids);
        prop_assert!(ended.count() > 0 || figures == Figures::default());
        Ok(())
    }

    fn is_discreet(&self, viewer: &Viewer, told: &str) -> Holds {
        let seat = viewer.seat;
        let lots = &self.state.lots;
        let open = self.state.deadline.is_some();
        let is_unnamed = lots.values().all(|lot| lot.masked || lot.window.is_none());
        if !open || (is_unnamed && seat <= Seat::Bidder) {
            for number in 1..=5 {
                let bidder = bidder(number);
                if viewer.organisation == Some(bidder.author.organisation.clone()) {
                    continue;
                }
                let code = bidder.author.organisation.as_str().to_owned();
                prop_assert!(!told.contains(&bidder.author.name), "{seat:?}: {told}");
                prop_assert!(!told.contains(&code), "{seat:?}: {told}");
            }
        }
        if !open {
            let is_own = |party: &&Party| {
                let known = self.book.parties.get(party);
                known.map(|known| &known.organisation) == viewer.organisation.as_ref()
            };
            let parties = lots.values().flat_map(|lot| lot.parties.keys());
            for party in parties.filter(|party| !is_own(party)) {
                prop_assert!(!told.contains(&party.to_string()), "{seat:?}: {told}");
            }
        }
        let announced = |stage: Stage| {
            (Stage::Announced..=Stage::Closed).contains(&stage) || stage == Stage::Terminated
        };
        if !lots.values().any(|lot| announced(lot.stage)) {
            prop_assert!(
                !told.contains("987654321"),
                "{seat:?}: a price before announcing"
            );
        }
        if seat <= Seat::Bidder {
            prop_assert!(!told.contains("秘密.pdf"), "{seat:?}: a document: {told}");
            prop_assert!(
                !told.contains("张三") || viewer.organisation == viewers()[1].organisation,
                "{seat:?}: a representative: {told}"
            );
        }
        Ok(())
    }
}

/// One of each seat; of bidders one who has bid and one who has not.
fn viewers() -> [Viewer; 6] {
    [
        (Seat::Public, None),
        (Seat::Bidder, Some(1)),
        (Seat::Bidder, Some(9)),
        (Seat::Host, None),
        (Seat::Centre, None),
        (Seat::Supervisor, None),
    ]
    .map(|(seat, number)| {
        Viewer::at(
            seat,
            number.map(|number| bidder(number).author.organisation),
        )
    })
}

/// Invariant 8: Every state reaches an end, whoever stays silent.
fn silence_ends(world: &mut World) -> Holds {
    for _ in 0..500 {
        if let Some(next) = due::next_due(&world.state) {
            if next > world.state.time {
                prop_assert_eq!(due::due(&world.state, next - 1), None);
            }
            prop_assert!(
                due::due(&world.state, next).is_some(),
                "nothing is due at next_due"
            );
        }
        if !world.wait() {
            prop_assert!(world.state.ended_at.is_some());
            return Ok(());
        }
    }
    Err(TestCaseError::fail("silence never ends"))
}

/// Invariants 2, 3, 4, 5 and 9, read from the stream.
fn holds_over_the_stream(world: &World) -> Holds {
    let mut state = State::default();
    for event in &world.stream {
        let what = &event.facts.what;
        let before = state.clone();
        state = evolve(state, &bare(event)).unwrap();
        match what {
            What::BidReceived { .. } | What::BidWithdrawn { .. } => {
                prop_assert!(before.deadline.is_none(), "2: accepted after the deadline");
                prop_assert!(event.time < before.t0, "2: accepted at or after T0");
            }
            What::Unlocked { lot, .. } | What::UnlockFailed { lot, .. } => {
                prop_assert!(
                    before.lots[lot].accepted_at.is_none(),
                    "5: b after the fixed set"
                );
            }
            What::Released { lot, .. } => {
                prop_assert!(before.lots[lot].accepted_at.is_some(), "5: released before");
            }
            _ => {}
        }
        if let Some(lot) = what.lot() {
            undisturbed(&before, &state, &lot)?;
        }
        for lot in state.lots.values() {
            counts_are_true(lot)?;
        }
    }
    for lot in state.lots.values() {
        let mut bids = BTreeSet::new();
        for bidder in lot.parties.values() {
            for link in &bidder.chain {
                prop_assert!(bids.insert(link.digest), "3: a version twice");
            }
            if let Some(live) = bidder.live {
                prop_assert_eq!(bidder.last(), Some(live), "3: an old version is live");
            }
        }
        let counted: BTreeSet<_> = lot.counted_bids().into_iter().collect();
        prop_assert!(
            lot.accepted.is_subset(&lot.closing),
            "4: accepted and not closed"
        );
        prop_assert!(
            lot.accepted.is_subset(&counted),
            "4: accepted though refused"
        );
        for party in lot.order.iter() {
            let bid = lot.parties[party].live.unwrap();
            prop_assert!(lot.accepted.contains(&bid), "4: announced and not accepted");
        }
    }
    for handles in world.book.handles.values() {
        let organisations: BTreeSet<_> = handles.iter().map(|(it, _)| it).collect();
        prop_assert_eq!(organisations.len(), handles.len(), "3: one handle each");
    }
    Ok(())
}

/// The findings on custodians that are due and not made, by looking at every bidder
/// and every release.
fn faults_owed(lot: &Lot) -> BTreeSet<(Party, u8)> {
    let mut owed = BTreeSet::new();
    for (party, bidder) in &lot.parties {
        let Some(bid) = bidder.live.filter(|bid| lot.accepted.contains(bid)) else {
            continue;
        };
        if !bidder.outcome.is_some_and(Outcome::is_dealt_well) {
            continue;
        }
        for (x, release) in &lot.releases {
            let complained = release.complaints.contains_key(&bid);
            let wrong = release.wrong.contains_key(&bid) && !release.good.contains(&bid);
            if (complained || wrong) && !release.faults.contains_key(&bid) {
                owed.insert((*party, *x));
            }
        }
    }
    owed
}

/// Invariant 10: What is counted along the way is what one finds by looking at
/// every bidder.
fn counts_are_true(lot: &Lot) -> Holds {
    let closed: Vec<_> = lot
        .parties
        .iter()
        .filter(|(_, it)| it.live.is_some_and(|bid| lot.closing.contains(&bid)))
        .collect();
    let counted = closed.iter().filter(|(_, it)| it.refused.is_none());
    let sealed = counted.clone().filter(|(_, it)| it.unlocked.is_none());
    let many = |count: usize| u32::try_from(count).unwrap();
    let opened = closed
        .iter()
        .filter(|(_, it)| it.outcome == Some(Outcome::Opened));
    let tried = sealed.clone().filter(|(_, it)| !it.attempts.is_empty());
    let rescued = sealed
        .clone()
        .filter(|(_, it)| it.rescue.ordered.is_some() && it.rescue.failed.is_none());
    let owed = counted.clone().filter(|(_, it)| {
        let accepted = lot.accepted.contains(&it.live.unwrap());
        let failed = !accepted || it.outcome.is_some_and(|it| it != Outcome::Opened);
        lot.accepted_at.is_some() && failed && it.finding.is_none()
    });
    let expected = Tally {
        closed: many(closed.len()),
        refused: many(closed.len() - counted.clone().count()),
        unlocked: many(counted.count() - sealed.clone().count()),
        failed: many(tried.count()),
        opened: many(opened.count()),
        rescues: rescued.map(|(party, _)| **party).collect(),
        findings: owed.map(|(party, _)| **party).collect(),
        faults: faults_owed(lot),
    };
    prop_assert_eq!(&lot.tally, &expected, "10: the tally");
    for (party, bidder) in &lot.parties {
        for link in bidder.chain.iter().filter(|link| link.terms.is_some()) {
            prop_assert_eq!(lot.bids.get(&link.digest), Some(party), "10: whose bid");
        }
        for asks in [&lot.helps, &lot.questions, &lot.objections] {
            let own = asks.iter().filter(|(_, it)| it.party == *party);
            prop_assert!(
                asks.of(party).iter().eq(own.map(|(seq, _)| seq)),
                "10: asked"
            );
        }
    }
    Ok(())
}

/// Invariant 9: An event of one lot leaves the others as they were.
fn undisturbed(before: &State, after: &State, lot: &LotId) -> Holds {
    for (id, other) in &before.lots {
        if id != lot {
            prop_assert_eq!(other, &after.lots[id], "9: another lot changed");
        }
    }
    Ok(())
}

/// Invariant 6: Folding the events, without details, gives the same state byte for byte,
/// and an event's bytes are its own.
fn replays(world: &World) -> Holds {
    let mut state = State::default();
    for event in &world.stream {
        let facts = canonical::to_bytes(&event.facts);
        prop_assert_eq!(
            &canonical::from_bytes::<kaibiao_core::event::Facts>(&facts).unwrap(),
            &event.facts
        );
        let details = canonical::to_bytes(&event.details);
        let read = canonical::from_bytes::<Option<kaibiao_core::details::Details>>(&details);
        prop_assert_eq!(&read.unwrap(), &event.details);
        state = Project::evolve(state, &bare(event)).unwrap();
    }
    let bytes = serde_json::to_vec(&state).unwrap();
    prop_assert_eq!(&bytes, &serde_json::to_vec(&world.state).unwrap());
    let read: State = serde_json::from_slice(&bytes).unwrap();
    prop_assert_eq!(read, state);
    Ok(())
}

fn bare(event: &Recorded) -> Recorded {
    Recorded {
        details: None,
        ..event.clone()
    }
}

#[test]
fn the_histories_reach_what_they_are_meant_to_try() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut kinds = BTreeSet::new();
    for case in 0..300 {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        let mut world = World::published_as(|draft| {
            for lot in draft.lots.values_mut() {
                lot.policy.masked = true;
            }
            crate::references::sealed(draft);
        });
        world.now += 22 * HOUR;
        world.reach(case % STARTS);
        for step in &steps {
            world.take(step);
        }
        kinds.extend(world.kinds());
    }
    let all: BTreeSet<&str> = ALL_KINDS.iter().copied().collect();
    let missed: Vec<_> = all.difference(&kinds).collect();
    // A few need luck in so short a run; more than a few would mean that the
    // histories no longer get anywhere.
    assert!(missed.len() <= 6, "{missed:?}");
}

/// All but what needs a draft, witnesses or other terms: rules told one by one.
pub const ALL_KINDS: &[&str] = &[
    "drafted",
    "key_certified",
    "published",
    "clarified",
    "postponed",
    "cancelled",
    "bid_received",
    "bid_withdrawn",
    "submission_refused",
    "evidence_capped",
    "signed_in",
    "sign_in_allowed",
    "operator_changed",
    "deadline_reached",
    "statement_signed",
    "deposit_marked",
    "bid_refused",
    "list_published",
    "lot_failed",
    "window_started",
    "window_extended",
    "suspended",
    "resumed",
    "unlocked",
    "unlock_failed",
    "rescue_asked",
    "rescue_ordered",
    "rescue_shared",
    "rescued",
    "outage_noted",
    "accepted_fixed",
    "released",
    "release_extended",
    "release_closed",
    "opened",
    "opening_closed",
    "document_opened",
    "finding_made",
    "custodian_found",
    "finding_confirmed",
    "finding_overruled",
    "fault_confirmed",
    "fault_overruled",
    "announced",
    "mask_lifted",
    "line_confirmed",
    "line_disputed",
    "objections_opened",
    "objected",
    "replied",
    "objections_closed",
    "record_made",
    "correction_asked",
    "record_signed",
    "countersigned",
    "closed",
    "rated",
    "help_asked",
    "help_answered",
    "said",
    "asked",
    "answered",
    "remarked",
    "line_remarked",
    "absence_marked",
    "said_privately",
    "muted",
    "unmuted",
    "no_objection",
    "reference_revealed",
    "complained",
    "complaint_taken_up",
    "complaint_declined",
    "complaint_answered",
    "terminated",
];
