//! The act, decided again in the state and the book before it, at its event's time:
//! it makes exactly these facts.

use std::collections::{BTreeMap, BTreeSet};

use kaibiao_core::act::Act;
use kaibiao_core::agents::Authorisation;
use kaibiao_core::command::{Actor, Checked, CheckedBid, Clock, Command, Context, Performed};
use kaibiao_core::decide;
use kaibiao_core::details::{Author, Extra};
use kaibiao_core::event::{Event, What};
use kaibiao_core::ids::{Party, Seq};
use kaibiao_core::permissions::agent_digest;
use kaibiao_core::register::{self, Register, Registered};
use kaibiao_core::role::{By, Role};
use kaibiao_core::signed::Signed;
use kaibiao_core::terms::{Draft, Legal, Trust};
use kaibiao_crypto::bid::Promise;
use kaibiao_crypto::{Digest, canonical};

use super::Done;
use crate::checks::bids;
use crate::reading::{Reading, Walk};

const UNFIT: &str = "act-unfit";

/// The last event that follows from the act, where it could be decided again.
///
/// # Errors
/// `act-unfit`.
pub(super) fn judge(
    reading: &Reading<'_>,
    done: &Done<'_>,
    act: &Act,
    before: &Walk,
) -> Result<Option<Seq>, String> {
    let unfit = || UNFIT.to_owned();
    // Evidence of what was refused, and a complaint without a certificate, were made
    // by the platform's own hand.
    let (Some(author), Some(signed)) = (&done.details.author, &done.details.signed) else {
        return Ok(None);
    };
    if matches!(done.facts.what, What::SubmissionRefused { .. }) {
        return Ok(None);
    }
    let command = Command::Act(Box::new(Performed {
        actor: actor(done, author, act),
        act: act.clone(),
        signed: signed.clone(),
        checked: checked(reading, done, author, act),
    }));
    let context = context(reading, done, author, act, before).ok_or_else(unfit)?;
    let decided = decide(&before.state, &before.book, &command, &context);
    // An attempt that failed is refused, and is on record all the same.
    let made = decided.unwrap_or_else(|refused| refused.evidence);
    if is_there(reading, done, &made) {
        let more = Seq::try_from(made.len().saturating_sub(1)).unwrap_or_default();
        Ok(Some(done.seq + more))
    } else {
        Err(unfit())
    }
}

/// Whether the stream goes on with what was decided, as far as the bundle goes.
fn is_there(reading: &Reading<'_>, done: &Done<'_>, made: &[Event]) -> bool {
    let bears = made.first().map(|event| event.facts.act) == Some(done.facts.act);
    let same = (done.seq..).zip(made).all(|(seq, event)| {
        let Some(told) = reading.event(seq) else {
            return seq > reading.tree.size();
        };
        told.facts.as_ref() == Some(&event.facts)
    });
    bears && same
}

fn actor(done: &Done<'_>, author: &Author, act: &Act) -> Actor {
    let role = match done.facts.by {
        By::Administrator => Role::Administrator,
        By::Centre => Role::Centre,
        By::Supervisor => Role::Supervisor,
        By::Machine => Role::Machine,
        By::Bidder | By::Custodian => Role::Bidder,
        // Whoever has no part in a project is somebody with any role.
        By::Host | By::Public | By::Platform | By::Time => Role::Host,
    };
    let signed = done.details.signed.as_ref();
    let signature = signed.and_then(|it| it.signature.as_ref());
    let by_agent = signature.is_some_and(|it| it.chain.is_empty());
    Actor {
        author: author.clone(),
        roles: BTreeSet::from([role]),
        agent: by_agent.then(|| agent(done, act)).flatten(),
    }
}

/// The agent that has acted, as the rules name one.
fn agent(done: &Done<'_>, act: &Act) -> Option<Digest> {
    match (&done.details.extra, act) {
        (Some(Extra::Authorised { act }), _) => {
            let Act::AuthoriseAgent(body) = read(act)? else {
                return None;
            };
            agent_digest(Some(&body.agent))
        }
        _ => None,
    }
}

fn read(signed: &Signed) -> Option<Act> {
    canonical::from_bytes(signed.body.as_bytes()).ok()
}

/// What the platform found out about the act, as its facts say.
fn checked(reading: &Reading<'_>, done: &Done<'_>, author: &Author, act: &Act) -> Checked {
    match (act, &done.facts.what) {
        (
            Act::Submit(_),
            What::BidReceived {
                lot,
                bid,
                terms,
                rescue,
                ..
            },
        ) => {
            let (segments, size, consents) = match &done.details.extra {
                Some(Extra::Bid {
                    segments,
                    size,
                    consents,
                }) => (*segments, *size, consents.clone()),
                _ => (0, 0, Vec::new()),
            };
            // The header says so where it is in the bundle, and else the facts do.
            let promise = bids::promise(reading, bid);
            let context = promise.as_ref().map(Promise::context);
            Checked::Bid(CheckedBid {
                bid: *bid,
                project: reading.bundle.head.project,
                lot: lot.clone(),
                terms: context.map_or(*terms, |it| it.terms),
                organisation: author.organisation.clone(),
                certificate: author.certificate,
                segments,
                size,
                rescue: context.map_or(*rescue, |it| it.rescue.is_some()),
                consents,
            })
        }
        (Act::Unlock(_), what) => Checked::Key {
            failed: match what {
                What::UnlockFailed { check, .. } => Some(*check),
                _ => None,
            },
            milliseconds: 0,
        },
        (Act::Release(body), What::Released { x, good, .. }) => Checked::Shares {
            good: body
                .shares
                .iter()
                .map(|share| good.contains(&share.bid))
                .collect(),
            wraps: body
                .withheld
                .iter()
                .filter_map(|it| it.why.wrap().map(|_| *x))
                .collect(),
        },
        (Act::Rescue(_), What::RescueShared { good, .. }) => Checked::Shares {
            good: vec![*good],
            wraps: Vec::new(),
        },
        (Act::CertifyKey(_) | Act::Publish(_) | Act::AmendTerms(_), _) => Checked::Certified,
        _ => Checked::Nothing,
    }
}

fn context(
    reading: &Reading<'_>,
    done: &Done<'_>,
    author: &Author,
    act: &Act,
    before: &Walk,
) -> Option<Context> {
    let legal = match &done.facts.what {
        What::Published { legal, .. } => Some(*legal),
        _ => before.state.legal,
    };
    let any: &Trust = &reading.terms.values().next()?.trust;
    Some(Context {
        project: reading.bundle.head.project,
        now: done.time,
        clock: Clock::Steady,
        away: None,
        unserved: None,
        // The handle of a party that is new.
        fresh: done.facts.what.party().unwrap_or(Party([0; 16])),
        legal: legal.unwrap_or(Legal {
            notice: 0,
            amendment: 0,
            window: 0,
        }),
        trust: any.clone(),
        register: register(done, author, act, before),
    })
}

/// Whom the platform knew: what is its own word, and is taken for granted here.
fn register(done: &Done<'_>, author: &Author, act: &Act, before: &Walk) -> Register {
    let draft: Option<&Draft> = register::draft(act).or(before.book.draft.as_deref());
    let mut known = BTreeMap::new();
    if let Some(draft) = draft {
        let seats = [
            (&draft.officials.centre, Role::Centre),
            (&draft.officials.supervisor, Role::Supervisor),
        ];
        for (named, role) in seats {
            let registered = Registered {
                name: named.name.clone(),
                roles: BTreeSet::from([role]),
            };
            known.insert(named.organisation.clone(), registered);
        }
    }
    let now = match &done.details.extra {
        Some(Extra::Authorised { act }) => authorisation(author.clone(), act),
        _ => None,
    };
    let earlier = before.book.keys.iter().filter_map(|key| {
        let authorised = key.authorised.as_ref()?;
        let author = Author {
            organisation: key.organisation.clone(),
            ..author.clone()
        };
        authorisation(author, &authorised.act)
    });
    Register {
        known,
        agents: now.into_iter().chain(earlier).collect(),
        predecessor: draft.map(|draft| draft.officials.tenderer.organisation.clone()),
        ..Register::default()
    }
}

fn authorisation(author: Author, signed: &Signed) -> Option<(Digest, Authorisation)> {
    let Act::AuthoriseAgent(body) = read(signed)? else {
        return None;
    };
    let authorisation = Authorisation {
        author,
        body,
        signed: signed.clone(),
        revoked: None,
    };
    Some((signed.digest(), authorisation))
}
