//! Complaints: of those who took part, of the public, and what each is shown.

use std::path::PathBuf;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_api::{
    AttachmentView, BoardView, ComplaintFiled, ComplaintList, ComplaintReply, ProjectComplaints,
    PublicComplaint, PublicFile,
};
use kaibiao_client::http::Server;
use kaibiao_core::act::{
    Act, AnswerComplaint, Attachment, Complain, DeclineComplaint, Matter, TakeUpComplaint,
    Terminate,
};
use kaibiao_core::complaints::Standing;
use kaibiao_core::ids::Seq;
use kaibiao_crypto::Digest;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::hall::{Hall, lot};
use crate::world::{Person, World, nonce};

fn complaint(attachments: Vec<Attachment>) -> Complain {
    Complain {
        nonce: nonce(),
        lot: lot("1"),
        matter: Matter::Collusion,
        request: "请求查处".to_owned(),
        text: "两家投标人的报价呈规律性差异".to_owned(),
        cites: Vec::new(),
        attachments,
    }
}

fn of_the_public() -> PublicComplaint {
    PublicComplaint {
        lot: lot("1"),
        matter: Matter::Conduct,
        request: "请求调查".to_owned(),
        text: "代理机构的工作人员与投标人同住".to_owned(),
        cites: Vec::new(),
        name: "王某某".to_owned(),
        reach: "13800000000".to_owned(),
        files: vec![PublicFile {
            name: "照片.jpg".to_owned(),
            content: BASE64.encode(b"a photograph"),
        }],
    }
}

async fn send(server: &Server, path: &str, body: &impl serde::Serialize) -> (StatusCode, Value) {
    let request = server.request(Method::POST, path).json(body);
    let reply = request.send().await.unwrap();
    let status = reply.status();
    (status, reply.json().await.unwrap_or_default())
}

async fn shown(server: &Server, hall: &Hall) -> ProjectComplaints {
    let path = format!("projects/{}/complaints", hall.project);
    server.get(&path).await.unwrap()
}

async fn listed(server: &Server) -> ComplaintList {
    server.get("complaints").await.unwrap()
}

impl Hall {
    /// T0 has passed, and the first bidder's bid stood then.
    async fn checking() -> Self {
        let hall = Self::publish(World::start().await, 2, 3.0).await;
        let sealed = hall.seal(0, "100", &[]);
        let act = hall.submit_act(&sealed, 1, None);
        assert!(hall.submit(0, &sealed, &act).await.status().is_success());
        hall.until_stage("checking").await;
        hall
    }

    async fn terminate(&self) {
        let terminate = Terminate {
            nonce: nonce(),
            lots: vec![lot("1")],
            reason: "停电".to_owned(),
            ending: None,
        };
        self.act(self.supervisor(), terminate).await;
    }

    async fn decide(&self, act: impl Into<Act>) {
        self.act(self.supervisor(), act).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bidder_complains_and_the_supervisor_alone_reads_it() {
    let hall = Hall::checking().await;
    let bidder = &hall.bidders[0].session;
    let path = format!("projects/{}/attachments", hall.project);
    let file = b"%PDF-1.7 what shows it".to_vec();
    let request = bidder.server.request(Method::POST, &path);
    let request = request
        .header("Content-Type", "application/pdf")
        .body(file.clone());
    let kept: AttachmentView = request.send().await.unwrap().json().await.unwrap();
    let named = Attachment {
        name: "报价分析.pdf".to_owned(),
        digest: kept.digest.parse().unwrap(),
        size: kept.size,
        media_type: kept.media_type,
    };
    let reply = hall.act(bidder, complaint(vec![named])).await;
    let number: Seq = reply.events[0].seq.unwrap();
    assert_eq!(reply.events[0].kind, "complained");

    // Whoever did not complain is told of nothing, nor finds the file.
    let (host, centre) = (hall.host(), &hall.custodians[1].0);
    let other = &hall.bidders[1].session;
    let stranger = hall.world.server();
    let path = format!("{path}/{}", kept.digest);
    for server in [&host.server, &centre.server, &other.server, &stranger] {
        let told = shown(server, &hall).await;
        assert!(told.complaints.is_empty());
        assert_eq!(told.counts.unwrap().open, 0);
        assert_eq!(server.get_bytes(&path).await.unwrap_err().code, "not-found");
    }
    assert!(listed(&centre.server).await.complaints.is_empty());
    let supervisor = &hall.supervisor().server;
    for server in [&bidder.server, supervisor] {
        assert_eq!(server.get_bytes(&path).await.unwrap(), file);
        let told = shown(server, &hall).await.complaints;
        let told = told[0].told.as_ref().unwrap();
        assert!(told.signed);
        assert_eq!(told.attachments[0].name, "报价分析.pdf");
    }
    let all = listed(supervisor).await;
    assert_eq!((all.complaints.len(), all.counts.waiting), (1, Some(1)));
    assert_eq!(all.complaints[0].complaint.complaint, number);
    assert!(all.complaints[0].complaint.due.unwrap() > all.now);
    let path = "complaints";
    let status = bidder.server.request(Method::GET, path).send().await;
    assert_eq!(status.unwrap().status(), StatusCode::FORBIDDEN);

    // Once it is taken up, host and centre know of which lot and about what.
    hall.decide(TakeUpComplaint {
        nonce: nonce(),
        complaint: number,
    })
    .await;
    for session in [host, centre] {
        let told = &listed(&session.server).await.complaints[0].complaint;
        assert_eq!(told.matter, Some(Matter::Collusion));
        assert!(told.told.is_none());
    }
    let board = async |server: &Server| -> BoardView { server.get("board").await.unwrap() };
    for server in [supervisor, &centre.server] {
        let counts = board(server).await.rooms[0].complaints.clone().unwrap();
        assert_eq!((counts.open, counts.overdue), (1, 0));
    }
    let answer = |number| AnswerComplaint {
        nonce: nonce(),
        complaint: number,
        text: "经查，未发现串通投标。".to_owned(),
        attachments: Vec::new(),
    };
    hall.decide(answer(number)).await;
    let own = &shown(&bidder.server, &hall).await.complaints[0];
    assert_eq!(own.standing, Standing::Answered);
    let told = own.told.as_ref().unwrap();
    assert_eq!(told.answer.as_deref(), Some("经查，未发现串通投标。"));
    let public = shown(&stranger, &hall).await;
    assert!(public.complaints.is_empty());
    assert_eq!(public.counts.unwrap().answered, 1);
    let again = Act::from(answer(number));
    let again = hall.supervisor().act(&hall.project, &again, Vec::new());
    assert_eq!(again.await.unwrap_err().code, "already-done");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_complains_once_the_lot_has_ended_and_reads_the_answer_by_its_secret() {
    let hall = Hall::checking().await;
    let stranger = hall.world.server();
    let path = format!("projects/{}/complaints", hall.project);
    let (status, problem) = send(&stranger, &path, &of_the_public()).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("complaint-early"))
    );
    let term = &shown(&stranger, &hall).await.lots[&lot("1")];
    assert_eq!(term.refused.as_deref(), Some("complaint-early"));
    hall.terminate().await;
    let term = &shown(&stranger, &hall).await.lots[&lot("1")];
    assert_eq!(term.refused, None);
    assert!(term.until.unwrap() > hall.t0 + 10 * 24 * 3_600_000);

    let (status, filed) = send(&stranger, &path, &of_the_public()).await;
    assert_eq!(status, StatusCode::CREATED, "{filed}");
    let filed: ComplaintFiled = serde_json::from_value(filed).unwrap();
    let supervisor = &hall.supervisor().server;
    let told = shown(supervisor, &hall).await.complaints.remove(0);
    let told = told.told.unwrap();
    assert_eq!(told.complainant.name, "王某某");
    assert_eq!(told.complainant.reach.as_deref(), Some("13800000000"));
    assert!(!told.signed);
    let digest = told.attachments[0].digest;
    assert_eq!(digest, Digest::of(b"a photograph"));
    let file = format!("projects/{}/attachments/{digest}", hall.project);
    assert_eq!(supervisor.get_bytes(&file).await.unwrap(), b"a photograph");
    assert!(stranger.get_bytes(&file).await.is_err());
    assert!(hall.host().server.get_bytes(&file).await.is_err());

    // By its number and secret, and by no other, it is read.
    let own = format!("{path}/{}", filed.complaint);
    let secret = json!({ "secret": filed.secret });
    let wrong = json!({ "secret": "0".repeat(64) });
    let none = format!("{path}/{}", filed.complaint + 1);
    for (path, secret) in [(&own, &wrong), (&none, &secret)] {
        let (status, _) = send(&stranger, path, secret).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
    let (_, reply) = send(&stranger, &own, &secret).await;
    let reply: ComplaintReply = serde_json::from_value(reply).unwrap();
    assert_eq!(reply.complaint.standing, Standing::Waiting);
    let request = stranger.request(Method::POST, &format!("{own}/attachments/{digest}"));
    let reply = request.json(&secret).send().await.unwrap();
    assert_eq!(&reply.bytes().await.unwrap()[..], b"a photograph");
    hall.decide(DeclineComplaint {
        nonce: nonce(),
        complaint: filed.complaint,
        reason: "请补充线索".to_owned(),
    })
    .await;
    let (_, reply) = send(&stranger, &own, &secret).await;
    let reply: ComplaintReply = serde_json::from_value(reply).unwrap();
    assert_eq!(reply.complaint.standing, Standing::Declined);
    assert_eq!(
        reply.complaint.told.unwrap().answer.as_deref(),
        Some("请补充线索")
    );
    // What was declined nobody else is told of.
    assert!(
        shown(&hall.host().server, &hall)
            .await
            .complaints
            .is_empty()
    );

    // It stands in the stream after a restart, and whoever took part complains too.
    let hall = hall.restart().await;
    let (_, reply) = send(&hall.world.server(), &own, &secret).await;
    assert_eq!(reply["complaint"]["standing"], "declined");
    hall.act(&hall.bidders[0].session, complaint(Vec::new()))
        .await;
    hall.act(&hall.bidders[1].session, complaint(Vec::new()))
        .await;
    let all = shown(&hall.supervisor().server, &hall).await;
    let by: Vec<Value> = all
        .complaints
        .iter()
        .map(|it| serde_json::to_value(it.told.as_ref().unwrap().by).unwrap())
        .collect();
    assert_eq!(by, ["public", "bidder", "public"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_floods_is_told_when_it_is_heard_again() {
    let hall = Hall::checking().await;
    hall.terminate().await;
    let stranger = hall.world.server();
    let path = format!("projects/{}/complaints", hall.project);
    // What is wrong is not counted.
    for _ in 0..10 {
        let empty = PublicComplaint {
            name: " ".to_owned(),
            ..of_the_public()
        };
        let (status, _) = send(&stranger, &path, &empty).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let mut many = of_the_public();
    many.files = vec![many.files[0].clone(); 6];
    assert_eq!(
        send(&stranger, &path, &many).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    for _ in 0..6 {
        let (status, filed) = send(&stranger, &path, &of_the_public()).await;
        assert_eq!(status, StatusCode::CREATED, "{filed}");
    }
    let (status, problem) = send(&stranger, &path, &of_the_public()).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    let seconds: u64 = problem["params"]["seconds"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((300..=601).contains(&seconds), "{seconds}");
    assert_eq!(
        shown(&hall.supervisor().server, &hall)
            .await
            .complaints
            .len(),
        6
    );
    // Those who took part are not held up by it.
    hall.act(&hall.bidders[0].session, complaint(Vec::new()))
        .await;
}

/// The built program against this service; `--json`, and nobody at the keyboard.
pub struct Program {
    url: String,
    directory: PathBuf,
}

impl Program {
    fn at(hall: &Hall) -> Self {
        Self::of(&hall.world)
    }

    pub fn of(world: &World) -> Self {
        Self {
            url: world.url(),
            directory: world.directory.path().to_owned(),
        }
    }

    pub fn key(&self, person: &Person) -> String {
        person.write_pem(&self.directory).display().to_string()
    }

    async fn run(&self, arguments: &[&str]) -> (i32, Value) {
        let done = tokio::process::Command::new(env!("CARGO_BIN_EXE_kaibiao"))
            .current_dir(&self.directory)
            .env_remove("KAIBIAO_KEY")
            .env("KAIBIAO_SERVER", &self.url)
            .env("KAIBIAO_STATE", self.directory.join("state"))
            .stdin(Stdio::null())
            .arg("--json")
            .args(arguments)
            .output()
            .await
            .unwrap();
        let told = serde_json::from_slice(&done.stdout).unwrap_or(Value::Null);
        (done.status.code().unwrap(), told)
    }

    pub async fn ok(&self, arguments: &[&str]) -> Value {
        let (code, told) = self.run(arguments).await;
        assert_eq!(code, 0, "{arguments:?}: {told}");
        told
    }

    pub async fn fails(&self, arguments: &[&str], code: &str) {
        let (exit, told) = self.run(arguments).await;
        assert_ne!(exit, 0, "{arguments:?}");
        assert_eq!(told["error"]["code"], code, "{arguments:?}: {told}");
    }
}

fn all<'a>(parts: &[&[&'a str]]) -> Vec<&'a str> {
    parts.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_files_decides_answers_and_reads_again() {
    let hall = Hall::checking().await;
    let program = Program::at(&hall);
    let project = hall.project.as_str();
    let bidder = program.key(&hall.bidders[0].person);
    let supervisor = program.key(&hall.officials[2]);
    std::fs::write(program.directory.join("证据.pdf"), b"%PDF-1.7 shown").unwrap();
    let file = [
        &["complaint", "file", project, "--lot", "1"][..],
        &["--matter", "collusion", "--request", "请求查处"],
        &["--text", "报价呈规律性差异", "--cite", "3", "--cite", "2"],
        &["--attach", "证据.pdf"],
    ]
    .concat();
    let filed = program.ok(&all(&[&file, &["--key", &bidder]])).await;
    assert_eq!(filed["events"][0]["kind"], "complained");
    let first = filed["events"][0]["seq"].to_string();

    // Whoever has no certificate says who it is and how to be reached, and waits for
    // the lot's end.
    let nameless = all(&[&file, &["--name", "王某某"]]);
    assert_eq!(program.run(&nameless).await.0, 2, "how to be reached");
    let public = all(&[&file, &["--name", "王某某", "--reach", "13800000000"]]);
    program.fails(&public, "complaint-early").await;
    hall.terminate().await;
    let filed = program.ok(&public).await;
    let second = filed["complaint"].to_string();
    let secret = filed["secret"].as_str().unwrap();

    // The supervisor lists all of its projects, and others see in one what is theirs.
    let list = ["complaint", "list", "--key", &supervisor];
    let listed = program.ok(&list).await;
    let told = |number: &str| {
        let mut lines = listed["complaints"].as_array().unwrap().iter();
        let line = lines.find(|it| it["complaint"].as_u64() == number.parse().ok());
        line.unwrap()["told"].clone()
    };
    assert_eq!(told(&first)["cites"], json!([2, 3]));
    assert_eq!(told(&first)["attachments"][0]["name"], "证据.pdf");
    assert_eq!(told(&second)["complainant"]["reach"], "13800000000");
    let list = ["complaint", "list", project];
    let own = program.ok(&all(&[&list, &["--key", &bidder]])).await;
    assert_eq!(own["complaints"].as_array().unwrap().len(), 1);
    assert_eq!(program.ok(&list).await["complaints"], json!([]));

    // It takes one up and answers it with a file, and declines the other.
    let on = |verb, which| ["complaint", verb, project, "--complaint", which];
    let by = ["--key", supervisor.as_str()];
    let answer = ["--text", "经查属实", "--attach", "证据.pdf"];
    let answer = all(&[&on("answer", &second), &by, &answer]);
    program.fails(&answer, "not-taken-up").await;
    program.ok(&all(&[&on("take-up", &second), &by])).await;
    program.ok(&answer).await;
    program.fails(&answer, "already-done").await;
    let reason = ["--reason", "请补充线索"];
    program
        .ok(&all(&[&on("decline", &first), &by, &reason]))
        .await;

    // By number and secret the answer is read again, and by no other secret.
    let read = all(&[&on("read", &second), &["--secret"]]);
    let told = program.ok(&all(&[&read, &[secret]])).await;
    let told = &told["complaint"];
    assert_eq!(told["standing"], "answered");
    assert_eq!(told["told"]["answer"], "经查属实");
    assert_eq!(told["told"]["answer_attachments"][0]["name"], "证据.pdf");
    let wrong = "0".repeat(64);
    program.fails(&all(&[&read, &[&wrong]]), "not-found").await;

    // Two complaints are counted by their number alone; the centre knows of one.
    let centre = program.key(&hall.officials[1]);
    for (key, number) in [(&supervisor, 2), (&centre, 1)] {
        let figures = program.ok(&["figures", "--key", key]).await;
        assert_eq!(figures["whole"]["complaints"], number, "{figures}");
        assert!(figures["whole"].get("complaining").is_none());
    }
}
