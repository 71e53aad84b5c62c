//! Black-box tests: the real service on a free port, the real store, real
//! certificates.

#![allow(clippy::unwrap_used)]

mod agents;
mod alerts;
mod apart;
mod archive;
mod attachments;
mod audit;
mod backup;
mod bounds;
mod bundle;
mod clock;
mod closing;
mod complaints;
mod copy;
mod custody;
mod damage;
mod desk;
#[path = "../../../tests/faults/dice.rs"]
#[expect(dead_code, reason = "nobody pauses here")]
mod dice;
mod dripping;
mod erasing;
mod faults;
mod fuzzed;
mod grounds;
mod growth;
mod guards;
mod hall;
mod killed;
mod links;
mod login;
mod losing;
mod lost_end;
mod matrix;
mod monitoring;
mod names;
mod nodes;
mod noting;
mod opening;
mod outages;
mod outbox;
mod page;
mod process;
mod projects;
mod public_log;
mod quotas;
mod receipts;
mod rechecks;
mod record;
#[path = "../../../tests/stands/redis.rs"]
mod redis;
mod replay;
mod replies;
mod rooms;
mod scale;
#[expect(dead_code, reason = "nobody kills the server here")]
#[path = "../../../tests/stands/postgres.rs"]
mod stands;
mod strangers;
mod submission;
mod suites;
mod tender;
mod timestamps;
mod transport;
mod unserved;
mod uploads;
#[path = "../../../tests/stands/weed.rs"]
mod weed;
mod world;
