//! Whether the schema is what the migrations make, and nothing else.
//!
//! A trigger or rule could change what is written, a policy or a child table what is
//! read, a view could stand in place of a table, and none of it would show in a row. So
//! the migrations that the schema has had are applied to an empty one, the session's
//! temporary one, and the catalogue's descriptions of both are compared. What belongs to
//! an extension is left out.

use std::collections::BTreeMap;

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use super::open::apply;
use crate::error::OpenError;

/// Descriptions by kind and name.
type Schema = BTreeMap<String, String>;

/// Compares the schema with that of the migrations up to number `version`; without one
/// it must be empty. The connection is in a transaction, which may make temporary tables.
///
/// # Errors
/// [`OpenError::AlteredSchema`] names the first thing that differs.
pub async fn check(conn: &mut PgConnection, version: Option<i64>) -> Result<(), OpenError> {
    // It comes before the temporary tables, which would hide those of the same names.
    let found = read(conn).await?;
    let made = match version {
        Some(version) => made(conn, version).await?,
        None => Schema::new(),
    };
    let differs = found
        .keys()
        .chain(made.keys())
        .find(|what| found.get(*what) != made.get(*what));
    match differs {
        None => Ok(()),
        Some(what) => Err(OpenError::AlteredSchema { what: what.clone() }),
    }
}

/// What the migrations make, in a schema that is gone when this is over.
async fn made(conn: &mut PgConnection, version: i64) -> Result<Schema, OpenError> {
    let mut tx = conn.begin().await?;
    sqlx::query("SET LOCAL search_path = pg_temp")
        .execute(&mut *tx)
        .await?;
    apply(&mut tx, version).await?;
    let made = read(&mut tx).await?;
    tx.rollback().await?;
    Ok(made)
}

/// Describes everything in the schema that comes first.
async fn read(conn: &mut PgConnection) -> Result<Schema, OpenError> {
    let rows: Vec<(String, String)> = sqlx::query_as(DESCRIBED).fetch_all(conn).await?;
    Ok(rows.into_iter().collect())
}

/// Relations, their columns, constraints and indexes, and whatever acts beside them.
const DESCRIBED: &str = "\
WITH ours AS (
    SELECT c.* FROM pg_class c
    WHERE c.relnamespace = quote_ident(current_schema())::regnamespace
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                    AND d.objid = c.oid AND d.deptype = 'e')
)
SELECT 'relation ' || relname, concat_ws(' ', relkind::text, relrowsecurity, relforcerowsecurity)
FROM ours WHERE relkind NOT IN ('i', 'I')
UNION ALL
SELECT 'column ' || relname || '.' || a.attname,
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull,
                 '[' || a.attidentity::text || a.attgenerated::text || ']',
                 (SELECT l.collname FROM pg_collation l WHERE l.oid = a.attcollation),
                 pg_get_expr(v.adbin, v.adrelid))
FROM ours JOIN pg_attribute a ON a.attrelid = ours.oid
LEFT JOIN pg_attrdef v ON v.adrelid = a.attrelid AND v.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND relkind NOT IN ('i', 'I', 'S')
UNION ALL
SELECT 'index ' || relname, concat_ws(' ', pg_get_indexdef(ours.oid, 0, true), x.indisvalid)
FROM ours JOIN pg_index x ON x.indexrelid = ours.oid
UNION ALL
SELECT 'constraint ' || relname || '.' || k.conname,
       concat_ws(' ', pg_get_constraintdef(k.oid, true), k.convalidated)
FROM ours JOIN pg_constraint k ON k.conrelid = ours.oid WHERE k.contype <> 'n'
UNION ALL
SELECT 'unlogged table ' || relname, '' FROM ours WHERE relpersistence = 'u'
UNION ALL
SELECT 'trigger ' || relname || '.' || t.tgname, pg_get_triggerdef(t.oid)
FROM ours JOIN pg_trigger t ON t.tgrelid = ours.oid WHERE NOT t.tgisinternal
UNION ALL
SELECT 'disabled constraint of ' || relname, min(t.tgenabled::text)
FROM ours JOIN pg_trigger t ON t.tgrelid = ours.oid
WHERE t.tgisinternal AND t.tgenabled <> 'O' GROUP BY relname
UNION ALL
SELECT 'rule ' || relname || '.' || r.rulename, pg_get_ruledef(r.oid)
FROM ours JOIN pg_rewrite r ON r.ev_class = ours.oid
UNION ALL
SELECT 'policy ' || relname || '.' || p.polname, p.polcmd::text
FROM ours JOIN pg_policy p ON p.polrelid = ours.oid
UNION ALL
SELECT 'child table ' || h.inhrelid::regclass::text, relname
FROM ours JOIN pg_inherits h ON h.inhparent = ours.oid";
