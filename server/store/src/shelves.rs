//! What somebody has a part in that nobody may learn of: a shelf of numbered places, each
//! a row that is found by a keyed hash of owner and number.
//!
//! ```text
//! claim "shelf/OWNER" n       -> the stream's name      n from 1, without a gap
//! claim "on-shelf/OWNER" name -> n
//! ```
//!
//! A place says neither whose shelf it is of nor of which stream, and no two places have
//! anything in common, nor with another external id. So whoever reads the database does not
//! learn that the same unknown bidder bids in two projects, of which one may be public by
//! now: who bids in the other would follow from such lists, one taken with the next.

use std::ops::Range;

use crate::Store;
use crate::error::StoreError;
use crate::group::Group;
use crate::keys::{Keys, Row};
use crate::ledger::Read;
use crate::side::claims;
use crate::stream::{Claim, StreamId};

/// Places looked for at once where the end of a shelf is sought.
const PROBES: u64 = 32;

/// No shelf has more places.
const MOST: u32 = 40;

/// Somebody's shelf: the scopes of its claims.
pub(crate) struct Shelf {
    places: String,
    on: String,
}

impl Shelf {
    pub fn of(owner: &str) -> Self {
        Self {
            places: format!("shelf/{owner}"),
            on: format!("on-shelf/{owner}"),
        }
    }

    /// The name under which it is held: whoever puts another stream on it at the same time
    /// waits.
    pub fn held_by(&self, keys: &Keys) -> String {
        claims::held_by(keys, &self.places, "")
    }
}

/// Puts a stream on a shelf that is held, unless it is there.
pub(crate) async fn put(
    group: &mut Group<'_>,
    shelf: &Shelf,
    stream: &StreamId,
) -> Result<(), StoreError> {
    let keys = &group.shared.keys;
    let on = claims::find(&mut *group.tx, keys, &shelf.on, stream.as_str()).await?;
    if on.is_some() {
        return Ok(());
    }
    let place = length(&mut *group.tx, keys, &shelf.places).await? + 1;
    let claim = |scope: &str, id: String, value: String| Claim {
        scope: scope.to_owned(),
        id,
        value: value.into_bytes(),
    };
    for claim in [
        claim(&shelf.places, place.to_string(), stream.to_string()),
        claim(&shelf.on, stream.to_string(), place.to_string()),
    ] {
        group.tx.apply(&claims::put(keys, &claim)?).await?;
    }
    Ok(())
}

/// How many places a shelf has.
async fn length(reader: &mut (dyn Read + '_), keys: &Keys, shelf: &str) -> Result<u64, StoreError> {
    let powers: Vec<u64> = (0..MOST).map(|power| 1 << power).collect();
    let mut taken = 0;
    let mut free = 1 << MOST;
    let mut probes = powers;
    loop {
        let names: Vec<_> = probes
            .iter()
            .map(|place| claims::name(keys, shelf, &place.to_string()))
            .collect();
        let found = reader.claims(&names).await?;
        for (place, name) in probes.iter().zip(&names) {
            if found.iter().any(|(it, _)| it == name) {
                taken = taken.max(*place);
            } else {
                free = free.min(*place);
            }
        }
        if free <= taken + 1 {
            return Ok(taken);
        }
        let step = (free - taken).div_ceil(PROBES).max(1);
        probes = (1..PROBES)
            .map(|probe| taken + probe * step)
            .take_while(|place| *place < free)
            .collect();
    }
}

impl Store {
    /// The streams on a shelf with their places, the last put there first: those before
    /// place `before`, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a place does not open; else the database fails.
    pub async fn shelf(
        &self,
        owner: &str,
        before: Option<u64>,
        limit: u64,
    ) -> Result<Vec<(u64, StreamId)>, StoreError> {
        let keys = &self.shared().keys;
        let places_of = Shelf::of(owner).places;
        let mut reader = self.reader().await?;
        let end = match before {
            Some(before) => before,
            None => length(&mut *reader, keys, &places_of).await? + 1,
        };
        let places: Range<u64> = end.saturating_sub(limit).max(1)..end;
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<_> = places
            .clone()
            .map(|place| claims::name(keys, &places_of, &place.to_string()))
            .collect();
        let found = reader.claims(&names).await?;
        let mut streams = Vec::with_capacity(found.len());
        let numbered: Vec<_> = places.zip(&names).collect();
        for (place, name) in numbered.into_iter().rev() {
            let Some((_, sealed)) = found.iter().find(|(it, _)| it == name) else {
                continue;
            };
            let stream = keys.open(Row::Claim, name, sealed)?;
            let stream = std::str::from_utf8(&stream).ok().and_then(StreamId::new);
            let stream = stream.ok_or_else(|| StoreError::Corrupt("a place of a shelf".into()))?;
            streams.push((place, stream));
        }
        Ok(streams)
    }
}
