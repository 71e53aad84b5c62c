//! One call of each operation, with the objects of the project under test.

use kaibiao_core::act::{Act, Clarify};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::table::Row;
use super::town::{Player, Town};
use crate::world::nonce;

/// What the operations are called with: things of the bidder `own`, and of the project.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    pub project: String,
    pub bid: String,
    /// The act by which the bid was handed in.
    pub act: String,
    /// An act on the platform.
    pub platform_act: String,
    /// A file that was handed in and that no act names.
    pub kept: String,
    /// A file that the host has named to the room.
    pub named: String,
    pub upload: String,
    pub document: String,
    pub session: String,
    /// A complaint of the public, its secret and its file.
    pub complaint: String,
    pub secret: String,
    pub complaint_file: String,
    /// The event that carries a signature of the record.
    pub signature: String,
    pub list: String,
}

/// What is nowhere.
pub const NOWHERE: &str = "0192f0a1-7b3c-7def-8123-456789abcdef";
const NOTHING: &str = "abababababababababababababababababababababababababababababababab";

impl Objects {
    /// The path of a row. `absent` names something that is not there in place of its
    /// object, or of the project where it has no other; `project` stands for another one.
    pub fn path(&self, row: &Row, absent: bool) -> String {
        let nothing = |object: &str| {
            if !absent {
                return object.to_owned();
            }
            if object.len() == 64 {
                NOTHING.to_owned()
            } else if object.len() == 36 {
                NOWHERE.to_owned()
            } else if object.bytes().all(|byte| byte.is_ascii_digit()) {
                "999999".to_owned()
            } else {
                "Zm9yZ290dGVu".to_owned()
            }
        };
        let mut path = row.path.clone();
        let in_project = path.contains("{project}") || path.contains("projects/{id}");
        let mut narrower = true;
        let objects = [
            ("{bid}", self.bid.as_str()),
            ("{document}", &self.document),
            ("{session}", &self.session),
            ("{complaint}", &self.complaint),
            ("{seq}", &self.signature),
            ("{digest}", self.digest(row)),
        ];
        if path.contains("{complaint}") && path.contains("{digest}") {
            path = path.replace("{digest}", &self.complaint_file);
        }
        for (place, object) in objects {
            if path.contains(place) {
                path = path.replace(place, &nothing(object));
                narrower = false;
            }
        }
        if path.contains("uploads/{id}") {
            path = path.replace("{id}", &nothing(&self.upload));
        }
        let project = if narrower && in_project {
            nothing(&self.project)
        } else {
            self.project.clone()
        };
        path = path.replace("{id}", &project);
        path.replace("{project}", &project)
            .replace("{lot}", "1")
            .replace("{form}", "csv")
            .replace("{path}", "0/000.p/1")
            .replace("{party}", &row.object)
    }

    fn digest(&self, row: &Row) -> &str {
        match (row.path.contains("acts"), row.object.as_str()) {
            (true, "") => &self.platform_act,
            (true, _) => &self.act,
            (false, "a named file") => &self.named,
            (false, "a list") => &self.list,
            (false, _) => &self.kept,
        }
    }
}

impl Town {
    /// A call of a row's operation by a player.
    pub fn call(
        &self,
        row: &Row,
        player: &Player,
        objects: &Objects,
        absent: bool,
    ) -> RequestBuilder {
        let path = objects.path(row, absent);
        self.call_path(row, player, objects, &path)
    }

    pub fn call_path(
        &self,
        row: &Row,
        player: &Player,
        objects: &Objects,
        path: &str,
    ) -> RequestBuilder {
        let server = player
            .session
            .as_ref()
            .map_or(&self.public, |it| &it.server);
        let query = match row.path.as_str() {
            "/api/v1/projects/{project}/replay" => "?at=1&as=public",
            "/api/v1/projects/{project}/replay/feed" => "?as=public",
            "/api/v1/projects/{project}/replay/proof" => "?seq=1",
            "/api/v1/projects/{project}/closing" if !row.object.is_empty() => {
                &format!("?bid={}", objects.bid)
            }
            "/api/v1/figures/csv" => "?table=projects",
            _ => "",
        };
        let request = server.request(row.method.clone(), &format!("{path}{query}"));
        if row.path.contains("/uploads") {
            return request
                .header("Tus-Resumable", "1.0.0")
                .header("Upload-Offset", "7")
                .header("Upload-Length", "7")
                .header("Content-Type", "application/offset+octet-stream");
        }
        if row.path.ends_with("/attachments") {
            return request
                .header("Content-Type", "application/pdf")
                .body(format!("a file of {}", player.name));
        }
        if row.method == Method::POST || row.method == Method::PUT {
            return request.json(&body(row, player, path, objects));
        }
        request
    }
}

fn body(row: &Row, player: &Player, path: &str, objects: &Objects) -> Value {
    match (row.path.as_str(), row.object.as_str()) {
        ("/api/v1/projects/{id}/acts", _) => {
            let act = Act::Clarify(Clarify {
                nonce: nonce(),
                title: "澄清".to_owned(),
                text: "澄清内容".to_owned(),
                attachments: Vec::new(),
            });
            let project = path.split('/').nth(4).unwrap();
            let signed = player
                .session
                .as_ref()
                .map(|it| it.sign(project, &act).unwrap());
            serde_json::to_value(signed).unwrap()
        }
        (path, "with its secret") if path.contains("{complaint}") => {
            json!({ "secret": objects.secret })
        }
        (path, _) if path.contains("{complaint}") => json!({ "secret": "AAAAAAAAAAAAAAAAAAAAAA" }),
        _ => json!({}),
    }
}
