//! `crypto/vectors/terms/{terms,standing,sealed,packages}.json`: what a client believes of sealing
//! terms and of packages of them.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use kaibiao_client::failure::Outcome;
use kaibiao_client::terms::{Doubt, Terms};
use kaibiao_client::{anchored, lists, package, publication};
use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::{Ca, Millis, Trust};
use kaibiao_crypto::encoding::Base64;
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
struct File<T> {
    cases: Vec<T>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TermsCase {
    name: String,
    /// `accepted` or the refusal's code.
    expect: String,
    terms: String,
    digest: Digest,
    cas: Vec<Ca>,
    lists: Vec<Base64>,
    now: Millis,
    /// What is told of the custodians' certificates now.
    #[serde(default)]
    since: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackageCase {
    name: String,
    expect: String,
    file: String,
    cas: Vec<Ca>,
    now: Millis,
}

fn read<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crypto/vectors/terms");
    let text = std::fs::read(format!("{folder}/{name}")).unwrap();
    let File { cases } = serde_json::from_slice(&text).unwrap();
    assert!(!cases.is_empty());
    cases
}

fn code_of<T>(outcome: &Outcome<T>) -> &str {
    match outcome {
        Ok(_) => "accepted",
        Err(failure) => &failure.code,
    }
}

/// As a client with a network checks them.
fn check(case: &TermsCase) -> Outcome<Vec<Doubt>> {
    let trust = Trust::new(&case.cas).unwrap();
    let terms = Terms::parse(case.terms.clone().into_bytes())?;
    assert_eq!(terms.digest(), case.digest, "{}", case.name);
    let lists = lists::own(&trust, terms.certified(), &case.lists);
    terms.check(&trust, &lists, case.now)
}

#[test]
fn terms_have_the_outcome_that_their_vector_names() {
    let files = ["terms.json", "standing.json", "sealed.json"];
    for case in files.into_iter().flat_map(read::<TermsCase>) {
        let outcome = check(&case);
        assert_eq!(code_of(&outcome), case.expect, "{}: {outcome:?}", case.name);
        let told: Vec<_> = outcome.into_iter().flatten().map(|it| it.code).collect();
        assert_eq!(told, case.since, "{}", case.name);
    }
}

/// As a client without one does before it seals.
fn believe(case: &PackageCase) -> Outcome<()> {
    let trust = Trust::new(&case.cas).unwrap();
    let (terms, host) = package::read(case.file.clone().into_bytes())?;
    let host = host.unwrap();
    let lists = lists::own(&trust, terms.certified().chain([&host.act]), &host.lists);
    terms.check(&trust, &lists, case.now)?;
    publication::vouches(&host.act, &terms, &trust, &lists)
}

#[test]
fn packages_have_the_outcome_that_their_vector_names() {
    for case in read::<PackageCase>("packages.json") {
        let outcome = believe(&case);
        assert_eq!(code_of(&outcome), case.expect, "{}: {outcome:?}", case.name);
    }
}

#[test]
fn a_package_is_believed_without_a_proof_of_the_log_and_not_with_a_wrong_one() {
    let cases = read::<TermsCase>("terms.json");
    let of = |name: &str| {
        let case = cases.iter().find(|case| case.name == name).unwrap();
        Terms::parse(case.terms.clone().into_bytes()).unwrap()
    };
    let told = |terms: &Terms, proof| {
        let doubts = anchored::packaged(proof, terms).unwrap();
        doubts.into_iter().map(|it| it.code).collect::<Vec<_>>()
    };
    let logged = of("with a log and no witnesses");
    assert_eq!(told(&logged, None), ["logged-missing"]);
    assert_eq!(
        code_of(&anchored::packaged(Some("proof"), &logged)),
        "anchor-malformed"
    );
    // Of terms without a log nothing is asked.
    assert!(told(&of("as published"), Some("proof")).is_empty());
}
