//! That a custodian certified the key that the sealing terms have of it
//! (docs/spec/terms.md, 2 and 9), judged by the policy's authorities as of then.

use kaibiao_core::act::Act;
use kaibiao_core::agents;
use kaibiao_core::ids::Millis;
use kaibiao_core::terms::{Authorised, Custodian, SealingTerms};
use kaibiao_crypto::act::{Place, SignedAct, SignedBody};
use kaibiao_crypto::encoding::from_base64;
use kaibiao_crypto::signature::PublicKey as SignatureKey;
use kaibiao_crypto::wrap::PublicKey;
use kaibiao_crypto::{Digest, Suite};

use crate::reading::Reading;

/// How far two honest clocks may be apart, in milliseconds.
const CLOCKS_DIFFER: Millis = 120_000;

const CUSTODIAN: &str = "terms-custodian";
const AUTHORISATION: &str = "terms-authorisation";

/// The key that stands in terms which were fixed at `time` is the custodian's own.
///
/// # Errors
/// `terms-custodian` or `terms-authorisation`.
pub(super) fn judge(
    terms: &SealingTerms,
    custodian: &Custodian,
    reading: &Reading<'_>,
    time: Millis,
) -> Result<(), &'static str> {
    let point = from_base64(&custodian.key).map_err(|_| CUSTODIAN)?;
    let suite = Suite::named(&terms.suite).ok_or(CUSTODIAN)?;
    PublicKey::from_point(suite, &point).map_err(|_| CUSTODIAN)?;
    match &custodian.authorised {
        None => certified(terms, custodian, suite, reading, time),
        Some(authorised) => by_agent(terms, custodian, authorised, suite, reading, time),
    }
}

fn certified(
    terms: &SealingTerms,
    custodian: &Custodian,
    suite: Suite,
    reading: &Reading<'_>,
    time: Millis,
) -> Result<(), &'static str> {
    let place = Place {
        origin: &terms.trust.origin,
        project: &reading.project,
    };
    let (trust, lists) = (&reading.policy.trust, &reading.lists);
    let signed = custodian.certified.verify_again(place, trust, lists);
    let signed = signed.map_err(|_| CUSTODIAN)?;
    let is_its = signed.holder().is_some_and(|holder| {
        let in_time = holder.grounds.at <= time + CLOCKS_DIFFER;
        in_time && holder.organisation == custodian.organisation
    });
    if is_its && certifies(&signed, custodian, suite, None) {
        Ok(())
    } else {
        Err(CUSTODIAN)
    }
}

fn by_agent(
    terms: &SealingTerms,
    custodian: &Custodian,
    Authorised { act, at }: &Authorised,
    suite: Suite,
    reading: &Reading<'_>,
    time: Millis,
) -> Result<(), &'static str> {
    let standing = Place {
        origin: &terms.trust.origin,
        project: "",
    };
    let (trust, lists) = (&reading.policy.trust, &reading.lists);
    let signed = act.verify_again(standing, trust, lists);
    let signed = signed.map_err(|_| AUTHORISATION)?;
    let Ok(Act::AuthoriseAgent(body)) = signed.read::<Act>() else {
        return Err(AUTHORISATION);
    };
    let is_its = signed.holder().is_some_and(|holder| {
        let in_time = holder.grounds.at <= *at && *at <= time + CLOCKS_DIFFER;
        in_time && holder.organisation == custodian.organisation
    });
    let covers = agents::check(&body, custodian, &terms.officials, *at).is_ok();
    let key = agent_key(&body.agent).filter(|_| is_its && covers);
    let key = key.ok_or(AUTHORISATION)?;
    let certified = SignedAct::from(&custodian.certified);
    let chain = certified.signature.as_ref().map(|it| it.chain.len());
    if chain != Some(0) || custodian.certified.grounds.is_some() {
        return Err(CUSTODIAN);
    }
    let place = Place {
        project: &reading.project,
        ..standing
    };
    let signed = certified.verify_by_key(place, &key);
    let signed = signed.map_err(|_| CUSTODIAN)?;
    if certifies(&signed, custodian, suite, Some(act.digest())) {
        Ok(())
    } else {
        Err(CUSTODIAN)
    }
}

fn certifies(
    signed: &SignedBody,
    custodian: &Custodian,
    suite: Suite,
    authorisation: Option<Digest>,
) -> bool {
    match signed.read::<Act>() {
        Ok(Act::CertifyKey(body)) => custodian.is_certified_by(&body, suite, authorisation),
        _ => false,
    }
}

/// An agent's key as it is spelt in terms and authorisations.
pub(super) fn agent_key(key: &str) -> Option<SignatureKey> {
    let bytes = <[u8; 32]>::try_from(from_base64(key).ok()?).ok()?;
    let key = SignatureKey::Ed25519(bytes);
    key.has_an_owner().then_some(key)
}
