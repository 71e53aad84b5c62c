//! The opening record: made once from the event stream alone, typeset once, and
//! both kept by their digests (docs/spec/record.md).

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_core::command::{Command, System};
use kaibiao_core::ids::{LotId, ProjectId};
use kaibiao_core::project::Project;
use kaibiao_core::refusal::RefusalCode;
use kaibiao_core::state::RecordState;
use kaibiao_crypto::{Digest, canonical};
use kaibiao_store::Current;
use kaibiao_typeset::{Imprint, Template, typeset};

use super::deciding::{self, Beside};
use super::{App, blocking};
use crate::failure::of_store;

/// How often a record is made at once while rulings overtake it.
const TRIES: u32 = 4;

/// Makes a lot's record and appends an event with its digests. A record that
/// cannot be typeset is made all the same, since its original is the JSON.
///
/// # Errors
/// When the store fails, or the rules refuse because no record is due.
pub async fn make(app: &App, project: ProjectId, lot: &LotId) -> Result<(), Problem> {
    let mut tries = 1..TRIES;
    loop {
        match make_now(app, project, lot).await {
            // A ruling came in while it was typeset: it is made of what is so now.
            Err(problem)
                if problem.code == RefusalCode::RecordDiffers.code() && tries.next().is_some() => {}
            done => return done,
        }
    }
}

async fn make_now(app: &App, project: ProjectId, lot: &LotId) -> Result<(), Problem> {
    let current = deciding::load(app, project).await?;
    let head = kaibiao_core::record::Head {
        size: current.head.size,
        root: current.head.root,
    };
    let Some(record) =
        kaibiao_core::record::record(project, lot, &current.state, &current.book, head)
    else {
        return Ok(());
    };
    let bytes = canonical::to_bytes(&record);
    let digest = app
        .store
        .blobs()
        .put(bytes.clone())
        .await
        .map_err(of_store)?;
    let imprint = Imprint {
        made: current.last_time,
        digest: digest.to_string(),
    };
    let pdf = match print(bytes, imprint).await {
        Ok(bytes) => Some(app.store.blobs().put(bytes).await.map_err(of_store)?),
        Err(error) => {
            tracing::error!(%project, %lot, %error, "the record could not be typeset");
            None
        }
    };
    let command = Command::System(System::RecordMade {
        lot: lot.clone(),
        size: head.size,
        record: digest,
        pdf,
    });
    deciding::put(app, project, command, Beside::nothing)
        .await
        .map(drop)
}

async fn print(record: Vec<u8>, imprint: Imprint) -> Result<Vec<u8>, Problem> {
    blocking(move || {
        let record = serde_json::from_slice(&record).map_err(Problem::internal)?;
        let pdf = typeset(Template::OpeningRecord, &record, &imprint).map_err(Problem::internal)?;
        Ok(pdf.bytes)
    })
    .await
}

/// A lot's record in force, or the one with the given digest.
///
/// # Errors
/// `not-found` while there is none.
pub fn find<'a>(
    current: &'a Current<Project>,
    lot: &LotId,
    digest: Option<Digest>,
) -> Result<&'a RecordState, Problem> {
    let lot = current.state.lots.get(lot).ok_or(Transport::NotFound)?;
    let found = match digest {
        None => lot.records.last(),
        Some(digest) => lot.records.iter().find(|record| record.record == digest),
    };
    found.ok_or_else(|| Transport::NotFound.into())
}

/// A record's bytes, JSON or PDF, by their digest.
///
/// # Errors
/// When the store fails.
pub async fn bytes(app: &App, digest: Digest) -> Result<Vec<u8>, Problem> {
    app.store.blobs().get(digest).await.map_err(of_store)
}
