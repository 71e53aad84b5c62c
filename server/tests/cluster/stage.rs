//! Everything beside the nodes: where they keep things, and what stands before them.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::nginx::Nginx;
use crate::nodes::Node;
use crate::postgres::{Cluster, cluster};
use crate::redis::Redis;
use crate::weed;

/// The whole service.
pub struct Stage {
    pub folder: PathBuf,
    /// Where everybody reaches it: nginx.
    pub url: String,
    pub nodes: Vec<Node>,
    pub redis: Mutex<Redis>,
    /// The primary, and its standby behind it.
    pub servers: Mutex<Vec<Cluster>>,
    /// What every node is configured by, beside the file that the story writes.
    pub settings: Vec<(&'static str, String)>,
    _nginx: Nginx,
}

impl Stage {
    /// Starts all but the nodes.
    pub fn set(folder: &Path) -> Self {
        let primary = cluster(&[]);
        primary.sql("CREATE ROLE kaibiao LOGIN");
        primary.sql("CREATE DATABASE kaibiao OWNER kaibiao ENCODING 'UTF8' TEMPLATE template0");
        let standby = primary.standby(None);
        let database = format!(
            "postgres://kaibiao@127.0.0.1:{},127.0.0.1:{}/kaibiao",
            primary.port, standby.port
        );
        let [front, redis, one, two, three] = free_addresses();
        let redis = Redis::start(redis.port());
        let places = [one, two, three];
        let nodes = places.iter().zip(1..);
        let nodes = nodes.map(|(place, number)| Node::new(folder, number, *place));
        let url = format!("http://{front}");
        let mut settings = vec![
            ("KAIBIAO_PUBLIC_URL", url.clone()),
            ("KAIBIAO_PROXIES__TRUSTED", "[\"127.0.0.1\"]".to_owned()),
            ("KAIBIAO_STORE__URL", database),
            (
                "KAIBIAO_REDIS__URL",
                format!("redis://127.0.0.1:{}", redis.port),
            ),
            ("KAIBIAO_WORKERS", "2".to_owned()),
        ];
        settings.extend(bucket(folder));
        Self {
            folder: folder.to_owned(),
            url,
            nodes: nodes.collect(),
            redis: Mutex::new(redis),
            servers: Mutex::new(vec![primary, standby]),
            settings,
            _nginx: Nginx::start(&folder.join("nginx"), front, &places),
        }
    }
}

/// Where files lie: in a bucket, on machines for which there is a server of one.
fn bucket(folder: &Path) -> Vec<(&'static str, String)> {
    let Some(bucket) = weed::bucket("cluster") else {
        panic!("scripts/weed finds no S3 server for this machine");
    };
    let key = folder.join("bucket.key");
    std::fs::write(&key, bucket.secret_key.as_bytes()).expect("a file for the key");
    vec![
        ("KAIBIAO_BLOBS__URL", bucket.url),
        ("KAIBIAO_BLOBS__ENDPOINT", bucket.endpoint),
        ("KAIBIAO_BLOBS__ACCESS_KEY", bucket.access_key),
        ("KAIBIAO_BLOBS__SECRET_KEY_FILE", key.display().to_string()),
    ]
}

/// Places that were free a moment ago.
fn free_addresses<const COUNT: usize>() -> [SocketAddr; COUNT] {
    let held = [(); COUNT].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port"));
    held.map(|it| it.local_addr().expect("its address"))
}
