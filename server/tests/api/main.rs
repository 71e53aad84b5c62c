//! Black-box tests: the real service on a free port, the real store, real
//! certificates.

mod guards;
mod hall;
mod login;
mod opening;
mod projects;
mod replies;
mod rooms;
mod submission;
mod tender;
mod uploads;
mod world;
