//! What this machine remembers from earlier: which platform answers at an
//! address, and which parties a host's earlier projects had. Whom a client
//! believes is taken from here, never from what a peer says about itself.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kaibiao_core::terms::{Named, SealingTerms};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::failure::{Failure, Kind, Outcome};
use super::files::{self, Readers};

const PLATFORMS: &str = "platforms.json";
const HOSTS: &str = "hosts.json";
/// Held while one of them is changed.
const LOCK: &str = "lock";

/// The folder of what is remembered.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// None for a program that remembers nothing beyond its own run.
    folder: Option<PathBuf>,
}

/// What is pinned of a platform: its name in every signed message, and the key
/// of its statements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    pub origin: String,
    /// Ed25519, base64.
    pub statement_key: String,
}

/// Platforms by address.
type Platforms = BTreeMap<String, Platform>;
/// Names by code of all parties met in a host's projects, by the host's code.
type Hosts = BTreeMap<String, BTreeMap<String, String>>;

/// One party of a lot's terms, as it is shown before anything is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Party {
    /// `tenderer`, `agency`, `centre`, `supervisor` or `custodian`.
    pub part: &'static str,
    pub name: String,
    pub code: String,
    /// Whether earlier projects of this host did not have it under this name;
    /// none where this machine knows no earlier one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<bool>,
}

impl Known {
    pub fn at(folder: PathBuf) -> Self {
        Self {
            folder: Some(folder),
        }
    }

    /// The usual folder: that of the user's state, by the XDG base directories.
    pub fn usual() -> Self {
        let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let base = from("XDG_STATE_HOME")
            .or_else(|| from("LOCALAPPDATA"))
            .map(PathBuf::from)
            .or_else(|| from("HOME").map(|home| PathBuf::from(home).join(".local/state")));
        Self {
            folder: base.map(|base| base.join("kaibiao")),
        }
    }

    /// All platforms that are pinned, by address.
    pub fn platforms(&self) -> Outcome<Platforms> {
        self.read(PLATFORMS)
    }

    /// Remembers which platform answers at an address, in place of an earlier one.
    pub fn pin(&self, address: &str, platform: &Platform) -> Outcome<()> {
        self.change(PLATFORMS, |platforms: &mut Platforms| {
            platforms.insert(address.to_owned(), platform.clone());
        })
    }

    /// The platform to believe at an address, given what answered there now: the
    /// one that is pinned, or this one from now on.
    pub fn platform(&self, address: &str, told: Platform) -> Outcome<Platform> {
        let pinned = match self.platforms()?.remove(address) {
            Some(pinned) => pinned,
            None => self.change(PLATFORMS, |platforms: &mut Platforms| {
                let pinned = platforms.entry(address.to_owned());
                pinned.or_insert_with(|| told.clone()).clone()
            })?,
        };
        if pinned == told {
            Ok(pinned)
        } else {
            Err(changed(address, &pinned, &told))
        }
    }

    /// Refuses terms whose platform bears the name of one that is pinned, under
    /// another key.
    pub fn accepts(&self, terms: &SealingTerms) -> Outcome<()> {
        let told = Platform {
            origin: terms.trust.origin.clone(),
            statement_key: terms.trust.statement_key.clone(),
        };
        let platforms = self.platforms()?;
        let mut same = platforms
            .iter()
            .filter(|(_, pinned)| pinned.origin == told.origin);
        match same.find(|(_, pinned)| **pinned != told) {
            Some((address, pinned)) => Err(changed(address, pinned, &told)),
            None => Ok(()),
        }
    }

    /// All parties of a lot's terms, and which of them are new with this host.
    pub fn parties(&self, terms: &SealingTerms) -> Outcome<Vec<Party>> {
        let hosts: Hosts = self.read(HOSTS)?;
        let host = terms.officials.tenderer.organisation.as_str();
        let before = hosts.get(host);
        Ok(named(terms)
            .map(|(part, name, code)| Party {
                part,
                new: before.map(|before| before.get(code).is_none_or(|known| known != name)),
                name: name.to_owned(),
                code: code.to_owned(),
            })
            .collect())
    }

    /// Remembers the parties of terms under which a bid was sealed.
    pub fn remember(&self, terms: &SealingTerms) -> Outcome<()> {
        let host = terms.officials.tenderer.organisation.to_string();
        let all = named(terms).map(|(_, name, code)| (code.to_owned(), name.to_owned()));
        self.change(HOSTS, |hosts: &mut Hosts| {
            hosts.entry(host).or_default().extend(all);
        })
    }

    fn read<T: DeserializeOwned + Default>(&self, name: &str) -> Outcome<T> {
        let Some(path) = self.folder.as_ref().map(|folder| folder.join(name)) else {
            return Ok(T::default());
        };
        if !path.exists() {
            return Ok(T::default());
        }
        serde_json::from_slice(&files::read(&path)?).map_err(|error| {
            let path = path.display();
            Failure::new(
                Kind::Input,
                "state-damaged",
                format!("{path} 已损坏:{error}。其中记着本机信任的平台;请从备份恢复,或核对后删除它重新建立信任。"),
                format!("{path} is damaged: {error}. It holds which platforms this machine trusts; restore it from a copy, or delete it and check whom you trust anew."),
            )
        })
    }

    /// Changes what is remembered, one process after the other: what another one
    /// has added since is kept.
    fn change<T, R>(&self, name: &str, change: impl FnOnce(&mut T) -> R) -> Outcome<R>
    where
        T: DeserializeOwned + Serialize + Default,
    {
        let Some(folder) = &self.folder else {
            return Ok(change(&mut T::default()));
        };
        let failed = |error| Failure::file(folder, &error);
        kaibiao_os::files::directory(folder, Readers::Owner).map_err(failed)?;
        let lock = kaibiao_os::files::create(&folder.join(LOCK), Readers::Owner).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let mut value: T = self.read(name)?;
        let changed = change(&mut value);
        let json = serde_json::to_vec_pretty(&value).map_err(Failure::unexpected)?;
        files::write(&folder.join(name), &json, Readers::Owner)?;
        Ok(changed)
    }
}

/// Part, name and code of every party.
fn named(terms: &SealingTerms) -> impl Iterator<Item = (&'static str, &str, &str)> {
    let officials = &terms.officials;
    let agency = officials.agency.iter().map(|agency| ("agency", agency));
    let official = [("tenderer", &officials.tenderer)]
        .into_iter()
        .chain(agency)
        .chain([
            ("centre", &officials.centre),
            ("supervisor", &officials.supervisor),
        ])
        .map(|(part, it): (_, &Named)| (part, it.name.as_str(), it.organisation.as_str()));
    let custodians = terms
        .custodians
        .iter()
        .map(|it| ("custodian", it.name.as_str(), it.organisation.as_str()));
    official.chain(custodians)
}

/// Another platform answers than the one that is pinned.
fn changed(address: &str, pinned: &Platform, told: &Platform) -> Failure {
    Failure::new(
        Kind::Unproved,
        "platform-changed",
        format!(
            "{address} 的平台与本机所记的不同:原为 {}(声明公钥 {}),现称 {}(声明公钥 {})。可能是冒充的服务器,没有发送任何签名。请通过电话等其他途径向交易中心核对声明公钥;属实时执行 kaibiao trust accept --server {address} --statement-key <核对过的公钥>。",
            pinned.origin, pinned.statement_key, told.origin, told.statement_key
        ),
        format!(
            "Another platform answers at {address} than this machine has pinned: it was {} (statement key {}), now it says {} (statement key {}). It may be an impostor; nothing signed was sent. Ask the trading centre for its statement key by other means, and if it is right run: kaibiao trust accept --server {address} --statement-key <the key you were told>.",
            pinned.origin, pinned.statement_key, told.origin, told.statement_key
        ),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn platform(key: &str) -> Platform {
        Platform {
            origin: "kaibiao/1".to_owned(),
            statement_key: key.to_owned(),
        }
    }

    #[test]
    fn the_first_answer_is_pinned_and_another_one_is_refused_until_it_is_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let known = Known::at(folder.path().join("state"));
        let address = "https://kaibiao.example";
        assert_eq!(known.platform(address, platform("a")), Ok(platform("a")));
        let again = Known::at(folder.path().join("state"));
        assert_eq!(again.platform(address, platform("a")), Ok(platform("a")));
        let other = again.platform(address, platform("b")).unwrap_err();
        assert_eq!(
            (other.kind, other.code.as_str()),
            (Kind::Unproved, "platform-changed")
        );
        again.pin(address, &platform("b")).unwrap();
        assert_eq!(again.platform(address, platform("b")), Ok(platform("b")));
    }

    #[test]
    fn what_is_remembered_at_the_same_time_is_all_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let known = &Known::at(folder.path().join("state"));
        std::thread::scope(|scope| {
            for n in 0..16 {
                scope.spawn(move || known.pin(&format!("https://{n}.example"), &platform("a")));
            }
        });
        assert_eq!(known.platforms().unwrap().len(), 16);
    }

    #[test]
    fn a_damaged_memory_is_no_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(PLATFORMS), "{").unwrap();
        let known = Known::at(folder.path().to_owned());
        let refused = known.platform("https://kaibiao.example", platform("a"));
        assert_eq!(refused.unwrap_err().code, "state-damaged");
    }
}
