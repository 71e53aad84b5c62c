//! Every operation of the OpenAPI, called by everybody with everybody's objects, at four
//! stages of a project: docs/states/routes.md holds what each must hear, and this holds
//! the service to it.

pub mod calls;
mod objects;
mod table;
pub mod town;

use std::collections::{BTreeMap, BTreeSet};

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use self::calls::Objects;
use self::objects::{PRICES, Tainted};
use self::table::{Answer, Row, STAGES};
use self::town::{Player, Town};

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Heard {
    status: u16,
    body: Vec<u8>,
}

impl Heard {
    async fn of(request: RequestBuilder) -> Self {
        let reply = request.send().await.unwrap();
        let status = reply.status().as_u16();
        let body = reply.bytes().await.unwrap().to_vec();
        Self { status, body }
    }

    /// As the table writes it. An answer to `HEAD` has no code.
    fn refused(&self, like: &Answer) -> Answer {
        match like {
            Answer::Refused(status, code) if *status == self.status && self.body.is_empty() => {
                Answer::Refused(*status, code.clone())
            }
            _ => Answer::Refused(self.status, self.code()),
        }
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Without what differs between any two answers.
    fn plain(&self) -> (u16, Value) {
        let mut body = self.json();
        if let Some(body) = body.as_object_mut() {
            body.remove("request");
            body.remove("now");
        }
        forget_instants(&mut body);
        (self.status, body)
    }
}

/// Puts zero for every instant, in whatever place.
fn forget_instants(value: &mut Value) {
    match value {
        Value::Number(number) if number.as_u64().is_some_and(|it| it > 1_500_000_000_000) => {
            *value = 0.into();
        }
        Value::Array(all) => all.iter_mut().for_each(forget_instants),
        Value::Object(all) => all.values_mut().for_each(forget_instants),
        _ => {}
    }
}

/// Whether a row's operation ends what it is called with, or the session it is called by.
fn ends(row: &Row) -> bool {
    row.path == "/api/v1/logout" || row.path == "/api/v1/sessions" && row.method == Method::DELETE
}

impl Town {
    /// Holds every answer at a stage to the table; lists what is otherwise.
    async fn hold(
        &self,
        rows: &[Row],
        stage: usize,
        objects: &Objects,
        tainted: &Tainted,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        // What ends something comes last.
        let mut rows: Vec<_> = rows.iter().filter(|row| !ends(row)).collect();
        rows.sort_by_key(|row| row.method == Method::DELETE);
        for row in rows {
            let mut heard: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            let mut is_right = true;
            // Whose the object is calls last: it may end it.
            let others = self.players.iter().filter(|it| it.name != "own");
            let own = self.players.iter().filter(|it| it.name == "own");
            for player in others.chain(own) {
                let expected = row.expected(stage, player);
                let told = Heard::of(self.call(row, player, objects, false)).await;
                for leak in tainted.of(player.name, row, &told.body) {
                    wrong.push(format!(
                        "{}: {}: {} is told {leak}",
                        STAGES[stage],
                        row.name(),
                        player.name
                    ));
                }
                if player.name.starts_with("other-") && OWN_LISTS.contains(&row.path.as_str()) {
                    let text = String::from_utf8_lossy(&told.body);
                    if text.contains(&objects.project) {
                        wrong.push(format!(
                            "{}: {}: {} is shown others' project",
                            STAGES[stage],
                            row.name(),
                            player.name
                        ));
                    }
                }
                let mut line = format!("{} {}", told.status, told.code());
                let actual = match told.status {
                    _ if expected == Answer::Hidden => {
                        let absent = Heard::of(self.call(row, player, objects, true)).await;
                        if told.plain() == absent.plain() {
                            Answer::Hidden
                        } else {
                            line += &format!(
                                ", and {} {} where there is nothing",
                                absent.status,
                                absent.code()
                            );
                            told.refused(&expected)
                        }
                    }
                    401 | 403 | 404 => told.refused(&expected),
                    _ => Answer::Answered,
                };
                if actual != expected {
                    is_right = false;
                    line += &format!(" (must be {expected:?})");
                }
                heard.entry(line).or_default().push(player.name);
            }
            if !is_right {
                wrong.push(format!("{}: {}: {heard:?}", STAGES[stage], row.name()));
            }
        }
        wrong
    }
}

impl Town {
    /// Every answer to a reading, for whoever has no bid.
    async fn picture(&self, rows: &[Row], objects: &Objects) -> BTreeMap<String, (u16, Value)> {
        let mut all = BTreeMap::new();
        let reading = |row: &&Row| row.method == Method::GET && !NOISE.contains(&row.path.as_str());
        for row in rows.iter().filter(reading) {
            for player in self
                .players
                .iter()
                .filter(|it| it.name != "own" && it.name != "rival")
            {
                let heard = Heard::of(self.call(row, player, objects, false)).await;
                let mut plain = heard.plain();
                if plain.1.is_null() {
                    plain.1 = String::from_utf8_lossy(&heard.body).into_owned().into();
                }
                all.insert(format!("{} for {}", row.name(), player.name), plain);
            }
        }
        all
    }

    /// A draft of others is as nothing, whatever is asked of it, and so is a project of
    /// nobody.
    async fn foreign(&self, rows: &[Row], objects: &Objects) -> Vec<String> {
        let mut wrong = Vec::new();
        let objects = Objects {
            project: self.foreign.clone(),
            ..objects.clone()
        };
        for row in rows
            .iter()
            .filter(|row| row.path.contains("projects/{") || row.path.contains("openings/"))
        {
            let path = objects.path(row, false);
            let nowhere = path.replace(&self.foreign, calls::NOWHERE);
            let here = |it: &&Player| !it.name.starts_with("other-") && it.name != "machine";
            for player in self.players.iter().filter(here) {
                let heard = Heard::of(self.call_path(row, player, &objects, &path)).await;
                let nothing = Heard::of(self.call_path(row, player, &objects, &nowhere)).await;
                if heard.plain() != nothing.plain() {
                    wrong.push(format!(
                        "foreign draft: {}: {}: {} {}, and {} {} where there is nothing",
                        row.name(),
                        player.name,
                        heard.status,
                        heard.code(),
                        nothing.status,
                        nothing.code()
                    ));
                }
            }
        }
        wrong
    }

    /// Objects of this project under the address of another one are nowhere.
    async fn crossed(&self, rows: &[Row], objects: &Objects) -> Vec<String> {
        let mut wrong = Vec::new();
        for row in rows
            .iter()
            .filter(|row| row.method == Method::GET && !row.object.is_empty())
        {
            let paths = [false, true].map(|absent| objects.path(row, absent));
            let narrower = ["{bid}", "{document}", "{digest}", "{seq}"];
            if !narrower.iter().any(|place| row.path.contains(place))
                || row.path.contains("platform")
            {
                continue;
            }
            for player in &self.players {
                let mut heard = Vec::new();
                for path in &paths {
                    let path = path.replace(&objects.project, &self.other);
                    heard.push(Heard::of(self.call_path(row, player, objects, &path)).await);
                }
                if heard[0].plain() != heard[1].plain() || heard[0].status < 400 {
                    wrong.push(format!(
                        "crossed: {}: {}: {} {}",
                        row.name(),
                        player.name,
                        heard[0].status,
                        heard[0].code()
                    ));
                }
            }
        }
        wrong
    }
}

/// Lists of what is the caller's own.
const OWN_LISTS: &[&str] = &[
    "/api/v1/alerts",
    "/api/v1/board",
    "/api/v1/calls",
    "/api/v1/complaints",
    "/api/v1/custody",
    "/api/v1/helps",
];

/// What differs between two readings whether or not anybody has bid: counters of the
/// service, and the public log, which grows at every tick (docs/spec/log.md).
const NOISE: &[&str] = &[
    "/metrics",
    "/api/v1/platform/anchors",
    "/api/v1/projects/{project}/lots/{lot}/terms/logged",
    "/log/checkpoint",
    "/log/tile/{path}",
];

#[test]
fn every_operation_has_its_line() {
    let document = serde_json::to_value(kaibiao_http::describe()).unwrap();
    let mut described = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(security) = operation["security"].as_array() else {
                continue;
            };
            let login = security.iter().map(|alternative| {
                let Some(scopes) = alternative.get("session") else {
                    return "everybody".to_owned();
                };
                let role = scopes.as_array().unwrap().first();
                role.map_or("logged in", |role| role.as_str().unwrap())
                    .to_owned()
            });
            let login = login.collect::<Vec<_>>().join(", ");
            described.insert(format!("{} {path}", method.to_uppercase()), login);
        }
    }
    let rows = table::read();
    let mut lines = BTreeMap::new();
    for row in &rows {
        let operation = format!("{} {}", row.method, row.path);
        let before = lines.insert(operation, row.login.clone());
        assert!(before.is_none_or(|it| it == row.login), "{}", row.name());
    }
    assert_eq!(lines, described, "docs/states/routes.md and the OpenAPI");
    let names: BTreeSet<_> = rows.iter().map(Row::name).collect();
    assert_eq!(names.len(), rows.len(), "a line stands there twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_answered_what_is_not_theirs() {
    let rows = table::read();
    let mut town = Town::found().await;
    let mut wrong = Vec::new();

    // Before T0, and the same people's draft beside it.
    let sealed = town.sealed();
    let mut objects = town.objects(&sealed).await;
    town.name_a_file(&objects).await;
    // That somebody reads the platform's stream goes on record there once a day.
    let audit: Vec<Row> = rows
        .iter()
        .filter(|row| row.path.ends_with("platform/events"))
        .cloned()
        .collect();
    town.picture(&audit, &objects).await;
    let before = town.picture(&rows, &objects).await;
    town.hand_in(&sealed, &mut objects).await;
    let secrets = town.secrets(&sealed).await;
    let mut drafted = objects.clone();
    drafted.project.clone_from(&town.drafted);
    wrong.extend(town.hold(&rows, 0, &drafted, &secrets).await);
    wrong.extend(town.foreign(&rows, &objects).await);
    town.renew(&sealed, &mut objects).await;
    let after = town.picture(&rows, &objects).await;
    for (call, heard) in &after {
        if before[call] != *heard {
            wrong.push(format!(
                "differs with bids: {call}: {} -> {}",
                before[call].1, heard.1
            ));
        }
    }
    wrong.extend(town.hold(&rows, 1, &objects, &secrets).await);
    wrong.extend(town.crossed(&rows, &objects).await);

    // Another project of theirs, unlocking.
    town.go_on(6.0).await;
    let sealed = town.sealed();
    let mut objects = town.objects(&sealed).await;
    town.name_a_file(&objects).await;
    town.hand_in(&sealed, &mut objects).await;
    let mut secrets = town.secrets(&sealed).await;
    secrets
        .secrets
        .retain(|secret| PRICES.contains(&secret.text.as_str()));
    town.hall.until_stage("checking").await;
    town.hall.start_window().await;
    town.hall.unlock(0, &sealed[0], false).await.unwrap();
    wrong.extend(town.hold(&rows, 2, &objects, &secrets).await);
    wrong.extend(town.crossed(&rows, &objects).await);

    // Its end.
    town.hall.unlock(1, &sealed[1], false).await.unwrap();
    town.finish().await;
    town.ended(&mut objects).await;
    town.renew(&sealed, &mut objects).await;
    let open = Tainted {
        secrets: Vec::new(),
    };
    wrong.extend(town.hold(&rows, 3, &objects, &open).await);
    wrong.extend(town.crossed(&rows, &objects).await);
    wrong.sort();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
