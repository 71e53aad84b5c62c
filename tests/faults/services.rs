//! What nodes share, for real: PostgreSQL, Redis and a bucket, each behind proxies.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kaibiao_store::Bucket;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};

use crate::stands::{self, Cluster};
use crate::weed;

/// A PostgreSQL that can be killed and started again, with one database.
pub struct Postgres {
    cluster: Option<Cluster>,
    pub port: u16,
}

impl Postgres {
    pub async fn start() -> Self {
        let cluster = tokio::task::spawn_blocking(|| stands::cluster(&[])).await;
        let cluster = cluster.unwrap();
        let port = cluster.port;
        let server = Self {
            cluster: Some(cluster),
            port,
        };
        let mut conn = server.connect("postgres").await;
        let create = AssertSqlSafe("CREATE DATABASE hall");
        sqlx::query(create).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        server
    }

    async fn connect(&self, database: &str) -> PgConnection {
        PgConnection::connect(&self.url(self.port, database))
            .await
            .unwrap()
    }

    /// The address of a database, reached by a port.
    pub fn url(&self, port: u16, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{port}/{database}")
    }

    /// Ends as by a crash, is away for so long, and starts again.
    pub async fn crash(&mut self, away: Duration) {
        let mut cluster = self.cluster.take().unwrap();
        let again = tokio::task::spawn_blocking(move || {
            cluster.kill();
            std::thread::sleep(away);
            cluster.start();
            cluster
        });
        self.cluster = Some(again.await.unwrap());
    }

    /// Ends connections from within, as an administrator or a failover does.
    pub async fn end_connections(&self) {
        let mut conn = self.connect("postgres").await;
        let end = AssertSqlSafe(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'hall'",
        );
        sqlx::query(end).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    }
}

/// A Redis that keeps nothing.
pub struct Redis {
    pub port: u16,
    child: Option<Child>,
}

impl Redis {
    pub fn start() -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut redis = Self { port, child: None };
        redis.begin();
        redis
    }

    pub fn begin(&mut self) {
        let mut server = Command::new("redis-server");
        server
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &self.port.to_string()])
            .stdout(Stdio::null());
        self.child = Some(server.spawn().expect("apt-get install redis-server"));
    }

    pub fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// A command, by its words.
    pub async fn command(&self, words: &[&str]) {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut text = format!("*{}\r\n", words.len());
        for word in words {
            text += &format!("${}\r\n{word}\r\n", word.len());
        }
        let asked = async {
            let server = ("127.0.0.1", self.port);
            let mut stream = tokio::net::TcpStream::connect(server).await?;
            stream.write_all(text.as_bytes()).await?;
            stream.read_u8().await
        };
        // It may be paused by the command before.
        let _ = tokio::time::timeout(Duration::from_secs(1), asked).await;
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.end();
    }
}

/// A bucket on a real S3 server; None where there is none for this machine.
pub async fn bucket() -> Option<Bucket> {
    let name = format!("faults-{}", std::process::id());
    tokio::task::spawn_blocking(move || weed::bucket(&name))
        .await
        .unwrap()
}
