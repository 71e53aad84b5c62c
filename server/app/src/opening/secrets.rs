//! Reads the secrets of bids that the store keeps sealed beside a project's stream.

use kaibiao_core::ids::ProjectId;
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::Header;
use kaibiao_crypto::secret::Secret;
use kaibiao_store::StoreError;

use crate::App;
use crate::deciding::stream;
use crate::kept::header_name;

/// The header of a bid, if the project has the bid.
///
/// # Errors
/// [`StoreError::Corrupt`] when what is stored is not a header any more; else the
/// database fails.
pub async fn header(
    app: &App,
    project: ProjectId,
    bid: &Digest,
) -> Result<Option<Header>, StoreError> {
    let kept = app
        .store
        .secret(&stream(project), &header_name(bid))
        .await?;
    kept.map(|bytes| Header::parse(&bytes))
        .transpose()
        .map_err(|problem| StoreError::Corrupt(format!("a header: {problem}")))
}

/// A secret of 32 bytes, if it is there.
///
/// # Errors
/// As [`header`].
pub async fn secret(
    app: &App,
    project: ProjectId,
    name: &str,
) -> Result<Option<Secret>, StoreError> {
    let kept = app.store.secret(&stream(project), name).await?;
    kept.map(|bytes| Secret::from_slice(&bytes))
        .map(|secret| secret.ok_or_else(|| StoreError::Corrupt("a secret".into())))
        .transpose()
}
