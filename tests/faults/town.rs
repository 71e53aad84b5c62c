//! Everybody who takes part, with certificates of one authority, and where each reaches
//! the platform.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, Timestamp};
use kaibiao::cli::pki::authority::{Authority, CodeAttribute, Subject, Usage};
use kaibiao_client::failure::{Failure, Kind, Outcome};
use kaibiao_client::http::{Server, Session};
use kaibiao_client::keys::generate::KeyKind;
use kaibiao_core::act::{Act, BindRole, Register};
use kaibiao_core::ids::{Nonce, Organisation};
use kaibiao_core::role::Role;
use kaibiao_crypto::signer::FileKey;
use kaibiao_crypto::wrap::PrivateKey;
use kaibiao_os::random::{SystemRng, bytes};

use crate::journal::{Attempt, Journal};

pub const CA: &str = "faults-ca";

/// How long somebody tries one thing before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(240);

pub fn nonce() -> Nonce {
    Nonce(bytes())
}

/// Somebody with a key.
pub struct Person {
    pub organisation: Organisation,
    pub company: String,
    pub pkcs8: Vec<u8>,
    pub chain: Vec<Vec<u8>>,
    /// Where this person keeps files.
    pub folder: PathBuf,
    /// What bids are wrapped to.
    pub key: PrivateKey,
    url: String,
}

impl Person {
    pub fn new(authority: &mut Authority, number: usize, folder: &Path, url: &str) -> Self {
        let code = Organisation::complete(&format!("91110000MA{number:07}")).unwrap();
        let company = format!("第{number}建设有限公司");
        let day = SignedDuration::from_hours(24);
        let subject = Subject {
            organisation: company.clone(),
            person: "经办人".to_owned(),
            code: code.as_str().to_owned(),
            not_before: Timestamp::now() - day,
            not_after: Timestamp::now() + day * 29,
        };
        let issued = authority.issue(&subject, KeyKind::P256, Usage::Both);
        let issued = issued.unwrap();
        let folder = folder.join(format!("person-{number}"));
        std::fs::create_dir(&folder).unwrap();
        Self {
            organisation: code,
            company,
            pkcs8: issued.pkcs8.to_vec(),
            chain: vec![issued.certificate_der],
            folder,
            key: PrivateKey::generate(&mut SystemRng),
            url: url.to_owned(),
        }
    }

    /// The certificate as a file.
    pub fn write_certificate(&self) -> PathBuf {
        let text = BASE64.encode(&self.chain[0]);
        let path = self.folder.join("certificate.pem");
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        std::fs::write(&path, pem).unwrap();
        path
    }

    pub async fn log_in(&self) -> Outcome<Session> {
        let key = FileKey::from_pkcs8(&self.pkcs8, self.chain.clone()).unwrap();
        Server::new(&self.url, None)?.login(Box::new(key)).await
    }

    /// Logs in, however long it takes.
    pub async fn session(&self, journal: &Journal) -> Session {
        let attempt = journal.attempt("");
        loop {
            match self.log_in().await {
                Ok(session) => return session,
                Err(failure) => put_up_with(journal, &attempt, "log-in", &failure).await,
            }
        }
    }

    /// Signs an act once and sends it until it is carried out.
    pub async fn act(&self, journal: &Journal, project: &str, act: impl Into<Act>) {
        let session = self.session(journal).await;
        act_by(journal, &session, project, act.into()).await;
    }
}

/// Signs an act once and sends it until it is carried out.
pub async fn act_by(journal: &Journal, session: &Session, project: &str, act: Act) {
    let signed = session.sign(project, &act).unwrap();
    let attempt = journal.attempt(project);
    loop {
        attempt.tried();
        match session.send(project, &signed).await {
            Ok(_) => return attempt.done(crate::journal::Thing::Act(signed.digest())),
            Err(failure) => put_up_with(journal, &attempt, "act", &failure).await,
        }
    }
}

/// Notes what was said instead of what somebody wanted, and waits a little. What tells to
/// try again is put up with; what is final is not, since nobody here does wrong.
pub async fn put_up_with(journal: &Journal, attempt: &Attempt<'_>, what: &str, failure: &Failure) {
    attempt.answered(&failure.code);
    if failure.kind != Kind::Network {
        journal.wrong(format!("{what}: {} {}", failure.code, failure.en));
    }
    assert!(
        attempt.elapsed() < PATIENCE,
        "{what} did not get through in {PATIENCE:?}: {} {}",
        failure.code,
        failure.en
    );
    tokio::time::sleep(Duration::from_millis(150)).await;
}

/// Everybody.
pub struct Town {
    pub administrator: Person,
    /// Host, centre and supervisor.
    pub officials: Vec<Person>,
    pub bidders: Vec<Arc<Person>>,
}

impl Town {
    pub fn new(authority: &mut Authority, folder: &Path, url: &str, bidders: usize) -> Self {
        let mut person = |number| Person::new(authority, number, folder, url);
        Self {
            administrator: person(1),
            officials: (2..5).map(&mut person).collect(),
            bidders: (0..bidders).map(|it| Arc::new(person(100 + it))).collect(),
        }
    }

    pub fn host(&self) -> &Person {
        &self.officials[0]
    }

    /// Binds roles and registers everybody.
    pub async fn settle(&self, journal: &Journal) {
        let administrator = self.administrator.session(journal).await;
        for (person, role) in
            self.officials
                .iter()
                .zip([Role::Host, Role::Centre, Role::Supervisor])
        {
            let act = Act::BindRole(BindRole {
                nonce: nonce(),
                organisation: person.organisation.clone(),
                authority: CA.to_owned(),
                name: person.company.clone(),
                person: None,
                role,
            });
            administrator.act("", &act, Vec::new()).await.unwrap();
        }
        for bidder in &self.bidders {
            let register = Act::Register(Register {
                nonce: nonce(),
                name: bidder.company.clone(),
            });
            let session = bidder.session(journal).await;
            session.act("", &register, Vec::new()).await.unwrap();
        }
    }
}

/// A certificate authority.
pub fn authority(folder: &Path) -> Authority {
    Authority::init(
        &folder.join("pki"),
        CA,
        "测试 CA",
        KeyKind::P256,
        30,
        CodeAttribute::OrganizationIdentifier,
    )
    .unwrap()
}
