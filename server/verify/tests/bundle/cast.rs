//! Who takes part: organisations with keys, certificates and an authority of their own.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_core::command::Actor;
use kaibiao_core::details::Author;
use kaibiao_core::ids::Organisation;
use kaibiao_core::register::{Register, Registered};
use kaibiao_core::role::Role;
use kaibiao_core::terms::Named;
use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::{Ca, RevocationPolicy, Rules, Trust};
use kaibiao_crypto::encoding::{Base64, to_base64};
use kaibiao_crypto::platform_key::PlatformKey;
use kaibiao_crypto::rng::Rng;
use kaibiao_crypto::signer::FileKey;
use kaibiao_crypto::wrap::PrivateKey;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
    date_time_ymd,
};

/// A seeded source of bytes.
pub struct Seeded(Digest, u64);

impl Seeded {
    pub fn new(seed: &str) -> Self {
        Self(Digest::of(seed.as_bytes()), 0)
    }
}

impl Rng for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            self.1 += 1;
            let block = Digest::of_parts(&[self.0.as_bytes(), &self.1.to_be_bytes()]);
            chunk.copy_from_slice(&block.as_bytes()[..chunk.len()]);
        }
    }
}

/// A key of the platform, a log or a witness.
pub fn platform_key(seed: &str) -> PlatformKey {
    PlatformKey::generate(&mut Seeded::new(seed)).0
}

/// An organisation with its certificate, and a key that secrets are wrapped to.
pub struct Member {
    pub actor: Actor,
    pub signer: FileKey,
    pub certificate: Vec<u8>,
    pub wrap: PrivateKey,
}

impl Member {
    pub fn organisation(&self) -> &Organisation {
        &self.actor.author.organisation
    }

    pub fn named(&self) -> Named {
        Named {
            organisation: self.organisation().clone(),
            name: self.actor.author.name.clone(),
        }
    }

    /// Its key as custodian, as sealing terms spell it.
    pub fn point(&self) -> String {
        to_base64(&self.wrap.public().spki()[26..])
    }
}

/// Everybody, and the authority that vouches for them.
pub struct Cast {
    root: Vec<u8>,
    list: Vec<u8>,
    /// A list in which the first bidder's certificate is revoked.
    pub revoked: Vec<u8>,
    pub tenderer: Member,
    pub agency: Member,
    pub centre: Member,
    pub supervisor: Member,
    pub bidders: Vec<Member>,
}

impl Cast {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "测试根");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let root = params.self_signed(&key).unwrap().der().to_vec();
        let issuer = Issuer::new(params, key);
        let list = list(&issuer, vec![]);
        // Of the first bidder.
        let revoked = self::list(&issuer, vec![101]);
        let member = |number, name: &str, role| member(&issuer, number, name, role);
        Self {
            tenderer: member(1, "榕江水务", Role::Host),
            agency: member(2, "闽招代理", Role::Host),
            centre: member(3, "交易中心", Role::Centre),
            supervisor: member(4, "行政监督", Role::Supervisor),
            bidders: (1..=5)
                .map(|number| member(100 + number, &format!("投标人{number}"), Role::Bidder))
                .collect(),
            root,
            list,
            revoked,
        }
    }

    pub fn custodians(&self) -> [&Member; 3] {
        [&self.agency, &self.centre, &self.supervisor]
    }

    /// The authority, by which certificates are judged as of now.
    pub fn trust(&self) -> Trust {
        Trust::new(&[Ca {
            id: "demo".into(),
            root: Base64(self.root.clone()),
            intermediates: vec![],
            rules: Rules::usual(),
            revocation: RevocationPolicy::Required,
            crls: vec![Base64(self.list.clone())],
        }])
        .unwrap()
    }

    /// What a policy says of it.
    pub fn ca(&self) -> serde_json::Value {
        serde_json::json!({
            "id": "mine",
            "root": to_base64(&self.root),
            "rules": Rules::usual(),
            "revocation": "required",
        })
    }

    pub fn list(&self) -> &[u8] {
        &self.list
    }

    pub fn register(&self) -> Register {
        let known = [&self.centre, &self.supervisor].map(|it| {
            let name = it.actor.author.name.clone();
            let roles = it.actor.roles.clone();
            (it.organisation().clone(), Registered { name, roles })
        });
        Register {
            known: BTreeMap::from(known),
            ..Register::default()
        }
    }
}

fn list(issuer: &Issuer<'static, KeyPair>, revoked: Vec<u64>) -> Vec<u8> {
    let revoked = revoked.into_iter().map(|serial| RevokedCertParams {
        serial_number: SerialNumber::from(serial),
        revocation_time: date_time_ymd(2025, 1, 2),
        reason_code: None,
        invalidity_date: None,
    });
    let list = CertificateRevocationListParams {
        this_update: date_time_ymd(2025, 1, 1),
        next_update: date_time_ymd(2026, 1, 1),
        crl_number: SerialNumber::from(1u64),
        issuing_distribution_point: None,
        revoked_certs: revoked.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    list.signed_by(issuer).unwrap().der().to_vec()
}

fn member(issuer: &Issuer<'static, KeyPair>, number: u64, name: &str, role: Role) -> Member {
    let organisation = Organisation::complete(&format!("91350100M0{number:07}")).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CountryName, "CN");
    subject.push(DnType::OrganizationName, name);
    subject.push(DnType::CommonName, format!("{name}的人员"));
    subject.push(DnType::from_oid(&[2, 5, 4, 97]), organisation.as_str());
    params.distinguished_name = subject;
    params.not_before = date_time_ymd(2025, 1, 1);
    params.not_after = date_time_ymd(2026, 1, 1);
    params.serial_number = Some(SerialNumber::from(number));
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, issuer).unwrap().der().to_vec();
    let author = Author {
        organisation,
        name: name.into(),
        person: format!("{name}的人员"),
        authority: "demo".into(),
        link: None,
        certificate: Digest::of(&certificate),
        unvouched: false,
        certified: None,
    };
    Member {
        actor: Actor {
            author,
            roles: BTreeSet::from([role]),
            agent: None,
        },
        signer: FileKey::from_pkcs8(&key.serialize_der(), vec![certificate.clone()]).unwrap(),
        certificate,
        wrap: PrivateKey::generate(&mut Seeded::new(name)),
    }
}
