//! Who answers for a signed act: its body read strictly, its signature, and the
//! author that a certificate makes.

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::act::Act;
use kaibiao_core::details::Author;
use kaibiao_crypto::act::{Place, SignedAct};

use crate::App;
use crate::login::Session;

/// Reads an act's body strictly: canonical JSON, a known act, no unknown field.
pub fn read(act: &SignedAct) -> Result<Act, Problem> {
    let envelope = act.envelope()?;
    if !Act::NAMES.contains(&envelope.act.as_str()) {
        return Err(Transport::UnknownAct.with("act", envelope.act));
    }
    Ok(act.read()?)
}

/// Who answers for an act: the signer where it is signed, else the session's
/// holder. A signer must be of the organisation that is logged in.
pub fn signer(
    app: &App,
    session: &Session,
    act: &SignedAct,
    body: &Act,
    place: Place<'_>,
) -> Result<Author, Problem> {
    if act.signature.is_none() {
        if body.must_be_signed() {
            return Err(Transport::SignatureMissing.into());
        }
        return Ok(author(session));
    }
    let verified = act.verify(place, &app.memory.authorities.now().trust, app.now())?;
    let holder = verified.holder().ok_or(Transport::SignatureMissing)?;
    if holder.organisation != session.organisation {
        return Err(Transport::SignerDiffers.into());
    }
    Ok(author(&Session::of(holder, session.expires)))
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
