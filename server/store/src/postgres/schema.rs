//! Whether the schema is what the migrations make, and nothing else.
//!
//! A trigger, a rule or a policy could change what is written or read, and none of it
//! would show in a row. So the migrations that the database has had are applied to a
//! schema made for that, the two are compared, and that one is undone.

use std::collections::BTreeSet;

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use super::open::apply;
use crate::error::OpenError;

/// Where the migrations are applied for comparison.
const SCRATCH: &str = "kaibiao_as_it_should_be";

/// Everything about relations of a schema, a line for each thing.
type Schema = BTreeSet<String>;

/// Compares the schema with that of the migrations up to number `version`; without one
/// it must be empty.
///
/// # Errors
/// [`OpenError::AlteredSchema`] names the first thing that differs.
pub async fn check(conn: &mut PgConnection, version: Option<i64>) -> Result<(), OpenError> {
    let found = read(conn).await?;
    let made = match version {
        Some(version) => as_made(conn, version).await?,
        None => Schema::new(),
    };
    match found.symmetric_difference(&made).next() {
        None => Ok(()),
        Some(what) => Err(OpenError::AlteredSchema { what: what.clone() }),
    }
}

async fn as_made(conn: &mut PgConnection, version: i64) -> Result<Schema, OpenError> {
    let mut scratch = conn.begin().await?;
    for sql in [
        "CREATE SCHEMA kaibiao_as_it_should_be",
        "SET LOCAL search_path TO kaibiao_as_it_should_be",
    ] {
        sqlx::query(sql).execute(&mut *scratch).await?;
    }
    apply(&mut scratch, version).await?;
    let made = read(&mut scratch).await?;
    scratch.rollback().await?;
    Ok(made)
}

/// Relations, columns, indexes, constraints, triggers, rules and policies of the current
/// schema.
async fn read(conn: &mut PgConnection) -> Result<Schema, OpenError> {
    let rows: Vec<String> = sqlx::query_scalar(
        "WITH here AS (SELECT c.oid, c.relname, c.relkind, c.relrowsecurity, c.relpersistence \
             FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace) \
         SELECT 'relation ' || relname || ' ' || relkind::text || ' ' || relpersistence::text \
             || CASE WHEN relrowsecurity THEN ' secured' ELSE '' END FROM here \
         UNION ALL SELECT 'column ' || relname || '.' || attname || ' ' \
             || format_type(atttypid, atttypmod) \
             || CASE WHEN attnotnull THEN ' not null ' ELSE ' ' END || attidentity::text \
             || coalesce(pg_get_expr(adbin, adrelid), '') \
             FROM here JOIN pg_attribute a ON a.attrelid = here.oid \
             LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
             WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm', 'f') \
         UNION ALL SELECT 'index ' || pg_get_indexdef(oid) FROM here WHERE relkind = 'i' \
         UNION ALL SELECT 'constraint ' || relname || ' ' || conname || ' ' \
             || pg_get_constraintdef(t.oid) \
             FROM here JOIN pg_constraint t ON t.conrelid = here.oid \
         UNION ALL SELECT 'trigger ' || relname || ' ' || tgname \
             FROM here JOIN pg_trigger ON tgrelid = here.oid WHERE NOT tgisinternal \
         UNION ALL SELECT 'rule ' || relname || ' ' || rulename \
             FROM here JOIN pg_rewrite ON ev_class = here.oid \
         UNION ALL SELECT 'policy ' || relname || ' ' || polname \
             FROM here JOIN pg_policy ON polrelid = here.oid",
    )
    .fetch_all(&mut *conn)
    .await?;
    let name: String = sqlx::query_scalar("SELECT current_schema()::text")
        .fetch_one(conn)
        .await?;
    let prefix = format!("{name}.");
    Ok(rows
        .into_iter()
        .map(|row| row.replace(&prefix, "").replace(&format!("{SCRATCH}."), ""))
        .collect())
}
