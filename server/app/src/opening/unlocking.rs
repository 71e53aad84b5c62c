//! Secrets that travel beside an act. They are checked against the header's
//! commitments before the rules are asked, and kept in the transaction of the
//! act's event.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Instant;

use kaibiao_api::StatementView;
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::act::{Act, Release, Rescue, Share, Unlock, Withheld};
use kaibiao_core::command::{Checked, Command, System};
use kaibiao_core::event::{Check, Event, Outcome, Recorded, What};
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::{self, Header};
use kaibiao_crypto::encoding;
use kaibiao_crypto::secret::Secret;
use kaibiao_crypto::wrap::Role;
use zeroize::Zeroizing;

use super::secrets::{header, secret};
use crate::deciding::{self, Beside};
use crate::failure::of_store;
use crate::kept::{rescue_name, share_name, unlock_name, wrong_name};
use crate::{App, blocking, statements, terms};

/// The envelope of a bid that has only one.
const ENVELOPE: u8 = 0;

/// What was found out about an act's secrets.
pub struct Prepared {
    pub checked: Checked,
    /// The secrets, by the bid they are for.
    secrets: HashMap<Digest, Secret>,
}

/// Checks the secrets that travel beside an act. For an act without secrets
/// there is nothing to do.
///
/// # Errors
/// `secret-malformed` when secrets and act do not fit each other in number or
/// form. A secret that does not match its commitment is no error here, because
/// the rules put it on record.
pub async fn prepare(
    app: &App,
    project: ProjectId,
    act: &Act,
    secrets: &[encoding::Secret],
) -> Result<Prepared, Problem> {
    let secrets = secrets
        .iter()
        .map(|secret| Secret::from_slice(secret.expose()))
        .collect::<Option<Vec<_>>>()
        .ok_or(Transport::SecretMalformed)?;
    match act {
        Act::Unlock(unlock) => prepare_unlock(app, project, unlock, secrets).await,
        Act::Release(Release {
            shares, withheld, ..
        }) => {
            let answers = Answers {
                role: Role::Release,
                shares: shares.clone(),
                withheld: withheld.clone(),
            };
            prepare_shares(app, project, answers, secrets).await
        }
        Act::Rescue(Rescue { share, .. }) => {
            let answers = Answers {
                role: Role::Rescue,
                shares: vec![share.clone()],
                withheld: Vec::new(),
            };
            prepare_shares(app, project, answers, secrets).await
        }
        _ if !secrets.is_empty() => Err(Transport::SecretMalformed.into()),
        Act::CertifyKey(_) | Act::Publish(_) | Act::AmendTerms(_) => Ok(Prepared {
            checked: Checked::Certified,
            secrets: HashMap::new(),
        }),
        _ => Ok(Prepared {
            checked: Checked::Nothing,
            secrets: HashMap::new(),
        }),
    }
}

impl Prepared {
    /// What to keep with the events that the act led to: secrets whose events say
    /// that they are good, and what a custodian sent instead of its share.
    pub fn beside(&self, events: &[Event]) -> Beside {
        let mut put = Vec::new();
        let mut keep = |name: String, bid: &Digest| {
            let found = self.secrets.get(bid);
            put.extend(found.map(|secret| (name, Zeroizing::new(secret.as_bytes().to_vec()))));
        };
        for event in events {
            match &event.facts.what {
                What::Unlocked { bid, .. } => keep(unlock_name(bid), bid),
                What::Released { x, good, wrong, .. } => {
                    for bid in good {
                        keep(share_name(bid, *x), bid);
                    }
                    for bid in wrong {
                        keep(wrong_name(bid, *x), bid);
                    }
                }
                What::RescueShared {
                    bid, x, good: true, ..
                } => keep(rescue_name(bid, *x), bid),
                _ => {}
            }
        }
        Beside {
            put,
            ..Beside::default()
        }
    }
}

/// What an act is answered with beside its events: for an unlock the
/// `acknowledgement`, signed with the log key; for other acts nothing.
///
/// # Errors
/// `signing-unavailable` while the token does not sign that holds the platform's key.
pub async fn reply(
    app: &App,
    project: ProjectId,
    recorded: &[Recorded],
) -> Result<serde_json::Value, Problem> {
    for event in recorded {
        if let Some(signed) = statements::acknowledge(app, project, event).await? {
            let acknowledgement = StatementView::from(signed);
            return Ok(serde_json::json!({ "acknowledgement": acknowledgement }));
        }
    }
    Ok(serde_json::Value::Null)
}

async fn prepare_unlock(
    app: &App,
    project: ProjectId,
    unlock: &Unlock,
    mut secrets: Vec<Secret>,
) -> Result<Prepared, Problem> {
    let (Some(b), true) = (secrets.pop(), secrets.is_empty()) else {
        return Err(Transport::SecretMalformed.into());
    };
    let begun = Instant::now();
    let failed = if b.digest().ct_eq(&unlock.key) {
        match header(app, project, &unlock.bid).await {
            Ok(Some(header)) => match header.check_b(ENVELOPE, b.clone()) {
                Ok(_) => None,
                Err(_) => Some(Check::KeyMismatch),
            },
            // For a bid that does not exist the rules refuse the act before they
            // look at this check.
            Ok(None) | Err(_) => Some(Check::StoreFailed),
        }
    } else {
        Some(Check::DigestMismatch)
    };
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Prepared {
        checked: Checked::Key {
            failed,
            milliseconds,
        },
        secrets: HashMap::from([(unlock.bid, b)]),
    })
}

/// What a custodian answers for bids: shares, and why it gives none of others.
struct Answers {
    role: Role,
    shares: Vec<Share>,
    withheld: Vec<Withheld>,
}

async fn prepare_shares(
    app: &App,
    project: ProjectId,
    answers: Answers,
    secrets: Vec<Secret>,
) -> Result<Prepared, Problem> {
    if answers.shares.len() != secrets.len() {
        return Err(Transport::SecretMalformed.into());
    }
    // Each bid's header is read once, however many shares name it.
    let mut headers = HashMap::new();
    let shared = answers.shares.iter().map(|share| share.bid);
    for bid in shared.chain(answers.withheld.iter().map(|it| it.bid)) {
        if let Entry::Vacant(place) = headers.entry(bid)
            && let Some(header) = header(app, project, &bid).await.map_err(of_store)?
        {
            place.insert(header);
        }
    }
    blocking(move || {
        let checked = answers.check(&headers, &secrets);
        let bids = answers.shares.iter().map(|share| share.bid);
        let secrets = bids.zip(secrets.iter().cloned()).collect();
        Ok(Prepared { checked, secrets })
    })
    .await
}

impl Answers {
    fn check(&self, headers: &HashMap<Digest, Header>, secrets: &[Secret]) -> Checked {
        let is_good = |(share, secret): (&Share, &Secret)| {
            let header = headers.get(&share.bid);
            let checked = header.map(|header| {
                header.check_share(share.envelope, self.role, share.x, secret.clone())
            });
            secret.digest().ct_eq(&share.share) && checked.is_some_and(|it| it.is_ok())
        };
        let good = self.shares.iter().zip(secrets).map(is_good).collect();
        let holder = |withheld: &Withheld| {
            let wrap = withheld.why.wrap()?;
            let header = headers.get(&withheld.bid);
            let place = header.and_then(|header| header.release_wrap_of(ENVELOPE, &wrap));
            Some(place.unwrap_or(0))
        };
        let wraps = self.withheld.iter().filter_map(holder).collect();
        Checked::Shares { good, wraps }
    }
}

/// Puts the shares of b together once enough custodians have sent theirs, and
/// recomputes their dealing before b is used: one that was dealt wrongly is the
/// bidder's own fault, whichever custodians helped.
///
/// # Errors
/// When the store fails, or has lost what the events say it has. That is the
/// platform's matter, and is tried again; it never speaks against the bidder.
pub async fn combine_rescue(
    app: &App,
    project: ProjectId,
    lot: &LotId,
    bid: Digest,
    custodians: &[u8],
) -> Result<(), Problem> {
    // That they are gone says nothing about b.
    let lost = || Problem::internal("what a rescue needs is not in the store");
    let current = deciding::load(app, project).await?;
    let keys = terms::custodian_keys(terms::of_lot(&current, lot)?)?;
    let header = header(app, project, &bid).await.map_err(of_store)?;
    let header = header.ok_or_else(lost)?;
    let mut shares: Vec<bid::Share> = Vec::new();
    for x in custodians {
        let share = secret(app, project, &rescue_name(&bid, *x)).await;
        let share = share.map_err(of_store)?.ok_or_else(lost)?;
        let checked = header.check_share(ENVELOPE, Role::Rescue, *x, share);
        shares.push(checked.map_err(Problem::internal)?);
    }
    let audited = blocking(move || {
        let b = header.recover_rescue(ENVELOPE, &shares);
        Ok(b.and_then(|b| header.audit_rescue(b, &keys)))
    })
    .await?;
    let b = match audited {
        Ok(b) => Some(b),
        Err(problem) if Outcome::of(&problem) == Outcome::StoreCorrupt => {
            return Err(Problem::internal(problem));
        }
        Err(problem) => {
            tracing::warn!(%bid, %problem, "a rescue was dealt wrongly");
            None
        }
    };
    let command = Command::System(System::Rescued {
        lot: lot.clone(),
        bid,
        matches: b.is_some(),
    });
    // Shares that were dealt wrongly are what shows it.
    let used = custodians.iter().filter(|_| b.is_some());
    let wiped: Vec<String> = used.map(|x| rescue_name(&bid, *x)).collect();
    deciding::put(app, project, command, move |_| Beside {
        put: b
            .iter()
            .map(|b| {
                (
                    unlock_name(&bid),
                    Zeroizing::new(b.secret().as_bytes().to_vec()),
                )
            })
            .collect(),
        wiped: wiped.clone(),
        ..Beside::default()
    })
    .await
    .map(drop)
}
