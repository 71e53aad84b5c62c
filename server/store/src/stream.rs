//! What callers say and get when they append to a stream or read one.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use kaibiao_core::command::Away;
use kaibiao_core::stream::{Event, Recorded, Stream};
use kaibiao_crypto::Digest;
use zeroize::Zeroizing;

use crate::clock::Millis;
use crate::sealed::Part;

/// The name of a stream: a project's UUID, or [`StreamId::platform`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(Arc<str>);

impl StreamId {
    /// At most 64 characters of `[a-z0-9-]`; None otherwise.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=64).contains(&name.len()) && name.bytes().all(known);
        fits.then(|| Self(name.into()))
    }

    /// The stream of a project.
    #[must_use]
    pub fn project(id: uuid::Uuid) -> Self {
        Self(id.hyphenated().to_string().into())
    }

    /// The platform's own stream.
    #[must_use]
    pub fn platform() -> Self {
        Self("platform".into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An event of `S` before it has its place.
pub type EventOf<S> = Event<<S as Stream>::Facts, <S as Stream>::Details>;
/// An event of `S` in its place.
pub type RecordedOf<S> = Recorded<<S as Stream>::Facts, <S as Stream>::Details>;

/// What a decision is made on: the stream as it is inside the transaction.
pub struct At<'a, S: Stream> {
    /// Folded from facts alone.
    pub state: &'a S::State,
    /// Folded from details; confidential.
    pub book: &'a S::Book,
    /// The time of every event of this decision: the clock's, or that of the
    /// stream's last event if the clock is behind it.
    pub now: Millis,
    /// False while wall clock and monotonic clock disagree, or the clock is behind
    /// the stream ([`crate::clock`]): nothing may be decided by the hour then.
    pub steady: bool,
    /// By how much they disagree: positive when the wall clock is ahead, ms.
    pub drift: Millis,
    /// When nobody was served last, which the stream may not know of yet.
    pub away: Option<Away>,
    /// Events before this decision; 0 when the stream does not exist yet.
    pub version: u64,
}

/// What a decision wants written, all in one transaction.
pub struct Commit<S: Stream, T = ()> {
    /// In this order, all at the same time; may be empty.
    pub events: Vec<EventOf<S>>,
    /// Sealed beside the stream, under a name within the stream; an existing
    /// one of that name is replaced.
    pub secrets_put: Vec<(String, Zeroizing<Vec<u8>>)>,
    /// Overwritten and gone with the commit; a missing one is no error.
    pub secrets_wiped: Vec<String>,
    /// Messages to other systems, in this order.
    pub outbox: Vec<Message>,
    /// External ids this commit uses up; if one was used before, nothing of
    /// the commit happens and the append answers `AppendError::Claimed`.
    pub claims: Vec<Claim>,
    /// Events, of any stream, whose details are gone with the commit.
    pub erased: Vec<Erasure>,
    /// Handed to the caller once all of it is durable.
    pub reply: T,
}

impl<S: Stream, T> Commit<S, T> {
    /// These events and nothing beside them.
    pub fn new(events: Vec<EventOf<S>>, reply: T) -> Self {
        Self {
            events,
            secrets_put: Vec::new(),
            secrets_wiped: Vec::new(),
            outbox: Vec::new(),
            claims: Vec::new(),
            erased: Vec::new(),
            reply,
        }
    }
}

/// That an event is to lose its details. One that has none any more stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The stream.
    pub stream: StreamId,
    /// The event's number.
    pub seq: u64,
    /// The details' digest in its shell; the commit fails where it is another.
    pub details: Digest,
    /// Secrets of that stream that go with them; a missing one is no error.
    pub secrets: Vec<String>,
}

/// A message to another system, delivered from the outbox at least once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it is about. It holds no NUL.
    pub topic: String,
    /// The payload, as it is delivered.
    pub body: Vec<u8>,
}

/// An identifier given by another system, used once within its scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who numbers: for instance a machine account and a kind of object.
    pub scope: String,
    /// The id as the other system gave it.
    pub id: String,
    /// What a later claimant is told, for instance the project made for it.
    pub value: Vec<u8>,
}

/// A decision that is durable.
pub struct Appended<S: Stream, T = ()> {
    /// Sequence number of the first event of this commit, or of the next one when
    /// it had none. The first event of a stream is number 1.
    pub first_seq: u64,
    /// The events in their places.
    pub recorded: Vec<RecordedOf<S>>,
    /// The tree after this commit.
    pub head: Head,
    /// What the decision gave as its reply.
    pub reply: T,
}

/// A stream's tree at some length (RFC 6962).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Leaves, one for each event.
    pub size: u64,
    /// The Merkle tree hash over them.
    pub root: Digest,
}

/// A stream folded: what [`crate::Store::load`] gives.
pub struct Current<S: Stream> {
    /// Folded from facts alone.
    pub state: S::State,
    /// Folded from details; confidential.
    pub book: S::Book,
    /// Events folded: the last one's sequence number.
    pub version: u64,
    /// The last event's time, UTC ms; 0 for an empty stream.
    pub last_time: Millis,
    /// The tree over all events.
    pub head: Head,
    /// The events whose details were erased, with the digests that their shells have.
    pub erased: BTreeMap<u64, Digest>,
}

/// An event with the exact bytes that its shell commits to, for bundles and
/// disclosure.
#[derive(Debug, Clone)]
pub struct Exact {
    /// Its number in the stream; the first is 1.
    pub seq: u64,
    /// Its time, UTC ms.
    pub time: Millis,
    /// The canonical bytes of its shell: number, time and the two salted digests.
    pub shell: Vec<u8>,
    /// The hash of the shell in the stream's tree.
    pub leaf: Digest,
    /// What the state is folded from.
    pub facts: Part,
    /// What the book is folded from; confidential. None where they were erased.
    pub details: Option<Part>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_names_are_short_and_plain() {
        assert!(StreamId::new("0192f0c1-0000-7000-8000-000000000000").is_some());
        for name in ["", "A", "a/b", "a b", "é", &"a".repeat(65)] {
            assert!(StreamId::new(name).is_none(), "{name}");
        }
    }
}
