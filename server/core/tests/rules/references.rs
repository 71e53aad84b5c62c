//! A control price or base that is sealed with the terms and revealed at the opening.

use kaibiao_core::act::*;
use kaibiao_core::command::Actor;
use kaibiao_core::event::{Event, What};
use kaibiao_core::ids::{LotId, Nonce, Salt};
use kaibiao_core::lawful::{Verdict, lawful};
use kaibiao_core::missing::Kind as Missing;
use kaibiao_core::reference::{Reference, ReferenceKind, SealedReference};
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_core::terms::Draft;
use kaibiao_core::view::RevealedView;
use kaibiao_core::viewer::Viewer;
use kaibiao_core::{compose, evolve};
use kaibiao_crypto::canonical;

use crate::noting::{eyes, officials};
use crate::world::*;

const VALUE: &str = "860000000";
const SALT: Salt = Salt([7; 32]);

pub fn base(value: &str, salt: Salt) -> SealedReference {
    base_of(&lot("1"), value, salt)
}

fn base_of(lot: &LotId, value: &str, salt: Salt) -> SealedReference {
    let kind = ReferenceKind::Base;
    let told = Reference {
        kind,
        lot,
        salt,
        value,
    };
    told.seal()
}

/// Seals a base in every lot.
pub fn sealed(draft: &mut Draft) {
    for (id, lot) in &mut draft.lots {
        lot.reference = Some(base_of(id, VALUE, SALT));
    }
}

/// Reveals what [`sealed`] has sealed.
pub fn reveal_in(lot: LotId) -> impl Fn(Nonce) -> RevealReference {
    move |nonce| RevealReference {
        nonce,
        lot: lot.clone(),
        value: VALUE.into(),
        salt: SALT,
    }
}

pub fn reveal(value: &str, salt: Salt) -> impl Fn(Nonce) -> RevealReference {
    let value = value.to_owned();
    move |nonce| RevealReference {
        value: value.clone(),
        salt,
        ..reveal_in(lot("1"))(nonce)
    }
}

fn announce(nonce: Nonce) -> Announce {
    let lots = vec![lot("1")];
    Announce { nonce, lots }
}

impl World {
    fn sealed_and_opened() -> Self {
        let mut world = Self::published_as(sealed);
        world.open_three();
        world
    }

    fn open_three(&mut self) {
        self.release_three();
        self.open(|_| kaibiao_core::event::Outcome::Opened).unwrap();
    }

    fn release_three(&mut self) {
        self.close_with(3);
        self.start_window();
        for number in 1..=3 {
            self.unlock(number).unwrap();
        }
        self.sign_statement(Some("1"));
        self.release(&host()).unwrap();
        self.release(&centre()).unwrap();
    }

    fn revealed_to(&self, viewer: &Viewer) -> Option<RevealedView> {
        let lot = &self.seen_by(viewer).lots[&lot("1")];
        lot.reference.as_ref().unwrap().revealed.clone()
    }

    fn lacks_reference(&self) -> Option<bool> {
        let lot = &self.seen_by(&officials()).lots[&lot("1")];
        let mut missing = lot.missing.iter();
        let found = missing.find(|it| it.what == Missing::Reference)?;
        assert!(!found.demanded);
        Some(found.mendable)
    }

    fn try_reveal(&mut self, actor: &Actor, value: &str, salt: Salt) -> Result<Vec<Event>, Code> {
        let tried = self.act(actor, reveal(value, salt));
        tried.map_err(|refused| refused.refusal.code)
    }
}

#[test]
fn the_terms_hold_a_commitment_and_nothing_of_the_value() {
    let world = World::published_as(sealed);
    let fixed = &world.book.terms[&lot("1")];
    assert_eq!(fixed.terms.reference, Some(base(VALUE, SALT)));
    assert_eq!(
        world.lot1().rules.reference,
        Some(base(VALUE, SALT)),
        "facts have it, so that a replay can judge what is revealed"
    );
    for event in &world.stream {
        let facts = serde_json::to_string(&event.facts).unwrap();
        let details = serde_json::to_string(&event.details).unwrap();
        assert!(!facts.contains(VALUE) && !details.contains(VALUE));
    }
    let seen = world.seen_by(&Viewer::public());
    let told = seen.lots[&lot("1")].reference.clone().unwrap();
    assert_eq!(told.kind, ReferenceKind::Base);
    assert_eq!(told.commitment, base(VALUE, SALT).commitment);
    assert_eq!(told.revealed, None);
}

#[test]
fn what_has_no_reference_has_the_bytes_it_always_had() {
    let world = World::published();
    let fixed = &world.book.terms[&lot("1")];
    assert!(!fixed.text.contains("reference"));
    let published = world.stream.iter().map(|it| &it.facts);
    for facts in published {
        assert!(!serde_json::to_string(facts).unwrap().contains("reference"));
    }
    assert!(
        !String::from_utf8(canonical::to_bytes(&draft()))
            .unwrap()
            .contains("reference")
    );
    assert!(
        !serde_json::to_string(world.lot1())
            .unwrap()
            .contains("reference")
    );
}

#[test]
fn a_commitment_hides_and_binds() {
    let one = base(VALUE, SALT);
    assert!(one.is(&lot("1"), VALUE, SALT));
    assert_ne!(one, base(VALUE, Salt([8; 32])), "the salt counts");
    assert!(!one.is(&lot("1"), "860000001", SALT));
    assert!(!one.is(&lot("1"), VALUE, Salt([8; 32])));
    assert!(!one.is(&lot("2"), VALUE, SALT), "it is of one lot");
    let other = SealedReference {
        kind: ReferenceKind::ControlPrice,
        ..one
    };
    assert!(!other.is(&lot("1"), VALUE, SALT), "and of one kind");
    assert_eq!(format!("{SALT:?}"), "Salt(..)");
}

#[test]
fn a_draft_has_one_control_price_and_a_price_to_compare_with() {
    let control = |draft: &mut Draft, public: bool| {
        let it = draft.lots.get_mut(&lot("1")).unwrap();
        it.reference = Some(SealedReference {
            kind: ReferenceKind::ControlPrice,
            ..base(VALUE, SALT)
        });
        if !public {
            it.control_price = None;
        }
    };
    let mut draft = draft();
    control(&mut draft, true);
    let mut world = World::new();
    let refused = world.act(&host(), |nonce| DraftProject {
        nonce,
        draft: draft.clone(),
    });
    let refusal = refused.unwrap_err().refusal;
    assert_eq!(refusal.code, Code::InvalidDraft);
    assert_eq!(refusal.params["field"], "reference");
    control(&mut draft, false);
    draft.lots.get_mut(&lot("1")).unwrap().schema.price = None;
    world.refused(Code::InvalidDraft, &host(), |nonce| DraftProject {
        nonce,
        draft: draft.clone(),
    });
    draft.lots.get_mut(&lot("1")).unwrap().schema.price = Some("price".into());
    world.ok(&host(), |nonce| DraftProject { nonce, draft });
    // A base stands beside a public control price.
    World::published_as(sealed);
}

#[test]
fn it_is_revealed_once_the_bids_are_open_and_then_everybody_knows_it() {
    let mut world = World::sealed_and_opened();
    assert_eq!(world.lacks_reference(), None, "nothing is announced yet");
    world.ok(&host(), reveal(VALUE, SALT));
    assert_eq!(world.last_kind(), "reference_revealed");
    let told = world.told();
    let public: Vec<_> = told
        .iter()
        .filter(|it| Viewer::public().hears(&it.to))
        .collect();
    assert_eq!(public.len(), 1);
    assert_eq!(public[0].kind(), "reference_revealed");
    assert_eq!(public[0].body()["value"], VALUE);
    assert_eq!(public[0].body()["reference"], "base");
    assert_eq!(public[0].body()["salt"], "07".repeat(32));
    for viewer in [Viewer::public(), officials(), eyes(&bidder(1))] {
        let seen = world.revealed_to(&viewer).unwrap();
        assert_eq!((seen.value.as_str(), seen.salt), (VALUE, SALT));
        assert_eq!((seen.seq, seen.time), (world.last_seq(), world.now));
    }
    world.ok(&host(), announce);
    assert_eq!(world.lacks_reference(), None);
    let part = world.noted().lot.reference.unwrap();
    assert_eq!(part.commitment, base(VALUE, SALT).commitment);
    let revealed = part.revealed.unwrap();
    assert_eq!((revealed.value.as_str(), revealed.salt), (VALUE, SALT));
    let record = world.noted();
    let mut moments = record.timeline.iter().map(|it| it.kind.as_str());
    assert!(moments.any(|kind| kind == "reference_revealed"));
}

#[test]
fn another_value_is_refused_without_a_trace() {
    let mut world = World::sealed_and_opened();
    let before = world.stream.len();
    let wrong = [
        ("860000001", SALT),
        ("900000000", SALT),
        (VALUE, Salt([8; 32])),
        ("0860000000", SALT),
        ("", SALT),
        ("八百六十万", SALT),
        ("-1", SALT),
        ("8600000.00", SALT),
    ];
    for (value, salt) in wrong {
        let tried = world.try_reveal(&host(), value, salt);
        assert_eq!(tried, Err(Code::ReferenceDiffers), "{value}");
    }
    assert_eq!(world.stream.len(), before);
    assert_eq!(world.revealed_to(&Viewer::public()), None);
    world.ok(&host(), reveal(VALUE, SALT));
}

#[test]
fn it_is_revealed_neither_before_the_opening_nor_twice_nor_by_others() {
    let mut world = World::published_as(sealed);
    let tried = world.try_reveal(&host(), VALUE, SALT);
    assert_eq!(tried, Err(Code::WrongStage), "before T0");
    world.close_with(3);
    let tried = world.try_reveal(&host(), VALUE, SALT);
    assert_eq!(tried, Err(Code::WrongStage), "in checking");
    world.start_window();
    let tried = world.try_reveal(&host(), VALUE, SALT);
    assert_eq!(
        tried,
        Err(Code::WrongStage),
        "while bidders can still unlock"
    );
    for number in 1..=3 {
        world.unlock(number).unwrap();
    }
    world.sign_statement(Some("1"));
    let tried = world.try_reveal(&host(), VALUE, SALT);
    assert_eq!(tried, Err(Code::WrongStage), "while custodians release");
    world.release(&host()).unwrap();
    world.release(&centre()).unwrap();
    world
        .open(|_| kaibiao_core::event::Outcome::Opened)
        .unwrap();
    for other in [supervisor(), bidder(1), machine(), centre()] {
        let tried = world.try_reveal(&other, VALUE, SALT);
        let code = tried.unwrap_err();
        assert!([Code::NotPermitted, Code::NotOperator].contains(&code));
    }
    world.ok(&host(), reveal(VALUE, SALT));
    let again = world.try_reveal(&host(), VALUE, SALT);
    assert_eq!(again, Err(Code::AlreadyDone));
    let other = world.try_reveal(&host(), "1", Salt([1; 32]));
    assert_eq!(other, Err(Code::AlreadyDone));
}

#[test]
fn where_none_was_sealed_there_is_nothing_to_reveal() {
    let mut world = World::opened(3);
    world.refused(Code::NoReference, &host(), reveal(VALUE, SALT));
    assert_eq!(world.noted().lot.reference, None);
}

#[test]
fn nothing_waits_for_it_and_the_record_says_that_it_is_missing() {
    let mut world = World::sealed_and_opened();
    while world.stage() != kaibiao_core::state::Stage::Closed {
        assert!(world.wait(), "time goes on without it");
        if world.stage() == kaibiao_core::state::Stage::Signing && world.lot1().records.is_empty() {
            assert_eq!(world.lacks_reference(), Some(true));
            world.make_record("one");
        }
    }
    let part = world.noted().lot.reference.unwrap();
    assert_eq!(part.kind, ReferenceKind::Base);
    assert_eq!(part.revealed, None);
    let tried = world.try_reveal(&host(), VALUE, SALT);
    assert_eq!(tried, Err(Code::WrongStage), "it is too late");
}

#[test]
fn found_late_it_still_counts_until_the_record_is_signed() {
    let mut world = World::sealed_and_opened();
    world.ok(&host(), announce);
    assert_eq!(world.lacks_reference(), Some(true));
    world.ok(&host(), |nonce| OpenObjections {
        nonce,
        lots: vec![lot("1")],
        seconds: None,
    });
    world.ok(&host(), |nonce| CloseObjections {
        nonce,
        lots: vec![lot("1")],
    });
    world.make_record("without");
    world.ok(&host(), reveal(VALUE, SALT));
    let last = world.lot1().correction;
    assert_eq!(last, Some(digest("without")), "the record is made anew");
    world.make_record("with");
    world.sign_record("with");

    // The same, signed first.
    let mut world = World::sealed_and_opened();
    world.ok(&host(), announce);
    world.ok(&host(), |nonce| OpenObjections {
        nonce,
        lots: vec![lot("1")],
        seconds: None,
    });
    world.ok(&host(), |nonce| CloseObjections {
        nonce,
        lots: vec![lot("1")],
    });
    world.make_record("without");
    world.sign_record("without");
    assert_eq!(world.lacks_reference(), Some(false));
    world.refused(Code::RecordSigned, &host(), reveal(VALUE, SALT));
    world.ok(&host(), |nonce| CorrectRecord {
        nonce,
        lot: lot("1"),
        record: digest("without"),
        text: "补充公布标底".into(),
    });
    world.ok(&host(), reveal(VALUE, SALT));
}

#[test]
fn a_lot_that_is_not_opened_keeps_it_sealed() {
    let mut world = World::published_as(sealed);
    world.close_with(2);
    assert!(world.stage().is_end());
    let tried = world.try_reveal(&host(), VALUE, SALT);
    assert_eq!(tried, Err(Code::WrongStage));
    assert_eq!(world.noted().lot.reference.unwrap().revealed, None);
}

#[test]
fn it_changes_by_an_amendment_alone_which_makes_bids_stale() {
    let mut world = World::published_as(sealed);
    world.submit(1, "1").unwrap();
    let live = world.live(1, "1").unwrap();
    let mut changed = world.book.draft.as_ref().unwrap().lots[&lot("1")].clone();
    changed.reference = Some(base("1", Salt([9; 32])));
    let keys = world.book.keys.clone();
    let terms = compose::compose_lot(project(), &lot("1"), 2, &changed, &draft(), &keys, &trust());
    let terms = terms.unwrap().digest();
    world.ok(&host(), |nonce| AmendTerms {
        nonce,
        lot: lot("1"),
        draft: changed.clone(),
        terms,
        t0: None,
        reason: "标底有误".into(),
    });
    assert_eq!(world.live(1, "1"), None);
    let stale = world.stream.iter().any(
        |event| matches!(&event.facts.what, What::TermsAmended { stale, .. } if *stale == [live]),
    );
    assert!(stale);
    world.open_three();
    let tried = world.try_reveal(&host(), VALUE, SALT);
    assert_eq!(tried, Err(Code::ReferenceDiffers), "the first one is gone");
    world.ok(&host(), reveal("1", Salt([9; 32])));
}

#[test]
fn a_stream_in_which_another_value_is_revealed_does_not_replay() {
    let mut world = World::sealed_and_opened();
    world.ok(&host(), reveal(VALUE, SALT));
    let mut state = kaibiao_core::state::State::default();
    let (last, before) = world.stream.split_last().unwrap();
    for event in before {
        state = evolve(state, event).unwrap();
    }
    let mut forged = last.clone();
    forged.facts.what = What::ReferenceRevealed {
        lot: lot("1"),
        value: "1".into(),
        salt: SALT,
    };
    assert_eq!(
        evolve(state.clone(), &forged).unwrap_err().code,
        Code::ReferenceDiffers
    );
    assert!(evolve(state, last).is_ok());
}

#[test]
fn the_page_is_told_when_it_can_be_revealed() {
    let verdict = |world: &World| {
        let lot = lot("1");
        let acts = lawful(&host(), &world.state, &world.book, &lot, world.now);
        acts["reveal-reference"]
    };
    let mut world = World::published_as(sealed);
    assert_eq!(verdict(&world), Verdict::Refused(Code::WrongStage));
    world.open_three();
    assert_eq!(verdict(&world), Verdict::Allowed);
    world.ok(&host(), reveal(VALUE, SALT));
    assert_eq!(verdict(&world), Verdict::Refused(Code::AlreadyDone));
    assert_eq!(
        verdict(&World::opened(3)),
        Verdict::Refused(Code::NoReference)
    );
}
