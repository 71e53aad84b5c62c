//! Who answers for a signed act: its body read strictly, its signature, and the
//! author that a certificate makes.

use std::collections::BTreeSet;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::act::Act;
use kaibiao_core::command::{Checked, Performed};
use kaibiao_core::details::Author;
use kaibiao_core::ids::Millis;
use kaibiao_core::role::Role;
use kaibiao_core::signed::Signed;
use kaibiao_crypto::act::{Place, SignedAct, SigningProblem};
use kaibiao_crypto::certificate::Grounds;

use crate::caller::Caller;
use crate::login::Session;
use crate::{App, lists, platform};

/// Reads an act's body strictly: canonical JSON, a known act, no unknown field.
pub fn read(act: &SignedAct) -> Result<Act, Problem> {
    let envelope = act.envelope()?;
    if !Act::NAMES.contains(&envelope.act.as_str()) {
        return Err(Transport::UnknownAct.with("act", envelope.act));
    }
    Ok(act.read()?)
}

/// Who answers for an act, with what roles, and on what grounds that was believed.
pub struct Signer {
    pub author: Author,
    pub roles: BTreeSet<Role>,
    /// None where no certificate had to be judged.
    pub grounds: Option<Grounds>,
}

impl Signer {
    /// Whoever is logged in.
    pub fn unjudged(caller: &Caller) -> Self {
        Self {
            author: caller.author.clone(),
            roles: caller.roles.clone(),
            grounds: None,
        }
    }
}

/// Who answers for an act: the signer where it is signed, else the session's
/// holder. A signer must be of the organisation that is logged in, and its
/// certificate of an authority that counts for it. The lists that the judgement
/// rests on are kept before it is relied on.
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
        return answering(app, session, None).await;
    }
    let signer = answers(app, act, body, place, session.expires).await?;
    if signer.author.organisation != session.organisation {
        return Err(Transport::SignerDiffers.into());
    }
    Ok(signer)
}

/// Who has signed an act, whoever is logged in.
pub async fn answers(
    app: &App,
    act: &SignedAct,
    body: &Act,
    place: Place<'_>,
    expires: Millis,
) -> Result<Signer, Problem> {
    let authorities = app.memory.authorities.now();
    let (trust, now) = (&authorities.trust, app.now());
    let verified = if matches!(body, Act::BridgeList(_)) {
        // Whoever bridges a list may have a certificate of that very authority.
        act.verify_by_ended_lists(place, trust, now)?
    } else {
        act.verify(place, trust, now)?
    };
    let holder = verified.holder().ok_or(Transport::SignatureMissing)?;
    lists::keep(app, trust, &holder.grounds).await?;
    let grounds = Some(holder.grounds.clone());
    answering(app, &Session::of(holder, expires), grounds).await
}

async fn answering(
    app: &App,
    signed: &Session,
    grounds: Option<Grounds>,
) -> Result<Signer, Problem> {
    let standing = platform::standing(app, signed).await??;
    Ok(Signer {
        author: standing.author(signed.author()),
        roles: standing.roles,
        grounds,
    })
}

/// An act that needs no signature, of whoever is logged in.
///
/// # Errors
/// When the act has no canonical form.
pub fn unsigned(caller: &Caller, act: Act) -> Result<Performed, SigningProblem> {
    let signed = Signed::on(&SignedAct::unsigned(&act)?, None);
    Ok(Performed {
        actor: caller.actor(),
        act,
        signed,
        checked: Checked::Nothing,
    })
}
