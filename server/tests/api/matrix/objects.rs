//! What the operations are called with at each stage, and what of it is secret.

use std::collections::BTreeSet;

use kaibiao_core::act::{Act, Attachment, Clarify};
use kaibiao_crypto::Digest;
use reqwest::Method;
use serde_json::Value;

use super::calls::Objects;
use super::table::Row;
use super::town::Town;
use crate::hall::Sealed;
use crate::world::nonce;

/// What stands in the two sheets.
pub const PRICES: [&str; 2] = ["765432100", "876543200"];

/// What nobody but its bidder may read before T0.
pub struct Tainted {
    pub secrets: Vec<Secret>,
}

pub struct Secret {
    whose: &'static str,
    pub text: String,
    /// Whether it names an organisation, which may be known without its bid: from the
    /// platform's accounts, and from what its stream held before the publication.
    names: bool,
}

impl Tainted {
    /// The secrets of others that an answer holds.
    pub fn of(&self, player: &str, row: &Row, body: &[u8]) -> Vec<&str> {
        let text = String::from_utf8_lossy(body);
        let known = ["/platform/accounts", "/platform/events"];
        let may_name = known.iter().any(|path| row.path.ends_with(path));
        let told = self.secrets.iter().filter(|secret| {
            secret.whose != player && text.contains(&secret.text) && !(secret.names && may_name)
        });
        told.map(|secret| secret.text.as_str()).collect()
    }
}

impl Town {
    /// Both bidders' bids, sealed and not handed in.
    pub fn sealed(&self) -> Vec<Sealed> {
        let seal = |bidder: usize| {
            let document = ("投标函.pdf", vec![7; 1000]);
            self.hall.seal(bidder, PRICES[bidder], &[document])
        };
        vec![seal(0), seal(1)]
    }

    /// What there is of the bids as long as they are not handed in: their names.
    pub async fn objects(&self, sealed: &[Sealed]) -> Objects {
        let nothing = "cd".repeat(32);
        let kept = Digest::of(b"a file of its own").to_string();
        Objects {
            project: self.hall.project.clone(),
            bid: sealed[0].header.digest().to_string(),
            act: nothing.clone(),
            platform_act: nothing.clone(),
            kept,
            named: Digest::of(b"named").to_string(),
            upload: "Zm9yZ290dGVuMQ".to_owned(),
            document: nothing.clone(),
            session: "Zm9yZ290dGVuMg".to_owned(),
            complaint: "7".to_owned(),
            secret: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
            complaint_file: nothing.clone(),
            signature: "3".to_owned(),
            list: nothing,
        }
    }

    /// The host names a file to the room.
    pub async fn name_a_file(&self, objects: &Objects) {
        let path = format!("projects/{}/attachments", self.hall.project);
        let request = self.session("host").server.request(Method::POST, &path);
        let reply = request.body("named").send().await.unwrap();
        assert!(reply.status().is_success());
        let clarify = Clarify {
            nonce: nonce(),
            title: "澄清".to_owned(),
            text: "澄清内容".to_owned(),
            attachments: vec![Attachment {
                name: "图纸.pdf".to_owned(),
                digest: objects.named.parse().unwrap(),
                size: 5,
                media_type: "application/octet-stream".to_owned(),
            }],
        };
        self.hall
            .act(self.session("host"), Act::Clarify(clarify))
            .await;
    }

    /// Hands the bids in, and with them everything that a bidder can have before T0.
    pub async fn hand_in(&self, sealed: &[Sealed], objects: &mut Objects) {
        let hall = &self.hall;
        for (bidder, sealed) in sealed.iter().enumerate() {
            let body = hall.first_request(bidder, sealed);
            let begun = self.begin_upload(bidder, &body).await;
            hall.patch(bidder, &begun, 0, sealed.body.clone()).await;
            if bidder == 0 {
                objects.act = body.act.digest().to_string();
            }
        }
        let path = format!("projects/{}/attachments", hall.project);
        let request = self.session("own").server.request(Method::POST, &path);
        let reply = request.body("a file of its own").send().await.unwrap();
        assert!(reply.status().is_success());
        self.renew(sealed, objects).await;
    }

    /// What is ended by whose it is, anew: an upload and a session.
    pub async fn renew(&self, sealed: &[Sealed], objects: &mut Objects) {
        let hall = &self.hall;
        if hall.world.running.app.now() < hall.t0 {
            let next = hall.seal(0, "1", &[("a.pdf", vec![9; 1000])]);
            let act = hall.submit_act(&next, 2, Some(sealed[0].header.digest()));
            let body = hall.request(0, next.header.to_bytes(), &act, None);
            let upload = self.begin_upload(0, &body).await;
            objects.upload = upload.rsplit('/').next().unwrap().to_owned();
        }
        let own = self.player("own");
        let ids = async || -> BTreeSet<String> {
            let list: Value = self.session("own").server.get("sessions").await.unwrap();
            let all = list["sessions"].as_array().unwrap().iter();
            all.map(|it| it["session"].as_str().unwrap().to_owned())
                .collect()
        };
        let before = ids().await;
        hall.world.log_in(own.person.as_ref().unwrap()).await;
        let after = ids().await;
        objects.session = after.difference(&before).next().unwrap().clone();
    }

    async fn begin_upload(&self, bidder: usize, body: &kaibiao_api::SubmitRequest) -> String {
        let path = format!("projects/{}/lots/1/bids", self.hall.project);
        let server = &self.hall.bidders[bidder].session.server;
        let reply = server
            .request(Method::POST, &path)
            .json(body)
            .send()
            .await
            .unwrap();
        let begun: Value = reply.json().await.unwrap();
        begun["upload"]
            .as_str()
            .unwrap_or_else(|| panic!("{begun}"))
            .to_owned()
    }

    /// What of the bids must not be told.
    pub async fn secrets(&self, sealed: &[Sealed]) -> Tainted {
        let project = self.hall.project.parse().unwrap();
        let current = kaibiao_app::deciding::load(&self.hall.world.running.app, project)
            .await
            .unwrap();
        let mut secrets = Vec::new();
        for (at, whose) in ["own", "rival"].into_iter().enumerate() {
            let person = &self.hall.bidders[at].person;
            let id = crate::hall::lot("1");
            let handle = current.book.handle(&id, &person.organisation).unwrap();
            let all = [
                (person.company.clone(), true),
                (person.name.clone(), true),
                (person.organisation.to_string(), true),
                (sealed[at].header.digest().to_string(), false),
                (handle.to_string(), false),
                (PRICES[at].to_owned(), false),
            ];
            secrets.extend(all.map(|(text, names)| Secret { whose, text, names }));
        }
        Tainted { secrets }
    }

    /// What there is at the end of a lot.
    pub async fn ended(&self, objects: &mut Objects) {
        let hall = &self.hall;
        let documents: Value = hall.get("documents").await;
        objects.document = documents["documents"][0]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{documents}"))
            .to_owned();
        let signatures: Value = hall.get("lots/1/record/signatures").await;
        objects.signature = signatures["signatures"][0]["seq"].to_string();
        let content = b"a photograph";
        let complaint = serde_json::json!({
            "lot": "1", "matter": "conduct", "request": "请求调查", "text": "同住",
            "name": "王某某", "reach": "13800000000", "cites": [],
            "files": [{ "name": "照片.jpg", "content": kaibiao_crypto::encoding::to_base64(content) }],
        });
        let path = format!("projects/{}/complaints", hall.project);
        let request = hall
            .world
            .server()
            .request(Method::POST, &path)
            .json(&complaint);
        let filed: Value = request.send().await.unwrap().json().await.unwrap();
        objects.complaint = filed["complaint"].to_string();
        objects.secret = filed["secret"]
            .as_str()
            .unwrap_or_else(|| panic!("{filed}"))
            .to_owned();
        objects.complaint_file = Digest::of(content).to_string();
    }
}
