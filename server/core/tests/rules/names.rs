//! Names beside codes: what is written is what the platform's register has, and what
//! nobody has vouched for is shown as such.

use kaibiao_core::act::*;
use kaibiao_core::command::Actor;
use kaibiao_core::refusal::{Refusal, RefusalCode as Code};
use kaibiao_core::role::Role;
use kaibiao_core::terms::{Draft, Named};

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
