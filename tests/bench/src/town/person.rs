//! Somebody with a certificate.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, anyhow};
use kaibiao_client::identity::Identity;
use kaibiao_client::seal::{self, Order};
use kaibiao_client::terms::Terms;
use kaibiao_crypto::certificate::{Organisation, Trust};
use serde_json::json;
use zeroize::Zeroizing;

use super::{now, said};
use crate::process::must;

pub struct Person {
    pub folder: PathBuf,
    pub code: String,
    pub name: String,
}

impl Person {
    /// Certified by the authority in a folder; what belongs to them lies in `folder`. openssl
    /// does it in milliseconds and wraps the key under no passphrase, so that thousands are
    /// there soon.
    pub fn certify(authority: &Path, folder: PathBuf, number: usize) -> Result<Self> {
        let code = Organisation::complete(&format!("91110000MA{number:07}"))
            .map_err(|_| anyhow!("a code"))?;
        let person = Self {
            folder,
            code: code.as_str().to_owned(),
            name: format!("第{number}建设有限公司"),
        };
        std::fs::create_dir(&person.folder)?;
        let mut command = Command::new("openssl");
        command.args(["req", "-x509", "-nodes", "-utf8", "-days", "30"]);
        command.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        command.arg("-CA").arg(authority.join("ca.pem"));
        command.arg("-CAkey").arg(authority.join("ca.key.pem"));
        let Self { code, name, .. } = &person;
        let subject = format!("/C=CN/O={name}/organizationIdentifier={code}/CN=经办人");
        command.args(["-subj", &subject]);
        for extension in [
            "keyUsage=critical,digitalSignature,nonRepudiation,keyAgreement",
            "basicConstraints=critical,CA:FALSE",
        ] {
            command.args(["-addext", extension]);
        }
        command.arg("-keyout").arg(person.key());
        must(command.arg("-out").arg(person.certificate()))?;
        let mut both = std::fs::read(person.key())?;
        both.extend(std::fs::read(person.certificate())?);
        std::fs::write(person.key(), both)?;
        Ok(person)
    }

    /// The key with its certificate, as the program takes them.
    pub fn key(&self) -> PathBuf {
        self.folder.join("key.pem")
    }

    pub fn certificate(&self) -> PathBuf {
        self.folder.join("certificate.pem")
    }

    pub fn identity(&self) -> Result<Identity> {
        let passphrase = |_: &Path| Ok(Zeroizing::default());
        Identity::load(&self.key(), &passphrase).map_err(said)
    }

    /// Seals a document into a file of this name.
    pub fn seal(
        &self,
        trust: &Trust,
        terms: &Terms,
        document: &Path,
        name: &str,
    ) -> Result<PathBuf> {
        let identity = self.identity()?;
        let holder = identity.judge(&self.key(), trust, now()).map_err(said)?;
        let order = Order {
            terms,
            identity: &identity,
            holder: &holder,
            sheet: [("price".to_owned(), json!("100000"))]
                .into_iter()
                .collect(),
            documents: vec![document.to_owned()],
            spares: Vec::new(),
            rescue: false,
            now: now(),
        };
        let bid = self.folder.join(name);
        seal::seal(order, &bid, &()).map_err(said)?;
        Ok(bid)
    }
}
