//! What the sections of a configuration must fulfil together.

use std::collections::BTreeSet;
use std::path::Path;

use kaibiao_core::anchored::can_meet;
use kaibiao_os::files;
use kaibiao_token::{Address, Interface};
use reqwest::Url;

use super::{Config, ConfigError, PublicLog, Token};
use crate::alerts::carriers;

impl Config {
    /// Checks what the sections must fulfil together.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let refuse = |key, reason: &str| {
            Err(ConfigError::Unusable {
                key,
                reason: reason.to_owned(),
            })
        };
        if self.data.as_os_str().is_empty() || self.data.file_name().is_none() {
            return refuse("data", "must name a directory, not a root");
        }
        let settled = |path: &Path| {
            files::settled(path).map_err(|error| ConfigError::Unusable {
                key: "data",
                reason: format!("{}: {error}", path.display()),
            })
        };
        // A relative name or a link may lead there as well.
        if settled(&self.secrets())?.starts_with(settled(&self.data)?) {
            return refuse(
                "secrets",
                "must lie outside the data directory: a dump of the data must not hold the keys",
            );
        }
        if let Some(reason) = self.token.problem() {
            return Err(ConfigError::Unusable {
                key: "token",
                reason,
            });
        }
        if let Some((key, reason)) = self.blobs.problem() {
            return refuse(key, reason);
        }
        if self.tls.certificate.is_some() != self.tls.key.is_some() {
            return refuse("tls", "certificate and key are given together");
        }
        if let Some(origin) = &self.origin
            && (origin.is_empty()
                || origin.len() > 255
                || !origin
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && byte != b'+'))
        {
            return refuse(
                "origin",
                "must be 1 to 255 visible ASCII characters without +",
            );
        }
        if let Some(url) = &self.public_url
            && !is_address(url)
        {
            return refuse("public_url", "must be an address with https:// or http://");
        }
        let mail = &self.mail;
        if mail.url.is_some() != mail.from.is_some() {
            return refuse("mail", "url and from are given together");
        }
        if mail.user.is_some() != mail.password_file.is_some() {
            return refuse("mail", "user and password_file are given together");
        }
        if !mail.url.as_deref().is_none_or(carriers::is_relay) {
            return refuse(
                "mail.url",
                "must be smtps://HOST, or smtp://HOST:587?tls=required, or on this machine",
            );
        }
        if !mail.from.as_deref().is_none_or(carriers::is_sender) {
            return refuse("mail.from", "must be a mail address");
        }
        if self.public_url.is_none() && (mail.url.is_some() || self.sms.url.is_some()) {
            return refuse(
                "public_url",
                "must be given where mail or sms is: letters say where to look",
            );
        }
        if self.alerts.gather_seconds > 600 {
            return refuse("alerts.gather_seconds", "must be at most 600");
        }
        if let Some(phone) = &self.desk.phone {
            let dialled = |it: char| it.is_ascii_digit() || "+-() ,/".contains(it);
            if phone.len() > 60 || !phone.chars().all(dialled) || phone.trim().is_empty() {
                return refuse(
                    "desk.phone",
                    "must be a telephone number as people dial it: digits and + - ( ) , / and space, at most 60",
                );
            }
        }
        let PublicLog { quorum, witnesses } = &self.public_log;
        if !can_meet(witnesses.len(), *quorum) {
            return refuse(
                "public_log.quorum",
                "must be 0, or more than half of the witnesses, of whom there are at most 32",
            );
        }
        let keys: BTreeSet<_> = witnesses.iter().map(|it| it.key.key().as_bytes()).collect();
        if keys.len() < witnesses.len() || !witnesses.iter().all(|it| is_address(&it.url)) {
            return refuse(
                "public_log.witnesses",
                "must each have an address with https:// or http:// and a key of its own",
            );
        }
        let is_database = |url: &str| url.starts_with("postgres://");
        if !self.store.url.as_deref().is_none_or(is_database) {
            return refuse(
                "store.url",
                "must be postgres://USER@HOST:PORT,HOST:PORT/DATABASE, or left out",
            );
        }
        if self.store.connections < 4 {
            return refuse("store.connections", "must be at least 4");
        }
        let is_redis = |url: &str| url.starts_with("redis://") || url.starts_with("rediss://");
        if !self.redis.url.as_deref().is_none_or(is_redis) {
            return refuse(
                "redis.url",
                "must be redis://HOST:PORT or rediss://HOST:PORT",
            );
        }
        if self.redis.url.is_some() && self.store.url.is_none() {
            return refuse(
                "redis.url",
                "is for nodes that share a database: give store.url as well",
            );
        }
        let timestamps = &self.timestamps;
        if !timestamps.url.as_deref().is_none_or(is_address) {
            return refuse(
                "timestamps.url",
                "must be an address with https:// or http://",
            );
        }
        if timestamps.url.is_some() == timestamps.roots.is_empty() {
            return refuse(
                "timestamps",
                "url and roots are given together: a stamp is believed under a root only",
            );
        }
        if let Some(prefix) = &self.exports.ocid_prefix
            && !prefix
                .strip_prefix("ocds-")
                .is_some_and(|it| it.len() == 6 && it.bytes().all(|it| it.is_ascii_alphanumeric()))
        {
            return refuse(
                "exports.ocid_prefix",
                "must be ocds- and the six characters registered for the publisher",
            );
        }
        let limits = &self.limits;
        let largest = limits.header_bytes.max(limits.attachment_bytes);
        if limits.bodies_bytes / 4 * 3 / 9 < largest.max(limits.json_bytes) {
            return refuse(
                "limits.bodies_bytes",
                "must be at least twelve times the largest body that is taken",
            );
        }
        for (key, value) in [
            ("limits.versions_bytes", limits.versions_bytes),
            ("limits.project_bytes", limits.project_bytes),
            ("limits.uploads_bytes", limits.uploads_bytes),
        ] {
            if value < limits.bid_bytes {
                return refuse(
                    key,
                    "must be at least limits.bid_bytes, or no bid of that size is taken",
                );
            }
        }
        let count = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        for (key, value) in [
            ("limits.json_bytes", count(limits.json_bytes)),
            ("limits.header_bytes", count(limits.header_bytes)),
            (
                "limits.requests_per_second",
                limits.requests_per_second.into(),
            ),
            ("limits.requests_burst", limits.requests_burst.into()),
            ("limits.logins_per_minute", limits.logins_per_minute.into()),
            ("limits.logins_burst", limits.logins_burst.into()),
            ("limits.connections", count(limits.connections)),
            (
                "limits.connections_per_address",
                count(limits.connections_per_address),
            ),
            (
                "limits.sockets_per_person",
                count(limits.sockets_per_person),
            ),
            (
                "limits.sockets_per_address",
                count(limits.sockets_per_address),
            ),
            ("limits.head_seconds", limits.head_seconds),
            ("limits.body_seconds", limits.body_seconds),
            ("limits.idle_seconds", limits.idle_seconds),
            ("limits.watcher_seconds", limits.watcher_seconds),
            ("session.hours", self.session.hours),
            ("session.challenge_seconds", self.session.challenge_seconds),
            ("trust.reload_seconds", self.trust.reload_seconds),
            ("blobs.patience_seconds", self.blobs.patience_seconds),
            ("timestamps.patience_seconds", timestamps.patience_seconds),
        ] {
            if value == 0 {
                return refuse(key, "must be more than 0");
            }
        }
        Ok(())
    }
}

impl Token {
    /// What is wrong with the section.
    fn problem(&self) -> Option<String> {
        let labels = [&self.log, &self.receipt, &self.public_log];
        let labels: Vec<_> = labels.into_iter().flatten().collect();
        let (address, pin) = (self.address.as_deref(), self.pin_file.as_ref());
        let told = |reason: &str| Some(reason.to_owned());
        if address.is_none() && pin.is_none() && labels.is_empty() {
            return None;
        }
        let (Some(address), Some(_), false) = (address, pin, labels.is_empty()) else {
            return told(
                "address, pin_file and at least one of log, receipt, public_log are given together",
            );
        };
        if labels.iter().collect::<BTreeSet<_>>().len() < labels.len() {
            return told("log, receipt and public_log are keys of their own: each has its label");
        }
        match Address::parse(address) {
            Err(problem) => Some(problem.to_string()),
            Ok(read) if read.interface() != Interface::Pkcs11 => told(
                "address: Ed25519 is in tokens of PKCS #11, pkcs11:token=LABEL?module-path=LIBRARY",
            ),
            Ok(read) if read.names_a_key() => {
                told("address names the token; its keys are named by log, receipt and public_log")
            }
            Ok(_) => None,
        }
    }
}

fn is_address(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "https" | "http"))
}
