//! Acts: what somebody who is logged in asks the rules for.
//!
//! Here an act's form, its signature and its signer are checked; whether it is
//! lawful now is decided by the rules, inside the append's transaction.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kaibiao_core::act::Act;
use kaibiao_core::details::Author;
use kaibiao_core::signed::{Signature, Signed};
use kaibiao_crypto::act::{Place, SignedAct};

use super::App;
use super::login::Session;
use super::platform::author;
use crate::problem::{Problem, Transport};

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
    let verified = act.verify(place, &app.trust.now().trust, app.now())?;
    let holder = verified.holder().ok_or(Transport::SignatureMissing)?;
    if holder.organisation != session.organisation {
        return Err(Transport::SignerDiffers.into());
    }
    Ok(author(&Session::of(holder, session.expires)))
}

/// The act as it is kept: exact body and signature, without its secrets.
pub fn kept(act: &SignedAct) -> Signed {
    Signed {
        body: act.body.clone(),
        signature: act.signature.as_ref().map(|signature| Signature {
            algorithm: serde_json::to_value(signature.algorithm)
                .ok()
                .and_then(|name| name.as_str().map(str::to_owned))
                .unwrap_or_default(),
            value: BASE64.encode(&signature.value.0),
            chain: signature
                .chain
                .iter()
                .map(|der| BASE64.encode(&der.0))
                .collect(),
        }),
    }
}
