//! The operator's seat, help, talk, remarks, termination.

use kaibiao_core::act::*;
use kaibiao_core::command::Actor;
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_core::role::Role;
use kaibiao_core::state::Stage;

use crate::world::*;

fn second_operator() -> Actor {
    let mut person = actor(2, "闽招代理", &[Role::Host]);
    person.author.person = "李四".into();
    person.author.certificate = digest("李四");
    person
}

#[test]
fn the_operators_seat_is_handed_over_and_taken_over_on_record() {
    let mut world = World::checking(3);
    let to = Operator {
        name: "李四".into(),
        certificate: digest("李四"),
    };
    world.ok(&host(), |nonce| HandOver {
        nonce,
        to,
        reason: "轮班".into(),
    });
    world.refused(Code::NotOperator, &host(), |nonce| PublishList {
        nonce,
        lot: lot("1"),
    });
    world.ok(&second_operator(), |nonce| PublishList {
        nonce,
        lot: lot("1"),
    });
    world.ok(&centre(), |nonce| TakeOver {
        nonce,
        reason: "主持人掉线".into(),
    });
    let start = |nonce| StartWindow {
        nonce,
        lots: vec![lot("1")],
        seconds: None,
    };
    world.refused(Code::NotOperator, &second_operator(), start);
    world.ok(&centre(), start);
    let back = Operator {
        name: "闽招代理".into(),
        certificate: digest("闽招代理"),
    };
    world.ok(&centre(), |nonce| HandOver {
        nonce,
        to: back,
        reason: "已恢复".into(),
    });
    world.ok(&host(), |nonce| Extend {
        nonce,
        lots: vec![lot("1")],
        seconds: 60,
        reason: "补时".into(),
    });
    world.refused(Code::NotPermitted, &supervisor(), |nonce| TakeOver {
        nonce,
        reason: "不可以".into(),
    });
}

#[test]
fn help_is_asked_from_t0_on_and_answered_once() {
    let mut world = World::published();
    world.submit(1, "1").unwrap();
    let help = |nonce| Help {
        nonce,
        lot: lot("1"),
        text: "无法演练".into(),
        diagnosis: "{}".into(),
    };
    // Before T0 whoever has a bid calls the desk like everybody else.
    world.refused(Code::CallTheDesk, &bidder(1), help);
    world.now = T0 - 30 * MINUTE;
    world.refused(Code::CallTheDesk, &bidder(1), help);
    let mut world = World::checking(3);
    world.ok(&bidder(1), help);
    let seq = world.last_seq();
    let answer = |nonce| AnswerHelp {
        nonce,
        lot: lot("1"),
        help: seq,
        text: "请换用备用密钥".into(),
    };
    world.refused(Code::NotPermitted, &bidder(2), answer);
    world.ok(&centre(), answer);
    world.refused(Code::AlreadyDone, &host(), answer);
}

#[test]
fn the_host_speaks_bidders_ask_and_nobody_before_t0() {
    let mut world = World::published();
    let say = |nonce| Message {
        nonce,
        text: "开标即将开始".into(),
        lot: None,
    };
    world.refused(Code::WrongStage, &host(), say);
    let mut world = World::checking(3);
    world.ok(&host(), say);
    world.ok(&centre(), say);
    world.refused(Code::NotPermitted, &bidder(1), say);
    world.ok(&bidder(1), |nonce| Question {
        nonce,
        lot: lot("1"),
        text: "何时开始解密？".into(),
    });
    let question = world.last_seq();
    world.ok(&host(), |nonce| Answer {
        nonce,
        lot: lot("1"),
        question,
        text: "五分钟后".into(),
    });
}

#[test]
fn the_supervisor_remarks_and_terminates_after_t0() {
    let mut world = World::published();
    let remark = |nonce| Remark {
        nonce,
        text: "到场监督".into(),
        lot: None,
    };
    world.refused(Code::AfterOpeningOnly, &supervisor(), remark);
    let terminate = |nonce| Terminate {
        nonce,
        lots: vec![lot("1")],
        reason: "发现串通".into(),
        ending: None,
    };
    world.refused(Code::AfterOpeningOnly, &supervisor(), terminate);
    let mut world = World::unlocking(3);
    world.ok(&supervisor(), remark);
    world.refused(Code::NotPermitted, &host(), terminate);
    world.ok(&supervisor(), terminate);
    assert_eq!(world.stage(), Stage::Terminated);
    assert_eq!(world.unlock(1).unwrap_err().refusal.code, Code::WrongStage);
    world.refused(Code::WrongStage, &supervisor(), terminate);
}

#[test]
fn texts_that_are_empty_endless_or_hide_something_are_refused() {
    let mut world = World::checking(3);
    for text in [
        String::new(),
        " \n".into(),
        "长".repeat(2001),
        "abc\u{202e}gpj".into(),
        "a\u{0}".into(),
    ] {
        world.refused(Code::WrongText, &host(), |nonce| Message {
            nonce,
            text,
            lot: None,
        });
    }
}

#[test]
fn an_agents_key_releases_and_does_nothing_else() {
    let mut world = World::releasing(3);
    let mut agent = centre();
    agent.agent = Some(digest("not certified"));
    assert_eq!(
        world.release(&agent).unwrap_err().refusal.code,
        Code::UnknownCustodian
    );
    world.refused(Code::NotPermitted, &agent, |nonce| TakeOver {
        nonce,
        reason: "代理".into(),
    });
}

#[test]
fn nobody_floods_the_room() {
    let mut world = World::checking(3);
    let ask = |nonce| Question {
        nonce,
        lot: lot("1"),
        text: "？".into(),
    };
    for _ in 0..50 {
        world.ok(&bidder(1), ask);
    }
    world.refused(Code::TooMany, &bidder(1), ask);
    world.ok(&bidder(2), ask);
}

#[test]
fn the_hosts_signed_publication_is_shown_to_everybody() {
    let world = World::published();
    let viewer = kaibiao_core::viewer::Viewer::public();
    let view =
        kaibiao_core::view::view(&world.state, &world.book, &viewer, None, world.now).unwrap();
    let signed = view.publication.unwrap();
    let Ok(Act::Publish(body)) = serde_json::from_str(&signed.body) else {
        panic!("not a publication");
    };
    assert_eq!(body.terms[&lot("1")], world.lot1().rules.terms);
    assert!(signed.signature.is_some());
}

#[test]
fn the_seat_goes_to_nobody_who_is_known_to_be_of_another_organisation() {
    let mut world = World::checking(3);
    let hand_over = |nonce| HandOver {
        nonce,
        to: Operator {
            name: "李四".into(),
            certificate: digest("李四"),
        },
        reason: "轮班".into(),
    };
    for other in [bidder(1), centre(), bidder(9)] {
        world.register.holder = Some(other.organisation().clone());
        world.refused(Code::OperatorForeign, &host(), hand_over);
    }
    world.register.holder = Some(host().organisation().clone());
    world.ok(&host(), hand_over);
}

#[test]
fn the_objections_of_one_bidder_have_so_many_characters_together() {
    let mut world = World::announced(3);
    let object = |characters: usize| {
        move |nonce| Object {
            nonce,
            lot: lot("1"),
            text: "异".repeat(characters),
            attachments: vec![],
        }
    };
    for _ in 0..4 {
        world.ok(&bidder(1), object(20_000));
    }
    world.ok(&bidder(1), object(19_000));
    let refused = world.act(&bidder(1), object(1001)).unwrap_err().refusal;
    assert_eq!(refused.code, Code::ObjectionsFull);
    assert_eq!(refused.params["left"], "1000");
    world.ok(&bidder(1), object(1000));
    world.refused(Code::ObjectionsFull, &bidder(1), object(1));
    // Another's are counted for themselves.
    world.ok(&bidder(2), object(20_000));
}

#[test]
fn messages_to_the_room_and_remarks_have_so_many_characters_together() {
    let mut world = World::checking(3);
    let remark = |characters: usize| {
        move |nonce| Remark {
            nonce,
            text: "字".repeat(characters),
            lot: None,
        }
    };
    for _ in 0..15 {
        world.ok(&supervisor(), remark(20_000));
    }
    world.refused(Code::TextsFull, &supervisor(), remark(1));
    let say = |nonce| Message {
        nonce,
        text: "话".repeat(2000),
        lot: None,
    };
    for _ in 0..150 {
        world.ok(&host(), say);
    }
    let refused = world.act(&centre(), say).unwrap_err().refusal;
    assert_eq!(refused.code, Code::TextsFull);
    assert_eq!(refused.params["left"], "0");
}
