//! What the host notes of single bidders, through the real service: remarks, absences,
//! private lines, mutes, "no objection", and what is missing before the close.

use kaibiao_client::http::Session;
use kaibiao_core::act::{
    Absence, AbsenceFor, Act, Announce, Close, CloseObjections, LineException, MarkAbsence, Mute,
    NoObjection, Object, OpenObjections, PrivateMessage, Question, RemarkLine, SignRecord,
};
use kaibiao_core::ids::Party;
use kaibiao_crypto::{Digest, canonical};
use serde_json::{Value, json};

use crate::hall::{Hall, lot};
use crate::world::{World, nonce};

impl Hall {
    async fn view_of(&self, session: &Session) -> Value {
        let path = format!("projects/{}", self.project);
        let view: Value = session.server.get(&path).await.unwrap();
        view["lots"]["1"].clone()
    }

    /// Why an act is refused.
    async fn refused(&self, session: &Session, act: impl Into<Act>) -> String {
        let answer = session.act(&self.project, &act.into(), Vec::new()).await;
        answer.unwrap_err().code.to_string()
    }

    /// The handles of the bidders, in their order.
    async fn parties(&self) -> Vec<Party> {
        let seen = self.view_of(self.host()).await;
        let of = |name: &str| {
            let mut all = seen["parties"].as_array().unwrap().iter();
            let found = all.find(|it| it["name"] == name).unwrap();
            found["party"].as_str().unwrap().parse().unwrap()
        };
        let names = self.bidders.iter().map(|it| it.person.company.as_str());
        names.map(of).collect()
    }
}

fn remark(party: Party, text: &str) -> RemarkLine {
    RemarkLine {
        nonce: nonce(),
        lot: lot("1"),
        party,
        exception: Some(LineException::AmountsDiffer),
        text: text.to_owned(),
    }
}

fn missing(seen: &Value) -> Vec<&str> {
    let all = seen["missing"].as_array().into_iter().flatten();
    all.map(|it| it["what"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_the_host_notes_is_told_to_whom_it_concerns_and_stands_in_the_record() {
    let hall = Hall::publish(World::start().await, 3, 4.0).await;
    let sealed = hall.submit_all().await;
    hall.open(&sealed).await;
    let parties = hall.parties().await;
    let lots = || vec![lot("1")];

    // Before the announcement a remark is the officials' and the bidder's own.
    hall.act(hall.host(), remark(parties[0], "大写少一个“仟”字"))
        .await;
    let told = |seen: &Value| {
        let all = seen["parties"].as_array().unwrap().iter();
        all.filter(|it| it.get("remarks").is_some()).count()
    };
    assert_eq!(told(&hall.view_of(hall.host()).await), 1);
    assert_eq!(told(&hall.view_of(&hall.bidders[0].session).await), 1);
    assert_eq!(told(&hall.view_of(&hall.bidders[1].session).await), 0);

    // A line to one bidder, and its answer, are theirs alone.
    let to_first = PrivateMessage {
        nonce: nonce(),
        lot: lot("1"),
        party: Some(parties[0]),
        text: "请核对大写金额".into(),
    };
    hall.act(hall.host(), to_first).await;
    let answer = PrivateMessage {
        nonce: nonce(),
        lot: lot("1"),
        party: None,
        text: "以小写为准".into(),
    };
    hall.act(&hall.bidders[0].session, answer).await;
    let lines = |seen: &Value| seen["private"].as_array().map_or(0, Vec::len);
    assert_eq!(lines(&hall.view_of(&hall.bidders[0].session).await), 2);
    assert_eq!(lines(&hall.view_of(hall.supervisor()).await), 2);
    assert_eq!(lines(&hall.view_of(&hall.bidders[1].session).await), 0);

    // Who is muted asks nothing, and objects as before.
    let mute = Mute {
        nonce: nonce(),
        lot: lot("1"),
        party: parties[1],
        reason: "重复提问".into(),
    };
    hall.act(hall.host(), mute).await;
    let ask = Question {
        nonce: nonce(),
        lot: lot("1"),
        text: "何时唱标？".into(),
    };
    assert_eq!(hall.refused(&hall.bidders[1].session, ask).await, "muted");

    let act = Announce {
        nonce: nonce(),
        lots: lots(),
    };
    hall.act(hall.host(), act).await;
    assert_eq!(told(&hall.view_of(&hall.bidders[1].session).await), 1);
    let act = OpenObjections {
        nonce: nonce(),
        lots: lots(),
        seconds: None,
    };
    hall.act(hall.host(), act).await;
    let none = || NoObjection {
        nonce: nonce(),
        lot: lot("1"),
    };
    hall.act(&hall.bidders[0].session, none()).await;
    let twice = hall.refused(&hall.bidders[0].session, none()).await;
    assert_eq!(twice, "already-done");
    let objection = Object {
        nonce: nonce(),
        lot: lot("1"),
        text: "唱标顺序有误".into(),
        attachments: vec![],
    };
    hall.act(&hall.bidders[1].session, objection).await;

    // What is missing is told to officials, and to nobody else.
    let seen = hall.view_of(hall.host()).await;
    assert_eq!(
        missing(&seen),
        ["replies", "lines", "objections", "absences"]
    );
    let silent = &seen["missing"][2];
    assert_eq!(silent["parties"], json!([parties[2].to_string()]));
    let bidders = hall.view_of(&hall.bidders[0].session).await;
    assert!(bidders.get("missing").is_none());
    let reply = kaibiao_core::act::Reply {
        nonce: nonce(),
        lot: lot("1"),
        objection: seen["missing"][0]["events"][0].as_u64().unwrap(),
        text: "已核实".into(),
        attachments: vec![],
    };
    hall.act(hall.host(), reply).await;
    // One signature for all of them; each has an event and a note of its own.
    let absent = |number: usize| AbsenceFor {
        party: parties[number],
        absence: Absence::NotRequired,
        note: format!("第 {number} 家"),
    };
    let AbsenceFor {
        party,
        absence,
        note,
    } = absent(0);
    let act = Act::from(MarkAbsence {
        nonce: nonce(),
        lot: lot("1"),
        party,
        absence,
        note,
        others: vec![absent(1), absent(2)],
    });
    let reply = hall.host().act(&hall.project, &act, Vec::new()).await;
    let reply = serde_json::to_value(reply.unwrap()).unwrap();
    let kinds = reply["events"].as_array().unwrap().iter();
    let kinds: Vec<_> = kinds.map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["absence_marked"; 3]);
    // Whoever lost the answer asks for the act, and is told of the event that bears it.
    let digest = Digest::of(&canonical::to_bytes(&act));
    let path = format!("projects/{}/acts/{digest}", hall.project);
    let taken: Value = hall.host().server.get(&path).await.unwrap();
    assert_eq!(taken["events"][0]["seq"], reply["events"][0]["seq"]);
    let act = CloseObjections {
        nonce: nonce(),
        lots: lots(),
    };
    hall.act(hall.host(), act).await;

    // A remark after the record was made has the platform make another one.
    let made = |view: &Value| view["lots"]["1"]["records"].as_array().map_or(0, Vec::len);
    hall.until("the record", |view| made(view) == 1).await;
    hall.act(hall.host(), remark(parties[2], "")).await;
    let view = hall
        .until("the corrected record", |view| made(view) == 2)
        .await;
    let record: Value = hall.get("lots/1/record.json").await;
    assert_eq!(
        record["rows"][0]["remarks"][0]["exception"],
        "amounts-differ"
    );
    assert_eq!(record["rows"][2]["remarks"][0]["by"], "城建投资有限公司");
    let said: Vec<_> = record["answers"].as_array().unwrap().iter().collect();
    let said: Vec<_> = said.iter().map(|it| it["answer"].as_str()).collect();
    assert_eq!(said, [Some("none"), Some("objected"), Some("silent")]);
    let attendance = record["attendance"].as_array().unwrap().iter();
    let notes: Vec<_> = attendance.map(|it| it["absence"]["note"].clone()).collect();
    assert_eq!(notes, ["第 0 家", "第 1 家", "第 2 家"]);
    let private = record["messages"].as_array().unwrap().iter();
    assert_eq!(private.filter(|it| it["private"] == true).count(), 2);

    let digest = view["lots"]["1"]["records"][1]["record"].as_str().unwrap();
    let sign = SignRecord {
        nonce: nonce(),
        lot: lot("1"),
        record: digest.parse().unwrap(),
        cms: None,
    };
    hall.act(hall.host(), sign).await;
    let late = hall.refused(hall.host(), remark(parties[0], "晚了")).await;
    assert_eq!(late, "record-signed");
    let seen = hall.view_of(hall.host()).await;
    assert_eq!(missing(&seen), ["lines", "objections"]);
    let close = Close {
        nonce: nonce(),
        lots: lots(),
    };
    hall.act(hall.host(), close).await;
    hall.until_stage("closed").await;
}

#[tokio::test]
async fn sign_in_opens_when_the_draft_says_so_and_everybody_is_told() {
    let day = |draft: &mut kaibiao_core::terms::Draft| draft.sign_in = Some(86_400);
    let hall = Hall::publish_with(World::start().await, 1, 7200.0, day).await;
    let path = format!("projects/{}", hall.project);
    let view: Value = hall.world.server().get(&path).await.unwrap();
    let (t0, from) = (&view["t0"], &view["sign_in_from"]);
    assert_eq!(t0.as_i64().unwrap() - from.as_i64().unwrap(), 86_400_000);
    let sealed = hall.seal(0, "100", &[]);
    let reply = hall
        .submit(0, &sealed, &hall.submit_act(&sealed, 1, None))
        .await;
    assert!(reply.status().is_success());
    let act = kaibiao_core::act::SignIn {
        nonce: nonce(),
        lot: lot("1"),
        representative: kaibiao_core::act::Representative {
            name: "张三".into(),
            phone: "13800000000".into(),
            identity: "居民身份证".into(),
            identity_number: "35".into(),
            authorisation: None,
        },
    };
    // Two hours before T0, which the usual hour would refuse.
    hall.act(&hall.bidders[0].session, act).await;
}
