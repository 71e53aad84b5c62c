//! What the server tells of damage, and what it should have kept and did not.

use sqlx::postgres::PgConnection;

use super::open::careless;
use crate::error::StoreError;

/// Rows that belong to nothing, by table. Constraints keep this so, unless somebody has
/// set them aside.
const ORPHANS: [(&str, &str); 5] = [
    (
        "events",
        "SELECT count(*) FROM events e WHERE NOT EXISTS \
         (SELECT 1 FROM streams s WHERE s.id = e.stream)",
    ),
    (
        "secrets",
        "SELECT count(*) FROM secrets e WHERE NOT EXISTS \
         (SELECT 1 FROM streams s WHERE s.id = e.stream)",
    ),
    (
        "outbox",
        "SELECT count(*) FROM outbox e WHERE NOT EXISTS \
         (SELECT 1 FROM streams s WHERE s.id = e.stream)",
    ),
    (
        "anchors",
        "SELECT count(*) FROM anchors e WHERE NOT EXISTS \
         (SELECT 1 FROM streams s WHERE s.id = e.stream)",
    ),
    (
        "anchors",
        "SELECT count(*) FROM anchors e WHERE NOT EXISTS \
         (SELECT 1 FROM log_entries l WHERE l.place = e.place)",
    ),
];

pub async fn find(conn: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    let mut faults: Vec<String> = sqlx::query_scalar(
        "SELECT 'index ' || c.relname || ' is not valid' FROM pg_index i \
         JOIN pg_class c ON c.oid = i.indexrelid \
         WHERE c.relnamespace = quote_ident(current_schema())::regnamespace \
         AND NOT i.indisvalid",
    )
    .fetch_all(&mut *conn)
    .await?;
    for (table, sql) in ORPHANS {
        let rows: i64 = sqlx::query_scalar(sql).fetch_one(&mut *conn).await?;
        if rows > 0 {
            faults.push(format!("{rows} rows of {table} belong to nothing"));
        }
    }
    // Null where the server keeps no checksums.
    let pages: Option<i64> = sqlx::query_scalar(
        "SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()",
    )
    .fetch_one(&mut *conn)
    .await?;
    if let Some(pages) = pages.filter(|pages| *pages > 0) {
        faults.push(format!("the server has found {pages} damaged pages"));
    }
    if let Some((name, found, wanted)) = careless(conn).await? {
        faults.push(format!("the server has {name} = {found}, not {wanted}"));
    }
    Ok(faults)
}
