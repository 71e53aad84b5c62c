//! A tender with its officials.

use std::collections::BTreeMap;

use kaibiao_api::{ActReply, NewProject, ProjectCreated};
use kaibiao_client::failure::Outcome;
use kaibiao_client::http::Session;
use kaibiao_core::act::{Act, CertifyKey, Clarify, Postpone, Publish};
use kaibiao_core::ids::LotId;
use kaibiao_core::role::Role;
use kaibiao_core::terms::SealingTerms;
use kaibiao_crypto::encoding::to_base64;
use p256::elliptic_curve::Generate as _;
use serde_json::{Value, json};

use crate::world::{World, nonce};

/// The people of a tender, logged in.
pub struct Tender {
    pub administrator: Session,
    pub host: Session,
    pub centre: Session,
    pub supervisor: Session,
    pub machine: Session,
}

impl Tender {
    pub async fn gather(world: &mut World) -> Self {
        let administrator = world.administrator().await;
        let host = world
            .with_role(&administrator, 100, "某招标代理有限公司", Role::Host)
            .await;
        let centre = world
            .with_role(&administrator, 101, "某交易中心", Role::Centre)
            .await;
        let supervisor = world
            .with_role(&administrator, 102, "某市住建局", Role::Supervisor)
            .await;
        let machine = world
            .with_role(&administrator, 103, "某交易平台", Role::Machine)
            .await;
        Self {
            administrator,
            host,
            centre,
            supervisor,
            machine,
        }
    }

    /// A draft with two lots and T0 so many milliseconds from now.
    pub fn draft(&self, t0: i64) -> Value {
        let named = |session: &Session| json!({ "name": session.who.organisation_name, "organisation": session.who.organisation });
        let stays = json!({
            "checking": 600, "starting": 600, "window": 600, "extensions": 600, "rescue": 300,
            "quorum": 300, "releasing": 300, "opening": 300, "announcing": 600, "confirming": 600,
            "objections": 600, "signing": 600, "suspension": 600,
        });
        let lot = json!({
            "title": "一标段",
            "schema": {
                "fields": [{
                    "id": "price", "label": "投标报价", "type": "money",
                    "required": true, "public": true,
                }],
                "price": "price",
                "better": "low",
            },
            "custodians": [named(&self.host), named(&self.centre), named(&self.supervisor)],
            "release": 2,
            "policy": {
                "minimum": 3, "fails_after_unlock": false, "masked": false,
                "reading": "received", "stays": stays,
            },
        });
        json!({
            "number": "A-2026-001",
            "title": "教学楼工程",
            "notice": "招标公告",
            "officials": {
                "tenderer": named(&self.host),
                "centre": named(&self.centre),
                "supervisor": named(&self.supervisor),
            },
            "t0": t0,
            "lots": { "1": lot, "2": lot },
            "outage_moves_t0": true,
        })
    }

    /// A host's draft; its id.
    pub async fn begin(&self, t0: i64) -> String {
        let new = NewProject {
            external_id: None,
            draft: serde_json::from_value(self.draft(t0)).unwrap(),
        };
        let created: ProjectCreated = self.host.server.post("projects", &new).await.unwrap();
        created.id
    }

    /// The custodians certify their keys and the host publishes.
    pub async fn publish(&self, project: &str, t0: i64) -> ActReply {
        self.try_publish(project, t0).await.unwrap()
    }

    /// The same, where the publication may be refused.
    pub async fn try_publish(&self, project: &str, t0: i64) -> Outcome<ActReply> {
        for custodian in [&self.host, &self.centre, &self.supervisor] {
            let key = p256::SecretKey::generate().public_key();
            let key = p256::elliptic_curve::sec1::ToSec1Point::to_sec1_point(&key, false);
            let certify = Act::CertifyKey(CertifyKey {
                nonce: nonce(),
                key: to_base64(key.as_bytes()),
                agent: None,
                authorisation: None,
                suite: kaibiao_crypto::Suite::Intl,
            });
            custodian.act(project, &certify, Vec::new()).await.unwrap();
        }
        let mut terms = BTreeMap::new();
        for lot in ["1", "2"] {
            let path = format!("projects/{project}/lots/{lot}/terms");
            let bytes = self.host.server.get_bytes(&path).await.unwrap();
            let lot: LotId = lot.parse().unwrap();
            terms.insert(lot, SealingTerms::digest_of(&bytes));
        }
        let publish = Act::Publish(Publish {
            nonce: nonce(),
            terms,
            t0,
        });
        self.host.act(project, &publish, Vec::new()).await
    }

    /// A published project; its id.
    pub async fn published(&self, t0: i64) -> String {
        let project = self.begin(t0).await;
        self.publish(&project, t0).await;
        project
    }
}

pub fn clarify(title: &str) -> Act {
    Act::Clarify(Clarify {
        nonce: nonce(),
        title: title.to_owned(),
        text: "澄清内容".to_owned(),
        attachments: Vec::new(),
    })
}

pub fn postpone(t0: i64) -> Act {
    Act::Postpone(Postpone {
        nonce: nonce(),
        t0,
        reason: "延期".to_owned(),
    })
}
