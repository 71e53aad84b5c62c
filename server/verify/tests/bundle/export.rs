//! The files of a bundle, as docs/spec/bundle.md, 2 has them; a test changes them.

use std::collections::BTreeMap;

use kaibiao_core::disclosure::disclosed;
use kaibiao_core::event::What;
use kaibiao_core::ids::Millis;
use kaibiao_core::viewer::Viewer;
use kaibiao_crypto::bid::HeaderPart;
use kaibiao_crypto::encoding::to_base64;
use kaibiao_crypto::statement::SignedStatement;
use kaibiao_crypto::wrap::Role;
use kaibiao_crypto::{Digest, canonical};
use kaibiao_verify::{Edition, archive};
use serde_json::{Value, json};

use crate::log::{ORIGIN, key_of};
use crate::opening::{Opening, lot, project};
use crate::shown::Believed;

/// Files by their names.
#[derive(Clone)]
pub struct Files(pub BTreeMap<String, Vec<u8>>);

impl Files {
    pub fn archive(&self) -> Vec<u8> {
        let files: Vec<_> = self
            .0
            .iter()
            .map(|(name, content)| (name.as_str(), content.as_slice()))
            .collect();
        archive::write(&files).unwrap()
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.0[name]).unwrap()
    }

    pub fn lines(&self, name: &str) -> Vec<Value> {
        let text = std::str::from_utf8(&self.0[name]).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Changes a file of one value.
    pub fn change(&mut self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut value = self.json(name);
        change(&mut value);
        self.0.insert(name.into(), canonical::to_bytes(&value));
    }

    /// Changes the lines of a file.
    pub fn change_lines(&mut self, name: &str, change: impl FnOnce(&mut Vec<Value>)) {
        let mut lines = self.lines(name);
        change(&mut lines);
        self.0.insert(name.into(), jsonl(&lines));
    }

    /// The name of the one file of a folder that there is, or the first.
    pub fn first(&self, folder: &str) -> String {
        self.0
            .keys()
            .find(|name| name.starts_with(folder))
            .unwrap()
            .clone()
    }
}

fn jsonl(lines: &[Value]) -> Vec<u8> {
    let lines = lines.iter().map(canonical::to_bytes);
    lines
        .flat_map(|line| [line, b"\n".to_vec()].concat())
        .collect()
}

/// Puts a file in, where it has lines.
fn put(files: &mut BTreeMap<String, Vec<u8>>, name: &str, lines: &[Value]) {
    if !lines.is_empty() {
        files.insert(name.into(), jsonl(lines));
    }
}

pub fn short(signed: &SignedStatement) -> Value {
    json!({"body": signed.body, "signature": to_base64(&signed.signature.value)})
}

impl Opening {
    pub fn policy_json(&self) -> Value {
        let mut policy = json!({
            "format": "kaibiao/1 policy",
            "origin": ORIGIN,
            "log_key": self.log.vkey(),
            "witnesses": self.log.vkeys(),
            "quorum": 2,
            "statement_key": key_of(&self.statement_key),
            "receipt_key": key_of(&self.receipt_key),
            "cas": [self.cast.ca()],
        });
        if self.without_log {
            policy["quorum"] = json!(0);
            policy["witnesses"] = json!([]);
            policy.as_object_mut().unwrap().remove("log_key");
        }
        policy
    }

    pub fn policy(&self) -> Believed {
        Believed::read(&self.policy_json()).unwrap()
    }

    pub fn files(&self, edition: Edition) -> Files {
        let is_public = edition == Edition::Public;
        let mut files = BTreeMap::new();
        let head = json!({
            "edition": edition,
            "format": "kaibiao/1 bundle",
            "origin": ORIGIN,
            "project": project(),
            "root": self.anchors.last().unwrap().0.root,
            "rules": 1,
            "size": self.state.events,
        });
        files.insert("bundle.json".to_owned(), canonical::to_bytes(&head));
        let (lines, mut lists) = self.events(is_public);
        put(&mut files, "events.jsonl", &lines);
        if !self.without_log {
            self.of_log(&mut files);
        }
        let receipts: Vec<_> = self.receipts.iter().map(short).collect();
        put(&mut files, "receipts.jsonl", &receipts);
        let stated = [
            ("closing.json", &self.closing),
            ("accepted/1.json", &self.accepted),
        ];
        for (name, stated) in stated {
            let Some((statement, proof)) = stated else {
                continue;
            };
            let mut value = json!({"statement": short(statement)});
            if !self.without_log {
                value["proof"] = json!(proof);
            }
            files.insert(name.to_owned(), canonical::to_bytes(&value));
        }
        for (digest, terms) in &self.terms {
            files.insert(
                format!("terms/{digest}.json"),
                terms.text.clone().into_bytes(),
            );
            lists.extend(terms.terms.grounds().flat_map(|it| it.lists()));
        }
        for list in lists {
            let bytes = self.cast.list();
            assert_eq!(Digest::of(bytes), list);
            files.insert(format!("crls/{list}.der"), bytes.to_vec());
        }
        self.of_bids(is_public, &mut files);
        Files(files)
    }

    fn events(&self, is_public: bool) -> (Vec<Value>, Vec<Digest>) {
        let (mut lines, mut lists) = (Vec::new(), Vec::new());
        for (event, kept) in self.stream.iter().zip(&self.kept) {
            let public = Viewer::public();
            let told = disclosed(&public, &self.state, &self.book, Millis::MAX, event);
            let mut line = json!({"shell": kept.shell});
            if !is_public || told.facts {
                line["facts"] = json!(kept.facts);
                line["facts_salt"] = json!(kept.facts_salt);
            }
            if !is_public || told.details {
                line["details"] = json!(kept.details);
                line["details_salt"] = json!(kept.details_salt);
                let grounds = event.details.as_ref().unwrap().grounds();
                lists.extend(grounds.flat_map(|it| it.lists()));
            }
            lines.push(line);
        }
        (lines, lists)
    }

    fn of_log(&self, files: &mut BTreeMap<String, Vec<u8>>) {
        let second = u64::try_from(self.state.time / 1000).unwrap() + 1;
        let checkpoint = self.log.checkpoint(second).to_string();
        files.insert("checkpoint".to_owned(), checkpoint.into_bytes());
        let anchors = self.anchors.iter().map(|(anchor, index)| {
            json!({
                "index": index,
                "path": self.log.path(*index),
                "root": anchor.root,
                "salt": anchor.salt,
                "size": anchor.size,
                "tick": anchor.tick,
            })
        });
        put(files, "anchors.jsonl", &anchors.collect::<Vec<_>>());
        let logged = self.logged.iter().map(|(terms, (lot, index))| {
            json!({"index": index, "lot": lot, "path": self.log.path(*index), "terms": terms})
        });
        put(files, "logged.jsonl", &logged.collect::<Vec<_>>());
        let notices = self.notices.iter().map(|line| {
            let mut line = line.clone();
            line["path"] = json!(self.log.path(line["index"].as_u64().unwrap()));
            line
        });
        put(files, "notices.jsonl", &notices.collect::<Vec<_>>());
    }

    fn of_bids(&self, is_public: bool, files: &mut BTreeMap<String, Vec<u8>>) {
        for sheet in self.sheets.values() {
            let header = &self.bids[&sheet.bid].header;
            let part = |part| Digest::of(header.part(part));
            let mut value = json!({
                "ciphertext": to_base64(&self.ciphertext(&sheet.bid)),
                "commitments": to_base64(header.part(HeaderPart::Commitments)),
                "segment_key": sheet.segment_key,
            });
            if is_public && self.masked {
                value["context_digest"] = json!(part(HeaderPart::Context));
            } else {
                value["context"] = json!(to_base64(header.part(HeaderPart::Context)));
                value["chain"] = json!(part(HeaderPart::Chain));
                value["wraps"] = json!(part(HeaderPart::Wraps));
            }
            let name = format!("sheets/{}.json", sheet.bid);
            files.insert(name, canonical::to_bytes(&value));
            if !is_public {
                let name = format!("headers/{}.bin", sheet.bid);
                files.insert(name, header.to_bytes());
            }
        }
        if !is_public {
            self.rechecks(files);
        }
        let last = self.state.lots.values().map(|lot| lot.records.last());
        let last: Vec<_> = last.flatten().map(|last| last.record).collect();
        let records = self.records.iter();
        for (record, bytes) in records.filter(|(it, _)| !is_public || last.contains(it)) {
            files.insert(format!("records/{record}.json"), bytes.clone());
        }
    }

    /// What repeats what a custodian answered otherwise than with a share.
    fn rechecks(&self, files: &mut BTreeMap<String, Vec<u8>>) {
        let lot1 = &self.state.lots[&lot("1")];
        for bidder in lot1.parties.values() {
            let Some(bid) = bidder.live.filter(|bid| lot1.is_contested(bidder, bid)) else {
                continue;
            };
            let header = &self.bids[&bid].header;
            let shares = [0, 2].map(|at| self.share(&bid, at, Role::Release));
            let r = header.recover_release(0, &shares).unwrap();
            let keys = self
                .cast
                .custodians()
                .map(|it| to_base64(&it.wrap.public().spki()));
            let answers = lot1.releases.iter().flat_map(|(x, release)| {
                let said = release.accounts(&bid);
                said.map(move |said| json!({"x": x, "why": said.why}))
            });
            let value = json!({
                "format": "kaibiao/1 recheck",
                "project": project(),
                "lot": "1",
                "bid": bid,
                "header": to_base64(&header.to_bytes()),
                "custodians": keys,
                "r": to_base64(r.secret().as_bytes()),
                "answers": answers.collect::<Vec<_>>(),
            });
            let name = format!("rechecks/{bid}.json");
            files.insert(name, canonical::to_bytes(&value));
        }
    }

    /// The number of the first event of a kind.
    pub fn seq(&self, is: impl Fn(&What) -> bool) -> usize {
        let at = self.stream.iter().position(|event| is(&event.facts.what));
        at.unwrap() + 1
    }
}
