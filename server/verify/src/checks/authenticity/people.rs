//! That the author is whom the certificate speaks for, and acts as who it is.

use std::collections::BTreeMap;

use kaibiao_core::act::Act;
use kaibiao_core::details::{Author, Extra};
use kaibiao_core::event::What;
use kaibiao_core::ids::{LotId, Organisation, Party};
use kaibiao_core::register;
use kaibiao_core::role::By;
use kaibiao_core::terms::Officials;
use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::Holder;

use super::Done;
use crate::checks::bids;
use crate::reading::Reading;

const DIFFERS: &str = "author-differs";

/// Who is behind each handle, as the events before have shown it.
#[derive(Default)]
pub(super) struct People {
    parties: BTreeMap<Party, (LotId, Organisation)>,
    handles: BTreeMap<(LotId, Organisation), Party>,
}

impl People {
    /// # Errors
    /// `author-differs`.
    pub(super) fn judge(
        &mut self,
        reading: &Reading<'_>,
        done: &Done<'_>,
        act: Option<&Act>,
        holder: Option<&Holder>,
    ) -> Result<(), String> {
        let Some(author) = &done.details.author else {
            // Somebody without a certificate complains.
            let is_public = matches!(done.facts.what, What::Complained { .. });
            return if is_public && done.facts.by == By::Public {
                Ok(())
            } else {
                Err(DIFFERS.to_owned())
            };
        };
        let speaks = holder.is_none_or(|holder| {
            let called = author.certified.as_ref().unwrap_or(&author.name);
            holder.organisation == author.organisation
                && holder.certificate.digest() == author.certificate
                && holder.name.as_ref().is_none_or(|name| name == called)
        });
        let acts = self.acts(reading, done, act, author);
        if speaks && acts && is_bidder_of(reading, done, author) {
            Ok(())
        } else {
            Err(DIFFERS.to_owned())
        }
    }

    fn acts(
        &mut self,
        reading: &Reading<'_>,
        done: &Done<'_>,
        act: Option<&Act>,
        author: &Author,
    ) -> bool {
        let own = &author.organisation;
        let of_terms = reading.terms.values().next().map(|it| &it.officials);
        // Of a draft the host is whom it names itself.
        let drafted = act.and_then(register::draft).map(|it| &it.officials);
        let officials: Option<&Officials> = drafted.or(of_terms);
        match done.facts.by {
            By::Host => officials.is_none_or(|it| it.is_host(own)),
            By::Centre => officials.is_none_or(|it| it.centre.organisation == *own),
            By::Supervisor => officials.is_none_or(|it| it.supervisor.organisation == *own),
            By::Custodian => is_custodian(reading, &done.facts.what, own),
            By::Bidder => self.is_party(&done.facts.what, own),
            By::Administrator | By::Machine | By::Public | By::Platform | By::Time => true,
        }
    }

    /// One party of a lot is one organisation, and the reverse.
    fn is_party(&mut self, what: &What, own: &Organisation) -> bool {
        let (Some(party), Some(lot)) = (what.party(), what.lot()) else {
            return true;
        };
        let of = (lot, own.clone());
        let handle = *self.handles.entry(of.clone()).or_insert(party);
        let known = self.parties.entry(party).or_insert_with(|| of.clone());
        handle == party && *known == of
    }
}

/// Whether it is the custodian of its x in the terms in force.
fn is_custodian(reading: &Reading<'_>, what: &What, own: &Organisation) -> bool {
    let (What::Released { lot, x, .. } | What::RescueShared { lot, x, .. }) = what else {
        return true;
    };
    let lot = reading.end.state.lots.get(lot);
    let terms = lot.and_then(|lot| reading.terms.get(&lot.rules.terms));
    terms.is_some_and(|terms| {
        let mut custodians = terms.custodians.iter();
        custodians.any(|it| it.x == *x && it.organisation == *own)
    })
}

/// Whether a bid's context names the author's organisation and certificate, and what is
/// told of its segments and its size is what it promised, where that is in the bundle.
fn is_bidder_of(reading: &Reading<'_>, done: &Done<'_>, author: &Author) -> bool {
    let What::BidReceived { bid, .. } = &done.facts.what else {
        return true;
    };
    bids::promise(reading, bid).is_none_or(|promise| {
        let context = promise.context();
        let told = match &done.details.extra {
            Some(Extra::Bid { segments, size, .. }) => Some((*segments, *size)),
            _ => None,
        };
        // ctx names the certificate by H of its suite, the author by SHA-256.
        let signature = done.details.signed.as_ref();
        let signature = signature.and_then(|signed| signed.signature.as_ref());
        let signer = signature.and_then(|it| it.chain.first());
        let suite = promise.suite();
        let is_its = match signer {
            Some(der) => {
                suite.digest(&der.0) == context.certificate
                    && Digest::of(&der.0) == author.certificate
            }
            None => !suite.is_intl() || context.certificate == author.certificate,
        };
        context.bidder == author.organisation
            && is_its
            && told == Some((context.envelopes.iter().sum(), promise.layout().length()))
    })
}
