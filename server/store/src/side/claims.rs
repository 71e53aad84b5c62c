//! External identifiers already used. They are looked up by keyed hash, so that
//! the table tells nothing about who was imported.

use crate::error::StoreError;
use crate::keys::{Keys, Row};
use crate::ledger::{Change, Hashed, Read};
use crate::stream::Claim;

/// What the id was used for, if it was.
pub async fn find(
    reader: &mut (dyn Read + '_),
    keys: &Keys,
    scope: &str,
    id: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let name = name(keys, scope, id);
    let sealed = reader.claim(&name).await?;
    sealed
        .map(|sealed| Ok(keys.open(Row::Claim, &name, &sealed)?.to_vec()))
        .transpose()
}

/// Uses the id up.
pub fn put(keys: &Keys, claim: &Claim) -> Result<Change, StoreError> {
    let name = name(keys, &claim.scope, &claim.id);
    let sealed = keys.seal(Row::Claim, &name, &claim.value)?;
    Ok(Change::ClaimPut { name, sealed })
}

/// What is held while it is looked whether the id is free. No stream has such a name.
pub fn held_by(keys: &Keys, scope: &str, id: &str) -> String {
    format!("~claim {}", hex::encode(name(keys, scope, id)))
}

/// By which name it is stored.
pub fn name(keys: &Keys, scope: &str, id: &str) -> Hashed {
    keys.index(&[b"claim", scope.as_bytes(), id.as_bytes()])
}
