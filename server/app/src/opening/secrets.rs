//! The secrets of bids that the store keeps sealed beside a project's stream,
//! and their names.

use kaibiao_api::problem::Problem;
use kaibiao_core::ids::ProjectId;
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::Header;
use kaibiao_crypto::secret::Secret;

use crate::App;
use crate::deciding::stream;
use crate::failure::of_store;

/// A bid's header. It is kept sealed because it names the bidder.
pub fn header_name(bid: &Digest) -> String {
    format!("header/{bid}")
}

/// A bid's b, from its bidder or by rescue.
pub fn unlock_name(bid: &Digest) -> String {
    format!("unlock/{bid}")
}

/// A custodian's share of r.
pub fn share_name(bid: &Digest, x: u8) -> String {
    format!("share/{bid}/{x}")
}

/// A custodian's share of b.
pub fn rescue_name(bid: &Digest, x: u8) -> String {
    format!("rescue/{bid}/{x}")
}

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
pub(super) async fn secret(
    app: &App,
    project: ProjectId,
    name: &str,
) -> Result<Option<Secret>, Problem> {
    let kept = app
        .store
        .secret(&stream(project), name)
        .await
        .map_err(of_store)?;
    Ok(kept.and_then(|bytes| Secret::from_slice(&bytes)))
}
