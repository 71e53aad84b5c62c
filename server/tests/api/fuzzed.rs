//! Every operation of the served OpenAPI, called with what nobody should send, by several
//! parties: no error of the server's, no hang, no dead connection, and every refusal as
//! docs/spec/refusals.md has it.
//!
//! `REQUESTS=n` makes so many; `SEED` repeats a run.

mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use kaibiao_api::problem::Transport;
use kaibiao_client::http::{Server, Session};
use kaibiao_core::refusal::RefusalCode;
use kaibiao_crypto::act::{Place, SignedAct};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use self::values::Maker;
use crate::dice::Dice;
use crate::matrix::calls::Objects;
use crate::matrix::town::Town;
use crate::process::Service;

const REQUESTS: u64 = 2_500;

/// For how long nothing may hang. Some answers are made at length on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// By how much the service's memory may grow, in bytes.
const GROWTH: u64 = 256 << 20;

/// What ends the callers' own sessions, and what does not end by itself.
const LEFT_OUT: &[&str] = &["POST /api/v1/logout", "DELETE /api/v1/sessions"];

struct Operation {
    method: Method,
    path: String,
    description: Value,
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, description) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else {
                continue;
            };
            let name = format!("{method} {path}");
            if description["responses"].is_object() && !LEFT_OUT.contains(&name.as_str()) {
                all.push(Operation {
                    method,
                    path: path.clone(),
                    description: description.clone(),
                });
            }
        }
    }
    all
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

impl Maker<'_> {
    /// A value in a path or a query, percent-encoded, at times wrongly.
    fn part(&self, most: usize) -> String {
        match self.dice.roll(8) {
            0 => "%FF%FE%C0%80".to_owned(),
            1 => "%00".to_owned(),
            2 => "%zz%".to_owned(),
            3 => encoded(&self.hostile_text().chars().take(most).collect::<String>()),
            4 => "%2E%2E%2F%2E%2E%2F".to_owned(),
            5 => "-1".to_owned(),
            6 => "18446744073709551616".to_owned(),
            _ => encoded(self.known()),
        }
    }

    /// A path with its query. `right` stands for what each place in it should hold.
    fn path(&self, operation: &Operation, right: &BTreeMap<&'static str, String>) -> String {
        let mut path = operation.path.clone();
        let mut query = Vec::new();
        let parameters = operation.description["parameters"].as_array();
        for parameter in parameters.into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            if parameter["in"] == "path" {
                let value = match right.get(name) {
                    Some(value) if !self.dice.one_in(5) => value.clone(),
                    _ => self.part(300),
                };
                path = path.replace(&format!("{{{name}}}"), &value);
            } else if parameter["in"] == "query" && !self.dice.one_in(3) {
                let value = match self.value(&parameter["schema"], 0) {
                    Value::String(text) if self.dice.one_in(2) => encoded(&text),
                    value if !value.is_string() && self.dice.one_in(2) => value.to_string(),
                    _ => self.part(2_000),
                };
                query.push(format!("{name}={value}"));
            }
        }
        if self.dice.one_in(20) {
            query.push(format!("{}=1", self.part(20)));
            query.extend(query.first().cloned());
        }
        if query.is_empty() {
            path
        } else {
            format!("{path}?{}", query.join("&"))
        }
    }

    /// An act with something wrong that is signed as it ought to be.
    fn signed(&self, session: &Session, project: &str) -> Value {
        let mut act = self.value(&json!({ "$ref": "#/components/schemas/Act" }), 0);
        if !self.dice.one_in(4) {
            let nonce = act["nonce"].clone();
            let purpose = act["act"].clone();
            self.spoil(&mut act);
            // Without these nothing else of it would be looked at.
            if act.is_object() && !self.dice.one_in(6) {
                (act["nonce"], act["act"]) = (nonce, purpose);
            }
        }
        let place = Place {
            origin: &session.origin,
            project,
        };
        let mut signed = match SignedAct::sign(session.signer(), place, &act) {
            Ok(signed) => serde_json::to_value(signed).unwrap(),
            Err(_) => json!({ "body": act.to_string() }),
        };
        if self.dice.one_in(4) {
            self.spoil(&mut signed);
        }
        signed
    }
}

/// What is wrong with an answer.
async fn judge(method: &Method, reply: Response, codes: &BTreeSet<&str>) -> Result<u16, String> {
    let status = reply.status();
    let media = reply.headers().get("content-type").cloned();
    let body = reply
        .bytes()
        .await
        .map_err(|error| format!("cut: {error}"))?;
    let said = || {
        String::from_utf8_lossy(&body)
            .chars()
            .take(300)
            .collect::<String>()
    };
    if status.is_server_error() {
        return Err(format!("{status}: {}", said()));
    }
    if !status.is_client_error() || *method == Method::HEAD {
        return Ok(status.as_u16());
    }
    let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| problem[name].as_str().unwrap_or_default();
    let code = text("code");
    let is_told = ["title", "detail", "detail_zh", "detail_en"]
        .iter()
        .all(|name| !text(name).is_empty());
    let is_right = media.is_some_and(|it| it == "application/problem+json")
        && codes.contains(code)
        && text("type") == format!("urn:kaibiao:problem:{code}")
        && problem["status"] == status.as_u16()
        && is_told;
    if is_right {
        Ok(status.as_u16())
    } else {
        Err(format!("{status} is no refusal: {}", said()))
    }
}

/// A project that takes bids, with one of the bidder `own`, and one that is closed.
async fn two_projects(town: &mut Town) -> [Objects; 2] {
    let sealed = town.sealed();
    let mut bidding = town.objects(&sealed).await;
    town.hand_in(&sealed, &mut bidding).await;
    town.go_on(6.0).await;
    let sealed = town.sealed();
    let mut closed = town.objects(&sealed).await;
    town.hand_in(&sealed, &mut closed).await;
    town.hall.until_stage("checking").await;
    town.hall.start_window().await;
    for (bidder, sealed) in sealed.iter().enumerate() {
        town.hall.unlock(bidder, sealed, false).await.unwrap();
    }
    town.finish().await;
    town.ended(&mut closed).await;
    [bidding, closed]
}

/// What each place of a path should hold.
fn places(objects: &Objects) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("id", objects.project.clone()),
        ("project", objects.project.clone()),
        ("lot", "1".to_owned()),
        ("bid", objects.bid.clone()),
        ("digest", objects.act.clone()),
        ("document", objects.document.clone()),
        ("complaint", objects.complaint.clone()),
        ("seq", objects.signature.clone()),
        ("form", "csv".to_owned()),
        ("path", "0/000.p/1".to_owned()),
        ("party", "project".to_owned()),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_sent_brings_the_service_down() {
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse().ok());
    let seed = number("SEED").unwrap_or_else(|| u64::from_le_bytes(kaibiao_os::random::bytes()));
    let requests = number("REQUESTS").unwrap_or(REQUESTS);
    eprintln!("SEED={seed}");

    let mut town = Town::found().await;
    let projects = two_projects(&mut town).await;
    let Town { hall, players, .. } = town;
    let config = hall.world.running.app.config.clone();
    hall.world.running.stop().await.unwrap();

    let mut service = Service::start(&config);
    let mut sessions = Vec::new();
    let mut known = Vec::new();
    for objects in &projects {
        known.extend([&objects.project, &objects.bid, &objects.act].map(Clone::clone));
    }
    for player in &players {
        let person = player.person.as_ref().unwrap();
        known.extend([person.organisation.to_string(), person.company.clone()]);
        if !["nobody", "agent"].contains(&player.name) {
            sessions.push(service.log_in(person).await);
        }
    }
    let nobody = Server::new(&service.url, None).unwrap();
    let document: Value = nobody.get("openapi.json").await.unwrap();
    let operations = operations(&document);
    let dice = Dice::new(seed);
    let maker = Maker {
        document: &document,
        known,
        dice: &dice,
    };
    let right: Vec<_> = projects.iter().map(places).collect();
    let rules = RefusalCode::ALL.iter().map(|it| it.code());
    let codes: BTreeSet<&str> = rules
        .chain(Transport::ALL.iter().map(|it| it.code()))
        .collect();

    let mut wrong = BTreeMap::new();
    let mut statuses: BTreeMap<u16, u64> = BTreeMap::new();
    let mut slowest = (Duration::ZERO, String::new());
    let mut warm = 0;
    for number in 0..requests {
        if number == requests / 5 {
            warm = service.peak();
        }
        // Acts have the most to be wrong in.
        let acts = dice.one_in(4);
        let all = operations
            .iter()
            .filter(|it| !acts || it.path.ends_with("/acts") && it.method == Method::POST);
        let all: Vec<_> = all.collect();
        let operation = *maker.one_of(&all);
        let session = maker.one_of(&sessions);
        let server = if dice.one_in(6) {
            &nobody
        } else {
            &session.server
        };
        let right = maker.one_of(&right);
        let path = maker.path(operation, right);
        let name = format!("{} {}", operation.method, operation.path);
        let mut request = server
            .request(operation.method.clone(), &path)
            .timeout(PATIENCE);
        let mut sent = String::new();
        let content = operation.description["requestBody"]["content"].as_object();
        let bodies: Vec<_> = content.into_iter().flatten().collect();
        if operation.path.contains("/uploads") {
            let big = ["7", "-1", "99999999999999999999", "0", ""];
            request = request
                .header("Tus-Resumable", *maker.one_of(&["1.0.0", "9", ""]))
                .header("Upload-Offset", *maker.one_of(&big))
                .header("Upload-Length", *maker.one_of(&big))
                .header(
                    "Upload-Metadata",
                    *maker.one_of(&["a", "bid !!,,", "header ====", ""]),
                )
                .header("Upload-Checksum", *maker.one_of(&["sha256 YQ==", "x", ""]))
                .header("Content-Type", "application/offset+octet-stream");
            if operation.method == Method::PATCH {
                request = request.body(vec![7; dice.roll(100_000) as usize]);
            }
        } else if let Some((media, described)) = bodies.first() {
            let mut media = (*media).clone();
            let schema = &described["schema"];
            let is_act = schema["$ref"]
                .as_str()
                .is_some_and(|it| it.ends_with("/SignedAct"));
            let value = if is_act && !dice.one_in(8) {
                let project = if path.contains("platform") || path.contains("login") {
                    ""
                } else {
                    &right["project"]
                };
                maker.signed(session, project)
            } else {
                let mut value = maker.value(schema, 0);
                if !dice.one_in(5) {
                    maker.spoil(&mut value);
                }
                value
            };
            if dice.one_in(12) {
                let others = [
                    "text/plain",
                    "multipart/form-data; boundary=a",
                    "application/xml",
                    "",
                ];
                media = (*maker.one_of(&others)).to_owned();
            }
            if dice.one_in(15) {
                request = request.header("Content-Encoding", *maker.one_of(&["gzip", "br", "x"]));
            }
            let bytes = maker.bytes(&value);
            sent = String::from_utf8_lossy(&bytes).chars().take(400).collect();
            request = request.header("Content-Type", media).body(bytes);
        }
        let began = Instant::now();
        let judged = match request.send().await {
            Ok(reply) => judge(&operation.method, reply, &codes).await,
            Err(error) => Err(format!("no answer: {error:?}")),
        };
        if began.elapsed() > slowest.0 {
            slowest = (began.elapsed(), format!("{name} {path:.200}"));
        }
        match judged {
            Ok(status) => *statuses.entry(status).or_default() += 1,
            Err(what) => {
                wrong
                    .entry(name)
                    .or_insert(format!("{path:.300}: {what}\n    sent {sent}"));
            }
        }
    }
    let (grown, peak) = (service.peak().saturating_sub(warm), service.peak());
    eprintln!(
        "{statuses:?}; the slowest took {:?}: {}; {} MiB at the most, {} MiB more than at first",
        slowest.0,
        slowest.1,
        peak >> 20,
        grown >> 20
    );
    for (name, what) in &wrong {
        eprintln!("{name}\n    {what}");
    }
    assert!(wrong.is_empty(), "{} operations, SEED={seed}", wrong.len());
    assert!(grown < GROWTH, "{grown} bytes, SEED={seed}");
    assert!(
        statuses.contains_key(&200),
        "nothing was right: {statuses:?}"
    );
    assert!(service.is_running());
    let ready = nobody.request(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);
    // What is stored can be read.
    let view: Value = sessions[0].server.get("projects").await.unwrap();
    assert!(view["projects"].is_array());
}
