//! How a failure of the store is told to a caller.

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_crypto::signer::SignerProblem;
use kaibiao_store::{StoreError, StreamId};

use crate::opening::NotOpened;

/// The problem that tells a caller of a failure of the store. For a failure that
/// may pass it says when another try makes sense; any other is `internal`, and
/// its cause goes to the log.
pub fn of_store(error: StoreError) -> Problem {
    match error {
        StoreError::Full => Transport::DiskFull.problem().retry_after(60),
        StoreError::Closed => Transport::Unavailable.problem().retry_after(5),
        StoreError::Io(error) => {
            tracing::error!(%error, "a file could not be read or written");
            Transport::StorageFault.problem().retry_after(5)
        }
        StoreError::Objects(error) => {
            tracing::error!(%error, "the object store failed");
            Transport::StorageFault.problem().retry_after(5)
        }
        StoreError::Damaged { stream, problem } if stream != StreamId::platform().as_str() => {
            tracing::warn!(stream, problem, "a damaged stream was asked for");
            Transport::ProjectDamaged.with("project", stream)
        }
        error @ (StoreError::NotOurs(_) | StoreError::Unavailable(_)) => {
            tracing::error!(%error, "the database does not serve this now");
            Transport::StorageFault.problem().retry_after(2)
        }
        StoreError::Busy => Transport::Busy.problem().retry_after(1),
        error => Problem::internal(error),
    }
}

/// The problem that tells a caller that one of the platform's keys did not sign.
pub fn of_signing(error: SignerProblem) -> Problem {
    match error {
        SignerProblem::Holder(problem) => {
            tracing::error!(%problem, "the token that holds a key of the platform did not sign");
            Transport::SigningUnavailable.problem().retry_after(5)
        }
        error => Problem::internal(error),
    }
}

/// The problem that tells a caller that what a bid needs could not be read now.
pub fn of_opening(failed: &NotOpened) -> Problem {
    let note = failed.note();
    if failed.may_pass() {
        tracing::error!(note, "what a bid needs could not be read");
        Transport::StorageFault.problem().retry_after(5)
    } else {
        Problem::internal(note)
    }
}
