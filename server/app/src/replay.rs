//! The supervisor's player: the room of the past, as anybody saw it who was in it
//! (docs/spec/replay.md).

use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use kaibiao_api::problem::{Problem, Transport};
use kaibiao_api::{ReplayFeed, ReplaySteps};
use kaibiao_core::Project;
use kaibiao_core::access::{Point, Thing, may_read};
use kaibiao_core::event::Recorded;
use kaibiao_core::ids::{Millis, ProjectId, Seq};
use kaibiao_core::player::{EventProof, Frame, Onlooker, onlookers};
use kaibiao_core::stream::Unlawful;
use kaibiao_crypto::canonical;

use crate::caller::{Caller, Visitor};
use crate::failure::of_store;
use crate::memory::reels::Held;
use crate::{App, bids, deciding, log, projects, statements};

/// Where the cursor stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum At {
    /// After the last event.
    #[default]
    Last,
    /// After an event, at its time.
    Seq(Seq),
    /// At an instant.
    Instant(Millis),
}

impl FromStr for At {
    type Err = Problem;

    /// An event's number, or an instant by RFC 3339.
    fn from_str(text: &str) -> Result<Self, Problem> {
        if text.bytes().all(|byte| byte.is_ascii_digit())
            && let Ok(seq) = text.parse()
        {
            return Ok(Self::Seq(seq));
        }
        let instant = text.parse::<Timestamp>().map_err(|_| {
            let reason = "at: an event's number, or an instant like 2026-11-28T06:40:00Z";
            Transport::Malformed.with("reason", reason)
        })?;
        Ok(Self::Instant(instant.as_millisecond()))
    }
}

/// The room at an instant as an onlooker saw it: canonical JSON of a
/// [`kaibiao_core::player::Scene`].
///
/// # Errors
/// `not-found` before T0, for everybody but a supervisor of the project, for an event
/// that is not there and an instant before the first; `malformed` for an instant that is
/// not over.
pub async fn scene(
    app: &App,
    caller: &Caller,
    project: ProjectId,
    at: At,
    onlooker: Onlooker,
) -> Result<Vec<u8>, Problem> {
    let held = opened(app, caller, project).await?;
    let (seq, now) = place(app, &held, at)?;
    let (frame, between) = reached(app, &held, project, seq, 0).await?;
    app.heavy(move || {
        let frame = between.iter().try_fold(frame, Frame::after);
        let frame = frame.map_err(damaged(project))?;
        Ok(canonical::to_bytes(&frame.seen(&onlooker, now)))
    })
    .await
}

/// The steps of the cursor after event `after`, at most `limit`.
///
/// # Errors
/// `not-found` before T0 and for everybody but a supervisor of the project.
pub async fn steps(
    app: &App,
    caller: &Caller,
    project: ProjectId,
    after: Seq,
    limit: u64,
) -> Result<ReplaySteps, Problem> {
    let held = opened(app, caller, project).await?;
    let (frame, events) = reached(app, &held, project, after, limit).await?;
    app.heavy(move || {
        let mut steps = Vec::new();
        along(frame, &events, |before, event, frame| {
            if event.seq > after {
                steps.push(frame.step(before, event));
            }
        })
        .map_err(damaged(project))?;
        let reel = held.reel();
        Ok(ReplaySteps {
            steps,
            size: reel.last().seq(),
            onlookers: onlookers(reel.last()),
        })
    })
    .await
}

/// What an onlooker was told of the events after `after`, of at most `limit` of them.
///
/// # Errors
/// As [`steps`].
pub async fn feed(
    app: &App,
    caller: &Caller,
    project: ProjectId,
    onlooker: Onlooker,
    after: Seq,
    limit: u64,
) -> Result<ReplayFeed, Problem> {
    let held = opened(app, caller, project).await?;
    let (frame, events) = reached(app, &held, project, after, limit).await?;
    app.heavy(move || {
        let mut items = Vec::new();
        let last = along(frame, &events, |_, event, frame| {
            if event.seq > after {
                items.extend(frame.heard(&onlooker, event));
            }
        })
        .map_err(damaged(project))?;
        Ok(ReplayFeed {
            items,
            next: last.seq(),
            size: held.reel().last().seq(),
        })
    })
    .await
}

/// That an event lies in the project's tree, and that tree in the public log.
///
/// # Errors
/// As [`steps`], and `not-found` for an event that is not there.
pub async fn proof(
    app: &App,
    caller: &Caller,
    project: ProjectId,
    seq: Seq,
) -> Result<EventProof, Problem> {
    ensure(app, caller, project).await?;
    let stream = deciding::stream(project);
    let head = deciding::load(app, project).await?.head;
    if seq == 0 || seq > head.size {
        return Err(Transport::NotFound.into());
    }
    let anchored = log::anchored_over(app, &stream, seq).await?;
    let size = anchored.as_ref().map_or(head.size, |it| it.anchor.size);
    let tree = statements::tree(app, project, size).await?;
    let path = tree.inclusion(seq - 1, size);
    Ok(EventProof {
        seq,
        anchored,
        size,
        root: tree.root(),
        path: path
            .ok_or_else(|| Problem::internal("a leaf of the tree"))?
            .path,
    })
}

async fn ensure(app: &App, caller: &Caller, project: ProjectId) -> Result<(), Problem> {
    let current = projects::current(app, project).await?;
    let viewer = projects::viewer(&current.book, &Visitor(Some(caller.clone())));
    let at = Point::project(&current.state);
    bids::ensure(may_read(&viewer, Thing::Events, at, false))
}

async fn opened(app: &App, caller: &Caller, project: ProjectId) -> Result<Arc<Held>, Problem> {
    ensure(app, caller, project).await?;
    app.memory.reels.of(app, project).await
}

/// The event after which the room is shown, and the instant.
fn place(app: &App, held: &Held, at: At) -> Result<(Seq, Millis), Problem> {
    let reel = held.reel();
    let (seq, instant) = match at {
        At::Last => (reel.last().seq(), None),
        At::Seq(seq) => (seq, None),
        // What has not passed could still be another past.
        At::Instant(instant) if instant > app.now() => {
            let reason = "at: this instant is not over";
            return Err(Transport::Malformed.with("reason", reason));
        }
        At::Instant(instant) => (reel.seq_at(instant), Some(instant)),
    };
    let time = reel.time_of(seq).ok_or(Transport::NotFound)?;
    Ok((seq, instant.unwrap_or(time)))
}

/// A frame that is kept, and the events from there to `limit` events after `seq`.
async fn reached(
    app: &App,
    held: &Held,
    project: ProjectId,
    seq: Seq,
    limit: u64,
) -> Result<(Frame, Vec<Recorded>), Problem> {
    let frame = held.reel().before(seq).clone();
    let count = seq.saturating_sub(frame.seq()).saturating_add(limit);
    let stream = deciding::stream(project);
    let events = app.store.events::<Project>(&stream, frame.seq(), count);
    Ok((frame, events.await.map_err(of_store)?))
}

/// Goes along events, and tells of each with the frames before and after it; answers
/// the last frame.
fn along(
    mut frame: Frame,
    events: &[Recorded],
    mut tell: impl FnMut(&Frame, &Recorded, &Frame),
) -> Result<Frame, Unlawful> {
    for event in events {
        let after = frame.clone().after(event)?;
        tell(&frame, event, &after);
        frame = after;
    }
    Ok(frame)
}

fn damaged(project: ProjectId) -> impl Fn(Unlawful) -> Problem {
    move |unlawful| {
        tracing::warn!(%project, problem = %unlawful, "a damaged stream was replayed");
        Transport::ProjectDamaged.with("project", project)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_number_or_an_instant() {
        assert_eq!("57".parse::<At>().unwrap(), At::Seq(57));
        let instant = At::Instant(1_795_848_000_123);
        assert_eq!("2026-11-28T06:40:00.123Z".parse::<At>().unwrap(), instant);
        let beijing = "2026-11-28T14:40:00.123+08:00".parse::<At>();
        assert_eq!(beijing.unwrap(), instant);
        for wrong in ["", "-1", "1.5", "2026-11-28", "now", "99999999999999999999"] {
            assert!(wrong.parse::<At>().is_err(), "{wrong}");
        }
    }
}
