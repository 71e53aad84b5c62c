//! What the platform owes a project, read from its state alone.

use std::time::Duration;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_core::state::{Lot, Stage, State};
use kaibiao_crypto::Digest;

use super::tenure::{self, Renewing};
use crate::failure::of_store;
use crate::memory::work::Long;
use crate::opening::{Tried, Try};
use crate::{App, Shared, deciding, documents, opening, record, statements};

/// The first and the longest wait between tries at opening a lot.
const FIRST: Duration = Duration::from_millis(250);
const OPENING_AT_LAST: Duration = Duration::from_secs(15);

/// The first and the longest wait between tries at documents.
const AGAIN: Duration = Duration::from_secs(1);
const AT_LAST: Duration = Duration::from_mins(1);

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owed {
    /// To sign the closing statement.
    Closing,
    /// To sign a lot's accepted statement.
    Accepted(LotId),
    /// To put the custodians' shares of a bid's b together.
    Rescue {
        lot: LotId,
        bid: Digest,
        custodians: Vec<u8>,
    },
    /// To open a lot's bids.
    Opening(LotId),
    /// To make a lot's record.
    Record(LotId),
    /// To decrypt a lot's documents, and to wipe its keys afterwards.
    Documents(LotId),
    /// To wipe the keys of a lot that came to its end without being opened.
    Wiping(LotId),
}

/// Everything owed, the most urgent first.
pub fn owed(state: &State) -> Vec<Owed> {
    let mut owed = Vec::new();
    if state.deadline.is_some() && state.closing.digest.is_none() {
        owed.push(Owed::Closing);
    }
    let lots = || state.lots.iter();
    for (id, lot) in lots() {
        if lot.accepted_at.is_some() && lot.statement.digest.is_none() && !lot.stage.is_end() {
            owed.push(Owed::Accepted(id.clone()));
        }
        owed.extend(rescues(id, lot));
        if lot.may_open() {
            owed.push(Owed::Opening(id.clone()));
        }
    }
    for (id, lot) in lots() {
        if owes_record(lot) {
            owed.push(Owed::Record(id.clone()));
        }
    }
    for (id, lot) in lots() {
        if lot.opened.is_some() {
            owed.push(Owed::Documents(id.clone()));
        } else if lot.stage.is_end() && !lot.closing.is_empty() {
            owed.push(Owed::Wiping(id.clone()));
        }
    }
    owed
}

/// Does one piece of work. Doing it twice changes nothing.
///
/// # Errors
/// When the store fails; the work is still owed then.
pub async fn perform(app: &Shared, project: ProjectId, owed: Owed) -> Result<(), Problem> {
    tracing::debug!(%project, ?owed, "owed");
    match owed {
        Owed::Closing => {
            statements::sign_closing(app, project).await?;
            app.memory.log.bell.notify_one();
            Ok(())
        }
        Owed::Accepted(lot) => {
            statements::sign_accepted(app, project, &lot).await?;
            app.memory.log.bell.notify_one();
            Ok(())
        }
        Owed::Rescue {
            lot,
            bid,
            custodians,
        } => opening::combine_rescue(app, project, &lot, bid, &custodians).await,
        Owed::Opening(lot) => {
            if app.memory.work.begin(project, &lot, Long::Opening) {
                tokio::spawn(opening(app.clone(), project, lot));
            }
            Ok(())
        }
        Owed::Record(lot) => record::make(app, project, &lot).await,
        Owed::Documents(lot) | Owed::Wiping(lot) => {
            if app.memory.work.begin(project, &lot, Long::Documents) {
                tokio::spawn(documents(app.clone(), project, lot));
            }
            Ok(())
        }
    }
}

/// Opens a lot, apart so that a fault of the disk holds up no other lot. It is
/// tried again with growing pauses for as long as the terms allow.
async fn opening(app: Shared, project: ProjectId, lot: LotId) {
    let _renewing = Renewing::begin(&app, tenure::project(project));
    let mut tried = Tried::default();
    let mut wait = FIRST;
    loop {
        let pause = match opening::open_lot(&app, project, &lot, &mut tried).await {
            Ok(Try::Done) => return,
            Ok(Try::Waits { until }) => {
                let left = u64::try_from(until - app.now()).unwrap_or_default();
                wait.min(Duration::from_millis(left))
            }
            // The service is stopping; the next start continues the work.
            Err(problem) if problem.code == Transport::Unavailable.code() => return,
            Err(problem) => {
                tracing::warn!(%project, %lot, %problem, "the opening waits for another try");
                wait
            }
        };
        tokio::time::sleep(pause.max(FIRST)).await;
        wait = (wait * 2).min(OPENING_AT_LAST);
    }
}

/// Decrypts a lot's documents and wipes its keys afterwards, apart so that it
/// holds nothing else up.
async fn documents(app: Shared, project: ProjectId, lot: LotId) {
    let _renewing = Renewing::begin(&app, tenure::project(project));
    let mut wait = AGAIN;
    while let Err(problem) = documents::open_documents(&app, project, &lot).await {
        if problem.code == Transport::Unavailable.code() {
            return;
        }
        tracing::warn!(%project, %lot, %problem, "documents wait for another try");
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(AT_LAST);
    }
    if let Err(problem) = done_with(&app, project, &lot).await {
        // The next start looks for what is left of it, and finds nothing.
        tracing::warn!(%project, %lot, %problem, "that documents are done is not noted");
    }
}

/// Under which name the version is kept at which a project was owed nothing more.
const SETTLED: &str = "settled";

async fn done_with(app: &Shared, project: ProjectId, lot: &LotId) -> Result<(), Problem> {
    deciding::keep(app, project, &settled(lot), Vec::new()).await?;
    settle(app, project).await
}

fn settled(lot: &LotId) -> String {
    format!("{SETTLED}/{lot}")
}

/// Whether a project is known to be owed nothing at a version.
///
/// # Errors
/// When the store fails.
pub async fn is_settled(app: &App, project: ProjectId, version: u64) -> Result<bool, Problem> {
    let kept = app.store.secret(&deciding::stream(project), SETTLED).await;
    let kept = kept.map_err(of_store)?;
    Ok(kept.is_some_and(|kept| *kept == version.to_string().into_bytes()))
}

/// Notes that a project which has ended is owed nothing more, so that no start folds it to
/// find that out.
///
/// # Errors
/// When the store fails.
pub async fn settle(app: &App, project: ProjectId) -> Result<(), Problem> {
    let current = deciding::load(app, project).await?;
    if current.state.ended_at.is_none() || is_settled(app, project, current.version).await? {
        return Ok(());
    }
    let stream = deciding::stream(project);
    for owed in owed(&current.state) {
        let (Owed::Documents(lot) | Owed::Wiping(lot)) = owed else {
            return Ok(());
        };
        let done = app.store.secret(&stream, &settled(&lot)).await;
        if done.map_err(of_store)?.is_none() {
            return Ok(());
        }
    }
    let version = current.version.to_string().into_bytes();
    deciding::keep(app, project, SETTLED, version).await
}

fn rescues(id: &LotId, lot: &Lot) -> Vec<Owed> {
    let Some(needed) = lot.rules.rescue.filter(|_| lot.stage == Stage::Unlocking) else {
        return Vec::new();
    };
    let pending = lot.tally.rescues.iter();
    pending
        .filter_map(|party| lot.parties.get(party))
        .filter(|bidder| bidder.rescue.shares.len() >= usize::from(needed))
        .filter_map(|bidder| {
            Some(Owed::Rescue {
                lot: id.clone(),
                bid: bidder.live?,
                custodians: bidder.rescue.shares.iter().copied().collect(),
            })
        })
        .collect()
}

/// Whether a lot is owed a record. Failed and terminated lots get one as well.
fn owes_record(lot: &Lot) -> bool {
    let recordable = matches!(
        lot.stage,
        Stage::Signing
            | Stage::Closed
            | Stage::FailedFewBids
            | Stage::FailedAfterUnlock
            | Stage::Terminated
    );
    recordable && (lot.records.is_empty() || lot.correction.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_that_has_just_begun_is_owed_nothing() {
        assert_eq!(owed(&State::default()), []);
    }

    #[test]
    fn from_t0_on_the_closing_statement_is_owed_until_it_is_signed() {
        let mut state = State {
            deadline: Some(9),
            ..State::default()
        };
        assert_eq!(owed(&state), [Owed::Closing]);
        state.closing.digest = Some(Digest::of(b"closing"));
        assert_eq!(owed(&state), []);
    }
}
