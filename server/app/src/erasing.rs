//! Erasing the details of an event, which a person may demand (docs/spec/events.md,
//! *Erased details*): whether it may be done, and what this process has to forget then.
//! That it was done stands in the platform's stream before anything is gone.

use kaibiao_api::problem::Problem;
use kaibiao_core::act::EraseDetails;
use kaibiao_core::command::Checked;
use kaibiao_core::erasure::{Erasable, Trial};
use kaibiao_core::ids::{ProjectId, Seq};
use kaibiao_core::platform::{Event, Platform, What};
use kaibiao_core::project::Project;
use kaibiao_core::refusal::RefusalCode;
use kaibiao_core::stream::Stream;
use kaibiao_crypto::shell::Shell;
use kaibiao_store::{Erasure, StoreError, StreamId};

use crate::failure::of_store;
use crate::{App, attachments, deciding};

/// Events folded at a time.
const PAGE: u64 = 500;

/// What was looked at before an act that erases is decided.
pub struct Looked {
    /// That it may be done.
    pub checked: Checked,
    /// The keys of files that nobody but the event names; they go with it.
    pub secrets: Vec<String>,
}

/// Looks whether the event that an act names may lose its details.
///
/// # Errors
/// The refusal, or a failure of the store.
pub async fn look(app: &App, body: &EraseDetails) -> Result<Looked, Problem> {
    let unknown = || Problem::from(RefusalCode::NoSuchEvent);
    let stream = StreamId::new(&body.stream).ok_or_else(unknown)?;
    let checked = if stream == StreamId::platform() {
        of::<Platform>(app, &stream, body.event).await?
    } else {
        // Only as it is written in the stream's name.
        let project: ProjectId = body.stream.parse().map_err(|_| unknown())?;
        if deciding::stream(project) != stream {
            return Err(unknown());
        }
        of::<Project>(app, &stream, body.event).await?
    };
    let secrets = match deciding::project_of(&stream) {
        Some(project) => attachments::of_event(app, project, body.event).await?,
        None => Vec::new(),
    };
    Ok(Looked { checked, secrets })
}

async fn of<S: Erasable>(app: &App, stream: &StreamId, seq: Seq) -> Result<Checked, Problem> {
    let current = app.store.load::<S>(stream).await.map_err(of_store)?;
    if seq == 0 || seq > current.version {
        return Err(RefusalCode::NoSuchEvent.into());
    }
    let exact = app.store.exact_events(stream, seq - 1, 1).await;
    let exact = exact.map_err(of_store)?.into_iter().next();
    let exact = exact.ok_or(RefusalCode::NoSuchEvent)?;
    if exact.details.is_none() {
        return Err(RefusalCode::AlreadyDone.into());
    }
    let found = app.store.events::<S>(stream, seq - 1, 1).await;
    let event = found.map_err(of_store)?.into_iter().next();
    let event = event.ok_or(RefusalCode::NoSuchEvent)?;
    S::may_be_erased(&current.state, &event, app.now())?;
    let mut trial = Trial::<S>::of(seq);
    let mut after = 0;
    while after < current.version {
        let events = app.store.events::<S>(stream, after, PAGE).await;
        let events = events.map_err(of_store)?;
        after = events.last().ok_or(RefusalCode::NoSuchEvent)?.seq;
        // A long stream takes long to fold.
        trial = app
            .heavy(move || {
                for event in events {
                    trial.add(event);
                }
                Ok(trial)
            })
            .await?;
    }
    if !trial.holds() {
        return Err(RefusalCode::NotErasable.into());
    }
    let shell = Shell::from_bytes(&exact.shell).map_err(Problem::internal)?;
    Ok(Checked::Erasable(shell.details))
}

/// What events of the platform's stream have erased with them.
pub fn erased(events: &[Event], secrets: &[String]) -> Vec<Erasure> {
    let erasure = |event: &Event| of_fact(&event.facts.what, secrets);
    events.iter().filter_map(erasure).collect()
}

fn of_fact(what: &What, secrets: &[String]) -> Option<Erasure> {
    let What::DetailsErased {
        stream,
        event,
        details,
    } = what
    else {
        return None;
    };
    Some(Erasure {
        stream: StreamId::new(stream)?,
        seq: *event,
        details: *details,
        secrets: secrets.to_vec(),
    })
}

/// Has this process forget what it remembers of an event whose details were erased.
pub fn forget(app: &App, what: &What) {
    let What::DetailsErased { stream, .. } = what else {
        return;
    };
    if let Ok(project) = stream.parse() {
        app.memory.reels.forget(project);
        app.memory.rooms.forget(project);
    }
}

/// Finishes what is on record as erased and has its details still. Both are written in one
/// transaction, so that there is none, unless somebody has put a stream's rows back.
///
/// # Errors
/// When the store fails and may work again; a stream that is damaged holds up no other.
pub async fn finish(app: &App) -> Result<(), Problem> {
    let platform = crate::platform::load(app).await.map_err(of_store)?;
    for (name, events) in &platform.state.erased {
        let Some(stream) = StreamId::new(name) else {
            continue;
        };
        for (seq, erased) in events {
            let erasure = Erasure {
                stream: stream.clone(),
                seq: *seq,
                details: erased.details,
                secrets: Vec::new(),
            };
            match app.store.erase(erasure).await {
                Ok(()) => {}
                Err(error @ (StoreError::Damaged { .. } | StoreError::Corrupt(_))) => {
                    tracing::error!(%error, stream = name, seq, "details that were to be erased");
                }
                Err(error) => return Err(of_store(error)),
            }
        }
    }
    Ok(())
}

/// Compares the events of a stream that have no details with those of which the
/// platform's stream says so; answers what differs.
pub fn differing(
    name: &str,
    lacking: &std::collections::BTreeMap<u64, kaibiao_crypto::Digest>,
    platform: &<Platform as Stream>::State,
) -> Vec<String> {
    let nothing = std::collections::BTreeMap::new();
    let said = platform.erased.get(name).unwrap_or(&nothing);
    let unsaid = lacking.iter().filter(|(seq, digest)| {
        said.get(seq)
            .is_none_or(|erased| erased.details != **digest)
    });
    let undone = said.keys().filter(|seq| !lacking.contains_key(seq));
    let unsaid = unsaid.map(|(seq, _)| {
        format!("stream {name}, event {seq}: its details are erased, and the platform's stream does not say so")
    });
    let undone = undone.map(|seq| {
        format!("stream {name}, event {seq}: its details are on record as erased, and are there; the next start erases them")
    });
    unsaid.chain(undone).collect()
}
