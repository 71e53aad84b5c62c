//! Black-box tests: the real service on a free port, the real store, real
//! certificates.

#![allow(clippy::unwrap_used)]

mod attachments;
mod desk;
mod grounds;
mod faults;
mod guards;
mod hall;
mod killed;
mod login;
mod opening;
mod outbox;
mod page;
mod projects;
mod replies;
mod rooms;
mod submission;
mod tender;
mod transport;
mod uploads;
mod world;
