//! What a custodian keeps for a project: its key, its agent's key, and a note
//! of what it has released. No private key ever leaves this machine.

pub mod agent;
mod answer;
mod order;
mod prove;

use std::path::{Path, PathBuf};

use kaibiao_api::ActReply;
use kaibiao_core::act::{Act, CertifyKey, Release, Rescue, Share, Withheld};
use kaibiao_core::ids::Nonce;
use kaibiao_crypto::act::{Place, SignedAct};
use kaibiao_crypto::bid::{self, Header};
use kaibiao_crypto::encoding::{self, to_base64};
use kaibiao_crypto::keyfile;
use kaibiao_crypto::platform_key::PlatformKey;
use kaibiao_crypto::signer::FileKey;
use kaibiao_crypto::statement::ClosingStatement;
use kaibiao_crypto::wrap::{PrivateKey, Role};
use kaibiao_crypto::{Digest, Suite, Verified};
use kaibiao_os::random::{self, SystemRng};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::failure::{Failure, Kind, Outcome};
use crate::files::{self, Readers};
use crate::http::Session;
use crate::keys::store;
use crate::statements::unproved;
use crate::terms::Terms;

use answer::{Answers, Sent};
pub use order::check_order;
pub use prove::{NotProved, Proved};

const ENVELOPE: u8 = 0;

/// A directory that holds `custody.kkey` (the project key under a passphrase),
/// `agent.key.pem` (the key the agent signs releases with, 0600) and
/// `released/`, one file for each lot it has answered for.
pub struct Custody {
    directory: PathBuf,
    key: PrivateKey,
    agent: Option<FileKey>,
}

/// What was released for a lot. It is written before it is sent, so that a
/// crash cannot lead to a second, different release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    project: String,
    lot: String,
    /// Digest of the closing statement.
    closing: Digest,
    /// Digest of the accepted statement.
    accepted: Digest,
    bids: Vec<Digest>,
}

/// What was answered for a lot.
pub struct Released {
    /// The bids that no share was given of, and why.
    pub withheld: Vec<Withheld>,
    /// The server's answer; none where the same was answered before.
    pub reply: Option<ActReply>,
}

/// The public halves, as `certify-key` names them.
#[derive(Debug, Clone, Serialize)]
pub struct PublicKeys {
    pub key: String,
    pub agent: Option<String>,
}

impl Custody {
    /// Makes the keys, the project's of its suite; an existing custody is not touched.
    pub fn create(
        directory: &Path,
        suite: Suite,
        passphrase: &str,
        with_agent: bool,
    ) -> Outcome<Self> {
        if directory.join("custody.kkey").exists() {
            return Err(Failure::new(
                Kind::Input,
                "custody-exists",
                format!(
                    "{} 中已有保管密钥;一个项目用一个目录。",
                    directory.display()
                ),
                format!(
                    "{} already holds a custodian's key; use one directory for each project.",
                    directory.display()
                ),
            ));
        }
        std::fs::create_dir_all(directory.join("released"))
            .map_err(|error| Failure::file(directory, &error))?;
        let (file, key) = keyfile::generate_for(suite, passphrase, &mut SystemRng)
            .map_err(|problem| crate::bid::keyfile_failure(directory, problem))?;
        let agent = with_agent.then(|| PlatformKey::generate(&mut SystemRng).1);
        if let Some(pkcs8) = &agent {
            let pem = store::private_pem(pkcs8);
            files::write(
                &directory.join("agent.key.pem"),
                pem.as_bytes(),
                Readers::Owner,
            )?;
        }
        files::write(&directory.join("custody.kkey"), &file, Readers::Owner)?;
        Ok(Custody {
            directory: directory.to_owned(),
            key,
            agent: agent
                .map(|pkcs8| FileKey::bare(&pkcs8))
                .transpose()
                .map_err(Failure::unexpected)?,
        })
    }

    pub fn open(
        directory: &Path,
        passphrase: &dyn Fn(&Path) -> Outcome<Zeroizing<String>>,
    ) -> Outcome<Self> {
        let key = crate::bid::open_keyfile(&directory.join("custody.kkey"), passphrase)?;
        let path = directory.join("agent.key.pem");
        let agent = if path.exists() {
            use rustls::pki_types::pem::PemObject as _;
            let pem = Zeroizing::new(files::read(&path)?);
            let pkcs8 = rustls::pki_types::PrivatePkcs8KeyDer::from_pem_slice(&pem)
                .map_err(|_| agent_damaged(&path))?;
            Some(FileKey::bare(pkcs8.secret_pkcs8_der()).map_err(|_| agent_damaged(&path))?)
        } else {
            None
        };
        Ok(Custody {
            directory: directory.to_owned(),
            key,
            agent,
        })
    }

    /// The suite that the project's key is of.
    pub fn suite(&self) -> Suite {
        self.key.public().suite()
    }

    /// Checks that the key is of the suite that the project asks.
    ///
    /// # Errors
    /// `custody-suite`
    pub fn is_for(&self, suite: Suite) -> Outcome<()> {
        if self.suite() == suite {
            return Ok(());
        }
        let (own, asked) = (self.suite().name(), suite.name());
        let directory = self.directory.display();
        Err(Failure::new(
            Kind::Input,
            "custody-suite",
            format!(
                "{directory} 中的保管密钥属于 {own} 套件,而项目采用 {asked};请换一个空目录,为本项目重新生成密钥。"
            ),
            format!(
                "The key in {directory} is of suite {own}, and the project of {asked}; make a key for this project in an empty directory."
            ),
        ))
    }

    pub fn public(&self) -> PublicKeys {
        let spki = self.key.public().spki();
        PublicKeys {
            // The SPKI of a key of either curve is 26 fixed bytes followed by the point.
            key: to_base64(&spki[spki.len() - 65..]),
            agent: self.agent.as_ref().and_then(public_agent),
        }
    }

    /// Publishes the public halves under the custodian's own certificate.
    pub async fn certify(&self, session: &Session, project: &str) -> Outcome<ActReply> {
        let PublicKeys { key, agent } = self.public();
        let act = CertifyKey {
            nonce: Nonce(random::bytes()),
            key,
            agent,
            authorisation: None,
            suite: self.suite(),
        };
        session.act(project, &act.into(), Vec::new()).await
    }

    /// This custodian's x in the terms; `None` when they name another key.
    pub fn place(&self, terms: &Terms) -> Option<u8> {
        let own = self.public().key;
        let custodians = &terms.content().custodians;
        custodians
            .iter()
            .find(|custodian| custodian.key == own)
            .map(|custodian| custodian.x)
    }

    /// Answers for exactly the accepted bids: with its share of r for each, or
    /// with the reason why there is none. The set is on disk before anything is
    /// sent; for another set of this lot nothing is ever released.
    pub async fn release(
        &self,
        session: &Session,
        project: &str,
        proved: &Proved,
    ) -> Outcome<Released> {
        self.remember(project, proved)?;
        let answers = Answers::of(&proved.bids, proved.place, &self.key);
        let withheld = answers.withheld.clone();
        let sent = Sent::new(&self.directory, project, &proved.lot);
        if sent.says_as_much_as(&answers) {
            let reply = None;
            return Ok(Released { withheld, reply });
        }
        let act = Act::from(Release {
            nonce: Nonce(random::bytes()),
            lot: proved.lot.parse().map_err(Failure::unexpected)?,
            accepted: proved.accepted,
            shares: answers.shares.clone(),
            withheld: answers.withheld.clone(),
        });
        let mut signed = self.sign(session, project, &act)?;
        signed.secrets.clone_from(&answers.secrets);
        let reply = session.send(project, &signed).await;
        let done = match &reply {
            Ok(_) => true,
            Err(failure) => failure.code == "already-done",
        };
        if done {
            sent.keep(&answers)?;
        }
        let reply = Some(reply?);
        Ok(Released { withheld, reply })
    }

    /// Releases the share of b for one bid whose rescue was ordered, which
    /// [`check_order`] has proved.
    pub async fn rescue(
        &self,
        session: &Session,
        terms: &Terms,
        closing: &Verified<ClosingStatement>,
        bid: Digest,
        header: &[u8],
    ) -> Outcome<ActReply> {
        let lot = terms.lot();
        if closing.bids_of(lot.as_str()).binary_search(&bid).is_err() {
            return Err(unproved(
                "截止清单里没有这份投标",
                "the bid is not on the closing list",
            ));
        }
        let header = self
            .header(terms, bid, header)
            .map_err(|withheld| withheld.failure(&bid))?;
        let share = self.share(&header, Role::Rescue)?;
        let path = self.rescued_path(&bid);
        std::fs::create_dir_all(self.directory.join("released"))
            .map_err(|error| Failure::file(&path, &error))?;
        files::write(&path, b"", Readers::Owner)?;
        let act = Act::from(Rescue {
            nonce: Nonce(random::bytes()),
            lot: lot.clone(),
            share: named(&header, &share),
        });
        let mut signed = self.sign(session, &terms.project(), &act)?;
        signed.secrets = vec![encoding::Secret::new(share.secret().as_bytes().to_vec())];
        session.send(&terms.project(), &signed).await
    }

    /// Signs with the agent's key where there is one, else with the
    /// certificate.
    fn sign(&self, session: &Session, project: &str, act: &Act) -> Outcome<SignedAct> {
        match &self.agent {
            Some(agent) => {
                let place = Place {
                    origin: &session.origin,
                    project,
                };
                SignedAct::sign(agent, place, act).map_err(Failure::unexpected)
            }
            None => session.sign(project, act),
        }
    }

    fn share(&self, header: &Header, role: Role) -> Outcome<bid::Share> {
        header
            .unwrap_share(ENVELOPE, role, &self.key, &mut SystemRng)
            .map_err(|problem| {
                Failure::new(
                    Kind::Key,
                    problem.code(),
                    format!("投标 {} 中给本保管人的份额打不开({problem});这份投标的发牌有误,请报告监督部门。", header.digest()),
                    format!("This custodian's share in bid {} does not open ({problem}); report it to the supervisor.", header.digest()),
                )
            })
    }

    fn remember(&self, project: &str, proved: &Proved) -> Outcome<()> {
        let path = self
            .directory
            .join("released")
            .join(format!("{project}-{}.json", proved.lot));
        let mut bids: Vec<Digest> = proved.bids.iter().map(|(bid, _)| *bid).collect();
        bids.sort();
        let this = Set {
            project: project.to_owned(),
            lot: proved.lot.clone(),
            closing: proved.closing,
            accepted: proved.accepted,
            bids,
        };
        if path.exists() {
            let before: Set = serde_json::from_slice(&files::read(&path)?)
                .map_err(|error| unproved("释放记录已损坏,不再释放", error))?;
            if before == this {
                return Ok(());
            }
            return Err(unproved(
                "本标段已按另一份接受清单释放过,拒绝再次释放",
                "another set of this lot was released before",
            ));
        }
        let json = serde_json::to_vec_pretty(&this).map_err(Failure::unexpected)?;
        files::write(&path, &json, Readers::Owner)
    }

    /// Whether the server took this custodian's answer for the lot, and nothing
    /// of it may still be put right. Until then it is to be released again.
    pub fn has_released(&self, project: &str, lot: &str) -> bool {
        Sent::new(&self.directory, project, lot).is_final()
    }

    fn rescued_path(&self, bid: &Digest) -> PathBuf {
        self.directory
            .join("released")
            .join(format!("rescued-{bid}"))
    }
}

/// The public half of an agent's key, base64; none for a key of another sort.
fn public_agent(agent: &FileKey) -> Option<String> {
    match agent.public_key() {
        kaibiao_crypto::signature::PublicKey::Ed25519(bytes) => Some(to_base64(&bytes)),
        _ => None,
    }
}

fn named(header: &Header, share: &bid::Share) -> Share {
    Share {
        bid: header.digest(),
        envelope: share.envelope(),
        x: share.x(),
        share: share.secret().digest(),
    }
}

fn agent_damaged(path: &Path) -> Failure {
    Failure::new(
        Kind::Input,
        "agent-key",
        format!("{} 已损坏;请从备份恢复。", path.display()),
        format!("{} is damaged; restore it from a copy.", path.display()),
    )
}
