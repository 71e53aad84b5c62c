//! The platform's stream as supervisors read it: searched, with what proves each event
//! (docs/adr/0024-what-the-platforms-stream-holds.md).

use std::collections::BTreeSet;

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{AnchorList, AuditEvent, AuditPage, PlatformAnchors};
use kaibiao_core::act::Exported;
use kaibiao_core::ids::Millis;
use kaibiao_core::platform::{Hidden, Reader, Recorded, Search, What, hidden};
use kaibiao_core::role::Role;
use kaibiao_store::{Exact, StreamId};
use serde_json::Value;

use crate::caller::Caller;
use crate::failure::of_store;
use crate::{App, deciding, exports, log, platform};

/// The most events of a page.
const PAGE: u64 = 200;

/// How many events are looked at for one page.
const LOOKED_AT: u64 = 4_000;

/// The longest actor that is searched for, in bytes.
const ACTOR: usize = 300;

/// Which page of what is found.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// Upwards from the event after this one.
    After(u64),
    /// Downwards from the event before this one; from the last where it is none.
    Before(Option<u64>),
}

/// Which kinds are asked for: `started,stopped`.
///
/// # Errors
/// `malformed` for one that is none.
pub fn kinds(text: &str) -> Result<BTreeSet<String>, Problem> {
    let named = text.split(',').filter(|kind| !kind.is_empty());
    named
        .map(|kind| {
            if What::KINDS.contains(&kind) {
                Ok(kind.to_owned())
            } else {
                Err(Transport::Malformed.with("reason", "kind"))
            }
        })
        .collect()
}

/// What a supervisor finds in the platform's stream. That it has read there goes on
/// record once a day.
///
/// # Errors
/// When the store fails, or that it reads cannot be recorded.
pub async fn page(
    app: &App,
    caller: &Caller,
    search: &Search,
    place: Place,
    limit: u64,
) -> Result<AuditPage, Problem> {
    if search.actor.as_ref().is_some_and(|it| it.len() > ACTOR) {
        return Err(Transport::Malformed.with("reason", "actor"));
    }
    exports::note(app, None, Exported::Audit, caller).await?;
    let reader = reader(app, caller).await?;
    let head = platform::load(app).await.map_err(of_store)?.head;
    let limit = usize::try_from(limit.clamp(1, PAGE)).unwrap_or(usize::MAX);
    // Time never goes back in a stream, so both ends are found without reading it.
    let low = match search.from {
        Some(from) => first_at(app, from, head.size).await?,
        None => 1,
    };
    let end = match search.to {
        Some(to) => first_at(app, to, head.size).await?,
        None => head.size + 1,
    };
    let mut scan = Scan::of(place, low, end);
    let mut found = Vec::new();
    while found.len() < limit && scan.goes_on() {
        for (event, exact) in scan.read(app).await? {
            scan.pass(event.seq);
            let why = hidden(&event, &reader);
            if search.finds(&event, why.is_none()) {
                found.push((why, exact));
            }
            if found.len() == limit {
                break;
            }
        }
    }
    grow(app, head.size).await?;
    let told = found
        .into_iter()
        .map(|(why, exact)| tell(app, why, exact, head.size));
    Ok(AuditPage {
        events: told.collect::<Result<_, Problem>>()?,
        next: scan.rest(),
        size: head.size,
        root: head.root.to_string(),
        now: app.now(),
    })
}

/// A look through a part of the stream, in one direction and no longer than a page may
/// take.
struct Scan {
    place: Place,
    /// What is not looked at yet: from here, to before there.
    start: u64,
    stop: u64,
    looked_at: u64,
}

impl Scan {
    /// From where the reader is, between two events.
    fn of(place: Place, low: u64, end: u64) -> Self {
        let (start, stop) = match place {
            Place::After(after) => (low.max(after.saturating_add(1)), end),
            Place::Before(before) => (low, end.min(before.unwrap_or(u64::MAX))),
        };
        Self {
            place,
            start,
            stop,
            looked_at: 0,
        }
    }

    const fn goes_on(&self) -> bool {
        self.start < self.stop && self.looked_at < LOOKED_AT
    }

    /// The next events, in the order in which they are looked at.
    async fn read(&mut self, app: &App) -> Result<Vec<(Recorded, Exact)>, Problem> {
        let count = (self.stop - self.start).min(PAGE);
        let first = match self.place {
            Place::After(_) => self.start,
            Place::Before(_) => self.stop - count,
        };
        let mut events = read(app, first, count).await?;
        if events.is_empty() {
            return Err(Problem::internal("events of the platform are missing"));
        }
        if let Place::Before(_) = self.place {
            events.reverse();
        }
        self.looked_at += count;
        Ok(events)
    }

    const fn pass(&mut self, seq: u64) {
        match self.place {
            Place::After(_) => self.start = seq + 1,
            Place::Before(_) => self.stop = seq,
        }
    }

    /// Where the next page begins; none where all is looked at.
    fn rest(&self) -> Option<u64> {
        let next = match self.place {
            Place::After(_) => self.start.saturating_sub(1),
            Place::Before(_) => self.stop,
        };
        (self.start < self.stop).then_some(next)
    }
}

/// The anchors of the platform's stream, opened.
///
/// # Errors
/// When the store fails.
pub async fn anchors(app: &App, after: u64) -> Result<PlatformAnchors, Problem> {
    let stream = StreamId::platform();
    let AnchorList { anchors, now } = log::opened(app, &stream, after).await?;
    let mut newest = None;
    for anchor in anchors.iter().rev() {
        newest = log::anchored(app, &stream, anchor.size).await?;
        if newest.is_some() {
            break;
        }
    }
    Ok(PlatformAnchors {
        anchors,
        newest,
        now,
    })
}

/// What a supervisor may read.
async fn reader(app: &App, caller: &Caller) -> Result<Reader, Problem> {
    let now = app.now();
    let organisation = &caller.session.organisation;
    let lines = app.memory.summaries.current(app).await?;
    let mut reader = Reader {
        supervises: BTreeSet::new(),
        bids_since: Millis::MAX,
    };
    for line in lines.values() {
        let summary = &line.listed.summary;
        if let Some(since) = summary.takes_bids_since(now) {
            reader.bids_since = reader.bids_since.min(since);
        }
        let theirs = summary.published
            && caller.has(Role::Supervisor)
            && summary.is_supervised_by(organisation);
        if theirs && let Some(project) = deciding::project_of(&line.listed.stream) {
            reader.supervises.insert(project);
        }
    }
    Ok(reader)
}

/// The number of the first event at or after an instant, up to one more than there are.
async fn first_at(app: &App, at: Millis, size: u64) -> Result<u64, Problem> {
    let (mut low, mut high) = (1, size + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let event = read(app, middle, 1).await?;
        if event.first().is_some_and(|(it, _)| it.time < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

async fn read(app: &App, first: u64, count: u64) -> Result<Vec<(Recorded, Exact)>, Problem> {
    let stream = StreamId::platform();
    let exact = app.store.exact_events(&stream, first - 1, count).await;
    let decoded = exact.map_err(of_store)?.into_iter().map(|exact| {
        let event = Recorded {
            seq: exact.seq,
            time: exact.time,
            facts: serde_json::from_slice(&exact.facts.bytes).map_err(Problem::internal)?,
            details: exact
                .details
                .as_ref()
                .map(|details| serde_json::from_slice(&details.bytes))
                .transpose()
                .map_err(Problem::internal)?,
        };
        Ok((event, exact))
    });
    decoded.collect()
}

/// Lets the tree in memory grow to so many leaves.
async fn grow(app: &App, size: u64) -> Result<(), Problem> {
    let stream = StreamId::platform();
    let known = app.memory.audit.size();
    if known == 0 {
        let leaves = app.store.leaves(&stream, size).await.map_err(of_store)?;
        app.memory.audit.extend(0, &leaves);
        return Ok(());
    }
    let mut known = known;
    while known < size {
        let events = app.store.exact_events(&stream, known, PAGE).await;
        let leaves: Vec<_> = events.map_err(of_store)?.iter().map(|it| it.leaf).collect();
        if leaves.is_empty() {
            return Err(Problem::internal(
                "leaves of the platform's tree are missing",
            ));
        }
        app.memory.audit.extend(known, &leaves);
        known += u64::try_from(leaves.len()).unwrap_or(u64::MAX);
    }
    Ok(())
}

fn tell(app: &App, why: Option<Hidden>, event: Exact, size: u64) -> Result<AuditEvent, Problem> {
    let parsed = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).map_err(Problem::internal);
    let path = app.memory.audit.path(event.seq, size);
    let path = path.ok_or_else(|| Problem::internal("an event is not in the platform's tree"))?;
    let details = event.details.as_ref().filter(|_| why.is_none());
    Ok(AuditEvent {
        seq: event.seq,
        time: event.time,
        facts: parsed(&event.facts.bytes)?,
        facts_salt: hex::encode(event.facts.salt),
        details: details.map(|it| parsed(&it.bytes)).transpose()?,
        details_salt: details.map(|it| hex::encode(it.salt)),
        hidden: why,
        shell: String::from_utf8(event.shell).map_err(Problem::internal)?,
        path: path.iter().map(ToString::to_string).collect(),
    })
}
