//! The suite on SQLite.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::pin::Pin;

use kaibiao_store::{Options, Store};
use ring::digest::{SHA384, digest};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use crate::faults::stored;

fn open(dir: &Path, options: Options) -> Pin<Box<dyn Future<Output = Store> + Send + '_>> {
    Box::pin(async move { Store::open(dir, options).await.unwrap() })
}

crate::conform!(alone: open);

#[tokio::test]
async fn every_migration_file_is_applied_under_its_name_and_digest() {
    let (_dir, data) = stored().await;
    let options = SqliteConnectOptions::new().filename(data.join("kaibiao.db"));
    let mut conn = options.connect().await.unwrap();
    let applied: BTreeSet<(i64, String, Vec<u8>)> =
        sqlx::query_as("SELECT version, description, checksum FROM _sqlx_migrations")
            .fetch_all(&mut conn)
            .await
            .unwrap()
            .into_iter()
            .collect();
    conn.close().await.unwrap();

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
    let mut written = BTreeSet::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let (version, description) = name.split_once('_').unwrap();
        let checksum = digest(&SHA384, &fs::read(&path).unwrap());
        written.insert((
            version.parse().unwrap(),
            description.replace('_', " "),
            checksum.as_ref().to_vec(),
        ));
    }
    assert_eq!(applied, written);
}
