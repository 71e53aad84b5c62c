//! A custodian's agent that serves all projects of its organisation: one folder with the
//! agent's key, the standing authorisation of it, and a custody for each project.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use kaibiao_api::ActReply;
use kaibiao_core::act::{Act, CertifyKey};
use kaibiao_core::ids::{Millis, Nonce, Organisation, ProjectId};
use kaibiao_crypto::keyfile::{self, KeyFile};
use kaibiao_crypto::platform_key::PlatformKey;
use kaibiao_crypto::signer::{FileKey, Signer};
use kaibiao_crypto::{Digest, Suite};
use kaibiao_os::random::{self, SystemRng};
use rustls::pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Custody, PublicKeys, agent_damaged};
use crate::failure::{Failure, Kind, Outcome};
use crate::files::{self, Readers};
use crate::http::Session;
use crate::keys::store;

const KEY: &str = "agent.key.pem";
const AUTHORISATION: &str = "authorisation.json";
const LOCK: &str = "lock";
/// The form of a file with an authorisation (docs/spec/acts.md, Agents).
const AUTHORISATION_FILE: &str = "kaibiao/1 authorisation";
const CUSTODY: &str = "custody.kkey";

/// The form of a file with the key files of many projects (docs/spec/sealed-bid.md, 12).
const KEYFILES: &str = "kaibiao/1 keyfiles";

/// A directory that holds `agent.key.pem` (0600), `authorisation.json`, and for each
/// project `projects/ID/` with `custody.kkey` and `released/` as a [`Custody`] has them.
pub struct AgentFolder {
    directory: PathBuf,
    pkcs8: Zeroizing<Vec<u8>>,
}

/// The standing authorisation by which the agent acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authorisation {
    /// The digest of the `authorise-agent`.
    pub digest: Digest,
    pub from: Millis,
    pub until: Millis,
    /// Empty for all.
    pub hosts: Vec<Organisation>,
}

/// The folder is this process's alone while it lives.
pub struct Alone {
    _file: File,
}

/// An authorisation as the page hands it over in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorisationFile {
    agent: String,
    digest: Digest,
    format: String,
    from: Millis,
    /// Left out for all.
    #[serde(default)]
    hosts: Vec<Organisation>,
    until: Millis,
}

/// What became of a backup's keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The projects whose keys were put back.
    pub put: Vec<ProjectId>,
    pub skipped: Vec<Skipped>,
}

/// A key that was not put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// As the backup names it.
    pub project: String,
    pub number: String,
    pub title: String,
    pub why: Why,
}

/// Why a key was not put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The backup does not say which project it is for.
    NoProject,
    /// It lies here already.
    SameKey,
    /// Another key lies here for this project, and stays.
    OtherKey,
}

impl Restored {
    fn skip(&mut self, kept: Kept, why: Why) {
        self.skipped.push(Skipped {
            project: kept.project,
            number: kept.number,
            title: kept.title,
            why,
        });
    }
}

/// The key files of many projects, as one file holds them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFiles {
    format: String,
    keys: Vec<Kept>,
}

/// A key file and what it is for; nothing relies on the latter.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    keyfile: String,
    number: String,
    project: String,
    title: String,
}

impl AgentFolder {
    /// Opens a folder, making it and the agent's key where there is none.
    pub fn open_or_create(directory: &Path) -> Outcome<Self> {
        let path = directory.join(KEY);
        if !path.exists() {
            files::directory(&directory.join("projects"))?;
            let pkcs8 = PlatformKey::generate(&mut SystemRng).1;
            let pem = store::private_pem(&pkcs8);
            files::write(&path, pem.as_bytes(), Readers::Owner)?;
        }
        Self::open(directory)
    }

    pub fn open(directory: &Path) -> Outcome<Self> {
        let path = directory.join(KEY);
        let pem = Zeroizing::new(files::read(&path)?);
        let pkcs8 = rustls::pki_types::PrivatePkcs8KeyDer::from_pem_slice(&pem)
            .map_err(|_| agent_damaged(&path))?;
        let folder = Self {
            directory: directory.to_owned(),
            pkcs8: Zeroizing::new(pkcs8.secret_pkcs8_der().to_vec()),
        };
        folder.key()?;
        Ok(folder)
    }

    /// The agent's key, which signs with no certificate beside it.
    pub fn signer(&self) -> Outcome<Box<dyn Signer + Send + Sync>> {
        Ok(Box::new(self.key()?))
    }

    /// The agent's public key, base64.
    pub fn public(&self) -> Outcome<String> {
        super::public_agent(&self.key()?).ok_or_else(|| agent_damaged(&self.directory.join(KEY)))
    }

    fn key(&self) -> Outcome<FileKey> {
        FileKey::bare(&self.pkcs8).map_err(|_| agent_damaged(&self.directory.join(KEY)))
    }

    /// Keeps the authorisation that the agent is to act by.
    pub fn authorise(&self, authorisation: &Authorisation) -> Outcome<()> {
        let json = serde_json::to_vec_pretty(authorisation).map_err(Failure::unexpected)?;
        files::write(&self.directory.join(AUTHORISATION), &json, Readers::Owner)
    }

    /// The authorisation that the agent acts by.
    pub fn authorisation(&self) -> Outcome<Authorisation> {
        let path = self.directory.join(AUTHORISATION);
        if !path.exists() {
            return Err(not_authorised(&self.directory));
        }
        serde_json::from_slice(&files::read(&path)?).map_err(|_| not_authorised(&self.directory))
    }

    /// Keeps every other process out of the folder until the answer is dropped, or this
    /// process ends, however it does.
    ///
    /// # Errors
    /// `agent-in-use` where another one has it.
    pub fn alone(&self) -> Outcome<Alone> {
        let path = self.directory.join(LOCK);
        let failed = |error: std::io::Error| Failure::file(&path, &error);
        let file = files::create(&path, Readers::Owner).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Alone { _file: file }),
            Err(TryLockError::WouldBlock) => Err(in_use(&self.directory)),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Takes up an authorisation that was signed elsewhere and came as a file
    /// (docs/spec/acts.md, Agents).
    ///
    /// # Errors
    /// `authorisation-wrong` for another file, `authorisation-other-agent`,
    /// `authorisation-over` by `now` (UTC ms).
    pub fn accept(&self, text: &[u8], now: Millis) -> Outcome<Authorisation> {
        let read = serde_json::from_slice::<AuthorisationFile>(text).ok();
        let read = read.filter(|it| it.format == AUTHORISATION_FILE);
        let read = read.ok_or_else(not_an_authorisation)?;
        let own = self.public()?;
        if read.agent != own {
            return Err(other_agent(&own));
        }
        if read.until <= now {
            return Err(is_over());
        }
        let authorisation = Authorisation {
            digest: read.digest,
            from: read.from,
            until: read.until,
            hosts: read.hosts,
        };
        self.authorise(&authorisation)?;
        Ok(authorisation)
    }

    /// The custody of a project of this suite. Its key is made, and on disk with the
    /// directories that lead to it, before anybody hears of it. One that was made for
    /// another suite, which the draft then named, is set aside: no terms have it.
    pub fn custody(&self, project: ProjectId, suite: Suite, passphrase: &str) -> Outcome<Custody> {
        let directory = self.place(project);
        files::directory(&directory.join("released"))?;
        if let Some(custody) = self.existing(project, passphrase)? {
            if custody.suite() == suite {
                return Ok(custody);
            }
            let aside = directory.join(format!("custody.{}.kkey", custody.suite().name()));
            std::fs::rename(directory.join(CUSTODY), &aside)
                .map_err(|error| Failure::file(&aside, &error))?;
        }
        let (file, _) = keyfile::generate_for(suite, passphrase, &mut SystemRng)
            .map_err(|problem| crate::bid::keyfile_failure(&directory, problem))?;
        files::write(&directory.join(CUSTODY), &file, Readers::Owner)?;
        self.open_custody(directory, passphrase)
    }

    /// The custody of a project, where its key lies here.
    pub fn existing(&self, project: ProjectId, passphrase: &str) -> Outcome<Option<Custody>> {
        let directory = self.place(project);
        if !directory.join(CUSTODY).exists() {
            return Ok(None);
        }
        self.open_custody(directory, passphrase).map(Some)
    }

    /// Checks that a passphrase is that of the keys that lie here, on one of them.
    pub fn prove(&self, passphrase: &str) -> Outcome<()> {
        for project in self.projects()? {
            if self.existing(project, passphrase)?.is_some() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn open_custody(&self, directory: PathBuf, passphrase: &str) -> Outcome<Custody> {
        let given = |_: &Path| Ok(Zeroizing::new(passphrase.to_owned()));
        Ok(Custody {
            key: crate::bid::open_keyfile(&directory.join(CUSTODY), &given)?,
            agent: Some(self.key()?),
            directory,
        })
    }

    fn place(&self, project: ProjectId) -> PathBuf {
        self.directory.join("projects").join(project.to_string())
    }

    /// All key files of the folder in one file's text.
    pub fn backup(&self) -> Outcome<Vec<u8>> {
        let mut keys = Vec::new();
        for project in self.projects()? {
            let path = self.place(project).join(CUSTODY);
            if path.exists() {
                keys.push(Kept {
                    keyfile: files::read_text(&path)?,
                    number: String::new(),
                    project: project.to_string(),
                    title: String::new(),
                });
            }
        }
        keys.sort();
        let format = KEYFILES.to_owned();
        Ok(kaibiao_crypto::canonical::to_bytes(&KeyFiles {
            format,
            keys,
        }))
    }

    /// Puts back what a backup holds, but for projects that have a key here and keys that
    /// name no project. Before anything is written each is proved to open with the
    /// passphrase.
    ///
    /// # Errors
    /// `backup-wrong`, or that of a key that does not open; then nothing is put back.
    pub fn restore(&self, text: &[u8], passphrase: &str) -> Outcome<Restored> {
        let read: KeyFiles = serde_json::from_slice(text).map_err(|_| not_a_backup())?;
        if read.format != KEYFILES || read.keys.is_empty() {
            return Err(not_a_backup());
        }
        let mut restored = Restored::default();
        let mut missing = Vec::new();
        for kept in read.keys {
            let file = KeyFile::parse(kept.keyfile.as_bytes()).map_err(|_| not_a_backup())?;
            if kept.project.is_empty() {
                restored.skip(kept, Why::NoProject);
                continue;
            }
            let project: ProjectId = kept.project.parse().map_err(|_| not_a_backup())?;
            let directory = self.place(project);
            let path = directory.join(CUSTODY);
            if path.exists() {
                let here = KeyFile::parse(&files::read(&path)?).ok();
                let is_same = here.is_some_and(|here| here.public() == file.public());
                restored.skip(kept, if is_same { Why::SameKey } else { Why::OtherKey });
                continue;
            }
            file.open(passphrase)
                .map_err(|problem| crate::bid::keyfile_failure(&directory, problem))?;
            missing.push((project, directory, kept.keyfile));
        }
        for (project, directory, keyfile) in missing {
            files::directory(&directory.join("released"))?;
            files::write(&directory.join(CUSTODY), keyfile.as_bytes(), Readers::Owner)?;
            restored.put.push(project);
        }
        Ok(restored)
    }

    fn projects(&self) -> Outcome<Vec<ProjectId>> {
        let directory = self.directory.join("projects");
        let failed = |error: std::io::Error| Failure::file(&directory, &error);
        let mut projects = Vec::new();
        for entry in std::fs::read_dir(&directory).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let project = name
                .to_str()
                .and_then(|name| name.parse::<ProjectId>().ok());
            projects.extend(project);
        }
        projects.sort_unstable();
        Ok(projects)
    }
}

impl Custody {
    /// Publishes the public halves by a standing authorisation, signed by the agent.
    pub async fn certify_by(
        &self,
        session: &Session,
        project: &str,
        authorisation: Digest,
    ) -> Outcome<ActReply> {
        let PublicKeys { key, agent } = self.public();
        let act = Act::from(CertifyKey {
            nonce: Nonce(random::bytes()),
            key,
            agent,
            authorisation: Some(authorisation),
            suite: self.suite(),
        });
        let signed = self.sign(session, project, &act)?;
        session.send(project, &signed).await
    }
}

fn not_authorised(directory: &Path) -> Failure {
    let shown = directory.display();
    Failure::new(
        Kind::Input,
        "agent-not-authorised",
        format!("{shown} 中没有常设授权;请先用 kaibiao custodian authorise 签一份。"),
        format!(
            "{shown} holds no standing authorisation; sign one first with kaibiao custodian authorise."
        ),
    )
}

fn in_use(directory: &Path) -> Failure {
    let shown = directory.display();
    Failure::new(
        Kind::Input,
        "agent-in-use",
        format!("{shown} 正由另一个进程使用(serve-all 或 restore);请先停止它,或换一个代理目录。"),
        format!(
            "{shown} is used by another process (serve-all or restore); stop that one first, or take another folder."
        ),
    )
}

fn not_an_authorisation() -> Failure {
    Failure::new(
        Kind::Input,
        "authorisation-wrong",
        "这不是常设授权文件,或已损坏;请在网页“解密保管”中重新保存授权文件。",
        "This is no file of a standing authorisation, or it is damaged; save it again on the page for custodians.",
    )
}

fn other_agent(own: &str) -> Failure {
    Failure::new(
        Kind::Input,
        "authorisation-other-agent",
        format!("这份常设授权是给另一个代理的;请为本代理的公钥 {own} 签一份。"),
        format!(
            "This authorisation is another agent's; sign one for this agent's public key {own}."
        ),
    )
}

fn is_over() -> Failure {
    Failure::new(
        Kind::Input,
        "authorisation-over",
        "这份常设授权已到期;请签一份新的。",
        "This authorisation is over; sign a new one.",
    )
}

fn not_a_backup() -> Failure {
    Failure::new(
        Kind::Input,
        "backup-wrong",
        "这不是保管密钥的备份文件,或已损坏;请选对文件(.kkeys)。",
        "This is no backup of custody keys, or it is damaged; choose the right file (.kkeys).",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSPHRASE: &str = "not a secret";
    fn projects() -> [ProjectId; 2] {
        ["1", "2"].map(|it| {
            format!("0198c3b1-0000-7000-8000-00000000000{it}")
                .parse()
                .unwrap()
        })
    }

    #[test]
    fn a_project_has_one_key_and_all_projects_one_agent() {
        let place = tempfile::tempdir().unwrap();
        let folder = AgentFolder::open_or_create(place.path()).unwrap();
        let [project, other_project] = projects();
        assert!(folder.existing(project, PASSPHRASE).unwrap().is_none());
        folder.prove("nothing to try it on").unwrap();
        let one = folder
            .custody(project, Suite::Intl, PASSPHRASE)
            .unwrap()
            .public();
        let again = AgentFolder::open(place.path()).unwrap();
        let same = again
            .custody(project, Suite::Intl, PASSPHRASE)
            .unwrap()
            .public();
        let other = again
            .custody(other_project, Suite::Intl, PASSPHRASE)
            .unwrap()
            .public();
        assert_eq!(one.key, same.key);
        assert_ne!(one.key, other.key);
        assert_eq!(one.agent, Some(folder.public().unwrap()));
        assert_eq!(one.agent, other.agent);
        assert!(again.custody(project, Suite::Intl, "another one").is_err());
        assert!(again.prove("another one").is_err());
        again.prove(PASSPHRASE).unwrap();
        assert_eq!(
            folder.authorisation().unwrap_err().code,
            "agent-not-authorised"
        );
    }

    #[test]
    fn a_project_that_turns_to_another_suite_gets_a_key_of_that_and_loses_none() {
        let place = tempfile::tempdir().unwrap();
        let folder = AgentFolder::open_or_create(place.path()).unwrap();
        let [project, _] = projects();
        let one = folder.custody(project, Suite::Intl, PASSPHRASE).unwrap();
        let other = folder.custody(project, Suite::Gm, PASSPHRASE).unwrap();
        assert_eq!((one.suite(), other.suite()), (Suite::Intl, Suite::Gm));
        assert_eq!(one.is_for(Suite::Gm).unwrap_err().code, "custody-suite");
        other.is_for(Suite::Gm).unwrap();
        let again = folder.custody(project, Suite::Gm, PASSPHRASE).unwrap();
        assert_eq!(again.public().key, other.public().key);
        let aside = folder.place(project).join("custody.intl.kkey");
        let aside = KeyFile::parse(&std::fs::read(aside).unwrap()).unwrap();
        assert_eq!(aside.public(), &one.key.public());
    }

    #[test]
    fn two_processes_are_kept_apart() {
        let place = tempfile::tempdir().unwrap();
        let folder = AgentFolder::open_or_create(place.path()).unwrap();
        let alone = folder.alone().unwrap();
        let other = AgentFolder::open(place.path()).unwrap();
        let refused = other.alone().err().unwrap();
        assert_eq!(refused.code, "agent-in-use");
        drop(alone);
        other.alone().unwrap();
    }

    #[test]
    fn an_authorisation_signed_elsewhere_is_taken_up_for_its_own_agent_alone() {
        let place = tempfile::tempdir().unwrap();
        let folder = AgentFolder::open_or_create(place.path()).unwrap();
        let file = |agent: &str, more: &str| {
            let digest = Digest::of(b"authorise-agent");
            format!(
                r#"{{"agent":"{agent}","digest":"{digest}","format":"kaibiao/1 authorisation","from":1000,{more}"until":9000}}"#
            )
        };
        let own = folder.public().unwrap();
        let taken = folder.accept(file(&own, "").as_bytes(), 5000).unwrap();
        assert_eq!(
            (taken.from, taken.until, taken.hosts.len()),
            (1000, 9000, 0)
        );
        assert_eq!(folder.authorisation().unwrap(), taken);
        let some = file(&own, r#""hosts":["91350100M000100Y43"],"#);
        let some = folder.accept(some.as_bytes(), 5000).unwrap();
        assert_eq!(some.hosts.len(), 1);
        let elsewhere = tempfile::tempdir().unwrap();
        let other = AgentFolder::open_or_create(elsewhere.path()).unwrap();
        let refused = |text: &str, now| other.accept(text.as_bytes(), now).unwrap_err().code;
        assert_eq!(refused(&file(&own, ""), 5000), "authorisation-other-agent");
        let its = other.public().unwrap();
        assert_eq!(refused(&file(&its, ""), 9000), "authorisation-over");
        assert_eq!(
            refused(&file(&its, r#""more":1,"#), 5000),
            "authorisation-wrong"
        );
        assert_eq!(refused("{}", 5000), "authorisation-wrong");
        assert_eq!(
            other.authorisation().unwrap_err().code,
            "agent-not-authorised"
        );
    }

    #[test]
    fn a_backup_brings_every_key_back_and_replaces_none() {
        let place = tempfile::tempdir().unwrap();
        let folder = AgentFolder::open_or_create(place.path()).unwrap();
        let [_, other_project] = projects();
        let keys = projects().map(|it| {
            folder
                .custody(it, Suite::Intl, PASSPHRASE)
                .unwrap()
                .public()
                .key
        });
        let backup = folder.backup().unwrap();
        let text = String::from_utf8(backup.clone()).unwrap();
        assert!(text.starts_with(r#"{"format":"kaibiao/1 keyfiles","keys":[{"keyfile":"#));

        let elsewhere = tempfile::tempdir().unwrap();
        let restored = AgentFolder::open_or_create(elsewhere.path()).unwrap();
        let own = restored
            .custody(other_project, Suite::Intl, PASSPHRASE)
            .unwrap()
            .public()
            .key;
        assert!(restored.restore(&backup, "another one").is_err());
        let put = restored.restore(&backup, PASSPHRASE).unwrap();
        let [project, _] = projects();
        assert_eq!(put.put, [project]);
        let skipped = |restored: &Restored| -> Vec<_> {
            // A backup has its keys in the order of what they are.
            let skipped = restored.skipped.iter();
            let mut all: Vec<_> = skipped.map(|it| (it.project.clone(), it.why)).collect();
            all.sort_by(|(one, _), (other, _)| one.cmp(other));
            all
        };
        // Another key lies there, and it stays.
        assert_eq!(skipped(&put), [(other_project.to_string(), Why::OtherKey)]);
        let again = restored.restore(&backup, PASSPHRASE).unwrap();
        let whys = [
            (project.to_string(), Why::SameKey),
            (other_project.to_string(), Why::OtherKey),
        ];
        assert_eq!((again.put.len(), skipped(&again)), (0, whys.into()));
        let unnamed = text.replace(&project.to_string(), "");
        let unnamed = restored.restore(unnamed.as_bytes(), PASSPHRASE).unwrap();
        assert_eq!(skipped(&unnamed)[0], (String::new(), Why::NoProject));
        let found = projects().map(|it| {
            restored
                .custody(it, Suite::Intl, PASSPHRASE)
                .unwrap()
                .public()
                .key
        });
        assert_eq!(found, [keys[0].clone(), own]);
        for wrong in [&b"{}"[..], b"", br#"{"format":"kaibiao/1 keyfiles","keys":[{"keyfile":"","number":"","project":"../x","title":""}]}"#,
            br#"{"format":"kaibiao/1 keyfiles","keys":[]}"#] {
            assert_eq!(restored.restore(wrong, PASSPHRASE).unwrap_err().code, "backup-wrong");
        }
    }
}
