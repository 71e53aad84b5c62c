//! External identifiers already used. Looked up by keyed hash, so that the table
//! tells nothing about who was imported.

use sqlx::sqlite::SqliteConnection;

use crate::error::StoreError;
use crate::keys::{Keys, Row};
use crate::stream::Claim;

pub async fn find(
    conn: &mut SqliteConnection,
    keys: &Keys,
    scope: &str,
    id: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let name = name(keys, scope, id);
    let sealed: Option<Vec<u8>> = sqlx::query_scalar("SELECT sealed FROM claims WHERE name = ?")
        .bind(&name[..])
        .fetch_optional(conn)
        .await?;
    sealed
        .map(|sealed| Ok(keys.open(Row::Claim, &name, &sealed)?.to_vec()))
        .transpose()
}

pub async fn insert(
    conn: &mut SqliteConnection,
    keys: &Keys,
    claims: &[Claim],
) -> Result<(), StoreError> {
    for claim in claims {
        let name = name(keys, &claim.scope, &claim.id);
        sqlx::query("INSERT INTO claims (name, sealed) VALUES (?, ?)")
            .bind(&name[..])
            .bind(keys.seal(Row::Claim, &name, &claim.value)?)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

fn name(keys: &Keys, scope: &str, id: &str) -> [u8; 32] {
    keys.index(&[b"claim", scope.as_bytes(), id.as_bytes()])
}
