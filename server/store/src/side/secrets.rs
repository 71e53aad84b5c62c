//! Keys and shares, sealed beside their stream, wiped when their use is over.
//!
//! The engine overwrites a wiped row in every file of its own
//! ([`crate::ledger::Ledger::tend`]). What a disk's own firmware keeps cannot be
//! reached from here (docs/ops/storage.md).

use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::keys::{Keys, Row};
use crate::ledger::{Change, Hashed, Read};
use crate::stream::StreamId;

type Named = (String, Zeroizing<Vec<u8>>);

/// Puts a secret beside the stream of this number and name.
pub fn put(
    keys: &Keys,
    (id, stream): (i64, &StreamId),
    name: &str,
    value: &[u8],
) -> Result<Change, StoreError> {
    let hashed = hashed(keys, stream, name);
    let length = u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut plain = Zeroizing::new(Vec::with_capacity(4 + name.len() + value.len()));
    plain.extend_from_slice(&length);
    plain.extend_from_slice(name.as_bytes());
    plain.extend_from_slice(value);
    Ok(Change::SecretPut {
        stream: id,
        name: hashed,
        sealed: keys.seal(Row::Secret, &hashed, &plain)?,
    })
}

/// Wipes a secret of the stream of this number and name.
pub fn wiped(keys: &Keys, (id, stream): (i64, &StreamId), name: &str) -> Change {
    Change::SecretWiped {
        stream: id,
        name: hashed(keys, stream, name),
    }
}

pub async fn find(
    reader: &mut (dyn Read + '_),
    keys: &Keys,
    stream: &StreamId,
    name: &str,
) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let hashed = hashed(keys, stream, name);
    let sealed = reader.secret(stream.as_str(), &hashed).await?;
    sealed
        .map(|sealed| Ok(split(&keys.open(Row::Secret, &hashed, &sealed)?)?.1))
        .transpose()
}

/// The names of a stream's secrets, sorted.
pub async fn names(
    reader: &mut (dyn Read + '_),
    keys: &Keys,
    stream: &StreamId,
) -> Result<Vec<String>, StoreError> {
    let rows = reader.secrets(stream.as_str()).await?;
    let mut names = rows
        .iter()
        .map(|(hashed, sealed)| Ok(split(&keys.open(Row::Secret, hashed, sealed)?)?.0))
        .collect::<Result<Vec<_>, StoreError>>()?;
    names.sort();
    Ok(names)
}

fn split(plain: &[u8]) -> Result<Named, StoreError> {
    let parts = plain.split_first_chunk::<4>().and_then(|(length, rest)| {
        let (name, value) =
            rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        let name = std::str::from_utf8(name).ok()?.to_owned();
        Some((name, Zeroizing::new(value.to_vec())))
    });
    parts.ok_or_else(|| StoreError::Corrupt("a secret's framing".into()))
}

fn hashed(keys: &Keys, stream: &StreamId, name: &str) -> Hashed {
    keys.index(&[b"secret", stream.as_str().as_bytes(), name.as_bytes()])
}
