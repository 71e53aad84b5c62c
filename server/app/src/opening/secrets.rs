//! The secrets of bids that the store keeps sealed beside a project's stream,
//! and their names.

use kaibiao_core::ids::ProjectId;
use kaibiao_crypto::Digest;
use kaibiao_crypto::bid::Header;
use kaibiao_crypto::secret::Secret;
use kaibiao_store::StoreError;

use crate::App;
use crate::deciding::stream;

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
pub(super) async fn secret(
    app: &App,
    project: ProjectId,
    name: &str,
) -> Result<Option<Secret>, StoreError> {
    let kept = app.store.secret(&stream(project), name).await?;
    kept.map(|bytes| Secret::from_slice(&bytes))
        .map(|secret| secret.ok_or_else(|| StoreError::Corrupt("a secret".into())))
        .transpose()
}
