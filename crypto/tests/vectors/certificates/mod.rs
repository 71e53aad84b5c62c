//! `certificates`: chains and what is said of them, with where authorities put
//! codes and names.

mod chains;
mod kept;
mod lists;
mod pairs;
mod paths;
mod rules;
mod sm2;

use kaibiao_crypto::certificate::{Ca, Millis, Trust, Use};
use kaibiao_crypto::encoding::Base64;
use rcgen::CustomExtension;
use serde::{Deserialize, Serialize};

use crate::{pki, read};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateVector {
    pub name: String,
    /// `accepted` or the refusal's code.
    pub expect: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Its name in the certificate where it is accepted; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation_name: Option<String>,
    pub cas: Vec<Ca>,
    pub chain: Vec<Base64>,
    pub usage: Use,
    pub now: Millis,
    /// Whether openssl accepts the same path, where it is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openssl: Option<bool>,
}

fn certificates() -> impl Iterator<Item = CertificateVector> {
    let files = ["chains", "paths", "rules", "lists", "sm2"];
    let names = files.map(|file| format!("certificates/{file}.json"));
    names.into_iter().flat_map(|name| read(&name))
}

#[test]
fn openssl_says_of_each_path_what_its_vector_names() {
    let folder = std::env::temp_dir().join(format!("kaibiao-paths-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let pem = |name: &str, ders: &[&Base64]| {
        let path = folder.join(name);
        let pems: Vec<String> = ders.iter().map(|der| pki::pem(&der.0)).collect();
        std::fs::write(&path, pems.concat()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    for vector in certificates() {
        let Some(expected) = vector.openssl else {
            continue;
        };
        let root = pem("root", &[&vector.cas[0].root]);
        let others = pem("others", &vector.chain[1..].iter().collect::<Vec<_>>());
        let leaf = pem("leaf", &[&vector.chain[0]]);
        let at = (vector.now / 1000).to_string();
        let mut openssl = std::process::Command::new("openssl");
        openssl.args(["verify", "-attime", &at, "-CAfile", &root]);
        // A file without certificates cannot be read.
        if vector.chain.len() > 1 {
            openssl.args(["-untrusted", &others]);
        }
        let said = openssl
            .arg(&leaf)
            .output()
            .expect("the tests need the openssl command");
        assert_eq!(said.status.success(), expected, "{}: {said:?}", vector.name);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn certificates_have_the_outcome_that_their_vector_names() {
    for vector in certificates() {
        let chain: Vec<&[u8]> = vector.chain.iter().map(|der| der.0.as_slice()).collect();
        // As the service takes its configuration up: what cannot be read is no list.
        let (trust, _) = Trust::usable(&vector.cas);
        match trust.judge(&chain, vector.now, vector.usage) {
            Ok(holder) => {
                assert_eq!(vector.expect, "accepted", "{}", vector.name);
                let code = holder.organisation.to_string();
                assert_eq!(vector.organisation, Some(code), "{}", vector.name);
                let called = holder.name.clone().unwrap_or_default();
                assert_eq!(vector.organisation_name, Some(called), "{}", vector.name);
            }
            Err(problem) => assert_eq!(problem.code(), vector.expect, "{}", vector.name),
        }
    }
}

fn extension(oid: &[u64], value: &[u8], critical: bool) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(oid, value.to_vec());
    extension.set_criticality(critical);
    extension
}

fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    let at = bytes.windows(from.len()).position(|it| it == from);
    let at = at.expect("what is replaced is there");
    bytes[at..at + to.len()].copy_from_slice(to);
}
