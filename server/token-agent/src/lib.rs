//! The token agent: answers the page on loopback, so that it can use keys that
//! live in a token of this machine (docs/spec/token-agent.md).
//!
//! `http` reads requests and says who may ask at all, `pairing` whom a page's secret
//! belongs to, `desk` does what is asked, and `person` and `holder` are what it
//! stands on: whoever sits at this machine, and the token.

#![warn(clippy::pedantic)]
// What fails here fails by a code of one closed list.
#![allow(clippy::missing_errors_doc)]
// The compiler already tells of a value that nobody uses.
#![allow(clippy::must_use_candidate)]

mod asked;
mod desk;
pub mod file;
pub mod holder;
mod http;
mod pairing;
pub mod person;
mod problem;
pub mod token;
mod words;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;

pub use desk::Desk;
pub use problem::Code;

/// Where the page looks for it, unless it was told otherwise.
pub const PORT: u16 = 27182;

/// A service whose page may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its page's address, as a browser writes it in `Origin`.
    pub page: String,
    /// The platform's name for itself, in what is signed for it.
    pub platform: String,
}

/// The socket, on loopback alone; port 0 takes any that is free.
pub async fn listen(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

/// Answers until its future is dropped.
pub async fn serve(listener: TcpListener, desk: Arc<Desk>) -> std::io::Result<()> {
    http::serve(listener, desk).await
}
