//! The suite on PostgreSQL, and what several nodes do to each other there.

use std::collections::BTreeSet;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use kaibiao_core::event::Cause;
use kaibiao_store::{
    AppendError, Commit, Database, Message, OpenError, Options, RootSecret, Store, StoreError,
    Tenure,
};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};

use crate::stands::{Cluster, cluster, shared};
use crate::suite::ledger::{Ledger, Shelved, commit, entry, stream};
use crate::suite::streams::{Refused, add, check};

fn open(dir: &Path, mut options: Options) -> Pin<Box<dyn Future<Output = Store> + Send + '_>> {
    Box::pin(async move {
        let name = format!(
            "d{}",
            dir.parent().unwrap().file_name().unwrap().to_str().unwrap()
        );
        options.database = at(&database(shared(), &name.replace('.', "_")).await);
        Store::open(dir, options).await.unwrap()
    })
}

crate::conform!(shared: open);

pub fn at(url: &str) -> Database {
    Database::Postgres {
        url: url.to_owned(),
        connections: 16,
    }
}

/// The address of a database of this name, which is made if it is not there.
pub async fn database(port: u16, name: &str) -> String {
    let server = format!("postgres://postgres@127.0.0.1:{port}");
    let mut conn = PgConnection::connect(&format!("{server}/postgres"))
        .await
        .unwrap();
    let made = sqlx::query(AssertSqlSafe(format!("CREATE DATABASE \"{name}\"")))
        .execute(&mut conn)
        .await;
    if let Err(error) = made {
        let code = error
            .as_database_error()
            .and_then(|error| error.code().map(|it| it.to_string()));
        assert_eq!(code.as_deref(), Some("42P04"), "{error}");
    }
    conn.close().await.unwrap();
    format!("{server}/{name}")
}

pub async fn sql(url: &str, statement: &str) {
    let mut conn = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut conn)
        .await
        .unwrap();
    conn.close().await.unwrap();
}

/// Ends every connection to a database but the caller's.
async fn cut(url: &str, database: &str) {
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = $1 AND pid <> pg_backend_pid() AND application_name = 'kaibiao'";
    let mut conn = PgConnection::connect(url).await.unwrap();
    sqlx::query(cut)
        .bind(database)
        .execute(&mut conn)
        .await
        .unwrap();
    conn.close().await.unwrap();
}

/// How many events there are.
async fn events(url: &str) -> i64 {
    let mut conn = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar("SELECT count(*) FROM events")
        .fetch_one(&mut conn)
        .await
        .unwrap()
}

/// Several nodes over one database, each with a directory of its own.
pub struct Nodes {
    pub url: String,
    dirs: Vec<tempfile::TempDir>,
}

impl Nodes {
    pub async fn over(port: u16, name: &str) -> Self {
        Self {
            url: database(port, name).await,
            dirs: Vec::new(),
        }
    }

    pub fn options(&self) -> Options {
        let mut options = Options::new(RootSecret::from_bytes([42; 32]));
        options.database = at(&self.url);
        options.beat = Duration::from_millis(200);
        options
    }

    pub async fn another(&mut self) -> Store {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("data"), self.options())
            .await
            .unwrap();
        self.dirs.push(dir);
        store
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_nodes_append_at_once_is_one_stream_that_both_read() {
    let mut nodes = Nodes::over(shared(), "two_nodes").await;
    let (one, two) = (nodes.another().await, nodes.another().await);
    let id = stream("one");
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let store = if number % 2 == 0 { &one } else { &two };
            let (store, id) = (store.clone(), id.clone());
            tokio::spawn(async move { add(&store, &id, number).await })
        })
        .collect();
    let mut places = BTreeSet::new();
    for task in tasks {
        places.insert(task.await.unwrap());
    }
    assert_eq!(places, (1..=200).collect());
    assert_eq!(check(&one, &id).await, check(&two, &id).await);
    // What was answered by one node is never behind on the other.
    for number in 200..220 {
        let (writer, reader) = if number % 2 == 0 {
            (&one, &two)
        } else {
            (&two, &one)
        };
        let version = add(writer, &id, number).await;
        assert_eq!(reader.load::<Ledger>(&id).await.unwrap().version, version);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_beside_a_commit_find_no_damage() {
    let nodes = Nodes::over(shared(), "beside").await;
    let dir = tempfile::tempdir().unwrap();
    // Each stream pushes the other one out, so that all is read again and again.
    let options = Options {
        cached_streams: 1,
        ..nodes.options()
    };
    let store = Store::open(&dir.path().join("data"), options)
        .await
        .unwrap();
    let ids = [stream("one"), stream("two")];
    let is_over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..6)
        .map(|_| {
            let (store, ids, is_over) = (store.clone(), ids.clone(), Arc::clone(&is_over));
            tokio::spawn(async move {
                while !is_over.load(Ordering::Acquire) {
                    for id in &ids {
                        store.load::<Ledger>(id).await.unwrap();
                    }
                }
            })
        })
        .collect();
    for number in 0..150 {
        let [one, two] = &ids;
        tokio::join!(add(&store, one, number), add(&store, two, number));
    }
    is_over.store(true, Ordering::Release);
    for reader in readers {
        reader.await.unwrap();
    }
}

/// How often the database had to end one of two that waited for each other.
async fn deadlocks(url: &str) -> i64 {
    let mut conn = PgConnection::connect(url).await.unwrap();
    let asked = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    sqlx::query_scalar(asked)
        .fetch_one(&mut conn)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_put_things_on_shelves_in_another_order_wait_for_each_other_never() {
    const SHELVES: u64 = 8;
    const STREAMS: u64 = 120;
    let mut nodes = Nodes::over(shared(), "shelves").await;
    let (one, two) = (nodes.another().await, nodes.another().await);
    let tasks: Vec<_> = (0..STREAMS)
        .map(|number| {
            let store = if number % 2 == 0 { &one } else { &two };
            let store = store.clone();
            tokio::spawn(async move {
                let owners = (0..SHELVES).map(|it| {
                    if number % 2 == 0 {
                        it
                    } else {
                        SHELVES - 1 - it
                    }
                });
                let events: Vec<_> = owners.map(|it| entry(it, &format!("owner {it}"))).collect();
                let id = stream(&format!("shelved-{number}"));
                let put = store
                    .append::<Shelved, (), Refused, _>(&id, move |_| {
                        Ok(Commit::new(events.clone(), ()))
                    })
                    .await;
                put.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    for owner in 0..SHELVES {
        let shelf = two
            .shelf(&format!("owner {owner}"), None, 1_000)
            .await
            .unwrap();
        let streams: BTreeSet<_> = shelf.iter().map(|(_, stream)| stream.as_str()).collect();
        assert_eq!(
            (shelf.len() as u64, streams.len() as u64),
            (STREAMS, STREAMS)
        );
        assert_eq!(shelf[0].0, STREAMS, "there is a gap");
    }
    // Each connection tells the server's counts at its end.
    one.close().await.unwrap();
    two.close().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(deadlocks(&nodes.url).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_somebody_holds_holds_no_other_up() {
    let mut nodes = Nodes::over(shared(), "held").await;
    let store = nodes.another().await;
    let names: Vec<_> = (0..40).map(|number| format!("s{number}")).collect();
    for name in &names {
        add(&store, &stream(name), 1).await;
    }
    // Another node stands still with one of them in its transaction.
    let mut other = PgConnection::connect(&nodes.url).await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT * FROM streams WHERE stream = 's7' FOR UPDATE")
        .execute(&mut other)
        .await
        .unwrap();
    let appends = names.iter().map(|name| {
        let (store, id) = (store.clone(), stream(name));
        tokio::spawn(async move { add(&store, &id, 2).await })
    });
    let (mut held, mut others) = (Vec::new(), Vec::new());
    for (number, append) in appends.enumerate() {
        if number == 7 {
            held.push(append);
        } else {
            others.push(append);
        }
    }
    for append in others {
        assert_eq!(append.await.unwrap(), 2);
    }
    assert!(!held[0].is_finished());
    // What comes after it waits in its order, and others still do not.
    let (again, id) = (store.clone(), stream("s7"));
    held.push(tokio::spawn(async move { add(&again, &id, 3).await }));
    assert_eq!(add(&store, &stream("s8"), 3).await, 3);
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    for (append, version) in held.into_iter().zip([2, 3]) {
        assert_eq!(append.await.unwrap(), version);
    }
    assert_eq!(check(&store, &stream("s7")).await, [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_woken_by_what_another_wrote() {
    let mut nodes = Nodes::over(shared(), "woken").await;
    let (one, two) = (nodes.another().await, nodes.another().await);
    let mut changes = two.subscribe();
    add(&one, &stream("one"), 1).await;
    let changed = tokio::time::timeout(Duration::from_secs(5), changes.recv()).await;
    let changed = changed.expect("nobody was woken").unwrap();
    assert_eq!((changed.stream, changed.version), (stream("one"), 1));
    assert!(!changed.here);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_several_nodes_appear_in_the_order_of_their_numbers() {
    let mut nodes = Nodes::over(shared(), "messages").await;
    let (one, two) = (nodes.another().await, nodes.another().await);
    let put = |store: &Store, name: &'static str, number: u64| {
        let store = store.clone();
        tokio::spawn(async move {
            store
                .append::<Ledger, (), Refused, _>(&stream(name), move |_| {
                    let mut commit = commit(vec![entry(number, "t")]);
                    commit.outbox.push(Message {
                        topic: name.to_owned(),
                        body: number.to_be_bytes().to_vec(),
                    });
                    Ok(commit)
                })
                .await
                .unwrap();
        })
    };
    let names = ["a", "b", "c", "d"];
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let name = names[usize::try_from(number).unwrap() % names.len()];
            put(if number % 3 == 0 { &one } else { &two }, name, number)
        })
        .collect();
    // A system that polls sees every message, whenever it looks.
    let (mut after, mut seen) = (0, 0);
    while seen < 200 {
        let messages = two.outbox().after(after, 50).await.unwrap();
        for message in messages {
            assert!(message.id > after);
            after = message.id;
            seen += 1;
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert!(one.outbox().after(after, 1).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_is_one_nodes_and_a_late_owner_writes_nothing() {
    let mut nodes = Nodes::over(shared(), "leases").await;
    let (one, two) = (nodes.another().await, nodes.another().await);
    add(&one, &stream("one"), 1).await;
    assert_eq!(
        one.leases().take("log", 60_000).await.unwrap(),
        Tenure::Begun
    );
    assert_eq!(one.leases().take("log", 300).await.unwrap(), Tenure::Kept);
    assert_eq!(
        two.leases().take("log", 60_000).await.unwrap(),
        Tenure::Anothers
    );
    let refused = two.log().add(b"entry".to_vec()).await;
    assert!(
        matches!(refused, Err(StoreError::NotOurs(_))),
        "{refused:?}"
    );
    assert_eq!(one.log().add(b"entry".to_vec()).await.unwrap(), 0);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(
        two.leases().take("log", 60_000).await.unwrap(),
        Tenure::Begun
    );
    // It does not know yet that it was replaced.
    let late = one.log().anchor(&stream("one"), None).await;
    assert!(matches!(late, Err(StoreError::NotOurs(_))), "{late:?}");
    assert_eq!(
        two.log().anchor(&stream("one"), None).await.unwrap().place,
        1
    );
    assert_eq!(
        one.leases().take("log", 60_000).await.unwrap(),
        Tenure::Anothers
    );
    two.leases().leave("log").await.unwrap();
    assert_eq!(
        one.leases().take("log", 60_000).await.unwrap(),
        Tenure::Begun
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_was_away_only_when_no_node_was_there() {
    let mut nodes = Nodes::over(shared(), "away").await;
    let one = nodes.another().await;
    let two = nodes.another().await;
    assert_eq!((one.away(), two.away()), (None, None));
    // One stops for longer than a silence may last, and comes back.
    one.close().await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_800)).await;
    let three = nodes.another().await;
    assert_eq!((two.away(), three.away()), (None, None));
    // All of them stop.
    two.close().await.unwrap();
    three.close().await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_800)).await;
    let four = nodes.another().await;
    let away = four.away().unwrap();
    assert_eq!(away.cause, Cause::Stopped);
    assert!((1_500..10_000).contains(&away.millis()), "{away:?}");
    // Another node's first decision is told of it, until it is on record.
    let five = nodes.another().await;
    let told = async |store: &Store, number| {
        let id = stream("one");
        let decided = store.append::<Ledger, _, Refused, _>(&id, move |at| {
            Ok(Commit::new(vec![entry(number, "t")], at.away))
        });
        decided.await.unwrap().reply
    };
    assert_eq!(told(&five, 1).await, Some(away));
    four.away_noted(&away).await.unwrap();
    assert_eq!(told(&five, 2).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_costs_nobody_an_append() {
    let mut nodes = Nodes::over(shared(), "cut").await;
    let store = nodes.another().await;
    let id = stream("one");
    for number in 0..40 {
        if number % 4 == 0 {
            sql(
                &nodes.url,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            .await;
        }
        assert_eq!(add(&store, &id, number).await, number + 1);
    }
    assert_eq!(check(&store, &id).await.len(), 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_before_the_server_was_killed_is_there_after_it() {
    let mut server: Cluster = tokio::task::spawn_blocking(|| cluster(&[])).await.unwrap();
    let mut nodes = Nodes::over(server.port, "killed").await;
    let store = nodes.another().await;
    let id = stream("one");
    let (mut answered, mut in_doubt) = (BTreeSet::new(), 0);
    for round in 0..2_u64 {
        let (stop, stopped) = (Arc::new(AtomicBool::new(false)), store.clone());
        let adding = {
            let (store, id, stop) = (stopped, id.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                let (mut answered, mut failed) = (Vec::new(), 0);
                for number in round * 100_000.. {
                    if stop.load(Ordering::Acquire) {
                        break;
                    }
                    let outcome = store.append::<Ledger, (), Refused, _>(&id, move |_| {
                        Ok(commit(vec![entry(number, "t")]))
                    });
                    match outcome.await {
                        Ok(_) => answered.push(number),
                        Err(AppendError::Store(StoreError::Unavailable(_))) => failed += 1,
                        Err(error) => panic!("{error}"),
                    }
                }
                (answered, failed)
            })
        };
        tokio::time::sleep(Duration::from_millis(700)).await;
        let again = tokio::task::spawn_blocking(move || {
            server.kill();
            std::thread::sleep(Duration::from_secs(1));
            server.start();
            server
        });
        server = again.await.unwrap();
        tokio::time::sleep(Duration::from_millis(700)).await;
        stop.store(true, Ordering::Release);
        let (done, failed) = adding.await.unwrap();
        assert!(done.len() > 1);
        answered.extend(done);
        in_doubt += failed;
    }
    let stored: BTreeSet<u64> = check(&store, &id).await.into_iter().collect();
    assert!(answered.is_subset(&stored));
    // Only what was not answered may be there beside them.
    assert!(stored.len() - answered.len() <= in_doubt && in_doubt <= 2);
}

#[test]
fn a_runtime_that_stands_still_or_ends_takes_no_connection_along() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let (one, two) = (runtime(), runtime());
    let id = stream("one");
    let (store, _nodes) = one.block_on(async {
        let mut nodes = Nodes::over(shared(), "runtimes").await;
        let store = nodes.another().await;
        add(&store, &id, 0).await;
        // As many connections for readers as there may be.
        join_all((0..8).map(|_| store.list::<Ledger>())).await;
        (store, nodes)
    });
    let work = async |from: u64| {
        let work = async {
            for number in from..from + 20 {
                add(&store, &id, number).await;
                for listed in join_all((0..8).map(|_| store.list::<Ledger>())).await {
                    assert_eq!(listed.unwrap().len(), 1);
                }
            }
        };
        let done = tokio::time::timeout(Duration::from_secs(8), work).await;
        done.expect("it waits for a thread that does something else");
    };
    // Nobody drives the first meanwhile.
    two.block_on(work(1));
    drop(one);
    two.block_on(work(100));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_fenced_off_is_not_written_to_and_left_for_another() {
    let mut nodes = Nodes::over(shared(), "fenced").await;
    let store = nodes.another().await;
    let id = stream("one");
    add(&store, &id, 1).await;
    let admin = database(shared(), "fencing").await;
    sql(
        &admin,
        "ALTER DATABASE fenced SET default_transaction_read_only = on",
    )
    .await;
    cut(&admin, "fenced").await;
    let adding = {
        let (store, id) = (store.clone(), id.clone());
        tokio::spawn(async move { add(&store, &id, 2).await })
    };
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!adding.is_finished());
    assert_eq!(events(&nodes.url).await, 1, "it may be another's by now");
    sql(
        &admin,
        "ALTER DATABASE fenced RESET default_transaction_read_only",
    )
    .await;
    assert_eq!(adding.await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_answered_before_a_configured_standby_has_it() {
    let server: Cluster = tokio::task::spawn_blocking(|| cluster(&[])).await.unwrap();
    let mut nodes = Nodes::over(server.port, "waited").await;
    let store = nodes.another().await;
    let id = stream("one");
    add(&store, &id, 1).await;
    // A standby that never comes, and a default by which nobody would wait for it.
    let mut admin = PgConnection::connect(&nodes.url).await.unwrap();
    for statement in [
        "SET synchronous_commit = off",
        "ALTER DATABASE waited SET synchronous_commit = off",
        "ALTER SYSTEM SET synchronous_standby_names = 'nobody'",
        "SELECT pg_reload_conf()",
    ] {
        sqlx::raw_sql(statement).execute(&mut admin).await.unwrap();
    }
    cut(&nodes.url, "waited").await;
    let adding = {
        let (store, id) = (store.clone(), id.clone());
        tokio::spawn(async move { add(&store, &id, 2).await })
    };
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!adding.is_finished());
    // Whoever watches over it is told why.
    let told = store.standbys().await.unwrap().unwrap();
    assert_eq!((told.demanded, told.following), (true, 0));
    for statement in [
        "ALTER SYSTEM RESET synchronous_standby_names",
        "SELECT pg_reload_conf()",
    ] {
        sqlx::raw_sql(statement).execute(&mut admin).await.unwrap();
    }
    assert_eq!(adding.await.unwrap(), 2);
    assert!(!store.standbys().await.unwrap().unwrap().demanded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_has_a_schema_to_itself_and_needs_no_rights_beyond() {
    let url = database(shared(), "schemas").await;
    sql(
        &url,
        "DROP ROLE IF EXISTS hall; CREATE ROLE hall LOGIN; \
         CREATE SCHEMA hall AUTHORIZATION hall; CREATE SCHEMA \"旁 Room\" AUTHORIZATION hall; \
         CREATE TABLE public.streams (mine text); REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    )
    .await;
    let own = url.replace("postgres@", "hall@");
    let mut nodes = Nodes {
        url: format!("{own}?options=-csearch_path%3Dhall"),
        dirs: Vec::new(),
    };
    let one = nodes.another().await;
    add(&one, &stream("one"), 1).await;
    nodes.url = format!("{own}?options=-csearch_path%3D%22%E6%97%81%5C%20Room%22");
    let other = nodes.another().await;
    assert!(other.list::<Ledger>().await.unwrap().is_empty());
    add(&other, &stream("other"), 1).await;
    assert_eq!(one.list::<Ledger>().await.unwrap().len(), 1);
    nodes.url = format!("{own}?options=-csearch_path%3Dnowhere");
    let dir = tempfile::tempdir().unwrap();
    let refused = Store::open(&dir.path().join("data"), nodes.options()).await;
    let refused = refused.err().unwrap();
    assert!(
        matches!(&refused, OpenError::DatabaseSetting { name, .. } if *name == "search_path"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_belong_to_nothing_are_found() {
    let mut nodes = Nodes::over(shared(), "orphans").await;
    let store = nodes.another().await;
    add(&store, &stream("one"), 1).await;
    assert!(store.engine_faults().await.unwrap().is_empty());
    sql(
        &nodes.url,
        "SET session_replication_role = replica; DELETE FROM streams",
    )
    .await;
    let faults = store.engine_faults().await.unwrap();
    assert_eq!(faults, ["1 rows of events belong to nothing"]);
}

#[tokio::test]
async fn a_server_that_may_lose_what_was_acknowledged_is_refused() {
    let nodes = Nodes::over(shared(), "unsafe").await;
    sql(
        &nodes.url,
        "ALTER DATABASE unsafe SET synchronous_commit = off",
    )
    .await;
    let dir = tempfile::tempdir().unwrap();
    let refused = Store::open(&dir.path().join("data"), nodes.options())
        .await
        .err()
        .unwrap();
    let setting = |error: &OpenError| matches!(error, OpenError::DatabaseSetting { name, .. } if *name == "synchronous_commit");
    assert!(setting(&refused), "{refused}");
}

#[tokio::test]
async fn another_secret_and_a_changed_schema_are_refused() {
    let mut nodes = Nodes::over(shared(), "changed").await;
    let store = nodes.another().await;
    add(&store, &stream("one"), 1).await;
    store.close().await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let refused = async |options: Options| {
        Store::open(&dir.path().join("data"), options)
            .await
            .err()
            .unwrap()
    };
    let mut other = nodes.options();
    other.root = RootSecret::from_bytes([43; 32]);
    let wrong = refused(other).await;
    assert!(
        matches!(wrong, OpenError::WrongRootSecret { .. }),
        "{wrong}"
    );
    for (change, undo, what) in [
        (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
             CREATE TRIGGER meddles BEFORE UPDATE ON streams FOR EACH ROW EXECUTE FUNCTION f()",
            "DROP TRIGGER meddles ON streams",
            "trigger streams.meddles",
        ),
        (
            "ALTER TABLE events ALTER COLUMN time DROP NOT NULL",
            "ALTER TABLE events ALTER COLUMN time SET NOT NULL",
            "column events.time",
        ),
        (
            "ALTER TABLE sessions ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE sessions DISABLE ROW LEVEL SECURITY",
            "relation sessions",
        ),
        (
            "CREATE VIEW all_events AS SELECT * FROM events",
            "DROP VIEW all_events",
            "all_events",
        ),
        (
            "ALTER TABLE events DISABLE TRIGGER ALL",
            "ALTER TABLE events ENABLE TRIGGER ALL",
            "constraint of events",
        ),
        (
            "CREATE SCHEMA beside; CREATE TABLE beside.more () INHERITS (public.events)",
            "DROP SCHEMA beside CASCADE",
            "child table beside.more",
        ),
        (
            "ALTER TABLE sessions SET UNLOGGED",
            "ALTER TABLE sessions SET LOGGED",
            "unlogged table sessions",
        ),
    ] {
        sql(&nodes.url, change).await;
        let altered = refused(nodes.options()).await;
        assert!(altered.to_string().contains(what), "{altered}");
        let options = nodes.options();
        let looked = Store::look(dir.path(), options.root, options.database, &options.blobs).await;
        let looked = looked.err().unwrap();
        assert!(looked.to_string().contains(what), "{looked}");
        sql(&nodes.url, undo).await;
    }
    nodes.another().await.close().await.unwrap();
}

#[tokio::test]
async fn an_end_that_was_taken_away_is_damage_and_not_the_past() {
    let mut nodes = Nodes::over(shared(), "taken").await;
    let store = nodes.another().await;
    let id = stream("one");
    for number in 0..3 {
        add(&store, &id, number).await;
    }
    sql(&nodes.url, "CREATE TABLE kept AS SELECT * FROM streams").await;
    add(&store, &id, 3).await;
    sql(
        &nodes.url,
        "DELETE FROM events WHERE seq = 4; \
         UPDATE streams SET version = kept.version, time = kept.time, frontier = kept.frontier, \
         summary = kept.summary FROM kept WHERE kept.id = streams.id; DROP TABLE kept",
    )
    .await;
    let error = store.load::<Ledger>(&id).await.err().unwrap();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn what_was_read_of_a_primary_that_lost_it_is_not_gone_on_with() {
    let mut nodes = Nodes::over(shared(), "dying").await;
    let (one, two, three) = (
        nodes.another().await,
        nodes.another().await,
        nodes.another().await,
    );
    let id = stream("one");
    for number in 0..3 {
        add(&one, &id, number).await;
    }
    let late = nodes.another().await;
    sql(&nodes.url, "CREATE TABLE kept AS SELECT * FROM streams").await;
    add(&late, &id, 3).await;
    let shown = async |store: &Store| store.load::<Ledger>(&id).await.unwrap().state.order.clone();
    for store in [&two, &three] {
        assert_eq!(shown(store).await, [0, 1, 2, 3]);
    }
    // The standby that is promoted never had it, and others go on without it.
    sql(
        &nodes.url,
        "DELETE FROM events WHERE seq = 4; \
         UPDATE streams SET version = kept.version, time = kept.time, frontier = kept.frontier, \
         summary = kept.summary FROM kept WHERE kept.id = streams.id; DROP TABLE kept",
    )
    .await;
    assert_eq!(shown(&three).await, [0, 1, 2]);
    add(&one, &id, 4).await;
    assert_eq!(shown(&two).await, [0, 1, 2, 4]);
    add(&one, &id, 3).await;
    for store in [&two, &three] {
        assert_eq!(shown(store).await, [0, 1, 2, 4, 3]);
        assert_eq!(check(store, &id).await, [0, 1, 2, 4, 3]);
    }
}
