//! Who follows the server.

use sqlx::postgres::PgConnection;

use crate::ledger::Standbys;

/// What the server says now.
pub async fn read(conn: &mut PgConnection) -> Result<Standbys, sqlx::Error> {
    let (demanded, following, behind): (bool, i64, f64) = sqlx::query_as(
        "SELECT current_setting('synchronous_standby_names') <> '', \
         count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')), \
         coalesce(extract(epoch FROM max(replay_lag)), 0)::double precision \
         FROM pg_stat_replication",
    )
    .fetch_one(conn)
    .await?;
    Ok(Standbys {
        demanded,
        following: u64::try_from(following).unwrap_or(0),
        behind,
    })
}
