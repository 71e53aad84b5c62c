//! What the host notes of single bidders, and what they say when objections are
//! raised.

use kaibiao_core::act::*;
use kaibiao_core::command::{Actor, System};
use kaibiao_core::ids::{Nonce, Party};
use kaibiao_core::missing::Kind as Missing;
use kaibiao_core::record::{Head, OnObjections, Record, record};
use kaibiao_core::refusal::RefusalCode as Code;
use kaibiao_core::reveal::{Item, reveal};
use kaibiao_core::view::{self, PartyView, View, view};
use kaibiao_core::viewer::{Seat, Viewer};

use crate::world::*;

fn remark(party: Party, exception: Option<LineException>, text: &str) -> impl Fn(Nonce) -> Act {
    let text = text.to_owned();
    move |nonce| {
        RemarkLine {
            nonce,
            lot: lot("1"),
            party,
            exception,
            text: text.clone(),
        }
        .into()
    }
}

fn none(nonce: Nonce) -> NoObjection {
    let lot = lot("1");
    NoObjection { nonce, lot }
}

pub fn object(nonce: Nonce) -> Object {
    Object {
        nonce,
        lot: lot("1"),
        text: "评审办法与公告不符".into(),
        attachments: vec![],
    }
}

impl World {
    pub fn noted(&self) -> Record {
        let head = Head {
            size: self.last_seq(),
            root: digest("root"),
        };
        record(project(), &lot("1"), &self.state, &self.book, head).unwrap()
    }

    pub fn seen_by(&self, viewer: &Viewer) -> View {
        view(&self.state, &self.book, viewer, None, self.now).unwrap()
    }

    pub fn party_seen_by(&self, viewer: &Viewer, number: usize) -> PartyView {
        let party = self.party(number, "1").unwrap().to_string();
        let parties = &self.seen_by(viewer).lots[&lot("1")].parties;
        parties.iter().find(|it| it.party == party).unwrap().clone()
    }

    /// What the last event told.
    pub fn told(&self) -> Vec<Item> {
        reveal(&self.state, &self.book, self.stream.last().unwrap())
    }

    pub fn make_record(&mut self, name: &str) {
        let made = System::RecordMade {
            lot: lot("1"),
            size: self.last_seq(),
            record: digest(name),
            pdf: None,
        };
        self.system(made).unwrap();
    }

    pub fn sign_record(&mut self, name: &str) {
        let record = digest(name);
        self.ok(&host(), |nonce| SignRecord {
            nonce,
            lot: lot("1"),
            record,
            cms: None,
        });
    }

    pub fn objecting(bidders: usize) -> Self {
        let mut world = Self::announced(bidders);
        world.ok(&host(), |nonce| OpenObjections {
            nonce,
            lots: vec![lot("1")],
            seconds: None,
        });
        world
    }
}

pub fn officials() -> Viewer {
    Viewer::at(Seat::Host, Some(host().author.organisation))
}

pub fn eyes(of: &Actor) -> Viewer {
    Viewer::at(Seat::Bidder, Some(of.author.organisation.clone()))
}

#[test]
fn a_remark_stands_beside_the_line_and_changes_nothing_in_it() {
    let mut world = World::opened(3);
    let party = world.party(1, "1").unwrap();
    let bid = world.live(1, "1").unwrap();
    let sheet = world.book.sheets[&bid].clone();
    let differ = Some(LineException::AmountsDiffer);
    world.ok(&host(), remark(party, differ, "大写少一个“仟”字"));
    assert_eq!(world.book.sheets[&bid], sheet);

    // It may speak of what nobody has read out yet.
    assert_eq!(world.party_seen_by(&officials(), 1).remarks.len(), 1);
    assert_eq!(world.party_seen_by(&eyes(&bidder(1)), 1).remarks.len(), 1);
    assert!(world.party_seen_by(&Viewer::public(), 1).remarks.is_empty());
    assert!(world.party_seen_by(&eyes(&bidder(2)), 1).remarks.is_empty());
    let hears = |items: &[Item], viewer: &Viewer| {
        let heard = items.iter().filter(|item| viewer.hears(&item.to));
        heard.filter(|item| item.kind() == "line_remarked").count()
    };
    let told = world.told();
    assert_eq!(hears(&told, &Viewer::public()), 0);
    assert_eq!(hears(&told, &eyes(&bidder(2))), 0);
    assert_eq!(hears(&told, &eyes(&bidder(1))), 1);
    assert_eq!(hears(&told, &officials()), 1);

    world.ok(&host(), |nonce| Announce {
        nonce,
        lots: vec![lot("1")],
    });
    let told = world.told();
    assert_eq!(hears(&told, &Viewer::public()), 1);
    let item = told.iter().find(|it| it.kind() == "line_remarked").unwrap();
    assert_eq!(item.body()["exception"], "amounts-differ");
    assert_eq!(item.body()["text"], "大写少一个“仟”字");
    assert_eq!(world.party_seen_by(&Viewer::public(), 1).remarks.len(), 1);

    let row = &world.noted().rows[0];
    assert_eq!(row.remarks[0].exception, differ);
    assert_eq!(row.remarks[0].text, "大写少一个“仟”字");
    assert_eq!(row.remarks[0].by, host().author.name);
}

#[test]
fn a_remark_says_something_about_a_bid_that_counts_and_is_the_operators() {
    let mut world = World::checking(4);
    let (refused, party) = (world.party(4, "1").unwrap(), world.party(1, "1").unwrap());
    let bid = world.live(4, "1").unwrap();
    world.ok(&host(), |nonce| RefuseBid {
        nonce,
        lot: lot("1"),
        party: refused,
        bid,
        reason: "未缴保证金".into(),
        others: Vec::new(),
    });
    world.refused(Code::WrongStage, &host(), remark(party, None, "早了"));
    world.start_window();
    for number in 1..=3 {
        world.unlock(number).unwrap();
    }
    world.sign_statement(Some("1"));
    world.release(&host()).unwrap();
    world.release(&centre()).unwrap();
    world
        .open(|_| kaibiao_core::event::Outcome::Opened)
        .unwrap();
    world.refused(Code::WrongText, &host(), remark(party, None, ""));
    let other = Some(LineException::Other);
    world.refused(Code::WrongText, &host(), remark(party, other, ""));
    world.refused(Code::WrongText, &host(), remark(party, None, "a\u{202e}b"));
    let long = "长".repeat(2001);
    world.refused(Code::WrongText, &host(), remark(party, None, &long));
    world.refused(Code::NotPermitted, &supervisor(), remark(party, None, "不"));
    world.refused(Code::NotPermitted, &bidder(1), remark(party, None, "不"));
    world.refused(Code::NotInWindow, &host(), remark(refused, None, "无"));
    let stranger = Party([7; 16]);
    world.refused(Code::NoSuchParty, &host(), remark(stranger, None, "无"));
    // An exception that says it all needs no words.
    let absent = Some(LineException::RepresentativeAbsent);
    for _ in 0..20 {
        world.ok(&host(), remark(party, absent, ""));
    }
    world.refused(Code::TooMany, &host(), remark(party, absent, ""));
    let another = world.party(2, "1").unwrap();
    world.ok(&host(), remark(another, None, "投标函用旧格式"));
}

#[test]
fn the_same_remark_counts_once() {
    let mut world = World::opened(3);
    let party = world.party(1, "1").unwrap();
    let act = remark(party, None, "补记")(world.nonce());
    let command = performed(&host(), act, kaibiao_core::command::Checked::Nothing);
    world.run(&command).unwrap();
    let again = world.run(&command).unwrap_err();
    assert_eq!(again.refusal.code, Code::Replayed);
    assert_eq!(world.party_seen_by(&officials(), 1).remarks.len(), 1);
}

#[test]
fn a_remark_after_the_record_was_made_has_it_made_anew_and_none_follows_the_signature() {
    let mut world = World::signing(3);
    let party = world.party(1, "1").unwrap();
    world.make_record("record");
    world.ok(&host(), remark(party, None, "补记"));
    world.refused(Code::RecordDiffers, &host(), |nonce| SignRecord {
        nonce,
        lot: lot("1"),
        record: digest("record"),
        cms: None,
    });
    world.make_record("anew");
    assert_eq!(
        world.lot1().records[1].corrects,
        Some(digest("record")),
        "it corrects the one without the remark"
    );
    world.sign_record("anew");
    world.refused(Code::RecordSigned, &host(), remark(party, None, "晚了"));
    world.ok(&host(), |nonce| CorrectRecord {
        nonce,
        lot: lot("1"),
        record: digest("anew"),
        text: "补记一条备注".into(),
    });
    world.ok(&host(), remark(party, None, "更正时补记"));
    assert_eq!(world.noted().rows[0].remarks.len(), 2);
}

#[test]
fn a_record_without_notes_has_the_members_that_it_always_had() {
    let world = World::signing(3);
    let json = serde_json::to_value(world.noted()).unwrap();
    assert!(json.get("answers").is_none());
    assert!(json["rows"][0].get("remarks").is_none());
}

#[test]
fn the_record_says_of_each_bidder_whether_it_objects_has_none_or_is_silent() {
    let mut world = World::announced(4);
    world.refused(Code::WrongStage, &bidder(1), none);
    let mut world = {
        world.ok(&host(), |nonce| OpenObjections {
            nonce,
            lots: vec![lot("1")],
            seconds: None,
        });
        world
    };
    world.ok(&bidder(1), none);
    world.refused(Code::AlreadyDone, &bidder(1), none);
    world.ok(&bidder(2), object);
    let objection = world.last_seq();
    world.refused(Code::AlreadyDone, &bidder(2), none);
    // Having said that there is none takes nobody's right to object.
    world.ok(&bidder(3), none);
    world.ok(&bidder(3), object);
    let other = world.last_seq();
    world.refused(Code::NotPermitted, &host(), none);
    world.refused(Code::NoStanding, &bidder(8), none);
    for objection in [objection, other] {
        world.ok(&host(), |nonce| Reply {
            nonce,
            lot: lot("1"),
            objection,
            text: "已核实".into(),
            attachments: vec![],
        });
    }
    let seen = world.party_seen_by(&Viewer::public(), 1).on_objections;
    assert_eq!(seen, Some(view::OnObjections::None));
    let seen = world.party_seen_by(&Viewer::public(), 4).on_objections;
    assert_eq!(seen, None);

    world.ok(&host(), |nonce| CloseObjections {
        nonce,
        lots: vec![lot("1")],
    });
    world.refused(Code::WrongStage, &bidder(4), none);
    let answers = world.noted().answers;
    let said: Vec<_> = answers.iter().map(|it| it.answer).collect();
    let (objected, silent) = (OnObjections::Objected, OnObjections::Silent);
    assert_eq!(said, [OnObjections::None, objected, objected, silent]);
    assert_eq!(answers[0].name, world.book.name(&world.lot1().order[0]));
}

#[test]
fn nobody_answers_while_the_clocks_stand() {
    let mut world = World::objecting(3);
    world.ok(&supervisor(), |nonce| Suspend {
        nonce,
        lots: vec![lot("1")],
        reason: "网络故障".into(),
    });
    world.refused(Code::Suspended, &bidder(1), none);
}

fn kinds(world: &World) -> Vec<(Missing, u64, bool)> {
    let seen = world.seen_by(&officials());
    let all = seen.lots[&lot("1")].missing.iter();
    let all = all.filter(|it| it.what != Missing::Absences);
    all.map(|it| (it.what, it.count, it.mendable)).collect()
}

#[test]
fn what_is_missing_before_the_close_is_told_to_officials_until_it_is_there() {
    let mut world = World::announced(3);
    assert_eq!(kinds(&world), [(Missing::Lines, 3, true)]);
    assert!(
        world.seen_by(&Viewer::public()).lots[&lot("1")]
            .missing
            .is_empty()
    );
    let (first, second) = (world.live(1, "1").unwrap(), world.live(2, "1").unwrap());
    world.ok(&bidder(1), |nonce| Confirm {
        nonce,
        lot: lot("1"),
        bid: first,
    });
    world.ok(&bidder(2), |nonce| Dispute {
        nonce,
        lot: lot("1"),
        bid: second,
        text: "工期读错".into(),
    });
    let disputed = (Missing::Disputes, 1, true);
    assert_eq!(kinds(&world), [disputed, (Missing::Lines, 1, true)]);
    let party = world.party(2, "1").unwrap();
    world.ok(&host(), remark(party, None, "已核对，工期为90天"));
    assert_eq!(kinds(&world), [(Missing::Lines, 1, true)]);

    world.ok(&host(), |nonce| OpenObjections {
        nonce,
        lots: vec![lot("1")],
        seconds: None,
    });
    world.ok(&bidder(1), none);
    world.ok(&bidder(2), object);
    world.ok(&bidder(3), |nonce| Question {
        nonce,
        lot: lot("1"),
        text: "？".into(),
    });
    let late = (Missing::Lines, 1, false);
    assert_eq!(
        kinds(&world),
        [
            (Missing::Replies, 1, true),
            (Missing::Answers, 1, true),
            late,
            (Missing::Objections, 1, true),
        ]
    );
    let seen = world.seen_by(&officials()).lots.remove(&lot("1")).unwrap();
    assert_eq!(seen.missing[0].events, [world.last_seq() - 1]);
    assert_eq!(seen.missing[3].parties, [world.party(3, "1").unwrap()]);
    // Time waits for nobody: what can come no more is told as such.
    while world.stage() == kaibiao_core::state::Stage::Objections {
        world.wait();
    }
    assert_eq!(
        kinds(&world),
        [
            (Missing::Record, 1, true),
            (Missing::Signature, 1, true),
            (Missing::Replies, 1, false),
            (Missing::Answers, 1, true),
            late,
            (Missing::Objections, 1, false),
        ]
    );
}

#[test]
fn what_the_close_demands_is_what_it_is_refused_for() {
    let mut world = World::signing(3);
    let close = |nonce| Close {
        nonce,
        lots: vec![lot("1")],
    };
    let demanded = |world: &World| {
        let seen = world.seen_by(&officials());
        let mut all = seen.lots[&lot("1")].missing.iter();
        all.any(|it| it.demanded)
    };
    for step in [0, 1] {
        assert!(demanded(&world));
        assert!(world.act(&host(), close).is_err());
        if step == 0 {
            world.make_record("record");
        } else {
            world.sign_record("record");
        }
    }
    assert!(!demanded(&world));
    world.ok(&host(), close);
    assert!(kinds(&world).is_empty());
}

fn away(party: Party, absence: Absence, note: &str) -> impl Fn(Nonce) -> Act {
    let note = note.to_owned();
    move |nonce| {
        MarkAbsence {
            nonce,
            lot: lot("1"),
            party,
            absence,
            note: note.clone(),
            others: Vec::new(),
        }
        .into()
    }
}

#[test]
fn whoever_stays_away_gets_a_reason_and_whoever_comes_late_loses_it() {
    let mut world = World::published();
    world.submit(1, "1").unwrap();
    world.now = T0 - 30 * MINUTE;
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
    world.ok(&bidder(1), sign_in);
    let there = world.party(1, "1").unwrap();
    world.refused(Code::WrongStage, &host(), away(there, Absence::Late, ""));
    for number in 2..=4 {
        world.submit(number, "1").unwrap();
    }
    world.close_with(0);
    let (second, third) = (world.party(2, "1").unwrap(), world.party(3, "1").unwrap());
    world.refused(Code::NotAbsent, &host(), away(there, Absence::Late, ""));
    world.refused(Code::WrongText, &host(), away(second, Absence::Other, ""));
    world.refused(
        Code::NotPermitted,
        &bidder(2),
        away(second, Absence::Late, ""),
    );
    let stranger = Party([7; 16]);
    world.refused(
        Code::NoSuchParty,
        &host(),
        away(stranger, Absence::Late, ""),
    );
    world.ok(&host(), away(second, Absence::Unreachable, ""));
    world.ok(&host(), away(second, Absence::Network, "驻地断网"));
    world.ok(&host(), away(third, Absence::Late, ""));

    // What is told of it is the bidder's own and the officials'.
    let seen = |viewer: &Viewer, number| {
        let course = world.party_seen_by(viewer, number).course;
        course.and_then(|course| course.absence)
    };
    assert_eq!(seen(&officials(), 2).unwrap().note, "驻地断网");
    assert_eq!(
        seen(&eyes(&bidder(2)), 2).unwrap().absence,
        Absence::Network
    );
    let told = world.told();
    assert!(told.iter().all(|it| !Viewer::public().hears(&it.to)));

    world.ok(&host(), |nonce| AllowSignIn {
        nonce,
        lot: lot("1"),
        party: third,
        reason: "堵车".into(),
        others: Vec::new(),
    });
    world.ok(&bidder(3), sign_in);
    let attendance = world.noted().attendance;
    let why: Vec<_> = attendance.iter().map(|it| it.absence.as_ref()).collect();
    assert_eq!(why.iter().flatten().count(), 1, "who came has no reason");
    let why = why.into_iter().flatten().next().unwrap();
    assert_eq!(
        (why.absence, why.note.as_str()),
        (Absence::Network, "驻地断网")
    );
    for _ in 2..20 {
        world.ok(&host(), away(second, Absence::Network, ""));
    }
    world.refused(Code::TooMany, &host(), away(second, Absence::Network, ""));
}

#[test]
fn absences_without_a_reason_are_missing_before_the_close() {
    let mut world = World::signing(3);
    let absences = |world: &World| {
        let seen = world.seen_by(&officials());
        let mut all = seen.lots[&lot("1")].missing.iter();
        all.find(|it| it.what == Missing::Absences)
            .map_or(0, |it| it.count)
    };
    assert_eq!(absences(&world), 3);
    let party = world.party(1, "1").unwrap();
    world.ok(&host(), away(party, Absence::Declined, ""));
    assert_eq!(absences(&world), 2);
}

#[test]
fn an_order_to_end_bears_its_code_and_a_failed_lot_has_its_own() {
    let mut world = World::unlocking(3);
    let ending = Ending {
        kind: EndingKind::Void,
        reason: EndingReason::Unlawful,
    };
    world.ok(&supervisor(), |nonce| Terminate {
        nonce,
        lots: vec![lot("1")],
        reason: "查实串通投标".into(),
        ending: Some(ending),
    });
    let seen = world.seen_by(&Viewer::public());
    assert_eq!(seen.lots[&lot("1")].ending, Some(ending));
    let json = serde_json::to_value(world.noted()).unwrap();
    assert_eq!(
        json["lot"]["ending"],
        serde_json::json!({"kind": "void", "reason": 102})
    );
    let facts = serde_json::to_value(&world.stream.last().unwrap().facts).unwrap();
    assert_eq!(facts["what"]["ending"]["reason"], 102);
    assert!(serde_json::from_str::<EndingReason>("106").is_err());

    let world = World::checking(2);
    let seen = world.seen_by(&Viewer::public());
    let failed = seen.lots[&lot("1")].ending.unwrap();
    assert_eq!(
        (failed.kind, failed.reason),
        (EndingKind::Failed, EndingReason::FewBids)
    );
    // The record of an older stream has the bytes that it had.
    let json = serde_json::to_value(world.noted()).unwrap();
    assert!(json["lot"].get("ending").is_none());
    assert_eq!(World::checking(3).lot1().ending(), None);
}

#[test]
fn an_order_to_end_names_no_reason_that_the_stream_proves_wrong() {
    let end = |reason| {
        move |nonce| Terminate {
            nonce,
            lots: vec![lot("1")],
            reason: "见说明".into(),
            ending: Some(Ending {
                kind: EndingKind::Failed,
                reason,
            }),
        }
    };
    use EndingReason::{FewBids, GivenUp, Other, OverPrice, Unlawful};
    // Three are required, and as many stand, or are open.
    for mut world in [World::checking(3), World::opened(3), World::signing(4)] {
        let refused = world.act(&supervisor(), end(FewBids)).unwrap_err().refusal;
        assert_eq!(refused.code, Code::BidsSuffice);
        assert_eq!(refused.params["minimum"], "3");
    }
    // Of those that are to be unlocked nobody knows yet whether they will be.
    World::unlocking(3).ok(&supervisor(), end(FewBids));
    let mut unlocked = World::unlocking(4);
    for number in 1..=3 {
        unlocked.unlock(number).unwrap();
    }
    unlocked.refused(Code::BidsSuffice, &supervisor(), end(FewBids));
    // Prices are known once bids are open.
    for mut world in [World::checking(3), World::unlocking(3), World::releasing(3)] {
        world.refused(Code::PricesUnread, &supervisor(), end(OverPrice));
    }
    World::opened(3).ok(&supervisor(), end(OverPrice));
    for reason in [Unlawful, GivenUp, Other] {
        World::checking(3).ok(&supervisor(), end(reason));
    }
}
