//! A database that is reached over a network: spoken to in secret, and by its name.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use kaibiao_store::Store;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

use crate::postgres::{Nodes, sql};
use crate::stands::{Cluster, cluster};
use crate::suite::ledger::stream;
use crate::suite::streams::add;

/// Gives a server a certificate for `localhost`; answers where its authority's is.
fn certify(server: &Cluster) -> PathBuf {
    let dir = server.dir.join("tls");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("name"), "subjectAltName=DNS:localhost").unwrap();
    for arguments in [
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=db -days 2",
        "req -newkey rsa:2048 -nodes -keyout server.key -out request -subj /CN=localhost",
        "x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -extfile name \
         -days 2 -out server.pem",
    ] {
        let openssl = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(&dir)
            .output()
            .unwrap();
        assert!(openssl.status.success(), "{openssl:?}");
    }
    // The server takes a key of its own user's only, which nobody else may read.
    let owner = server.dir.metadata().unwrap();
    let key = dir.join("server.key");
    std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    for path in [dir.clone(), key, dir.join("server.pem")] {
        chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    dir.join("ca.pem")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_spoken_to_in_secret_and_by_the_name_in_its_certificate() {
    let server: Cluster = tokio::task::spawn_blocking(|| cluster(&[])).await.unwrap();
    let authority = certify(&server);
    let mut nodes = Nodes::over(server.port, "secret").await;
    let tls = server.dir.join("tls");
    for statement in [
        format!(
            "ALTER SYSTEM SET ssl_cert_file = '{}/server.pem'",
            tls.display()
        ),
        format!(
            "ALTER SYSTEM SET ssl_key_file = '{}/server.key'",
            tls.display()
        ),
        "ALTER SYSTEM SET ssl = on".to_owned(),
        "SELECT pg_reload_conf()".to_owned(),
    ] {
        sql(&nodes.url, &statement).await;
    }
    let url = |host: &str, root: &str| {
        let port = server.port;
        format!("postgres://postgres@{host}:{port}/secret?sslmode=verify-full{root}")
    };
    let root = format!("&sslrootcert={}", authority.display());
    nodes.url = url("localhost", &root);
    // The server reads its settings again in its own time.
    for _ in 0..100 {
        if PgConnection::connect(&nodes.url).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let store = nodes.another().await;
    add(&store, &stream("one"), 1).await;
    let mut conn = PgConnection::connect(&nodes.url).await.unwrap();
    let plain: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
         WHERE application_name = 'kaibiao' AND NOT ssl",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    assert_eq!(plain, 0);
    // Another name, and an authority that nobody knows.
    for url in [url("127.0.0.1", &root), url("localhost", "")] {
        nodes.url = url;
        let dir = tempfile::tempdir().unwrap();
        let opened = Store::open(&dir.path().join("data"), nodes.options()).await;
        assert!(opened.is_err(), "{}", nodes.url);
    }
}
