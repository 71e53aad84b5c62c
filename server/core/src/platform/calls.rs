//! Calls to the desk, before any project knows their callers: who called, and what
//! was answered.
//!
//! A call stands in the platform's stream and not in a project's, so that what it
//! holds and whether it is taken can depend on no bid: whoever is registered may call.

use serde::{Deserialize, Serialize};

use super::{Book, Recorded};
use crate::act::Act;
use crate::command::Actor;
use crate::details::Author;
use crate::ids::{Millis, Organisation, Party, ProjectId};
use crate::refusal::RefusalCode;

/// For how long after it was made an answered call is kept at hand, in milliseconds.
const KEPT: Millis = 30 * 24 * 3_600_000;

/// How many calls of one organisation wait at once.
const WAITING: usize = 10;

/// A call, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Who called.
    pub author: Author,
    /// About which project, where it is about one.
    pub project: Option<ProjectId>,
    /// What was said.
    pub text: String,
    /// When.
    pub time: Millis,
    /// What the desk answered.
    pub answer: Option<Answered>,
}

/// What the desk answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// Who answered.
    pub author: Author,
    /// What was said.
    pub text: String,
    /// When.
    pub time: Millis,
}

impl Book {
    /// The calls of an organisation, in no order.
    pub fn calls_of(&self, organisation: &Organisation) -> impl Iterator<Item = (&Party, &Call)> {
        let own = self.calls.iter();
        own.filter(move |(_, call)| call.author.organisation == *organisation)
    }

    /// Whether a caller is heard once more.
    pub(super) fn hears(&self, caller: &Actor) -> Result<(), RefusalCode> {
        let own = self.calls_of(caller.organisation());
        if own.filter(|(_, call)| call.answer.is_none()).count() < WAITING {
            Ok(())
        } else {
            Err(RefusalCode::CallsWait)
        }
    }

    pub(super) fn call(&mut self, handle: Party, event: &Recorded) {
        let since = event.time - KEPT;
        self.calls
            .retain(|_, call| call.answer.is_none() || call.time >= since);
        if let Some((author, Act::CallDesk(body))) = said(event) {
            let call = Call {
                author,
                project: body.project,
                text: body.text,
                time: event.time,
                answer: None,
            };
            self.calls.insert(handle, call);
        }
    }

    pub(super) fn answer(&mut self, handle: Party, event: &Recorded) {
        let Some((author, Act::AnswerCall(body))) = said(event) else {
            // What was answered was erased, and the call waits no more.
            self.calls.remove(&handle);
            return;
        };
        if let Some(call) = self.calls.get_mut(&handle) {
            call.answer = Some(Answered {
                author,
                text: body.text,
                time: event.time,
            });
        }
    }
}

/// Who said what in an event.
fn said(event: &Recorded) -> Option<(Author, Act)> {
    let details = event.details.as_ref()?;
    let body = &details.signed.as_ref()?.body;
    Some((details.author.clone()?, serde_json::from_str(body).ok()?))
}
