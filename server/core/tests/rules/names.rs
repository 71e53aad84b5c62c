//! Names beside codes: what is written is what the platform's register has, and what
//! nobody has vouched for is shown as such.

use kaibiao_core::act::*;
use kaibiao_core::command::{Actor, Checked};
use kaibiao_core::event::Outcome;
use kaibiao_core::record::{Head, record};
use kaibiao_core::refusal::{Refusal, RefusalCode as Code};
use kaibiao_core::role::Role;
use kaibiao_core::terms::{Draft, Named};
use kaibiao_core::view::view;
use kaibiao_core::viewer::{Seat, Viewer};

use crate::world::*;

/// A company that the platform knows.
fn company() -> Actor {
    actor(70, "长汀建筑工程有限公司", &[Role::Bidder])
}

/// Under the name of a notary, beside the company's code.
fn notary() -> Named {
    Named {
        organisation: company().author.organisation,
        name: "河口市公证处".into(),
    }
}

/// A world that knows officials, and the company.
fn world() -> World {
    let mut world = World::new();
    world.register = registered(&[host(), centre(), supervisor(), company()]);
    world
}

fn drafted(world: &mut World, change: impl FnOnce(&mut Draft)) -> Result<(), Refusal> {
    let mut draft = draft();
    change(&mut draft);
    let done = world.act(&host(), |nonce| DraftProject { nonce, draft });
    done.map(drop).map_err(|refused| refused.refusal)
}

#[track_caller]
fn differs(refusal: &Refusal, written: &str, name: &str) {
    assert_eq!(refusal.code, Code::NameDiffers);
    assert_eq!(refusal.params["written"], written);
    assert_eq!(refusal.params["name"], name);
}

#[test]
fn a_draft_tenders_again_what_its_own_tenderer_has_published() {
    let former = kaibiao_core::ids::ProjectId(uuid::Uuid::from_u128(7));
    let again = |predecessor: Option<kaibiao_core::ids::Organisation>| {
        let mut world = world();
        world.register.predecessor = predecessor;
        drafted(&mut world, |draft| draft.predecessor = Some(former))
    };
    // There is no such project, or it is not published; and it is somebody else's.
    for other in [None, Some(company().author.organisation)] {
        assert_eq!(again(other).unwrap_err().code, Code::PredecessorForeign);
    }
    let tenderer = draft().officials.tenderer.organisation;
    assert_eq!(again(Some(tenderer)), Ok(()));
}

#[test]
fn a_draft_names_nobody_otherwise_than_the_register() {
    let refused = drafted(&mut world(), |draft| {
        draft.lots.get_mut(&lot("1")).unwrap().custodians[2] = notary();
    });
    differs(
        &refused.unwrap_err(),
        "河口市公证处",
        "长汀建筑工程有限公司",
    );
    for seat in 0..3 {
        let refused = drafted(&mut world(), |draft| {
            let officials = &mut draft.officials;
            let agency = officials.agency.as_mut().unwrap();
            let named = [agency, &mut officials.centre, &mut officials.supervisor];
            for (_, named) in named.into_iter().enumerate().filter(|(at, _)| *at == seat) {
                named.name = "河口住房和城乡建设局".into();
            }
        });
        assert_eq!(refused.unwrap_err().code, Code::NameDiffers);
    }
    // Spelling is no other name, and whom the platform does not know it leaves.
    drafted(&mut world(), |draft| {
        draft.officials.centre.name = " 交易 中心".into();
        draft.officials.tenderer.name = "没有登记的招标人".into();
    })
    .unwrap();
}

#[test]
fn nobody_who_is_not_registered_is_called_by_the_name_of_somebody_who_is() {
    let unknown = actor(71, "没有登记的单位", &[]).author.organisation;
    let borrowed = || {
        let mut world = world();
        let bearer = company().author.organisation;
        world.register.borrowed.insert(unknown.clone(), bearer);
        world
    };
    let named = Named {
        organisation: unknown.clone(),
        name: company().author.name,
    };
    let refused = drafted(&mut borrowed(), |draft| {
        draft.officials.tenderer = named.clone();
    });
    assert_eq!(refused.unwrap_err().code, Code::NameOfAnother);
    let refused = drafted(&mut borrowed(), |draft| {
        draft.lots.get_mut(&lot("1")).unwrap().custodians[2] = named.clone();
    });
    assert_eq!(refused.unwrap_err().code, Code::NameOfAnother);
}

#[test]
fn a_draft_is_not_edited_or_published_under_a_name_that_the_register_has_otherwise() {
    let mut world = world();
    drafted(&mut world, |_| ()).unwrap();
    let mut other = draft();
    other.officials.supervisor.name = "河口住房和城乡建设局".into();
    world.refused(Code::NameDiffers, &host(), |nonce| EditDraft {
        nonce,
        draft: other,
    });
    // Registered after the draft named it.
    for custodian in [host(), centre(), supervisor()] {
        world.certify(&custodian).unwrap();
    }
    let late = actor(1, "榕江水务集团", &[Role::Host]);
    world.register = registered(&[late, host(), centre(), supervisor()]);
    let refused = world.publish(&host()).unwrap_err().refusal;
    differs(&refused, "榕江水务", "榕江水务集团");
}

#[test]
fn nothing_is_published_without_a_supervisor_and_a_centre_in_their_roles() {
    let bidders = |of: Actor| Actor {
        roles: [Role::Bidder].into(),
        ..of
    };
    for (register, code) in [
        (
            vec![centre(), bidders(supervisor())],
            Code::SupervisorUnbound,
        ),
        (vec![centre()], Code::SupervisorUnbound),
        (vec![bidders(centre()), supervisor()], Code::CentreUnbound),
    ] {
        let mut world = world();
        drafted(&mut world, |_| ()).unwrap();
        for custodian in [host(), centre(), supervisor()] {
            world.certify(&custodian).unwrap();
        }
        world.register = registered(&register);
        assert_eq!(world.publish(&host()).unwrap_err().refusal.code, code);
        world.register = seats();
        world.publish(&host()).unwrap();
    }
}

#[test]
fn nobody_is_invited_or_named_by_an_amendment_under_another_name() {
    let mut world = World::published();
    world.register = registered(&[centre(), supervisor(), company()]);
    world.refused(Code::NameDiffers, &host(), |nonce| InviteCustodian {
        nonce,
        custodian: notary(),
        reason: "增加保管人".into(),
    });
    let mut amended = draft().lots[&lot("1")].clone();
    amended.custodians[2] = notary();
    world.refused(Code::NameDiffers, &host(), |nonce| AmendTerms {
        nonce,
        lot: lot("1"),
        draft: amended,
        reason: "更换保管人".into(),
        terms: digest("any"),
        t0: None,
    });
}

#[test]
fn a_member_on_paper_is_named_as_it_is_registered() {
    let mut world = World::published();
    world.register = registered(&[centre(), supervisor(), company()]);
    let join = |world: &mut World, named: Named| {
        let bid = digest(&named.name);
        world.submit_as(1, "1", bid, |body, _| {
            body.members = vec![named];
            body.paper_agreement = true;
        })
    };
    let refused = join(&mut world, notary()).unwrap_err().refusal;
    assert_eq!(refused.code, Code::MemberName);
    assert_eq!(refused.params["member"], "河口市公证处");
    assert_eq!(refused.params["name"], "长汀建筑工程有限公司");
    let own = Named {
        name: company().author.name,
        ..notary()
    };
    join(&mut world, own).unwrap();
}

/// A bidder whose name is its own word, or no longer is.
fn by_own_word(number: usize, unvouched: bool) -> Actor {
    let mut actor = bidder(number);
    actor.author.unvouched = unvouched;
    actor
}

fn submit(world: &mut World, number: usize, bid: &str, unvouched: bool) {
    let actor = by_own_word(number, unvouched);
    let bid = digest(bid);
    world
        .submit_by(&actor, number, "1", bid, |_, _| ())
        .unwrap();
}

#[test]
fn a_name_that_nobody_vouches_for_is_shown_as_such_in_view_and_record() {
    let mut world = World::published();
    submit(&mut world, 1, "own word", true);
    submit(&mut world, 2, "own word first", true);
    submit(&mut world, 2, "vouched for since", false);
    submit(&mut world, 3, "certified", false);
    world.now = T0;
    world.tick();
    world.sign_statement(None);
    let marked = |world: &World, seat| {
        let viewer = Viewer::at(seat, None);
        let view = view(&world.state, &world.book, &viewer, None, world.now).unwrap();
        let parties = view.lots[&lot("1")].parties.clone();
        let marked = parties.into_iter().filter(|party| party.unvouched);
        marked.map(|party| party.name).collect::<Vec<_>>()
    };
    for seat in [Seat::Host, Seat::Supervisor] {
        assert_eq!(marked(&world, seat), [bidder(1).author.name]);
    }
    assert!(marked(&world, Seat::Public).is_empty());
    world.start_window();
    assert_eq!(marked(&world, Seat::Public), [bidder(1).author.name]);

    for number in 1..=3 {
        let bid = world.live(number, "1").unwrap();
        let checked = Checked::Key {
            failed: None,
            milliseconds: 1,
        };
        let unlock = |nonce| Unlock {
            nonce,
            lot: lot("1"),
            bid,
            key: digest("b"),
        };
        let actor = by_own_word(number, number == 1);
        world.checked(&actor, checked, unlock).unwrap();
    }
    world.sign_statement(Some("1"));
    world.release(&host()).unwrap();
    world.release(&centre()).unwrap();
    world
        .open(|place| match place {
            0 => Outcome::Unreadable,
            _ => Outcome::Opened,
        })
        .unwrap();
    world.ok(&host(), |nonce| Announce {
        nonce,
        lots: vec![lot("1")],
    });
    let head = Head {
        size: world.state.events,
        root: digest("root"),
    };
    let record = record(project(), &lot("1"), &world.state, &world.book, head).unwrap();
    let rows = record.rows.iter().map(|row| (&row.name, row.unvouched));
    let failed = record.unopened.iter().map(|it| (&it.name, it.unvouched));
    let all: Vec<_> = rows.chain(failed).collect();
    assert_eq!(all.len(), 3);
    for (name, unvouched) in all {
        assert_eq!(unvouched, *name == bidder(1).author.name);
    }
}

#[test]
fn what_a_certificate_writes_otherwise_is_told_to_host_and_supervisor_alone() {
    let mut world = World::published();
    let mut written = bidder(1);
    written.author.certified = Some("福安（建筑）有限公司".into());
    let bid = digest("written otherwise");
    world.submit_by(&written, 1, "1", bid, |_, _| ()).unwrap();
    for number in 2..=3 {
        world.submit(number, "1").unwrap();
    }
    world.close_with(0);
    world.start_window();
    let told = |seat, organisation| {
        let viewer = Viewer::at(seat, organisation);
        let view = view(&world.state, &world.book, &viewer, None, world.now).unwrap();
        let parties = view.lots[&lot("1")].parties.iter();
        parties
            .filter_map(|it| it.certified.clone())
            .collect::<Vec<_>>()
    };
    for seat in [Seat::Host, Seat::Supervisor] {
        assert_eq!(told(seat, None), ["福安（建筑）有限公司"]);
    }
    assert!(told(Seat::Public, None).is_empty());
    let other = bidder(2).author.organisation;
    assert!(told(Seat::Bidder, Some(other)).is_empty());
}
