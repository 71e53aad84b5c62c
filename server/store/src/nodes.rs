//! What the nodes of one service tell each other through the database that they share:
//! its clock, when any of them was there, and which streams have grown
//! (docs/adr/0026-several-nodes-over-one-database.md).
//!
//! A store of one process asks none of this: it knows.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kaibiao_core::command::Away;
use kaibiao_core::event::Cause;

use crate::clock::{Millis, Reading};
use crate::error::StoreError;
use crate::heartbeat::{left, stall, together};
use crate::ledger::{AwayRow, Change, HeartbeatRow, Over, Tx};
use crate::shared::Shared;
use crate::stream::StreamId;
use crate::wake::Changed;

/// What is held while the heartbeat is looked at and written. No stream has such a name.
const HEARTBEAT: &str = "~heartbeat";

/// How much longer than between two heartbeats no node may be heard before the service
/// was away, in milliseconds.
pub(crate) const SILENT: Millis = 1_000;

/// How far back streams that grew are looked for, in milliseconds: no transaction takes
/// that long from its event's time to its commit.
const BACK: Millis = 60_000;

/// Goes by the database's clock from the start, where that times the events.
///
/// # Errors
/// The database fails.
pub(crate) async fn begin_clock(shared: &Shared) -> Result<(), StoreError> {
    if !shared.ledger.is_shared() {
        return Ok(());
    }
    let mut tx = shared.ledger.begin().await?;
    let moment = tx.moment().await?;
    tx.rollback().await;
    if let Some(moment) = moment {
        shared.clock.begin_by(moment.now);
    }
    Ok(())
}

/// Looks at the clock and at when nobody was served, inside a transaction that holds
/// what is to be decided on.
///
/// # Errors
/// The database fails.
pub(crate) async fn look(
    tx: &mut (dyn Tx + '_),
    shared: &Shared,
) -> Result<(Reading, Option<Away>), StoreError> {
    if !shared.ledger.is_shared() {
        return Ok(shared.look());
    }
    let row = read_clock(tx, shared).await?;
    let reading = shared.clock.read();
    let common = row.and_then(|row| absence(shared, &row, reading.now));
    Ok((reading, shared.health.look_beside(&reading, common)))
}

/// Writes the heartbeat of the service: this node is there. What it finds, a time
/// in which no node was, goes with it.
///
/// # Errors
/// The database fails.
pub(crate) async fn beat(shared: &Shared, clean: bool) -> Result<(), StoreError> {
    let mut tx = shared.ledger.begin().await?;
    match beat_in(&mut *tx, shared, clean).await {
        Ok(Beaten { at, away, own }) => {
            tx.commit().await?;
            shared.health.beaten_beside(at, away, own);
            Ok(())
        }
        Err(error) => {
            tx.rollback().await;
            Err(error)
        }
    }
}

/// What a heartbeat has written.
struct Beaten {
    at: Millis,
    away: Option<Away>,
    /// What of it this node found out itself.
    own: Option<Away>,
}

async fn beat_in(
    tx: &mut (dyn Tx + '_),
    shared: &Shared,
    clean: bool,
) -> Result<Beaten, StoreError> {
    tx.lock(HEARTBEAT).await?;
    let row = read_clock(tx, shared).await?;
    let reading = shared.clock.read();
    // A doubt that is over just now is found here at the latest.
    shared.health.look_beside(&reading, None);
    let common = row
        .as_ref()
        .and_then(|row| absence(shared, row, reading.now));
    let own = shared.health.own();
    let away = together(own, common);
    let at = row
        .as_ref()
        .map_or(reading.now, |row| row.beat.max(reading.now));
    let beat = Change::Beat {
        at,
        boot: None,
        clean,
    };
    tx.apply(&beat).await?;
    if let Some(away) = away {
        tx.apply(&Change::Away(away_row(&away))).await?;
    }
    Ok(Beaten { at, away, own })
}

/// Makes the last absence last until now, as long as it is not on record: a node that
/// starts serves nobody yet, and no other was there.
///
/// # Errors
/// The database fails.
pub(crate) async fn still_away(shared: &Shared) -> Result<(), StoreError> {
    let found = shared.health.away();
    let Some(found) = found.filter(|away| away.to >= shared.health.began()) else {
        return Ok(());
    };
    shared.health.cover(stall(found.from, shared.clock.now()));
    beat(shared, false).await
}

/// The absence that is not on record, with a silence that lasts until now.
fn absence(shared: &Shared, row: &HeartbeatRow, now: Millis) -> Option<Away> {
    let known = row.away.map(|away| match away.over {
        Some(over) => Away {
            from: away.from,
            to: over.to,
            cause: over.cause,
            reach: over.reach,
        },
        None => stall(away.from, row.beat.max(away.from)),
    });
    if now - row.beat <= shared.silence {
        return known;
    }
    let mut silence = left(
        &HeartbeatRow {
            away: None,
            ..row.clone()
        },
        now,
    );
    // Whoever was there before it and is there after it stood still meanwhile.
    if shared.health.began() < row.beat {
        silence.cause = Cause::Stalled;
    }
    together(known, Some(silence))
}

/// An absence as the row that several nodes share has it.
pub(crate) fn away_row(away: &Away) -> AwayRow {
    AwayRow {
        from: away.from,
        over: Some(Over {
            to: away.to,
            reach: away.reach,
            cause: away.cause,
        }),
    }
}

/// Goes by the database's clock, and answers the heartbeat as it is at that moment.
async fn read_clock(
    tx: &mut (dyn Tx + '_),
    shared: &Shared,
) -> Result<Option<HeartbeatRow>, StoreError> {
    let Some(moment) = tx.moment().await? else {
        return tx.heartbeat().await;
    };
    shared.clock.tell(moment.now);
    Ok(moment.heartbeat)
}

/// The versions of the streams that grew lately, so that what other nodes wrote is found.
#[derive(Default)]
pub(crate) struct Grown(Mutex<HashMap<String, (u64, Millis)>>);

impl Grown {
    /// Wakes whoever follows streams that others have written to since this was asked
    /// last.
    ///
    /// # Errors
    /// The database fails.
    pub async fn look(&self, shared: &Shared) -> Result<(), StoreError> {
        let since = self.since();
        let rows = shared.ledger.read().await?.grown(since).await?;
        for (name, version, time) in rows {
            if let Some(stream) = StreamId::new(&name) {
                self.hear(shared, stream, version, time);
            }
        }
        Ok(())
    }

    /// Wakes whoever follows a stream, if its version is new here.
    pub fn hear(&self, shared: &Shared, stream: StreamId, version: u64, time: Millis) {
        if self.note(stream.as_str(), version, time) {
            shared.wake.wake(Changed {
                stream,
                version,
                here: false,
            });
        }
    }

    /// Notes a version; whether it is new here.
    pub fn note(&self, name: &str, version: u64, time: Millis) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = known.get(name).is_none_or(|(known, _)| *known < version);
        if is_new {
            known.insert(name.to_owned(), (version, time));
        }
        is_new
    }

    fn since(&self) -> Millis {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = known.values().map(|(_, time)| *time).max().unwrap_or(0);
        let since = newest.saturating_sub(BACK);
        known.retain(|_, (_, time)| *time >= since);
        since
    }
}
