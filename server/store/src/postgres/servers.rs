//! The servers that the database may be on: a primary, and standbys that may be promoted.
//!
//! The address names them as libpq's does (PostgreSQL, "Connection URIs"):
//! `postgres://USER@ONE:5432,TWO:5432/DATABASE`. As with its
//! `target_session_attrs=read-write`, the one is used that takes writes. When that one is
//! gone, or takes none any more, all are asked again.

use std::str::FromStr as _;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _, Row as _};

use crate::error::OpenError;

/// How long one of several servers may take to say what it is.
pub const ANSWER: Duration = Duration::from_secs(2);

/// How long a start waits for one of several servers to become the primary.
const PROMOTED: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(300);

/// What tells a primary: whether it takes writes, and its timeline, which grows with every
/// promotion.
pub const STANDING: &str = "NOT current_setting('transaction_read_only')::boolean, \
    CASE WHEN pg_is_in_recovery() THEN 0 \
    ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint END";

/// How to reach each of them, in the order of the address.
#[derive(Clone)]
pub struct Servers(Vec<PgConnectOptions>);

impl Servers {
    /// Reads an address. What is wrong with it is not told: it may hold a password.
    pub fn parse(url: &str) -> Result<Self, OpenError> {
        let addresses = addresses(url).ok_or(OpenError::DatabaseUrl)?;
        let options = addresses.iter().map(|address| {
            let options = PgConnectOptions::from_str(address);
            options.map(|options| options.application_name("kaibiao"))
        });
        let options: Result<Vec<_>, _> = options.collect();
        options.map(Self).map_err(|_| OpenError::DatabaseUrl)
    }

    pub fn are_several(&self) -> bool {
        self.0.len() > 1
    }

    /// Connects to the one that takes writes. Where two say so, the one that was promoted
    /// later is the primary: the other was replaced and does not know it. A single one is
    /// taken as it is.
    pub async fn primary(&self) -> Result<(PgConnection, PgConnectOptions), sqlx::Error> {
        if let [only] = &self.0[..] {
            return Ok((only.connect().await?, only.clone()));
        }
        let mut why = None;
        let mut found: Option<(i64, PgConnection, PgConnectOptions)> = None;
        for (standing, options) in join_all(self.0.iter().map(standing))
            .await
            .into_iter()
            .zip(&self.0)
        {
            match standing {
                Ok((conn, timeline))
                    if found.as_ref().is_none_or(|(other, ..)| *other < timeline) =>
                {
                    found = Some((timeline, conn, options.clone()));
                }
                Ok(_) => {}
                Err(error) => why = Some(error),
            }
        }
        match found {
            Some((_, conn, options)) => Ok((conn, options)),
            None => Err(why.unwrap_or(sqlx::Error::PoolTimedOut)),
        }
    }

    /// The same at a start, which may fall between the loss of a primary and the promotion
    /// of a standby.
    pub async fn primary_at_start(&self) -> Result<(PgConnection, PgConnectOptions), sqlx::Error> {
        let began = Instant::now();
        loop {
            match self.primary().await {
                Err(error) if self.are_several() && began.elapsed() < PROMOTED => {
                    tracing::warn!(%error, "no server takes writes; one is waited for");
                    tokio::time::sleep(PAUSE).await;
                }
                found => return found,
            }
        }
    }

    /// One server alone.
    pub fn only(found: PgConnectOptions) -> Self {
        Self(vec![found])
    }

    /// Connects to one that can be read from, the primary or not.
    pub async fn any(&self) -> Result<(PgConnection, PgConnectOptions), sqlx::Error> {
        let mut why = sqlx::Error::PoolTimedOut;
        for options in &self.0 {
            match options.connect().await {
                Ok(conn) => return Ok((conn, options.clone())),
                Err(error) => why = error,
            }
        }
        Err(why)
    }
}

/// A connection to a server that takes writes, and its timeline.
async fn standing(options: &PgConnectOptions) -> Result<(PgConnection, i64), sqlx::Error> {
    let asked = async {
        let mut conn = options.connect().await?;
        let told = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT {STANDING}")));
        let told = told.fetch_one(&mut conn).await?;
        if told.try_get(0)? {
            Ok((conn, told.try_get(1)?))
        } else {
            let _ = conn.close().await;
            Err(takes_no_writes())
        }
    };
    within(ANSWER, asked).await
}

/// What is asked, unless there is no answer in time.
pub async fn within<T>(
    patience: Duration,
    asked: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let answered = tokio::time::timeout(patience, asked).await;
    answered.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}

pub fn takes_no_writes() -> sqlx::Error {
    sqlx::Error::Configuration(
        "the server takes no writes: it is a standby, or was set read-only".into(),
    )
}

/// The address of each host that an address names; None when it is none.
fn addresses(url: &str) -> Option<Vec<String>> {
    let (scheme, rest) = url.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), authority),
    };
    let path = chosen(path)?;
    let each = hosts.split(',');
    Some(
        each.map(|host| format!("{scheme}://{user}{host}{path}"))
            .collect(),
    )
}

/// Path and parameters without what libpq's programs want said: that the server which
/// takes writes is meant. None when another one is.
fn chosen(path: &str) -> Option<String> {
    let Some((path, parameters)) = path.split_once('?') else {
        return Some(path.to_owned());
    };
    let mut kept = Vec::new();
    for parameter in parameters.split('&') {
        match parameter.strip_prefix("target_session_attrs=") {
            Some("read-write" | "primary") => {}
            Some(_) => return None,
            None => kept.push(parameter),
        }
    }
    if kept.is_empty() {
        return Some(path.to_owned());
    }
    Some(format!("{path}?{}", kept.join("&")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Option<Vec<(String, u16)>> {
        let servers = Servers::parse(url).ok()?;
        let each = servers.0.iter();
        Some(
            each.map(|it| (it.get_host().to_owned(), it.get_port()))
                .collect(),
        )
    }

    #[test]
    fn an_address_names_its_servers_as_libpqs_does() {
        let at = |host: &str, port| (host.to_owned(), port);
        for (url, servers) in [
            ("postgres://k@db/k", vec![at("db", 5432)]),
            (
                "postgres://k:p%40s@a:1,b:2/k?sslmode=disable",
                vec![at("a", 1), at("b", 2)],
            ),
            (
                "postgres://k:p@w@a,[::1]:7/k",
                vec![at("a", 5432), at("[::1]", 7)],
            ),
            (
                "postgres://k@a,b,c/k?target_session_attrs=read-write&sslmode=disable",
                vec![at("a", 5432), at("b", 5432), at("c", 5432)],
            ),
            (
                "postgres://k@a,b/k?target_session_attrs=primary",
                vec![at("a", 5432), at("b", 5432)],
            ),
        ] {
            assert_eq!(read(url), Some(servers), "{url}");
        }
        for url in [
            "k@a,b/k",
            "postgres://k@a,b/k?target_session_attrs=any",
            "postgres://k@a:x,b/k",
        ] {
            assert_eq!(read(url), None, "{url}");
        }
    }
}
