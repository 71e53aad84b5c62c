//! Where blobs, documents and uploads lie.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use kaibiao_store::{BlobsPlace, Bucket};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::ConfigError;

/// Variables that object stores' own tools read, for where nothing is configured.
const ACCESS_KEY: &str = "AWS_ACCESS_KEY_ID";
const SECRET_KEY: &str = "AWS_SECRET_ACCESS_KEY";

/// Where blobs, documents and uploads lie (docs/ops/storage.md). Without an address: in
/// the data directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blobs {
    /// `s3://bucket/prefix`.
    pub url: Option<String>,
    /// Where the bucket answers. Default: Amazon's address of the region. Without
    /// encryption on this machine only.
    pub endpoint: Option<String>,
    pub region: String,
    /// The name of the key. Default: `AWS_ACCESS_KEY_ID`.
    pub access_key: Option<String>,
    /// A file with the key. Default: `AWS_SECRET_ACCESS_KEY`.
    pub secret_key_file: Option<PathBuf>,
    /// How long the bucket may take for one answer.
    pub patience_seconds: u64,
}

impl Default for Blobs {
    fn default() -> Self {
        Self {
            url: None,
            endpoint: None,
            region: "us-east-1".to_owned(),
            access_key: None,
            secret_key_file: None,
            patience_seconds: 30,
        }
    }
}

impl Blobs {
    /// What is wrong with it: the key, and what it must be.
    pub(super) fn problem(&self) -> Option<(&'static str, &'static str)> {
        let Some(url) = &self.url else {
            let given = self.endpoint.is_some()
                || self.access_key.is_some()
                || self.secret_key_file.is_some();
            return given.then_some(("blobs.url", "must be given with the other keys of [blobs]"));
        };
        let bucket = url.strip_prefix("s3://").unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
        let named = bucket
            .split('/')
            .next()
            .is_some_and(|name| !name.is_empty());
        if !named || !bucket.bytes().all(plain) || bucket.contains("//") || bucket.contains("..") {
            return Some((
                "blobs.url",
                "must be s3://bucket or s3://bucket/prefix, of letters, digits and - _ . only",
            ));
        }
        if !self.endpoint.as_deref().is_none_or(is_endpoint) {
            return Some((
                "blobs.endpoint",
                "must be https://host, without a user, or http:// on this machine",
            ));
        }
        None
    }

    /// The place, with its key, which is read now.
    ///
    /// # Errors
    /// The key is not there or cannot be read.
    pub fn place(&self) -> Result<BlobsPlace, ConfigError> {
        let Some(url) = &self.url else {
            return Ok(BlobsPlace::Directory);
        };
        let refuse = |key, reason: String| ConfigError::Unusable { key, reason };
        let access_key = self.access_key.clone().or_else(|| variable(ACCESS_KEY));
        let secret_key = match &self.secret_key_file {
            Some(file) => Some(std::fs::read_to_string(file).map_err(|error| {
                refuse(
                    "blobs.secret_key_file",
                    format!("{}: {error}", file.display()),
                )
            })?),
            None => variable(SECRET_KEY),
        };
        let secret_key = secret_key.map(Zeroizing::new);
        let missing = |key, variable| refuse(key, format!("must be given, or {variable} set"));
        let secret_key = secret_key.ok_or_else(|| missing("blobs.secret_key_file", SECRET_KEY))?;
        let region = &self.region;
        Ok(BlobsPlace::S3(Bucket {
            url: url.clone(),
            endpoint: self
                .endpoint
                .clone()
                .unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com")),
            region: region.clone(),
            access_key: access_key.ok_or_else(|| missing("blobs.access_key", ACCESS_KEY))?,
            secret_key: Zeroizing::new(secret_key.trim().to_owned()),
            patience: Duration::from_secs(self.patience_seconds),
        }))
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn is_endpoint(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let encrypted = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    encrypted && url.username().is_empty() && url.password().is_none() && url.query().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str, endpoint: &str) -> Option<&'static str> {
        let blobs = Blobs {
            url: Some(url.to_owned()),
            endpoint: Some(endpoint.to_owned()),
            ..Blobs::default()
        };
        blobs.problem().map(|(key, _)| key)
    }

    #[test]
    fn a_bucket_has_a_name_and_an_encrypted_address() {
        let good = "https://minio.example.cn:9000";
        assert_eq!(at("s3://kaibiao", good), None);
        assert_eq!(at("s3://kaibiao/province/hall", good), None);
        assert_eq!(at("s3://kaibiao", "http://127.0.0.1:9000"), None);
        for wrong in [
            "s3://",
            "s3:///x",
            "https://kaibiao",
            "s3://a//b",
            "s3://a/../b",
        ] {
            assert_eq!(at(wrong, good), Some("blobs.url"), "{wrong}");
        }
        for wrong in [
            "http://minio.example.cn:9000",
            "minio.example.cn",
            "https://key:secret@minio.example.cn",
        ] {
            assert_eq!(at("s3://kaibiao", wrong), Some("blobs.endpoint"), "{wrong}");
        }
    }

    #[test]
    fn a_key_comes_from_a_file_and_is_never_shown() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        let mut blobs = Blobs {
            url: Some("s3://kaibiao".to_owned()),
            access_key: Some("hall".to_owned()),
            secret_key_file: Some(file.clone()),
            ..Blobs::default()
        };
        let missing = blobs.place().unwrap_err().to_string();
        assert!(missing.contains("blobs.secret_key_file"), "{missing}");
        std::fs::write(&file, "not for the log\n").unwrap();
        let BlobsPlace::S3(bucket) = blobs.place().unwrap() else {
            panic!("no bucket");
        };
        assert_eq!(bucket.secret_key.as_str(), "not for the log");
        assert!(!format!("{bucket:?}").contains("not for the log"));
        blobs.url = None;
        assert_eq!(blobs.problem().unwrap().0, "blobs.url");
    }
}
