//! Reads the secrets of bids that the store keeps sealed beside a project's stream.

use kaibiao_api::problem::Problem;
use kaibiao_core::ids::ProjectId;
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::Header;
use kaibiao_crypto::secret::Secret;

use crate::App;
use crate::deciding::stream;
use crate::failure::of_store;
use crate::kept::header_name;

/// The header of a bid, if the project has the bid.
///
/// # Errors
/// `internal` when what is stored is not a header any more.
pub async fn header(
    app: &App,
    project: ProjectId,
    bid: &Digest,
) -> Result<Option<Header>, Problem> {
    let Some(bytes) = app
        .store
        .secret(&stream(project), &header_name(bid))
        .await
        .map_err(of_store)?
    else {
        return Ok(None);
    };
    Header::parse(&bytes).map(Some).map_err(Problem::internal)
}

/// A secret of 32 bytes, if it is there.
///
/// # Errors
/// When the store fails.
pub async fn secret(app: &App, project: ProjectId, name: &str) -> Result<Option<Secret>, Problem> {
    let kept = app
        .store
        .secret(&stream(project), name)
        .await
        .map_err(of_store)?;
    Ok(kept.and_then(|bytes| Secret::from_slice(&bytes)))
}
