//! Complaints: who files them and until when, what comes first, by when the supervisor
//! decides and answers, and who reads what.

use kaibiao_core::act::*;
use kaibiao_core::book::{Book, note};
use kaibiao_core::command::System;
use kaibiao_core::complaints::{ComplaintView, Standing, by_secret, complaints, counts};
use kaibiao_core::decide::RefusedCommand;
use kaibiao_core::event::Event;
use kaibiao_core::files;
use kaibiao_core::ids::*;
use kaibiao_core::record::{Head, record};
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_core::reveal::reveal;
use kaibiao_core::role::By;
use kaibiao_core::signed::Signed;
use kaibiao_core::state::Stage;
use kaibiao_core::viewer::{Audience, Seat, Viewer};
use kaibiao_crypto::{Digest, canonical};

use crate::world::*;

const DAY: Millis = 24 * HOUR;

fn about(matter: Matter) -> impl Fn(Nonce) -> Complain {
    move |nonce| Complain {
        nonce,
        lot: lot("1"),
        matter,
        request: "请求查处围标行为".into(),
        text: "两家投标人的代表是同一人".into(),
        cites: vec![],
        attachments: vec![],
    }
}

fn collusion(nonce: Nonce) -> Complain {
    about(Matter::Collusion)(nonce)
}

impl World {
    fn anybody(&mut self, name: &str) -> Result<Vec<Event>, RefusedCommand> {
        self.count += 1;
        let body = collusion(self.nonce());
        let act = Act::from(body.clone());
        let text = String::from_utf8(canonical::to_bytes(&act)).unwrap();
        self.system(System::Complained {
            body: Box::new(body),
            signed: Box::new(Signed {
                body: text,
                signature: None,
                grounds: None,
            }),
            name: name.into(),
            reach: "13800000000".into(),
            secret: digest(name),
        })
    }

    fn take_up(&mut self, complaint: Seq) {
        self.ok(&supervisor(), |nonce| TakeUpComplaint { nonce, complaint });
    }

    fn answer_complaint(&mut self, complaint: Seq) {
        self.ok(&supervisor(), |nonce| AnswerComplaint {
            nonce,
            complaint,
            text: "经查不属实".into(),
            attachments: vec![],
        });
    }

    fn read_by(&self, viewer: &Viewer) -> Vec<ComplaintView> {
        complaints(&self.state, &self.book, viewer, self.now)
    }

    /// As the book is folded anew without the details of an event.
    fn erase(&mut self, seq: Seq) {
        let one = self.stream.iter_mut().find(|it| it.seq == seq).unwrap();
        one.details = None;
        self.book = self.stream.iter().fold(Book::default(), note);
    }

    /// The lot has ended.
    fn ended(bidders: usize) -> Self {
        let mut world = Self::signing(bidders);
        while world.wait() {}
        assert_eq!(world.stage(), Stage::Closed);
        world
    }
}

fn seat(seat: Seat, actor: &kaibiao_core::command::Actor) -> Viewer {
    Viewer::at(seat, Some(actor.organisation().clone()))
}

#[test]
fn nobody_complains_before_t0_whoever_it_is() {
    let mut world = World::published();
    world.submit(1, "1").unwrap();
    for actor in [bidder(1), bidder(2), host()] {
        world.refused(Code::AfterOpeningOnly, &actor, |nonce| Complain {
            // What is cited is not looked at, for it would count the events.
            cites: vec![99],
            ..collusion(nonce)
        });
    }
    let refused = world.anybody("王某").unwrap_err().refusal;
    assert_eq!(refused.code, Code::AfterOpeningOnly);
    assert_eq!(counts(&world.state, &Viewer::public(), world.now), None);
}

#[test]
fn whoever_took_part_complains_from_t0_and_the_public_from_the_lots_end() {
    let mut world = World::checking(3);
    world.ok(&bidder(1), collusion);
    world.ok(&host(), collusion);
    world.refused(Code::NotPermitted, &centre(), collusion);
    world.refused(Code::NotPermitted, &supervisor(), collusion);
    world.refused(Code::ComplaintEarly, &bidder(9), collusion);
    assert_eq!(
        world.anybody("王某").unwrap_err().refusal.code,
        Code::ComplaintEarly
    );

    let mut world = World::ended(3);
    world.ok(&bidder(9), collusion);
    world.anybody("王某").unwrap();
    world.ok(&bidder(2), collusion);
    let by: Vec<By> = world.state.complaints.values().map(|it| it.by).collect();
    assert_eq!(by, [By::Public, By::Public, By::Bidder]);
    // Facts name nobody, and no handle that names are told of.
    let facts = serde_json::to_string(&world.stream.last().unwrap().facts.what).unwrap();
    assert_eq!(facts, r#"{"kind":"complained","lot":"1"}"#);
}

/// Midnight in China after so many days, the day of `from` not counted.
fn end_of_day(from: Millis, days: i64) -> Millis {
    let local = from + 8 * HOUR;
    let midnight = local - local.rem_euclid(DAY);
    midnight + (days + 1) * DAY - 8 * HOUR
}

#[test]
fn complaints_are_taken_to_the_end_of_the_tenth_day_after_the_lots_end() {
    let mut world = World::ended(3);
    let until = end_of_day(world.lot1().since, 10);
    world.now = until - 1;
    world.ok(&bidder(1), collusion);
    world.now = until;
    world.refused(Code::ComplaintLate, &bidder(1), collusion);
    world.refused(Code::ComplaintLate, &host(), collusion);
    assert_eq!(
        world.anybody("王某").unwrap_err().refusal.code,
        Code::ComplaintLate
    );
}

#[test]
fn a_bidder_objects_before_it_complains_about_the_opening() {
    let mut world = World::announced(3);
    let opening = about(Matter::Opening);
    world.refused(Code::ObjectionFirst, &bidder(1), &opening);
    world.ok(&bidder(1), |nonce| Object {
        nonce,
        lot: lot("1"),
        text: "唱标有误".into(),
        attachments: vec![],
    });
    world.ok(&bidder(1), &opening);
    // Another's objection is not its own.
    world.refused(Code::ObjectionFirst, &bidder(2), &opening);
    world.ok(&host(), &opening);
}

#[test]
fn the_supervisor_takes_up_or_declines_and_then_answers_each_once() {
    let mut world = World::checking(3);
    world.ok(&bidder(1), collusion);
    let first = world.last_seq();
    world.ok(&bidder(2), collusion);
    let second = world.last_seq();
    let take_up = |complaint| move |nonce| TakeUpComplaint { nonce, complaint };
    let decline = |complaint| {
        move |nonce| DeclineComplaint {
            nonce,
            complaint,
            reason: "没有明确的请求".into(),
        }
    };
    let answer = |complaint| {
        move |nonce| AnswerComplaint {
            nonce,
            complaint,
            text: "经查属实".into(),
            attachments: vec![],
        }
    };
    for actor in [host(), centre(), bidder(1), bidder(9)] {
        world.refused(Code::NotPermitted, &actor, take_up(first));
        world.refused(Code::NotPermitted, &actor, decline(first));
        world.refused(Code::NotPermitted, &actor, answer(first));
    }
    world.refused(Code::NoSuchEvent, &supervisor(), take_up(1));
    world.refused(Code::NotTakenUp, &supervisor(), answer(first));
    world.ok(&supervisor(), take_up(first));
    world.refused(Code::AlreadyDone, &supervisor(), decline(first));
    world.ok(&supervisor(), answer(first));
    world.refused(Code::AlreadyDone, &supervisor(), answer(first));
    world.ok(&supervisor(), decline(second));
    world.refused(Code::AlreadyDone, &supervisor(), answer(second));
    let standing: Vec<_> = world
        .state
        .complaints
        .values()
        .map(|it| it.standing())
        .collect();
    assert_eq!(standing, [Standing::Answered, Standing::Declined]);
}

#[test]
fn what_is_late_is_overdue_and_can_still_be_done() {
    let mut world = World::checking(3);
    world.ok(&bidder(1), collusion);
    let complaint = world.last_seq();
    let viewer = seat(Seat::Supervisor, &supervisor());
    let overdue = |world: &World| counts(&world.state, &viewer, world.now).unwrap().overdue;
    let decided = end_of_day(world.now, 3);
    world.now = decided - 1;
    assert_eq!(overdue(&world), 0);
    world.now = decided;
    assert_eq!(overdue(&world), 1);
    world.take_up(complaint);
    assert_eq!(overdue(&world), 0);
    let answered = end_of_day(world.now, 30);
    assert_eq!(world.read_by(&viewer)[0].due, Some(answered));
    world.now = answered;
    assert_eq!(overdue(&world), 1);
    world.answer_complaint(complaint);
    assert_eq!(overdue(&world), 0);
    assert_eq!(world.read_by(&viewer)[0].due, None);
}

#[test]
fn who_reads_what() {
    let mut world = World::ended(3);
    world.ok(&bidder(1), |nonce| Complain {
        cites: vec![2, 3],
        ..collusion(nonce)
    });
    let first = world.last_seq();
    world.anybody("王某").unwrap();
    let second = world.last_seq();
    let to_supervisor = seat(Seat::Supervisor, &supervisor());
    let to_host = seat(Seat::Host, &host());
    let to_centre = seat(Seat::Centre, &centre());
    let to_first = seat(Seat::Bidder, &bidder(1));
    let to_second = seat(Seat::Bidder, &bidder(2));

    // Before they are taken up nobody else is told of them, not even in numbers.
    for viewer in [&to_host, &to_centre, &to_second, &Viewer::public()] {
        assert_eq!(world.read_by(viewer), []);
        let counts = counts(&world.state, viewer, world.now).unwrap();
        assert_eq!((counts.waiting, counts.open, counts.overdue), (None, 0, 0));
    }
    let own = world.read_by(&to_first);
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].complaint, first);
    let all = world.read_by(&to_supervisor);
    assert_eq!(all.len(), 2);
    let of_public = all[0].told.as_ref().unwrap();
    assert_eq!(of_public.complainant.name, "王某");
    assert_eq!(of_public.complainant.reach.as_deref(), Some("13800000000"));
    assert!(!of_public.signed);
    let of_bidder = all[1].told.as_ref().unwrap();
    assert_eq!(of_bidder.cites, [2, 3]);
    assert!(of_bidder.signed);

    // Then host and centre learn of which lot and about what, and the public counts.
    world.take_up(first);
    world.take_up(second);
    world.answer_complaint(second);
    for viewer in [&to_host, &to_centre] {
        let told = world.read_by(viewer);
        assert_eq!(told.len(), 2);
        assert_eq!(told[1].matter, Some(Matter::Collusion));
        assert!(told.iter().all(|it| it.told.is_none()));
        let json = serde_json::to_string(&told).unwrap();
        assert!(!json.contains("王某") && !json.contains("代表是同一人") && !json.contains("经查"));
    }
    assert_eq!(world.read_by(&to_second), []);
    assert_eq!(world.read_by(&Viewer::public()), []);
    let public = counts(&world.state, &Viewer::public(), world.now).unwrap();
    assert_eq!((public.open, public.answered), (1, 1));

    // Whoever has no certificate reads by its secret, and by no other.
    let read =
        |which, secret: &Digest| by_secret(&world.state, &world.book, which, secret, world.now);
    let told = read(second, &digest("王某")).unwrap();
    assert_eq!(told.told.unwrap().answer.as_deref(), Some("经查不属实"));
    assert_eq!(read(second, &digest("张某")), None);
    assert_eq!(read(first, &digest("王某")), None);
}

#[test]
fn a_complaint_stays_on_the_list_when_its_details_were_erased() {
    let mut world = World::ended(3);
    world.anybody("王某").unwrap();
    let complaint = world.state.events;
    world.take_up(complaint);
    world.answer_complaint(complaint);
    let answer = world.state.events;

    let to_supervisor = seat(Seat::Supervisor, &supervisor());
    let to_host = seat(Seat::Host, &host());
    let whole = world.read_by(&to_supervisor);
    world.erase(answer);
    let told = world.read_by(&to_supervisor);
    let words = told[0].told.as_ref().unwrap();
    assert_eq!(
        (&*words.text, &words.answer),
        ("两家投标人的代表是同一人", &None)
    );
    world.erase(complaint);
    let bare = ComplaintView {
        matter: None,
        told: None,
        ..whole[0].clone()
    };
    let bare = [bare];
    assert_eq!(world.read_by(&to_supervisor), bare);
    assert_eq!(world.read_by(&to_host), bare);
    // Nobody proves any more to have filed it.
    let read = by_secret(
        &world.state,
        &world.book,
        complaint,
        &digest("王某"),
        world.now,
    );
    assert_eq!(read, None);
}

#[test]
fn feeds_tell_nobody_what_is_in_a_complaint_or_whose_it_is() {
    let mut world = World::ended(3);
    world.anybody("王某").unwrap();
    let complaint = world.last_seq();
    world.ok(&bidder(1), collusion);
    let other = world.last_seq();
    world.take_up(complaint);
    world.answer_complaint(complaint);
    world.ok(&supervisor(), |nonce| DeclineComplaint {
        nonce,
        complaint: other,
        reason: "请补充材料".into(),
    });
    let first = usize::try_from(complaint).unwrap() - 1;
    for event in &world.stream[first..] {
        let items = reveal(&world.state, &world.book, event);
        assert_eq!(items.len(), 1, "{}", event.facts.what.kind());
        let told = match event.facts.what.kind() {
            "complaint_taken_up" | "complaint_answered" => Audience::Host,
            _ => Audience::Supervisor,
        };
        assert_eq!(items[0].to, told);
        let body = items[0].body().to_string();
        for word in ["王某", "138", "投标人1", "同一人", "经查", "补充"] {
            assert!(!body.contains(word), "{body}");
        }
    }
}

#[test]
fn a_complaint_changes_no_lot_and_stands_in_no_record() {
    let mut world = World::signing(3);
    let project = world.context().project;
    let made = |world: &World| {
        let head = Head {
            size: 1,
            root: digest("root"),
        };
        let made = record(project, &lot("1"), &world.state, &world.book, head).unwrap();
        serde_json::to_string(&made).unwrap()
    };
    let (before, of_lot) = (made(&world), world.lot1().clone());
    world.ok(&bidder(1), collusion);
    let complaint = world.last_seq();
    world.take_up(complaint);
    world.answer_complaint(complaint);
    assert_eq!(made(&world), before);
    assert_eq!(*world.lot1(), of_lot);
}

#[test]
fn nobody_floods_a_stream() {
    let mut world = World::ended(3);
    for _ in 0..5 {
        world.ok(&bidder(1), collusion);
    }
    let refused = world.act(&bidder(1), collusion).unwrap_err().refusal;
    assert_eq!(refused.code, Code::ComplaintsWait);
    assert_eq!(refused.params["days"], "4");
    // The public is counted apart from those who took part.
    for number in 0..20 {
        world.anybody(&format!("群众{number}")).unwrap();
    }
    let refused = world.anybody("又一人").unwrap_err().refusal;
    assert_eq!(refused.code, Code::ComplaintsFull);
    assert_eq!(refused.params["hours"], "25");
    world.refused(Code::ComplaintsFull, &bidder(9), collusion);
    world.ok(&bidder(2), collusion);
    world.now += DAY;
    world.anybody("又一人").unwrap();
    // One that was answered makes room for its organisation's next, up to twenty.
    for _ in 0..15 {
        let waiting = world.state.complaints.iter();
        let own = waiting.filter(|(seq, it)| {
            let entry = world.book.entry(**seq).unwrap();
            let own = entry.author.as_ref().map(|it| &it.organisation);
            it.due().is_some() && own == Some(bidder(1).organisation())
        });
        let complaint = own.map(|(seq, _)| *seq).next().unwrap();
        world.take_up(complaint);
        world.answer_complaint(complaint);
        world.ok(&bidder(1), collusion);
    }
    world.refused(Code::ComplaintsOver, &bidder(1), collusion);
}

#[test]
fn a_complaint_of_the_public_says_who_and_how_to_be_reached() {
    let mut world = World::ended(3);
    let before = world.stream.len();
    let refused = world.anybody("").unwrap_err().refusal;
    assert_eq!(refused.code, Code::WrongText);
    assert_eq!(world.stream.len(), before);
    world.refused(Code::WrongText, &bidder(1), |nonce| Complain {
        request: " ".into(),
        ..collusion(nonce)
    });
    world.refused(Code::NoSuchEvent, &bidder(1), |nonce| Complain {
        cites: vec![9999],
        ..collusion(nonce)
    });
}

/// Old streams have states without complaints, and their bytes are what they were.
#[test]
fn a_state_without_complaints_says_nothing_of_them() {
    let world = World::announced(3);
    let state = serde_json::to_value(&world.state).unwrap();
    assert!(state.get("complaints").is_none());
    let read: kaibiao_core::state::State = serde_json::from_value(state).unwrap();
    assert_eq!(read, world.state);
}

#[test]
fn files_are_taken_while_an_act_can_name_one() {
    let taken = |world: &World, actor: &kaibiao_core::command::Actor| {
        let (state, book) = (&world.state, &world.book);
        files::are_taken(state, book, actor.organisation(), world.now)
            .map_err(|refusal| refusal.code)
    };
    let mut world = World::ended(3);
    world.ok(&bidder(1), collusion);
    let complaint = world.last_seq();
    world.now = end_of_day(world.lot1().since, 10) - 1;
    assert_eq!(taken(&world, &bidder(1)), Ok(()));
    world.now += 1;
    assert_eq!(taken(&world, &bidder(1)), Err(Code::FilesOver));
    assert_eq!(taken(&world, &host()), Err(Code::FilesOver));
    // Only whoever answers still has something to name one in.
    assert_eq!(taken(&world, &supervisor()), Ok(()));
    world.take_up(complaint);
    assert_eq!(taken(&world, &supervisor()), Ok(()));
    world.answer_complaint(complaint);
    assert_eq!(taken(&world, &supervisor()), Err(Code::FilesOver));
    // Before, they always are.
    for world in [World::published(), World::checking(3)] {
        assert_eq!(taken(&world, &bidder(1)), Ok(()));
    }
}
