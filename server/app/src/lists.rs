//! Revocation lists on which the judgements of accepted acts rest, kept and
//! handed out by digest (docs/spec/signatures.md, 6).

use kaibiao_api::problem::{Problem, Transport};
use kaibiao_crypto::Digest;
use kaibiao_crypto::certificate::{Grounds, Trust};
use kaibiao_store::StoreError;

use crate::App;
use crate::failure::of_store;

/// Keeps the revocation lists that a judgement rests on, each once, for whoever
/// makes it again.
pub(crate) async fn keep(app: &App, trust: &Trust, grounds: &Grounds) -> Result<(), Problem> {
    let lists = app.store.lists();
    for digest in grounds.lists() {
        if lists.holds(&digest).await.map_err(of_store)? {
            continue;
        }
        let der = trust
            .list(&digest)
            .ok_or_else(|| Problem::internal("a judgement by a list that is not there"))?;
        lists.put(der.to_vec()).await.map_err(of_store)?;
    }
    Ok(())
}

/// A revocation list that was kept with an accepted act.
///
/// # Errors
/// `not-found` for any other.
pub async fn get(app: &App, digest: Digest) -> Result<Vec<u8>, Problem> {
    match app.store.lists().get(digest).await {
        Ok(list) => Ok(list),
        Err(StoreError::Missing(_)) => Err(Transport::NotFound.into()),
        Err(error) => Err(of_store(error)),
    }
}
