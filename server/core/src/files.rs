//! Until when a project takes attachments: as long as an act can name one.

use crate::book::Book;
use crate::complaints::{Standing, gate};
use crate::ids::{Millis, Organisation};
use crate::refusal::{Refusal, RefusalCode};
use crate::role::By;
use crate::state::State;

/// Whether an organisation's attachment is taken now.
///
/// # Errors
/// `files-over` when all lots have ended, complaints are taken no more and, of the
/// supervisor, none waits for its word.
pub fn are_taken(
    state: &State,
    book: &Book,
    organisation: &Organisation,
    now: Millis,
) -> Result<(), Refusal> {
    let runs = state.published.is_none() || state.lots.values().any(|lot| !lot.stage.is_end());
    let is_heard = || {
        let mut lots = state.lots.values();
        lots.any(|lot| gate(state, lot, By::Bidder, now).is_ok())
    };
    let answers = || {
        let officials = book.draft.as_ref().map(|draft| &draft.officials);
        let is_supervisor = officials.is_some_and(|it| it.supervisor.organisation == *organisation);
        let waits = |it: Standing| matches!(it, Standing::Waiting | Standing::Open);
        is_supervisor && state.complaints.values().any(|it| waits(it.standing()))
    };
    if runs || is_heard() || answers() {
        Ok(())
    } else {
        Err(RefusalCode::FilesOver.into())
    }
}
