//! The tables beside the streams.
//!
//! What is deleted leaves a dead row in its page until that is cleared
//! (`super::Postgres::tend`) and written over, and stands in the write-ahead log for as
//! long as that is kept: docs/ops/storage.md.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Postgres, Row as _};

use super::streams::lock_name;
use crate::clock::{Boot, Millis};
use crate::error::StoreError;
use crate::inspect::SealedRow;
use crate::keys::Row;
use crate::ledger::{
    AlertRow, AlertSums, AwayRow, Change, Hashed, HeartbeatRow, KeptAlertRow, LeaseRow, MessageRow,
    Moment, Over, UploadRow, cause, cause_name,
};
use crate::sql::{count, stored};

pub async fn secret(
    conn: &mut PgConnection,
    stream: &str,
    name: &Hashed,
) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT sealed FROM secrets \
         WHERE stream = (SELECT id FROM streams WHERE stream = $1) AND name = $2",
    )
    .bind(stream)
    .bind(&name[..])
    .fetch_optional(conn)
    .await?)
}

/// Hashed names and sealed values.
pub async fn secrets(
    conn: &mut PgConnection,
    stream: &str,
) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
    Ok(sqlx::query_as(
        "SELECT name, sealed FROM secrets \
         WHERE stream = (SELECT id FROM streams WHERE stream = $1)",
    )
    .bind(stream)
    .fetch_all(conn)
    .await?)
}

pub async fn claim(conn: &mut PgConnection, name: &Hashed) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(
        sqlx::query_scalar("SELECT sealed FROM claims WHERE name = $1")
            .bind(&name[..])
            .fetch_optional(conn)
            .await?,
    )
}

pub async fn messages_due(
    conn: &mut PgConnection,
    now: Millis,
    limit: u32,
) -> Result<Vec<MessageRow>, StoreError> {
    sqlx::query(
        "SELECT o.id, s.stream, o.created, o.attempts, o.delivered, o.sealed \
         FROM outbox o JOIN streams s ON s.id = o.stream \
         WHERE o.next_try <= $1 ORDER BY o.next_try, o.id LIMIT $2",
    )
    .bind(now)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?
    .iter()
    .map(message_row)
    .collect()
}

pub async fn messages_after(
    conn: &mut PgConnection,
    after: i64,
    limit: u32,
) -> Result<Vec<MessageRow>, StoreError> {
    sqlx::query(
        "SELECT o.id, s.stream, o.created, o.attempts, o.delivered, o.sealed \
         FROM outbox o JOIN streams s ON s.id = o.stream \
         WHERE o.id > $1 ORDER BY o.id LIMIT $2",
    )
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?
    .iter()
    .map(message_row)
    .collect()
}

fn message_row(row: &PgRow) -> Result<MessageRow, StoreError> {
    Ok(MessageRow {
        id: row.try_get(0)?,
        stream: row.try_get(1)?,
        created: row.try_get(2)?,
        attempts: tries(row.try_get(3)?)?,
        delivered: row.try_get(4)?,
        sealed: row.try_get(5)?,
    })
}

pub async fn session(
    conn: &mut PgConnection,
    token: &Hashed,
    now: Millis,
) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(
        sqlx::query_scalar("SELECT sealed FROM sessions WHERE token = $1 AND expires > $2")
            .bind(&token[..])
            .bind(now)
            .fetch_optional(conn)
            .await?,
    )
}

pub async fn sessions_after(
    conn: &mut PgConnection,
    after: &Hashed,
    now: Millis,
    limit: u32,
) -> Result<Vec<(Hashed, Vec<u8>)>, StoreError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT token, sealed FROM sessions WHERE token > $1 AND expires > $2 \
         ORDER BY token LIMIT $3",
    )
    .bind(&after[..])
    .bind(now)
    .bind(i64::from(limit))
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
pub async fn contacts(conn: &mut PgConnection) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
    Ok(sqlx::query_as("SELECT person, sealed FROM contacts")
        .fetch_all(conn)
        .await?)
}

pub async fn alerts_due(
    conn: &mut PgConnection,
    now: Millis,
    limit: u32,
) -> Result<Vec<AlertRow>, StoreError> {
    let rows: Vec<(Vec<u8>, i64, Vec<u8>)> = sqlx::query_as(
        "SELECT name, attempts, sealed FROM alerts \
         WHERE next_try <= $1 ORDER BY next_try, name LIMIT $2",
    )
    .bind(now)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(alert_row).collect()
}

pub async fn alerts_beside(
    conn: &mut PgConnection,
    name: &[u8],
    limit: u32,
) -> Result<Vec<AlertRow>, StoreError> {
    let rows: Vec<(Vec<u8>, i64, Vec<u8>)> = sqlx::query_as(
        "SELECT name, attempts, sealed FROM alerts \
         WHERE person = (SELECT person FROM alerts WHERE name = $1) AND name <> $1 \
         AND next_try IS NOT NULL ORDER BY created, name LIMIT $2",
    )
    .bind(name)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(alert_row).collect()
}

fn alert_row((name, attempts, sealed): (Vec<u8>, i64, Vec<u8>)) -> Result<AlertRow, StoreError> {
    Ok(AlertRow {
        name,
        attempts: tries(attempts)?,
        sealed,
    })
}

fn tries(attempts: i64) -> Result<u32, StoreError> {
    u32::try_from(attempts).map_err(|_| StoreError::Corrupt(format!("{attempts} tries")))
}

pub async fn alerts_of(
    conn: &mut PgConnection,
    person: &Hashed,
    limit: u32,
) -> Result<Vec<KeptAlertRow>, StoreError> {
    let rows = sqlx::query(
        "SELECT name, created, attempts, next_try IS NOT NULL, taken, sealed FROM alerts \
         WHERE person = $1 ORDER BY created DESC, name LIMIT $2",
    )
    .bind(&person[..])
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    let row = |row: &PgRow| {
        Ok(KeptAlertRow {
            name: row.try_get(0)?,
            created: row.try_get(1)?,
            attempts: tries(row.try_get(2)?)?,
            waits: row.try_get(3)?,
            taken: row.try_get(4)?,
            sealed: row.try_get(5)?,
        })
    };
    rows.iter().map(row).collect()
}

pub async fn alert_sums(conn: &mut PgConnection, since: Millis) -> Result<AlertSums, StoreError> {
    // Of what an earlier version made nobody knows whether it was taken.
    let row = sqlx::query(
        "SELECT count(taken), count(next_try), count(next_try) FILTER (WHERE attempts > 0), \
         count(*) - count(taken) - count(next_try), \
         min(created) FILTER (WHERE next_try IS NOT NULL) \
         FROM alerts WHERE created >= $1 AND person IS NOT NULL",
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

pub async fn upload(conn: &mut PgConnection, id: &str) -> Result<Option<UploadRow>, StoreError> {
    sqlx::query(
        "SELECT id, length, \"offset\", expires, sealed, checker FROM uploads WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await?
    .map(|row| upload_row(&row))
    .transpose()
}

pub async fn upload_ids(conn: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar("SELECT id FROM uploads")
        .fetch_all(conn)
        .await?)
}

pub async fn uploads(conn: &mut PgConnection) -> Result<Vec<UploadRow>, StoreError> {
    sqlx::query("SELECT id, length, \"offset\", expires, sealed, checker FROM uploads ORDER BY id")
        .fetch_all(conn)
        .await?
        .iter()
        .map(upload_row)
        .collect()
}

fn upload_row(row: &PgRow) -> Result<UploadRow, StoreError> {
    Ok(UploadRow {
        id: row.try_get(0)?,
        length: count(row.try_get(1)?)?,
        offset: count(row.try_get(2)?)?,
        expires: row.try_get(3)?,
        sealed: row.try_get(4)?,
        checker: row.try_get(5)?,
    })
}

pub async fn sealed(conn: &mut PgConnection) -> Result<Vec<SealedRow>, StoreError> {
    let mut sealed = Vec::new();
    for (row, sql) in [
        (Row::Claim, "SELECT name, sealed FROM claims"),
        (Row::Session, "SELECT token, sealed FROM sessions"),
        (
            Row::Outbox,
            "SELECT convert_to(s.stream, 'UTF8'), o.sealed FROM outbox o \
             JOIN streams s ON s.id = o.stream",
        ),
        (
            Row::Upload,
            "SELECT convert_to(id, 'UTF8'), sealed FROM uploads",
        ),
        (
            Row::Checker,
            "SELECT convert_to(id, 'UTF8'), checker FROM uploads",
        ),
        (Row::Contact, "SELECT person, sealed FROM contacts"),
        (
            Row::Alert,
            "SELECT name, sealed FROM alerts WHERE length(sealed) > 0",
        ),
    ] {
        let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(sql).fetch_all(&mut *conn).await?;
        sealed.extend(rows.into_iter().map(|(place, bytes)| (row, place, bytes)));
    }
    Ok(sealed)
}

pub async fn heartbeat(conn: &mut PgConnection) -> Result<Option<HeartbeatRow>, StoreError> {
    sqlx::query("SELECT beat, clean, away, back, reach, cause, boot, up FROM heartbeat")
        .fetch_optional(conn)
        .await?
        .map(|row| heartbeat_row(&row))
        .transpose()
}

/// The server's clock with the heartbeat.
pub async fn moment(conn: &mut PgConnection) -> Result<Moment, StoreError> {
    let row = sqlx::query(
        "SELECT beat, clean, away, back, reach, cause, boot, up, \
         floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now \
         FROM (VALUES (1)) AS one LEFT JOIN heartbeat ON true",
    )
    .fetch_one(conn)
    .await?;
    let beat: Option<Millis> = row.try_get("beat")?;
    Ok(Moment {
        now: row.try_get("now")?,
        heartbeat: beat.map(|_| heartbeat_row(&row)).transpose()?,
    })
}

fn heartbeat_row(row: &PgRow) -> Result<HeartbeatRow, StoreError> {
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
    Ok(HeartbeatRow {
        beat: row.try_get("beat")?,
        boot: id.zip(up).map(|(id, up)| Boot { id, up }),
        clean: row.try_get("clean")?,
        away: away.map(|from| AwayRow { from, over }),
    })
}

pub async fn lease(conn: &mut PgConnection, name: &str) -> Result<Option<LeaseRow>, StoreError> {
    let row: Option<(i64, String, Millis)> =
        sqlx::query_as("SELECT number, owner, until FROM leases WHERE name = $1 FOR SHARE")
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
pub async fn apply(conn: &mut PgConnection, change: &Change) -> Result<u64, StoreError> {
    match change {
        Change::MessagePut { .. } => lock_name(&mut *conn, "~outbox").await?,
        Change::TimestampPut { .. } => lock_name(&mut *conn, "~timestamps").await?,
        _ => {}
    }
    if let Change::ChallengeTaken { now, .. } = change {
        sqlx::query("DELETE FROM challenges WHERE expires <= $1")
            .bind(now)
            .execute(&mut *conn)
            .await?;
    }
    Ok(statement(change).execute(conn).await?.rows_affected())
}

type Statement<'a> = sqlx::query::Query<'a, Postgres, sqlx::postgres::PgArguments>;

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
            "INSERT INTO secrets (stream, name, sealed) VALUES ($1, $2, $3) \
             ON CONFLICT (stream, name) DO UPDATE SET sealed = excluded.sealed",
        )
        .bind(stream)
        .bind(&name[..])
        .bind(&sealed[..]),
        Change::SecretWiped { stream, name } => {
            sqlx::query("DELETE FROM secrets WHERE stream = $1 AND name = $2")
                .bind(stream)
                .bind(&name[..])
        }
        Change::DetailsErased {
            stream,
            seq,
            sealed,
        } => sqlx::query("UPDATE events SET details = $1 WHERE stream = $2 AND seq = $3")
            .bind(&sealed[..])
            .bind(stream)
            .bind(stored(*seq)),
        Change::Listed(place) => sqlx::query(
            "INSERT INTO lists (list, at, stream) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(&place.list[..])
        .bind(place.at)
        .bind(place.stream),
        Change::Unlisted(place) => {
            sqlx::query("DELETE FROM lists WHERE list = $1 AND at = $2 AND stream = $3")
                .bind(&place.list[..])
                .bind(place.at)
                .bind(place.stream)
        }
        Change::ClaimPut { name, sealed } => {
            sqlx::query("INSERT INTO claims (name, sealed) VALUES ($1, $2)")
                .bind(&name[..])
                .bind(&sealed[..])
        }
        Change::MessagePut {
            stream,
            created,
            sealed,
        } => sqlx::query(
            "INSERT INTO outbox (stream, created, next_try, sealed) VALUES ($1, $2, $3, $4)",
        )
        .bind(stream)
        .bind(created)
        .bind(created)
        .bind(&sealed[..]),
        Change::MessageDelivered { id, at } => {
            sqlx::query("UPDATE outbox SET delivered = $1, next_try = NULL WHERE id = $2")
                .bind(at)
                .bind(id)
        }
        Change::MessageFailed { id, next } => {
            sqlx::query("UPDATE outbox SET attempts = attempts + 1, next_try = $1 WHERE id = $2")
                .bind(next)
                .bind(id)
        }
        Change::SessionPut {
            token,
            expires,
            sealed,
        } => sqlx::query("INSERT INTO sessions (token, expires, sealed) VALUES ($1, $2, $3)")
            .bind(&token[..])
            .bind(expires)
            .bind(&sealed[..]),
        Change::SessionEnded { token } => {
            sqlx::query("DELETE FROM sessions WHERE token = $1").bind(&token[..])
        }
        Change::SessionsExpired { by } => {
            sqlx::query("DELETE FROM sessions WHERE expires <= $1").bind(by)
        }
        Change::ContactPut { person, sealed } => sqlx::query(
            "INSERT INTO contacts (person, sealed) VALUES ($1, $2) \
             ON CONFLICT (person) DO UPDATE SET sealed = excluded.sealed",
        )
        .bind(&person[..])
        .bind(&sealed[..]),
        Change::ContactRemoved { person } => {
            sqlx::query("DELETE FROM contacts WHERE person = $1").bind(&person[..])
        }
        Change::AlertPut {
            person,
            name,
            created,
            next,
            sealed,
        } => sqlx::query(
            "INSERT INTO alerts (person, name, created, next_try, sealed) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        )
        .bind(&person[..])
        .bind(&name[..])
        .bind(created)
        .bind(next)
        .bind(&sealed[..]),
        Change::AlertTried { name, next } => {
            sqlx::query("UPDATE alerts SET attempts = attempts + 1, next_try = $1 WHERE name = $2")
                .bind(next)
                .bind(&name[..])
        }
        Change::AlertDone {
            name,
            taken,
            sealed,
        } => sqlx::query(
            "UPDATE alerts SET next_try = NULL, taken = $1, sealed = $2, \
             attempts = attempts + CASE WHEN $1::bigint IS NULL THEN 1 ELSE 0 END WHERE name = $3",
        )
        .bind(taken)
        .bind(&sealed[..])
        .bind(&name[..]),
        Change::AlertsOfRemoved { person } => {
            sqlx::query("DELETE FROM alerts WHERE person = $1").bind(&person[..])
        }
        Change::AlertsForgotten { by } => {
            sqlx::query("DELETE FROM alerts WHERE next_try IS NULL AND created <= $1").bind(by)
        }
        Change::ChallengeTaken {
            challenge, expires, ..
        } => sqlx::query(
            "INSERT INTO challenges (challenge, expires) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        )
        .bind(&challenge[..])
        .bind(expires),
        Change::UploadPut {
            id,
            length,
            expires,
            sealed,
            checker,
        } => sqlx::query(
            "INSERT INTO uploads (id, length, \"offset\", expires, sealed, checker) \
             VALUES ($1, $2, 0, $3, $4, $5)",
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
        } => sqlx::query(
            "UPDATE uploads SET \"offset\" = $1, checker = $2 \
             WHERE id = $3 AND \"offset\" = $4",
        )
        .bind(stored(*offset))
        .bind(&checker[..])
        .bind(&id[..])
        .bind(stored(*expected)),
        Change::UploadRemoved { id, expected } => {
            sqlx::query("DELETE FROM uploads WHERE id = $1 AND \"offset\" = $2")
                .bind(&id[..])
                .bind(stored(*expected))
        }
        Change::LogEntryPut { place, entry } => {
            sqlx::query("INSERT INTO log_entries (place, entry) VALUES ($1, $2)")
                .bind(stored(*place))
                .bind(&entry[..])
        }
        Change::AnchorPut { stream, anchor } => sqlx::query(
            "INSERT INTO anchors (stream, tick, time, size, root, place) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(stream)
        .bind(stored(anchor.tick))
        .bind(anchor.time)
        .bind(stored(anchor.size))
        .bind(&anchor.root.as_bytes()[..])
        .bind(stored(anchor.place)),
        Change::LogHead(head) => sqlx::query(
            "INSERT INTO log_head (id, size, note) VALUES (1, $1, $2) ON CONFLICT (id) \
             DO UPDATE SET size = excluded.size, note = excluded.note \
             WHERE excluded.size >= log_head.size",
        )
        .bind(stored(head.size))
        .bind(&head.note[..]),
        Change::TimestampWanted {
            imprint,
            note,
            wanted,
        } => sqlx::query(
            "INSERT INTO timestamps (imprint, note, wanted) VALUES ($1, $2, $3) \
             ON CONFLICT (imprint) DO NOTHING",
        )
        .bind(&imprint.as_bytes()[..])
        .bind(&note[..])
        .bind(wanted),
        Change::TimestampPut { imprint, token } => sqlx::query(
            "UPDATE timestamps SET token = $1, \
             number = (SELECT coalesce(max(number), 0) + 1 FROM timestamps) \
             WHERE imprint = $2 AND token IS NULL",
        )
        .bind(&token[..])
        .bind(&imprint.as_bytes()[..]),
        Change::Beat { at, boot, clean } => sqlx::query(
            "INSERT INTO heartbeat (id, beat, clean, boot, up) VALUES (1, $1, $2, $3, $4) \
             ON CONFLICT (id) DO UPDATE SET beat = excluded.beat, clean = excluded.clean, \
             boot = excluded.boot, up = excluded.up",
        )
        .bind(at)
        .bind(clean)
        .bind(boot.as_ref().map(|boot| &boot.id[..]))
        .bind(boot.as_ref().map(|boot| boot.up)),
        Change::Away(away) => {
            sqlx::query("UPDATE heartbeat SET away = $1, back = $2, reach = $3, cause = $4")
                .bind(away.from)
                .bind(away.over.map(|over| over.to))
                .bind(away.over.map(|over| over.reach))
                .bind(away.over.map(|over| cause_name(over.cause)))
        }
        Change::AwayNoted { only } => sqlx::query(
            "UPDATE heartbeat SET away = NULL, back = NULL, reach = NULL, cause = NULL \
             WHERE $1::bigint IS NULL OR (away = $1 AND back IS NOT DISTINCT FROM $2)",
        )
        .bind(only.map(|away| away.from))
        .bind(only.and_then(|away| away.over).map(|over| over.to)),
        Change::LeaseTaken {
            name,
            owner,
            now,
            until,
        } => sqlx::query(
            "INSERT INTO leases (name, number, owner, until) VALUES ($1, 1, $2, $4) \
             ON CONFLICT (name) DO UPDATE SET owner = $2, until = $4, \
             number = leases.number + CASE WHEN leases.owner = $2 THEN 0 ELSE 1 END \
             WHERE leases.owner = $2 OR leases.until <= $3",
        )
        .bind(&name[..])
        .bind(&owner[..])
        .bind(now)
        .bind(until),
        Change::LeaseLeft { name, owner } => {
            sqlx::query("UPDATE leases SET until = 0 WHERE name = $1 AND owner = $2")
                .bind(&name[..])
                .bind(&owner[..])
        }
    }
}
