//! Who takes part, and what they take part in.

use std::collections::BTreeSet;

use kaibiao_core::act::Act;
use kaibiao_core::command::{Actor, Checked, Command, Performed};
use kaibiao_core::details::Author;
use kaibiao_core::ids::*;
use kaibiao_core::register::{Register, Registered};
use kaibiao_core::role::Role;
use kaibiao_core::schema::*;
use kaibiao_core::terms::*;
use kaibiao_crypto::act::{ActSignature, Signed};
use kaibiao_crypto::encoding::to_base64;
use kaibiao_crypto::signature::Algorithm;
use kaibiao_crypto::{Digest, canonical};

use super::T0;

pub fn lot(id: &str) -> LotId {
    id.parse().unwrap()
}

pub fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

pub fn organisation(number: usize) -> Organisation {
    Organisation::complete(&format!("91350100M0{number:07}")).unwrap()
}

pub fn actor(number: usize, name: &str, roles: &[Role]) -> Actor {
    Actor {
        author: Author {
            organisation: organisation(number),
            name: name.into(),
            person: format!("{name}的人员"),
            authority: "demo".into(),
            link: None,
            certificate: digest(name),
            unvouched: false,
            certified: None,
        },
        roles: roles.iter().copied().collect::<BTreeSet<_>>(),
        agent: None,
    }
}

pub fn tenderer() -> Actor {
    actor(1, "榕江水务", &[Role::Host])
}
pub fn host() -> Actor {
    actor(2, "闽招代理", &[Role::Host])
}
pub fn centre() -> Actor {
    actor(3, "交易中心", &[Role::Centre])
}
pub fn supervisor() -> Actor {
    actor(4, "行政监督", &[Role::Supervisor])
}
pub fn machine() -> Actor {
    actor(5, "交易平台", &[Role::Machine])
}
pub fn bidder(number: usize) -> Actor {
    actor(100 + number, &format!("投标人{number}"), &[Role::Bidder])
}

/// The centre and the supervisor, as the platform knows them.
pub fn seats() -> Register {
    registered(&[centre(), supervisor()])
}

pub fn registered(actors: &[Actor]) -> Register {
    let registered = actors.iter().map(|actor| {
        let name = actor.author.name.clone();
        let roles = actor.roles.clone();
        (actor.organisation().clone(), Registered { name, roles })
    });
    Register {
        known: registered.collect(),
        ..Register::default()
    }
}

pub fn named(actor: &Actor) -> Named {
    Named {
        organisation: actor.author.organisation.clone(),
        name: actor.author.name.clone(),
    }
}

pub fn stays() -> Stays {
    Stays {
        checking: 600,
        starting: 300,
        window: 1800,
        extensions: 1800,
        rescue: 900,
        quorum: 1200,
        releasing: 600,
        opening: 300,
        announcing: 600,
        confirming: 300,
        objections: 1200,
        signing: 3600,
        suspension: 7200,
        returning: 120,
    }
}

pub fn lot_draft() -> LotDraft {
    LotDraft {
        title: "一标段".into(),
        external_id: None,
        control_price: Some("1000000000".into()),
        reference: None,
        schema: Schema {
            fields: vec![Field {
                id: "price".into(),
                label: "投标报价".into(),
                label_en: None,
                kind: FieldType::Money,
                required: true,
                public: true,
            }],
            price: Some("price".into()),
            better: Better::Low,
        },
        custodians: vec![named(&host()), named(&centre()), named(&supervisor())],
        release: 2,
        rescue: Some(3),
        policy: Policy {
            minimum: 3,
            fails_after_unlock: false,
            masked: false,
            reading: ReadingOrder::Received,
            stays: stays(),
        },
    }
}

pub fn draft() -> Draft {
    Draft {
        number: "FJ-2026-001".into(),
        title: "供水管网改造".into(),
        notice: "招标公告".into(),
        external_id: Some("ext-1".into()),
        predecessor: None,
        officials: Officials {
            tenderer: named(&tenderer()),
            agency: Some(named(&host())),
            centre: named(&centre()),
            supervisor: named(&supervisor()),
        },
        t0: T0,
        lots: [(lot("1"), lot_draft()), (lot("2"), lot_draft())].into(),
        attachments: Vec::new(),
        outage_moves_t0: true,
        sign_in: None,
        suite: kaibiao_crypto::Suite::Intl,
    }
}

/// The platform's SM2 certificate, and its key.
pub const SM2_CERTIFICATE: &[u8] = include_bytes!("../../../../../crypto/vectors/keys/sm2.cer");
pub const SM2_KEY: &[u8] = include_bytes!("../../../../../crypto/vectors/keys/sm2.pk8");

pub fn trust() -> Trust {
    Trust {
        origin: "kaibiao.example".into(),
        statement_key: "c3RhdGVtZW50".into(),
        receipt_key: "cmVjZWlwdA==".into(),
        log_key: None,
        witnesses: Vec::new(),
        quorum: 0,
        tsas: Vec::new(),
        sm2_chain: vec![to_base64(SM2_CERTIFICATE)],
    }
}

pub const LEGAL: Legal = Legal {
    notice: 3600,
    amendment: 3600,
    window: 60,
};

pub fn project() -> ProjectId {
    "0192f0a1-7b3c-7def-8123-456789abcdef".parse().unwrap()
}

/// An act as the service hands it over: signed where it must be.
pub fn performed(actor: &Actor, act: Act, checked: Checked) -> Command {
    let body = String::from_utf8(canonical::to_bytes(&act)).unwrap();
    let signature = act.must_be_signed().then(|| ActSignature {
        algorithm: Algorithm::Ed25519,
        value: b"signature".to_vec().into(),
        chain: Vec::new(),
    });
    Command::Act(Box::new(Performed {
        actor: actor.clone(),
        act,
        signed: Signed {
            body,
            signature,
            grounds: None,
        },
        checked,
    }))
}
