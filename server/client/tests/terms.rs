//! `crypto/vectors/terms/{terms,packages}.json`: what a client believes of sealing
//! terms and of packages of them.

use kaibiao_client::failure::Outcome;
use kaibiao_client::terms::Terms;
use kaibiao_client::{package, publication};
use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::{Ca, Lists, Millis, Trust};
use kaibiao_crypto::encoding::Base64;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What a client knows by itself.
#[derive(Deserialize)]
struct Known {
    cas: Vec<Ca>,
    lists: Vec<Base64>,
    now: Millis,
}

impl Known {
    fn trust(&self) -> Trust {
        Trust::new(&self.cas).unwrap()
    }

    fn lists(&self) -> Lists {
        let mut lists = Lists::default();
        self.lists.iter().for_each(|der| lists.add(der));
        lists
    }
}

#[derive(Deserialize)]
struct TermsCase {
    name: String,
    expect: String,
    terms: String,
    digest: Digest,
    #[serde(flatten)]
    known: Known,
}

#[derive(Deserialize)]
struct PackageCase {
    name: String,
    expect: String,
    file: String,
    #[serde(flatten)]
    known: Known,
}

fn read<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crypto/vectors/terms");
    let cases: Vec<T> =
        serde_json::from_slice(&std::fs::read(format!("{folder}/{name}")).unwrap()).unwrap();
    assert!(!cases.is_empty());
    cases
}

const PROJECT: &str = "0192d3a0-0000-7000-8000-000000000001";

#[test]
fn terms_have_the_outcome_that_their_vector_names() {
    for case in read::<TermsCase>("terms.json") {
        let (trust, lists) = (case.known.trust(), case.known.lists());
        let checked = Terms::parse(case.terms.into_bytes()).and_then(|terms| {
            assert_eq!(terms.digest(), case.digest, "{}", case.name);
            terms.check(&trust, &lists, case.known.now)
        });
        let told = checked.as_ref().err().map(|failure| &failure.en);
        assert_eq!(checked.is_ok(), case.expect == "accepted", "{}: {told:?}", case.name);
    }
}

#[test]
fn packages_have_the_outcome_that_their_vector_names() {
    for case in read::<PackageCase>("packages.json") {
        let outcome = believed(&case);
        let told = outcome.as_ref().err().map(|failure| &failure.en);
        assert_eq!(outcome.is_ok(), case.expect == "accepted", "{}: {told:?}", case.name);
    }
}

/// The terms are right, and the host has signed them.
fn believed(case: &PackageCase) -> Outcome<bool> {
    let (trust, lists) = (case.known.trust(), case.known.lists());
    let (terms, signed) = package::read(case.file.clone().into_bytes())?;
    assert_eq!(terms.project(), PROJECT);
    terms.check(&trust, &lists, case.known.now)?;
    let signed = signed.expect("a package has the host's act");
    publication::vouches(&signed, &terms, &trust, &lists)?;
    Ok(true)
}
