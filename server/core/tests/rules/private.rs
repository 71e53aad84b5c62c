//! Lines between the host and one bidder, mutes, and when sign-in opens.

use kaibiao_core::act::*;
use kaibiao_core::ids::{Nonce, Party};
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_core::viewer::Viewer;

use crate::noting::*;
use crate::world::*;

fn write(party: Option<Party>, text: &str) -> impl Fn(Nonce) -> PrivateMessage {
    let text = text.to_owned();
    move |nonce| PrivateMessage {
        nonce,
        lot: lot("1"),
        party,
        text: text.clone(),
    }
}

fn mute(party: Party) -> impl Fn(Nonce) -> Mute {
    move |nonce| Mute {
        nonce,
        lot: lot("1"),
        party,
        reason: "重复提问".into(),
    }
}

fn unmute(party: Party) -> impl Fn(Nonce) -> Unmute {
    move |nonce| Unmute {
        nonce,
        lot: lot("1"),
        party,
        reason: String::new(),
    }
}

fn ask(nonce: Nonce) -> Question {
    Question {
        nonce,
        lot: lot("1"),
        text: "何时解密？".into(),
    }
}

#[test]
fn a_line_to_one_bidder_is_theirs_alone_until_the_record() {
    let mut world = World::checking(3);
    let party = world.party(1, "1").unwrap();
    world.ok(&host(), write(Some(party), "请核对联系电话"));
    let private = |viewer: &Viewer, world: &World| {
        let seen = world.seen_by(viewer).lots.remove(&lot("1")).unwrap();
        seen.private
    };
    let hears = |world: &World, viewer: &Viewer| {
        let told = world.told();
        told.iter().any(|item| viewer.hears(&item.to))
    };
    let others = [Viewer::public(), eyes(&bidder(2))];
    assert!(others.iter().all(|viewer| !hears(&world, viewer)));
    assert!(hears(&world, &eyes(&bidder(1))));
    world.ok(&bidder(1), write(None, "已更正"));
    assert!(others.iter().all(|viewer| !hears(&world, viewer)));
    assert!(hears(&world, &officials()));
    world.ok(&centre(), write(Some(party), "收到"));
    for viewer in &others {
        assert!(private(viewer, &world).is_empty());
    }
    for viewer in [officials(), eyes(&bidder(1))] {
        let said = private(&viewer, &world);
        let texts: Vec<_> = said.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(texts, ["请核对联系电话", "已更正", "收到"]);
        assert!(said[1].by.is_none() && said[0].by.is_some());
    }
    world.refused(Code::NoStanding, &bidder(9), write(None, "外人"));
    world.refused(Code::NotPermitted, &bidder(2), write(Some(party), "不"));
    world.refused(Code::NotPermitted, &host(), write(None, "给谁？"));
    world.refused(Code::NotPermitted, &supervisor(), write(Some(party), "不"));
    world.refused(Code::WrongText, &host(), write(Some(party), " "));

    let mut world = World::signing(3);
    let party = world.party(1, "1").unwrap();
    world.ok(&host(), write(Some(party), "记录即将签署"));
    world.ok(&bidder(1), write(None, "好的"));
    let said: Vec<_> = world.noted().messages;
    assert!(said.iter().all(|it| it.private));
    assert_eq!(
        said[0].to.as_deref(),
        Some(world.book.name(&party).as_str())
    );
    assert_eq!(said[1].to, None);
    assert_eq!(said[1].by, world.book.name(&party));
}

#[test]
fn nobody_floods_a_line_and_nobody_uses_up_anothers() {
    let mut world = World::checking(3);
    let party = world.party(1, "1").unwrap();
    for _ in 0..50 {
        world.ok(&bidder(1), write(None, "？"));
    }
    world.refused(Code::TooMany, &bidder(1), write(None, "？"));
    world.ok(&host(), write(Some(party), "请稍候"));
    world.ok(&bidder(2), write(None, "？"));
}

#[test]
fn who_is_muted_asks_nothing_and_may_object_ask_for_help_and_write_to_the_host() {
    let mut world = World::published();
    world.submit(1, "1").unwrap();
    let party = world.party(1, "1").unwrap();
    world.refused(Code::WrongStage, &host(), mute(party));
    let mut world = World::checking(3);
    let party = world.party(1, "1").unwrap();
    world.refused(Code::NotPermitted, &supervisor(), mute(party));
    world.refused(Code::NotPermitted, &bidder(2), mute(party));
    world.refused(Code::AlreadyDone, &host(), unmute(party));
    world.ok(&host(), mute(party));
    world.refused(Code::AlreadyDone, &host(), mute(party));
    assert!(world.party_seen_by(&eyes(&bidder(1)), 1).muted);
    world.refused(Code::Muted, &bidder(1), ask);
    world.ok(&bidder(2), ask);
    world.ok(&bidder(1), object);
    world.ok(&bidder(1), |nonce| Help {
        nonce,
        lot: lot("1"),
        text: "证书打不开".into(),
        diagnosis: String::new(),
    });
    world.ok(&bidder(1), write(None, "请恢复提问"));
    world.ok(&host(), unmute(party));
    world.ok(&bidder(1), ask);
    let told: Vec<_> = world
        .noted()
        .timeline
        .into_iter()
        .filter(|it| it.kind.ends_with("muted"))
        .collect();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].of, Some(party.code()), "nobody is named yet");
    assert_eq!(told[0].text.as_deref(), Some("重复提问"));
    for _ in 1..20 {
        world.ok(&host(), mute(party));
        world.ok(&host(), unmute(party));
    }
    world.refused(Code::TooMany, &host(), mute(party));
}

#[test]
fn sign_in_opens_when_the_project_says_so() {
    let sign_in = |nonce| SignIn {
        nonce,
        lot: lot("1"),
        representative: Representative {
            name: "张三".into(),
            phone: "138".into(),
            identity: "身份证".into(),
            identity_number: "35".into(),
            authorisation: None,
        },
    };
    for (said, before) in [(None, HOUR), (Some(86_400), 24 * HOUR), (Some(60), MINUTE)] {
        let mut world = World::new();
        world.now = T0 - 48 * HOUR;
        let mut draft = draft();
        draft.sign_in = said;
        world.ok(&host(), |nonce| DraftProject { nonce, draft });
        for custodian in [host(), centre(), supervisor()] {
            world.certify(&custodian).unwrap();
        }
        world.publish(&host()).unwrap();
        world.submit(1, "1").unwrap();
        world.now = T0 - before - 1;
        world.refused(Code::SignInClosed, &bidder(1), sign_in);
        assert_eq!(world.seen_by(&Viewer::public()).sign_in_from, T0 - before);
        world.now = T0 - before;
        world.ok(&bidder(1), sign_in);
    }
}

#[test]
fn sign_in_opens_a_minute_to_a_day_before_the_opening() {
    for seconds in [0, 59, 86_401] {
        let mut world = World::new();
        let mut draft = draft();
        draft.sign_in = Some(seconds);
        world.refused(Code::InvalidDraft, &host(), |nonce| DraftProject {
            nonce,
            draft,
        });
    }
}
