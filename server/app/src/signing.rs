//! Who answers for a signed act: its body read strictly, its signature, and the
//! author that a certificate makes.

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::act::Act;
use kaibiao_core::details::Author;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::{Place, SignedAct};
use kaibiao_crypto::certificate::{Grounds, Trust};
use kaibiao_store::StoreError;

use crate::App;
use crate::failure::of_store;
use crate::login::Session;

/// Reads an act's body strictly: canonical JSON, a known act, no unknown field.
pub fn read(act: &SignedAct) -> Result<Act, Problem> {
    let envelope = act.envelope()?;
    if !Act::NAMES.contains(&envelope.act.as_str()) {
        return Err(Transport::UnknownAct.with("act", envelope.act));
    }
    Ok(act.read()?)
}

/// Who answers for an act, and on what grounds that was believed.
pub struct Signer {
    pub author: Author,
    /// None where no certificate had to be judged.
    pub grounds: Option<Grounds>,
}

impl Signer {
    /// Whoever is logged in.
    pub fn unjudged(author: Author) -> Self {
        Self {
            author,
            grounds: None,
        }
    }
}

/// Who answers for an act: the signer where it is signed, else the session's
/// holder. A signer must be of the organisation that is logged in. The lists
/// that the judgement rests on are kept before it is relied on.
pub async fn signer(
    app: &App,
    session: &Session,
    act: &SignedAct,
    body: &Act,
    place: Place<'_>,
) -> Result<Signer, Problem> {
    if act.signature.is_none() {
        if body.must_be_signed() {
            return Err(Transport::SignatureMissing.into());
        }
        return Ok(Signer::unjudged(author(session)));
    }
    let authorities = app.memory.authorities.now();
    let verified = act.verify(place, &authorities.trust, app.now())?;
    let holder = verified.holder().ok_or(Transport::SignatureMissing)?;
    if holder.organisation != session.organisation {
        return Err(Transport::SignerDiffers.into());
    }
    keep_lists(app, &authorities.trust, &holder.grounds).await?;
    Ok(Signer {
        author: author(&Session::of(holder, session.expires)),
        grounds: Some(holder.grounds.clone()),
    })
}

/// Keeps the revocation lists that a judgement rests on, each once, for whoever
/// makes it again.
async fn keep_lists(app: &App, trust: &Trust, grounds: &Grounds) -> Result<(), Problem> {
    let lists = app.store.lists();
    for digest in grounds.lists() {
        if lists.length(&digest).map_err(of_store)?.is_some() {
            continue;
        }
        let der = trust
            .list(&digest)
            .ok_or_else(|| Problem::internal("a judgement by a list that is not there"))?;
        lists.put(der.to_vec()).await.map_err(of_store)?;
    }
    Ok(())
}

/// A revocation list that was kept with an accepted act.
///
/// # Errors
/// `not-found` for any other.
pub async fn list(app: &App, digest: Digest) -> Result<Vec<u8>, Problem> {
    match app.store.lists().get(digest).await {
        Ok(list) => Ok(list),
        Err(StoreError::Missing(_)) => Err(Transport::NotFound.into()),
        Err(error) => Err(of_store(error)),
    }
}

/// The author that a session's certificate names.
pub fn author(session: &Session) -> Author {
    Author {
        organisation: session.organisation.clone(),
        name: session.organisation_name.clone(),
        person: session.person.clone(),
        authority: session.authority.clone(),
        certificate: session.certificate,
    }
}
