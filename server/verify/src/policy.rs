//! What the reader of a bundle believes (docs/spec/bundle.md, 4). It comes from the
//! reader and never from the bundle.

use std::collections::BTreeSet;

use kaibiao_core::anchored::can_meet;
use kaibiao_core::platform_keys::sm2_key;
use kaibiao_crypto::certificate::{
    Ca, RevocationPolicy, Rules, TimeAuthorities, TimeAuthority, Trust,
};
use kaibiao_crypto::encoding::Base64;
use kaibiao_crypto::platform_key::PlatformPublicKey;
use kaibiao_crypto::signature::PublicKey;
use kaibiao_crypto::statement::StatementKeys;
use kaibiao_crypto::tlog::{self, LogKey, WitnessKey};
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::Value;

use crate::form::{Edition, Short};

const FORMAT: &str = "kaibiao/1 policy";
/// Seconds within which a statement's quorum comes where the policy says nothing.
const LATE: u32 = 120;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    origin: String,
    #[serde(default)]
    log_key: Option<String>,
    #[serde(default)]
    witnesses: Vec<String>,
    quorum: u8,
    statement_key: PlatformPublicKey,
    receipt_key: PlatformPublicKey,
    cas: Vec<FileCa>,
    #[serde(default)]
    sm2_chain: Vec<String>,
    #[serde(default)]
    tsas: Vec<FileTsa>,
    #[serde(default)]
    late: Option<u32>,
    #[serde(default)]
    edition: Option<Edition>,
    #[serde(default)]
    notices: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileCa {
    id: String,
    root: Base64,
    #[serde(default)]
    intermediates: Vec<Base64>,
    rules: Rules,
    revocation: RevocationPolicy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTsa {
    root: Base64,
    #[serde(default)]
    intermediates: Vec<Base64>,
    #[serde(default)]
    lists: Vec<Base64>,
}

/// Why a policy cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

/// A policy, read and ready.
#[derive(Debug)]
pub struct Policy {
    pub(crate) origin: String,
    pub(crate) log_key: Option<String>,
    pub(crate) witnesses: Vec<String>,
    pub(crate) quorum: u8,
    /// None where there is no log to ask.
    pub(crate) log: Option<tlog::Policy>,
    pub(crate) statement_key: PlatformPublicKey,
    pub(crate) receipt_key: PlatformPublicKey,
    /// The platform's SM2 certificate, as terms of suite `gm` name it.
    pub(crate) sm2_chain: Vec<String>,
    /// Its key.
    pub(crate) sm2: Option<PublicKey>,
    /// Whom people's certificates are believed of.
    pub(crate) trust: Trust,
    /// Whom time stamps are believed of; none where nobody is named.
    pub(crate) stamps: Option<TimeAuthorities>,
    /// Seconds within which a statement's quorum comes.
    pub(crate) late: u32,
    /// Whether a public edition is not enough.
    pub(crate) needs_supervisor: bool,
    /// Whether notices must have been entered into the log.
    pub(crate) needs_notices: bool,
}

/// Refuses a list where an object is meant: members are taken by their names and never
/// by their places.
fn objects(bytes: &[u8]) -> serde_json::Result<()> {
    let value: Value = serde_json::from_slice(bytes)?;
    let listed = ["cas", "tsas"]
        .into_iter()
        .filter_map(|name| value.get(name));
    let mut inner = listed.filter_map(Value::as_array).flatten();
    if value.is_object() && inner.all(Value::is_object) {
        Ok(())
    } else {
        Err(serde_json::Error::custom(
            "an object is meant, and a list is there",
        ))
    }
}

impl Policy {
    /// Reads a policy: JSON in any spelling, without repeated or unknown members.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        let file: File = objects(bytes)
            .and_then(|()| serde_json::from_slice(bytes))
            .map_err(|error| {
                unreadable(
                    format!("核验策略的格式有误（{error}）"),
                    format!("it has not the form of a policy ({error})"),
                )
            })?;
        if file.format != FORMAT {
            return Err(unreadable(
                format!("核验策略的 format 应为 {FORMAT}"),
                format!("its format is not \"{FORMAT}\""),
            ));
        }
        let log = log(&file)?;
        let sm2 = sm2_key(&file.sm2_chain).map_err(|_| {
            unreadable(
                "平台的 SM2 证书（sm2_chain）不能读取，或不是 SM2 签名证书".to_owned(),
                "the platform's SM2 certificate (sm2_chain) cannot be read, or is none of SM2 that signs".to_owned(),
            )
        })?;
        let trust = authorities(&file.cas)?;
        let stamps = (!file.tsas.is_empty())
            .then(|| stamps(&file.tsas))
            .transpose()?;
        Ok(Self {
            origin: file.origin,
            log_key: file.log_key,
            witnesses: file.witnesses,
            quorum: file.quorum,
            log,
            statement_key: file.statement_key,
            receipt_key: file.receipt_key,
            sm2_chain: file.sm2_chain,
            sm2,
            trust,
            stamps,
            late: file.late.unwrap_or(LATE),
            needs_supervisor: file.edition == Some(Edition::Supervisor),
            needs_notices: file.notices,
        })
    }
}

impl Policy {
    /// Who must have signed closing and accepted statements.
    pub(crate) fn statement_keys(&self) -> StatementKeys {
        self.keys(self.statement_key)
    }

    /// Who must have signed receipts.
    pub(crate) fn receipt_keys(&self) -> StatementKeys {
        self.keys(self.receipt_key)
    }

    /// Whether there is a second signature exactly where this policy can ask for one.
    pub(crate) fn expects(&self, short: &Short) -> bool {
        short.sm2_signature.is_some() == self.sm2.is_some()
    }

    fn keys(&self, ed25519: PlatformPublicKey) -> StatementKeys {
        StatementKeys {
            ed25519,
            sm2: self.sm2.clone(),
        }
    }
}

/// Reads the log's key and the witnesses', and looks for a key that stands twice.
fn log(file: &File) -> Result<Option<tlog::Policy>, Unreadable> {
    let impossible = || {
        unreadable(
            "公开日志、见证人或联署门限有误：日志须以平台名为名，门限须过半".to_owned(),
            "its log, witnesses or quorum are impossible: the log bears the platform's name, and a quorum is more than half".to_owned(),
        )
    };
    let twice = || {
        unreadable(
            "同一密钥出现两次".to_owned(),
            "one key stands in it twice".to_owned(),
        )
    };
    let witnesses = file.witnesses.iter().map(|key| key.parse());
    let witnesses: Result<Vec<WitnessKey>, _> = witnesses.collect();
    let witnesses = witnesses.map_err(|_| impossible())?;
    let log: Option<LogKey> = match &file.log_key {
        Some(key) => Some(key.parse().map_err(|_| impossible())?),
        None => None,
    };
    let mut keys: BTreeSet<&[u8; 32]> = BTreeSet::new();
    let platform = [&file.statement_key, &file.receipt_key];
    let of_log = log.iter().map(LogKey::key);
    let of_witnesses = witnesses.iter().map(WitnessKey::key);
    for key in platform.into_iter().chain(of_log).chain(of_witnesses) {
        if !keys.insert(key.as_bytes()) {
            return Err(twice());
        }
    }
    let Some(log) = log else {
        let asks = file.quorum > 0 || !witnesses.is_empty();
        return if asks { Err(impossible()) } else { Ok(None) };
    };
    if log.name().as_str() != file.origin || !can_meet(witnesses.len(), file.quorum) {
        return Err(impossible());
    }
    let quorum = usize::from(file.quorum);
    let policy = tlog::Policy::new(log, witnesses, quorum).map_err(|_| impossible())?;
    Ok(Some(policy))
}

fn authorities(cas: &[FileCa]) -> Result<Trust, Unreadable> {
    let cas: Vec<Ca> = cas
        .iter()
        .map(|ca| Ca {
            id: ca.id.clone(),
            root: ca.root.clone(),
            intermediates: ca.intermediates.clone(),
            rules: ca.rules.clone(),
            revocation: ca.revocation,
            // What was asked then is in the bundle.
            crls: Vec::new(),
        })
        .collect();
    Trust::new(&cas).map_err(|problem| certificates(&problem))
}

fn stamps(tsas: &[FileTsa]) -> Result<TimeAuthorities, Unreadable> {
    let authorities: Vec<TimeAuthority> = (1..)
        .zip(tsas)
        .map(|(number, tsa): (u32, _)| TimeAuthority {
            id: number.to_string(),
            root: tsa.root.clone(),
            intermediates: tsa.intermediates.clone(),
            crls: tsa.lists.clone(),
        })
        .collect();
    TimeAuthorities::new(&authorities).map_err(|problem| certificates(&problem))
}

fn certificates(problem: &dyn std::fmt::Display) -> Unreadable {
    unreadable(
        format!("其中的证书或吊销列表不能读取（{problem}）"),
        format!("a certificate or list in it cannot be read ({problem})"),
    )
}

const fn unreadable(zh: String, en: String) -> Unreadable {
    Unreadable { zh, en }
}
