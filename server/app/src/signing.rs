//! Who answers for a signed act: its body read strictly, its signature, and the
//! author that a certificate makes.

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::act::Act;
use kaibiao_core::command::{Actor, Checked, Performed};
use kaibiao_core::details::Author;
use kaibiao_core::signed::Signed;
use kaibiao_crypto::act::{Place, SignedAct, SigningProblem};
use kaibiao_crypto::certificate::Grounds;

use crate::caller::Caller;
use crate::login::Session;
use crate::{App, lists};

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
    lists::keep(app, &authorities.trust, &holder.grounds).await?;
    Ok(Signer {
        author: author(&Session::of(holder, session.expires)),
        grounds: Some(holder.grounds.clone()),
    })
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

/// An act that needs no signature, of whoever is logged in.
///
/// # Errors
/// When the act has no canonical form.
pub fn unsigned(caller: &Caller, act: Act) -> Result<Performed, SigningProblem> {
    let signed = Signed::on(&SignedAct::unsigned(&act)?, None);
    Ok(Performed {
        actor: Actor {
            author: author(&caller.session),
            roles: caller.roles.clone(),
            agent: None,
        },
        act,
        signed,
        checked: Checked::Nothing,
    })
}
