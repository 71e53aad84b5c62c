//! A published project of one lot, with the keys of its custodians.

use anyhow::{Context as _, Result};
use kaibiao_client::http::Session;
use kaibiao_client::terms::Terms;
use kaibiao_core::act::{Act, CertifyKey, Publish};
use kaibiao_core::ids::Millis;
use kaibiao_crypto::Suite;
use kaibiao_crypto::encoding::to_base64;
use kaibiao_crypto::wrap::PrivateKey;
use kaibiao_os::random::SystemRng;
use serde_json::{Value, json};

use super::{Town, lot, nonce, now, said};

/// The head of the SPKI of a P-256 key, before its point.
const SPKI_HEAD: usize = 26;

pub struct Project {
    pub id: String,
    pub terms: Terms,
    /// Those of host, centre and supervisor.
    pub custodians: Vec<PrivateKey>,
}

impl Town {
    /// Publishes a project of one lot, whose T0 is so many seconds away.
    pub fn publish(&self, seconds: i64) -> Result<Project> {
        self.runtime.block_on(async {
            let officials = self.sessions().await?;
            self.publish_by(&officials, seconds).await
        })
    }

    /// The officials, logged in.
    pub async fn sessions(&self) -> Result<Vec<Session>> {
        let mut all = Vec::new();
        for official in &self.officials {
            all.push(self.log_in(official).await?);
        }
        Ok(all)
    }

    pub async fn publish_by(&self, officials: &[Session], seconds: i64) -> Result<Project> {
        let host = &officials[0];
        let t0 = now() + seconds * 1000;
        let draft = json!({ "draft": self.draft(t0) });
        let created: Value = host.server.post("projects", &draft).await.map_err(said)?;
        let id = created["id"].as_str().context("an id")?.to_owned();
        let mut custodians = Vec::new();
        for session in officials {
            let key = PrivateKey::generate(&mut SystemRng);
            let spki = key.public().spki();
            custodians.push(key);
            let certify = CertifyKey {
                nonce: nonce(),
                key: to_base64(&spki[SPKI_HEAD..]),
                agent: None,
                authorisation: None,
                suite: Suite::Intl,
            };
            let done = session.act(&id, &certify.into(), Vec::new()).await;
            done.map_err(said)?;
        }
        let terms = Terms::fetch(&host.server, &id, "1").await.map_err(said)?;
        let publish: Act = Publish {
            nonce: nonce(),
            terms: [(lot(), terms.digest())].into_iter().collect(),
            t0,
        }
        .into();
        host.act(&id, &publish, Vec::new()).await.map_err(said)?;
        Ok(Project {
            id,
            terms,
            custodians,
        })
    }

    fn draft(&self, t0: Millis) -> Value {
        let named = |at: usize| {
            let person = &self.officials[at];
            json!({ "name": person.name, "organisation": person.code })
        };
        let stays = [
            "checking",
            "starting",
            "window",
            "extensions",
            "rescue",
            "quorum",
            "releasing",
            "opening",
            "announcing",
            "confirming",
            "objections",
            "signing",
            "suspension",
        ];
        let stays: serde_json::Map<_, _> = stays
            .map(|stay| (stay.to_owned(), json!(3600)))
            .into_iter()
            .collect();
        json!({
            "number": "ZB-2026-001",
            "title": "道路改造工程",
            "officials": { "tenderer": named(0), "centre": named(1), "supervisor": named(2) },
            "t0": t0,
            "lots": { "1": {
                "title": "一标段",
                "schema": {
                    "fields": [{ "id": "price", "label": "投标报价", "type": "money", "required": true, "public": true }],
                    "price": "price",
                    "better": "low",
                },
                "custodians": [named(0), named(1), named(2)],
                "release": 2,
                "policy": {
                    "minimum": 1, "fails_after_unlock": false, "masked": false, "reading": "received",
                    "stays": stays,
                },
            } },
            "outage_moves_t0": true,
        })
    }
}
