//! Signatures and the certificates under them, judged as of their grounds.

use kaibiao_core::act::Act;
use kaibiao_core::details::{Consent, Extra};
use kaibiao_core::event::What;
use kaibiao_core::ids::Millis;
use kaibiao_core::role::By;
use kaibiao_core::signed::Signed;
use kaibiao_crypto::Digest;
use kaibiao_crypto::act::{Place, SignedAct};
use kaibiao_crypto::certificate::Holder;
use kaibiao_crypto::signature::PublicKey;

use super::Done;
use crate::checks::custodians::agent_key;
use crate::reading::Reading;

/// How long before its event an act's certificate may have been judged, in milliseconds.
const JUDGED_BEFORE: Millis = 120_000;

/// The signature under an event holds, where its act wants one; whom its certificate
/// speaks for.
///
/// # Errors
/// `act-…`, `signature-…`, `certificate-…`, `grounds-time`, `author-differs`.
pub(super) fn judge(
    reading: &Reading<'_>,
    done: &Done<'_>,
    act: Option<&Act>,
) -> Result<Option<Holder>, String> {
    let (Some(act), Some(signed)) = (act, &done.details.signed) else {
        return Ok(None);
    };
    let place = Place {
        origin: &reading.policy.origin,
        project: &reading.project,
    };
    for consent in consents(done) {
        consented(reading, done, signed, consent, place)?;
    }
    let Some(signature) = &signed.signature else {
        // A complaint without a certificate is a body alone.
        let is_public = matches!(done.facts.what, What::Complained { .. })
            && done.facts.by == By::Public
            && done.details.author.is_none();
        let needs = act.must_be_signed() && !is_public;
        return if needs {
            Err("act-unsigned".to_owned())
        } else {
            Ok(None)
        };
    };
    if signature.chain.is_empty() {
        let key = agents_key(reading, done, act).ok_or("signature-invalid")?;
        let verified = SignedAct::from(signed).verify_by_key(place, &key);
        verified.map_err(|problem| problem.code().to_owned())?;
        return Ok(None);
    }
    let (trust, lists) = (&reading.policy.trust, &reading.lists);
    let verified = signed.verify_again(place, trust, lists);
    let verified = verified.map_err(|problem| problem.code().to_owned())?;
    let earliest = match act {
        // The last byte of a bid comes when it comes.
        Act::Submit(_) => published(reading),
        _ => done.time - JUDGED_BEFORE,
    };
    in_time(signed.grounds.as_ref().map(|it| it.at), earliest, done.time)?;
    by_path(signed)?;
    Ok(verified.holder().cloned())
}

/// A member's signature over its lead's submission.
fn consented(
    reading: &Reading<'_>,
    done: &Done<'_>,
    signed: &Signed,
    consent: &Consent,
    place: Place<'_>,
) -> Result<(), String> {
    let own = Signed {
        body: signed.body.clone(),
        signature: Some(consent.signature.clone()),
        grounds: consent.grounds.clone(),
    };
    let verified = own.verify_again(place, &reading.policy.trust, &reading.lists);
    let verified = verified.map_err(|problem| problem.code().to_owned())?;
    let at = consent.grounds.as_ref().map(|it| it.at);
    in_time(at, published(reading), done.time)?;
    by_path(&own)?;
    let is_its = verified.holder().is_some_and(|holder| {
        holder.organisation == consent.author.organisation
            && holder.certificate.digest() == consent.author.certificate
    });
    if is_its {
        Ok(())
    } else {
        Err("author-differs".to_owned())
    }
}

fn consents<'a>(done: &'a Done<'_>) -> &'a [Consent] {
    match &done.details.extra {
        Some(Extra::Bid { consents, .. }) => consents,
        _ => &[],
    }
}

/// The path that grounds name begins with the signer's certificate, and goes by those
/// that came with the act or stand in the grounds, up to a root.
fn by_path(signed: &Signed) -> Result<(), String> {
    let (Some(signature), Some(grounds)) = (&signed.signature, &signed.grounds) else {
        return Ok(());
    };
    let came = signature.chain.iter().map(|der| Digest::of(&der.0));
    let added = grounds.added.iter().map(|der| Digest::of(&der.0));
    let known: Vec<_> = came.chain(added).collect();
    let below = grounds
        .path
        .split_last()
        .map_or(&[][..], |(_, below)| below);
    if grounds.path.first() == known.first() && below.iter().all(|it| known.contains(it)) {
        Ok(())
    } else {
        Err("grounds-path".to_owned())
    }
}

fn in_time(at: Option<Millis>, from: Millis, to: Millis) -> Result<(), String> {
    if at.is_some_and(|at| (from..=to).contains(&at)) {
        Ok(())
    } else {
        Err("grounds-time".to_owned())
    }
}

/// The instant of the publication.
fn published(reading: &Reading<'_>) -> Millis {
    let published = reading.end.state.published;
    let at = published.and_then(|seq| reading.time(seq));
    at.unwrap_or(Millis::MAX)
}

/// The key of the agent that acts: the one of the terms in force, or of the
/// authorisation by which it certifies a key.
fn agents_key(reading: &Reading<'_>, done: &Done<'_>, act: &Act) -> Option<PublicKey> {
    if let Some(Extra::Authorised { act: authorised }) = &done.details.extra {
        let standing = Place {
            origin: &reading.policy.origin,
            project: "",
        };
        let (trust, lists) = (&reading.policy.trust, &reading.lists);
        let verified = authorised.verify_again(standing, trust, lists).ok()?;
        let Ok(Act::AuthoriseAgent(body)) = verified.read::<Act>() else {
            return None;
        };
        let author = done.details.author.as_ref()?;
        let is_its = verified.holder()?.organisation == author.organisation;
        let is_meant = matches!(act, Act::CertifyKey(it)
            if it.authorisation == Some(authorised.digest()));
        return agent_key(&body.agent).filter(|_| is_its && is_meant);
    }
    let (What::Released { lot, x, .. } | What::RescueShared { lot, x, .. }) = &done.facts.what
    else {
        return None;
    };
    let rules = &reading.end.state.lots.get(lot)?.rules;
    let terms = reading.terms.get(&rules.terms)?;
    let custodian = terms.custodians.iter().find(|it| it.x == *x)?;
    agent_key(custodian.agent.as_ref()?)
}
