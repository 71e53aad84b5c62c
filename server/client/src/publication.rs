//! Checks that the host itself signed the terms a server shows. Otherwise the
//! server could show one victim terms of its own making, with custodians of its
//! own.

use kaibiao_core::act::Act;
use kaibiao_core::signed::Signed;
use kaibiao_core::view::View;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::Place;
use kaibiao_crypto::certificate::{Lists, Trust};

use super::failure::{Failure, Kind, Outcome};
use super::http::Server;
use super::lists;
use super::terms::Terms;

/// Fetches the host's signed publication, or the last signed amendment of this
/// lot, and compares what it signed with these terms.
pub async fn check(server: &Server, terms: &Terms, trust: &Trust) -> Outcome<()> {
    let signed = &fetch(server, terms).await?;
    let lists = lists::fetch(server, trust, [signed]).await?;
    vouches(signed, terms, trust, &lists)
}

/// The host's signed publication, or the last signed amendment of this lot, as the
/// server shows it.
pub async fn fetch(server: &Server, terms: &Terms) -> Outcome<Signed> {
    let view: View = server.get(&format!("projects/{}", terms.project())).await?;
    let amendments = view.changes.into_iter().rev();
    let amended = amendments
        .filter(|change| change.lot.as_ref() == Some(terms.lot()))
        .find_map(|change| change.signed);
    amended
        .or(view.publication)
        .ok_or_else(|| unsigned("没有招标人的签名", "the host's signature is missing"))
}

/// Checks that the host's accepted act vouches for exactly these terms.
pub fn vouches(act: &Signed, terms: &Terms, trust: &Trust, lists: &Lists) -> Outcome<()> {
    if signed_digest(act, terms, trust, lists)? == Some(terms.digest()) {
        return Ok(());
    }
    Err(unsigned(
        "招标人签署的是另一份条款",
        "the host signed other terms",
    ))
}

/// The digest for this lot that the host signed. A notice stays signed when the
/// certificate that signed it ends later.
fn signed_digest(
    act: &Signed,
    terms: &Terms,
    trust: &Trust,
    lists: &Lists,
) -> Outcome<Option<Digest>> {
    let project = terms.project();
    let place = Place {
        origin: terms.origin(),
        project: &project,
    };
    let verified = act.verify_again(place, trust, lists).map_err(|problem| {
        unsigned(
            &format!("招标人的签名不成立({problem})"),
            &format!("the host's signature does not hold ({problem})"),
        )
    })?;
    let officials = &terms.content().officials;
    let by_host = verified
        .holder()
        .is_some_and(|holder| officials.is_host(&holder.organisation));
    if !by_host {
        return Err(unsigned(
            "签名者不是招标人或其代理机构",
            "the signer is neither the tenderer nor its agency",
        ));
    }
    Ok(match verified.read::<Act>() {
        Ok(Act::Publish(body)) => body.terms.get(terms.lot()).copied(),
        Ok(Act::AmendTerms(body)) if body.lot == *terms.lot() => Some(body.terms),
        _ => None,
    })
}

fn unsigned(zh: &str, en: &str) -> Failure {
    Failure::new(
        Kind::Unproved,
        "terms-unsigned",
        format!(
            "密封条款未获招标人证明:{zh}。没有密封任何内容;请向招标人核实,并检查 --roots 信任目录。"
        ),
        format!(
            "The sealing terms are not proved to be the host's: {en}. Nothing was sealed; ask the tenderer, and check your --roots directory."
        ),
    )
}
