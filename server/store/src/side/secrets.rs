//! Keys and shares, sealed beside their stream, wiped when their use is over.
//!
//! `secure_delete` overwrites a deleted row in the database; its copies in the
//! write-ahead log are overwritten by the next checkpoint's log. What a disk's
//! own firmware keeps cannot be reached from here (docs/ops/storage.md).

use sqlx::sqlite::SqliteConnection;
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::keys::{Keys, Row};
use crate::stream::StreamId;

type Named = (String, Zeroizing<Vec<u8>>);

pub async fn put(
    conn: &mut SqliteConnection,
    keys: &Keys,
    id: i64,
    stream: &StreamId,
    secrets: &[Named],
) -> Result<(), StoreError> {
    for (name, value) in secrets {
        let hashed = hashed(keys, stream, name);
        let length = u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes();
        let mut plain = Zeroizing::new(Vec::with_capacity(4 + name.len() + value.len()));
        plain.extend_from_slice(&length);
        plain.extend_from_slice(name.as_bytes());
        plain.extend_from_slice(value);
        sqlx::query(
            "INSERT INTO secrets (stream, name, sealed) VALUES (?, ?, ?) \
             ON CONFLICT (stream, name) DO UPDATE SET sealed = excluded.sealed",
        )
        .bind(id)
        .bind(&hashed[..])
        .bind(keys.seal(Row::Secret, &hashed, &plain)?)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

pub async fn wipe(
    conn: &mut SqliteConnection,
    keys: &Keys,
    id: i64,
    stream: &StreamId,
    names: &[String],
) -> Result<(), StoreError> {
    for name in names {
        sqlx::query("DELETE FROM secrets WHERE stream = ? AND name = ?")
            .bind(id)
            .bind(&hashed(keys, stream, name)[..])
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

pub async fn find(
    conn: &mut SqliteConnection,
    keys: &Keys,
    stream: &StreamId,
    name: &str,
) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let hashed = hashed(keys, stream, name);
    let sealed: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT sealed FROM secrets \
         WHERE stream = (SELECT id FROM streams WHERE stream = ?) AND name = ?",
    )
    .bind(stream.as_str())
    .bind(&hashed[..])
    .fetch_optional(conn)
    .await?;
    sealed
        .map(|sealed| Ok(split(&keys.open(Row::Secret, &hashed, &sealed)?)?.1))
        .transpose()
}

/// The names of a stream's secrets, sorted.
pub async fn names(
    conn: &mut SqliteConnection,
    keys: &Keys,
    stream: &StreamId,
) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT name, sealed FROM secrets \
         WHERE stream = (SELECT id FROM streams WHERE stream = ?)",
    )
    .bind(stream.as_str())
    .fetch_all(conn)
    .await?;
    let mut names = rows
        .iter()
        .map(|(hashed, sealed)| Ok(split(&keys.open(Row::Secret, hashed, sealed)?)?.0))
        .collect::<Result<Vec<_>, StoreError>>()?;
    names.sort();
    Ok(names)
}

fn split(plain: &[u8]) -> Result<Named, StoreError> {
    let parts = plain.split_first_chunk::<4>().and_then(|(length, rest)| {
        let (name, value) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        let name = std::str::from_utf8(name).ok()?.to_owned();
        Some((name, Zeroizing::new(value.to_vec())))
    });
    parts.ok_or_else(|| StoreError::Corrupt("a secret's framing".into()))
}

fn hashed(keys: &Keys, stream: &StreamId, name: &str) -> [u8; 32] {
    keys.index(&[b"secret", stream.as_str().as_bytes(), name.as_bytes()])
}
