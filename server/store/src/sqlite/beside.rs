//! The tables beside the streams.
//!
//! `secure_delete` overwrites a deleted row in the database; its copies in the
//! write-ahead log go when the log is cut off (`super::Sqlite::tend`).

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Row as _, Sqlite};

use crate::clock::{Boot, Millis};
use crate::error::StoreError;
use crate::inspect::SealedRow;
use crate::keys::Row;
use crate::ledger::{
    AlertRow, AlertSums, AwayRow, Change, Hashed, HeartbeatRow, KeptAlertRow, LeaseRow, MessageRow,
    Over, UploadRow, cause, cause_name,
};
use crate::sql::{count, stored};

pub async fn secret(
    conn: &mut SqliteConnection,
    stream: &str,
    name: &Hashed,
) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT sealed FROM secrets \
         WHERE stream = (SELECT id FROM streams WHERE stream = ?) AND name = ?",
    )
    .bind(stream)
    .bind(&name[..])
    .fetch_optional(conn)
    .await?)
}

/// Hashed names and sealed values.
pub async fn secrets(
    conn: &mut SqliteConnection,
    stream: &str,
) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT name, sealed FROM secrets \
         WHERE stream = (SELECT id FROM streams WHERE stream = ?)",
    )
    .bind(stream)
    .fetch_all(conn)
    .await?)
}

pub async fn claim(
    conn: &mut SqliteConnection,
    name: &Hashed,
) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(
        sqlx::query_scalar("SELECT sealed FROM claims WHERE name = ?")
            .bind(&name[..])
            .fetch_optional(conn)
            .await?,
    )
}

pub async fn messages_due(
    conn: &mut SqliteConnection,
    now: Millis,
    limit: u32,
) -> Result<Vec<MessageRow>, StoreError> {
    sqlx::query(
        "SELECT o.id, s.stream, o.created, o.attempts, o.delivered, o.sealed \
         FROM outbox o JOIN streams s ON s.id = o.stream \
         WHERE o.next_try <= ? ORDER BY o.next_try, o.id LIMIT ?",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(conn)
    .await?
    .iter()
    .map(message_row)
    .collect()
}

pub async fn messages_after(
    conn: &mut SqliteConnection,
    after: i64,
    limit: u32,
) -> Result<Vec<MessageRow>, StoreError> {
    sqlx::query(
        "SELECT o.id, s.stream, o.created, o.attempts, o.delivered, o.sealed \
         FROM outbox o JOIN streams s ON s.id = o.stream \
         WHERE o.id > ? ORDER BY o.id LIMIT ?",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await?
    .iter()
    .map(message_row)
    .collect()
}

fn message_row(row: &SqliteRow) -> Result<MessageRow, StoreError> {
    Ok(MessageRow {
        id: row.try_get(0)?,
        stream: row.try_get(1)?,
        created: row.try_get(2)?,
        attempts: row.try_get(3)?,
        delivered: row.try_get(4)?,
        sealed: row.try_get(5)?,
    })
}

pub async fn session(
    conn: &mut SqliteConnection,
    token: &Hashed,
    now: Millis,
) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(
        sqlx::query_scalar("SELECT sealed FROM sessions WHERE token = ? AND expires > ?")
            .bind(&token[..])
            .bind(now)
            .fetch_optional(conn)
            .await?,
    )
}

pub async fn sessions_after(
    conn: &mut SqliteConnection,
    after: &Hashed,
    now: Millis,
    limit: u32,
) -> Result<Vec<(Hashed, Vec<u8>)>, StoreError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT token, sealed FROM sessions WHERE token > ? AND expires > ? \
         ORDER BY token LIMIT ?",
    )
    .bind(&after[..])
    .bind(now)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(token, sealed)| {
            let token = Hashed::try_from(token.as_slice())
                .map_err(|_| StoreError::Corrupt("a session's name".to_owned()))?;
            Ok((token, sealed))
        })
        .collect()
}

/// Hashed names and sealed contents.
pub async fn contacts(conn: &mut SqliteConnection) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
    Ok(sqlx::query_as("SELECT person, sealed FROM contacts")
        .fetch_all(conn)
        .await?)
}

pub async fn alerts_due(
    conn: &mut SqliteConnection,
    now: Millis,
    limit: u32,
) -> Result<Vec<AlertRow>, StoreError> {
    let rows: Vec<(Vec<u8>, u32, Vec<u8>)> = sqlx::query_as(
        "SELECT name, attempts, sealed FROM alerts \
         WHERE next_try <= ? ORDER BY next_try, name LIMIT ?",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(alert_row).collect())
}

pub async fn alerts_beside(
    conn: &mut SqliteConnection,
    name: &[u8],
    limit: u32,
) -> Result<Vec<AlertRow>, StoreError> {
    let rows: Vec<(Vec<u8>, u32, Vec<u8>)> = sqlx::query_as(
        "SELECT name, attempts, sealed FROM alerts \
         WHERE person = (SELECT person FROM alerts WHERE name = ?1) AND name <> ?1 \
         AND next_try IS NOT NULL ORDER BY created, name LIMIT ?2",
    )
    .bind(name)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(alert_row).collect())
}

fn alert_row((name, attempts, sealed): (Vec<u8>, u32, Vec<u8>)) -> AlertRow {
    AlertRow {
        name,
        attempts,
        sealed,
    }
}

pub async fn alerts_of(
    conn: &mut SqliteConnection,
    person: &Hashed,
    limit: u32,
) -> Result<Vec<KeptAlertRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT name, created, attempts, next_try IS NOT NULL, taken, sealed FROM alerts \
         WHERE person = ? ORDER BY created DESC, name LIMIT ?",
    )
    .bind(&person[..])
    .bind(limit)
    .fetch_all(conn)
    .await?;
    let row = |row: &SqliteRow| {
        Ok(KeptAlertRow {
            name: row.try_get(0)?,
            created: row.try_get(1)?,
            attempts: row.try_get(2)?,
            waits: row.try_get(3)?,
            taken: row.try_get(4)?,
            sealed: row.try_get(5)?,
        })
    };
    rows.iter().map(row).collect()
}

pub async fn alert_sums(
    conn: &mut SqliteConnection,
    since: Millis,
) -> Result<AlertSums, StoreError> {
    // Of what an earlier version made nobody knows whether it was taken.
    let row = sqlx::query(
        "SELECT count(taken), count(next_try), count(iif(attempts > 0, next_try, NULL)), \
         count(*) - count(taken) - count(next_try), \
         min(iif(next_try IS NOT NULL, created, NULL)) \
         FROM alerts WHERE created >= ? AND person IS NOT NULL",
    )
    .bind(since)
    .fetch_one(conn)
    .await?;
    Ok(AlertSums {
        sent: count(row.try_get(0)?)?,
        waiting: count(row.try_get(1)?)?,
        retried: count(row.try_get(2)?)?,
        failed: count(row.try_get(3)?)?,
        oldest: row.try_get(4)?,
    })
}

pub async fn upload(
    conn: &mut SqliteConnection,
    id: &str,
) -> Result<Option<UploadRow>, StoreError> {
    sqlx::query("SELECT id, length, offset, expires, sealed, checker FROM uploads WHERE id = ?")
        .bind(id)
        .fetch_optional(conn)
        .await?
        .map(|row| upload_row(&row))
        .transpose()
}

pub async fn upload_ids(conn: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar("SELECT id FROM uploads")
        .fetch_all(conn)
        .await?)
}

pub async fn uploads(conn: &mut SqliteConnection) -> Result<Vec<UploadRow>, StoreError> {
    sqlx::query("SELECT id, length, offset, expires, sealed, checker FROM uploads ORDER BY id")
        .fetch_all(conn)
        .await?
        .iter()
        .map(upload_row)
        .collect()
}

fn upload_row(row: &SqliteRow) -> Result<UploadRow, StoreError> {
    Ok(UploadRow {
        id: row.try_get(0)?,
        length: count(row.try_get(1)?)?,
        offset: count(row.try_get(2)?)?,
        expires: row.try_get(3)?,
        sealed: row.try_get(4)?,
        checker: row.try_get(5)?,
    })
}

pub async fn sealed(conn: &mut SqliteConnection) -> Result<Vec<SealedRow>, StoreError> {
    let mut sealed = Vec::new();
    for (row, sql) in [
        (Row::Claim, "SELECT name, sealed FROM claims"),
        (Row::Session, "SELECT token, sealed FROM sessions"),
        (
            Row::Outbox,
            "SELECT CAST(s.stream AS BLOB), o.sealed FROM outbox o \
             JOIN streams s ON s.id = o.stream",
        ),
        (Row::Upload, "SELECT CAST(id AS BLOB), sealed FROM uploads"),
        (
            Row::Checker,
            "SELECT CAST(id AS BLOB), checker FROM uploads",
        ),
        (Row::Contact, "SELECT person, sealed FROM contacts"),
        (
            Row::Alert,
            "SELECT name, sealed FROM alerts WHERE sealed <> x''",
        ),
    ] {
        let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(sql).fetch_all(&mut *conn).await?;
        sealed.extend(rows.into_iter().map(|(place, bytes)| (row, place, bytes)));
    }
    Ok(sealed)
}

pub async fn faults(conn: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    let mut faults: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_all(&mut *conn)
        .await?;
    faults.retain(|found| found != "ok");
    let orphans: Vec<(String, i64)> = sqlx::query_as(
        "SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY \"table\"",
    )
    .fetch_all(conn)
    .await?;
    let orphans = orphans
        .into_iter()
        .map(|(table, rows)| format!("{rows} rows of {table} belong to no stream"));
    faults.extend(orphans);
    Ok(faults)
}

pub async fn heartbeat(conn: &mut SqliteConnection) -> Result<Option<HeartbeatRow>, StoreError> {
    let row = sqlx::query("SELECT beat, clean, away, back, reach, cause, boot, up FROM heartbeat")
        .fetch_optional(conn)
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let (id, up): (Option<String>, Option<Millis>) = (row.try_get("boot")?, row.try_get("up")?);
    let away: Option<Millis> = row.try_get("away")?;
    let over = match row.try_get("back")? {
        Some(to) => Some(Over {
            to,
            reach: row.try_get("reach")?,
            cause: cause(row.try_get("cause")?)?,
        }),
        None => None,
    };
    Ok(Some(HeartbeatRow {
        beat: row.try_get("beat")?,
        boot: id.zip(up).map(|(id, up)| Boot { id, up }),
        clean: row.try_get("clean")?,
        away: away.map(|from| AwayRow { from, over }),
    }))
}

pub async fn lease(
    conn: &mut SqliteConnection,
    name: &str,
) -> Result<Option<LeaseRow>, StoreError> {
    let row: Option<(i64, String, Millis)> =
        sqlx::query_as("SELECT number, owner, until FROM leases WHERE name = ?")
            .bind(name)
            .fetch_optional(conn)
            .await?;
    row.map(|(number, owner, until)| {
        Ok(LeaseRow {
            number: count(number)?,
            owner,
            until,
        })
    })
    .transpose()
}

/// Makes a change and answers how many rows it changed.
pub async fn apply(conn: &mut SqliteConnection, change: &Change) -> Result<u64, StoreError> {
    if let Change::ChallengeTaken { now, .. } = change {
        sqlx::query("DELETE FROM challenges WHERE expires <= ?")
            .bind(now)
            .execute(&mut *conn)
            .await?;
    }
    Ok(statement(change).execute(conn).await?.rows_affected())
}

type Statement<'a> = sqlx::query::Query<'a, Sqlite, sqlx::sqlite::SqliteArguments>;

#[expect(
    clippy::too_many_lines,
    reason = "an arm for each change is as long as their list"
)]
fn statement(change: &Change) -> Statement<'_> {
    match change {
        Change::SecretPut {
            stream,
            name,
            sealed,
        } => sqlx::query(
            "INSERT INTO secrets (stream, name, sealed) VALUES (?, ?, ?) \
             ON CONFLICT (stream, name) DO UPDATE SET sealed = excluded.sealed",
        )
        .bind(stream)
        .bind(&name[..])
        .bind(&sealed[..]),
        Change::SecretWiped { stream, name } => {
            sqlx::query("DELETE FROM secrets WHERE stream = ? AND name = ?")
                .bind(stream)
                .bind(&name[..])
        }
        Change::DetailsErased {
            stream,
            seq,
            sealed,
        } => sqlx::query("UPDATE events SET details = ? WHERE stream = ? AND seq = ?")
            .bind(&sealed[..])
            .bind(stream)
            .bind(stored(*seq)),
        Change::Listed(place) => {
            sqlx::query("INSERT OR IGNORE INTO lists (list, at, stream) VALUES (?, ?, ?)")
                .bind(&place.list[..])
                .bind(place.at)
                .bind(place.stream)
        }
        Change::Unlisted(place) => {
            sqlx::query("DELETE FROM lists WHERE list = ? AND at = ? AND stream = ?")
                .bind(&place.list[..])
                .bind(place.at)
                .bind(place.stream)
        }
        Change::ClaimPut { name, sealed } => {
            sqlx::query("INSERT INTO claims (name, sealed) VALUES (?, ?)")
                .bind(&name[..])
                .bind(&sealed[..])
        }
        Change::MessagePut {
            stream,
            created,
            sealed,
        } => sqlx::query(
            "INSERT INTO outbox (stream, created, next_try, sealed) VALUES (?, ?, ?, ?)",
        )
        .bind(stream)
        .bind(created)
        .bind(created)
        .bind(&sealed[..]),
        Change::MessageDelivered { id, at } => {
            sqlx::query("UPDATE outbox SET delivered = ?, next_try = NULL WHERE id = ?")
                .bind(at)
                .bind(id)
        }
        Change::MessageFailed { id, next } => {
            sqlx::query("UPDATE outbox SET attempts = attempts + 1, next_try = ? WHERE id = ?")
                .bind(next)
                .bind(id)
        }
        Change::SessionPut {
            token,
            expires,
            sealed,
        } => sqlx::query("INSERT INTO sessions (token, expires, sealed) VALUES (?, ?, ?)")
            .bind(&token[..])
            .bind(expires)
            .bind(&sealed[..]),
        Change::SessionEnded { token } => {
            sqlx::query("DELETE FROM sessions WHERE token = ?").bind(&token[..])
        }
        Change::SessionsExpired { by } => {
            sqlx::query("DELETE FROM sessions WHERE expires <= ?").bind(by)
        }
        Change::ContactPut { person, sealed } => sqlx::query(
            "INSERT INTO contacts (person, sealed) VALUES (?, ?) \
             ON CONFLICT (person) DO UPDATE SET sealed = excluded.sealed",
        )
        .bind(&person[..])
        .bind(&sealed[..]),
        Change::ContactRemoved { person } => {
            sqlx::query("DELETE FROM contacts WHERE person = ?").bind(&person[..])
        }
        Change::AlertPut {
            person,
            name,
            created,
            next,
            sealed,
        } => sqlx::query(
            "INSERT OR IGNORE INTO alerts (person, name, created, next_try, sealed) \
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(&person[..])
        .bind(&name[..])
        .bind(created)
        .bind(next)
        .bind(&sealed[..]),
        Change::AlertTried { name, next } => {
            sqlx::query("UPDATE alerts SET attempts = attempts + 1, next_try = ? WHERE name = ?")
                .bind(next)
                .bind(&name[..])
        }
        Change::AlertDone {
            name,
            taken,
            sealed,
        } => sqlx::query(
            "UPDATE alerts SET next_try = NULL, taken = ?1, sealed = ?2, \
             attempts = attempts + iif(?1 IS NULL, 1, 0) WHERE name = ?3",
        )
        .bind(taken)
        .bind(&sealed[..])
        .bind(&name[..]),
        Change::AlertsOfRemoved { person } => {
            sqlx::query("DELETE FROM alerts WHERE person = ?").bind(&person[..])
        }
        Change::AlertsForgotten { by } => {
            sqlx::query("DELETE FROM alerts WHERE next_try IS NULL AND created <= ?").bind(by)
        }
        Change::ChallengeTaken {
            challenge, expires, ..
        } => sqlx::query("INSERT OR IGNORE INTO challenges (challenge, expires) VALUES (?, ?)")
            .bind(&challenge[..])
            .bind(expires),
        Change::UploadPut {
            id,
            length,
            expires,
            sealed,
            checker,
        } => sqlx::query(
            "INSERT INTO uploads (id, length, offset, expires, sealed, checker) \
             VALUES (?, ?, 0, ?, ?, ?)",
        )
        .bind(&id[..])
        .bind(stored(*length))
        .bind(expires)
        .bind(&sealed[..])
        .bind(&checker[..]),
        Change::UploadMoved {
            id,
            expected,
            offset,
            checker,
        } => sqlx::query("UPDATE uploads SET offset = ?, checker = ? WHERE id = ? AND offset = ?")
            .bind(stored(*offset))
            .bind(&checker[..])
            .bind(&id[..])
            .bind(stored(*expected)),
        Change::UploadRemoved { id, expected } => {
            sqlx::query("DELETE FROM uploads WHERE id = ? AND offset = ?")
                .bind(&id[..])
                .bind(stored(*expected))
        }
        Change::LogEntryPut { place, entry } => {
            sqlx::query("INSERT INTO log_entries (place, entry) VALUES (?, ?)")
                .bind(stored(*place))
                .bind(&entry[..])
        }
        Change::AnchorPut { stream, anchor } => sqlx::query(
            "INSERT INTO anchors (stream, tick, time, size, root, place) \
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(stream)
        .bind(stored(anchor.tick))
        .bind(anchor.time)
        .bind(stored(anchor.size))
        .bind(&anchor.root.as_bytes()[..])
        .bind(stored(anchor.place)),
        Change::LogHead(head) => sqlx::query(
            "INSERT INTO log_head (id, size, note) VALUES (1, ?, ?) ON CONFLICT (id) \
             DO UPDATE SET size = excluded.size, note = excluded.note \
             WHERE excluded.size >= size",
        )
        .bind(stored(head.size))
        .bind(&head.note[..]),
        Change::TimestampWanted {
            imprint,
            note,
            wanted,
        } => sqlx::query(
            "INSERT INTO timestamps (imprint, note, wanted) VALUES (?, ?, ?) \
             ON CONFLICT (imprint) DO NOTHING",
        )
        .bind(&imprint.as_bytes()[..])
        .bind(&note[..])
        .bind(wanted),
        Change::TimestampPut { imprint, token } => sqlx::query(
            "UPDATE timestamps SET token = ?, \
             number = (SELECT coalesce(max(number), 0) + 1 FROM timestamps) \
             WHERE imprint = ? AND token IS NULL",
        )
        .bind(&token[..])
        .bind(&imprint.as_bytes()[..]),
        Change::Beat { at, boot, clean } => sqlx::query(
            "INSERT INTO heartbeat (id, beat, clean, boot, up) VALUES (1, ?, ?, ?, ?) \
             ON CONFLICT (id) DO UPDATE SET beat = excluded.beat, clean = excluded.clean, \
             boot = excluded.boot, up = excluded.up",
        )
        .bind(at)
        .bind(i64::from(*clean))
        .bind(boot.as_ref().map(|boot| &boot.id[..]))
        .bind(boot.as_ref().map(|boot| boot.up)),
        Change::Away(away) => {
            sqlx::query("UPDATE heartbeat SET away = ?, back = ?, reach = ?, cause = ?")
                .bind(away.from)
                .bind(away.over.map(|over| over.to))
                .bind(away.over.map(|over| over.reach))
                .bind(away.over.map(|over| cause_name(over.cause)))
        }
        Change::AwayNoted { only } => sqlx::query(
            "UPDATE heartbeat SET away = NULL, back = NULL, reach = NULL, cause = NULL \
             WHERE ?1 IS NULL OR (away = ?1 AND back IS ?2)",
        )
        .bind(only.map(|away| away.from))
        .bind(only.and_then(|away| away.over).map(|over| over.to)),
        Change::LeaseTaken {
            name,
            owner,
            now,
            until,
        } => sqlx::query(
            "INSERT INTO leases (name, number, owner, until) VALUES (?1, 1, ?2, ?4) \
             ON CONFLICT (name) DO UPDATE SET owner = ?2, until = ?4, \
             number = number + iif(owner = ?2, 0, 1) WHERE owner = ?2 OR until <= ?3",
        )
        .bind(&name[..])
        .bind(&owner[..])
        .bind(now)
        .bind(until),
        Change::LeaseLeft { name, owner } => {
            sqlx::query("UPDATE leases SET until = 0 WHERE name = ? AND owner = ?")
                .bind(&name[..])
                .bind(&owner[..])
        }
    }
}
