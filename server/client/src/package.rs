//! A terms package: all that is needed to seal for one lot without a network
//! (docs/spec/terms.md, 5).

use kaibiao_core::signed::Signed;
use kaibiao_crypto::encoding::Base64;
use serde::Deserialize;
use serde_json::Value;

use super::failure::{Failure, Kind, Outcome};
use super::terms::Terms;

/// What of a package is used; the rest is for people. None of it is believed
/// before it was checked.
#[derive(Deserialize)]
struct Package {
    project: String,
    lot: String,
    terms: String,
    publication: Signed,
    #[serde(default)]
    lists: Vec<Base64>,
    #[serde(default)]
    logged: Option<String>,
}

/// The host's word for a package's terms, and what it is judged on.
pub struct Vouched {
    /// The host's accepted act that vouches for the terms.
    pub act: Signed,
    /// Revocation lists in DER, whoever put them there.
    pub lists: Vec<Base64>,
    /// The offline proof that the terms are in the public log.
    pub logged: Option<String>,
}

/// Reads a file of terms: a package, with the host's accepted act that vouches
/// for them, or the bare terms, which come without the host's word.
pub fn read(bytes: Vec<u8>) -> Outcome<(Terms, Option<Vouched>)> {
    let marked: Option<Value> = serde_json::from_slice(&bytes).ok();
    let Some(version) = marked.as_ref().and_then(|file| file.get("kaibiao")) else {
        return Ok((Terms::parse(bytes)?, None));
    };
    if version != "terms/1" {
        return Err(Failure::new(
            Kind::Input,
            "package-version",
            format!("本程序不认识版本为 {version} 的条款包;请更新程序。"),
            format!("This program does not know terms packages of version {version}; update it."),
        ));
    }
    let package: Package = serde_json::from_slice(&bytes)
        .map_err(|error| wrong("package-form", &error.to_string(), &error.to_string()))?;
    let terms = Terms::parse(package.terms.into_bytes())?;
    if terms.project() != package.project || terms.lot().as_str() != package.lot {
        return Err(wrong(
            "terms-elsewhere",
            "所标的项目、标段与其中的条款不符",
            "it is labelled with another project or lot than its terms",
        ));
    }
    let vouched = Vouched {
        act: package.publication,
        lists: package.lists,
        logged: package.logged,
    };
    Ok((terms, Some(vouched)))
}

fn wrong(code: &str, zh: &str, en: &str) -> Failure {
    Failure::new(
        Kind::Input,
        code,
        format!("条款包有误:{zh};请从平台重新下载。"),
        format!("The terms package is wrong: {en}; download it again."),
    )
}
