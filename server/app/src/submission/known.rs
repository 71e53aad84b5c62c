//! Uploads under way as this process knows them. Their rows decide: another node may
//! have begun one, gone on with it or ended it.

use std::collections::HashSet;
use std::sync::Arc;

use kaibiao_api::problem::{Problem, Transport};

use super::incoming::{About, Incoming};
use crate::App;
use crate::failure::of_store;

/// An upload by its id, wherever it began.
///
/// # Errors
/// `upload-gone` when there is none, or none any more.
pub async fn find(app: &App, id: &str) -> Result<Arc<Incoming>, Problem> {
    match app.memory.uploads.find(id) {
        Some(known) => Ok(known),
        None => load(app, id).await?.ok_or(Transport::UploadGone.into()),
    }
}

/// Learns of uploads that began elsewhere, and forgets those that are over.
///
/// # Errors
/// When the store fails.
pub async fn refresh(app: &App) -> Result<(), Problem> {
    let uploads = &app.memory.uploads;
    // Before the rows: what begins meanwhile is not among them.
    let known: HashSet<String> = uploads.ids().into_iter().collect();
    let ids = app.store.uploads().ids().await.map_err(of_store)?;
    let ids: HashSet<String> = ids.into_iter().collect();
    for over in known.difference(&ids) {
        uploads.forget(over);
    }
    for new in ids.difference(&known) {
        load(app, new).await?;
    }
    Ok(())
}

async fn load(app: &App, id: &str) -> Result<Option<Arc<Incoming>>, Problem> {
    let found = app.store.uploads().find::<About>(id).await;
    let Some(upload) = found.map_err(of_store)? else {
        return Ok(None);
    };
    // Its header could be parsed when it began.
    let incoming = Incoming::new(upload.id, upload.about, upload.expires);
    Ok(incoming
        .ok()
        .map(|incoming| app.memory.uploads.keep(incoming)))
}
