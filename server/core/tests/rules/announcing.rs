//! Announcing, lines, objections, the record, closing.

use kaibiao_core::act::*;
use kaibiao_core::command::Actor;
use kaibiao_core::command::System;
use kaibiao_core::event::Outcome;
use kaibiao_core::project::Project;
use kaibiao_core::record::{Head, record, signatures};
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_core::role::By;
use kaibiao_core::state::Stage;
use kaibiao_core::stream::Stream as _;
use kaibiao_core::terms::ReadingOrder;
use kaibiao_core::view::view;
use kaibiao_core::viewer::{Seat, Viewer};
use kaibiao_crypto::Digest;
use kaibiao_crypto::encoding::Base64;

use crate::world::*;

#[test]
fn sheets_are_read_in_the_order_the_terms_state() {
    let world = World::announced(4);
    let parties: Vec<_> = (1..=4)
        .map(|number| world.party(number, "1").unwrap())
        .collect();
    assert_eq!(*world.lot1().order, parties);
    let mut reversed = World::published_as(|draft| {
        draft.lots.get_mut(&lot("1")).unwrap().policy.reading = ReadingOrder::Reversed;
    });
    reversed.close_with(3);
    reversed.start_window();
    for number in 1..=3 {
        reversed.unlock(number).unwrap();
    }
    reversed.sign_statement(Some("1"));
    reversed.release(&host()).unwrap();
    reversed.release(&centre()).unwrap();
    reversed.open(|_| Outcome::Opened).unwrap();
    reversed.now += 600 * SECOND;
    reversed.tick();
    assert_eq!(reversed.stage(), Stage::Announced);
    let last = reversed.party(3, "1").unwrap();
    assert_eq!(reversed.lot1().order[0], last);
}

#[test]
fn a_bidder_confirms_or_disputes_its_own_line_once() {
    let mut world = World::announced(3);
    let (first, second) = (world.live(1, "1").unwrap(), world.live(2, "1").unwrap());
    world.refused(Code::NoSuchBid, &bidder(1), |nonce| Confirm {
        nonce,
        lot: lot("1"),
        bid: second,
    });
    world.ok(&bidder(1), |nonce| Confirm {
        nonce,
        lot: lot("1"),
        bid: first,
    });
    world.refused(Code::AlreadyDone, &bidder(1), |nonce| Dispute {
        nonce,
        lot: lot("1"),
        bid: first,
        text: "不对".into(),
    });
    let sheet = world.book.sheets[&second].clone();
    world.ok(&bidder(2), |nonce| Dispute {
        nonce,
        lot: lot("1"),
        bid: second,
        text: "工期读错".into(),
    });
    assert_eq!(world.book.sheets[&second], sheet);
    world.now += 300 * SECOND;
    world.tick();
    assert_eq!(world.stage(), Stage::Objections);
    let party = world.party(3, "1").unwrap();
    assert_eq!(world.lot1().parties[&party].line, None);
}

#[test]
fn an_objections_period_is_not_over_before_anybody_can_speak() {
    let mut world = World::announced(3);
    let open = |seconds| {
        move |nonce| OpenObjections {
            nonce,
            lots: vec![lot("1")],
            seconds: Some(seconds),
        }
    };
    for short in [0, 1, 299] {
        world.refused(Code::WindowShort, &host(), open(short));
    }
    world.ok(&host(), open(300));
}

#[test]
fn a_host_asks_for_twenty_corrected_records_and_no_more() {
    let mut world = World::signing(3);
    let mut last = String::from("record");
    make_record(&mut world, &last);
    let correct = |last: &str| {
        let record = digest(last);
        move |nonce| CorrectRecord {
            nonce,
            lot: lot("1"),
            record,
            text: "补记一条备注".into(),
        }
    };
    for number in 0..20 {
        world.ok(&host(), correct(&last));
        last = format!("record {number}");
        make_record(&mut world, &last);
    }
    world.refused(Code::TooMany, &host(), correct(&last));
}

#[test]
fn an_objection_is_answered_before_the_period_closes() {
    let mut world = World::announced(3);
    world.ok(&host(), |nonce| OpenObjections {
        nonce,
        lots: vec![lot("1")],
        seconds: Some(600),
    });
    world.ok(&bidder(1), |nonce| Object {
        nonce,
        lot: lot("1"),
        text: "投标人2与招标人有关联".into(),
        attachments: vec![],
    });
    let objection = world.last_seq();
    let close = |nonce| CloseObjections {
        nonce,
        lots: vec![lot("1")],
    };
    let proof = Attachment {
        name: "核查报告.pdf".into(),
        digest: Digest::of(b"report"),
        size: 6,
        media_type: "application/pdf".into(),
    };
    world.refused(Code::ReplyFirst, &host(), close);
    world.refused(Code::NotPermitted, &bidder(2), |nonce| Reply {
        nonce,
        lot: lot("1"),
        objection,
        text: "不".into(),
        attachments: vec![],
    });
    world.refused(Code::NoSuchEvent, &host(), |nonce| Reply {
        nonce,
        lot: lot("1"),
        objection: 1,
        text: "不".into(),
        attachments: vec![],
    });
    world.ok(&host(), |nonce| Reply {
        nonce,
        lot: lot("1"),
        objection,
        text: "经核查不存在关联".into(),
        attachments: vec![proof.clone()],
    });
    world.ok(&host(), close);
    assert_eq!(world.stage(), Stage::Signing);

    // What the reply rests on reaches those who asked, and the record.
    let view = view(
        &world.state,
        &world.book,
        &Viewer::public(),
        None,
        world.now,
    )
    .unwrap();
    let asked = &view.lots[&lot("1")].objections[0];
    assert_eq!(asked.answer_attachments, std::slice::from_ref(&proof));
    let project = world.context().project;
    let head = Head {
        size: world.state.events,
        root: Digest::of(b"root"),
    };
    let record = record(project, &lot("1"), &world.state, &world.book, head).unwrap();
    let kept = &record.objections[0].replies[0].attachments[0];
    assert_eq!((&kept.name, kept.digest), (&proof.name, proof.digest));
}

#[test]
fn an_objection_can_be_raised_from_checking_on_and_not_by_strangers() {
    let mut world = World::checking(3);
    world.ok(&bidder(1), |nonce| Object {
        nonce,
        lot: lot("1"),
        text: "名单有误".into(),
        attachments: vec![],
    });
    world.refused(Code::NoStanding, &bidder(7), |nonce| Object {
        nonce,
        lot: lot("1"),
        text: "名单有误".into(),
        attachments: vec![],
    });
    let mut world = World::signing(3);
    world.refused(Code::WrongStage, &bidder(1), |nonce| Object {
        nonce,
        lot: lot("1"),
        text: "太晚".into(),
        attachments: vec![],
    });
}

#[test]
fn an_unanswered_objection_holds_nothing_up_for_ever() {
    let mut world = World::announced(3);
    world.ok(&bidder(1), |nonce| Object {
        nonce,
        lot: lot("1"),
        text: "异议".into(),
        attachments: vec![],
    });
    while world.wait() {}
    assert_eq!(world.stage(), Stage::Closed);
}

#[test]
fn the_host_signs_the_record_bidders_countersign_and_the_lot_closes() {
    let mut world = World::signing(3);
    let close = |nonce| Close {
        nonce,
        lots: vec![lot("1")],
    };
    world.refused(Code::NoRecord, &host(), close);
    let record = digest("record");
    let sign = |record| {
        move |nonce| SignRecord {
            nonce,
            lot: lot("1"),
            record,
            cms: None,
        }
    };
    let countersign = |record| {
        move |nonce| Countersign {
            nonce,
            lot: lot("1"),
            record,
            remark: String::new(),
            cms: None,
        }
    };
    make_record(&mut world, "record");
    world.refused(Code::HostSignsFirst, &bidder(1), countersign(record));
    world.refused(Code::RecordDiffers, &host(), sign(digest("forged")));
    world.refused(Code::HostSignsFirst, &host(), close);
    world.ok(&host(), sign(record));
    world.ok(&bidder(1), countersign(record));
    world.refused(Code::AlreadyDone, &bidder(1), countersign(record));
    world.ok(&host(), close);
    assert_eq!(world.stage(), Stage::Closed);
    world.ok(&bidder(2), countersign(record));
}

#[test]
fn who_countersigned_is_read_where_everybody_may_know_who_bids() {
    let viewer = |seat, of: Option<&Actor>| Viewer {
        seat,
        organisation: of.map(|actor| actor.author.organisation.clone()),
        ..Viewer::public()
    };
    let stranger = viewer(Seat::Public, None);
    let own = viewer(Seat::Bidder, Some(&bidder(1)));
    let other = viewer(Seat::Bidder, Some(&bidder(2)));
    let host_itself = viewer(Seat::Host, Some(&host()));
    let watching = viewer(Seat::Supervisor, Some(&supervisor()));
    let all = [By::Host, By::Bidder];
    for masked in [false, true] {
        let mut world = World::published_as(|draft| {
            draft.lots.get_mut(&lot("1")).unwrap().policy.masked = masked;
        });
        world.close_with(3);
        world.start_window();
        for number in 1..=3 {
            world.unlock(number).unwrap();
        }
        world.sign_statement(Some("1"));
        world.release(&host()).unwrap();
        world.release(&centre()).unwrap();
        world.open(|_| Outcome::Opened).unwrap();
        let lots = || vec![lot("1")];
        world.ok(&host(), |nonce| Announce {
            nonce,
            lots: lots(),
        });
        world.ok(&host(), |nonce| OpenObjections {
            nonce,
            lots: lots(),
            seconds: None,
        });
        world.ok(&host(), |nonce| CloseObjections {
            nonce,
            lots: lots(),
        });
        make_record(&mut world, "record");
        let cms = Some(Base64(vec![0x30]));
        world.ok(&host(), |nonce| SignRecord {
            nonce,
            lot: lot("1"),
            record: digest("record"),
            cms: cms.clone(),
        });
        world.ok(&bidder(1), |nonce| Countersign {
            nonce,
            lot: lot("1"),
            record: digest("record"),
            remark: String::new(),
            cms: None,
        });
        let read = |viewer: &Viewer| {
            let made = world.lot1().records.last().unwrap();
            let found = signatures(&world.state, &world.book, &lot("1"), made, viewer);
            let found = found.iter().map(|it| (it.role, it.cms()));
            found.collect::<Vec<_>>()
        };
        let roles = |viewer| read(viewer).into_iter().map(|it| it.0).collect::<Vec<_>>();
        let public = if masked { &all[..1] } else { &all };
        for viewer in [&stranger, &other, &host_itself] {
            assert_eq!(roles(viewer), public, "masked {masked}");
        }
        for viewer in [&own, &watching] {
            assert_eq!(roles(viewer), all, "masked {masked}");
        }
        assert_eq!(read(&own)[0].1, cms);
        assert_eq!(read(&own)[1].1, None);
    }
}

#[test]
fn a_ruling_after_the_record_was_made_has_it_made_anew_before_anybody_signs() {
    let mut world = World::unlocking(4);
    for number in 1..=3 {
        world.unlock(number).unwrap();
    }
    while world.stage() != Stage::Signing {
        if world.stage() == Stage::Releasing && world.lot1().ready.is_none() {
            world.sign_statement(Some("1"));
            world.release(&host()).unwrap();
            world.release(&centre()).unwrap();
            world.open(|_| Outcome::Opened).unwrap();
        }
        world.wait();
    }
    let before = world.last_seq();
    make_record(&mut world, "record");
    let party = world.party(4, "1").unwrap();
    world.ok(&supervisor(), |nonce| OverruleFinding {
        nonce,
        lot: lot("1"),
        party,
        finding: Finding::Returned,
        reason: "平台日志显示网络中断".into(),
        others: Vec::new(),
    });
    let sign = |record| {
        move |nonce| SignRecord {
            nonce,
            lot: lot("1"),
            record,
            cms: None,
        }
    };
    world.refused(Code::RecordDiffers, &host(), sign(digest("record")));
    let made = |size| System::RecordMade {
        lot: lot("1"),
        size,
        record: digest("anew"),
        pdf: None,
    };
    let stale = world.system(made(before)).unwrap_err().refusal.code;
    assert_eq!(stale, Code::RecordDiffers, "it tells another ruling");
    let now = made(world.last_seq());
    world.system(now).unwrap();
    let last = world.lot1().records.last().unwrap();
    assert_eq!(last.corrects, Some(digest("record")));
    world.ok(&host(), sign(digest("anew")));
}

#[test]
fn a_record_is_never_made_twice_but_corrected_by_a_linked_one() {
    let mut world = World::signing(3);
    make_record(&mut world, "record");
    let again = System::RecordMade {
        lot: lot("1"),
        size: world.last_seq(),
        record: digest("again"),
        pdf: None,
    };
    assert_eq!(
        world.system(again).unwrap_err().refusal.code,
        Code::AlreadyDone
    );
    world.ok(&host(), |nonce| CorrectRecord {
        nonce,
        lot: lot("1"),
        record: digest("record"),
        text: "补记一条备注".into(),
    });
    make_record(&mut world, "corrected");
    let records = &world.lot1().records;
    assert_eq!(records[1].corrects, Some(digest("record")));
    world.refused(Code::RecordDiffers, &host(), |nonce| SignRecord {
        nonce,
        lot: lot("1"),
        record: digest("record"),
        cms: None,
    });
}

#[test]
fn failed_lots_get_records_too() {
    let mut world = World::checking(2);
    make_record(&mut world, "record");
    world.ok(&host(), |nonce| SignRecord {
        nonce,
        lot: lot("1"),
        record: digest("record"),
        cms: None,
    });
    assert_eq!(world.stage(), Stage::FailedFewBids);
}

#[test]
fn without_signatures_the_lot_closes_by_time() {
    let mut world = World::signing(3);
    world.now += 3600 * SECOND;
    world.tick();
    assert_eq!(world.stage(), Stage::Closed);
    assert_eq!(world.state.ended_at, Some(world.now));
}

#[test]
fn whoever_took_part_rates_once_within_thirty_days() {
    let mut world = World::signing(3);
    let rate = |score| {
        move |nonce| Rate {
            nonce,
            score,
            comment: "很顺利".into(),
        }
    };
    world.refused(Code::RatingClosed, &bidder(1), rate(5));
    while world.wait() {}
    world.refused(Code::RatingClosed, &bidder(1), rate(6));
    world.ok(&bidder(1), rate(5));
    world.refused(Code::RatingClosed, &bidder(1), rate(4));
    world.refused(Code::NoStanding, &bidder(9), rate(1));
    world.ok(&host(), rate(4));
    world.now += 31 * 24 * HOUR;
    world.refused(Code::RatingClosed, &bidder(2), rate(5));
}

#[test]
fn a_lot_that_has_ended_is_found_by_the_names_that_everybody_knows() {
    let found = |world: &World| {
        let names = Project::summary(&world.state, &world.book).names.unwrap();
        (1..=3)
            .filter(|it| names.contains(&bidder(*it).author.name))
            .count()
    };
    let mut world = World::signing(3);
    assert_eq!(found(&world), 0);
    let names = Project::summary(&world.state, &world.book).names.unwrap();
    assert_eq!(names.len(), 2, "tenderer and agency: {names:?}");
    while world.wait() {}
    assert!(world.lot1().stage.is_end());
    assert_eq!(found(&world), 3);

    let mut world = World::published();
    world.close_with(2);
    while world.wait() {}
    assert!(world.lot1().stage.is_end());
    assert_eq!(
        found(&world),
        0,
        "of a lot that was not opened nobody is named"
    );
}

#[test]
fn names_replace_codes_when_the_host_lifts_the_mask() {
    let mut world = World::published_as(|draft| {
        draft.lots.get_mut(&lot("1")).unwrap().policy.masked = true;
    });
    let lift = |nonce| LiftMask {
        nonce,
        lots: vec![lot("1")],
    };
    world.refused(Code::AfterOpeningOnly, &host(), lift);
    world.close_with(3);
    assert!(world.lot1().masked);
    world.ok(&host(), lift);
    assert!(!world.lot1().masked);
}

fn make_record(world: &mut World, record: &str) {
    let system = System::RecordMade {
        lot: lot("1"),
        size: world.last_seq(),
        record: digest(record),
        pdf: Some(digest("pdf")),
    };
    world.system(system).unwrap();
}
