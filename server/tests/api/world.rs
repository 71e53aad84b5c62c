//! A service with a certificate authority, and people with keys.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, Timestamp};
use kaibiao::cli::pki::authority::{Authority, CodeAttribute, Subject, Usage};
use kaibiao::serve::Running;
use kaibiao_app::config::Config;
use kaibiao_client::files::{self, Readers};
use kaibiao_client::http::{Server, Session};
use kaibiao_client::keys::generate::KeyKind;
use kaibiao_client::keys::store::private_pem;
use kaibiao_core::act::{Act, BindRole};
use kaibiao_core::ids::{Nonce, Organisation};
use kaibiao_core::platform;
use kaibiao_core::role::Role;
use kaibiao_crypto::signer::FileKey;
use kaibiao_store::Clock;
use tempfile::TempDir;

/// The id of the authority that everybody's certificate comes from.
pub const CA: &str = "test-ca";

/// A service under test.
pub struct World {
    pub directory: TempDir,
    pub running: Running,
    pub authority: Authority,
}

/// Somebody with a key.
pub struct Person {
    pub organisation: Organisation,
    pub company: String,
    pub name: String,
    pkcs8: Vec<u8>,
    chain: Vec<Vec<u8>>,
    pub serial: String,
}

impl World {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts with a configuration changed by `change`.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::with_clock(change, Clock::system()).await
    }

    /// Starts like this, by a clock of the test's own.
    pub async fn with_clock(change: impl FnOnce(&mut Config), clock: Clock) -> Self {
        Self::of(KeyKind::P256, change, clock).await
    }

    /// Starts where everybody's certificate is of SM2.
    pub async fn of_sm2(change: impl FnOnce(&mut Config)) -> Self {
        Self::of(KeyKind::Sm2, change, Clock::system()).await
    }

    /// Starts with an authority whose key is of this kind, as then are those of all whom
    /// it certifies.
    async fn of(kind: KeyKind, change: impl FnOnce(&mut Config), clock: Clock) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut authority = Authority::init(
            &directory.path().join("pki"),
            CA,
            "测试 CA",
            kind,
            30,
            CodeAttribute::OrganizationIdentifier,
        )
        .unwrap();
        let mut config = config(directory.path());
        change(&mut config);
        authority.write_trust(&config.trust()).unwrap();
        if authority.is_sm2() {
            lay_platforms_pair(&mut authority, &config);
        }
        let running = Running::start(config, clock).await.unwrap();
        Self {
            directory,
            running,
            authority,
        }
    }

    /// Stops in good order and starts again on the same data.
    pub async fn restart(self) -> Self {
        self.restart_meanwhile(|_| ()).await
    }

    pub async fn restart_meanwhile(self, meanwhile: impl FnOnce(&Config)) -> Self {
        let Self {
            directory,
            running,
            authority,
        } = self;
        let config = running.app.config.clone();
        running.stop().await.unwrap();
        meanwhile(&config);
        let running = Running::start(config, Clock::system()).await.unwrap();
        Self {
            directory,
            running,
            authority,
        }
    }

    /// Where it is reached: by its balancer, where there is one.
    pub fn url(&self) -> String {
        let config = &self.running.app.config;
        let balancer = config.public_url.clone().filter(|_| config.is_shared());
        balancer.unwrap_or_else(|| format!("http://{}", self.running.address))
    }

    /// A client that is not logged in.
    pub fn server(&self) -> Server {
        Server::new(&self.url(), None).unwrap()
    }

    /// Starts where two authorities are believed, and gives the second one.
    pub async fn with_two_authorities() -> (Self, Authority) {
        Self::with_another_of(KeyKind::P256, KeyKind::P256).await
    }

    /// The same with keys of these kinds: the first authority's and the second's.
    pub async fn with_another_of(kind: KeyKind, another: KeyKind) -> (Self, Authority) {
        let mut other = None;
        let believe = |config: &mut Config| {
            let authority = Authority::init(
                &config.data.with_file_name("other-pki"),
                "other-ca",
                "另一 CA",
                another,
                30,
                CodeAttribute::OrganizationIdentifier,
            );
            let authority = authority.unwrap();
            authority.write_trust(&config.trust()).unwrap();
            other = Some(authority);
        };
        let world = Self::of(kind, believe, Clock::system()).await;
        (world, other.unwrap())
    }

    /// Makes somebody of the organisation with this number.
    pub fn person(&mut self, number: u32, company: &str, name: &str) -> Person {
        self.certify(number, company, name, Usage::Both, 30)
    }

    /// Makes somebody whose certificate lasts so many days from yesterday on.
    pub fn certify(
        &mut self,
        number: u32,
        company: &str,
        name: &str,
        usage: Usage,
        days: i64,
    ) -> Person {
        let code = Organisation::complete(&format!("91110000MA{number:07}")).unwrap();
        let now = Timestamp::now();
        let day = SignedDuration::from_hours(24);
        let subject = Subject {
            organisation: company.to_owned(),
            person: name.to_owned(),
            code: code.as_str().to_owned(),
            not_before: now - day,
            not_after: now - day + day * i32::try_from(days).unwrap(),
        };
        certified(&mut self.authority, &subject, usage)
    }

    /// Logs somebody in.
    pub async fn log_in(&self, person: &Person) -> Session {
        self.server().login(Box::new(person.key())).await.unwrap()
    }

    /// The centre's first administrator, as the command line makes it.
    pub async fn administrator(&mut self) -> Session {
        let person = self.person(1, "市公共资源交易中心", "管理员");
        let subject = platform::Subject {
            organisation: person.organisation.clone(),
            authority: CA.to_owned(),
            name: person.company.clone(),
            person: Some(person.name.clone()),
            unvouched: false,
        };
        kaibiao_app::platform::first_administrator(&self.running.app, subject)
            .await
            .unwrap();
        self.log_in(&person).await
    }

    /// Somebody with a role, logged in.
    pub async fn with_role(
        &mut self,
        administrator: &Session,
        number: u32,
        company: &str,
        role: Role,
    ) -> Session {
        let person = self.person(number, company, "经办人");
        administrator
            .act("", &bind(&person, role), Vec::new())
            .await
            .unwrap();
        self.log_in(&person).await
    }
}

impl Person {
    /// The same person with the same certificate.
    pub fn copy(&self) -> Self {
        Self {
            organisation: self.organisation.clone(),
            company: self.company.clone(),
            name: self.name.clone(),
            pkcs8: self.pkcs8.clone(),
            chain: self.chain.clone(),
            serial: self.serial.clone(),
        }
    }

    /// DER certificates, this person's first.
    pub fn chain(&self) -> Vec<Vec<u8>> {
        self.chain.clone()
    }

    /// Its private key.
    pub fn pkcs8(&self) -> Vec<u8> {
        self.pkcs8.clone()
    }

    /// Writes key and certificate as the command line takes them: one PEM file.
    pub fn write_pem(&self, directory: &Path) -> PathBuf {
        let block = |kind: &str, der: &[u8]| {
            let text = BASE64.encode(der);
            format!("-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n")
        };
        let mut pem = block("PRIVATE KEY", &self.pkcs8);
        for certificate in &self.chain {
            pem += &block("CERTIFICATE", certificate);
        }
        let path = directory.join(format!("{}.pem", self.serial));
        std::fs::write(&path, pem).unwrap();
        path
    }

    pub fn key(&self) -> FileKey {
        FileKey::from_pkcs8(&self.pkcs8, self.chain.clone()).unwrap()
    }
}

/// The same person with a certificate of another authority.
pub fn again(authority: &mut Authority, person: &Person) -> Person {
    let day = SignedDuration::from_hours(24);
    let subject = Subject {
        organisation: person.company.clone(),
        person: person.name.clone(),
        code: person.organisation.to_string(),
        not_before: Timestamp::now() - day,
        not_after: Timestamp::now() + day,
    };
    certified(authority, &subject, Usage::Both)
}

fn certified(authority: &mut Authority, subject: &Subject, usage: Usage) -> Person {
    let kind = if authority.is_sm2() {
        KeyKind::Sm2
    } else {
        KeyKind::P256
    };
    let issued = authority.issue(subject, kind, usage).unwrap();
    Person {
        organisation: subject.code.parse().unwrap(),
        company: subject.organisation.clone(),
        name: subject.person.clone(),
        pkcs8: issued.pkcs8.to_vec(),
        chain: vec![issued.certificate_der],
        serial: issued.serial,
    }
}

pub fn bind(person: &Person, role: Role) -> Act {
    Act::BindRole(BindRole {
        nonce: nonce(),
        organisation: person.organisation.clone(),
        authority: CA.to_owned(),
        name: person.company.clone(),
        person: None,
        role,
    })
}

pub fn nonce() -> Nonce {
    Nonce(kaibiao_os::random::bytes())
}

/// The platform's own SM2 key and certificate, where the service looks for them.
fn lay_platforms_pair(authority: &mut Authority, config: &Config) {
    let day = SignedDuration::from_hours(24);
    let code = Organisation::complete("91110000000000999").unwrap();
    let subject = Subject {
        organisation: "某市公共资源交易中心".to_owned(),
        person: "开标平台".to_owned(),
        code: code.as_str().to_owned(),
        not_before: Timestamp::now() - day,
        not_after: Timestamp::now() + day,
    };
    let issued = authority.issue(&subject, KeyKind::Sm2, Usage::Sign);
    let issued = issued.unwrap();
    let folder = config.secrets().join("sm2");
    std::fs::create_dir_all(&folder).unwrap();
    let key = private_pem(&issued.pkcs8);
    files::write(&folder.join("one.key.pem"), key.as_bytes(), Readers::Owner).unwrap();
    std::fs::write(folder.join("one.cert.pem"), issued.certificate_pem).unwrap();
}

pub fn config(directory: &Path) -> Config {
    let mut config = Config {
        data: directory.join("data"),
        listen: "127.0.0.1:0".parse().unwrap(),
        workers: 1,
        ..Config::default()
    };
    config.limits.stop_seconds = 2;
    config.legal.notice_seconds = 0;
    config.legal.amendment_seconds = 0;
    config.legal.window_seconds = 1;
    config
}
