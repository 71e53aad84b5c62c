//! The port to the database: rows of numbers, names and sealed bytes, read and
//! written in transactions.
//!
//! Above it are order, time, folding, sealing, grouping and caching, and none of
//! them knows an engine. An engine is a folder that implements [`Ledger`],
//! [`Tx`] and [`Read`]; it sees no key and no plain text, and it decides nothing
//! but who writes when.

use futures_util::future::BoxFuture;

use kaibiao_core::event::Cause;
use kaibiao_crypto::Digest;

use crate::clock::{Boot, Millis};
use crate::error::StoreError;
use crate::inspect::SealedRow;
use crate::sealed::EventRow;
use crate::side::timestamps::Unstamped;

/// What a method of the port gives.
pub(crate) type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// A database that keeps streams and what lies beside them.
pub(crate) trait Ledger: Send + Sync + 'static {
    /// Whether other processes write to it as well.
    fn is_shared(&self) -> bool;

    /// Begins a transaction, waiting until this process may write. While it is
    /// open, nobody else changes a stream that it has read.
    fn begin(&self) -> Answer<'_, Box<dyn Tx + '_>>;

    /// Reads what is committed.
    fn read(&self) -> Answer<'_, Box<dyn Read + '_>>;

    /// Does the engine's own housekeeping between transactions, about once a
    /// second: after it, nothing that was wiped before is left in any file.
    fn tend(&self) -> Answer<'_, ()>;

    /// Lets go of the database in good order. Later calls fail.
    fn close(&self) -> Answer<'_, ()>;
}

/// What a database server says of those that follow it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standbys {
    /// Whether a commit waits for a standby (`synchronous_standby_names`).
    pub demanded: bool,
    /// How many follow now that a commit may wait for. None are counted where the role may
    /// not look at others' sessions (`pg_read_all_stats`).
    pub following: u64,
    /// How far behind the last of all standbys is, in seconds; 0 where none says.
    pub behind: f64,
}

/// Reading, within a transaction (its own changes are seen) or outside of one
/// (each call sees what was committed when it was made).
pub(crate) trait Read: Send {
    /// The head of a stream.
    fn stream<'a>(&'a mut self, name: &'a str) -> Answer<'a, Option<StreamRow>>;

    /// Names, versions and times of the streams that grew at `since` or later, by time.
    fn grown(&mut self, since: Millis) -> Answer<'_, Vec<(String, u64, Millis)>>;

    /// The server's standbys; None where the engine knows of none.
    fn standbys(&mut self) -> Answer<'_, Option<Standbys>>;

    /// How many streams there are.
    fn stream_count(&mut self) -> Answer<'_, u64>;

    /// The heads of the streams that grew last, the last first, but for the first `skip`.
    fn latest(&mut self, skip: u32, limit: u32) -> Answer<'_, Vec<StreamRow>>;

    /// The heads of streams with numbers beyond `after`, in the order they began.
    fn streams_after(&mut self, after: i64, limit: u32) -> Answer<'_, Vec<StreamRow>>;

    /// The heads of the streams on a stretch of a list, in its order.
    fn listed<'a>(&'a mut self, stretch: &'a Stretch) -> Answer<'a, Vec<(Millis, StreamRow)>>;

    /// The places of streams with these numbers on the lists, by stream.
    fn places(&mut self, from: i64, to: i64) -> Answer<'_, Vec<PlaceRow>>;

    /// The heads of all streams, in the order they began.
    fn streams(&mut self) -> Answer<'_, Vec<StreamRow>>;

    /// Due times up to `until` and the names of their streams, earliest first.
    fn due(&mut self, until: Millis, limit: u32) -> Answer<'_, Vec<(Millis, String)>>;

    /// The events of the stream of this number after number `after` up to number
    /// `upto`, in order. The caller notices holes.
    fn events(&mut self, stream: i64, after: u64, upto: u64) -> Answer<'_, Vec<EventRow>>;

    /// The leaves of a stream's first `upto` events, in order.
    fn leaves<'a>(&'a mut self, stream: &'a str, upto: u64) -> Answer<'a, Vec<Digest>>;

    /// A secret of a stream.
    fn secret<'a>(&'a mut self, stream: &'a str, name: &'a Hashed) -> Answer<'a, Option<Vec<u8>>>;

    /// The hashed names and sealed values of a stream's secrets, in no order.
    fn secrets<'a>(&'a mut self, stream: &'a str) -> Answer<'a, Vec<(Vec<u8>, Vec<u8>)>>;

    /// What an external id was used for.
    fn claim<'a>(&'a mut self, name: &'a Hashed) -> Answer<'a, Option<Vec<u8>>>;

    /// What external ids were used for, of those that were, in no order.
    fn claims<'a>(&'a mut self, names: &'a [Hashed]) -> Answer<'a, Vec<(Hashed, Vec<u8>)>>;

    /// Messages to be delivered by `now`, the longest due first.
    fn messages_due(&mut self, now: Millis, limit: u32) -> Answer<'_, Vec<MessageRow>>;

    /// Messages after number `after`, in order.
    fn messages_after(&mut self, after: i64, limit: u32) -> Answer<'_, Vec<MessageRow>>;

    /// A session that has not expired by `now`.
    fn session<'a>(&'a mut self, token: &'a Hashed, now: Millis) -> Answer<'a, Option<Vec<u8>>>;

    /// Hashed tokens and sealed bodies of sessions that have not expired by `now`, in
    /// the order of the hashes, after the one given.
    fn sessions_after<'a>(
        &'a mut self,
        after: &'a Hashed,
        now: Millis,
        limit: u32,
    ) -> Answer<'a, Vec<(Hashed, Vec<u8>)>>;

    /// The hashed names and sealed contents of all contacts, in no order.
    fn contacts(&mut self) -> Answer<'_, Vec<(Vec<u8>, Vec<u8>)>>;

    /// Alerts to be sent by `now`, the longest due first.
    fn alerts_due(&mut self, now: Millis, limit: u32) -> Answer<'_, Vec<AlertRow>>;

    /// Other alerts that wait for the person whom this one is for, the oldest first.
    fn alerts_beside<'a>(&'a mut self, name: &'a [u8], limit: u32) -> Answer<'a, Vec<AlertRow>>;

    /// The last alerts to a person, the newest first.
    fn alerts_of<'a>(&'a mut self, person: &'a Hashed, limit: u32)
    -> Answer<'a, Vec<KeptAlertRow>>;

    /// How the alerts stand that were made from `since` on.
    fn alert_sums(&mut self, since: Millis) -> Answer<'_, AlertSums>;

    /// An upload.
    fn upload<'a>(&'a mut self, id: &'a str) -> Answer<'a, Option<UploadRow>>;

    /// The ids of all uploads.
    fn upload_ids(&mut self) -> Answer<'_, Vec<String>>;

    /// All uploads, by id.
    fn uploads(&mut self) -> Answer<'_, Vec<UploadRow>>;

    /// What lies sealed beside the streams, with its places, for looking it over.
    fn sealed(&mut self) -> Answer<'_, Vec<SealedRow>>;

    /// What the engine finds wrong with its own file.
    fn faults(&mut self) -> Answer<'_, Vec<String>>;

    /// How many entries the public log has.
    fn log_size(&mut self) -> Answer<'_, u64>;

    /// The public log's entries from a place on, in order. A hole is an error.
    fn log_entries(&mut self, from: u64, limit: u64) -> Answer<'_, Vec<Vec<u8>>>;

    /// The anchors of a stream after a tick, in order.
    fn anchors<'a>(&'a mut self, stream: &'a str, after: u64) -> Answer<'a, Vec<AnchorRow>>;

    /// The last anchor of a stream.
    fn last_anchor<'a>(&'a mut self, stream: &'a str) -> Answer<'a, Option<AnchorRow>>;

    /// The first anchor of a stream over a tree of so many events.
    fn anchor_of<'a>(&'a mut self, stream: &'a str, size: u64) -> Answer<'a, Option<AnchorRow>>;

    /// The first anchor of a stream over the smallest tree of at least so many events.
    fn anchor_over<'a>(&'a mut self, stream: &'a str, size: u64) -> Answer<'a, Option<AnchorRow>>;

    /// The last checkpoint that was signed.
    fn log_head(&mut self) -> Answer<'_, Option<HeadRow>>;

    /// What is to be stamped, the longest wanted first.
    fn unstamped(&mut self, limit: u32) -> Answer<'_, Vec<Unstamped>>;

    /// The time stamps after a number, in order.
    fn timestamps(&mut self, after: u64, limit: u32) -> Answer<'_, Vec<TimestampRow>>;

    /// The last time stamps, in order.
    fn newest_timestamps(&mut self, limit: u32) -> Answer<'_, Vec<TimestampRow>>;

    /// The time stamp over a note of this SHA-256.
    fn timestamp_of(&mut self, imprint: Digest) -> Answer<'_, Option<TimestampRow>>;

    /// When a time stamp was wanted last.
    fn timestamp_wanted(&mut self) -> Answer<'_, Option<Millis>>;

    /// The heartbeat, once there was one.
    fn heartbeat(&mut self) -> Answer<'_, Option<HeartbeatRow>>;
}

/// A transaction. Dropped without a commit it changes nothing. After any error
/// it is of no use and is to be rolled back.
pub(crate) trait Tx: Read {
    /// Holds the stream of this name until the transaction ends, whether it exists yet
    /// or not; answers its head as it is then.
    fn lock<'a>(&'a mut self, name: &'a str) -> Answer<'a, Option<StreamRow>>;

    /// Holds those of the streams of these names that exist and that nobody else holds;
    /// answers their heads. It waits for nobody.
    fn hold<'a>(&'a mut self, names: &'a [&'a str]) -> Answer<'a, Vec<StreamRow>>;

    /// The database's own clock, where that times the events, and the heartbeat as it is
    /// at that moment.
    fn moment(&mut self) -> Answer<'_, Option<Moment>>;

    /// A lease, which nobody takes over before the transaction ends.
    fn lease<'a>(&'a mut self, name: &'a str) -> Answer<'a, Option<LeaseRow>>;

    /// A number for a stream that begins.
    fn new_stream(&mut self) -> Answer<'_, i64>;

    /// Writes the heads of streams that grew or began, and their new events. An event
    /// whose number its stream has already is an error.
    fn put<'a>(&'a mut self, heads: &'a [StreamRow], events: &'a [NewEvent]) -> Answer<'a, ()>;

    /// Makes a change beside the streams and answers how many rows it changed.
    fn apply<'a>(&'a mut self, change: &'a Change) -> Answer<'a, u64>;

    /// Makes everything durable.
    ///
    /// # Errors
    /// After one, either all of it is written or nothing: only reading tells.
    fn commit<'a>(self: Box<Self>) -> Answer<'a, ()>
    where
        Self: 'a;

    /// Undoes everything.
    fn rollback<'a>(self: Box<Self>) -> BoxFuture<'a, ()>
    where
        Self: 'a;
}

/// The head of a stream.
#[derive(Debug, Clone)]
pub(crate) struct StreamRow {
    /// The stream's number within the database.
    pub id: i64,
    /// The stream's name ([`crate::StreamId`]).
    pub name: String,
    /// Which rules fold it.
    pub kind: String,
    /// Events stored: the last one's sequence number.
    pub version: u64,
    /// The last event's time.
    pub time: Millis,
    /// The Merkle tree's frontier over all leaves, as JSON.
    pub frontier: Vec<u8>,
    /// When time itself acts on the stream next.
    pub due: Option<Millis>,
    /// Kind, due time and summary, sealed to this row ([`crate::row`]).
    pub summary: Vec<u8>,
    /// Whether events are stored beyond the last one that the row knows of. It is
    /// read, and never written.
    pub beyond: bool,
}

/// A part of a list: places strictly between two.
#[derive(Debug, Clone)]
pub(crate) struct Stretch {
    pub list: Hashed,
    /// The time and the stream's number of the place before the first and of the one
    /// after the last, in ascending order.
    pub low: (Millis, i64),
    pub high: (Millis, i64),
    /// Whether it is read from its end.
    pub backwards: bool,
    pub limit: u32,
}

/// A stream's place on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PlaceRow {
    pub list: Hashed,
    pub at: Millis,
    /// The stream's number.
    pub stream: i64,
}

/// An event that a transaction adds to the stream of this number.
pub(crate) type NewEvent = (i64, EventRow);

/// A message in the outbox.
#[derive(Debug, Clone)]
pub(crate) struct MessageRow {
    /// Increases with every message of the store.
    pub id: i64,
    /// The name of the stream that caused it.
    pub stream: String,
    pub created: Millis,
    /// Deliveries that failed.
    pub attempts: u32,
    pub delivered: Option<Millis>,
    /// Topic and body.
    pub sealed: Vec<u8>,
}

/// An alert that waits to be sent.
#[derive(Debug, Clone)]
pub(crate) struct AlertRow {
    pub name: Vec<u8>,
    /// Tries that failed.
    pub attempts: u32,
    /// Address and content.
    pub sealed: Vec<u8>,
}

/// An alert as it is kept for whoever it is to.
#[derive(Debug, Clone)]
pub(crate) struct KeptAlertRow {
    pub name: Vec<u8>,
    pub created: Millis,
    /// Tries that failed.
    pub attempts: u32,
    /// Whether it is to be sent still.
    pub waits: bool,
    /// When a carrier took it.
    pub taken: Option<Millis>,
    /// Content; with the address while it waits.
    pub sealed: Vec<u8>,
}

/// How alerts stand, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlertSums {
    /// A carrier took them.
    pub sent: u64,
    /// They are to be sent still.
    pub waiting: u64,
    /// Of these, at least one try has failed.
    pub retried: u64,
    /// They were given up.
    pub failed: u64,
    /// When the oldest of those that wait was made.
    pub oldest: Option<Millis>,
}

/// An upload under way.
#[derive(Debug, Clone)]
pub(crate) struct UploadRow {
    pub id: String,
    /// Bytes announced.
    pub length: u64,
    /// Bytes that are durable in its file.
    pub offset: u64,
    pub expires: Millis,
    /// Owner and purpose.
    pub sealed: Vec<u8>,
    /// The sealed state of the running digests at `offset`.
    pub checker: Vec<u8>,
}

/// An anchor of a stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AnchorRow {
    pub tick: u64,
    pub time: Millis,
    /// Size and root of the tree.
    pub size: u64,
    pub root: Digest,
    /// Where its entry is in the log.
    pub place: u64,
}

/// The last checkpoint that was signed.
#[derive(Debug, Clone)]
pub(crate) struct HeadRow {
    pub size: u64,
    /// A signed note with the cosignatures that it has.
    pub note: String,
}

/// A time stamp over a checkpoint.
#[derive(Debug, Clone)]
pub(crate) struct TimestampRow {
    /// From 1, in the order in which they came.
    pub number: u64,
    /// The signed note, exactly as it was stamped.
    pub note: String,
    /// The token, DER in normal form.
    pub token: Vec<u8>,
}

/// When the service was last known to be up.
#[derive(Debug, Clone)]
pub(crate) struct HeartbeatRow {
    pub beat: Millis,
    /// How long the machine had run by then.
    pub boot: Option<Boot>,
    /// Whether it stopped in good order after that.
    pub clean: bool,
    /// When it was away, while that is not on record yet.
    pub away: Option<AwayRow>,
}

/// A moment by the database's own clock.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    pub now: Millis,
    pub heartbeat: Option<HeartbeatRow>,
}

/// An absence that is not on record yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AwayRow {
    pub from: Millis,
    /// How it ended, where that is known already: between the nodes of a service.
    /// Otherwise the next start finds it.
    pub over: Option<Over>,
}

/// The end of an absence, as [`kaibiao_core::command::Away`] has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Over {
    pub to: Millis,
    pub reach: Millis,
    pub cause: Cause,
}

/// Who may do a piece of work that one node at a time may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeaseRow {
    /// Grows with every owner.
    pub number: u64,
    pub owner: String,
    /// Until when, UTC ms.
    pub until: Millis,
}

/// A name that is looked up by its keyed hash.
pub(crate) type Hashed = [u8; 32];

/// One change to a table beside the streams.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// Puts a secret, or replaces the one of that name.
    SecretPut {
        stream: i64,
        name: Hashed,
        sealed: Vec<u8>,
    },
    /// Deletes a secret so that no file of the database keeps its bytes for
    /// longer than a heartbeat. One that is missing is no error.
    SecretWiped { stream: i64, name: Hashed },
    /// Puts what says that they were erased in place of an event's details, so that no
    /// file of the database keeps their bytes for longer than a heartbeat.
    DetailsErased {
        stream: i64,
        seq: u64,
        sealed: Vec<u8>,
    },
    /// Puts a stream on a list; one that is there already stays.
    Listed(PlaceRow),
    /// Takes a stream from a list; one that is not there is no error.
    Unlisted(PlaceRow),
    /// Uses up an external id. One that was used before is an error.
    ClaimPut { name: Hashed, sealed: Vec<u8> },
    /// Adds a message, to be delivered at once.
    MessagePut {
        stream: i64,
        created: Millis,
        sealed: Vec<u8>,
    },
    /// Notes a delivery.
    MessageDelivered { id: i64, at: Millis },
    /// Counts a failed delivery; without a next time it is given up.
    MessageFailed { id: i64, next: Option<Millis> },
    /// Adds a session.
    SessionPut {
        token: Hashed,
        expires: Millis,
        sealed: Vec<u8>,
    },
    /// Deletes a session.
    SessionEnded { token: Hashed },
    /// Deletes the sessions that expire by then.
    SessionsExpired { by: Millis },
    /// Puts a person's contact, or replaces it.
    ContactPut { person: Hashed, sealed: Vec<u8> },
    /// Deletes a person's contact.
    ContactRemoved { person: Hashed },
    /// Adds an alert, to be sent from `next` on. One of that name that was there before, sent
    /// or not, stays as it is, and no row changes.
    AlertPut {
        person: Hashed,
        name: Hashed,
        created: Millis,
        next: Millis,
        sealed: Vec<u8>,
    },
    /// Counts a try at an alert that failed.
    AlertTried { name: Vec<u8>, next: Millis },
    /// An alert was taken by a carrier, or given up; what is kept of it.
    AlertDone {
        name: Vec<u8>,
        taken: Option<Millis>,
        sealed: Vec<u8>,
    },
    /// Deletes everything that was to be sent to a person, or was sent.
    AlertsOfRemoved { person: Hashed },
    /// Deletes alerts made by then that are not to be sent any more.
    AlertsForgotten { by: Millis },
    /// Uses up a login challenge, once: the second time changes no row. It also
    /// deletes the challenges that have expired by `now`.
    ChallengeTaken {
        challenge: Vec<u8>,
        expires: Millis,
        now: Millis,
    },
    /// Adds an upload of which no byte is there yet.
    UploadPut {
        id: String,
        length: u64,
        expires: Millis,
        sealed: Vec<u8>,
        checker: Vec<u8>,
    },
    /// Notes how far an upload is durable. No row changes unless its offset is the
    /// expected one.
    UploadMoved {
        id: String,
        expected: u64,
        offset: u64,
        checker: Vec<u8>,
    },
    /// Deletes an upload's row. No row changes unless its offset is the expected one.
    UploadRemoved { id: String, expected: u64 },
    /// Adds an entry of the public log. One at a place that is taken is an error.
    LogEntryPut { place: u64, entry: Vec<u8> },
    /// Adds an anchor of the stream of this number.
    AnchorPut { stream: i64, anchor: AnchorRow },
    /// Keeps a checkpoint, unless a larger one was kept.
    LogHead(HeadRow),
    /// Notes that a note is to be stamped; one that was noted before stays as it is.
    TimestampWanted {
        imprint: Digest,
        note: String,
        wanted: Millis,
    },
    /// Keeps the token over a note that is to be stamped, under the next number.
    TimestampPut { imprint: Digest, token: Vec<u8> },
    /// Rewrites the heartbeat.
    Beat {
        at: Millis,
        boot: Option<Boot>,
        clean: bool,
    },
    /// Notes when the service was away.
    Away(AwayRow),
    /// Notes that an absence is on record: whichever there is, or only this one, and no
    /// row changes where it has become another.
    AwayNoted { only: Option<AwayRow> },
    /// Takes a lease, or renews it. While another owner has it no row changes.
    LeaseTaken {
        name: String,
        owner: String,
        now: Millis,
        until: Millis,
    },
    /// Gives a lease back, if this owner has it.
    LeaseLeft { name: String, owner: String },
}

/// A cause as a row has it.
pub(crate) fn cause_name(cause: Cause) -> &'static str {
    match cause {
        Cause::Stopped => "stopped",
        Cause::Killed => "killed",
        Cause::Stalled => "stalled",
        Cause::Clock => "clock",
        Cause::Unserved => "unserved",
    }
}

/// The cause that a row names.
///
/// # Errors
/// [`StoreError::Corrupt`] when it names none.
pub(crate) fn cause(name: &str) -> Result<Cause, StoreError> {
    [
        Cause::Stopped,
        Cause::Killed,
        Cause::Stalled,
        Cause::Clock,
        Cause::Unserved,
    ]
    .into_iter()
    .find(|cause| cause_name(*cause) == name)
    .ok_or_else(|| StoreError::Corrupt(format!("the heartbeat's cause: {name}")))
}
