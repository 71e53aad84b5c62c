//! Black-box tests: the real service on a free port, the real store, real
//! certificates.

mod guards;
mod login;
mod projects;
mod replies;
mod rooms;
mod tender;
mod world;
